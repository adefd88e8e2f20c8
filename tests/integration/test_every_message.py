# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two controllers meet at every single message of an installation, and the machine has every kind of bad day.

In one process and in machine time (tests/support/transcripts.py), as the fault matrix is (test_every_fault.py).
`python -m pytest -m long` runs this; a sample is in the unit tests.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
from unit.servicing.rehearsal import media as write_media

from support.fault_table import ASLEEP_EVERY, STORIES, Told
from support.faults import LADDER, ONE, ROLLUP, SHA2, STACK, asleep, count_messages, play, race
from support.transcripts import Fault

pytestmark = pytest.mark.long
SHARDS = 6


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_media(tmp_path_factory.mktemp("media"), STACK, SHA2, ROLLUP)


@functools.cache
def messages(packages: Path) -> int:
    return count_messages(ONE, packages)


def journals(folder: Path) -> Callable[[int], Path]:
    def make(at: int) -> Path:
        path = folder / str(at)
        path.mkdir()
        return path

    return make


@pytest.mark.parametrize("told", STORIES, ids=lambda told: told.name)
def test_the_machine_has_a_bad_day(packages: Path, tmp_path: Path, told: Told) -> None:
    story = told.play(packages, tmp_path)
    assert story.problems == []
    assert told.right(story), story.first


@pytest.mark.parametrize("kind", ["unheard", "unanswered", "killed"])
def test_the_whole_ladder_bears_it_too(packages: Path, tmp_path: Path, kind: str) -> None:
    journal = journals(tmp_path)
    wrong = {}
    for at in range(5, count_messages(LADDER, packages), 29):
        story = play(LADDER, packages, journal(at), Fault(at, kind))
        if story.problems:
            wrong[at] = (story.first, story.problems)
    assert wrong == {}


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_second_controller_may_begin_at_any_message(packages: Path, tmp_path: Path, shard: int) -> None:
    journal = journals(tmp_path)
    wrong = {}
    for at in range(1 + shard, messages(packages) + 1, SHARDS):
        ends, problems = race(ONE, packages, journal(at), at)
        if problems:
            wrong[at] = (ends, problems)
    assert wrong == {}


@pytest.mark.parametrize("shard", range(2))
def test_a_controller_may_fall_asleep_in_the_middle(packages: Path, tmp_path: Path, shard: int) -> None:
    journal = journals(tmp_path)
    wrong = {}
    for at in range(1 + shard * ASLEEP_EVERY, messages(packages) + 1, 2 * ASLEEP_EVERY):
        ends, problems = asleep(ONE, packages, journal(at), at)
        if problems:
            wrong[at] = (ends, problems)
    assert wrong == {}
