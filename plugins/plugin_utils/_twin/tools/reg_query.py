# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``REG QUERY`` of NT 6.0 (private to this collection).

Layout after published captures: a blank line, the key, four blanks before the name, the type and the
data. A search ends with a line that counts the matches and fails (1) when there is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..registry import RegValue
from .reg_base import (
    INVALID_SYNTAX,
    NOT_FOUND,
    TYPES,
    Key,
    Refused,
    find_key,
    may_read,
    need,
    shown_data,
    shown_name,
    switches,
)
from .texts import Text

if TYPE_CHECKING:
    from ..process import Process

NOT_SET = Text("(value not set)", "(Wert nicht festgelegt)", "(значение не присвоено)")
SEARCH_END = Text(
    "End of search: {0} match(es) found.",
    "Ende der Suche: {0} Übereinstimmung(en) gefunden.",
    "Конец поиска: найдено совпадений: {0}.",
)


@dataclass(frozen=True)
class _Search:
    """What `reg query` shall show of each key."""

    pattern: str | None
    names_only: bool
    keys: bool
    names: bool
    data: bool
    exact: bool
    case: bool
    kinds: tuple[str, ...]

    @property
    def counts(self) -> bool:
        """A search ends with a line that counts the matches."""
        return self.pattern is not None

    def hit(self, text: str) -> bool:
        """Whether a text matches; ``*`` and ``?`` are wildcards on NT 6.0."""
        flags = 0 if self.case else re.IGNORECASE
        wild = re.escape(self.pattern or "").replace(r"\*", ".*").replace(r"\?", ".")
        finder = re.fullmatch if self.exact else re.search
        return finder(wild, text, flags | re.DOTALL) is not None


def _search_of(process: Process, given: dict[str, str]) -> _Search:
    kinds: tuple[str, ...] = ()
    if "/t" in given:
        kinds = tuple(kind.strip().upper() for kind in given["/t"].split(","))
        if any(kind not in TYPES for kind in kinds):
            raise Refused(INVALID_SYNTAX(process, "QUERY "))
    pattern = given.get("/f")
    bare_v = "/v" in given and not given["/v"]
    if (pattern is None) and (bare_v or given.keys() & {"/k", "/d", "/c", "/e"}):
        raise Refused(INVALID_SYNTAX(process, "QUERY "))
    chosen = bool(given.keys() & {"/k", "/d"}) or bare_v
    return _Search(
        pattern=pattern,
        names_only=bare_v,
        keys="/k" in given or not chosen,
        names=bare_v or not chosen,
        data="/d" in given or not chosen,
        exact="/e" in given,
        case="/c" in given,
        kinds=kinds,
    )


def _say_value(process: Process, name: str, value: RegValue) -> None:
    process.say(f"    {shown_name(process, name)}    {value.type}    {shown_data(value)}")


def query(process: Process, arguments: Sequence[str]) -> int:
    """``REG QUERY``: one key, one value, everything below, or a search."""
    if not arguments:
        raise Refused(INVALID_SYNTAX(process, "QUERY "))
    allowed = {"/v": 2, "/ve": 0, "/s": 0, "/f": 1, "/k": 0, "/d": 0, "/c": 0, "/e": 0, "/t": 1, "/z": 0, "/se": 1}
    given = switches(process, arguments[1:], allowed, "QUERY")
    if "/v" in given and "/ve" in given:
        raise Refused(INVALID_SYNTAX(process, "QUERY "))
    search = _search_of(process, given)
    key = need(process, find_key(process, arguments[0], "QUERY"))
    name = given["/v"] if given.get("/v") else "" if "/ve" in given else None
    if name is not None and "/s" not in given and not search.counts:
        return _query_value(process, key, name)
    if name is not None or search.counts or search.kinds:
        return _query_search(process, key, name, search, deep="/s" in given)
    process.say()
    _query_key(process, key, deep="/s" in given)
    return 0


def _query_value(process: Process, key: Key, name: str) -> int:
    value = process.machine.registry.get(key.real, name)
    if value is None and name:
        raise Refused(NOT_FOUND(process))
    process.say()
    process.say(key.shown)
    _say_value(process, name, value or RegValue("REG_SZ", NOT_SET(process)))
    process.say()
    return 0


def _query_key(process: Process, key: Key, deep: bool) -> None:
    registry = process.machine.registry
    values = registry.values(key.real) or {}
    # A plain query names the key only above values (published captures); a deep one names every key
    # it comes by - the latter is a reconstruction from memory of Schannel listings.
    if values or deep:
        process.say(key.shown)
        for name, value in _ordered(values):
            _say_value(process, name, value)
        process.say()
    for child in registry.subkeys(key.real) or []:
        if not deep:
            process.say(key.below(child).shown)
        elif may_read(process, key.below(child)):
            _query_key(process, key.below(child), deep=True)


def _ordered(values: dict[str, RegValue]) -> list[tuple[str, RegValue]]:
    return sorted(values.items(), key=lambda item: item[0] != "")


def _query_search(process: Process, key: Key, name: str | None, search: _Search, deep: bool) -> int:
    process.say()
    matches = _search_key(process, key, name, search, deep, top=True)
    process.say(SEARCH_END(process, matches))
    return 0 if matches else 1


def _search_key(process: Process, key: Key, name: str | None, search: _Search, deep: bool, top: bool) -> int:
    registry = process.machine.registry
    hits = [(n, v) for n, v in _ordered(registry.values(key.real) or {}) if _wanted(process, n, v, name, search)]
    leaf = key.shown.rpartition("\\")[2]
    named = search.counts and search.keys and name is None and not top and not search.kinds and search.hit(leaf)
    if hits or named:
        process.say(key.shown)
        for found, value in hits:
            _say_value(process, found, value)
        process.say()
    count = len(hits) + named
    for child in registry.subkeys(key.real) or []:
        below = key.below(child)
        if deep and may_read(process, below):
            count += _search_key(process, below, name, search, deep, top=False)
        elif not deep and search.counts and search.keys and name is None and search.hit(child):
            process.say(below.shown)
            count += 1
    return count


def _wanted(process: Process, found: str, value: RegValue, name: str | None, search: _Search) -> bool:
    if name is not None and found.casefold() != name.casefold():
        return False
    if search.kinds and value.type not in search.kinds:
        return False
    if not search.counts:
        return True
    return (search.names and name is None and search.hit(shown_name(process, found))) or (
        search.data and search.hit(shown_data(value))
    )
