# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`icacls /save` and `/restore`: access lists as SDDL, which no language changes (private to this collection).

A saved file is UTF-16LE, two lines for each object: its name below the folder that was named, and its list. NT 6.0
writes no byte order mark, so ``type`` passes the bytes on as they are and the NULs between them have to go here.
"""

from __future__ import annotations

import re

from .text import ConsoleError, content

_SDDL = re.compile(r"^D:[A-Z_]*(?:\([^()\s]+\))*(?:S:[A-Z]*(?:\([^()\s]+\))*)?$")
_SLASH = "\\"
_VARIABLE = re.compile(r"%(?:SystemRoot|SystemDrive|ProgramFiles|windir)%", re.IGNORECASE)


def save(path: str, file: str) -> str:
    """Return the line that prints the access list of one file or folder; nothing comes where it is not there."""
    bare = _VARIABLE.sub("", path)
    if re.search(r'["%!\r\n\0]', bare) or not path:
        raise ConsoleError(f"a line of cmd.exe cannot name the path {path!r}")
    # A backslash before the closing quote would be read as an escape; "C:\." is the same folder.
    named = path + "." if path.endswith("\\") else path
    return (
        f'(if exist "{file}" del "{file}") & if exist "{named}" (icacls "{named}" /save "{file}" >nul 2>&1 '
        f'& type "{file}" 2>&1 & del "{file}") else (echo no)'
    )


def parse_saved(text: str) -> str | None:
    """Return the list of the one object that was saved, None where there is no such object."""
    lines = content(text.replace("\0", "").removeprefix("\ufeff").removeprefix("ÿþ"))
    if lines == ["no"]:
        return None
    if len(lines) not in (1, 2) or not _SDDL.match(lines[-1]):  # the root of a drive may have no name
        raise ConsoleError(f"icacls /save wrote no access list: {' '.join(' '.join(lines).split())[:200] or 'nothing'}")
    return lines[-1]


def save_named(key: str, name: str, file: str, contents: bool = False, wide: bool = False) -> str:
    """Return the line that prints what a registry value names and its access list, or those of the files in it.

    reg.exe writes name, type and data apart by blanks, and the name may hold some: its words are counted. Nothing
    comes where the value is not there, or is not plain text. `wide` prints the name in UTF-16 like the lists, for an
    answer that goes to a file, which has one encoding.
    """
    if re.search(r'["%!^&|<>\r\n\0]', key + name):
        raise ConsoleError(f"a line of cmd.exe cannot name the registry value {key}\\{name}")
    wanted = "%b\\*" if contents else "%b"
    said = 'cmd /u /c "echo %b"' if wide else "echo %b"
    return (
        f'(for /f "tokens={len(name.split()) + 1}*" %a in (\'reg query "{key}" /v "{name}" 2^>nul\') do '
        f'@if "%a"=="REG_SZ" ({said}& (if exist "{file}" del "{file}") & icacls "{wanted}" /save "{file}" >nul 2>&1 '
        f'& type "{file}" 2>&1 & del "{file}"))'
    )


def parse_named(text: str, contents: bool = False) -> dict[str, str]:
    """Return path -> list for what a registry value names; nothing where there is no such value."""
    lines = content(text.replace("\0", "").removeprefix("\ufeff"))
    if not lines:
        return {}
    named, *saved = lines
    pairs = list(zip(saved[::2], saved[1::2], strict=False))
    alone = len(pairs) == 1 or contents
    if len(saved) % 2 or not pairs or not alone or not all(_SDDL.match(sddl) for _name, sddl in pairs):
        raise ConsoleError(f"icacls /save wrote no access lists of {named}: {' '.join(saved)[:200] or 'nothing'}")
    return {f"{named.rstrip(_SLASH)}\\{name}" if contents else named: sddl for name, sddl in pairs}
