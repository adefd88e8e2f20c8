# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one protocol behind every door (private to this collection).

A *door* (live WinRM, a rehearsal twin, captured evidence) hands out a `Session`. Everything above
this file asks its questions through it and never learns which door it came through, except by the
two attributes `door` and `read_only`.

Values that come from WMI are text, exactly as the wire carries them: WS-Man sends untyped XML, so
an integer arrives as ``"6002"``, a boolean as ``"true"``, a missing value as ``None``, an array as
a list. The parsers of `_host` give them their types.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Protocol, runtime_checkable

WmiValue = str | list[str] | None
WmiRow = dict[str, WmiValue]
CIMV2 = "root/cimv2"


class TargetError(Exception):
    """Something the operator must know, as one sentence: what was asked, what came back, what to do next."""


class Unreachable(TargetError):
    """No conversation came about, or it broke and could not be resumed."""


class LoginRefused(TargetError):
    """The target answered, and did not accept the credentials."""


class TimedOut(TargetError):
    """The target is there, but did not answer or finish within the time it was given."""


class ProtocolFault(TargetError):
    """The target answered with a fault; `code` is its WSManFault or WMI code, `subcode` its WS-Man word, if any."""

    def __init__(self, message: str, code: int | None = None, subcode: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.subcode = subcode


class NotCaptured(TargetError):
    """The evidence does not hold an answer to this question: unknown, which is not the same as absent."""


class ReadOnly(TargetError):
    """The door cannot change anything, and something asked it to."""


@dataclass(frozen=True)
class Identity:
    """What a WS-Man Identify answer says. `product_version` is verbatim; `os` is None where it hides (``0.0.0``)."""

    product_version: str
    stack: str
    vendor: str
    protocol_version: str = ""
    os: str | None = None


@dataclass(frozen=True)
class CommandResult:
    """The end of one cmd.exe line: exit code and decoded text, line ends as the target wrote them."""

    rc: int
    stdout: str
    stderr: str


@runtime_checkable
class Session(Protocol):
    """An open conversation with one target. Every method raises `TargetError` and nothing else of its own."""

    door: str
    read_only: bool

    def identify(self) -> Identity:
        """Return who answers, without a shell and without WMI."""

    def query(self, wql: str, namespace: str = CIMV2) -> list[WmiRow]:
        """Return every row of a WQL query, all pages of it."""

    def get(self, class_name: str, selectors: Mapping[str, str], namespace: str = CIMV2) -> WmiRow:
        """Return the one instance that the selectors name."""

    def invoke(
        self,
        class_name: str,
        method: str,
        arguments: Mapping[str, object],
        selectors: Mapping[str, str] | None = None,
        namespace: str = CIMV2,
    ) -> WmiRow:
        """Call a WMI method; the output parameters, `ReturnValue` among them, come back as text."""

    def run(self, command_line: str, stdin: bytes | None = None, timeout: float | None = None) -> CommandResult:
        """Run one cmd.exe line to its end; `timeout` is in seconds, None means the door's own limit."""

    def upload(self, data: bytes | BinaryIO, path: str) -> None:
        """Write a file on the target, whole or not at all."""

    def download(self, path: str) -> bytes:
        """Read a file of the target."""

    def close(self) -> None:
        """Leave nothing open on the target. Closing twice is harmless."""


def as_list(value: WmiValue) -> list[str]:
    """Return an array value as a list: on the wire an array of one looks like a scalar, and an empty one like null."""
    return [] if value is None else [value] if isinstance(value, str) else value


@dataclass(frozen=True)
class Clock:
    """How time passes for whoever waits for a target: in a rehearsal it is the model's time, and costs none of ours."""

    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic


def clock_of(session: Session) -> Clock:
    """Return the clock to wait by between two questions to a session."""
    clock = getattr(session, "clock", None)
    return clock if isinstance(clock, Clock) else Clock()


def forget(session: Session) -> None:
    """Let go of a target that was told to restart; a door that has nothing open there needs no such thing."""
    let_go = getattr(session, "forget", None)
    if callable(let_go):
        let_go()


def session_of(connection: object) -> Session:
    """Return the session of an Ansible connection plugin; `TargetError` when the connection is not one of our doors."""
    session = getattr(connection, "session", None)
    if isinstance(session, Session):
        return session
    name = getattr(connection, "ansible_name", None) or getattr(connection, "transport", None) or "in use"
    raise TargetError(
        f"the connection {name} cannot reach a Windows Server 2008 without PowerShell; set ansible_connection to "
        "sunset.ws2008.winrs (live), sunset.ws2008.twin (rehearsal) or sunset.ws2008.evidence (captured files)"
    )
