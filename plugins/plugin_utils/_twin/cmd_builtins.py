# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commands built into cmd.exe (private to this collection): those about control, variables and the console.

Each takes the shell and its argument string as typed and gives a return code; the ones about files are in
`cmd_files` and `cmd_dir`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from . import cmd_dir, cmd_files, cmd_folders, cmd_launch, cmd_parse, cmd_set, cmd_variables, winpath
from .cmd_state import Environment, Frame, Jump, Leave, Quit
from .cmd_texts import text as message

if TYPE_CHECKING:
    from .shell import Interpreter

Builtin = Callable[["Interpreter", str], int]


# -- console ----------------------------------------------------------------------------------


def echo(shell: Interpreter, arguments: str) -> int:
    """ECHO: one separator character goes, everything else is printed; a lone on/off switches."""
    word = arguments.strip(" \t").lower()
    if arguments[:1] in ("", " ", "\t", ",", ";", "="):
        if word in ("on", "off"):
            shell.echo = word == "on"
            return 0
        if not arguments.strip(cmd_parse.DELIMITERS):
            shell.say(message(shell.locale, "echo_on" if shell.echo else "echo_off"))
            return 0
    shell.say(arguments[1:])
    return 0


def rem(shell: Interpreter, arguments: str) -> int:
    """REM: nothing."""
    return 0


def cls(shell: Interpreter, arguments: str) -> int:
    """CLS: a form feed when the output is no console."""
    if arguments.strip().startswith("/"):
        shell.complain_syntax()
        return shell.fail(1)
    shell.say("\x0c", end="")
    return 0


def title(shell: Interpreter, arguments: str) -> int:
    """TITLE: there is no window."""
    return 0


def pause(shell: Interpreter, arguments: str) -> int:
    """PAUSE: prints its text and takes one character of input."""
    shell.say(message(shell.locale, "press_key"))
    return 0 if shell.stdin.read(1) else shell.fail(1)


def ver(shell: Interpreter, arguments: str) -> int:
    """VER."""
    if arguments.strip().startswith("/"):
        shell.complain_syntax()
        return shell.fail(1)
    shell.say()
    shell.say(message(shell.locale, "version", cmd_variables.os_version(shell.machine)))
    return shell.fail(0)


def date(shell: Interpreter, arguments: str) -> int:
    """DATE /T prints; an empty answer keeps the date, and no other is taken: the twin's clock is not set."""
    if arguments.strip().lower() not in ("", "/t"):
        shell.complain_error(87)
        return shell.fail(1)
    moment = cmd_variables.local_now(shell.machine)
    text = cmd_variables.date_text(shell.locale, moment)
    if arguments.strip().lower() == "/t":
        shell.say(text + " ")
    else:
        shell.say(message(shell.locale, "current_date", text))
    return shell.fail(0)


def time(shell: Interpreter, arguments: str) -> int:
    """TIME /T prints hours and minutes; the clock cannot be set."""
    if arguments.strip().lower() not in ("", "/t"):
        shell.complain_error(87)
        return shell.fail(1)
    moment = cmd_variables.local_now(shell.machine)
    if arguments.strip().lower() == "/t":
        shell.say(moment.strftime("%I:%M %p" if shell.locale == "en-US" else "%H:%M"))
    else:
        shell.say(message(shell.locale, "current_time", cmd_variables.time_text(shell.locale, moment)))
    return shell.fail(0)


def verify(shell: Interpreter, arguments: str) -> int:
    """VERIFY on/off."""
    word = arguments.strip().lower()
    if word in ("on", "off"):
        shell.verify = word == "on"
    elif word:
        shell.complain_syntax()
        return shell.fail(1)
    else:
        shell.say(message(shell.locale, "verify_on" if shell.verify else "verify_off"))
    return shell.fail(0)


def vol(shell: Interpreter, arguments: str) -> int:
    """VOL."""
    drive = arguments.strip().upper() or shell.directory[:2]
    if not re.fullmatch("[A-Z]:", drive):
        shell.complain_syntax()
        return shell.fail(1)
    if drive != shell.machine.files.drive.upper():
        shell.complain_error(3)
        return shell.fail(1)
    cmd_dir.volume(shell, drive)
    return shell.fail(0)


# -- variables --------------------------------------------------------------------------------


def set_(shell: Interpreter, arguments: str) -> int:
    """SET, SET /A, SET /P."""
    text = arguments.lstrip(cmd_parse.DELIMITERS)
    if text[:2].lower() == "/a":
        return _set_arithmetic(shell, text[2:])
    if text[:2].lower() == "/p":
        return _set_prompt(shell, text[2:])
    text = _unwrap(text)
    name, sign, value = text.partition("=")
    if not sign:
        return _list(shell, text)
    if not name:
        shell.complain_syntax()
        return shell.fail(1)
    shell.environment.put(name, value)
    return _quiet_success(shell)


def _unwrap(text: str) -> str:
    """``"NAME=value" rest``: from the first quote to the last one."""
    if not text.startswith('"'):
        return text
    last = text.rfind('"')
    return text[1:last] if last > 0 else text[1:]


