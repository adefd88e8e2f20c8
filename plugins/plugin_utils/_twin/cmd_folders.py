# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commands of cmd.exe about the current folder (private to this collection): cd, pushd, popd, ``D:``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from . import winpath

if TYPE_CHECKING:
    from .shell import Interpreter


def cd(shell: Interpreter, arguments: str) -> int:
    """CD [/D] folder."""
    text = arguments.strip(" \t")
    change = text[:2].lower() == "/d"
    target = winpath.unquote(text[2:] if change else text).strip(" \t")
    if not target:
        shell.say(shell.directory)
        return shell.fail(0)
    return change_directory(shell, target, change)


def change_directory(shell: Interpreter, target: str, change_drive_too: bool) -> int:
    """Go to a folder; on another drive only its remembered folder changes unless asked otherwise."""
    if re.fullmatch(r"[A-Za-z]:", target) and not change_drive_too:
        drive = target.upper()
        shell.say(shell.directory if drive == shell.directory[:2] else shell.drive_directories.get(drive, drive + "\\"))
        return shell.fail(0)
    path = shell.full_path(target)
    if not shell.machine.files.is_dir(path):
        exists = shell.machine.files.exists(path)
        shell.complain_error(267 if exists else 123 if winpath.has_wildcard(target) else 3)
        return shell.fail(1)
    path = shell.machine.files.real_path(path)
    if path[:2] == shell.directory[:2] or change_drive_too:
        shell.drive_directories[shell.directory[:2]] = shell.directory
        shell.directory = path
    shell.drive_directories[path[:2]] = path
    return shell.fail(0)


def change_drive(shell: Interpreter, drive: str) -> int:
    """``D:`` alone."""
    wanted = drive.upper()
    if wanted == shell.directory[:2]:
        return 0
    if not shell.machine.files.is_dir(wanted + "\\"):
        shell.complain_error(15)
        return shell.fail(1)
    before = shell.errorlevel
    code = change_directory(shell, shell.drive_directories.get(wanted, wanted + "\\"), True)
    shell.errorlevel = before
    return code


def pushd(shell: Interpreter, arguments: str) -> int:
    """PUSHD folder; alone it prints the stack."""
    target = winpath.unquote(arguments).strip(" \t")
    if not target:
        for folder in reversed(shell.pushed):
            shell.say(folder)
        return shell.fail(0)
    before = shell.directory
    code = change_directory(shell, target, True)
    if code == 0:
        shell.pushed.append(before)
    return code


def popd(shell: Interpreter, arguments: str) -> int:
    """POPD: back; with nothing pushed it fails without a word. ERRORLEVEL stays as it was."""
    if not shell.pushed:
        return 1
    before = shell.errorlevel
    code = change_directory(shell, shell.pushed.pop(), True)
    shell.errorlevel = before
    return code


BUILTINS: dict[str, Callable[[Interpreter, str], int]] = {
    "cd": cd,
    "chdir": cd,
    "popd": popd,
    "pushd": pushd,
}
