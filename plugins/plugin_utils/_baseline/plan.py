# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an enforcement would change, group by group; pure (private to this collection).

Each group is planned on the snapshot as the groups before it leave it: TLS 1.0 may go once TLS 1.2 is planned to be on.
The same function plans check mode and the real run, and each group again when its turn has come.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .._change.orders import assign
from .._change.undo import encodable
from .._change.values import WITHHELD, BadValue, Change, Kind, shown
from .answers import Snapshot, projected
from .evaluate import Judge, evaluate
from .findings import Status
from .lockouts import Stop
from .mechanisms import mechanism_of
from .records import Control, Group
from .selection import Selection
from .surroundings import Surroundings

GUARDED = "it watches a harmful setting and is never changed unasked; "
NOTHING_TO_DO = "it fails, and nothing here knows a change that would make it pass"
REPORTED = "its level is report: it is shown and never changed"


@dataclass(frozen=True)
class Step:
    """The changes of one group, in order. `lifted`: the guards that were overruled for them."""

    group: Group
    controls: tuple[Control, ...]
    changes: tuple[Change, ...]
    lifted: tuple[Stop, ...] = ()

    def batches(self) -> list[tuple[Kind, list[Change]]]:
        """Return the changes by where they live: all of one kind are made in one go.

        What is stopped is stopped first, and what is started is started last: a disabled service does neither.
        """
        batches: dict[tuple[int, Kind], list[Change]] = {}
        for change in self.changes:
            batches.setdefault((_turn(change), change.kind), []).append(change)
        return [(kind, batches[turn, kind]) for turn, kind in sorted(batches, key=lambda one: one[0])]


@dataclass(frozen=True)
class Held:
    """A failing control that is not changed, and why: each reason says what was seen and what lifts it.

    `guards` are the ids of those among the reasons that may be overruled.
    """

    control: str
    reasons: tuple[str, ...]
    guards: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """Return the form of a result."""
        return {"control": self.control, "reasons": list(self.reasons), "guards": list(self.guards)}


@dataclass(frozen=True)
class Plan:
    """Steps that have something to change, what is held back, and the snapshot that the steps would end in."""

    steps: tuple[Step, ...]
    held: tuple[Held, ...]
    result: Snapshot

    def changes(self) -> tuple[Change, ...]:
        """Return every change, in order."""
        return tuple(change for step in self.steps for change in step.changes)

    def lifted(self) -> tuple[Stop, ...]:
        """Return the guards that were overruled, in order."""
        return tuple(one for step in self.steps for one in step.lifted)


def _turn(change: Change) -> int:
    if change.kind is not Kind.STATE:
        return 1
    return 2 if change.after is not None and change.after.data == "running" else 0


def plan(
    snapshot: Snapshot,
    selection: Selection,
    surroundings: Surroundings,
    today: dt.date,
    force: Collection[str] = (),
) -> Plan:
    """Plan every group of the library; `force` are the ids of guards that a person overrules."""
    steps: list[Step] = []
    held: list[Held] = []
    for group in selection.library.groups:
        step, waiting = plan_group(group, snapshot, selection, surroundings, today, force)
        held += waiting
        if step.changes:
            steps.append(step)
            snapshot = projected(snapshot, step.changes)
    return Plan(tuple(steps), tuple(held), snapshot)


def plan_group(
    group: Group,
    snapshot: Snapshot,
    selection: Selection,
    surroundings: Surroundings,
    today: dt.date,
    force: Collection[str] = (),
) -> tuple[Step, list[Held]]:
    """Plan one group on this snapshot: its failing controls are either changed or held."""
    failing = {finding.id for finding in evaluate(snapshot, selection, today) if finding.status is Status.FAIL}
    judge = Judge(snapshot, selection.library, surroundings)
    held: list[Held] = []
    chosen: list[Control] = []
    changes: list[Change] = []
    lifted: list[Stop] = []
    for control in selection.controls:
        if control.group != group.id or control.id not in failing:
            continue
        wanted = mechanism_of(control.mechanism).changes(control, judge.answers)
        stopped = () if _untouched(control) else judge.stops(control, wanted)
        standing = [one for one in stopped if one.guard not in force]
        reasons = (*_reasons(control, wanted, judge), *(one.sentence() for one in standing))
        if reasons:
            held.append(Held(control.id, reasons, tuple(dict.fromkeys(one.guard for one in standing))))
            continue
        chosen.append(control)
        changes += wanted
        lifted += stopped
    return Step(group, tuple(chosen), _once(changes), tuple(lifted)), held


def without(step: Step, controls: Collection[str]) -> Step:
    """Return a step without some of its controls."""
    return Step(
        step.group,
        tuple(one for one in step.controls if one.id not in controls),
        tuple(change for change in step.changes if change.control not in controls),
        tuple(one for one in step.lifted if one.control not in controls),
    )


def differences(changes: Iterable[Change]) -> list[dict[str, str]]:
    """Return Ansible's diff: one before and after per control."""
    by_control: dict[str, list[Change]] = {}
    for change in changes:
        by_control.setdefault(change.control, []).append(change)
    return [
        {
            "before_header": control,
            "after_header": control,
            "before": "".join(f"{one.key} {one.name}: {shown(one.before)}\n" for one in some),
            "after": "".join(f"{one.key} {one.name}: {shown(one.after)}\n" for one in some),
        }
        for control, some in by_control.items()
    ]


def _untouched(control: Control) -> bool:
    """Tell whether a control is never changed, whatever its guards say."""
    return control.guard or control.level == "report" or bool(control.by_hand)


def _reasons(control: Control, changes: Sequence[Change], judge: Judge) -> tuple[str, ...]:
    """Return why a control cannot be changed; what should not be changed is for the guards to say."""
    if control.guard:
        return (GUARDED + (control.note or control.look_first),)
    if control.level == "report":
        return (REPORTED,)
    if control.by_hand:
        return (control.by_hand,)
    obstacle = mechanism_of(control.mechanism).obstacle(control, judge.answers)
    cannot = [obstacle] if obstacle else [] if changes else [NOTHING_TO_DO]
    return (
        *judge.unmet(control.prerequisites),
        *cannot,
        *(sentence for change in changes if (sentence := _inexact(change, judge.answers.codepage()))),
    )


def _inexact(change: Change, codepage: str) -> str:
    """Text comes through the console's code page, with a question mark for what that lacks: no exact way back."""
    data = change.before.data if change.before is not None else ""
    if data == WITHHELD:
        return f"{change.key} {change.name} holds a secret; it is not read and could not be put back, remove it by hand"
    texts = data if isinstance(data, tuple) else (str(data),)
    if not any("?" in text or "\ufffd" in text for text in texts):
        return _unspeakable(change, codepage)
    return (
        f"{change.key} {change.name} holds text that the console of this machine may not show exactly "
        f"({change.before}); its before-value could not be restored, so change it by hand"
    )


def _unspeakable(change: Change, codepage: str) -> str:
    """What cannot be ordered in both directions is not begun."""
    try:
        there, back = assign(change.kind, [change], "x"), assign(change.kind, [change], "x", back=True)
    except BadValue as error:
        return f"{change.key} {change.name} cannot be set and put back from here: {error}"
    lines = [order.line for orders in (there, back) for order in orders.lines]
    if not encodable(lines, codepage):
        return f"{change.key} {change.name} cannot be put back by a script in code page {codepage}"
    return ""


def _once(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Two controls may want the same of one value; the first one does it."""
    seen: dict[tuple[str, str, str], Change] = {}
    for change in changes:
        seen.setdefault(change.place, change)
    return tuple(seen.values())
