# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Profiles: named selections of controls, ours and those of published documents (private to this collection).

A published profile names its document's own ids. Where following the document would harm on NT 6.0, the control's own
value stays, and the entry says what was asked for and why it is not done.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .._target.names import nearest
from . import schema, site_values
from .records import DATA, Control, RecordError, read

_ROLES = ("standalone", "member", "dc")


@dataclass(frozen=True)
class Entry:
    """One control of a profile: the document's own ids and value, and where and why it is not followed."""

    control: str
    source: tuple[str, ...] = ()
    value: Any = None
    asks: str = ""
    deviation: str = ""


@dataclass(frozen=True)
class Profile:
    """A named selection. `levels` are taken when the user names none; `roles` are those that it is written for."""

    id: str
    title: str
    levels: tuple[str, ...]
    entries: tuple[Entry, ...]
    roles: tuple[str, ...] = _ROLES
    source: str = ""

    @property
    def controls(self) -> tuple[str, ...]:
        """The ids of its controls."""
        return tuple(entry.control for entry in self.entries)

    def shaped(self, controls: Mapping[str, Control]) -> dict[str, Control]:
        """Return all controls, those of the profile as it wants them: its value, its roles, its deviation."""
        shaped = dict(controls)
        for entry in self.entries:
            control = shaped[entry.control]
            if entry.value is not None:
                control = site_values.applied(control, entry.value)
            roles = tuple(role for role in control.roles if role in self.roles)
            words = f"{', '.join(entry.source) or self.title} asks for: {entry.asks}. {entry.deviation}"
            shaped[entry.control] = replace(
                control, roles=roles or control.roles, deviation=words if entry.deviation else ""
            )
        return shaped


@functools.cache
def shipped() -> Mapping[str, Profile]:
    """Return the profiles of this collection, by id."""
    return {one.id: one for one in (profile_of(read(file)) for file in sorted((DATA / "profiles").glob("*.yml")))}


def profile_of(plain: Mapping[str, Any]) -> Profile:
    """Read a profile that follows the schema."""
    return Profile(
        id=plain["id"],
        title=plain["title"],
        levels=tuple(plain["levels"]),
        entries=tuple(_entry(one) for one in plain["controls"]),
        roles=tuple(plain.get("roles", _ROLES)),
        source=plain.get("source", ""),
    )


def check(plain: Any, file: str, controls: Collection[str]) -> None:
    """Hold a profile against the schema and the known controls; `RecordError` names file, profile and field."""
    root = schema.load("profile")
    name = plain.get("id") if isinstance(plain, Mapping) else None
    wrong = next(schema.faults(plain, root["$defs"]["profile"], root), None)
    if wrong:
        raise RecordError(f"{file}: profile {name or 'without an id'}: {wrong}")
    seen: set[str] = set()
    for entry in profile_of(plain).entries:
        where = f"{file}: profile {name}"
        if entry.control not in controls:
            raise RecordError(f"{where}: there is no control {entry.control!r}; {nearest(entry.control, controls)}")
        if entry.control in seen:
            raise RecordError(f"{where}: it names {entry.control} twice")
        if bool(entry.asks) is not bool(entry.deviation):
            raise RecordError(f"{where}: {entry.control}: asks and deviation go together: what is asked, and why not")
        seen.add(entry.control)


def _entry(plain: str | Mapping[str, Any]) -> Entry:
    if isinstance(plain, str):
        return Entry(plain)
    return Entry(
        control=plain["control"],
        source=tuple(plain.get("source", ())),
        value=plain.get("value"),
        asks=plain.get("asks", ""),
        deviation=plain.get("deviation", ""),
    )
