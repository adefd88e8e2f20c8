# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The installing engine on a twin: the ladder, interruptions, and every way in which a package does not go in."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from unit.servicing.rehearsal import CATALOG, Rehearsal, machine_of, media

from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.ground import NoGround
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import catalog, install, known_bad
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.errors import (
    BadMedia,
    InstallFailed,
    ServicingError,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.workplace import Workplace
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.reboot import Patience, restart
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import Unreachable
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import RealClock
from support import media as rehearsal_media
from support import packages

INSTALLED = 0x70  # in the numbering of a stack of the 6003 era; 7 in the older one
WHOLE = ("KB4493730", "KB4474419", "KB4534303")


def staged(rehearsal: Rehearsal) -> list[str]:
    """Return the KBs in the order in which the twin began to install them, by its own log."""
    log = rehearsal.machine.files.read("C:\\Windows\\Logs\\CBS\\CBS.log").decode()
    return [line.partition("_for_")[2].partition("~")[0] for line in log.splitlines() if "Staging Package" in line]


@pytest.mark.parametrize("arch", ["x64", "x86"])
def test_a_bare_6002_becomes_a_6003_in_the_only_order_that_works(tmp_path: Path, arch: str) -> None:
    folder = media(tmp_path, *WHOLE, arch=arch)
    twin = Rehearsal(machine_of(arch))
    outcome = twin.bring("last_public", folder, run="one")
    assert staged(twin) == list(WHOLE)
    assert (outcome.changed, outcome.restarts, outcome.pending_restart) == (True, 2, False)
    assert [one["package"] for one in outcome.installed] == list(WHOLE)
    assert all(one["verified"] for one in outcome.installed)
    assert (twin.machine.build, twin.state("KB4534303")) == (6003, INSTALLED)
    assert twin.rubbish() == []
    again = twin.bring("last_public", folder, run="two")
    assert (again.changed, again.installed, again.plan.steps) == (False, [], ())
    assert staged(twin) == list(WHOLE)


def test_a_run_ends_where_its_folder_cannot_be_had(tmp_path: Path) -> None:
    twin = Rehearsal()
    twin.machine.files.write("C:\\ProgramData\\sunset.ws2008", b"a file in the way")
    with pytest.raises(NoGround, match="cannot be made on the target.*; the run ends here"):
        twin.bring("sha2", media(tmp_path, *WHOLE))
    assert twin.state("KB4493730") is None


def test_check_mode_plans_and_touches_nothing(tmp_path: Path) -> None:
    twin = Rehearsal()
    before = twin.machine.files.free
    outcome = twin.bring("last_public", media(tmp_path, *WHOLE), check=True)
    assert (outcome.changed, outcome.plan.packages, outcome.installed) == (True, list(WHOLE), [])
    assert twin.rubbish() == []
    assert twin.machine.files.free == before
    assert not twin.machine.store.names() or twin.state("KB4493730") is None
    assert outcome.difference()["after"].splitlines()[0].startswith("install KB4493730 (Servicing stack")


def test_a_pending_restart_comes_first(tmp_path: Path) -> None:
    twin = Rehearsal(machine_of(pending_packages=["KB4012598"]))
    folder = media(tmp_path, "KB4493730")
    outcome = twin.bring("servicing_stack", folder, pending_restart="complete", run="one")
    assert [step["step"] for step in outcome.plan.to_json()["steps"]] == ["restart", "install"]  # type: ignore[attr-defined]
    assert (outcome.restarts, twin.state("KB4012598"), twin.state("KB4493730")) == (1, 7, INSTALLED)


def test_without_restarts_it_stops_in_front_of_each_and_goes_on_after_it(tmp_path: Path) -> None:
    folder, twin = media(tmp_path, *WHOLE), Rehearsal()
    first = twin.bring("last_public", folder, reboot="never", run="one")
    assert (first.pending_restart, first.restarts) == (True, 0)
    assert staged(twin) == ["KB4493730", "KB4474419"]
    same = twin.bring("last_public", folder, reboot="never", run="two")
    assert (same.changed, same.pending_restart) == (False, True)
    restart(twin.open, twin.say, "by hand", Patience())
    second = twin.bring("last_public", folder, reboot="never", run="three")
    assert (second.pending_restart, staged(twin)) == (True, list(WHOLE))
    restart(twin.open, twin.say, "by hand", Patience())
    last = twin.bring("last_public", folder, reboot="never", run="four")
    assert (last.changed, last.pending_restart, twin.machine.build) == (False, False, 6003)
    assert twin.rubbish() == []


def test_the_restart_after_sha2_is_owed_even_when_no_marker_says_so(tmp_path: Path) -> None:
    folder = media(tmp_path, "KB4493730", "KB4534303")
    media(folder, "KB4474419", effects={"kind": "sha2", "restart": False, "seconds": 5})
    twin = Rehearsal()
    first = twin.bring("sha2", folder, reboot="never", run="one")
    assert twin.state("KB4474419") == INSTALLED
    assert not twin.machine.store.restart_pending()
    assert first.pending_restart
    second = twin.bring("sha2", folder, run="two")
    assert (second.restarts, second.installed) == (1, [])
    assert twin.bring("sha2", folder, run="three").changed is False


def test_a_restart_is_made_after_every_change_when_asked_for(tmp_path: Path) -> None:
    twin, folder = Rehearsal(), media(tmp_path, "KB4493730")
    assert twin.bring("servicing_stack", folder, reboot="always", run="one").restarts == 1
    assert twin.bring("servicing_stack", folder, reboot="always", run="two").restarts == 0


ROLLUP = {"kind": "rollup", "restart": True, "build": 6003, "seconds": 20, "entitlement": "esu-1"}


def test_a_package_that_reverts_at_the_restart_is_said_to_have_done_so(tmp_path: Path) -> None:
    folder, twin = media(tmp_path, "KB4493730", "KB4474419"), Rehearsal()
    media(folder, "KB4534303", effects=ROLLUP)
    with pytest.raises(
        InstallFailed, match="KB4534303 was installed, and Windows took it back at the restart"
    ) as caught:
        twin.bring("last_public", folder, run="one")
    assert caught.value.details["reverted"] == ["KB4534303"]
    assert caught.value.details["restarts"] == 2
    assert twin.machine.build == 6002
    assert twin.rubbish() == []


def test_a_revert_between_two_runs_is_noticed(tmp_path: Path) -> None:
    folder, twin = media(tmp_path, "KB4493730", "KB4474419"), Rehearsal()
    media(folder, "KB4534303", effects=ROLLUP)
    twin.bring("sha2", folder, run="one")
    assert twin.bring("last_public", folder, reboot="never", run="two").pending_restart
    restart(twin.open, twin.say, "by hand", Patience())
    with pytest.raises(InstallFailed, match="Windows took it back"):
        twin.bring("last_public", folder, run="three")


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        ("wua", "the installer ended in 0x80240017 WU_E_NOT_APPLICABLE: the package does not apply"),
        ("cbs", "the installer ended in 0x800F081E CBS_E: an error of the servicing stack"),
    ],
)
def test_a_package_that_does_not_apply_fails_with_its_code_in_words(tmp_path: Path, codes: str, message: str) -> None:
    twin = Rehearsal(machine_of(pkgmgr_codes=codes))
    folder = media(tmp_path, "KB4493730", effects={"requires": ["KB7777777"], "seconds": 5})
    with pytest.raises(InstallFailed) as caught:
        twin.bring("servicing_stack", folder, run="one")
    assert str(caught.value).startswith("KB4493730 is not installed (")
    assert message in str(caught.value)
    failure: Any = caught.value.details["failure"]
    assert any("KB7777777 is missing" in line for line in failure["cbs_log"])
    assert caught.value.details["changed"] is True
    # what was wrong is mended, and the next run does not stumble over what the failed one left
    media(folder, "KB4493730")
    assert twin.bring("servicing_stack", folder, run="two").installed
    assert twin.rubbish() == []


