# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A change that nobody confirms takes itself back: without the controller, without the network, over a restart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import confirm
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.confirm import (
    Armed,
    Fate,
    NotArmed,
    SettledByOthers,
)
from support.transcripts import Yard

KEY = "HKLM\\SOFTWARE\\Vendor"
UNDO = f'reg add "{KEY}" /v Mode /t REG_DWORD /d 1 /f\r\n'.encode()
MINUTE = 60.0
SNAPSHOT = {"answers": {"os": {"build": 6002, "arch": "x64"}}}


@pytest.fixture
def yard() -> Iterator[Yard]:
    with Yard(SNAPSHOT) as made:
        made.machine.registry.set(KEY, "Mode", "REG_DWORD", 1)
        yield made


def mode(yard: Yard) -> Any:
    return yard.machine.registry.get(KEY, "Mode").data


def armed(yard: Yard, minutes: int = 5, restart: bool = False) -> Armed:
    """Arm, and make the change."""
    session = yard.controller().open()
    made = confirm.arm(session, "run-1.tls", {"undo.cmd": UNDO}, minutes, restart)
    yard.machine.registry.set(KEY, "Mode", "REG_DWORD", 2)
    return made


def back(yard: Yard) -> None:
    """Wait until the machine has started again."""
    while not yard.machine.up:
        yard.rest(1.0)


def test_a_confirmed_change_stays(yard: Yard) -> None:
    made = armed(yard)
    yard.rest(3 * MINUTE)
    assert confirm.confirm(yard.controller("two").open(), made) is Fate.CONFIRMED
    yard.rest(30 * MINUTE)
    assert mode(yard) == 2
    assert yard.machine.tasks.list() == []


def test_a_change_that_nobody_confirms_is_taken_back(yard: Yard) -> None:
    made = armed(yard)
    yard.rest(4 * MINUTE)
    assert mode(yard) == 2
    yard.rest(3 * MINUTE)
    assert mode(yard) == 1
    session = yard.controller("two").open()
    assert confirm.fate(session, made) is Fate.RESTORED
    assert confirm.confirm(session, made) is Fate.RESTORED, "too late is too late"
    assert confirm.left_behind(session) == [(made, Fate.RESTORED)]
    confirm.clear(session, made)
    assert confirm.left_behind(session) == []
    assert yard.machine.tasks.list() == []


def test_it_goes_on_counting_over_a_restart(yard: Yard) -> None:
    made = armed(yard, minutes=5)
    yard.rest(3 * MINUTE)
    yard.machine.restart("somebody")
    back(yard)
    assert mode(yard) == 2
    yard.rest(4 * MINUTE)
    assert mode(yard) == 1, "five minutes of running time, restart in between"
    assert confirm.fate(yard.controller("two").open(), made) is Fate.RESTORED


def test_what_acts_at_a_restart_is_taken_back_with_one(yard: Yard) -> None:
    armed(yard, minutes=5, restart=True)
    yard.machine.restart("the change wanted it")
    back(yard)
    boot = yard.machine.boot
    yard.rest(10 * MINUTE)
    assert mode(yard) == 1
    assert yard.machine.boot == boot + 1


def test_what_acts_at_a_restart_is_taken_back_without_one_when_none_happened(yard: Yard) -> None:
    armed(yard, minutes=5, restart=True)
    boot = yard.machine.boot
    yard.rest(10 * MINUTE)
    assert mode(yard) == 1
    assert yard.machine.boot == boot


def test_a_way_back_that_power_loss_interrupted_is_begun_again(yard: Yard) -> None:
    made = armed(yard)
    files = yard.machine.files
    files.move(f"{made.folder}\\armed", f"{made.folder}\\restoring")  # the task had just won the race
    yard.machine.restart("power")
    back(yard)
    yard.rest(MINUTE)
    assert mode(yard) == 1
    assert confirm.fate(yard.controller("two").open(), made) is Fate.RESTORED


def test_a_clock_that_jumps_changes_nothing(yard: Yard) -> None:
    armed(yard)
    yard.rest(MINUTE)
    yard.clock.set(yard.clock.now() + dt.timedelta(days=900))
    yard.rest(2 * MINUTE)
    assert mode(yard) == 2, "minutes are counted, not computed"
    yard.rest(4 * MINUTE)
    assert mode(yard) == 1


@pytest.mark.parametrize("early", [True, False])
def test_confirmation_and_timer_race_and_one_wins(yard: Yard, early: bool) -> None:
    """Around the moment at which the minutes are over, the answer and the registry agree at every tick."""
    made = armed(yard, minutes=2)
    yard.rest(2 * MINUTE - 3 if early else 2 * MINUTE + 1)
    fate = confirm.confirm(yard.controller("two").open(), made)
    yard.rest(3 * MINUTE)
    assert mode(yard) == (2 if fate is Fate.CONFIRMED else 1)


def test_what_another_run_has_settled_is_not_called_taken_back(yard: Yard) -> None:
    """Somebody broke the lock of a living run, and confirmed what that had left on trial."""
    made = armed(yard)
    assert confirm.confirm(yard.controller("thief").open(), made) is Fate.CONFIRMED
    with pytest.raises(SettledByOthers, match="another run has settled run-1.tls meanwhile.*run it again"):
        confirm.insist(yard.controller("two").open(), made)
    yard.rest(10 * MINUTE)
    assert mode(yard) == 2


def test_nothing_is_armed_without_the_scheduler(yard: Yard) -> None:
    yard.machine.services.stop("schedule")
    with pytest.raises(NotArmed, match="so nothing of that was changed; the service Schedule has to run"):
        confirm.arm(yard.controller().open(), "run-1.tls", {"undo.cmd": UNDO}, 5, False)


def test_no_time_to_confirm_in_is_refused(yard: Yard) -> None:
    with pytest.raises(NotArmed, match="from 2 to 1440"):
        confirm.arm(yard.controller().open(), "run-1.tls", {"undo.cmd": UNDO}, 1, False)
