# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Controls that are looked at and never changed from here (private to this collection)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._change.values import Change
from ..answers import Answers, Unknown
from ..findings import Judged, Status
from ..records import Control
from ..surroundings import version
from .reads import Reads, Rows

_BY_HAND = "it is looked at only; change it by hand"


class CheckOnly:
    """What all of them share."""

    def check_record(self, control: Control) -> None:
        """The schema says it all."""

    def reads(self, control: Control) -> Reads:
        """Nothing but what is asked anyway."""
        return Reads()

    def changes(self, control: Control, answers: Answers) -> tuple[Change, ...]:
        """Never."""
        return ()

    def obstacle(self, control: Control, answers: Answers) -> str:
        """Say so."""
        return _BY_HAND


class ManualMechanism(CheckOnly):
    """`manual`: what no machine can tell without doubt. Never a pass."""

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Return the procedure."""
        procedure = str(control.settings.get("procedure") or "this version cannot read it yet; look at it by hand")
        return Judged(Status.NOTCHECKED, "to be looked at by hand", control.title, (procedure,))


class EmptyListMechanism(CheckOnly):
    """`registry_list_empty`: none of the keys holds a value."""

    def reads(self, control: Control) -> Reads:
        """Return the keys."""
        return Reads(keys=tuple(control.settings["keys"]))

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Name every value that is there."""
        found = {key: [name for name in (answers.key(key) or {}) if name] for key in control.settings["keys"]}
        seen = tuple(f"{key}: {', '.join(names)}" for key, names in found.items() if names)
        return Judged(Status.FAIL if seen else Status.PASS, "; ".join(seen) or "empty", "empty", seen or tuple(found))


class FileVersionMechanism(CheckOnly):
    """`file_version`: every file is there and at least that."""

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Compare the versions."""
        found = {one["path"]: answers.version_of(one["path"]) for one in control.settings["files"]}
        least = {one["path"]: one["at_least"] for one in control.settings["files"]}
        good = all(held is not None and version(held) >= version(least[path]) for path, held in found.items())
        seen = tuple(f"{path}: {held or 'not there'}" for path, held in found.items())
        wanted = "; ".join(f"{path}: at least {one}" for path, one in least.items())
        return Judged(Status.PASS if good else Status.FAIL, "; ".join(seen), wanted, seen)


class WmiMechanism(CheckOnly):
    """`wmi`: a property of every row; operator none: there must be no row but those that the site names."""

    def check_record(self, control: Control) -> None:
        """Raise `RecordError` for a condition that is not understood."""
        Rows.of(control.settings)

    def reads(self, control: Control) -> Reads:
        """Return the question; what the snapshot knows of the operating system anyway is not asked again."""
        return Reads() if control.settings["property"] in _OS else Reads(rows=(Rows.of(control.settings),))

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Compare each row."""
        settings = control.settings
        name = settings["property"]
        rows = _rows(settings, answers)
        seen = tuple(f"{name} = {'(empty)' if one is None else one}" for one in rows)
        if settings["operator"] == "none":
            named = {str(one).casefold() for one in settings.get("value") or ()}
            left = [str(one) for one in rows if str(one).casefold() not in named]
            observed = ", ".join(left) or "none"
            return Judged(Status.FAIL if left else Status.PASS, observed, "none", seen or ("WMI returned no row",))
        if not rows:
            return Judged(Status.NOTAPPLICABLE, "none there", "nothing to set", ("WMI returned no row",))
        value = settings["value"]
        wanted = {str(one).casefold() for one in (value if isinstance(value, list) else [value])}
        good = all(str(one).casefold() in wanted for one in rows)
        expected = f"{name} = {' or '.join(sorted(wanted))}"
        return Judged(Status.PASS if good else Status.FAIL, "; ".join(dict.fromkeys(seen)), expected, seen)


# What `os` in a snapshot knows already, by the name of Win32_OperatingSystem.
_OS = {"ServicePackMajorVersion": "service_pack", "DataExecutionPrevention_SupportPolicy": "execution_prevention"}


def _rows(settings: Mapping[str, Any], answers: Answers) -> list[str | None]:
    name = settings["property"]
    if name in _OS:
        return [_of_system(answers, name)]
    rows = Rows.of(settings)
    return rows.chosen(answers.probe(rows.id))


def _of_system(answers: Answers, name: str) -> str:
    found = answers.probe("os").get(_OS[name])
    if found is None:
        raise Unknown(f"{name} is not known: the operating system did not name it")
    return str(found)
