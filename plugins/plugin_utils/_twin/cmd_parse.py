# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read cmd.exe command lines into a tree (private to this collection).

This is the second phase of cmd.exe: percent signs are already expanded (`cmd_expand`), carets and
quotes are resolved here, FOR variables and ``!delayed!`` ones are left for the moment the command runs.
A `LineSource` hands out further lines while a parenthesis is open or a line ends in a caret, so a
block is expanded as a whole when it is read, as on Windows.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from .cmd_tree import (
    Block,
    Chain,
    Condition,
    For,
    If,
    Incomplete,
    Label,
    Node,
    Quiet,
    Redirect,
    Simple,
    SyntaxProblem,
)

DELIMITERS = " \t,;="
SPECIALS = "&|<>"
COMPARISONS = ("EQU", "NEQ", "LSS", "LEQ", "GTR", "GEQ")
MAX_NESTING = 40

LineSource = Callable[[], str | None]


def parse(text: str, more: LineSource | None = None) -> Node | None:
    """One complete command, or None for an empty line; raises `SyntaxProblem` or `Incomplete`."""
    try:
        return _alone(text)
    except _Unfinished:
        return _Parser(text, more or (lambda: None)).command()


class _Unfinished(Exception):
    """The text wants another line."""


def _no_more() -> str | None:
    raise _Unfinished


@functools.lru_cache(maxsize=512)  # trees do not change, and scripts run again and again
def _alone(text: str) -> Node | None:
    return _Parser(text, _no_more).command()


