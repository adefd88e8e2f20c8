# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""IF, FOR and the echoing of commands (private to this collection)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from . import cmd_expand, winpath
from .cmd_set import leading_number, wrap
from .cmd_streams import NulInput
from .cmd_texts import text as message
from .cmd_texts import win32_error
from .cmd_tree import Block, Chain, Condition, For, If, Label, Node, Quiet, Simple
from .files import FileError

if TYPE_CHECKING:
    from .shell import Interpreter


# -- IF ---------------------------------------------------------------------------------------


def run_if(shell: Interpreter, node: If) -> int:
    """Run the branch that the condition chooses."""
    if holds(shell, node.condition) != node.condition.negated:
        return shell.execute(node.then)
    if node.otherwise is not None:
        return shell.execute(node.otherwise)
    return 0


def holds(shell: Interpreter, condition: Condition) -> bool:
    """Whether the condition is true, NOT left aside."""
    left = shell.late(condition.left)
    if condition.kind == "exist":
        return file_exists(shell, left)
    if condition.kind == "errorlevel":
        return shell.errorlevel >= leading_number(left)
    if condition.kind == "cmdextversion":
        return leading_number(left) <= 2
    if condition.kind == "defined":
        return shell.lookup(left) is not None
    right = shell.late(condition.right)
    return compare(condition.kind, left, right, condition.ignore_case)


def compare(kind: str, left: str, right: str, ignore_case: bool) -> bool:
    """Compare two operands: as numbers when both are numbers, else as text."""
    if kind == "==":
        return left.lower() == right.lower() if ignore_case else left == right
    first, second = _integer(left), _integer(right)
    if first is not None and second is not None:
        order = (first > second) - (first < second)
    else:
        order = _collate(left, right, ignore_case)
    return {"EQU": order == 0, "NEQ": order != 0, "LSS": order < 0, "LEQ": order <= 0, "GTR": order > 0}.get(
        kind, order >= 0
    )


def _collate(left: str, right: str, ignore_case: bool) -> int:
    """Order of two texts by letters first; among equal letters lower case comes before upper case."""
    a, b = left.casefold(), right.casefold()
    if a == b and not ignore_case:
        a, b = left.swapcase(), right.swapcase()
    return (a > b) - (a < b)


def _integer(text: str) -> int | None:
    match = re.fullmatch(r"([+-]?)(0[xX][0-9a-fA-F]+|[0-9]+)", text)
    if not match:
        return None
    digits = match[2]
    if digits[:2].lower() == "0x":
        value = int(digits[2:], 16)
    elif digits.startswith("0") and len(digits) > 1:
        if not re.fullmatch("[0-7]+", digits):
            return None
        value = int(digits, 8)
    else:
        value = int(digits)
    return -value if match[1] == "-" else value


def file_exists(shell: Interpreter, text: str) -> bool:
    """IF EXIST: wildcards look into the folder, devices exist where their folder does."""
    name = winpath.unquote(text)
    if not name:
        return False
    folder, last = winpath.split(name.replace("/", "\\"))
    if last.lower() in winpath.DEVICES:
        return not folder or shell.machine.files.is_dir(shell.full_path(folder))
    if winpath.has_wildcard(last):
        return any(True for _found in match_files(shell, name, files=True, folders=True))
    path = shell.full_path(name)
    if name.endswith(("\\", "/")):
        return shell.machine.files.is_dir(path)
    return shell.machine.files.exists(path)


def match_files(shell: Interpreter, pattern: str, files: bool, folders: bool) -> Iterator[str]:
    """Names (with the folder as it was written) that a wildcard fits."""
    text = winpath.unquote(pattern)
    cut = max(text.rfind("\\"), text.rfind("/"), text.rfind(":")) + 1
    folder, mask = text[:cut], text[cut:]
    shown = "" if folder.endswith("/") else folder  # a folder written with slashes is lost from the names
    try:
        entries = shell.machine.files.list_dir(shell.full_path(folder or "."))
    except FileError:
        return
    for entry in entries:
        if (folders if entry.is_dir else files) and winpath.matches(entry.name, mask):
            yield shown + entry.name


# -- FOR --------------------------------------------------------------------------------------


class _NoSource(Exception):
    """FOR /F cannot read what it was given; the reason is said already."""


def run_for(shell: Interpreter, node: For) -> int:
    """Run the body once for each value; the variable is put back afterwards."""
    before = dict(shell.variables)
    code = 0
    try:
        for values in for_values(shell, node):
            shell.check()
            shell.variables.update(values)
            echo_command(shell, node.body)
            code = shell.execute(node.body)
    except _NoSource:
        return shell.fail(1)
    finally:
        shell.variables = before
    return code


