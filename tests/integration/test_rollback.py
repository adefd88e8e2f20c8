# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Harden a machine, and take it back: a control, a group, the run, and not what somebody else has changed since."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.fleet import Fleet
from support.playing import Played, play, task

from .conftest import frozen

Fleets = Callable[..., Fleet]
EXPLORER = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\Explorer"
AUTORUN, CLIENT = "autorun-all-drives-off", "smb1-client-off"
CONTROLS = [AUTORUN, CLIENT, "ntlm-no-lm-hash", "tls-ssl3-server-off"]


class Scene:
    """A hardened machine with its journals."""

    def __init__(self, fleet: Fleets, work: Path, name: str = "cerberus") -> None:
        self.fleet, self.work, self.name = fleet(name), work, name
        self.machine = self.fleet[name].machine
        self.journal = work / "journal"
        self.inventory = self.fleet.write_inventory(work / "inventory.yml", harden_journal=str(self.journal))
        self.start = self.state()

    def state(self) -> dict[str, Any]:
        """Return everything the machine is, without our own folder and the room that it takes."""
        state: dict[str, Any] = _without_ours(json.loads(frozen(self.machine)))
        del state["files"]["used"]
        return state

    def play(self, plays: Any, *arguments: str) -> Played:
        ran = play(plays, self.inventory, *arguments)
        assert ran.clean, ran.output
        return ran

    def harden(self, *controls: str) -> dict[str, Any]:
        options = {"state": "enforced", "controls": list(controls), "journal": str(self.journal)}
        ran = self.play(task("sunset.ws2008.baseline", **options))
        assert ran.rc == 0, ran.output
        result: dict[str, Any] = ran.of("baseline")[0]
        assert result["held"] == [] and result["changed"]
        return result

    def back(self, *arguments: str, rc: int = 0, **options: Any) -> dict[str, Any]:
        wanted = {"state": "rolled_back", "journal": str(self.journal), **options}
        ran = self.play(task("sunset.ws2008.rollback", **wanted), *arguments)
        assert ran.rc == rc, ran.output
        result: dict[str, Any] = ran.of("rollback")[0]
        return result

    def runs(self) -> list[dict[str, Any]]:
        return list(self.back(state="listed")["runs"])


def _without_ours(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_ours(one) for key, one in value.items() if "sunset.ws2008" not in str(key).lower()}
    if isinstance(value, list):
        return [_without_ours(one) for one in value if "sunset.ws2008" not in json.dumps(one).lower()]
    return value


@pytest.mark.smoke
def test_a_control_a_group_and_the_rest_of_a_run_go_back_to_the_exact_start(fleet: Fleets, tmp_path: Path) -> None:
    scene = Scene(fleet, tmp_path)
    done = scene.harden(*CONTROLS)
    run = Path(done["journal"]["controller"]).name
    hardened = scene.state()
    assert hardened != scene.start
    foretold = scene.back("--check", "--diff", run="last", controls=[AUTORUN])
    assert foretold["changed"] and scene.state() == hardened, "check mode only looks"
    assert [(one["control"], one["before"], one["now"]) for one in foretold["restored"]] == [
        (AUTORUN, "absent", "REG_DWORD 255")
    ]
    assert "REG_DWORD 255" in foretold["diff"][0]["before"] and "absent" in foretold["diff"][0]["after"]
    one = scene.back(run="last", controls=[AUTORUN])
    assert [row["control"] for row in one["restored"]] == [AUTORUN]
    assert scene.machine.registry.get(EXPLORER, "NoDriveTypeAutoRun") is None
    assert {entry["run"]: entry["state"] for entry in scene.runs()}[run] == "partly rolled back"
    group = scene.back(run=run, groups=["smb1"])
    assert {row["control"] for row in group["restored"]} == {CLIENT} and group["restart_for"] == [CLIENT]
    whole = scene.back(run=run)
    assert {row["control"] for row in whole["already"]} == {AUTORUN, CLIENT}
    assert scene.state() == scene.start
    again = scene.back(run=run)
    assert not again["changed"] and again["journal"] == [] and scene.state() == scene.start
    listed = scene.runs()
    assert [entry["what"] for entry in listed] == ["settings", *[f"rollback of {run}"] * 3]
    assert listed[0]["state"] == "rolled back" and listed[0]["kept_on"] == ["controller", "target"]
    redone = scene.back(run=listed[1]["run"])
    assert [row["control"] for row in redone["restored"]] == [AUTORUN], "a rollback is taken back like any other run"
    assert scene.machine.registry.get(EXPLORER, "NoDriveTypeAutoRun").data == 255
    scene.back(run="all")
    assert scene.state() == scene.start


