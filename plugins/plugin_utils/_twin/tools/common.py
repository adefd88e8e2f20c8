# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Habits that the system console tools share: paths, text files, tables, dates (private to this collection)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ..process import Logon
from ..winpath import absolute, unquote

if TYPE_CHECKING:
    from ..process import Process

ANSI = {"ru-RU": "cp1251"}
BOM16 = b"\xff\xfe"
BOM8 = b"\xef\xbb\xbf"


def elevated(process: Process) -> bool:
    """Whether the token has full administrator rights; a filtered network token has not (transport.md 6)."""
    return process.account.administrator or process.account.logon is Logon.SYSTEM


def resolve(process: Process, path: str) -> str:
    """An absolute path from what was typed: quotes off, slashes turned, relative to the process's folder."""
    return absolute(unquote(path), process.directory)


def ansi(process: Process) -> str:
    """The ANSI code page's Python name for this machine's language."""
    return ANSI.get(process.machine.locale, "cp1252")


def decode(process: Process, data: bytes) -> str:
    """Text of a file as Windows guesses it: UTF-16LE or UTF-8 by their marks, else the ANSI code page."""
    if data.startswith(BOM16):
        return data[2:].decode("utf-16-le", "replace")
    if data.startswith(BOM8):
        return data[3:].decode("utf-8", "replace")
    return data.decode(ansi(process), "replace")


def encode16(text: str) -> bytes:
    """UTF-16LE with its mark: what the system tools of NT 6.0 write into files."""
    return BOM16 + text.encode("utf-16-le")


# what the system puts for a sign that a code page lacks (WideCharToMultiByte "best fit"), as captures show
_BEST_FIT = {
    "®": "r",
    "™": "T",
    "©": "c",
    "\u00a0": " ",
    "–": "-",
    "\u201e": '"',
    "\u201c": '"',
    "\u201d": '"',
    "…": ".",
}


def best_fit(process: Process, text: str) -> str:
    """The text with what the console's code page lacks replaced by its nearest letter."""

    def fitted(character: str) -> str:
        try:
            character.encode(process.codepage)
        except UnicodeEncodeError:
            return _BEST_FIT.get(character, character)
        return character

    return text if text.isascii() else "".join(map(fitted, text))


def read_answer(process: Process) -> str:
    """One line typed at a prompt; empty at the end of the input."""
    return process.stdin.readline().decode(process.codepage, "replace").strip()


def confirmed(process: Process, yes: str) -> bool:
    """Whether the next answer begins like the language's word for yes."""
    answer = read_answer(process).casefold()
    return bool(answer) and yes.casefold().startswith(answer)


@dataclass(frozen=True)
class Column:
    """One column of a console table: its heading and its width in characters."""

    title: str
    width: int
    right: bool = False

    def fit(self, text: str) -> str:
        """The text cut and padded to the width, as the /fo table printers do."""
        cut = text[: self.width]
        return cut.rjust(self.width) if self.right else cut.ljust(self.width)


def table(columns: Sequence[Column], rows: Iterable[Sequence[str]], heading: bool = True) -> list[str]:
    """Lines of the table that tasklist, schtasks and driverquery share: blank line, titles, ``====``, rows."""
    result = []
    if heading:
        result += [
            "",
            " ".join(c.fit(c.title) if not c.right else c.title.rjust(c.width) for c in columns),
            " ".join("=" * c.width for c in columns),
        ]
    result += [" ".join(c.fit(text) for c, text in zip(columns, row, strict=True)) for row in rows]
    return result


def csv_line(fields: Iterable[str]) -> str:
    """One line of ``/fo csv``: every field quoted."""
    return ",".join('"{}"'.format(field.replace('"', '""')) for field in fields)


def option_map(process: Process, arguments: Sequence[str], with_value: Mapping[str, bool]) -> dict[str, str] | str:
    """Read ``/name [value]`` switches; the offending argument as text when one is unknown, doubled or bare.

    `with_value` maps the lower-case switch (without its slash) to whether a value follows.
    """
    found: dict[str, str] = {}
    index = 0
    while index < len(arguments):
        argument = arguments[index]
        name = argument[1:].casefold() if argument[:1] in "/-" and argument else ""
        if name not in with_value or name in found:
            return argument
        if not with_value[name]:
            found[name] = ""
            index += 1
            continue
        if index + 1 >= len(arguments):
            return argument
        found[name] = arguments[index + 1]
        index += 2
    return found


def short_date(process: Process, moment: datetime) -> str:
    """A date in the language's short form."""
    if process.machine.locale == "en-US":
        return f"{moment.month}/{moment.day}/{moment.year}"
    return f"{moment.day:02}.{moment.month:02}.{moment.year}"


def clock_time(process: Process, moment: datetime) -> str:
    """A time of day in the language's long form."""
    if process.machine.locale == "en-US":
        hour = moment.hour % 12 or 12
        return f"{hour}:{moment.minute:02}:{moment.second:02} {'AM' if moment.hour < 12 else 'PM'}"
    if process.machine.locale == "ru-RU":
        return f"{moment.hour}:{moment.minute:02}:{moment.second:02}"
    return f"{moment.hour:02}:{moment.minute:02}:{moment.second:02}"


def grouped(process: Process, number: int) -> str:
    """A whole number with the language's thousands mark (the Russian one is a no-break space)."""
    mark = {"de-DE": ".", "ru-RU": "\u00a0"}.get(process.machine.locale, ",")
    return f"{number:,}".replace(",", mark)


def signed(code: int) -> int:
    """An HRESULT as the exit code that ``%errorlevel%`` shows: a signed 32-bit number."""
    return code - (1 << 32) if code & 0x80000000 else code
