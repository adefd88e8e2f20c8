# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""attrib.exe (private to this collection): shows and changes R, A, S, H and I."""

from __future__ import annotations

import re

from ..process import Process
from .textfiles import expand
from .texts import Text

_MISSING = Text("File not found - {0}", "Datei nicht gefunden - {0}", "Не найден файл: {0}")
_FORMAT = Text("Parameter format not correct -", "Parameterformat falsch -", "Неверный формат параметра -")


def run(process: Process) -> int:
    """``attrib [+r|-r] [+a|-a] [+s|-s] [+h|-h] [+i|-i] [file] [/s [/d] [/l]]``."""
    add: set[str] = set()
    remove: set[str] = set()
    recursive = folders = False
    pattern = ""
    for argument in process.arguments:
        if re.fullmatch(r"[+-][rashiRASHI]", argument):
            (add if argument[0] == "+" else remove).add(argument[1].upper())
        elif argument.lower() in ("/s", "/d", "/l"):
            recursive = recursive or argument.lower() == "/s"
            folders = folders or argument.lower() == "/d"
        elif argument[:1] in ("/", "+", "-") or pattern:
            process.say(_FORMAT(process))
            return 1
        else:
            pattern = argument
    single = bool(pattern) and "*" not in pattern and "?" not in pattern
    found = expand(process, pattern or "*", recursive=recursive, folders=folders or single)
    if not found:
        process.say(_MISSING(process, pattern or "*"))
        return 1
    for _shown, path in found:
        _one(process, path, add, remove)
    return 0


def _one(process: Process, path: str, add: set[str], remove: set[str]) -> None:
    files = process.machine.files
    letters = set(files.entry(path).attributes)
    if add or remove:
        files.set_attributes(path, "".join((letters | add) - remove))
        return
    a, s, h, r, i = (letter if letter in letters else " " for letter in "ASHRI")
    process.say(f"{a}  {s}{h}{r}  {i}    {files.real_path(path)}")


TOOLS = {"attrib": run}
