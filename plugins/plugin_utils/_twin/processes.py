# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's process table (private to this collection): who runs, since when, and how to end it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .machine import Machine

ACCESS_DENIED = 5
INVALID_PARAMETER = 87


@dataclass
class Running:
    """One row of the process table; `terminated` is what the program's `cancelled` looks at."""

    pid: int
    name: str
    command_line: str
    account: str
    created: datetime
    parent: int = 4
    system: bool = False
    terminated: bool = field(default=False)


class Processes:
    """Process ids are multiples of four, as on Windows, and are not used twice within a boot."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.boot()

    def boot(self) -> None:
        """Begin with the processes that every machine has."""
        self._numbers = itertools.count(400, 4)
        self._table: dict[int, Running] = {}
        self._hosts: dict[tuple[str, str], int] = {}
        now = self._machine.clock.now()
        self._table[0] = Running(0, "System Idle Process", "", "", now, 0, True)
        self._table[4] = Running(4, "System", "", "", now, 0, True)
        root = self._machine.expand_system("%SystemRoot%\\system32\\")
        for name in ("smss.exe", "csrss.exe", "wininit.exe", "services.exe", "lsass.exe", "lsm.exe"):
            pid = next(self._numbers)
            self._table[pid] = Running(pid, name, root + name, "SYSTEM", now, 4, True)

    def host(self, path: str, account: str) -> int:
        """Return the process that hosts services of this image and account; lsass hosts its own."""
        command = self._machine.expand_system(path)
        program = command.rpartition("\\")[2] if '"' not in command else command.split('"')[1].rpartition("\\")[2]
        name = program.partition(" ")[0].lower()
        if name == "lsass.exe":
            return next(pid for pid, row in self._table.items() if row.name == "lsass.exe")
        key = (command.lower(), account.lower())
        if key not in self._hosts or self._hosts[key] not in self._table:
            self._hosts[key] = self.add(name, command, account or "SYSTEM", system=True).pid
        return self._hosts[key]

    def add(self, name: str, command_line: str, account: str, parent: int = 4, system: bool = False) -> Running:
        """Enter a program that starts now."""
        with self._machine.lock:
            row = Running(next(self._numbers), name, command_line, account, self._machine.clock.now(), parent, system)
            self._table[row.pid] = row
            return row

    def remove(self, pid: int) -> None:
        """A program ended by itself."""
        with self._machine.lock:
            self._table.pop(pid, None)

    def get(self, pid: int) -> Running | None:
        """Return a row, None when no such process runs."""
        return self._table.get(pid)

    def list(self) -> Sequence[Running]:
        """Return all rows by process id."""
        with self._machine.lock:
            return [self._table[pid] for pid in sorted(self._table)]

    def terminate(self, pid: int) -> int:
        """End a program: 0, 87 when there is none, 5 for one of the system's own."""
        with self._machine.lock:
            row = self._table.get(pid)
            if row is None:
                return INVALID_PARAMETER
            if row.system:
                return ACCESS_DENIED
            row.terminated = True
            del self._table[pid]
            return 0
