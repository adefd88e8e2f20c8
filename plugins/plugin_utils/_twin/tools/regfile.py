# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The .reg file of version 5 as the twin's reg.exe writes and reads it (private to this collection).

`render` gives the text of a key and everything below it; `parse` gives the edits that a file asks for.
Like the real importer, `parse` passes over lines that it does not understand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..registry import TYPE_NUMBERS, Registry, RegValue

HEADER = "Windows Registry Editor Version 5.00"
HEADER4 = "REGEDIT4"
# regedit breaks a hex list after the byte with which a line reaches this many characters
_HEX_LINE = 76
_TYPE_NAMES = {number: name for name, number in TYPE_NUMBERS.items()}
_VALUE = re.compile(r'^(?:@|"(?P<name>(?:[^"\\]|\\.)*)")\s*=\s*(?P<data>.*)$', re.DOTALL)
_HEX = re.compile(r"^hex(?:\((?P<kind>[0-9a-fA-F]+)\))?:(?P<bytes>.*)$", re.DOTALL)


@dataclass(frozen=True)
class Edit:
    """One thing an import does: `value` None deletes the value `name`, `name` None creates or deletes the key."""

    key: str
    name: str | None = None
    value: RegValue | None = None
    delete: bool = False


class NotARegistryFile(ValueError):
    """The first line is no header that the importer knows."""


def to_bytes(value: RegValue) -> bytes:
    """The raw bytes that the registry holds for a value."""
    data = value.data
    if isinstance(data, bytes):
        return data
    if isinstance(data, int):
        order = "big" if value.type == "REG_DWORD_BIG_ENDIAN" else "little"
        return data.to_bytes(8 if value.type == "REG_QWORD" else 4, "big" if order == "big" else "little")
    if isinstance(data, list):
        return ("".join(item + "\0" for item in data) + "\0").encode("utf-16-le")
    return ((data or "") + "\0").encode("utf-16-le")


def from_bytes(kind: str, raw: bytes) -> RegValue:
    """A typed value from raw bytes; a number of the wrong length stays binary, as the registry would hold it."""
    if kind in ("REG_SZ", "REG_EXPAND_SZ", "REG_LINK"):
        return RegValue(kind, raw.decode("utf-16-le", "replace").split("\0")[0])
    if kind == "REG_MULTI_SZ":
        items = raw.decode("utf-16-le", "replace").split("\0")
        while items and not items[-1]:
            items.pop()
        return RegValue(kind, items)
    if kind == "REG_DWORD" and len(raw) == 4:
        return RegValue(kind, int.from_bytes(raw, "little"))
    if kind == "REG_DWORD_BIG_ENDIAN" and len(raw) == 4:
        return RegValue(kind, int.from_bytes(raw, "big"))
    if kind == "REG_QWORD" and len(raw) == 8:
        return RegValue(kind, int.from_bytes(raw, "little"))
    return RegValue("REG_NONE" if kind == "REG_NONE" else "REG_BINARY", raw)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def value_line(name: str, value: RegValue) -> str:
    """One value as the file spells it, hex lists broken over lines."""
    label = "@=" if not name else f'"{_escape(name)}"='
    if value.type == "REG_SZ" and isinstance(value.data, str):
        return f'{label}"{_escape(value.data)}"'
    if value.type == "REG_DWORD" and isinstance(value.data, int):
        return f"{label}dword:{value.data:08x}"
    number = TYPE_NUMBERS[value.type]
    line = label + ("hex:" if value.type == "REG_BINARY" else f"hex({number:x}):")
    raw = to_bytes(value)
    done: list[str] = []
    for index, byte in enumerate(raw):
        line += f"{byte:02x}" + ("," if index + 1 < len(raw) else "")
        if index + 1 < len(raw) and len(line) >= _HEX_LINE:
            done.append(line + "\\")
            line = "  "
    return "\r\n".join([*done, line])


def render(registry: Registry, real: str, shown: str) -> str:
    """The whole file for the key at `real`, called `shown` in it; subkeys follow their parent."""
    parts = [HEADER, ""]
    for suffix in _below(registry, real):
        parts.append(f"[{shown}{suffix}]")
        for name, value in sorted((registry.values(real + suffix) or {}).items(), key=lambda item: item[0] != ""):
            parts.append(value_line(name, value))
        parts.append("")
    return "\r\n".join([*parts, ""])


def _below(registry: Registry, real: str, suffix: str = "") -> Iterator[str]:
    yield suffix
    for child in registry.subkeys(real + suffix) or []:
        yield from _below(registry, real, f"{suffix}\\{child}")


def _logical_lines(text: str) -> Iterator[str]:
    held = ""
    quoted = False
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        stripped = line.strip() if not quoted else line
        if not held and stripped.startswith(";"):
            continue
        if held and not quoted:
            stripped = stripped.lstrip()
        if stripped.endswith("\\") and _HEX.match(_after_equals(held + stripped)):
            held += stripped[:-1]
            continue
        yield held + stripped
        held = ""
    if held:
        yield held


def _after_equals(line: str) -> str:
    found = _VALUE.match(line)
    return found["data"] if found else ""


def parse(text: str) -> list[Edit]:
    """The edits of a .reg file in order; raises `NotARegistryFile` when the header is not one."""
    body = text.lstrip("\ufeff")
    first, _separator, rest = body.partition("\n")
    if first.strip() not in (HEADER, HEADER4):
        raise NotARegistryFile(first.strip()[:60])
    narrow = first.strip() == HEADER4
    edits: list[Edit] = []
    key = ""
    for line in _logical_lines(rest):
        if line.startswith("[") and line.endswith("]"):
            inner = line[1:-1]
            delete = inner.startswith("-")
            key = "" if delete else inner
            edits.append(Edit(inner.lstrip("-"), delete=delete))
        elif key:
            edit = _value_edit(key, line, narrow)
            if edit:
                edits.append(edit)
    return edits


def _value_edit(key: str, line: str, narrow: bool) -> Edit | None:
    found = _VALUE.match(line)
    if not found:
        return None
    name = _unescape(found["name"] or "")
    data = found["data"].strip()
    if data == "-":
        return Edit(key, name, delete=True)
    value = _read_data(data, narrow)
    return Edit(key, name, value) if value else None


def _read_data(data: str, narrow: bool) -> RegValue | None:
    if data.startswith('"'):
        quoted = re.match(r'^"((?:[^"\\]|\\.)*)"', data, re.DOTALL)
        return RegValue("REG_SZ", _unescape(quoted[1])) if quoted else None
    lowered = data.casefold()
    if lowered.startswith("dword:"):
        digits = re.match(r"^[0-9a-f]{1,8}", lowered[6:].strip())
        return RegValue("REG_DWORD", int(digits[0], 16)) if digits else None
    listed = _HEX.match(lowered)
    if not listed:
        return None
    kind = _TYPE_NAMES.get(int(listed["kind"], 16)) if listed["kind"] else "REG_BINARY"
    digits_only = [part.strip() for part in listed["bytes"].split(",") if part.strip()]
    if kind is None or any(not re.fullmatch(r"[0-9a-f]{1,2}", part) for part in digits_only):
        return None
    raw = bytes(int(part, 16) for part in digits_only)
    if narrow and kind in ("REG_EXPAND_SZ", "REG_MULTI_SZ"):
        raw = raw.decode("cp1252", "replace").encode("utf-16-le")
    return from_bytes(kind, raw)
