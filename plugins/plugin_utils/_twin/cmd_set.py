# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``set /a``: 32-bit arithmetic of cmd.exe (private to this collection)."""

from __future__ import annotations

import re
from collections.abc import Callable

_TOKEN = re.compile(r"\s*(?:(<<=|>>=|<<|>>|[-+*/%&^|]=|[-+*/%&^|~!=(),])|([^\s\-+*/%&^|~!=(),<>]+)|(\S))")
_LEVELS = (("|",), ("^",), ("&",), ("<<", ">>"), ("+", "-"), ("*", "/", "%"))
_ASSIGNMENTS = ("=", "*=", "/=", "%=", "+=", "-=", "&=", "^=", "|=", "<<=", ">>=")
_MAX_DEPTH = 64


class ArithmeticProblem(Exception):
    """The expression is wrong: `message` is the id of the text cmd.exe prints, `code` its error level."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


def _missing_operand() -> ArithmeticProblem:
    return ArithmeticProblem("missing_operand", 1073750988)


def wrap(number: int) -> int:
    """The number as a signed 32-bit one."""
    return (number + 0x80000000) % 0x100000000 - 0x80000000


class _Evaluator:
    def __init__(self, text: str, get: Callable[[str], str | None], put: Callable[[str, str], None]) -> None:
        self.tokens = [(m[1] or "", m[2] or m[3] or "") for m in _TOKEN.finditer(text.rstrip())]
        self.position = 0
        self.get = get
        self.put = put
        self.depth = 0

    def operator(self, ahead: int = 0) -> str:
        index = self.position + ahead
        return self.tokens[index][0] if index < len(self.tokens) else ""

    def at_end(self) -> bool:
        return self.position >= len(self.tokens)

    def whole(self) -> int:
        if self.at_end():
            raise _missing_operand()
        value = self.assignment()
        while self.operator() == ",":
            self.position += 1
            value = self.assignment()
        if not self.at_end():
            if self.operator() == ")":
                raise ArithmeticProblem("unbalanced", 1073750990)
            raise ArithmeticProblem("missing_operator", 1073750989)
        return value

    def assignment(self) -> int:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise ArithmeticProblem("unbalanced", 1073750990)
        try:
            if not self.at_end() and self.tokens[self.position][1] and self.operator(1) in _ASSIGNMENTS:
                name = self.tokens[self.position][1]
                operator = self.operator(1)
                self.position += 2
                value = self.assignment()
                if operator != "=":
                    value = _apply(operator[:-1], self.variable(name), value)
                self.put(name, str(value))
                return value
            return self.binary(0)
        finally:
            self.depth -= 1

    def binary(self, level: int) -> int:
        if level == len(_LEVELS):
            return self.unary()
        value = self.binary(level + 1)
        while self.operator() in _LEVELS[level]:
            operator = self.operator()
            self.position += 1
            value = _apply(operator, value, self.binary(level + 1))
        return value

    def unary(self) -> int:
        signs: list[str] = []
        while self.operator() and self.operator() in "!~-+":
            signs.append(self.operator())
            self.position += 1
        value = self.atom()
        for sign in reversed(signs):
            value = {"!": int(not value), "~": ~value, "-": -value, "+": value}[sign]
        return wrap(value)

    def atom(self) -> int:
        if self.at_end():
            raise _missing_operand()
        operator, word = self.tokens[self.position]
        self.position += 1
        if operator == "(":
            value = self.assignment()
            while self.operator() == ",":
                self.position += 1
                value = self.assignment()
            if self.operator() != ")":
                raise ArithmeticProblem("unbalanced", 1073750990)
            self.position += 1
            return value
        if operator:
            raise _missing_operand()
        if word[0].isdecimal():
            return number(word)
        return self.variable(word)

    def variable(self, name: str) -> int:
        return leading_number(self.get(name) or "")


def number(word: str) -> int:
    """A numeric constant: decimal, 0x hexadecimal or 0 octal; raises `ArithmeticProblem`."""
    try:
        if word[:2].lower() == "0x":
            value = int(word[2:], 16)
        elif word.startswith("0") and len(word) > 1:
            value = int(word, 8)
        else:
            value = int(word, 10)
    except ValueError:
        raise ArithmeticProblem("invalid_number", 1073750991) from None
    if "_" in word or not word.isascii():
        raise ArithmeticProblem("invalid_number", 1073750991)
    if value > 0x7FFFFFFF:
        raise ArithmeticProblem("number_too_big", 1073750992)
    return value


def leading_number(text: str) -> int:
    """The number a text begins with, 0 when there is none: how a variable's value counts."""
    match = re.match(r"\s*([+-]?)\s*(0[xX][0-9a-fA-F]+|[0-9]+)", text)
    if not match:
        return 0
    digits = match[2]
    if digits[:2].lower() == "0x":
        value = int(digits[2:], 16)
    elif digits.startswith("0"):
        value = int(re.sub("[89].*", "", digits) or "0", 8)
    else:
        value = int(digits)
    return wrap(-value if match[1] == "-" else value)


def _apply(operator: str, left: int, right: int) -> int:
    if operator in ("/", "%"):
        if right == 0:
            raise ArithmeticProblem("divide_by_zero", 1073750993)
        quotient = abs(left) // abs(right)
        quotient = quotient if (left < 0) == (right < 0) else -quotient
        return wrap(quotient if operator == "/" else left - quotient * right)
    if operator in ("<<", ">>"):
        if not 0 <= right < 32:
            return 0 if operator == "<<" or left >= 0 else -1
        return wrap(left << right if operator == "<<" else left >> right)
    return wrap(
        {
            "+": lambda: left + right,
            "-": lambda: left - right,
            "*": lambda: left * right,
            "&": lambda: left & right,
            "^": lambda: left ^ right,
            "|": lambda: left | right,
        }[operator]()
    )


def evaluate(text: str, get: Callable[[str], str | None], put: Callable[[str, str], None]) -> int:
    """Value of an expression list; assignments go through `put`. Raises `ArithmeticProblem`."""
    return _Evaluator(text, get, put).whole()
