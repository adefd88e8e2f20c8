# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clocks, restarts, and tasks that run as SYSTEM in their own time."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import RealClock, VirtualClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.process import Killed
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.tasks import TaskError, decode_xml

TASK = """<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <Triggers>{triggers}</Triggers>
  <Principals><Principal id="Author"><UserId>S-1-5-18</UserId></Principal></Principals>
  <Settings><Enabled>{enabled}</Enabled></Settings>
  <Actions Context="Author"><Exec><Command>{command}</Command><Arguments>{arguments}</Arguments></Exec></Actions>
</Task>"""


def task(command="cmd.exe", arguments="/c echo ran&gt;&gt;C:\\ran.txt", triggers="", enabled="true"):
    return TASK.format(command=command, arguments=arguments, triggers=triggers, enabled=enabled)


def runs(machine):
    return machine.files.read("C:\\ran.txt").count(b"ran") if machine.files.exists("C:\\ran.txt") else 0


def test_a_task_runs_as_system(machine):
    machine.tasks.create("job", task(arguments="/c whoami &gt;C:\\who.txt"), machine.accounts.system())
    assert machine.tasks.get("JOB").result == 0x41303
    machine.tasks.run("\\job")
    assert machine.files.read("C:\\who.txt").strip().lower() == b"nt authority\\system"
    assert (machine.tasks.get("job").state, machine.tasks.get("job").result) == ("ready", 0)


@pytest.mark.parametrize(
    "data",
    [
        task().encode("utf-16"),
        task().replace("UTF-16", "UTF-8").encode("utf-8-sig"),
        task().replace(' encoding="UTF-16"', "").encode(),
    ],
)
def test_task_files_are_utf16_or_utf8(machine, data):
    machine.tasks.create("job", decode_xml(data), machine.accounts.system())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<Task/>",
        "no xml",
        task(command=""),
        "<!DOCTYPE x [<!ENTITY a 'b'>]>" + task().partition("?>")[2],
        task(triggers="<TimeTrigger><StartBoundary>soon</StartBoundary></TimeTrigger>"),
    ],
)
def test_bad_task_files_are_refused(machine, text):
    with pytest.raises(TaskError) as caught:
        machine.tasks.create("job", text, machine.accounts.system())
    assert caught.value.code == 0x8004131A


def test_a_file_that_lies_about_its_encoding_is_refused():
    with pytest.raises(TaskError):
        decode_xml(task().encode("utf-8"))


def test_names_are_taken_only_once(machine):
    machine.tasks.create("job", task(), machine.accounts.system())
    with pytest.raises(TaskError) as caught:
        machine.tasks.create("\\JOB", task(), machine.accounts.system())
    assert caught.value.code == 0x800700B7
    machine.tasks.create("job", task(), machine.accounts.system(), replace=True)
    machine.tasks.delete("job")
    with pytest.raises(TaskError):
        machine.tasks.run("job")


def test_a_trigger_fires_at_its_moment_unless_the_task_is_gone(machine):
    when = (machine.clock.now() + timedelta(minutes=5)).replace(tzinfo=None).isoformat()
    trigger = f"<TimeTrigger><StartBoundary>{when}</StartBoundary></TimeTrigger>"
    machine.tasks.create("one", task(triggers=trigger), machine.accounts.system())
    machine.tasks.create("two", task(triggers=trigger), machine.accounts.system())
    machine.clock.sleep(299)
    assert runs(machine) == 0
    machine.tasks.delete("two")
    machine.clock.sleep(2)
    assert runs(machine) == 1


def test_boot_triggers_and_registration_triggers(machine):
    triggers = (
        "<BootTrigger><Delay>PT1M</Delay></BootTrigger><RegistrationTrigger><Delay>PT10S</Delay></RegistrationTrigger>"
    )
    machine.tasks.create("job", task(triggers=triggers), machine.accounts.system())
    machine.clock.sleep(11)
    assert runs(machine) == 1
    machine.restart()
    machine.wait_until_up()
    assert runs(machine) == 1
    machine.clock.sleep(61)
    assert runs(machine) == 2


def test_a_planned_restoration_survives_a_saved_state(machine):
    when = (machine.clock.now() + timedelta(minutes=5)).isoformat()
    trigger = f"<TimeTrigger><StartBoundary>{when}</StartBoundary></TimeTrigger>"
    machine.tasks.create("undo", task(triggers=trigger), machine.accounts.system())
    machine.clock.sleep(100)
    machine.schedule_shutdown(3600)
    other = Machine.from_state(machine.to_state(), VirtualClock())
    assert other.clock.now() == machine.clock.now()
    other.clock.sleep(250)
    assert runs(other) == 1
    other.clock.sleep(3500)
    assert len(other.restarts) == 1


def test_a_restart_kills_what_runs_and_takes_its_time(machine):
    told = []
    machine.on_restart.append(told.append)
    boot, before = machine.boot, machine.clock.now()
    machine.restart("test")
    assert not machine.up and machine.boot == boot + 1
    with pytest.raises(Killed):
        machine.clock.sleep(1, lambda: machine.boot != boot)
    machine.wait_until_up()
    assert told == ["down", "up"] and machine.booted_at - before >= timedelta(seconds=machine.restart_seconds)


def test_announced_shutdowns_can_be_called_off(machine):
    assert machine.abort_shutdown() == 1116
    assert machine.schedule_shutdown(60) == 0 and machine.schedule_shutdown(60) == 1190
    assert machine.abort_shutdown() == 0
    machine.clock.sleep(120)
    assert machine.up and not machine.restarts
    machine.shutdown()
    machine.clock.sleep(10000)
    assert not machine.up
    machine.power_on()
    machine.wait_until_up()
    assert machine.up


def test_file_renames_wait_for_the_restart(machine):
    machine.files.write("C:\\new.txt", b"new")
    machine.files.write("C:\\old.txt", b"old")
    machine.files.write("C:\\gone.txt", b"")
    pairs = ["\\??\\C:\\new.txt", "!\\??\\C:\\old.txt", "\\??\\C:\\gone.txt", ""]
    key = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager"
    machine.registry.set(key, "PendingFileRenameOperations", "REG_MULTI_SZ", pairs)
    machine.restart()
    machine.wait_until_up()
    assert machine.files.read("C:\\old.txt") == b"new" and not machine.files.exists("C:\\gone.txt")
    assert machine.registry.get(key, "PendingFileRenameOperations") is None


def test_real_time_is_hurried_and_a_program_dies_with_its_kill():
    machine = Machine.pristine(clock=RealClock(speed=200))
    try:
        ping = task(arguments="/c timeout /t 2000 &gt;nul &amp; echo ran&gt;C:\\ran.txt")
        machine.tasks.create("long", ping, machine.accounts.system())
        began = time.monotonic()
        machine.tasks.run("long")
        assert machine.tasks.get("long").state == "running" and machine.tasks.get("long").result == 0x41301
        names = [row.name for row in machine.processes.list()]
        assert "cmd.exe" in names
        machine.tasks.end("long")
        program = machine.tasks.get("long").program
        while not program.ended and time.monotonic() - began < 3:
            time.sleep(0.01)
        assert program.ended and machine.tasks.get("long").result == 0x41306 and runs(machine) == 0
        fired = threading.Event()
        machine.clock.call_at(machine.clock.now() + timedelta(seconds=20), fired.set)
        assert fired.wait(3)
    finally:
        machine.close()
