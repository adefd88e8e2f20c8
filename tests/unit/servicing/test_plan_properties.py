# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What holds for every plan: it is lawful, it ends where it says, and from there nothing is left to do."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from unit.servicing.plan_model import CATALOG, KERNEL, YEARS, Model, grown
from unit.servicing.servicing_support import SHA2_KEY, snapshot

from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import esu
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.plan import Goal, InstallStep, Plan, plan
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.records import Architecture, Kind, Need, Package
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.surroundings import judge as concerns

IDS = [one.id for one in CATALOG]
LADDER = ["KB950050", "KB948465", "KB4493730", "KB4474419", "KB4565353", "KB4580971", "KB5016129", "KB5016891"]
ROLLUPS = [one.id for one in CATALOG.of_kind(Kind.MONTHLY_ROLLUP)]
SMALL = [one.id for one in CATALOG if one.kind in (Kind.TLS, Kind.UPDATE, Kind.ENABLER, Kind.OUT_OF_BAND)]
MONTHLY = [one.id for one in CATALOG if one.kind in (Kind.SECURITY_ONLY, Kind.IE_CUMULATIVE, Kind.PREVIEW_ROLLUP)]
NAMES = [goal.value for goal in Goal]


def some(ids: list[str], most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(ids), max_size=most, unique=True)


@st.composite
def machines(draw: st.DrawFn) -> Model:
    """A machine that came about lawfully: some rungs of the ladder, some packages, perhaps the last one unfinished."""
    rungs = LADDER[: draw(st.integers(0, len(LADDER)))]
    more = draw(some(ROLLUPS, 2)) + draw(some(SMALL, 2)) + draw(some(MONTHLY, 3))
    model = Model(
        arch=draw(st.sampled_from(["x86", "x64", "x64", "ia64"])),
        build=draw(st.sampled_from([6001, 6002, 6002, 6002])),
        licences=draw(st.lists(st.sampled_from(list(YEARS)), max_size=2, unique=True)),
        features=draw(st.sampled_from([[], [14], [20]])),
        kernel=draw(st.sampled_from(["6.0.6002.18005", "6.0.6002.19743", "6.0.6002.24067"])),
        numbering=draw(st.sampled_from(["old", "new"])),
        unmarked=draw(st.sampled_from([(), ("KB4474419",), ("KB4474419", "KB5016891")])),
        explorer=draw(st.sampled_from(["7.0.6002.18005", "9.0.8112.16421"])),
        frameworks=draw(st.sampled_from([(), ("4.6.2",)])),
    )
    return grown(model, [*rungs, *sorted(more, key=IDS.index)], draw(st.booleans()))


TARGETS = st.one_of(st.sampled_from(NAMES), st.sampled_from(ROLLUPS), st.sampled_from(IDS))
ALSO = st.one_of(st.just([]), some([*SMALL, *MONTHLY], 4), some(IDS, 2))
MEDIA = st.one_of(st.none(), st.just(IDS), some(IDS, 60))
HOLD = st.one_of(st.just([]), st.just([]), some([*LADDER, *ROLLUPS[-3:]], 1), some(IDS, 2))


def planned(model: Model, target: str, media: list[str] | None, hold: list[str], also: list[str]) -> Plan:
    seen = model.snapshot()
    at_hand = None if media is None else {name: f"{name}.msu" for name in media}
    return plan(seen, CATALOG, target, at_hand, esu.entitlement_of(seen), hold, model.owed(), also)


def words(made: Plan) -> list[str]:
    return [step.package.id if isinstance(step, InstallStep) else "restart" for step in made.steps]


def step(model: Model, word: str) -> None:
    if word == "restart":
        model.restart()
    else:
        model.install(CATALOG.get(word))


def settled(model: Model, package: Package) -> bool:
    """Say whether a package is in force, or is no business of this machine: itself, or what it builds on."""
    needed = [CATALOG.get(one.what) for one in package.requires if isinstance(one.what, str) and one.feature is None]
    foreign = concerns(package.only_where, model.snapshot()).concerned is False
    return (
        model.in_force(package.id)
        or foreign
        or any(not model.in_force(one.id) and settled(model, one) for one in needed)
    )


def fulfilled(model: Model, target: str, made: Plan) -> bool:
    """Say by the model alone whether a target is reached."""
    if target == Goal.BUILD_6003.value:
        return model.build == 6003
    if target == Goal.SERVICING_STACK.value:
        return model.in_force("KB4493730")
    if target == Goal.SHA2.value:
        return model.in_force("KB4474419")
    if target == Goal.ESU_PREPARATION.value:
        return any(model.in_force(one.id) for one in CATALOG.of_kind(Kind.ESU_PREPARATION))
    if target not in NAMES:
        return settled(model, CATALOG.get(target))
    rollups = [one for one in CATALOG.of_kind(Kind.MONTHLY_ROLLUP) if model.arch in one.architectures]
    allowed = [
        one for one in rollups if (one.need is Need.NONE if target == "last_public" else model.entitled(one.need))
    ]
    if model.in_force(allowed[-1].id):
        return True
    # no file of SHA-2 support is known for Itanium: then the last rollup that needs none is as far as the road goes
    return model.arch is Architecture.IA64 and target == "latest" and model.in_force("KB4503273")


