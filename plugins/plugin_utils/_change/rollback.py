# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Say what taking a run back would do, and do it, exactly: type and absence included (private to this collection).

A value that is neither what the run wrote nor what was there before belongs to somebody else by now. It is left alone
and shown with all three values, unless it is forced by the name of its control; and with it the other values of that
control, because half of a control is a state that nobody ever tried.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._console.command import quote
from .._target.session import Session, TargetError
from .journal import Journal, Kept
from .runs import Place, is_above
from .undo import undo_files
from .values import Change, Value, same, shown

# Tells what is there now at the place of a change, None where nothing is; raises `TargetError` where it is not known.
Lookup = Callable[[Change], Value | None]
# Reads the places of changes off the target.
Reader = Callable[[Session, Sequence[Change]], Lookup]


class RollbackFailed(TargetError):
    """The target did not take a value back, or does not say what is there."""


class Fate(enum.Enum):
    """What becomes of one change when its run is taken back."""

    RESTORE = "restored"
    ALREADY = "already as before"
    FOREIGN = "changed since by somebody else"
    HELD = "left alone with the rest of its control"


REFUSED = (Fate.FOREIGN, Fate.HELD)


@dataclass(frozen=True)
class Verdict:
    """One change with the value that is there now; `forced`: it would have been left alone."""

    change: Change
    now: Value | None
    fate: Fate
    forced: bool = False

    def plain(self) -> dict[str, Any]:
        """Return the three values in words."""
        return {
            "control": self.change.control,
            "kind": self.change.kind.value,
            "key": self.change.key,
            "name": self.change.name,
            "fate": self.fate.value,
            "before": shown(self.change.before),
            "written": shown(self.change.after),
            "now": shown(self.now),
        }


@dataclass(frozen=True)
class Asked:
    """What of a run is to go back; None means all. `force`: controls whose foreign values are overwritten."""

    controls: Collection[str] | None = None
    groups: Collection[str] | None = None
    force: Collection[str] = ()

    def chosen(self, journal: Journal) -> list[Change]:
        """Return the changes that are meant, in the journal's order."""
        return [
            change
            for group in journal.groups
            if self.groups is None or group.id in self.groups
            for change in group.changes
            if self.controls is None or change.control in self.controls
        ]


@dataclass
class Overlay:
    """The machine as it would be after some values went back."""

    below: Lookup
    restored: dict[Place, Value | None] = field(default_factory=dict)

    def __call__(self, change: Change) -> Value | None:
        return self.restored[change.place] if change.place in self.restored else self.below(change)

    def take(self, verdicts: Sequence[Verdict]) -> None:
        """Let what these would restore be restored; the oldest value of a place is the one that stays."""
        for one in reversed(verdicts):
            if one.fate is Fate.RESTORE:
                self.restored[one.change.place] = one.change.before


def judge(
    journal: Journal,
    lookup: Lookup,
    asked: Asked | None = None,
    gone: Collection[Place] = (),
    held: Collection[str] = (),
) -> list[Verdict]:
    """Say for each change what rolling back would do, in the journal's order; pure.

    At the places `gone` the run was taken back before, or a later one is in force: what is there now is not its own.
    `held` are controls that are left alone whatever their values.
    """
    asked = asked or Asked()
    changes = asked.chosen(journal)
    there = {change.place: _now(lookup, change) for change in changes}
    alone = set(held)
    while True:
        verdicts = _walk(changes, there, asked.force, gone, alone)
        foreign = {one.change.control for one in verdicts if one.fate is Fate.FOREIGN}
        if foreign <= alone:
            return verdicts
        alone |= foreign


def roll_back(
    session: Session,
    journal: Journal,
    kept: Kept,
    read: Reader,
    controls: Collection[str] | None = None,
    force: Collection[str] = (),
) -> list[Verdict]:
    """Restore a run or some controls of it, read it back, and return what was done; raises `RollbackFailed`."""
    asked = Asked(controls, force=force)
    verdicts = judge(journal, read(session, asked.chosen(journal)), asked)
    restore = [one for one in verdicts if one.fate is Fate.RESTORE]
    if restore:
        wrong = put_back(session, journal, restore, kept.target, read)
        if wrong:
            raise RollbackFailed(not_taken(wrong))
    return [replace(one, now=one.change.before) if one.fate is Fate.RESTORE else one for one in verdicts]


def put_back(
    session: Session,
    journal: Journal,
    restore: Sequence[Verdict],
    folder: str,
    read: Reader,
    fresh: Callable[[], Session] | None = None,
) -> list[Verdict]:
    """Restore these values and return those that are not as before when they are read again, with what is there.

    `folder` is a closed one on the target. `fresh` drops the conversation and logs in again before it reads.
    """
    changes = [one.change for one in restore]
    # Of the keys that the run created, only those above a restored value may go; undo.cmd keeps any that is not empty.
    created = [key for key in journal.created_keys if any(is_above(key, change) for change in changes)]
    place = f"{folder}\\rollback"
    made = session.run(f"if not exist {quote(place)} mkdir {quote(place)}")
    if made.rc != 0:
        raise RollbackFailed(f"the folder {place} cannot be made on the target: {' '.join(made.stderr.split())}")
    for name, data in undo_files(journal.run, changes, created, journal.codepage).items():
        session.upload(data, f"{place}\\{name}")
    session.run(quote(f"{place}\\undo.cmd"))
    if fresh:
        session = fresh()
    lookup = read(session, changes)
    wanted = Overlay(lookup)
    wanted.take(restore)
    found = {change.place: _now(lookup, change) for change in changes}
    return [
        replace(one, now=found[one.change.place])
        for one in restore
        if not same(found[one.change.place], wanted(one.change))
    ]


def not_taken(wrong: Sequence[Verdict]) -> str:
    """Return the sentence about values that did not go back."""
    named = json.dumps([one.plain() for one in wrong], ensure_ascii=False)
    return f"the target did not take these values back: {named}"


def _walk(
    changes: Sequence[Change],
    there: dict[Place, Value | None],
    force: Collection[str],
    gone: Collection[Place],
    alone: Collection[str],
) -> list[Verdict]:
    """From the last change to the first, each seeing what the later ones would have put back."""
    values = dict(there)
    verdicts = []
    for change in reversed(changes):
        now = values[change.place]
        fate, forced = _fate(change, now, change.place in gone), False
        if fate is Fate.FOREIGN and change.control in force:
            fate, forced = Fate.RESTORE, True
        if fate is Fate.RESTORE and change.control in alone:
            fate = Fate.HELD
        if fate is Fate.RESTORE:
            values[change.place] = change.before
        verdicts.append(Verdict(change, now, fate, forced and fate is Fate.RESTORE))
    return verdicts[::-1]


def _fate(change: Change, now: Value | None, gone: bool) -> Fate:
    if same(now, change.before):
        return Fate.ALREADY
    return Fate.RESTORE if same(now, change.after) and not gone else Fate.FOREIGN


def _now(lookup: Lookup, change: Change) -> Value | None:
    try:
        return lookup(change)
    except TargetError as error:
        raise RollbackFailed(
            f"{change.key} {change.name} could not be read, so it is not known what would be overwritten: {error}"
        ) from error
