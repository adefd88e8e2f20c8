# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is asked of a machine to learn who depends on it (private to this collection).

Beside the questions of `_host.probes`, and only where a person wants it or a risky group is about to be changed: four
WQL queries, and lines that travel in the conversation which asks everything else. Answers are plain data in the
snapshot, in no language: names of classes, XML elements, ports, SIDs. What could not be asked is unknown there.
"""

from __future__ import annotations

from .._console import events, handshake, netstat, principals, whoami, wmic
from .._console.command import Question, Reply
from .._console.text import ConsoleError
from .._host.probes import LinesProbe, Replies, RowsProbe
from .._host.typed import Row, flag, moment, number, required, text

EVENTS_SHOWN = 20
TLS_PORTS = (443, 465, 636, 989, 990, 992, 993, 995, 3269, 5986, 8443)
"""The ports that usually speak TLS from the first byte."""
_OWN_ACCOUNT = "LocalAccount=TRUE and Name='{0}'"


def _said(reply: Reply, command: str) -> str:
    if reply.rc != 0:
        said = " ".join(reply.text.split())[:200] or "nothing"
        raise ConsoleError(f"{command} ended with {reply.rc} and said: {said}")
    return reply.text


def _sessions(rows: list[Row]) -> list[dict[str, object]]:
    """Read Win32_ServerSession.

    The dialect is not among its properties. A client tells the name of its system (ClientType) in the session setup of
    SMB 1 (MS-SMB, NativeOS), and that of SMB 2 has no field for it: so a name means SMB 1, inferred; and no name leaves
    it open, because a client of SMB 1 may leave the field empty.
    """
    return [
        {
            "client": required(row, "ComputerName"),
            "user": text(row, "UserName"),
            "client_type": text(row, "ClientType"),
            "dialect": "1" if text(row, "ClientType") else None,
            "active_seconds": number(row, "ActiveTime"),
        }
        for row in rows
    ]


def _connections(rows: list[Row]) -> list[dict[str, object]]:
    return [
        {"client": text(row, "ComputerName"), "user": text(row, "UserName"), "share": text(row, "ShareName")}
        for row in rows
    ]


def _shares(rows: list[Row]) -> list[dict[str, object]]:
    """Read Win32_Share; the highest bit of Type marks those that Windows makes for administrators."""
    return [
        {
            "name": required(row, "Name"),
            "path": text(row, "Path"),
            "administrative": bool((number(row, "Type") or 0) & 0x80000000),
        }
        for row in rows
    ]


def _remote_logons(rows: list[Row]) -> list[dict[str, object]]:
    return [{"id": required(row, "LogonId"), "since": moment(row, "StartTime")} for row in rows]


def _ntlm_v1(reply: Reply) -> list[dict[str, object]]:
    return [
        {
            "at": one.at,
            "account": _named(one.data.get("TargetDomainName"), one.data.get("TargetUserName")),
            "workstation": _or_none(one.data.get("WorkstationName")),
            "address": _or_none(one.data.get("IpAddress")),
        }
        for one in events.parse(_said(reply, "wevtutil"))
    ]


def _schannel(reply: Reply) -> list[dict[str, object]]:
    return [
        {"id": one.id, "at": one.at, "protocol": _or_none(one.data.get("Protocol"))}
        for one in events.parse(_said(reply, "wevtutil"))
    ]


def _named(domain: str | None, name: str | None) -> str | None:
    parts = [part for part in (_or_none(domain), _or_none(name)) if part]
    return "\\".join(parts) or None


def _or_none(value: str | None) -> str | None:
    """Windows writes a hyphen where it has nothing to say."""
    return None if value in (None, "", "-") else value


def _login(reply: Reply) -> dict[str, object]:
    name, sid = whoami.parse_user(_said(reply, "whoami"))
    return {"name": name, "sid": sid}


def _own_account(reply: Reply) -> dict[str, object] | None:
    """Read the local account of the name of this login; None where there is none, so that it is the domain's."""
    said = _said(reply, "wmic")
    rows = wmic.parse_values(said) if "=" in said else []
    if len(rows) > 1:
        raise ConsoleError(f"wmic answered {len(rows)} accounts of one name")
    if not rows:
        return None
    return {
        "sid": required(rows[0], "SID"),
        "password_expires": flag(rows[0], "PasswordExpires"),
        "disabled": flag(rows[0], "Disabled"),
    }


def _own_tls(replies: Replies) -> list[dict[str, object]]:
    """Read what the machine's own client came to at each of its listeners; those that do not listen are left out."""
    found = {port: handshake.parse(replies[f"own_tls:{port}"].text) for port in TLS_PORTS}
    return [{"port": port, "spoken": one.spoken, "said": one.said} for port, one in found.items() if one is not None]


SESSIONS = RowsProbe(
    "smb_sessions",
    "Win32_ServerSession",
    ("ComputerName", "UserName", "ClientType", "ActiveTime"),
    lambda rows, _: _sessions(rows),
)
CONNECTIONS = RowsProbe(
    "smb_connections",
    "Win32_ServerConnection",
    ("ComputerName", "UserName", "ShareName"),
    lambda rows, _: _connections(rows),
)
SHARES = RowsProbe("shares", "Win32_Share", ("Name", "Path", "Type"), lambda rows, _: _shares(rows))
REMOTE_LOGONS = RowsProbe(
    "remote_logons",
    "Win32_LogonSession",
    ("LogonId", "StartTime"),
    lambda rows, _: _remote_logons(rows),
    lambda _place: "LogonType=10",
)


def _one(name: str, line: str) -> tuple[Question, ...]:
    return (Question(name, line),)


PEERS = LinesProbe(
    "peers",
    _one("peers", netstat.PEERS),
    lambda replies: [one.as_dict() for one in netstat.parse_peers(replies["peers"].text)],
)
TASKS = LinesProbe(
    "tasks",
    _one("tasks", principals.TASKS),
    lambda replies: [one.as_dict() for one in principals.parse(replies["tasks"].text)],
)
NTLM_V1 = LinesProbe(
    "ntlm_v1",
    _one("ntlm_v1", events.newest("Security", events.NTLM_V1, EVENTS_SHOWN)),
    lambda replies: _ntlm_v1(replies["ntlm_v1"]),
)
HANDSHAKES = LinesProbe(
    "schannel",
    _one("schannel", events.newest("System", events.SCHANNEL, EVENTS_SHOWN)),
    lambda replies: _schannel(replies["schannel"]),
)
OWN_TLS = LinesProbe(
    "own_tls", tuple(Question(f"own_tls:{port}", handshake.line(port)) for port in TLS_PORTS), _own_tls
)
LOGIN = LinesProbe("login", _one("login", whoami.USER), lambda replies: _login(replies["login"]))
OWN_ACCOUNT = LinesProbe(
    "own_account",
    _one(
        "own_account",
        wmic.get("Win32_UserAccount", ("SID", "PasswordExpires", "Disabled"), _OWN_ACCOUNT.format("USERNAME")).replace(
            "USERNAME", "%username%"
        ),
    ),
    lambda replies: _own_account(replies["own_account"]),
)

ALL: tuple[RowsProbe | LinesProbe, ...] = (
    SESSIONS,
    CONNECTIONS,
    SHARES,
    REMOTE_LOGONS,
    PEERS,
    TASKS,
    NTLM_V1,
    HANDSHAKES,
    OWN_TLS,
    LOGIN,
    OWN_ACCOUNT,
)
