# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The component store of the twin as data (private to this collection): packages, states, stacks, licences, its log.

The truth lives where Windows keeps it: package states under ``Component Based Servicing\\Packages``, their .mum under
``%windir%\\servicing\\Packages``, stacks under ``%windir%\\servicing\\Version``. NT 6.0 numbers states 0..8, later
stacks 0x00..0x80; which of them a 6003 stack writes is not known, so the knob ``cbs_numbering`` says: auto (old until
the stack is of the 6003 era), old or new.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from .files import FileError
from .packages import Package

if TYPE_CHECKING:
    from .machine import Machine

CBS = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing"
PACKAGES = CBS + "\\Packages"
SHA2 = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Servicing\\Codesigning\\SHA2"
CURRENT_VERSION = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
AUTO_UPDATE = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update"

_OLD = {"staged": 4, "uninstall_pending": 5, "install_pending": 6, "installed": 7, "permanent": 8, "superseded": 4}
_NEW = {
    "staged": 0x40,
    "uninstall_pending": 5,
    "install_pending": 0x60,
    "installed": 0x70,
    "permanent": 0x80,
    "superseded": 0x50,
}
INSTALLED = frozenset({7, 8, 0x70, 0x80})
PENDING = frozenset({6, 0x60})

ARCHITECTURES = {"x64": "amd64", "x86": "x86", "ia64": "ia64"}
# The build flavour that BuildLab names.
FLAVOURS = {"x64": "amd64fre", "x86": "x86fre", "ia64": "ia64fre"}
# Activation ids of the ESU years (facts: servicing section 3).
ESU_IDS = {
    "esu-1": "553673ed-6ddf-419c-a153-b760283472fd",
    "esu-2": "04fa0286-fa74-401e-bbe9-fbfbb158010d",
    "esu-3": "16c08c85-0c8b-4009-9b2b-f1f7319e45f9",
    "esu-4": "32163ff8-e96d-40b1-973c-44b9bf096d83",
    "pa": "8e7bfb1e-acc1-4f56-abae-b80fce56cd4b",
}
_NAMES = {
    "esu-1": "Windows Server(R), Server-ESU-Year1 add-on for Server",
    "esu-2": "Windows Server(R), Server-ESU-Year2 add-on for Server",
    "esu-3": "Windows Server(R), Server-ESU-Year3 add-on for Server",
    "esu-4": "Windows Server(R), Server-ESU-Year4 add-on for Server",
    "pa": "Windows Server(R), Server-ESU-PA add-on for Server",
}


