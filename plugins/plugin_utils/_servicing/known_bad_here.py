# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Updates that are on a machine already and known to do harm on such a machine (private to this collection).

The records are those of `known_bad`. A number in a list is no verdict: it takes the component store or the files to
say that the update is there, the condition of the record to hold on this machine, and neither a cure nor a later month
to be in force. What of that is open makes a possibility of it. Harm that shows when a machine starts is told only while
the restart is outstanding, because a machine that answers has started.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from .catalog import Catalog
from .known_bad import SHA2_ONLY, Conditions, Risk, records, worst_first
from .records import Kind, Need, Package
from .standing import LISTED, Judge, Standing, State


def installed(snapshot: Mapping[str, Any], catalog: Catalog) -> list[Risk]:
    """Return what is known to go wrong with the updates of a machine, each with its evidence; the worst first."""
    scene = _Machine(snapshot, catalog)
    return worst_first(risk for record in records() if (risk := scene.judge(record)))


class _Machine:
    def __init__(self, snapshot: Mapping[str, Any], catalog: Catalog) -> None:
        self._catalog = catalog
        self._judge = Judge(snapshot, catalog)
        self._conditions = Conditions(snapshot, catalog, self._judge)

    def judge(self, record: Mapping[str, Any]) -> Risk | None:
        """Return the risk of a record for the first of its packages that is there, None where there is none."""
        for standing in self._there(record):
            waits = standing.state is State.PENDING
            cure = self._cure(record, standing.package)
            if (record.get("at_start") and not waits) or (cure and cure.state is State.INSTALLED):
                continue
            risk = self._conditions.risk(record, standing.package, doubts=list(self._doubts(record, standing)))
            if risk is None:
                continue
            remedy = record["at_start"] if record.get("at_start") else risk.remedy
            if cure:
                remedy = f"restart the machine, which puts {cure.by or cure.package} in force"
            return replace(risk, remedy=remedy, evidence=standing.evidence, waits=waits)
        return None

    def _there(self, record: Mapping[str, Any]) -> list[Standing]:
        """Return the packages of a record that are there, those first that are so themselves and not in a newer one."""
        found = []
        for kb in self._bringing(record):
            known = self._catalog.get(kb) if kb in self._catalog else None
            standing = self._judge.standing(known) if known else self._judge.stored(kb)
            if standing and standing.there:
                found.append(standing)
        return sorted(found, key=lambda one: one.by is not None)

    def _bringing(self, record: Mapping[str, Any]) -> list[str]:
        """Return the numbers of the packages that a record is about."""
        if record.get("signed_sha2_only"):
            return [one.id for one in self._waiting() if one.month is not None and one.month >= SHA2_ONLY]
        if record.get("paid_updates"):
            paid = [one for one in self._catalog if one.need not in (Need.NONE, Need.UNKNOWN)]
            return [one.id for one in sorted(paid, key=lambda one: one.month or "", reverse=True)]
        return list(record["packages"])

    def _waiting(self) -> list[Package]:
        return [self._catalog.get(kb) for kb in self._judge.waiting_in_store() if kb in self._catalog]

    def _cure(self, record: Mapping[str, Any], kb: str) -> Standing | None:
        """Return the standing of what cures it: one that is in force before one that waits for a restart."""
        known = [self._catalog.get(one) for one in (kb, *record.get("unless", ())) if one in self._catalog]
        found: list[Standing | None] = [self._judge.standing(one) for one in known if one.id != kb]
        found += [self._judge.stored(one) for one in record.get("unless", ())]
        if record.get("cured_later"):
            found += [self._judge.replacement(one) for one in known if one.id == kb]
        cures = [one for one in found if one and one.there]
        return min(cures, key=lambda one: one.state is not State.INSTALLED, default=None)

    def _doubts(self, record: Mapping[str, Any], standing: Standing) -> Iterator[str]:
        if standing.evidence == LISTED:
            yield f"nothing but its number in the list of updates shows {standing.package}"
        if standing.by and not record.get("later_rollups"):
            yield f"{standing.by} has taken its place, and whether that does the same is not known"
        if standing.package not in self._catalog:
            rollup = self._newest_rollup()
            if rollup:
                yield f"{rollup} is there as well, and whether that cures it is not known"

    def _newest_rollup(self) -> str | None:
        rollups = reversed(self._catalog.of_kind(Kind.MONTHLY_ROLLUP))
        there = (self._judge.standing(one) for one in rollups)
        return next((one.package for one in there if one.there and one.by is None), None)
