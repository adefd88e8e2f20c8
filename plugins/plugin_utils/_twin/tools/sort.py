# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""sort.exe (private to this collection): lines in order, without regard to case."""

from __future__ import annotations

import re

from ..cmd_texts import win32_error
from ..files import FileError
from ..process import Process
from .textfiles import decode, encode, full, lines_of
from .texts import Text

_INVALID = Text("Invalid switch.", "Ungültige Option.", "Недопустимый ключ.")


def run(process: Process) -> int:
    """``sort [/r] [/+n] [file] [/o file]``; other switches about memory and locale are taken and ignored."""
    reverse = False
    column = 0
    source = target = ""
    arguments = iter(process.arguments)
    for argument in arguments:
        lowered = argument.lower()
        if match := re.fullmatch(r"/\+(\d+)", argument):
            column = max(int(match[1]) - 1, 0)
        elif lowered in ("/r", "/reverse"):
            reverse = True
        elif lowered in ("/o", "/output"):
            target = next(arguments, "")
        elif lowered[:2] in ("/l", "/m", "/t") or lowered[:4] == "/rec":
            next(arguments, "")
        elif argument.startswith("/"):
            process.complain(_INVALID(process))
            return 1
        else:
            source = argument
    try:
        data = process.machine.files.read(full(process, source)) if source else process.stdin.read()
        lines = [decode(process, line) for line in lines_of(data)]
        lines.sort(key=lambda line: line[column:].casefold(), reverse=reverse)
        result = b"".join(encode(process, line) + b"\r\n" for line in lines)
        if target:
            process.machine.files.write(full(process, target), result)
        else:
            process.stdout.write(result)
    except FileError as problem:
        process.complain(source + win32_error(process.machine.locale, problem.code))
        return 1
    return 0


TOOLS = {"sort": run}
