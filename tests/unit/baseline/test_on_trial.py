# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An enforcement and a rollback on trial: whatever dies, the machine is as it was before, or as it was asked."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import select
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.trial import settle_earlier
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import ledger
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.listing import listing
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine
from support.hardening import HOST, Ward, differences, essence, rubbish, scene, unreachable
from support.lockout_acts import Act
from support.lockouts import ward_of, yard_of
from support.transcripts import TICK, Controller, Killed, Way, Yard

RIGHT = "SeIncreaseQuotaPrivilege"
WINRM = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\WinRM\\Service"
TASKS = ("harden", "take back")
MINUTES = 2
# Machine seconds between the change and the moment at which a confirmation is too late, about.
DEADLINE = {"harden": 112.5, "take back": 106.0}


@dataclass
class Trial:
    """One machine, and a task on it that is about to begin; `before` is the machine as it is then."""

    yard: Yard
    ward: Ward
    task: str
    before: dict[str, Any]
    right: list[str]

    def controller(self, name: str = "one") -> Controller:
        return self.yard.controller(name)

    def do(self, controller: Controller) -> str:
        """Do the task, and hang up as a playbook does."""
        try:
            return self.ward.harden(controller) if self.task == "harden" else self.ward.take_back(controller)
        finally:
            hang_up(controller)

    def changed(self) -> bool:
        """Say whether the change has been made on the machine."""
        return bool(self.yard.machine.policy.rights[RIGHT] != self.right)

    def once_changed(self, controller: Controller, happens: Callable[[], object]) -> Controller:
        """Let something happen when the change has been made, and the new login is to come in."""
        open_, told = controller.open, []

        def come_in() -> Any:
            if self.changed() and not told:
                told.append(True)
                happens()
            return open_()

        controller.open = come_in  # type: ignore[method-assign]
        return controller

    def is_as_before(self) -> list[str]:
        """Wait until the time to confirm is over, and return what is not as before the task."""
        self.ward.wait()
        return differences(self.before, essence(self.yard)) + unreachable(self.ward) + rubbish_but_lock(self.yard)

    def again(self) -> list[str]:
        """Do the task again, undisturbed; return what is wrong."""
        ended = self.do(self.controller("again"))
        self.yard.settle()
        wrong = [] if ended == "done" and self.changed() else [f"the second run ended in {ended}"]
        return wrong + rubbish(self.yard)


def hang_up(controller: Controller) -> None:
    with contextlib.suppress(Killed):
        if not controller.dead:
            controller.session.close()


def rubbish_but_lock(yard: Yard) -> list[str]:
    """A machine that took something back keeps its folder until the next run has read it; the task has to be gone."""
    return [one for one in rubbish(yard) if not one.startswith("confirm\\")]


@contextlib.contextmanager
def tried(task: str, folder: Path) -> Iterator[Trial]:
    """Give a machine on which a task is about to begin."""
    with Yard(scene()) as yard:
        ward = Ward(yard, folder, select(ids=["right-increasequota"]), MINUTES)
        if task == "take back":
            first = yard.controller("first")
            assert ward.harden(first) == "done"
            hang_up(first)
            yard.settle()
        yield Trial(yard, ward, task, essence(yard), list(yard.machine.policy.rights[RIGHT]))


@pytest.fixture(params=TASKS)
def trial(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Trial]:
    with tried(request.param, tmp_path) as made:
        yield made


def kill(controller: Controller) -> None:
    controller.faults[controller.messages + 1] = "killed"


def cut(controller: Controller) -> None:
    """Nothing of this controller arrives any more."""
    controller.faults = dict.fromkeys(range(controller.messages + 1, 10_000), "unheard")


def test_the_controller_dies(trial: Trial) -> None:
    one = trial.controller()
    assert trial.do(trial.once_changed(one, lambda: kill(one))) == "killed"
    assert trial.changed()
    assert trial.is_as_before() == []
    assert trial.again() == []


def test_the_network_dies(trial: Trial) -> None:
    one = trial.controller()
    ended = trial.do(trial.once_changed(one, lambda: cut(one)))
    assert "broke off" in ended and "can be run again" in ended
    assert trial.is_as_before() == []
    assert trial.again() == []


def test_the_network_dies_and_comes_back_in_time(trial: Trial) -> None:
    one = trial.controller()

    def happens() -> None:
        one.faults = dict.fromkeys(range(one.messages + 1, one.messages + 4), "unheard")

    assert trial.do(trial.once_changed(one, happens)) == "done"
    trial.ward.wait()
    assert trial.changed() and rubbish(trial.yard) == []


def test_the_controller_dies_and_the_machine_restarts(trial: Trial) -> None:
    one = trial.controller()
    assert trial.do(trial.once_changed(one, lambda: kill(one))) == "killed"
    trial.yard.machine.restart("power loss", 60.0)
    assert trial.is_as_before() == []
    assert trial.again() == []


