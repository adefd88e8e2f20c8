# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All control records together, and what a schema cannot say about them (private to this collection).

Unique ids, known levels, groups, mechanisms and conditions, no control that waits for itself: a wrong record is an
error with file, record and field, before anybody connects anywhere.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._change.values import BadValue
from .._target.names import nearest
from .conditions import CONDITIONS
from .mechanisms import MECHANISMS
from .records import DATA, KINDS, LEVELS, Control, Group, RecordError, checked, control_of, read


@dataclass(frozen=True)
class Library:
    """Every control known, by id, and the groups in their order."""

    controls: Mapping[str, Control]
    groups: tuple[Group, ...]

    def closure(self, ids: Iterable[str]) -> tuple[Control, ...]:
        """Return the named controls and all that these wait for, each once, in the library's order."""
        wanted: set[str] = set()
        waiting = list(ids)
        while waiting:
            one = waiting.pop()
            if one not in wanted:
                wanted.add(one)
                waiting += self.controls[one].needs()
        return tuple(control for control in self.controls.values() if control.id in wanted)


@functools.cache
def shipped() -> Library:
    """Return the collection's own controls."""
    return load(sorted((DATA / "controls").glob("*.yml")), DATA / "groups.yml", check=False)


def load(files: Iterable[Path], groups: Path, check: bool = True) -> Library:
    """Read control files; `RecordError` names what is wrong with the first bad record.

    The tests hold what is shipped against the schema and the rules below, so that a run need not `check` it again.
    """
    steps = tuple(Group(str(one["id"]), str(one["title"]), bool(one["risky"])) for one in read(groups)["groups"])
    controls: dict[str, Control] = {}
    origin: dict[str, str] = {}
    for file in files:
        for plain in _rows(file):
            if check:
                checked(plain, "control", file.name)
            control = control_of(plain)
            if control.id in controls:
                raise RecordError(
                    f"{file.name}: {control.id} is a control of {origin[control.id]} already; ids are unique"
                )
            controls[control.id], origin[control.id] = control, file.name
    library = Library(controls, steps)
    for control in controls.values() if check else ():
        check_one(control, library, origin[control.id])
    return library


def _rows(file: Path) -> list[Any]:
    plain = read(file)
    if not isinstance(plain, Mapping) or not isinstance(plain.get("controls"), list):
        raise RecordError(f"{file.name}: it has to hold a list with the name controls")
    return list(plain["controls"])


def check_one(control: Control, library: Library, file: str) -> None:
    """Raise `RecordError` for what a schema cannot say: words, neighbours and the mechanism's own settings."""
    known: tuple[tuple[str, str, Collection[str]], ...] = (
        ("level", control.level, LEVELS),
        ("mechanism", control.mechanism, KINDS),
        ("group", control.group, [group.id for group in library.groups]),
        *(("condition", one.condition, CONDITIONS) for one in control.requirements()),
        *(("control_passes", one, library.controls) for one in control.needs()),
    )
    for field, word, valid in known:
        if word not in valid:
            raise RecordError(f"{file}: {control.id}: {field} {word!r} is not known; {nearest(word, valid)}")
    for one in control.needs():
        if _never_passes(library.controls[one]):
            raise RecordError(
                f"{file}: {control.id}: control_passes {one}: that one is looked at by hand or shown, and never passes "
                "by itself; this control could never be set"
            )
    try:
        if control.mechanism in MECHANISMS:
            MECHANISMS[control.mechanism].check_record(control)
    except (RecordError, BadValue) as error:
        raise RecordError(f"{file}: {control.id}: {error}") from error
    if _waits_for_itself(control, library):
        raise RecordError(f"{file}: {control.id}: control_passes leads back to the control; it could never hold")


def _never_passes(control: Control) -> bool:
    shown = control.settings.get("operator") == "report" or control.mechanism == "auditpol_report"
    return control.mechanism == "manual" or bool(control.by_hand) or shown


def _waits_for_itself(control: Control, library: Library) -> bool:
    seen: set[str] = set()
    waiting = list(control.needs())
    while waiting:
        one = waiting.pop()
        if one == control.id:
            return True
        if one not in seen and one in library.controls:
            seen.add(one)
            waiting += library.controls[one].needs()
    return False