def number(version: str) -> tuple[int, ...]:
    """Return a dotted version as comparable numbers."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())


class PackageStore:
    """Packages of one machine and their states."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    # -- asking ---------------------------------------------------------------------------------------

    def stacks(self) -> list[str]:
        """Return the servicing stack versions: folders of ``servicing\\Version``, oldest first."""
        folder = f"{self._machine.windows_directory}\\servicing\\Version"
        if not self._machine.files.is_dir(folder):
            return []
        return sorted((entry.name for entry in self._machine.files.list_dir(folder) if entry.is_dir), key=number)

    def codes(self) -> Mapping[str, int]:
        """Return the state numbers that this stack writes, by word."""
        wanted = str(self._machine.knobs.get("cbs_numbering", "auto"))
        if wanted == "auto":
            newest = self.stacks()[-1:]
            wanted = "new" if newest and number(newest[0]) >= (6, 0, 6003) else "old"
        return _NEW if wanted == "new" else _OLD

    def state(self, identity: str) -> int | None:
        """Return a package's CurrentState, None when the store does not know it."""
        value = self._machine.registry.get(f"{PACKAGES}\\{identity}", "CurrentState")
        return value.data if value is not None and isinstance(value.data, int) else None

    def names(self) -> list[str]:
        """Return the identities of all packages."""
        return self._machine.registry.subkeys(PACKAGES) or []

    def installed(self, kb: str) -> bool:
        """Say whether an update of this KB is installed, its restart included."""
        return any(
            self.state(name) in INSTALLED
            for name in self.names()
            if f"_{kb.lower()}~" in name.lower() or f"-{kb.lower()}~" in name.lower()
        )

    def hotfixes(self) -> Iterator[tuple[str, datetime | None]]:
        """Yield KB and time of the installed updates as Win32_QuickFixEngineering lists them, by KB."""
        found: dict[str, datetime | None] = {}
        for name in self.names():
            if name.startswith("Package_for_KB") and self.state(name) in INSTALLED:
                found.setdefault(name[len("Package_for_") :].partition("~")[0].upper(), self._time(name))
        yield from sorted(found.items())

    def _time(self, identity: str) -> datetime | None:
        values = self._machine.registry.values(f"{PACKAGES}\\{identity}") or {}
        high, low = values.get("InstallTimeHigh"), values.get("InstallTimeLow")
        if high is None or low is None or not isinstance(high.data, int) or not isinstance(low.data, int):
            return None
        return datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=((high.data << 32) + low.data) // 10)

    def restart_pending(self) -> bool:
        """Say whether servicing waits for a restart, by its own mark."""
        return self._machine.registry.key_exists(CBS + "\\RebootPending")

    def sha2_supported(self) -> bool:
        """Say whether SHA-2 signatures can be checked: both Codesigning values are above zero."""
        names = ("SHA2-Codesigning-Support", "SHA2-Core-Codesigning-Support")
        return all(int(self._machine.registry.data(SHA2, name, 0)) > 0 for name in names)

    def entitled(self, entitlement: str) -> bool:
        """Say whether an activated licence covers this ESU year; Premium Assurance covers all."""
        active = {str(row.get("id", "")).lower() for row in self._machine.licences if row.get("status") == 1}
        years = [year for year, identifier in ESU_IDS.items() if identifier in active]
        return "pa" in years or any(year >= entitlement for year in years if year.startswith("esu-"))

    # -- writing the store ------------------------------------------------------------------------------

    def register(
        self, identity: str, state: int, client: str = "Package Manager", when: datetime | None = None
    ) -> None:
        """Enter a package into the store with a state number and place its .mum and .cat."""
        registry = self._machine.registry
        key = f"{PACKAGES}\\{identity}"
        visible = 1 if identity.startswith(("Package_for_", "VistaSP")) else 2
        for name, data in (("Visibility", visible), ("Trusted", 1), ("SelfUpdate", 0), ("CurrentState", state)):
            registry.set(key, name, "REG_DWORD", data)
        for name, text in (("InstallClient", client), ("InstallName", "update.mum"), ("InstallUser", "S-1-5-18")):
            registry.set(key, name, "REG_SZ", text)
        if when is not None:
            ticks = int((when - datetime(1601, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1)) * 10
            registry.set(key, "InstallTimeHigh", "REG_DWORD", ticks >> 32)
            registry.set(key, "InstallTimeLow", "REG_DWORD", ticks & 0xFFFFFFFF)
        folder = f"{self._machine.windows_directory}\\servicing\\Packages"
        if not self._machine.files.exists(f"{folder}\\{identity}.mum"):
            self._machine.files.put(f"{folder}\\{identity}.mum", 2048, None)
            self._machine.files.put(f"{folder}\\{identity}.cat", 8192, None)

    def forget(self, identity: str) -> None:
        """Take a package out of the store."""
        self._machine.registry.delete_key(f"{PACKAGES}\\{identity}")
        for ending in ("mum", "cat"):
            path = f"{self._machine.windows_directory}\\servicing\\Packages\\{identity}.{ending}"
            if self._machine.files.exists(path):
                self._machine.files.delete(path)

    def add_stack(self, version: str) -> None:
        """Place the folder of a servicing stack."""
        folder = f"{self._machine.windows_directory}\\servicing\\Version\\{version}"
        arch = ARCHITECTURES[self._machine.arch]
        self._machine.files.make_dir(folder)
        component = f"{arch}_microsoft-windows-servicingstack_31bf3856ad364e35_{version}_none"
        target = f"{self._machine.windows_directory}\\winsxs\\{component}"
        self._machine.files.make_dir(target)
        self._machine.files.put(f"{target}\\CbsCore.dll", 1056768, version)

    def set_state(self, package: Package, word: str) -> None:
        """Set the state of a package and its parts."""
        code = self.codes()[word]
        for identity in self.members(package):
            self._machine.registry.set(f"{PACKAGES}\\{identity}", "CurrentState", "REG_DWORD", code)

    @staticmethod
    def members(package: Package) -> list[str]:
        """A package and its parts, which NT 6.0 lists as Package_<n>_for_KB..."""
        name = package.name
        if not name.name.startswith("Package_for_"):
            return [package.identity]
        rest = package.identity[len("Package_for_") :]
        return [package.identity, *(f"Package_{part}_for_{rest}" for part in range(1, package.parts + 1))]

    def log(self, text: str, level: str = "Info") -> None:
        """Append a line to CBS.log."""
        line = f"{self._machine.clock.now():%Y-%m-%d %H:%M:%S}, {level:<22}CBS    {text}\r\n"
        # A full disk keeps Windows from logging, not from going on
        with contextlib.suppress(FileError):
            self._machine.files.write(
                f"{self._machine.windows_directory}\\Logs\\CBS\\CBS.log", line.encode("utf-8"), append=True
            )

    def offer_licences(self) -> None:
        """List the ESU products, without a key: a licensing preparation package brings them (facts: servicing 3)."""
        known = {str(row["id"]).lower() for row in self._machine.licences}
        for year, identifier in ESU_IDS.items():
            if identifier not in known:
                self._machine.licences.append(
                    {"id": identifier, "name": _NAMES[year], "status": 0, "partial_key": None}
                )
