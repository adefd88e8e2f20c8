# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""TLS for a twin's HTTPS listener (private to this collection): a certificate, and what an old Schannel offers."""

from __future__ import annotations

import functools
import ipaddress
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2}


@functools.cache
def _key() -> rsa.RSAPrivateKey:
    """Return the one key of this process: making one for each of a hundred twins would take half a minute."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


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


def server_context(name: str, maximum: str | None = None, ciphers: str | None = None) -> ssl.SSLContext:
    """Return the listener's TLS context.

    `maximum` 1.0 is stock 2008 SP2, 1.2 is one with KB4019276; either brings OpenSSL down to the
    security level on which the CBC suites with SHA-1, all that Schannel of NT 6.0 has, still exist.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if maximum is not None:
        if maximum not in VERSIONS:
            raise ValueError(f"a 2008 listener offers TLS {', '.join(VERSIONS)}, not {maximum}")
        context.set_ciphers(ciphers or "AES128-SHA:AES256-SHA:ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = VERSIONS[maximum]
    elif ciphers is not None:
        context.set_ciphers(ciphers)
    with tempfile.NamedTemporaryFile(prefix="twin-tls-", suffix=".pem") as file:
        # ssl takes keys from files only; this one is gone before the first client comes
        path = Path(file.name)
        path.write_bytes(certificate(name))
        context.load_cert_chain(path)
    return context
