# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An enforcement and a rollback are disturbed at every single message, in eight ways, and their machine in five.

In one process and in machine time (tests/support/hardening.py). `python -m pytest -m long` runs this; a sample is in
the unit tests. Each message is disturbed in two of the eight ways, and each way comes to every fourth message;
``FAULT_STEP=1`` lets each come to every one, which takes the better part of an hour.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path

import pytest

from support.hardening import MISHAPS, Stage, play
from support.hardening_table import STEP, TASKS, places
from support.transcripts import KINDS

pytestmark = pytest.mark.long
EVERY = int(os.environ.get("FAULT_STEP", STEP))
AT_ONCE = 3  # every so many cases the second run does not wait until the time to confirm is over


@functools.cache
def stage(task: str, folder: Path) -> Stage:
    return Stage(task, folder / task.replace(" ", "-"))


@pytest.mark.parametrize("kind", [*KINDS, *MISHAPS])
@pytest.mark.parametrize("task", TASKS)
def test_any_message_may_be_disturbed(task: str, kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    here = stage(task, tmp_path_factory.getbasetemp())
    wrong = {}
    for number, at in enumerate(places(kind, here.messages, EVERY)):
        story = play(here, kind, at, at_once=number % AT_ONCE == 2)
        if story.problems:
            wrong[at] = (story.first, story.problems)
    assert wrong == {}
