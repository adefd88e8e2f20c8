# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one result of a run, from which every other format is made (private to this collection).

A *host record* is what an assessment of one machine gives (see ``report.schema.json`` beside this file);
this module puts the records of a fleet together, pairs what was found before a change with what was found
after it, and counts. It is pure: the caller says what time it is.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SCHEMA = "sunset.ws2008/report/1"
STATUSES = ("pass", "fail", "error", "notchecked", "notapplicable", "waived")
HERE = Path(__file__).parent

_ENTITLEMENT = {
    "unexplained": "no entitlement explains the updates that are installed",
    "unprepared": "a licence is active without its preparation package",
    "inactive": "a key is installed and not activated",
}

HostRecord = dict[str, Any]


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a report."""
    loaded: dict[str, Any] = json.loads((HERE / "report.schema.json").read_text(encoding="utf-8"))
    return loaded


def summarise(record: Mapping[str, Any]) -> dict[str, Any]:
    """Count one host's findings and say in one word and one sentence where it stands.

    `state` is ``good`` (nothing left that can be done), ``attention`` (something is open), ``unsupported``
    (not a Server 2008) or ``unknown`` (too little was answered to judge). Doubt is never rounded up to good.
    """
    counts = Counter(str(finding["status"]) for finding in record.get("findings", ()))
    servicing = record.get("servicing", {})
    verdict = record.get("build", {}).get("verdict", "unknown")
    steps = len(servicing.get("plan") or ())
    blocked = servicing.get("unreachable")
    unknown = sorted(record.get("unknown", {}))
    open_findings = counts["fail"] + counts["error"]
    reasons = []
    if verdict == "not_2008":
        state, reasons = "unsupported", ["not a Windows Server 2008: judged, and never changed"]
    elif verdict == "unknown":
        state, reasons = "unknown", ["the build could not be established"]
    else:
        if servicing.get("pending_restart"):
            reasons.append("a restart is outstanding")
        reasons.extend(_doubts(record))
        if blocked:
            reasons.append("its servicing target cannot be reached")
        if steps:
            reasons.append(f"{steps} servicing step{'s' * (steps != 1)} left")
        if open_findings:
            reasons.append(f"{open_findings} control{'s' * (open_findings != 1)} not met")
        if counts["notchecked"]:
            reasons.append(f"{counts['notchecked']} not checked")
        if unknown:
            reasons.append(f"no answer to: {_some(unknown)}")
        state = "attention" if reasons else "good"
    return {
        "state": state,
        "sentence": ("; ".join(reasons) or _good(counts["waived"])) + _stated(record),
        "findings": {status: counts[status] for status in STATUSES},
    }


def _stated(record: Mapping[str, Any]) -> str:
    """Say in every report what rests on the operator's word alone."""
    stated = (record.get("entitlement") or {}).get("stated")
    return "; an entitlement to Extended Security Updates is stated by the operator, not proved" if stated else ""


def _doubts(record: Mapping[str, Any]) -> list[str]:
    """Name what somebody has to look at before the next update."""
    store, entitlement = record.get("store") or {}, record.get("entitlement") or {}
    harmful = {one["package"] for one in (record.get("servicing") or {}).get("known_bad", ()) if harms(one)}
    found = []
    if harmful:
        found.append(
            f"{', '.join(sorted(harmful))} {'is' if len(harmful) == 1 else 'are'} there and known to do harm here"
        )
    if store.get("verdict") in ("damaged", "doubtful"):
        found.append(f"the component store is {store['verdict']}")
    if entitlement.get("finding"):
        found.append(_ENTITLEMENT[entitlement["verdict"]])
    return found


def harms(risk: Mapping[str, Any]) -> bool:
    """Whether a known risk of an installed update holds for sure on this machine, and is more than worth knowing."""
    return bool(risk["applies"] == "yes" and risk["level"] != "note")


def _some(names: list[str], most: int = 4) -> str:
    """Return a list that stays readable in one line; the whole of it stands in the record."""
    rest = len(names) - most
    return ", ".join(names) if rest <= 1 else f"{', '.join(names[:most])} and {rest} more"


def _good(waived: int) -> str:
    """Return the best sentence there is, which still names what somebody excused."""
    excused = f", but for {waived} that {'is' if waived == 1 else 'are'} waived" if waived else ""
    return f"at its last reachable state, every selected control met{excused}"


def combine(
    after: Iterable[Mapping[str, Any]],
    before: Iterable[Mapping[str, Any]],
    expected: Iterable[str],
    generated: datetime,
) -> dict[str, Any]:
    """Return the report of a run: one record per host, each with its summary and, where known, how it was found.

    A host that was assessed but could not be verified afterwards keeps its first record, and `lost` says so;
    an expected host without any record is listed as unreached.
    """
    first = {str(record["name"]): record for record in before}
    last = {str(record["name"]): record for record in after}
    hosts = []
    for name in sorted(first.keys() | last.keys()):
        record = dict(last.get(name) or first[name])
        record["summary"] = summarise(record)
        earlier = first.get(name)
        record["before"] = digest(earlier) if earlier is not None and name in last else None
        record["lost"] = bool(last) and name not in last
        hosts.append(record)
    return {
        "schema": SCHEMA,
        "generated": generated.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "hosts": hosts,
        "summary": fleet_summary(hosts, sorted(set(expected) - first.keys() - last.keys())),
    }


def digest(record: Mapping[str, Any]) -> dict[str, Any]:
    """Keep of an earlier record what a reader compares: build, rung, and each finding's status."""
    servicing = record.get("servicing", {})
    return {
        "taken": record.get("taken"),
        "build": {key: record.get("build", {}).get(key) for key in ("verdict", "running", "revision", "month")},
        "servicing": {
            "rung": servicing.get("rung"),
            "missing": list(servicing.get("missing") or ()),
            "pending_restart": servicing.get("pending_restart"),
        },
        "findings": {finding["id"]: finding["status"] for finding in record.get("findings", ())},
        "summary": summarise(record),
    }


def fleet_summary(hosts: list[HostRecord], unreached: list[str]) -> dict[str, Any]:
    """Count hosts by state and build, and findings by status."""
    findings: Counter[str] = Counter()
    for host in hosts:
        findings.update(host["summary"]["findings"])
    return {
        "hosts": len(hosts),
        "states": dict(sorted(Counter(host["summary"]["state"] for host in hosts).items())),
        "builds": dict(sorted(Counter(str(host["build"]["verdict"]) for host in hosts).items())),
        "findings": {status: findings[status] for status in STATUSES},
        "lost": [host["name"] for host in hosts if host["lost"]],
        "unreached": unreached,
    }


def as_json(report: Mapping[str, Any]) -> str:
    """Return a report as text: sorted nowhere, because the order of its parts is meant to be read."""
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"
