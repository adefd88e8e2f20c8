# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A site's own controls and profiles, from a file of its own (private to this collection).

The file holds `controls`, `profiles`, or both, in the layout of the shipped ones. It adds; what is shipped keeps its
meaning, so a known id is refused. Every fault is said with file, record and field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._target.names import nearest
from . import profiles, unfit
from .library import Library, check_one
from .profiles import Profile
from .records import Control, RecordError, checked, control_of, read

_PARTS = ("controls", "profiles")


@dataclass(frozen=True)
class Own:
    """The library with the site's controls in it, and the site's profiles."""

    library: Library
    profiles: Mapping[str, Profile]


def load(file: Path, shipped: Library, known: Mapping[str, Profile]) -> Own:
    """Read and check the whole file; raises `RecordError`."""
    plain = read(file)
    if not isinstance(plain, Mapping) or not plain:
        raise RecordError(f"{file}: a baseline file holds {' and '.join(_PARTS)}, and this one holds neither")
    for part, rows in plain.items():
        if part not in _PARTS:
            raise RecordError(f"{file}: there is no part {part!r}; {nearest(str(part), _PARTS)}")
        if not isinstance(rows, list):
            raise RecordError(f"{file}: {part} has to be a list")
    extended = _with_controls(plain.get("controls", []), shipped, str(file))
    return Own(extended, _profiles(plain.get("profiles", []), extended, known, str(file)))


def _with_controls(rows: list[Any], shipped: Library, file: str) -> Library:
    controls = dict(shipped.controls)
    own: dict[str, Control] = {}
    for row in rows:
        checked(row, "control", file)
        control = control_of(row)
        if control.id in shipped.controls:
            raise RecordError(
                f"{file}: {control.id}: this id belongs to a control of the collection and keeps its meaning; choose "
                "another id, or give a site value or a waiver"
            )
        if control.id in own:
            raise RecordError(f"{file}: {control.id}: the file has this id twice")
        _fits(control, shipped, file)
        controls[control.id] = own[control.id] = control
    extended = Library(controls, shipped.groups)
    for control in own.values():
        check_one(control, extended, file)
    return extended


def _fits(control: Control, shipped: Library, file: str) -> None:
    fault = unfit.first(control, shipped.controls)
    if fault:
        raise RecordError(f"{file}: {control.id}: {fault}")


def _profiles(rows: list[Any], extended: Library, known: Mapping[str, Profile], file: str) -> dict[str, Profile]:
    own: dict[str, Profile] = {}
    for row in rows:
        profiles.check(row, file, extended.controls)
        profile = profiles.profile_of(row)
        if profile.id in known or profile.id in own:
            whose = "is a profile of the collection" if profile.id in known else "stands in the file twice"
            raise RecordError(f"{file}: profile {profile.id}: the id {whose}; choose another one")
        own[profile.id] = profile
    return own
