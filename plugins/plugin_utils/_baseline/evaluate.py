# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Judge a snapshot against controls; pure (private to this collection).

What the snapshot does not know is `notchecked`, what it holds but cannot be is `error`; neither ever becomes `pass`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from .._change.values import BadValue, Change
from .._console.text import ConsoleError
from . import conditions, do_nothing, lockouts
from .answers import Answers, Snapshot, Unknown
from .conditions import Scene
from .findings import Finding, Judged, Status
from .library import Library
from .lockouts import Stop
from .mechanisms import mechanism_of
from .mechanisms.reads import Reads
from .records import Control, Requirement
from .selection import Selection, Waiver
from .surroundings import Surroundings

NT60 = "6.0."


def required(controls: Iterable[Control]) -> Reads:
    """Return everything that these controls and their conditions read, each once, in the controls' order."""
    return Reads.all_of(one for control in controls for one in _reads(control))


def reads_of(selection: Selection) -> Reads:
    """Return everything that judging a selection reads, settings without effect included."""
    watched = Reads(keys=do_nothing.registry_keys()) if selection.watched else Reads()
    return Reads.all_of((required(selection.every()), watched))


def reads_to_change(selection: Selection) -> Reads:
    """Return everything that judging and changing a selection reads: what guards look at besides."""
    every = (selection.library.controls[one] for one in lockouts.waited_for() if one in selection.library.controls)
    return Reads.all_of((reads_of(selection), required(every), lockouts.reads(selection.controls)))


def required_registry_keys(controls: Iterable[Control]) -> list[str]:
    """Return the registry keys among it."""
    return list(required(controls).keys)


def _reads(control: Control) -> Iterator[Reads]:
    yield mechanism_of(control.mechanism).reads(control)
    for requirement in control.requirements():
        yield Reads(tuple(conditions.keys_of(requirement)), conditions.settings_of(requirement))


def evaluate(snapshot: Snapshot, selection: Selection, today: dt.date) -> list[Finding]:
    """Return one finding per selected control, in the selection's order, then those about settings without effect."""
    judge = Judge(snapshot, selection.library)
    found = [_finding(one, judge.of(one), selection.waivers.get(one.id), today) for one in selection.controls]
    return [*found, *(do_nothing.findings(judge.answers, selection.watched) if selection.watched else ())]


class Judge:
    """Judges the controls of a library on one snapshot, each once."""

    def __init__(self, snapshot: Snapshot, library: Library, surroundings: Surroundings | None = None) -> None:
        self.answers = Answers(snapshot)
        self._library = library
        self._judged: dict[str, Judged] = {}
        self._scene = Scene(self.answers, surroundings or Surroundings(), self._status_of)

    def of(self, control: Control) -> Judged:
        """Return the verdict on one control."""
        if control.id not in self._judged:
            self._judged[control.id] = self._safely(control)
        return self._judged[control.id]

    def unmet(self, requirements: Iterable[Requirement]) -> list[str]:
        """Return a sentence for each condition that does not hold or is not known to."""
        outcomes = (conditions.judge(one, self._scene) for one in requirements)
        return [one.sentence() for one in outcomes if not one.holds]

    def stops(self, control: Control, changes: Sequence[Change]) -> list[Stop]:
        """Return the guards that stop a control with these changes."""
        return lockouts.stops(control, changes, self._scene)

    def _status_of(self, name: str) -> tuple[Status, str]:
        judged = self.of(self._library.controls[name])
        return judged.status, judged.observed

    def _safely(self, control: Control) -> Judged:
        try:
            return self._judge(control)
        except Unknown as error:
            return Judged(Status.NOTCHECKED, "unknown", control.title, (str(error),))
        except (BadValue, ConsoleError) as error:
            return Judged(Status.ERROR, "unreadable", control.title, (str(error),))

    def _judge(self, control: Control) -> Judged:
        reason = self._not_applicable(control)
        if reason:
            return Judged(Status.NOTAPPLICABLE, "not applicable", control.title, (reason,))
        judged = mechanism_of(control.mechanism).judge(control, self.answers)
        if judged.status is Status.PASS and control.by_hand:
            # What the machine can tell may refute a control like this, and never proves it.
            return replace(judged, status=Status.NOTCHECKED, evidence=(*judged.evidence, control.by_hand))
        if judged.status not in (Status.PASS, Status.FAIL):
            return judged
        return self._with_prerequisites(control, judged)

    def _not_applicable(self, control: Control) -> str:
        version = str(self.answers.probe("os").get("version", ""))
        if not version.startswith(NT60):
            return f"the machine runs Windows {version}; this control is written for NT 6.0"
        role = self.answers.role()
        if role not in control.roles:
            return f"the machine is {role}; this control is for {', '.join(control.roles)}"
        for requirement in control.only_if:
            outcome = conditions.judge(requirement, self._scene)
            if outcome.holds is None:
                raise Unknown(outcome.saw)
            if not outcome.holds:
                return f"{outcome.saw}: {outcome.lift}"
        return ""

    def _with_prerequisites(self, control: Control, judged: Judged) -> Judged:
        """Values that nothing reads do not pass: TLS 1.2 "on" under a Schannel without TLS 1.2, for example."""
        outcomes = [conditions.judge(one, self._scene) for one in control.prerequisites]
        unmet = [one for one in outcomes if not one.holds]
        if not unmet:
            return judged
        status = judged.status
        if status is Status.PASS:
            refuted = any(one.holds is False for one in unmet)
            status = Status.FAIL if refuted else Status.NOTCHECKED
        notes = tuple(f"prerequisite not met: {one.sentence()}" for one in unmet)
        return Judged(status, judged.observed, judged.expected, judged.evidence + notes)


def _finding(control: Control, judged: Judged, waiver: Waiver | None, today: dt.date) -> Finding:
    status, evidence = judged.status, judged.evidence
    if control.deviation:
        evidence = (*evidence, control.deviation)
    if waiver is not None and status is Status.FAIL:
        valid = today <= waiver.expires
        status = Status.WAIVED if valid else Status.FAIL
        words = f"waived until {waiver.expires}" if valid else f"the waiver expired on {waiver.expires}"
        evidence = (*evidence, f"{words} (by {waiver.approver}: {waiver.reason})")
    return Finding(
        id=control.id,
        title=control.title,
        area=control.area,
        level=control.level,
        status=status,
        observed=judged.observed,
        expected=judged.expected,
        evidence=evidence,
        source=control.references,
        confidence=control.confidence,
        restart=control.restart,
    )
