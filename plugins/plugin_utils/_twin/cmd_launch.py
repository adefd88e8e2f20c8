# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a command's text to something that runs (private to this collection): built-ins, batch files, programs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from . import cmd_builtins, cmd_expand, cmd_folders, cmd_parse, winpath
from .cmd_state import Abort, Environment, Frame, Jump, Leave
from .cmd_texts import text as message
from .process import Process
from .standalone import find_standalone
from .tools import find_tool

if TYPE_CHECKING:
    from .shell import Interpreter

MAX_BATCH_DEPTH = 30
NOT_RECOGNIZED = 9009
# Programs that live below System32 in a folder of their own, which the default Path names.
_WBEM = ("wmic", "mofcomp", "winmgmt")
_COM = ("chcp", "format", "mode", "more", "tree")
_SYSTEM = "C:\\Windows\\System32"


def dispatch(shell: Interpreter, text: str) -> int:
    """Run one command given as text, late expansions done."""
    text = text.lstrip(cmd_parse.DELIMITERS)
    if not text:
        return 0
    found = builtin_of(text)
    if found:
        name, arguments = found
        return cmd_builtins.BUILTINS[name](shell, arguments)
    program, arguments = split_program(text)
    if re.fullmatch(r"[A-Za-z]:", program):
        return cmd_folders.change_drive(shell, program)
    return run_program(shell, program, arguments)


def builtin_of(text: str) -> tuple[str, str] | None:
    """Name and argument string when the text begins with a built-in command."""
    match = re.match(r"[A-Za-z]+", text)
    if not match or match[0].lower() not in cmd_builtins.BUILTINS:
        return None
    name, rest = match[0].lower(), text[match.end() :]
    if not rest or rest[0] in ' \t,;=/\\"[]+:(' or (rest[0] == "." and _dot_follows(name, rest)):
        return name, rest
    return None


def _dot_follows(name: str, rest: str) -> bool:
    about_folders = name in ("cd", "chdir", "dir", "md", "mkdir", "rd", "rmdir")
    return name == "echo" or (about_folders and rest[1:2] in ("", ".", "\\"))


def split_program(text: str) -> tuple[str, str]:
    """The program's name as typed and everything behind it."""
    quoted = False
    for index, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif not quoted and (character in cmd_parse.DELIMITERS or (character == "/" and index)):
            return text[:index], text[index:]
    return text, ""


def run_program(shell: Interpreter, program: str, arguments: str) -> int:
    """Run what PATH and PATHEXT find under a name; else the two-line message.

    ERRORLEVEL becomes 9009 and ``cmd /c nosuch`` ends with it. The second is a doubt for NT 6.0: later Windows ends
    ``cmd /c`` with 1 there (ansible/ansible #16425 shows it on Windows 7), and nothing of NT 6.0 was found.
    """
    path = find_program(shell, winpath.unquote(program))
    if path is None and "(" in program and not program.startswith('"'):
        program, _separator, rest = program.partition("(")
        arguments = "(" + rest + arguments
        path = find_program(shell, program)
    if path is None:
        return unknown(shell, winpath.unquote(program))
    if winpath.extension(path).lower() in (".bat", ".cmd"):
        return chain_batch(shell, path, program, arguments)
    return run_executable(shell, path, program, arguments)


def unknown(shell: Interpreter, name: str) -> int:
    """Say that a name means nothing; a name with a folder that is not there gets the path message and 3."""
    folder = re.match(r"(.*)[\\/]", name)
    if folder and not shell.machine.files.is_dir(shell.full_path(folder[1] + "\\")):
        shell.complain_error(3)
        shell.errorlevel = 3
        return 1
    shell.complain(message(shell.locale, "not_recognized", name))
    shell.errorlevel = NOT_RECOGNIZED
    return NOT_RECOGNIZED


def can_start(shell: Interpreter, text: str) -> bool:
    """Whether one side of a pipe is something that runs; complains when it is not."""
    text = text.lstrip(cmd_parse.DELIMITERS)
    if not text or builtin_of(text):
        return True
    name = winpath.unquote(split_program(text)[0])
    if re.fullmatch(r"[A-Za-z]:", name) or find_program(shell, name) or find_program(shell, name.partition("(")[0]):
        return True
    unknown(shell, name)
    return False