def test_a_program_that_says_done_is_not_believed(tmp_path: Path) -> None:
    """pkgmgr reports 0 for a package that the component store knows already; here for one under another number."""
    twin = Rehearsal(machine_of(pkgmgr_codes="cbs"))
    folder = media(tmp_path, "KB4493730", effects={"kind": "service_pack", "seconds": 5})
    with pytest.raises(
        InstallFailed, match=r"the installer ended in 0 \(done\), but the component store does not have it"
    ):
        twin.bring("servicing_stack", folder, run="one")


def test_a_share_that_the_machine_cannot_reach_is_explained(tmp_path: Path) -> None:
    twin = Rehearsal()
    with pytest.raises(InstallFailed, match=r"could not get it from \\\\nas\\ws2008\\Windows6.0"):
        twin.bring("servicing_stack", media(tmp_path, "KB4493730"), source="unc", share="\\\\nas\\ws2008", run="one")


def test_missing_files_stop_everything_before_the_first_change(tmp_path: Path) -> None:
    twin = Rehearsal()
    with pytest.raises(BadMedia, match=r"no file of KB4534303 for x64 is in .*\. Nothing was sent") as caught:
        twin.bring("last_public", media(tmp_path, "KB4493730", "KB4474419"), run="one")
    assert caught.value.details["plan"]
    assert (twin.rubbish(), twin.state("KB4493730")) == ([], None)
    with pytest.raises(ServicingError, match="No media folder was given"):
        twin.bring("last_public", None, run="one")


