# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who uses the twin (private to this collection): SMB sessions, connections, remote desktops, and events in the logs.

All of it comes from the snapshot's ``twin`` section, because a model has no clients of its own::

    smb_sessions: [{client: "\\\\10.0.0.9", user: scanner, client_type: "Windows 2002 5.1", share: scans}]
    connections: [{port: 3389, peer: 10.0.0.4, peer_port: 50111, process: TermService, state: established}]
    remote_logons: 2
    events: [{log: System, provider: Schannel, id: 36880, at: "2026-11-20T18:00:00Z", data: {Protocol: TLS 1.0}}]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .machine import Machine

Row = dict[str, object]


def known(machine: Machine, name: str) -> list[Mapping[str, Any]]:
    """Return one list of the ``twin`` section."""
    return list(machine.knobs.get(name) or [])


def sessions(machine: Machine) -> Iterator[Row]:
    """Yield Win32_ServerSession; without the Server service there is none."""
    server = machine.services.get("LanmanServer")
    for one in known(machine, "smb_sessions") if server is not None and server.running else ():
        yield {
            "ActiveTime": int(one.get("seconds", 60)),
            "ClientType": str(one.get("client_type") or ""),
            "ComputerName": str(one["client"]),
            "IdleTime": 0,
            "ResourcesOpened": 1,
            "SessionType": 2,
            "UserName": str(one.get("user") or ""),
        }


def connections(machine: Machine) -> Iterator[Row]:
    """Yield Win32_ServerConnection: a session that uses a share."""
    server = machine.services.get("LanmanServer")
    for number, one in enumerate(known(machine, "smb_sessions") if server is not None and server.running else ()):
        if one.get("share"):
            yield {
                "ActiveTime": int(one.get("seconds", 60)),
                "ComputerName": str(one["client"]),
                "ConnectionID": number,
                "NumberOfFiles": 1,
                "NumberOfUsers": 1,
                "ShareName": str(one["share"]),
                "UserName": str(one.get("user") or ""),
            }


def logons(machine: Machine) -> Iterator[Row]:
    """Yield Win32_LogonSession: services always (type 5), people over Remote Desktop (type 10) where there are some."""
    kinds = [5, 5, *[10] * int(machine.knobs.get("remote_logons") or 0)]
    for number, kind in enumerate(kinds):
        yield {
            "AuthenticationPackage": "Negotiate",
            "LogonId": str(999 + number * 1000),
            "LogonType": kind,
            "StartTime": machine.booted_at,
        }
