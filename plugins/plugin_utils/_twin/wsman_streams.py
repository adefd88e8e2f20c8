# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pipes between a WinRS command and the wire (private to this collection).

Both directions are bounded, like the pipes of Windows: a command whose output nobody receives stops,
and a client that sends more than the command reads is made to wait.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable

PIPE = 1024 * 1024
_LOOK = 0.5  # wall seconds between two looks at whether the command was cancelled meanwhile


class Closed(Exception):
    """The other end of the pipe is gone."""


class InputPipe(io.RawIOBase):
    """Standard input of a command: `feed` on one side, a readable binary file on the other."""

    def __init__(self, cancelled: Callable[[], bool]) -> None:
        super().__init__()
        self._condition = threading.Condition()
        self._data = bytearray()
        self._ended = False
        self._deaf = False
        self._cancelled = cancelled

    def feed(self, data: bytes, end: bool, timeout: float) -> None:
        """Add input. Raises `Closed` when nobody can read it any more, TimeoutError when the pipe stays full."""
        deadline = time.monotonic() + timeout
        with self._condition:
            while self._data and len(self._data) + len(data) > PIPE and not self._deaf:
                if not self._condition.wait(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError
            if self._deaf or self._ended:
                raise Closed
            self._data += data
            self._ended = end
            self._condition.notify_all()

    def hang_up(self) -> None:
        """The command is over or is to end: readers see the end of the file, feeders `Closed`."""
        with self._condition:
            self._deaf = self._ended = True
            self._data.clear()
            self._condition.notify_all()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview | bytearray, /) -> int:  # type: ignore[override]
        with self._condition:
            while not self._data and not self._ended and not self._cancelled():
                self._condition.wait(_LOOK)
            size = min(len(buffer), len(self._data))
            buffer[:size] = self._data[:size]
            del self._data[:size]
            self._condition.notify_all()
            return size


class OutputPipe(io.RawIOBase):
    """One output stream of a command; all streams of a command share one condition, which `take` waits on."""

    def __init__(self, condition: threading.Condition, cancelled: Callable[[], bool]) -> None:
        super().__init__()
        self._condition = condition
        self._cancelled = cancelled
        self._data = bytearray()
        self.ended = False

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        if not isinstance(data, bytes | bytearray | memoryview):
            raise TypeError("a command's output is bytes")
        with self._condition:
            while len(self._data) > PIPE and not self._cancelled():
                self._condition.wait(_LOOK)
            if not self._cancelled():
                self._data += data
            self._condition.notify_all()
        return len(data)

    def available(self) -> int:
        """Return how many bytes wait to be taken."""
        return len(self._data)

    def take(self, limit: int) -> bytes:
        """Take away at most `limit` bytes; the caller holds the condition."""
        data = bytes(self._data[:limit])
        del self._data[:limit]
        self._condition.notify_all()
        return data
