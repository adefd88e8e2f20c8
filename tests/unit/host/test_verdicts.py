# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Verdicts from made-up snapshots; builds come from ``tests/data/host/verdicts/builds.yml``."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._host import months, probes, verdicts
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.verdict import data, parts

BUILDS = yaml.safe_load((Path(__file__).parents[2] / "data/host/verdicts/builds.yml").read_text(encoding="utf-8"))
QUIET = {
    "cbs_reboot_pending": False,
    "cbs_packages_pending": False,
    "cbs_reboot_in_progress": False,
    "execute_state": None,
    "update_reboot_required": False,
    "pending_xml": False,
    "file_renames": False,
}
SHA2 = {"SHA2-Codesigning-Support": 1, "SHA2-Core-Codesigning-Support": 1}


def snapshot(**answers: Any) -> dict[str, Any]:
    """Return a snapshot with these answers; the rest is unknown."""
    return {"taken": "2026-11-20T18:00:00Z", "door": "twin", "identity": None, "answers": answers, "unknown": {}}


def server(version: str = "6.0.6002", product_type: int | None = 3) -> dict[str, Any]:
    """Return the answer about the operating system."""
    return {"version": version, "build": parts(version)[2], "product_type": product_type, "caption": None}


def package(kb: str, version: str = "6.0.1.0", state: int = 7) -> dict[str, Any]:
    """Return a package of the component store."""
    return {"identity": f"Package_for_{kb}~31bf3856ad364e35~amd64~~{version}", "state": state}


def signing(values: dict[str, int] | None) -> dict[str, Any]:
    """Return a registry with the SHA-2 key, or with its absence."""
    dwords = {name: {"type": "REG_DWORD", "data": value} for name, value in (values or {}).items()}
    return {probes.CODE_SIGNING: dwords if values is not None else None}


def of_case(case: dict[str, Any]) -> dict[str, Any]:
    """Turn a line of the data file into a snapshot."""
    answers: dict[str, Any] = {}
    if "running" in case:
        answers["os"] = server(case["running"], case.get("product_type", 3))
    if "registered" in case:
        answers["registry"] = {
            probes.CURRENT_VERSION: {"CurrentBuildNumber": {"type": "REG_SZ", "data": case["registered"]}}
        }
    files = dict(case.get("files", {})) | ({"ntoskrnl.exe": case["on_disk"]} if "on_disk" in case else {})
    if files:
        answers["files"] = {f"C:\\Windows\\system32\\{name}": version for name, version in files.items()}
    if "markers" in case:
        answers["markers"] = QUIET | {"cbs_reboot_pending": case["markers"], "new_name": case.get("new_name")}
    if "packages" in case:
        answers["packages"] = [package(kb, state=state) for kb, state in case["packages"].items()]
    if "stack" in case:
        answers["stack"] = [case["stack"]]
    return snapshot(**answers)


@pytest.mark.parametrize("case", BUILDS, ids=lambda case: case["case"])
def test_a_build_is_judged(case: dict[str, Any]) -> None:
    judged = verdicts.judge_build(of_case(case))
    assert judged.verdict.value == case["verdict"]
    if "month" in case:
        assert judged.month == (case["month"] if case["month"] is None else str(case["month"]))
    if "revision" in case:
        assert judged.revision == case["revision"]
    assert case.get("says", "") in judged.sentence
    assert len(judged.unknown) >= case.get("doubts", 0)
    assert judged.sentence.strip()
    json.dumps(judged.as_dict())


@pytest.mark.parametrize("marker", [name for name in QUIET if name not in ("execute_state", "file_renames")])
def test_every_marker_alone_means_a_restart_and_is_named(marker: str) -> None:
    judged = verdicts.judge_restart(snapshot(markers=QUIET | {marker: True}))
    assert judged.pending is True
    assert len(judged.evidence) == 1


@pytest.mark.parametrize(("state", "pending"), [(None, False), (0, False), (0xFFFFFFFF, False), (3, True)])
def test_an_execute_state_is_idle_at_two_values(state: int | None, pending: bool) -> None:
    assert verdicts.judge_restart(snapshot(markers=QUIET | {"execute_state": state})).pending is pending


