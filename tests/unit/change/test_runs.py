# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.bounds import forget
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.listing import lines, listing
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.runs import (
    Run,
    State,
    in_order,
    irreversible,
    state_of,
    undone,
    writer_of,
)

from .histories import A, B, C, back, place, run, value


def states(*history: Run) -> dict[str, State]:
    gone = undone(history)
    return {one.name: state_of(one, gone[one.name]) for one in history}


def test_a_run_is_open_until_all_of_it_went_back() -> None:
    first = run(1, {"a": (None, A), "b": (B, C)})
    part = back(2, first, ["a"])
    rest = back(3, first, ["b"])
    assert states(first)["1"] is State.OPEN
    assert states(first, part)["1"] is State.PARTLY
    assert states(first, part, rest)["1"] is State.ROLLED_BACK


def test_taking_a_rollback_back_puts_the_run_in_force_again() -> None:
    first = run(1, {"a": (None, A)})
    away = back(2, first, ["a"])
    again = back(3, away, ["a"])
    assert states(first, away, again) == {"1": State.OPEN, "2": State.ROLLED_BACK, "3": State.OPEN}


def test_a_rollback_that_broke_off_counts_for_nothing() -> None:
    first = run(1, {"a": (None, A)})
    broken = back(2, first, ["a"], outcome=False)
    assert states(first, broken) == {"1": State.OPEN, "2": State.INTERRUPTED}


def test_what_was_found_as_before_needs_no_rollback() -> None:
    first = run(1, {"a": (None, A)}, outcome=False)
    assert states(first)["1"] is State.INTERRUPTED
    assert states(run(1, {"a": (None, A)}, settled=["a"]))["1"] is State.ROLLED_BACK


def test_runs_of_one_second_are_in_the_order_in_which_they_undo_each_other() -> None:
    first = run(5, {"a": (None, A)}, second=0)
    away = back(4, first, ["a"], second=0)
    again = back(3, away, ["a"], second=0)
    assert [one.name for one in in_order([again, away, first])] == ["5", "4", "3"]


def test_a_foreign_value_that_one_of_our_runs_wrote_is_known_by_its_run() -> None:
    history = [run(1, {"a": (None, A)}), run(2, {"a": (A, B)})]
    assert writer_of(history, "1", place("a"), value(B)) == "2"
    assert writer_of(history, "1", place("a"), value(C)) == ""
    assert writer_of(history, "2", place("a"), value(A)) == ""


SERVICING = {
    "host": "cerberus",
    "events": [
        {"time": "2026-11-20T18:00:00Z", "event": "installing", "package": "KB1"},
        {"event": "installed", "package": "KB1", "title": "Stack", "undo": "none: Windows cannot take it out"},
        {"event": "installed", "package": "KB2", "undo": "start /w pkgmgr /up:Package_for_KB2~x"},
        {"event": "failed", "package": "KB3"},
    ],
}


def test_updates_are_listed_with_what_cannot_be_undone() -> None:
    updates = Run("20261120T180000Z-1", ("target",), servicing=SERVICING)
    assert irreversible(updates) == [
        "KB1 (Stack) stays. A way to take it out: none: Windows cannot take it out",
        "KB2 stays. Windows may take it out, at the machine, with: start /w pkgmgr /up:Package_for_KB2~x",
    ]
    (listed,) = listing([updates])
    assert (listed["what"], listed["state"], listed["host"]) == ("updates", "cannot be undone", "cerberus")
    assert listed["started"] == "2026-11-20T18:00:00Z"
    assert lines([listed]) == ["20261120T180000Z-1  cannot be undone  updates: 2 packages"]


def test_a_listing_shows_values_restarts_and_what_is_wrong() -> None:
    (listed,) = listing([run(1, {"a": (None, A)}, refusal="it is torn")])
    assert (listed["state"], listed["notes"], listed["controls"]) == ("unusable", ["it is torn"], ["a"])
    assert listed["values"] == ['HKLM\\SOFTWARE\\T a: absent -> REG_SZ "A"']
    (empty,) = listing([Run("20261120T180000Z-1", ("controller",))])
    assert (empty["what"], empty["state"], empty["started"]) == ("nothing", "never began", "2026-11-20T18:00:00Z")


# -- what may be forgotten ----------------------------------------------------------------------------------------


def test_within_its_bounds_nothing_is_forgotten() -> None:
    history = [run(1, {"a": (None, A)}, size=400_000), run(2, {"b": (None, A)}, size=600_000)]
    assert forget(history, 2, 1_000_000).runs == ()
    assert forget(history, 2, 1_000_000).over == 0


def test_a_run_in_force_is_never_forgotten_and_that_is_said() -> None:
    history = [run(number, {name: (None, A)}) for number, name in enumerate("abcd")]
    assert (forget(history, 2).runs, forget(history, 2).over) == ((), 2)


def test_what_went_back_is_forgotten_together_with_the_way_back_the_run_first() -> None:
    first = run(1, {"a": (None, A)})
    history = [first, back(2, first, ["a"]), run(3, {"b": (None, A)})]
    assert forget(history, 1).runs == ("1", "2")


@pytest.mark.parametrize("over", [{"now": C}, {"outcome": False}], ids=["forced over somebody else's", "broken off"])
def test_a_way_back_that_may_hold_more_is_kept(over: dict[str, object]) -> None:
    first = run(1, {"a": (None, A)})
    history = [first, back(2, first, ["a"], **over), run(3, {"b": (None, A)})]
    assert forget(history, 1).runs == ()


def test_a_policy_that_undoes_us_every_hour_does_not_fill_the_disk() -> None:
    history = [run(hour, {"a": (B, A)}) for hour in range(100, 200)]
    gone = forget(history, 10)
    assert (len(gone.runs), gone.over) == (90, 0)


def test_a_middle_step_is_kept_because_the_way_back_leads_over_it() -> None:
    history = [run(1, {"a": (None, A)}), run(2, {"a": (A, B)}), run(3, {"a": (B, C)})]
    assert forget(history, 1).runs == ()


def test_updates_and_folders_of_runs_that_never_began_are_forgotten_oldest_first() -> None:
    history = [Run("1", ("target",), servicing=SERVICING), Run("2", ("target",)), Run("3", (), servicing=SERVICING)]
    assert forget(history, 2).runs == ("1",)
    assert forget(history, 0).runs == ("1", "2"), "the newest stays"


def test_what_cannot_be_read_is_not_forgotten() -> None:
    history = [run(1, {"a": (None, A)}, refusal="torn", settled=["a"]), run(2, {"b": (None, A)})]
    assert forget(history, 1).runs == ()
