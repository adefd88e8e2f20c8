# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The endpoint on the network: logins, encryption, quotas, restarts, and what the knobs do."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import winrm.exceptions
from winrm.protocol import Protocol

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_knobs import ENTITIES, GARBAGE, Troubles
from support.endpoint import Endpoint, Knobs, Trouble, credentials, machine, serving, settled

from .conftest import CMD, IDENTIFY, envelope

TEXT = {"Content-Type": "application/soap+xml;charset=UTF-8"}
STRANGER = {**TEXT, "WSMANIDENTIFY": "unauthenticated"}
FAULT = winrm.exceptions.WSManFaultError


def protocol(endpoint: Endpoint, **options: Any) -> Protocol:
    user, password = credentials(endpoint)
    known = {
        "transport": "ntlm",
        "username": user,
        "password": password,
        "operation_timeout_sec": 4,
        "read_timeout_sec": 6,
        "server_cert_validation": "ignore",
        "ca_trust_path": None,
    }
    return Protocol(endpoint.url, **{**known, **options})


@contextlib.contextmanager
def shell(client: Protocol) -> Iterator[str]:
    opened = client.open_shell()
    try:
        yield opened
    finally:
        client.close_shell(opened)


def run(client: Protocol, opened: str, line: str) -> tuple[bytes, bytes, int]:
    command = client.run_command(opened, line)
    try:
        return client.get_command_output(opened, command)
    finally:
        client.cleanup_command(opened, command)


def post(
    endpoint: Endpoint, data: bytes | str = b"", headers: dict[str, str] | None = None, **options: Any
) -> requests.Response:
    return requests.post(endpoint.url, data=data, headers=headers, timeout=5, verify=False, **options)


def raw(endpoint: Endpoint, data: bytes) -> bytes:
    with socket.create_connection((endpoint.address, endpoint.port), 5) as plain:
        plain.sendall(data)
        plain.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: plain.recv(65536), b""))


def test_ntlm_with_message_encryption(winrm: str) -> None:
    with serving(winrm=winrm) as endpoint:
        client = protocol(endpoint)
        with shell(client) as opened:
            assert run(client, opened, "hostname") == (b"SERVER\r\n", b"", 0)
        assert endpoint.logins == 1
        assert [exchange.verb for exchange in endpoint.log] == ["Create", "Command", "Receive", "Signal", "Delete"]
        assert endpoint.log[1].subject == "hostname"
        assert endpoint.requests == 5
        assert endpoint.http_requests == 8, "and 401, 401, 200 before them"


def test_https() -> None:
    with serving(tls=True) as endpoint, shell(protocol(endpoint)) as opened:
        assert run(protocol(endpoint), opened, "ver")[2] == 0


PROTOCOLS = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols"


def versions_of(endpoint: Endpoint) -> set[str]:
    """Try each version of TLS by itself, with SHA-1 suites."""
    taken = set()
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2):
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.set_ciphers("DEFAULT:@SECLEVEL=0")
        old.minimum_version = old.maximum_version = version
        with contextlib.suppress(OSError):
            taken.add(negotiated(endpoint, old) or "")
    return taken


def switch(endpoint: Endpoint, version: str, on: bool) -> None:
    key = f"{PROTOCOLS}\\TLS {version}\\Server"
    endpoint.machine.registry.set(key, "Enabled", "REG_DWORD", int(on))
    endpoint.machine.registry.set(key, "DisabledByDefault", "REG_DWORD", int(not on))


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:ssl.OP_NO_TLSv1_1:DeprecationWarning")
def test_tls_follows_schannels_keys_and_its_file() -> None:
    with serving(tls=True, knobs=Knobs(), restart_seconds=1) as endpoint:
        current = ssl.create_default_context()
        current.minimum_version = ssl.TLSVersion.TLSv1_2  # not every Python begins there by itself
        with pytest.raises(ssl.SSLError):
            negotiated(endpoint, current)
        assert versions_of(endpoint) == {"TLSv1"}, "a fresh 2008 SP2"
        switch(endpoint, "1.2", on=True)
        restarted(endpoint)
        assert versions_of(endpoint) == {"TLSv1"}, "a key alone brings no protocol that the file has not"
        endpoint.machine.files.put("C:\\Windows\\system32\\schannel.dll", 346624, "6.0.6002.24129")
        switch(endpoint, "1.0", on=False)
        assert versions_of(endpoint) == {"TLSv1"}, "keys are read at the restart"
        restarted(endpoint)
        assert versions_of(endpoint) == {"TLSv1.2"}
        switch(endpoint, "1.2", on=False)
        restarted(endpoint)
        assert versions_of(endpoint) == set(), "locked out"