def test_a_disk_that_is_too_full_stops_everything_before_the_first_change(tmp_path: Path) -> None:
    seed = machine_of()
    seed["answers"]["disk"] = {"drive": "C:", "free": 300 * 2**20, "size": 40 * 2**30}
    twin = Rehearsal(seed)
    with pytest.raises(ServicingError, match="has 300 MB free, and unpacking and installing needs about 512 MB"):
        twin.bring("servicing_stack", media(tmp_path, "KB4493730"), run="one")
    assert twin.rubbish() == []


def test_a_target_out_of_reach_is_refused_before_anything(tmp_path: Path) -> None:
    twin = Rehearsal()
    with pytest.raises(ServicingError, match="KB5073697 needs Premium Assurance; no Extended Security Updates"):
        twin.bring("KB5073697", tmp_path, run="one")
    with pytest.raises(ServicingError, match="KB4474419 is held back by the hold option"):
        twin.bring("last_public", tmp_path, hold=["KB4474419"], run="one")


def test_a_job_that_died_with_the_machine_is_begun_again(tmp_path: Path) -> None:
    twin, folder = Rehearsal(), media(tmp_path, "KB4493730")
    job = "C:\\ProgramData\\sunset.ws2008\\jobs\\dead\\KB4493730"
    twin.machine.files.make_dir(job)
    twin.machine.files.write(f"{job}\\state.txt", b"boot 2001-01-01T00:00:00Z\r\nphase expand\r\nexp")
    assert twin.bring("servicing_stack", folder, run="one").installed
    assert twin.rubbish() == []


def test_a_job_that_was_ended_by_somebody_is_begun_again(tmp_path: Path) -> None:
    twin, folder = Rehearsal(), media(tmp_path, "KB4493730")
    job = "C:\\ProgramData\\sunset.ws2008\\jobs\\ended\\KB4493730"
    twin.machine.files.make_dir(job)
    boot = f"{twin.machine.booted_at:%Y-%m-%dT%H:%M:%SZ}"
    twin.machine.files.write(f"{job}\\state.txt", f"boot {boot}\r\nphase expand\r\n".encode())
    assert twin.bring("servicing_stack", folder, run="one").installed
    assert any("its job is gone, and did not finish" in line for line in twin.lines)
    assert twin.rubbish() == []


def test_a_job_whose_controller_died_at_the_end_is_counted_and_cleaned_up(tmp_path: Path) -> None:
    twin, folder = Rehearsal(), media(tmp_path, "KB4493730")
    real = twin.session.run

    def run(line: str, stdin: bytes | None = None, timeout: float | None = None) -> Any:
        answer = real(line, stdin, timeout)
        if line.startswith("schtasks /run"):
            raise KeyboardInterrupt
        return answer

    twin.session.run = run  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        twin.bring("servicing_stack", folder, run="one")
    assert "KB4493730.claim" in twin.rubbish()
    twin.open()
    outcome = twin.bring("servicing_stack", folder, run="two")
    assert [one["package"] for one in outcome.installed] == ["KB4493730"]
    assert (staged(twin), twin.rubbish()) == (["KB4493730"], [])


def test_what_a_dead_controller_claimed_is_taken_over(tmp_path: Path) -> None:
    twin, folder = Rehearsal(), media(tmp_path, "KB4493730")
    twin.machine.files.make_dir("C:\\ProgramData\\sunset.ws2008\\KB4493730.claim")
    assert twin.bring("servicing_stack", folder, run="one").installed
    assert any("another controller has claimed it" in line for line in twin.lines)
    assert twin.rubbish() == []


