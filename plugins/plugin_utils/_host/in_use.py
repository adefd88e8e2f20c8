# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What of a machine somebody uses that hardening would take away (private to this collection): pure, from a snapshot.

Each function returns one text for each user that was seen, the same text in every run, so that runs can be laid over
one another. `NotKnown`: the snapshot holds no answer, and an empty list would be a lie. The questions are those of
`_dependencies`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .snapshot import registry_data, why_unknown

RDP_TCP = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp"
LOGON_AUDIT = "{0CCE9215-69AE-11D9-BED3-505054503030}"
SCHANNEL = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL"
KEYS = (RDP_TCP, SCHANNEL)
"""The registry keys that are read here."""
_RDP_PORT = 3389
_HANDSHAKES = 4
_OLD = ("TLS 1.0", "SSL 3.0", "SSL 2.0")
Snapshot = Mapping[str, Any]


class NotKnown(Exception):
    """The snapshot cannot tell; the text says why."""


def smb1(snapshot: Snapshot) -> list[str]:
    """Return who has a session of SMB 1."""
    return _once(
        f"SMB 1 session of {one.get('user') or 'nobody'} from {one['client']} ({one['client_type']})"
        for one in _asked(snapshot, "smb_sessions")
        if one.get("dialect") == "1"
    )


def smb(snapshot: Snapshot) -> list[str]:
    """Return who has a session of SMB, whatever its dialect."""
    return _once(
        f"SMB session of {one.get('user') or 'nobody'} from {one['client']}" for one in _asked(snapshot, "smb_sessions")
    )


def ntlm_v1(snapshot: Snapshot) -> list[str]:
    """Return who logged on with NTLMv1, by the Security log; without an audit of logons an empty log proves nothing."""
    found = _once(
        f"NTLMv1 logon of {one.get('account') or 'nobody'} from {one.get('address') or one.get('workstation') or '?'}"
        for one in _asked(snapshot, "ntlm_v1")
    )
    if not found and not _logons_are_audited(snapshot):
        raise NotKnown("no NTLMv1 logon is in the Security log, and successful logons are not known to be written down")
    return found


def _logons_are_audited(snapshot: Snapshot) -> bool:
    rooms = (snapshot.get("answers") or {}).get("audit") or {}
    settings = {str(name).upper(): value for room in rooms.values() for name, value in room.items()}
    return bool(int(settings.get(LOGON_AUDIT, {}).get("data", 0)) & 1)


def rdp(snapshot: Snapshot) -> list[str]:
    """Return who works over Remote Desktop now."""
    port = rdp_port(snapshot)
    people = [f"remote desktop since {one.get('since') or '?'}" for one in _asked(snapshot, "remote_logons")]
    return _once(
        (*people, *(f"{one['peer']} on port {port}" for one in _asked(snapshot, "peers") if one["port"] == port))
    )


def rdp_port(snapshot: Snapshot) -> int:
    """Return the port of Remote Desktop, the usual one where it is not known."""
    try:
        found = registry_data(snapshot, RDP_TCP, "PortNumber")
    except KeyError:
        return _RDP_PORT
    return found if isinstance(found, int) else _RDP_PORT


def admin_shares(snapshot: Snapshot) -> list[str]:
    """Return who uses the shares that Windows makes for administrators."""
    return _once(
        f"{one.get('share')} by {one.get('user') or 'nobody'} from {one.get('client') or '?'}"
        for one in _asked(snapshot, "smb_connections")
        if str(one.get("share") or "").endswith("$") and str(one.get("share")).upper() != "IPC$"
    )


def tls10(snapshot: Snapshot) -> list[str]:
    """Return the old protocols that a handshake ended in.

    Schannel writes a handshake down only where EventLogging says so (bit 4); without it an empty log proves nothing.
    """
    found = _once(f"{one['protocol']} handshake" for one in _asked(snapshot, "schannel") if one.get("protocol") in _OLD)
    if not found and not _handshakes_are_written(snapshot):
        raise NotKnown("no old handshake is in the System log, and EventLogging of Schannel is not 7, so none would be")
    return found


def _handshakes_are_written(snapshot: Snapshot) -> bool:
    try:
        level = registry_data(snapshot, SCHANNEL, "EventLogging")
    except KeyError:
        return False
    return isinstance(level, int) and bool(level & _HANDSHAKES)


SEEN: Mapping[str, Callable[[Snapshot], list[str]]] = {
    "smb1": smb1,
    "smb": smb,
    "ntlm_v1": ntlm_v1,
    "tls10": tls10,
    "rdp": rdp,
    "admin_shares": admin_shares,
}


def _asked(snapshot: Snapshot, probe: str) -> list[Mapping[str, Any]]:
    found = (snapshot.get("answers") or {}).get(probe)
    if found is None:
        raise NotKnown(f"{probe} is not known: {why_unknown(snapshot, probe)}")
    return list(found)


def _once(texts: Any) -> list[str]:
    return list(dict.fromkeys(str(one) for one in texts))
