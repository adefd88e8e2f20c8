# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's service control manager (private to this collection).

Configuration lives where Windows keeps it, under ``Services\\<name>`` in the registry, so `sc config`,
`reg add` and WMI see one truth. Only the running state is held here. Calls return win32 codes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .machine import Machine

SERVICES = "HKLM\\SYSTEM\\CurrentControlSet\\Services"

OK = 0
DEPENDENT_RUNNING = 1051
INVALID_CONTROL = 1052
ALREADY_RUNNING = 1056
DISABLED = 1058
CIRCULAR = 1059
NO_SUCH_SERVICE = 1060
NOT_ACTIVE = 1062
LOGON_FAILED = 1069
DEPENDENCY_FAILED = 1068
DEPENDENCY_DELETED = 1075
NEVER_STARTED = 1077
FILE_NOT_FOUND = 2

KERNEL_DRIVER, FILE_SYSTEM_DRIVER, OWN_PROCESS, SHARE_PROCESS = 1, 2, 16, 32
START_WORDS = ("boot", "system", "auto", "manual", "disabled")
# Services whose control handler does not take STOP (documented per service; sc answers 1052).
UNSTOPPABLE = frozenset({"rpcss", "dcomlaunch", "samss", "plugplay", "gpsvc", "profsvc", "eventlog", "lsm"})


@dataclass
class _Run:
    running: bool = False
    pid: int = 0
    exit_code: int = NEVER_STARTED
    specific: int = 0
    failed_once: bool = False


class Service:
    """One service or driver: its configuration read from the registry, its state from the control manager."""

    def __init__(self, services: Services, name: str) -> None:
        self._services = services
        self._key = f"{SERVICES}\\{name}"
        self.name = name

    def _data(self, value: str, default: Any) -> Any:
        return self._services.machine.registry.data(self._key, value, default)

    def _set(self, value: str, kind: str, data: Any) -> None:
        self._services.machine.registry.set(self._key, value, kind, data)

    @property
    def _run(self) -> _Run:
        return self._services.run_of(self.name)

    @property
    def type(self) -> int:
        """SERVICE_xxx type bits: 1 kernel driver, 2 file system driver, 16 own process, 32 shared; 256 interactive."""
        return int(self._data("Type", OWN_PROCESS))

    @property
    def is_driver(self) -> bool:
        """True for a kernel or file system driver."""
        return bool(self.type & 0x0F)

    @property
    def start(self) -> int:
        """Start type 0 boot, 1 system, 2 auto, 3 manual, 4 disabled."""
        return int(self._data("Start", 3))

    @start.setter
    def start(self, value: int) -> None:
        self._set("Start", "REG_DWORD", value)

    @property
    def start_word(self) -> str:
        """The start type as the snapshot spells it."""
        return START_WORDS[min(self.start, 4)]

    @property
    def delayed(self) -> bool:
        """True for an automatic service with delayed start (new in NT 6.0)."""
        return self.start == 2 and bool(self._data("DelayedAutoStart", 0))

    @property
    def error_control(self) -> int:
        """0 ignore, 1 normal, 2 severe, 3 critical."""
        return int(self._data("ErrorControl", 1))

    @property
    def path(self) -> str:
        """The image path as registered (drivers often have none)."""
        return str(self._data("ImagePath", ""))

    @property
    def image(self) -> str:
        """The full image path as WMI shows it: variables expanded, drivers below the system root."""
        machine = self._services.machine
        path = machine.expand_system(self.path)
        if not self.is_driver or not path or path[1:2] == ":":
            return path
        return f"{machine.windows_directory}\\{path.removeprefix(chr(92) + 'SystemRoot' + chr(92))}"

    @property
    def stoppable(self) -> bool:
        """False for the few services whose handler takes no stop."""
        return self.name.lower() not in UNSTOPPABLE

    @property
    def account(self) -> str:
        """The account it runs as; drivers have none."""
        return str(self._data("ObjectName", "" if self.is_driver else "LocalSystem"))

    @property
    def group(self) -> str:
        """The load order group, empty without one."""
        return str(self._data("Group", ""))

    @property
    def tag(self) -> int:
        """The tag within the load order group."""
        return int(self._data("Tag", 0))

    @property
    def dependencies(self) -> list[str]:
        """Names of services it needs, and of groups with a plus sign before them."""
        return list(self._data("DependOnService", [])) + ["+" + name for name in self._data("DependOnGroup", [])]

    @property
    def display(self) -> str:
        """The display name as people read it; a resource reference is answered from the twin's table."""
        return self._services.display_of(self.name, str(self._data("DisplayName", self.name)))

    @property
    def description(self) -> str:
        """The description, empty when none is registered."""
        return str(self._data("Description", ""))

    @property
    def state(self) -> str:
        """``running`` or ``stopped``: the twin's services start and stop within an instant."""
        return "running" if self._run.running else "stopped"

    @property
    def running(self) -> bool:
        """True while it runs."""
        return self._run.running

    @property
    def pid(self) -> int:
        """The process it runs in, 0 when it does not run or is a driver."""
        return self._run.pid

    @property
    def exit_code(self) -> int:
        """Its last WIN32_EXIT_CODE; 1077 when nobody tried to start it since the restart."""
        return self._run.exit_code

    @property
    def service_exit_code(self) -> int:
        """Its service-specific exit code."""
        return self._run.specific


