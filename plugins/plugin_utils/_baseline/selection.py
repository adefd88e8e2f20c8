# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which controls a run is about, with the site's values and waivers (private to this collection).

Everything that can be wrong here is said before anybody connects to a target.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._target.names import nearest
from .._target.session import TargetError
from . import site_values
from .library import Library, shipped
from .records import DATA, LEVELS, Control, RecordError, read


class BadSelection(TargetError):
    """A profile, level, area, control, site value or waiver that does not exist or does not fit."""


@dataclass(frozen=True)
class Waiver:
    """A person answers for a failing control until a date; the day itself still counts."""

    control: str
    reason: str
    approver: str
    expires: dt.date


_WAIVER = ("control", "reason", "approver", "expires")


@dataclass(frozen=True)
class Profile:
    """A named selection: ids, and the levels that it takes when the user does not say."""

    id: str
    title: str
    levels: tuple[str, ...]
    controls: tuple[str, ...]


@dataclass(frozen=True)
class Selection:
    """The controls of a run in the library's order; `library` holds them and all others, site values applied."""

    controls: tuple[Control, ...]
    waivers: Mapping[str, Waiver]
    library: Library

    def every(self) -> tuple[Control, ...]:
        """Return the selected controls and those that they wait for."""
        return self.library.closure(control.id for control in self.controls)


def profiles() -> dict[str, Profile]:
    """Return the shipped profiles by id."""
    return {one.id: one for one in map(_profile, sorted((DATA / "profiles").glob("*.yml")))}


def _profile(file: Any) -> Profile:
    plain = read(file)
    return Profile(plain["id"], plain["title"], tuple(plain["levels"]), tuple(plain["controls"]))


def select(
    profile: str = "sunset",
    levels: Iterable[str] = (),
    areas: Iterable[str] = (),
    ids: Iterable[str] = (),
    site_values: Mapping[str, Any] | None = None,
    waivers: Iterable[Mapping[str, Any]] = (),
    library: Library | None = None,
) -> Selection:
    """Return the selection; a control named in `ids` is taken whatever its level and area. Raises `BadSelection`."""
    library = library or shipped()
    known = profiles()
    _known("profile", [profile], known)
    chosen_levels, chosen_areas, chosen_ids = list(levels), list(areas), list(ids)
    members = known[profile].controls
    _known("level", chosen_levels, LEVELS)
    _known("area", chosen_areas, {control.area for control in library.controls.values()})
    _known("control", chosen_ids, library.controls)
    granted = _waivers(waivers, library)
    library = _with_site_values(library, site_values or {})
    wanted_levels = chosen_levels or known[profile].levels

    def taken(control: Control) -> bool:
        if chosen_ids:
            return control.id in chosen_ids
        return (
            control.id in members
            and control.level in wanted_levels
            and (not chosen_areas or control.area in chosen_areas)
        )

    controls = tuple(control for control in library.controls.values() if taken(control))
    if not controls:
        raise BadSelection(
            f"no control of profile {profile} has level {' or '.join(wanted_levels)}"
            f"{' in area ' + ' or '.join(chosen_areas) if chosen_areas else ''}; widen levels or areas"
        )
    return Selection(controls, granted, library)


def _known(what: str, words: Iterable[Any], valid: Collection[str]) -> None:
    for word in words:
        if word not in valid:
            raise BadSelection(f"there is no {what} {word!r}; {nearest(str(word), valid)}")


def _with_site_values(library: Library, values: Mapping[str, Any]) -> Library:
    _known("control", values, library.controls)
    controls = dict(library.controls)
    for name, value in values.items():
        try:
            controls[name] = site_values.applied(controls[name], value)
        except RecordError as error:
            raise BadSelection(str(error)) from error
    return Library(controls, library.groups)


def _waivers(plain: Iterable[Mapping[str, Any]], library: Library) -> dict[str, Waiver]:
    granted: dict[str, Waiver] = {}
    for one in plain:
        _known("field of a waiver", one, _WAIVER)
        name = str(one.get("control", ""))
        _known("control", [name], library.controls)
        if name in granted:
            raise BadSelection(f"{name} is waived twice; keep one waiver per control")
        reason, approver = (str(one.get(field) or "").strip() for field in ("reason", "approver"))
        if not reason or not approver:
            raise BadSelection(f"the waiver of {name} needs a reason and an approver; a person has to answer for it")
        granted[name] = Waiver(name, reason, approver, _date(one.get("expires"), name))
    return granted


def _date(value: Any, name: str) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError as error:
        raise BadSelection(f"the waiver of {name} expires {value!r}; write a date as 2027-01-31") from error
