# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Byte streams of the twin's console programs (private to this collection)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from .files import Denied

if TYPE_CHECKING:
    from .machine import Machine

FLUSH_AT = 65536


def refuse_read_only(machine: Machine, path: str) -> None:
    """Raise `Denied` when the file is there and read-only."""
    if machine.files.exists(path) and "R" in machine.files.entry(path).attributes:
        raise Denied(path)


class ConsoleInput(io.BytesIO):
    """Standard input of a program that owns a console (a scheduled task does, a WinRS command does not)."""


class NulInput(io.BytesIO):
    """The device NUL, read."""


class NulOutput(io.BytesIO):
    """The device NUL, written: keeps nothing."""

    def write(self, data: object, /) -> int:
        return len(data) if isinstance(data, bytes | bytearray | memoryview) else 0


class FileOutput(io.BytesIO):
    """A file of the machine opened for writing; the data reaches it in pieces and at `close`."""

    def __init__(self, machine: Machine, path: str, append: bool) -> None:
        super().__init__()
        self._machine = machine
        self._path = path
        self._pending = bytearray()
        refuse_read_only(machine, path)
        machine.files.write(path, b"", append=append)

    def write(self, data: object, /) -> int:
        if not isinstance(data, bytes | bytearray | memoryview):
            raise TypeError("a file of the twin takes bytes")
        self._pending += data
        if len(self._pending) >= FLUSH_AT:
            self.flush()
        return len(data)

    def flush(self) -> None:
        if self._pending:
            data, self._pending = bytes(self._pending), bytearray()
            self._machine.files.write(self._path, data, append=True)
