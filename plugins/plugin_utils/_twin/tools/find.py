# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""find.exe (private to this collection): lines that hold a text. Exit 0 found, 1 not found, 2 wrong call."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..process import Process
from .textfiles import decode, encode, expand, lines_of
from .texts import Text

_FORMAT = Text(
    "FIND: Parameter format not correct",
    "FIND: Parameterformat falsch",
    "FIND: Неправильный формат параметров",
)
_MISSING = Text("File not found - {0}", "Datei nicht gefunden - {0}", "Файл не найден - {0}")
_SWITCH = Text("FIND: Invalid switch", "FIND: Ungültige Option", "FIND: Недопустимый ключ")


@dataclass(frozen=True)
class _Search:
    text: str
    without: bool
    count: bool
    numbers: bool
    ignore_case: bool

    def lines(self, lines: list[str]) -> list[tuple[int, str]]:
        wanted = self.text.lower() if self.ignore_case else self.text
        found = []
        for number, line in enumerate(lines, 1):
            here = wanted != "" and wanted in (line.lower() if self.ignore_case else line)
            if here != self.without:
                found.append((number, line))
        return found


def run(process: Process) -> int:
    """``find [/v] [/c] [/n] [/i] "text" [files]``."""
    match = re.match(r'^((?:\s*/[^\s"]+)*)\s*"((?:[^"]|"")*)"(.*)$', process.tail, re.DOTALL)
    if not match:
        process.complain(_FORMAT(process))
        return 2
    switches = [word.lower() for word in match[1].replace("/", " /").split()]
    files = re.findall(r'"[^"]*"|[^\s"]+', match[3])
    switches += [name.lower() for name in files if name.startswith("/")]
    files = [name for name in files if not name.startswith("/")]
    if any(switch not in ("/v", "/c", "/n", "/i", "/off", "/offline") for switch in switches):
        process.complain(_SWITCH(process))
        return 2
    search = _Search(
        match[2].replace('""', '"'), "/v" in switches, "/c" in switches, "/n" in switches, "/i" in switches
    )
    if not files:
        return 0 if _report(process, search, process.stdin.read(), "") else 1
    found = False
    for name in files:
        paths = expand(process, name)
        if not paths:
            process.complain(_MISSING(process, name.strip('"').upper()))
        for shown, path in paths:
            found = _report(process, search, process.machine.files.read(path), shown) or found
    return 0 if found else 1


def _report(process: Process, search: _Search, data: bytes, name: str) -> bool:
    if data.startswith(b"\xff\xfe"):
        lines = re.split(r"\r?\n", data[2:].decode("utf-16-le", "replace").removesuffix("\n"))
    else:
        lines = [decode(process, line) for line in lines_of(data)]
    found = search.lines(lines)
    if name:
        process.say()
        process.say(f"---------- {name.upper()}" + (f": {len(found)}" if search.count else ""))
    elif search.count:
        process.say(str(len(found)))
    if not search.count:
        for number, line in found:
            text = f"[{number}]{line}" if search.numbers else line
            process.stdout.write(encode(process, text) + b"\r\n")
    return bool(found)


TOOLS = {"find": run}