def for_values(shell: Interpreter, node: For) -> Iterator[dict[str, str]]:
    """The variables of each turn."""
    items = shell.late(node.items)
    if node.kind == "L":
        yield from _numbers(node.variable, items)
    elif node.kind == "F":
        yield from _lines(shell, node, items)
    elif node.kind in ("R", "DR"):
        yield from _recursive(shell, node, items)
    else:
        for item in split_items(items):
            if not winpath.has_wildcard(item):
                yield {node.variable: item}
                continue
            for name in match_files(shell, item, files=node.kind != "D", folders=node.kind == "D"):
                yield {node.variable: name}


def split_items(text: str) -> list[str]:
    """The words of a FOR set; quotes keep a word together and stay part of it."""
    return re.findall(r'(?:"[^"]*"?|[^\s,;="])+', text)


def _numbers(variable: str, items: str) -> Iterator[dict[str, str]]:
    numbers = [leading_number(item) for item in split_items(items)[:3]]
    start, step, stop = (numbers + [0, 0, 0])[:3]
    value = start
    while value <= stop if step >= 0 else value >= stop:
        yield {variable: str(value)}
        following = wrap(value + step)
        if (following < value) != (step < 0) and step:
            return
        value = following


def _recursive(shell: Interpreter, node: For, items: str) -> Iterator[dict[str, str]]:
    root = shell.full_path(shell.late(node.options) or ".")
    if not shell.machine.files.is_dir(root):
        return
    pending = [root]
    while pending:
        folder = pending.pop(0)
        try:
            entries = shell.machine.files.list_dir(folder)
        except FileError:
            continue
        for item in split_items(items):
            mask = winpath.unquote(item)
            if not winpath.has_wildcard(mask):
                yield {node.variable: winpath.join(folder, item)}
                continue
            for entry in entries:
                if entry.is_dir == (node.kind == "DR") and winpath.matches(entry.name, mask):
                    yield {node.variable: winpath.join(folder, entry.name)}
        pending = [winpath.join(folder, entry.name) for entry in entries if entry.is_dir] + pending


class ForOptions:
    """The words of FOR /F: eol, skip, delims, tokens, usebackq."""

    def __init__(self, text: str) -> None:
        self.eol = ";"
        self.skip = 0
        self.delims = " \t"
        self.tokens: list[int] = [1]
        self.rest = False
        self.backquote = False
        body = text.strip()
        if len(body) >= 2 and body[0] == body[-1] == '"':
            body = body[1:-1]
        self._read(body.strip('"'))

    def _read(self, body: str) -> None:
        position = 0
        while position < len(body):
            match = re.compile(r"\s*(usebackq|eol=|skip=|tokens=|delims=)", re.IGNORECASE).match(body, position)
            if not match:
                if body[position:].strip():
                    raise ValueError(body[position:].strip())
                return
            position = match.end()
            word = match[1].lower()
            if word == "usebackq":
                self.backquote = True
            elif word == "eol=":
                self.eol = body[position : position + 1]
                position += 1
            elif word == "skip=":
                number = re.compile(r"[0-9a-fA-FxX]*").match(body, position)
                self.skip = leading_number(number[0]) if number else 0
                position = number.end() if number else position
            elif word == "tokens=":
                value = re.compile(r"[^ \t]*").match(body, position)
                self._tokens(value[0] if value else "")
                position = value.end() if value else position
            else:
                following = re.compile(r"[ \t]+(?:usebackq|eol=|skip=|tokens=)", re.IGNORECASE).search(body, position)
                end = following.start() if following else len(body)
                self.delims = body[position:end]
                position = end

    def _tokens(self, text: str) -> None:
        numbers: set[int] = set()
        self.rest = text.endswith("*")
        for part in text.rstrip("*").split(","):
            first, dash, last = part.partition("-")
            if not first.strip():
                continue
            if not first.isdecimal() or (dash and not last.isdecimal()):
                raise ValueError(text)
            numbers.update(range(int(first), min(int(last) if dash else int(first), 31) + 1))
        self.tokens = sorted(number for number in numbers if 0 < number <= 31)

    def values(self, variable: str, line: str) -> dict[str, str] | None:
        """The variables of one line, None when the line is to be left out."""
        if self.eol and line.startswith(self.eol):
            return None
        if not line:
            return None
        words = self._split(line)
        if not words and (self.tokens or not self.rest):
            return None
        found: dict[str, str] = {}
        name = ord(variable)
        for token in self.tokens:
            if name > 126:
                break
            found[chr(name)] = words[token - 1][0] if token <= len(words) else ""
            name += 1
        if self.rest:
            last = self.tokens[-1] if self.tokens else 0
            found[chr(name)] = line[words[last][1] :] if last < len(words) else ""
        return found if any(found.values()) else None

    def _split(self, line: str) -> list[tuple[str, int]]:
        words: list[tuple[str, int]] = []
        position = 0
        while position < len(line):
            while position < len(line) and line[position] in self.delims:
                position += 1
            if position >= len(line):
                break
            end = position
            while end < len(line) and line[end] not in self.delims:
                end += 1
            words.append((line[position:end], position))
            position = end
        return words


