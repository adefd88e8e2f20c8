# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`net localgroup`: the members of a group that is known by its SID (private to this collection).

The name of the group is translated, and so is every line that net.exe writes around the members. What no language
changes is the shape: the members stand between a line of dashes and the last line.
"""

from __future__ import annotations

import re

from .text import ConsoleError, content

_DASHES = re.compile(r"^-{20,}$")
_SID = re.compile(r"^S-1-5-32-\d+$")


def members(sid: str) -> str:
    """Return the line that prints the members; it looks up the name of the group on the machine itself.

    wmic ends its lines with two carriage returns; the inner loop takes the second one off.
    """
    if not _SID.match(sid):
        raise ConsoleError(f"only groups that every Windows has are known by their SID: {sid!r}")
    asked = f"wmic path Win32_Group where \"SID='{sid}'\" get Name /value <nul 2>nul"
    return (
        f'for /f "tokens=2 delims==" %a in (\'{_escaped(asked)}\') do @for /f "delims=" %b in ("%a") '
        'do @net localgroup "%b" 2>&1'
    )


def parse(text: str) -> list[str]:
    """Read the names of the members, ``DOMAIN\\name`` or a bare one of the machine itself."""
    lines = content(text)
    dashes = [number for number, line in enumerate(lines) if _DASHES.match(line)]
    if len(dashes) != 1 or len(lines) < dashes[0] + 2:
        raise ConsoleError(f"net localgroup listed no group: {' '.join(text.split())[:200] or 'nothing'}")
    return [line.strip() for line in lines[dashes[0] + 1 : -1]]


def _escaped(line: str) -> str:
    """Inside the quotes of ``for /f`` redirections need a caret, unless they stand in double quotes."""
    parts = line.split('"')
    parts[::2] = [re.sub(r"([<>|&])", r"^\1", part) for part in parts[::2]]
    return '"'.join(parts)
