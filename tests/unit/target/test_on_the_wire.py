# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The live door against a real listener on loopback: real NTLM, real TLS, real sockets that break."""

from __future__ import annotations

import http.server
import signal
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.live import LiveSession
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.reboot import Patience, restart
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import (
    LoginRefused,
    TargetError,
    TimedOut,
    Unreachable,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.settings import (
    Auth,
    Encryption,
    Login,
    Settings,
    Times,
    Tls,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.wsman import Link, identify_stranger
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import RealClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.winrm_server import Endpoint, Knobs
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_knobs import ENTITIES, Trouble

LOGIN = Login(user="Administrator", secret="Sunset-2008!")
LEGACY = Tls(minimum="1.0", legacy_ciphers=True, validate=False)


class TaskTimeout(BaseException):
    """As ansible-core raises it out of a signal handler."""


@pytest.fixture
def twin() -> Iterator[Callable[..., Endpoint]]:
    """Return a function that starts a listener; after the test no shell may be open and nothing may have failed."""
    open_ones: list[Endpoint] = []

    def start(winrm: str = "1.1", **options: Any) -> Endpoint:
        machine = Machine.pristine(6002, clock=RealClock(60), winrm=winrm)
        open_ones.append(Endpoint(machine, **options).start())
        return open_ones[-1]

    yield start
    left = [(one.shells_open, one.errors) for one in open_ones]
    for one in open_ones:
        one.stop()
    assert left == [(0, [])] * len(open_ones)


@pytest.fixture
def door(notices: list[str], clock: Any) -> Iterator[Callable[..., LiveSession]]:
    """Return a function that opens a session; all are closed in the end. Waiting for quotas costs no time."""
    open_ones: list[LiveSession] = []

    def start(endpoint: Endpoint | int, login: Login = LOGIN, **options: Any) -> LiveSession:
        port = endpoint if isinstance(endpoint, int) else endpoint.port
        options.setdefault("times", Times(connect=2, operation=1, read=2))
        settings = Settings(host="127.0.0.1", port=port, login=login, **options)
        link = Link(settings, notices.append, sleep=clock.sleep)
        open_ones.append(LiveSession(settings, notices.append, link, clock.sleep, time.monotonic))
        return open_ones[-1]

    yield start
    for one in open_ones:
        one.close()


@pytest.mark.parametrize("winrm", ["1.1", "2.0", "3.0"])
def test_every_winrm_version_answers_every_kind_of_question(twin: Any, door: Any, winrm: str) -> None:
    session = door(twin(winrm))
    assert session.identify().product_version == f"OS: 6.0.6002 SP: 2.0 Stack: {winrm}"
    assert session.query("select BuildNumber from Win32_OperatingSystem") == [{"BuildNumber": "6002"}]
    assert len(session.query("select Name from Win32_Service")) > 40, "more than two pages of a stock host"
    assert session.get("Win32_Service", {"Name": "wuauserv"})["Name"] == "wuauserv"
    key = {"hDefKey": 0x80000002, "sSubKeyName": "SYSTEM"}
    assert "Select" in session.invoke("StdRegProv", "EnumKey", key)["sNames"]
    assert session.run("ver").stdout.strip() == "Microsoft Windows [Version 6.0.6002]"


def test_stranger_learns_the_stack_and_nothing_else(twin: Any) -> None:
    endpoint = twin()
    found = identify_stranger(Settings(host="127.0.0.1", port=endpoint.port, login=LOGIN))
    assert (found.os, found.stack) == (None, "1.1")


def test_thirty_commands_on_a_stock_host(twin: Any, door: Any) -> None:
    session = door(twin())
    assert [session.run(f"echo {number}").stdout.strip() for number in range(30)] == [str(n) for n in range(30)]


def test_megabyte_goes_up_and_down_in_few_messages(twin: Any, door: Any) -> None:
    endpoint = twin()
    session = door(endpoint)
    data = bytes(range(256)) * 4096
    session.upload(data, "%SystemRoot%\\Temp\\a b.bin")
    up = endpoint.requests
    assert up < 35
    assert session.download("C:\\Windows\\Temp\\a b.bin") == data
    assert session.run("dir /b C:\\Windows\\Temp").stdout.split() == ["a", "b.bin"], "no part is left behind"


def test_wrong_password_is_refused_once(twin: Any, door: Any) -> None:
    endpoint = twin()
    with pytest.raises(LoginRefused, match="refused the login of Administrator by ntlm"):
        door(endpoint, Login(user="Administrator", secret="wrong")).run("ver")
    assert endpoint.http_requests <= 3


def test_keep_alive_that_was_closed_meanwhile_is_noticed_by_nobody(twin: Any, door: Any) -> None:
    session = door(twin(knobs=Knobs(idle_close=0.1)))
    session.run("ver")
    time.sleep(0.3)
    assert session.run("ver").rc == 0
    time.sleep(0.3)


@pytest.mark.parametrize("kind", ["drop", "reset"])
def test_question_survives_a_broken_socket(twin: Any, door: Any, kind: str) -> None:
    endpoint = twin()
    session = door(endpoint)
    session.identify()
    endpoint.troubles.add(Trouble(kind, verb="Enumerate"))
    assert session.query("select BuildNumber from Win32_OperatingSystem")


@pytest.mark.parametrize("kind", ["drop", "reset"])
@pytest.mark.parametrize("verb", ["Command", "Receive"])
def test_command_on_a_broken_socket_is_not_repeated(twin: Any, door: Any, kind: str, verb: str) -> None:
    endpoint = twin()
    session = door(endpoint)
    session.run("ver")
    endpoint.troubles.add(Trouble(kind, verb=verb, after=True))
    with pytest.raises(Unreachable, match="may have been carried out"):
        session.run("echo x>>C:\\once.txt")
    assert session.run("type C:\\once.txt").stdout.split() == ["x"]


def test_silent_target_is_a_time_out_that_names_the_variable(twin: Any, door: Any) -> None:
    endpoint = twin()
    session = door(endpoint)
    session.run("ver")
    endpoint.troubles.add(Trouble("freeze", verb="Receive", seconds=3))
    with pytest.raises(TimedOut, match="ansible_winrm_read_timeout_sec"):
        session.run("ver")


def test_long_command_outlives_many_operation_time_outs(twin: Any, door: Any) -> None:
    began = time.monotonic()
    assert door(twin()).run("ping -n 70 127.0.0.1 >nul").rc == 0
    assert time.monotonic() - began > 1.0


def test_command_that_takes_too_long_is_stopped(twin: Any, door: Any) -> None:
    session = door(twin())
    with pytest.raises(TimedOut, match="did not end within 0.5 seconds"):
        session.run("ping -n 600 127.0.0.1", timeout=0.5)
    assert session.run("ver").rc == 0


def test_alarm_in_the_middle_of_a_message_is_raised_as_it_is(twin: Any, door: Any) -> None:
    def ring(_number: int, _frame: object) -> None:
        raise TaskTimeout

    session = door(twin())
    session.run("ver")
    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(TaskTimeout):
            session.run("ping -n 600 127.0.0.1")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (ENTITIES, 200, "entities"),
        (b"\x00\x01 garbage", 200, "UTF-8|cannot be read"),
        (b"<html>hello</html>", 200, "WS-Man"),
        (b"x" * 5_000_000, 200, "more than 4 MB"),
        (ENTITIES, 500, "not WS-Man"),
    ],
    ids=["entities", "garbage", "html", "flood", "entities in a fault"],
)
def test_answer_that_is_none_is_refused(twin: Any, door: Any, body: bytes, status: int, says: str) -> None:
    endpoint = twin()
    session = door(endpoint)
    session.identify()
    endpoint.troubles.add(Trouble("answer", verb="Enumerate", body=body, status=status))
    with pytest.raises(TargetError, match=says):
        session.query("select BuildNumber from Win32_OperatingSystem")
    assert session.query("select BuildNumber from Win32_OperatingSystem"), "and the next question is answered"