def _lines(shell: Interpreter, node: For, items: str) -> Iterator[dict[str, str]]:
    try:
        options = ForOptions(shell.late(node.options))
    except ValueError as problem:
        shell.complain_syntax(str(problem))
        raise _NoSource from None
    for text in _sources(shell, options, items.strip(" \t")):
        for line in re.split(r"\r\n|\n", text)[options.skip :]:
            values = options.values(node.variable, line)
            if values is not None:
                yield values


def _sources(shell: Interpreter, options: ForOptions, items: str) -> Iterator[str]:
    command, string = ("`", "'") if options.backquote else ("'", '"')
    if len(items) >= 2 and items[0] == items[-1] == command:
        yield _command_output(shell, items[1:-1])
        return
    if len(items) >= 2 and items[0] == items[-1] == string:
        # A string is a line like any other and loses the carriage return at its end: that is how scripts get rid of
        # the second one of wmic's lines, with a loop inside a loop.
        yield items[1:-1].removesuffix("\r")
        return
    for item in split_items(items):
        path = shell.full_path(item)
        try:
            data = shell.machine.files.read(path)
        except FileError as problem:
            shell.complain(_missing(shell, winpath.unquote(item), problem))
            raise _NoSource from None
        yield data.decode(shell.codepage, "replace").split("\x1a")[0]


def _missing(shell: Interpreter, name: str, problem: FileError) -> str:
    if problem.code == 2:
        return message(shell.locale, "cannot_start", name)
    return win32_error(shell.locale, problem.code)


def _command_output(shell: Interpreter, command: str) -> str:
    output = io.BytesIO()
    child = shell.child()
    child.echo = False
    stripped = command.strip()
    with child.connected(NulInput(), output, shell.stderr, None):
        child.top(lambda: child.line(stripped))
    return output.getvalue().decode(shell.codepage, "replace")


# -- echo -------------------------------------------------------------------------------------


def echo_command(shell: Interpreter, node: Node) -> None:
    """Print prompt and command as cmd.exe does with ECHO ON in a batch file or in a FOR body."""
    if not shell.echo or isinstance(node, Quiet | Label):
        return
    if not shell.frames and not shell.variables:
        return  # the line given to cmd /c is not echoed
    shell.say("\r\n" + prompt(shell) + cmd_expand.for_variables(unparse(node), shell.variables, shell.modify))


def prompt(shell: Interpreter) -> str:
    """The prompt's text from %PROMPT%."""
    pattern = shell.lookup("PROMPT") or "$P$G"
    simple = {"P": shell.directory, "G": ">", "N": shell.directory[:1], "L": "<", "B": "|", "Q": "=", "_": "\r\n"}
    simple |= {"$": "$", "S": " ", "A": "&", "C": "(", "F": ")", "E": "\x1b", "D": shell.lookup("DATE") or ""}
    simple |= {"T": shell.lookup("TIME") or "", "+": "+" * len(shell.pushed), "H": "\b"}
    return re.sub(r"\$(.)", lambda match: simple.get(match[1].upper(), ""), pattern)


def unparse(node: Node) -> str:
    """The command as cmd.exe prints it back."""
    if isinstance(node, Simple):
        # a blank is printed behind the arguments, but not behind a lone word such as "echo."
        blank = " " if re.search(r"[ \t,;=]", node.text) else ""
        return node.text + blank + _unparse_redirects(node)
    if isinstance(node, Label):
        return node.text
    if isinstance(node, Quiet):
        return "@" + unparse(node.node)
    if isinstance(node, Block):
        inner = (" \r\n" if len(node.nodes) > 1 else "").join(unparse(child) for child in node.nodes)
        return "(" + inner + ") " + _unparse_redirects(node)
    if isinstance(node, Chain):
        return f"{unparse(node.left)} {node.operator} {unparse(node.right)}"
    if isinstance(node, If):
        text = f"if {_unparse_condition(node.condition)} {unparse(node.then)}"
        return text + (f" else {unparse(node.otherwise)}" if node.otherwise else "")
    switch = {"": "", "D": "/D ", "R": "/R ", "L": "/L ", "F": "/F ", "DR": "/D /R "}[node.kind]
    options = node.options + " " if node.options else ""
    return f"for {switch}{options}%{node.variable} in ({node.items}) do {unparse(node.body)}"


def _unparse_condition(condition: Condition) -> str:
    text = ("/I " if condition.ignore_case else "") + ("not " if condition.negated else "")
    if condition.right:
        return f"{text}{condition.left} {condition.kind} {condition.right}"
    return f"{text}{condition.kind} {condition.left}"


def _unparse_redirects(node: Simple | Block) -> str:
    return "".join(f" {redirect.handle}{redirect.mode}{redirect.target}" for redirect in node.redirects)
