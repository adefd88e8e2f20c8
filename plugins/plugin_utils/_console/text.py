# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Text as the consoles of NT 6.0 write it (private to this collection): lines, prompts, code pages.

Three habits of captured text decide what is in here. Lines end in CR LF, LF or CR CR LF (wmic through a
pipe), and never anywhere else: byte 0x85 is a letter in code page 850 and a line end to `str.splitlines`.
A capture may carry the prompt and the echoed command around it. And nothing says which code page it is in.
"""

from __future__ import annotations

import codecs
import csv
import re

_LINE_END = re.compile(r"\r*\n|\r+")
_PROMPT = re.compile(r"^[A-Za-z]:\\[^<>|\"?*]*>")
_BLANKS = " \t"


class ConsoleError(ValueError):
    """A console answer that is not in the format its command writes; the message carries the line."""


class UnknownLine(ConsoleError):
    """One line that the parser of `command` does not know."""

    def __init__(self, command: str, line: str) -> None:
        super().__init__(f"{command} answered a line that is not in its format: {line[:200]!r}")
        self.command = command
        self.line = line


def split_lines(text: str) -> list[str]:
    """Split at CR and LF in any mixture, and nowhere else; a final line end makes no empty last line."""
    lines = _LINE_END.split(text.removeprefix("\ufeff"))
    if lines and lines[-1] == "":
        lines.pop()
    return lines


def is_prompt(line: str) -> bool:
    r"""Tell whether a line is a cmd.exe prompt with or without an echoed command: ``C:\Users\x>reg query ...``."""
    return _PROMPT.match(line) is not None


def content(text: str) -> list[str]:
    """Return the lines that carry something: no blank lines, no prompts; trailing blanks are gone."""
    lines = (line.rstrip(_BLANKS) for line in split_lines(text))
    return [line for line in lines if line and not is_prompt(line)]


def decode(data: bytes, codepage: str | None = None) -> str:
    """Decode captured bytes: by their byte order mark, as bare UTF-16, as UTF-8, and last in `codepage`.

    `codepage` is an OEM code page number such as ``"850"``; None or an unknown one means 437. This never
    fails: a byte that the code page lacks becomes U+FFFD.
    """
    marked = _decode_by_mark(data)
    if marked is not None:
        return marked
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode(codec_of(codepage), "replace")


def csv_fields(line: str) -> list[str]:
    """Split one line of comma-separated, quoted values; an empty list for what is none."""
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return []


def is_unicode(data: bytes) -> bool:
    """Tell whether bytes are some UTF; False means that a code page has to be known to read them."""
    if _decode_by_mark(data) is not None:
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def codec_of(codepage: str | None) -> str:
    """Return Python's name of a Windows code page number, ``cp437`` where there is none."""
    for name in (f"cp{codepage}", f"windows-{codepage}"):
        try:
            return codecs.lookup(name).name
        except LookupError:
            continue
    return "cp437"


def _decode_by_mark(data: bytes) -> str | None:
    if data.startswith(codecs.BOM_UTF8):
        return data[len(codecs.BOM_UTF8) :].decode("utf-8", "replace")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    head = data[:512]
    if len(head) >= 4 and head.count(0) * 3 >= len(head):
        # UTF-16 whose mark was cut off: ASCII digits and blanks put a NUL on one side of every pair.
        little = head[1::2].count(0) >= head[0::2].count(0)
        return data.decode("utf-16-le" if little else "utf-16-be", "replace")
    return None
