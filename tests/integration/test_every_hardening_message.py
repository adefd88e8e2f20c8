# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An enforcement and a rollback are disturbed at every single message, in every way.

In one process and in machine time (tests/support/hardening.py). `python -m pytest -m long` runs this; a sample is in
the unit tests.
"""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from support.hardening import Stage
from support.transcripts import KINDS, Fault

pytestmark = pytest.mark.long
SHARDS = 4
AT_ONCE = 9  # every so many cases the second run does not wait until the time to confirm is over


@functools.cache
def stage(task: str, folder: Path) -> Stage:
    return Stage(task, folder / task.replace(" ", "-"))


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("task", ["harden", "take back"])
def test_any_message_may_be_disturbed(
    task: str, kind: str, shard: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    here = stage(task, tmp_path_factory.getbasetemp())
    wrong = {}
    for at in range(1 + shard, here.messages + 1, SHARDS):
        story = here.play(f"{kind}-{at}", Fault(at, kind), at_once=at % AT_ONCE == 0)
        if story.problems:
            wrong[at] = (story.first, story.problems)
    assert wrong == {}
