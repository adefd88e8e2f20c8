# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""cmd.exe lines in the one shell that a session may hold (private to this collection).

A stock 2008 host grants a user two shells, one command at a time in each, and fifteen operations of which none is ever
given back (MS-WSMV <34><116><118>). So there is one shell, it is renewed before the count runs out, and it is deleted
whatever happens: two leaked ones lock the user out until the WinRM service restarts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from . import soap
from .session import Clock, ProtocolFault, TargetError, TimedOut
from .settings import Settings
from .wsman import BACKOFF, MAX_PAGES, PAGE, QUOTA_OPERATIONS, Link, Notice, OperationTimedOut, Protocol, Risk

# cmd.exe takes 8191 characters, and the service puts its own `cmd /c` before the line.
MAX_LINE = 8000
# An envelope is 150 kB and stdin travels in it as base64.
STDIN_CHUNK = 96 * 1024
MAX_OUTPUT = 64 * 1024 * 1024
# A shell that carries one of these cannot start another command; the command that met it did not start.
SHELL_GONE = 2150858843
SHELL_BROKEN = 2147943418
RECYCLE = (QUOTA_OPERATIONS, SHELL_GONE, SHELL_BROKEN)
QUOTA_SHELLS = 2150859173
# What MaxShellsPerUser is on a stock host (MS-WSMV <34>).
STOCK_SHELLS = 2
# A shell of ours that was used less than this long ago belongs to another run, not to a dead one.
STALE_SECONDS = 60.0
# How often to wait for a shell (18 seconds in all) before one is taken that may be in use.
PATIENT_ATTEMPTS = 4


@dataclass
class Shell:
    """The one shell of a session; a `spent` one is replaced before the next command."""

    identifier: str
    commands: int = 0
    spent: bool = False


