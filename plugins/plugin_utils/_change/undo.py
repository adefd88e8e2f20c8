# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files that take a run back, usable without us by a person at the machine (private to this collection).

``undo.reg`` restores values, type and absence included; last changed is first restored, because the order of a change
can matter as much on the way back. ``undo.cmd`` imports it and then does what a registration file cannot: it removes
the keys that the run created, when nothing else has come to live in them.
"""

from __future__ import annotations

from collections.abc import Iterable

from .regfile import Edit, render
from .values import BadValue, Change


def undo_reg(changes: Iterable[Change]) -> bytes:
    """Return the registration file that puts back what was there before `changes`."""
    return render(Edit(change.key, change.name, change.before) for change in reversed(list(changes)))


def undo_cmd(run: str, created_keys: Iterable[str]) -> bytes:
    """Return the script for cmd.exe that imports ``undo.reg`` beside it and removes `created_keys` that are empty."""
    lines = [
        "@echo off",
        f"rem Takes back what run {run} of sunset.ws2008 changed on this machine.",
        "rem Run it as Administrator, then restart. It does not ask whether somebody changed a value since.",
        "setlocal",
        'reg import "%~dp0undo.reg"',
        "if errorlevel 1 exit /b 1",
    ]
    for key in sorted(created_keys, key=lambda one: one.count("\\"), reverse=True):
        lines += _removed_when_empty(key)
    lines.append("exit /b 0")
    return "".join(line + "\r\n" for line in lines).encode("ascii")


def _removed_when_empty(key: str) -> list[str]:
    """A key that holds values or keys prints them; an empty one prints nothing but blank lines, which for /f skips."""
    if not key.isascii() or any(character in key for character in '"\r\n'):
        raise BadValue(f"a script for cmd.exe cannot name the registry key {key!r}")
    name = key.replace("%", "%%")
    return [
        'set "full="',
        f'for /f "delims=" %%i in (\'reg query "{name}" 2^>nul\') do set "full=1"',
        f'if not defined full reg delete "{name}" /f >nul 2>nul',
    ]
