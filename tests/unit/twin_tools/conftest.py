# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Machines to run console tools on, and the published captures to compare them with."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.accounts import User
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import VirtualClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.process import Account, Logon

ROOT = Path(__file__).resolve().parents[3]
START = datetime(2026, 11, 20, 18, 0, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    """What one command line gave back."""

    rc: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Lines of stdout without their ends."""
        return self.out.replace("\r\r\n", "\n").replace("\r\n", "\n").split("\n")


class Bench:
    """A machine and who types on it: ``administrator``, ``ordinary``, ``filtered`` (UAC cut its token), ``system``."""

    def __init__(self, locale: str = "en-US", arch: str = "x64", build: int = 6002) -> None:
        self.machine = Machine.pristine(build, arch, VirtualClock(START), locale)
        self.machine.accounts.add_user(User("operator", 1100, "Pa55word!"))
        self.machine.accounts.add_user(User("second", 1101, "Pa55word!"), ("S-1-5-32-544",))

    def account(self, who: str) -> Account:
        """The token of a role; the built-in administrator keeps it when renamed."""
        accounts = self.machine.accounts
        if who == "system":
            return accounts.system()
        rid = {"administrator": 500, "ordinary": 1100, "filtered": 1101}[who]
        return accounts.token(next(user.name for user in accounts.users.values() if user.rid == rid), Logon.NETWORK)

    def run(self, line: str, who: str = "administrator", stdin: str = "") -> Answer:
        """Run one cmd line to its end."""
        data = stdin.encode("cp" + self.machine.oem_codepage)
        return Answer(*self.machine.run(line, self.account(who), data))

    def put(self, path: str, text: str, encoding: str = "utf-16") -> None:
        """Write a text file on the machine, line ends as Windows wants them."""
        data = text.replace("\r\n", "\n").replace("\n", "\r\n")
        raw = b"\xff\xfe" + data.encode("utf-16-le") if encoding == "utf-16" else data.encode(encoding)
        self.machine.files.write(path, raw)

    def read(self, path: str) -> bytes:
        """A file of the machine."""
        return self.machine.files.read(path)


@pytest.fixture
def bench() -> Bench:
    """An English machine."""
    return Bench()


@pytest.fixture
def sample() -> Callable[[str], str]:
    """A published capture as text; skips when the captures are not at hand."""
    folder = Path(os.environ.get("SUNSET_SAMPLES") or ROOT.parent / "shared" / "samples")

    def read(name: str) -> str:
        path = folder / name
        if not path.exists():
            pytest.skip(f"no captured console output at {folder} (set SUNSET_SAMPLES)")
        raw = path.read_bytes()
        text = raw.decode("utf-16") if raw.startswith(b"\xff\xfe") else raw.decode("utf-8")
        return text.replace("\r\n", "\n")

    return read
