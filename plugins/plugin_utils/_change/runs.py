# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a machine's journals say together: which run still is in force, and where (private to this collection); pure.

A run that takes another one back is a run like any other, with a journal of its own, and can be taken back itself. A
history is a list of runs, oldest first.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .journal import Journal
from .values import Change, Kind, Value, canonical, same

Place = tuple[str, str, str]  # as in `Change.place`
CONTROLLER, TARGET = "controller", "target"
TIME = "%Y-%m-%dT%H:%M:%SZ"


class State(enum.Enum):
    """What the journals say of a run; what is on the machine by now is for a look at the machine."""

    OPEN = "open"
    PARTLY = "partly rolled back"
    ROLLED_BACK = "rolled back"
    INTERRUPTED = "interrupted"
    FINAL = "cannot be undone"
    EMPTY = "never began"
    UNUSABLE = "unusable"


@dataclass(frozen=True)
class Run:
    """One folder of the journal, as controller and target hold it together.

    `journal` is None for a run that only installed updates, and for one that cannot be read. `outcome`, `settled` and
    `servicing` are the files of these names. `refusal` says why the run cannot be taken back with what there is.
    `folder` is its folder on the target, empty where there is none.
    """

    name: str
    where: tuple[str, ...]
    journal: Journal | None = None
    outcome: Mapping[str, Any] | None = None
    settled: Mapping[str, Any] | None = None
    servicing: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()
    refusal: str = ""
    folder: str = ""
    size: int = 0

    @property
    def undoes(self) -> str:
        """The run that this one took back, empty for one that did something new."""
        return self.journal.undoes if self.journal else ""

    @property
    def started(self) -> str:
        """When it began, as 2026-11-20T18:00:00Z."""
        if self.journal:
            return self.journal.started
        events = (self.servicing or {}).get("events") or [{}]
        return str(events[0].get("time") or _named_time(self.name))

    def changes(self) -> tuple[Change, ...]:
        """Return what it meant to change, in order."""
        return self.journal.changes() if self.journal else ()

    def places(self) -> frozenset[Place]:
        """Return the places of its changes."""
        return frozenset(change.place for change in self.changes())


def in_order(runs: Iterable[Run]) -> list[Run]:
    """Return runs as a history; of two in one second, the one that takes the other back is the later one."""
    found = {run.name: run for run in runs}

    def depth(run: Run) -> int:
        steps = 0
        while run.undoes in found and steps < len(found):
            run, steps = found[run.undoes], steps + 1
        return steps

    return sorted(found.values(), key=lambda run: (run.started, depth(run), run.name))


def undone(history: Sequence[Run]) -> dict[str, frozenset[Place]]:
    """Return for each run the places that were taken back and still are.

    Taking a run back that itself took one back puts that one in force again. A rollback that was interrupted counts for
    nothing here: where its values are there, looking at the machine finds them, and they are settled from then on. One
    that was to put a run in force again may have done so, and that run counts as in force: looking decides.
    """
    names = {run.name: run for run in history}
    found: dict[str, frozenset[Place]] = {}
    effects: dict[str, set[Place]] = {}
    renewed: dict[str, set[Place]] = {}
    doubtful: dict[str, set[Place]] = {}
    for run in reversed(history):
        settled = places_of((run.settled or {}).get("places")) - renewed.get(run.name, set())
        gone = frozenset(effects.get(run.name, set()) | settled) & run.places()
        found[run.name] = gone
        if not run.undoes:
            continue
        if run.outcome is None:
            if not _takes_away(run, names):
                doubtful.setdefault(run.undoes, set()).update(run.places() - gone)
                base = names[names[run.undoes].undoes]
                renewed.setdefault(base.name, set()).update(run.places() - gone)
            continue
        effect = places_of(run.outcome.get("places")) - gone - doubtful.get(run.name, set())
        # What it merely found as before is so until a later run puts it in force again.
        seen = effect - run.places() - renewed.get(run.undoes, set())
        effects.setdefault(run.undoes, set()).update(effect & run.places(), seen)
        first = names.get(names[run.undoes].undoes) if run.undoes in names else None
        if first is not None and run.started > str((first.settled or {}).get("time", "")):
            renewed.setdefault(first.name, set()).update(effect)
    return found


def _takes_away(run: Run, names: Mapping[str, Run]) -> bool:
    """Say whether a rollback takes something away, and does not put it in force again."""
    steps, seen = 0, {run.name}
    while run.undoes in names and run.undoes not in seen:
        run, steps = names[run.undoes], steps + 1
        seen.add(run.name)
    return steps % 2 == 1 or bool(run.undoes)


def overlaid(history: Sequence[Run], run: Run, without: Collection[str] = ()) -> frozenset[Place]:
    """Return the places of a run at which a later one is in force; `without` names later ones that do not count.

    What is there is that later run's, even where it looks like the work of this one. A rollback counts when it took
    back something older; with something newer it only cancels out.
    """
    gone = undone(history)
    order = {one.name: number for number, one in enumerate(history)}
    found: set[Place] = set()
    for one in history[order[run.name] + 1 :]:
        if one.name not in without and (not one.undoes or order.get(one.undoes, len(order)) < order[run.name]):
            found |= one.places() - gone[one.name]
    return frozenset(found) & run.places()


def state_of(run: Run, gone: frozenset[Place]) -> State:
    """Say what became of a run; `gone` is its part of `undone`."""
    if run.refusal:
        return State.UNUSABLE
    if run.journal is None:
        return State.FINAL if run.servicing is not None else State.EMPTY
    if run.places() and gone == run.places():
        return State.ROLLED_BACK
    if gone:
        return State.PARTLY
    return State.INTERRUPTED if run.outcome is None else State.OPEN


def written(places: Iterable[Place]) -> list[list[str]]:
    """Return places as a journal holds them."""
    return sorted(list(place) for place in places)


def places_of(plain: Any) -> set[Place]:
    """Read places from a journal; anything else is none."""
    rows = plain if isinstance(plain, list) else []
    return {(str(one[0]), str(one[1]), str(one[2])) for one in rows if isinstance(one, list) and len(one) == 3}


def writer_of(history: Sequence[Run], after: str, place: Place, value: Value | None) -> str:
    """Return the run later than `after` that wrote this value at this place, empty when none did."""
    names = [run.name for run in history]
    later = history[names.index(after) + 1 :] if after in names else []
    for run in reversed(later):
        if any(one.place == place and same(one.after, value) for one in run.changes()):
            return run.name
    return ""


def irreversible(run: Run) -> list[str]:
    """Return a sentence for each package that a run installed: it stays, and what Windows could do about that."""
    sentences = []
    for event in (run.servicing or {}).get("events") or []:
        if event.get("event") != "installed":
            continue
        way = str(event.get("undo") or "not known")
        what = f"{event.get('package')} ({event.get('title')})" if event.get("title") else str(event.get("package"))
        if way.startswith("start "):
            sentences.append(f"{what} stays. Windows may take it out, at the machine, with: {way}")
        else:
            sentences.append(f"{what} stays. A way to take it out: {way}")
    return sentences


def is_above(key: str, change: Change) -> bool:
    """Tell whether a registry key is the one of a change, or above it."""
    place, above = canonical(change.key), canonical(key)
    return change.kind is Kind.REGISTRY and (place == above or place.startswith(above + "\\"))


def _named_time(name: str) -> str:
    """Return the time in the name of a run, as 20261120T180000Z-1a2b."""
    try:
        return dt.datetime.strptime(name[:16], "%Y%m%dT%H%M%SZ").strftime(TIME)
    except ValueError:
        return ""