def test_two_shells_of_a_killed_run_do_not_lock_a_stock_host(twin: Any, door: Any, notices: list[str]) -> None:
    endpoint = twin("1.1")
    killed = [door(endpoint), door(endpoint)]
    for one in killed:
        one.run("ver")
        one._link.drop()
    assert endpoint.shells_open == 2
    assert door(endpoint).run("ver").rc == 0
    assert any("an earlier run left" in notice for notice in notices)


def test_sixth_connection_of_a_stock_host_waits(twin: Any, door: Any, clock: Any) -> None:
    endpoint = twin("1.1")
    holders = [door(endpoint) for _number in range(5)]
    for holder in holders:
        holder.identify()
    late = door(endpoint)
    late.settings = replace(late.settings, codepage=437)
    original = clock.sleep

    def sleep(seconds: float) -> None:
        original(seconds)
        holders.pop().close()
        time.sleep(0.05)

    late._link._sleep = sleep
    assert late.identify().os == "6.0.6002"
    assert len(clock.slept) >= 1


# --- TLS and what is not WinRM ---


def test_https_with_legacy_options_reaches_tls_1_0(twin: Any, door: Any, notices: list[str]) -> None:
    endpoint = twin(tls=True, knobs=Knobs(tls_versions=("1.0",), tls_ciphers="AES128-SHA:@SECLEVEL=0"))
    assert door(endpoint, scheme="https", tls=LEGACY).identify().os == "6.0.6002"
    assert len(notices) == 2, "the check given up and the old TLS are both said"


