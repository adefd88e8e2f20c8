# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""HTTP as far as WinRM needs it (private to this collection): bounded requests in, one write per answer out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate

MAX_HEAD = 16 * 1024  # http.sys: MaxRequestBytes
MAX_HEADERS = 100
PATIENCE = 30.0  # wall seconds for one whole request, from its first byte on
_CHUNK = 64 * 1024
_REASONS = {
    200: "",
    400: "Bad Request",
    401: "",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    411: "Length Required",
    413: "Request Entity Too Large",
    431: "Request Header Fields Too Large",
    500: "",
    501: "Not Implemented",
    505: "HTTP Version Not Supported",
}


class BadRequest(Exception):
    """A request that is answered with an HTTP status and a closed connection."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


@dataclass(frozen=True)
class Request:
    """One request; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def keep_alive(self) -> bool:
        """Say whether the client wants to go on with this connection."""
        return "close" not in self.headers.get("connection", "").lower()


@dataclass
class Response:
    """One answer; `kind` is its content type."""

    status: int
    body: bytes = b""
    kind: str = "application/soap+xml;charset=UTF-8"
    headers: list[tuple[str, str]] = field(default_factory=list)
    close: bool = False

    def encode(self) -> bytes:
        """Return head and body as one piece."""
        lines = [f"HTTP/1.1 {self.status} {_REASONS.get(self.status, '')}"]
        if self.body:
            lines.append(f"Content-Type: {self.kind}")
        lines += [
            "Server: Microsoft-HTTPAPI/2.0",
            f"Date: {formatdate(usegmt=True)}",
            f"Content-Length: {len(self.body)}",
        ]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.close:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace") + self.body


class Reader:
    """Reads requests from one connection.

    `receive(size, timeout)` returns b"" at the end of the stream and raises TimeoutError; `send` is
    used for 100-continue only.
    """

    def __init__(self, receive: Callable[[int, float], bytes], send: Callable[[bytes], None], max_body: int) -> None:
        self._receive = receive
        self._send = send
        self._max_body = max_body
        self._buffer = bytearray()

    def request(self, idle: float) -> Request | None:
        """Return the next request, None when the client closed or stayed silent. Raises `BadRequest`."""
        if not self._buffer:
            try:
                first = self._receive(_CHUNK, idle)
            except TimeoutError:
                return None
            if not first:
                return None
            self._buffer += first
        deadline = time.monotonic() + PATIENCE
        head = self._head(deadline)
        if head is None:
            return None
        method, path, headers = _parse(head)
        if "transfer-encoding" in headers:
            raise BadRequest(411)  # no chunked requests: MS-WSMV 3.1.4.1.31.8
        length = headers.get("content-length", "0").strip()
        if not (length.isascii() and length.isdigit() and len(length) <= 12):
            raise BadRequest(400)
        if int(length) > self._max_body:
            self._drain(int(length), deadline)
            raise BadRequest(413)
        if headers.get("expect", "").lower() == "100-continue":
            self._send(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self._body(int(length), deadline)
        return None if body is None else Request(method, path, headers, body)

    def _more(self, deadline: float) -> bool:
        left = deadline - time.monotonic()
        if left <= 0:
            raise BadRequest(408)
        try:
            data = self._receive(_CHUNK, left)
        except TimeoutError:
            raise BadRequest(408) from None
        self._buffer += data
        return bool(data)

    def _head(self, deadline: float) -> bytes | None:
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if not self._buffer[:1].isalpha():
                raise BadRequest(400)  # no method begins so: a TLS handshake, mostly; http.sys does not wait for more
            if len(self._buffer) > MAX_HEAD:
                raise BadRequest(431)
            if not self._more(deadline):
                return None
        if end > MAX_HEAD:
            raise BadRequest(431)
        head = bytes(self._buffer[:end])
        del self._buffer[: end + 4]
        return head

    def _body(self, length: int, deadline: float) -> bytes | None:
        while len(self._buffer) < length:
            if not self._more(deadline):
                return None
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return body

    def _drain(self, length: int, deadline: float) -> None:
        """Read an oversized body away, within reason: a client that still writes would not see the answer."""
        left = min(length, 16 * 1024 * 1024) - len(self._buffer)
        self._buffer.clear()
        while left > 0 and self._more(deadline):
            left -= len(self._buffer)
            self._buffer.clear()


def _parse(head: bytes) -> tuple[str, str, dict[str, str]]:
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/"):
        raise BadRequest(400)
    if words[2] not in ("HTTP/1.1", "HTTP/1.0"):
        raise BadRequest(505)
    if len(lines) > MAX_HEADERS + 1:
        raise BadRequest(431)
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BadRequest(400)
        if name.lower() == "content-length" and headers.get("content-length", value.strip()) != value.strip():
            raise BadRequest(400)
        headers[name.lower()] = value.strip()
    if words[2] == "HTTP/1.0" and "keep-alive" not in headers.get("connection", "").lower():
        headers["connection"] = "close"
    return words[0], words[1], headers
