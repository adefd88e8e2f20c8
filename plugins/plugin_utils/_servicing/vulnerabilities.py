# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which known vulnerabilities a machine has, from its snapshot alone (private to this collection).

`assess_vulnerabilities` is the entry. The list of fixes is read when somebody asks and judged once per fix, not once
per CVE: a whole machine takes about 0.1 s. ``docs/vulnerabilities.md`` tells how to read the verdicts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._host.lifecycle import judge_family
from .catalog import Catalog
from .records import Need
from .vulnerability_checks import Check, judge_checks
from .vulnerability_judge import NO_ITANIUM, Judgement, Machine, Verdict
from .vulnerability_records import SEVERITIES, Fix, Knowledge, shipped, update_number

_OURS = "server_2008"
_LAST_ITANIUM = 2019  # the last year whose vulnerabilities have rows for Itanium throughout; 2020-01 was its last month
# Several components can share a vulnerability: the worst decides, and what is not there never outweighs what is.
_WEIGHT = (Verdict.OPEN, Verdict.UNKNOWN, Verdict.FIXED, Verdict.NO_VENDOR_FIX, Verdict.NOT_APPLICABLE)
_SHOWN = 5
_NOT_JUDGED = "The vulnerabilities were not judged"


@dataclass(frozen=True)
class Vulnerability:
    """One vulnerability on one machine. `needs` is the entitlement that the easiest fix wants, None where not known."""

    id: str
    severity: str
    verdict: Verdict
    components: tuple[str, ...]
    updates: tuple[str, ...]
    evidence: str
    needs: Need | None
    closable_by: str | None

    def to_json(self) -> dict[str, Any]:
        """Return plain values for a result."""
        return {
            "id": self.id,
            "severity": self.severity,
            "verdict": self.verdict.value,
            "components": list(self.components),
            "updates": list(self.updates),
            "evidence": self.evidence,
            "needs": self.needs.value if self.needs else None,
            "closable_by": self.closable_by,
        }


