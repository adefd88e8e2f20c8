# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which runs a bounded journal may forget (private to this collection); pure.

Nothing goes that somebody may want back. A run may be forgotten when all of it was taken back and the way back
overwrote nothing of anybody else's; when it only installed updates; or when another run holds all that it holds, as
where a policy of the domain undoes a setting every hour and a schedule sets it again. The last is not guessed at: the
journal is read with and without the run, from every value that its places ever had, and must lead to the same end.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .runs import Place, Run, State, state_of, undone
from .values import Change, Value, same

RUNS, MEGABYTES = 50, 20  # kept per machine, on each side
_OTHER = Value("REG_SZ", "what somebody else wrote, and no run ever did")


@dataclass(frozen=True)
class Forgotten:
    """The runs to remove, in this order, and how many more the bounds would ask for."""

    runs: tuple[str, ...]
    over: int


def forget(history: Sequence[Run], runs: int = RUNS, size: int = MEGABYTES * 1_000_000) -> Forgotten:
    """Say which runs go so that at most `runs` of `size` bytes stay; the newest one always stays."""
    kept = list(history)
    gone: list[str] = []
    while len(kept) > runs or sum(run.size for run in kept) > size:
        unit = next((unit for unit in _units(kept) if kept[-1] not in unit and _expendable(unit, kept)), None)
        if unit is None:
            break
        # The run itself first: should this be interrupted, it must not look as if it were in force again.
        gone += [run.name for run in unit]
        kept = [run for run in kept if run not in unit]
    return Forgotten(tuple(gone), max(0, len(kept) - runs))


def original(history: Sequence[Run], place: Place) -> tuple[Value | None] | None:
    """Return the value that a place had before the first run that is in force there, None when no run is."""
    chain = _chain(history, place)
    return (chain[0].before,) if chain else None


def end_of(history: Sequence[Run], place: Place, value: Value | None) -> Value | None:
    """Return what is at a place when everything has been rolled back and it holds `value` now."""
    return _back_through(_chain(history, place), value)


def _back_through(chain: Sequence[Change], value: Value | None) -> Value | None:
    for change in reversed(chain):
        if same(value, change.before):
            continue
        if not same(value, change.after):
            break
        value = change.before
    return value


def _units(history: Sequence[Run]) -> list[list[Run]]:
    """Return each run together with those that took it back, and those that took these back."""
    names = {run.name for run in history}
    units: dict[str, list[Run]] = {}
    belongs: dict[str, str] = {}
    for run in history:
        root = belongs.get(run.undoes, run.undoes) if run.undoes else run.name
        belongs[run.name] = root
        if root in names:
            units.setdefault(root, []).append(run)
    return list(units.values())


def _expendable(unit: Sequence[Run], history: Sequence[Run]) -> bool:
    if any(run.refusal for run in unit):
        return False
    root, *others = unit
    gone = undone(history)[root.name]
    if state_of(root, gone) in (State.FINAL, State.EMPTY):
        return True
    if gone == root.places():
        return all(_clean(run, unit) for run in others)
    return not others and _redundant(root, root.places() - gone, history)


def _clean(run: Run, unit: Sequence[Run]) -> bool:
    """A run that took another one back overwrote nothing but what that one had written."""
    target = next(one for one in unit if one.name == run.undoes)
    wrote = [(change.place, change.before, change.after) for change in target.changes()]
    return all(
        any(place == one.place and same(after, one.before) for place, _before, after in wrote) for one in run.changes()
    )


def _redundant(run: Run, places: Collection[Place], history: Sequence[Run]) -> bool:
    rest = [one for one in history if one is not run]
    for place in places:
        if original(rest, place) is None or not _alike(original(rest, place), original(history, place)):
            return False
        with_it, without = _chain(history, place), _chain(rest, place)
        for value in _values(history, place):
            if not same(_back_through(with_it, value), _back_through(without, value)):
                return False
    return True


def _alike(one: tuple[Value | None] | None, other: tuple[Value | None] | None) -> bool:
    return one is not None and other is not None and same(one[0], other[0])


def _values(history: Sequence[Run], place: Place) -> list[Value | None]:
    """Return everything that ever was at a place, nothing at all, and something that nobody wrote."""
    changes = [change for run in history for change in run.changes() if change.place == place]
    return [None, _OTHER, *(value for change in changes for value in (change.before, change.after))]


def _chain(history: Sequence[Run], place: Place) -> list[Change]:
    """Return the changes in force at a place, oldest first, without those that only took others back."""
    gone = undone(history)
    return [
        change
        for run in history
        if not run.undoes and place not in gone[run.name]
        for change in run.changes()
        if change.place == place
    ]
