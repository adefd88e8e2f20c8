# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Take a run back, exactly: type and absence included (private to this collection).

A value that is neither what the run wrote nor what was there before belongs to somebody else by now. It is left alone
and shown with all three values, unless it is forced by name.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._console.command import quote
from .._target.session import Session, TargetError
from .journal import Journal, Kept
from .undo import undo_files
from .values import Change, Value, canonical, same, shown

# Tells what is there now at the place of a change, None where nothing is; raises `TargetError` where it is not known.
Lookup = Callable[[Change], Value | None]
# Reads the places of changes off the target.
Reader = Callable[[Session, Sequence[Change]], Lookup]


class RollbackFailed(TargetError):
    """The target did not take a value back."""


class Fate(enum.Enum):
    """What becomes of one change when its run is taken back."""

    RESTORE = "restored"
    ALREADY = "already as before"
    FOREIGN = "changed since by somebody else"


@dataclass(frozen=True)
class Verdict:
    """One change with the value that is there now."""

    change: Change
    now: Value | None
    fate: Fate

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


def judge(
    journal: Journal,
    lookup: Lookup,
    controls: Collection[str] | None = None,
    force: Collection[str] = (),
) -> list[Verdict]:
    """Say for each change what rolling back would do; pure.

    `controls` limits it to some controls. `force` names controls whose foreign values are overwritten all the same.
    """
    verdicts = []
    for change in _chosen(journal, controls):
        try:
            now = lookup(change)
        except TargetError as error:
            raise RollbackFailed(
                f"{change.key} {change.name} could not be read, so it is not known what would be overwritten: {error}"
            ) from error
        verdicts.append(Verdict(change, now, _fate(change, now, change.control in force)))
    return verdicts


def roll_back(
    session: Session,
    journal: Journal,
    kept: Kept,
    read: Reader,
    controls: Collection[str] | None = None,
    force: Collection[str] = (),
) -> list[Verdict]:
    """Restore a run or some controls of it, read it back, and return what was done; raises `RollbackFailed`."""
    asked = _chosen(journal, controls)
    verdicts = judge(journal, read(session, asked), controls, force)
    restore = [one.change for one in verdicts if one.fate is Fate.RESTORE]
    if not restore:
        return verdicts
    # Of the keys that the run created, only those above a restored value may go; undo.cmd keeps any that is not empty.
    created = [key for key in journal.created_keys if any(_is_above(key, change.key) for change in restore)]
    folder = f"{kept.target}\\rollback"
    made = session.run(f"if not exist {quote(folder)} mkdir {quote(folder)}")
    if made.rc != 0:
        raise RollbackFailed(f"the folder {folder} cannot be made on the target: {' '.join(made.stderr.split())}")
    for name, data in undo_files(journal.run, restore, created, journal.codepage).items():
        session.upload(data, f"{folder}\\{name}")
    done = session.run(quote(f"{folder}\\undo.cmd"))
    still = judge(journal, read(session, asked), controls)
    wrong = [one for one in still if one.change in restore and one.fate is not Fate.ALREADY]
    if wrong:
        named = json.dumps([one.plain() for one in wrong], ensure_ascii=False)
        raise RollbackFailed(f"the target did not take these values back (undo.cmd ended with {done.rc}): {named}")
    return [replace(one, now=one.change.before) if one.fate is Fate.RESTORE else one for one in verdicts]


def _chosen(journal: Journal, controls: Collection[str] | None) -> list[Change]:
    return [one for one in journal.changes() if controls is None or one.control in controls]


def _fate(change: Change, now: Value | None, forced: bool) -> Fate:
    if same(now, change.before):
        return Fate.ALREADY
    return Fate.RESTORE if forced or same(now, change.after) else Fate.FOREIGN


def _is_above(key: str, other: str) -> bool:
    return canonical(other) == canonical(key) or canonical(other).startswith(canonical(key) + "\\")
