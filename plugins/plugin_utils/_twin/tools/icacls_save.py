# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``icacls /save`` of the twin (private to this collection): a name and a list in SDDL, two lines for each object.

The file is UTF-16LE without a mark. The bits of the letters are those of the file access rights in winnt.h; a list that
is inherited in part carries ``AI``, one that is cut off ``P`` (Win32 documentation of security descriptor strings).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .. import access
from ..winpath import split
from .common import resolve
from .icacls_entries import Ace

if TYPE_CHECKING:
    from ..process import Process

_SIMPLE = {"F": "FA", "M": "0x1301bf", "RX": "0x1200a9", "R": "FR", "W": "FW", "D": "SD", "N": "0x0"}
_BITS = {
    "RD": 0x1,
    "WD": 0x2,
    "AD": 0x4,
    "REA": 0x8,
    "WEA": 0x10,
    "X": 0x20,
    "DC": 0x40,
    "RA": 0x80,
    "WA": 0x100,
    "DE": 0x10000,
    "RC": 0x20000,
    "WDAC": 0x40000,
    "WO": 0x80000,
    "S": 0x100000,
    "AS": 0x1000000,
    "MA": 0x2000000,
    "GA": 0x10000000,
    "GR": 0x80000000,
    "GW": 0x40000000,
    "GE": 0x20000000,
}
# The order in which the two-letter names of generic rights are written.
_GENERIC = {"GA": 0x10000000, "GX": 0x20000000, "GW": 0x40000000, "GR": 0x80000000}
# Single bits have letters of their own in this language.
_LETTERS = {0x2: "DC", 0x4: "LC", 0x10000: "SD"}
_NAMES = {
    "S-1-1-0": "WD",
    "S-1-3-0": "CO",
    "S-1-5-11": "AU",
    "S-1-5-18": "SY",
    "S-1-5-19": "LS",
    "S-1-5-20": "NS",
    "S-1-5-32-544": "BA",
    "S-1-5-32-545": "BU",
    "S-1-5-32-546": "BG",
    "S-1-5-32-547": "PU",
    "S-1-5-32-551": "BO",
}


def save(process: Process, file: str, path: str, entries: Sequence[Ace], protected: bool) -> None:
    """Append an object to the file."""
    name = split(path)[1] or "."
    lines = f"{name}\r\n{descriptor(entries, protected)}\r\n"
    process.machine.files.write(resolve(process, file), lines.encode("utf-16-le"), append=True)


def descriptor(entries: Sequence[Ace], protected: bool) -> str:
    """Return a list in SDDL."""
    control = "P" if protected else ""
    control += "AI" if protected or any(ace.inherited for ace in entries) else ""
    return f"D:{control}" + "".join(map(_entry, entries))


def _entry(ace: Ace) -> str:
    flags = "".join(flag for flag in ("OI", "CI", "NP", "IO") if flag in ace.flags) + ("ID" if ace.inherited else "")
    return f"({'D' if ace.deny else 'A'};{flags};{_rights(ace.rights)};;;{_NAMES.get(ace.sid, ace.sid)})"


def _rights(letters: str) -> str:
    if letters in _SIMPLE:
        return _SIMPLE[letters]
    mask = sum(_BITS[one] for one in letters.split(","))
    if not mask & 0x0FFFFFFF:
        return "".join(name for name, bit in _GENERIC.items() if mask & bit)
    return _LETTERS.get(mask, f"0x{mask:x}")


def read(text: str) -> list[Ace]:
    """Return the entries of an SDDL text in icacls' letters, inherited ones left out; raises `BadDescriptor`."""
    entries = access.parse(text).own().entries
    everybody = (access.Entry("S-1-1-0", 0, 0x1F01FF),)
    return [_ace(one) for one in (everybody if entries is None else entries)]


def is_protected(text: str) -> bool:
    """Say whether an SDDL text lets nothing be inherited."""
    return access.parse(text).protected


def _ace(entry: access.Entry) -> Ace:
    bits = {"OI": access.OBJECT, "CI": access.CONTAINER, "IO": access.INHERIT_ONLY, "NP": access.NO_PROPAGATE}
    flags = tuple(name for name, bit in bits.items() if entry.flags & bit)
    return Ace(entry.sid, flags, _letters(entry.mask), entry.deny)


def _letters(mask: int) -> str:
    known = {access.mask_of(text): letters for letters, text in _SIMPLE.items()}
    if mask in known:
        return known[mask]
    found = [name for name, bit in _BITS.items() if mask & bit]
    return ",".join(found) if found else "N"
