# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether what is installed fits what a machine is entitled to (private to this collection).

An update after January 2020 on a machine where nothing shows an entitlement is worth a question, no more: the reasons
for it are several, and most of them are harmless. The verdict names what was seen and what can explain it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .._host import months
from .._host.verdict import Verdict, data, has_update, updates
from .esu import Entitlement, Licence
from .records import Need

LAST_PUBLIC = "2020-01"
_EXPLANATIONS = (
    "the key was removed, or the machine was restored or copied without it, after the updates went in",
    "the licensing service does not answer rightly; look at it on the machine with: slmgr.vbs /dlv all",
    "the entitlement is one that Windows does not show, such as that of a hosting provider or of Azure",
    "the updates got in without an entitlement; then the next ones will not, or will be taken back at the restart",
)


class Fit(enum.Enum):
    """How entitlement and installed updates go together."""

    PLAIN = "plain"  # nothing after January 2020, and no licence
    ENTITLED = "entitled"
    STATED = "stated"  # covered by what the operator states, and by nothing that Windows shows
    INACTIVE = "inactive"  # a key without an activation, and nothing that would need it
    UNPREPARED = "unprepared"  # a licence without the package that it works through
    UNEXPLAINED = "unexplained"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class EntitlementVerdict(Verdict):
    """The fit; `month` is the newest month after January 2020 that is proved, `explanations` what may be behind it."""

    verdict: Fit
    month: str | None
    explanations: tuple[str, ...]

    @property
    def finding(self) -> bool:
        """Whether somebody has to look at this."""
        return self.verdict in (Fit.UNEXPLAINED, Fit.UNPREPARED, Fit.INACTIVE)


def judge_entitlement(snapshot: Mapping[str, Any], entitlement: Entitlement) -> EntitlementVerdict:
    """Compare the newest month that is proved with the entitlement; unknown where either was not captured."""
    answers: Mapping[str, Any] = snapshot.get("answers") or {}
    month, evidence, unknown = _newest(answers)
    listed = [f"{one.title}: {one.state}" for one in entitlement.licences or () if one.partial_key]
    if entitlement.licences is None:
        unknown = (*unknown, f"licences: {(snapshot.get('unknown') or {}).get('licences') or 'not captured'}")
    evidence = (*evidence, *(listed or (["no add-on has a key"] if entitlement.licences is not None else [])))
    if month is None:
        return _without_updates(answers, entitlement, evidence, unknown)
    needs = _needs(month)
    if needs & (entitlement.granted - entitlement.stated):
        return EntitlementVerdict(
            f"Updates of {month} are installed, and {entitlement.basis}.", evidence, unknown, Fit.ENTITLED, month, ()
        )
    if needs & entitlement.stated:
        sentence = f"Updates of {month} are installed. {entitlement.basis[0].upper()}{entitlement.basis[1:]}."
        return EntitlementVerdict(sentence, evidence, unknown, Fit.STATED, month, ())
    if entitlement.licences is None:
        sentence = f"Updates of {month} are installed; whether the machine is entitled to them could not be read."
        return EntitlementVerdict(sentence, evidence, unknown, Fit.UNKNOWN, month, ())
    return EntitlementVerdict(
        f"Updates of {month} are installed, which need Extended Security Updates or Premium Assurance, and "
        f"{_what_is_there(entitlement, month)}.",
        evidence,
        unknown,
        Fit.UNEXPLAINED,
        month,
        tuple(_explanations(entitlement)),
    )


def _newest(answers: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...], tuple[str, ...]]:
    """Return the newest month after the last public one, by files or by what is installed, with evidence and doubts."""
    files = months.judge(answers)
    found: dict[str, str] = {}
    if files.month and files.month > LAST_PUBLIC:
        found[files.month] = "; ".join(files.evidence)
    installed = {one.kb for one in updates(answers) if one.installed}
    for record in months.records():
        kb = next((record[kind] for kind in ("rollup", "security_only") if record[kind] in installed), None)
        if kb and record["month"] > LAST_PUBLIC:
            found.setdefault(record["month"], f"{kb} of {record['month']} is installed")
    if not found:
        return None, files.evidence, files.unknown if "packages" not in answers else ()
    newest = max(found)
    return newest, (found[newest],), ()


def _without_updates(
    answers: Mapping[str, Any], entitlement: Entitlement, evidence: tuple[str, ...], unknown: tuple[str, ...]
) -> EntitlementVerdict:
    idle = [one for one in entitlement.licences or () if one.partial_key and not one.active]
    prepared = _prepared(answers)
    if any(one.active for one in entitlement.licences or ()) and prepared is False:
        sentence = (
            "A licence is active, and no licensing preparation package is installed, without which it has no effect."
        )
        return EntitlementVerdict(sentence, evidence, unknown, Fit.UNPREPARED, None, ())
    if entitlement.granted:
        sentence = f"{entitlement.basis[0].upper()}{entitlement.basis[1:]}; no update that needs it is installed yet."
        fit = Fit.STATED if entitlement.granted == entitlement.stated else Fit.ENTITLED
        return EntitlementVerdict(sentence, evidence, unknown, fit, None, ())
    if idle:
        sentence = f"A key is installed and not active ({idle[0].title}: {idle[0].state}): activate it."
        return EntitlementVerdict(sentence, evidence, unknown, Fit.INACTIVE, None, ())
    if unknown:
        sentence = "Whether updates after January 2020 are installed, or the machine is entitled to them, is not known."
        return EntitlementVerdict(sentence, evidence, unknown, Fit.UNKNOWN, None, ())
    sentence = "No update after January 2020 is installed, and no entitlement to one is active."
    return EntitlementVerdict(sentence, evidence, unknown, Fit.PLAIN, None, ())


def _prepared(answers: Mapping[str, Any]) -> bool | None:
    """Say whether a preparation package is in; one that a later one replaced may have left every list."""
    there = [has_update(answers, kb) for kb in data("ladder.yml")["licensing_preparation"]]
    return True if True in there else None if None in there else False


def _needs(month: str) -> frozenset[Need]:
    """Return the needs that a month's updates can have: any one of them is enough."""
    facts = data("entitlements.yml")
    years = [one for one in facts["licences"] if one["first"] <= month <= one["last"] and len(one["grants"]) == 1]
    return frozenset({Need(one["grants"][0]) for one in years} | {Need.PREMIUM_ASSURANCE})


def _what_is_there(entitlement: Entitlement, month: str) -> str:
    active: list[Licence] = [one for one in entitlement.licences or () if one.active]
    if not active:
        return "no licence for them is active on the machine"
    spans = ", ".join(f"{one.title} ({one.first} to {one.last})" if one.first else one.title for one in active)
    return f"the licences that are active are for others: {spans}"


def _explanations(entitlement: Entitlement) -> Iterator[str]:
    if entitlement.azure_guest:
        yield "the chassis carries the tag of an Azure virtual machine: such a guest needs no key and shows none"
    for one in entitlement.licences or ():
        if one.active and not one.grants:
            yield f"{one.title} is licensed, and may be for these updates; that is not known here"
    yield from _EXPLANATIONS