def test_file_renames_alone_are_other_peoples_business() -> None:
    judged = verdicts.judge_restart(snapshot(markers=QUIET | {"file_renames": True}))
    assert (judged.pending, judged.renames_only) == (False, True)


@pytest.mark.parametrize("state", [6, 0x60])
def test_a_package_that_waits_means_a_restart_in_both_numberings(state: int) -> None:
    judged = verdicts.judge_restart(snapshot(markers=QUIET, packages=[package("KB4493471", state=state)]))
    assert judged.pending is True
    assert "KB4493471" in judged.evidence[0]


def test_an_update_that_leaves_with_the_next_restart_is_waited_for_too() -> None:
    judged = verdicts.judge_restart(snapshot(markers=QUIET, packages=[package("KB4493471", state=5)]))
    assert judged.pending
    assert judged.evidence[0].endswith("KB4493471 is in state uninstall pending")


def test_markers_that_were_not_captured_leave_the_restart_unknown() -> None:
    taken = snapshot() | {"unknown": {"markers": "access denied"}}
    judged = verdicts.judge_restart(taken)
    assert judged.pending is None
    assert "access denied" in judged.sentence


@pytest.mark.parametrize(
    ("registry", "packages", "supported"),
    [
        (SHA2, [package("KB4474419", "6.0.4.0")], True),
        (SHA2, [package("KB4474419", "6.0.4.0", 0x70)], True),
        (SHA2, [package("KB4474419", "6.0.1.0")], False),
        (SHA2, [], True),
        ({}, [package("KB4474419", "6.0.4.0")], False),
        (None, [], False),
        (None, None, False),
        (SHA2 | {"SHA2-Core-Codesigning-Support": 0}, [], False),
    ],
)
def test_sha2_needs_the_registry_and_the_right_issue(
    registry: dict[str, int] | None, packages: list[Any] | None, supported: bool
) -> None:
    known = {"packages": packages} if packages is not None else {}
    assert verdicts.judge_sha2(snapshot(registry=signing(registry), **known)).supported is supported


def test_sha2_is_unknown_when_nothing_was_captured() -> None:
    assert verdicts.judge_sha2(snapshot(hotfixes=["KB955430"])).supported is None
    assert verdicts.judge_sha2(snapshot(hotfixes=["KB4474419"])).supported is True


@pytest.mark.parametrize(
    ("folders", "version", "kb", "enough"),
    [
        (["6.0.6002.18005"], "6.0.6002.18005", None, False),
        (["6.0.6002.18005", "6.0.6003.20484"], "6.0.6003.20484", "KB4493730", True),
        (["6.0.6003.9", "6.0.6003.20951"], "6.0.6003.20951", "KB4580971", True),
        (["6.0.6003.99999"], "6.0.6003.99999", None, True),
    ],
)
def test_the_stack_is_the_numerically_highest_folder(
    folders: list[str], version: str, kb: str | None, enough: bool
) -> None:
    judged = verdicts.judge_stack(snapshot(stack=folders))
    assert (judged.version, judged.kb, judged.sufficient) == (version, kb, enough)


def climbing() -> list[tuple[dict[str, Any], str]]:
    """Return a machine on its way up: what is added at each step, and the rung it is on then."""
    kernel = r"C:\Windows\system32\ntoskrnl.exe"
    sha2_packages = [package("KB4493730"), package("KB4474419", "6.0.4.0")]
    latest = [*sha2_packages, package("KB5039341")]
    licensed = {"id": data("entitlements.yml")["licences"][0]["id"], "status": 1, "partial_key": "ABCDE"}
    return [
        (
            {"os": server("6.0.6001"), "stack": ["6.0.6001.18000"], "markers": QUIET, "packages": [], "licences": []},
            "none",
        ),
        ({"os": server("6.0.6002"), "files": {kernel: "6.0.6002.18005"}, "registry": signing(None)}, "service_pack_2"),
        ({"stack": ["6.0.6003.20484"]}, "servicing_stack"),
        ({"registry": signing(SHA2), "packages": sha2_packages, "markers": QUIET | {"pending_xml": True}}, "sha2"),
        ({"markers": QUIET}, "restarted"),
        ({"packages": latest}, "latest_servicing_stack"),
        ({"packages": [*latest, package("KB5016891")]}, "licensing_preparation"),
        ({"licences": [licensed]}, "esu_licence"),
        ({"files": {kernel: "6.0.6003.23717"}}, "last_rollup"),
    ]


