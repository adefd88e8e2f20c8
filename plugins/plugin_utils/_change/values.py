# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Registry values, and one reversible alteration of one of them (private to this collection).

A value is compared with its type: programs on NT 6.0 that ask for a DWORD do not see the text "1".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._target.session import TargetError

Data = int | str | tuple[str, ...]
# One registry key as the snapshot carries it: value name -> {"type": ..., "data": ...}; None: the key is not there.
Key = Mapping[str, Mapping[str, Any]] | None

INTEGER_TYPES = ("REG_DWORD", "REG_QWORD", "REG_DWORD_BIG_ENDIAN")
TEXT_TYPES = ("REG_SZ", "REG_EXPAND_SZ", "REG_LINK")
LIST_TYPES = ("REG_MULTI_SZ",)
HEX_TYPES = (
    "REG_BINARY",
    "REG_NONE",
    "REG_RESOURCE_LIST",
    "REG_FULL_RESOURCE_DESCRIPTOR",
    "REG_RESOURCE_REQUIREMENTS_LIST",
)


class BadValue(TargetError):
    """A registry value is not what its own type allows."""


@dataclass(frozen=True)
class Value:
    """A typed value.

    `data` is an int for the number types, a tuple for MULTI_SZ, lower-case hexadecimal text for BINARY, NONE and the
    resource types, and plain text for the rest.
    """

    type: str
    data: Data

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Value:
        """Read the snapshot's form; `BadValue` when type and data do not fit."""
        kind, data = plain.get("type"), plain.get("data")
        if plain.get("withheld"):
            raise BadValue(f"a registry value of type {kind} holds a secret and was not read")
        if kind in INTEGER_TYPES and isinstance(data, int) and not isinstance(data, bool) and data >= 0:
            return cls(str(kind), data)
        if kind in LIST_TYPES and isinstance(data, (list, tuple)) and all(isinstance(one, str) for one in data):
            return cls(str(kind), tuple(data))
        if kind in (*TEXT_TYPES, *HEX_TYPES) and isinstance(data, str):
            return cls(str(kind), data.lower() if kind in HEX_TYPES else data)
        raise BadValue(f"a registry value of type {kind!r} cannot hold {data!r}")

    def plain(self) -> dict[str, Any]:
        """Return the snapshot's form."""
        return {"type": self.type, "data": list(self.data) if isinstance(self.data, tuple) else self.data}

    def __str__(self) -> str:
        if isinstance(self.data, tuple):
            return f"{self.type} [{', '.join(self.data)}]"
        return f'{self.type} "{self.data}"' if self.type in TEXT_TYPES else f"{self.type} {self.data}"


def shown(value: Value | None) -> str:
    """Return a value, or its absence, in words."""
    return "absent" if value is None else str(value)


def canonical(key: str) -> str:
    """Return how a key is compared: the registry keeps case and ignores it."""
    return key.rstrip("\\").casefold()


def value_in(key: Key, name: str) -> Value | None:
    """Return one value of a key in the snapshot's form; value names ignore case."""
    for found, plain in (key or {}).items():
        if found.casefold() == name.casefold():
            return Value.of(plain)
    return None


@dataclass(frozen=True)
class Change:
    """One registry value before and after; None means that it is not there."""

    control: str
    key: str
    name: str
    before: Value | None
    after: Value | None

    KIND = "registry_value"

    def plain(self) -> dict[str, Any]:
        """Return the journal's form. `kind` leaves room for alterations that are not registry values."""
        return {
            "control": self.control,
            "kind": self.KIND,
            "key": self.key,
            "name": self.name,
            "before": self.before.plain() if self.before else None,
            "after": self.after.plain() if self.after else None,
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Change:
        """Read the journal's form."""
        if plain.get("kind") != cls.KIND:
            raise BadValue(f"the journal names a change of kind {plain.get('kind')!r}, which this version cannot undo")
        before, after = plain["before"], plain["after"]
        return cls(
            control=plain["control"],
            key=plain["key"],
            name=plain["name"],
            before=Value.of(before) if before is not None else None,
            after=Value.of(after) if after is not None else None,
        )