def _quiet_success(shell: Interpreter) -> int:
    """In a .cmd file SET, PATH, PROMPT and a few others clear ERRORLEVEL; in a .bat file they leave it."""
    if shell.frames and shell.frames[-1].path.lower().endswith(".cmd"):
        shell.errorlevel = 0
    return 0


def _list(shell: Interpreter, prefix: str) -> int:
    wanted, prefix = prefix, prefix.upper()  # a blank behind the name counts
    found = [(name, value) for name, value in shell.environment.named() if name.upper().startswith(prefix)]
    for name, value in found:
        shell.say(f"{name}={value}")
    if prefix and not found:
        shell.complain(message(shell.locale, "not_defined", wanted))
        return shell.fail(1)
    return _quiet_success(shell)


def _set_arithmetic(shell: Interpreter, text: str) -> int:
    try:
        value = cmd_set.evaluate(text.replace('"', ""), shell.lookup, shell.environment.put)
    except cmd_set.ArithmeticProblem as problem:
        shell.complain(message(shell.locale, problem.message))
        return shell.fail(problem.code)
    if not shell.frames:
        shell.say(str(value), end="")
    return _quiet_success(shell)


def _set_prompt(shell: Interpreter, text: str) -> int:
    name, sign, prompt = _unwrap(text.lstrip(cmd_parse.DELIMITERS)).partition("=")
    if not sign or not name:
        shell.complain_syntax()
        return shell.fail(1)
    prompt = prompt.lstrip(" \t")
    if len(prompt) > 1 and prompt[0] == '"':
        prompt = prompt[1:].rpartition('"')[0] if '"' in prompt[1:] else prompt[1:]
    shell.say(prompt, end="")
    line = shell.stdin.readline(1024)
    answer = line.decode(shell.codepage, "replace").rstrip("\r\n")
    if not answer:
        return shell.fail(1)
    shell.environment.put(name, answer)
    return _quiet_success(shell)


def path(shell: Interpreter, arguments: str) -> int:
    """PATH prints or sets the variable; ``;`` alone clears it."""
    text = arguments.strip(" \t=")
    if not text:
        shell.say("PATH=" + (shell.environment.get("PATH") or "(null)"))
    else:
        shell.environment.put("Path", "" if text == ";" else text)
    return _quiet_success(shell)


def prompt(shell: Interpreter, arguments: str) -> int:
    """PROMPT sets the variable."""
    shell.environment.put("PROMPT", arguments.strip(" \t"))
    return _quiet_success(shell)


def assoc(shell: Interpreter, arguments: str) -> int:
    """ASSOC: the few associations that matter at a server's console."""
    known = {".bat": "batfile", ".cmd": "cmdfile", ".com": "comfile", ".exe": "exefile", ".txt": "txtfile"}
    known |= {".vbs": "VBSFile", ".js": "JSFile", ".msu": "Microsoft.System.Update.1", ".reg": "regfile"}
    wanted = arguments.strip()
    if not wanted:
        for extension, kind in sorted(known.items()):
            shell.say(f"{extension}={kind}")
        return _quiet_success(shell)
    if wanted.lower() in known:
        shell.say(f"{wanted}={known[wanted.lower()]}")
        return _quiet_success(shell)
    shell.complain(message(shell.locale, "no_assoc", wanted))
    return shell.fail(1)


def setlocal(shell: Interpreter, arguments: str) -> int:
    """SETLOCAL: only inside a batch file; the words switch delayed expansion."""
    if not shell.frames:
        return 0
    words = arguments.lower().split()
    shell.frames[-1].saved.append(shell.save())
    shell.environment = Environment(shell.environment)
    for word in words:
        if word in ("enabledelayedexpansion", "disabledelayedexpansion"):
            shell.delayed = word.startswith("enable")
        elif word not in ("enableextensions", "disableextensions"):
            shell.complain_syntax()
            return shell.fail(1)
    return shell.fail(0)


def endlocal(shell: Interpreter, arguments: str) -> int:
    """ENDLOCAL: back to what the matching SETLOCAL kept."""
    if shell.frames and shell.frames[-1].saved:
        shell.restore(shell.frames[-1].saved.pop())
    return 0


# -- control ----------------------------------------------------------------------------------


def exit_(shell: Interpreter, arguments: str) -> int:
    """EXIT ends the shell, EXIT /B the batch file; a number becomes ERRORLEVEL."""
    rest = arguments.lstrip()
    leave = rest[:2].lower() == "/b"
    number = re.match(r"[+-]?(?:0[xX][0-9a-fA-F]+|[0-9]+)", rest[2:].lstrip() if leave else rest)
    if number:
        shell.errorlevel = cmd_set.wrap(int(number[0], 16) if "x" in number[0].lower() else int(number[0]))
    if leave and shell.frames:
        raise Leave(shell.errorlevel)
    raise Quit


