# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which controls a run is about, with the site's values and waivers (private to this collection).

Everything that can be wrong here is said before anybody connects to a target.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._target.names import nearest
from .._target.session import TargetError
from . import contradictions, do_nothing, own_file
from . import profiles as published
from .answers import Answers, Unknown
from .do_nothing import DoNothing
from .library import Library, shipped
from .profiles import Profile
from .records import LEVELS, Control, RecordError
from .site_values import applied


class BadSelection(TargetError):
    """A profile, level, area, tag, control, site value, waiver or file that does not exist or does not fit."""


@dataclass(frozen=True)
class Waiver:
    """A person answers for a failing control until a date; the day itself still counts, to its midnight in UTC."""

    control: str
    reason: str
    approver: str
    expires: dt.date


_WAIVER = ("control", "reason", "approver", "expires")


@dataclass(frozen=True)
class Selection:
    """The controls of a run in the library's order; `library` holds them and all others, site values applied.

    `named` are those that the user called by their id, or gave a value. `watched` are the settings without effect that
    are looked for beside the controls.
    """

    controls: tuple[Control, ...]
    waivers: Mapping[str, Waiver]
    library: Library
    named: frozenset[str] = frozenset()
    watched: tuple[DoNothing, ...] = ()

    def every(self) -> tuple[Control, ...]:
        """Return the selected controls and those that they wait for."""
        return self.library.closure(control.id for control in self.controls)


def profiles() -> Mapping[str, Profile]:
    """Return the shipped profiles by id."""
    return published.shipped()


def select(
    profile: str = "sunset",
    levels: Iterable[str] = (),
    areas: Iterable[str] = (),
    ids: Iterable[str] = (),
    site_values: Mapping[str, Any] | None = None,
    waivers: Iterable[Mapping[str, Any]] = (),
    library: Library | None = None,
    tags: Iterable[str] = (),
    baseline_file: str | Path | None = None,
) -> Selection:
    """Return the selection; a control named in `ids` is taken whatever its level, area and tags.

    `baseline_file` adds a site's own controls and profiles. Raises `BadSelection`.
    """
    library, known = library or shipped(), dict(profiles())
    if baseline_file is not None:
        library, known = _extended(library, known, Path(baseline_file))
    _known("profile", [profile], known)
    chosen = Choice(known[profile], list(levels), list(areas), list(tags), list(ids))
    chosen.check(library)
    granted = _waivers(waivers, library)
    values = site_values or {}
    plain = library is shipped() and known[profile] is profiles().get(profile)
    library = _with_site_values(_as_shipped(profile) if plain else _shaped(library, known[profile]), values)
    controls = tuple(control for control in library.controls.values() if chosen.takes(control))
    if not controls:
        raise BadSelection(chosen.empty())
    _no_contradiction(controls)
    return Selection(
        controls=controls,
        waivers=granted,
        library=library,
        named=frozenset((*chosen.ids, *values)),
        watched=() if chosen.ids else do_nothing.shipped(),
    )


@dataclass(frozen=True)
class Choice:
    """What the user asked for; an empty list asks for nothing in particular."""

    profile: Profile
    levels: list[str]
    areas: list[str]
    tags: list[str]
    ids: list[str]

    def check(self, library: Library) -> None:
        """Raise `BadSelection` for a word that means nothing."""
        _known("level", self.levels, LEVELS)
        _known("area", self.areas, {control.area for control in library.controls.values()})
        _known("tag", self.tags, {tag for control in library.controls.values() for tag in control.tags})
        _known("control", self.ids, library.controls)

    def takes(self, control: Control) -> bool:
        """Tell whether a control is meant."""
        if self.ids:
            return control.id in self.ids
        return (
            control.id in self.profile.controls
            and control.level in self._levels()
            and (not self.areas or control.area in self.areas)
            and (not self.tags or bool(set(self.tags) & set(control.tags)))
        )

    def empty(self) -> str:
        """Return the sentence for a choice that nothing fits."""
        area = f" in area {' or '.join(self.areas)}" if self.areas else ""
        tag = f" with the tag {' or '.join(self.tags)}" if self.tags else ""
        levels = " or ".join(self._levels())
        return f"no control of profile {self.profile.id} has level {levels}{area}{tag}; widen levels, areas or tags"

    def _levels(self) -> Collection[str]:
        return self.levels or self.profile.levels


def never_here(selection: Selection, answers: Answers) -> list[str]:
    """Return a sentence for each control that was named and can never hold on this machine; call it before a change.

    What is not known about the machine is no reason: the control itself will say so.
    """
    sentences = []
    for control in selection.controls:
        if control.id in selection.named:
            sentences += [f"{control.id} can never hold here: {why}" for why in _impossible(control, answers)]
    return sentences


def _impossible(control: Control, answers: Answers) -> list[str]:
    reasons = []
    try:
        if (role := answers.role()) not in control.roles:
            reasons.append(f"the machine is {role}, and it is for {', '.join(control.roles)}")
    except Unknown:
        pass
    rows = control.settings.get("values", ())
    only = {row.get("only_on") for row in rows if isinstance(row, Mapping)} or {control.settings.get("only_on")}
    try:
        if None not in only and (arch := answers.arch()) not in only:
            reasons.append(f"the machine is {arch}, and it is for {', '.join(sorted(str(one) for one in only))}")
    except Unknown:
        pass
    return reasons


def _known(what: str, words: Iterable[Any], valid: Collection[str]) -> None:
    for word in words:
        if word in valid:
            continue
        idle = do_nothing.asked_for(str(word)) if what == "control" else None
        if idle is not None:
            raise BadSelection(f"{word!r} is refused. {idle.sentence()}")
        raise BadSelection(f"there is no {what} {word!r}; {nearest(str(word), valid)}")


def _extended(library: Library, known: dict[str, Profile], file: Path) -> tuple[Library, dict[str, Profile]]:
    try:
        own = own_file.load(file, library, known)
    except RecordError as error:
        raise BadSelection(str(error)) from error
    return own.library, {**known, **own.profiles}


@functools.cache
def _as_shipped(profile: str) -> Library:
    """Return the shipped controls as a shipped profile wants them; nobody changes a library."""
    return _shaped(shipped(), profiles()[profile])


def _shaped(library: Library, profile: Profile) -> Library:
    try:
        return Library(profile.shaped(library.controls), library.groups)
    except RecordError as error:
        raise BadSelection(f"profile {profile.id}: {error}") from error


def _with_site_values(library: Library, values: Mapping[str, Any]) -> Library:
    _known("control", values, library.controls)
    controls = dict(library.controls)
    for name, value in values.items():
        try:
            controls[name] = applied(controls[name], value)
        except RecordError as error:
            raise BadSelection(str(error)) from error
    return Library(controls, library.groups)


def _no_contradiction(controls: tuple[Control, ...]) -> None:
    for sentence in contradictions.among(controls):
        raise BadSelection(sentence)


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
        return (value.astimezone(dt.UTC) if value.tzinfo else value).date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError as error:
        raise BadSelection(f"the waiver of {name} expires {value!r}; write a date as 2027-01-31") from error
