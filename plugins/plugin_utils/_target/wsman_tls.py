# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The TLS of one connection (private to this collection).

Neither pywinrm nor ansible-core has an option that reaches the https listener of a 2008 machine, not even one that was
hardened to TLS 1.2: Python leaves out every SHA-1 MAC, and NT 6.0's Schannel has nothing else. So the context is ours.
"""

from __future__ import annotations

import ssl
import warnings
from pathlib import Path

from .settings import BadSettings, Tls

# DEFAULT is OpenSSL's list, with the SHA-1 MACs that Python's own leaves out; level 0 allows SHA-1 and short keys.
LEGACY_CIPHERS = "DEFAULT:@SECLEVEL=0"
_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}


def tls_context(tls: Tls) -> ssl.SSLContext:
    """Return the SSLContext of one connection; raises `BadSettings` when the CA path holds no certificate."""
    try:
        context = ssl.create_default_context()
        if tls.ca_path:
            place = Path(tls.ca_path)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(
                cafile=None if place.is_dir() else str(place), capath=str(place) if place.is_dir() else None
            )
    except (OSError, ssl.SSLError) as error:
        raise BadSettings(f"{tls.ca_path} is not a PEM file of certificate authorities ({error})") from error
    with warnings.catch_warnings():
        # Python calls TLS 1.0 deprecated, rightly; here the operator asked for it and `relaxations` says so.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = _VERSIONS[tls.minimum]
    if tls.legacy_ciphers:
        context.set_ciphers(LEGACY_CIPHERS)
        # An unpatched NT 6.0 does not know secure renegotiation (RFC 5746), and OpenSSL 3 hangs up on that.
        context.options |= getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)
    if not tls.validate:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
