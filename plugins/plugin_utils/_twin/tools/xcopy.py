# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""xcopy.exe (private to this collection): files and trees.

Exit 0 copied, 4 nothing found or wrong call, 5 disk full.
"""

from __future__ import annotations

from ..cmd_texts import win32_error
from ..files import DiskFull, FileError
from ..process import Process
from ..winpath import has_wildcard, join, matches, split, unquote
from .textfiles import full, typed_folder
from .texts import Text

_MISSING = Text("File not found - {0}", "Datei nicht gefunden - {0}", "Файл не найден: {0}")
_COPIED = Text("{0} File(s) copied", "{0} Datei(en) kopiert", "Скопировано файлов: {0}.")
_LISTED = Text("{0} File(s)", "{0} Datei(en)", "Файлов: {0}")
_PARAMETERS = Text("Invalid number of parameters", "Ungültige Parameteranzahl", "Неверное число параметров")
_INVALID = Text("Invalid parameter - {0}", "Ungültiger Parameter - {0}", "Недопустимый параметр - {0}")
_FILE_OR_FOLDER = Text(
    "Does {0} specify a file name\nor directory name on the target\n(F = file, D = directory)? ",
    "Bezeichnet {0} einen Dateinamen\noder Verzeichnisnamen auf dem Ziel\n(F = Datei, V = Verzeichnis)? ",
    "Что означает {0}:\nимя файла или папки\n(F = файл, D = папка)? ",
)
_OVERWRITE = Text(
    "Overwrite {0} (Yes/No/All)? ", "{0} überschreiben (Ja/Nein/Alle)? ", "Заменить {0} [Yes (да)/No (нет)/All (все)]? "
)
_FOLDER_ANSWER = Text("d", "v", "d")
_YES = Text("ya", "ja", "ya")
_KNOWN = set("apsewcifqlghryknozbjvtumd")


def run(process: Process) -> int:
    """``xcopy source [target] [/s] [/e] [/i] [/y] [/q] [/f] [/l] [/h] [/r] [/k] [/c]``."""
    switches: set[str] = set()
    names: list[str] = []
    for argument in process.arguments:
        if argument.startswith("/"):
            letter = argument[1:].lower().split(":")[0]
            if letter.strip("-") not in _KNOWN and letter not in ("exclude",):
                process.say(_INVALID(process, argument))
                process.say(_COPIED(process, 0))
                return 4
            switches.add(letter)
        else:
            names.append(argument)
    if not 1 <= len(names) <= 2:
        process.say(_PARAMETERS(process))
        process.say(_COPIED(process, 0))
        return 4
    return _copy(process, names[0], names[1] if len(names) == 2 else ".", switches)


def _copy(process: Process, source: str, target: str, switches: set[str]) -> int:
    files = process.machine.files
    path = full(process, source)
    whole = files.is_dir(path)
    folder, mask = (path, "*") if whole else split(path)
    shown = unquote(source).rstrip("\\") + "\\" if whole else typed_folder(source)
    pairs = _pairs(process, folder, mask, shown, "", bool(switches & {"s", "e"}), "e" in switches)
    if pairs is None or (not pairs and not whole):
        process.say(_MISSING(process, mask))
        process.say(_COPIED(process, 0))
        return 4
    many = whole or has_wildcard(mask) or bool(switches & {"s", "e"})
    where = full(process, target)
    if not files.is_dir(where) and not _as_folder(process, target, many, switches):
        return _finish(process, [(shown, start, where) for shown, start, _end in pairs[:1]], switches)
    return _finish(process, [(name, start, join(where, end)) for name, start, end in pairs], switches)


def _pairs(
    process: Process, folder: str, mask: str, shown: str, relative: str, recursive: bool, empty: bool
) -> list[tuple[str, str, str]] | None:
    """(shown name, source, path below the target) of everything; a folder has an empty shown name."""
    try:
        entries = process.machine.files.list_dir(folder)
    except FileError:
        return None
    found = [
        (shown + entry.name, join(folder, entry.name), relative + entry.name)
        for entry in entries
        if not entry.is_dir and matches(entry.name, mask)
    ]
    for entry in entries if recursive else []:
        if entry.is_dir:
            inner, tail = join(folder, entry.name), entry.name + "\\"
            below = _pairs(process, inner, mask, shown + tail, relative + tail, True, empty)
            if empty:
                found.append(("", join(folder, entry.name), relative + entry.name))
            found += below or []
    return found


def _as_folder(process: Process, target: str, many: bool, switches: set[str]) -> bool:
    if target.endswith("\\") or (many and "i" in switches):
        return True
    while True:
        process.say(_FILE_OR_FOLDER(process, unquote(target)), end="")
        answer = process.stdin.readline(256).decode(process.codepage, "replace").strip().lower()[:1]
        process.say(answer)
        if answer in ("f", ""):
            return False
        if answer == _FOLDER_ANSWER.within(process.machine.locale):
            return True


def _finish(process: Process, jobs: list[tuple[str, str, str]], switches: set[str]) -> int:
    files = process.machine.files
    copied = 0
    everything = "y" in switches
    for shown, source, target in jobs:
        process.sleep(0)
        if not shown:
            files.make_dir(target)
            continue
        if files.exists(target) and not everything and "l" not in switches:
            process.say(_OVERWRITE(process, target), end="")
            answer = process.stdin.readline(256).decode(process.codepage, "replace").strip().lower()[:1]
            if not answer or answer not in _YES.within(process.machine.locale):
                continue
            everything = answer == "a"
        try:
            if "l" not in switches:
                files.make_dir(split(target)[0])
                files.copy(source, target)
        except FileError as problem:
            process.complain(win32_error(process.machine.locale, problem.code))
            if "c" not in switches or isinstance(problem, DiskFull):
                process.say(_COPIED(process, copied))
                return 5 if isinstance(problem, DiskFull) else 4
            continue
        if "q" not in switches:
            process.say(f"{source} -> {target}" if "f" in switches else shown)
        copied += 1
    process.say((_LISTED if "l" in switches else _COPIED)(process, copied))
    return 0


TOOLS = {"xcopy": run}
