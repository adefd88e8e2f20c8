# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Time, restarts and background programs as the twin's cmd.exe sees them."""

from __future__ import annotations

import io
import threading
from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import RealClock, VirtualClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.cmd_state import Budget
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.process import Killed
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.shell import Interpreter, start_shell

START = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)


@pytest.fixture
def machine() -> Machine:
    return Machine.pristine(clock=VirtualClock(START))


def _shell(machine: Machine, codepage: str = "437") -> Interpreter:
    return start_shell(machine, machine.accounts.token(machine.accounts.well_known("500")), codepage)


def test_a_restart_kills_what_runs(machine: Machine) -> None:
    machine.schedule_shutdown(3, restart=True)
    out = io.BytesIO()
    with pytest.raises(Killed):
        _shell(machine).run_line("echo before& ping -n 60 127.0.0.1 >nul & echo after", io.BytesIO(), out, io.BytesIO())
    assert out.getvalue() == b"before\r\n"


def test_a_cancelled_command_stops_between_two_commands(machine: Machine) -> None:
    seen: list[int] = []

    def cancelled() -> bool:
        seen.append(1)
        return len(seen) > 20

    with pytest.raises(Killed):
        _shell(machine).run_line(
            "for /l %i in (1,1,1000000) do @rem", io.BytesIO(), io.BytesIO(), io.BytesIO(), cancelled
        )


def test_the_budget_stops_an_endless_script(machine: Machine) -> None:
    machine.files.make_dir("C:\\t")
    machine.files.write("C:\\t\\loop.cmd", b"@echo off\r\n:again\r\ngoto again\r\n")
    shell = _shell(machine)
    shell.budget = Budget(500)
    with pytest.raises(Killed):
        shell.run_script("C:\\t\\loop.cmd", "", io.BytesIO(), io.BytesIO(), io.BytesIO())


def test_a_script_takes_arguments_and_gives_its_code(machine: Machine) -> None:
    machine.files.make_dir("C:\\t")
    machine.files.write("C:\\t\\job.cmd", b"@echo %~1-%2\r\n@exit /b 7\r\n")
    out = io.BytesIO()
    code = _shell(machine).run_script("C:\\t\\job.cmd", '"a b" c', io.BytesIO(), out, io.BytesIO())
    assert (code, out.getvalue()) == (7, b"a b-c\r\n")


def test_code_page_65001_runs_no_batch_file(machine: Machine) -> None:
    machine.files.make_dir("C:\\t")
    machine.files.write("C:\\t\\job.cmd", b"@echo never\r\n")
    out = io.BytesIO()
    code = _shell(machine, "65001").run_line("C:\\t\\job.cmd", io.BytesIO(), out, io.BytesIO())
    assert (code, out.getvalue()) == (0, b"")


def test_a_program_of_its_own_has_a_console(machine: Machine) -> None:
    program = machine.prepare(["timeout /t 5 >C:\\t.txt"], machine.accounts.system(), "C:\\Windows\\System32")
    program.start()
    assert program.exit_code == 0
    assert machine.clock.now() == START + timedelta(seconds=5)


def test_start_without_wait_returns_at_once() -> None:
    machine = Machine.pristine(clock=RealClock(speed=50))
    try:
        ended = threading.Event()
        _code, out, _err = machine.run('start /b cmd /c "ping -n 4 127.0.0.1 >nul & echo x>C:\\done.txt" & echo here')
        assert out == "here\r\n"
        assert not machine.files.exists("C:\\done.txt")
        for _turn in range(100):
            if machine.files.exists("C:\\done.txt"):
                ended.set()
                break
            ended.wait(0.02)
        assert ended.is_set()
    finally:
        machine.close()


def test_raw_bytes_survive_type_copy_and_redirection(machine: Machine) -> None:
    data = bytes(range(256)) * 3
    machine.files.write("C:\\raw.bin", data)
    _shell(machine).run_line(
        "type C:\\raw.bin>C:\\a.bin& copy /b C:\\a.bin C:\\b.bin& certutil -encode C:\\b.bin C:\\c.txt& "
        'type C:\\c.txt | findstr "^" >C:\\d.txt& certutil -decode C:\\d.txt C:\\e.bin',
        io.BytesIO(),
        io.BytesIO(),
        io.BytesIO(),
    )
    assert machine.files.read("C:\\a.bin") == data
    assert machine.files.read("C:\\e.bin") == data


def test_a_full_disk_is_said_and_leaves_an_error(machine: Machine) -> None:
    machine.files.size = machine.files.used + 8192
    machine.files.write("C:\\small", b"x" * 1000)
    code, _out, err = machine.run("for /l %i in (1,1,6) do @type C:\\small >>C:\\big")
    assert err.startswith("There is not enough space on the disk.\r\n")
    assert code == 1
