# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tells how far an upload is (private to this collection)."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO

_EVERY = 30.0  # seconds between two lines
_MEGABYTE = 1e6


class Told(io.RawIOBase, BinaryIO):
    """A file that says, every half minute, how much of it was read; it holds no more of it than the reader asks for."""

    def __init__(self, stream: BinaryIO, size: int, now: Callable[[], float], tell: Callable[[str], None]) -> None:
        super().__init__()
        self._stream, self._size, self._now, self._tell = stream, size, now, tell
        self._sent, self._told, self._began = 0, now(), now()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Read on, and speak when it is time."""
        data = self._stream.read(size)
        self._sent += len(data)
        now = self._now()
        if data and self._size and now - self._told >= _EVERY:
            self._told = now
            share = 100 * self._sent // self._size
            speed = self._sent / _MEGABYTE / max(now - self._began, 1.0)
            self._tell(
                f"sent {self._sent / _MEGABYTE:.0f} of {self._size / _MEGABYTE:.0f} MB ({share} %, {speed:.1f} MB/s)"
            )
        return data
