# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A fair sample of the faults that an enforcement and a rollback meet; every message is in the integration tests."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest
import xmltodict

from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import confirm
from support.hardening import Stage, Ward, scene
from support.matrix import EVERY, MISHAPS, Case
from support.quickly import message
from support.transcripts import TICK, Controller, Yard

RIGHT = "SeIncreaseQuotaPrivilege"
DEADLINE = 117.5  # machine seconds from the end of arming: here the task finds its minutes over


@pytest.mark.parametrize("task", ["harden", "take back"])
def test_whatever_goes_wrong_at_a_message_it_ends_well(task: str, tmp_path: Path) -> None:
    """Every kind of fault once, from the first messages to the last; some second runs begin at once."""
    stage = Stage(task, tmp_path / "stage")
    wrong = {}
    for number, kind in enumerate(EVERY, 1):
        case = Case(stage.messages * number // 14, kind, at_once=number % 3 == 1)
        story = stage.play(case)
        if story.problems:
            wrong[str(case)] = (story.first, story.problems)
    assert wrong == {}


@pytest.mark.parametrize("kind", MISHAPS)
def test_the_machine_has_a_bad_day_while_a_group_is_on_trial(kind: str, tmp_path: Path) -> None:
    stage = Stage("harden", tmp_path / "stage")
    assert stage.play(Case(stage.messages * 7 // 8, kind)).problems == []


def test_messages_are_written_quickly_but_as_they_are_written_in_earnest(tmp_path: Path) -> None:
    earnest, said = xmltodict.unparse, []

    def both(document: dict[str, object]) -> str:
        said.append(earnest(document) == message(document))
        return earnest(document)

    with Yard(scene()) as yard, mock.patch.object(xmltodict, "unparse", both):
        assert Ward(yard, tmp_path).harden(yard.controller("one")) == "done"
    assert len(said) > 300
    assert all(said)


def doomed(yard: Yard) -> Controller:
    """Return a controller that dies between the change of the last group and its confirmation."""
    before = yard.machine.policy.rights[RIGHT]
    one = yard.controller("one")

    def die(_number: int) -> None:
        if yard.machine.policy.rights[RIGHT] != before:
            one.faults[one.messages] = "killed"

    one.before = die
    return one


def test_nobody_comes_back_and_the_machine_takes_the_group_back_by_itself(tmp_path: Path) -> None:
    """The controller dies between the change of the last group and its confirmation."""
    with Yard(scene()) as yard:
        ward = Ward(yard, tmp_path)
        before = yard.machine.policy.rights[RIGHT]
        assert ward.harden(doomed(yard)) == "killed"
        assert yard.machine.policy.rights[RIGHT] != before
        ward.wait()
        assert yard.machine.policy.rights[RIGHT] == before
        two = yard.controller("two")
        assert ward.harden(two) == "done"
        assert any("of an earlier run" in line or "taking over the lock" in line for line in two.lines)
        assert yard.machine.policy.rights[RIGHT] != before


def test_who_dies_on_trial_and_comes_back_in_time_keeps_what_was_done(tmp_path: Path) -> None:
    """A run that finds everything in order must not leave a trial counting behind it."""
    with Yard(scene()) as yard:
        ward = Ward(yard, tmp_path)
        before = yard.machine.policy.rights[RIGHT]
        assert ward.harden(doomed(yard)) == "killed"
        assert ward.harden(yard.controller("two")) == "done"
        ward.wait()
        assert yard.machine.policy.rights[RIGHT] != before


KEY = "HKLM\\SOFTWARE\\Vendor"


@pytest.mark.parametrize("tick", range(-10, 11))
def test_confirmation_and_timer_race_at_every_tick_and_one_wins(tick: int) -> None:
    """The answer to the confirmation and what is then in the registry agree, however close it was."""
    with Yard(scene()) as yard:
        yard.machine.registry.set(KEY, "Mode", "REG_DWORD", 1)
        undo = f'reg add "{KEY}" /v Mode /t REG_DWORD /d 1 /f\r\n'.encode()
        made = confirm.arm(yard.controller("one").open(), "run.group", {confirm.UNDO: undo}, 2, False)
        yard.machine.registry.set(KEY, "Mode", "REG_DWORD", 2)
        session = yard.controller("two").open()
        session.run("ver")
        yard.rest(DEADLINE + tick * TICK)
        fate = confirm.confirm(session, made)
        yard.rest(180.0)
        assert yard.machine.registry.get(KEY, "Mode").data == (2 if fate is confirm.Fate.CONFIRMED else 1)
