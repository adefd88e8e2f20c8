# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a broken conversation means, and what to do about it (private to this collection).

Pure: errors of requests, urllib3, ssl and spnego are told apart by class name and text, so that neither a particular
release of them nor their presence is needed to read or to test this.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .session import LoginRefused, ProtocolFault, TargetError, TimedOut, Unreachable
from .settings import Auth, Settings


class Trouble(enum.Enum):
    """What happened to a message, as far as the next step depends on it."""

    NOT_SENT = "not sent"  # no connection came about: another port may be tried, and nothing ran
    UNHEARD = "unheard"  # the target turned the message away unread: it may be sent again, whatever it was
    BUSY = "busy"  # the web server answered that WinRM takes nothing just now (503): as `UNHEARD`, after a while
    LOST = "lost"  # the connection broke or went silent: the message may have been acted on
    REFUSED = "refused"  # trying again would not help


@dataclass(frozen=True)
class LastAnswer:
    """What the HTTP layer last saw, for the sentences."""

    status: int = 0
    authenticate: str = ""
    server: str = ""
    content_type: str = ""
    tls: str = ""


# Codes of WSManFault and of WMI, with what helps. Decimal on the wire, hexadecimal in Microsoft's pages.
_FAULT_HINTS = {
    0x5: "the account lacks the right: it must be an administrator of the target; a local account other than the "
    "built-in Administrator gets in only with LocalAccountTokenFilterPolicy=1",
    0x80070005: "the account lacks the right: it must be an administrator of the target; a local account other than "
    "the built-in Administrator gets in only with LocalAccountTokenFilterPolicy=1",
    0x80041002: "no such instance",
    0x80041003: "WMI denies this account access: it must be an administrator of the target",
    0x8004100E: "the target has no such WMI namespace",
    0x80041010: "the target has no such WMI class",
    0x80041017: "WMI does not accept this query",
    0x8033803F: "close other runs against this host, or restart its WinRM service (net stop winrm & net start winrm)",
    0x80338126: "the target is too busy; try again later",
    0x803381A5: "all shells of this user are taken: close other runs against this host, or restart its WinRM service "
    "(net stop winrm & net start winrm)",
    0x803381A6: "this user has used up its concurrent operations; restart the WinRM service of the target if no other "
    "run is going on",
}


def fault(doing: str, code: int | None, reason: str, subcode: str = "") -> ProtocolFault:
    """Return the error for a WS-Man fault that answered `doing`."""
    name = f" {code} (0x{code & 0xFFFFFFFF:08X})" if code is not None else f" {subcode}" if subcode else ""
    text = f"{doing}: the target answered with the fault{name}: {' '.join(reason.split()).rstrip('.')}"
    hint = _FAULT_HINTS.get(code & 0xFFFFFFFF) if code is not None else None
    return ProtocolFault(f"{text}; {hint}" if hint else text, code, subcode)


def classify(error: Exception, last: LastAnswer, proved: bool) -> Trouble:
    """Say what `error` did to the message; `proved` tells whether this connection had carried an answer before."""
    names = {name for each in _chain(error) for name in _names(each)}
    if names & {"NewConnectionError", "ConnectTimeout", "ConnectTimeoutError", "NameResolutionError"}:
        return Trouble.NOT_SENT
    if "WinRMTransportError" in names and last.status == 503:
        return Trouble.BUSY
    # A keep-alive that went away leaves pywinrm sealing with the old NTLM state on a new socket: HTTP 400 for ever.
    if proved and last.status in (400, 401):
        return Trouble.UNHEARD
    if names & {"SSLError", "InvalidCredentialsError", "PermissionError", "TargetError", "UnsupportedAlgorithm"}:
        return Trouble.REFUSED
    if names & {"ConnectionError", "Timeout", "ChunkedEncodingError", "ProtocolError"}:
        return Trouble.LOST
    return Trouble.REFUSED