def test_the_machine_restarts_and_the_controller_waits_for_it(trial: Trial) -> None:
    one = trial.controller()
    ended = trial.do(trial.once_changed(one, lambda: trial.yard.machine.restart("power loss")))
    assert ended == "done", "thirty seconds are less than two minutes"
    trial.ward.wait()
    assert trial.changed() and rubbish(trial.yard) == []


def race(task: str, folder: Path, late: float) -> str:
    """Let the new login come so late; what the run says, what the machine is, and what is left have to agree."""
    with tried(task, folder) as trial:
        one = trial.controller()
        ended = trial.do(trial.once_changed(one, lambda: trial.yard.rest(DEADLINE[task] + late)))
        trial.ward.wait()
        assert trial.changed() == (ended == "done"), (late, ended)
        assert trial.yard.machine.tasks.list() == []
        if ended == "done":
            return "confirmed"
        assert "was taken back, because nobody confirmed it" in ended
        assert trial.is_as_before() == [] and trial.again() == [], late
        return "taken back"


@pytest.mark.parametrize("task", TASKS)
def test_the_confirmation_and_the_timer_race(task: str, tmp_path: Path) -> None:
    ends = [race(task, tmp_path / str(late), late) for late in (-2.0, -0.5, 0.0, 0.5, 2.0)]
    assert set(ends) == {"confirmed", "taken back"}


@pytest.mark.long
@pytest.mark.parametrize("task", TASKS)
def test_the_confirmation_and_the_timer_race_at_every_tick(task: str, tmp_path: Path) -> None:
    ends = [race(task, tmp_path / str(tick), tick * TICK / 2) for tick in range(-24, 25)]
    first = ends.index("taken back")
    assert set(ends[:first]) == {"confirmed"} and set(ends[first:]) == {"taken back"}


def test_somebody_breaks_the_lock_and_settles_what_is_on_trial(trial: Trial) -> None:
    """The run does not say that its change is gone, and the next one finds everything in order."""
    one = trial.controller()

    def break_in() -> None:
        thief = trial.controller("thief")
        settle_earlier(thief.open(), thief.say)
        hang_up(thief)

    ended = trial.do(trial.once_changed(one, break_in))
    assert "another run has settled" in ended and "taken back, because" not in ended
    trial.ward.wait()
    assert trial.changed() and trial.again() == []


def _only_basic(machine: Machine) -> None:
    machine.registry.set(WINRM, "AllowNegotiate", "REG_DWORD", 0)


def test_a_rollback_after_which_no_login_comes_in_is_taken_back(tmp_path: Path) -> None:
    """What was there before the run lets in nobody who comes as we come by now."""
    policy = {"kind": "registry", "key": WINRM, "name": "AllowNegotiate", "type": "REG_DWORD", "operator": "eq"}
    act = Act("let-in", "winrm-login", 0, "", {**policy, "value": 1}, "", Way("basic"), _only_basic)
    with yard_of(act) as yard:
        ward = ward_of(act, yard, tmp_path, minutes=MINUTES)
        start = essence(yard)
        first = yard.controller("first")
        assert ward.harden(first) == "done"
        hang_up(first)
        yard.settle()
        let_in = essence(yard)
        yard.way = Way()
        two = yard.controller("two")
        ended = ward.take_back(two)
        assert "was taken back, because nobody confirmed it" in ended and "refused the login" in ended
        assert any("a new login does not come in" in line for line in two.lines)
        hang_up(two)
        ward.wait()
        assert differences(let_in, essence(yard)) == [] and unreachable(ward) == []
        history = ledger.read(yard.controller("look").open(), ward.journal, HOST).history
        assert [(one["what"][:8], one["state"]) for one in listing(history)] == [
            ("settings", "open"),
            ("rollback", "interrupted"),
        ]
        yard.way = act.way
        assert ward.take_back(yard.controller("three")) == "done"
        yard.settle()
        assert differences(start, essence(yard)) == [] and rubbish(yard) == []


def test_a_rollback_sees_what_somebody_did_until_the_lock_was_its_own(tmp_path: Path) -> None:
    """Between its look at the machine and its lock another controller changes the same value."""
    with Yard(scene()) as yard:
        ward = Ward(yard, tmp_path, select(ids=["right-increasequota"]), 0)
        start = essence(yard)
        first = yard.controller("first")
        assert ward.harden(first) == "done"
        hang_up(first)
        hardened = list(yard.machine.policy.rights[RIGHT])
        theirs = [*hardened, "S-1-5-32-551"]
        ward.before_claim = lambda: yard.machine.policy.rights.update({RIGHT: list(theirs)})
        ended = ward.take_back(yard.controller("two"))
        assert "somebody has changed what was to go back" in ended and "S-1-5-32-551" in ended
        assert yard.machine.policy.rights[RIGHT] == theirs
        yard.machine.policy.rights[RIGHT], ward.before_claim = hardened, lambda: None
        assert ward.take_back(yard.controller("three")) == "done"
        yard.settle()
        assert differences(start, essence(yard)) == []