class _Parser:
    def __init__(self, text: str, more: LineSource) -> None:
        self.text = text
        self.position = 0
        self.more = more
        self.depth = 0
        self.nesting = 0

    # -- characters ---------------------------------------------------------------------------

    def peek(self, ahead: int = 0) -> str:
        index = self.position + ahead
        return self.text[index] if index < len(self.text) else ""

    def rest(self) -> str:
        return self.text[self.position :]

    def skip(self, characters: str = DELIMITERS) -> None:
        while self.peek() and self.peek() in characters:
            self.position += 1

    def next_line(self) -> bool:
        line = self.more()
        if line is not None:
            self.text, self.position = line, 0
        return line is not None

    def escaped(self) -> str:
        """The character after a caret; at the end of a line the first one of the next line."""
        self.position += 1
        if self.position >= len(self.text) and (not self.next_line() or not self.text):
            return ""
        character = self.peek()
        self.position += 1
        return character

    def at_word(self, word: str) -> bool:
        here = self.text[self.position : self.position + len(word)]
        after = self.peek(len(word))
        return here.lower() == word and (after == "" or after in DELIMITERS + SPECIALS + '()/"+')

    def unexpected(self) -> SyntaxProblem:
        """The problem that names what stands here."""
        self.skip(" \t")
        rest = self.rest()
        if not rest:
            return SyntaxProblem()
        for operator in ("&&", "||", ">>", "&", "|", ">", "<", ")"):
            if rest.startswith(operator):
                return SyntaxProblem(operator)
        end = 0
        while end < len(rest) and rest[end] not in DELIMITERS + SPECIALS:
            end += 1
        return SyntaxProblem(rest[: max(end, 1)])

    # -- grammar ------------------------------------------------------------------------------

    def command(self) -> Node | None:
        self.skip()
        if self.peek() in ("", ")"):
            return None  # an unmatched parenthesis at the start of a line makes the rest a remark
        node = self.sequence()
        self.skip()
        if self.rest():
            raise self.unexpected()
        return node

    def sequence(self) -> Node:
        """``a & b``: the loosest operator."""
        parts = [self.alternative()]
        while self.peek() == "&" and self.peek(1) != "&":
            self.position += 1
            self.skip()
            if not self.peek() or (self.peek() == ")" and self.depth):
                break
            parts.append(self.alternative())
        return _fold("&", parts)

    def alternative(self) -> Node:
        parts = [self.conjunction()]
        while self.text.startswith("||", self.position):
            self.position += 2
            parts.append(self.conjunction())
        return _fold("||", parts)

    def conjunction(self) -> Node:
        parts = [self.pipeline()]
        while self.text.startswith("&&", self.position):
            self.position += 2
            parts.append(self.pipeline())
        return _fold("&&", parts)

    def pipeline(self) -> Node:
        parts = [self.primary()]
        while self.peek() == "|" and self.peek(1) != "|":
            self.position += 1
            parts.append(self.primary())
        return _fold("|", parts)

    def primary(self) -> Node:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise SyntaxProblem()
        try:
            return self.guarded_primary()
        finally:
            self.nesting -= 1

    def guarded_primary(self) -> Node:
        self.skip()
        if self.peek() == "@":
            self.position += 1
            self.skip()
            if not self.peek():
                return Quiet(Label(""))
            return Quiet(self.sequence())
        redirects: list[Redirect] = []
        while self.redirect_here(redirects, at_start=True):
            self.skip()
        if self.peek() == "(":
            return self.block(redirects)
        if not redirects and self.peek() == ":":
            label = self.rest()
            self.position = len(self.text)
            return Label(label)
        if self.at_word("if") and self.peek(2) != "+":
            return self.conditional(redirects)
        if self.at_word("for") and self.peek(3) != "+":
            return self.loop(redirects)
        if self.at_word("rem"):
            return self.remark(redirects)
        return self.simple(redirects)

    def simple(self, redirects: list[Redirect]) -> Node:
        pieces: list[str] = []
        quoted = False
        while True:
            character = self.peek()
            if character == "":
                break
            if character == '"':
                quoted = not quoted
            elif not quoted:
                if character == "^":
                    pieces.append(self.escaped())
                    continue
                if character == ")" and self.depth:
                    break
                if self.redirect_here(redirects, at_start=not pieces or pieces[-1] in tuple(DELIMITERS)):
                    continue
                if character in SPECIALS:
                    break
            pieces.append(character)
            self.position += 1
        text = "".join(pieces)
        if not text.strip(DELIMITERS):
            if not redirects:
                raise self.unexpected()
            text = ""
        return Simple(text, tuple(redirects))

    def remark(self, redirects: list[Redirect]) -> Node:
        """REM swallows the rest of the line unless an operator follows it at once."""
        start = self.position
        self.position += 3
        self.skip(" \t")
        if self.peek() not in ("&", "|", ""):
            self.position = len(self.text)
        return Simple(self.text[start : self.position], tuple(redirects))

    def redirect_here(self, redirects: list[Redirect], at_start: bool) -> bool:
        """Read a redirection when one stands here; a digit belongs to it only at the start of a word."""
        handle: int | None = None
        ahead = 0
        if self.peek().isdecimal() and self.peek() in "0123456789" and at_start:
            handle = int(self.peek())
            ahead = 1
        sign = self.peek(ahead)
        if sign not in ("<", ">"):
            return False
        self.position += ahead + 1
        mode = sign
        if sign == ">" and self.peek() == ">":
            mode = ">>"
            self.position += 1
        if handle is None:
            handle = 0 if sign == "<" else 1
        if self.peek() == "&" and mode != ">>":
            self.position += 1
            self.skip(" \t")
            digit = self.peek()
            if not digit or digit not in "0123456789":
                raise self.unexpected()
            self.position += 1
            redirects.append(Redirect(handle, sign + "&", digit))
            return True
        self.skip()
        target = self.word(stop_at_parenthesis=self.depth > 0)
        if not target:
            raise self.unexpected()
        redirects.append(Redirect(handle, mode, target))
        return True

    def word(self, stop_at_parenthesis: bool, delimiters: str = DELIMITERS) -> str:
        """Characters up to a delimiter or an operator; quotes are kept, carets are not."""
        pieces: list[str] = []
        quoted = False
        while self.peek():
            character = self.peek()
            if character == '"':
                quoted = not quoted
            elif not quoted:
                if character == "^":
                    pieces.append(self.escaped())
                    continue
                if character in delimiters or character in SPECIALS or (character == ")" and stop_at_parenthesis):
                    break
            pieces.append(character)
            self.position += 1
        return "".join(pieces)

    def block(self, redirects: list[Redirect]) -> Node:
        self.position += 1
        self.depth += 1
        nodes: list[Node] = []
        while True:
            self.skip()
            if not self.peek():
                if not self.next_line():
                    raise Incomplete
                continue
            if self.peek() == ")":
                break
            if self.peek() == ":":
                self.position = len(self.text)  # labels inside a block are skipped
                continue
            nodes.append(self.sequence())
        if not nodes:
            raise SyntaxProblem(")")
        self.position += 1
        self.depth -= 1
        self.after_block(redirects)
        return Block(tuple(nodes), tuple(redirects))

    def after_block(self, redirects: list[Redirect]) -> None:
        self.skip()
        while self.redirect_here(redirects, at_start=True):
            self.skip()
        if self.peek() in ("", "&", "|", ")") or self.at_word("else"):
            return
        raise self.unexpected()

    def conditional(self, redirects: list[Redirect]) -> Node:
        self.position += 2
        condition = self.condition()
        self.skip()
        if not self.peek():
            raise SyntaxProblem()
        then = self.sequence()
        self.skip()
        otherwise: Node | None = None
        if self.at_word("else") and _ends_in_block(then):
            self.position += 4
            self.skip()
            if not self.peek():
                raise SyntaxProblem()
            otherwise = self.sequence()
        return If(condition, then, otherwise, tuple(redirects))

    def condition(self) -> Condition:
        negated = ignore_case = False
        while True:
            self.skip()
            if self.rest()[:2].lower() == "/i":
                self.position += 2
                ignore_case = True
            elif self.at_word("not"):
                self.position += 3
                negated = not negated
            else:
                break
        for kind in ("exist", "errorlevel", "defined", "cmdextversion"):
            if self.at_word(kind) and not self.rest()[len(kind) :].lstrip(" \t").startswith("=="):
                self.position += len(kind)
                return Condition(kind, self.operand(), negated=negated, ignore_case=ignore_case)
        left = self.operand()
        self.skip(" \t")
        if self.text.startswith("==", self.position):
            self.position += 2
            return Condition("==", left, self.operand(), negated, ignore_case)
        operator = self.rest()[:3].upper()
        if operator not in COMPARISONS:
            raise self.unexpected()
        self.position += 3
        return Condition(operator, left, self.operand(), negated, ignore_case)

    def operand(self) -> str:
        self.skip()
        word = self.word(stop_at_parenthesis=self.depth > 0)
        if not word:
            raise self.unexpected()
        return word

    def loop(self, redirects: list[Redirect]) -> Node:
        self.position += 3
        kind = options = ""
        self.skip()
        while self.peek() == "/" and not kind:
            kind = self.peek(1).upper()
            if kind not in ("D", "R", "L", "F"):
                raise self.unexpected()
            self.position += 2
            self.skip()
            if kind in ("R", "F") and self.peek() not in ("%", "/"):
                options = self.word(stop_at_parenthesis=False)
                self.skip()
            if kind == "D" and self.rest()[:2].lower() == "/r" or kind == "R" and self.rest()[:2].lower() == "/d":
                self.position += 2
                kind = "DR"
                self.skip()
                if self.peek() != "%":
                    options = options or self.word(stop_at_parenthesis=False)
        self.skip()
        variable = self.word(stop_at_parenthesis=False)
        if len(variable) != 2 or variable[0] != "%":
            self.position -= len(variable)
            raise self.unexpected()
        self.skip()
        if not self.at_word("in"):
            raise self.unexpected()
        self.position += 2
        self.skip()
        if self.peek() != "(":
            raise self.unexpected()
        items = self.item_list()
        self.skip()
        if not self.at_word("do"):
            raise self.unexpected()
        self.position += 2
        self.skip()
        if not self.peek():
            raise SyntaxProblem()
        body = self.sequence()
        return For(kind, variable[1], items, body, options, tuple(redirects))

    def item_list(self) -> str:
        """The text between the parentheses of FOR; it may span lines, which then count as blanks."""
        self.position += 1
        pieces: list[str] = []
        quoted = False
        while True:
            character = self.peek()
            if character == "":
                if not self.next_line():
                    raise Incomplete
                pieces.append(" ")
                quoted = False
                continue
            if character == '"':
                quoted = not quoted
            elif not quoted and character == "^":
                pieces.append(self.escaped())
                continue
            elif not quoted and character == ")":
                self.position += 1
                return "".join(pieces)
            elif not quoted and character in SPECIALS:
                raise self.unexpected()
            pieces.append(character)
            self.position += 1


def _fold(operator: str, parts: list[Node]) -> Node:
    """Join to the right, the way cmd.exe nests its own tree."""
    node = parts[-1]
    for left in reversed(parts[:-1]):
        node = Chain(operator, left, node)
    return node


def _ends_in_block(node: Node) -> bool:
    if isinstance(node, Block):
        return True
    if isinstance(node, Chain):
        return _ends_in_block(node.right)
    if isinstance(node, Quiet):
        return _ends_in_block(node.node)
    return isinstance(node, If | For)