def find_program(shell: Interpreter, name: str) -> str | None:
    """Full path of what a command name means, None when nothing does."""
    if not name or winpath.has_wildcard(name):
        return None
    if re.search(r"[\\/:]", name):
        return _with_extension(shell, shell.full_path(name))
    folders = re.findall(r'(?:"[^"]*"?|[^;"])+', shell.lookup("PATH") or "")
    for folder in [shell.directory, *folders]:
        if folder.strip(' "'):
            found = _with_extension(shell, winpath.join(shell.full_path(folder.strip(" ")), name))
            if found:
                return found
    return None


def _with_extension(shell: Interpreter, path: str) -> str | None:
    name = winpath.split(path)[1]
    extensions = [part for part in (shell.lookup("PATHEXT") or ".COM;.EXE;.BAT;.CMD").split(";") if part]
    candidates = [path] if winpath.extension(name) else []
    candidates += [path + part.lower() for part in extensions]
    for candidate in candidates:
        if is_file(shell, candidate) or is_system_tool(candidate):
            return candidate
    return None


def is_file(shell: Interpreter, path: str) -> bool:
    """Whether a file, not a folder, is there."""
    return shell.machine.files.exists(path) and not shell.machine.files.is_dir(path)


def is_system_tool(path: str) -> bool:
    """Whether the path is where Windows keeps a program the twin knows, listed on its disk or not."""
    folder, name = winpath.split(path)
    base = winpath.stem(name).lower()
    if winpath.extension(name).lower() != (".com" if base in _COM else ".exe"):
        return False
    home = _SYSTEM + "\\Wbem" if base in _WBEM else _SYSTEM
    return folder.lower() == home.lower() and find_tool(base) is not None


def run_executable(shell: Interpreter, path: str, program: str, arguments: str) -> int:
    """Run a program file; the tool of the same name does the work."""
    tool = find_tool(winpath.split(path)[1]) or find_standalone(shell.machine, path)
    if tool is None or winpath.extension(path).lower() not in (".exe", ".com"):
        shell.complain(message(shell.locale, "cannot_execute"))
        return shell.fail(1)
    process = make_process(shell, path, program, arguments)
    shell.errorlevel = tool(process)
    shell.codepage = process.codepage
    return shell.errorlevel


def make_process(shell: Interpreter, path: str, program: str, arguments: str) -> Process:
    """The process a program is handed."""
    tail = arguments.lstrip(" \t")
    return Process(
        machine=shell.machine,
        name=winpath.stem(winpath.split(path)[1]).lower(),
        arguments=split_arguments(tail),
        tail=tail,
        account=shell.account,
        environment=Environment(shell.environment),
        directory=shell.directory,
        stdin=shell.stdin,
        stdout=shell.stdout,
        stderr=shell.stderr,
        codepage=shell.codepage,
        cancelled=shell.cancelled,
        boot=shell.boot,
    )


