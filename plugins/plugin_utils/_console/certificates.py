# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A certificate of the machine store as the registry keeps it (private to this collection).

Its key is the thumbprint below `STORE` and holds one value, ``Blob``: properties in a row, each a number, a one, a
length (three little-endian numbers of four bytes) and its data. Property 32 is the certificate, property 2 says where
its private key is (MS-GPEF, certificate blob; wincrypt.h, CERT_KEY_PROV_INFO_PROP_ID).
"""

from __future__ import annotations

import datetime as dt
import struct
from dataclasses import dataclass

from .text import ConsoleError

try:
    from cryptography import x509  # comes with pyspnego
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError as error:  # said where a certificate is looked at
    LACKING: ImportError | None = error
else:
    LACKING = None

STORE = "HKLM\\SOFTWARE\\Microsoft\\SystemCertificates\\MY\\Certificates"
BLOB = "Blob"
LEAST_BITS = 2048
_CERTIFICATE, _KEY_INFO = 32, 2
_HEAD = struct.Struct("<III")


@dataclass(frozen=True)
class Certificate:
    """What a listener asks of a certificate. `names` are those that it is made out to, in lower case."""

    names: tuple[str, ...]
    begins: dt.datetime
    ends: dt.datetime
    bits: int
    for_servers: bool
    private_key: bool

    def faults(self, moment: dt.datetime, host: str) -> list[str]:
        """Return what is wrong with it for a listener that is called `host`."""
        wrong = [] if self.private_key else ["the machine does not have its private key"]
        wrong += [] if self.bits >= LEAST_BITS else [f"its key has {self.bits} bits, and {LEAST_BITS} are the least"]
        wrong += [] if self.for_servers else ["it is not for server authentication"]
        if not self.begins <= moment <= self.ends:
            wrong.append(f"it is valid from {self.begins:%Y-%m-%d} to {self.ends:%Y-%m-%d}, not on {moment:%Y-%m-%d}")
        if not self.is_for(host):
            wrong.append(f"it is made out to {', '.join(self.names) or 'nobody'}, not to {host}")
        return wrong

    def is_for(self, host: str) -> bool:
        """Tell whether it is made out to a host; an asterisk stands for one part of a name."""
        folded = host.casefold()
        return any(one in (folded, "*." + folded.partition(".")[2]) for one in self.names)


def key(thumbprint: str) -> str:
    """Return the registry key of a certificate."""
    return f"{STORE}\\{thumbprint.upper()}"


def parse(blob: str) -> Certificate:
    """Read the hexadecimal text of ``Blob``; `ConsoleError` for anything else."""
    if LACKING is not None:
        raise ConsoleError(f"a certificate can only be read with the Python package cryptography: {LACKING}")
    found = _properties(blob)
    if _CERTIFICATE not in found:
        raise ConsoleError("the entry of the certificate store holds no certificate")
    try:
        held = x509.load_der_x509_certificate(found[_CERTIFICATE])
        bits = int(getattr(held.public_key(), "key_size", 0))
        return Certificate(
            _names(held),
            held.not_valid_before_utc,
            held.not_valid_after_utc,
            bits,
            _is_for_servers(held),
            _KEY_INFO in found,
        )
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConsoleError(f"the entry of the certificate store cannot be read: {error}") from error


def _properties(blob: str) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    try:
        data = bytes.fromhex(blob)
    except ValueError as error:
        raise ConsoleError(f"the entry of the certificate store is not binary: {blob[:80]!r}") from error
    at = 0
    while at < len(data):
        if at + _HEAD.size > len(data):
            raise ConsoleError("the entry of the certificate store breaks off")
        number, _one, size = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if at + size > len(data):
            raise ConsoleError("the entry of the certificate store breaks off")
        found[number] = data[at : at + size]
        at += size
    return found


def _names(held: x509.Certificate) -> tuple[str, ...]:
    """Who it is made out to: the alternative names, and the common name, which WinRM looks at."""
    names = [str(one.value) for one in held.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    try:
        others = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names += others.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        pass
    return tuple(dict.fromkeys(one.casefold() for one in names))


def _is_for_servers(held: x509.Certificate) -> bool:
    """A certificate that names no purpose is for every one."""
    try:
        usage = held.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return ExtendedKeyUsageOID.SERVER_AUTH in usage or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in usage
