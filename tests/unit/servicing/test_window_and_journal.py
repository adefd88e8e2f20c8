# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run does not begin, what it tries again, and what it writes down."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from unit.servicing.rehearsal import Rehearsal, machine_of, media
from unit.servicing.test_install import ROLLUP, WHOLE, staged

from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.journal import NoJournal
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.errors import InstallFailed, ServicingError
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.progress import Told
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.window import ESTIMATES, Window, window_of
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.reboot import Patience, restart

NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)


# -- the window ---------------------------------------------------------------------------------------------------


def closing_in(minutes: float) -> Window:
    return Window(datetime.now(UTC) + timedelta(minutes=minutes))


def test_a_step_that_cannot_be_finished_in_the_window_is_not_begun(tmp_path: Path) -> None:
    folder, twin = media(tmp_path, *WHOLE), Rehearsal()
    first = twin.bring("last_public", folder, window=closing_in(60), run="one")
    assert (first.window_closed, first.pending_restart, first.restarts) == (True, False, 1)
    assert staged(twin) == ["KB4493730", "KB4474419"], "45 minutes and a restart do not fit into what is left"
    assert [step.get("package") for step in first.left][:1] == ["KB4534303"]
    assert any("the maintenance window closes: the next step (install KB4534303" in line for line in twin.lines)
    second = twin.bring("last_public", folder, run="two")
    assert (second.window_closed, second.left, twin.machine.build) == (False, [], 6003)


def test_a_window_that_is_over_changes_nothing(tmp_path: Path) -> None:
    twin = Rehearsal()
    outcome = twin.bring("last_public", media(tmp_path, *WHOLE), window=closing_in(-1), run="one")
    assert (outcome.changed, outcome.window_closed, len(outcome.left)) == (False, True, len(outcome.plan.steps))
    assert twin.rubbish() == []


def test_check_mode_says_what_would_not_fit(tmp_path: Path) -> None:
    outcome = Rehearsal().bring("last_public", media(tmp_path, *WHOLE), window=closing_in(70), check=True)
    assert outcome.window_closed
    assert "KB4534303" in [step.get("package") for step in outcome.left]
    assert "KB4493730" not in [step.get("package") for step in outcome.left]


def test_better_estimates_let_more_be_done(tmp_path: Path) -> None:
    twin, folder = Rehearsal(), media(tmp_path, *WHOLE)
    window = Window(datetime.now(UTC) + timedelta(minutes=30), dict.fromkeys(ESTIMATES, 1))
    assert twin.bring("last_public", folder, window=window, run="one").window_closed is False


@pytest.mark.parametrize(
    ("end", "minutes", "expected"),
    [
        ("2026-11-21T04:00:00+01:00", None, datetime(2026, 11, 21, 3, 0, tzinfo=UTC)),
        ("2026-11-21T04:00:00Z", 600, datetime(2026, 11, 21, 4, 0, tzinfo=UTC)),
        ("2026-11-21T04:00:00Z", 60, datetime(2026, 11, 21, 2, 0, tzinfo=UTC)),
        (None, 90, datetime(2026, 11, 21, 2, 30, tzinfo=UTC)),
        ("", None, None),
    ],
)
def test_the_earlier_of_both_ends_closes_it(end: str | None, minutes: int | None, expected: datetime | None) -> None:
    assert window_of(end, minutes, {}, NOW).ends == expected


@pytest.mark.parametrize(
    ("end", "estimates", "words"),
    [
        ("2026-11-21T04:00:00", {}, "has no time zone"),
        ("four o'clock", {}, "no moment at which a window could end"),
        (None, {"monthly_rolup": 3}, "no estimate for 'monthly_rolup'; did you mean monthly_rollup"),
        (None, {"restart": "long"}, "a number of minutes, not 'long'"),
        (None, {"restart": -1}, "a number of minutes, not -1"),
    ],
)
def test_a_window_that_is_none_is_refused(end: str | None, estimates: dict[str, object], words: str) -> None:
    with pytest.raises(ServicingError, match=words):
        window_of(end, None, estimates, NOW)


# -- tries ---------------------------------------------------------------------------------------------------------


