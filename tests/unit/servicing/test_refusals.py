# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bad input ends a run before anything on the machine is changed, in check mode as well; what helps is in the words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from unit.servicing.rehearsal import Rehearsal, machine_of, media
from unit.servicing.test_install import staged

from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.store import Store, StoreVerdict
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import languages, preflight
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.errors import BadMedia, ServicingError
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import VirtualClock

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
BOTH = pytest.mark.parametrize("check", [False, True], ids=["run", "check"])


def refused(twin: Rehearsal, folder: Path | None, check: bool, words: str, **more: Any) -> ServicingError:
    """Run, expect the sentence, and compare the machine before and after."""
    before = twin.machine.files.used, twin.machine.registry.changes(twin.machine.template.registry), twin.machine.boot
    with pytest.raises(ServicingError, match=words) as caught:
        twin.bring(more.pop("target", "servicing_stack"), folder, check=check, run="one", **more)
    machine = twin.machine
    assert (machine.files.used, machine.registry.changes(machine.template.registry), machine.boot) == before
    assert (twin.rubbish(), twin.machine.tasks.list()) == ([], [])
    return caught.value


@BOTH
def test_a_restart_that_somebody_else_left_pending(tmp_path: Path, check: bool) -> None:
    twin = Rehearsal(machine_of(pending_packages=["KB4012598"]))
    folder = media(tmp_path, "KB4493730")
    error = refused(twin, folder, check, "waits for a restart that this collection did not cause: .*KB4012598")
    assert "pending_restart: complete" in str(error)
    words = "reboot is never, so restart it yourself"
    refused(twin, folder, check, words, pending_restart="complete", reboot="never")


def test_a_restart_that_an_earlier_run_left_pending_is_no_foreign_one(tmp_path: Path) -> None:
    twin, folder = Rehearsal(), media(tmp_path, "KB4493730", "KB4474419")
    assert twin.bring("sha2", folder, reboot="never", run="one").pending_restart
    assert twin.bring("sha2", folder, run="two").restarts == 1


@BOTH
@pytest.mark.parametrize(
    ("program", "line"), [("wusa.exe", "wusa.exe x.msu /quiet"), ("msiexec.exe", "msiexec /i office.msi")]
)
def test_an_installation_that_runs_already(tmp_path: Path, check: bool, program: str, line: str) -> None:
    twin = Rehearsal()
    process = twin.machine.processes.add(program, line, "SYSTEM")
    error = refused(twin, media(tmp_path, "KB4493730"), check, f"runs on the machine already: {program} ")
    assert f"process {process.pid}" in str(error)
    twin.machine.processes.remove(process.pid)
    assert twin.bring("servicing_stack", tmp_path, run="two").installed


def test_services_that_merely_linger_are_no_installation() -> None:
    rows = [
        {
            "Name": "TrustedInstaller.exe",
            "ProcessId": "8",
            "CommandLine": "C:\\Windows\\servicing\\TrustedInstaller.exe",
        },
        {"Name": "msiexec.exe", "ProcessId": "12", "CommandLine": "C:\\Windows\\system32\\msiexec.exe /V"},
    ]
    preflight.refuse_running(rows, {"answers": {"markers": {"execute_state": 0xFFFFFFFF}}})
    with pytest.raises(ServicingError, match=r"TrustedInstaller.exe \(process 8\)"):
        preflight.refuse_running(rows, {"answers": {"markers": {"execute_state": 2}}})


@BOTH
def test_a_clock_that_stands_in_the_past(tmp_path: Path, check: bool) -> None:
    twin = Rehearsal(clock=VirtualClock(datetime(2008, 1, 1, tzinfo=UTC)))
    folder = media(tmp_path, "KB4493730")
    error = refused(twin, folder, check, "clock says 2008-01-01 .* UTC, which is before 2019-04")
    assert "accept_risks: [clock]" in str(error)
    assert twin.bring("servicing_stack", folder, accept=["clock"], run="two").installed


def test_a_clock_is_judged_against_the_controllers() -> None:
    def at(moment: datetime) -> dict[str, Any]:
        return {"answers": {"os": {"local_time": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}}}

    for fine in (NOW, NOW - timedelta(hours=20), NOW + timedelta(days=30)):
        preflight.refuse_wrong_clock(at(fine), NOW, [], [])
    for wrong, words in ((NOW - timedelta(days=3), "3 days behind"), (NOW + timedelta(days=900), "900 days ahead of")):
        with pytest.raises(ServicingError, match=words):
            preflight.refuse_wrong_clock(at(wrong), NOW, [], [])
        preflight.refuse_wrong_clock(at(wrong), NOW, [], ["clock"])
    preflight.refuse_wrong_clock({"answers": {}}, NOW, [], [])


@BOTH
def test_a_machine_without_a_licence(tmp_path: Path, check: bool) -> None:
    words = "KB4537810 needs Extended Security Updates year 1; no Extended Security Updates licence"
    refused(Rehearsal(), media(tmp_path, "KB4493730"), check, words, target="KB4537810")


