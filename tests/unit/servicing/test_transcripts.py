# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Time and failure, message by message: a sample; tests/integration/test_every_message.py breaks every message.

Each case runs the engine into a fault and then again. `Story.problems` holds what is wrong after the second run: the
target state, the number of times a package went in, the journals, a third run, and what is left on the machine.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.servicing.rehearsal import media as write_media

from support.fault_table import STORIES, Told, page
from support.faults import ONE, ROLLUP, SHA2, STACK, asleep, disturb, race
from support.matrix import EVERY, Case
from support.transcripts import Fault, Yard

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_media(tmp_path_factory.mktemp("media"), STACK, SHA2, ROLLUP)


@pytest.mark.parametrize(("number", "kind"), list(enumerate(EVERY)))
def test_a_message_may_be_disturbed(packages: Path, tmp_path: Path, number: int, kind: str) -> None:
    """Every kind once, somewhere between the first word and the last; every other second run begins at once."""
    story = disturb(ONE, packages, tmp_path, Case(21 + 13 * number, kind, at_once=number % 2 == 1))
    assert story.problems == []
    assert (story.word == "killed") == kind.startswith("killed")


SAMPLE = ("slow restart", "power, rolled back", "1722 for nothing", "no scheduler")


@pytest.mark.parametrize("told", [one for one in STORIES if one.name in SAMPLE], ids=lambda told: told.name)
def test_the_machine_has_a_bad_day(packages: Path, tmp_path: Path, told: Told) -> None:
    story = told.play(packages, tmp_path)
    assert story.problems == []
    assert told.right(story), story.first


def test_a_second_controller_begins_in_the_middle(packages: Path, tmp_path: Path) -> None:
    ends, problems = race(ONE, packages, tmp_path, 100)
    assert (ends, problems) == (["done", "done"], [])


def test_a_controller_falls_asleep_and_another_one_does_the_work(packages: Path, tmp_path: Path) -> None:
    _ends, problems = asleep(ONE, packages, tmp_path, 150)
    assert problems == []


def test_the_shell_of_a_killed_run_costs_the_next_one_no_time(packages: Path, tmp_path: Path) -> None:
    with Yard(ONE.seed()) as yard:
        dead = yard.controller("one", Fault(78, "killed"))
        with pytest.raises(BaseException):  # noqa: B017 - it is killed, with nothing that a test could catch
            dead.bring(ONE.target, packages, run="one")
        assert len(yard.service.shells) == 1
        two = yard.controller("two")
        two.bring(ONE.target, packages, run="two")
        assert not [line for line in two.lines if "over one of its WinRM quotas" in line]


def test_the_page_about_faults_lists_these_stories(packages: Path) -> None:
    shown = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    assert shown.partition("<!-- counted")[0] == page(None).partition("<!-- counted")[0], (
        "docs/faults.md is not what tests/support/fault_table.py writes; run it"
    )
