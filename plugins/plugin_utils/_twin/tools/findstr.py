# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""findstr.exe (private to this collection): its own dialect of regular expressions, on bytes.

Exit 0 when a line matched, 1 when none did, 2 for a wrong call. A last line of piped input without a
line feed gets CR LF, which is why an upload through ``findstr "^"`` ends in a line end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..files import FileError
from ..process import Process
from .textfiles import expand
from .texts import Text

MAX_PIPED_LINE = 8191
_BAD = Text("FINDSTR: Bad command line", "FINDSTR: Fehlerhafte Befehlszeile", "FINDSTR: Ошибка в командной строке")
_CANNOT_OPEN = Text(
    "FINDSTR: Cannot open {0}", "FINDSTR: {0} kann nicht geöffnet werden.", "FINDSTR: Не удается открыть {0}"
)
_TOO_LONG = Text(
    "FINDSTR: Line {0} is too long.", "FINDSTR: Zeile {0} ist zu lang.", "FINDSTR: Строка {0} слишком длинная."
)
_IGNORED = Text("FINDSTR: /{0} ignored", "FINDSTR: /{0} ignoriert", "FINDSTR: ключ /{0} пропущен")


@dataclass
class _Call:
    flags: set[str] = field(default_factory=set)
    literal_strings: list[str] = field(default_factory=list)
    words: list[str] | None = None
    files: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    pattern_files: list[str] = field(default_factory=list)


def _read_call(process: Process) -> _Call | None:
    call = _Call()
    for argument in process.arguments:
        if argument[:1] in ("/", "-") and len(argument) > 1 and call.words is None and not call.files:
            if not _switch(process, call, argument[1:]):
                return None
        elif call.words is None and not call.literal_strings and not call.pattern_files:
            call.words = [word for word in argument.split(" ") if word]
        else:
            call.files.append(argument)
    if not call.words and not call.literal_strings and not call.pattern_files:
        return None
    return call


def _switch(process: Process, call: _Call, text: str) -> bool:
    """Letters may be glued together; one with a colon takes the rest of the word."""
    if text.lower() in ("off", "offline"):
        return True
    position = 0
    while position < len(text):
        letter = text[position].lower()
        if text[position + 1 : position + 2] == ":":
            value = text[position + 2 :]
            if letter == "c":
                call.literal_strings.append(value)
            elif letter == "g":
                call.pattern_files.append(value)
            elif letter == "f":
                call.lists.append(value)
            elif letter not in "ad":
                return False
            return bool(value)
        if letter in "belrsixvnmop":
            call.flags.add(letter)
        elif letter == "?":
            return False
        else:
            process.complain(_IGNORED(process, text[position]))
        position += 1
    return True


def translate(pattern: str) -> bytes:
    """findstr's expression as a Python one over Latin-1 bytes; ``$`` is the place before CR."""
    out: list[str] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        atom = ""
        if character == "\\":
            following = pattern[position + 1 : position + 2]
            position += 2
            if following == "<":
                out.append(r"(?<![A-Za-z0-9_])(?=[A-Za-z0-9_])")
                continue
            if following == ">":
                out.append(r"(?<=[A-Za-z0-9_])(?![A-Za-z0-9_])")
                continue
            atom = re.escape(following or "\\")
        elif character == "^" and not out:
            out.append(r"\A")
            position += 1
            continue
        elif character == "$" and position == len(pattern) - 1:
            out.append(r"(?=\r?\Z)")
            position += 1
            continue
        elif character == "[" and "]" in pattern[position + 2 :]:
            atom, position = _bracket(pattern, position)
        else:
            atom = r"[^\r\n]" if character == "." else re.escape(character)
            position += 1
        if pattern[position : position + 1] == "*":
            position += 1
            atom = f"(?:{atom})*"
        out.append(atom)
    return "".join(out).encode("latin-1", "replace")


def _bracket(pattern: str, start: int) -> tuple[str, int]:
    position = start + 1
    negative = pattern[position : position + 1] == "^"
    position += negative
    end = pattern.find("]", position + 1)
    if end < 0:
        return re.escape("["), start + 1
    members: list[str] = []
    escape = r"\r\n"  # the line end is never one of the characters a negative class means
    while position < end:
        character = pattern[position]
        if character == "\\" and position + 1 < end:
            position += 1
            members.append(re.escape(pattern[position]))
        elif pattern[position + 1 : position + 2] == "-" and position + 2 < end:
            low, high = sorted((character, pattern[position + 2]))
            members.append(f"{re.escape(low)}-{re.escape(high)}")
            position += 2
        else:
            members.append(re.escape(character))
        position += 1
    return f"[{'^' if negative else ''}{''.join(members)}{escape if negative else ''}]", end + 1


