# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One maintenance window for a whole playbook: what does not fit is left for the next one, and nobody fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from support.fleet import Fleet
from support.playing import play

from .conftest import Media, frozen


def test_a_window_too_short_for_anything_leaves_the_machine_alone_and_is_no_failure(
    fleet: Callable[..., Fleet], media: Media, tmp_path: Path
) -> None:
    machines = fleet("cerberus")
    before = frozen(machines["cerberus"].machine)
    variables = {**media.variables(tmp_path), "updates_window_minutes": 5}
    inventory = machines.write_inventory(tmp_path / "inventory.yml", **variables)
    ran = play("sunset.ws2008.remediate", inventory)
    assert ran.rc == 0 and ran.clean, ran.output
    results = [one for one in ran.of("updates", "cerberus") if "plan" in one]
    assert len(results) == 3
    assert all(one["window_closed"] and one["left"] and not one["changed"] for one in results)
    assert not [one for one in ran.of("baseline", "cerberus") if one.get("changed")], "hardening is left out as well"
    assert frozen(machines["cerberus"].machine) == before
