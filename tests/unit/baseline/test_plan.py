# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.evaluate import evaluate
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.findings import Status
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.library import shipped
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.plan import Plan, differences, plan
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import select
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.surroundings import Surroundings
from support.baseline_cases import ALL_IDS, CHANGED_IDS, cases, failing_values, machine, merged

TODAY = dt.date(2026, 11, 20)
CASES = cases("plan")
BY_HTTP = Surroundings(transport="ntlm", scheme="http", port=80)


def planned(case: dict[str, Any]) -> Plan:
    snapshot = merged(machine(**case.get("answers", {})), {"unknown": case.get("unknown", {})})
    around = Surroundings(
        transport="ntlm",
        scheme=case.get("scheme", "http"),
        port=case.get("port"),
        tls=case.get("tls"),
        tls12_proved=frozenset(case.get("proved", ())),
    )
    waivers = [
        {"control": one, "reason": "r", "approver": "a", "expires": "2027-01-01"} for one in case.get("waived", ())
    ]
    return plan(snapshot, select(ids=case["controls"], waivers=waivers), around, TODAY)


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_only_what_is_safe_is_changed(case: dict[str, Any]) -> None:
    result = planned(case)
    assert [step.group.id for step in result.steps] == case.get("steps", [])
    held = {one.control: " | ".join(one.reasons) for one in result.held}
    assert set(held) == set(case.get("held", {}))
    for control, words in case.get("held", {}).items():
        assert words in held[control]


def test_planning_again_from_the_end_finds_nothing_to_do() -> None:
    selection = select(ids=CHANGED_IDS)
    first = plan(machine(), selection, BY_HTTP, TODAY)
    assert first.steps
    assert plan(first.result, selection, BY_HTTP, TODAY).changes() == ()


def test_planning_leaves_the_snapshot_alone() -> None:
    snapshot = machine()
    plan(snapshot, select(ids=CHANGED_IDS), BY_HTTP, TODAY)
    assert snapshot == machine()


def test_the_workstation_dependency_is_written_before_the_driver_is_disabled() -> None:
    (step,) = plan(machine(), select(ids=["smb1-client-off"]), BY_HTTP, TODAY).steps
    assert [change.name for change in step.changes] == ["DependOnService", "Start"]


def test_a_vendors_dependency_and_its_place_survive() -> None:
    there = {"type": "REG_MULTI_SZ", "data": ["VendorFilter", "mrxsmb10", "MRxSmb20"]}
    key = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\LanmanWorkstation"
    snapshot = machine(registry={key: {"DependOnService": there}})
    change = plan(snapshot, select(ids=["smb1-client-off"]), BY_HTTP, TODAY).changes()[0]
    assert change.after is not None
    assert change.after.data == ("VendorFilter", "MRxSmb20", "Bowser", "NSI")


def test_a_diff_shows_each_control_before_and_after() -> None:
    (one,) = differences(plan(machine(), select(ids=["smb1-server-off"]), BY_HTTP, TODAY).changes())
    assert one["before_header"] == "smb1-server-off"
    assert one["before"].endswith("SMB1: absent\n") and one["after"].endswith("SMB1: REG_DWORD 0\n")


INSTALLED = {
    "HKLM\\SOFTWARE\\Microsoft\\NET Framework Setup\\NDP\\v2.0.50727": {"Install": {"type": "REG_DWORD", "data": 1}},
    "HKLM\\SOFTWARE\\Microsoft\\NET Framework Setup\\NDP\\v4\\Full": {
        "Install": {"type": "REG_DWORD", "data": 1},
        "Release": {"type": "REG_DWORD", "data": 393297},
    },
}


@pytest.mark.parametrize("name", ALL_IDS)
def test_each_record_makes_a_failing_machine_and_the_fix_makes_a_passing_one(name: str) -> None:
    control = shipped().controls[name]
    broken = machine(hotfixes=["KB3154517"], registry=merged(INSTALLED, failing_values(control)))
    selection = select(ids=[name, *(one.id for one in shipped().closure([name]) if one.id != name)])
    before = {one.id: one.status for one in evaluate(broken, selection, TODAY)}
    result = plan(broken, selection, BY_HTTP, TODAY)
    after = {one.id: one.status for one in evaluate(result.result, selection, TODAY)}
    assert before[name] is Status.FAIL
    assert after[name] is (Status.FAIL if control.guard else Status.PASS)
    assert [one.control for one in result.held] == ([name] if control.guard else [])
