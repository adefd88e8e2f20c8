# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""As much VBScript as a script for ADSI needs, run by the twin's cscript.exe (private to this collection).

Statements: ``Set name = GetObject(text)``, ``name.Method text``, ``On Error Resume Next``, ``If ... Then`` to
``End If``, ``WScript.Echo``, ``WScript.Quit``. Expressions: texts, numbers (``&H80070561`` is negative), ``&``, ``=``,
``<>``, ``And``, ``WScript.Arguments(n)``, ``Err.Number``, ``Err.Description``. The objects are groups of the provider
WinNT (IADsGroup::Add, ::Remove): ``WinNT://./name,group``; members are ``WinNT://domain/name`` or ``WinNT://SID``.
A number ends the script as its exit code; an error that nobody catches ends it with 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..accounts import ADMINISTRATORS
from .common import elevated, signed
from .texts import win32

if TYPE_CHECKING:
    from ..process import Process

Value = str | int | bool
_TOKEN = re.compile(r'\s*("(?:[^"]|"")*"|&H[0-9A-Fa-f]+|\d+|<>|[&=(),]|[A-Za-z_][\w.]*)')
_SET = re.compile(r"set (\w+) = getobject\((.*)\)$", re.IGNORECASE)
_CALL = re.compile(r"(\w+)\.(\w+)(?: (.*))?$")
_IF = re.compile(r"if (.*) then$", re.IGNORECASE)
_GROUP = re.compile(r"winnt://(?:\./)?([^/,]+),group$", re.IGNORECASE)
_SID = re.compile(r"s-1(-\d+)+$", re.IGNORECASE)
# NERR_GroupNotFound, and what ADSI makes of codes of Windows
NO_GROUP, NO_OBJECT, BAD_SYNTAX = 0x800708AC, 424, 1002


class ScriptError(Exception):
    """A statement failed; `number` is Err.Number."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(text)
        self.number = signed(number)


class Quit(Exception):
    """The script ends with this exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


@dataclass
class Script:
    """A script while it runs."""

    process: Process
    arguments: Sequence[str]
    objects: dict[str, str] = field(default_factory=dict)  # variable -> SID of a group
    resume: bool = False
    number: int = 0
    description: str = ""

    def run(self, text: str) -> int:
        """Run all of it and return the exit code."""
        try:
            self._block([line.strip() for line in text.splitlines()])
        except Quit as quit_:
            return quit_.code
        except ScriptError as error:
            self.process.say(f"{error} ({error.number & 0xFFFFFFFF:08X})")
            return 1
        return 0

    def _block(self, lines: Sequence[str]) -> None:
        skipping = 0
        for line in lines:
            condition = _IF.match(line)
            if line.casefold() == "end if":
                skipping = max(0, skipping - 1)
            elif condition and (skipping or not self._evaluate(condition[1])):
                skipping += 1
            elif not skipping and not condition and line and not line.startswith("'"):
                self._try(line)

    def _try(self, line: str) -> None:
        try:
            self._statement(line)
        except ScriptError as error:
            if not self.resume:
                raise
            self.number, self.description = error.number, str(error)

    def _statement(self, line: str) -> None:
        if line.casefold() == "on error resume next":
            self.resume = True
            return
        bound, called = _SET.match(line), _CALL.match(line)
        if bound:
            self.objects[bound[1].casefold()] = self._group(str(self._evaluate(bound[2])))
            return
        if called is None:
            raise ScriptError(BAD_SYNTAX, f"Syntax error: {line}")
        name, method = called[1].casefold(), called[2].casefold()
        value = self._evaluate(called[3] or '""')
        if name == "wscript" and method == "echo":
            self.process.say(str(value))
        elif name == "wscript" and method == "quit":
            raise Quit(int(value))
        elif name in self.objects and method in ("add", "remove"):
            self._change(self.objects[name], str(value), method == "add")
        else:
            raise ScriptError(NO_OBJECT, f"Object required: '{called[1]}'")

    # -- expressions -------------------------------------------------------------------------------------------

    def _evaluate(self, text: str) -> Value:
        tokens = list(_tokens(text))
        value = self._and(tokens)
        if tokens:
            raise ScriptError(BAD_SYNTAX, f"Syntax error: {text}")
        return value

    def _and(self, tokens: list[str]) -> Value:
        value = self._compared(tokens)
        while tokens and tokens[0].casefold() == "and":
            tokens.pop(0)
            other = self._compared(tokens)
            value = bool(value) and bool(other)
        return value

    def _compared(self, tokens: list[str]) -> Value:
        value = self._joined(tokens)
        if tokens and tokens[0] in ("=", "<>"):
            same = tokens.pop(0) == "="
            return (value == self._joined(tokens)) is same
        return value

    def _joined(self, tokens: list[str]) -> Value:
        value = self._atom(tokens)
        while tokens and tokens[0] == "&":
            tokens.pop(0)
            value = f"{value}{self._atom(tokens)}"
        return value

    def _atom(self, tokens: list[str]) -> Value:
        token = tokens.pop(0) if tokens else ""
        folded = token.casefold()
        if token.startswith('"'):
            return token[1:-1].replace('""', '"')
        if folded.startswith("&h"):
            return signed(int(token[2:], 16))
        if token.isdecimal():
            return int(token)
        if folded == "err.number":
            return self.number
        if folded == "err.description":
            return self.description
        if folded == "wscript.arguments" and len(tokens) >= 3 and (tokens[0], tokens[2]) == ("(", ")"):
            number = int(tokens[1])
            del tokens[:3]
            if number >= len(self.arguments):
                raise ScriptError(9, "Subscript out of range")
            return self.arguments[number]
        raise ScriptError(BAD_SYNTAX, f"Syntax error: {token or 'nothing'}")

    # -- groups of the provider WinNT --------------------------------------------------------------------------

    def _group(self, path: str) -> str:
        match = _GROUP.match(path)
        accounts = self.process.machine.accounts
        for sid in (*accounts.members, *accounts.local_groups) if match else ():
            found = accounts.lookup(sid)
            if match and found and found[1].casefold() == match[1].casefold():
                return sid
        raise ScriptError(NO_GROUP, "The group name could not be found.")

    def _change(self, group: str, path: str, add: bool) -> None:
        accounts = self.process.machine.accounts
        bare = path[len("WinNT://") :] if path.casefold().startswith("winnt://") else ""
        member = bare.upper() if _SID.match(bare) else accounts.resolve(bare.replace("/", "\\")) if bare else None
        members = accounts.members.setdefault(group, [])
        if not elevated(self.process):
            self._fail(5)
        if member is None:
            self._fail(1332)
        elif add and member in members:
            self._fail(1378)
        elif not add and member not in members:
            self._fail(1377)
        elif not add and group == ADMINISTRATORS and member == accounts.sid_of(accounts.administrator()):
            self._fail(1371)  # the built-in Administrator cannot leave them ("Local accounts")
        elif add:
            members.append(member)
        else:
            members.remove(member)

    def _fail(self, code: int) -> None:
        raise ScriptError(0x80070000 | code, win32(self.process, code))


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ScriptError(BAD_SYNTAX, f"Syntax error: {text[at:]}")
        yield match[1]
        at = match.end()
