# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A fair sample of the faults that an enforcement and a rollback meet; every message is in the integration tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.hardening import Stage
from support.transcripts import KINDS, Fault


@pytest.mark.parametrize(("task", "step"), [("harden", 29), ("take back", 41)])
def test_whatever_message_is_disturbed_it_ends_well(task: str, step: int, tmp_path: Path) -> None:
    stage = Stage(task, tmp_path / "stage")
    wrong = {}
    for number, at in enumerate(range(1, stage.messages + 1, step)):
        kind = KINDS[number % len(KINDS)]
        story = stage.play(f"{kind}-{at}", Fault(at, kind), at_once=number % 4 == 3)
        if story.problems:
            wrong[kind, at] = (story.first, story.problems)
    assert wrong == {}
