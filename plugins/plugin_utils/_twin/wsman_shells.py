# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""WinRS shells and their commands (private to this collection), with the quotas of the WinRM version.

A shell is an environment and a working directory; every command is a ``cmd.exe /c`` of its own. Time
in this file is wall time, because it is the client that waits.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, cast

from . import wsman_envelope as soap
from .cmd_launch import builtin_of
from .process import Account, Killed
from .shell import start_shell
from .wsman_envelope import Fault
from .wsman_personality import Personality
from .wsman_streams import Closed, InputPipe, OutputPipe

if TYPE_CHECKING:
    from .machine import Machine

PLUGIN = ("Shell cmd plugin", "%systemroot%\\system32\\winrscmd.dll")
MAX_USERS = 5  # winrm/config/winrs/MaxConcurrentUsers (MS-WSMV note 26)
# A Receive that has output waits this long for the command to end, as the service's own thread switching does:
# a quick command is answered whole, in one ReceiveResponse.
SETTLE = 0.25


class Command:
    """One running or finished command line of a shell."""

    def __init__(self, shell: Shell, line: str, direct: bool, deadline: float | None) -> None:
        self.id = soap.new_id()
        self.line = line
        self._shell = shell
        self._direct = direct
        self._deadline = deadline
        self._boot = shell.machine.boot
        self._stop = threading.Event()
        self._condition = threading.Condition()
        self.stdin = InputPipe(self.cancelled)
        self.outputs = {name: OutputPipe(self._condition, self.cancelled) for name in ("stdout", "stderr")}
        self.exit_code: int | None = None
        self.finished = False
        self.reported = False

    def cancelled(self) -> bool:
        """Say whether the command has to end: terminated, out of time, or the machine went down."""
        late = self._deadline is not None and time.monotonic() > self._deadline
        return self._stop.is_set() or late or self._shell.machine.boot != self._boot

    def start(self) -> None:
        """Run in a thread of its own."""
        threading.Thread(target=self._run, name=f"winrs-{self._shell.machine.name}", daemon=True).start()

    def refuse(self, text: str) -> None:
        """End at once without a process, the reason on stderr (MS-WSMV note 32)."""
        self.outputs["stderr"].write(text.encode(f"cp{self._shell.oem}", "replace"))
        self._end(1)

    def _run(self) -> None:
        code = 1
        shell = self._shell
        try:
            if shell.mute and not _is_builtin(self.line):
                code = 0
            else:
                environment = dict(shell.environment)
                interpreter = start_shell(shell.machine, shell.account, shell.oem, environment, shell.directory)
                stdout, stderr = cast(BinaryIO, self.outputs["stdout"]), cast(BinaryIO, self.outputs["stderr"])
                with io.BufferedReader(self.stdin) as stdin:
                    code = interpreter.run_line(self.line, stdin, stdout, stderr, self.cancelled)
        except Killed:
            code = 0xC000013A  # STATUS_CONTROL_C_EXIT
        except Exception as error:
            # A fault of the twin must reach the person who looks at this command, not vanish with its thread.
            self.outputs["stderr"].write(f"the twin itself failed: {error!r}\r\n".encode())
            raise
        finally:
            self._end(code)

    def _end(self, code: int) -> None:
        self.stdin.hang_up()
        with self._condition:
            self.exit_code = code
            self.finished = True
            for output in self.outputs.values():
                output.ended = True
            self._condition.notify_all()

    def stop(self) -> None:
        """Terminate it; harmless when it has ended."""
        self._stop.set()
        self.stdin.hang_up()
        with self._condition:
            self._condition.notify_all()

    def receive(self, streams: list[str], timeout: float, limit: int) -> tuple[list[tuple[str, bytes]], bool]:
        """Wait for output; returns the pieces and whether the command is done and all of it was taken.

        Raises TimeoutError when nothing came in time.
        """
        deadline = time.monotonic() + timeout
        with self._condition:
            while not self.finished and not any(self.outputs[name].available() for name in streams):
                left = deadline - time.monotonic()
                if left <= 0 or self.cancelled():
                    raise TimeoutError
                self._condition.wait(min(left, 0.5))
            settled = time.monotonic() + min(SETTLE, timeout)
            while not self.finished and (left := settled - time.monotonic()) > 0:
                self._condition.wait(left)
            pieces = []
            for name in streams:
                if data := self.outputs[name].take(limit):
                    limit -= len(data)
                    pieces.append((name, data))
            done = self.finished and not any(self.outputs[name].available() for name in streams)
            self.reported = self.reported or done
            return pieces, done


