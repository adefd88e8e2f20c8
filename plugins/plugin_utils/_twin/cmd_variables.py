# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Variables that cmd.exe computes, and the ``%~dpnx`` modifiers (private to this collection)."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from . import winpath
from .cmd_state import Environment

if TYPE_CHECKING:
    from .machine import Machine
    from .shell import Interpreter

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def local_now(machine: Machine) -> datetime:
    """The machine's wall clock."""
    return machine.clock.now()


def date_text(locale: str, moment: datetime, weekday: bool = True) -> str:
    """The short date; in en-US with the day's name in front, as %DATE% has it."""
    if locale in ("de-DE", "ru-RU"):
        return moment.strftime("%d.%m.%Y")
    text = moment.strftime("%m/%d/%Y")
    return f"{_DAYS[moment.weekday()]} {text}" if weekday else text


def time_text(locale: str, moment: datetime) -> str:
    """The time with hundredths; the hour is padded with a blank."""
    mark = "," if locale in ("de-DE", "ru-RU") else "."
    return f"{moment.hour:>2}:{moment:%M:%S}{mark}{moment.microsecond // 10000:02}"


def file_time(locale: str, moment: datetime) -> str:
    """Date and time of a file as DIR prints them."""
    if locale in ("de-DE", "ru-RU"):
        return moment.strftime("%d.%m.%Y  %H:%M")
    return moment.strftime("%m/%d/%Y  %I:%M %p")


def lookup(shell: Interpreter, name: str) -> str | None:
    """A variable by name; a real one hides the computed one."""
    key = name.upper()
    value = shell.environment.get(key)
    if value is not None:
        return value
    moment = local_now(shell.machine)
    if key == "CD":
        return shell.directory
    if key == "ERRORLEVEL":
        return str(shell.errorlevel)
    if key == "DATE":
        return date_text(shell.locale, moment)
    if key == "TIME":
        return time_text(shell.locale, moment)
    if key == "RANDOM":
        return str(random.randrange(32768))
    if key == "CMDEXTVERSION":
        return "2"
    if key == "CMDCMDLINE":
        return shell.command_line
    if key.startswith("=") and len(key) == 3 and key[2] == ":":
        drive = key[1:]
        return shell.directory if shell.directory[:2] == drive else shell.drive_directories.get(drive)
    return None


def modify(shell: Interpreter, modifiers: str, value: str) -> str:
    """Apply ``~dpnx``-style modifiers to an argument or FOR value."""
    text = value
    if len(text) >= 2 and text[0] == '"' and text[-1] == '"':
        text = text[1:-1]
    elif text.startswith('"'):
        text = text[1:]
    letters, _separator, search = modifiers.partition("$")
    letters = letters.lower()
    if search:
        found = _search(shell, search.rstrip(":"), text)
        if found is None:
            return ""
        text = found
    elif not letters:
        return text
    if not text:
        return ""
    return _parts(shell, letters, text) if letters else shell.full_path(text)


def _search(shell: Interpreter, variable: str, name: str) -> str | None:
    folders = [shell.directory, *(shell.lookup(variable) or "").split(";")]
    for folder in folders:
        if not folder.strip():
            continue
        path = winpath.join(shell.full_path(folder), name)
        if shell.machine.files.exists(path):
            return path
    return None


def _parts(shell: Interpreter, letters: str, text: str) -> str:
    path = shell.full_path(text)
    trailing = text.endswith(("\\", "/"))
    files = shell.machine.files
    if files.exists(path):
        path = files.real_path(path)
    folder, name = winpath.split(path)
    if trailing and len(path) > 3:
        folder, name = path, ""
    out: list[str] = []
    if "a" in letters:
        out.append(_attributes(shell, path))
    if "t" in letters:
        out.append(file_time(shell.locale, files.entry(path).modified) if files.exists(path) else "")
    if "z" in letters:
        out.append(str(files.entry(path).size) if files.exists(path) else "")
    path_text = ""
    if "f" in letters or ("s" in letters and not set(letters) & set("dpnx")):
        path_text = path + ("\\" if trailing and not path.endswith("\\") else "")
    else:
        if "d" in letters:
            path_text += path[:2]
        if "p" in letters:
            path_text += folder[2:] if folder.endswith("\\") else folder[2:] + "\\"
        if "n" in letters:
            path_text += winpath.stem(name)
        if "x" in letters:
            path_text += winpath.extension(name)
    return " ".join(part for part in [*out, path_text] if part)


def _attributes(shell: Interpreter, path: str) -> str:
    files = shell.machine.files
    if not files.exists(path):
        return ""
    entry = files.entry(path)
    letters = "".join(letter.lower() if letter in entry.attributes else "-" for letter in "RAHS")
    return ("d" if entry.is_dir else "-") + letters + "----"


# How Windows spells the names that the machine's environment block holds in capitals (samples: set).
_SPELLINGS = (
    "CommonProgramFiles",
    "CommonProgramFiles(x86)",
    "CommonProgramW6432",
    "ComSpec",
    "Path",
    "ProgramData",
    "ProgramFiles",
    "ProgramFiles(x86)",
    "ProgramW6432",
    "SystemDrive",
    "SystemRoot",
    "windir",
)


def session_environment(values: Mapping[str, str], machine: Machine) -> Environment:
    """An environment for a new cmd.exe: the given variables in their usual spelling, PATHEXT and the like filled in."""
    spelling = {name.upper(): name for name in _SPELLINGS}
    environment = Environment()
    windows = machine.windows_directory
    defaults = {
        "COMSPEC": windows + "\\system32\\cmd.exe",
        "PATH": f"{windows}\\system32;{windows};{windows}\\System32\\Wbem",
        "PATHEXT": ".COM;.EXE;.BAT;.CMD;.VBS;.VBE;.JS;.JSE;.WSF;.WSH;.MSC",
        "PROMPT": "$P$G",
        "SYSTEMROOT": windows,
        "WINDIR": windows,
    }
    for name, value in {**defaults, **values}.items():
        environment.put(spelling.get(name.upper(), name), value)
    return environment


def os_version(machine: Machine) -> str:
    """The version VER prints, such as 6.0.6002."""
    return machine.version