def split_arguments(tail: str) -> list[str]:
    """Split like the C runtime: quotes group, ``\\"`` is a quotation mark, backslashes count only before one."""
    arguments: list[str] = []
    current: list[str] = []
    quoted = started = False
    position = 0
    while position < len(tail):
        character = tail[position]
        if character == "\\":
            end = position
            while end < len(tail) and tail[end] == "\\":
                end += 1
            count = end - position
            if end < len(tail) and tail[end] == '"':
                current.append("\\" * (count // 2))
                if count % 2:
                    current.append('"')
                    end += 1
            else:
                current.append("\\" * count)
            started = True
            position = end
        elif character == '"':
            if quoted and tail[position + 1 : position + 2] == '"':
                current.append('"')
                position += 1
            else:
                quoted = not quoted
            started = True
            position += 1
        elif character in " \t" and not quoted:
            if started:
                arguments.append("".join(current))
            current, started = [], False
            position += 1
        else:
            current.append(character)
            started = True
            position += 1
    if started:
        arguments.append("".join(current))
    return arguments


def start_program(shell: Interpreter, text: str, wait: bool, folder: str) -> int:
    """START: run in its own time, or with /WAIT to the end, after which ERRORLEVEL is the program's exit code.

    The return code, which ``&&``, ``||`` and ``cmd /c`` see, is that of START itself: nought when the program began,
    whatever it said in the end. Nobody documents it; Wine's conformance tests of cmd.exe, whose expectations are
    checked on Windows (programs/cmd/tests/test_builtins.cmd, "success/failure for START command"), find SUCCESS with
    ERRORLEVEL 1024 after ``start /B /WAIT`` of a program that ends in 1024. A script that wants the code asks
    ERRORLEVEL on the next line, as our job does.
    """
    program, _arguments = split_program(text)
    name = winpath.unquote(program)
    if not builtin_of(text) and find_program(shell, name) is None:
        shell.complain(message(shell.locale, "cannot_start", name))
        return shell.fail(1)
    child = shell.child()
    if folder:
        child.directory = child.full_path(folder)
    if wait or shell.machine.clock.virtual:
        with child.connected(shell.stdin, shell.stdout, shell.stderr, None):
            code = child.top(lambda: child.line(text))
        if wait:
            shell.errorlevel = code
        return 0
    program_ = shell.machine.prepare([text], shell.account, child.directory, dict(shell.environment))
    program_.start()
    return 0


# -- batch files ------------------------------------------------------------------------------


def chain_batch(shell: Interpreter, path: str, typed: str, arguments: str) -> int:
    """A batch file named without CALL: from inside another one there is no way back."""
    code = run_batch(shell, path, typed, arguments)
    if shell.frames:
        raise Leave(code)
    return code


def split_batch_arguments(text: str) -> list[str]:
    """%1, %2 ...: blanks, commas, semicolons and equal signs divide, quotes group and stay."""
    return re.findall(r'(?:"[^"]*"?|[^\s,;="])+', text)


def run_batch(shell: Interpreter, path: str, typed: str, arguments: str) -> int:
    """Run a batch file to its end; gives its last return code."""
    if shell.codepage == "utf-8":
        return 0  # with code page 65001 cmd.exe of NT 6.0 reads no batch file (facts/transport.md 3.2)
    content = shell.machine.files.read(path).decode(shell.codepage, "replace").split("\x1a")[0]
    lines = re.split(r"\r\n|\n", content)
    rest = arguments.lstrip(" \t")
    frame = Frame(path, [typed, *split_batch_arguments(rest)], rest, lines)
    return run_frame(shell, frame)


def run_frame(shell: Interpreter, frame: Frame) -> int:
    """Run the lines of a frame until its end, EXIT /B or GOTO :EOF; gives the last command's return code.

    GOTO :EOF returns 0 and leaves ERRORLEVEL as it is, which CALL looks at and ``cmd /c`` does not.
    """
    if len(shell.frames) >= MAX_BATCH_DEPTH:
        shell.complain(message(shell.locale, "recursion"))
        shell.fail(1)
        raise Abort
    variables, shell.variables = shell.variables, {}
    shell.frames.append(frame)
    code = 0
    try:
        while True:
            line = frame.next_line()
            if line is None:
                return code
            shell.check()
            try:
                code = run_batch_line(shell, frame, line, code)
            except Jump:
                code = 0
            except Leave as leave:
                shell.bare_exit = True
                return leave.code
    finally:
        shell.frames.pop()
        shell.variables = variables
        for saved in frame.saved[:1]:
            shell.restore(saved)


def run_batch_line(shell: Interpreter, frame: Frame, line: str, before: int = 0) -> int:
    """Expand and run one line of a batch file, taking more lines while the command is not complete.

    Empty lines and labels leave the return code as it was `before`, so a file may end in a line break.
    """
    if line.lstrip(cmd_parse.DELIMITERS).startswith(":"):
        return before

    def more() -> str | None:
        following = frame.next_line()
        return None if following is None else expand_batch_line(shell, frame, following)

    return shell.run_text(expand_batch_line(shell, frame, line), more, before)


def expand_batch_line(shell: Interpreter, frame: Frame, line: str) -> str:
    """Percent expansion at the moment the line is read."""
    return cmd_expand.percent_batch(line, shell.lookup, frame.arguments, frame.rest, shell.modify, frame.path)
