# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ways into a machine that are not WinRM (private to this collection): file sharing, Remote Desktop, the console.

Nothing here speaks a protocol. Each function says, by the machine's own settings, what a client would meet who came
that way now; what a service reads at its start counts from the next restart, which is for the caller to make.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from .wsman_tls import SCHANNEL, offered

if TYPE_CHECKING:
    from .machine import Machine

LSA = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa"
_SERVER = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\LanmanServer\\Parameters"
_TERMINAL = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server"
_TERMINAL_POLICY = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services"
_SYSTEM_POLICY = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System"
_TCPIP6 = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip6\\Parameters"
# Names of the keys under SCHANNEL\Ciphers (KB245030; facts: hardening 2.3).
_CIPHERS = ("DES 56/56", "RC2 128/128", "RC4 40/128", "RC4 56/128", "RC4 128/128", "Triple DES 168", "AES 128/128",
            "AES 256/256")  # fmt: skip
REFERRAL = 8235  # ERROR_DS_REFERRAL, "a referral was returned from the server": what an unsigned program is told
ALL_COMPONENTS, DELAY = 0xFFFFFFFF, 5.0  # of IPv6, and the seconds that they cost at each start (KB929852)


def dialects(machine: Machine) -> tuple[str, ...]:
    """Return what the Server service agrees on with clients; both are on unless a value says 0 (facts: hardening 3)."""
    service = machine.services.get("LanmanServer")
    if service is None or not service.running:
        return ()
    held = (("SMB1", "NT LM 0.12"), ("SMB2", "SMB 2.002"))
    return tuple(dialect for name, dialect in held if machine.registry.data(_SERVER, name, 1))


def remote_desktop(machine: Machine, tls: Collection[str] = ("1.0",), fips: bool = True) -> str:
    """Return by what a client gets a session: a version of TLS, ``RDP`` for the own encryption, empty for nothing.

    `tls` are the versions that the client knows; without KB4074621 the server knows 1.0 only (facts: hardening 2.2).
    `fips`: it knows the methods of the level FIPS, without which such a server lets nobody in (MS-RDPBCGR 5.4.1).
    """
    service = machine.services.get("TermService")
    if service is None or not service.running or _terminal(machine, "fDenyTSConnections", _TERMINAL, 1):
        return ""
    layer = _terminal(machine, "SecurityLayer", f"{_TERMINAL}\\WinStations\\RDP-Tcp", 1)
    known = tls if machine.store.installed("KB4074621") else {"1.0"} & set(tls)
    both = [version for version in offered(machine) if version in known]
    if layer and both:
        return f"TLS {both[-1]}"
    needs = machine.registry.data(f"{LSA}\\FIPSAlgorithmPolicy", "Enabled", 0)
    return "RDP" if layer < 2 and (fips or not needs) else ""


def _terminal(machine: Machine, name: str, key: str, stock: int) -> int:
    """The policy wins over the value of the service itself."""
    by_policy = machine.registry.data(_TERMINAL_POLICY, name, None)
    found: Any = machine.registry.data(key, name, stock) if by_policy is None else by_policy
    return int(found)


def ciphers(machine: Machine) -> list[str]:
    """Return the ciphers that Schannel may use, by the names of their keys; a slash is a part of some of them."""
    data = machine.registry.data
    return [name for name in _CIPHERS if data(f"{SCHANNEL}\\Ciphers\\{name}", "Enabled", 1)]


def takes_ntlm1(machine: Machine) -> bool:
    """Say whether NTLM version 1 will do for a logon; LmCompatibilityLevel 5 refuses it (KB239869)."""
    return int(machine.registry.data(LSA, "LmCompatibilityLevel", 3)) < 5


def elevate(machine: Machine, signed: bool) -> int:
    """Return the win32 code that an administrator at the console gets for a program that asks for elevation."""
    only_signed = machine.registry.data(_SYSTEM_POLICY, "ValidateAdminCodeSignatures", 0)
    asks = machine.registry.data(_SYSTEM_POLICY, "EnableLUA", 1)
    return REFERRAL if asks and only_signed and not signed else 0


def start_delay(machine: Machine) -> float:
    """Return the seconds by which a value of IPv6 prolongs the start."""
    return DELAY if machine.registry.data(_TCPIP6, "DisabledComponents", 0) == ALL_COMPONENTS else 0.0
