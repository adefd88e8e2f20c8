# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`whoami /groups`: what the token of this login may do (private to this collection).

Everything but SIDs is translated. A group that only denies has exactly one attribute ("Group used for deny
only"), an enabled one has several, separated by commas in every language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .text import UnknownLine, content, csv_fields

GROUPS = "whoami /groups /fo csv /nh 2>&1"
ADMINISTRATORS = "S-1-5-32-544"
_LABEL = "S-1-16-"
_HIGH = 12288
_SID = re.compile(r"^S-1(-\d+)+$")
_TABLE_ROW = re.compile(r"^(\S.*?) +(\S.*?) +(S-1(?:-\d+)+) +(\S.*)$")


@dataclass(frozen=True)
class Token:
    """The groups of a token. `integrity` is the number of its mandatory label, None where it has none."""

    sids: tuple[str, ...]
    administrator: bool
    integrity: int | None

    def as_dict(self) -> dict[str, object]:
        """Return the shape that a snapshot carries."""
        high = self.integrity is not None and self.integrity >= _HIGH
        return {"sids": list(self.sids), "administrator": self.administrator, "high_integrity": high}


def parse_groups(text: str) -> Token:
    """Read the CSV form, with or without its header line, or the table of ``whoami /all`` and ``/groups``.

    Raises `UnknownLine` for a CSV row without a SID, and for a text without any group.
    """
    lines = content(text)
    rows = list(_csv_rows(lines)) if any(line.startswith('"') for line in lines) else list(_table_rows(lines))
    if not rows:
        raise UnknownLine("whoami", " / ".join(lines[:3]))
    labels = [int(sid.removeprefix(_LABEL).split("-")[0]) for sid, _ in rows if sid.startswith(_LABEL)]
    enabled = [sid for sid, attributes in rows if not sid.startswith(_LABEL) and _is_enabled(attributes)]
    return Token(tuple(enabled), ADMINISTRATORS in enabled, labels[-1] if labels else None)


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
            yield match[3], match[4]


def _is_enabled(attributes: str) -> bool:
    return len(re.split(r"[,\u3001\uff0c]", attributes)) > 1
