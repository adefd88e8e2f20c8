# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every start state x target x entitlement, the page that shows them, and the months between."""

from __future__ import annotations

import copy
import importlib.util
from pathlib import Path
from typing import Any

import pytest
import yaml
from unit.servicing.plan_model import CATALOG, Model, grown
from unit.servicing.servicing_support import snapshot

from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import esu
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.plan import Goal, InstallStep, Plan, plan
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.records import Kind, Need

DATA = Path(__file__).parents[2] / "data" / "servicing"
TABLE: dict[str, Any] = yaml.safe_load((DATA / "plan_table.yml").read_text(encoding="utf-8"))
GENERATOR = Path(__file__).parents[3] / "docs" / "servicing.py"
LAW = "8e7bfb1e-acc1-4f56-abae-b80fce56cd4b"
ROLLUPS = CATALOG.of_kind(Kind.MONTHLY_ROLLUP)


def words(made: Plan) -> list[str]:
    return [step.package.id if isinstance(step, InstallStep) else "restart" for step in made.steps]


def seen_at(start: str, licences: list[Any], arch: str | None = None) -> dict[str, Any]:
    changes = copy.deepcopy(TABLE["starts"][start].get("snapshot", {}))
    if arch == "x86":
        changes["os"] = {**changes.get("os", {}), "arch": "x86"}
        for package in changes.get("packages", ()):
            package["identity"] = package["identity"].replace("~amd64~", "~x86~")
    return snapshot({**changes, "licences": licences})


@pytest.mark.parametrize("start", TABLE["starts"])
@pytest.mark.parametrize("entitlement", TABLE["entitlements"])
@pytest.mark.parametrize("arch", ["x64", "x86"])
def test_the_table_tells_the_way(start: str, entitlement: str, arch: str) -> None:
    words_of = TABLE["entitlements"][entitlement]
    seen = seen_at(start, words_of.get("licences", []), arch if "itanium" not in start else None)
    files = TABLE["starts"][start].get("media")
    media = None if files is None else {name: f"{name}.msu" for name in files}
    entitled = esu.entitlement_of(seen, words_of.get("stated"))
    for target, way in TABLE["ways"][start].items():
        expected = way[entitlement] if isinstance(way, dict) else way
        made = plan(seen, CATALOG, target, media, entitled)
        told = f"cannot be reached: {made.unreachable}" if made.unreachable else words(made)
        assert told == expected, target


def test_the_table_is_whole() -> None:
    named = {goal.value for goal in Goal}
    for start in TABLE["starts"]:
        assert named <= set(TABLE["ways"][start]) == set(TABLE["targets"])
        for way in TABLE["ways"][start].values():
            assert not isinstance(way, dict) or set(way) == set(TABLE["entitlements"])


@pytest.mark.parametrize("month", ROLLUPS, ids=lambda one: one.id)
def test_from_every_month_the_newest_rollup_is_one_step_away(month: Any) -> None:
    """A machine that has the rollup of any month, by a licence of its time, and Premium Assurance or nothing now."""
    ladder = ["KB4493730", "KB4474419", "KB5016891", month.id]
    for licences in ([], [LAW]):
        model = grown(Model(licences=licences), ladder, last_waits=False)
        assert model.in_force(month.id)
        seen = model.snapshot()
        public = [one for one in ROLLUPS if licences or one.need is Need.NONE]
        made = plan(seen, CATALOG, "latest", None, esu.entitlement_of(seen))
        newest = public[-1]
        assert words(made) == ([] if ROLLUPS.index(month) >= ROLLUPS.index(newest) else [newest.id, "restart"])
        older = [one.id for one in ROLLUPS[: ROLLUPS.index(month)]]
        for name in older[-1:]:
            again = plan(seen, CATALOG, name, None, esu.entitlement_of(seen))
            assert (words(again), again.unreachable) == ([], None)
            assert f"{name} is replaced by {month.id}" in again.sentence


def test_the_page_shows_what_the_cases_say() -> None:
    spec = importlib.util.spec_from_file_location("servicing_page", GENERATOR)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = module.PAGE.read_text(encoding="utf-8")
    assert module.rendered(page) == page, "docs/servicing.md is out of date; run: python docs/servicing.py"
    assert module.rendered(page.replace("| **sha2** | any |", "| **sha1** | any |", 1)) == page
