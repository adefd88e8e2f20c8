# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The members of a group that is known by its SID (private to this collection).

`net localgroup` lists them. The name of the group is translated, and so is every line that net.exe writes around the
members. What no language changes is the shape: the members stand between a line of dashes and the last line. Whom the
system cannot name it lists by SID: an account that is no more, or one of a domain that does not answer.

ADSI puts a member in and out (IADsGroup::Add, ::Remove), and takes both forms: ``WinNT://DOMAIN/name`` and
``WinNT://S-1-5-...``. net.exe takes names only.
"""

from __future__ import annotations

import re

from . import wmic
from .text import ConsoleError, content

_DASHES = re.compile(r"^-{20,}$")
_SID = re.compile(r"^S-1-5-32-\d+$")
_ANY_SID = re.compile(r"^S-1-\d+(-\d+)+$", re.IGNORECASE)
# Characters that no account name has, and those that cmd.exe would not pass on as they are.
_UNSPEAKABLE = re.compile(r'["/\[\]:|<>+=;,?*%!^&\0\r\n]')
ADMINISTRATORS = "S-1-5-32-544"
USERS = 'wmic path Win32_UserAccount where "LocalAccount=TRUE" get Name,SID /value <nul 2>&1'
# What is so already is as good as done: ERROR_MEMBER_IN_ALIAS, ERROR_MEMBER_NOT_IN_ALIAS.
_METHODS = {True: ("Add", "80070562"), False: ("Remove", "80070561")}


def members(sid: str) -> str:
    """Return the line that prints the members; it looks up the name of the group on the machine itself.

    wmic ends its lines with two carriage returns; the inner loop takes the second one off.
    """
    return _with_name(sid, 'net localgroup "%b" 2>&1')


def is_sid(member: str) -> bool:
    """Tell whether a member has no name here."""
    return _ANY_SID.match(member) is not None


def script(inward: bool) -> bytes:
    """Return the script that puts a member into a group, or out of it: ``cscript file group member``."""
    method, already = _METHODS[inward]
    lines = (
        "On Error Resume Next",
        'Set group = GetObject("WinNT://./" & WScript.Arguments(0) & ",group")',
        "If Err.Number <> 0 Then",
        "  WScript.Echo Err.Description",
        "  WScript.Quit 2",
        "End If",
        f'group.{method} "WinNT://" & WScript.Arguments(1)',
        f"If Err.Number <> 0 And Err.Number <> &H{already} Then",
        "  WScript.Echo Err.Description",
        "  WScript.Quit 1",
        "End If",
    )
    return "".join(line + "\r\n" for line in lines).encode("ascii")


def put(sid: str, member: str, file: str) -> str:
    """Return the line that runs `script`, in `file`, on a member as `parse` read it; the name is looked up there."""
    if _UNSPEAKABLE.search(member) or not member.strip("\\."):
        raise ConsoleError(f"a line of cmd.exe cannot name the account {member!r}")
    place = member.replace("\\", "/") if "\\" in member or is_sid(member) else f"%COMPUTERNAME%/{member}"
    return _with_name(sid, f'cscript //nologo "{file}" "%b" "{place}"')


def parse_users(text: str) -> dict[str, str]:
    """Read the machine's own users: name -> SID."""
    rows = wmic.parse_values(text) if "=" in text else []
    return {str(row["Name"]): str(row["SID"]) for row in rows if row.get("Name") and row.get("SID")}


def parse(text: str) -> list[str]:
    """Read the names of the members, ``DOMAIN\\name`` or a bare one of the machine itself."""
    lines = content(text)
    dashes = [number for number, line in enumerate(lines) if _DASHES.match(line)]
    if len(dashes) != 1 or len(lines) < dashes[0] + 2:
        raise ConsoleError(f"net localgroup listed no group: {' '.join(text.split())[:200] or 'nothing'}")
    return [line.strip() for line in lines[dashes[0] + 1 : -1]]


def _with_name(sid: str, line: str) -> str:
    if not _SID.match(sid):
        raise ConsoleError(f"only groups that every Windows has are known by their SID: {sid!r}")
    asked = f"wmic path Win32_Group where \"SID='{sid}'\" get Name /value <nul 2>nul"
    return f'for /f "tokens=2 delims==" %a in (\'{_escaped(asked)}\') do @for /f "delims=" %b in ("%a") do @{line}'


def _escaped(line: str) -> str:
    """Inside the quotes of ``for /f`` redirections need a caret, unless they stand in double quotes."""
    parts = line.split('"')
    parts[::2] = [re.sub(r"([<>|&])", r"^\1", part) for part in parts[::2]]
    return '"'.join(parts)