def test_a_service_that_does_not_answer_is_asked_again_by_the_job_itself(tmp_path: Path) -> None:
    mishap = {"kind": "pkgmgr", "kb": "KB4493730", "code": 1722, "times": 3}
    twin = Rehearsal(machine_of(mishaps=[mishap]))
    outcome = twin.bring("servicing_stack", media(tmp_path, "KB4493730"), run="one")
    assert outcome.installed[0]["retried"] == [1722, 1722, 1722]


def test_it_is_asked_five_times_and_no_more(tmp_path: Path) -> None:
    mishap = {"kind": "pkgmgr", "kb": "KB4493730", "code": 0x800706BA, "times": -1}
    twin = Rehearsal(machine_of(mishaps=[mishap]))
    with pytest.raises(InstallFailed, match=r"0x800706BA HRESULT of RPC_S_SERVER_UNAVAILABLE.*\(tried 5 times"):
        twin.bring("servicing_stack", media(tmp_path, "KB4493730"), run="one")


@pytest.mark.parametrize("code", [1726, 0x80240017, 0x80070005, 0x800F081E])
def test_nothing_else_is_tried_again(tmp_path: Path, code: int) -> None:
    twin = Rehearsal(machine_of(mishaps=[{"kind": "pkgmgr", "kb": "KB4493730", "code": code}]))
    with pytest.raises(InstallFailed) as caught:
        twin.bring("servicing_stack", media(tmp_path, "KB4493730"), run="one")
    failure: Any = caught.value.details["failure"]
    assert (failure["retried"], caught.value.details["restarts"]) == ([], 0)
    assert failure["meaning"]["unsigned"] == code


def test_a_package_that_wants_a_restart_first_gets_one_and_one_more_try(tmp_path: Path) -> None:
    twin = Rehearsal(machine_of(mishaps=[{"kind": "pkgmgr", "kb": "KB4493730", "code": 0x80240016}]))
    outcome = twin.bring("servicing_stack", media(tmp_path, "KB4493730"), run="one")
    assert (outcome.restarts, len(outcome.installed)) == (1, 1)


@pytest.mark.parametrize(("reboot", "restarts"), [("when_required", 1), ("never", 0)])
def test_but_only_one(tmp_path: Path, reboot: str, restarts: int) -> None:
    twin = Rehearsal(machine_of(mishaps=[{"kind": "pkgmgr", "kb": "KB4493730", "code": 0x80240016, "times": -1}]))
    with pytest.raises(InstallFailed, match="0x80240016 WU_E_INSTALL_NOT_ALLOWED") as caught:
        twin.bring("servicing_stack", media(tmp_path, "KB4493730"), reboot=reboot, run="one")
    assert caught.value.details["restarts"] == restarts


def test_not_applicable_is_no_success_even_where_the_program_lies(tmp_path: Path) -> None:
    mishap = {"kind": "pkgmgr", "kb": "KB4493730", "code": 0x80240017, "done": True}
    twin = Rehearsal(machine_of(mishaps=[mishap]))
    outcome = twin.bring("servicing_stack", media(tmp_path, "KB4493730"), run="one")
    assert outcome.installed[0]["state"] == "installed", "the component store has it, whatever the program said"


# -- progress --------------------------------------------------------------------------------------------------------


def test_an_upload_tells_how_far_it_is_every_half_minute() -> None:
    now, told = 0.0, []
    stream = Told(io.BytesIO(bytes(10_000_000)), 10_000_000, lambda: now, told.append)
    while stream.read(1_000_000):
        now += 12
    assert told == [
        "sent 4 of 10 MB (40 %, 0.1 MB/s)",
        "sent 7 of 10 MB (70 %, 0.1 MB/s)",
        "sent 10 of 10 MB (100 %, 0.1 MB/s)",
    ]


def test_each_phase_of_a_package_has_its_seconds(tmp_path: Path) -> None:
    outcome = Rehearsal().bring("servicing_stack", media(tmp_path, "KB4493730"), run="one")
    phases: Any = outcome.installed[0]["phases"]
    assert set(phases) <= {"verify", "expand", "install"} and sum(phases.values()) > 0


