# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How an examination goes (private to this collection): steps in the order a person would make them.

A step looks at one thing and says what it saw. A step that needs an earlier one is not made where that one failed;
it is reported as skipped, with the reason. Nothing here changes anything on the machine.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from .._console.text import ConsoleError
from .._target.session import TargetError

P = TypeVar("P")


class Result(enum.Enum):
    """What a step came to."""

    OK = "ok"
    WARNING = "warning"  # the job can go on; somebody should know
    FAILED = "failed"  # the job cannot go on before this is mended
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Outcome:
    """What one step saw. `mend` is a sentence; `type_this` the exact line for the console of the machine."""

    result: Result
    evidence: tuple[str, ...]
    mend: str | None = None
    type_this: str | None = None


@dataclass(frozen=True)
class Step(Generic[P]):
    """One look. `look` gets the patient; a `TargetError` that it lets through is a failure with that sentence."""

    id: str
    title: str
    look: Callable[[P], Outcome]
    needs: tuple[str, ...] = ()
    mend: str | None = None
    type_this: str | None = None


@dataclass(frozen=True)
class Record:
    """A step with its outcome, as it is shown and reported."""

    id: str
    title: str
    outcome: Outcome

    def as_dict(self) -> dict[str, object]:
        """Return plain data: ``id title result evidence mend type_this``."""
        return {
            "id": self.id,
            "title": self.title,
            "result": self.outcome.result.value,
            "evidence": list(self.outcome.evidence),
            "mend": self.outcome.mend,
            "type_this": self.outcome.type_this,
        }

    def lines(self) -> list[str]:
        """Return the record for a terminal."""
        shown = [f"{self.outcome.result.value:<8} {self.title}: {'; '.join(self.outcome.evidence)}"]
        if self.outcome.mend:
            shown.append(f"         -> {self.outcome.mend}")
        if self.outcome.type_this:
            shown.append(f"         type there: {self.outcome.type_this}")
        return shown

    def sentence(self) -> str:
        """Return the record as one line, for a task's message."""
        parts = [f"{self.title}: {'; '.join(self.outcome.evidence)}", self.outcome.mend]
        line = f"type there: {self.outcome.type_this}" if self.outcome.type_this else None
        return "; ".join(part for part in (*parts, line) if part)


def ok(*evidence: str) -> Outcome:
    """Return a good outcome."""
    return Outcome(Result.OK, evidence)


def warning(*evidence: str, mend: str | None = None, type_this: str | None = None) -> Outcome:
    """Return an outcome that lets the job go on."""
    return Outcome(Result.WARNING, evidence, mend, type_this)


def failed(*evidence: str, mend: str | None = None, type_this: str | None = None) -> Outcome:
    """Return an outcome that stops the job."""
    return Outcome(Result.FAILED, evidence, mend, type_this)


def skipped(reason: str) -> Outcome:
    """Return the outcome of a step that was not made."""
    return Outcome(Result.SKIPPED, (reason,))


def examine(patient: P, steps: Sequence[Step[P]]) -> Iterator[Record]:
    """Make every step that can be made, and yield each record as soon as it is known."""
    done: dict[str, Result] = {}
    for step in steps:
        lacking = [name for name in step.needs if done.get(name) is Result.FAILED or _blocked(name, done)]
        outcome = skipped(f"not tried, because {lacking[0]} did not work") if lacking else _look(patient, step)
        done[step.id] = outcome.result if not lacking else Result.FAILED
        yield Record(step.id, step.title, outcome)


def _blocked(name: str, done: dict[str, Result]) -> bool:
    return name not in done


def _look(patient: P, step: Step[P]) -> Outcome:
    try:
        return step.look(patient)
    except (TargetError, ConsoleError) as error:
        return failed(str(error), mend=step.mend, type_this=step.type_this)


def worst(records: Iterable[Record]) -> Result:
    """Return the gravest result among the records that were made."""
    order = (Result.OK, Result.SKIPPED, Result.WARNING, Result.FAILED)
    return max((record.outcome.result for record in records), key=order.index, default=Result.OK)