class Shells:
    """Runs lines, keeps the shell they run in, and clears up behind itself and behind runs that were killed.

    `codepage` and `computer_name` are asked when they are needed, not before.
    """

    def __init__(
        self,
        link: Link,
        settings: Settings,
        notice: Notice,
        clock: Clock,
        codepage: Callable[[], int],
        computer_name: Callable[[], str],
    ) -> None:
        self._link = link
        self._settings = settings
        self._notice = notice
        self._clock = clock
        self._codepage = codepage
        self._computer_name = computer_name
        self._shell: Shell | None = None
        self._at_work = False

    def run(
        self, command_line: str, stdin: Iterator[bytes] | None = None, timeout: float | None = None
    ) -> tuple[int, bytes, bytes]:
        """Run one cmd.exe line fed from `stdin` piece by piece; output comes back as the bytes that were written."""
        _check_line(command_line)
        limit = self._settings.times.command if timeout is None else timeout
        deadline = self._clock.now() + limit
        self._at_work = True
        try:
            return self._run(command_line, stdin, deadline, limit)
        finally:
            self._at_work = False

    def _run(
        self, command_line: str, stdin: Iterator[bytes] | None, deadline: float, limit: float
    ) -> tuple[int, bytes, bytes]:
        shell, command = self._start(command_line, stdin is not None)
        doing = f"the command {_shown(command_line)}"
        try:
            unheard = None if stdin is None else self._feed(doing, shell, command, stdin)
            result = self._collect(doing, shell, command, deadline, limit)
            if unheard and result[0] == 0:
                raise unheard
        except BaseException:
            # Whatever it was, the command may still be running: its shell, and it with that, goes before the next one.
            shell.spent = True
            raise
        self._finish(shell, command)
        return result

    def forget(self) -> None:
        """Know of no shell any more."""
        self._shell = None

    def close(self) -> None:
        """Delete the shell, if there is one, in little time; trouble is a notice."""
        if self._shell is not None:
            self._link.hurry()
            self._delete_shell()

    def give_back(self) -> bool:
        """Delete the shell between two commands, and with it the operations that it counts; false without one.

        A killed run's shell may hold twelve of the fifteen, and then three commands of ours leave no room for a query.
        """
        if self._shell is None or self._at_work:
            return False
        self._delete_shell()
        return True

    # --- the shell ---

    def _start(self, line: str, with_stdin: bool) -> tuple[Shell, str]:
        for last_chance in (False, True):
            shell = self._ready_shell()
            shell.commands += 1
            try:
                return shell, self._link.ask(
                    f"starting the command {_shown(line)}",
                    Risk.ACTS,
                    lambda p, shell=shell: p.run_command(  # type: ignore[misc]
                        shell.identifier, line, console_mode_stdin=not with_stdin
                    ),
                    backoff=(),  # waiting gives no operation back, a new shell does
                )
            except ProtocolFault as fault:
                shell.spent = True
                if last_chance or (fault.code not in RECYCLE and fault.subcode != "Concurrency"):
                    raise
            except BaseException:
                shell.spent = True
                raise
        raise AssertionError("the loop above returns or raises")

    def _feed(self, doing: str, shell: Shell, command: str, stdin: Iterator[bytes]) -> ProtocolFault | None:
        """Send stdin, one piece behind, so that the last one can say that it is the last.

        Returns the fault when the target takes no more: a command that ended early explains itself best by its output.
        """

        def send(piece: bytes, end: bool) -> None:
            self._link.ask(
                f"{doing}: sending its input",
                Risk.ACTS,
                lambda p: p.send_command_input(shell.identifier, command, piece, end=end),
            )

        held = b""
        try:
            for block in stdin:
                for start in range(0, len(block), STDIN_CHUNK):
                    if held:
                        send(held, False)
                    held = block[start : start + STDIN_CHUNK]
            send(held, True)
        except ProtocolFault as fault:
            return fault
        return None

    def _collect(
        self, doing: str, shell: Shell, command: str, deadline: float, limit: float
    ) -> tuple[int, bytes, bytes]:
        stdout, stderr = bytearray(), bytearray()
        while True:
            left = deadline - self._clock.now()
            if left <= 0:
                self._terminate(shell, command)
                raise TimedOut(
                    f"{doing} did not end within {limit:g} seconds and was told to stop; what it began may be half done"
                )

            def receive(protocol: Protocol, left: float = left) -> tuple[bytes, bytes, int, bool]:
                # Set on each message, as the Protocol may be a new one.
                protocol.operation_timeout_sec = max(1, min(self._settings.times.operation, int(left) + 1))
                try:
                    return protocol.get_command_output_raw(shell.identifier, command)
                finally:
                    protocol.operation_timeout_sec = self._settings.times.operation

            try:
                out, err, rc, done = self._link.ask(f"{doing}: reading its output", Risk.ACTS, receive)
            except OperationTimedOut:
                continue  # nothing to read yet
            stdout += out
            stderr += err
            if len(stdout) + len(stderr) > MAX_OUTPUT:
                raise TargetError(
                    f"{doing} wrote more than {MAX_OUTPUT // 1024 // 1024} MB and was stopped; let it write to a file"
                )
            if done:
                return _signed(rc), bytes(stdout), bytes(stderr)

    def _finish(self, shell: Shell, command: str) -> None:
        """Tell the target to forget a command; stock WinRM starts no other one in the shell before that."""
        try:
            self._link.ask("ending a command", Risk.NONE, lambda p: p.cleanup_command(shell.identifier, command))
        except TargetError:
            shell.spent = True

    def _terminate(self, shell: Shell, command: str) -> None:
        shell.spent = True
        try:
            self._link.ask("stopping a command", Risk.NONE, lambda p: p.cleanup_command(shell.identifier, command))
        except TargetError as error:
            self._notice(str(error))

    def _ready_shell(self) -> Shell:
        if self._shell and (self._shell.spent or self._shell.commands >= self._settings.commands_per_shell):
            self._delete_shell()
        if self._shell is None:
            self._shell = Shell(self._create_shell())
        return self._shell

    def _create_shell(self) -> str:
        codepage = self._codepage()
        for attempt, wait in enumerate((*BACKOFF, None)):
            try:
                return self._link.ask(
                    "opening a shell", Risk.ACTS, lambda p: p.open_shell(codepage=codepage), backoff=()
                )
            except ProtocolFault as fault:
                taken = fault.subcode in ("QuotaLimit", "InternalError") or fault.code in (
                    QUOTA_SHELLS,
                    QUOTA_OPERATIONS,
                )
                if wait is None or not taken:
                    raise
                # Where the target does not tell who is idle, give a parallel run the time to end by itself.
                if self._delete_stale_shells(guess=attempt >= PATIENT_ATTEMPTS) == 0:
                    self._notice(
                        f"{self._settings.host} has no shell free for this user, and none of them is a left-over; "
                        f"trying again in {wait:.0f} s"
                    )
                    self._clock.sleep(wait)
        raise AssertionError("the loop above returns or raises")

    def _delete_shell(self) -> None:
        shell, self._shell = self._shell, None
        if shell is None:
            return
        try:
            self._link.ask(
                "deleting its shell",
                Risk.NONE,
                lambda p: p.close_shell(shell.identifier, close_session=False),
                backoff=(),
            )
        except ProtocolFault as fault:
            if fault.code not in (SHELL_GONE, SHELL_BROKEN):
                self._notice(f"a shell may be left on {self._settings.host}: {fault}")
        except TargetError as error:
            self._notice(f"a shell may be left on {self._settings.host}: {error}")

    # --- shells that a killed run left behind ---

    def stale_shells(self, guess: bool) -> list[soap.RemoteShell]:
        """Return the shells of this user that nobody uses.

        WinRM 1.1 tells neither owner nor idle time. There, and only with `guess`, one shell is returned: the quota is
        the user's own, so where no more shells exist than it grants, they all are this user's.
        """
        mine = self._shell.identifier.upper() if self._shell else ""
        others = [shell for shell in self.listed() if shell.identifier.upper() != mine]
        if not any(shell.owner for shell in others):
            return others[:1] if guess and len(others) <= STOCK_SHELLS else []
        return [
            shell
            for shell in others
            if (guess if shell.idle is None else shell.idle >= STALE_SECONDS) and self._is_mine(shell.owner)
        ]

    def _delete_stale_shells(self, guess: bool) -> int:
        """Delete them and return how many there were; a target that cannot list its shells has none to offer."""
        deleted = 0
        try:
            for shell in self.stale_shells(guess):
                self._link.ask(
                    "deleting a shell that an earlier run left",
                    Risk.NONE,
                    lambda p, shell=shell: p.close_shell(shell.identifier, close_session=False),  # type: ignore[misc]
                    backoff=(),
                )
                deleted += 1
                self._notice(f"deleted a shell that an earlier run left on {self._settings.host}")
        except TargetError as error:
            self._notice(f"looking for left-over shells: {error}")
        return deleted

    def listed(self) -> list[soap.RemoteShell]:
        """Return the shells that the target lists, our own among them.

        WinRM 1.1 lists them under shell/cmd, later ones only under shell (MS-WSMV <103><114>).
        """
        try:
            return self._shells_under(soap.SHELL)
        except ProtocolFault:
            return self._shells_under(soap.SHELL_CMD_URI)

    def _shells_under(self, uri: str) -> list[soap.RemoteShell]:
        doing = "listing the shells of the target"
        content = soap.enumerate_body(PAGE)
        found, context = soap.shells(self._link.message(doing, Risk.NONE, soap.action_uri("Enumerate"), uri, content))
        for _number in range(MAX_PAGES):
            if not context:
                return found
            answer = self._link.message(doing, Risk.STEP, soap.action_uri("Pull"), uri, soap.pull_body(context, PAGE))
            more, context = soap.shells(answer)
            found += more
        return found

    def _is_mine(self, owner: str) -> bool:
        """Whether `owner` (``DOMAIN\\user``, or ``user`` for an account of the machine) is this session's account."""
        domain, _slash, name = owner.rpartition("\\")
        my_domain, my_name = _account(self._settings.login.user or "")
        if not my_name or name.casefold() != my_name.casefold():
            return False
        if domain.casefold() == my_domain.casefold():
            return True
        local = self._computer_name().casefold()
        return (domain.casefold() or local) == (my_domain.casefold() or local)


def _account(user: str) -> tuple[str, str]:
    """Return domain and name of a user in any spelling; the domain is empty for an account of the machine."""
    if "@" in user:
        name, _at, realm = user.partition("@")
        return realm.partition(".")[0], name
    domain, _slash, name = user.rpartition("\\")
    return "" if domain == "." else domain, name


def _check_line(line: str) -> None:
    soap.text_of(line)
    if not line.strip():
        raise TargetError("there is no command to run: the line is empty")
    if "\n" in line or "\r" in line:
        raise TargetError(
            f"{_shown(line)} has a line break, after which cmd.exe would silently ignore the rest; join with &"
        )
    if len(line) > MAX_LINE:
        raise TargetError(
            f"the command {_shown(line)} has {len(line)} characters, cmd.exe takes {MAX_LINE}; put it into a batch file"
        )


def _shown(line: str) -> str:
    one_line = " ".join(line.split())
    return repr(one_line if len(one_line) <= 80 else one_line[:77] + "...")


def _signed(rc: int) -> int:
    """Return an exit code as cmd.exe's errorlevel shows it: signed 32 bits, whichever way the wire wrote it."""
    rc &= 0xFFFFFFFF
    return rc - 0x100000000 if rc >= 0x80000000 else rc
