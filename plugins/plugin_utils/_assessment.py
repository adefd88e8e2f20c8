# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From one snapshot to the record of one host (private to this collection).

The only place where all rooms meet: the verdicts of `_host`, the plan of `_servicing` and the findings of `_baseline`,
in the shape that ``_report/report.schema.json`` describes. Pure; serves the facts action, the judge filter and the
assessment of captured evidence alike.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ._baseline.evaluate import evaluate, reads_of
from ._baseline.findings import Finding, Status
from ._baseline.mechanisms.reads import Reads
from ._baseline.selection import Selection, select
from ._dependencies import use
from ._host import verdict as host
from ._host import verdicts
from ._report.result import summarise
from ._servicing.catalog import Catalog, load
from ._servicing.errors import NotServiceable
from ._servicing.esu import Entitlement, entitlement_of
from ._servicing.known_bad import warnings
from ._servicing.known_bad_here import installed
from ._servicing.licence_check import judge_entitlement
from ._servicing.plan import InstallStep, check_target, plan
from ._servicing.steps import Omission
from ._servicing.vulnerabilities import assess_vulnerabilities

KB = re.compile(r"^(?:KB)?(\d{6,7})$", re.IGNORECASE)
OURS = "server_2008"
ROLES = {0: "workstation", 1: "workstation", 2: "standalone", 3: "member", 4: "dc", 5: "dc"}


@dataclass(frozen=True)
class Question:
    """What a host is judged against. Made before anybody connects, so that a wrong name is said at once."""

    selection: Selection
    target: str
    catalog: Catalog = field(default_factory=load)
    entitlement: str = "auto"
    vulnerabilities: str = "summary"

    @property
    def registry_keys(self) -> list[str]:
        """The registry keys that the judgement needs, for `_host.snapshot.take`."""
        return list(self.reads.keys)

    @property
    def reads(self) -> Reads:
        """Everything that the judgement needs; `Reads.questions` go to `_host.snapshot.take` as well."""
        return reads_of(self.selection)


def question(
    profile: str = "sunset",
    target: str = "last_public",
    levels: Collection[str] = (),
    controls: Collection[str] = (),
    waivers: Collection[Mapping[str, Any]] = (),
    site_values: Mapping[str, Any] | None = None,
    entitlement: str = "auto",
    vulnerabilities: str = "summary",
) -> Question:
    """Return what to judge against; raises our sentences for unknown profiles, targets, controls and values.

    `entitlement` is ``auto``, or ``azure`` where the operator states it; of the known `vulnerabilities` a host record
    gets a ``summary``, all of them (``full``, a megabyte), or ``none``.
    """
    catalog = load()
    selection = select(profile=profile, levels=levels, ids=controls, site_values=site_values, waivers=waivers)
    return Question(selection, check_target(target, catalog), catalog, entitlement, vulnerabilities)


def assess(snapshot: Mapping[str, Any], name: str, against: Question, today: dt.date | None = None) -> dict[str, Any]:
    """Return the host record of a snapshot; `today` decides about waivers and support dates (default: its own day)."""
    plain = dict(snapshot)
    day = today or dt.datetime.fromisoformat(plain["taken"].replace("Z", "+00:00")).date()
    build, family = verdicts.judge_build(plain), verdicts.judge_family(plain)
    entitlement = entitlement_of(plain, against.entitlement)
    record: dict[str, Any] = {
        "name": name,
        "door": plain["door"],
        "taken": plain["taken"],
        "identity": _identity(plain),
        "build": build.as_dict(),
        "servicing": _servicing(plain, against, family, entitlement),
        "store": verdicts.judge_store(plain).as_dict() if family.changes_allowed else None,
        "entitlement": _entitlement(plain, entitlement) if family.changes_allowed else None,
        "vulnerabilities": _vulnerabilities(plain, against),
        "dependencies": use.summary(plain),
        "lifecycle": verdicts.judge_lifecycle(plain, day).as_dict(),
        "findings": [_slim(finding) for finding in _findings(plain, against, day, family)],
        "unknown": dict(plain.get("unknown") or {}),
    }
    record["summary"] = summarise(record)
    return record