class Services:
    """The control manager of one machine; iterating it yields services and drivers by name."""

    def __init__(self, machine: Machine, displays: Mapping[str, str] | None = None) -> None:
        self.machine = machine
        self._runs: dict[str, _Run] = {}
        self._displays = displays or {}
        self.on_stop: list[Callable[[str], None]] = []  # told the lower-case name of a service that was stopped

    def run_of(self, name: str) -> _Run:
        return self._runs.setdefault(name.lower(), _Run())

    def display_of(self, name: str, registered: str) -> str:
        """Return the display name; ``@dll,-n`` is looked up in the template's table."""
        return self._displays.get(name.lower(), name) if registered.startswith("@") else registered

    def get(self, name: str) -> Service | None:
        """Return a service by its key name, None when there is none (or the key is no service)."""
        registry = self.machine.registry
        key = f"{SERVICES}\\{name}"
        if not name or "\\" in name or registry.get(key, "Type") is None:
            return None
        return Service(self, registry.real_name(key).rpartition("\\")[2])

    def find(self, name: str) -> Service | None:
        """Return a service by key name or display name, as `net start` looks it up."""
        found = self.get(name)
        if found is not None:
            return found
        wanted = name.lower()
        return next((service for service in self.list() if service.display.lower() == wanted), None)

    def list(self) -> Sequence[Service]:
        """Return all services and drivers, by name."""
        names = self.machine.registry.subkeys(SERVICES) or []
        return [service for name in names if (service := self.get(name)) is not None]

    def dependents(self, name: str) -> Sequence[Service]:
        """Return the services that list this one as a dependency."""
        wanted = name.lower()
        return [service for service in self.list() if wanted in (other.lower() for other in service.dependencies)]

    # -- control -------------------------------------------------------------------------------------

    def start(self, name: str) -> int:
        """Start a service and, first, what it depends on; returns 0 or the win32 error."""
        with self.machine.lock:
            return self._start(name, ())

    def _start(self, name: str, chain: tuple[str, ...]) -> int:
        service = self.get(name)
        if service is None:
            return NO_SUCH_SERVICE
        run = self.run_of(service.name)
        if run.running:
            return ALREADY_RUNNING
        if service.name.lower() in chain:
            return CIRCULAR
        if service.start == 4:
            return DISABLED
        failure = self._start_dependencies(service, (*chain, service.name.lower()))
        if failure:
            run.exit_code, run.failed_once = failure, True
            return failure
        failure = self._own_trouble(service)
        if failure:
            run.exit_code, run.failed_once = failure, True
            return failure
        run.running, run.exit_code, run.specific = True, OK, 0
        run.pid = 0 if service.is_driver else self.machine.processes.host(service.path, service.account)
        return OK

    def _start_dependencies(self, service: Service, chain: tuple[str, ...]) -> int:
        for needed in service.dependencies:
            if needed.startswith("+"):
                members = [other for other in self.list() if other.group.lower() == needed[1:].lower()]
                if members and not any(other.running for other in members):
                    return DEPENDENCY_FAILED
                continue
            if self.get(needed) is None:
                return DEPENDENCY_DELETED
            # A disabled mrxsmb10 that LanmanWorkstation still names stops it here (facts: hardening 1a #1).
            if self._start(needed, chain) not in (OK, ALREADY_RUNNING):
                return DEPENDENCY_FAILED
        return OK

    def _own_trouble(self, service: Service) -> int:
        image = self.machine.expand_system(service.path)
        if service.is_driver or not image:
            return OK
        if not self.machine.accounts.may_run_services(service.account):
            return LOGON_FAILED
        program = image[1 : image.find('"', 1)] if image.startswith('"') else image.partition(" ")[0]
        if not program.lower().endswith(".exe"):
            program += ".exe"
        return OK if self.machine.files.exists(program) else FILE_NOT_FOUND

    def stop(self, name: str, dependents: bool = False) -> int:
        """Stop a service; 1051 when others that need it run, unless `dependents` stops them first."""
        with self.machine.lock:
            service = self.get(name)
            if service is None:
                return NO_SUCH_SERVICE
            run = self.run_of(service.name)
            if not run.running:
                return NOT_ACTIVE
            if not service.stoppable:
                return INVALID_CONTROL
            running = [other for other in self.dependents(service.name) if other.running]
            if running and not dependents:
                return DEPENDENT_RUNNING
            for other in running:
                self.stop(other.name, dependents=True)
            run.running, run.pid, run.exit_code = False, 0, OK
            for callback in tuple(self.on_stop):
                callback(service.name.lower())
            return OK

    def delete(self, name: str) -> int:
        """Remove a service from the registry; returns 0 or 1060."""
        with self.machine.lock:
            service = self.get(name)
            if service is None:
                return NO_SUCH_SERVICE
            self.machine.registry.delete_key(f"{SERVICES}\\{service.name}")
            self._runs.pop(service.name.lower(), None)
            return OK

    # -- the machine's life -------------------------------------------------------------------------

    def halt(self) -> None:
        """Everything stops because the machine goes down."""
        self._runs.clear()

    def boot(self) -> None:
        """Start drivers and automatic services in their order; what fails keeps its code, as the event log would."""
        services = self.list()
        for wanted in (0, 1, 2):
            for service in services:
                if service.start == wanted and not service.running:
                    self.start(service.name)
        for name in self.machine.trigger_started:
            self.start(name)

    def restore(self, running: Iterable[str]) -> None:
        """Take over which services run, from a snapshot or a saved state, without starting anything."""
        self._runs.clear()
        for name in running:
            service = self.get(name)
            if service is not None:
                pid = 0 if service.is_driver else self.machine.processes.host(service.path, service.account)
                self._runs[service.name.lower()] = _Run(True, pid, OK)

    def to_state(self) -> dict[str, Any]:
        """Return the running state as JSON; what was never started since the boot is left out, looked at or not."""
        return {name: [run.running, run.exit_code] for name, run in self._runs.items() if run != _Run()}

    def from_state(self, state: Mapping[str, Any]) -> None:
        """Take over a running state."""
        self.restore(name for name, (running, _code) in state.items() if running)
        for name, (_running, code) in state.items():
            self.run_of(name).exit_code = code
