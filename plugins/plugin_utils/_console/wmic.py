# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""wmic: WMI for the doors that have no WS-Man (private to this collection).

``/value`` writes ``Name=Value`` lines, records apart by blank lines, in UTF-16 into a file and in the OEM code
page through a pipe (there with CR CR LF). The table form (`wmic qfe`) has fixed columns whose starts are the
starts of the header words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .text import ConsoleError, UnknownLine, content, is_prompt, split_lines

Row = dict[str, "str | list[str] | None"]
_PROPERTY = re.compile(r"^([A-Za-z_][A-Za-z0-9_]*)=(.*)$")
_HOTFIX_ID = re.compile(
    r"^(?:KB\d{4,8}(?:-?v\d+)?|\{[0-9A-Fa-f-]{36}\}(?:\.KB\d{4,8}(?:v\d+)?)?|[A-Z]\d{6,7}|\d{4,8}|File \d+)$",
    re.IGNORECASE,
)


def get(class_name: str, properties: Iterable[str], where: str | None = None) -> str:
    """Return the line that reads properties of all instances, or of those that `where` (WQL) selects.

    The condition uses apostrophes for text, because cmd.exe has only one kind of quote. wmic reads its standard
    input when that is not a console and then never ends; ``<nul`` stops that.
    """
    if where is not None and set(where) & set('"%!&|<>^\r\n\0'):
        raise ConsoleError(f"wmic cannot be asked this through cmd.exe: {where[:120]!r}")
    condition = f' where "{where}"' if where is not None else ""
    return f"wmic path {class_name}{condition} get {','.join(properties)} /value <nul 2>&1"


def parse_values(text: str) -> list[Row]:
    """Read ``/value`` or ``list full`` output: one row a record, empty values as None, ``{"a","b"}`` as a list.

    Records are apart by blank lines, and by a property that comes again. Raises `UnknownLine` otherwise.
    """
    rows: list[Row] = []
    row: Row = {}
    for raw in split_lines(text):
        line = raw.strip(" \t\r")
        if is_prompt(line):
            continue
        match = _PROPERTY.match(line)
        if match is None:
            if line:
                raise UnknownLine("wmic", line)
            row = _close(rows, row)
            continue
        if match[1] in row:
            row = _close(rows, row)
        row[match[1]] = _value(match[2])
    _close(rows, row)
    return rows


def parse_table(text: str) -> list[dict[str, str]]:
    """Read the fixed-width table form by the positions of its header words, which are property names."""
    lines = [line for line in split_lines(text) if line.strip(" \t") and not is_prompt(line)]
    if not lines:
        return []
    starts = [(match.start(), match[0]) for match in re.finditer(r"[A-Za-z_][A-Za-z0-9_]*", lines[0])]
    if not starts or re.search(r"[^A-Za-z0-9_ ]", lines[0]):
        raise UnknownLine("wmic", lines[0])
    ends = [start for start, _name in starts[1:]] + [None]
    return [
        {name: line[start:end].strip(" \t") for (start, name), end in zip(starts, ends, strict=True)}
        for line in lines[1:]
    ]


def parse_hotfixes(text: str) -> list[str]:
    """Read update ids from any of wmic's forms: ``/value``, csv, the table, or the single column ``get hotfixid``.

    Ids stay as they are written: ``KB955430``, ``{GUID}``, ``943729``, ``File 1``, and whatever else is one word with
    a digit. A record without an id (Windows' own litter) has none. Raises `UnknownLine` for anything else.
    """
    lines = content(text)
    if any(_PROPERTY.match(line) for line in lines):
        ids = [row.get("HotFixID") for row in parse_values(text)]
    elif lines and "," in lines[0]:
        ids = [row.get("HotFixID") for row in _csv_rows(lines)]
    else:
        ids = [row.get("HotFixID") for row in parse_table(text)]
    for identifier in ids:
        if identifier and (not isinstance(identifier, str) or not _is_any_id(identifier)):
            raise UnknownLine("wmic qfe", str(identifier))
    return [str(identifier) for identifier in ids if identifier]


def _is_any_id(text: str) -> bool:
    return is_hotfix_id(text) or re.fullmatch(r"(?=\S*\d)\S{4,64}", text) is not None


def _csv_rows(lines: list[str]) -> list[dict[str, str]]:
    """Read ``/format:csv``. wmic writes no quotes, so a value with a comma in it makes a row that cannot be read."""
    names, *rows = [line.split(",") for line in lines]
    broken = next((row for row in rows if len(row) != len(names)), None)
    if broken is not None:
        raise UnknownLine("wmic", ",".join(broken))
    return [dict(zip(names, row, strict=True)) for row in rows]


def is_hotfix_id(text: str) -> bool:
    """Tell whether text has a form in which NT 6.0 names an update."""
    return _HOTFIX_ID.match(text) is not None


def _close(rows: list[Row], row: Row) -> Row:
    if row:
        rows.append(row)
    return {}


def _value(printed: str) -> str | list[str] | None:
    if printed.startswith("{") and printed.endswith("}") and not _HOTFIX_ID.match(printed):
        inner = printed[1:-1]
        return [part.strip().strip('"') for part in inner.split(",")] if inner else []
    return printed or None
