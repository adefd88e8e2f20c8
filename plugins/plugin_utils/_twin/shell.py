# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""cmd.exe of NT 6.0 on the twin (private to this collection): reads, expands and runs command lines and batch files.

A line is percent-expanded when it is read, parsed (`cmd_parse`), and then run; FOR and delayed variables are
replaced at that last moment (`cmd_expand`). Every command has a return code, which ``&&``, ``||`` and the exit
code of ``cmd /c`` see, and most set ERRORLEVEL to it; the few that do not (rd, popd, a failed redirection, an
unknown command) are Windows' own inconsistencies. ``cmd /c`` exits with the last return code whatever ERRORLEVEL is.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from . import cmd_builtins, cmd_expand, cmd_flow, cmd_launch, cmd_parse, cmd_variables, winpath
from .cmd_state import MAX_DEPTH, MAX_LINE, Abort, Budget, Environment, Frame, Jump, Leave, Quit, Saved
from .cmd_streams import FileOutput, NulInput, NulOutput
from .cmd_texts import text as message
from .cmd_texts import win32_error
from .cmd_tree import Block, Chain, For, If, Incomplete, Node, Quiet, Redirect, Simple, SyntaxProblem
from .files import FileError, NotFound
from .network import ACTING
from .process import Account, Killed

if TYPE_CHECKING:
    from .machine import Machine

Cancelled = Callable[[], bool]


def never() -> bool:
    """Nobody cancels."""
    return False


