# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`reg query`: the question and the reader of its answer (private to this collection).

reg.exe on NT 6.0 writes a key as a line of its own and each value as four blanks, name, four blanks,
type, four blanks, data. Names hold blanks and colons ("Inno Setup: Icon Group"); REG_MULTI_SZ is joined
by a literal ``\\0``; the unnamed value carries a translated name in parentheses; text may hold line breaks.
reg.exe ends with 1 both for a key that is not there and for one that may not be read, and words the
difference in the language of the system. `NO_SUCH_KEY` is a key that exists nowhere: what reg.exe says about it
is, word for word, what it says about any key that is absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .command import Reply, quote
from .text import ConsoleError, UnknownLine, is_prompt, split_lines

RegistryData = int | str | list[str]
NO_SUCH_KEY = r"HKLM\SOFTWARE\sunset.ws2008.no.such.key"

_HIVES = {
    "HKEY_LOCAL_MACHINE": "HKLM",
    "HKEY_CURRENT_USER": "HKCU",
    "HKEY_CLASSES_ROOT": "HKCR",
    "HKEY_USERS": "HKU",
    "HKEY_CURRENT_CONFIG": "HKCC",
}
_SHORT = frozenset(_HIVES.values())
_TYPES = (
    "REG_SZ|REG_EXPAND_SZ|REG_MULTI_SZ|REG_DWORD_BIG_ENDIAN|REG_DWORD|REG_QWORD|REG_BINARY|REG_NONE|REG_LINK"
    "|REG_RESOURCE_LIST|REG_FULL_RESOURCE_DESCRIPTOR|REG_RESOURCE_REQUIREMENTS_LIST"
)
_TEXT_TYPES = ("REG_SZ", "REG_EXPAND_SZ", "REG_MULTI_SZ", "REG_LINK")
_NUMBER_TYPES = ("REG_DWORD", "REG_QWORD", "REG_DWORD_BIG_ENDIAN")
_KEY = re.compile(r"^HKEY_[A-Z_]+(?:\\.*)?$")
_VALUE = re.compile(rf"^(?: {{4}}|\t)(.*?)(?: {{4}}|\t)({_TYPES})(?:(?: {{4}}|\t)([\s\S]*))?$")
_UNNAMED = re.compile(r"^(?:\(.*\)|<.*>)$")
_HEADER = "! REG.EXE VERSION"


@dataclass(frozen=True)
class Value:
    """One registry value. `data` is an int, text, a list of texts, or lower-case hexadecimal for bytes."""

    type: str
    data: RegistryData

    def as_dict(self) -> dict[str, object]:
        """Return the shape that a snapshot carries."""
        return {"type": self.type, "data": self.data}


class KeyDenied(ConsoleError):
    """The key is there or not: reg.exe would not say. The message carries its words."""


def canonical(key: str) -> str:
    r"""Return a key with its hive short and in capitals and without a final backslash: ``HKLM\SOFTWARE\X``.

    Raises `ConsoleError` when the first part is no hive.
    """
    hive, _separator, rest = key.strip().rstrip("\\").partition("\\")
    short = _HIVES.get(hive.upper(), hive.upper())
    if short not in _SHORT:
        raise ConsoleError(f"a registry key starts with HKLM, HKCU, HKCR, HKU or HKCC; this one does not: {key!r}")
    return f"{short}\\{rest}" if rest else short


def query(key: str, value: str | None = None, subtree: bool = False) -> str:
    """Return the line that asks for a key, for one of its values, or with `subtree` for all below it."""
    line = f"reg query {quote(canonical(key))}"
    if value is not None:
        line += f" /v {quote(value)}" if value else " /ve"
    if subtree:
        line += " /s"
    return line + " 2>&1"


def parse(text: str, search: bool = False) -> dict[str, dict[str, Value]]:
    """Read ``reg query`` output into keys (canonical, in their order) and values; the unnamed value is ``""``.

    `search` allows the translated count line with which ``/f`` and ``/s /v`` end. Lines before the first key
    belong to key ``""`` (a search printed through ``find``). Raises `UnknownLine` for anything else.
    """
    keys: dict[str, dict[str, Value]] = {}
    current = ""
    for line, last in _logical_lines(text, search):
        if _KEY.match(line):
            current = canonical(line)
            keys.setdefault(current, {})
            continue
        match = _VALUE.match(line)
        if match is None:
            if search and last and re.search(r"\d", line):
                break
            raise UnknownLine("reg query", line)
        values = keys.setdefault(current, {})
        values[_name(match[1], values)] = Value(match[2], _data(match[2], match[3] or "", line))
    return keys


def read_key(key: str, reply: Reply, absent: str | None) -> dict[str, Value] | None:
    """Read the answer about one key: its values, or None when it is not there.

    `absent` is reg.exe's text about `NO_SUCH_KEY`. Raises `KeyDenied` when the failure reads differently, and
    when there is nothing to compare it with.
    """
    if reply.rc == 0:
        keys = parse(reply.text)
        return next((values for name, values in keys.items() if name.casefold() == canonical(key).casefold()), {})
    if absent is not None and _words(reply.text) == _words(absent):
        return None
    said = _words(reply.text) or "nothing"
    raise KeyDenied(f"reg.exe ended with {reply.rc} for {canonical(key)} and said: {said[:200]}")


def _words(text: str) -> str:
    return " ".join(text.split())


def _logical_lines(text: str, search: bool) -> Iterator[tuple[str, bool]]:
    """Yield lines with the broken ones of text values joined again, and whether a line is the last one."""
    joined: list[str] = []
    blanks = 0
    for line in split_lines(text):
        if is_prompt(line) or line.startswith(_HEADER):
            continue
        if not line.strip(" \t"):
            blanks += 1
            continue
        known = _KEY.match(line) or _VALUE.match(line) or (search and _ends_search(line, blanks))
        if joined and not known:
            match = _VALUE.match(joined[-1].split("\n", 1)[0])
            if match and match[2] in _TEXT_TYPES:
                joined[-1] += "\n" * (blanks + 1) + line
                blanks = 0
                continue
        joined.append(line)
        blanks = 0
    for number, line in enumerate(joined, 1):
        yield line, number == len(joined)


def _ends_search(line: str, blanks: int) -> bool:
    """Recognise the count line of a search in any language: set off by a blank line, not indented, one number."""
    return blanks > 0 and not line.startswith((" ", "\t")) and len(re.findall(r"\d+", line)) == 1


def _name(printed: str, seen: dict[str, Value]) -> str:
    return "" if _UNNAMED.match(printed) and "" not in seen else printed


def _data(kind: str, printed: str, line: str) -> RegistryData:
    if kind in _NUMBER_TYPES:
        try:
            return int(printed.strip(), 0)
        except ValueError:
            raise UnknownLine("reg query", line) from None
    if kind == "REG_MULTI_SZ":
        return printed.removesuffix("\\0").removesuffix("\\0").split("\\0") if printed else []
    if kind in ("REG_SZ", "REG_EXPAND_SZ", "REG_LINK"):
        return printed
    if not re.fullmatch(r"(?:[0-9A-Fa-f]{2})*", printed.strip()):
        raise UnknownLine("reg query", line)
    return printed.strip().lower()
