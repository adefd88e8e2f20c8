# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The first metres of the road to a target: name, port, TLS (private to this collection).

Looks only; sends nothing but what a handshake needs. Each function returns what it saw, or raises `TargetError`
with the sentence for the operator.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from .session import TargetError, Unreachable

_RDP_ANSWER, _CONFIRM, _NEGOTIATED = 19, 0xD0, 0x02
# The versions that a Schannel of NT 6.0 may know, newest first, so that the best one is found first.
VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1)


@dataclass(frozen=True)
class Handshake:
    """One TLS version offered alone: `cipher` when the target took it, `refused` (why not) when it did not."""

    version: str
    cipher: str | None
    refused: str | None


def addresses(host: str) -> list[str]:
    """Return the addresses that the control node finds for a name, in the order it would try them."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Unreachable(
            f"the control node finds no address for {host} ({reason}); set ansible_host to an address, or mend "
            "the name service"
        ) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def port_answers(host: str, port: int, timeout: float = 5.0) -> None:
    """Return when a TCP connection comes about; raise `Unreachable` with what stopped it."""
    try:
        with socket.create_connection((host, port), timeout):
            return
    except TimeoutError as error:
        raise Unreachable(
            f"{host} does not answer on port {port} within {timeout:g} s: a firewall drops the packets, the machine "
            "is off, or the address is wrong"
        ) from error
    except OSError as error:
        if error.errno == errno.ECONNREFUSED:
            raise Unreachable(
                f"{host} is there and nothing listens on port {port}: WinRM is not set up, or on another port"
            ) from error
        raise Unreachable(f"{host} cannot be reached on port {port}: {error.strerror or error}") from error


def handshakes(host: str, port: int, timeout: float = 5.0, remote_desktop: bool = False) -> list[Handshake]:
    """Offer each TLS version by itself and return what the target said; certificates are not judged here."""
    greeting = [_ask_for_tls] if remote_desktop else []
    return [_handshake(host, port, version, timeout, *greeting) for version in VERSIONS]


def _handshake(
    host: str,
    port: int,
    version: ssl.TLSVersion,
    timeout: float,
    before: Callable[[socket.socket], None] = lambda _raw: None,
) -> Handshake:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # this looks at protocols; the door validates certificates when it connects
    name = version.name.replace("_", ".")
    try:
        # Every suite of NT 6.0 ends in SHA-1 or MD5, which a current OpenSSL offers only at security level 0.
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        with socket.create_connection((host, port), timeout) as raw:
            before(raw)
            with context.wrap_socket(raw, server_hostname=host) as tls:
                suite = tls.cipher()
                return Handshake(name, suite[0] if suite else "unknown", None)
    except (OSError, ValueError) as error:
        reason = (
            getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error) or type(error).__name__
        )
        return Handshake(name, None, str(reason).lower().replace("_", " "))


def tls12(host: str, port: int, remote_desktop: bool = False, timeout: float = 5.0) -> Handshake:
    """Offer TLS 1.2 alone, to Remote Desktop behind its own greeting; return what the target said."""
    return _handshake(host, port, ssl.TLSVersion.TLSv1_2, timeout, *([_ask_for_tls] if remote_desktop else []))


def _ask_for_tls(raw: socket.socket) -> None:
    """Greet Remote Desktop and ask for TLS, with or without CredSSP (MS-RDPBCGR 2.2.1.1.1); raise when it declines."""
    raw.sendall(bytes.fromhex("030000130ee000000000000100080003000000"))
    answer = b""
    while len(answer) < _RDP_ANSWER:
        piece = raw.recv(_RDP_ANSWER - len(answer))
        if not piece:
            raise ConnectionError("Remote Desktop ended the greeting")
        answer += piece
    if answer[5] != _CONFIRM or answer[11] != _NEGOTIATED or answer[15] not in (1, 2):
        raise ConnectionError("Remote Desktop is set up without TLS")


def describe(offers: list[Handshake]) -> str:
    """Return the handshakes as one line of evidence."""
    return ", ".join(f"{one.version}: {one.cipher or f'refused ({one.refused})'}" for one in offers)


def require_any(offers: list[Handshake], host: str, port: int) -> None:
    """Raise `TargetError` unless the target took at least one version."""
    if not any(one.cipher for one in offers):
        raise TargetError(
            f"{host} speaks no TLS on port {port} ({describe(offers)}): no certificate is bound to the "
            "listener, or it is an http port"
        )