def explain(error: Exception, doing: str, settings: Settings, ports: str, last: LastAnswer) -> TargetError | None:
    """Return the sentence for `error`, or None when it is none that a target or a network can cause.

    `ports` is what was tried, such as ``5985 and 80``.
    """
    if isinstance(error, TargetError):
        return error
    where = f"{settings.host} port {ports}"
    names = [name for each in _chain(error) for name in _names(each)]
    text = " ".join(dict.fromkeys(str(each) for each in _chain(error)))  # requests repeats what it wraps
    for says in (_login, _tls, _nothing_there, _broken, _http, _garbled):
        answer = says(names, text, f"{doing}: ", where, settings, last)
        if answer:
            return answer
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, what it wraps in its arguments (requests does), and what caused it."""
    seen: set[int] = set()
    stack = [error]
    while stack:
        each = stack.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        wrapped = [*each.args, getattr(each, "reason", None), each.__cause__]
        stack.extend(one for one in wrapped if isinstance(one, BaseException))


def _names(error: BaseException) -> list[str]:
    return [each.__name__ for each in type(error).__mro__]


def _login(
    names: list[str], text: str, doing: str, where: str, settings: Settings, last: LastAnswer
) -> TargetError | None:
    auth = settings.login.auth
    if "UnsupportedAlgorithm" in names or "RC4" in text or "ARC4" in text:
        return Unreachable(
            f"{doing}NTLM needs RC4, and the crypto library of this control node refuses it (FIPS mode, or "
            "OpenSSL without its legacy provider): use kerberos, or https with basic, or another control node"
        )
    if "not installed" in text:
        extra = {Auth.KERBEROS: "pywinrm[kerberos]", Auth.CREDSSP: "pywinrm[credssp]"}.get(auth, "requests-ntlm")
        return Unreachable(f"{doing}this control node cannot log in by {auth.value}: install {extra} for its Python")
    if {"InvalidCredentialsError", "PermissionError"} & set(names):
        return LoginRefused(
            f"{doing}{where} refused the login of {settings.login.user} by {auth.value}; {_why(auth, last)}"
        )
    if any("Kerberos" in name or "GSSError" in name or "MutualAuthentication" in name for name in names):
        return LoginRefused(
            f"{doing}the Kerberos login at {where} failed ({_short(text)}); check the ticket (klist), the clock of "
            "both machines, and that ansible_host is the name in the service's SPN, not an address"
        )
    if "SpnegoError" in names:
        return LoginRefused(
            f"{doing}the {auth.value} exchange with {where} failed ({_short(text)}); check the user name"
        )
    return None


def _why(auth: Auth, last: LastAnswer) -> str:
    offered = last.authenticate.lower()
    needed = {Auth.NTLM: ("ntlm", "negotiate"), Auth.BASIC: ("basic",), Auth.KERBEROS: ("kerberos", "negotiate")}
    if offered and not any(word in offered for word in needed.get(auth, (offered,))):
        return f"it only offers {last.authenticate!r}: set ansible_winrm_transport to one of those" + (
            ' or, on the target, winrm set winrm/config/service/auth @{Basic="true"}' if auth is Auth.BASIC else ""
        )
    if auth is Auth.CERTIFICATE:
        return "the certificate is not mapped to a user there (winrm create winrm/config/service/certmapping)"
    return (
        "check ansible_user and ansible_password; the account must be an administrator of the target, and a local one "
        "other than the built-in Administrator gets in only with LocalAccountTokenFilterPolicy=1 there"
    )


_TLS_HINTS = (
    # (what OpenSSL says, what it means, what to do)
    (
        ("HANDSHAKE OPERATION TIMED OUT",),
        "that port took the connection and never answered the handshake, as one does that speaks no TLS",
        "set ansible_winrm_scheme to http, or ansible_port to the https listener's",
    ),
    (
        ("CERTIFICATE_VERIFY_FAILED", "CERTIFICATE VERIFY FAILED", "HOSTNAME MISMATCH"),
        "its certificate is not trusted here",
        "name its issuer (or, when self-signed, itself) in ansible_winrm_ca_trust_path, or give up the check with "
        "ansible_winrm_server_cert_validation: ignore",
    ),
    (
        (
            "WRONG_VERSION_NUMBER",
            "RECORD LAYER FAILURE",
            "RECORD_LAYER_FAILURE",
            "HTTP_REQUEST",
            "PACKET_LENGTH_TOO_LONG",
        ),
        "that port does not speak TLS",
        "set ansible_winrm_scheme to http, or ansible_port to the https listener's",
    ),
    (
        ("PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS_AVAILABLE", "VERSION_TOO_LOW"),
        "it speaks no TLS as new as asked for (2008 SP2 has TLS 1.0 only, until KB4019276 is on)",
        'set ansible_winrs_tls_minimum: "1.0" and ansible_winrs_legacy_ciphers: true, or use http with its message '
        "encryption",
    ),
    (
        ("HANDSHAKE_FAILURE", "NO_SHARED_CIPHER", "TOO_SMALL", "TOO_WEAK", "LEGACY_RENEGOTIATION", "NO_SUITABLE"),
        "it and this control node have no cipher suite in common (all of NT 6.0's use SHA-1 or MD5)",
        "set ansible_winrs_legacy_ciphers: true, or use http with its message encryption",
    ),
)


def _tls(
    names: list[str], text: str, doing: str, where: str, settings: Settings, last: LastAnswer
) -> TargetError | None:
    upper = text.upper()
    if "SSLError" not in names and "HANDSHAKE OPERATION TIMED OUT" not in upper:
        return None
    for marks, meaning, advice in _TLS_HINTS:
        if any(mark in upper for mark in marks):
            return Unreachable(f"{doing}no TLS with {where}: {meaning}; {advice}")
    return Unreachable(
        f"{doing}no TLS with {where} ({_short(text)}); see ansible_winrs_tls_minimum and ansible_winrs_legacy_ciphers"
    )


def _nothing_there(
    names: list[str], text: str, doing: str, where: str, settings: Settings, last: LastAnswer
) -> TargetError | None:
    if {"NameResolutionError", "gaierror", "InvalidURL", "LocationParseError"} & set(names):
        return Unreachable(f"{doing}the name {settings.host} cannot be resolved; set ansible_host to a name or address")
    # In urllib3 1.26 a refused connection is a kind of time-out, so the refusal is looked for first.
    if "NewConnectionError" in names and "timed out" not in text:
        return Unreachable(
            f"{doing}nothing listens on {where} ({_reason(text)}): run `winrm quickconfig` on the target, or set "
            "ansible_port to the port that `winrm enumerate winrm/config/listener` shows there"
        )
    if {"NewConnectionError", "ConnectTimeout", "ConnectTimeoutError"} & set(names):
        return Unreachable(
            f"{doing}{where} did not answer within {settings.times.connect} seconds: the host is down, the address is "
            "wrong, or a firewall drops the packets"
        )
    return None


def _reason(text: str) -> str:
    """Return the operating system's words out of a connection error's."""
    found = re.search(r"\[Errno -?\d+\] ([\w ,./-]+)", text)
    return found[1].lower() if found else "no connection"


def _broken(
    names: list[str], text: str, doing: str, where: str, settings: Settings, last: LastAnswer
) -> TargetError | None:
    if "TooManyRedirects" in names:
        return Unreachable(
            f"{doing}{where} answered with a redirect: that is a web site, not WinRM; check ansible_port"
        )
    if {"Timeout", "ReadTimeoutError"} & set(names):
        return TimedOut(
            f"{doing}{where} took the message and did not answer within {settings.times.read} seconds; raise "
            "ansible_winrm_read_timeout_sec if the target is only slow"
        )
    if {"ConnectionError", "ChunkedEncodingError", "ProtocolError"} & set(names):
        return Unreachable(f"{doing}the connection with {where} broke off ({_short(text)})")
    return None


def _http(
    names: list[str], text: str, doing: str, where: str, settings: Settings, last: LastAnswer
) -> TargetError | None:
    if "WinRMTransportError" not in names:
        return None
    server = f" ({last.server})" if last.server else ""
    if last.status == 404:
        return Unreachable(
            f"{doing}a web server{server} answers on {where}, but has no WinRM under /{settings.path.strip('/')}; "
            "check ansible_port and ansible_winrm_path"
        )
    if last.status == 503:
        return Unreachable(f"{doing}{where} says the service is unavailable (HTTP 503): WinRM is starting, or stopped")
    if last.status >= 500 and settings.scheme == "http" and settings.encryption.value == "never":
        return Unreachable(
            f"{doing}{where} refused the message (HTTP {last.status}): a target whose AllowUnencrypted is false does "
            "that to messages in the clear; leave ansible_winrm_message_encryption unset"
        )
    return Unreachable(
        f"{doing}{where} answered HTTP {last.status}{server}, which is not WS-Man; check ansible_port, and that WinRM "
        "is what listens there"
    )


_PARSING = {"LookupError", "AttributeError", "TypeError", "ValueError", "AssertionError", "StopIteration", "ParseError"}


def _garbled(
    names: list[str], text: str, doing: str, where: str, settings: Settings, last: LastAnswer
) -> TargetError | None:
    """pywinrm trusts its server: what it stumbles over is an answer that is not what WS-Man promises."""
    if "WinRMError" not in names and "error" not in names and not _PARSING & set(names):
        return None
    return Unreachable(
        f"{doing}{where} sent an answer that cannot be read as WS-Man ({_short(text) or names[0]}); check that WinRM, "
        "and nothing in between, answers there"
    )


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= 160 else one_line[:157] + "..."