def _literal(text: str) -> bytes:
    return re.escape(text.replace("\\\\", "\\")).encode("latin-1", "replace")


def _looks_regular(text: str) -> bool:
    return re.search(r"[.*^$\[\\]", text) is not None


def _compile(process: Process, call: _Call) -> list[re.Pattern[bytes]]:
    """Patterns of all search strings; /C: is literal unless /R, words are regular when the first one looks so."""
    strings = list(call.literal_strings)
    for name in call.pattern_files:
        data = process.stdin.read() if name == "/" else process.machine.files.read(_path(process, name))
        strings += [line for line in data.decode(process.codepage, "replace").splitlines() if line]
    words = call.words or []
    regular = "l" not in call.flags and ("r" in call.flags or bool(words) and _looks_regular(words[0]))
    flags = re.IGNORECASE if "i" in call.flags else 0
    patterns = []
    for text in [*strings, *words]:
        page = text.encode(process.codepage, "replace").decode("latin-1")
        body = translate(page) if regular else _literal(page)
        head = rb"\A" if call.flags & {"b", "x"} else b""
        tail = rb"(?=\r?\Z)" if call.flags & {"e", "x"} else b""
        patterns.append(re.compile(head + b"(?:" + body + b")" + tail, flags | re.DOTALL))
    return patterns


def _path(process: Process, name: str) -> str:
    found = expand(process, name)
    return found[0][1] if found else name


def run(process: Process) -> int:
    """``findstr [/b] [/e] [/l|/r] [/s] [/i] [/x] [/v] [/n] [/m] [/o] [/c:text] [/g:file] [words] [files]``."""
    call = _read_call(process)
    if call is None:
        process.complain(_BAD(process))
        return 2
    try:
        patterns = _compile(process, call)
    except FileError as problem:
        process.complain(_CANNOT_OPEN(process, problem.path))
        return 2
    except re.error:
        process.complain(_BAD(process))
        return 2
    for name in call.lists:
        found = expand(process, name)
        data = process.machine.files.read(found[0][1]) if found else b""
        call.files += [line for line in data.decode(process.codepage, "replace").splitlines() if line]
    if not call.files:
        return 0 if _standard_input(process, call, patterns) else 1
    return 0 if _files(process, call, patterns) else 1


def _standard_input(process: Process, call: _Call, patterns: list[re.Pattern[bytes]]) -> bool:
    """Line by line, so that a long upload does not pile up."""
    found = False
    number = offset = 0
    while True:
        line = process.stdin.readline()
        if not line:
            break
        process.sleep(0)
        number += 1
        if not line.endswith(b"\n"):
            line += b"\r\n"
        if len(line) > MAX_PIPED_LINE:
            process.complain(_TOO_LONG(process, number))
        elif _matches(line[:-1], patterns) != ("v" in call.flags):
            found = True
            if "m" in call.flags:
                process.say("(standard input)")
                return True
            process.stdout.write(_prefix(call, "", number, offset) + line)
        offset += len(line)
    return found


def _files(process: Process, call: _Call, patterns: list[re.Pattern[bytes]]) -> bool:
    found = False
    several = len(call.files) > 1 or "s" in call.flags or any("*" in name or "?" in name for name in call.files)
    for name in call.files:
        paths = expand(process, name, recursive="s" in call.flags)
        if not paths and "s" not in call.flags:
            process.complain(_CANNOT_OPEN(process, name))
        for shown, path in paths:
            data = process.machine.files.read(path)
            found = _one_file(process, call, patterns, shown if several else "", shown, data) or found
    return found


def _one_file(
    process: Process, call: _Call, patterns: list[re.Pattern[bytes]], prefix: str, shown: str, data: bytes
) -> bool:
    found = False
    offset = 0
    for number, line in enumerate(_lines(data), 1):
        content = line[:-1] if line.endswith(b"\n") else line
        if _matches(content, patterns) != ("v" in call.flags):
            found = True
            if "m" in call.flags:
                process.say(shown)
                return True
            process.stdout.write(_prefix(call, prefix, number, offset, process) + line)
        offset += len(line)
    return found


def _lines(data: bytes) -> list[bytes]:
    return [line for line in re.split(rb"(?<=\n)", data) if line]


def _matches(line: bytes, patterns: list[re.Pattern[bytes]]) -> bool:
    return any(pattern.search(line) for pattern in patterns)


def _prefix(call: _Call, name: str, number: int, offset: int, process: Process | None = None) -> bytes:
    text = f"{name}:" if name else ""
    text += f"{number}:" if "n" in call.flags else ""
    text += f"{offset}:" if "o" in call.flags else ""
    return text.encode(process.codepage if process else "ascii", "replace")


TOOLS = {"findstr": run}
