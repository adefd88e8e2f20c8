# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The live door against a listener that means ill, or is ill: each ends in one sentence, within its time-outs."""

from __future__ import annotations

import base64
import contextlib
import gzip
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.live import LiveSession
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import TargetError
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.settings import (
    Auth,
    Encryption,
    Login,
    Settings,
    Times,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.wsman import Link

RSP = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
READ = 2
KIND = b"Content-Type: application/soap+xml;charset=UTF-8\r\n"
Write = Callable[[bytes], None]
Answer = Callable[[str, str, Write], None]


def envelope(message: str, content: str, relates_to: str | None = None) -> bytes:
    """Return an answer with prefixes that Windows would not choose."""
    asked = re.search(r"MessageID[^>]*>([^<]+)<", message)
    related = relates_to or (asked[1].upper() if asked else "")
    return (
        '<Q:Envelope xmlns:Q="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:Z1="http://schemas.xmlsoap.org/ws/2004/08/addressing"><Q:Header>'
        f"<Z1:RelatesTo>{related}</Z1:RelatesTo></Q:Header><Q:Body>{content}</Q:Body></Q:Envelope>"
    ).encode()


def reply(body: bytes, status: str = "200 OK", more: bytes = b"") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n".encode()
    return head + KIND + more + b"\r\n" + body


def honest(verb: str, message: str, stdout: str = "aGk=", code: str = "0") -> str:
    """Return the inside of the body that a good target answers with."""
    shell = f'xmlns="{RSP}"'
    return {
        "Identify": '<IdentifyResponse xmlns="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">'
        "<ProtocolVersion/><ProductVendor>Microsoft Corporation</ProductVendor>"
        "<ProductVersion>OS: 6.0.6002 SP: 2.0 Stack: 2.0</ProductVersion></IdentifyResponse>",
        "GetStringValue": '<o:GetStringValue_OUTPUT xmlns:o="urn:o"><o:sValue>437</o:sValue>'
        "<o:ReturnValue>0</o:ReturnValue></o:GetStringValue_OUTPUT>",
        "Create": '<b:S xmlns:b="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd">'
        '<b:Selector Name="ShellId">AAAA</b:Selector></b:S>',
        "Command": f"<CommandResponse {shell}><CommandId>BBBB</CommandId></CommandResponse>",
        "Receive": f'<ReceiveResponse {shell}><Stream Name="stdout" CommandId="BBBB">{stdout}</Stream>'
        f'<CommandState CommandId="BBBB" State="{RSP}/CommandState/Done"><ExitCode>{code}</ExitCode></CommandState>'
        "</ReceiveResponse>",
    }.get(verb, "")


def good(verb: str, message: str, write: Write) -> None:
    write(reply(envelope(message, honest(verb, message))))


@pytest.fixture
def listener() -> Iterator[Callable[[Answer], int]]:
    """Return a function that listens and lets another one write each answer; it returns the port."""
    over = threading.Event()
    sockets: list[socket.socket] = []

    def serve(client: socket.socket, answer: Answer) -> None:
        def write(data: bytes) -> None:
            if over.is_set():
                raise ConnectionAbortedError
            client.sendall(data)

        with client, contextlib.suppress(OSError):
            reader = client.makefile("rb")
            while head := b"".join(iter(reader.readline, b"\r\n")) if reader.peek(1) else b"":
                length = re.search(rb"Content-Length: (\d+)", head, re.IGNORECASE)
                message = reader.read(int(length[1]) if length else 0).decode()
                action = re.search(r"Action[^>]*>([^<]+)<", message)
                answer(action[1].rpartition("/")[2] if action else "Identify", message, write)

    def start(answer: Answer) -> int:
        door = socket.create_server(("127.0.0.1", 0))
        sockets.append(door)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client = door.accept()[0]
                    sockets.append(client)
                    threading.Thread(target=serve, args=(client, answer), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return int(door.getsockname()[1])

    yield start
    over.set()
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@pytest.fixture
def session(clock: Any, notices: list[str]) -> Callable[[int], LiveSession]:
    def open_(port: int) -> LiveSession:
        settings = Settings(
            host="127.0.0.1",
            port=port,
            login=Login(auth=Auth.BASIC, user="u", secret="p"),
            encryption=Encryption.NEVER,
            times=Times(connect=1, operation=1, read=READ, command=5),
        )
        link = Link(settings, notices.append, sleep=clock.sleep)
        return LiveSession(settings, notices.append, link, clock.sleep, time.monotonic)

    return open_


def drip(data: bytes, write: Write, pause: float = 0.05) -> None:
    for at in range(len(data)):
        write(data[at : at + 1])
        time.sleep(pause)


def endless(_verb: str, _message: str, write: Write) -> None:
    write(b"HTTP/1.1 200 OK\r\n" + KIND + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


def slow_endless(_verb: str, _message: str, write: Write) -> None:
    write(b"HTTP/1.1 200 OK\r\n" + KIND + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        write(b"1\r\nx\r\n")
        time.sleep(0.05)


def bomb(_verb: str, _message: str, write: Write) -> None:
    write(reply(gzip.compress(b"\0" * 200_000_000, 1), more=b"Content-Encoding: gzip\r\n"))


def raw(data: bytes) -> Answer:
    return lambda _verb, _message, write: write(data)


def only(wanted: str, answer: Answer) -> Answer:
    """Answer well, but for one verb."""
    return lambda verb, message, write: (answer if verb == wanted else good)(verb, message, write)


def inside(content: str, relates_to: str | None = None) -> Answer:
    return lambda _verb, message, write: write(reply(envelope(message, content, relates_to)))


def received(**change: str) -> Answer:
    return only(
        "Receive", lambda verb, message, write: write(reply(envelope(message, honest(verb, message, **change))))
    )


def test_the_listener_of_these_tests_can_be_good(listener: Any, session: Any) -> None:
    door = session(listener(good))
    assert door.identify().os == "6.0.6002"
    assert door.run("ver").stdout == "hi"
    door.close()


def test_exit_codes_are_signed_whichever_way_they_come(listener: Any, session: Any) -> None:
    for sent, meant in (("-2147024894", -2147024894), ("2147942402", -2147024894), ("4294967295", -1), ("3010", 3010)):
        door = session(listener(received(code=sent)))
        assert door.run("x").rc == meant
        door.close()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (raw(b"HTTP/1.1 200 OK\r\nX-Long: " + b"y" * 200_000 + b"\r\n\r\n"), "header|broke off"),
        (raw(b"HTTP/1.1 200 OK\r\n" + b"X-Many: y\r\n" * 5000 + b"\r\n"), "header|broke off"),
        (
            raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n" + KIND + b"\r\nx"),
            "did not answer within 2 seconds",
        ),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n" + KIND + b"\r\nx"), "."),
        (raw(b"HTTP/1.1 abc\r\n\r\n"), "broke off"),
        (raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 200), "."),
        (endless, "more than 4 MB"),
        (slow_endless, "did not answer within 2 seconds"),
        (lambda _v, _m, write: drip(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 400, write), "did not answer within 2 seconds"),
        (lambda _v, _m, write: drip(reply(b" " * 4000), write), "did not answer within 2 seconds"),
        (bomb, "more than 4 MB"),
        (raw(reply(b"not gzip", more=b"Content-Encoding: gzip\r\n")), "."),
        (raw(reply(b"")), "not XML|nothing|empty"),
        (raw(reply(b"<a/>")), "no SOAP body"),
        (raw(reply(b"<a>" * 100_000)), "not XML"),
        (raw(reply(b"", "401 Unauthorized", b'WWW-Authenticate: Basic realm="x"\r\n')), "refused the login"),
        (raw(reply(b"", "401 Unauthorized")), "."),
        (raw(reply(b"", "307 Temporary Redirect", b"Location: /wsman\r\n")), "redirect"),
        (raw(reply(b"x" * 3000, "500 Oops")), "500"),
        (raw(reply(b"<Q:Fault/>", "500 Oops")), "500"),
        (inside("<other/>"), "did not answer Identify"),
    ],
    ids=[
        "a long header",
        "many headers",
        "length beyond all",
        "negative length",
        "no status",
        "continue for ever",
        "endless chunks",
        "endless slow chunks",
        "headers drop by drop",
        "body drop by drop",
        "gzip bomb",
        "no gzip",
        "nothing",
        "no envelope",
        "deep",
        "401 for ever",
        "401 without a scheme",
        "redirect to itself",
        "500 with text",
        "500 with a broken fault",
        "another answer",
    ],
)
def test_identify_ends_in_a_sentence(listener: Any, session: Any, answer: Answer, says: str) -> None:
    door = session(listener(answer))
    began = time.monotonic()
    with pytest.raises(TargetError, match=says) as caught:
        door.identify()
    assert time.monotonic() - began < 2 * READ + 1
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (received(stdout="%%%not base64%%%"), "base64"),
        (received(stdout="abc"), "cannot be read"),
        (received(code="many"), "exit code|not WS-Man|cannot be read|answer"),
        (only("Receive", inside("<other/>")), "."),
        (only("Command", inside("<other/>")), "."),
        (only("Create", inside("<other/>")), "."),
        (only("Receive", inside(honest("Receive", ""), "uuid:00000000-0000-0000-0000-000000000000")), "another"),
        (only("Create", raw(reply(b""))), "."),
        (only("Receive", endless), "more than 4 MB"),
    ],
    ids=[
        "garbage",
        "half a quantum",
        "no number",
        "no output",
        "no command",
        "no shell",
        "answer to another question",
        "empty",
        "endless",
    ],
)
def test_a_command_ends_in_a_sentence(listener: Any, session: Any, answer: Answer, says: str) -> None:
    door = session(listener(answer))
    began = time.monotonic()
    with pytest.raises(TargetError, match=says) as caught:
        door.run("ver")
    door.close()
    assert time.monotonic() - began < 5 + 2 * READ + 1
    assert "\n" not in str(caught.value)


def test_text_that_is_base64_of_anything_is_text(listener: Any, session: Any) -> None:
    door = session(listener(received(stdout=base64.b64encode(bytes(range(256))).decode())))
    assert len(door.run("x").stdout) > 200
    door.close()
