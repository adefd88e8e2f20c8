# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""[Registry Keys] and [File Security] of the twin's secedit.exe (private to this collection).

A line is ``"object",mode,"SDDL"``. Mode 0 sets the list and lets Windows pass on what is inheritable, 1 replaces the
lists below as well, 2 leaves the object alone ([MS-GPSB] 2.2.7 and 2.2.8). Inherited entries in the text are worked
out anew, whatever they say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .. import access
from ..files import FileError
from .secedit_inf import HIVES

if TYPE_CHECKING:
    from ..machine import Machine

_LINE = re.compile(r'"?([^",]+)"?\s*,\s*([0-9]+)\s*,\s*"([^"]*)"')
PROPAGATE, REPLACE, IGNORE = "0", "1", "2"


class Refused(Exception):
    """A line that cannot be applied; `code` is the win32 error number."""

    def __init__(self, code: int, name: str) -> None:
        super().__init__(name)
        self.code = code
        self.name = name


def _taken_apart(line: str) -> tuple[str, str, str]:
    match = _LINE.fullmatch(line.strip())
    if match is None or match[2] not in (PROPAGATE, REPLACE, IGNORE):
        raise Refused(87, line)
    try:
        access.parse(match[3])
    except access.BadDescriptor:
        raise Refused(1336, match[1]) from None  # ERROR_INVALID_ACL
    return match[1].rstrip("\\"), match[2], match[3]


def apply_key(machine: Machine, line: str) -> str:
    """Apply one line of [Registry Keys] and return the key; raises `Refused`."""
    name, mode, text = _taken_apart(line)
    root, _separator, rest = name.partition("\\")
    if root.upper() not in HIVES or not rest:
        raise Refused(87, name)
    path = f"{HIVES[root.upper()]}\\{rest}"
    registry = machine.registry
    if not registry.key_exists(path):
        raise Refused(2, name)
    if mode != IGNORE:
        access.set_key(registry, path, text)
    for below in _below(registry.walk(path)) if mode == REPLACE else ():
        registry.set_acl(below, None)
    return name


def apply_file(machine: Machine, line: str) -> str:
    """Apply one line of [File Security] and return the path; raises `Refused`."""
    name, mode, text = _taken_apart(line)
    path = machine.expand_system(name)
    if not machine.files.exists(path):
        raise Refused(2, name)
    try:
        if mode != IGNORE:
            wanted = access.parse(text).own()
            as_it_comes = wanted.entries == () and not wanted.protected
            machine.files.set_acl(path, None if as_it_comes else (access.kept(text),))
        if mode == REPLACE and machine.files.is_dir(path):
            for below in _below(machine.files.walk(path)):
                machine.files.set_acl(below, None)
    except FileError as error:
        raise Refused(error.code, name) from error
    return name


def _below(paths: Iterable[str]) -> list[str]:
    return list(paths)[1:]
