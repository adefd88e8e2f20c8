# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Data execution prevention, by the boot option nx of the running entry (private to this collection).

What the entry says counts from the next start. Where it says nothing the loader's default holds, and what that is the
running system tells (``DataExecutionPrevention_SupportPolicy``, a number that no language changes).
"""

from __future__ import annotations

from ..._change.values import Change, Kind, Value
from ..._console import bcdedit
from ..._host.settings import PROTECTION, VOLUMES
from ..answers import Answers, Unknown
from ..findings import Judged, Status
from ..records import Control
from .reads import Reads

# Win32_OperatingSystem.DataExecutionPrevention_SupportPolicy
_POLICY = {"0": "AlwaysOff", "1": "AlwaysOn", "2": "OptIn", "3": "OptOut"}
_SUSPEND = "suspend BitLocker for the change (manage-bde -protectors -disable C:), or set nx at the machine"
_PROTECTED = f"BitLocker protects a volume, and would ask for the recovery key at the next start; {_SUSPEND}"
_UNKNOWN_PROTECTION = (
    f"whether BitLocker protects a volume is not known, and it would ask for its recovery key; {_SUSPEND}"
)
_UNREAD = "the boot option could not be read, so its before-value could not be kept"


class BootMechanism:
    """`boot_option`. See `mechanisms.Mechanism`."""

    def check_record(self, control: Control) -> None:
        """The schema says it all."""

    def reads(self, control: Control) -> Reads:
        """Return the entry of the boot store; the running system is asked anyway."""
        return Reads(settings=("boot",))

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Compare what the next start will have; a snapshot without the boot store tells what this one has."""
        wanted = [control.settings["value"], *control.settings.get("also_accept", ())]
        running = _running(answers)
        try:
            entry = _entry(answers)
        except Unknown:
            entry = None
        seen = entry or running
        words = f"nx {seen}"
        if running != seen:
            words += f" from the next start on, {running} until then"
        evidence = f"the boot entry says {entry or 'nothing'}, the running system has {running}"
        good = seen in wanted
        return Judged(Status.PASS if good else Status.FAIL, words, f"nx {' or '.join(wanted)}", (evidence,))

    def changes(self, control: Control, answers: Answers) -> tuple[Change, ...]:
        """Return the one change; none where the entry could not be read."""
        try:
            before = answers.setting(Kind.BOOT, bcdedit.ENTRY, bcdedit.NX)
        except Unknown:
            return ()
        after = Value("TEXT", control.settings["value"])
        return (Change(control.id, bcdedit.ENTRY, bcdedit.NX, before, after, Kind.BOOT),)

    def obstacle(self, control: Control, answers: Answers) -> str:
        """Say that the entry could not be read, or that the next start would ask for a recovery key."""
        try:
            _entry(answers)
            held = answers.setting(Kind.BOOT, VOLUMES, PROTECTION)
        except Unknown as error:
            return f"{_UNREAD}: {error}"
        if held is None:
            return _UNKNOWN_PROTECTION
        return _PROTECTED if held.data else ""


def _entry(answers: Answers) -> str | None:
    held = answers.setting(Kind.BOOT, bcdedit.ENTRY, bcdedit.NX)
    return None if held is None else str(held.data)


def _running(answers: Answers) -> str:
    number = answers.probe("os").get("execution_prevention")
    if number is None:
        raise Unknown("how memory is protected is not known: the operating system did not say it")
    return _POLICY.get(str(number), f"an unknown policy {number}")
