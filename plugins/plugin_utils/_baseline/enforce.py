# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make failing controls pass: journal first, one group at a time, then look again (private to this collection).

The journal is kept on both sides before the first change. Each group is planned again when its turn has come, on the
machine as it is then; each mechanism does its part of a group in one go, and one that fails does not stop the others.
After each group the registry is read again, after a risky one over a new login: only a control whose own check passes
is `fixed`.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._change import journal as journals
from .._change.confirm import TakenBack, left_behind
from .._change.journal import Journal, JournalGroup, Kept
from .._change.lock import PROMISE
from .._change.orders import assign
from .._change.values import Change, Kind, Value, same, shown
from .._console.command import Question, Reply, batches
from .._target.session import ReadOnly, Session, TargetError
from . import conditions, lockouts
from .answers import Answers, Snapshot, Unknown
from .evaluate import evaluate
from .findings import Finding, Status
from .lockouts import Stop
from .plan import Held, Plan, Step, plan, plan_group, without
from .reread import Again, read_again
from .selection import Selection
from .surroundings import Surroundings, with_handshakes
from .trial import Trial, still_let_in

_BUILDS = ("6.0.6001", "6.0.6002", "6.0.6003")
_WORKSTATION = 1
FOREIGN = "the machine changed after its before-values were read; run it again"


class Refused(TargetError):
    """This machine must not be changed, or cannot be."""


class OrderFailed(TargetError):
    """The target did not carry an order out, or only a part of it."""


