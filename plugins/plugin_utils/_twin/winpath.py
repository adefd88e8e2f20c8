# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Windows paths and wildcards as text (private to this collection); nothing here looks at a disk."""

from __future__ import annotations

import functools
import re

DEVICES = ("nul", "con", "aux", "prn", "com1", "com2", "com3", "com4", "lpt1", "lpt2", "lpt3")


def unquote(text: str) -> str:
    """The text without any quotation marks, as cmd.exe treats file arguments."""
    return text.replace('"', "")


def absolute(path: str, directory: str, drive_directories: dict[str, str] | None = None) -> str:
    """The full, normalised path: ``..`` resolved, slashes turned, no trailing backslash except for a root."""
    text = path.strip().replace("/", "\\")
    drive_directories = drive_directories or {}
    if text.startswith("\\\\"):
        return _collapse("\\\\" + text[2:].split("\\")[0], "\\".join(text[2:].split("\\")[1:]))
    if re.match(r"[A-Za-z]:", text):
        drive, rest = text[:2].upper(), text[2:]
        if rest.startswith("\\"):
            return _collapse(drive, rest)
        base = directory if directory[:2].upper() == drive else drive_directories.get(drive, drive + "\\")
        return _collapse(drive, base[2:] + "\\" + rest)
    drive = directory[:2]
    if text.startswith("\\"):
        return _collapse(drive, text)
    return _collapse(drive, directory[2:] + "\\" + text)


def _collapse(drive: str, rest: str) -> str:
    parts: list[str] = []
    for part in rest.split("\\"):
        if part in ("", "."):
            continue
        if part == "..":
            if parts:
                parts.pop()
            continue
        # The name layer drops trailing dots and blanks; a name of nothing else disappears.
        kept = part.rstrip(". ")
        if kept:
            parts.append(kept)
    return drive + "\\" + "\\".join(parts)


def split(path: str) -> tuple[str, str]:
    """Folder (no trailing backslash except for a root) and last name."""
    folder, _separator, name = path.rpartition("\\")
    if len(folder) == 2 and folder.endswith(":"):
        folder += "\\"
    return folder, name


def join(folder: str, name: str) -> str:
    """Folder and name put together."""
    return folder + name if folder.endswith("\\") else folder + "\\" + name


def extension(name: str) -> str:
    """The extension with its dot, or nothing."""
    dot = name.rfind(".")
    return name[dot:] if dot >= 0 else ""


def stem(name: str) -> str:
    """The name without its extension."""
    dot = name.rfind(".")
    return name[:dot] if dot >= 0 else name


def has_wildcard(text: str) -> bool:
    """Whether the text holds ``*`` or ``?``."""
    return "*" in text or "?" in text


@functools.lru_cache(maxsize=512)
def _pattern(mask: str) -> re.Pattern[str]:
    if mask in ("*", "*.*"):
        return re.compile(".*", re.DOTALL)
    out: list[str] = []
    body = mask[:-2] if mask.endswith(".*") and len(mask) > 2 else mask
    for character in body:
        if character == "*":
            if not out or out[-1] != ".*":
                out.append(".*")
        elif character == "?":
            out.append(".?" if set(body[body.index(character) :]) <= {"?", "."} else ".")
        else:
            out.append(re.escape(character))
    if mask.endswith(".*") and len(mask) > 2:
        out.append(r"(\..*)?")
    if mask.endswith(".") and len(mask) > 1:
        out.pop()
    return re.compile("".join(out), re.IGNORECASE | re.DOTALL)


def matches(name: str, mask: str) -> bool:
    """Whether a file name fits a wildcard mask; ``*.*`` fits every name."""
    return _pattern(mask).fullmatch(name) is not None
