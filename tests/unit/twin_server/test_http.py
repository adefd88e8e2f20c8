# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""HTTP requests from clients good and bad."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin import wsman_http
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_http import (
    BadRequest,
    Reader,
    Request,
    Response,
)

GOOD = b"POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"


class Wire:
    """Delivers pieces one by one, then the end of the stream."""

    def __init__(self, pieces: Iterable[bytes | None]) -> None:
        self.pieces = list(pieces)
        self.sent = b""

    def receive(self, size: int, timeout: float) -> bytes:
        if not self.pieces:
            return b""
        piece = self.pieces.pop(0)
        if piece is None or timeout <= 0:
            raise TimeoutError
        if len(piece) > size:
            self.pieces.insert(0, piece[size:])
        return piece[:size]

    def send(self, data: bytes) -> None:
        self.sent += data


def reader(*pieces: bytes | None, max_body: int = 1000) -> Reader:
    wire = Wire(pieces)
    return Reader(wire.receive, wire.send, max_body)


def status(*pieces: bytes | None, max_body: int = 1000) -> int:
    with pytest.raises(BadRequest) as caught:
        reader(*pieces, max_body=max_body).request(1.0)
    return caught.value.status


def test_a_request_in_one_piece() -> None:
    request = reader(GOOD).request(1.0)
    assert request == Request("POST", "/wsman", {"host": "x", "content-length": "3"}, b"abc")
    assert request.keep_alive


def test_a_request_byte_by_byte_and_the_next_one_behind_it() -> None:
    made = reader(*(GOOD[i : i + 1] for i in range(len(GOOD))), GOOD + GOOD)
    assert [getattr(made.request(1.0), "body", None) for _turn in range(4)] == [b"abc", b"abc", b"abc", None]


@pytest.mark.parametrize(
    ("request_bytes", "expected"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),  # a TLS client on the plain port
        (b"GET\r\n\r\n", 400),
        (b"POST /wsman HTTP/2.0\r\n\r\n", 505),
        (b"POST /wsman HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"POST /wsman HTTP/1.1\r\n folded: x\r\n\r\n", 400),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: 0x10\r\n\r\n", 400),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (b"POST /wsman HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"POST /wsman HTTP/1.1\r\n" + b"a: b\r\n" * 101 + b"\r\n", 431),
        (b"POST /wsman HTTP/1.1\r\na: " + b"x" * 17000 + b"\r\n\r\n", 431),
        (b"x" * 17000, 431),
    ],
)
def test_what_is_answered_with_a_status(request_bytes: bytes, expected: int) -> None:
    assert status(request_bytes) == expected


def test_an_oversized_body_is_read_away_so_that_the_client_sees_the_answer() -> None:
    wire = Wire([b"POST /wsman HTTP/1.1\r\nContent-Length: 5000\r\n\r\n", b"x" * 2500, b"x" * 2500, b"never read"])
    with pytest.raises(BadRequest, match="413"):
        Reader(wire.receive, wire.send, 1000).request(1.0)
    assert wire.pieces == [b"never read"]


def test_a_slow_client_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert status(b"POST /wsman HT", None) == 408
    monkeypatch.setattr(wsman_http, "PATIENCE", 0.0)
    assert status(b"POST", b" ") == 408


def test_silence_and_hanging_up_are_no_requests() -> None:
    assert reader(None).request(1.0) is None
    assert reader().request(1.0) is None
    assert reader(b"POST /wsman HTTP/1.1\r\n").request(1.0) is None
    assert reader(GOOD[:-1]).request(1.0) is None


def test_a_client_may_ask_before_it_sends_its_body() -> None:
    wire = Wire([b"POST /wsman HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n", b"x"])
    request = Reader(wire.receive, wire.send, 1000).request(1.0)
    assert request is not None
    assert (request.body, wire.sent) == (b"x", b"HTTP/1.1 100 Continue\r\n\r\n")


def test_http_1_0_closes_unless_it_says_otherwise() -> None:
    old = reader(b"POST /wsman HTTP/1.0\r\n\r\n").request(1.0)
    kept = reader(b"POST /wsman HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").request(1.0)
    assert old is not None
    assert kept is not None
    assert (old.keep_alive, kept.keep_alive) == (False, True)


def test_an_answer_is_one_piece_with_its_length() -> None:
    data = Response(
        401, headers=[("WWW-Authenticate", "Negotiate"), ("WWW-Authenticate", 'Basic realm="WSMAN"')]
    ).encode()
    assert data.count(b"WWW-Authenticate: ") == 2
    assert data.endswith(b"\r\n\r\n")
    assert b"Content-Length: 0\r\n" in data
    assert b"Content-Type" not in data


@given(st.lists(st.binary(max_size=200), max_size=6))
@settings(max_examples=150)
def test_no_bytes_break_the_reader(pieces: list[bytes]) -> None:
    made = reader(*[piece for piece in pieces if piece])
    try:
        while made.request(1.0) is not None:
            pass
    except BadRequest as error:
        assert 400 <= error.status <= 505
