# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`whoami /groups`: what the token of this login may do (private to this collection).

Everything but SIDs is translated, and counting commas tells nothing: "Group used for deny only" has one in German and
in Russian. But every token holds Everyone, always enabled, so the words that end *its* attributes ("Enabled group") are
what this system calls enabled; and a token that UAC filtered has the label of medium integrity.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .text import UnknownLine, content, csv_fields

GROUPS = "whoami /groups /fo csv /nh 2>&1"
USER = "whoami /user /fo csv /nh 2>&1"
ADMINISTRATORS = "S-1-5-32-544"
_LABEL = "S-1-16-"
_HIGH = 12288
_SID = re.compile(r"^S-1(-\d+)+$")
_ALWAYS_ENABLED = ("S-1-1-0", "S-1-5-11", "S-1-5-15")
"""Everyone, Authenticated Users, This Organization: in a token these are never there to deny only."""
_TABLE_ROW = re.compile(r"^\S.*? +\S.*? +(?:(S-1(?:-\d+)+) +(\S.*)|(S-1-16-\d+))$")
_LIST_ROW = re.compile(r"^[^:]+: +(\S.*)$")
_MARKS = re.compile(r"[,\u060c\u3001\uff0c] *")


@dataclass(frozen=True)
class Token:
    """The enabled groups of a token. `integrity` is the number of its mandatory label, None where it has none."""

    sids: tuple[str, ...]
    administrator: bool
    integrity: int | None

    def as_dict(self) -> dict[str, object]:
        """Return the shape that a snapshot carries."""
        high = self.integrity is not None and self.integrity >= _HIGH
        return {"sids": list(self.sids), "administrator": self.administrator, "high_integrity": high}


def parse_groups(text: str) -> Token:
    """Read the CSV form, with or without its header line, the list form, or the table of ``/all`` and ``/groups``.

    Raises `UnknownLine` for a CSV row without a SID, and for a text without any group.
    """
    lines = content(text)
    quoted = any(line.startswith('"') for line in lines)
    rows = list(_csv_rows(lines)) if quoted else list(_table_rows(lines)) or list(_list_rows(lines))
    if not rows:
        raise UnknownLine("whoami", " / ".join(lines[:3]))
    labels = [int(sid.removeprefix(_LABEL).split("-")[0]) for sid, _attributes in rows if sid.startswith(_LABEL)]
    integrity = labels[-1] if labels else None
    word = _word_for_enabled(rows)
    groups = [(sid, attributes) for sid, attributes in rows if not sid.startswith(_LABEL)]
    enabled = tuple(sid for sid, attributes in groups if _is_enabled(sid, attributes, word, integrity))
    return Token(enabled, ADMINISTRATORS in enabled, integrity)


def _csv_rows(lines: list[str]) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines):
        fields = csv_fields(line)
        sid = next((field for field in fields if _SID.match(field)), None)
        if sid is not None:
            yield sid, fields[-1]
        elif number > 0 or len(fields) != 4:
            raise UnknownLine("whoami", line)


def _table_rows(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the group rows; the user's own row has nothing behind the SID, and privileges have no SID."""
    for line in lines:
        match = _TABLE_ROW.match(line)
        if match:
            yield match[1] or match[3], match[2] or ""


def _list_rows(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the groups of ``/fo list``: a SID line and, below it, the attributes; the user's own SID ends a record."""
    values = [match[1] if (match := _LIST_ROW.match(line)) else "" for line in lines]
    for number in range(2, len(values) - 1):
        if _SID.match(values[number]) and values[number - 1] and values[number - 2] and values[number + 1]:
            yield values[number], values[number + 1]


def _word_for_enabled(rows: list[tuple[str, str]]) -> str | None:
    """Return what this system writes last behind a group that is enabled and has nothing special; None: not shown."""
    for always in _ALWAYS_ENABLED:
        for sid, attributes in rows:
            if sid == always and len(_MARKS.split(attributes)) > 1:
                return _MARKS.split(attributes)[-1]
    return None


def _is_enabled(sid: str, attributes: str, word: str | None, integrity: int | None) -> bool:
    """Tell whether a group counts. Below high integrity nobody is an administrator, whatever the words say.

    Without a group to compare with, the label decides about Administrators (a filtered token never has the high one);
    without a label too, three attributes are more than any denial has.
    """
    if sid == ADMINISTRATORS and integrity is not None and (integrity < _HIGH or word is None):
        return integrity >= _HIGH
    marks = _MARKS.split(attributes)
    return word in marks if word is not None else len(marks) > 2


def parse_user(text: str) -> tuple[str, str]:
    """Read `whoami /user` in CSV form, with or without its header: the name as DOMAIN\\NAME, and the SID."""
    for line in content(text):
        fields = csv_fields(line)
        if len(fields) == 2 and _SID.match(fields[1]) and "\\" in fields[0]:
            return fields[0], fields[1]
    raise UnknownLine("whoami", " / ".join(content(text)[:3]))
