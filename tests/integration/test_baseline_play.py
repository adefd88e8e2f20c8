# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All controls through the real ansible-playbook: foretold, done, and done already."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.library import shipped
from support.fleet import Fleet
from support.playing import play, task

from .conftest import frozen

LEVELS = ["baseline", "strict", "opt-in", "report"]
KINDS = [("en-US", "x64"), ("de-DE", "x86"), ("ru-RU", "x64")]


def machine(locale: str, arch: str) -> dict[str, Any]:
    answers = {"os": {"version": "6.0.6002", "build": 6002, "arch": arch}, "computer": {"name": "CERBERUS"}}
    return {"answers": answers, "twin": {"locale": locale, "winrm": "1.1", "speed": 600}}


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_what_is_foretold_is_done_once_and_shown_for_each_control(
    fleet: Callable[..., Fleet], tmp_path: Path, kind: tuple[str, str]
) -> None:
    machines = fleet(machine(*kind))
    inventory = machines.write_inventory(tmp_path / "inventory.yml")
    options = {"state": "enforced", "levels": LEVELS, "journal": str(tmp_path / "journal"), "confirm_minutes": 1440}
    plays = task("sunset.ws2008.baseline", **options)

    before = frozen(machines["cerberus"].machine)
    foretold = play(plays, inventory, "--check", "--diff")
    assert foretold.rc == 0 and foretold.clean, foretold.output
    assert frozen(machines["cerberus"].machine) == before, "check mode changes nothing"
    (plan,) = foretold.of("baseline")
    assert plan["changed"] is True and plan["journal"] is None and not (tmp_path / "journal").exists()
    shown = [one["before_header"] for one in plan["diff"]]
    assert shown == list(dict.fromkeys(one["control"] for one in plan["changes"])), "one diff for each control"
    assert all(one["before"] != one["after"] for one in plan["diff"])

    done = play(plays, inventory, "--diff")
    assert done.rc == 0 and done.clean, done.output
    (result,) = done.of("baseline")
    assert [one["control"] for one in result["changes"]] == [one["control"] for one in plan["changes"]]
    assert result["changes"] == plan["changes"] and result["diff"] == plan["diff"]
    statuses = {one["id"]: one["status"] for one in result["findings"]}
    assert set(shipped().controls) <= set(statuses)
    fixed = set(itertools.chain.from_iterable(group["fixed"] for group in result["groups"]))
    assert fixed >= {one["control"] for one in result["changes"]}
    assert {statuses[name] for name in fixed} == {"pass"}
    held = {one["control"] for one in result["held"]}
    assert {name for name, status in statuses.items() if status == "fail"} == held, "nothing is silently skipped"
    assert all(one["reasons"] for one in result["held"])

    again = play(plays, inventory)
    (second,) = again.of("baseline")
    assert (second["changed"], second["changes"], second["journal"]) == (False, [], None)
    assert {one["id"]: one["status"] for one in second["findings"]} == statuses
    assert again.changed("cerberus") == 0
