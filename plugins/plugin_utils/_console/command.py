# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Command lines for cmd.exe (private to this collection): quoting, and many questions in one line.

cmd.exe has no escape that works everywhere: a percent sign expands inside quotes too, an exclamation mark
does so under ``/v:on``, and a quote cannot be nested. `quote` therefore refuses what cannot be carried
unchanged instead of trying to be clever; such values go to the target in a file.

Questions are batched because every WinRS command costs three requests and one tick of a counter that a
stock WinRM 1.1 host never takes back (MS-WSMV <118>). A batch is one line::

    cmd /v:on /c "echo [[0& reg query HKLM\\A 2>&1& echo ]]0 !errorlevel!& echo [[1& ..."

The outer cmd.exe sees the quotes inside as toggles, so everything that is special to it must stand in
*its* quotes, that is, outside the inner ones: a question that has a special character inside its own
quotes, or a percent sign or exclamation mark anywhere, is asked alone. ``if`` and ``for`` swallow whatever
follows them on the line, so such a question stands in parentheses of its own.

`conversation` asks without a limit: one cmd.exe reads a question per line from its standard input, so hundreds of them
are one WinRS command. Every question gets an empty standard input of its own, or a program that reads (wmic does)
would swallow those behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .text import ConsoleError

LINE_LIMIT = 8000
"""cmd.exe reads 8191 characters; the rest is room for what WinRS puts in front."""

_BARE = re.compile(r"[A-Za-z0-9_.:\\/+~#@$*?-]+")
_IMPOSSIBLE = {"\0": "a NUL", "\r": "a line break", "\n": "a line break", '"': "a quote", "%": "a percent sign"}
_OPEN = 'cmd /v:on /c "'
_END = re.compile(r"\]\](\d+) (-?\d+)[ \t]*$")
_BEGIN = re.compile(r"^\[\[(\d+)[ \t]*$")


class CannotQuote(ConsoleError):
    """A value that no cmd.exe line can carry unchanged."""


def quote(argument: str) -> str:
    """Return `argument` as one word of a cmd.exe line, whatever blanks and special characters it holds.

    Raises `CannotQuote` for NUL, line breaks, quotes, percent signs and unpaired surrogates. Backslashes before
    the closing quote are doubled, because the C run-time reads ``\\"`` as a quote.
    """
    for character, name in _IMPOSSIBLE.items():
        if character in argument:
            raise CannotQuote(f"cmd.exe cannot carry {name} in an argument: {argument[:120]!r}")
    if any("\ud800" <= character <= "\udfff" for character in argument):
        raise CannotQuote(f"an argument is not valid text: {argument[:120]!r}")
    if _BARE.fullmatch(argument):
        return argument
    trailing = len(argument) - len(argument.rstrip("\\"))
    return f'"{argument}' + "\\" * trailing + '"'


def command(*arguments: str) -> str:
    """Join words to one cmd.exe line, each quoted as it needs."""
    return " ".join(quote(argument) for argument in arguments)


@dataclass(frozen=True)
class Question:
    """One line to ask. `key` names its answer; a `raw` line is known to survive batching as it is."""

    key: str
    line: str
    raw: bool = False


@dataclass(frozen=True)
class Reply:
    """What one question brought: exit code and text, error text included (questions end in ``2>&1``)."""

    rc: int
    text: str


@dataclass(frozen=True)
class Batch:
    """One line to run, and the keys of the questions in it, in order; not `framed` means one question as it is."""

    line: str
    keys: tuple[str, ...]
    framed: bool

    def replies(self, rc: int, stdout: str) -> dict[str, Reply]:
        """Take the output apart. A key that is missing here was not answered: the output broke off before it."""
        if not self.framed:
            return {self.keys[0]: Reply(rc, stdout)}
        return {self.keys[number]: reply for number, reply in _frames(stdout) if number < len(self.keys)}


@dataclass(frozen=True)
class Conversation:
    """One cmd.exe for many questions: `line` starts it, `stdin` (ASCII) is what it reads, `keys` are in its order."""

    line: str
    stdin: bytes
    keys: tuple[str, ...]

    def replies(self, stdout: str) -> dict[str, Reply]:
        """Take the output apart. A key that is missing here was not answered: the output broke off before it."""
        return {self.keys[number]: reply for number, reply in _frames(stdout) if number < len(self.keys)}


def conversation(questions: Iterable[Question]) -> Conversation:
    """Put questions into one conversation; `ConsoleError` for a line that cmd.exe cannot read whole."""
    lines = ["@echo off"]
    keys: list[str] = []
    for number, question in enumerate(questions):
        # A raw line counts on delayed expansion, which is off here so that an exclamation mark stays one.
        line = f'cmd /v:on /c "{question.line}"' if question.raw else question.line
        if len(line) > LINE_LIMIT or not line.isascii() or "\n" in line:
            raise ConsoleError(f"the question {question.key!r} is no line that cmd.exe reads from a pipe: {line[:160]}")
        lines += [f"echo [[{number}", f"({line}) <nul", f"echo ]]{number} %errorlevel%"]
        keys.append(question.key)
    return Conversation("cmd /d /q", "".join(one + "\r\n" for one in lines).encode("ascii"), tuple(keys))


def batches(questions: Iterable[Question], limit: int = LINE_LIMIT) -> list[Batch]:
    """Pack questions into as few lines as `limit` characters allow, in their order; the awkward ones stay alone."""
    result: list[Batch] = []
    pending: list[Question] = []
    for question in questions:
        if not can_be_batched(question) or len(_wrap([question])) > limit:
            if len(question.line) > limit:
                raise ConsoleError(f"the question {question.key!r} is longer than cmd.exe reads: {len(question.line)}")
            result.append(Batch(question.line, (question.key,), framed=False))
            continue
        if pending and len(_wrap([*pending, question])) > limit:
            result.append(_batch(pending))
            pending = []
        pending.append(question)
    if pending:
        result.append(_batch(pending))
    return result


def can_be_batched(question: Question) -> bool:
    """Tell whether a line means the same inside the quotes of a batch as it does alone."""
    if question.raw:
        return True
    parts = question.line.split('"')
    if len(parts) % 2 == 0 or "!" in question.line or "%" in _without_environment(question.line):
        return False
    return not any(set(inside) & set("&|<>^") for inside in parts[1::2])


def _without_environment(line: str) -> str:
    """Drop the references that exist on every machine and hold no special character."""
    return re.sub(r"%(?:windir|systemroot|systemdrive)%", "", line, flags=re.IGNORECASE)


def _batch(questions: Sequence[Question]) -> Batch:
    return Batch(_wrap(questions), tuple(question.key for question in questions), framed=True)


def _wrap(questions: Sequence[Question]) -> str:
    framed = (
        f"echo [[{number}& {question.line}& echo ]]{number} !errorlevel!" for number, question in enumerate(questions)
    )
    return _OPEN + "& ".join(framed) + '"'


def _frames(stdout: str) -> list[tuple[int, Reply]]:
    """Find the framed answers. The end mark may follow an answer on its own line when that line had no end."""
    frames: list[tuple[int, Reply]] = []
    number: int | None = None
    lines: list[str] = []
    for line in stdout.split("\n"):
        line = line.removesuffix("\r")
        begin = _BEGIN.match(line)
        end = _END.search(line)
        if begin:
            number, lines = int(begin[1]), []
        elif end and number == int(end[1]):
            if line[: end.start()]:
                lines.append(line[: end.start()])
            frames.append((number, Reply(int(end[2]), "\n".join(lines))))
            number = None
        elif number is not None:
            lines.append(line)
    return frames
