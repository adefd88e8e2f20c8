# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`netstat -nao`: who listens on TCP (private to this collection).

The state column is translated, so a listener is known by its far end: ``0.0.0.0:0`` or ``[::]:0``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .text import UnknownLine, content

LISTENERS = 'netstat -nao | find ":0 " 2>&1'
WATCHED_PORTS = (135, 139, 443, 445, 465, 636, 989, 990, 992, 993, 995, 1433, 3269, 3389, 5986, 8443)
"""The ports whose connections tell who would miss SMB, Remote Desktop or an old TLS; 135 listens on every Windows, so
that an answer without any row is one that went wrong."""
PEERS = "netstat -nao | findstr " + " ".join(f'/c:":{port} "' for port in WATCHED_PORTS) + " 2>&1"
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


@dataclass(frozen=True, order=True)
class Peer:
    """One TCP connection with somebody: our port, and the other end. Owned by a process, so not one that waits out."""

    port: int
    peer: str
    peer_port: int
    pid: int

    def as_dict(self) -> dict[str, object]:
        """Return the shape that a snapshot carries."""
        return {"port": self.port, "peer": self.peer, "peer_port": self.peer_port, "pid": self.pid}


def parse_peers(text: str) -> list[Peer]:
    """Return the TCP connections that a process holds, whatever the word for their state is.

    One in TIME_WAIT belongs to process 0 and to nobody. Raises `UnknownLine` for what is no row, and for no row at all.
    """
    peers: set[Peer] = set()
    lines = content(text)
    for line in lines or [""]:
        match = _ROW.match(line)
        if match is None:
            raise UnknownLine("netstat", line)
        protocol, _address, port, far, far_port, _state, pid = match.groups()
        if protocol == "TCP" and "*" not in (port, far_port) and far_port != "0" and pid != "0":
            peers.add(Peer(int(port), far.strip("[]"), int(far_port), int(pid)))
    return sorted(peers)


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
