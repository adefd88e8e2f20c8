# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin (private to this collection): one Windows Server 2008 machine as a model.

`Machine` ties the rooms together (registry, files, services, tasks, accounts, component store), runs
programs and lives through restarts. It knows no wire and no console: `winrm_server` and the tools do.
"""

from __future__ import annotations

import contextlib
import copy
import io
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .accounts import Accounts
from .bits import Bits
from .clock import Appointment, Clock, RealClock
from .doors import start_delay
from .files import FileError, FileSystem
from .licensing import Licensing
from .mishaps import Mishaps
from .network import Network
from .policy import SecurityPolicy
from .process import Account, Killed
from .processes import Processes
from .registry import Registry
from .services import Services
from .servicing import ComponentStore
from .tasks import Tasks

SESSION_MANAGER = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager"
CURRENT_VERSION = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
OEM_CODEPAGES = {"en-US": "437", "de-DE": "850", "ru-RU": "866"}
ANSI_CODEPAGES = {"en-US": "1252", "de-DE": "1252", "ru-RU": "1251"}
LANGUAGES = {"en-US": 1033, "de-DE": 1031, "ru-RU": 1049}

SHUTDOWN_IN_PROGRESS = 1115
NO_SHUTDOWN_IN_PROGRESS = 1116
SHUTDOWN_IS_SCHEDULED = 1190
GRACE = 2.0  # machine seconds between the shutdown call and the loss of the network: sessions still get their answer


@dataclass
class Listener:
    """A TCP port that something on the machine listens on."""

    port: int
    address: str = "0.0.0.0"
    process: str = "System"


@dataclass
class Hardware:
    """What the machine is made of and was bought as; `sku` is the OperatingSystemSKU number."""

    memory: int = 4294967296
    caption: str = "Microsoft® Windows Server® 2008 Standard"
    sku: int = 7
    product_type: int = 3
    domain: str = "WORKGROUP"
    part_of_domain: bool = False
    domain_role: int = 2
    manufacturer: str | None = None
    model: str | None = None
    features: list[int] = field(default_factory=list)


class Program:
    """A program in its own time: started by the scheduler or WMI, ended by itself, a kill or a restart."""

    def __init__(
        self, machine: Machine, lines: list[str], account: Account, directory: str, environment: dict[str, str] | None
    ) -> None:
        self._machine = machine
        self._lines = lines
        self._account = account
        self._directory = directory
        self._environment = environment
        self._boot = machine.boot
        self.ended = False
        self.exit_code: int | None = None
        self.on_end: Callable[[int | None], None] = lambda code: None
        name = re.split(r"[\\/]", (lines[0].split('"')[1] if lines[0].startswith('"') else lines[0].split(" ")[0]))[-1]
        if name.lower().endswith((".cmd", ".bat")):
            name = "cmd.exe"
        self._row = machine.processes.add(name if "." in name else name + ".exe", lines[0], account.name)
        self.pid = self._row.pid

    def start(self) -> None:
        """Run in its own time, as the clock has it."""
        self._machine.clock.spawn(f"twin-{self._machine.name}-{self.pid}", self._run)

    def terminate(self) -> None:
        """End it at its next step."""
        self._row.terminated = True

    def _cancelled(self) -> bool:
        return self._row.terminated or self._machine.boot != self._boot

    def _run(self) -> None:
        from .cmd_streams import ConsoleInput, NulOutput
        from .shell import start_shell  # the shell imports this module

        code: int | None = None
        try:
            shell = start_shell(
                self._machine,
                self._account,
                self._machine.oem_codepage,
                self._environment or self._machine.environment(self._account),
                self._directory,
            )
            for line in self._lines:
                # such a program has a console of its own, which nobody sees: timeout works, output is gone
                code = shell.run_line(line, ConsoleInput(), NulOutput(), NulOutput(), self._cancelled)
        except Killed:
            code = None
        finally:
            self.ended = True
            self.exit_code = code
            self._machine.processes.remove(self.pid)
            self.on_end(code)


class Machine:
    """One machine. `lock` guards compound changes; single calls of the rooms guard themselves with it."""

    def __init__(self, template: Any, name: str, locale: str, clock: Clock) -> None:
        self.template = template
        self.name = name
        self.arch: str = template.arch
        self.locale = locale
        self.oem_codepage = OEM_CODEPAGES[locale]
        self.ansi_codepage = ANSI_CODEPAGES[locale]
        self.language = LANGUAGES[locale]
        self.winrm = "1.1"
        self.clock = clock
        self.lock = threading.RLock()
        self.boot = 1
        self.up = True
        self.booted_at: datetime = clock.now()
        self.restart_seconds = 30.0
        self.hardware = Hardware()
        self.registry = Registry(template.registry, self.lock)
        self.files = FileSystem(template.files, self.lock, clock.now)
        self._known_environment: tuple[object, dict[str, str]] | None = None
        self.knobs: dict[str, Any] = {}
        self.mishaps = Mishaps(self)
        self.network = Network(self)
        self.bits = Bits(self)
        self.files.remote = self.network
        self.processes = Processes(self)
        self.policy = SecurityPolicy.from_state(template.policy)
        self.audit: dict[str, int] = dict(template.audit)
        self.firewall: dict[str, Any] = {}
        self.listeners: list[Listener] = [Listener(**row) for row in template.listeners]
        self.licences: list[dict[str, Any]] = []
        self.licensing = Licensing(self)
        self.trigger_started: list[str] = list(template.trigger_started)
        # Whether certutil of NT 6.0 knows more than SHA1 is not proven (facts/transport.md 3.3): a knob.
        self.certutil_hash_algorithms: tuple[str, ...] = ("MD5", "SHA1", "SHA256", "SHA384", "SHA512")
        self.accounts = Accounts(self)
        self.registry.current_user = self.accounts.sid_of(self.accounts.administrator())
        self.services = Services(self, template.displays)
        self.tasks = Tasks(self)
        self.build: int = template.build
        self.store = ComponentStore(self)
        self.on_restart: list[Callable[[str], None]] = []
        self.restarts: list[tuple[datetime, str]] = []
        self._shutdown: Appointment | None = None
        self._shutdown_restarts = True
        self._up_at: datetime | None = None

    # -- building ------------------------------------------------------------------------------------

    @classmethod
    def from_snapshot(cls, snapshot: Mapping[str, Any], clock: Clock | None = None) -> Machine:
        """Build the machine that would give these answers; what was not asked is as on a freshly installed one."""
        from .seed import seed

        return seed(snapshot, clock or RealClock())

    @classmethod
    def pristine(
        cls, build: int = 6002, arch: str = "x64", clock: Clock | None = None, locale: str = "en-US", **twin: Any
    ) -> Machine:
        """Build a freshly installed machine; `twin` are knobs of the snapshot's ``twin`` section."""
        return cls.from_snapshot(
            {
                "answers": {"os": {"version": f"6.0.{build}", "build": build, "arch": arch}},
                "twin": {"locale": locale, **twin},
            },
            clock,
        )

    # -- what it is --------------------------------------------------------------------------------------

    @property
    def version(self) -> str:
        """The running version, such as 6.0.6002."""
        return f"6.0.{self.build}"

    @property
    def domain(self) -> str:
        """Domain or workgroup."""
        return self.hardware.domain

    @property
    def part_of_domain(self) -> bool:
        """True for a domain member or controller."""
        return self.hardware.part_of_domain

    @property
    def windows_directory(self) -> str:
        """``C:\\Windows``."""
        return f"{self.files.drive}\\Windows"

    def expand_system(self, text: str) -> str:
        """Expand the variables a service or task may use before anybody logs on."""
        known = self._system_environment()
        return re.sub(r"%([^%]+)%", lambda match: known.get(match[1].upper(), match[0]), text)

    def environment(self, account: Account | None) -> dict[str, str]:
        """Return a new environment block, keys in upper case; None leaves the user's own variables out."""
        drive, windows = self.files.drive, self.windows_directory
        block = dict(self._system_environment())
        if account is not None:
            profile = f"{drive}\\Users\\{account.name}"
            if account.sid == "S-1-5-18":
                profile = f"{windows}\\system32\\config\\systemprofile"
            else:
                block["TEMP"] = block["TMP"] = f"{profile}\\AppData\\Local\\Temp"
            block.update(
                USERPROFILE=profile,
                USERNAME=account.name if account.sid != "S-1-5-18" else f"{self.name}$",
                USERDOMAIN=account.domain if account.sid != "S-1-5-18" else self.domain.upper(),
                APPDATA=f"{profile}\\AppData\\Roaming",
                LOCALAPPDATA=f"{profile}\\AppData\\Local",
            )
        return block

    def _system_environment(self) -> dict[str, str]:
        """Return what every environment block begins with; the same one while nothing changes it."""
        values = self.registry.values(SESSION_MANAGER + "\\Environment") or {}
        state = (self.name, self.arch, self.files.drive, self.windows_directory, values)
        if self._known_environment and self._known_environment[0] == state:
            return self._known_environment[1]
        drive, windows = self.files.drive, self.windows_directory
        block = {
            "ALLUSERSPROFILE": f"{drive}\\ProgramData",
            "COMMONPROGRAMFILES": f"{drive}\\Program Files\\Common Files",
            "COMPUTERNAME": self.name,
            "PROGRAMDATA": f"{drive}\\ProgramData",
            "PROGRAMFILES": f"{drive}\\Program Files",
            "PUBLIC": f"{drive}\\Users\\Public",
            "SYSTEMDRIVE": drive,
            "SYSTEMROOT": windows,
        }
        if self.arch != "x86":
            block["PROGRAMFILES(X86)"] = f"{drive}\\Program Files (x86)"
            block["COMMONPROGRAMFILES(X86)"] = f"{drive}\\Program Files (x86)\\Common Files"
        for name, value in values.items():
            text = str(value.data)
            block[name.upper()] = re.sub(r"%([^%]+)%", lambda match: block.get(match[1].upper(), match[0]), text)
        self._known_environment = (state, block)
        return block

    # -- programs ----------------------------------------------------------------------------------------

    def prepare(
        self, lines: list[str], account: Account, directory: str, environment: dict[str, str] | None = None
    ) -> Program:
        """Make a program that runs these cmd lines one after the other; its `start` sets it going."""
        return Program(self, lines, account, directory, environment)

    def run(
        self, command_line: str, account: Account | None = None, stdin: bytes = b"", codepage: str | None = None
    ) -> tuple[int, str, str]:
        """Run one cmd line to its end and return code, stdout and stderr."""
        from .shell import start_shell

        who = account or self.accounts.token(self.accounts.administrator().name)
        page = codepage or self.oem_codepage
        boot = self.boot
        shell = start_shell(self, who, page, self.environment(who), self.expand_system("%SystemRoot%\\system32"))
        stdout, stderr = io.BytesIO(), io.BytesIO()
        code = shell.run_line(command_line, io.BytesIO(stdin), stdout, stderr, lambda: self.boot != boot)
        encoding = f"cp{page}"
        return code, stdout.getvalue().decode(encoding, "replace"), stderr.getvalue().decode(encoding, "replace")

    # -- restart -------------------------------------------------------------------------------------------

    def schedule_shutdown(self, delay: float, restart: bool = True, reason: str = "") -> int:
        """Announce a shutdown in machine seconds; returns 0, 1190 when one is announced, 1115 when it has begun."""
        with self.lock:
            if not self.up:
                return SHUTDOWN_IN_PROGRESS
            if self._shutdown is not None and not self._shutdown.cancelled:
                return SHUTDOWN_IS_SCHEDULED
            self._plan_shutdown(self.clock.now() + timedelta(seconds=max(0.0, delay) + GRACE), restart, reason)
            return 0

    def _plan_shutdown(self, when: datetime, restart: bool, reason: str) -> None:
        self._shutdown_restarts = restart
        self._shutdown = self.clock.call_at(when, (lambda: self.restart(reason)) if restart else self.shutdown)

    def abort_shutdown(self) -> int:
        """Call an announced shutdown off; returns 0, or 1116 when none is announced."""
        with self.lock:
            if self._shutdown is None or self._shutdown.cancelled or not self.up:
                return NO_SHUTDOWN_IN_PROGRESS
            self._shutdown.cancel()
            self._shutdown = None
            return 0

    def set_time(self, seconds: float) -> None:
        """Set the machine's clock forward or back. The time of its start is computed from the uptime and goes along."""
        with self.lock:
            self.clock.jump(seconds)
            self.booted_at += timedelta(seconds=seconds)
            if self._up_at is not None:
                self._up_at += timedelta(seconds=seconds)
            self.tasks.clock_was_set()

    def restart(self, reason: str = "", longer: float = 0.0) -> None:
        """Go down now and come up again after `restart_seconds` plus the time servicing needs, and `longer`."""
        with self.lock:
            if not self.up:
                return
            self.restarts.append((self.clock.now(), reason))
            self._go_down()
            slow = self.mishaps.take("slow_restart")
            seconds = self.restart_seconds + self.store.configuring_seconds() + longer + (slow.seconds if slow else 0.0)
            seconds += start_delay(self)
            self._appear_in(seconds)
        self._tell("down")

    def _appear_in(self, seconds: float) -> None:
        self._up_at = self.clock.now() + timedelta(seconds=seconds)
        self.clock.call_at(self._up_at, self._come_up)

    def shutdown(self) -> None:
        """Go down and stay down until `power_on`."""
        with self.lock:
            if not self.up:
                return
            self._go_down()
        self._tell("down")

    def power_on(self) -> None:
        """Press the button of a machine that was shut down."""
        with self.lock:
            if self.up or self._up_at is not None:
                return
            self._appear_in(self.restart_seconds + self.store.configuring_seconds())

    def wait_until_up(self) -> None:
        """Let machine time pass until the machine is up; returns at once when it is."""
        while not self.up and self._up_at is not None:
            self.clock.sleep(max(0.1, (self._up_at - self.clock.now()).total_seconds()))

    def _go_down(self) -> None:
        self.up = False
        self.boot += 1  # every program that sleeps now sees another boot and ends
        if self._shutdown is not None:
            self._shutdown.cancel()
            self._shutdown = None
        self.services.halt()

    def _come_up(self) -> None:
        with self.lock:
            self._up_at = None
            away = self.store.power_fails()
            if away is not None:
                self.restarts.append((self.clock.now(), "power loss"))
                self._appear_in(self.restart_seconds + away + self.store.configuring_seconds())
                return
            self.store.at_boot()
            self._do_file_renames()
            self.booted_at = self.clock.now()
            self.accounts.boot()
            self.processes.boot()
            self.services.boot()
            self.up = True
            self.tasks.boot()
        self._tell("up")

    def _do_file_renames(self) -> None:
        pairs = self.registry.data(SESSION_MANAGER, "PendingFileRenameOperations", [])
        for source, target in zip(pairs[::2], pairs[1::2], strict=False):
            old, new = source.removeprefix("\\??\\"), target.lstrip("!").removeprefix("\\??\\")
            with contextlib.suppress(FileError):
                if self.files.exists(old) and new:
                    self.files.move(old, new, replace=True)
                elif self.files.exists(old) and not self.files.is_dir(old):
                    self.files.delete(old)
        self.registry.delete_value(SESSION_MANAGER, "PendingFileRenameOperations")

    def _tell(self, what: str) -> None:
        for callback in list(self.on_restart):
            callback(what)

    # -- state -----------------------------------------------------------------------------------------------

    def to_state(self) -> dict[str, Any]:
        """Return the machine as JSON: its template, and what differs from it. Programs that run are not kept."""
        with self.lock:
            return {
                "template": [self.template.build, self.template.arch, self.template.locale],
                "name": self.name,
                "winrm": self.winrm,
                "build": self.build,
                "boot": self.boot,
                "up": self.up,
                "now": self.clock.now().isoformat(),
                "booted_at": self.booted_at.isoformat(),
                "up_at": self._up_at.isoformat() if self._up_at else None,
                "shutdown": [self._shutdown.when.isoformat(), self._shutdown_restarts] if self._shutdown else None,
                "restart_seconds": self.restart_seconds,
                "knobs": self.knobs,
                "hardware": asdict(self.hardware),
                "listeners": [asdict(listener) for listener in self.listeners],
                "licences": self.licences,
                "trigger_started": self.trigger_started,
                "registry": self.registry.changes(self.template.registry),
                "files": self.files.changes(self.template.files),
                "accounts": self.accounts.to_state(),
                "policy": self.policy.to_state(),
                "audit": self.audit,
                "firewall": self.firewall,
                "services": self.services.to_state(),
                "store": self.store.to_state(),
                "tasks": self.tasks.to_state(),
                "restarts": [[moment.isoformat(), reason] for moment, reason in self.restarts],
            }

    @classmethod
    def from_state(cls, state: Mapping[str, Any], clock: Clock | None = None) -> Machine:
        """Build the machine of a saved state; its clock goes on from the saved moment."""
        from .template import template

        clock = clock or RealClock()
        clock.set(datetime.fromisoformat(state["now"]))
        build, arch, locale = state["template"]
        machine = cls(template(build, arch, locale), state["name"], locale, clock)
        machine._restore(copy.deepcopy(dict(state)))
        return machine

    def _restore(self, state: dict[str, Any]) -> None:
        self.winrm, self.build, self.boot, self.up = state["winrm"], state["build"], state["boot"], state["up"]
        self.booted_at = datetime.fromisoformat(state["booted_at"])
        self.restart_seconds, self.knobs, self.hardware = (
            state["restart_seconds"],
            state["knobs"],
            Hardware(**state["hardware"]),
        )
        self.listeners = [Listener(**row) for row in state["listeners"]]
        self.licences, self.trigger_started = state["licences"], state["trigger_started"]
        self.registry.apply(state["registry"])
        self.registry.seal()
        self.files.apply(state["files"])
        self.accounts.from_state(state["accounts"])
        self.policy = SecurityPolicy.from_state(state["policy"])
        self.audit, self.firewall = state["audit"], state["firewall"]
        self.services.from_state(state["services"])
        self.store.from_state(state["store"])
        self.tasks.from_state(state["tasks"])
        self.restarts = [(datetime.fromisoformat(moment), reason) for moment, reason in state["restarts"]]
        if state["up_at"]:
            self._up_at = datetime.fromisoformat(state["up_at"])
            self.clock.call_at(self._up_at, self._come_up)
        if state["shutdown"]:
            self._plan_shutdown(datetime.fromisoformat(state["shutdown"][0]), state["shutdown"][1], "")

    def close(self) -> None:
        """End everything that runs; the machine is not used any more."""
        self.boot += 1
        self.clock.close()
