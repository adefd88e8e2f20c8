# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who gets in, by which protocol, and the encryption that comes with it."""

from __future__ import annotations

import base64
import struct

import pytest
import spnego
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.accounts import ADMINISTRATORS, User
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_auth import (
    PROTOCOL,
    Login,
    Refused,
    Undecryptable,
    md4,
)
from support.endpoint import machine

PASSWORD = "Pässwörd: 1!"
POLICIES = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System"
LSA = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa"
KIND = f'multipart/encrypted;protocol="{PROTOCOL}";boundary="Encrypted Boundary"'


@pytest.fixture(scope="module")
def target() -> Machine:
    made = machine(password=PASSWORD)
    made.accounts.add_user(User("deputy", 1001, PASSWORD), (ADMINISTRATORS,))
    made.accounts.add_user(User("clerk", 1002, PASSWORD))
    return made


def client_of(user: str, password: str, protocol: str) -> spnego.ContextProxy:
    option = spnego.NegotiateOptions.use_ntlm if protocol == "ntlm" else spnego.NegotiateOptions.use_negotiate
    return spnego.client(user, password, hostname="target", service="HTTP", protocol=protocol, options=option)


def log_in(
    made: Machine, user: str, password: str = PASSWORD, protocol: str = "ntlm"
) -> tuple[Login, spnego.ContextProxy]:
    """Play both sides until nobody has anything to say."""
    login, client = Login(made), client_of(user, password, protocol)
    token = client.step()
    while token:
        answer = login.negotiate("Negotiate", base64.b64encode(token).decode())
        told = base64.b64decode(answer.partition(" ")[2]) if answer else None
        token = client.step(told) if told and not client.complete else None
    return login, client


@pytest.mark.parametrize(
    ("data", "digest"),
    [
        # RFC 1320, A.5
        (b"", "31d6cfe0d16ae931b73c59d7e0c089c0"),
        (b"abc", "a448017aaf21d8525fc10ae87aa6729d"),
        (b"1234567890" * 8, "e33b4ddc9c38f2199c3e7b164fcc0536"),
    ],
)
def test_md4(data: bytes, digest: str) -> None:
    assert md4(data).hex() == digest


@pytest.mark.parametrize("protocol", ["ntlm", "negotiate"])
@pytest.mark.parametrize(
    "user", ["Administrator", "ADMINISTRATOR", ".\\Administrator", "SERVER\\Administrator", "ELSEWHERE\\Administrator"]
)
def test_a_login_and_the_encryption_that_comes_with_it(target: Machine, user: str, protocol: str) -> None:
    login, client = log_in(target, user, protocol=protocol)
    assert login.account is not None
    assert login.account.administrator
    for message in (b"first", b"second" * 1000):
        header, data, padding = client.wrap_winrm(message)
        assert padding == 0
        assert login.unseal(KIND, framed(struct.pack("<I", len(header)) + header + data, len(message))) == message
        kind, body = login.seal(message)
        assert kind == KIND
        payload = body.split(b"octet-stream\r\n", 1)[1].removesuffix(b"--Encrypted Boundary--\r\n")
        assert client.unwrap_winrm(payload[4:20], payload[20:]) == message


def framed(payload: bytes, length: int) -> bytes:
    mark = b"--Encrypted Boundary"
    return (
        mark + b"\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
        b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=" + str(length).encode() + b"\r\n"
        + mark + b"\r\n\tContent-Type: application/octet-stream\r\n" + payload + mark + b"--\r\n"
    )  # fmt: skip


@pytest.mark.parametrize("protocol", ["ntlm", "negotiate"])
@pytest.mark.parametrize(("user", "password"), [("Administrator", "wrong"), ("nobody", PASSWORD), ("Guest", "")])
def test_a_login_that_fails(target: Machine, user: str, password: str, protocol: str) -> None:
    with pytest.raises((Refused, spnego.exceptions.SpnegoError)):
        log_in(target, user, password or "x", protocol)


def test_an_ordinary_user_does_not_get_in(target: Machine) -> None:
    with pytest.raises(Refused, match="no administrator"):
        log_in(target, "clerk")


def test_another_local_administrator_needs_the_token_filter_policy(target: Machine) -> None:
    with pytest.raises(Refused, match="UAC"):
        log_in(target, "deputy")
    target.registry.set(POLICIES, "LocalAccountTokenFilterPolicy", "REG_DWORD", 1)
    assert log_in(target, "deputy")[0].account is not None
    target.registry.delete_value(POLICIES, "LocalAccountTokenFilterPolicy")