# -- in a time that runs by itself ----------------------------------------------------------------


@pytest.fixture
def running() -> Callable[..., Rehearsal]:
    """Make twins whose clock runs a thousand times as fast as ours, and end them."""
    made: list[Rehearsal] = []

    def make(speed: float = 1000.0) -> Rehearsal:
        made.append(Rehearsal(clock=RealClock(speed)))
        return made[-1]

    yield make  # type: ignore[misc]
    for one in made:
        one.machine.close()


def test_phases_are_shown_while_a_job_runs(tmp_path: Path, running: Callable[..., Rehearsal]) -> None:
    twin = running(150.0)
    folder = media(tmp_path, "KB4493730", effects={"kind": "ssu", "stack": "6.0.6003.20484", "seconds": 60})
    twin.bring("servicing_stack", folder, run="one", poll_interval=5)
    assert any(line.endswith("KB4493730: installing") for line in twin.lines)


def test_lost_answers_do_not_lose_a_job(tmp_path: Path, running: Callable[..., Rehearsal]) -> None:
    twin = running(200.0)
    folder = media(tmp_path, "KB4493730", effects={"kind": "ssu", "stack": "6.0.6003.20484", "seconds": 60})
    looks = 0

    def lossy(session: Any) -> Any:
        real = session.run

        def run(line: str, stdin: bytes | None = None, timeout: float | None = None) -> Any:
            nonlocal looks
            if line.startswith("type ") and "state.txt" in line:
                looks += 1
                if looks % 2:
                    raise Unreachable("the connection was lost")
            return real(line, stdin, timeout)

        session.run = run
        return session

    lossy(twin.session)
    outcome = twin.bring("servicing_stack", folder, run="one", poll_interval=5)
    assert looks > 2
    assert outcome.installed[0]["state"] == "installed"
    assert staged(twin) == ["KB4493730"]


def test_a_controller_that_gives_up_is_followed_by_one_that_goes_on(
    tmp_path: Path, running: Callable[..., Rehearsal]
) -> None:
    twin = running(600.0)
    folder = media(tmp_path, "KB4493730", effects={"kind": "ssu", "stack": "6.0.6003.20484", "seconds": 300})
    with pytest.raises(InstallFailed, match="the job is not done after 0:00:30 .* run this again to go on waiting"):
        twin.bring("servicing_stack", folder, run="one", job_timeout=30, poll_interval=5)
    outcome = twin.bring("servicing_stack", folder, run="two", poll_interval=5)
    assert any("a job of an earlier run is still at work" in line for line in twin.lines)
    assert [one["state"] for one in outcome.installed] == ["installed"]
    assert (staged(twin), twin.rubbish()) == (["KB4493730"], [])
    assert twin.bring("servicing_stack", folder, run="three").changed is False


def test_power_loss_while_a_job_runs_is_survived(tmp_path: Path, running: Callable[..., Rehearsal]) -> None:
    twin = running(200.0)
    folder = media(tmp_path, "KB4493730", effects={"kind": "ssu", "stack": "6.0.6003.20484", "seconds": 120})

    def pull_the_plug(line: str) -> None:
        if line.endswith("KB4493730: installing"):
            twin.trouble = lambda _line: None
            twin.machine.restart("power loss")

    twin.trouble = pull_the_plug
    outcome = twin.bring("servicing_stack", folder, run="one", poll_interval=5)
    assert outcome.installed[0]["package"] == "KB4493730"
    assert twin.state("KB4493730") == INSTALLED
    assert twin.rubbish() == []


def test_two_controllers_at_once_install_each_package_once(tmp_path: Path, running: Callable[..., Rehearsal]) -> None:
    twin = running(200.0)
    folder = media(tmp_path, "KB4493730", effects={"kind": "ssu", "stack": "6.0.6003.20484", "seconds": 60})
    other = Rehearsal(machine=twin.machine)
    errors: list[BaseException] = []

    def work(one: Rehearsal, run: str) -> None:
        try:
            one.bring("servicing_stack", folder, run=run, poll_interval=5)
        except BaseException as error:  # noqa: BLE001 - carried over to the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=work, args=(one, run)) for one, run in ((twin, "one"), (other, "two"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert staged(twin) == ["KB4493730"]
    assert twin.state("KB4493730") == INSTALLED