def restarted(endpoint: Endpoint) -> None:
    endpoint.machine.restart("test")
    endpoint.machine.wait_until_up()
    assert settled(lambda: listens(endpoint), True)


def listens(endpoint: Endpoint) -> bool:
    with socket.socket() as knocking:
        return knocking.connect_ex((endpoint.address, endpoint.port)) == 0


def negotiated(endpoint: Endpoint, context: ssl.SSLContext) -> str | None:
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((endpoint.address, endpoint.port), 5) as plain,
        context.wrap_socket(plain, server_hostname="server") as secure,
    ):
        return secure.version()


def test_basic_only_where_it_is_switched_on() -> None:
    with serving() as endpoint:
        assert post(endpoint, IDENTIFY, TEXT, auth=credentials(endpoint)).status_code == 401
    with serving(allow_basic=True) as endpoint:
        refused = post(endpoint, IDENTIFY, TEXT)
        assert 'Basic realm="WSMAN"' in refused.headers["WWW-Authenticate"]
        answer = post(endpoint, IDENTIFY, TEXT, auth=credentials(endpoint))
        assert answer.status_code == 500, "AllowUnencrypted is off"
    with serving(allow_basic=True, allow_unencrypted=True) as endpoint:
        answer = post(endpoint, IDENTIFY, TEXT, auth=credentials(endpoint))
        assert "OS: 6.0.6002 SP: 2.0 Stack: 1.1" in answer.text


@pytest.mark.parametrize(("version", "stack"), [("1.1", "1.1"), ("2.0", "2.0")])
def test_identify_tells_strangers_the_stack_and_no_more(version: str, stack: str) -> None:
    with serving(winrm=version) as endpoint:
        answer = post(endpoint, IDENTIFY, STRANGER)
        assert f"OS: 0.0.0 SP: 0.0 Stack: {stack}" in answer.text
        assert "6.0.6002" not in answer.text
        assert post(endpoint, IDENTIFY, TEXT).status_code == 401
        assert post(endpoint, envelope("urn:a", CMD), STRANGER).status_code == 401
        assert post(endpoint, "rubbish", STRANGER).status_code == 400


def test_identify_tells_the_build_after_a_login() -> None:
    with serving(winrm="2.0") as endpoint:
        assert b"OS: 6.0.6002 SP: 2.0 Stack: 2.0" in protocol(endpoint).send_message(IDENTIFY)


def test_a_wrong_password_is_a_401_without_reasons() -> None:
    with serving() as endpoint:
        with pytest.raises(winrm.exceptions.InvalidCredentialsError):
            protocol(endpoint, password="wrong").open_shell()
        assert endpoint.logins == 0
        assert post(endpoint).headers["WWW-Authenticate"] == "Negotiate"


def test_an_unencrypted_message_over_http_is_refused() -> None:
    with serving() as endpoint, pytest.raises(winrm.exceptions.WinRMTransportError, match="500"):
        protocol(endpoint, message_encryption="never").open_shell()


def test_a_client_that_goes_on_with_the_keys_of_a_lost_connection_gets_400() -> None:
    """What every pywinrm Protocol does after a host restarted or http.sys closed an idle socket."""
    with serving() as endpoint:
        client = protocol(endpoint)
        client.open_shell()
        endpoint.stop()
        endpoint.start()
        with pytest.raises(winrm.exceptions.WinRMTransportError, match="400"):
            client.open_shell()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /wsman HTTP/1.1\r\n\r\n", b"405"),
        (b"POST /other HTTP/1.1\r\nContent-Length: 0\r\n\r\n", b"404"),
        (b"\x80\x0f\x01\x00\x00rubbish\r\n\r\n", b"400"),
        (b"POST /wsman HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"411"),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: 900000\r\n\r\n", b"413"),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: 0\r\nAuthorization: Negotiate !!!\r\n\r\n", b"401"),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: 0\r\nAuthorization: Kerberos YII=\r\n\r\n", b"401"),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: 0\r\nAuthorization: Negotiate TlRMTVNTUAADAAAA\r\n\r\n", b"401"),
    ],
)
def test_bad_requests_are_answered_and_harm_nobody(data: bytes, status: bytes) -> None:
    with serving() as endpoint:
        assert raw(endpoint, data).partition(b" ")[2][:3] == status
        assert post(endpoint, IDENTIFY, STRANGER).status_code == 200