def _identity(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    answers: Mapping[str, Any] = snapshot.get("answers") or {}
    system, computer = answers.get("os") or {}, answers.get("computer") or {}
    seen = snapshot.get("identity") or {}
    return {
        "name": computer.get("name"),
        "os": system.get("caption"),
        "arch": system.get("arch"),
        "role": "workstation" if system.get("product_type") == 1 else ROLES.get(computer.get("domain_role", -1)),
        "language": system.get("language"),
        "winrm": seen.get("stack"),
    }


def _findings(snapshot: Mapping[str, Any], against: Question, day: dt.date, family: verdicts.Family) -> list[Finding]:
    """Judge the controls. All are written for Server 2008: on any other Windows none applies, whatever is set there."""
    findings = evaluate(snapshot, against.selection, day)
    if family.key in (None, OURS):
        return findings
    return [
        replace(finding, status=Status.NOTAPPLICABLE, observed="not applicable", evidence=(family.sentence,))
        for finding in findings
    ]


def _slim(finding: Finding) -> dict[str, Any]:
    """Return a finding as records carry it: where nothing is left to do, its sources are on the control's page alone.

    They are the same for every machine, and a fifth of all findings.
    """
    told = finding.plain()
    if finding.status in (Status.PASS, Status.NOTAPPLICABLE):
        del told["source"]
    return told


def _left_out(omitted: Iterable[Omission]) -> list[dict[str, Any]]:
    """Put together by reason what a plan leaves out: most of it is one month after the other, for the same reason."""
    alike: dict[str, list[str]] = {}
    for one in omitted:
        alike.setdefault(one.reason, []).append(one.package)
    return [{"packages": packages, "reason": reason} for reason, packages in alike.items()]


def _entitlement(snapshot: Mapping[str, Any], entitlement: Entitlement) -> dict[str, Any]:
    """Lay what the machine may have beside what is installed."""
    verdict = judge_entitlement(snapshot, entitlement)
    return verdict.as_dict() | {"finding": verdict.finding} | entitlement.to_json()


def _vulnerabilities(snapshot: Mapping[str, Any], against: Question) -> dict[str, Any] | None:
    if against.vulnerabilities == "none":
        return None
    return assess_vulnerabilities(snapshot, against.catalog).to_json(full=against.vulnerabilities == "full")


def _servicing(
    snapshot: dict[str, Any], against: Question, family: verdicts.Family, entitlement: Entitlement
) -> dict[str, Any]:
    """Lay the ladder, what is installed and what is still to come side by side; nothing is planned for a stranger."""
    ladder, restart = verdicts.judge_ladder(snapshot), verdicts.judge_restart(snapshot)
    shown: dict[str, Any] = {
        "rung": ladder.rung.value,
        "installed": _installed(snapshot.get("answers") or {}),
        "missing": [],
        "plan": [],
        "omitted": [],
        "pending_restart": restart.pending,
        "waiting": list(restart.by),
        "warnings": [],
        "known_bad": [],
        "target": against.target,
        "unreachable": None,
        "sentence": ladder.sentence,
        "evidence": list(dict.fromkeys((*ladder.evidence, *restart.evidence))),
    }
    if not family.changes_allowed:
        sentence = (
            "No update is planned: that is done for what is known to be a Windows Server 2008, and for nothing else."
        )
        evidence = [*family.evidence, *restart.evidence]
        return shown | {"rung": None, "unreachable": family.sentence, "sentence": sentence, "evidence": evidence}
    shown["known_bad"] = [risk.to_json() for risk in installed(snapshot, against.catalog)]
    try:
        way = plan(snapshot, against.catalog, against.target, entitlement=entitlement)
    except NotServiceable as reason:
        sentence = f"{ladder.sentence} Nothing is planned: {reason}."
        return shown | {"unreachable": str(reason), "sentence": sentence}
    packages = [step.package for step in way.steps if isinstance(step, InstallStep)]
    return shown | {
        "missing": [package.id for package in packages],
        "warnings": [risk.to_json() for risk in warnings(packages, snapshot, against.catalog)],
        "plan": [step.to_json() for step in way.steps],
        "omitted": _left_out(way.omitted),
        "unreachable": way.unreachable,
        "sentence": f"{ladder.sentence} {way.sentence}",
    }


def _installed(answers: Mapping[str, Any]) -> list[str]:
    """Return every update that either list names as installed, numerically."""
    store = {update.kb for update in host.updates(answers) if update.installed}
    listed = {*(answers.get("hotfixes") or ()), *(answers.get("hotfixes_seen") or ())}
    numbers = {int(match[1]) for one in store | listed if (match := KB.match(str(one)))}
    return [f"KB{number}" for number in sorted(numbers)]
