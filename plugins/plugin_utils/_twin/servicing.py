# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's component store (private to this collection): what gets in, in which order, and what the restart makes of it.

The truth lives where Windows keeps it: package states under ``Component Based Servicing\\Packages``, stack
folders under ``%windir%\\servicing\\Version``, marks of a pending restart in the registry and in
``winsxs\\pending.xml``. Rules after facts/servicing.md sections 1, 2 and 4; what those mark as doubtful is a
knob of the snapshot's ``twin`` section:

- ``cbs_numbering``: auto (old until the stack is of the 6003 era), old (0..8), new (0x40..0x80)
- ``build_registered``: restart or install: when the registry starts to say 6003
- ``pkgmgr_codes``: wua (as update clients read them) or cbs (0x800F081E, and 0 for what is there already)
- ``sha2_error``: what an unverifiable package ends in
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from .files import DiskFull, FileError
from .packages import EXCLUSIVE, Identity, Package, described, known_packages
from .template import typed

if TYPE_CHECKING:
    from .machine import Machine

CBS = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing"
PACKAGES = CBS + "\\Packages"
SHA2 = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Servicing\\Codesigning\\SHA2"
CURRENT_VERSION = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
AUTO_UPDATE = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update"

REBOOT_REQUIRED = 3010
ALREADY_INSTALLED = 0x00240006
NOT_APPLICABLE = 0x80240017
INSTALL_NOT_ALLOWED = 0x80240016
WRONG_PLATFORM = 0x80070661
DISK_FULL = 0x80070070
CRYPT_NOT_FOUND = 0x80092004
SERVICE_DISABLED = 0x80070422
INVALID_PACKAGE = 0x800F0805
UNKNOWN_PACKAGE = 0x800F080E
CANNOT_UNINSTALL = 0x800F0825
CBS_NOT_APPLICABLE = 0x800F081E

_OLD = {"staged": 4, "uninstall_pending": 5, "install_pending": 6, "installed": 7, "permanent": 8, "superseded": 4}
_NEW = {"staged": 0x40, "uninstall_pending": 5, "install_pending": 0x60, "installed": 0x70, "permanent": 0x80, "superseded": 0x50}
_INSTALLED = frozenset({7, 8, 0x70, 0x80})
_PENDING = frozenset({6, 0x60})

ARCHITECTURES = {"x64": "amd64", "x86": "x86"}
# Activation ids of the ESU years (facts: servicing section 3).
ESU_IDS = {
    "esu-1": "553673ed-6ddf-419c-a153-b760283472fd",
    "esu-2": "04fa0286-fa74-401e-bbe9-fbfbb158010d",
    "esu-3": "16c08c85-0c8b-4009-9b2b-f1f7319e45f9",
    "pa": "8e7bfb1e-acc1-4f56-abae-b80fce56cd4b",
}
_NAMES = {
    "esu-1": "Windows Server(R), Server-ESU-Year1 add-on for Server", "esu-2": "Windows Server(R), Server-ESU-Year2 add-on for Server",
    "esu-3": "Windows Server(R), Server-ESU-Year3 add-on for Server", "pa": "Windows Server(R), Server-ESU-PA add-on for Server",
}


class Refused(Exception):
    """Servicing does not take a package; `code` is the HRESULT."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def number(version: str) -> tuple[int, ...]:
    """Return a dotted version as comparable numbers."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())


