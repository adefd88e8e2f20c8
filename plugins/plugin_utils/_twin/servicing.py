# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Servicing on the twin (private to this collection): what gets in, in which order, and what the restart makes of it.

Rules after facts/servicing.md sections 1, 2 and 4. Marks of a pending restart lie in the registry and in
``winsxs\\pending.xml``. What the facts mark as doubtful is a knob of the snapshot's ``twin`` section:

- ``build_registered``: restart or install: when the registry starts to say 6003
- ``pkgmgr_codes``: wua (as update clients read them) or cbs (0x800F081E, and 0 for what is there already)
- ``sha2_error``: what an unverifiable package ends in
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from .component_store import (
    ARCHITECTURES,
    AUTO_UPDATE,
    CBS,
    CURRENT_VERSION,
    FLAVOURS,
    INSTALLED,
    PACKAGES,
    PENDING,
    PackageStore,
    number,
)
from .files import DiskFull
from .mishaps import CORRUPT_STORE
from .packages import EXCLUSIVE, Identity, Package, known_packages
from .template import typed

if TYPE_CHECKING:
    from .machine import Machine

REBOOT_REQUIRED = 3010
ALREADY_INSTALLED = 0x00240006
NOT_APPLICABLE = 0x80240017
INSTALL_NOT_ALLOWED = 0x80240016
WRONG_PLATFORM = 0x80070661
DISK_FULL = 0x80070070
CERT_EXPIRED = 0x800B0101
CRYPT_NOT_FOUND = 0x80092004
SERVICE_DISABLED = 0x80070422
INVALID_PACKAGE = 0x800F0805
UNKNOWN_PACKAGE = 0x800F080E
CANNOT_UNINSTALL = 0x800F0825
CBS_NOT_APPLICABLE = 0x800F081E


