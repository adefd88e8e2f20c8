# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files that take a run back, usable without us by a person at the machine (private to this collection).

``undo.cmd`` gives the orders of `orders.assign` with the before-values, last changed first, because the order of a
change can matter as much on the way back; ``undo.reg`` and its neighbours are what those orders read. Then it does what
a registration file cannot: it removes the keys that the run created, when nothing else has come to live in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .._console.text import codec_of
from .orders import Order, assign, hive_file, runs
from .regfile import Edit, render
from .values import BadValue, Change

_BESIDE = "%~dp0"


def undo_files(
    run: str, changes: Sequence[Change], created_keys: Iterable[str], codepage: str = "437"
) -> dict[str, bytes]:
    """Return ``undo.cmd`` and all that it reads, by name; ``undo.reg`` is always there, for whoever looks for it.

    `codepage` is the OEM code page of the machine: in that one cmd.exe reads a script.
    """
    files = {"undo.reg": undo_reg([])}
    lines: list[Order] = []
    label = "undo"
    for number, (kind, some) in enumerate(runs(reversed(changes)), 1):
        orders = assign(kind, some, label if number == 1 else f"{label}-{number}", back=True)
        files.update(orders.files)
        lines += orders.at(_BESIDE)
    profiles = {one.key.split("\\")[1]: one.profile for one in changes if one.profile}
    files["undo.cmd"] = undo_cmd(run, created_keys, lines, profiles, codepage)
    return files


def undo_reg(changes: Iterable[Change]) -> bytes:
    """Return the registration file that puts back what was there before `changes`."""
    return render(Edit(change.key, change.name, change.before) for change in reversed(list(changes)))


def undo_cmd(
    run: str,
    created_keys: Iterable[str],
    orders: Iterable[Order] = (),
    profiles: Mapping[str, str] | None = None,
    codepage: str = "437",
) -> bytes:
    """Return the script for cmd.exe; it goes on after an order that failed, and ends with 1 when there was one.

    `profiles` are the folders of users by SID: a created key in a hive that is not loaded needs it loaded to go.
    """
    lines = [
        "@echo off",
        f"rem Takes back what run {run} of sunset.ws2008 changed on this machine.",
        "rem Run it as Administrator, then restart. It does not ask whether somebody changed a value since.",
        "setlocal",
        'set "failed="',
    ]
    for order in orders:
        lines.append(_in_script(order.line))
        bad = " ".join(f"if not %errorlevel%=={end}" for end in order.ends)
        lines.append(f'{bad} set "failed=1"')
    keys = sorted(created_keys, key=lambda one: one.count("\\"), reverse=True)
    for key in keys:
        if not key.startswith("HKU\\"):
            lines += _removed_when_empty(key)
    for sid, folder in (profiles or {}).items():
        own = [key for key in keys if key.startswith(f"HKU\\{sid}\\")]
        lines += _removed_from_hive(sid, folder, own) if own else []
    lines += ["if defined failed exit /b 1", "exit /b 0"]
    if not encodable(lines, codepage):
        raise BadValue(f"a script in code page {codepage} cannot name everything that this run is about")
    return "".join(line + "\r\n" for line in lines).encode(codec_of(codepage))


def encodable(lines: Iterable[str], codepage: str) -> bool:
    """Tell whether a script of this machine can hold these lines."""
    try:
        "".join(lines).encode(codec_of(codepage))
    except UnicodeEncodeError:
        return False
    return True


def _in_script(line: str) -> str:
    """A percent sign stays one in a script only where it belongs to a variable that is meant."""
    for word in (_BESIDE, "%SystemDrive%", "%SystemRoot%", "%COMPUTERNAME%"):
        line = line.replace(word, f"\0{word[1:].replace('%', chr(1))}")
    return line.replace("%", "%%").replace("\0", "%").replace("\1", "%")


def _removed_when_empty(key: str) -> list[str]:
    """A key that holds values or keys prints them; an empty one prints nothing but blank lines, which for /f skips."""
    if any(character in key for character in '"\r\n'):
        raise BadValue(f"a script for cmd.exe cannot name the registry key {key!r}")
    return _removed(key.replace("%", "%%"))


def _removed_from_hive(sid: str, folder: str, keys: Iterable[str]) -> list[str]:
    lines = [
        f'set "hive=HKU\\{sid}"',
        'reg query "%hive%" >nul 2>nul',
        f'if errorlevel 1 set "hive=HKU\\sunset.{sid}"',
        f'if "%hive%"=="HKU\\sunset.{sid}" reg load "%hive%" {_in_script(hive_file(folder))} >nul 2>nul',
    ]
    for key in keys:
        if any(character in key for character in '"\r\n'):
            raise BadValue(f"a script for cmd.exe cannot name the registry key {key!r}")
        lines += _removed("%hive%" + key[len(f"HKU\\{sid}") :].replace("%", "%%"))
    return [*lines, f'if "%hive%"=="HKU\\sunset.{sid}" reg unload "%hive%" >nul 2>nul']


def _removed(name: str) -> list[str]:
    return [
        'set "full="',
        f'for /f "delims=" %%i in (\'reg query "{name}" 2^>nul\') do set "full=1"',
        f'if not defined full reg delete "{name}" /f >nul 2>nul',
    ]
