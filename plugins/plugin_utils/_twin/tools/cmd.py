# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""cmd.exe started as a program (private to this collection): its switches and the quotes of ``cmd /c "..."``."""

from __future__ import annotations

import re

from ..cmd_flow import prompt
from ..cmd_launch import find_program
from ..cmd_state import Quit
from ..cmd_texts import text as message
from ..process import Process
from ..shell import Interpreter

_SPECIAL = set("&<>()@^|")


def strip_quotes(process_line: str, always: bool, is_program: bool) -> str:
    """The command behind /C or /K as cmd.exe takes it (the rules are those of ``cmd /?``).

    Exactly two quotes around the name of a program without special characters are kept; otherwise a
    leading quote goes together with the last one on the line.
    """
    text = process_line.lstrip(" \t")
    if not text.startswith('"'):
        return text
    inner = text[1 : text.rfind('"')] if text.count('"') > 1 else text[1:]
    keep = (
        not always
        and text.count('"') == 2
        and not set(inner) & _SPECIAL
        and re.search(r"\s", inner) is not None
        and is_program
    )
    if keep:
        return text
    last = text.rfind('"')
    return text[1:last] + text[last + 1 :] if last > 0 else text[1:]


def run(process: Process) -> int:
    """Run cmd.exe on the console of its parent, whose code page it may change."""
    shell = Interpreter(
        process.machine,
        process.account,
        process.codepage,
        process.environment,
        process.directory,
        process.cancelled,
        boot=process.boot,
    )
    try:
        return _run(shell, process)
    finally:
        process.codepage = shell.codepage


def _run(shell: Interpreter, process: Process) -> int:
    """Run ``cmd [/v:on] [/u] [/s] [/d] [/q] [/c|/k command]``; without /C commands come from standard input."""
    shell.command_line = "cmd " + process.tail if process.tail else "cmd"
    text = process.tail
    always = False
    while True:
        match = re.match(r"[ \t]*/(?:([ckr])|([a-z])(?::?(on|off)|:\S*)?)", text, re.IGNORECASE)
        if not match:
            return _interactive(shell, process, "")
        text = text[match.end() :]
        if match[1]:
            break
        letter = match[2].lower()
        always = always or letter == "s"
        if letter == "v":
            shell.delayed = (match[3] or "on").lower() == "on"
        elif letter == "q":
            shell.echo = False
        shell.wide = shell.wide or letter == "u"
    line = _command(shell, text, always)
    if match[1].lower() == "k":
        return _interactive(shell, process, line)
    return shell.run_line(line, process.stdin, process.stdout, process.stderr)


def _command(shell: Interpreter, text: str, always: bool) -> str:
    inner = text.strip(" \t")
    quoted = inner[1 : inner.rfind('"')] if inner.count('"') == 2 else ""
    return strip_quotes(text, always, bool(quoted) and find_program(shell, quoted) is not None)


def _interactive(shell: Interpreter, process: Process, first: str) -> int:
    """Commands from standard input, as when a script is piped into cmd; after the one behind /K, if any."""
    shell.interactive = True
    code = 0
    with shell.connected(process.stdin, process.stdout, process.stderr, None):
        if first:
            try:
                code = shell.line(first)
            except Quit:
                return shell.errorlevel
        else:
            shell.say(message(shell.locale, "version", process.machine.version))
            shell.say(message(shell.locale, "copyright"))
        while True:
            if shell.echo:
                shell.say("\r\n" + prompt(shell), end="")
            data = process.stdin.readline()
            if not data:
                return code
            line = data.decode(process.codepage, "replace").rstrip("\r\n")
            if shell.echo:
                shell.say(line)
            try:
                code = shell.line(line)
            except Quit:
                return shell.errorlevel


TOOLS = {"cmd": run}
