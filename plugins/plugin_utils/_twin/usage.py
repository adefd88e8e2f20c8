# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who uses the twin (private to this collection): SMB sessions, connections, remote desktops, and events in the logs.

A model has no clients of its own: they come from a snapshot that saw some, or from its ``twin`` section::

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
_LOGON: dict[str, Any] = {"log": "Security", "provider": "Microsoft-Windows-Security-Auditing", "id": 4624}
_HANDSHAKE: dict[str, Any] = {"log": "System", "provider": "Schannel"}


def known(machine: Machine, name: str) -> list[Mapping[str, Any]]:
    """Return one list of the ``twin`` section."""
    return list(machine.knobs.get(name) or [])


def seed(knobs: dict[str, Any], answers: Mapping[str, Any]) -> None:
    """Let whoever used the machine of a snapshot use its twin too; what the ``twin`` section says goes before."""
    shares: dict[str, list[str]] = {}
    for one in answers.get("smb_connections") or ():
        shares.setdefault(str(one.get("client")), []).append(str(one.get("share") or ""))
    users = [
        {**one, "share": share}
        for one in answers.get("smb_sessions") or ()
        for share in shares.get(str(one.get("client"))) or [""]
    ]
    events = [_LOGON | {"at": one["at"], "data": _v1(one)} for one in answers.get("ntlm_v1") or ()]
    for one in answers.get("schannel") or ():
        events.append(_HANDSHAKE | {"id": one["id"], "at": one["at"], "data": {"Protocol": one.get("protocol") or ""}})
    peers = [{**one, "process": "System"} for one in answers.get("peers") or ()]
    found: dict[str, Any] = {"smb_sessions": users, "connections": peers, "events": events}
    found["remote_logons"] = len(answers.get("remote_logons") or ())
    for name, value in found.items():
        if value:
            knobs.setdefault(name, value)


def _v1(one: Mapping[str, Any]) -> dict[str, str]:
    domain, _backslash, name = str(one.get("account") or "").rpartition("\\")
    return {
        "TargetUserName": name or "-",
        "TargetDomainName": domain or "-",
        "WorkstationName": str(one.get("workstation") or "-"),
        "IpAddress": str(one.get("address") or "-"),
        "LmPackageName": "NTLM V1",
    }


def sessions(machine: Machine) -> Iterator[Row]:
    """Yield Win32_ServerSession; without the Server service there is none."""
    server = machine.services.get("LanmanServer")
    told: set[tuple[str, str]] = set()
    for one in known(machine, "smb_sessions") if server is not None and server.running else ():
        who = str(one["client"]), str(one.get("user") or "")
        if who in told:
            continue  # another share in the same session
        told.add(who)
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