class Refused(Exception):
    """Servicing does not take a package; `code` is the HRESULT."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class ComponentStore(PackageStore):
    """Packages of one machine: their states, what waits for the restart, and what the restart does."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self.pending: list[Package] = []
        self.removing: list[str] = []
        self.undo: dict[str, dict[str, str | None]] = {}
        self.reverted: list[str] = []
        self._still_pending = False
        self.history: list[tuple[str, str, str]] = []
        self._session: str | None = None

    def begin(self) -> None:
        """Let somebody else's installation run from the beginning, where a mishap says so."""
        machine = self._machine
        mishap = machine.mishaps.take("busy")
        if mishap is None:
            return
        self._session = "another installation"
        row = machine.processes.add(mishap.program, mishap.program, "SYSTEM")
        machine.services.start("TrustedInstaller")

        def done() -> None:
            machine.processes.remove(row.pid)
            if self._session == "another installation":
                self._session = None
                machine.services.stop("TrustedInstaller")

        machine.clock.call_at(machine.clock.now() + timedelta(seconds=mishap.seconds), done)

    def _note(self, what: str, identity: str) -> None:
        self.history.append((f"{self._machine.clock.now():%Y-%m-%dT%H:%M:%SZ}", what, identity))

    @property
    def busy(self) -> bool:
        """True while an installer works."""
        return self._session is not None

    # -- installing ---------------------------------------------------------------------------------------

    def install(self, package: Package, sleep: Callable[[float], None], client: str = "Package Manager") -> int:
        """Install one package in its own time; returns 0 or 3010, raises `Refused`.

        `sleep` lets machine seconds pass and raises `Killed` when the installer dies; then the package
        stays staged and can be installed again.
        """
        with self._installer(client):
            self.log(f"Appl: Evaluating package applicability for package {package.identity}")
            self._admit(package)
            self._note("began", package.identity)
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
            session = f"30{machine.clock.now():%m%d%H%M}_{int(machine.clock.now().timestamp()) & 0xFFFFFFFF}"
            self._session = session
            boot = machine.boot
            machine.services.start("TrustedInstaller")
        self.log(f"Session: {session} initialized by client {client}.")
        try:
            yield
        except Refused as refused:
            self.log(f"Failed to process package: {refused} [HRESULT = 0x{refused.code:08x}]", "Error")
            raise
        finally:
            with machine.lock:
                # an installer that died with the machine may notice it only when the next one is at work
                if machine.boot == boot:
                    machine.services.stop("TrustedInstaller")
                    self._session = None

    def _admit(self, package: Package) -> None:
        """Raise `Refused` for the first rule that the package breaks; the order is trust, place, need, room."""
        machine = self._machine
        if package.name.arch != ARCHITECTURES[machine.arch]:
            raise Refused(WRONG_PLATFORM, f"{package.identity} is not for {ARCHITECTURES[machine.arch]}")
        corrupt = machine.mishaps.take("damaged_store", package.kb)
        if corrupt is not None:
            raise Refused(corrupt.code or CORRUPT_STORE, "the component store is corrupt")
        if package.signed and machine.clock.now() < datetime.fromisoformat(package.signed).replace(tzinfo=UTC):
            raise Refused(CERT_EXPIRED, f"the signature of {package.identity} is not valid yet by this machine's clock")
        if package.sha2_only and not self.sha2_supported():
            code = int(str(machine.knobs.get("sha2_error", CRYPT_NOT_FOUND)), 0)
            raise Refused(code, f"the catalog of {package.identity} is signed with SHA-2 only and cannot be verified")
        if package.kind == "service_pack" and machine.build != 6001:
            raise Refused(ALREADY_INSTALLED, "the machine has Service Pack 2")
        if self.state(package.identity) in INSTALLED:
            raise Refused(
                ALREADY_INSTALLED,
                f"{package.identity} is already in the correct state, current: Installed, targeted: Installed",
            )
        if self.state(package.identity) in PENDING:
            raise Refused(INSTALL_NOT_ALLOWED, f"{package.identity} waits for the restart")
        if any(self.installed(kb) for kb in self._superseding(package)):
            raise Refused(NOT_APPLICABLE, f"{package.identity} is superseded by what is installed")
        missing = [need for need in package.requires if not self._met(need)]
        if missing:
            raise Refused(NOT_APPLICABLE, f"{package.identity} is not applicable: {missing[0]} is missing")
        exclusive = package.kind in EXCLUSIVE or any(
            waiting.kind in EXCLUSIVE or (waiting.build or 0) > machine.build for waiting in self.pending
        )
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
            self._crowd(package)
        except DiskFull:
            raise Refused(DISK_FULL, f"there is not enough space on the disk to stage {package.identity}") from None
        try:
            for identity in self.members(package):
                self.register(identity, self.codes()["staged"], client)
            sleep(package.seconds * 0.4)
        except DiskFull:
            raise Refused(DISK_FULL, f"there is not enough space on the disk to stage {package.identity}") from None
        finally:
            machine.files.delete(payload)
        with contextlib.suppress(DiskFull):  # the payload stays in the store for good
            arch = package.name.arch
            machine.files.put(
                f"{machine.windows_directory}\\winsxs\\{arch}_{package.kb.lower()}_{package.name.version}_none\\payload",
                package.size,
                None,
            )

    def _crowd(self, package: Package) -> None:
        """Somebody else's file takes the disk in the middle of the staging, where a mishap says so."""
        machine = self._machine
        mishap = machine.mishaps.take("disk_fills", package.kb)
        if mishap is not None:
            dump = f"{machine.windows_directory}\\MEMORY.DMP"
            machine.files.put(dump, max(0, machine.files.free - mishap.leave) // 4096 * 4096, None)
            if machine.files.free <= mishap.leave + 4096:
                raise DiskFull(dump)

    def _lose_power(self, package: Package) -> None:
        mishap = self._machine.mishaps.take("power_loss", package.kb, during="installing")
        if mishap is not None:
            self._machine.restart("power loss", mishap.seconds)

    def _finish(self, package: Package, sleep: Callable[[float], None], client: str) -> int:
        self.log(f"Exec: Installing Package: {package.identity}")
        for turn in range(3):
            sleep(package.seconds * 0.2)
            if turn == 1:
                self._lose_power(package)
        with self._machine.lock:
            now = self._machine.clock.now()
            for identity in self.members(package):
                self.register(identity, self.codes()["staged"], client, now)
            if package.restart:
                self.leave_for_restart(package, client)
                self._note("waits for the restart", package.identity)
                self.log(
                    f"Exec: Package: {package.identity} is install pending, a reboot is required [HRESULT = 0x00000bc2]"
                )
                return REBOOT_REQUIRED
            self._complete(package)
            self._note("installed", package.identity)
            self.log(f"Exec: Package: {package.identity} installed [HRESULT = 0x00000000 - S_OK]")
            return 0

    def leave_for_restart(self, package: Package, client: str) -> None:
        """Put an installed package in the queue of the restart and set every mark of it."""
        registry = self._machine.registry
        self.set_state(package, "install_pending")
        self.pending.append(package)
        for identity in self.members(package):
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
        self.place(package, kernel)
        if package.build and self._machine.knobs.get("build_registered") == "install":
            self.register_build(package.build)

    def _write_pending_xml(self) -> None:
        lines = ['<?xml version="1.0" encoding="utf-8"?>', '<PendingTransaction Version="3.0" Identifier="1">']
        lines += [f"  <!-- {package.identity} -->" for package in self.pending]
        text = "\r\n".join([*lines, "</PendingTransaction>", ""])
        with contextlib.suppress(DiskFull):
            self._machine.files.write(f"{self._machine.windows_directory}\\winsxs\\pending.xml", text.encode())

    def place(self, package: Package, versions: Mapping[str, str]) -> None:
        """Put file versions on the disk, never older ones, and remember what was there."""
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
        self.place(package, package.files)
        self.write_registry(package)
        if package.stack:
            self.add_stack(package.stack)
        self.set_state(package, "installed")
        for kb in package.supersedes:
            self._supersede(kb)
        self._supersede(package.kb, older_than=package.name.version)
        if package.kind == "service_pack":
            self._service_pack()
        elif package.build and package.build > self._machine.build:
            self._machine.build = package.build
            self.register_build(package.build)
        if package.kind == "esu_prep":
            self.offer_licences()

    def write_registry(self, package: Package) -> None:
        """Write the values that a package brings."""
        for key, values in package.registry.items():
            self._machine.registry.create_key(key)
            for name, value in values.items():
                kind, data = typed(value)
                self._machine.registry.set(key, name, kind, data)

    def _supersede(self, kb: str, older_than: str | None = None) -> None:
        for name in self.names():
            if older_than is not None and number(Identity.parse(name).version) >= number(older_than):
                continue
            if f"_for_{kb.lower()}~" in name.lower() and self.state(name) in INSTALLED:
                self._machine.registry.set(
                    f"{PACKAGES}\\{name}", "CurrentState", "REG_DWORD", self.codes()["superseded"]
                )

    def register_build(self, build: int) -> None:
        """Write a build number where the registry shows it; the lab string takes the kernel's revision."""
        registry = self._machine.registry
        for name in ("CurrentBuild", "CurrentBuildNumber"):
            registry.set(CURRENT_VERSION, name, "REG_SZ", str(build))
        kernel = self._machine.files.version(f"{self._machine.windows_directory}\\system32\\ntoskrnl.exe") or ""
        flavour = FLAVOURS[self._machine.arch]
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
        self.register_build(6002)
        self.add_stack("6.0.6002.18005")
        arch = ARCHITECTURES[machine.arch]
        for identity in (
            Identity("VistaSP2-KB948465", "6.0.1.18005", arch),
            Identity("Package_for_KB955430", "6.0.1.0", arch),
        ):
            self.register(str(identity), self.codes()["installed"], "Service Pack Installer", machine.clock.now())

    # -- removing -----------------------------------------------------------------------------------------------

    def uninstall(self, identity: str, sleep: Callable[[float], None]) -> int:
        """Ask for a package's removal; it goes at the restart. Returns 3010, raises `Refused`."""
        with self._installer("Package Manager"):
            state = self.state(identity)
            if state not in INSTALLED:
                raise Refused(UNKNOWN_PACKAGE, f"the package {identity} is not installed")
            kind = known_packages().get(Identity.parse(identity).kb, {}).get("kind")
            if state in (8, 0x80) or kind in EXCLUSIVE or identity.startswith("VistaSP"):
                raise Refused(CANNOT_UNINSTALL, f"the package {identity} is permanent")
            sleep(30)
            with self._machine.lock:
                registry = self._machine.registry
                registry.set(f"{PACKAGES}\\{identity}", "CurrentState", "REG_DWORD", self.codes()["uninstall_pending"])
                registry.create_key(f"{CBS}\\RebootPending")
                registry.create_key(f"{CBS}\\PackagesPending\\{identity}")
                self.removing.append(identity)
                self._write_pending_xml()
            return REBOOT_REQUIRED

    # -- restart ---------------------------------------------------------------------------------------------------

    def _reverts(self, package: Package) -> bool:
        """An ESU-era package without entitlement installs, and reverts when the machine configures it."""
        if self._machine.mishaps.look("revert", package.kb) is not None:
            return True
        return package.entitlement is not None and not self.entitled(package.entitlement)

    def configuring_seconds(self) -> float:
        """Return how long "configuring updates" takes at this restart; a revert takes the way twice."""
        seconds = sum(package.boot_seconds * (2 if self._reverts(package) else 1) for package in self.pending)
        return seconds + 15.0 * len(self.removing)

    def power_fails(self) -> float | None:
        """Return how long the machine stays away when power is lost while it configures updates, None without that."""
        self._still_pending = False
        for package in self.pending:
            mishap = self._machine.mishaps.take("power_loss", package.kb, during="configuring")
            if mishap is None:
                continue
            if mishap.then == "reverted":
                self._machine.mishaps.add("revert", kb=package.kb)
            elif mishap.then == "pending":
                self._machine.mishaps.add("power_loss", kb=package.kb, during="configuring", then="left")
            if mishap.then == "left":
                self._still_pending = True
                continue
            return mishap.seconds
        return None

    def at_boot(self) -> None:
        """Do what waited for the restart and take its marks away; where it was left undone, everything still waits."""
        self._session = None
        if self._still_pending:
            self.log("Startup: Processing was interrupted, and goes on at the next start", "Warning")
            return
        if not self.restart_pending() and not self.pending:
            self._boot_kernel()
            return
        for package in self.pending:
            if self._reverts(package):
                self._revert(package)
            else:
                self._complete(package)
                self._note("installed", package.identity)
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
        kernel = number(
            self._machine.files.version(f"{self._machine.windows_directory}\\system32\\ntoskrnl.exe") or "0"
        )
        if len(kernel) == 4 and kernel[2] in (6002, 6003) and kernel[2] > self._machine.build:
            self._machine.build = kernel[2]
            self.register_build(kernel[2])

    def _revert(self, package: Package) -> None:
        self._restore_files(package.identity)
        self.set_state(package, "staged")
        if self._machine.knobs.get("build_registered") == "install":
            self.register_build(self._machine.build)
        self.reverted.append(package.identity)
        self.log(
            "Startup: Failed to process advanced operation, the machine is not entitled [HRESULT = 0x8007139f]", "Error"
        )
        self._machine.mishaps.take("revert", package.kb)
        self._note("reverted", package.identity)
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

    def to_state(self) -> dict[str, Any]:
        """Return what the registry and the files do not hold, as JSON."""
        return {
            "pending": [package.to_state() for package in self.pending],
            "removing": list(self.removing),
            "undo": {identity: dict(saved) for identity, saved in self.undo.items()},
            "reverted": list(self.reverted),
            "history": [list(row) for row in self.history],
        }

    def from_state(self, state: Mapping[str, Any]) -> None:
        """Take over a saved state."""
        self.pending = [Package(**row) for row in state["pending"]]
        self.removing = list(state["removing"])
        self.undo = {identity: dict(saved) for identity, saved in state["undo"].items()}
        self.reverted = list(state["reverted"])
        self.history = [tuple(row) for row in state["history"]]
