# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""File commands built into cmd.exe (private to this collection): type, del, copy, move, ren, md, rd."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from . import winpath
from .cmd_streams import refuse_read_only
from .cmd_texts import text as message
from .files import DiskFull, Exists, FileError, NotFound, is_remote

if TYPE_CHECKING:
    from .shell import Interpreter


def words_of(arguments: str) -> list[str]:
    """File arguments: divided by blanks, commas, semicolons and equal signs, quotes group and stay."""
    return re.findall(r'(?:"[^"]*"?|[^\s,;="])+', arguments)


def split_switches(arguments: str) -> tuple[list[str], list[str]]:
    """Switches (lower case, without the slash) and the other words; ``/s/q`` and ``dir/b`` glue together."""
    switches: list[str] = []
    names: list[str] = []
    for word in words_of(arguments):
        if word.startswith("/"):
            switches += [part.lower() for part in word.split("/") if part]
        elif "/" in word and not word.startswith('"') and re.search(r"/[A-Za-z]$|/[A-Za-z]/", word):
            name, *rest = word.split("/")
            names.append(name)
            switches += [part.lower() for part in rest if part]
        else:
            names.append(word)
    return switches, names


def expand(shell: Interpreter, name: str, folders: bool = False) -> list[str]:
    """Full paths that a file argument means; a folder name stands for itself, nothing found gives an empty list."""
    path = shell.full_path(name)
    folder, mask = winpath.split(path)
    if not winpath.has_wildcard(mask):
        return [path] if shell.machine.files.exists(path) else []
    try:
        entries = shell.machine.files.list_dir(folder)
    except FileError:
        return []
    return [
        winpath.join(folder, entry.name)
        for entry in entries
        if (folders or not entry.is_dir) and winpath.matches(entry.name, mask)
    ]


def read_input(shell: Interpreter, name: str) -> bytes:
    """The bytes of a file argument; CON is standard input, NUL is empty."""
    device = winpath.unquote(name).rstrip(":").lower()
    if device == "con":
        return shell.stdin.read()
    if device in winpath.DEVICES:
        return b""
    return shell.machine.files.read(shell.full_path(name))


# -- TYPE -------------------------------------------------------------------------------------


def type_(shell: Interpreter, arguments: str) -> int:
    """TYPE: the bytes of files; with several of them each name goes to standard error first."""
    _switches, names = split_switches(arguments)
    if not names:
        shell.complain_syntax()
        return shell.fail(1)
    code = 0
    many = len(names) > 1 or winpath.has_wildcard(names[0])
    for name in names:
        code = _type_one(shell, name, many)
        if code:
            break  # what comes behind a missing file is not shown
    return shell.fail(code)


def _type_one(shell: Interpreter, name: str, many: bool) -> int:
    if winpath.unquote(name).rstrip(":").lower() in winpath.DEVICES:
        shell.stdout.write(read_input(shell, name))
        return 0
    paths = expand(shell, name)
    if not paths:
        folder = winpath.split(shell.full_path(name))[0]
        shell.complain_error(2 if shell.machine.files.is_dir(folder) else 3)
        return 1
    for path in paths:
        if many:
            shell.complain("\r\n" + winpath.split(path)[1] + "\r\n\r\n")
        try:
            shell.stdout.write(_as_text(shell.machine.files.read(path), shell.codepage))
        except FileError as problem:
            shell.complain_error(problem.code)
            return 1
    return 0


def _as_text(data: bytes, codepage: str) -> bytes:
    """TYPE turns a UTF-16 file with its mark into console text; everything else passes as it is."""
    if data.startswith(b"\xff\xfe"):
        return data[2:].decode("utf-16-le", "replace").encode(codepage, "replace")
    return data


# -- DEL --------------------------------------------------------------------------------------


def del_(shell: Interpreter, arguments: str) -> int:
    """DEL: a missing file is a message and no more, a missing folder is error level 1."""
    switches, names = split_switches(arguments)
    if not names:
        shell.complain_syntax()
        return shell.fail(1)
    code = 0
    for name in names:
        code = _delete(shell, name, switches) or code
    return shell.fail(code)


