# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""TLS for a twin's HTTPS listener (private to this collection): a certificate, and what an old Schannel offers."""

from __future__ import annotations

import functools
import ipaddress
import re
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from .files import FileError

try:
    from cryptography import x509  # comes with pyspnego, and has no line of its own in requirements.txt
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID
except ImportError as error:  # `twin.py` says so when a server is started
    LACKING: ImportError | None = error
else:
    LACKING = None

if TYPE_CHECKING:
    from .machine import Machine

SCHANNEL = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL"
# The first schannel.dll that knows TLS 1.1 and 1.2 (KB4019276; facts: hardening 2.1).
NEWER_SCHANNEL = (6, 0, 6002, 24129)
# All that Schannel of NT 6.0 has ends in SHA-1 (facts: hardening 2.3); OpenSSL keeps such suites on its lowest level.
SUITES = "AES128-SHA:AES256-SHA:ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA:@SECLEVEL=0"
SUITE_ORDER = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Cryptography\\Configuration\\SSL\\00010002"
# Names of the table for Windows Vista (Win32, SecAuthN): no GCM, SHA256 or SHA384, and those with ECDHE end in a curve.
_KNOWN = re.compile(
    r"TLS_RSA_WITH_(AES_(128|256)_CBC_SHA|RC4_128_(SHA|MD5)|3DES_EDE_CBC_SHA|NULL_(SHA|MD5))"
    r"|TLS_ECDHE_RSA_WITH_AES_(128|256)_CBC_SHA_P(256|384|521)"
)
VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2}


@functools.cache
def _key() -> rsa.RSAPrivateKey:
    """Return the one key of this process: making one for each of a hundred twins would take half a minute."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@functools.cache
def certificate(name: str) -> bytes:
    """Return a PEM file with key and self-signed certificate for a machine, good for its name and for loopback."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(_key().public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name), x509.DNSName("localhost"), loopback]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(_key(), hashes.SHA256())
    )
    key = _key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return key + made.public_bytes(serialization.Encoding.PEM)


def offered(machine: Machine) -> tuple[str, ...]:
    """Return the versions of TLS that this machine's Schannel offers as a server, by its keys and its file.

    TLS 1.0 is there unless a key switches it off; 1.1 and 1.2 need the newer file and are off until ``Enabled`` and
    ``DisabledByDefault=0`` are written (facts: hardening 2.1). Without the hash SHA no suite is left (1a, 3), nor with
    a list of suites that NT 6.0 does not know (1a, 4).
    """
    data = machine.registry.data
    if not data(f"{SCHANNEL}\\Hashes\\SHA", "Enabled", 1) or not _suites(data(SUITE_ORDER, "Functions", None)):
        return ()
    try:
        version = machine.files.version(f"{machine.windows_directory}\\system32\\schannel.dll") or ""
    except FileError:
        version = ""
    newer = tuple(int(part) for part in version.split(".") if part.isdecimal()) >= NEWER_SCHANNEL

    def on(name: str) -> bool:
        key, stock = f"{SCHANNEL}\\Protocols\\TLS {name}\\Server", name == "1.0"
        return bool(data(key, "Enabled", int(stock))) and not data(key, "DisabledByDefault", int(not stock))

    return tuple(name for name in VERSIONS if (newer or name == "1.0") and on(name))


def _suites(order: object) -> bool:
    """Say whether a list of suites names one that NT 6.0 has and a listener with an RSA certificate can use."""
    if not isinstance(order, str) or not order:
        return True
    return any(_KNOWN.fullmatch(one.strip()) for one in order.split(","))


def server_context(name: str, versions: tuple[str, ...] | None, ciphers: str | None = None) -> ssl.SSLContext:
    """Return the TLS context of a listener called `name`.

    `versions` are those of `offered`, at least one, with Schannel's suites; None is a listener of today, which any
    client reaches and no 2008 has.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if versions is not None:
        context.set_ciphers(ciphers or SUITES)
        context.minimum_version = min(VERSIONS[version] for version in versions)
        context.maximum_version = max(VERSIONS[version] for version in versions)
        if "1.0" in versions and "1.1" not in versions:
            context.options |= ssl.OP_NO_TLSv1_1
    elif ciphers is not None:
        context.set_ciphers(ciphers)
    with tempfile.NamedTemporaryFile(prefix="twin-tls-", suffix=".pem") as file:
        # ssl takes keys from files only; this one is gone before the first client comes
        path = Path(file.name)
        path.write_bytes(certificate(name))
        context.load_cert_chain(path)
    return context