def test_what_somebody_has_changed_is_refused_with_three_values_and_forced_by_name(
    fleet: Fleets, tmp_path: Path
) -> None:
    scene = Scene(fleet, tmp_path)
    scene.harden(AUTORUN, CLIENT)
    scene.machine.registry.set(EXPLORER, "NoDriveTypeAutoRun", "REG_DWORD", 3)
    edited = scene.state()
    nothing = scene.back(run="last", all_or_nothing=True, rc=2)
    assert not nothing["changed"] and scene.state() == edited and "Nothing was changed" in nothing["msg"]
    refused = scene.back(run="last", rc=2)
    words = ["was absent before", "wrote REG_DWORD 255", "now it is REG_DWORD 3", f"in force: {AUTORUN}"]
    assert all(word in refused["msg"] for word in words), refused["msg"]
    assert [row["control"] for row in refused["refused"]] == [AUTORUN] and refused["changed"]
    assert scene.machine.registry.get(EXPLORER, "NoDriveTypeAutoRun").data == 3
    forced = scene.back(run="last", force=[AUTORUN, CLIENT])
    assert [row["control"] for row in forced["restored"]] == [AUTORUN]
    loud, vain = forced["warnings"]
    assert loud.startswith(f"FORCED: {AUTORUN}: ") and "is REG_DWORD 3 now and becomes absent" in loud
    assert vain == f"force names {CLIENT}, and nobody has changed a value of it; take it out again"
    assert [one["control"] for one in scene.runs()[-1]["forced"]] == [AUTORUN]
    assert scene.state() == scene.start
    scene.back(run=forced["journal"][0]["run"])
    assert scene.machine.registry.get(EXPLORER, "NoDriveTypeAutoRun").data == 3, "what was overwritten is not lost"


def test_either_journal_is_enough_and_two_that_differ_are_not(fleet: Fleets, tmp_path: Path) -> None:
    scene = Scene(fleet, tmp_path)
    done = scene.harden(AUTORUN)
    run, there = Path(done["journal"]["controller"]), done["journal"]["target"]
    shutil.move(scene.journal / scene.name, tmp_path / "lost")
    assert [(one["run"], one["kept_on"]) for one in scene.runs()] == [(run.name, ["target"])]
    scene.back(run="last")
    assert scene.state() == scene.start
    scene.harden(AUTORUN)
    assert scene.machine.run('rmdir /s /q "%ProgramData%\\sunset.ws2008\\journal"')[0] == 0
    scene.back(run="last")
    assert scene.state() == scene.start
    third = scene.harden(AUTORUN)
    path = Path(third["journal"]["controller"])
    other = (tmp_path / "lost" / run.name / "journal.json").read_bytes()
    (path / "journal.json").write_bytes(other)
    hardened = scene.state()
    assert "both whole and differ" in scene.back(run=path.name, rc=2)["msg"]
    (path / "journal.json").write_bytes(other[:-50])
    assert scene.state() == hardened
    torn = scene.back(run=path.name)
    assert any("journal.json on the controller cannot be relied on" in one for one in torn["warnings"])
    assert scene.state() == scene.start
    assert scene.machine.files.exists(f"{third['journal']['target']}\\journal.json") and there


def test_the_playbook_lists_takes_back_and_restarts(fleet: Fleets, tmp_path: Path) -> None:
    scene = Scene(fleet, tmp_path)
    scene.harden(CLIENT)
    boot = scene.machine.boot
    assert scene.play("sunset.ws2008.rollback").of("rollback")[0]["runs"][0]["controls"] == [CLIENT]
    ran = scene.play("sunset.ws2008.rollback", "-e", "rollback_run=last", "-e", "updates_reboot_settle=1")
    assert ran.rc == 0, ran.output
    assert scene.machine.boot == boot + 1
    assert scene.machine.services.get("LanmanWorkstation").state == "running"
    wrong = scene.play("sunset.ws2008.rollback", "-e", "rollback_run=20200101T000000Z-0000")
    assert wrong.rc == 2 and "there is no run 20200101T000000Z-0000 of this machine" in wrong.message(scene.name)
    assert scene.machine.boot == boot + 1
