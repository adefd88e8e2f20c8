# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings of WinRM itself (private to this collection).

A setting that Group Policy rules is not the machine's to change: winrm refuses, so nothing of the control is begun.
"""

from __future__ import annotations

from ..._change.values import Change, Kind, Value
from ..answers import Answers
from ..findings import Judged, Status
from ..records import Control
from .reads import Reads

_RULED = (
    "Group Policy rules {} at {}, and winrm refuses to change it here; change it in the policy (Computer "
    "Configuration, Administrative Templates, Windows Components, Windows Remote Management), or set it to Not "
    "Configured there"
)


class WinrmMechanism:
    """`winrm_config`: named settings at one path. See `mechanisms.Mechanism`."""

    def check_record(self, control: Control) -> None:
        """The schema says it all."""

    def reads(self, control: Control) -> Reads:
        """Return the configuration."""
        return Reads(settings=("winrm",))

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Compare each setting that this version of WinRM knows."""
        found = self._found(control, answers)
        if not found:
            return Judged(
                Status.NOTAPPLICABLE, "not known to this WinRM", "nothing to set", ("older than the setting",)
            )
        seen = tuple(f"{name} = {value.data or '(empty)'}" for name, value in found.items())
        holds = all(self._holds(control, value) for value in found.values())
        return Judged(Status.PASS if holds else Status.FAIL, "; ".join(seen), self._wants(control), seen)

    def changes(self, control: Control, answers: Answers) -> tuple[Change, ...]:
        """Return one change per setting that does not hold."""
        path = control.settings["path"]
        return tuple(
            Change(control.id, path, name, value, Value("TEXT", self._goal(control, value)), Kind.WINRM)
            for name, value in self._found(control, answers).items()
            if not self._holds(control, value)
        )

    def obstacle(self, control: Control, answers: Answers) -> str:
        """Name what Group Policy rules, of the settings that do not hold."""
        path = control.settings["path"]
        wrong = [name for name, value in self._found(control, answers).items() if not self._holds(control, value)]
        ruled = [name for name in wrong if answers.source_of(Kind.WINRM, path, name)]
        return _RULED.format(", ".join(ruled), path) if ruled else ""

    @staticmethod
    def _found(control: Control, answers: Answers) -> dict[str, Value]:
        path = control.settings["path"]
        held = {name: answers.setting(Kind.WINRM, path, name) for name in control.settings["names"]}
        return {name: value for name, value in held.items() if value is not None}

    @staticmethod
    def _values(control: Control) -> list[str]:
        value = control.settings["value"]
        return [str(one).casefold() for one in (value if isinstance(value, list) else [value])]

    def _holds(self, control: Control, value: Value) -> bool:
        wanted, found = self._values(control), str(value.data).casefold()
        if control.settings["operator"] == "not_contains":
            return not {one.strip() for one in found.split(",")} & set(wanted)
        return found in wanted

    def _goal(self, control: Control, value: Value) -> str:
        if control.settings["operator"] == "not_contains":
            kept = (one for one in str(value.data).split(",") if one.strip().casefold() not in self._values(control))
            return ",".join(kept)
        wanted = control.settings["value"]
        return str(wanted[0] if isinstance(wanted, list) else wanted)

    def _wants(self, control: Control) -> str:
        word = "without " if control.settings["operator"] == "not_contains" else ""
        return f"{', '.join(control.settings['names'])}: {word}{' or '.join(self._values(control))}"
