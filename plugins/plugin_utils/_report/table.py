# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report for a spreadsheet: one row a finding (private to this collection).

What a target said is foreign text. A cell that a spreadsheet would take for a formula gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

COLUMNS = (
    *("host", "taken", "state", "build", "month"),
    *("control", "title", "area", "level", "status", "before", "observed", "expected", "restart"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(report: Mapping[str, Any]) -> str:
    """Return a report (`result.combine`) as comma-separated values with CR LF (RFC 4180), the names of `COLUMNS` first.

    A machine without findings, and one that was never reached, has one row without a control.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in _rows(report))
    return text.getvalue()


def _rows(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for host in report["hosts"]:
        own = {
            "host": host["name"],
            "taken": host["taken"],
            "state": "lost" if host["lost"] else host["summary"]["state"],
            "build": host["build"]["running"],
            "month": host["build"]["month"],
        }
        before = host["before"]["findings"] if host["before"] else {}
        for finding in host["findings"]:
            yield own | {
                "control": finding["id"],
                "before": before.get(finding["id"]),
                **{name: finding.get(name) for name in COLUMNS if name in finding and name != "id"},
            }
        if not host["findings"]:
            yield own
    for name in report["summary"]["unreached"]:
        yield {"host": name, "state": "unreached"}


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