def test_a_machine_climbs_the_ladder_one_rung_at_a_time() -> None:
    answers: dict[str, Any] = {}
    for added, rung in climbing():
        answers |= added
        judged = verdicts.judge_ladder(snapshot(**answers))
        assert judged.rung.value == rung
        assert (judged.next is None) == (rung == "last_rollup")


def test_a_gap_in_the_ladder_is_not_stepped_over() -> None:
    answers: dict[str, Any] = {}
    for added, _plan in climbing():
        answers |= added
    judged = verdicts.judge_ladder(snapshot(**answers | {"registry": signing(None), "packages": []}))
    assert judged.rung.value == "servicing_stack"


@pytest.mark.parametrize(
    ("day", "phase", "ended"),
    [
        (date(2014, 1, 1), "mainstream support", False),
        (date(2020, 1, 14), "extended support", False),
        (date(2020, 1, 15), "ESU year 1", False),
        (date(2023, 6, 1), "ESU year 4 (Azure only)", False),
        (date(2026, 1, 13), "Premium Assurance", False),
        (date(2026, 1, 14), None, True),
    ],
)
def test_the_lifecycle_of_2008_by_day(day: date, phase: str | None, ended: bool) -> None:
    judged = verdicts.judge_lifecycle(snapshot(os=server()), day)
    assert (judged.phase, judged.ended) == (phase, ended)
    assert judged.public_updates_until == "2020-01-14"


@pytest.mark.parametrize(
    "version", ["5.2.3790", "6.0.6003", "6.1.7601", "6.3.9600", "10.0.17763", "10.0.26100", "99.0.1"]
)
@pytest.mark.parametrize("kind", [1, 3])
def test_only_server_2008_may_be_changed_and_every_other_gets_its_sentence(version: str, kind: int) -> None:
    taken = snapshot(os=server(version, kind))
    assert verdicts.judge_family(taken).changes_allowed is (version.startswith("6.0.") and kind == 3)
    assert verdicts.judge_lifecycle(taken).sentence.endswith(".")


def test_a_version_without_a_kind_is_never_changed() -> None:
    judged = verdicts.judge_family(snapshot(os=server("6.0.6002", None)))
    assert not judged.changes_allowed
    assert "Windows Vista" in judged.sentence


def test_nothing_at_all_is_unknown_everywhere_and_plain_data() -> None:
    judged = json.loads(json.dumps(verdicts.judge_all(snapshot())))
    assert judged["build"]["verdict"] == "unknown"
    assert judged["restart"]["pending"] is None
    assert judged["sha2"]["supported"] is None
    assert judged["ladder"]["rung"] == "none"
    assert all(verdict["sentence"] for verdict in judged.values())


def test_months_rise_and_never_share_a_rollup() -> None:
    records = months.records()
    assert len({record["rollup"] for record in records}) == len(records) == 90
    assert [record["month"] for record in records] == sorted(record["month"] for record in records)
    floors = months.lowest_kernels()
    assert floors == sorted(floors)


def test_every_published_number_proves_its_own_month() -> None:
    for record in months.records():
        for version in [*record.get("builds", ()), *([record["marker"]["version"]] if record.get("marker") else ())]:
            name = record["marker"]["file"] if record.get("marker") else months.KERNEL
            files = {f"C:\\Windows\\system32\\{months.KERNEL}": version, f"C:\\Windows\\system32\\{name}": version}
            assert months.judge({"files": files}).month == record["month"], (record, version)


def test_the_dates_are_in_order() -> None:
    for product in data("lifecycle.yml")["products"].values():
        days = [phase["until"] for phase in product["phases"]]
        assert days == sorted(days)
        assert all(phase["confidence"] for phase in product["phases"])