def goto(shell: Interpreter, arguments: str) -> int:
    """GOTO: to a label below, else from the top of the file; :EOF leaves."""
    if not shell.frames:
        return 0
    text = arguments.lstrip(cmd_parse.DELIMITERS)
    if text.lower().startswith(":eof"):
        raise Leave
    label = _label(text)
    frame = shell.frames[-1]
    if not label:
        shell.complain(message(shell.locale, "no_label", ""))
        raise Leave(shell.fail(1))
    target = find_label(frame, label)
    if target is None:
        shell.complain(message(shell.locale, "no_label", label))
        raise Leave(shell.fail(1))
    frame.position = target
    raise Jump


def _label(text: str) -> str:
    match = re.match(r":?\s*([^\s,;=+:]*)", text)
    return match[1] if match else ""


def find_label(frame: Frame, label: str) -> int | None:
    """Index of the line behind a label, looking from the current position and then from the top."""
    count = len(frame.lines)
    index: int
    for index in itertools.chain(range(frame.position, count), range(min(frame.position, count))):
        line = frame.lines[index].lstrip(cmd_parse.DELIMITERS)
        if line.startswith(":") and _label(line).lower() == label.lower():
            return index + 1
    return None


def shift(shell: Interpreter, arguments: str) -> int:
    """SHIFT [/n]: arguments move down, %* stays."""
    if not shell.frames:
        return 0
    match = re.fullmatch(r"\s*(?:/([0-8]))?\s*", arguments)
    if not match:
        shell.complain_syntax()
        return shell.fail(1)
    values = shell.frames[-1].arguments
    start = int(match[1] or 0)
    if start < len(values):
        del values[start]
    return 0


def call(shell: Interpreter, arguments: str) -> int:
    """CALL: a label, a batch file or any command, with a second round of percent expansion."""
    text = arguments.lstrip(cmd_parse.DELIMITERS)
    if not text:
        return shell.fail(0)
    frame = shell.frames[-1] if shell.frames else None
    text = cmd_launch.expand_batch_line(shell, frame, text) if frame else shell.expand_line(text)
    text = text.lstrip(cmd_parse.DELIMITERS)
    if text.startswith(":"):
        return _call_label(shell, text)
    if cmd_launch.builtin_of(text):
        return cmd_launch.dispatch(shell, text)
    program, rest = cmd_launch.split_program(text)
    found = cmd_launch.find_program(shell, winpath.unquote(program))
    if found and winpath.extension(found).lower() in (".bat", ".cmd"):
        code = cmd_launch.run_batch(shell, found, program, rest)
        shell.bare_exit = False
        return code or shell.errorlevel
    return cmd_launch.dispatch(shell, text)


def _call_label(shell: Interpreter, text: str) -> int:
    if not shell.frames:
        shell.complain(message(shell.locale, "call_outside_batch"))
        return shell.fail(1)
    frame = shell.frames[-1]
    label, rest = cmd_launch.split_program(text)
    if label.lower() == ":eof":
        return 0
    target = find_label(frame, _label(label))
    if target is None:
        shell.complain(message(shell.locale, "no_label", _label(label)))
        return shell.fail(1)
    rest = rest.lstrip(" \t")
    inner = Frame(frame.path, [label, *cmd_launch.split_batch_arguments(rest)], rest, frame.lines, target)
    code = cmd_launch.run_frame(shell, inner)
    shell.bare_exit = False
    return code or shell.errorlevel


_START_SWITCHES = ("b", "i", "min", "max", "separate", "shared", "affinity") + (
    "low",
    "belownormal",
    "normal",
    "abovenormal",
    "high",
    "realtime",
)


def start(shell: Interpreter, arguments: str) -> int:
    """START ["title"] [/options] program: waits only with /W or for a console program with /B."""
    text = arguments.lstrip(cmd_parse.DELIMITERS)
    wait = titled = False
    folder = ""
    while True:
        text = text.lstrip(" \t")
        if text.startswith('"') and not titled:
            titled = True  # the first quoted word is the title, even when somebody meant a program
            text = text[1:].partition('"')[2]
            continue
        match = re.match(r"/(d)\s*(\"[^\"]*\"|[^\s]+)|/([a-z]+)(?=[\s/]|$)", text, re.IGNORECASE)
        if not match:
            break
        text = text[match.end() :]
        if match[1]:
            folder = winpath.unquote(match[2])
        elif match[3].lower() in ("w", "wait"):
            wait = True
        elif match[3].lower() not in _START_SWITCHES:
            shell.complain_syntax()
            return shell.fail(1)
    if not text:
        return shell.fail(0)
    return cmd_launch.start_program(shell, text, wait, folder)


def color(shell: Interpreter, arguments: str) -> int:
    """COLOR: there is no window."""
    return 0


BUILTINS: dict[str, Builtin] = {
    "assoc": assoc,
    "break": rem,
    "call": call,
    "cls": cls,
    "color": color,
    "date": date,
    "echo": echo,
    "endlocal": endlocal,
    "exit": exit_,
    "goto": goto,
    "path": path,
    "pause": pause,
    "prompt": prompt,
    "rem": rem,
    "set": set_,
    "setlocal": setlocal,
    "shift": shift,
    "start": start,
    "time": time,
    "title": title,
    "ver": ver,
    "verify": verify,
    "vol": vol,
    "dir": cmd_dir.dir_,
    **cmd_files.BUILTINS,
    **cmd_folders.BUILTINS,
}
