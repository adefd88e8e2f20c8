# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values of settings, and one reversible alteration of one of them (private to this collection).

A registry value is compared with its type: programs on NT 6.0 that ask for a DWORD do not see the text "1". Settings
that live elsewhere have the same form, so that journal, plan and rollback need not know where; `Kind` says where.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._console import sddl
from .._target.session import TargetError

Data = int | str | tuple[str, ...]
# One registry key as the snapshot carries it: value name -> {"type": ..., "data": ...}; None: the key is not there.
Key = Mapping[str, Mapping[str, Any]] | None

INTEGER_TYPES = ("REG_DWORD", "REG_QWORD", "REG_DWORD_BIG_ENDIAN")
TEXT_TYPES = ("REG_SZ", "REG_EXPAND_SZ", "REG_LINK")
LIST_TYPES = ("REG_MULTI_SZ",)
# Those of settings outside of the registry: a number may be negative there (-1: never), accounts are SIDs or names.
PLAIN_TYPES = {"NUMBER": int, "TEXT": str, "SDDL": str, "ACCOUNTS": tuple}
HEX_TYPES = (
    "REG_BINARY",
    "REG_NONE",
    "REG_RESOURCE_LIST",
    "REG_FULL_RESOURCE_DESCRIPTOR",
    "REG_RESOURCE_REQUIREMENTS_LIST",
)


# Stands for a secret: that it is there is known, and what it is was not read. It can never be put back.
WITHHELD = "(a secret that was not read)"


class Kind(enum.Enum):
    """Where a setting lives, and so how it is written; the names are those of a journal."""

    REGISTRY = "registry_value"
    SERVICE = "service_start"
    STATE = "service_state"
    SECURITY = "security"
    AUDIT = "audit"
    WINRM = "winrm"
    FIREWALL = "firewall_rule"
    FILE_ACL = "file_acl"
    KEY_ACL = "registry_acl"
    BOOT = "boot_option"
    NETBIOS = "netbios"
    LISTENER = "winrm_listener"
    MEMBER = "group_member"
    RULE_STATE = "firewall_rule_state"


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
            return cls(str(kind), WITHHELD)
        if kind in INTEGER_TYPES and isinstance(data, int) and not isinstance(data, bool) and data >= 0:
            return cls(str(kind), data)
        if kind in LIST_TYPES and isinstance(data, (list, tuple)) and all(isinstance(one, str) for one in data):
            return cls(str(kind), tuple(data))
        if kind in (*TEXT_TYPES, *HEX_TYPES) and isinstance(data, str):
            return cls(str(kind), data.lower() if kind in HEX_TYPES else data)
        if kind in PLAIN_TYPES and not isinstance(data, bool):
            held = tuple(data) if isinstance(data, list) else data
            if isinstance(held, (int, str, tuple)) and isinstance(held, PLAIN_TYPES[str(kind)]):
                return cls(str(kind), held)
        what = "value" if kind in PLAIN_TYPES else "registry value"
        raise BadValue(f"a {what} of type {kind!r} cannot hold {data!r}")

    def plain(self) -> dict[str, Any]:
        """Return the snapshot's form."""
        return {"type": self.type, "data": list(self.data) if isinstance(self.data, tuple) else self.data}

    def __str__(self) -> str:
        if self.type in PLAIN_TYPES:
            return (", ".join(self.data) or "nobody") if isinstance(self.data, tuple) else str(self.data)
        if isinstance(self.data, tuple):
            return f"{self.type} [{', '.join(self.data)}]"
        return f'{self.type} "{self.data}"' if self.type in TEXT_TYPES else f"{self.type} {self.data}"


def shown(value: Value | None) -> str:
    """Return a value, or its absence, in words."""
    return "absent" if value is None else str(value)


def same(one: Value | None, other: Value | None) -> bool:
    """Tell whether two values are the same; accounts come in any order and any case, and nobody is as good as none.

    Access lists are the same when all of their entries are, in their order, however they are spelled.
    """
    if one is not None and other is not None and one.type == other.type == "SDDL":
        return sddl.same(str(one.data), str(other.data))
    if any(value is not None and value.type == "ACCOUNTS" for value in (one, other)):
        return _accounts(one) == _accounts(other)
    return one == other


def _accounts(value: Value | None) -> set[str]:
    return {one.casefold() for one in value.data} if value is not None and isinstance(value.data, tuple) else set()


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
    """One setting before and after; None means that it is not there.

    `key` and `name` are its place, in the words of its kind: registry key and value; section and name of a security
    template; path and name in WinRM. `profile` is the folder of a user whose hive may have to be loaded for it.
    """

    control: str
    key: str
    name: str
    before: Value | None
    after: Value | None
    kind: Kind = Kind.REGISTRY
    profile: str = ""

    @property
    def place(self) -> tuple[str, str, str]:
        """Return what tells two settings apart."""
        return self.kind.value, canonical(self.key), self.name.casefold()

    def plain(self) -> dict[str, Any]:
        """Return the journal's form."""
        return {
            "control": self.control,
            "kind": self.kind.value,
            "key": self.key,
            "name": self.name,
            "before": self.before.plain() if self.before else None,
            "after": self.after.plain() if self.after else None,
            **({"profile": self.profile} if self.profile else {}),
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Change:
        """Read the journal's form."""
        try:
            kind = Kind(plain.get("kind"))
        except ValueError as error:
            word = plain.get("kind")
            raise BadValue(f"the journal names a change of kind {word!r}, which this version cannot undo") from error
        before, after = plain["before"], plain["after"]
        return cls(
            control=plain["control"],
            key=plain["key"],
            name=plain["name"],
            before=Value.of(before) if before is not None else None,
            after=Value.of(after) if after is not None else None,
            kind=kind,
            profile=plain.get("profile", ""),
        )
