# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`whoami /groups`: what the token of this login may do (private to this collection).

Everything but SIDs is translated. A group that only denies has exactly one attribute ("Group used for deny
only"), an enabled one has several, separated by commas in every language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .text import UnknownLine, content, csv_fields

GROUPS = "whoami /groups /fo csv /nh 2>&1"
ADMINISTRATORS = "S-1-5-32-544"
_LABEL = "S-1-16-"
_HIGH = 12288
_SID = re.compile(r"^S-1(-\d+)+$")


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
    """Read the CSV form, with or without its header line. Raises `UnknownLine` for a row without a SID."""
    enabled: list[str] = []
    integrity: int | None = None
    for number, line in enumerate(content(text)):
        fields = csv_fields(line)
        sid = next((field for field in fields if _SID.match(field)), None)
        if sid is None:
            if number == 0 and len(fields) == 4:
                continue
            raise UnknownLine("whoami", line)
        if sid.startswith(_LABEL):
            integrity = int(sid.removeprefix(_LABEL).split("-")[0])
        elif _is_enabled(fields[-1]):
            enabled.append(sid)
    return Token(tuple(enabled), ADMINISTRATORS in enabled, integrity)


def _is_enabled(attributes: str) -> bool:
    return len(re.split(r"[,\u3001\uff0c]", attributes)) > 1
