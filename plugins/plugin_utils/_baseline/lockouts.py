# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Guards: what stops a change that would cut off the controller or break something in use (private to this collection).

A guard is a record of `data/lockouts.yml` (hardening facts 1a) and looks at the changes that a control is about to
make, whatever control that is, a site's own included: it knows which change is meant, and which conditions let it pass.
The guards that a control's own record carries belong to one of these records too, so that each has an id, which `force`
takes. Nothing here does anything; `plan` asks, and holds what is stopped.
"""

from __future__ import annotations

import fnmatch
import functools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._change.values import Change, Kind, canonical, shown
from .._target.names import nearest
from .._target.session import TargetError
from . import conditions, lockout_conditions, schema
from .answers import Answers, Unknown, projected
from .conditions import Outcome, Scene
from .lockout_conditions import WATCHES, Act
from .mechanisms.reads import Reads
from .records import DATA, Control, RecordError, Requirement, read

_STARTS = {"disabled": 4, "manual": 3, "auto": 2, "delayed": 2, "system": 1, "boot": 0}
_ABSENT = object()


class BadForce(TargetError):
    """`force` names a guard that does not exist."""


@dataclass(frozen=True)
class Watch:
    """Which changes are meant, and what has to hold for them; without any condition they are never made unasked."""

    kind: Kind
    keys: tuple[str, ...]
    names: tuple[str, ...]
    becomes: Mapping[str, Any]
    unless: tuple[Requirement, ...]

    def matches(self, change: Change) -> bool:
        """Tell whether a change is one of those."""
        kind, name, data = _told(change)
        return (
            kind is self.kind
            and any(_like(change.key, key) for key in self.keys)
            and any(fnmatch.fnmatchcase(name.casefold(), one.casefold()) for one in self.names)
            and _becomes(data, self.becomes)
        )


@dataclass(frozen=True)
class Lockout:
    """One act, what follows it, and what stops it. `row` is its row in the facts, 0 for none; `never`: it cannot be."""

    id: str
    row: int
    act: str
    happens: str
    look: str
    lift: str
    source: str
    confidence: str
    own: tuple[str, ...] = ()
    watches: tuple[Watch, ...] = ()
    never: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Stop:
    """A guard that stops a control, with what it saw and what would lift it."""

    guard: str
    control: str
    outcome: Outcome

    def sentence(self) -> str:
        """Return the reason for a person."""
        return f"{self.outcome.sentence()} [guard {self.guard}]"

    def plain(self) -> dict[str, str]:
        """Return the form of a result and of the journal."""
        return {"guard": self.guard, "control": self.control, "saw": self.outcome.saw}


@functools.cache
def shipped() -> Mapping[str, Lockout]:
    """Return every record by id, in the order of the file."""
    file = DATA / "lockouts.yml"
    plain, rules = read(file), schema.load("lockouts")
    wrong = next(schema.faults(plain, rules, rules), None)
    if wrong:
        raise RecordError(f"{file}: {wrong}")
    return {one["id"]: _lockout(one) for one in plain["lockouts"]}


def checked(force: Iterable[str], controls: Iterable[Control]) -> frozenset[str]:
    """Return the ids of `force`; raises `BadForce` with the nearest one for a word that is none.

    A control of a site's own file, whose guards belong to no record, has a guard of its own id.
    """
    words = [str(one) for one in force]
    valid = {*shipped(), *(_guard_of(control.id) for control in controls if control.guards)}
    for word in words:
        if word not in valid:
            raise BadForce(f"there is no guard {word!r} that could be forced; {nearest(word, valid)}")
    return frozenset(words)


def stops(control: Control, changes: Sequence[Change], scene: Scene) -> list[Stop]:
    """Return what stops a control with these changes: its own guards first, then those that watch the changes."""
    found = [
        Stop(_guard_of(control.id), control.id, outcome)
        for outcome in (conditions.judge(one, scene) for one in control.guards)
        if not outcome.holds
    ]
    if changes:
        after = Answers(projected(scene.answers.snapshot, changes))
        found += [Stop(one, control.id, outcome) for one, outcome in _watched(changes, scene, after)]
    return list({(one.guard, one.outcome.saw): one for one in found}.values())


def reads(controls: Iterable[Control]) -> Reads:
    """Return the registry keys and settings that guards look at, besides what the controls read themselves.

    `controls` are those that are about to be changed; the others that a guard waits for are `waited_for`.
    """
    if not any(not control.guard for control in controls):
        return Reads()
    keys = [key for one in _requirements() for key in _keys(one)]
    return Reads(keys=tuple(dict.fromkeys(keys)), settings=("audit", "tls_bindings"))


def waited_for() -> tuple[str, ...]:
    """Return the controls that a guard waits for."""
    return tuple(dict.fromkeys(str(one.argument) for one in _requirements() if one.condition == "control_passes"))


def unused(force: Collection[str], lifted: Iterable[Stop]) -> list[str]:
    """Return a sentence for each forced guard that held nothing."""
    used = {one.guard for one in lifted}
    return [
        f"force names the guard {one}, and no control of this run was held by it; take it out again"
        for one in sorted(set(force) - used)
    ]


def loud(lifted: Iterable[Stop]) -> list[str]:
    """Return the warning for each guard that was overruled."""
    return [
        f"FORCED: {one.control} is changed against the guard {one.guard}, which saw: {one.outcome.saw}"
        for one in lifted
    ]


def _watched(changes: Sequence[Change], scene: Scene, after: Answers) -> Iterator[tuple[str, Outcome]]:
    for lockout in shipped().values():
        for watch in lockout.watches:
            meant = tuple(change for change in changes if watch.matches(change))
            if meant:
                act = Act(meant, after, scene)
                yield from ((lockout.id, one) for one in _judged(lockout, watch, act) if not one.holds)


def _judged(lockout: Lockout, watch: Watch, act: Act) -> Iterator[Outcome]:
    if not watch.unless:
        saw = ", ".join(f"{one.key} {one.name} would become {shown(one.after)}" for one in act.changes)
        yield Outcome(False, f"{saw}: {_small(lockout.happens)}", lockout.lift)
    for requirement in watch.unless:
        outcome = _outcome(requirement, act)
        yield outcome if outcome.lift else replace(outcome, lift=lockout.lift)


def _outcome(requirement: Requirement, act: Act) -> Outcome:
    if requirement.condition not in WATCHES:
        return conditions.judge(requirement, act.scene)
    try:
        return WATCHES[requirement.condition].judge(act, requirement.argument)
    except Unknown as error:
        return Outcome(None, str(error), "")


def _requirements() -> Iterator[Requirement]:
    return (one for lockout in shipped().values() for watch in lockout.watches for one in watch.unless)


def _keys(requirement: Requirement) -> tuple[str, ...]:
    watch = WATCHES.get(requirement.condition)
    return watch.keys if watch else conditions.keys_of(requirement)


def _guard_of(control: str) -> str:
    return next((one.id for one in shipped().values() if control in one.own), control)


def _lockout(plain: Mapping[str, Any]) -> Lockout:
    watches = tuple(_watch(one) for one in plain.get("watches", ()))
    texts = {name: plain[name] for name in ("id", "row", "act", "happens", "look", "lift", "source", "confidence")}
    return Lockout(**texts, own=tuple(plain.get("own", ())), watches=watches, never=plain.get("never"))


def _watch(plain: Mapping[str, Any]) -> Watch:
    unless = Requirement.all_of(plain.get("unless", ()))
    for one in unless:
        if one.condition not in WATCHES and one.condition not in conditions.CONDITIONS:
            raise RecordError(f"lockouts.yml: there is no condition {one.condition!r}")
    kind = Kind(plain.get("kind", Kind.REGISTRY.value))
    return Watch(kind, tuple(plain["keys"]), tuple(plain["names"]), plain["becomes"], unless)


def _told(change: Change) -> tuple[Kind, str, Any]:
    """Return kind, name and data; a start type is told as the number that it is in the registry."""
    if change.kind is Kind.SERVICE:
        word = str(change.after.data) if change.after else ""
        return Kind.REGISTRY, lockout_conditions.START, _STARTS.get(word, _ABSENT)
    return change.kind, change.name, _ABSENT if change.after is None else change.after.data


def _like(text: str, pattern: str) -> bool:
    """Compare as Windows does, without case; an asterisk stands for anything within one part of a key."""
    here, there = canonical(text).split("\\"), canonical(pattern).split("\\")
    return len(here) == len(there) and all(map(fnmatch.fnmatchcase, here, there))


def _becomes(data: Any, wanted: Mapping[str, Any]) -> bool:
    if data is _ABSENT:
        return bool(wanted.get("absent"))
    folded = data.casefold() if isinstance(data, str) else data
    number = data if isinstance(data, int) else None
    return (
        bool(wanted.get("anything"))
        or ("in" in wanted and folded in wanted["in"])
        or ("not_in" in wanted and folded not in wanted["not_in"])
        or ("below" in wanted and number is not None and number < wanted["below"])
        or ("above" in wanted and number is not None and number > wanted["above"])
        or ("holds" in wanted and wanted["holds"].casefold() in "".join(str(folded).split()))
    )


def _small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".") if sentence[1:2].islower() else sentence.rstrip(".")
