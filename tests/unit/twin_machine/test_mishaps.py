# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes wrong in a machine when its snapshot says so, and that it does so once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import VirtualClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.process import Killed
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.servicing import Refused

from .test_servicing import climb, install, package, restart

SSU, SHA2, ROLLUP = "KB4493730", "KB4474419", "KB4534303"


def states(machine):
    return [what for _when, what, identity in machine.store.history if SHA2 in identity]


def test_a_revert_is_said_in_the_log_and_happens_once(make):
    machine = make(mishaps=[{"kind": "revert", "kb": SHA2}])
    climb(machine, SSU, SHA2)
    assert not machine.store.installed(SHA2)
    assert b"Rolling back package Package_for_KB4474419" in machine.files.read("C:\\Windows\\Logs\\CBS\\CBS.log")
    climb(machine, SHA2)
    assert machine.store.installed(SHA2)
    assert states(machine) == ["began", "waits for the restart", "reverted"] + [
        "began",
        "waits for the restart",
        "installed",
    ]


@pytest.mark.parametrize(
    ("then", "installed", "pending"),
    [("configured", True, False), ("pending", False, True), ("reverted", False, False)],
)
def test_power_lost_while_configuring_costs_a_second_start(make, then, installed, pending):
    machine = make(mishaps=[{"kind": "power_loss", "during": "configuring", "then": then, "seconds": 300}])
    install(machine, SSU, SHA2)
    began = machine.clock.now()
    restart(machine)
    assert machine.clock.now() - began > timedelta(seconds=360)
    assert [reason for _when, reason in machine.restarts] == ["", "power loss"]
    assert (machine.store.installed(SHA2), machine.store.restart_pending()) == (installed, pending)
    restart(machine)
    assert machine.store.installed(SHA2) is (then != "reverted")
    assert machine.store.restart_pending() is False


def test_power_lost_while_installing_leaves_a_package_that_can_go_in_again(make):
    machine = make(mishaps=[{"kind": "power_loss", "kb": SHA2}])
    install(machine, SSU)
    with pytest.raises(Killed):
        machine.store.install(package(SHA2), lambda seconds: machine.clock.sleep(seconds, lambda: not machine.up))
    machine.wait_until_up()
    assert (machine.store.busy, machine.store.installed(SHA2)) == (False, False)
    climb(machine, SHA2)
    assert machine.store.installed(SHA2)


def test_a_restart_may_take_forty_minutes(make):
    machine = make(mishaps=[{"kind": "slow_restart", "seconds": 2400}])
    began = machine.clock.now()
    restart(machine)
    assert machine.clock.now() - began >= timedelta(minutes=40)
    again = machine.clock.now()
    restart(machine)
    assert machine.clock.now() - again < timedelta(minutes=2)


def test_somebody_elses_installation_keeps_servicing_to_itself(make):
    machine = make(mishaps=[{"kind": "busy", "seconds": 600}])
    assert install(machine, SSU) == 0x80240016
    assert "wusa.exe" in [row.name for row in machine.processes.list()]
    machine.clock.sleep(601)
    assert install(machine, SSU) == 0
    assert "wusa.exe" not in [row.name for row in machine.processes.list()]


def test_a_disk_that_fills_in_the_middle_and_a_damaged_store(make):
    machine = make(mishaps=[{"kind": "disk_fills", "kb": SSU}, {"kind": "damaged_store", "kb": SHA2, "times": -1}])
    assert install(machine, SSU) == 0x80070070
    assert machine.files.free < 8192
    machine.files.delete("C:\\Windows\\MEMORY.DMP")
    assert install(machine, SSU) == 0
    assert [install(machine, SHA2), install(machine, SHA2)] == [0x80073712, 0x80073712]


def test_a_clock_that_is_far_off_makes_signatures_worthless():
    seed = {"answers": {"os": {"build": 6002, "arch": "x64"}}, "twin": {"clock": "2004-01-01T00:00:00Z"}}
    machine = Machine.from_snapshot(seed, VirtualClock())
    with pytest.raises(Refused) as caught:
        machine.store.install(package(SSU, signed="2019-04-01"), machine.clock.sleep)
    assert caught.value.code == 0x800B0101
    machine.set_time(20 * 365 * 86400)
    assert machine.store.install(package(SSU, signed="2019-04-01"), machine.clock.sleep) == 0


def test_setting_the_clock_moves_the_time_of_the_start_with_it(make):
    machine = make()
    up = machine.clock.now() - machine.booted_at
    rung = []
    machine.clock.call_at(machine.clock.now() + timedelta(seconds=100), lambda: rung.append(machine.clock.elapsed()))
    machine.set_time(-3 * 86400)
    assert machine.clock.now() - machine.booted_at == up
    machine.clock.sleep(99)
    assert rung == []
    machine.clock.sleep(2)
    assert rung == [100.0]


def test_mishaps_are_remembered_with_the_machine(make):
    machine = make(mishaps=[{"kind": "revert", "kb": SHA2}])
    climb(machine, SSU, SHA2)
    again = Machine.from_state(machine.to_state(), VirtualClock())
    climb(again, SHA2)
    assert again.store.installed(SHA2)
    assert [row[1] for row in again.store.history].count("reverted") == 1


def test_a_mishap_that_cannot_be_is_refused(make):
    with pytest.raises(ValueError, match="is no mishap of a twin"):
        make(mishaps=[{"kind": "meteor"}])


def test_the_scheduler_takes_nothing_while_its_service_is_stopped(make):
    machine = make()
    machine.run("sc stop Schedule")
    code, _out, err = machine.run("schtasks /query")
    assert (code, err.strip()) == (1, "ERROR: The Task Scheduler service is not running.")


def test_a_task_that_takes_too_long_is_ended_with_all_that_it_started(make):
    machine = make()
    xml = (
        '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task"><Settings>'
        "<ExecutionTimeLimit>PT60S</ExecutionTimeLimit></Settings><Actions><Exec><Command>cmd.exe</Command>"
        "<Arguments>/c ping -n 600 127.0.0.1 &amp; echo late&gt;C:\\late.txt</Arguments></Exec></Actions></Task>"
    )
    task = machine.tasks.create("\\slow", xml, machine.accounts.system())
    began = machine.clock.now()
    machine.tasks.run("\\slow")
    assert machine.clock.now() - began < timedelta(seconds=120)
    assert (task.last_result, machine.files.exists("C:\\late.txt")) == (0x41306, False)


def test_an_itanium_takes_its_own_packages_only(make):
    machine = make(arch="ia64")
    assert install(machine, SSU) == 0x80070661
    assert machine.store.install(package(SSU, arch="ia64"), machine.clock.sleep) == 0
    assert machine.run("echo %PROCESSOR_ARCHITECTURE%")[1].strip() == "IA64"
