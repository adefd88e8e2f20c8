# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Access lists of the twin (private to this collection): SDDL taken apart, and what a registry key inherits.

A key keeps its own entries as SDDL without the inherited ones, which come from the keys above it whenever somebody
looks: that is what Windows' automatic propagation makes of them (Win32 documentation: Automatic Propagation of
Inheritable ACEs; ACE Inheritance Rules).
"""

from __future__ import annotations

import hashlib
import re
import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .data_files import read_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from .files import FileSystem
    from .registry import Registry

CLASS = "__CLASS"
"""The property that says of what class an embedded object is."""
OBJECT, CONTAINER, NO_PROPAGATE, INHERIT_ONLY, INHERITED = 1, 2, 4, 8, 16
_FLAGS = (("OI", OBJECT), ("CI", CONTAINER), ("NP", NO_PROPAGATE), ("IO", INHERIT_ONLY), ("ID", INHERITED))
_CREATOR = ("S-1-3-0", "S-1-3-1")
SIDS = {
    "AU": "S-1-5-11",
    "BA": "S-1-5-32-544",
    "BG": "S-1-5-32-546",
    "BO": "S-1-5-32-551",
    "BU": "S-1-5-32-545",
    "CO": "S-1-3-0",
    "IU": "S-1-5-4",
    "LS": "S-1-5-19",
    "NS": "S-1-5-20",
    "NU": "S-1-5-2",
    "PU": "S-1-5-32-547",
    "SO": "S-1-5-32-549",
    "SY": "S-1-5-18",
    "WD": "S-1-1-0",
}
_RIGHTS = {
    "FA": 0x1F01FF,
    "FR": 0x120089,
    "FW": 0x120116,
    "FX": 0x1200A0,
    "KA": 0xF003F,
    "KR": 0x20019,
    "KW": 0x20006,
    "KX": 0x20019,
    "GA": 0x10000000,
    "GX": 0x20000000,
    "GW": 0x40000000,
    "GR": 0x80000000,
    "RC": 0x20000,
    "SD": 0x10000,
    "WD": 0x40000,
    "WO": 0x80000,
    "CC": 0x1,
    "DC": 0x2,
    "LC": 0x4,
    "SW": 0x8,
    "RP": 0x10,
    "WP": 0x20,
    "DT": 0x40,
    "LO": 0x80,
    "CR": 0x100,
}
# GENERIC_MAPPING of registry keys: what the generic rights of an entry become where it applies (winnt.h).
_GENERIC_OF_KEYS = {0x10000000: 0xF003F, 0x20000000: 0x20019, 0x40000000: 0x20006, 0x80000000: 0x20019}


class BadDescriptor(ValueError):
    """Text that Windows would not convert to a security descriptor."""


@dataclass(frozen=True)
class Entry:
    """One access control entry; `flags` are the bits of AceFlags."""

    sid: str
    flags: int
    mask: int
    deny: bool = False


@dataclass(frozen=True)
class Descriptor:
    """A discretionary list; `entries` None is the list that is not there, which lets everybody do everything."""

    entries: tuple[Entry, ...] | None
    protected: bool = False

    def own(self) -> Descriptor:
        """Return it without what is inherited."""
        kept = None if self.entries is None else tuple(one for one in self.entries if not one.flags & INHERITED)
        return Descriptor(kept, self.protected)


def parse(text: str) -> Descriptor:
    """Read the discretionary list of an SDDL text; raises `BadDescriptor`."""
    match = re.fullmatch(r"(?:O:[^:()]+)?(?:G:[^:()]+)?D:(NO_ACCESS_CONTROL|[A-Z]*)((?:\([^()]*\))*)(?:S:.*)?", text)
    if match is None or not re.fullmatch(r"P?(?:AR)?(?:AI)?|NO_ACCESS_CONTROL", match[1]):
        raise BadDescriptor(text)
    if match[1] == "NO_ACCESS_CONTROL":
        return Descriptor(None)
    return Descriptor(tuple(map(_entry, re.findall(r"\(([^()]*)\)", match[2]))), match[1].startswith("P"))


def render(descriptor: Descriptor) -> str:
    """Write it as SDDL, rights as numbers."""
    if descriptor.entries is None:
        return "D:NO_ACCESS_CONTROL"
    return f"D:{'P' if descriptor.protected else ''}AI" + "".join(
        f"({'D' if one.deny else 'A'};{''.join(name for name, bit in _FLAGS if one.flags & bit)};"
        f"0x{one.mask:x};;;{one.sid})"
        for one in descriptor.entries
    )


def kept(text: str) -> str:
    """Return the own entries of a list in the one form in which lists are kept."""
    return render(parse(text).own())


def _entry(inner: str) -> Entry:
    fields = inner.split(";")
    if len(fields) != 6 or fields[0] not in ("A", "D") or fields[3] or fields[4]:
        raise BadDescriptor(inner)
    names = re.findall("..", fields[1])
    bits = dict(_FLAGS)
    sid = SIDS.get(fields[5], fields[5])
    if "".join(names) != fields[1] or not set(names) <= bits.keys() or not re.fullmatch(r"S-1(?:-\d+)+", sid):
        raise BadDescriptor(inner)
    return Entry(sid, sum(bits[name] for name in names), mask_of(fields[2]), fields[0] == "D")


def mask_of(text: str) -> int:
    """Return the bits of the rights field of an entry."""
    if re.fullmatch(r"0[xX][0-9a-fA-F]{1,8}", text):
        return int(text, 16)
    names = re.findall("..", text)
    if "".join(names) != text or not names or not set(names) <= _RIGHTS.keys():
        raise BadDescriptor(text)
    mask = 0
    for name in names:
        mask |= _RIGHTS[name]
    return mask


def service_sid(name: str) -> str:
    """Return the SID of a service: a digest of its name, so it is the same everywhere (Win32: Service SIDs)."""
    digest = hashlib.sha1(name.upper().encode("utf-16-le"), usedforsecurity=False).digest()
    return "S-1-5-80-" + "-".join(map(str, struct.unpack("<5I", digest)))


# -- registry keys -----------------------------------------------------------------------------------------------


def of_key(registry: Registry, path: str) -> Descriptor:
    """Return the list of a key: its own entries, then those that it inherits."""
    held = registry.acl(path)
    own = parse(held) if held is not None else Descriptor(())
    names = registry.resolve(path)
    if own.entries is None or own.protected or len(names) < 2:
        return own
    above = of_key(registry, "\\".join(names[:-1])).entries or ()
    passed = (_passed_on(one) for one in above if one.flags & CONTAINER)
    return Descriptor((*own.entries, *(one for some in passed for one in some)))


def set_key(registry: Registry, path: str, text: str) -> None:
    """Give a key this list; inherited entries in it are dropped, Windows works them out anew."""
    wanted = parse(text).own()
    if wanted.entries is not None:
        wanted = Descriptor(tuple(map(_mapped, wanted.entries)), wanted.protected)
    as_it_comes = wanted.entries == () and not wanted.protected
    registry.set_acl(path, None if as_it_comes else render(wanted))


def _mapped(entry: Entry) -> Entry:
    if entry.flags & INHERIT_ONLY:
        return entry
    mask = entry.mask & 0x0FFFFFFF
    for generic, rights in _GENERIC_OF_KEYS.items():
        mask |= rights if entry.mask & generic else 0
    return replace(entry, mask=mask)


def _passed_on(entry: Entry) -> tuple[Entry, ...]:
    if entry.flags & NO_PROPAGATE:
        return (_mapped(replace(entry, flags=INHERITED)),)
    flags = (entry.flags & (OBJECT | CONTAINER)) | INHERITED
    if entry.sid in _CREATOR:
        return (replace(entry, flags=flags | INHERIT_ONLY),)
    if entry.mask & 0xF0000000:
        return _mapped(replace(entry, flags=INHERITED)), replace(entry, flags=flags | INHERIT_ONLY)
    return (replace(entry, flags=flags),)


# -- what setup leaves -------------------------------------------------------------------------------------------


def stock(registry: Registry, files: FileSystem) -> None:
    """Give the keys and folders of a fresh machine their lists, where they are there."""
    data: dict[str, Any] = read_data("access.yml")
    for key, text in data["keys"].items():
        if registry.key_exists(key):
            set_key(registry, key, text)
    for path, text in data["folders"].items():
        if files.exists(path):
            files.set_acl(path, (kept(text.strip()),))


def controller(registry: Registry, files: FileSystem) -> None:
    """Add what becoming a domain controller leaves: database, logs and SYSVOL, and where the registry says they are."""
    services = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"
    database, sysvol = "C:\\Windows\\NTDS", "C:\\Windows\\SYSVOL\\sysvol"
    registry.set(f"{services}NTDS\\Parameters", "DSA Database file", "REG_SZ", f"{database}\\ntds.dit")
    registry.set(f"{services}NTDS\\Parameters", "Database log files path", "REG_SZ", database)
    registry.set(f"{services}Netlogon\\Parameters", "SysVol", "REG_SZ", sysvol)
    for folder in (database, sysvol):
        files.make_dir(folder)
        files.set_acl(folder, (kept(read_data("access.yml")["controller"][folder]),))
    for name in ("ntds.dit", "edb.log", "edb.chk"):
        files.put(f"{database}\\{name}", 2105344, None)


# -- as WMI shows it ---------------------------------------------------------------------------------------------


def embedded(descriptor: Descriptor, name_of: Callable[[str], tuple[str, str]]) -> dict[str, object]:
    """Return a list as Win32_SecurityDescriptor, which is an object in an object; `name_of` a SID: domain, name."""
    flags = 0x8000 | (0x4 if descriptor.entries is not None else 0)  # self-relative, DACL present
    flags |= (0x1000 if descriptor.protected else 0) | 0x400  # protected, auto-inherited
    aces = None if descriptor.entries is None else [_as_ace(one, *name_of(one.sid)) for one in descriptor.entries]
    return {CLASS: "Win32_SecurityDescriptor", "ControlFlags": flags, "DACL": aces}


def _as_ace(entry: Entry, domain: str, name: str) -> dict[str, object]:
    binary = _binary(entry.sid)
    trustee = {
        CLASS: "Win32_Trustee",
        "Domain": domain,
        "Name": name,
        "SID": list(binary),
        "SidLength": len(binary),
        "SIDString": entry.sid,
    }
    return {
        CLASS: "Win32_ACE",
        "AccessMask": entry.mask,
        "AceFlags": entry.flags,
        "AceType": int(entry.deny),
        "Trustee": trustee,
    }


def _binary(sid: str) -> bytes:
    _s, revision, authority, *rest = sid.split("-")
    head = bytes((int(revision), len(rest))) + int(authority).to_bytes(6, "big")
    return head + b"".join(int(part).to_bytes(4, "little") for part in rest)
