# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The WQL that data queries use (private to this collection): parse once, test rows.

``select <columns|*> from <class> [where <condition>]`` with and, or, not, parentheses, ``= <> != < >
<= >=``, like, is [not] null, single or double quotes, backslash escapes. Everything else of WQL (schema
and event queries, associators) is answered as an invalid query.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

Row = Mapping[str, object]
Literal = str | int | float | bool | None
Test = Callable[[Row], "bool"]


class QueryError(ValueError):
    """The text is no WQL data query."""


@dataclass(frozen=True)
class Query:
    """A parsed query; `columns` is None for ``*``, `properties` are all names the condition uses."""

    class_name: str
    columns: tuple[str, ...] | None
    properties: tuple[str, ...]
    test: Test


_TOKEN = re.compile(
    r"""\s*(?:
    (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|
    (?P<number>[+-]?(?:0x[0-9A-Fa-f]+|\d+(?:\.\d+)?))(?![\w.])|
    (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_]\w*)*)|
    (?P<sign><>|!=|<=|>=|=|<|>|\(|\)|,|\*)
    )""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str

    @property
    def word(self) -> str:
        return self.text.lower() if self.kind == "name" else ""


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise QueryError(f"WQL does not know what begins at {text[position:][:20]!r}")
        kind = match.lastgroup or ""
        found.append(_Token(kind, match[kind]))
        position = match.end()
    return found


def unquote(text: str) -> str:
    """Return what a quoted WQL string means: a backslash takes the next character as it is."""
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self.properties: list[str] = []

    def _peek(self) -> _Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else _Token("end", "")

    def _next(self) -> _Token:
        token = self._peek()
        self._at += 1
        return token

    def _expect(self, word: str) -> None:
        token = self._next()
        if token.word != word and token.text != word:
            raise QueryError(f"WQL expects {word} where {token.text!r} stands")

    def _name(self) -> str:
        token = self._next()
        if token.kind != "name":
            raise QueryError(f"WQL expects a name where {token.text!r} stands")
        return token.text

    def query(self) -> Query:
        self._expect("select")
        columns: tuple[str, ...] | None = None
        if self._peek().text == "*":
            self._next()
        else:
            names = [self._name()]
            while self._peek().text == ",":
                self._next()
                names.append(self._name())
            columns = tuple(names)
        self._expect("from")
        class_name = self._name()
        test: Test = lambda row: True  # noqa: E731
        if self._peek().word == "where":
            self._next()
            test = self._or()
        if self._peek().kind != "end":
            raise QueryError(f"WQL does not expect {self._peek().text!r} here")
        return Query(class_name, columns, tuple(self.properties), test)

    def _or(self) -> Test:
        tests = [self._and()]
        while self._peek().word == "or":
            self._next()
            tests.append(self._and())
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def _and(self) -> Test:
        tests = [self._not()]
        while self._peek().word == "and":
            self._next()
            tests.append(self._not())
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def _not(self) -> Test:
        if self._peek().word == "not":
            self._next()
            inner = self._not()
            return lambda row: not inner(row)
        if self._peek().text == "(":
            self._next()
            inner = self._or()
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Test:
        left = self._peek()
        if left.kind in ("string", "number"):  # a literal may stand on the left: 3 = DriveType
            self._next()
            sign = self._next()
            if sign.kind != "sign" or sign.text in "(),*":
                raise QueryError(f"WQL expects a comparison where {sign.text!r} stands")
            name = self._name()
            self.properties.append(name)
            turned = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(sign.text, sign.text)
            return _comparison(name, turned, _literal(left))
        name = self._name()
        self.properties.append(name)
        sign = self._next()
        if sign.word == "like":
            token = self._next()
            if token.kind != "string":
                raise QueryError("LIKE wants a quoted pattern")
            return _like(name, unquote(token.text))
        if sign.word == "is":
            negate = self._peek().word == "not"
            if negate:
                self._next()
            self._expect("null")
            return lambda row: (row.get(name.lower()) is None) != negate
        if sign.kind != "sign" or sign.text in "(),*":
            raise QueryError(f"WQL expects a comparison where {sign.text!r} stands")
        return _comparison(name, sign.text, _literal(self._next()))


def _literal(token: _Token) -> Literal:
    if token.kind == "string":
        return unquote(token.text)
    if token.kind == "number":
        return float(token.text) if "." in token.text else int(token.text, 0 if "x" in token.text.lower() else 10)
    if token.word in ("true", "false"):
        return token.word == "true"
    if token.word == "null":
        return None
    raise QueryError(f"WQL expects a value where {token.text!r} stands")


def parse_datetime(text: str) -> datetime | None:
    """Return a DMTF moment (``yyyymmddHHMMSS.mmmmmm+UUU``), None for a text that is none."""
    match = re.fullmatch(r"(\d{14})\.(\d{6})([+-]\d{3})", text)
    if match is None:
        return None
    zone = timezone(timedelta(minutes=int(match[3])))
    return datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(microsecond=int(match[2]), tzinfo=zone)


def _pair(value: object, literal: Literal) -> tuple[object, object] | None:
    """Bring a property and a literal to one type as WMI does; None when that cannot be."""
    if isinstance(value, bool):
        words: dict[object, bool] = {"true": True, "false": False, "1": True, "0": False, 1: True, 0: False}
        wanted = words.get(literal.lower() if isinstance(literal, str) else literal)
        return None if wanted is None else (value, wanted)
    if isinstance(value, int):
        if isinstance(literal, str):
            return (value, int(literal)) if re.fullmatch(r"[+-]?\d+", literal.strip()) else None
        return (value, literal) if isinstance(literal, int | float) else None
    if isinstance(value, datetime):
        moment = parse_datetime(literal) if isinstance(literal, str) else None
        return None if moment is None else (value, moment)
    if isinstance(value, str):
        text = str(literal).upper() if isinstance(literal, bool) else str(literal)
        return value.casefold(), text.casefold()
    return None


def _comparison(name: str, sign: str, literal: Literal) -> Test:
    key = name.lower()

    def test(row: Row) -> bool:
        value = row.get(key)
        if literal is None:
            return (value is None) == (sign == "=") and sign in ("=", "<>", "!=")
        if value is None:
            return False
        pair = _pair(value, literal)
        if pair is None:
            return False
        left, right = pair
        if sign == "=":
            return left == right
        if sign in ("<>", "!="):
            return left != right
        below = left < right  # type: ignore[operator]
        if sign == "<":
            return bool(below)
        if sign == ">=":
            return not below
        return (
            (left == right)
            if sign == "<=" and not below
            else bool(below)
            if sign == "<="
            else not below and left != right
        )

    return test


def like_pattern(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a LIKE pattern: ``%``, ``_``, ``[set]``, ``[^set]``, ranges with = or -."""
    parts: list[str] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        end = pattern.find("]", position + 2) if character == "[" else -1
        if character == "%":
            parts.append(".*")
        elif character == "_":
            parts.append(".")
        elif end > 0:
            body = pattern[position + 1 : end]
            negate = body.startswith("^")
            body = re.sub(r"(?<=.)=(?=.)", "-", body.lstrip("^")) if negate or "=" in body else body
            inner = body.replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
            parts.append(f"[{'^' if negate else ''}{inner}]")
            position = end
        else:
            parts.append(re.escape(character))
        position += 1
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def _like(name: str, pattern: str) -> Test:
    compiled, key = like_pattern(pattern), name.lower()

    def test(row: Row) -> bool:
        value = row.get(key)
        return isinstance(value, str) and compiled.fullmatch(value) is not None

    return test


def parse(text: str) -> Query:
    """Return the query; raises `QueryError`. `Query.test` takes rows whose keys are lower case."""
    try:
        return _Parser(text).query()
    except re.error as error:
        raise QueryError(f"bad LIKE pattern: {error}") from None
