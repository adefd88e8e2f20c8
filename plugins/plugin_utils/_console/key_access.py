# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The access list of a registry key, which WMI tells since Vista (private to this collection).

No program of NT 6.0 prints it as SDDL. ``StdRegProv.GetSecurityDescriptor`` does tell it, as Win32_SecurityDescriptor,
and wmic prints that object without a translated word (vendor's pages: regprov, Win32_ACE, Win32_Trustee). Owner and
auditing list are left out. What is told becomes SDDL, so that keys and files are judged and kept alike. Its counterpart
SetSecurityDescriptor takes an object, which no line of cmd.exe can carry: a list is set by a security template.
"""

from __future__ import annotations

import re

from . import mof, registry, sddl
from .command import Reply
from .text import ConsoleError

_HIVE = "HKLM\\"
_FILE_NOT_FOUND = 2
# Bits of ControlFlags (Win32_SecurityDescriptor) and of AceFlags (Win32_ACE).
_PRESENT, _AUTO_INHERITED, _PROTECTED = 0x4, 0x400, 0x1000
_FLAGS = (("OI", 0x1), ("CI", 0x2), ("NP", 0x4), ("IO", 0x8), ("ID", 0x10))
_ALLOW, _DENY = 0, 1


def query(key: str) -> str:
    """Return the line that prints the list of a key below HKLM; `ConsoleError` for a key that no line can name.

    The caret belongs to cmd.exe: the number of the hive is written as the vendor's own example has it.
    """
    canonical = registry.canonical(key)
    if not canonical.upper().startswith(_HIVE) or re.search(r'["%!^&|<>\r\n\0]', canonical):
        raise ConsoleError(f"wmic cannot be asked for the access list of the registry key {key!r}")
    return (
        r"wmic /namespace:\\root\default class StdRegProv call GetSecurityDescriptor "
        f'hDefKey=^&H80000002 sSubKeyName="{canonical[len(_HIVE) :]}" <nul 2>&1'
    )


def parse(reply: Reply) -> str | None:
    """Return the list in SDDL, None where there is no such key; `ConsoleError` for every other answer."""
    told = mof.parse_parameters(reply.text)
    code = told.get("ReturnValue")
    if code == _FILE_NOT_FOUND:
        return None
    if code != 0 or reply.rc != 0:
        raise ConsoleError(f"WMI did not tell the access list: GetSecurityDescriptor returned {code}")
    return list_of(told)


def list_of(told: mof.Instance) -> str:
    """Return the list that a GetSecurityDescriptor told, in SDDL; `ConsoleError` for one that cannot be read."""
    descriptor = told.get("Descriptor")
    if not isinstance(descriptor, mof.Instance):
        raise ConsoleError("WMI told no access list, although it said that it did")
    flags = _number(descriptor, "ControlFlags")
    listed = descriptor.get("DACL")
    if not flags & _PRESENT or listed is None:
        return sddl.NO_LIST  # neither is a list that is empty: both let everybody in (Win32_SecurityDescriptor)
    if not isinstance(listed, list):
        raise _broken("DACL", listed)
    entries = tuple(map(_entry, listed))
    return sddl.render(sddl.Acl(entries, bool(flags & _PROTECTED), bool(flags & _AUTO_INHERITED)))


def _entry(ace: object) -> sddl.Entry:
    if not isinstance(ace, mof.Instance) or not isinstance(trustee := ace.get("Trustee"), mof.Instance):
        raise _broken("an entry", ace)
    kind, bits, mask = (_number(ace, name) for name in ("AceType", "AceFlags", "AccessMask"))
    if kind not in (_ALLOW, _DENY):
        raise ConsoleError(f"an entry of an access list that is not known: of type {kind}")
    flags = tuple(name for name, bit in _FLAGS if bits & bit)
    return sddl.Entry(_sid(trustee), mask & 0xFFFFFFFF, kind == _ALLOW, "IO" in flags, flags)


def _sid(trustee: mof.Instance) -> str:
    """The text of the SID, or its bytes where the text is missing."""
    text = trustee.get("SIDString")
    if isinstance(text, str) and re.fullmatch(r"S-1(?:-\d+)+", text):
        return text
    held = trustee.get("SID")
    if isinstance(held, list) and all(isinstance(one, int) and 0 <= one <= 255 for one in held):
        binary = bytes(held)
        if len(binary) >= 8 and binary[0] == 1 and len(binary) == 8 + 4 * binary[1]:
            rest = (int.from_bytes(binary[at : at + 4], "little") for at in range(8, len(binary), 4))
            return "-".join(map(str, ("S-1", int.from_bytes(binary[2:8], "big"), *rest)))
    raise _broken("an account", trustee)


def _number(instance: mof.Instance, name: str) -> int:
    held = instance.get(name)
    if not isinstance(held, int) or isinstance(held, bool):
        raise _broken(name, held)
    return held


def _broken(what: str, held: object) -> ConsoleError:
    return ConsoleError(f"WMI told an access list of which {what} cannot be read: {str(held)[:120]}")
