# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Registration files, as ``reg import`` of NT 6.0 reads them (private to this collection).

The encoding is UTF-16LE with a byte order mark and CRLF: anything else is read as "REGEDIT4" in the machine's own ANSI
code page. Order is kept: an import works from top to bottom, and some changes are only safe in one order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from .values import HEX_TYPES, WITHHELD, BadValue, Value

HEADER = "Windows Registry Editor Version 5.00"
# The number in hex(n): is the type's own number; BINARY has a form without one.
_HEX_PREFIX = {
    "REG_NONE": "hex(0):",
    "REG_SZ": "hex(1):",
    "REG_EXPAND_SZ": "hex(2):",
    "REG_BINARY": "hex:",
    "REG_DWORD_BIG_ENDIAN": "hex(5):",
    "REG_LINK": "hex(6):",
    "REG_MULTI_SZ": "hex(7):",
    "REG_RESOURCE_LIST": "hex(8):",
    "REG_FULL_RESOURCE_DESCRIPTOR": "hex(9):",
    "REG_RESOURCE_REQUIREMENTS_LIST": "hex(a):",
    "REG_QWORD": "hex(b):",
}
_LINE = 78


@dataclass(frozen=True)
class Edit:
    """Set one value, or remove it when `value` is None. An unnamed value has the name ""."""

    key: str
    name: str
    value: Value | None


def render(edits: Iterable[Edit]) -> bytes:
    """Return the file that does `edits` in this order; `BadValue` for what a registration file cannot say."""
    lines = [HEADER, ""]
    current = ""
    for edit in edits:
        if edit.key != current:
            current = edit.key
            lines += ([] if lines[-1] == "" else [""]) + [f"[{_long_hive(_one_line(current))}]"]
        lines += _assignment(edit)
    return b"\xff\xfe" + "".join(line + "\r\n" for line in [*lines, ""]).encode("utf-16-le", "surrogatepass")


def _assignment(edit: Edit) -> list[str]:
    name = "@" if edit.name == "" else f'"{_quoted(_one_line(edit.name))}"'
    value = edit.value
    if value is None:
        return [f"{name}=-"]
    if value.data == WITHHELD:
        raise BadValue(f"{edit.key} {edit.name} held a secret that was not read, so it cannot be written")
    if value.type == "REG_DWORD" and isinstance(value.data, int):
        return [f"{name}=dword:{value.data:08x}"]
    if value.type == "REG_SZ" and isinstance(value.data, str) and value.data.isprintable():
        return [f'{name}="{_quoted(value.data)}"']
    if value.type not in _HEX_PREFIX:
        raise BadValue(f"a registration file cannot set {edit.key} {edit.name}: it has no form for {value.type}")
    return _wrapped(f"{name}={_HEX_PREFIX[value.type]}", raw(value))


def raw(value: Value) -> bytes:
    """Return the bytes that the registry stores for a value."""
    if isinstance(value.data, int):
        order: Literal["big", "little"] = "big" if value.type == "REG_DWORD_BIG_ENDIAN" else "little"
        return value.data.to_bytes(8 if value.type == "REG_QWORD" else 4, order)
    if isinstance(value.data, tuple):
        return _utf16("".join(one + "\0" for one in value.data) + "\0")
    if value.type in HEX_TYPES:
        return bytes.fromhex(value.data)
    # A symbolic link is the one text that is stored without its end.
    return _utf16(value.data if value.type == "REG_LINK" else value.data + "\0")


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def _wrapped(start: str, data: bytes) -> list[str]:
    """Break a long value as regedit does: a backslash at the end of a line, two blanks at the head of the next."""
    lines: list[str] = []
    line = start
    for index, byte in enumerate(data):
        piece = f"{byte:02x}" + ("," if index < len(data) - 1 else "")
        if len(line) + len(piece) > _LINE:
            lines.append(line + "\\")
            line = "  "
        line += piece
    return [*lines, line]


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _one_line(text: str) -> str:
    if any(character in text for character in "\r\n\0"):
        raise BadValue(f"a registration file cannot name {text!r}: it holds a line break or a NUL")
    return text


def _long_hive(key: str) -> str:
    hive, _separator, rest = key.partition("\\")
    return "\\".join(filter(None, (HIVES.get(hive.upper(), hive), rest)))


HIVES = {"HKLM": "HKEY_LOCAL_MACHINE", "HKU": "HKEY_USERS", "HKCU": "HKEY_CURRENT_USER", "HKCR": "HKEY_CLASSES_ROOT"}