def _delete(shell: Interpreter, name: str, switches: list[str]) -> int:
    files = shell.machine.files
    path = shell.full_path(name)
    if files.is_dir(path):
        path = winpath.join(path, "*")
    folder, mask = winpath.split(path)
    if not files.is_dir(folder):
        shell.complain_error(3)
        return 1
    if mask in ("*", "*.*") and not set(switches) & {"q", "s"} and not _sure(shell, path):
        return 0
    if not _delete_in(shell, folder, mask, switches):
        shell.complain(message(shell.locale, "could_not_find", winpath.join(files.real_path(folder), mask)))
    return 0


def _delete_in(shell: Interpreter, folder: str, mask: str, switches: list[str]) -> bool:
    files = shell.machine.files
    found = False
    for entry in files.list_dir(folder):
        path = winpath.join(folder, entry.name)
        if entry.is_dir:
            if "s" in switches:
                found = _delete_in(shell, path, mask, switches) or found
            continue
        if not winpath.matches(entry.name, mask):
            continue
        found = True
        if "R" in entry.attributes and "f" not in switches:
            shell.complain(path)
            shell.complain_error(5)
            continue
        if "p" in switches and not ask(shell, message(shell.locale, "delete_one", path)):
            continue
        if "s" in switches:
            shell.say(f"{_deleted(shell)} - {path}")
        try:
            files.delete(path)
        except FileError as problem:
            shell.say(path)
            shell.complain_error(problem.code)
    return found


def _deleted(shell: Interpreter) -> str:
    return {"de-DE": "Datei gelöscht", "ru-RU": "Удален файл"}.get(shell.locale, "Deleted file")


def _sure(shell: Interpreter, path: str) -> bool:
    return ask(shell, message(shell.locale, "are_you_sure", path))


def ask(shell: Interpreter, question: str) -> bool:
    """A yes-or-no question answered from standard input; the end of input means no."""
    shell.say(question, end="")
    line = shell.stdin.readline(1024).decode(shell.codepage, "replace").strip().lower()
    return line[:1] == message(shell.locale, "answers_yes")


# -- COPY -------------------------------------------------------------------------------------


def copy(shell: Interpreter, arguments: str) -> int:
    """COPY: single files, wildcards, ``a+b``, /y /b /a; reports each name when several are copied."""
    switches, names = split_switches(re.sub(r"\s*\+\s*", "+", arguments))
    sources = re.findall(r'(?:"[^"]*"?|[^+"])+', names[0]) if names else []
    if not sources or len(names) > 2:
        shell.complain_syntax()
        return shell.fail(1)
    target = names[1] if len(names) == 2 else "."
    if len(sources) > 1:
        return _concatenate(shell, sources, names[1] if len(names) == 2 else sources[0], switches)
    return _copy_one(shell, sources[0], target, switches)


def _copy_one(shell: Interpreter, source: str, target: str, switches: list[str]) -> int:
    files = shell.machine.files
    device = winpath.unquote(source).rstrip(":").lower()
    if device in winpath.DEVICES:
        paths = [device]
    else:
        if files.is_dir(shell.full_path(source)):
            source = winpath.unquote(source).rstrip("\\") + "\\*"
        paths = expand(shell, source)
        if not paths:
            return _copy_missing(shell, source)
    many = len(paths) > 1 or winpath.has_wildcard(source)
    copied = 0
    for path in paths:
        if many:
            shell.say(shown(source, path))
        outcome = _copy_file(shell, path, target, switches)
        if outcome < 0:
            break
        copied += outcome
    shell.say(message(shell.locale, "copied", copied))
    return shell.fail(0 if copied else 1)


def _copy_missing(shell: Interpreter, source: str) -> int:
    if is_remote(source) and (trouble := shell.machine.network.trouble(shell.full_path(source))):
        shell.complain_error(trouble)
        return shell.fail(1)
    folder = winpath.split(shell.full_path(source))[0]
    if winpath.has_wildcard(source) and shell.machine.files.is_dir(folder):
        shell.say(winpath.unquote(source))
    shell.complain_error(2 if shell.machine.files.is_dir(folder) else 3)
    if shell.machine.files.is_dir(folder):
        shell.say(message(shell.locale, "copied", 0))
    return shell.fail(1)