def test_the_catalog_of_these_tests_differs_from_the_shipped_one_in_hashes_only() -> None:
    for one in catalog.load():
        assert CATALOG.get(one.id).requires == one.requires


def test_a_6001_gets_its_service_pack_first(tmp_path: Path) -> None:
    records = rehearsal_media.records(packages.build_ladder(tmp_path, ["x64"]))
    seed = machine_of()
    seed["answers"]["os"] = {"version": "6.0.6001", "build": 6001, "service_pack": 1, "arch": "x64"}
    twin = Rehearsal(seed)
    outcome = twin.bring("last_public", tmp_path, records=catalog.load(records), run="one")
    assert [one["package"] for one in outcome.installed] == [
        "KB948465",
        "KB4493730",
        "KB4474419",
        "KB4565353",
        "KB4534303",
    ]
    assert (twin.machine.build, outcome.restarts, twin.rubbish()) == (6003, 3, [])


def test_what_is_wanted_beside_the_target_shares_its_restart(tmp_path: Path) -> None:
    folder = media(tmp_path, *WHOLE, "KB4019276")
    records = catalog.load([{"id": name, "architectures": {"x64": None}} for name in (*WHOLE, "KB4019276")])
    twin = Rehearsal()
    outcome = twin.bring("last_public", folder, records=records, also=["KB4019276"], run="one")
    assert {one["package"] for one in outcome.installed} == {*WHOLE, "KB4019276"}
    assert outcome.restarts == 2, "as many as without it"
    assert twin.bring("last_public", folder, records=records, also=["KB4019276"], run="two").changed is False


def test_a_known_bad_update_stops_where_nobody_accepts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    risk = known_bad.warnings([CATALOG.get("KB4474419")], {"answers": {}}, CATALOG)[0]
    stop = replace(risk, level=known_bad.Level.STOP, applies=known_bad.Applies.YES)
    monkeypatch.setattr(install, "warnings", lambda packages, seen, records: [stop])
    twin, folder = Rehearsal(), media(tmp_path, *WHOLE)
    with pytest.raises(ServicingError, match=rf"accept_risks: \[{stop.id}\]"):
        twin.bring("sha2", folder, run="one")
    assert twin.rubbish() == []
    outcome = twin.bring("sha2", folder, accept=[stop.id], run="two")
    assert outcome.installed and outcome.risks[0]["id"] == stop.id
    assert any(line.endswith(stop.text) for line in outcome.log)


def test_an_excerpt_of_the_log_holds_nothing_from_before(tmp_path: Path) -> None:
    twin = Rehearsal(machine_of(pkgmgr_codes="cbs"))
    log, old = "C:\\Windows\\Logs\\CBS\\CBS.log", "2020-01-01 00:00:00, Error CBS KB4493730 failed long ago"
    twin.machine.files.make_dir("C:\\Windows\\Logs\\CBS")
    twin.machine.files.write(log, (f"{old}\r\n" * 30).encode() + b"caf\xe9 \xff\xfe\r\n")
    folder = media(tmp_path, "KB4493730", effects={"requires": ["KB7777777"], "seconds": 5})
    with pytest.raises(InstallFailed) as caught:
        twin.bring("servicing_stack", folder, run="one")
    failure: Any = caught.value.details["failure"]
    assert any("KB7777777 is missing" in line for line in failure["cbs_log"])
    assert not any("long ago" in line for line in failure["cbs_log"])


@pytest.mark.parametrize(("before", "shown"), [(2, [2]), (3, []), (500, [0, 2]), (None, [0, 2])])
def test_a_log_that_windows_began_anew_is_shown_whole(before: int | None, shown: list[int]) -> None:
    twin = Rehearsal()
    lines = ["a KB4493730 one", "b nothing of it", "c KB4493730 " + "x" * 900]
    twin.machine.files.make_dir("C:\\Windows\\Logs\\CBS")
    twin.machine.files.write("C:\\Windows\\Logs\\CBS\\CBS.log", "".join(f"{one}\r\n" for one in lines).encode())
    found = Workplace(lambda: twin.session).excerpt("KB4493730", before)
    assert found == [lines[number][:400] for number in shown]
