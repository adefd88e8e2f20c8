# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.evaluate import evaluate, required_registry_keys
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.findings import Status
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import select
from support.baseline_cases import ALL_IDS, cases, machine, merged

TODAY = dt.date(2026, 11, 20)
CASES = cases("evaluate")


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_a_control_says_what_the_snapshot_says(case: dict[str, Any]) -> None:
    answers = {**case.get("answers", {})}
    if "registry" in case:
        answers["registry"] = case["registry"]
    snapshot = merged(machine(**answers), {"unknown": case.get("unknown", {})})
    (finding,) = evaluate(snapshot, select(ids=[case["control"]]), TODAY)
    assert finding.status.value == case["status"], finding
    assert case.get("observed", finding.observed) == finding.observed
    assert case.get("evidence", "") in " | ".join(finding.evidence)


def test_nothing_known_means_nothing_passed() -> None:
    findings = evaluate({"answers": {}, "unknown": {}}, select(ids=ALL_IDS), TODAY)
    assert {finding.status for finding in findings} == {Status.NOTCHECKED}


def test_judging_changes_nothing_and_is_the_same_twice() -> None:
    snapshot = machine()
    first = evaluate(snapshot, select(ids=ALL_IDS), TODAY)
    assert snapshot == machine()
    assert evaluate(snapshot, select(ids=ALL_IDS), TODAY) == first


def test_a_finding_has_the_shape_of_the_report() -> None:
    for finding in evaluate(machine(), select(), TODAY):
        plain = finding.plain()
        assert all(isinstance(plain[name], str) and plain[name] for name in ("id", "title", "observed", "expected"))
        assert plain["evidence"] and all(isinstance(line, str) and line for line in plain["evidence"])


def test_keys_are_asked_for_controls_and_for_what_they_wait_for() -> None:
    keys = required_registry_keys(select(ids=["tls-tls10-server-off"]).every())
    assert any(key.endswith("TLS 1.2\\Server") for key in keys), "control_passes"
    assert any(key.endswith("Terminal Server") for key in keys), "rdp_off_or_tls12_capable"
    assert len({key.casefold() for key in keys}) == len(keys)


WAIVER = {"control": "smb1-server-off", "reason": "old scanner", "approver": "J. Doe"}


@pytest.mark.parametrize(
    ("expires", "status", "word"),
    [
        ("2026-11-20", Status.WAIVED, "waived until 2026-11-20 (by J. Doe: old scanner)"),
        ("2026-11-19", Status.FAIL, "the waiver expired on 2026-11-19"),
        (dt.date(2027, 1, 1), Status.WAIVED, "waived until 2027-01-01"),
        # Half past midnight in Berlin is still the day before in UTC, whose midnight counts.
        (dt.datetime(2026, 11, 20, 0, 30, tzinfo=dt.timezone(dt.timedelta(hours=1))), Status.FAIL, "on 2026-11-19"),
        (dt.datetime(2026, 11, 19, 23, 30, tzinfo=dt.timezone(dt.timedelta(hours=-1))), Status.WAIVED, "2026-11-20"),
    ],
)
def test_a_waiver_holds_until_the_end_of_its_last_day(expires: object, status: Status, word: str) -> None:
    (finding,) = evaluate(machine(), select(ids=["smb1-server-off"], waivers=[{**WAIVER, "expires": expires}]), TODAY)
    assert finding.status is status and word in finding.evidence[-1]


def test_a_waiver_does_not_turn_unknown_into_waived() -> None:
    selection = select(ids=["smb1-server-off"], waivers=[{**WAIVER, "expires": "2027-01-01"}])
    (finding,) = evaluate({"answers": {}}, selection, TODAY)
    assert finding.status is Status.NOTCHECKED


def test_a_site_value_moves_the_bar() -> None:
    (finding,) = evaluate(
        machine(), select(ids=["ntlm-lmcompat-level"], site_values={"ntlm-lmcompat-level": "3"}), TODAY
    )
    assert finding.status is Status.PASS and finding.expected == "LmCompatibilityLevel at least REG_DWORD 3"