@dataclass(frozen=True)
class Summary:
    """What is known about the vulnerabilities of one machine; `judged` is false where the list is not for it."""

    judged: bool
    sentence: str
    checks: tuple[Check, ...]
    vulnerabilities: tuple[Vulnerability, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many vulnerabilities have which verdict."""
        found = Counter(one.verdict for one in self.vulnerabilities)
        return {verdict.value: found[verdict] for verdict in Verdict}

    def to_json(self, full: bool = False) -> dict[str, Any]:
        """Return plain values for a result: a page, or with `full` every vulnerability as well (a megabyte)."""
        shown: dict[str, Any] = {
            "judged": self.judged,
            "sentence": self.sentence,
            "counts": self.counts,
            "severities": self._severities(),
            "open": self._open(),
            "unknown_because": self._reasons(),
            "checks": [check.to_json() for check in self.checks],
        }
        if full:
            shown["vulnerabilities"] = [one.to_json() for one in self.vulnerabilities]
        return shown

    def _severities(self) -> dict[str, dict[str, int]]:
        found = Counter((one.severity, one.verdict) for one in self.vulnerabilities)
        names = [name for name in SEVERITIES if any(key[0] == name for key in found)]
        return {
            "unrated" if name == "-" else name.lower(): {verdict.value: found[name, verdict] for verdict in Verdict}
            for name in names
        }

    def _open(self) -> dict[str, Any]:
        """Count the open ones by what their fix needs, and how many this machine may have closed as it is licensed."""
        found = [one for one in self.vulnerabilities if one.verdict is Verdict.OPEN]
        needs = Counter(one.needs.value if one.needs else Need.UNKNOWN.value for one in found)
        by_update = Counter(one.closable_by for one in found if one.closable_by)
        return {
            "closable": by_update.total(),
            "closing_updates": len(by_update),
            "closing_most": dict(sorted(by_update.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]),
            "needs": {need.value: needs[need.value] for need in Need if needs[need.value]},
        }

    def _reasons(self) -> dict[str, int]:
        """Count the unknown ones by reason, the five most frequent; the update numbers in a reason are left out."""
        reasons = Counter(_reason(one) for one in self.vulnerabilities if one.verdict is Verdict.UNKNOWN)
        return dict(reasons.most_common(_SHOWN))


def _reason(one: Vulnerability) -> str:
    """Return why a vulnerability is unknown, without the numbers of its updates, so that reasons can be counted."""
    for before in (" is not listed; ", ", which proves nothing, and "):
        if before in one.evidence:
            return one.evidence.partition(before)[2]
    return one.evidence


def assess_vulnerabilities(
    snapshot: Mapping[str, Any], catalog: Catalog, knowledge: Knowledge | None = None
) -> Summary:
    """Judge every vulnerability that the list ties to Server 2008 SP2, and the ones that people ask for by name.

    Pure; `knowledge` is the shipped list unless given. Raises `CatalogError` when the list cannot be read.
    """
    known = knowledge or shipped()
    machine = Machine(snapshot, catalog, known)
    why_not = _not_for_this_list(snapshot)
    checks = judge_checks(machine, why_not)
    if why_not:
        return Summary(False, f"{_NOT_JUDGED}: {why_not}", checks, ())
    special = {name: check for check in checks for name in check.vulnerabilities}
    rows = _rows(known.fixes, machine)
    found = [_vulnerability(name, rows[name], machine, special.get(name)) for name in rows]
    found += [_from_check(name, check) for name, check in special.items() if name not in rows]
    return Summary(True, _sentence(found, machine), checks, tuple(found))


def _not_for_this_list(snapshot: Mapping[str, Any]) -> str | None:
    """Return why the list says nothing about a machine: it is written for Server 2008 at Service Pack 2."""
    family = judge_family(dict(snapshot))
    version = family.version or ""
    if family.key not in (_OURS, None) or not version.startswith("6.0."):
        return f"the list is for Windows Server 2008 SP2. {family.sentence}"
    system = (snapshot.get("answers") or {}).get("os") or {}
    level = system.get("service_pack")
    if level is None:
        level = {"6001": 1, "6002": 2, "6003": 2}.get(version.split(".")[2])
    if level == 2:
        return None
    if level is None:
        return "the list is for Service Pack 2, and which service pack this machine has is not known."
    return f"the list is for Service Pack 2, and this machine has Service Pack {level}. KB948465 comes first."


_Rows = dict[str, list[tuple[Fix, bool]]]


def _rows(fixes: Iterable[Fix], machine: Machine) -> _Rows:
    """Return {vulnerability: [(fix, whether it is listed for this machine)]}."""
    rows: _Rows = {}
    concerned: dict[tuple[str, ...], bool] = {}
    for fix in fixes:
        if fix.architectures not in concerned:
            concerned[fix.architectures] = _concerns(fix.architectures, machine)
        for name in fix.vulnerabilities:
            rows.setdefault(name, []).append((fix, concerned[fix.architectures]))
    return rows


def _concerns(architectures: tuple[str, ...], machine: Machine) -> bool:
    """Say whether a fix is listed for the machine's architecture and kind of installation.

    The list is careless with Server Core (x86 only, now and then): core for any architecture counts for ours.
    """
    ours = machine.architecture
    if ours is None:
        return True
    if machine.core and not any(one.endswith("-core") for one in architectures):
        return False
    return ours in architectures or (machine.core is not False and f"{ours}-core" in architectures)


def _vulnerability(name: str, rows: list[tuple[Fix, bool]], machine: Machine, check: Check | None) -> Vulnerability:
    listed = [fix for fix, ours in rows if ours]
    severity = min((fix.severity for fix, _ours in rows), key=SEVERITIES.index)
    by_component: dict[str, set[str]] = {}
    for fix in listed:
        if fix.updates:
            by_component.setdefault(fix.component, set()).update(fix.updates)
    updates = frozenset(update for names in by_component.values() for update in names)
    judged = [(machine.judge(component, frozenset(names)), names) for component, names in by_component.items()]
    if check:
        judgement, fixing = Judgement(check.verdict, check.evidence), set(updates)
    elif judged:
        judgement, fixing = min(judged, key=lambda one: _WEIGHT.index(one[0].verdict))
    else:
        judgement, fixing = _not_listed(name, rows, machine), set()
    if machine.architecture is None and judgement.verdict is Verdict.OPEN:
        judgement = Judgement(Verdict.UNKNOWN, "the architecture of the machine is not known")
    is_open = judgement.verdict is Verdict.OPEN
    return Vulnerability(
        name,
        severity,
        judgement.verdict,
        tuple(sorted({fix.component for fix in listed if fix.component})),
        tuple(sorted(updates, key=update_number)),
        judgement.evidence,
        machine.least_need(fixing) if is_open else None,
        machine.closable(fixing) if is_open else None,
    )


def _not_listed(name: str, rows: list[tuple[Fix, bool]], machine: Machine) -> Judgement:
    """Judge a vulnerability without a row for this machine."""
    names = sorted({one for fix, _ours in rows for one in fix.architectures})
    if machine.architecture == "ia64" and _year(name) > _LAST_ITANIUM:
        return Judgement(Verdict.NO_VENDOR_FIX, NO_ITANIUM)
    ours = f"{machine.architecture}{' (Server Core)' if machine.core else ''}"
    return Judgement(Verdict.NOT_APPLICABLE, f"listed for {', '.join(names) or 'nothing'}, and this machine is {ours}")


def _year(name: str) -> int:
    """Return the year in a number: CVE-2020-0601, ADV200006."""
    digits = name[4:8] if name.startswith("CVE-") else f"20{name[3:5]}"
    return int(digits)


def _from_check(name: str, check: Check) -> Vulnerability:
    """Return a vulnerability that only a named check knows: the list has no row for it."""
    return Vulnerability(name, "-", check.verdict, (), check.updates, check.evidence, check.needs, check.closable_by)


def _sentence(found: list[Vulnerability], machine: Machine) -> str:
    counts = Counter(one.verdict for one in found)
    worst = Counter(one.severity for one in found if one.verdict is Verdict.OPEN)
    open_ = counts[Verdict.OPEN]
    text = (
        f"Of {len(found)} vulnerabilities that were judged for Windows Server 2008 SP2, {counts[Verdict.FIXED]} are "
        f"fixed, {open_} are open ({worst['Critical']} critical), {counts[Verdict.UNKNOWN]} cannot be told from what "
        f"was read, {counts[Verdict.NOT_APPLICABLE]} do not concern this machine, and for "
        f"{counts[Verdict.NO_VENDOR_FIX]} no fix is listed."
    )
    if not open_:
        return text
    closable = sum(one.verdict is Verdict.OPEN and one.closable_by is not None for one in found)
    rest = open_ - closable
    text += f" Updates that this machine may have close {closable} of the open ones"
    return f"{text}; {rest} need an entitlement it does not show ({machine.entitlement.basis})." if rest else f"{text}."
