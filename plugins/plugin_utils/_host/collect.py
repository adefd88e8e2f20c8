# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
r"""`collect.cmd`: the probe list as a script for a server that no network reaches (private to this collection).

The script is pure cmd.exe, reads only, and writes one folder: a file for each question and ``index.txt``, whose
lines are ``<file> <exit code> "<key>"``. Keys are those of `probes`: ``rows:<probe>`` for a question to WMI (asked
through wmic), else the key of the cmd.exe question. `evidence.py` reads the folder back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from .._console.command import Question
from . import probes

FORMAT = "sunset.ws2008/evidence/1"
MARK = "evidence.txt"
INDEX = "index.txt"
ROWS = "rows:"
EXTRAS = {"extra:codepage": "chcp", "extra:version": "ver", "extra:systeminfo": "systeminfo"}
"""Asked besides the probes: how the other files are encoded, and a second opinion where WMI is broken."""

_VARIABLE = "%%(windir|temp|SystemRoot|SystemDrive|ProgramFiles)%%"
_WINDOWS, _DRIVE = "{windows}", "{drive}"

_HEAD = rf"""@echo off
rem Written by the generator in plugins/plugin_utils/_host/collect.py from the list of probes. Do not edit.
rem
rem Collects what an assessment of this server needs, for use where no network reaches it. Changes nothing.
rem   collect.cmd            writes beside this script, or to the temporary folder when that cannot be written
rem   collect.cmd D:\answers writes below a folder that exists, so the script itself may stand on a read-only stick
rem Run it as administrator (right mouse button): without that it works too, and some answers will be missing.
rem What leaves the server: versions, updates, services, registry settings, the security and audit policy, open ports,
rem who may write where, members of groups. No password, no key, and nothing out of a user's own registry.
if not defined PROCESSOR_ARCHITEW6432 goto native
if not exist "%windir%\Sysnative\cmd.exe" goto native
"%windir%\Sysnative\cmd.exe" /c ""%~f0" %*"
exit /b %errorlevel%
:native
setlocal enableextensions disabledelayedexpansion
set "stamp="
set "ask=wmic path Win32_OperatingSystem get LocalDateTime /value"
for /f "tokens=2 delims==." %%t in ('%ask% ^<nul 2^>nul') do if not defined stamp set "stamp=%%t"
if not defined stamp set "stamp=%random%%random%"
set "name=sunset-evidence-%COMPUTERNAME%-%stamp%"
set "w=%SystemRoot:\=\\%"
if "%~1"=="" goto default
set "out=%~1\%name%"
mkdir "%out%" 2>nul
if exist "%out%\" goto collect
echo Cannot write to "%~1": name a folder that exists and can be written.
exit /b 1
:default
set "out=%~dp0%name%"
mkdir "%out%" 2>nul
if exist "%out%\" goto collect
set "out=%TEMP%\%name%"
mkdir "%out%" 2>nul
if exist "%out%\" goto collect
echo Cannot write beside this script nor to "%TEMP%": name a folder, as in: collect.cmd D:\answers
exit /b 1
:collect
echo Collecting into "%out%" (this takes a minute or two) ...
>"%out%\{MARK}" echo {FORMAT}
"""

_TAIL = r"""echo Done. Take this folder to the control node: "%out%"
exit /b 0
"""


def generate(registry_keys: Iterable[str] = (), more: Sequence[probes.LinesProbe | probes.RowsProbe] = ()) -> str:
    """Return the script, with CR LF line ends as cmd.exe needs them.

    `registry_keys` and `more` are asked besides the probes of this room.
    """
    lines = _HEAD.splitlines()
    for number, (key, line, quiet) in enumerate(_questions(registry_keys, more), 1):
        file = f"q{number:03}.txt"
        errors = "2>nul" if quiet else "2>&1"
        lines.append(f'{line} >"%out%\\{file}" {errors}')
        lines.append(f'>>"%out%\\{INDEX}" echo {file} %errorlevel% "{_script(key)}"')
    return "\r\n".join([*lines, *_TAIL.splitlines()]) + "\r\n"


def _questions(
    registry_keys: Iterable[str], more: Sequence[probes.LinesProbe | probes.RowsProbe]
) -> Iterator[tuple[str, str, bool]]:
    """Yield key, line of the script, and whether its error output is noise in another encoding (wmic)."""
    for key, line in EXTRAS.items():
        yield key, line, False
    place = probes.Place(_WINDOWS, _DRIVE)
    for probe in (*probes.ROWS, *(one for one in more if isinstance(one, probes.RowsProbe))):
        line = probe.line(place).removesuffix(" 2>&1")
        yield ROWS + probe.id, _script(line).replace(_WINDOWS, "%w%").replace(_DRIVE, "%SystemDrive%"), True
    for question in probes.line_questions(
        registry_keys, captured=True, more=[one for one in more if isinstance(one, probes.LinesProbe)]
    ):
        yield question.key, _line(question), False


def _line(question: Question) -> str:
    """Return a question's line for a script: redirections last, percent signs doubled but for those of variables."""
    line = re.sub(_VARIABLE, r"%\1%", _script(question.line.removesuffix(" 2>&1")), flags=re.IGNORECASE)
    return f"({line})" if " & " in line else line


def _script(line: str) -> str:
    return line.replace("%", "%%")