def shown(source: str, path: str) -> str:
    """A file's name the way it was asked for: with the folder as typed."""
    text = winpath.unquote(source).replace("/", "\\")
    cut = max(text.rfind("\\"), text.rfind(":")) + 1
    return text[:cut] + winpath.split(path)[1]


def destination(shell: Interpreter, target: str, source_path: str) -> str:
    """Where a copy goes: into a folder under its own name, or the name with wildcards filled in."""
    path = shell.full_path(target)
    name = winpath.split(source_path)[1]
    if shell.machine.files.is_dir(path):
        return winpath.join(path, name)
    folder, mask = winpath.split(path)
    return winpath.join(folder, fill(mask, name)) if winpath.has_wildcard(mask) else path


def fill(mask: str, name: str) -> str:
    """The new name that a wildcard target gives: ``*.bak`` of ``a.txt`` is ``a.bak``."""
    if "." in mask:
        base, _separator, suffix = mask.rpartition(".")
        return f"{_fill(base, winpath.stem(name))}.{_fill(suffix, winpath.extension(name)[1:])}".rstrip(".")
    return _fill(mask, name)


def _fill(mask: str, text: str) -> str:
    out: list[str] = []
    for index, character in enumerate(mask):
        if character == "*":
            return "".join(out) + text[index:]
        out.append(text[index : index + 1] if character == "?" else character)
    return "".join(out)


def _copy_file(shell: Interpreter, path: str, target: str, switches: list[str]) -> int:
    """1 copied, 0 not, -1 stop."""
    files = shell.machine.files
    device = winpath.unquote(target).rstrip(":").lower()
    if device in winpath.DEVICES:
        data = read_input(shell, path)
        if device == "con":
            shell.stdout.write(data)
        return 1
    where = destination(shell, target, path)
    if where.lower() == path.lower():
        shell.complain(message(shell.locale, "copy_itself"))
        return -1
    if not may_overwrite(shell, where, switches):
        return 0
    try:
        refuse_read_only(shell.machine, where)
        if path in winpath.DEVICES:
            files.write(where, read_input(shell, path))
        else:
            if is_remote(path):
                shell.machine.clock.sleep(shell.machine.network.seconds(path), shell.cancelled)
            files.copy(path, where)
    except (NotFound, DiskFull) as problem:
        shell.complain_error(problem.code)
        return -1
    except FileError as problem:
        shell.complain_error(problem.code)
        return 0
    return 1


def may_overwrite(shell: Interpreter, path: str, switches: list[str]) -> bool:
    """Ask before a file is replaced: only at a prompt, or with /-Y; a batch file and ``cmd /c`` do not ask."""
    if not shell.machine.files.exists(path) or "y" in switches or not (shell.interactive or "-y" in switches):
        return True
    shell.say(message(shell.locale, "overwrite", path), end="")
    line = shell.stdin.readline(1024).decode(shell.codepage, "replace").strip().lower()[:1]
    return line in (message(shell.locale, "answers_yes"), message(shell.locale, "answers_all"))


def _concatenate(shell: Interpreter, sources: list[str], target: str, switches: list[str]) -> int:
    data = b""
    count = 0
    for source in sources:
        device = winpath.unquote(source).rstrip(":").lower() in winpath.DEVICES
        for path in [source] if device else expand(shell, source):
            shell.say(shown(source, path))
            piece = read_input(shell, path)
            data += piece if "b" in switches else piece.split(b"\x1a")[0]
            count += 1
    if not count:
        shell.complain_error(2)
        shell.say(message(shell.locale, "copied", 0))
        return shell.fail(1)
    where = destination(shell, target, shell.full_path(sources[0]))
    own = where.lower() == shell.full_path(sources[0]).lower()
    if not own and not may_overwrite(shell, where, switches):
        shell.say(message(shell.locale, "copied", 0))
        return shell.fail(1)
    shell.machine.files.write(where, data if "b" in switches else data + b"\x1a")
    shell.say(message(shell.locale, "copied", 1))
    return shell.fail(0)


# -- MOVE, REN --------------------------------------------------------------------------------


