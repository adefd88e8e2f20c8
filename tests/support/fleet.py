# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Several rehearsal servers on loopback, and the inventory that reaches them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import RealClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.winrm_server import Endpoint, Knobs


class Fleet:
    """Endpoints by lower-case machine name, for as long as the `with` block lasts.

    `snapshots` are YAML files or snapshots themselves; `speed` is how many machine seconds pass in a real one.
    """

    def __init__(
        self,
        snapshots: Iterable[Path | Mapping[str, Any]],
        speed: float = 600.0,
        knobs: Mapping[str, Knobs] | None = None,
        **endpoint: Any,
    ) -> None:
        self.endpoints: dict[str, Endpoint] = {}
        self.passwords: dict[str, str] = {}
        self.users: dict[str, str] = {}
        for source in snapshots:
            snapshot = yaml.safe_load(source.read_text(encoding="utf-8")) if isinstance(source, Path) else source
            machine = Machine.from_snapshot(snapshot, RealClock(speed))
            name = machine.name.lower()
            twin = snapshot.get("twin") or {}
            self.users[name] = str(twin.get("user") or machine.accounts.well_known("500"))
            self.passwords[name] = str(twin.get("password") or "Sunset-2008!")
            self.endpoints[name] = Endpoint(machine, knobs=(knobs or {}).get(name), **endpoint)

    def __enter__(self) -> Fleet:
        for endpoint in self.endpoints.values():
            endpoint.start()
        return self

    def __exit__(self, *_details: object) -> None:
        for endpoint in self.endpoints.values():
            endpoint.stop()

    def __getitem__(self, name: str) -> Endpoint:
        return self.endpoints[name]

    def describe(self, name: str) -> str:
        """Return what a machine is, in a few words."""
        machine = self.endpoints[name].machine
        return f"build {machine.build}, {machine.arch}, {machine.locale}, WinRM {machine.winrm}"

    def shells_open(self) -> int:
        """Return how many remote shells are open on all machines together."""
        return sum(endpoint.shells_open for endpoint in self.endpoints.values())

    def errors(self) -> list[str]:
        """Return the tracebacks of the twins' own faults: empty, or the twin is wrong."""
        return [error for endpoint in self.endpoints.values() for error in endpoint.errors]

    def write_inventory(self, path: Path, **variables: Any) -> Path:
        """Write the inventory of all machines with `variables` for each of them, and return its path."""
        hosts = {
            name: {
                "ansible_host": "127.0.0.1",
                "ansible_port": endpoint.port,
                "ansible_user": self.users[name],
                "ansible_password": self.passwords[name],
            }
            for name, endpoint in self.endpoints.items()
        }
        common = {"ansible_connection": "sunset.ws2008.winrs"} | variables
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump({"fleet": {"hosts": hosts, "vars": common}}, sort_keys=False), encoding="utf-8")
        return path
