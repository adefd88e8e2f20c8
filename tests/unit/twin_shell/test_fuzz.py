# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""No command line hangs the twin's cmd.exe or breaks it, however odd it is."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin import cmd_parse, cmd_tree
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import VirtualClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.cmd_state import Budget
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.process import Killed
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.shell import start_shell

VOCABULARY = """
    echo set if for do in not exist errorlevel defined else call goto :eof :x exit /b shift pushd popd cd rem start
    /w /f /l /r /d /i /a /p /s /q type dir del copy move ren md rd find findstr sort more attrib where whoami cmd /c
    /v:on certutil -encode icacls xcopy ping -n 2 ver vol path prompt title %i %~dpi %%i %1 %* %windir% %x:~1,2%
    %x:a=b% !x! !x:~1! ( ) & && | || > >> < 2>&1 1>&2 nul con ^ ^^ " ' ` == EQU LSS = , ; * ? \\ C:\\ C:\\t C:\\t\\f
    \\\\s\\x 0 1 -1 0x10 08 2147483648 tokens=1,2* delims=, usebackq setlocal endlocal enabledelayedexpansion
    EOF "x y" "x=1" x=1 .. . ... ~ @ # $ + { } [ ] ä € \x00 \x1a
"""
WORDS = st.sampled_from(VOCABULARY.split())
COMMANDS = st.sampled_from(sorted(set(VOCABULARY.split()[:60]) - {"in", "do", "not", "exist", "else", "(", ")"}))
GAPS = st.sampled_from(["", " ", "  ", "\t"])
LINES = st.tuples(COMMANDS, st.lists(st.tuples(WORDS, GAPS), max_size=14)).map(
    lambda parts: parts[0] + " " + "".join(word + gap for word, gap in parts[1])
)


@pytest.fixture(scope="module")
def machine() -> Machine:
    return Machine.pristine(clock=VirtualClock(datetime(2026, 11, 20, tzinfo=UTC)))


def _run(machine: Machine, line: str, stdin: bytes = b"a\r\nb\r\n", steps: int = 300) -> int | None:
    account = machine.accounts.token(machine.accounts.well_known("500"))
    shell = start_shell(machine, account)
    shell.budget = Budget(steps)
    try:
        return shell.run_line(line, io.BytesIO(stdin), io.BytesIO(), io.BytesIO())
    except Killed:
        return None


@settings(max_examples=400, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(line=LINES)
def test_any_line_ends_with_a_number_or_is_stopped(machine: Machine, line: str) -> None:
    code = _run(machine, line)
    assert code is None or -(2**31) <= code < 2**32


@settings(max_examples=150, deadline=4000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINES, max_size=6))
def test_any_batch_file_ends_or_is_stopped(machine: Machine, lines: list[str]) -> None:
    machine.files.make_dir("C:\\fuzz")
    machine.files.write("C:\\fuzz\\x.cmd", "\r\n".join([*lines, ":x", "echo end"]).encode("cp437", "replace"))
    code = _run(machine, "C:\\fuzz\\x.cmd one two")
    assert code is None or -(2**31) <= code < 2**32


@settings(max_examples=300, deadline=1000)
@given(text=st.text(max_size=80))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        node = cmd_parse.parse(text.replace("\n", " "))
    except (cmd_tree.SyntaxProblem, cmd_tree.Incomplete):
        return
    assert node is None or isinstance(node, cmd_tree.Node)


@pytest.mark.parametrize(
    "line",
    [
        "(" * 500 + "echo x" + ")" * 500,
        "if 1==1 " * 900 + "echo x",
        "for %a in (1) do " * 400 + "echo x",
        "echo x" + "|sort" * 300,
        "cmd /c " * 400 + "echo x",
        "call " * 1500 + "echo x",
        "@" * 5000 + "echo x",
        "for /l %i in (1,0,2) do @rem",
        "for /l %i in (1,1,2147483647) do @rem",
        "set /a " + "(" * 3000 + "1" + ")" * 3000,
        "set /a " + "-" * 6000 + "1",
        "echo " + "%windir%" * 900,
        "for /f %i in ('cmd /c ver') do @for /l %j in (1,1,100000) do @ver>nul",
    ],
    ids=lambda line: line[:20],
)
def test_deep_or_endless_lines_end_soon(machine: Machine, line: str) -> None:
    started = time.monotonic()
    _run(machine, line, steps=2000)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "script", [":a\r\ngoto a\r\n", "%0\r\n", "call %0\r\n", "call :a\r\n:a\r\ncall :a\r\n", "cmd /c %0\r\n"]
)
def test_endless_scripts_end_soon(machine: Machine, script: str) -> None:
    machine.files.make_dir("C:\\fuzz")
    machine.files.write("C:\\fuzz\\loop.cmd", ("@echo off\r\n" + script).encode())
    started = time.monotonic()
    _run(machine, "C:\\fuzz\\loop.cmd", steps=3000)
    assert time.monotonic() - started < 5
