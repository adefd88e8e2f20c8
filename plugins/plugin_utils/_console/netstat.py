# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`netstat -nao`: who listens on TCP (private to this collection).

The state column is translated, so a listener is known by its far end: ``0.0.0.0:0`` or ``[::]:0``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .text import UnknownLine, content

LISTENERS = 'netstat -nao | find ":0 " 2>&1'
_OWNER = re.compile(r"^ {1,2}\S")
"""``-b`` writes below a row, less indented or in brackets, which program it is of, or that this cannot be told."""
_ROW = re.compile(r"^ *(TCP|UDP) +(\S+):(\d+|\*) +(\S+):(\d+|\*) +(?:(\S.*?) +)?(\d+)$")


@dataclass(frozen=True, order=True)
class Listener:
    """One listening TCP socket; IPv6 addresses carry no brackets."""

    port: int
    address: str
    pid: int

    def as_dict(self) -> dict[str, object]:
        """Return the shape that a snapshot carries."""
        return {"port": self.port, "address": self.address, "pid": self.pid}


def parse_listeners(text: str) -> list[Listener]:
    """Return the TCP listeners, sorted by port.

    The two header lines are accepted where they stand, before the first row, whatever their language.
    What ``-b`` writes below a row is left out. Raises `UnknownLine` for any other line between rows that is no row.
    """
    listeners: set[Listener] = set()
    rows = 0
    lines = content(text)
    owners = any(re.match(r"^ \[.+\]$", line) for line in lines)
    for line in lines:
        match = _ROW.match(line)
        if match is None:
            if rows and not (owners and _OWNER.match(line) and not line.lstrip().startswith(("TCP", "UDP"))):
                raise UnknownLine("netstat", line)
            continue
        rows += 1
        protocol, address, port, _far, far_port, _state, pid = match.groups()
        if protocol == "TCP" and far_port == "0" and port != "*":
            listeners.add(Listener(int(port), address.strip("[]"), int(pid)))
    return sorted(listeners)