class Interrupted(TargetError):
    """The conversation broke during an enforcement. `details`: what had been done by then, and where the journal is."""

    def __init__(self, message: str, details: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.details = dict(details)


@dataclass
class GroupResult:
    """What became of one group. `unfixed` are controls that were set and do not pass; `failures` say why."""

    id: str
    title: str
    risky: bool
    fixed: list[str] = field(default_factory=list)
    unfixed: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """Return the form of a result."""
        return dict(vars(self))


@dataclass
class Outcome:
    """The end of an enforcement, or its state when it broke off.

    `forced`: the guards that were overruled; `unused`: what to say of those that were to be and held nothing.
    """

    before: list[Finding]
    after: list[Finding]
    groups: list[GroupResult]
    held: list[Held]
    changes: list[Change]
    restart: list[str]
    kept: Kept | None = None
    handshakes: list[str] = field(default_factory=list)
    forced: list[Stop] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    @property
    def failures(self) -> list[str]:
        """Return a sentence for everything that was tried and did not work."""
        return [f"{group.id}: {sentence}" for group in self.groups for sentence in group.failures]

    def plain(self) -> dict[str, Any]:
        """Return the form of a result. `restart_for`: the controls that act only after a restart."""
        return {
            "changed": bool(self.changes),
            "findings": [one.plain() for one in self.after],
            "groups": [one.plain() for one in self.groups],
            "held": [one.plain() for one in self.held],
            "changes": [one.plain() for one in self.changes],
            "restart_required": bool(self.restart),
            "restart_for": self.restart,
            "handshakes": self.handshakes,
            "journal": self.kept.plain() if self.kept else None,
            "forced": [one.plain() for one in self.forced],
            "warnings": [
                *lockouts.loud(self.forced),
                *self.unused,
                *([self.kept.warning] if self.kept and self.kept.warning else []),
            ],
        }


@dataclass
class Enforcement:
    """One run on one target. `fresh` drops the conversation and logs in again; `tell` shows a line of progress.

    Within `confirm_minutes` a new login has to come in after a risky group, or the machine takes it back; 0: never.
    `claim` takes the machine's lock, and says for how many seconds nothing may be heard of this run.
    """

    session: Session
    selection: Selection
    surroundings: Surroundings
    directory: Path
    host: str
    now: dt.datetime
    fresh: Callable[[], Session]
    tell: Callable[[str], None] = lambda _text: None
    run_name: str = ""
    confirm_minutes: int = 0
    claim: Callable[[float], None] = lambda _silence: None
    again: Again = read_again
    force: Collection[str] = ()

    def __post_init__(self) -> None:
        self.run_name = self.run_name or journals.run_name(self.now, secrets.token_hex(2))

    def run(self, snapshot: Snapshot) -> Outcome:
        """Enforce; raises `Refused`, `ReadOnly` or `NoJournal` before any change, and `Interrupted` after."""
        refuse(snapshot)
        if self.session.read_only:
            door = self.session.door
            raise ReadOnly(f"the {door} connection holds captured answers and cannot change anything; use winrs")
        planned = self.plan(snapshot)
        if planned.steps:
            # Before-values count from when nobody else is at work, and no earlier run is still being taken back.
            self.claim(PROMISE)
            known = journals.names(self.session, self.directory, self.host)
            self.run_name = journals.later(self.run_name, known)
            snapshot = self._read_again(snapshot, planned.changes())
            planned = self.plan(snapshot)
        if not planned.steps:
            if left_behind(self.session):
                self.claim(PROMISE)  # what an earlier run left on trial passes here, and would be taken back
            return self.preview(snapshot, planned)
        for warning in lockouts.loud(planned.lifted()):
            self.tell(warning)
        journal = self._journal(snapshot, planned)
        kept = journals.keep(journal, self.session, self.directory)
        before = evaluate(snapshot, self.selection, self.now.date())
        outcome = Outcome(before, before, groups=[], held=[], changes=[], restart=[], kept=kept)
        outcome.unused = lockouts.unused(self.force, planned.lifted())
        try:
            self._steps(snapshot, journal, kept, outcome)
            outcome.restart = restart_for(self.selection, outcome.changes)
            journals.note(kept, self.session, "outcome.json", outcome.plain())
        except TargetError as error:
            outcome.restart = restart_for(self.selection, outcome.changes)
            where = f"before-values and undo.cmd: {kept.target} on the target, {kept.controller} on the controller"
            message = f"{error}; the enforcement broke off and can be run again ({where})"
            raise Interrupted(message, outcome.plain()) from error
        return outcome

    def prove(self, snapshot: Snapshot) -> None:
        """Try the TLS listeners that a control of the selection waits for."""
        answers = Answers(snapshot)
        ports = conditions.handshakes_wanted(self.selection.controls, answers)
        if ports:
            desktop = conditions.remote_desktop_port(answers)
            self.surroundings = with_handshakes(self.surroundings, self.session, ports, desktop)

    def plan(self, snapshot: Snapshot) -> Plan:
        """Plan on a snapshot."""
        return plan(snapshot, self.selection, self.surroundings, self.now.date(), self.force)

    def preview(self, snapshot: Snapshot, planned: Plan) -> Outcome:
        """Return what this plan would do and end in, without doing it."""
        outcome = preview(snapshot, self.selection, planned, self.now.date())
        outcome.unused = lockouts.unused(self.force, planned.lifted())
        return outcome

    def _read_again(self, snapshot: Snapshot, changes: Sequence[Change]) -> Snapshot:
        """Read what is about to change once more, and the keys above those that are absent."""
        if not changes:
            return snapshot
        answers = Answers(snapshot)
        keys = dict.fromkeys(change.key for change in changes if change.kind is Kind.REGISTRY)
        above = journals.parents(key for key in keys if answers.key(key) is None)
        return self.again(self.session, snapshot, changes, above)

    def _journal(self, snapshot: Snapshot, planned: Plan) -> Journal:
        return Journal(
            run=self.run_name,
            host=self.host,
            started=journals.began(self.run_name, self.now),
            groups=tuple(JournalGroup(step.group.id, step.group.title, step.changes) for step in planned.steps),
            created_keys=journals.created_keys(planned.changes(), snapshot["answers"]["registry"]),
            codepage=Answers(snapshot).codepage(),
            restart=tuple(restart_for(self.selection, planned.changes())),
            forced=tuple(one.plain() for one in planned.lifted()),
        )

    def _steps(self, snapshot: Snapshot, journal: Journal, kept: Kept, outcome: Outcome) -> None:
        trial = Trial(self.confirm_minutes, self.fresh, still_let_in, self.tell)
        journaled = set(journal.changes())
        for number, group in enumerate(self.selection.library.groups, 1):
            step, held = plan_group(group, snapshot, self.selection, self.surroundings, self.now.date(), self.force)
            foreign = {change.control for change in step.changes if change not in journaled}
            outcome.held += [*held, *(Held(one, (FOREIGN,)) for one in sorted(foreign))]
            step = without(step, foreign)
            if not step.changes:
                continue
            outcome.forced += step.lifted
            self.claim(PROMISE + (60.0 * self.confirm_minutes if group.risky else 0.0))
            self.tell(f"{group.title}: {', '.join(one.id for one in step.controls)}")
            result = GroupResult(group.id, group.title, group.risky)
            outcome.groups.append(result)
            armed = trial.begin(self.session, step, journal) if group.risky else None
            self._apply(step, kept.target, f"{number}-{group.id}", result)
            try:
                if group.risky:
                    self.session = trial.end(self.session, armed)
                snapshot = self._look(snapshot, step)
            except TakenBack as error:
                result.failures.append(str(error))
                result.unfixed += [one.id for one in step.controls]
                raise
            except TargetError:
                outcome.changes += step.changes  # not known to have happened, and so not denied
                raise
            self._judge(step, snapshot, outcome, result)

    def _apply(self, step: Step, folder: str, label: str, result: GroupResult) -> None:
        for number, (kind, changes) in enumerate(step.batches()):
            try:
                carry_out(self.session, kind, changes, folder, f"{label}-{number}-{kind.value}")
            except TargetError as error:
                result.failures.append(str(error))

    def _look(self, snapshot: Snapshot, step: Step) -> Snapshot:
        return self.again(self.session, snapshot, step.changes, ())

    def _judge(self, step: Step, snapshot: Snapshot, outcome: Outcome, result: GroupResult) -> None:
        outcome.after = evaluate(snapshot, self.selection, self.now.date())
        status = {finding.id: finding for finding in outcome.after}
        outcome.changes += _happened(step.changes, Answers(snapshot))
        spoilt = _spoilt(step.changes, Answers(snapshot))
        for control in step.controls:
            if control.id in spoilt:
                result.unfixed.append(control.id)
                result.failures.append(
                    f"{control.id} was set, but {spoilt[control.id]}: take it back with rollback and force"
                )
            elif status[control.id].status is Status.PASS:
                result.fixed.append(control.id)
            else:
                result.unfixed.append(control.id)
                seen = status[control.id]
                result.failures.append(f"{control.id} was set and is {seen.status.value}: {seen.observed}")


def carry_out(session: Session, kind: Kind, changes: Sequence[Change], folder: str, label: str) -> None:
    """Make all changes of one kind in one go; files go to `folder` on the target. Raises `OrderFailed`."""
    orders = assign(kind, changes, label)
    for name, data in orders.files.items():
        session.upload(data, f"{folder}\\{name}")
    lines = orders.at(folder + "\\")
    replies = told(session, [order.line for order in lines])
    for order, reply in zip(lines, replies, strict=True):
        if reply is None:
            raise OrderFailed(f"the target broke off before it was done with: {order.line}")
        if reply.rc not in order.ends:
            said = " ".join(reply.text.split())[:400]
            raise OrderFailed(
                f"{_named(order.line)} ended with {reply.rc} and said {said!r}; the line was: {order.line}"
            )


def told(session: Session, lines: Sequence[str]) -> list[Reply | None]:
    """Run lines, many in one command where they fit; a single one goes as it is."""
    if len(lines) == 1:
        done = session.run(lines[0])
        return [Reply(done.rc, f"{done.stderr} {done.stdout}")]
    questions = [Question(str(number), f"{line} 2>&1") for number, line in enumerate(lines)]
    replies: dict[str, Reply] = {}
    for batch in batches(questions):
        done = session.run(batch.line)
        replies.update(batch.replies(done.rc, done.stdout))
    return [replies.get(question.key) for question in questions]


def _named(line: str) -> str:
    """Return what is told in an error: the program and its verb."""
    return " ".join(line.split(") & ", 1)[-1].replace("call ", "").split()[:2])


def preview(snapshot: Snapshot, selection: Selection, planned: Plan, today: dt.date) -> Outcome:
    """Return what an enforcement would do and end in, without doing it; pure."""
    after = {finding.id: finding for finding in evaluate(planned.result, selection, today)}
    groups = [
        GroupResult(
            step.group.id,
            step.group.title,
            step.group.risky,
            fixed=[one.id for one in step.controls if after[one.id].status is Status.PASS],
            unfixed=[one.id for one in step.controls if after[one.id].status is not Status.PASS],
        )
        for step in planned.steps
    ]
    before = evaluate(snapshot, selection, today)
    return Outcome(
        before=before,
        after=before,
        groups=groups,
        held=list(planned.held),
        changes=list(planned.changes()),
        restart=restart_for(selection, planned.changes()),
        forced=list(planned.lifted()),
    )


def restart_for(selection: Selection, changes: Iterable[Change]) -> list[str]:
    """Return the changed controls that act only after a restart."""
    changed = {change.control for change in changes}
    return [one.id for one in selection.controls if one.id in changed and one.restart == "yes"]


def refuse(snapshot: Snapshot) -> None:
    """Raise `Refused` for a machine that is not Server 2008, and for a login without rights."""
    answers = Answers(snapshot)
    try:
        os, account = answers.probe("os"), answers.probe("account")
    except Unknown as error:
        raise Refused(f"nothing is changed on a machine that is not known well enough: {error}") from error
    version, caption = str(os.get("version")), os.get("caption")
    if not version.startswith(_BUILDS) or os.get("product_type") == _WORKSTATION:
        raise Refused(f"this is {caption} ({version}), not Windows Server 2008; it is assessed and never changed")
    if not account.get("administrator"):
        raise Refused(
            "the login has no administrator rights here (the group is missing or filtered by UAC); "
            "log in with the built-in Administrator or a domain administrator"
        )


def _spoilt(changes: Sequence[Change], answers: Answers) -> dict[str, str]:
    """Name the access lists that are neither as written nor as before: one that lets nobody in has nothing too much."""
    found = {}
    for change in changes:
        try:
            now = answers.now(change)
        except Unknown:
            continue  # its control is not checked, and so not fixed
        if _is_spoilt(change, now):
            found[change.control] = f"the access list of {change.key} is {shown(now)} now, not {shown(change.after)}"
    return found


def _is_spoilt(change: Change, now: Value | None) -> bool:
    lists = change.kind in (Kind.FILE_ACL, Kind.KEY_ACL)
    return lists and not same(now, change.after) and not same(now, change.before)


def _happened(changes: Sequence[Change], answers: Answers) -> list[Change]:
    """Return the changes whose value is there now; what was spoilt or could not be read back counts as changed."""
    happened = []
    for change in changes:
        try:
            now = answers.now(change)
            there = same(now, change.after) or _is_spoilt(change, now)
        except Unknown:
            there = True
        if there:
            happened.append(change)
    return happened
