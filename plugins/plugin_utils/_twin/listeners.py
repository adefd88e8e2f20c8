# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's WinRM listeners (private to this collection), as ``winrm quickconfig`` or somebody made them.

Address and Transport tell one from another (MS-WSMV, config/listener). One for HTTPS needs a certificate of the machine
store with its private key, for server authentication, valid today, and made out to the host name of the listener
("Win32, WinRM, Installation and configuration"). What serializes into the store's ``Blob`` is a row of properties
(MS-GPEF, certificate blob): 32 is the certificate, 2 tells where its private key is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .wsman_personality import personality

try:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError as error:  # a certificate is only looked at where somebody makes a listener with one
    LACKING: ImportError | None = error
else:
    LACKING = None

if TYPE_CHECKING:
    from .machine import Machine

KNOB = "winrm_listeners"
STORE = "HKLM\\SOFTWARE\\Microsoft\\SystemCertificates\\MY\\Certificates"
NAMES = ("Port", "Hostname", "Enabled", "URLPrefix", "CertificateThumbprint")
_CERTIFICATE, _KEY_INFO = 32, 2
Listener = dict[str, str]


def _default(machine: Machine, transport: str) -> Listener:
    limits = personality(machine.winrm)
    port = limits.https_port if transport == "HTTPS" else limits.http_port
    return {
        "Address": "*",
        "Transport": transport,
        "Port": str(port),
        "Hostname": "",
        "Enabled": "true",
        "URLPrefix": "wsman",
        "CertificateThumbprint": "",
    }


def rows(machine: Machine) -> list[Listener]:
    """Return every listener; nobody has touched them as long as there is no knob."""
    held = machine.knobs.get(KNOB)
    return [_default(machine, "HTTP")] if held is None else [dict(one) for one in held]


def find(machine: Machine, address: str, transport: str) -> Listener | None:
    """Return one listener, None where there is none of this address and transport."""
    wanted = (address.casefold(), transport.casefold())
    return next(
        (one for one in rows(machine) if (one["Address"].casefold(), one["Transport"].casefold()) == wanted), None
    )


def put(machine: Machine, address: str, transport: str, given: Mapping[str, str]) -> Listener:
    """Make a listener with these values, or give them to the one that is there."""
    before = find(machine, address, transport)
    after = {**(before or {**_default(machine, transport.upper()), "Address": address}), **given}
    others = [one for one in rows(machine) if one != before]
    machine.knobs[KNOB] = [*others, after]
    _forget_the_default(machine)
    return after


def remove(machine: Machine, listener: Listener) -> None:
    """Take a listener away."""
    machine.knobs[KNOB] = [one for one in rows(machine) if one != listener]
    _forget_the_default(machine)


def _forget_the_default(machine: Machine) -> None:
    if machine.knobs.get(KNOB) == [_default(machine, "HTTP")]:
        del machine.knobs[KNOB]


def serves(machine: Machine, tls: bool) -> bool:
    """Say whether a listener of this transport is there and enabled.

    A rehearsal over TLS has a listener that no row tells of, as long as nobody makes one.
    """
    transport = "HTTPS" if tls else "HTTP"
    mine = [one for one in rows(machine) if one["Transport"] == transport]
    return any(one["Enabled"] == "true" for one in mine) if mine else tls


def usable(machine: Machine, thumbprint: str, hostname: str) -> bool:
    """Say whether a listener called `hostname` can have this certificate."""
    value = machine.registry.get(f"{STORE}\\{thumbprint.replace(' ', '').upper()}", "Blob")
    data = value.data if value is not None else None
    if not isinstance(data, bytes):
        return False
    found = _properties(data)
    if _CERTIFICATE not in found or _KEY_INFO not in found:
        return False
    certificate = x509.load_der_x509_certificate(found[_CERTIFICATE])
    now = machine.clock.now()
    fresh = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    return fresh and _is_for_servers(certificate) and hostname.casefold() in _names(certificate)


def _properties(blob: bytes) -> dict[int, bytes]:
    found, at = {}, 0
    while at + 12 <= len(blob):
        number, _one, size = (int.from_bytes(blob[at + 4 * n : at + 4 * n + 4], "little") for n in range(3))
        found[number] = blob[at + 12 : at + 12 + size]
        at += 12 + size
    return found


def _is_for_servers(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return ExtendedKeyUsageOID.SERVER_AUTH in usage


def _names(certificate: x509.Certificate) -> set[str]:
    names = {str(one.value).casefold() for one in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)}
    try:
        others = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return names
    return names | {one.casefold() for one in others.get_values_for_type(x509.DNSName)}
