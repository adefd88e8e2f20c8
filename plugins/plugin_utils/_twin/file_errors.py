# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes wrong with files, and paths taken apart (private to this collection): the words of the twin's volume."""

from __future__ import annotations

import functools


class FileError(Exception):
    """A file operation that Windows would refuse; `code` is the win32 error number, `path` what it was about."""

    code = 0

    def __init__(self, path: str) -> None:
        super().__init__(f"{type(self).__name__}: {path}")
        self.path = path


class NotFound(FileError):
    """ERROR_FILE_NOT_FOUND; for a missing folder on the way the code is 3, ERROR_PATH_NOT_FOUND."""

    def __init__(self, path: str, code: int = 2) -> None:
        super().__init__(path)
        self.code = code


class Denied(FileError):
    """ERROR_ACCESS_DENIED."""

    code = 5


class DiskFull(FileError):
    """ERROR_DISK_FULL."""

    code = 112


class Exists(FileError):
    """ERROR_ALREADY_EXISTS (183), or ERROR_DIR_NOT_EMPTY (145) for a folder that is not empty."""

    def __init__(self, path: str, code: int = 183) -> None:
        super().__init__(path)
        self.code = code


class NotAFolder(FileError):
    """ERROR_DIRECTORY: what `rmdir` says of a file."""

    code = 267


class BadName(FileError):
    """ERROR_INVALID_NAME."""

    code = 123


def split_path(path: str) -> list[str]:
    """Return drive and names of an absolute path, dots resolved; raises `BadName` for what is no such path."""
    return list(_split(path))


@functools.lru_cache(maxsize=4096)  # a machine is asked for the same few hundred paths all day
def _split(path: str) -> tuple[str, ...]:
    text = path.strip().strip('"').replace("/", "\\")
    text = text.removeprefix("\\\\?\\")
    if text.startswith("\\\\"):
        raise NotFound(path, 53)  # ERROR_BAD_NETPATH: nothing is written beyond this volume
    if len(text) < 2 or text[1] != ":":
        raise BadName(path)
    names: list[str] = []
    for name in text[2:].split("\\"):
        if name in ("", "."):
            continue
        if name == "..":
            names = names[:-1]
            continue
        if any(character in '<>|?*":' or ord(character) < 32 for character in name):
            raise BadName(path)
        names.append(name.rstrip(" .") or name)
    return (text[0].upper() + ":", *names)


def is_remote(path: str) -> bool:
    """Say whether a path is on a share of another computer."""
    text = path.strip().strip('"').replace("/", "\\")
    return text.startswith("\\\\") and not text.startswith("\\\\?\\")
