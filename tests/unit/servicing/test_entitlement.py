# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a machine is entitled to, and whether that fits; cases come from ``tests/data/servicing/entitlement.yml``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.verdict import data
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import catalog
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.esu import entitlement_of, licences
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.licence_check import (
    LAST_PUBLIC,
    judge_entitlement,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.records import Kind, Need

CASES = yaml.safe_load((Path(__file__).parents[2] / "data/servicing/entitlement.yml").read_text(encoding="utf-8"))
KNOWN = data("entitlements.yml")


def snapshot(case: dict[str, Any]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    unknown = {}
    if "kernel" in case:
        answers["files"] = {"C:\\Windows\\system32\\ntoskrnl.exe": case["kernel"]}
    if "packages" in case:
        answers["packages"] = [
            {"identity": f"Package_for_{kb}~31bf3856ad364e35~amd64~~6.0.1.0", "state": 7} for kb in case["packages"]
        ]
    if "rows" in case:
        ids = {one["id"][:8]: one["id"] for one in KNOWN["licences"]}
        answers["licences"] = [
            {"id": ids[str(start)], "name": None, "status": status, "partial_key": end}
            for start, (status, end) in case["rows"].items()
        ]
    else:
        unknown["licences"] = "access denied"
    if "tag" in case:
        answers["enclosure"] = {"asset_tag": case["tag"]}
    return {"answers": answers, "unknown": unknown}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_what_is_installed_is_laid_beside_what_is_licensed(case: dict[str, Any]) -> None:
    taken = snapshot(case)
    found = entitlement_of(taken, case.get("stated"))
    judged = judge_entitlement(taken, found)
    assert judged.verdict.value == case["verdict"]
    assert case.get("says", "") in judged.sentence
    if "finding" in case:
        assert judged.finding is case["finding"]
    if "month" in case:
        assert judged.month == str(case["month"])
    if "granted" in case:
        assert sorted(need.value for need in found.granted) == case["granted"]
    assert case.get("doubts", "") in " ".join(found.doubts)
    assert case.get("explains", "") in " ".join(judged.explanations)
    assert bool(judged.explanations) == (judged.verdict.value == "unexplained")
    json.dumps(judged.as_dict() | found.to_json())


def test_each_year_is_for_its_own_packages_and_premium_assurance_for_all() -> None:
    rollups = [one for one in catalog.load().of_kind(Kind.MONTHLY_ROLLUP) if one.month and one.month > LAST_PUBLIC]
    assert len(rollups) > 70
    for record in KNOWN["licences"]:
        row = {"id": record["id"], "name": None, "status": 1, "partial_key": "AAAAA"}
        found = entitlement_of({"answers": {"licences": [row]}})
        covered = [one.month for one in rollups if found.covers(one.need)]
        if record["grants"]:
            assert covered and (min(covered), max(covered)) == (record["first"], record["last"]), record["title"]
        else:
            assert covered == []


def test_no_need_and_an_unknown_one_are_no_obstacle_and_a_missing_licence_is() -> None:
    nothing = entitlement_of({"answers": {"licences": []}})
    assert nothing.covers(Need.NONE) and nothing.covers(Need.UNKNOWN)
    assert not nothing.covers(Need.ESU) and not nothing.covers(Need.PREMIUM_ASSURANCE)


def test_an_add_on_with_an_unknown_id_is_shown_and_grants_nothing() -> None:
    named = {"name": "Windows(R), Server-ESU-Year9", "family": "Server-ESU-Year9"}
    other = {"name": "Windows(R), Other add-on", "family": "Resume"}
    rows = [
        {"id": "0" * 8, **named, "status": 1, "partial_key": "AAAAA"},
        {"id": "1" * 8, **other, "status": 1, "partial_key": "BBBBB"},
    ]
    found = licences(rows)
    assert found and [one.id for one in found] == ["0" * 8]
    entitlement = entitlement_of({"answers": {"licences": rows}})
    assert not entitlement.granted and "Server-ESU-Year9" in entitlement.doubts[0]
