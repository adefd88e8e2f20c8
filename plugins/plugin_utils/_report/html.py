# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report for people: one self-contained page (private to this collection).

Everything a target said is foreign text. The template escapes all of it, the page carries no script, and its
content policy forbids loading anything, so that a report may be opened on an administrator's desk.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent / "templates"

VERDICT_WORDS = {
    "rtm_6001": "6001, before Service Pack 2",
    "clean_6002": "6002",
    "pending_6003": "6003 after the next restart",
    "clean_6003": "6003",
    "mixed": "between two builds",
    "not_2008": "not a Server 2008",
    "unknown": "unknown",
}


def page(report: Mapping[str, Any]) -> str:
    """Return a report (`result.combine`) as an HTML document."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("index.html.j2").render(
        report=report, words=VERDICT_WORDS, changed=changed_findings
    )


def changed_findings(host: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the findings whose status differs from the one before, as ``id``, ``before`` and ``after``."""
    before = host["before"]["findings"] if host["before"] else {}
    return [
        {"id": finding["id"], "before": before[finding["id"]], "after": finding["status"]}
        for finding in host["findings"]
        if finding["id"] in before and before[finding["id"]] != finding["status"]
    ]
