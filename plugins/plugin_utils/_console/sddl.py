# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Access lists in the security descriptor definition language (private to this collection).

Only discretionary lists, and only what judging them takes: who is allowed or denied which rights. Two-letter names of
accounts become SIDs, two-letter names of rights become bits (Win32 documentation: ACE Strings, SID Strings).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .text import ConsoleError

NO_LIST = "D:NO_ACCESS_CONTROL"
"""The list that is not there: everybody may do everything (ConvertSecurityDescriptorToStringSecurityDescriptor)."""

_ACE = re.compile(r"\(([^()]*)\)")
_PAIRS = re.compile(r"..")
_SIDS = {
    "AN": "S-1-5-7",
    "AO": "S-1-5-32-548",
    "AU": "S-1-5-11",
    "BA": "S-1-5-32-544",
    "BG": "S-1-5-32-546",
    "BO": "S-1-5-32-551",
    "BU": "S-1-5-32-545",
    "CD": "S-1-5-32-574",
    "CG": "S-1-3-1",
    "CO": "S-1-3-0",
    "ED": "S-1-5-9",
    "ER": "S-1-5-32-573",
    "IS": "S-1-5-32-568",
    "IU": "S-1-5-4",
    "LS": "S-1-5-19",
    "LU": "S-1-5-32-559",
    "MU": "S-1-5-32-558",
    "NO": "S-1-5-32-556",
    "NS": "S-1-5-20",
    "NU": "S-1-5-2",
    "OW": "S-1-3-4",
    "PO": "S-1-5-32-550",
    "PS": "S-1-5-10",
    "PU": "S-1-5-32-547",
    "RC": "S-1-5-12",
    "RD": "S-1-5-32-555",
    "RE": "S-1-5-32-552",
    "RU": "S-1-5-32-554",
    "SO": "S-1-5-32-549",
    "SU": "S-1-5-6",
    "SY": "S-1-5-18",
    "WD": "S-1-1-0",
}
# Accounts of a domain or a machine have no SID of their own in this short form; they keep their two letters.
_OF_A_DOMAIN = frozenset(("CA", "DA", "DC", "DD", "DG", "DU", "EA", "LA", "LG", "PA", "RO", "RS", "SA"))
_RIGHTS = {
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
    "FA": 0x1F01FF,
    "FR": 0x120089,
    "FW": 0x120116,
    "FX": 0x1200A0,
    "KA": 0xF003F,
    "KR": 0x20019,
    "KW": 0x20006,
    "KX": 0x20019,
}
_ALLOW, _DENY = "A", "D"
_NAMES = {sid: name for name, sid in _SIDS.items()}
_WORDS = {_RIGHTS[name]: name for name in ("GA", "GX", "GW", "GR", "FA", "FR", "FW", "FX", "KA", "KR", "KW")}
_FLAGS = ("OI", "CI", "NP", "IO", "ID")
_EVERYBODY = "S-1-1-0"


@dataclass(frozen=True)
class Entry:
    """One line of a list: who, which bits, whether they are granted, and whether only what lies below is meant."""

    sid: str
    mask: int
    allowed: bool
    only_below: bool
    flags: tuple[str, ...] = ()

    @property
    def inherited(self) -> bool:
        """Whether it came from above: it is changed there."""
        return "ID" in self.flags


@dataclass(frozen=True)
class Acl:
    """A list: `protected` from what is above it, and whether Windows passed entries on to it by itself."""

    entries: tuple[Entry, ...]
    protected: bool = False
    auto_inherited: bool = False


def read(text: str) -> Acl:
    """Read a list with what it says of itself; `ConsoleError` as `parse`."""
    entries = parse(text)
    control = text.partition("(")[0].rpartition("D:")[2] if text != NO_LIST else ""
    return Acl(entries, "P" in control, "AI" in control)


def render(acl: Acl) -> str:
    """Write a list as SDDL, with the short names that there are."""
    control = ("P" if acl.protected else "") + ("AI" if acl.auto_inherited else "")
    return f"D:{control}" + "".join(
        f"({_ALLOW if one.allowed else _DENY};{''.join(one.flags)};{_WORDS.get(one.mask, f'0x{one.mask:x}')};;;"
        f"{_NAMES.get(one.sid, one.sid)})"
        for one in acl.entries
    )


def same(one: str, other: str) -> bool:
    """Tell whether two texts are the same list: the same entries in the same order, however they are spelled.

    That Windows passed entries on by itself (AI) is no part of it: it marks every list that it sets.
    """
    try:
        mine, theirs = read(one), read(other)
    except ConsoleError:
        return one == other
    lists = (one == NO_LIST) == (other == NO_LIST)
    return lists and (mine.entries, mine.protected) == (theirs.entries, theirs.protected)


def parse(text: str) -> tuple[Entry, ...]:
    """Read the discretionary list; `ConsoleError` for what is none, and for an entry of an unknown kind."""
    if text == NO_LIST:
        return (Entry(_EVERYBODY, _RIGHTS["GA"], allowed=True, only_below=False),)
    head, _separator, rest = text.partition("(")
    if not re.fullmatch(r"(?:O:[^:()]+?)?(?:G:[^:()]+?)?D:[A-Z]*", head):
        raise ConsoleError(f"not a security descriptor with an access list: {text[:200]!r}")
    listed = ("(" + rest if rest else "").split("S:", 1)[0] if "S:" in rest else ("(" + rest if rest else "")
    return tuple(_entry(inner) for inner in _ACE.findall(listed))


def _entry(inner: str) -> Entry:
    fields = inner.split(";")
    if len(fields) != 6 or fields[0] not in (_ALLOW, _DENY):
        raise ConsoleError(f"an entry of an access list that is not known: ({inner})")
    found = _PAIRS.findall(fields[1])
    flags = tuple(one for one in _FLAGS if one in found) + tuple(one for one in found if one not in _FLAGS)
    return Entry(_sid(fields[5]), _mask(fields[2]), fields[0] == _ALLOW, "IO" in flags, flags)


def _sid(word: str) -> str:
    if word.startswith("S-1-") or word in _OF_A_DOMAIN:
        return word
    if word not in _SIDS:
        raise ConsoleError(f"an account of an access list that is not known: {word!r}")
    return _SIDS[word]


def _mask(words: str) -> int:
    if re.fullmatch(r"0[xX][0-9A-Fa-f]+", words):
        return int(words, 16)
    pairs = _PAIRS.findall(words)
    if len(words) % 2 or not pairs or any(pair not in _RIGHTS for pair in pairs):
        raise ConsoleError(f"rights of an access list that are not known: {words!r}")
    mask = 0
    for pair in pairs:
        mask |= _RIGHTS[pair]
    return mask
