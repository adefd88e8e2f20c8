# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Managed object format, as ``wmic ... call`` prints what a method returned (private to this collection).

What wmic says around it is translated; the text of an object never is. An object may stand in a property of another,
and lists of objects may: blanks and line ends mean nothing between the words ([DMTF] DSP0004, instance declarations).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .text import ConsoleError

_BEGIN = re.compile(r"\binstance\s+of\s+__PARAMETERS\b")
_TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|(-?\d+)|([A-Za-z_][A-Za-z0-9_]*)|([{}=;,]))', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_CONSTANTS = {"TRUE": True, "FALSE": False, "NULL": None}
_DEEPEST = 12


class Instance(dict[str, object]):
    """The properties of one object, as they are spelled; `class_name` is its class."""

    def __init__(self, class_name: str) -> None:
        super().__init__()
        self.class_name = class_name


def parse_parameters(text: str) -> Instance:
    """Read what a method returned; `ConsoleError` for a text that holds no such object, or a broken one."""
    begin = _BEGIN.search(text)
    if begin is None:
        said = " ".join(text.split())[:200] or "nothing"
        raise ConsoleError(f"wmic called no method, it said: {said}")
    return _Reader(text[begin.start() :]).instance(0)


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = self._cut(text)
        self._next = next(self._tokens, "")

    @staticmethod
    def _cut(text: str) -> Iterator[str]:
        position = 0
        while match := _TOKEN.match(text, position):
            yield match[1] or match[2] or match[3] or match[4]
            position = match.end()

    def _take(self, wanted: str = "") -> str:
        token = self._next
        if not token or (wanted and token.casefold() != wanted):
            raise ConsoleError(f"wmic printed an object that breaks off: {wanted or 'a value'} is missing at {token!r}")
        self._next = next(self._tokens, "")
        return token

    def instance(self, depth: int) -> Instance:
        """Read ``instance of X { name = value; ... }``; semicolons end a property, and more of them mean nothing."""
        self._take("instance")
        self._take("of")
        found = Instance(self._take())
        self._take("{")
        while self._next != "}":
            name = self._take()
            self._take("=")
            found[name] = self._value(depth + 1)
            while self._next == ";":
                self._take()
        self._take("}")
        return found

    def _value(self, depth: int) -> object:
        if depth > _DEEPEST:
            raise ConsoleError("wmic printed objects in objects, deeper than any that Windows has")
        token = self._next
        if token.casefold() == "instance":
            return self.instance(depth)
        if token == "{":
            return self._list(depth)
        self._take()
        if token.startswith('"'):
            return _ESCAPED.sub(r"\1", token[1:-1])
        if token.lstrip("-").isdigit():
            return int(token) if len(token) < 24 else token
        if token.upper() in _CONSTANTS:
            return _CONSTANTS[token.upper()]
        raise ConsoleError(f"wmic printed a value that is none: {token[:80]!r}")

    def _list(self, depth: int) -> list[object]:
        self._take("{")
        found: list[object] = []
        while self._next != "}":
            found.append(self._value(depth + 1))
            while self._next in (",", ";"):
                self._take()
        self._take("}")
        return found