# -- the journal -----------------------------------------------------------------------------------------------------


def events(folder: Path, run: str) -> list[dict[str, Any]]:
    """Return the events of a run."""
    content: dict[str, Any] = json.loads((folder / "host" / run / "servicing.json").read_text(encoding="utf-8"))
    assert (content["schema"], content["run"]) == ("sunset.ws2008/servicing-journal/1", run)
    return list(content["events"])


def words(found: list[dict[str, Any]]) -> list[str]:
    return [" ".join(filter(None, (one["event"], one.get("package")))) for one in found]


def test_each_step_is_written_down_before_and_after_it_on_both_sides(tmp_path: Path) -> None:
    journal, twin = tmp_path / "journal", Rehearsal()
    (tmp_path / "media").mkdir()
    folder = media(tmp_path / "media", *WHOLE)
    outcome = twin.bring("last_public", folder, journal=journal, run="one")
    found = events(journal, "one")
    assert words(found) == [
        "installing KB4493730",
        "installed KB4493730",
        "installing KB4474419",
        "installed KB4474419",
        "restarting",
        "restarted",
        "settled after a restart KB4474419",
        "installing KB4534303",
        "installed KB4534303",
        "restarting",
        "restarted",
        "settled after a restart KB4534303",
    ]
    assert found[0]["before"]["state"] == "absent"
    assert len(found[0]["file"]["sha256"]) == 64
    assert "Windows cannot take it out" in found[1]["undo"]
    assert found[8]["undo"].startswith("start /w pkgmgr /up:Package_for_KB4534303~")
    assert outcome.journal is not None
    there = f"{outcome.journal['target']}\\servicing.json"
    assert json.loads(twin.machine.files.read(there)) == json.loads(
        (journal / "host" / "one" / "servicing.json").read_text(encoding="utf-8")
    )
    assert twin.bring("last_public", folder, journal=journal, run="two").journal is None
    assert not (journal / "host" / "two").exists(), "a run that changes nothing leaves none"


def test_over_several_runs_nothing_is_missing(tmp_path: Path) -> None:
    journal, twin = tmp_path / "journal", Rehearsal()
    (tmp_path / "media").mkdir()
    folder = media(tmp_path / "media", *WHOLE)
    for run in ("one", "two", "three"):
        twin.bring("last_public", folder, journal=journal, reboot="never", run=run)
        restart(twin.open, twin.say, "by hand", Patience())
    assert words(events(journal, "one")) == [
        "installing KB4493730",
        "installed KB4493730",
        "installing KB4474419",
        "installed KB4474419",
    ]
    assert words(events(journal, "two")) == [
        "settled after a restart KB4474419",
        "installing KB4534303",
        "installed KB4534303",
    ]
    assert words(events(journal, "three")) == ["settled after a restart KB4534303"]
    assert events(journal, "three")[0]["job_run"] == "two"


def test_failures_and_reverts_are_written_down(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    (tmp_path / "media").mkdir()
    folder = media(tmp_path / "media", "KB4493730", "KB4474419")
    media(folder, "KB4534303", effects=ROLLUP)
    with pytest.raises(InstallFailed, match="Windows took it back"):
        Rehearsal().bring("last_public", folder, journal=journal, run="one")
    assert words(events(journal, "one"))[-1] == "reverted KB4534303"
    twin = Rehearsal(machine_of(mishaps=[{"kind": "pkgmgr", "kb": "KB4493730", "code": 0x800F081E}]))
    with pytest.raises(InstallFailed):
        twin.bring("last_public", folder, journal=journal, run="two")
    last = events(journal, "two")[-1]
    assert (last["event"], last["codes"]["install"]) == ("failed", -2146498530)


def test_without_a_place_for_the_journal_nothing_is_begun(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="ascii")
    twin = Rehearsal()
    with pytest.raises(NoJournal, match="cannot be written"):
        twin.bring("servicing_stack", media(tmp_path, "KB4493730"), journal=tmp_path / "file", run="one")
    assert (twin.rubbish(), twin.state("KB4493730")) == ([], None)