class ComponentStore:
    """Packages of one machine: their states, what waits for the restart, and what the restart does."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.pending: list[Package] = []
        self.removing: list[str] = []
        self.undo: dict[str, dict[str, str | None]] = {}
        self.reverted: list[str] = []
        self._session: str | None = None

    # -- asking ---------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """True while an installer works."""
        return self._session is not None

    def stacks(self) -> list[str]:
        """Return the servicing stack versions: folders of ``servicing\\Version``, oldest first."""
        folder = f"{self._machine.windows_directory}\\servicing\\Version"
        if not self._machine.files.is_dir(folder):
            return []
        return sorted((entry.name for entry in self._machine.files.list_dir(folder) if entry.is_dir), key=number)

    def _codes(self) -> Mapping[str, int]:
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
            self.state(name) in _INSTALLED for name in self.names() if f"_{kb.lower()}~" in name.lower() or f"-{kb.lower()}~" in name.lower()
        )

    def hotfixes(self) -> Iterator[tuple[str, datetime | None]]:
        """Yield KB and time of the installed updates as Win32_QuickFixEngineering lists them, by KB."""
        found: dict[str, datetime | None] = {}
        for name in self.names():
            if name.startswith("Package_for_KB") and self.state(name) in _INSTALLED:
                found.setdefault(name[len("Package_for_") :].partition("~")[0].upper(), self._time(name))
        yield from sorted(found.items())

    def _time(self, identity: str) -> datetime | None:
        values = self._machine.registry.values(f"{PACKAGES}\\{identity}") or {}
        high, low = values.get("InstallTimeHigh"), values.get("InstallTimeLow")
        if high is None or low is None or not isinstance(high.data, int) or not isinstance(low.data, int):
            return None
        return datetime(1601, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=((high.data << 32) + low.data) // 10)

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

    def register(self, identity: str, state: int, client: str = "Package Manager", when: datetime | None = None) -> None:
        """Enter a package into the store with a state number and place its .mum and .cat."""
        registry = self._machine.registry
        key = f"{PACKAGES}\\{identity}"
        visible = 1 if identity.startswith(("Package_for_", "VistaSP")) else 2
        for name, data in (("Visibility", visible), ("Trusted", 1), ("SelfUpdate", 0), ("CurrentState", state)):
            registry.set(key, name, "REG_DWORD", data)
        for name, text in (("InstallClient", client), ("InstallName", "update.mum"), ("InstallUser", "S-1-5-18")):
            registry.set(key, name, "REG_SZ", text)
        if when is not None:
            ticks = int((when - datetime(1601, 1, 1, tzinfo=timezone.utc)) / timedelta(microseconds=1)) * 10
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
        target = f"{self._machine.windows_directory}\\winsxs\\{arch}_microsoft-windows-servicingstack_31bf3856ad364e35_{version}_none"
        self._machine.files.make_dir(target)
        self._machine.files.put(f"{target}\\CbsCore.dll", 1056768, version)

    def _set_state(self, package: Package, word: str) -> None:
        code = self._codes()[word]
        for identity in self._members(package):
            self._machine.registry.set(f"{PACKAGES}\\{identity}", "CurrentState", "REG_DWORD", code)

    @staticmethod
    def _members(package: Package) -> list[str]:
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
            self._machine.files.write(f"{self._machine.windows_directory}\\Logs\\CBS\\CBS.log", line.encode("utf-8"), append=True)

    # -- installing ---------------------------------------------------------------------------------------

    def install(self, package: Package, sleep: Callable[[float], None], client: str = "Package Manager") -> int:
        """Install one package in its own time; returns 0 or 3010, raises `Refused`.

        `sleep` lets machine seconds pass and raises `Killed` when the installer dies; then the package
        stays staged and can be installed again.
        """
        with self._installer(client):
            self.log(f"Appl: Evaluating package applicability for package {package.identity}")
            self._admit(package)
            self._stage(package, sleep, client)
            return self._finish(package, sleep, client)

    @contextlib.contextmanager
    def _installer(self, client: str) -> Iterator[None]:
        machine = self._machine
        with machine.lock:
            service = machine.services.get("TrustedInstaller")
            if service is None or service.start == 4:
                raise Refused(SERVICE_DISABLED, "the service TrustedInstaller is disabled")
            if self.busy:
                raise Refused(INSTALL_NOT_ALLOWED, "another installation is running")
            self._session = f"30{machine.clock.now():%m%d%H%M}_{int(machine.clock.now().timestamp()) & 0xFFFFFFFF}"
            boot = machine.boot
            machine.services.start("TrustedInstaller")
        self.log(f"Session: {self._session} initialized by client {client}.")
        try:
            yield
        except Refused as refused:
            self.log(f"Failed to process package: {refused} [HRESULT = 0x{refused.code:08x}]", "Error")
            raise
        finally:
            with machine.lock:
                if machine.boot == boot:
                    machine.services.stop("TrustedInstaller")
                self._session = None

    def _admit(self, package: Package) -> None:
        """Raise `Refused` for the first rule that the package breaks; the order is trust, place, need, room."""
        machine = self._machine
        if package.name.arch != ARCHITECTURES[machine.arch]:
            raise Refused(WRONG_PLATFORM, f"{package.identity} is not for {ARCHITECTURES[machine.arch]}")
        if package.sha2_only and not self.sha2_supported():
            code = int(str(machine.knobs.get("sha2_error", CRYPT_NOT_FOUND)), 0)
            raise Refused(code, f"the catalog of {package.identity} is signed with SHA-2 only and cannot be verified")
        if package.kind == "service_pack" and machine.build != 6001:
            raise Refused(ALREADY_INSTALLED, "the machine has Service Pack 2")
        if self.state(package.identity) in _INSTALLED:
            raise Refused(ALREADY_INSTALLED, f"Exec: Package: {package.identity} is already in the correct state, current: Installed, targeted: Installed")
        if self.state(package.identity) in _PENDING:
            raise Refused(INSTALL_NOT_ALLOWED, f"{package.identity} waits for the restart")
        if any(self.installed(kb) for kb in self._superseding(package)):
            raise Refused(NOT_APPLICABLE, f"{package.identity} is superseded by what is installed")
        missing = [need for need in package.requires if not self._met(need)]
        if missing:
            raise Refused(NOT_APPLICABLE, f"{package.identity} is not applicable: {missing[0]} is missing")
        exclusive = package.kind in EXCLUSIVE or any(waiting.kind in EXCLUSIVE or waiting.build for waiting in self.pending)
        if self.restart_pending() and exclusive:
            raise Refused(INSTALL_NOT_ALLOWED, "a mandatory restart is pending")

    def _superseding(self, package: Package) -> list[str]:
        table = known_packages()
        return [kb for kb, effects in table.items() if package.kb in effects.get("supersedes", ())]

    def _met(self, need: str) -> bool:
        if need.upper() == "SP2":
            return self._machine.build >= 6002
        if self.installed(need):
            return True
        stack = known_packages().get(need, {}).get("stack")  # a newer stack contains the older one
        return stack is not None and bool(self.stacks()) and number(self.stacks()[-1]) >= number(stack)

    def _stage(self, package: Package, sleep: Callable[[float], None], client: str) -> None:
        machine = self._machine
        self.log(f"Exec: Staging Package: {package.identity}")
        payload = f"{machine.windows_directory}\\winsxs\\Temp\\{self._session}.payload"
        try:
            machine.files.put(payload, package.size, None)
        except DiskFull:
            raise Refused(DISK_FULL, f"there is not enough space on the disk to stage {package.identity}") from None
        try:
            for identity in self._members(package):
                self.register(identity, self._codes()["staged"], client)
            sleep(package.seconds * 0.4)
        except DiskFull:
            raise Refused(DISK_FULL, f"there is not enough space on the disk to stage {package.identity}") from None
        finally:
            machine.files.delete(payload)
        with contextlib.suppress(DiskFull):  # the payload stays in the store for good
            arch = package.name.arch
            machine.files.put(f"{machine.windows_directory}\\winsxs\\{arch}_{package.kb.lower()}_{package.name.version}_none\\payload", package.size, None)

    def _finish(self, package: Package, sleep: Callable[[float], None], client: str) -> int:
        self.log(f"Exec: Installing Package: {package.identity}")
        for _ in range(3):
            sleep(package.seconds * 0.2)
        with self._machine.lock:
            now = self._machine.clock.now()
            for identity in self._members(package):
                self.register(identity, self._codes()["staged"], client, now)
            if package.restart:
                self._leave_for_restart(package, client)
                self.log(f"Exec: Package: {package.identity} is install pending, a reboot is required [HRESULT = 0x00000bc2]")
                return REBOOT_REQUIRED
            self._complete(package)
            self.log(f"Exec: Package: {package.identity} installed [HRESULT = 0x00000000 - S_OK]")
            return 0

    def _leave_for_restart(self, package: Package, client: str) -> None:
        registry = self._machine.registry
        self._set_state(package, "install_pending")
        self.pending.append(package)
        for identity in self._members(package):
            registry.create_key(f"{CBS}\\PackagesPending\\{identity}")
        registry.create_key(f"{CBS}\\RebootPending")
        if self._session:
            registry.create_key(f"{CBS}\\SessionsPending\\{self._session}")
        registry.set(f"{CBS}\\SessionsPending", "Exclusive", "REG_DWORD", int(package.kind in EXCLUSIVE))
        if client == "WindowsUpdateAgent":
            registry.create_key(f"{AUTO_UPDATE}\\RebootRequired")
        self._write_pending_xml()
        # The new kernel lies on the disk while the old one runs (facts: servicing section 1, in-between machines).
        kernel = {path: version for path, version in package.files.items() if path.lower().endswith("ntoskrnl.exe")}
        self._place(package, kernel)
        if package.build and self._machine.knobs.get("build_registered") == "install":
            self._register_build(package.build)

    def _write_pending_xml(self) -> None:
        text = '<?xml version="1.0" encoding="utf-8"?>\r\n<PendingTransaction Version="3.0" WcpVersion="6.0.6002.18005" Identifier="1">\r\n'
        for package in self.pending:
            text += f'  <!-- {package.identity} -->\r\n'
        with contextlib.suppress(DiskFull):
            self._machine.files.write(f"{self._machine.windows_directory}\\winsxs\\pending.xml", (text + "</PendingTransaction>\r\n").encode())

    def _place(self, package: Package, versions: Mapping[str, str]) -> None:
        files = self._machine.files
        saved = self.undo.setdefault(package.identity, {})
        for name, version in versions.items():
            path = f"{self._machine.windows_directory}\\{name}"
            if files.exists(path):
                before = files.version(path)
                saved.setdefault(name, before)
                if before is None or number(before) < number(version):
                    files.set_version(path, version)
            else:
                saved.setdefault(name, None)
                files.put(path, 131072, version)

    def _complete(self, package: Package) -> None:
        self._place(package, package.files)
        self._write_registry(package)
        if package.stack:
            self.add_stack(package.stack)
        self._set_state(package, "installed")
        for kb in package.supersedes:
            self._supersede(kb)
        self._supersede(package.kb, older_than=package.name.version)
        if package.kind == "service_pack":
            self._service_pack()
        elif package.build and package.build > self._machine.build:
            self._machine.build = package.build
            self._register_build(package.build)
        if package.kind == "esu_prep":
            self.offer_licences()

    def _write_registry(self, package: Package) -> None:
        for key, values in package.registry.items():
            self._machine.registry.create_key(key)
            for name, value in values.items():
                kind, data = typed(value)
                self._machine.registry.set(key, name, kind, data)

    def _supersede(self, kb: str, older_than: str | None = None) -> None:
        for name in self.names():
            if older_than is not None and number(Identity.parse(name).version) >= number(older_than):
                continue
            if f"_for_{kb.lower()}~" in name.lower() and self.state(name) in _INSTALLED:
                self._machine.registry.set(f"{PACKAGES}\\{name}", "CurrentState", "REG_DWORD", self._codes()["superseded"])

    def _register_build(self, build: int) -> None:
        registry = self._machine.registry
        for name in ("CurrentBuild", "CurrentBuildNumber"):
            registry.set(CURRENT_VERSION, name, "REG_SZ", str(build))
        kernel = self._machine.files.version(f"{self._machine.windows_directory}\\system32\\ntoskrnl.exe") or ""
        flavour = "amd64fre" if self._machine.arch == "x64" else "x86fre"
        lab = f"{build}.{kernel.rpartition('.')[2]}.{flavour}.vistasp2_ldr_escrow.190410-1505"
        for name in ("BuildLab", "BuildLabEx"):
            registry.set(CURRENT_VERSION, name, "REG_SZ", lab)

    def _service_pack(self) -> None:
        """Turn a 6001 into a 6002: versions of all files, names in the registry, the service pack's own packages."""
        machine = self._machine
        for path in list(machine.files.walk(machine.windows_directory)):
            version = machine.files.version(path)
            if version and version.endswith("6001.18000"):
                machine.files.set_version(path, version.replace("6001.18000", "6002.18005"))
        machine.build = 6002
        machine.registry.set(CURRENT_VERSION, "CSDVersion", "REG_SZ", "Service Pack 2")
        machine.registry.set("HKLM\\SYSTEM\\CurrentControlSet\\Control\\Windows", "CSDVersion", "REG_DWORD", 0x200)
        self._register_build(6002)
        self.add_stack("6.0.6002.18005")
        arch = ARCHITECTURES[machine.arch]
        for identity in (Identity("VistaSP2-KB948465", "6.0.1.18005", arch), Identity("Package_for_KB955430", "6.0.1.0", arch)):
            self.register(str(identity), self._codes()["installed"], "Service Pack Installer", machine.clock.now())

    def offer_licences(self) -> None:
        """List the ESU products, without a key: a licensing preparation package brings them (facts: servicing section 3)."""
        known = {str(row["id"]).lower() for row in self._machine.licences}
        for year, identifier in ESU_IDS.items():
            if identifier not in known:
                self._machine.licences.append({"id": identifier, "name": _NAMES[year], "status": 0, "partial_key": None})

    # -- removing -----------------------------------------------------------------------------------------------

    def uninstall(self, identity: str, sleep: Callable[[float], None]) -> int:
        """Ask for a package's removal; it goes at the restart. Returns 3010, raises `Refused`."""
        with self._installer("Package Manager"):
            state = self.state(identity)
            if state not in _INSTALLED:
                raise Refused(UNKNOWN_PACKAGE, f"the package {identity} is not installed")
            kind = known_packages().get(Identity.parse(identity).kb, {}).get("kind")
            if state in (8, 0x80) or kind in EXCLUSIVE or identity.startswith("VistaSP"):
                raise Refused(CANNOT_UNINSTALL, f"the package {identity} is permanent")
            sleep(30)
            with self._machine.lock:
                registry = self._machine.registry
                registry.set(f"{PACKAGES}\\{identity}", "CurrentState", "REG_DWORD", self._codes()["uninstall_pending"])
                registry.create_key(f"{CBS}\\RebootPending")
                registry.create_key(f"{CBS}\\PackagesPending\\{identity}")
                self.removing.append(identity)
                self._write_pending_xml()
            return REBOOT_REQUIRED

    # -- restart ---------------------------------------------------------------------------------------------------

    def _reverts(self, package: Package) -> bool:
        """An ESU-era package without entitlement installs, and reverts when the machine configures it."""
        return package.entitlement is not None and not self.entitled(package.entitlement)

    def configuring_seconds(self) -> float:
        """Return how long "configuring updates" takes at this restart; a revert takes the way twice."""
        seconds = sum(package.boot_seconds * (2 if self._reverts(package) else 1) for package in self.pending)
        return seconds + 15.0 * len(self.removing)

    def at_boot(self) -> None:
        """Do what waited for the restart and take its marks away."""
        self._session = None
        if not self.restart_pending() and not self.pending:
            self._boot_kernel()
            return
        for package in self.pending:
            if self._reverts(package):
                self._revert(package)
            else:
                self._complete(package)
                self.log(f"Startup: Package: {package.identity} installed [HRESULT = 0x00000000 - S_OK]")
        for identity in self.removing:
            self._restore_files(identity)
            self.forget(identity)
            rest = identity[len("Package_for_") :]
            for name in self.names():
                if name.startswith("Package_") and name.endswith(f"_for_{rest}"):
                    self.forget(name)
        self.pending, self.removing = [], []
        self._boot_kernel()
        self.clear_marks()

    def _boot_kernel(self) -> None:
        """The machine runs what lies on the disk, also when nobody knows which package put it there."""
        kernel = number(self._machine.files.version(f"{self._machine.windows_directory}\\system32\\ntoskrnl.exe") or "0")
        if len(kernel) == 4 and kernel[2] in (6002, 6003) and kernel[2] > self._machine.build:
            self._machine.build = kernel[2]
            self._register_build(kernel[2])

    def _revert(self, package: Package) -> None:
        self._restore_files(package.identity)
        self._set_state(package, "staged")
        if self._machine.knobs.get("build_registered") == "install":
            self._register_build(self._machine.build)
        self.reverted.append(package.identity)
        self.log("Startup: Failed to process advanced operation, the machine is not entitled [HRESULT = 0x8007139f]", "Error")
        self.log(f"Startup: Rolling back package {package.identity}", "Error")

    def _restore_files(self, identity: str) -> None:
        for name, version in self.undo.pop(identity, {}).items():
            path = f"{self._machine.windows_directory}\\{name}"
            if version is not None and self._machine.files.exists(path):
                self._machine.files.set_version(path, version)
            elif self._machine.files.exists(path):
                self._machine.files.delete(path)

    def clear_marks(self) -> None:
        """Take away every mark of a pending restart that servicing and the update agent leave."""
        registry = self._machine.registry
        for key in ("RebootPending", "PackagesPending", "SessionsPending", "RebootInProgress"):
            registry.delete_key(f"{CBS}\\{key}")
        registry.delete_key(f"{AUTO_UPDATE}\\RebootRequired")
        path = f"{self._machine.windows_directory}\\winsxs\\pending.xml"
        if self._machine.files.exists(path):
            self._machine.files.delete(path)

    # -- seeding and state -------------------------------------------------------------------------------------------

    def seed_packages(self, rows: list[tuple[str, int]]) -> None:
        """Enter packages by identity and state number; what the twin knows of them has happened, or waits."""
        order = {kb: index for index, kb in enumerate(known_packages())}
        for identity, state in sorted(rows, key=lambda row: order.get(Identity.parse(row[0]).kb, -1)):
            name = Identity.parse(identity)
            self.register(identity, state, "WindowsUpdateAgent", self._machine.booted_at)
            package = described(name, known_packages().get(name.kb, {}))
            if not name.name.startswith("Package_for_"):
                continue
            if state in _PENDING:
                self._leave_for_restart(package, "WindowsUpdateAgent")
                self._machine.registry.set(f"{PACKAGES}\\{identity}", "CurrentState", "REG_DWORD", state)
            elif state in _INSTALLED:
                self._place(package, package.files)
                self._write_registry(package)
                if package.stack:
                    self.add_stack(package.stack)
                if package.kind == "esu_prep":
                    self.offer_licences()
        self.undo.clear()

    def seed_kernel(self, version: str) -> None:
        """Make the kernel on the disk at least this version, and the registered build that of the running one."""
        path = f"{self._machine.windows_directory}\\system32\\ntoskrnl.exe"
        if number(self._machine.files.version(path) or "0") < number(version):
            self._machine.files.set_version(path, version)
        self._register_build(self._machine.build)

    def seed_pending(self, rows: list[Any]) -> None:
        """Put packages into the state "install pending": a KB number, or effects with ``identity`` or ``kb``."""
        for row in rows:
            about: Mapping[str, Any] = {"kb": row} if isinstance(row, str) else row
            kb = str(about.get("kb") or Identity.parse(str(about["identity"])).kb)
            default = Identity(f"Package_for_{kb}", "6.0.1.0", ARCHITECTURES[self._machine.arch])
            identity = Identity.parse(str(about["identity"])) if about.get("identity") else default
            effects = {**known_packages().get(kb, {}), **{key: value for key, value in about.items() if key not in ("identity", "kb")}}
            package = described(identity, effects)
            for member in self._members(package):
                self.register(member, self._codes()["staged"], "Package Manager", self._machine.clock.now())
            self._leave_for_restart(package, "Package Manager")

    def to_state(self) -> dict[str, Any]:
        """Return what the registry and the files do not hold, as JSON."""
        return {
            "pending": [package.to_state() for package in self.pending], "removing": list(self.removing),
            "undo": {identity: dict(saved) for identity, saved in self.undo.items()}, "reverted": list(self.reverted),
        }

    def from_state(self, state: Mapping[str, Any]) -> None:
        """Take over a saved state."""
        self.pending = [Package(**row) for row in state["pending"]]
        self.removing = list(state["removing"])
        self.undo = {identity: dict(saved) for identity, saved in state["undo"].items()}
        self.reverted = list(state["reverted"])