@pytest.mark.parametrize(
    ("tls", "knobs", "says"),
    [
        (Tls(), Knobs(tls_versions="modern"), "ansible_winrm_ca_trust_path"),
        (
            Tls(validate=False),
            Knobs(tls_versions=("1.0",), tls_ciphers="AES128-SHA:@SECLEVEL=0"),
            "ansible_winrs_tls_minimum",
        ),
        (
            Tls(validate=False),
            Knobs(tls_versions=("1.2",), tls_ciphers="AES128-SHA:@SECLEVEL=0"),
            "ansible_winrs_legacy_ciphers",
        ),
    ],
    ids=["untrusted", "TLS 1.0", "SHA-1 suites"],
)
def test_https_that_is_refused_says_which_option_decides(
    twin: Any, door: Any, tls: Tls, knobs: Knobs, says: str
) -> None:
    if knobs.tls_ciphers and _speaks_sha1():
        pytest.skip("this Python leaves the cipher suites to its OpenSSL, which offers SHA-1 ones without being asked")
    endpoint = twin(tls=True, knobs=knobs)
    with pytest.raises(Unreachable, match=says):
        door(endpoint, scheme="https", tls=tls).identify()


def _speaks_sha1() -> bool:
    """Whether a default context offers the suites of NT 6.0, as on Debian's own Python."""
    return any(cipher["name"] == "AES128-SHA" for cipher in ssl.create_default_context().get_ciphers())


def test_certificate_named_as_its_own_authority_is_trusted(twin: Any, door: Any, tmp_path: Any) -> None:
    endpoint = twin(tls=True, knobs=Knobs(tls_versions="modern"))
    pem = tmp_path / "listener.pem"
    pem.write_text(ssl.get_server_certificate(("127.0.0.1", endpoint.port)), encoding="ascii")
    try:
        session = door(endpoint, scheme="https", tls=Tls(legacy_ciphers=True, ca_path=str(pem)))
        assert session.identify().os == "6.0.6002"
    except Unreachable as error:
        assert "certificate" in str(error)
        pytest.skip(f"the twin's certificate cannot be its own authority: {error}")


def test_basic_inside_tls_works(twin: Any, door: Any) -> None:
    endpoint = twin(tls=True, allow_basic=True)
    basic = replace(LOGIN, auth=Auth.BASIC)
    assert door(endpoint, basic, scheme="https", tls=LEGACY).run("ver").rc == 0


def test_ntlm_inside_tls_works_with_and_without_sealing(twin: Any, door: Any) -> None:
    endpoint = twin(tls=True)
    for encryption in (Encryption.AUTO, Encryption.ALWAYS):
        assert door(endpoint, scheme="https", tls=LEGACY, encryption=encryption).run("ver").rc == 0


def test_messages_in_the_clear_are_refused_by_the_target_with_a_hint(twin: Any, door: Any) -> None:
    with pytest.raises(Unreachable, match="AllowUnencrypted"):
        door(twin(), encryption=Encryption.NEVER).identify()


class WebSite(http.server.BaseHTTPRequestHandler):
    """Everything that is not WinRM but listens where WinRM might."""

    def do_POST(self) -> None:
        status, headers, body = self.server.answer  # type: ignore[attr-defined]
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Be silent."""


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((404, {}, b"<!DOCTYPE html><p>no"), "has no WinRM under /wsman"),
        ((200, {"Content-Type": "text/html"}, b"<!DOCTYPE html><p>hello"), "not WinRM"),
        ((302, {"Location": "http://127.0.0.1:9/"}, b""), "redirect"),
        ((401, {"WWW-Authenticate": 'Basic realm="router"'}, b""), "only offers"),
        ((401, {"WWW-Authenticate": "NTLM rubbish"}, b"x"), "cannot be read"),
        ((403, {}, b"forbidden"), "HTTP 403"),
        ((503, {}, b""), "HTTP 503"),
    ],
    ids=["404", "200", "302", "401 basic", "401 rubbish", "403", "503"],
)
def test_web_site_in_place_of_winrm(door: Any, answer: Any, says: str) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), WebSite)
    server.answer = answer  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        with pytest.raises(TargetError, match=says):
            door(server.server_address[1]).identify()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_port_that_says_something_else_is_a_sentence(door: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            client = listener.accept()[0]
            client.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")
            client.recv(4096)
            client.close()

        thread = threading.Thread(target=greet)
        thread.start()
        with pytest.raises(Unreachable, match="broke off"):
            door(listener.getsockname()[1]).identify()
        thread.join()


def test_restart_is_waited_for(twin: Any, door: Any) -> None:
    endpoint = twin()
    said: list[str] = []
    sessions: list[LiveSession] = []

    def fresh() -> LiveSession:
        for one in sessions:
            one.close()
        sessions.append(door(endpoint))
        sessions[-1].clock = replace(sessions[-1].clock, sleep=time.sleep)
        return sessions[-1]

    done = restart(fresh, said.append, "test", Patience(timeout=60, settle=0.2))
    assert done.after > done.before
    assert "up again" in said[-1]