@dataclass
class Shell:
    """One open shell. `account` owns it; times are of `time.monotonic`."""

    machine: Machine
    account: Account
    id: str
    environment: Mapping[str, str]
    directory: str
    oem: str
    mute: bool
    streams: tuple[str, str]
    client: str
    idle: float | None
    created: float = field(default_factory=time.monotonic)
    used: float = field(default_factory=time.monotonic)
    commands: dict[str, Command] = field(default_factory=dict)
    operations: int = 0
    name: str = ""
    directory_given: str = ""

    def expired(self) -> bool:
        """Say whether nobody used it for longer than it may be idle."""
        running = any(not command.finished for command in self.commands.values())
        return self.idle is not None and not running and time.monotonic() - self.used > self.idle

    def close(self) -> None:
        """End every command."""
        for command in self.commands.values():
            command.stop()


class Shells:
    """All shells of one machine; every method takes the account that asks and sees only that account's."""

    def __init__(self, machine: Machine, limits: Personality) -> None:
        self._machine = machine
        self._limits = limits
        self._lock = threading.RLock()
        self._shells: dict[str, Shell] = {}

    def __len__(self) -> int:
        return len(self._alive())

    def _alive(self) -> list[Shell]:
        with self._lock:
            for shell in [shell for shell in self._shells.values() if shell.expired()]:
                shell.close()
                del self._shells[shell.id]
            return list(self._shells.values())

    def of(self, account: Account) -> list[Shell]:
        """Return the shells of one account."""
        return [shell for shell in self._alive() if shell.account.sid == account.sid]

    def operations(self, account: Account) -> int:
        """Return the per-user counter: every command since its shell was opened, ended or not (MS-WSMV note 118)."""
        return sum(shell.operations for shell in self.of(account))

    def clear(self) -> None:
        """The machine goes down: no shell is left."""
        for shell in self.forget():
            shell.close()

    def forget(self) -> list[Shell]:
        """The service stops: no shell is left, and none of their commands is ended; returns what there was."""
        with self._lock:
            shells, self._shells = list(self._shells.values()), {}
        return shells

    def create(self, account: Account, options: Mapping[str, str], wish: ShellWish, client: str) -> Shell:
        """Open a shell. Raises `Fault` over a quota or for a wish that cannot be met."""
        page = options.get("WINRS_CODEPAGE", "").strip() or self._machine.oem_codepage
        mute = page == "65001"
        if not mute and not _known_codepage(page):
            raise Fault(
                soap.INVALID_OPTIONS,
                "w:InvalidOptions",
                f"The code page {page} is not valid or not installed.",
                detail=f"{soap.DETAIL}/InvalidValue",
                provider=PLUGIN,
            )
        directory = wish.directory or self._home(account)
        if not self._machine.files.is_dir(directory):
            raise Fault(
                2147942667, "w:InternalError", "The directory name is invalid. ", role="Receiver", provider=PLUGIN
            )
        environment = dict(self._machine.environment(account))
        if options.get("WINRS_NOPROFILE", "").strip().lower() in ("true", "1"):
            environment.update(self._default_profile())
        environment.update(wish.environment)
        shell = Shell(
            self._machine,
            account,
            soap.new_id(),
            environment,
            directory,
            "437" if mute else page,
            mute,
            wish.streams,
            client,
            self._idle(wish.idle),
            name=wish.name,
            directory_given=wish.directory,
        )
        with self._lock:
            self._check_quotas(account)
            self._shells[shell.id] = shell
        return shell

    def _home(self, account: Account) -> str:
        home = f"{self._machine.files.drive}\\Users\\{account.name}"
        return home if self._machine.files.is_dir(home) else self._machine.windows_directory

    def _default_profile(self) -> dict[str, str]:
        """Return what WINRS_NOPROFILE puts in the place of the user's own folders."""
        profile, temp = f"{self._machine.files.drive}\\Users\\Default", f"{self._machine.windows_directory}\\TEMP"
        return {
            "USERPROFILE": profile,
            "APPDATA": f"{profile}\\AppData\\Roaming",
            "LOCALAPPDATA": f"{profile}\\AppData\\Local",
            "TEMP": temp,
            "TMP": temp,
        }

    def _idle(self, wish: float | None) -> float | None:
        if self._limits.shell_idle is None:
            return None  # 1.1 ignores IdleTimeOut until a Receive carries WSMAN_CMDSHELL_OPTION_KEEPALIVE (note 23)
        return max(60.0, wish if wish is not None else self._limits.shell_idle)

    def _check_quotas(self, account: Account) -> None:
        old = self._limits.stack == "1.1"
        if len(self.of(account)) >= self._limits.max_shells:
            text = (
                "The Windows Remote Shell cannot process the request. The server is already executing the maximum"
                " number of concurrent shells a user can remotely open on the same system. Retry later."
                if old
                else "The WS-Management service cannot process the request. The maximum number of concurrent shells for"
                " this user has been exceeded. Close existing shells or raise the quota for this user."
            )
            raise Fault(soap.QUOTA_LIMIT if old else soap.QUOTA_MAX_SHELLS, "w:QuotaLimit", text, role="Receiver")
        users = {shell.account.sid for shell in self._alive()} | {account.sid}
        if len(users) > MAX_USERS:
            raise Fault(
                soap.QUOTA_LIMIT,
                "w:QuotaLimit",
                "The Windows Remote Shell cannot process the request. The server exceeded the maximum number of users"
                " concurrently performing remote operations on the same system. Retry later.",
                role="Receiver",
            )

    def get(self, account: Account, selectors: Mapping[str, str]) -> Shell:
        """Return the shell that the selectors name, and note its use. Raises `Fault` when there is none."""
        wanted = selectors.get("SHELLID", "").strip().upper()
        for shell in self.of(account):
            if shell.id == wanted:
                shell.used = time.monotonic()
                return shell
        raise Fault(
            soap.UNEXPECTED_SELECTORS,
            "w:InvalidSelectors",
            f"The request for the Windows Remote Shell with ShellId {wanted} failed because the shell was not found"
            " on the server. Possible causes are: the specified ShellId is incorrect or the shell no longer exists on"
            " the server. Provide the correct ShellId or create a new shell and retry the operation.",
            detail=f"{soap.DETAIL}/UnexpectedSelectors",
        )

    def delete(self, account: Account, selectors: Mapping[str, str]) -> None:
        """Close a shell and end what runs in it."""
        shell = self.get(account, selectors)
        with self._lock:
            self._shells.pop(shell.id, None)
        shell.close()

    def run(self, shell: Shell, line: str, direct: bool) -> Command:
        """Start a command. Raises `Fault` over a quota."""
        limits = self._limits
        with self._lock:
            outstanding = [held for held in shell.commands.values() if not held.reported]
            if limits.max_commands_per_shell is not None and len(outstanding) >= limits.max_commands_per_shell:
                raise Fault(
                    soap.CONCURRENCY,
                    "w:Concurrency",
                    "The WS-Management service cannot process the request because of a concurrency conflict: the data"
                    " stream of a previously executed command is still active.",
                )
            if direct and not self._is_program(line):
                raise Fault(
                    soap.FILE_NOT_FOUND,
                    "w:InternalError",
                    "The system cannot find the file specified. ",
                    role="Receiver",
                    provider=PLUGIN,
                )
            life = limits.max_shell_run_time
            command = Command(shell, line, direct, None if life is None else shell.created + life)
            running = sum(not held.finished for held in shell.commands.values())
            shell.commands[command.id] = command
            shell.operations += 1
        if running >= limits.max_processes_per_shell:
            command.refuse(
                "The Windows Remote Shell cannot process the request. The maximum number of processes of this"
                " shell has been exceeded.\r\n"
            )
        else:
            command.start()
        return command

    def _is_program(self, line: str) -> bool:
        """Without cmd.exe nothing searches the path: the line has to begin with the full name of a file."""
        text = line.strip()
        name = text[1:].partition('"')[0] if text.startswith('"') else text.partition(" ")[0]
        return "\\" in name and self._machine.files.exists(name)

    def command(self, shell: Shell, command_id: str) -> Command:
        """Return a command of a shell. Raises `Fault`."""
        if not command_id:
            raise Fault(
                soap.INVALID_PARAMETER,
                "w:InvalidParameter",
                "The parameter is incorrect. ",
                detail=f"{soap.DETAIL}/InvalidValue",
                provider=PLUGIN,
            )
        found = shell.commands.get(command_id.strip().upper())
        if found is None:
            raise Fault(
                soap.UNEXPECTED_SELECTORS,
                "w:InvalidSelectors",
                "The Windows Remote Shell received a request to perform an operation on a command identifier that does"
                " not exist. Either the command has completed execution or the client specified an invalid command"
                " identifier. ",
                detail=f"{soap.DETAIL}/UnexpectedSelectors",
            )
        return found

    def send(self, shell: Shell, command_id: str, data: bytes, end: bool, timeout: float) -> None:
        """Give a command input. Raises `Fault`, also when the command is over already."""
        try:
            self.command(shell, command_id).stdin.feed(data, end, timeout)
        except Closed:
            raise Fault(
                soap.PIPE_CLOSING, "w:InternalError", "The pipe is being closed. ", role="Receiver", provider=PLUGIN
            ) from None
        except TimeoutError:
            raise timed_out() from None

    def signal(self, shell: Shell, command_id: str, code: str) -> None:
        """Deliver terminate, ctrl_c or ctrl_break; a command that was terminated is forgotten."""
        command = self.command(shell, command_id)
        word = code.strip().lower().rpartition("/")[2]
        if word not in ("terminate", "ctrl_c", "ctrl_break"):
            raise Fault(
                soap.INVALID_PARAMETER,
                "w:InvalidParameter",
                "The parameter is incorrect. ",
                detail=f"{soap.DETAIL}/InvalidValue",
                provider=PLUGIN,
            )
        command.stop()
        if word == "terminate":
            with self._lock:
                shell.commands.pop(command.id, None)

    def keep_alive(self, shell: Shell) -> None:
        """A Receive carried WSMAN_CMDSHELL_OPTION_KEEPALIVE: on 1.1 the shell may now grow idle (note 119)."""
        if self._limits.keepalive_idle is not None:
            shell.idle = self._limits.keepalive_idle


@dataclass(frozen=True)
class ShellWish:
    """What a Create message asks for."""

    streams: tuple[str, str] = ("stdin", "stdout stderr")
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: str = ""
    idle: float | None = None
    name: str = ""


def timed_out() -> Fault:
    """The fault that tells a client to ask again."""
    return Fault(
        soap.OPERATION_TIMEDOUT,
        "w:TimedOut",
        "The WS-Management service cannot complete the operation within the time specified in OperationTimeout.  ",
        role="Receiver",
    )


def _is_builtin(line: str) -> bool:
    """With code page 65001 the cmd.exe of NT 6.0 starts nothing: batch files and programs return at once, without
    output and without error (WinRb/WinRM #232, ansible/ansible #21915); only its own commands work."""
    text = line.lstrip(" \t@(")
    return builtin_of(text) is not None or text.lower().startswith(("if ", "for ", "rem"))


def _known_codepage(page: str) -> bool:
    try:
        "".encode(f"cp{page}")
    except LookupError:
        return False
    return page.isascii() and page.isdigit()
