# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A twin to install on, in virtual time, through the same session that the rehearsal door hands out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from unit.servicing.cabs import msu

from ansible_collections.sunset.ws2008.plugins.connection.twin import TwinSession
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import catalog
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.catalog import Catalog
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.install import Host, Outcome, Settings, bring
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.reboot import Patience, restart
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import Clock, VirtualClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine

# The shipped records know the hashes of the vendor's files, which no test can have.
LADDER = ("KB4493730", "KB4474419", "KB4565353", "KB4534303", "KB4537810", "KB4493471")
CATALOG: Catalog = catalog.load([{"id": name, "architectures": {"x64": None, "x86": None}} for name in LADDER])
VERSIONS = {"KB4474419": "6.0.4.0"}


class Rehearsal:
    """One twin and the engine's way to it. `lines` are the progress lines; `trouble` may be called before each one."""

    def __init__(
        self, snapshot: Mapping[str, Any] | None = None, clock: Clock | None = None, machine: Machine | None = None
    ) -> None:
        self.machine = machine or Machine.from_snapshot(snapshot or machine_of(), clock or VirtualClock())
        self.lines: list[str] = []
        self.trouble: Callable[[str], None] = lambda line: None
        self.session = self.open()

    def open(self) -> TwinSession:
        """Return a new session."""
        self.session = TwinSession("rehearsal", self.machine, self.lines.append)
        return self.session

    def say(self, line: str) -> None:
        self.lines.append(line)
        self.trouble(line)

    def host(self) -> Host:
        return Host(
            session=lambda: self.session,
            restart=lambda reason, say: restart(self.open, say, reason, Patience()),
            say=self.say,
        )

    def bring(
        self, target: str, media: Path | None, check: bool = False, records: Catalog = CATALOG, **more: Any
    ) -> Outcome:
        return bring(self.host(), records, Settings(target=target, media=media, **more), check)

    def state(self, kb: str) -> int | None:
        """Return the highest state of a KB's packages in the twin's own store."""
        found = [self.machine.store.state(name) for name in self.machine.store.names() if f"_for_{kb}~" in name]
        return max((one for one in found if one is not None), default=None)

    def rubbish(self) -> list[str]:
        """Return what servicing jobs left on the machine."""
        left = []
        for folder in ("C:\\ProgramData\\sunset.ws2008", "C:\\ProgramData\\sunset.ws2008\\jobs"):
            if self.machine.files.is_dir(folder):
                found = [entry.name for entry in self.machine.files.list_dir(folder)]
                left += [name for name in found if name not in ("jobs", "journal")]
        return [*left, *(task.path for task in self.machine.tasks.list() if "sunset" in task.path)]


def machine_of(arch: str = "x64", **twin: Any) -> dict[str, Any]:
    """Return a snapshot that seeds a clean 6002."""
    return {
        "schema": "sunset.ws2008/snapshot/1",
        "answers": {"os": {"version": "6.0.6002", "build": 6002, "arch": arch}},
        "unknown": {},
        "twin": {"restart_seconds": 30, **twin},
    }


def media(folder: Path, *packages: str, arch: str = "x64", **more: Any) -> Path:
    """Write package files; what they do to the twin is in its own table of real packages, or in `effects`."""
    for kb in packages:
        data = msu(kb, arch, VERSIONS.get(kb, "6.0.1.3"), **more)
        (folder / f"Windows6.0-{kb}-{arch}.msu").write_bytes(data)
    return folder
