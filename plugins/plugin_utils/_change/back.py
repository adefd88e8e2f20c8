# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Take runs back on a machine, each as a run of its own with its own journal (private to this collection).

What a rollback overwrites is written down before, on both sides, like every other change: so it can be undone itself,
and one that was forced over somebody else's value has not lost it.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from .._target.names import nearest
from .._target.session import ReadOnly, Session, TargetError
from . import journal as journals
from .confirm import Armed, left_behind
from .journal import OUTCOME, Journal, JournalGroup, Kept
from .ledger import SETTLED, Ledger, compared
from .lock import PROMISE
from .rollback import REFUSED, Asked, Fate, Overlay, Reader, RollbackFailed, Verdict, judge, not_taken, put_back
from .runs import TIME, Place, Run, State, irreversible, overlaid, state_of, undone, writer_of, written
from .values import Change, Key, Kind, shown

LAST, ALL = "last", "all"
# Reads registry keys off the target: None where one is not there; what could not be read is left out.
KeyReader = Callable[[Session, Sequence[str]], Mapping[str, Key]]


class NotUndone(TargetError):
    """What was asked for cannot be taken back; nothing was changed. `details`: what is known of it."""

    def __init__(self, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.details = dict(details or {})


class Interrupted(TargetError):
    """A rollback broke off in the middle. `details`: what had been done by then, and where its journal is."""

    def __init__(self, message: str, details: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.details = dict(details)


@dataclass(frozen=True)
class Part:
    """One run that is to go back, with what becomes of each of its values; at `over` a later run is in force."""

    run: Run
    journal: Journal
    verdicts: tuple[Verdict, ...]
    over: frozenset[Place] = frozenset()

    def those(self, *fates: Fate) -> list[Verdict]:
        """Return the verdicts of these kinds."""
        return [one for one in self.verdicts if one.fate in fates]

    def settled(self) -> set[Place]:
        """Return the places at which this run is no more, once what is to be restored has been."""
        already = {one.change.place for one in self.those(Fate.ALREADY)} - self.over
        return already | {one.change.place for one in self.those(Fate.RESTORE)}


@dataclass
class Outcome:
    """What became of the runs that were asked for, in the order in which they went back: newest first."""

    parts: list[Part]
    history: Sequence[Run]
    done: list[tuple[str, Kept]] = field(default_factory=list)

    def restored(self) -> list[Verdict]:
        """Return what is, or in check mode would be, put back."""
        return [one for part in self.parts for one in part.those(Fate.RESTORE)]

    def changes(self) -> list[Change]:
        """Return what is restored as changes: what is there now becomes what was there before."""
        return [_turned(one) for one in self.restored()]

    def restart_for(self) -> list[str]:
        """Return the controls that act only after a restart."""
        changed = {(part.run.name, one.change.control) for part in self.parts for one in part.those(Fate.RESTORE)}
        found = [one for part in self.parts for one in part.journal.restart if (part.run.name, one) in changed]
        return list(dict.fromkeys(found))

    def refused(self) -> list[dict[str, Any]]:
        """Return what is left alone, each with its three values and, where one of our runs wrote it, which."""
        rows = []
        for part in self.parts:
            for one in part.those(*REFUSED):
                writer = writer_of(self.history, part.run.name, one.change.place, one.now)
                rows.append({"run": part.run.name, **one.plain(), "written_by": writer or None})
        return rows

    def loud(self, force: Collection[str]) -> list[str]:
        """Return the warning for each value of somebody else that goes, and for each control that is forced in vain."""
        forced = [(part.run.name, one) for part in self.parts for one in part.verdicts if one.forced]
        vain = sorted(set(force) - {one.change.control for _run, one in forced})
        told = [
            f"FORCED: {one.change.control}: {_overwritten(one)}, though somebody changed it after run {run}; what is "
            "overwritten is in the journal of this rollback"
            for run, one in forced
        ]
        return told + [f"force names {one}, and nobody has changed a value of it; take it out again" for one in vain]

    def plain(self) -> dict[str, Any]:
        """Return the form of a result."""
        return {
            "changed": bool(self.restored()),
            "restored": self._rows(Fate.RESTORE),
            "refused": self.refused(),
            "already": self._rows(Fate.ALREADY),
            "restart_required": bool(self.restart_for()),
            "restart_for": self.restart_for(),
            "journal": [
                {
                    "run": kept.controller.name,
                    "undoes": name,
                    "controller": str(kept.controller),
                    "target": kept.target,
                }
                for name, kept in self.done
            ],
        }

    def _rows(self, fate: Fate) -> list[dict[str, Any]]:
        return [{"run": part.run.name, **one.plain()} for part in self.parts for one in part.those(fate)]

    def sentence(self) -> str:
        """Return what the operator is told about values that were left alone, empty when there are none."""
        rows = self.refused()
        if not rows:
            return ""
        foreign = [row for row in rows if row["fate"] == Fate.FOREIGN.value]
        told = "; ".join(_three_values(row) for row in foreign)
        controls = sorted({str(row["control"]) for row in rows})
        return (
            f"somebody has changed what was to go back, so it was left alone: {told}. To restore it all the same, name "
            f"its control in force: {', '.join(controls)}"
        )


def _three_values(row: Mapping[str, Any]) -> str:
    by = f" by run {row['written_by']}, which can be taken back first" if row["written_by"] else ""
    return (
        f"{row['control']}: {row['key']} {row['name']} was {row['before']} before, the run {row['run']} wrote "
        f"{row['written']}, now it is {row['now']}{by}"
    )


def chosen(ledger: Ledger, wanted: str) -> list[Run]:
    """Return the runs that are meant, newest first; raises `NotUndone` for one that is not there.

    `wanted` is the name of a run; ``last``, the last one that set something, in force or not, so that asking twice does
    not take back two; or ``all`` that are in force.
    """
    if wanted not in (LAST, ALL):
        by_name = {run.name: run for run in ledger.history}
        if wanted not in by_name:
            raise NotUndone(
                f"there is no run {wanted} of this machine, neither on the controller nor on the target; "
                f"{nearest(wanted, by_name) if by_name else 'there is none at all'}. Nothing was changed"
            )
        return [by_name[wanted]]
    gone = undone(ledger.history)
    states = {run.name: state_of(run, gone[run.name]) for run in ledger.history}
    did = [
        run for run in reversed(ledger.history) if not run.undoes and states[run.name] not in (State.FINAL, State.EMPTY)
    ]
    return did[:1] if wanted == LAST else [run for run in did if states[run.name] is not State.ROLLED_BACK]


def staying(ledger: Ledger, wanted: str) -> list[str]:
    """Return what stays whatever goes back: the packages of all runs, or those since the run that is meant."""
    runs = list(ledger.history)
    if wanted != ALL:
        meant = {run.name for run in chosen(ledger, wanted)}
        runs = runs[next((number for number, run in enumerate(runs) if run.name in meant), len(runs)) :]
    return [line for run in runs for line in irreversible(run)]


def plan(session: Session, ledger: Ledger, wanted: str, asked: Asked, read: Reader) -> Outcome:
    """Look at the machine and say what becomes of each value; raises `NotUndone` or `RollbackFailed`."""
    runs = [(run, _usable(compared(session, run))) for run in chosen(ledger, wanted)]
    everywhere = [run.journal for run in ledger.history if run.journal is not None]
    _known(asked, everywhere if wanted == ALL else [journal for _run, journal in runs])
    gone = undone(ledger.history)
    if wanted == ALL:  # what of a run is in force; who names one is told what became of the rest, too
        runs = [(run, _without(journal, gone[run.name])) for run, journal in runs]
    changes = {change.place: change for _run, journal in runs for change in asked.chosen(journal)}
    now = Overlay(read(session, list(changes.values()))) if changes else Overlay(lambda _change: None)
    held: set[str] = set()
    parts: list[Part] = []
    for run, journal in runs:
        over = overlaid(ledger.history, run, [part.run.name for part in parts])
        verdicts = judge(journal, now, asked, gone[run.name] | over, held)
        now.take(verdicts)
        # What a later run is refused, an earlier one is not given either.
        held |= {one.change.control for one in verdicts if one.fate in REFUSED}
        parts.append(Part(run, journal, tuple(verdicts), over))
    return Outcome(parts, ledger.history)


def _without(journal: Journal, places: Collection[Place]) -> Journal:
    groups = (
        replace(group, changes=tuple(change for change in group.changes if change.place not in places))
        for group in journal.groups
    )
    return replace(journal, groups=tuple(groups))


def _usable(run: Run) -> Journal:
    if run.refusal:
        raise NotUndone(f"{run.refusal}. Nothing was changed")
    if run.servicing is not None and run.journal is None:
        raise NotUndone(
            f"run {run.name} installed updates and changed no setting, so a rollback has nothing to put back. "
            f"{'; '.join(irreversible(run)) or 'Its journal names no package that went in'}. Nothing was changed"
        )
    if run.journal is None:
        raise NotUndone(f"run {run.name} broke off before it changed anything; there is nothing to take back")
    return run.journal


def _known(asked: Asked, meant: Sequence[Journal]) -> None:
    """Raise `NotUndone` for a misspelt group or control, which would otherwise look like one that is done."""
    groups = {group.id for one in meant for group in one.groups}
    controls = {change.control for one in meant for change in one.changes()}
    for word, wanted, there in (
        ("group", asked.groups or (), groups),
        ("control", asked.controls or (), controls),
        ("control", asked.force, controls),
    ):
        for one in wanted:
            if one not in there:
                hint = nearest(one, there) if there else "there is no run that changed anything"
                raise NotUndone(f"the {word} {one} is in no run that is meant; {hint}. Nothing was changed")


class OnTrial(Protocol):
    """How a rollback is tried: the machine takes it back itself unless a new login comes in (`_baseline.trial`)."""

    minutes: int

    def begin_run(self, session: Session, journal: Journal) -> Armed | None:
        """Set up the way back; raises `NotArmed`, and then nothing may be changed."""

    def end(self, session: Session, armed: Armed | None) -> Session:
        """Come in again, confirm, and return the new session; raises `TakenBack`."""


@dataclass
class Back:
    """The work on one machine. `tell` shows a line of progress.

    `claim` takes the machine's lock, and says for how many seconds nothing may be heard of this run. `again` plans once
    more, from the journals on: whoever was at work until the lock was ours has changed both.
    """

    session: Session
    directory: Path
    host: str
    read: Reader
    keys: KeyReader
    trial: OnTrial
    again: Callable[[], Outcome]
    claim: Callable[[float], None] = lambda _silence: None
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    tell: Callable[[str], None] = lambda _text: None

    def run(self, outcome: Outcome, whole: bool = False) -> Outcome:
        """Put back what a plan would restore by the time that nobody else is at work; return what became of it.

        `whole`: nothing at all when a value is refused. Raises `ReadOnly` before any change, and `Interrupted` after.
        """
        if self.session.read_only:
            door = self.session.door
            raise ReadOnly(f"the {door} connection holds captured answers and cannot change anything; use winrs")
        # What an earlier run left on trial may be as before now, and would not stay so.
        if (
            outcome.restored()
            or any(_news(part, outcome.history) for part in outcome.parts)
            or left_behind(self.session)
        ):
            self.claim(PROMISE)
            outcome = self.again()
        if whole and outcome.refused():
            return outcome
        latest = outcome.history[-1].started if outcome.history else ""
        for part in outcome.parts:
            try:
                latest = self._part(part, outcome, latest)
            except TargetError as error:
                if not outcome.done:
                    raise
                begun = {name for name, _kept in outcome.done}
                outcome.parts = [one for one in outcome.parts if one.run.name in begun]
                message = f"{error}; the rollback broke off and can be run again, its own journal is kept"
                raise Interrupted(message, {**outcome.plain(), "changed": True}) from error
        return outcome

    def _part(self, part: Part, outcome: Outcome, latest: str) -> str:
        restore = part.those(Fate.RESTORE)
        if not restore:
            self._settle(part, _news(part, outcome.history))
            return latest
        self.claim(PROMISE + 60.0 * self.trial.minutes)
        self.tell(f"taking back {', '.join(sorted({one.change.control for one in restore}))} of run {part.run.name}")
        mine = self._journal(part, restore, latest)
        kept = journals.keep(mine, self.session, self.directory)
        armed = self.trial.begin_run(self.session, mine)
        outcome.done.append((part.run.name, kept))

        def come_in() -> Session:
            self.session = self.trial.end(self.session, armed)
            return self.session

        wrong = put_back(self.session, part.journal, restore, kept.target, self.read, come_in)
        failed = {one.change.place for one in wrong}
        places = part.settled() - failed
        content = {"run": mine.run, "undoes": part.run.name, "places": written(places),
                   "failed": [one.plain() for one in wrong]}  # fmt: skip
        journals.note(kept, self.session, OUTCOME, content)
        if wrong:
            raise RollbackFailed(not_taken(wrong))
        return mine.started

    def _settle(self, part: Part, places: Collection[Place]) -> None:
        """Write down that all of a run was found as before: somebody else did it, or a rollback that was cut off."""
        if not places:
            return
        run = part.run
        kept = Kept(self.directory / journals.file_name(self.host) / run.name, run.folder)
        content = {"run": run.name, "time": self.now().astimezone(dt.UTC).strftime(TIME), "places": written(places)}
        journals.note(kept, self.session if run.folder else None, SETTLED, content)

    def _journal(self, part: Part, restore: Sequence[Verdict], latest: str) -> Journal:
        """Return the journal of taking a run back: what is there now is its before, what was before its after.

        It begins after every run that is known, whatever the clocks of the controllers say.
        """
        moment = self.now().astimezone(dt.UTC)
        if latest >= moment.strftime(TIME):
            moment = dt.datetime.strptime(latest, TIME).replace(tzinfo=dt.UTC) + dt.timedelta(seconds=1)
        fates = {id(one.change): one for one in restore}
        groups = tuple(
            JournalGroup(
                group.id,
                group.title,
                tuple(_turned(fates[id(one)]) for one in reversed(group.changes) if id(one) in fates),
            )
            for group in reversed(part.journal.groups)
        )
        changes = [change for group in groups for change in group.changes]
        changed = {change.control for change in changes}
        return Journal(
            run=journals.run_name(moment, secrets.token_hex(2)),
            host=self.host,
            started=moment.strftime(TIME),
            groups=tuple(group for group in groups if group.changes),
            created_keys=self._created(changes),
            codepage=part.journal.codepage,
            restart=tuple(one for one in part.journal.restart if one in changed),
            undoes=part.run.name,
            forced=tuple(
                {"guard": "changed since", "control": one.change.control, "saw": _overwritten(one)}
                for one in restore
                if one.forced
            ),
        )

    def _created(self, changes: Sequence[Change]) -> tuple[str, ...]:
        back = [one for one in changes if one.kind is Kind.REGISTRY and one.before is None and one.after is not None]
        keys = [one.key for one in back]
        if not keys:
            return ()
        asked = list(dict.fromkeys((*keys, *journals.parents(keys))))
        found = self.keys(self.session, asked)
        lost = [key for key in asked if key not in found]
        if lost:
            raise RollbackFailed(
                f"these registry keys could not be read: {', '.join(lost)}; nothing of that run was taken back"
            )
        return journals.created_keys(changes, found)


def _news(part: Part, history: Sequence[Run]) -> frozenset[Place]:
    """Return the places of a run when all of it is as before, and no journal says so yet."""
    known = undone(history)[part.run.name]
    places = frozenset(part.settled() | known)
    return places if places == part.run.places() and places != known else frozenset()


def _overwritten(one: Verdict) -> str:
    change = one.change
    return f"{change.key} {change.name} is {shown(one.now)} now and becomes {shown(change.before)}"


def _turned(verdict: Verdict) -> Change:
    return replace(verdict.change, before=verdict.now, after=verdict.change.before)
