# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs laid over one another: nothing is lost, nothing is counted twice, and a file never grows without end."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.sunset.ws2008.plugins.plugin_utils._dependencies import observations, use
from ansible_collections.sunset.ws2008.plugins.plugin_utils._dependencies.observations import (
    MOST,
    BadObservations,
    keep,
    load,
    merge,
)

SCHEMA = json.loads((Path(observations.__file__).parent / "data" / "observations.schema.json").read_text("utf-8"))


def run(at: str, *clients: str, known: bool = True) -> dict[str, Any]:
    """Return a snapshot in which these clients have a session of SMB 1."""
    rows = [{"client": one, "user": "u", "client_type": "x", "dialect": "1"} for one in clients]
    return {"taken": at, "answers": {"smb_sessions": rows} if known else {}, "unknown": {}}


def day(number: int) -> str:
    return f"2026-{1 + number // 28:02}-{1 + number % 28:02}T06:00:00Z"


def seen(held: dict[str, Any]) -> dict[str, tuple[str, str, int]]:
    rows = held["seen"].get("smb1", [])
    return {row["what"].split()[-2]: (row["first"], row["last"], row["times"]) for row in rows}


def test_each_run_adds_to_the_ones_before() -> None:
    held = merge(merge(merge(None, run(day(1), "a"), "h"), run(day(2), "b"), "h"), run(day(3), "a"), "h")
    assert seen(held) == {"a": (day(1), day(3), 2), "b": (day(2), day(2), 1)}
    assert (held["since"], held["last"], held["runs"]) == (day(1), day(3), 3)
    jsonschema.validate(held, SCHEMA)


def test_the_same_or_an_older_snapshot_adds_nothing() -> None:
    held = merge(None, run(day(2), "a"), "h")
    assert merge(held, run(day(2), "a"), "h") == held == merge(held, run(day(1), "b"), "h")


def test_a_run_that_could_not_tell_is_counted_as_that() -> None:
    held = merge(merge(None, run(day(1), "a"), "h"), run(day(2), known=False), "h")
    assert seen(held) == {"a": (day(1), day(1), 1)} and held["not_known"]["smb1"] == 1


def test_merging_leaves_what_it_was_given_alone() -> None:
    first = merge(None, run(day(1), "a"), "h")
    before = json.dumps(first)
    merge(first, run(day(2), "a"), "h")
    assert json.dumps(first) == before


def test_a_file_is_bounded_and_says_what_it_left_out() -> None:
    held = merge(None, run(day(1), *(f"old{number}" for number in range(MOST))), "h")
    held = merge(held, run(day(2), *(f"new{number}" for number in range(30))), "h")
    assert len(held["seen"]["smb1"]) == MOST and held["left_out"]["smb1"] == 30
    assert sum("new" in row["what"] for row in held["seen"]["smb1"]) == 30, "the latest stay"
    jsonschema.validate(held, SCHEMA)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=4, unique=True), min_size=1, max_size=8))
def test_whatever_came_and_went_is_counted_right(days: list[list[str]]) -> None:
    held: dict[str, Any] | None = None
    for number, clients in enumerate(days):
        held = merge(held, run(day(number), *clients), "h")
    assert held is not None
    jsonschema.validate(held, SCHEMA)
    for client in "abcdef":
        when = [number for number, clients in enumerate(days) if client in clients]
        expected = (day(when[0]), day(when[-1]), len(when)) if when else None
        assert seen(held).get(client) == expected


def test_files_are_kept_whole_and_read_again(tmp_path: Path) -> None:
    keep(tmp_path / "new", run(day(1), "a"), "ho/st")
    held = keep(tmp_path / "new", run(day(2), "b"), "ho/st")
    assert load(tmp_path / "new", "ho/st") == held and held["runs"] == 2
    assert [path.name for path in (tmp_path / "new").iterdir() if not path.name.startswith(".")] == ["ho_st.json"]
    assert load(tmp_path, "nobody") is None


def test_two_runs_at_once_forget_nothing(tmp_path: Path) -> None:
    keep(tmp_path, run("2026-01-01T00:00:00Z"), "h")
    moments = [f"2026-02-01T00:00:{number:02}Z" for number in range(20)]
    threads = [threading.Thread(target=keep, args=(tmp_path, run(at, "a"), "h")) for at in moments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = load(tmp_path, "h")
    assert held is not None and held["last"] == moments[-1]
    assert held["runs"] == 1 + held["seen"]["smb1"][0]["times"], "no run was written over by another"


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"schema": "sunset.ws2008/observations/1"}', '{"schema": "other/1"}', "\ufeff{", "null"],
)
def test_a_file_of_something_else_is_named_and_left_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / "h.json").write_text(content, encoding="utf-8")
    with pytest.raises(BadObservations, match="h.json holds no observations"):
        keep(tmp_path, run(day(1), "a"), "h")
    assert (tmp_path / "h.json").read_text(encoding="utf-8") == content
    assert not list(tmp_path.glob(".h.json.*[!k]")), "nothing half written stays"


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadObservations, match="cannot be kept in"):
        keep(tmp_path / "file", run(day(1)), "h")


def test_earlier_runs_are_shown_to_people() -> None:
    held = merge(merge(None, run(day(1), "a"), "h"), run(day(2)), "h")
    found = use.summary(run(day(2)), held)
    assert found is not None and (found["since"], found["runs"]) == (day(1), 2)
    assert "seen since 2026-01-02: file sharing, file sharing with SMB 1" in found["sentence"]
    assert next(one for one in found["uses"] if one["kind"] == "smb1")["earlier"][0]["times"] == 1
