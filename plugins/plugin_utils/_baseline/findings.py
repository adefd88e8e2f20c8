# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the baseline says about a machine (private to this collection)."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any


class Status(enum.StrEnum):
    """XCCDF's words, and `waived`: a person answers for the failure until a date."""

    PASS = "pass"
    FAIL = "fail"
    NOTAPPLICABLE = "notapplicable"
    ERROR = "error"
    NOTCHECKED = "notchecked"
    WAIVED = "waived"


@dataclass(frozen=True)
class Judged:
    """One control's verdict before waivers: the status, and what was seen, wanted and relied on, in words."""

    status: Status
    observed: str
    expected: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """Control x snapshot. `source`: the references of the control; `evidence`: the answers that carry the verdict."""

    id: str
    title: str
    area: str
    level: str
    status: Status
    observed: str
    expected: str
    evidence: tuple[str, ...]
    source: tuple[str, ...]
    confidence: str
    restart: str

    def plain(self) -> dict[str, Any]:
        """Return the form of the report."""
        return {
            "id": self.id,
            "title": self.title,
            "area": self.area,
            "level": self.level,
            "status": self.status.value,
            "observed": self.observed,
            "expected": self.expected,
            "evidence": list(self.evidence),
            "source": list(self.source),
            "confidence": self.confidence,
            "restart": self.restart,
        }
