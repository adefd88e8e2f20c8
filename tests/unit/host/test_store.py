# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The component store and who waits for a restart; stores come from ``tests/data/host/verdicts/stores.yml``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.connection.twin import TwinSession
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host import verdicts
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.package_state import STATES, PackageState, decode
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.snapshot import take
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import VirtualClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.twin import build
from support.answering import FakeSession

CASES = yaml.safe_load((Path(__file__).parents[2] / "data/host/verdicts/stores.yml").read_text(encoding="utf-8"))
QUIET = {
    **dict.fromkeys(("cbs_reboot_pending", "cbs_packages_pending", "cbs_reboot_in_progress"), False),
    **dict.fromkeys(("update_reboot_required", "pending_xml", "file_renames", "file_renames_2"), False),
    **{"execute_state": None, "renamed": [], "renamed_count": 0, "update_exe": None, "new_name": None},
}
WHOLE = {
    **{"checked": 1, "missing": [], "missing_count": 0, "strays": [], "strays_count": 0},
    **{"check_found": None, "check_fixed": None},
}
MANAGER = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager"
NAMES = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\ComputerName"


def of_case(case: dict[str, Any]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    if case.get("captured", True):
        answers["packages"] = [
            {"identity": f"Package_for_{kb}~31bf3856ad364e35~amd64~~6.0.1.0", "state": state}
            for kb, state in case["packages"].items()
        ]
        answers["markers"] = QUIET | case.get("markers", {})
        answers["store"] = WHOLE | case.get("store", {})
    return {"taken": "2026-11-20T18:00:00Z", "door": "twin", "identity": None, "answers": answers, "unknown": {}}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_a_store_is_judged_by_what_can_be_read(case: dict[str, Any]) -> None:
    judged = verdicts.judge_store(of_case(case))
    assert judged.verdict.value == case["verdict"]
    assert case.get("says", "") in judged.sentence
    assert case.get("evidence", "") in "; ".join(judged.evidence)
    assert case.get("notes", "") in "; ".join(judged.noted)
    assert case.get("next", "") in (judged.next_step or "")
    assert (judged.next_step is not None) == (judged.verdict.value in ("doubtful", "damaged"))
    json.dumps(judged.as_dict())


def test_both_numberings_say_the_same_where_both_have_a_number() -> None:
    for old, new in ((1, 0x10), (2, 0x20), (3, 0x30), (4, 0x40), (6, 0x60), (7, 0x70), (8, 0x80)):
        assert STATES[old] is STATES[new]
    assert decode(0x50).there and decode(0x65).unfinished and not decode(0x65).there
    assert decode(5) is PackageState.LEAVING and decode(5).waits
    assert decode(0x99) is PackageState.OTHER


def restart(**markers: Any) -> verdicts.Restart:
    return verdicts.judge_restart(of_case({"packages": {}, "markers": markers}))


def test_a_new_computer_name_is_owed_a_restart_and_is_not_servicing() -> None:
    judged = restart(new_name="CHARON")
    assert (judged.pending, judged.servicing, judged.renames_only) == (True, False, False)
    assert judged.others == ("the new computer name CHARON",)
    assert "CHARON" in judged.sentence and "not servicing" in judged.sentence


def test_the_others_are_named_beside_servicing() -> None:
    judged = restart(cbs_reboot_pending=True, update_reboot_required=True, update_exe=2)
    assert judged.by == ("the component store", "Windows Update", "an update with an installer of its own")
    assert judged.others == judged.by[2:]
    assert judged.servicing is True


def test_the_files_that_wait_to_be_renamed_are_named() -> None:
    judged = restart(file_renames=True, renamed=["C:\\Program Files\\Agent\\a.dll"], renamed_count=4)
    assert judged.renames_only and not judged.pending
    assert "Agent\\a.dll and 3 more" in judged.evidence[1]


def test_what_finishes_servicing_at_the_start_is_servicing() -> None:
    assert restart(setup_execute=["C:\\Windows\\System32\\poqexec.exe /display_progress"]).servicing is True
    assert restart(setup_execute=["autocheck other.exe"]).pending is False


def test_a_snapshot_from_before_these_questions_is_judged_by_what_it_has() -> None:
    taken = of_case({"packages": {}})
    for name in ("file_renames_2", "renamed", "renamed_count", "update_exe", "new_name"):
        del taken["answers"]["markers"][name]
    del taken["answers"]["store"]
    assert verdicts.judge_restart(taken).pending is False
    judged = verdicts.judge_store(taken)
    assert (judged.verdict.value, judged.evidence, len(judged.unknown)) == ("healthy", (), 1)


def markers_of(*lines: tuple[str, int, str]) -> dict[str, Any]:
    session = FakeSession()
    session.lines[:0] = lines
    return dict(take(session)["answers"]["markers"])


def test_renamed_files_are_read_with_deletions_and_once_each() -> None:
    data = r"\??\C:\a.tmp\0\0\??\C:\b.dll\0!\??\C:\c.dll\0\??\C:\a.tmp\0\0"
    text = f"\r\n{MANAGER}\r\n    PendingFileRenameOperations    REG_MULTI_SZ    {data}\r\n"
    found = markers_of(("PendingFileRenameOperations 2", 0, text))
    assert found["file_renames"] is True
    assert found["renamed"] == ["C:\\a.tmp", "C:\\b.dll", "C:\\c.dll"]


@pytest.mark.parametrize(("following", "expected"), [("CERBERUS", None), ("cerberus", None), ("CHARON", "CHARON")])
def test_the_name_after_the_restart_is_read_from_the_registry(following: str, expected: str | None) -> None:
    line = "\r\n{}\r\n    ComputerName    REG_SZ    {}\r\n"
    found = markers_of(
        (r"ActiveComputerName.? /v", 0, line.format(NAMES, "CERBERUS")),
        (r"ComputerName.ComputerName.? /v", 0, line.format(NAMES, following)),
    )
    assert found["new_name"] == expected


def test_an_optional_question_that_is_not_answered_costs_only_itself() -> None:
    found = markers_of((r"ActiveComputerName", 5, "whatever"), ("UpdateExeVolatile", 0, "rubbish"))
    assert "new_name" not in found
    assert found["update_exe"] is None


@pytest.mark.parametrize("name", ["CHECKSUR.LOG", "C:\\WINDOWS\\LOGS\\CBS\\CHECKSUR.LOG"])
def test_the_readiness_log_is_counted_in_any_language(name: str) -> None:
    session = FakeSession()
    session.lines[:0] = [
        (r'find /c "\(f\)"', 0, f"\r\n---------- {name}: 7\r\n"),
        (r'find /c "\(fix\)"', 1, f"\r\n---------- {name}: 0\r\n"),
    ]
    found = take(session)["answers"]["store"]
    assert (found["check_found"], found["check_fixed"]) == (7, 0)
    assert take(FakeSession())["answers"]["store"]["check_found"] is None


def test_a_folder_that_cannot_be_listed_is_unknown_and_no_damage() -> None:
    session = FakeSession()
    session.lines.insert(0, (r"servicing.Packages", 1, "Access is denied.\r\n"))
    taken = take(session)
    assert "Access is denied" in taken["unknown"]["store"]
    assert verdicts.judge_store(taken).verdict.value == "healthy"


def test_a_package_without_its_catalogue_is_missing_a_file() -> None:
    session = FakeSession()
    name = "Package_for_KB955430~31bf3856ad364e35~amd64~~6.0.1.0"
    session.lines.insert(0, (r"servicing.Packages", 0, f"{name}.mum\r\nPackage_for_KB1~a~b~~1.cat\r\nother.txt\r\n"))
    found = take(session)["answers"]["store"]
    assert (found["missing"], found["strays"]) == ([name], ["package_for_kb1~a~b~~1"])


@pytest.mark.parametrize("locale", ["en-US", "de-DE", "ru-RU"])
def test_a_model_with_a_hole_in_its_store_is_damaged_in_every_language(locale: str) -> None:
    identities = [f"Package_for_KB{kb}~31bf3856ad364e35~amd64~~6.0.1.0" for kb in (4493730, 4474419)]
    answers = {
        "os": {"version": "6.0.6002", "build": 6002, "arch": "x64"},
        "packages": [{"identity": identity, "state": 7} for identity in identities],
    }
    machine = build({"answers": answers, "twin": {"locale": locale}}, clock=VirtualClock())
    assert verdicts.judge_store(take(TwinSession("x", machine, print))).verdict.value == "healthy"
    machine.files.delete(f"C:\\Windows\\servicing\\Packages\\{identities[0]}.mum")
    judged = verdicts.judge_store(take(TwinSession("x", machine, print)))
    assert judged.verdict.value == "damaged"
    assert identities[0] in judged.evidence[0]