class Interpreter:
    """One cmd.exe. `run_line` is what follows ``cmd /c``; the same object may run several lines one after the other."""

    def __init__(
        self,
        machine: Machine,
        account: Account,
        codepage: str,
        environment: dict[str, str],
        directory: str,
        cancelled: Cancelled = never,
        budget: Budget | None = None,
        boot: int | None = None,
    ) -> None:
        self.machine = machine
        self.account = account
        self.codepage = codepage
        self.environment = Environment(environment)
        self.directory = directory
        self.drive_directories: dict[str, str] = {}
        self.cancelled = cancelled
        self.budget = budget or Budget()
        self.boot = machine.boot if boot is None else boot
        self.stdin: BinaryIO = NulInput()
        self.stdout: BinaryIO = NulOutput()
        self.stderr: BinaryIO = NulOutput()
        self.echo = True
        self.verify = False
        self.interactive = False
        self.delayed = False
        self.wide = False  # cmd /u: built-in commands write UTF-16
        self.errorlevel = 0
        self.variables: dict[str, str] = {}
        self.frames: list[Frame] = []
        self.pushed: list[str] = []
        self.saved: list[Saved] = []
        self.command_line = ""
        self.depth = 0
        self.bare_exit = False

    # -- entrances ----------------------------------------------------------------------------

    def run_line(
        self, line: str, stdin: BinaryIO, stdout: BinaryIO, stderr: BinaryIO, cancelled: Cancelled | None = None
    ) -> int:
        """Run one command line and give the exit code of ``cmd /c``; raises `Killed` when the machine goes down."""
        self.command_line = self.command_line or f"{self.lookup('COMSPEC') or 'cmd.exe'} /c {line}"
        with self.connected(stdin, stdout, stderr, cancelled):
            return self.top(lambda: self.line(line))

    def run_script(
        self,
        path: str,
        arguments: str,
        stdin: BinaryIO,
        stdout: BinaryIO,
        stderr: BinaryIO,
        cancelled: Cancelled | None = None,
    ) -> int:
        """Run a batch file with an argument string; gives its error level."""
        with self.connected(stdin, stdout, stderr, cancelled):
            return self.top(lambda: cmd_launch.run_batch(self, path, path, arguments))

    @contextmanager
    def connected(
        self, stdin: BinaryIO, stdout: BinaryIO, stderr: BinaryIO, cancelled: Cancelled | None
    ) -> Iterator[None]:
        before = self.stdin, self.stdout, self.stderr, self.cancelled
        self.stdin, self.stdout, self.stderr = stdin, stdout, stderr
        self.cancelled = cancelled or self.cancelled
        acting = ACTING.set(self.account)
        try:
            yield
        finally:
            ACTING.reset(acting)
            self.stdin, self.stdout, self.stderr, self.cancelled = before

    def top(self, run: Callable[[], int]) -> int:
        try:
            return run()
        except (Quit, Leave, Jump, Abort):
            return self.errorlevel
        except RecursionError:
            self.complain(message(self.locale, "recursion"))
            return self.fail(1)

    def line(self, line: str) -> int:
        """Read, parse and run one command line."""
        if len(line) > MAX_LINE:
            self.complain(message(self.locale, "too_long"))
            return self.fail(1)
        lines = iter(re.split(r"\r?\n", line)[1:])
        first = re.split(r"\r?\n", line)[0]
        return self.run_text(self.expand_line(first), lambda: next(lines, None))

    def expand_line(self, line: str) -> str:
        return cmd_expand.percent_command_line(line, self.lookup)

    def run_text(self, expanded: str, more: cmd_parse.LineSource, before: int = 0) -> int:
        """Run one already percent-expanded command; syntax errors end every batch file that is running.

        What holds no command leaves the return code as it was `before`.
        """
        if len(expanded) > MAX_LINE:
            self.complain(message(self.locale, "too_long"))
            return self.fail(1)
        try:
            node = cmd_parse.parse(expanded, more)
        except SyntaxProblem as problem:
            self.complain_syntax(problem.token)
            return self.refuse()
        except Incomplete:
            return self.refuse()
        if node is None:
            return before
        cmd_flow.echo_command(self, node)
        return self.execute(node)

    def refuse(self) -> int:
        """What is no command ends every batch file with 255, and a ``cmd /c`` with 1."""
        self.errorlevel = 255 if self.frames else 1
        if self.frames:
            raise Abort
        return self.errorlevel

    # -- speaking -----------------------------------------------------------------------------

    @property
    def locale(self) -> str:
        """The machine's language."""
        return self.machine.locale

    def say(self, text: str = "", end: str = "\r\n") -> None:
        """Text to standard output in the code page, or in UTF-16 under ``cmd /u``."""
        self.stdout.write((text + end).encode("utf-16-le" if self.wide else self.codepage, "replace"))

    def complain(self, text: str = "", end: str = "\r\n") -> None:
        """Text to standard error in the code page."""
        self.stderr.write((text + end).encode(self.codepage, "replace"))

    def complain_error(self, code: int) -> None:
        """The system's sentence for a win32 error, to standard error."""
        self.complain(win32_error(self.locale, code))

    def complain_syntax(self, token: str | None = None) -> None:
        """The syntax message; with a token the one that names it."""
        self.complain(message(self.locale, "unexpected", token) if token else message(self.locale, "syntax"))

    def fail(self, code: int) -> int:
        """Set ERRORLEVEL and return it."""
        self.errorlevel = code
        return code

    # -- variables and paths ------------------------------------------------------------------

    def lookup(self, name: str) -> str | None:
        """A variable's value, computed ones included."""
        return cmd_variables.lookup(self, name)

    def full_path(self, path: str) -> str:
        """The absolute form of a path relative to this shell's directories."""
        return winpath.absolute(winpath.unquote(path), self.directory, self.drive_directories)

    def modify(self, modifiers: str, value: str) -> str:
        """``%~dpnx`` and friends."""
        return cmd_variables.modify(self, modifiers, value)

    def late(self, text: str) -> str:
        """FOR variables and delayed expansion, when the command runs."""
        text = cmd_expand.for_variables(text, self.variables, self.modify)
        return cmd_expand.delayed(text, self.lookup) if self.delayed else text

    # -- running ------------------------------------------------------------------------------

    def check(self) -> None:
        """Stop when the process was terminated or the machine went down."""
        self.budget.spend()
        if self.cancelled() or self.machine.boot != self.boot:
            raise Killed

    def execute(self, node: Node) -> int:
        """Run a parsed command and give its return code."""
        self.check()
        if isinstance(node, Simple):
            return self.guarded(node.redirects, lambda: cmd_launch.dispatch(self, self.late(node.text)))
        if isinstance(node, Quiet):
            return self.execute(node.node)
        if isinstance(node, Block):
            return self.guarded(node.redirects, lambda: self.block(node))
        if isinstance(node, Chain):
            return self.chain(node)
        if isinstance(node, If):
            return self.guarded(node.redirects, lambda: cmd_flow.run_if(self, node))
        if isinstance(node, For):
            return self.guarded(node.redirects, lambda: cmd_flow.run_for(self, node))
        return 0  # a label: nothing is executed

    def block(self, node: Block) -> int:
        code = 0
        for child in node.nodes:
            code = self.execute(child)
        return code

    def chain(self, node: Chain) -> int:
        if node.operator == "|":
            return self.pipe(node)
        self.bare_exit = False
        code = self.execute(node.left)
        if self.bare_exit and node.operator != "&":
            code = 0  # "job.cmd && x" goes on whatever EXIT /B said; "call job.cmd && x" does not
        if node.operator == "&&" and code != 0:
            return code
        if node.operator == "||":
            if code == 0:
                return code
            # "||" is what makes ERRORLEVEL follow the return code for commands that do not set it themselves
            self.errorlevel = code
        return self.execute(node.right)

    def pipe(self, node: Chain) -> int:
        """Both sides run in shells of their own; the twin runs them one after the other.

        A program that cannot be started takes the whole command line down with 255.
        """
        for side in (node.left, node.right):
            if isinstance(side, Simple) and not cmd_launch.can_start(self, self.late(side.text)):
                self.fail(255)
                raise Abort
        buffer = io.BytesIO()
        self.side(node.left, self.stdin, buffer)
        buffer.seek(0)
        self.errorlevel = self.side(node.right, buffer, self.stdout)
        return self.errorlevel

    def side(self, node: Node, stdin: BinaryIO, stdout: BinaryIO) -> int:
        child = self.child()
        child.variables = dict(self.variables)
        child.echo = False
        with child.connected(stdin, stdout, self.stderr, None):
            if isinstance(node, Simple):
                # A simple command is expanded here, put together as text and read again by the other shell.
                return child.top(lambda: child.reread(self.late(node.text), node.redirects))
            return child.top(lambda: child.execute(node))

    def reread(self, text: str, redirects: tuple[Redirect, ...]) -> int:
        """Run text that another shell has expanded once already."""
        return self.guarded(redirects, lambda: self.run_text(self.expand_line(text), lambda: None))

    def child(self) -> Interpreter:
        """A new cmd.exe with copies of environment and directory, as a pipe or FOR /F starts."""
        if self.depth >= MAX_DEPTH:
            self.complain(message(self.locale, "recursion"))
            raise Abort
        child = Interpreter(
            self.machine,
            self.account,
            self.codepage,
            self.environment,
            self.directory,
            self.cancelled,
            self.budget,
            self.boot,
        )
        child.drive_directories = dict(self.drive_directories)
        child.depth = self.depth + 1
        return child

    # -- redirection --------------------------------------------------------------------------

    def guarded(self, redirects: tuple[Redirect, ...], run: Callable[[], int]) -> int:
        """Run with redirections in place; what cannot be opened or written ends in the system's message."""
        if not redirects:
            return self.reported(run)
        before = self.stdin, self.stdout, self.stderr
        opened: list[FileOutput] = []
        try:
            try:
                for redirect in redirects:
                    self.apply(redirect, opened)
            except FileError as problem:
                self.stdin, self.stdout, self.stderr = before
                self.complain_error(problem.code)
                return 1  # ERRORLEVEL stays as it was
            code = self.reported(run)
        finally:
            self.stdin, self.stdout, self.stderr = before
            failed = self.flush(opened)
        return self.fail(1) if failed else code

    def flush(self, opened: list[FileOutput]) -> bool:
        failed = False
        for stream in opened:
            try:
                stream.flush()
            except FileError as problem:
                self.complain_error(problem.code)
                failed = True
        return failed

    def reported(self, run: Callable[[], int]) -> int:
        try:
            return run()
        except FileError as problem:
            self.complain_error(problem.code)
            return self.fail(1)

    def apply(self, redirect: Redirect, opened: list[FileOutput]) -> None:
        if redirect.mode in ("<&", ">&"):
            self.duplicate(redirect)
            return
        target = winpath.unquote(self.late(redirect.target)).rstrip(":")
        device = target.lower() in winpath.DEVICES
        if redirect.mode == "<":
            self.stdin = NulInput() if device else io.BytesIO(self.machine.files.read(self.full_path(target)))
            return
        stream: BinaryIO
        if device:
            stream = self.stdout if target.lower() == "con" else NulOutput()
        else:
            path = self.full_path(target)
            if self.machine.files.is_dir(path) or not target:
                raise NotFound(path, 5 if target else 3)
            stream = FileOutput(self.machine, path, append=redirect.mode == ">>")
            opened.append(stream)
        if redirect.handle == 1:
            self.stdout = stream
        elif redirect.handle == 2:
            self.stderr = stream

    def duplicate(self, redirect: Redirect) -> None:
        streams = {"1": self.stdout, "2": self.stderr}
        source = streams.get(redirect.target)
        if source is None:
            return
        if redirect.handle == 1:
            self.stdout = source
        elif redirect.handle == 2:
            self.stderr = source

    # -- SETLOCAL -----------------------------------------------------------------------------

    def save(self) -> Saved:
        """What SETLOCAL keeps."""
        return Saved(Environment(self.environment), self.directory, dict(self.drive_directories), self.delayed)

    def restore(self, saved: Saved) -> None:
        """What ENDLOCAL brings back."""
        self.environment = saved.environment
        self.directory = saved.directory
        self.drive_directories = saved.drive_directories
        self.delayed = saved.delayed


def start_shell(
    machine: Machine,
    account: Account,
    codepage: str = "cp437",
    environment: dict[str, str] | None = None,
    directory: str = "C:\\Windows\\System32",
) -> Interpreter:
    """A cmd.exe for a WinRS command, a task action or Win32_Process.Create.

    `codepage` is a Python codec (``cp437``) or a Windows number (``437``); without `environment` the account's
    default one is made up.
    """
    codec = "cp" + codepage if codepage.isdecimal() else codepage
    codec = "utf-8" if codec in ("cp65001", "65001") else codec
    values = cmd_variables.session_environment(
        machine.environment(account) if environment is None else environment, machine
    )
    return Interpreter(machine, account, codec, values, directory)


BUILTINS = cmd_builtins.BUILTINS
