# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings that a snapshot does not hold as place, name and value (private to this collection); pure.

Each kind has a function that finds a setting in its answer, and one that returns the answer with another value there:
adapters are rows of WMI, listeners rows of winrm, the members of a group a list of names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._change.values import Change, Kind, Value, canonical
from .._console import netbios, winrm

ADAPTERS = f"wmi:{netbios.CLASS}"
MEMBER = "member"


@dataclass(frozen=True)
class Room:
    """Where a kind is in a snapshot, and how a setting is read from and put into that answer."""

    answer: str
    find: Callable[[Any, str, str], Value | None]
    put: Callable[[Any, Change], Any]
    empty: Any


def _adapter(rows: Sequence[Mapping[str, Any]], key: str, name: str) -> Value | None:
    for row in rows:
        if _same(row.get(netbios.KEY), key) and str(row.get(name) or "").isdecimal():
            return Value("NUMBER", int(str(row[name])))
    return None


def _with_adapter(rows: Sequence[Mapping[str, Any]], change: Change) -> list[dict[str, Any]]:
    data = None if change.after is None else str(change.after.data)
    return [{**row, change.name: data} if _same(row.get(netbios.KEY), change.key) else dict(row) for row in rows]


def _listener(rows: Sequence[Mapping[str, str]], key: str, _name: str) -> Value | None:
    """Of two with the same address and transport the one without a source is the machine's own."""
    for row in rows:
        if _is_own(row, key):
            return Value("TEXT", winrm.listener_words(row))
    return None


def _is_own(row: Mapping[str, str], key: str) -> bool:
    return canonical(winrm.selector(row)) == canonical(key) and not row.get(winrm.SOURCE)


def _with_listener(rows: Sequence[Mapping[str, str]], change: Change) -> list[dict[str, str]]:
    others = [dict(row) for row in rows if not _is_own(row, change.key)]
    return others if change.after is None else [*others, winrm.listener_of(change.key, str(change.after.data))]


def _member(groups: Mapping[str, Sequence[str]], key: str, name: str) -> Value | None:
    return Value("TEXT", MEMBER) if any(_same(one, name) for one in groups.get(key, ())) else None


def _with_member(groups: Mapping[str, Sequence[str]], change: Change) -> dict[str, list[str]]:
    others = [one for one in groups.get(change.key, ()) if not _same(one, change.name)]
    return {**groups, change.key: others if change.after is None else [*others, change.name]}  # type: ignore[dict-item]


def _same(one: object, other: str) -> bool:
    return str(one or "").casefold() == other.casefold()


ROOMS: Mapping[Kind, Room] = {
    Kind.NETBIOS: Room(ADAPTERS, _adapter, _with_adapter, ()),
    Kind.LISTENER: Room("winrm_listeners", _listener, _with_listener, ()),
    Kind.MEMBER: Room("groups", _member, _with_member, {}),
}
