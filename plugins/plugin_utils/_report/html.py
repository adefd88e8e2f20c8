# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report for people: one self-contained page (private to this collection).

Everything a target said is foreign text. The template escapes all of it, the page carries no script, and its
content policy forbids loading anything, so that a report may be opened on an administrator's desk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .gaps import gaps
from .result import harms

TEMPLATES = Path(__file__).parent / "templates"

_URGENCY = ("fail", "error", "notchecked", "waived", "pass", "notapplicable")
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
        report=report,
        words=VERDICT_WORDS,
        changed=changed_findings,
        patched=patched,
        met=met,
        urgent_first=urgent_first,
        judged=judged,
        evidence=evidence,
        gaps=gaps,
    )


def judged(host: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what was judged besides build, ladder and support: a sentence each, and what a person should read next.

    `open` marks what somebody has to look at. A healthy component store is not worth a line.
    """
    entitlement, store = host.get("entitlement") or {}, host.get("store") or {}
    parts: list[dict[str, Any]] = []
    for risk in host["servicing"].get("known_bad", ()):
        if risk["applies"] == "yes":
            parts.append({"sentence": risk["text"], "more": [], "open": harms(risk)})
    if entitlement:
        more = [f"Possible: {line}." for line in entitlement["explanations"]] + list(entitlement["doubts"])
        parts.append({"sentence": entitlement["sentence"], "more": more, "open": entitlement["finding"]})
    if store and store["verdict"] != "healthy":
        more = [store["next_step"]] if store["next_step"] else []
        parts.append({"sentence": store["sentence"], "more": more, "open": store["verdict"] != "unknown"})
    if host.get("vulnerabilities"):
        parts.append({"sentence": host["vulnerabilities"]["sentence"], "more": [], "open": False})
    if host.get("dependencies"):
        parts.append({"sentence": _capital(host["dependencies"]["sentence"]), "more": _users(host), "open": False})
    return parts


def _capital(half: str) -> str:
    return f"{half[:1].upper()}{half[1:]}."


def _users(host: Mapping[str, Any], most: int = 5) -> list[str]:
    """Return who uses what, a few of each kind; the rest is in report.json."""
    lines = []
    for use in host["dependencies"]["uses"]:
        now = use["now"] or []
        earlier = [f"{row['what']}, last seen {row['last'][:10]}" for row in use["earlier"] if row["what"] not in now]
        lines += [_capital(one) for one in [*now, *earlier][:most]]
    for one in host["dependencies"].get("listeners", ()):
        own = f"; with the machine itself: {one['own']}" if one.get("own") else ""
        lines.append(f"Port {one['port']}: {one['tls']}{own}.")
    return lines


def evidence(host: Mapping[str, Any]) -> list[str]:
    """Return the evidence of every verdict about a machine, each line once."""
    parts = (host["build"], host["servicing"], host.get("entitlement") or {}, host.get("store") or {})
    lines = [line for part in parts for line in (*part.get("evidence", ()), *part.get("noted", ()))]
    return list(dict.fromkeys(lines))


def patched(build: Mapping[str, Any]) -> str:
    """Return the month that a machine's files prove, or why there is none: too old a kernel is no unknown one."""
    if build["month"]:
        return str(build["month"])
    if build["verdict"] == "not_2008":
        return "does not apply"
    return "unknown" if build["revision"] is None else "no rollup"


def met(host: Mapping[str, Any]) -> str:
    """Return how many controls are met of those that apply."""
    counts = host["summary"]["findings"]
    applying = len(host["findings"]) - counts["notapplicable"]
    return f"{counts['pass']} of {applying}" if applying else "none applies"


def urgent_first(findings: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return findings with what needs a person first; within a status their order stays."""
    return sorted(findings, key=lambda finding: _URGENCY.index(finding["status"]))


def changed_findings(host: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the findings whose status differs from the one before, as ``id``, ``before`` and ``after``."""
    before = host["before"]["findings"] if host["before"] else {}
    return [
        {"id": finding["id"], "before": before[finding["id"]], "after": finding["status"]}
        for finding in host["findings"]
        if finding["id"] in before and before[finding["id"]] != finding["status"]
    ]