@BOTH
def test_a_hold_that_puts_the_target_out_of_reach(tmp_path: Path, check: bool) -> None:
    words = "cannot be reached: .*KB4493730 is held back by the hold option"
    folder = media(tmp_path, "KB4493730", "KB4474419")
    refused(Rehearsal(), folder, check, words, target="sha2", hold=["KB4493730"])


@BOTH
def test_a_disk_without_room(tmp_path: Path, check: bool) -> None:
    seed = machine_of()
    seed["answers"]["disk"] = {"drive": "C:", "free": 300 * 2**20, "size": 40 * 2**30}
    refused(Rehearsal(seed), media(tmp_path, "KB4493730"), check, "drive C: has 300 MB free, and unpacking")


@BOTH
def test_two_files_of_one_package_and_none_for_this_machine(tmp_path: Path, check: bool) -> None:
    twin, folder = Rehearsal(), media(tmp_path, "KB4493730", arch="x86")
    refused(twin, folder, check, "is for x86, and this machine is x64")
    media(folder, "KB4493730")
    (folder / "again-kb4493730-x64.msu").write_bytes(b"MSCF")
    refused(twin, folder, check, "two files are at hand for KB4493730")


@BOTH
def test_a_file_that_was_altered_and_one_for_another_windows(tmp_path: Path, check: bool) -> None:
    twin, folder = Rehearsal(), media(tmp_path, "KB4493730")
    file = folder / "Windows6.0-KB4493730-x64.msu"
    content = file.read_bytes()
    file.write_bytes(content[:-40])
    refused(twin, folder, check, "fetch it again")
    file.unlink()
    (folder / "Windows6.1-KB4493730-x64.msu").write_bytes(content)
    refused(twin, folder, check, "is for Windows 6.1, and this machine runs 6.0")


@BOTH
def test_a_package_for_another_language(tmp_path: Path, check: bool) -> None:
    seed = machine_of()
    seed["answers"]["os"]["language"] = 1031
    twin = Rehearsal(seed)
    content = (media(tmp_path, "KB4493730") / "Windows6.0-KB4493730-x64.msu").read_bytes()
    (tmp_path / "Windows6.0-KB4493730-x64.msu").rename(tmp_path / "Windows6.0-KB4493730-x64-rus.msu")
    assert content
    refused(twin, tmp_path, check, "is for the language rus, and this machine has ")


def test_languages_are_told_by_name_and_by_identity() -> None:
    assert languages.foreign_name("IE9-WindowsVista-x64-deu", 1033) == (
        "is for the language deu, and this machine has en-us"
    )
    assert languages.foreign_name("IE9-WindowsVista-x64-deu", 1031) is None
    assert languages.foreign_name("Windows6.0-KB4493730-x64", 1031) is None
    assert languages.foreign_tag("fr-FR", 1033) == "is for the language fr-FR, and this machine has en-us"
    assert [languages.foreign_tag(tag, 1033) for tag in ("neutral", "en-US", "tlh-QS", "")] == [None] * 4
    assert languages.foreign_tag("fr-FR", None) is None


def test_a_damaged_component_store_stops_and_a_doubtful_one_warns() -> None:
    def store(verdict: Store) -> StoreVerdict:
        return StoreVerdict("It is so.", ("a sign",), (), verdict, "Run CheckSUR.")

    with pytest.raises(ServicingError, match=r"a sign.*Run CheckSUR\..*accept_risks: \[component_store\]"):
        preflight.refuse_damaged_store(store(Store.DAMAGED), [])
    assert preflight.refuse_damaged_store(store(Store.DAMAGED), ["component_store"]) is None
    assert "Run CheckSUR." in (preflight.refuse_damaged_store(store(Store.DOUBTFUL), []) or "")
    assert preflight.refuse_damaged_store(store(Store.HEALTHY), []) is None


def test_a_risk_that_there_is_not_is_named_with_the_nearest() -> None:
    preflight.check_risks(["clock", "component_store", "unhashed_media"])
    with pytest.raises(ServicingError, match="there is no risk 'clokc' to accept; did you mean clock"):
        preflight.check_risks(["clokc"])


def test_what_two_controllers_may_not_do_at_once_is_done_once(tmp_path: Path) -> None:
    """A claim is no refusal: the second waits and finds the work done (see test_install and the transcripts)."""
    twin, folder = Rehearsal(), media(tmp_path, "KB4493730")
    twin.machine.files.make_dir("C:\\ProgramData\\sunset.ws2008\\KB4493730.claim")
    twin.bring("servicing_stack", folder, run="one")
    assert staged(twin) == ["KB4493730"]


def test_files_of_the_wrong_kind_never_reach_the_machine(tmp_path: Path) -> None:
    twin = Rehearsal()
    (tmp_path / "Windows6.0-KB4493730-x64.msu").write_bytes(b"<html>404</html>")
    with pytest.raises(BadMedia, match="fetch it again"):
        twin.bring("servicing_stack", tmp_path, run="one")