@settings(max_examples=120, deadline=None)
@given(machines(), TARGETS, MEDIA, HOLD, ALSO)
def test_a_plan_is_lawful_and_ends_where_it_says(
    model: Model, target: str, media: list[str] | None, hold: list[str], also: list[str]
) -> None:
    made = planned(model, target, media, hold, also)
    if made.unreachable:
        assert made.steps == ()
        assert made.unreachable in made.sentence
        return
    assert len(set(made.packages)) == len(made.packages)
    assert not set(made.packages) & set(hold)
    for word in words(made):
        step(model, word)  # raises `Unlawful` for whatever the ladder forbids
    assert not model.waiting
    assert fulfilled(model, target, made)
    assert all(settled(model, CATALOG.get(one)) for one in also)
    again = planned(model, target, media, hold, also)
    assert (words(again), again.unreachable) == ([], None)


@settings(max_examples=60, deadline=None)
@given(machines(), TARGETS, MEDIA, ALSO)
def test_planning_anew_after_every_step_takes_the_same_way(
    model: Model, target: str, media: list[str] | None, also: list[str]
) -> None:
    made = planned(model, target, media, [], also)
    taken = []
    for _round in range(len(made.steps) + 1):
        now = planned(model, target, media, [], also)
        if not now.steps:
            break
        taken.append(words(now)[0])
        step(model, taken[-1])
    assert taken == words(made)


@settings(max_examples=60, deadline=None)
@given(machines(), TARGETS, HOLD)
def test_a_target_is_out_of_reach_only_for_a_reason_that_names_it(model: Model, target: str, hold: list[str]) -> None:
    made = planned(model, target, None, hold, [])
    without = planned(model, target, None, [], [])
    if made.unreachable and not without.unreachable:
        assert "is held back by the hold option" in made.unreachable
        assert any(one in made.unreachable for one in hold)
    if without.unreachable:
        reasons = ("never planned", "does not exist for", "needs ", "no licensing preparation", "no source names")
        assert any(one in without.unreachable for one in reasons)
    assert all(one.reason for one in [*made.steps, *made.omitted])


# -- machines that nobody can vouch for ----------------------------------------------------------


@st.composite
def strange_snapshots(draw: st.DrawFn) -> dict[str, Any]:
    """Answers that contradict each other, and answers that are missing."""
    arch = draw(st.sampled_from(["x86", "x64", "ia64"]))
    raw = [0, 1, 4, 5, 6, 7, 8, 0x40, 0x50, 0x60, 0x65, 0x70, 0x80, 99]
    states = draw(st.dictionaries(st.sampled_from([*IDS, "KB9999999"]), st.sampled_from(raw), max_size=12))
    kernel = draw(st.sampled_from(["6.0.6002.18005", "6.0.6002.24565", "6.0.6003.20489", "6.0.6003.21251"]))
    sha2 = draw(st.sampled_from([None, 0, 1]))
    values = dict.fromkeys(
        ["SHA2-Codesigning-Support", "SHA2-Core-Codesigning-Support"], {"type": "REG_DWORD", "data": sha2}
    )
    build = draw(st.sampled_from([6001, 6002, 6003]))
    word = {"x64": "amd64"}.get(arch, arch)
    return snapshot(
        {
            "os": {"arch": arch, "service_pack": 1 if build == 6001 else 2, "version": f"6.0.{build}", "build": build},
            "packages": [
                {"identity": f"Package_for_{one}~31bf3856ad364e35~{word}~~6.0.4.0", "state": state}
                for one, state in states.items()
            ],
            "files": {KERNEL.replace("%windir%", "C:\\Windows"): kernel},
            "stack": draw(st.sampled_from([["6.0.6002.18005"], ["6.0.6003.20484"], ["6.0.6003.21569"], []])),
            "registry": {SHA2_KEY: None if sha2 is None else values},
            "markers": {
                "cbs_reboot_pending": draw(st.booleans()),
                "execute_state": draw(st.sampled_from([None, 0, 3])),
            },
            "licences": [
                {"id": one, "name": "x", "status": draw(st.sampled_from([0, 1])), "partial_key": "12345"}
                for one in draw(st.lists(st.sampled_from(list(YEARS)), max_size=1))
            ],
        },
        without=draw(st.sets(st.sampled_from(["packages", "stack", "files", "registry", "licences", "features"]))),
    )


@settings(max_examples=100, deadline=None)
@given(strange_snapshots(), TARGETS, MEDIA, HOLD, ALSO)
def test_a_plan_from_whatever_snapshot_takes_nothing_twice_and_nothing_above_its_licence(
    seen: dict[str, Any], target: str, media: list[str] | None, hold: list[str], also: list[str]
) -> None:
    entitled = esu.entitlement_of(seen)
    at_hand = None if media is None else {name: f"{name}.msu" for name in media}
    made = plan(seen, CATALOG, target, at_hand, entitled, hold, (), also)
    packages = [CATALOG.get(one) for one in made.packages]
    assert len(set(made.packages)) == len(packages)
    assert not set(made.packages) & {*hold, *(one.package for one in made.already)}
    asked = {target, *also, *(("KB4538484", "KB4575904", "KB5016891") if target == "esu_preparation" else ())}
    assert all(entitled.covers(one.need) or one.id in asked for one in packages)
    assert all(one.need is Need.ESU or entitled.covers(one.need) for one in packages)
    assert not any(one.not_planned for one in packages)
    marked = seen["answers"].get("markers", {})
    if made.steps and (marked.get("execute_state") or 0) not in (0, 0xFFFFFFFF):
        assert words(made)[0] == "restart"
