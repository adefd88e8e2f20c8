# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Command lines and batch files on the twin, as data: what goes in, what must come out."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import VirtualClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.shell import start_shell

DATA = Path(__file__).parents[2] / "data" / "twin_shell"
CODECS = {"en-US": "cp437", "de-DE": "cp850", "ru-RU": "cp866"}


def _machine(locale: str = "en-US", **twin: Any) -> Machine:
    clock = VirtualClock(datetime(2026, 11, 20, 18, 5, 9, tzinfo=UTC))
    return Machine.pristine(clock=clock, locale=locale, **twin)


def _bytes(text: str) -> bytes:
    if text.startswith("utf-16:"):
        return b"\xff\xfe" + text.removeprefix("utf-16:").encode("utf-16-le")
    return re.sub(r"\{x(\d+)\}", lambda match: "x" * int(match[1]), text).encode("latin-1")


def _cases(*names: str) -> list[Any]:
    found = []
    for name in names:
        for case in yaml.safe_load((DATA / name).read_text(encoding="utf-8")):
            found.append(pytest.param(case, id=f"{Path(name).stem}: {case.get('name') or case['line']}"))
    return found


def _put(machine: Machine, files: dict[str, str]) -> None:
    for path, text in files.items():
        machine.files.make_dir(path.rpartition("\\")[0] + "\\")
        machine.files.write(path, _bytes(text))


@pytest.mark.parametrize("case", _cases("lines.yml", "files.yml", "scripts.yml", "tools.yml"))
def test_console(case: dict[str, Any]) -> None:
    locale = case.get("locale", "en-US")
    machine = _machine(locale, **case.get("twin", {}))
    _put(machine, case.get("files", {}))
    line = case.get("line", "")
    if "script" in case:
        path = case.get("name_of", "C:\\t\\job.cmd")
        _put(machine, {path: case["script"].replace("\n", "\r\n")})
        line = f"{path} {case.get('arguments', '')}"
    line = re.sub(r"\{x(\d+)\}", lambda match: "x" * int(match[1]), line)
    out, err = io.BytesIO(), io.BytesIO()
    directory = "C:\\Windows\\System32" if "script" in case else "C:\\Windows\\system32"
    account = machine.accounts.token(machine.accounts.well_known("500"))
    shell = start_shell(machine, account, CODECS[locale], directory=directory)
    code = shell.run_line(line, io.BytesIO(_bytes(case.get("stdin", ""))), out, err)
    stdout = out.getvalue().decode(CODECS[locale]).replace("\r\n", "\n")
    stderr = err.getvalue().decode(CODECS[locale]).replace("\r\n", "\n")
    if "stderr_has" in case:
        assert case["stderr_has"] in stderr
    else:
        assert (stdout, stderr) == (case.get("stdout", ""), case.get("stderr", ""))
    assert code == case.get("rc", 0)
    for path, text in case.get("after", {}).items():
        content = machine.files.read(path) if machine.files.exists(path) else None
        assert content == (None if text is None else _bytes(text)), path


@pytest.mark.parametrize("case", _cases("return_codes.yml"))
def test_return_code_and_error_level(case: dict[str, Any]) -> None:
    line = case["line"].replace("%i", "%%i")
    level = _echoed(f"@cmd /c exit 666\r\n@{line} >nul 2>nul\r\n@echo %errorlevel%\r\n")
    branch = _echoed(f"@cmd /c exit 666\r\n@({line}) >nul 2>nul && (echo success) || echo !errorlevel!\r\n")
    assert (branch, level) == (str(case["outcome"]), str(case["errorlevel"]))


def _echoed(script: str) -> str:
    machine = _machine()
    _put(machine, {"C:\\t\\a": "a", "C:\\t\\b": "b", "C:\\t\\run.bat": script})
    machine.files.make_dir("C:\\empty")
    _code, out, _err = machine.run("cmd /v:on /q /c C:\\t\\run.bat")
    return out.strip()
