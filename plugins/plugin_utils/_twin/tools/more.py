# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""more.com (private to this collection); nobody presses a key here, so it never stops at a full page."""

from __future__ import annotations

import re

from ..files import FileError
from ..process import Process
from .textfiles import decode, encode, full, lines_of
from .texts import Text

_CANNOT = Text("Cannot access file {0}", "Kein Zugriff auf Datei {0}", "Не удается получить доступ к файлу {0}")


def run(process: Process) -> int:
    """``more [/e] [/s] [/tn] [+n] [files]``: tabs become blanks, lines end in CR LF."""
    tab = 8
    squeeze = False
    start = 0
    names: list[str] = []
    for argument in process.arguments:
        if match := re.fullmatch(r"/t(\d+)", argument, re.IGNORECASE):
            tab = min(int(match[1]), 100)
        elif match := re.fullmatch(r"\+(\d+)", argument):
            start = int(match[1])
        elif argument.lower() == "/s":
            squeeze = True
        elif not argument.startswith("/"):
            names.append(argument)
    if not names:
        _show(process, process.stdin.read(), tab, squeeze, start)
        return 0
    for name in names:
        try:
            data = process.machine.files.read(full(process, name))
        except FileError:
            process.complain(_CANNOT(process, full(process, name)))
            return 1
        _show(process, data, tab, squeeze, start)
    return 0


def _show(process: Process, data: bytes, tab: int, squeeze: bool, start: int) -> None:
    if data.startswith(b"\xff\xfe"):
        lines = re.split(r"\r?\n", data[2:].decode("utf-16-le", "replace").removesuffix("\n"))
    else:
        lines = [decode(process, line) for line in lines_of(data)]
    blank = False
    for line in lines[start:]:
        if squeeze and blank and not line:
            continue
        blank = not line
        process.stdout.write(encode(process, line.expandtabs(tab)) + b"\r\n")


TOOLS = {"more": run}
