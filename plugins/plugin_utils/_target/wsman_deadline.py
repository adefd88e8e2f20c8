# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A whole answer in its time (private to this collection): a read time-out that no drip can stretch.

The time-out of a socket is for one read. Who sends a byte a second keeps http.client, which reads header lines and
bodies byte by byte if need be, for hours. Here every read of an answer gets what is left of the answer's own time.
"""

from __future__ import annotations

import functools
import http.client
import io
import time
from collections.abc import Callable
from typing import Any, BinaryIO

try:
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
except ImportError:
    pass  # wsman.py, which needs it too, keeps the reason


class _Reader(io.RawIOBase):
    """The reading end of a socket that gives up at `deadline`, however often a little comes."""

    def __init__(self, wire: Any, deadline: float) -> None:
        self._wire = wire
        self._stream: BinaryIO = wire.makefile("rb", 0)
        self._deadline = deadline

    @property
    def _sock(self) -> Any:
        """Where requests_ntlm looks for the TLS channel to bind the login to."""
        return self._wire

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read once. Raises TimeoutError."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer did not end in its time")
        self._wire.settimeout(left)
        return self._stream.readinto(buffer)  # type: ignore[attr-defined,no-any-return]

    def close(self) -> None:
        """Let go of the socket."""
        self._stream.close()
        super().close()


class _Wire:
    """What http.client takes for a socket: all that it wants of it is a file."""

    def __init__(self, wire: Any, seconds: float) -> None:
        self._wire = wire
        self._deadline = time.monotonic() + seconds

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return the file that the answer is read from."""
        return io.BufferedReader(_Reader(self._wire, self._deadline))


def _answer(seconds: float, wire: Any, *args: Any, **kwargs: Any) -> http.client.HTTPResponse:
    return http.client.HTTPResponse(_Wire(wire, seconds), *args, **kwargs)  # type: ignore[arg-type]


def pools(seconds: float) -> dict[str, Callable[..., Any]]:
    """Return the connection pools by scheme for a urllib3 pool manager, 1.26 and 2 alike; answers end in `seconds`."""
    answer = functools.partial(_answer, seconds)

    class Plain(HTTPConnection):
        """http"""

        response_class = staticmethod(answer)  # type: ignore[assignment]

    class Secure(HTTPSConnection):
        """https"""

        response_class = staticmethod(answer)  # type: ignore[assignment]

    class PlainPool(HTTPConnectionPool):
        """Pool of http connections."""

        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        """Pool of https connections."""

        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
