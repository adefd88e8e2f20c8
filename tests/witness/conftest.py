# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One Wine prefix for all tests of the second witness."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import CommandResult
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import VirtualClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine

from .wine import PROGRAM, SERVER, Wine


@pytest.fixture(scope="session")
def wine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wine]:
    """Return a fresh Windows Server 2008 as Wine makes it; without Wine the tests are skipped and say so."""
    if PROGRAM is None or SERVER is None:
        pytest.skip("Wine is not installed (Debian: apt-get install wine64 wine); the second witness cannot be heard")
    prefix = tmp_path_factory.mktemp("wine") / "prefix"
    machine = Wine(prefix)
    try:
        yield machine
    finally:
        machine.close()


class Twin:
    """The rehearsal machine behind the same four methods as Wine."""

    door = "twin"
    read_only = False

    def __init__(self) -> None:
        self.machine = Machine.pristine(6002, "x64", VirtualClock(dt.datetime(2026, 11, 20, 18, tzinfo=dt.UTC)))

    def run(self, command_line: str, stdin: bytes | None = None, timeout: float | None = None) -> CommandResult:
        """Run one cmd.exe line."""
        return CommandResult(*self.machine.run(command_line, stdin=stdin or b""))

    def upload(self, data: bytes, path: str) -> None:
        """Write a file."""
        self.machine.files.make_dir(path.rpartition("\\")[0])
        self.machine.files.write(path, data)


@pytest.fixture(scope="session")
def twin() -> Iterator[Twin]:
    """Return a twin of the same Windows."""
    made = Twin()
    yield made
    made.machine.close()
