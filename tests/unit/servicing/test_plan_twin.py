# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans held against the twin: its component store was written by other hands, and refuses what it finds unlawful.

The snapshots are taken through the session as on a live machine. What a package does comes from the twin's own table,
or, where that has none, from its record.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.servicing.plan_model import CATALOG, identity
from unit.servicing.test_plan_properties import SMALL

from ansible_collections.sunset.ws2008.plugins.connection.twin import TwinSession
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host import snapshot as snapshots
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import esu
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.plan import InstallStep, Plan, plan
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.records import (
    Architecture,
    FileMark,
    Kind,
    Need,
    Package,
    RegistryMark,
    StackMark,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin import packages as twin_packages
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import VirtualClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine

KEYS = sorted({mark.key for one in CATALOG for mark in one.marks if isinstance(mark, RegistryMark)})
KINDS = {
    Kind.SERVICE_PACK: "service_pack",
    Kind.SERVICING_STACK: "ssu",
    Kind.SHA2: "sha2",
    Kind.ESU_PREPARATION: "esu_prep",
    Kind.MONTHLY_ROLLUP: "rollup",
    Kind.SECURITY_ONLY: "security_only",
}
YEARS = {
    Need.ESU_YEAR_1: "esu-1",
    Need.ESU_YEAR_2: "esu-2",
    Need.ESU_YEAR_3: "esu-3",
    Need.ESU_YEAR_4: "esu-4",
    Need.PREMIUM_ASSURANCE: "pa",
}


def twins_own(package: Package, machine: Machine) -> twin_packages.Package:
    """Return a package as the twin sees it."""
    name = twin_packages.Identity.parse(identity(package.id, Architecture(machine.arch)))
    table = twin_packages.known_packages()
    return twin_packages.described(name, table[package.id] if package.id in table else effects(package))


def effects(package: Package) -> dict[str, Any]:
    """Return what a record says that a package does and needs, in the words of the twin."""
    needs = [one.what for one in package.requires if isinstance(one.what, str) and one.feature is None]
    files = {one.path.replace("%windir%\\", ""): one.version for one in package.marks if isinstance(one, FileMark)}
    return {
        "kind": KINDS.get(package.kind, "update"),
        "files": files,
        "requires": ["SP2" if one == "KB948465" else one for one in needs if one != "KB4474419"],
        "sha2_only": "KB4474419" in needs,
        "entitlement": YEARS.get(package.need),
        "restart": package.restart.demanded,
        "stack": next((one.version for one in package.marks if isinstance(one, StackMark)), None),
        "build": package.build if package.build == 6003 else None,  # the build that it turns the machine into
        "supersedes": list(package.supersedes),
        "seconds": 5,
    }


class Rehearsed:
    """A twin, and what was put on it since it started."""

    def __init__(self, answers: dict[str, Any], **twin: Any) -> None:
        seed = {"schema": "sunset.ws2008/snapshot/1", "answers": answers, "unknown": {}, "twin": twin}
        self.machine = Machine.from_snapshot(seed, VirtualClock())
        self.fresh: list[str] = []

    def plan(self, target: str, media: Iterable[str] | None, also: Iterable[str]) -> Plan:
        seen = snapshots.take(TwinSession("rehearsal", self.machine, lambda _line: None), KEYS)
        at_hand = None if media is None else {name: f"{name}.msu" for name in media}
        owed = [one for one in self.fresh if CATALOG.get(one).restart.demanded]
        return plan(seen, CATALOG, target, at_hand, esu.entitlement_of(seen), (), owed, [*also])

    def take(self, word: str) -> None:
        """Take a step; the twin refuses (`Refused`) what it finds unlawful."""
        if word == "restart":
            self.machine.restart("the plan says so")
            self.machine.clock.sleep(3600, lambda: False)
            assert self.machine.up
            self.fresh = []
        else:
            self.machine.store.install(twins_own(CATALOG.get(word), self.machine), lambda _seconds: None)
            self.fresh.append(word)


def words(made: Plan) -> list[str]:
    return [step.package.id if isinstance(step, InstallStep) else "restart" for step in made.steps]


def brought(twin: Rehearsed, target: str, media: Iterable[str] | None = None, also: Iterable[str] = ()) -> list[str]:
    """Do one step after the other, planning anew each time, and return them."""
    taken: list[str] = []
    while len(taken) < 30:
        made = twin.plan(target, media, also)
        assert not made.unreachable
        if not made.steps:
            return taken
        taken.append(words(made)[0])
        twin.take(taken[-1])
    raise AssertionError(f"no end: {taken}")


def system(build: int = 6002, arch: str = "x64") -> dict[str, Any]:
    return {"os": {"version": f"6.0.{build}", "build": build, "arch": arch}}


CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str, list[str] | None, list[str], list[str]]] = {
    "rtm": (
        system(6001),
        {},
        "last_public",
        None,
        [],
        ["KB948465", "restart", "KB4493730", "KB4474419", "restart", "KB4534303", "restart"],
    ),
    "shared_on_x86": (
        system(arch="x86"),
        {},
        "last_public",
        None,
        ["KB4019276", "KB4012598"],
        ["KB4493730", "KB4474419", "restart", "KB4012598", "KB4019276", "KB4534303", "restart"],
    ),
    "stack": (
        system(),
        {},
        "last_public",
        ["KB4493730", "KB4474419", "KB4565353", "KB4534303"],
        [],
        ["KB4493730", "KB4474419", "restart", "KB4565353", "KB4534303", "restart"],
    ),
    "pending_then_more": (
        system(),
        {"pending_packages": ["KB4499149"]},
        "last_public",
        None,
        [],
        ["restart", "KB4493730", "KB4474419", "restart", "KB4534303", "restart"],
    ),
    "tls_waits": (system(), {"pending_packages": ["KB4019276"]}, "KB4012598", None, [], ["KB4012598", "restart"]),
    "months": (
        system(),
        {},
        "KB4493458",
        None,
        ["KB4489876", "KB4487019"],
        ["KB4487019", "KB4489876", "KB4493458", "restart"],
    ),
    "preparation": (
        system(),
        {},
        "esu_preparation",
        None,
        [],
        ["KB4493730", "KB4474419", "restart", "KB5016891", "restart"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_twin_takes_the_planned_way_and_ends_there(name: str) -> None:
    answers, knobs, target, media, also, way = CASES[name]
    twin = Rehearsed(answers, **knobs)
    assert words(twin.plan(target, media, also)) == way
    assert brought(twin, target, media, also) == way
    assert not twin.machine.store.pending


@settings(max_examples=4, deadline=None)
@given(
    st.sampled_from([6001, 6002]),
    st.sampled_from(["x86", "x64"]),
    st.sampled_from(["last_public", "build_6003", "sha2", "KB4489880", "KB4499149"]),
    st.lists(st.sampled_from([one for one in SMALL if CATALOG.get(one).need is Need.NONE]), max_size=3, unique=True),
    st.lists(st.sampled_from(["KB4019276", "KB4012598", "KB4499149"]), max_size=1),
)
def test_the_twin_refuses_no_step_of_any_plan(
    build: int, arch: str, target: str, also: list[str], pending: list[str]
) -> None:
    twin = Rehearsed(system(build, arch), pending_packages=pending if build == 6002 else [])
    first = twin.plan(target, None, also)
    if first.unreachable:
        assert any(one in first.unreachable for one in also)
        return
    brought(twin, target, None, also)
    assert not twin.machine.store.pending
    assert not twin.machine.store.reverted