def move(shell: Interpreter, arguments: str) -> int:
    """MOVE files into a folder or under another name; folders move as a whole."""
    switches, names = split_switches(arguments)
    if len(names) not in (1, 2):
        shell.complain_syntax()
        return shell.fail(1)
    source, target = names[0], names[1] if len(names) == 2 else "."
    paths = expand(shell, source)
    if not paths:
        folder = winpath.split(shell.full_path(source))[0]
        shell.complain_error(2 if shell.machine.files.is_dir(folder) else 3)
        return shell.fail(1)
    moved = 0
    kind = "dirs_moved" if shell.machine.files.is_dir(paths[0]) else "moved"
    for path in paths:
        if winpath.has_wildcard(source):
            shell.say(shell.machine.files.real_path(path))
        moved += _move_one(shell, path, target, switches)
    shell.say(message(shell.locale, kind, moved))
    return shell.fail(0 if moved else 1)


def _move_one(shell: Interpreter, path: str, target: str, switches: list[str]) -> int:
    where = destination(shell, target, path)
    same = where.lower() == path.lower() or shell.machine.files.is_dir(path)
    if not same and not may_overwrite(shell, where, switches):
        return 0
    try:
        shell.machine.files.move(path, where, replace=True)
    except FileError as problem:
        shell.complain_error(problem.code)
        return 0
    return 1


def ren(shell: Interpreter, arguments: str) -> int:
    """REN: a new name in the same folder, never a path."""
    _switches, names = split_switches(arguments)
    if len(names) != 2 or re.search(r"[\\/:]", winpath.unquote(names[1])):
        shell.complain_syntax()
        return shell.fail(1)
    paths = expand(shell, names[0], folders=True)
    if not paths:
        shell.complain_error(2 if shell.machine.files.is_dir(winpath.split(shell.full_path(names[0]))[0]) else 3)
        return shell.fail(1)
    code = 0
    for path in paths:
        folder, name = winpath.split(path)
        try:
            _rename(shell, path, winpath.join(folder, fill(winpath.unquote(names[1]), name)))
        except Exists:
            shell.complain(message(shell.locale, "duplicate"))
            code = 1
    return shell.fail(code)


def _rename(shell: Interpreter, path: str, where: str) -> None:
    files = shell.machine.files
    if files.exists(where) and where.lower() != path.lower():
        raise Exists(where)
    files.move(path, where)


# -- MD, RD -----------------------------------------------------------------------------------


def md(shell: Interpreter, arguments: str) -> int:
    """MD makes the folder and those above it."""
    names = words_of(arguments)
    if not names:
        shell.complain_syntax()
        return shell.fail(1)
    code = 0
    for name in names:
        path = shell.full_path(name)
        if shell.machine.files.exists(path):
            shell.complain(message(shell.locale, "dir_exists", winpath.unquote(name)))
            code = 1
            continue
        try:
            for end in [index for index, letter in enumerate(path) if letter == "\\" and index > 2] + [len(path)]:
                shell.machine.files.make_dir(path[:end])  # step by step: what comes before a bad name is made
        except FileError as problem:
            shell.complain_error(problem.code)
            code = 1
    return shell.fail(code)


def rd(shell: Interpreter, arguments: str) -> int:
    """RD: its failures give a return code but leave ERRORLEVEL alone (one of cmd.exe's old inconsistencies)."""
    switches, names = split_switches(arguments)
    if not names:
        shell.complain_syntax()
        return 1
    code = 0
    for name in names:
        code = _remove(shell, name, switches) or code
    return code


def _remove(shell: Interpreter, name: str, switches: list[str]) -> int:
    path = shell.full_path(name)
    if not shell.machine.files.exists(path):
        code = 2 if shell.machine.files.is_dir(winpath.split(path)[0]) else 3
        shell.complain_error(code)
        return code
    if "s" in switches and "q" not in switches and not _sure(shell, winpath.unquote(name)):
        return 0
    try:
        shell.machine.files.remove_dir(path, recursive="s" in switches)
    except FileError as problem:
        shell.complain_error(problem.code)
        return problem.code
    return 0


BUILTINS: dict[str, Callable[[Interpreter, str], int]] = {
    "copy": copy,
    "del": del_,
    "erase": del_,
    "md": md,
    "mkdir": md,
    "move": move,
    "rd": rd,
    "ren": ren,
    "rename": ren,
    "rmdir": rd,
    "type": type_,
}
