# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A twin in this process, reached like any target."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import BinaryIO

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import CommandResult, Identity, WmiRow
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin import wmi
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import VirtualClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine


class TwinSession:
    """As much of `Session` as reading and changing a registry takes, over the twin's own cmd.exe and WMI."""

    door = "twin"
    read_only = False

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.lines: list[str] = []
        self.uploads: dict[str, bytes] = {}
        self.before_run: Callable[[str], None] = lambda _line: None

    def identify(self) -> Identity:
        return Identity(f"OS: {self.machine.version} SP: 2.0 Stack: 1.1", "1.1", "Microsoft Corporation", os="6.0.6002")

    def query(self, wql: str, namespace: str = "root/cimv2") -> list[WmiRow]:
        rows = wmi.query(self.machine, namespace, wql).rows
        return [{name: _text(value) for name, value in row.items()} for row in rows]

    def run(self, command_line: str, stdin: bytes | None = None, timeout: float | None = None) -> CommandResult:
        self.before_run(command_line)
        self.lines.append(command_line)
        return CommandResult(*self.machine.run(command_line, stdin=stdin or b""))

    def upload(self, data: bytes | BinaryIO, path: str) -> None:
        content = data if isinstance(data, bytes) else io.BytesIO(data.read()).getvalue()
        self.uploads[path] = content
        self.machine.files.write(path, content)

    def download(self, path: str) -> bytes:
        return self.machine.files.read(path)

    def get(self, *_args: object, **_named: object) -> WmiRow:
        raise NotImplementedError

    def invoke(self, *_args: object, **_named: object) -> WmiRow:
        raise NotImplementedError

    def close(self) -> None:
        """Nothing is open."""


def _text(value: object) -> str | list[str] | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return [str(one) for one in value]
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


@pytest.fixture
def twin() -> Iterator[Callable[..., TwinSession]]:
    """Make twins: ``twin(build=6002, arch="x64", locale="de-DE")``."""
    import datetime as dt

    made: list[Machine] = []

    def make(build: int = 6002, arch: str = "x64", locale: str = "en-US") -> TwinSession:
        clock = VirtualClock(dt.datetime(2026, 11, 20, 18, tzinfo=dt.UTC))
        made.append(Machine.pristine(build, arch, clock, locale))
        return TwinSession(made[-1])

    yield make
    for machine in made:
        machine.close()
