# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""where.exe (private to this collection): full paths of the files that a pattern finds.

Exit 0 found, 1 none, 2 wrong call.
"""

from __future__ import annotations

from ..cmd_launch import is_system_tool
from ..process import Process
from ..winpath import extension, has_wildcard, join, matches
from .textfiles import expand, full
from .texts import Text

_NONE = Text(
    "INFO: Could not find files for the given pattern(s).",
    "INFORMATION: Es konnten keine Dateien mit dem angegebenen Muster gefunden werden.",
    "ИНФОРМАЦИЯ: не удается найти файлы по заданным шаблонам.",
)
_SYNTAX = Text(
    'ERROR: The syntax of the command is incorrect.\nType "WHERE /?" for usage.',
    'FEHLER: Syntaxfehler.\nGeben Sie "WHERE /?" ein, um die Syntax anzuzeigen.',
    'ОШИБКА: Синтаксическая ошибка.\nВведите "WHERE /?" для получения справки.',
)


def run(process: Process) -> int:
    """``where [/q] [/f] [/t] [/r folder] pattern ...``."""
    quiet = quoted = False
    root = ""
    patterns: list[str] = []
    arguments = iter(process.arguments)
    for argument in arguments:
        lowered = argument.lower()
        if lowered == "/r":
            root = next(arguments, "")
        elif lowered == "/q":
            quiet = True
        elif lowered == "/f":
            quoted = True
        elif lowered != "/t":
            patterns.append(argument)
    if not patterns:
        process.complain(_SYNTAX(process))
        return 2
    found: list[str] = []
    for pattern in patterns:
        found += _below(process, root, pattern) if root else _on_path(process, pattern)
    if not found:
        if not quiet:
            process.complain(_NONE(process))
        return 1
    if not quiet:
        for path in dict.fromkeys(found):
            process.say(f'"{path}"' if quoted else path)
    return 0


def _below(process: Process, root: str, pattern: str) -> list[str]:
    return [path for _shown, path in expand(process, join(full(process, root), pattern), recursive=True)]


def _on_path(process: Process, pattern: str) -> list[str]:
    variable, _separator, name = pattern[1:].partition(":") if pattern.startswith("$") else ("PATH", "", pattern)
    folders = [] if pattern.startswith("$") else [process.directory]
    value = process.environment.get(variable.upper(), "")
    folders += [full(process, part) for part in value.split(";") if part.strip()]
    endings = [part for part in process.environment.get("PATHEXT", "").lower().split(";") if part]
    names = [name] if extension(name) else [name, *(name + ending for ending in endings)]
    found = []
    for folder in dict.fromkeys(folders):
        found += [path for candidate in names for path in _in_folder(process, folder, candidate)]
    return found


def _in_folder(process: Process, folder: str, name: str) -> list[str]:
    files = process.machine.files
    if not files.is_dir(folder):
        return []
    if has_wildcard(name):
        entries = files.list_dir(folder)
        return [join(folder, entry.name) for entry in entries if not entry.is_dir and matches(entry.name, name)]
    path = join(folder, name)
    if files.exists(path) and not files.is_dir(path):
        return [files.real_path(path)]
    return [path] if is_system_tool(path) else []


TOOLS = {"where": run}
