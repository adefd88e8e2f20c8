# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The main job, by the real ansible-playbook over real WinRM and NTLM."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._report.result import schema
from support.fleet import Fleet
from support.playing import Played, play

from .conftest import Media, frozen


def site(fleet: Fleet, media: Media, tmp_path: Path, *arguments: str, playbook: str = "sunset.ws2008.site") -> Played:
    """Run a playbook on all machines of a fleet with the rehearsal media."""
    inventory = fleet.write_inventory(tmp_path / "inventory.yml", **media.variables(tmp_path))
    return play(playbook, inventory, "-e", f"report_path={tmp_path / 'report'}", *arguments)


def report(tmp_path: Path) -> dict[str, Any]:
    """Return the report, checked against its schema."""
    found: dict[str, Any] = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, schema())
    return found


def not_met(host: dict[str, Any]) -> set[str]:
    """Return the controls that fail in a report."""
    return {finding["id"] for finding in host["findings"] if finding["status"] in ("fail", "error")}


def held(ran: Played, name: str) -> set[str]:
    """Return the controls that an enforcement did not change, each of which has a reason."""
    reasons = {one["control"]: one["reasons"] for one in ran.of("baseline", name)[-1]["held"]}
    assert all(reasons.values())
    return set(reasons)


@pytest.mark.smoke
def test_a_bare_6002_becomes_a_patched_hardened_verified_6003_and_stays_so(
    fleet: Callable[..., Fleet], media: Media, tmp_path: Path
) -> None:
    machines = fleet("cerberus")
    first = site(machines, media, tmp_path)
    assert first.rc == 0 and first.clean, first.output
    host = report(tmp_path)["hosts"][0]
    assert (host["build"]["verdict"], host["build"]["month"]) == ("clean_6003", "2020-01")
    assert host["before"]["build"]["verdict"] == "clean_6002"
    assert host["servicing"]["plan"] == [] and host["servicing"]["pending_restart"] is False
    assert not_met(host) == held(first, "cerberus"), "what still fails was held back, and for a reason"
    assert sum(finding["status"] == "pass" for finding in host["findings"]) > 200
    assert host["summary"]["state"] == "attention", "somebody has to decide about these"
    assert "sending" in first.output and "the machine is back" in first.output, "long steps show their progress"
    settled = frozen(machines["cerberus"].machine)
    second = site(machines, media, tmp_path)
    assert second.rc == 0 and second.changed("cerberus") == 0, second.output
    assert frozen(machines["cerberus"].machine) == settled
    assert "may be left" not in first.output + second.output


def test_check_mode_shows_everything_and_changes_nothing(
    fleet: Callable[..., Fleet], media: Media, tmp_path: Path
) -> None:
    machines = fleet("cerberus", "minos", "charon")
    before = {name: frozen(endpoint.machine) for name, endpoint in machines.endpoints.items()}
    ran = site(machines, media, tmp_path, "--check", "--diff")
    assert ran.rc == 0 and ran.clean, ran.output
    assert {name: frozen(endpoint.machine) for name, endpoint in machines.endpoints.items()} == before
    plans = ran.of("updates", "cerberus")
    assert [step.get("package", "restart") for step in plans[-1]["plan"]["steps"]][:3] == [
        "KB4493730",
        "KB4474419",
        "restart",
    ]
    assert any(result.get("diff") for result in ran.of("baseline", "cerberus"))


def test_a_german_half_hardened_and_a_russian_pending_machine_end_in_the_same_state(
    fleet: Callable[..., Fleet], media: Media, tmp_path: Path
) -> None:
    machines = fleet("minos", "charon")
    ran = site(machines, media, tmp_path)
    assert ran.rc == 0 and ran.clean, ran.output
    hosts = report(tmp_path)["hosts"]
    assert [(host["name"], host["build"]["month"]) for host in hosts] == [("charon", "2020-01"), ("minos", "2020-01")]
    for host in hosts:
        assert not_met(host) == held(ran, host["name"])


@pytest.mark.parametrize("winrm, budget", [("1.1", 40), ("2.0", 25), ("3.0", 25)])
def test_an_assessment_stays_within_its_budget_of_requests(
    fleet: Callable[..., Fleet], tmp_path: Path, winrm: str, budget: int, capsys: pytest.CaptureFixture[str]
) -> None:
    from .conftest import demo_snapshot

    snapshot = demo_snapshot("minos", winrm=winrm)
    snapshot["answers"]["packages"] = [
        *snapshot["answers"].get("packages", []),
        *({"identity": f"Package_for_KB{2400000 + n}~31bf3856ad364e35~amd64~~6.0.1.0", "state": 7} for n in range(150)),
    ]
    machines = fleet(snapshot)
    inventory = machines.write_inventory(tmp_path / "inventory.yml")
    ran = play("sunset.ws2008.assess", inventory, "-e", f"report_path={tmp_path / 'report'}")
    assert ran.rc == 0, ran.output
    spent = machines["minos"].http_requests
    with capsys.disabled():
        print(f"\n  one assessment over WinRM {winrm}, 150 updates on the machine: {spent} requests (budget {budget})")
    assert spent <= budget
    assert report(tmp_path)["hosts"][0]["unknown"] == {}


def test_a_machine_that_cannot_be_reached_is_named_in_the_report(
    fleet: Callable[..., Fleet], media: Media, tmp_path: Path
) -> None:
    machines = fleet("minos")
    inventory = machines.write_inventory(tmp_path / "inventory.yml")
    text = inventory.read_text().replace(
        "  hosts:\n",
        "  hosts:\n    styx: {ansible_host: 127.0.0.1, ansible_port: 9, ansible_user: a, ansible_password: b}\n",
        1,
    )
    inventory.write_text(text)
    ran = play("sunset.ws2008.assess", inventory, "-e", f"report_path={tmp_path / 'report'}")
    assert ran.clean and "nothing listens on" in ran.message("styx")
    assert report(tmp_path)["summary"]["unreached"] == ["styx"]