def test_a_message_larger_than_the_envelope_is_413() -> None:
    with serving(winrm="1.1") as endpoint, shell(protocol(endpoint)) as opened:
        client = protocol(endpoint)
        command = client.run_command(opened, 'findstr "^"', console_mode_stdin=False)
        client.send_command_input(opened, command, b"x" * 100_000)
        with pytest.raises(winrm.exceptions.WinRMTransportError, match="413"):
            client.send_command_input(opened, command, b"x" * 150_000)


def test_more_connections_than_the_version_allows_are_an_internal_error() -> None:
    with serving(winrm="1.1") as endpoint:
        clients = [protocol(endpoint) for _turn in range(6)]
        for client in clients[:5]:
            client.send_message(IDENTIFY)
        with pytest.raises(FAULT) as caught:
            clients[5].send_message(IDENTIFY)
        assert caught.value.fault_subcode == "w:InternalError"
        clients[0].transport.close_session()
        assert settled(lambda: endpoint.connections_open, 5) == 5
        clients[5].send_message(IDENTIFY)
        for client in clients:
            client.transport.close_session()


def test_a_restart_closes_the_port_takes_the_shells_and_comes_back() -> None:
    with serving(restart_seconds=100.0, speed=1000.0) as endpoint:
        client = protocol(endpoint)
        client.open_shell()
        endpoint.machine.restart("test")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((endpoint.address, endpoint.port), 1)
        assert endpoint.shells_open == 0
        assert settled(lambda: reachable(endpoint), True) is True
        with shell(protocol(endpoint)) as opened:
            assert run(protocol(endpoint), opened, "ver")[2] == 0


def reachable(endpoint: Endpoint) -> bool:
    try:
        socket.create_connection((endpoint.address, endpoint.port), 1).close()
    except OSError:
        return False
    return True


def test_nobody_else_gets_the_port_while_the_machine_is_down() -> None:
    with serving(restart_seconds=300.0, speed=1000.0) as endpoint:
        endpoint.machine.restart("test")
        taken = socket.socket()
        with taken, pytest.raises(OSError, match="in use"):
            taken.bind((endpoint.address, endpoint.port))
        endpoint.machine.wait_until_up()
        assert settled(lambda: reachable(endpoint), True) is True


def test_a_machine_that_is_down_has_no_open_port() -> None:
    made = machine(speed=1.0)
    made.shutdown()
    with serving(made) as endpoint:
        assert not reachable(endpoint)


def test_a_stopped_service_answers_nobody() -> None:
    with serving() as endpoint:
        endpoint.machine.services.stop("WinRM")
        with pytest.raises(requests.ConnectionError):
            post(endpoint, IDENTIFY, STRANGER)
        endpoint.machine.services.start("WinRM")
        assert post(endpoint, IDENTIFY, STRANGER).status_code == 200


def test_a_stopped_service_has_no_shells_when_it_comes_back() -> None:
    with serving() as endpoint:
        client = protocol(endpoint)
        client.open_shell()
        with contextlib.suppress(requests.ConnectionError):  # the answer may be too late for its connection
            client.run_command(client.open_shell(), "net stop winrm & net start winrm & echo done>C:\\done.txt")
        assert settled(lambda: endpoint.machine.files.exists("C:\\done.txt"), True)
        assert endpoint.shells_open == 0
        fresh = protocol(endpoint)
        with shell(fresh) as opened:
            assert run(fresh, opened, "ver")[2] == 0


def test_an_idle_connection_is_closed() -> None:
    with serving(knobs=Knobs(idle_close=0.05)) as endpoint:
        with socket.create_connection((endpoint.address, endpoint.port), 5) as plain:
            assert plain.recv(1) == b""
        assert settled(lambda: endpoint.connections_open, 0) == 0


def test_latency() -> None:
    with serving(knobs=Knobs(latency=0.1)) as endpoint:
        began = time.monotonic()
        post(endpoint, IDENTIFY, STRANGER)
        assert time.monotonic() - began >= 0.1


@pytest.mark.parametrize("kind", ["drop", "reset"])
def test_a_connection_can_be_lost_before_or_after_the_work(kind: str) -> None:
    for after, started in ((False, 0), (True, 1)):
        knobs = Knobs(troubles=(Trouble(kind, verb="Command", after=after),))
        with serving(knobs=knobs) as endpoint:
            client = protocol(endpoint)
            opened = client.open_shell()
            with pytest.raises(requests.ConnectionError):
                client.run_command(opened, "ver")
            held = endpoint.service.shells.of(endpoint.machine.accounts.token("Administrator"))
            assert sum(each.operations for each in held) == started
            protocol(endpoint).close_shell(opened)


