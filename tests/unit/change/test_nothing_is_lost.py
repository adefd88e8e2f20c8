# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever people, runs, rollbacks and a small journal do to a machine, in any order: nobody's value is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.back import ALL, LAST, Outcome, Part, plan
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.bounds import end_of, forget, original
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.ledger import Ledger
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.rollback import Asked, Fate
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.runs import (
    Place,
    Run,
    undone,
    written,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.values import Change, Value, same

from .histories import change, journal, place, value

NAMES = ("a", "b")
POOL = (None, "A", "A#", "B", "C")
Step = tuple[Any, ...]
WANTED = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(POOL[1:]), min_size=1)
STEPS = st.one_of(
    st.tuples(st.just("enforce"), WANTED),
    st.tuples(st.just("crash"), WANTED, st.integers(0, 2)),
    st.tuples(st.just("steal"), WANTED, WANTED, st.booleans()),
    st.tuples(st.just("edit"), st.sampled_from(NAMES), st.sampled_from(POOL)),
    st.tuples(st.just("back"), st.integers(0, 9), st.booleans()),
    st.tuples(st.just("back"), st.sampled_from((LAST, ALL)), st.booleans()),
    st.tuples(st.just("torn"), st.integers(0, 9), st.integers(0, 2), st.booleans()),
    st.tuples(st.just("part"), st.integers(0, 9), st.sampled_from(NAMES)),
    st.tuples(st.just("tidy"), st.integers(0, 3)),
)


class World:
    """A machine and its journal."""

    def __init__(self, start: Mapping[str, str | None]) -> None:
        self.machine: dict[str, Value | None] = {name: value(text) for name, text in start.items()}
        self.start = dict(self.machine)
        self.edited: set[str] = set()
        self.forced: set[str] = set()  # whoever forces a rollback decides anew what is to be there
        self.broken = False  # a run broke off: what it meant to do may have happened or not
        self.kept: list[Run] = []
        self.count = 0

    def do(self, step: Step) -> None:
        getattr(self, f"_{step[0]}")(*step[1:])

    def _add(self, changes: list[Change], undoes: str = "", places: Any = (), done: int | None = None) -> None:
        """Keep a journal, and make the changes; of a run that breaks off only so many, and there is no outcome then."""
        self.count += 1
        kept = journal(self.count, changes, undoes)
        outcome = {"places": written(places)} if done is None else None
        self.broken |= done is not None
        self.kept.append(Run(kept.run, ("controller",), kept, outcome=outcome))
        for one in changes[:done]:
            self.machine[one.name] = one.after

    def _wanted(self, wanted: Mapping[str, str]) -> list[Change]:
        rows = [(name, self.machine[name], value(text)) for name, text in wanted.items()]
        return [
            Change(name, change(name, None, None).key, name, before, after)
            for name, before, after in rows
            if not same(before, after)
        ]

    def _enforce(self, wanted: Mapping[str, str]) -> None:
        changes = self._wanted(wanted)
        if changes:
            self._add(changes)

    def _crash(self, wanted: Mapping[str, str], done: int) -> None:
        """The controller dies, loses its lock, or the machine takes the group back (`done` is 0 then)."""
        changes = self._wanted(wanted)
        if changes:
            self._add(changes, done=done)

    def _steal(self, owner: Mapping[str, str], thief: Mapping[str, str], last: bool) -> None:
        """A lock is broken while its owner lives: both have read the same values, and `last` says who writes last."""
        mine, theirs = self._wanted(owner), self._wanted(thief)
        if mine and theirs:
            self._add(mine, done=len(mine))
            self._add(theirs)
            for one in mine if last else ():
                self.machine[one.name] = one.after
            self.edited |= set(owner) & set(thief)  # whoever breaks the lock of the living is somebody else

    def _torn(self, which: int, done: int, noticed: bool) -> None:
        """A rollback breaks off, or some of its values do not go back, which is `noticed` and in its outcome."""
        if self.kept:
            outcome = self.plan(self.kept[which % len(self.kept)].name, ())
            for part in outcome.parts:
                turned = self._turned(part)
                if turned and noticed:
                    failed = {one.place for one in turned[done:]}
                    self._add(turned, part.run.name, part.settled() - failed)
                    for one in turned[done:]:
                        self.machine[one.name] = one.before
                elif turned:
                    self._add(turned, part.run.name, done=done)

    def _edit(self, name: str, text: str | None) -> None:
        self.edited.add(name)
        self.machine[name] = value(text)

    def _back(self, which: int | str, force: bool) -> None:
        if not self.kept:
            return
        wanted = which if isinstance(which, str) else self.kept[which % len(self.kept)].name
        known = {one.control for run in self.kept if wanted in (ALL, run.name) for one in run.changes()}
        forced = known if force and wanted != LAST else set()
        self.forced |= {str(row["name"]) for row in self.plan(wanted, ()).refused() if row["control"] in forced}
        self._carry_out(self.plan(wanted, forced))

    def _part(self, which: int, name: str) -> None:
        run = self.kept[which % len(self.kept)] if self.kept else None
        if run is not None and place(name) in run.places():
            self._carry_out(self.plan(run.name, (), [name]))

    def plan(self, wanted: str, force: Any, controls: Any = None) -> Outcome:
        ledger = Ledger(tuple(self.kept), Path("unused"))
        session: Any = None  # the journals are on the controller only, and the reader is the model's
        return plan(session, ledger, wanted, Asked(controls, force=force), lambda _session, _changes: self._now)

    def _now(self, one: Change) -> Value | None:
        return self.machine[one.name]

    def _carry_out(self, outcome: Outcome) -> None:
        for part in outcome.parts:
            turned, places = self._turned(part), part.settled()
            if turned:
                self._add(turned, part.run.name, places)
            elif (places | undone(self.kept)[part.run.name]) == part.run.places() != undone(self.kept)[part.run.name]:
                self._settle(part.run, set(part.run.places()))

    @staticmethod
    def _turned(part: Part) -> list[Change]:
        return [
            Change(one.change.control, one.change.key, one.change.name, one.now, one.change.before)
            for one in part.those(Fate.RESTORE)
        ]

    def _settle(self, run: Run, places: set[Place]) -> None:
        settled = {"places": written(places), "time": journal(self.count, []).started}
        self.kept[self.kept.index(run)] = replace(run, settled=settled)

    def _tidy(self, bound: int) -> None:
        """Forget, and compare with the journal as it was."""
        whole = list(self.kept)
        gone = forget(self.kept, bound).runs
        self.kept = [run for run in self.kept if run.name not in gone]
        assert not whole or self.kept[-1] is whole[-1]
        remembered = {(one.place, one.before) for run in self.kept for one in run.changes()}
        for name in NAMES:
            there = place(name)
            assert original(self.kept, there) == original(whole, there), f"the first value of {name} is lost"
            for text in (*POOL, "X"):
                ends = end_of(self.kept, there, value(text)), end_of(whole, there, value(text))
                assert ends[0] == ends[1], f"rolling {name} back from {text} ends elsewhere"
        for name, before in overwritten(whole):
            assert (place(name), before) in remembered, f"a value of {name} that was overwritten is lost"


