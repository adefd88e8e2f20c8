# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The fault matrix: an update, an enforcement and a rollback meet thirteen kinds of fault at every single message.

In one process and in machine time (tests/support/transcripts.py): the real client, message by message. What only real
processes can prove is in test_interruptions.py. `python -m pytest -m long` runs this; a sample is in the unit tests.
"""

from __future__ import annotations

import pytest

from support.everything import TASKS, play_share

pytestmark = pytest.mark.long


SHARES = [(name, number) for name, task in TASKS.items() for number in range(task.shares)]


@pytest.mark.parametrize(("name", "number"), SHARES)
def test_any_message_may_be_disturbed(name: str, number: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    played = play_share(name, number, tmp_path_factory.getbasetemp())
    assert played.ends
    assert played.wrong == {}
