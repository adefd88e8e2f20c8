# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""TLS 1.0 goes only after a live TLS 1.2 handshake with each listener, Remote Desktop included."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.plan import plan
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import select
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.surroundings import Surroundings
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host import settings
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.snapshot import take
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target import contact
from support.baseline_cases import machine

AGREED = bytes.fromhex("030000130ed000001234000200080001000000")
DECLINED = bytes.fromhex("030000130ed000001234000300080002000000")


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cerberus")])
    day = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(day).not_valid_after(day + dt.timedelta(days=9))
    file: Path = tmp_path_factory.mktemp("tls") / "both.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(file)
    return made


@pytest.fixture
def listener(context: ssl.SSLContext) -> Iterator[Callable[[bytes | None], tuple[int, list[bytes]]]]:
    """Make a listener of one conversation: TLS at once, or after the answer of Remote Desktop to its greeting."""
    doors: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def serve(door: socket.socket, greeting: bytes | None, heard: list[bytes]) -> None:
        raw, _address = door.accept()
        with raw:
            if greeting is not None:
                heard.append(raw.recv(19))
                raw.sendall(greeting)
                if greeting == DECLINED:
                    return
            try:
                context.wrap_socket(raw, server_side=True).close()
            except OSError:
                return

    def make(greeting: bytes | None) -> tuple[int, list[bytes]]:
        heard: list[bytes] = []
        door = socket.create_server(("127.0.0.1", 0))
        doors.append(door)
        threads.append(threading.Thread(target=serve, args=(door, greeting, heard), daemon=True))
        threads[-1].start()
        return door.getsockname()[1], heard

    yield make
    for door in doors:
        door.close()
    for thread in threads:
        thread.join(5)


def test_a_listener_with_tls12_is_proved(listener: Callable[..., tuple[int, list[bytes]]]) -> None:
    port, _heard = listener(None)
    assert contact.tls12("127.0.0.1", port).cipher


def test_remote_desktop_is_greeted_before_the_handshake(listener: Callable[..., tuple[int, list[bytes]]]) -> None:
    port, heard = listener(AGREED)
    assert contact.tls12("127.0.0.1", port, remote_desktop=True).cipher
    # TPKT of 19 bytes, an X.224 connection request, and a negotiation request for TLS or CredSSP (MS-RDPBCGR 4.1.1).
    assert heard == [bytes.fromhex("030000130ee000000000000100080003000000")]


def test_remote_desktop_without_tls_proves_nothing(listener: Callable[..., tuple[int, list[bytes]]]) -> None:
    port, _heard = listener(DECLINED)
    found = contact.tls12("127.0.0.1", port, remote_desktop=True)
    assert (found.cipher, found.refused) == (None, "remote desktop is set up without tls")


def test_a_port_that_nobody_listens_on_proves_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    assert contact.tls12("127.0.0.1", port, timeout=1).cipher is None


BOUND = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\HTTP\\Parameters\\SslBindingInfo"


@pytest.mark.parametrize("locale", ["en-US", "de-DE", "ru-RU"])
def test_a_port_with_a_certificate_is_a_listener_on_whatever_port_it_is(twin: Callable[..., Any], locale: str) -> None:
    session = twin(locale=locale)
    for name in ("0.0.0.0:4443", "[::]:4444"):
        session.machine.registry.set(f"{BOUND}\\{name}", "SslCertHash", "REG_BINARY", b"\x01")
    taken = take(session, [], [settings.TLS_BINDINGS])
    assert taken["answers"]["tls_bindings"] == ["0.0.0.0:4443", "[::]:4444"]
    assert take(twin(locale=locale), [], [settings.TLS_BINDINGS])["answers"]["tls_bindings"] == []


TLS12_ON = {
    f"HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2\\{side}": {
        "Enabled": {"type": "REG_DWORD", "data": 1},
        "DisabledByDefault": {"type": "REG_DWORD", "data": 0},
    }
    for side in ("Server", "Client")
}


@pytest.mark.parametrize(
    ("bindings", "proved", "held"),
    [
        (["0.0.0.0:4443"], (), "a live TLS 1.2 handshake on port 4443"),
        (["0.0.0.0:4443"], (443,), "a live TLS 1.2 handshake on port 4443"),
        (["0.0.0.0:4443"], (4443,), ""),
        (["0.0.0.0:9999"], (), ""),
        (None, (4443,), "tls_bindings is not known"),
    ],
    ids=["not proved", "another is", "proved", "nobody listens there", "not asked"],
)
def test_tls_10_stays_until_every_port_with_a_certificate_has_shaken_hands(
    bindings: list[str] | None, proved: tuple[int, ...], held: str
) -> None:
    listening = [{"port": port, "address": "0.0.0.0", "pid": 4} for port in (80, 4443)]
    snapshot = machine(
        listeners=listening, registry=TLS12_ON, hotfixes=["KB4074621"], tls_bindings=bindings or "unasked"
    )
    around = Surroundings(transport="ntlm", scheme="http", port=80, tls12_proved=frozenset(proved))
    day = dt.date(2026, 11, 20)
    result = plan(snapshot, select(ids=["tls-tls10-server-off"]), around, day)
    reasons = " | ".join(reason for one in result.held for reason in one.reasons)
    assert (held in reasons) if held else (result.held == () and result.changes())
