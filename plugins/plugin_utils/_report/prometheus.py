# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report for monitoring: gauges in the text format that a node exporter collects (private to this collection).

What is not known has no sample; it is never a zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from .result import harms

STATES = ("good", "attention", "unsupported", "unknown")
_STORE = {"healthy": 0, "doubtful": 1, "damaged": 2}
_Sample = tuple[dict[str, str], int | float | None]
_PREFIX = "sunset_ws2008"


def as_prometheus(report: Mapping[str, Any]) -> str:
    """Return a report (`result.combine`) in the Prometheus text format, version 0.0.4."""
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    for name, words, samples in _metrics(report):
        known = [(labels, value) for labels, value in samples if value is not None]
        if not known:
            continue
        yield f"# HELP {_PREFIX}_{name} {words}"
        yield f"# TYPE {_PREFIX}_{name} gauge"
        for labels, value in known:
            yield f"{_PREFIX}_{name}{_braces(labels)} {value}"


def _metrics(report: Mapping[str, Any]) -> Iterator[tuple[str, str, list[_Sample]]]:
    hosts: list[Mapping[str, Any]] = report["hosts"]

    def each(read: Any) -> list[_Sample]:
        return [({"host": host["name"]}, read(host)) for host in hosts]

    yield "report_timestamp_seconds", "When the report was made.", [({}, _seconds(report["generated"]))]
    reached = each(lambda host: int(not host["lost"]))
    reached += [({"host": name}, 0) for name in report["summary"]["unreached"]]
    yield "host_reached", "Whether the machine answered to the end of the run.", reached
    yield "host_taken_timestamp_seconds", "When its answers were given.", each(lambda host: _seconds(host["taken"]))
    states: list[_Sample] = [
        ({"host": host["name"], "state": state}, int(host["summary"]["state"] == state))
        for host in hosts
        for state in STATES
    ]
    yield "host_state", "Where the machine stands: 1 for its state, 0 for the others.", states
    builds: list[_Sample] = [({"host": host["name"], **_build(host["build"])}, 1) for host in hosts]
    yield "host_build_info", "Its build, and the month of its files, as labels.", builds
    yield "host_kernel_revision", "The last number of its kernel file.", each(lambda host: host["build"]["revision"])
    restart = each(lambda host: _number(host["servicing"]["pending_restart"]))
    yield "host_pending_restart", "Whether a restart is outstanding.", restart
    yield "host_servicing_steps", "Packages and restarts left to its target.", each(_steps)
    findings: list[_Sample] = [
        ({"host": host["name"], "status": status}, count)
        for host in hosts
        for status, count in host["summary"]["findings"].items()
    ]
    yield "host_findings", "Its controls by status.", findings
    vulnerabilities: list[_Sample] = [
        ({"host": host["name"], "verdict": verdict}, count)
        for host in hosts
        for verdict, count in ((host.get("vulnerabilities") or {}).get("counts") or {}).items()
        if host["vulnerabilities"]["judged"]
    ]
    yield "host_vulnerabilities", "Known vulnerabilities by verdict.", vulnerabilities
    store = each(lambda host: _STORE.get(str((host.get("store") or {}).get("verdict"))))
    yield "host_component_store", "Its component store: 0 nothing speaks against it, 1 doubtful, 2 damaged.", store
    entitlement = each(lambda host: _number((host.get("entitlement") or {}).get("finding")))
    yield "host_entitlement_finding", "Whether its entitlement does not fit its updates.", entitlement
    harmful = each(lambda host: sum(harms(risk) for risk in host["servicing"].get("known_bad", ())))
    yield "host_known_bad", "Known troubles of its installed updates that hold on it.", harmful
    unknown = each(lambda host: len(host["unknown"]))
    yield "host_unknown", "Questions that it did not answer.", unknown


def _build(build: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(build[name] or "") for name in ("verdict", "running", "month", "stack")}


def _steps(host: Mapping[str, Any]) -> int | None:
    """Count what is planned; where no plan could be made, how much is left is not known."""
    servicing = host["servicing"]
    return None if servicing.get("unreachable") else len(servicing["plan"])


def _number(value: bool | None) -> int | None:
    return None if value is None else int(value)


def _seconds(instant: str) -> int:
    return int(datetime.fromisoformat(instant.replace("Z", "+00:00")).timestamp())


def _braces(labels: Mapping[str, str]) -> str:
    inside = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