def overwritten(history: list[Run]) -> list[tuple[str, Value | None]]:
    """Return what rollbacks overwrote that was not the run's own, as long as they stand."""
    gone, named = undone(history), {run.name: run for run in history}
    return [
        (one.name, one.before)
        for run in history
        for one in run.changes()
        if run.undoes in named and one.place not in gone[run.name]
        if not any(same(other.after, one.before) for other in named[run.undoes].changes() if other.place == one.place)
    ]


STARTS = st.fixed_dictionaries({name: st.sampled_from(POOL) for name in NAMES})


@settings(max_examples=150, deadline=None)
@given(STARTS, st.lists(STEPS, max_size=14))
@example({"a": None, "b": None}, [("enforce", {"a": "A"}), ("edit", "a", "C"), ("back", 0, True), ("tidy", 0)])
@example({"a": None, "b": "B"}, [("enforce", {"a": "A"}), ("edit", "a", None), ("enforce", {"a": "A"}), ("tidy", 1)])
@example(
    {"a": None, "b": None},  # a rollback is taken back, breaks off in that, and half of its run is in force again
    [("enforce", {"a": "A", "b": "A"}), ("back", 0, False), ("enforce", {"a": "A"}), ("torn", 1, 1, False)],
)
def test_no_before_value_is_lost_and_where_nobody_else_was_everything_goes_back(
    start: Mapping[str, str | None], steps: list[Step]
) -> None:
    world = World(start)
    for step in steps:
        world.do(step)
    ends = {name: end_of(world.kept, place(name), world.machine[name]) for name in NAMES}
    world.do(("back", ALL, False))
    for name in NAMES:
        if name not in world.forced and not world.broken:
            assert same(world.machine[name], ends[name]), f"{name} ends elsewhere than was foretold"
        if name not in world.forced | world.edited:
            assert same(world.machine[name], world.start[name]), f"{name} is not as it was at the start"
    held = dict(world.machine)
    world.do(("back", ALL, False))
    assert world.machine == held, "asking twice does nothing more"


@settings(max_examples=100, deadline=None)
@given(STARTS, st.lists(STEPS.filter(lambda step: step[0] == "enforce"), max_size=20))
def test_a_value_of_somebody_else_is_never_overwritten_unasked(
    start: Mapping[str, str | None], steps: list[Step]
) -> None:
    world = World(start)
    for step in steps:
        world.do(step)
    world.do(("edit", "a", "somebody's"))
    world.do(("back", ALL, False))
    assert world.machine["a"] == value("somebody's")
    assert same(world.machine["b"], world.start["b"])
