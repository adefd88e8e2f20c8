# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A running program on the twin (private to this collection): what every console tool is handed.

A tool is a function ``tool(process) -> int`` that reads `Process.arguments` (split like the C
runtime does) or `Process.tail` (verbatim, for tools that parse for themselves), writes text with
`say` and `complain`, waits with `sleep`, and returns its exit code.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from .machine import Machine


class Logon(enum.Enum):
    """How the token came about; wusa and the update agent refuse `NETWORK`."""

    NETWORK = "network"
    INTERACTIVE = "interactive"
    SYSTEM = "system"


@dataclass(frozen=True)
class Account:
    """Who a process runs as."""

    name: str
    sid: str
    administrator: bool
    logon: Logon
    domain: str = ""


class Killed(Exception):
    """The machine went down, or somebody terminated the process, while it ran."""


@dataclass
class Process:
    """One running tool. `stdout` and `stderr` take bytes in `codepage`; `environment` keys are upper case.

    The code page is the console's, which a program shares with the shell that started it: what chcp sets stays.
    """

    machine: Machine
    name: str
    arguments: list[str]
    tail: str
    account: Account
    environment: dict[str, str]
    directory: str
    stdin: BinaryIO
    stdout: BinaryIO
    stderr: BinaryIO
    codepage: str = "cp437"
    cancelled: Callable[[], bool] = field(default=lambda: False)
    boot: int = 0

    def say(self, text: str = "", end: str = "\r\n") -> None:
        """Write a line of text to stdout; what the code page lacks becomes a question mark, as on the console."""
        self.stdout.write((text + end).encode(self.codepage, "replace"))

    def complain(self, text: str = "", end: str = "\r\n") -> None:
        """Write a line of text to stderr."""
        self.stderr.write((text + end).encode(self.codepage, "replace"))

    def sleep(self, seconds: float) -> None:
        """Let machine time pass; raises `Killed` when the machine restarts or the process is terminated meanwhile."""
        self.machine.clock.sleep(seconds, lambda: self.cancelled() or self.machine.boot != self.boot)


Tool = Callable[[Process], int]
