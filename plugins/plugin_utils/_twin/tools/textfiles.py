# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the filters among the console tools read files and lines (private to this collection)."""

from __future__ import annotations

from collections.abc import Iterator

from ..files import FileError
from ..process import Process
from ..winpath import absolute, has_wildcard, join, matches, split, unquote


def full(process: Process, path: str) -> str:
    """The absolute path of an argument."""
    return absolute(unquote(path), process.directory)


def typed_folder(pattern: str) -> str:
    """The folder part of an argument as it was typed, with its last separator."""
    text = unquote(pattern).replace("/", "\\")
    return text[: max(text.rfind("\\"), text.rfind(":")) + 1]


def expand(process: Process, pattern: str, recursive: bool = False, folders: bool = False) -> list[tuple[str, str]]:
    """Pairs of (name as it is shown, full path) of the files that an argument means; empty when there is none."""
    files = process.machine.files
    path = full(process, pattern)
    if not has_wildcard(pattern) and not recursive:
        here = files.exists(path) and (folders or not files.is_dir(path))
        return [(unquote(pattern), path)] if here else []
    folder, mask = split(path)
    return list(_walk(process, folder, mask, typed_folder(pattern), recursive, folders))


def _walk(
    process: Process, folder: str, mask: str, shown: str, recursive: bool, folders: bool
) -> Iterator[tuple[str, str]]:
    try:
        entries = process.machine.files.list_dir(folder)
    except FileError:
        return
    for entry in entries:
        if (folders or not entry.is_dir) and matches(entry.name, mask):
            yield shown + entry.name, join(folder, entry.name)
    if recursive:
        for entry in entries:
            if entry.is_dir:
                yield from _walk(process, join(folder, entry.name), mask, shown + entry.name + "\\", True, folders)


def decode(process: Process, data: bytes) -> str:
    """Console text of bytes; what the code page lacks survives a round trip through `encode`."""
    return data.decode(process.codepage, "surrogateescape")


def encode(process: Process, text: str) -> bytes:
    """The bytes of console text."""
    return text.encode(process.codepage, "surrogateescape" if _round_trip(text) else "replace")


def _round_trip(text: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in text)


def lines_of(data: bytes) -> list[bytes]:
    """Lines without their line ends; a last line without one counts."""
    lines = data.split(b"\n")
    if lines and lines[-1] == b"":
        lines.pop()
    return [line[:-1] if line.endswith(b"\r") else line for line in lines]


def missing(process: Process, path: str) -> int:
    """The win32 error of a file that is not there: 2, or 3 when its folder is missing too."""
    return 2 if process.machine.files.is_dir(split(full(process, path))[0]) else 3
