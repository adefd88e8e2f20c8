# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a record allows on an access list, and what of a list is beyond that (private to this collection); pure.

Only entries that allow something can be too much. One that came from above is not changed below, and one of
TrustedInstaller is not changed at all: it is how Windows services itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..._console import sddl
from ..._console.sddl import Acl, Entry

TRUSTED_INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
_NOBODYS = ("S-1-3-0", "S-1-3-4")  # whoever made a thing below: no account by itself
_ALL, _EXECUTE, _WRITE, _READ = 0x10000000, 0x20000000, 0x40000000, 0x80000000
_GENERIC = _ALL | _EXECUTE | _WRITE | _READ
_APPEND = 0x4


@dataclass(frozen=True)
class Rights:
    """Bits of one kind of object (winnt.h): what writes, and what the generic rights stand for, as in its mapping."""

    writing: int
    generic: Mapping[int, int]

    def plain(self, mask: int) -> int:
        """Return rights without the generic ones."""
        found = mask & ~_GENERIC
        for bit, meant in self.generic.items():
            found |= meant if mask & bit else 0
        return found


# FILE_WRITE_DATA, _APPEND_DATA, _WRITE_EA, _DELETE_CHILD, _WRITE_ATTRIBUTES, DELETE, WRITE_DAC, WRITE_OWNER.
OF_FILES = Rights(0xD0156, {_ALL: 0x1F01FF, _EXECUTE: 0x1200A0, _WRITE: 0x120116, _READ: 0x120089})
# KEY_SET_VALUE, _CREATE_SUB_KEY, _CREATE_LINK, DELETE, WRITE_DAC, WRITE_OWNER.
OF_KEYS = Rights(0xD0026, {_ALL: 0xF003F, _EXECUTE: 0x20019, _WRITE: 0x20006, _READ: 0x20019})


@dataclass(frozen=True)
class Rule:
    """What a record allows."""

    operator: str
    sids: tuple[str, ...]
    rights: Rights
    limits: Mapping[str, int] | None = None

    @classmethod
    def of(cls, settings: Mapping[str, Any], rights: Rights) -> Rule:
        """Read a record; `ConsoleError` for a list that is none. Nobody may hold more than its own list gives."""
        limits: dict[str, int] | None = None
        if "sddl" in settings:
            limits = {}
            for entry in sddl.parse(settings["sddl"]):
                limits[entry.sid] = limits.get(entry.sid, 0) | rights.plain(entry.mask)
        return cls(settings["operator"], tuple(settings["sids"]), rights, limits)

    def beyond(self, entry: Entry, root: bool = False) -> int:
        """Return the bits that are too much. In the `root` of a drive users may make folders, as Windows comes."""
        if not entry.allowed or entry.sid in _NOBODYS or (root and entry.only_below):
            return 0
        mask = self.rights.plain(entry.mask)
        writing = mask & self.rights.writing & ~(_APPEND if root else 0)
        if self.limits is not None:
            return mask & ~self.limits.get(entry.sid, 0)
        if self.operator == "no_write_for":
            return writing if entry.sid in self.sids else 0
        if entry.sid in self.sids:
            return 0
        return mask if self.operator == "only" else writing

    def excess(self, acl: Acl, root: bool = False) -> Iterator[Entry]:
        """Yield the entries that allow too much."""
        return (one for one in acl.entries if self.beyond(one, root))

    def narrowed(self, acl: Acl, root: bool = False) -> Acl:
        """Return the list with nothing beyond; what allows nothing any more is gone, all else is as it was."""
        return replace(acl, entries=tuple(one for entry in acl.entries for one in self._narrowed(entry, root)))

    def _narrowed(self, entry: Entry, root: bool) -> tuple[Entry, ...]:
        beyond = self.beyond(entry, root)
        if not beyond:
            return (entry,)
        left = self.rights.plain(entry.mask) & ~beyond
        return (replace(entry, mask=left),) if left else ()

    def wants(self) -> str:
        """Return what is wanted in words."""
        says = {
            "only": "nobody beside {} holds anything",
            "write_only": "nobody beside {} may write",
            "no_write_for": "none of {} may write",
        }
        return says[self.operator].format(", ".join(self.sids))


def obstacle(rule: Rule, place: str, text: str, root: bool = False) -> str:
    """Return why a list is not narrowed from here, "" where it can be."""
    if text == sddl.NO_LIST:
        return f"{place} has no access list at all, so that everybody may do everything: give it one by hand"
    for entry in rule.excess(sddl.read(text), root):
        if entry.inherited:
            return f"what {entry.sid} may do on {place} comes from what is above it: take it away there, by hand"
        if entry.sid == TRUSTED_INSTALLER:
            return f"{place} belongs to TrustedInstaller, which is Windows itself: look at it by hand"
    return ""
