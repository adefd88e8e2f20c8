# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What has tools of its own, over the wire: members, listeners, the boot entry, NetBIOS and firewall rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin import listeners
from support.fleet import Fleet
from support.playing import play, task

from .conftest import demo_snapshot, frozen
from .test_rollback import Scene

Fleets = Callable[..., Fleet]
NORTH, ORPHAN = "S-1-5-21-1004336348-1177238915-682003330-1150", "S-1-5-21-1004336348-1177238915-682003330-4711"
OPERATORS, LISTENER = "acct-backup-operators-members", "winrm-http-listener-removed"
CONTROLS = [OPERATORS, "nr-netbios-off", "sm-dep-optout", "fw-inbound-allow-list"]
SITE = {
    OPERATORS: ["anna"],
    "fw-mgmt-rule-any-profile": ["127.0.0.1"],
    "fw-inbound-allow-list": ["way in"],
}


class Broken(Scene):
    """A machine on which all of them fail, in one of the languages."""

    def __init__(self, fleet: Fleets, work: Path, locale: str) -> None:
        super().__init__(lambda name: fleet(demo_snapshot(name, locale=locale)), work)
        self.machine.knobs["domain_names"] = {NORTH: "CORP\\Operators of the northern sites"}
        self.machine.accounts.members["S-1-5-32-551"] += [NORTH, ORPHAN]
        self.run("bcdedit /set {current} nx OptIn")
        add = "netsh advfirewall firewall add rule dir=in action=allow protocol=tcp"
        self.run(f'{add} name="way in" localport={self.fleet[self.name].port},3389,80,5985')
        self.run(f'{add} name="Old agent" localport=7')
        self.start = self.state()

    def run(self, line: str) -> None:
        rc, out, _err = self.machine.run(line)
        assert rc == 0, out

    def state(self) -> dict[str, Any]:
        """Members and listeners have no order; what a start took from the boot store is no setting."""
        state = super().state()
        state["knobs"].pop("nx_running", None)
        members = state["accounts"]["members"]
        state["accounts"]["members"] = {group: sorted(held) for group, held in members.items()}
        return state


@pytest.mark.parametrize("locale", ["de-DE", "ru-RU"])
def test_all_of_them_are_foretold_set_left_alone_and_put_back_exactly(
    fleet: Fleets, tmp_path: Path, locale: str
) -> None:
    scene = Broken(fleet, tmp_path, locale)
    options = {"state": "enforced", "controls": CONTROLS, "site_values": SITE, "journal": str(scene.journal)}
    foretold = scene.play(task("sunset.ws2008.baseline", **options), "--check", "--diff").of("baseline")[0]
    assert {one["before_header"] for one in foretold["diff"]} == set(CONTROLS) and scene.state() == scene.start
    done = scene.play(task("sunset.ws2008.baseline", **options)).of("baseline")[0]
    assert done["held"] == [] and {one for group in done["groups"] for one in group["fixed"]} == set(CONTROLS)
    assert done["restart_for"] == ["sm-dep-optout"]
    assert scene.machine.accounts.members["S-1-5-32-551"] == []
    again = scene.play(task("sunset.ws2008.baseline", **options)).of("baseline")[0]
    assert not again["changed"]
    back = scene.back(run="last")
    assert {one["control"] for one in back["restored"]} == set(CONTROLS)
    assert scene.state() == scene.start


@pytest.mark.parametrize("winrm", ["1.1", "2.0"])
def test_the_listener_in_use_stays_and_forced_away_it_comes_back_by_itself(
    fleet: Fleets, tmp_path: Path, winrm: str
) -> None:
    machines = fleet(demo_snapshot("cerberus", winrm=winrm))
    machine = machines["cerberus"].machine
    inventory = machines.write_inventory(tmp_path / "inventory.yml")
    start = listeners.rows(machine)
    wanted = {"state": "enforced", "controls": [LISTENER], "journal": str(tmp_path / "journal"), "confirm_minutes": 10}
    (held,) = play(task("sunset.ws2008.baseline", **wanted), inventory).of("baseline")[0]["held"]
    assert held["guards"] == ["winrm-login"] and "this connection uses http" in held["reasons"][0]
    ran = play(task("sunset.ws2008.baseline", **wanted, force=["winrm-login"]), inventory)
    assert ran.clean and ran.rc != 0
    assert "taken back, because nobody confirmed it" in " ".join(json.dumps(ran.results).split())
    assert listeners.rows(machine) == start, "the machine made the listener again"
    assert play(task("sunset.ws2008.facts"), inventory).rc == 0, frozen(machine)[:200]
