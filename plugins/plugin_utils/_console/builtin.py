# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`dir /b`, `if exist` and `ver`: the small answers of cmd.exe itself (private to this collection)."""

from __future__ import annotations

import re

from .command import quote
from .text import ConsoleError, UnknownLine, content

_VERSION_IN_BRACKETS = re.compile(r"\[[^\]\r\n\d]{2,}((?:[3-6]|10)\.[0-4]\.\d{4,5})(?:\.\d+)?\]")
_FORBIDDEN = set('<>:"|?*\\/')


def folders(directory: str) -> str:
    """Return the line that lists the folders of a directory by name. `directory` may start with ``%windir%``."""
    return f"dir /b /ad {_path(directory)} 2>&1"


def names(pattern: str) -> str:
    """Return the line that lists files and folders by name. `pattern` may start with ``%windir%``."""
    return f"dir /b {_path(pattern)} 2>&1"


def count(text: str, path: str) -> str:
    """Return the line that counts the lines of a file that hold `text`, in capitals and small letters as given."""
    return f'find /c "{quote(text).strip(chr(34))}" {_path(path)} 2>&1'


def parse_count(text: str) -> int:
    """Read the answer of `count`: its only line ends in the number, after the file's name in any spelling."""
    lines = content(text)
    match = re.search(r": (\d+)$", lines[-1].rstrip()) if len(lines) == 1 else None
    if match is None:
        raise UnknownLine("find /c", " / ".join(lines)[:160])
    return int(match[1])


def exists(path: str) -> str:
    """Return the line that answers ``yes`` or ``no``. `path` may start with ``%windir%``."""
    return f"(if exist {_path(path)} (echo yes) else (echo no))"


def parse_names(text: str) -> list[str]:
    """Read bare names. Raises `UnknownLine` for a line that cannot be a file name, such as an error message."""
    names = content(text)
    for name in names:
        if _FORBIDDEN & set(name) or name != name.strip():
            raise UnknownLine("dir /b", name)
    return names


def parse_yes_no(text: str) -> bool:
    """Read the answer of `exists`."""
    lines = content(text)
    if lines not in (["yes"], ["no"]):
        raise UnknownLine("if exist", " / ".join(lines))
    return lines == ["yes"]


def parse_versions(text: str) -> set[str]:
    """Return every ``x.y.build`` that ``ver`` or a cmd.exe banner says, in any language."""
    return set(_VERSION_IN_BRACKETS.findall(text))


def _path(path: str) -> str:
    """Quote a path that may start with the one variable that every machine has and nobody can fill with surprises."""
    prefix, rest = ("%windir%", path[8:]) if path.lower().startswith("%windir%") else ("", path)
    if not rest:
        raise ConsoleError("a path below the Windows folder is needed")
    return f'"{prefix}{quote(rest).strip(chr(34))}"'