def test_a_frozen_answer_ends_with_the_clients_patience() -> None:
    with serving(knobs=Knobs(troubles=(Trouble("freeze", verb="Create"),))) as endpoint:
        client = protocol(endpoint)
        client.transport.read_timeout_sec = 0.3
        with pytest.raises(requests.ReadTimeout):
            client.open_shell()
        endpoint.stop()
        assert settled(lambda: endpoint.connections_open, 0) == 0


def test_a_fault_a_status_and_rubbish_on_demand() -> None:
    troubles = (
        Trouble("fault", at=1, code=2150859174, subcode="w:QuotaLimit"),
        Trouble("answer", at=2, status=503),
        Trouble("answer", at=3, status=200, body=GARBAGE),
        Trouble("answer", at=4, status=200, body=ENTITIES),
        Trouble("delay", at=5, seconds=0.05),
    )
    with serving(knobs=Knobs(troubles=troubles)) as endpoint:
        client = protocol(endpoint)
        with pytest.raises(FAULT) as caught:
            client.send_message(IDENTIFY)
        assert caught.value.wsman_fault_code == 2150859174
        with pytest.raises(winrm.exceptions.WinRMTransportError, match="503"):
            client.send_message(IDENTIFY)
        assert client.send_message(IDENTIFY) == GARBAGE
        assert client.send_message(IDENTIFY) == ENTITIES
        began = time.monotonic()
        assert b"IdentifyResponse" in client.send_message(IDENTIFY)
        assert time.monotonic() - began >= 0.05


def test_troubles_are_counted_by_verb_and_can_be_added_later() -> None:
    planned = Troubles((Trouble("drop", at=2, verb="Receive", times=2),))
    seen = [planned.next(verb) for verb in ("Receive", "Send", "Receive", "Receive", "Receive")]
    assert [trouble is not None for trouble in seen] == [False, False, True, True, False]
    planned.add(Trouble("reset", verb="Receive"))
    assert [getattr(planned.next("Receive"), "kind", None) for _turn in range(2)] == ["reset", None]
    with pytest.raises(ValueError, match="no trouble called explode"):
        Trouble("explode")


def test_a_defect_of_the_twin_is_a_fault_for_the_client_and_a_traceback_for_us(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_options: object) -> bytes:
        raise ZeroDivisionError("a defect")

    endpoint = Endpoint(machine()).start()
    monkeypatch.setattr(endpoint.service, "answer", fail)
    with pytest.raises(FAULT, match="twin itself failed"):
        protocol(endpoint).send_message(IDENTIFY)
    endpoint.stop()
    assert "a defect" in endpoint.errors[0]


def test_leaving_a_shell_open_fails_the_test_that_did_it() -> None:
    with pytest.raises(AssertionError, match="1 WinRS shells"), serving() as endpoint:
        protocol(endpoint).open_shell()


def test_starting_and_stopping_leaves_nothing_behind() -> None:
    endpoint = Endpoint(machine()).start()
    port = endpoint.port
    endpoint.start()
    post(endpoint, IDENTIFY, STRANGER)
    endpoint.stop()
    endpoint.stop()
    assert not reachable(endpoint)
    endpoint.start()
    assert endpoint.port == port
    endpoint.stop()
    assert settled(network_threads, []) == []
    assert endpoint.machine.on_restart == []


def network_threads() -> list[str]:
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name == "twin-doorman" or name.endswith("-http")]


def test_a_taken_port_is_an_os_error() -> None:
    with serving() as endpoint, pytest.raises(OSError, match="in use"):
        Endpoint(machine(), endpoint.port).start()


def test_many_twins_in_one_process_answer_side_by_side() -> None:
    with contextlib.ExitStack() as stack:
        endpoints = [stack.enter_context(serving(password=f"secret-{number}")) for number in range(8)]
        answers: dict[int, bytes] = {}

        def talk(endpoint: Endpoint) -> None:
            client = protocol(endpoint)
            with shell(client) as opened:
                answers[endpoint.port] = run(client, opened, "ver")[0]

        threads = [threading.Thread(target=talk, args=(endpoint,)) for endpoint in endpoints]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len(answers) == 8
        assert all(b"6.0.6002" in answer for answer in answers.values())


def test_names_of_the_messages_in_the_log_hold_no_input() -> None:
    with serving() as endpoint, shell(protocol(endpoint)) as opened:
        client = protocol(endpoint)
        command = client.run_command(opened, 'findstr "^"', console_mode_stdin=False)
        client.send_command_input(opened, command, b"secret\r\n", end=True)
        client.get_command_output(opened, command)
        client.cleanup_command(opened, command)
        assert "Send" in {exchange.verb for exchange in endpoint.log}
        assert not any("secret" in str(exchange) for exchange in endpoint.log)