def test_ntlm_2_still_works_when_everything_older_is_refused(target: Machine) -> None:
    target.registry.set(LSA, "LmCompatibilityLevel", "REG_DWORD", 5)
    assert log_in(target, "Administrator")[0].account is not None
    target.registry.delete_value(LSA, "LmCompatibilityLevel")


def test_an_old_answer_is_refused_by_a_hardened_machine(target: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LM_COMPAT_LEVEL", "2")  # what pyspnego's initiator then sends is NTLM version 1
    assert log_in(target, "Administrator")[0].account is not None
    target.registry.set(LSA, "LmCompatibilityLevel", "REG_DWORD", 5)
    with pytest.raises(Refused, match="LmCompatibilityLevel 5"):
        log_in(target, "Administrator")
    target.registry.delete_value(LSA, "LmCompatibilityLevel")


def test_a_locked_account_stays_out(target: Machine) -> None:
    target.accounts.users["deputy"].locked = True
    target.registry.set(POLICIES, "LocalAccountTokenFilterPolicy", "REG_DWORD", 1)
    with pytest.raises(Refused):
        log_in(target, "deputy")
    target.accounts.users["deputy"].locked = False
    target.registry.delete_value(POLICIES, "LocalAccountTokenFilterPolicy")


def test_wrong_passwords_are_counted(target: Machine) -> None:
    before = target.accounts.users["clerk"].bad_passwords
    with pytest.raises(Refused):
        log_in(target, "clerk", "wrong")
    assert target.accounts.users["clerk"].bad_passwords == before + 1


def test_a_second_login_on_the_connection_replaces_the_first(target: Machine) -> None:
    login, _client = log_in(target, "Administrator")
    again = client_of("Administrator", PASSWORD, "ntlm")
    answer = login.negotiate("NTLM", base64.b64encode(again.step() or b"").decode())
    assert answer is not None
    assert answer.startswith("NTLM ")
    assert login.account is None, "between the two messages nobody is logged in"
    final = again.step(base64.b64decode(answer.partition(" ")[2]))
    login.negotiate("NTLM", base64.b64encode(final or b"").decode())
    assert login.account is not None


def test_messages_sealed_for_another_connection_are_undecryptable(target: Machine) -> None:
    _first, stale = log_in(target, "Administrator")
    second, _client = log_in(target, "Administrator")
    header, data, _padding = stale.wrap_winrm(b"hello")
    with pytest.raises(Undecryptable):
        second.unseal(KIND, framed(struct.pack("<I", len(header)) + header + data, 5))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--Encrypted Boundary\r\n",
        framed(b"", 5),
        framed(b"\xff\xff\xff\xff", 5),
        framed(b"\x10\x00\x00\x00short", 5),
        framed(b"\x10\x00\x00\x00" + b"x" * 40, 5),
    ],
)
def test_rubbish_in_an_encrypted_envelope(target: Machine, body: bytes) -> None:
    login, _client = log_in(target, "Administrator")
    with pytest.raises(Undecryptable):
        login.unseal(KIND, body)


def test_nothing_can_be_unsealed_before_the_login(target: Machine) -> None:
    with pytest.raises(Undecryptable):
        Login(target).unseal(KIND, framed(b"\x10\x00\x00\x00" + b"x" * 40, 5))


@pytest.mark.parametrize("user", ["Administrator", "SERVER\\Administrator"])
def test_basic(target: Machine, user: str) -> None:
    login = Login(target)
    login.basic(base64.b64encode(f"{user}:{PASSWORD}".encode()).decode())
    assert login.account is not None
    assert not login.sealed


@pytest.mark.parametrize(
    "token", ["", "!!!", base64.b64encode(b"no colon").decode(), base64.b64encode(b"Administrator:x").decode()]
)
def test_basic_that_fails(target: Machine, token: str) -> None:
    with pytest.raises(Refused):
        Login(target).basic(token)


@given(st.one_of(st.binary(max_size=120), st.binary(max_size=120).map(lambda data: b"NTLMSSP\0\x03\0\0\0" + data)))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_token_does_more_than_be_refused(target: Machine, token: bytes) -> None:
    login = Login(target)
    encoded = base64.b64encode(token).decode()
    try:
        login.negotiate("Negotiate", encoded)
        login.negotiate("Negotiate", encoded)
    except Refused:
        pass
    assert login.account is None


def test_a_truncated_authenticate_message_is_refused(target: Machine) -> None:
    login, client = Login(target), client_of("Administrator", PASSWORD, "ntlm")
    answer = login.negotiate("Negotiate", base64.b64encode(client.step() or b"").decode())
    final = client.step(base64.b64decode(str(answer).partition(" ")[2])) or b""
    with pytest.raises(Refused):
        login.negotiate("Negotiate", base64.b64encode(final[:70]).decode())
    assert login.account is None
