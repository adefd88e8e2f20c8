# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The planner: one data file per case, and properties that hold for every machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.servicing.servicing_support import SHA2_KEY, snapshot

from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import catalog, esu
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.errors import NotServiceable, ServicingError
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.plan import (
    Goal,
    InstallStep,
    Plan,
    check_target,
    plan,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.records import (
    Architecture,
    Condition,
    Kind,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.standing import Judge

CASES = sorted((Path(__file__).parents[2] / "data" / "servicing" / "plan").glob("*.yml"))
CATALOG = catalog.load()


def words(made: Plan) -> list[str]:
    return [step.package.id if isinstance(step, InstallStep) else "restart" for step in made.steps]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_machine_gets_the_plan_that_its_case_says(path: Path) -> None:
    case: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    seen = snapshot(case.get("snapshot"), case.get("snapshot_without", ()))
    media = {name: f"{name}.msu" for name in case["media"]} if "media" in case else None
    made = plan(
        seen, CATALOG, case["target"], media, esu.entitlement_of(seen), case.get("hold", ()), case.get("owed", ())
    )
    assert words(made) == case["steps"]
    assert (made.unreachable or "").startswith(case.get("unreachable", ""))
    assert bool(made.unreachable) is ("unreachable" in case)
    assert made.sentence == case.get("sentence", made.sentence)
    reasons = {one.package: one.reason for one in made.omitted}
    for name, reason in case.get("omitted", {}).items():
        assert reason in reasons[name]
    assert {one.package for one in made.already} >= set(case.get("already", ()))
    for name, reason in case.get("reasons", {}).items():
        assert reason in next(
            one.reason for one in made.steps if isinstance(one, InstallStep) and one.package.id == name
        )


STRANGERS = [
    ({"version": "6.1.7601", "caption": "Microsoft Windows Server 2008 R2 Standard"}, "runs Windows 6.1.7601"),
    ({"version": "5.2.3790", "caption": "Microsoft Windows Server 2003"}, "runs Windows 5.2.3790"),
    ({"version": "10.0.20348"}, "runs Windows 10.0.20348"),
    (
        {"product_type": 1, "caption": "Microsoft Windows Vista Business"},
        "is a workstation (Microsoft Windows Vista Business)",
    ),
    ({"arch": None}, "architecture of this machine is not known"),
    ({"version": None}, "Windows version of this machine is not known"),
]


@pytest.mark.parametrize(("system", "message"), STRANGERS, ids=[message for _system, message in STRANGERS])
def test_a_machine_that_is_no_server_2008_is_refused(system: dict[str, Any], message: str) -> None:
    with pytest.raises(NotServiceable) as caught:
        plan(snapshot({"os": system}), CATALOG, "last_public")
    assert message in str(caught.value)


def test_an_unknown_target_brings_the_nearest_one() -> None:
    with pytest.raises(ServicingError, match="'lastpublic'; did you mean last_public"):
        check_target("lastpublic", CATALOG)
    with pytest.raises(ServicingError, match="no record of KB4534304; did you mean KB4534303"):
        check_target("KB4534304", CATALOG)
    with pytest.raises(ServicingError, match="no record of KB4534304"):
        plan(snapshot(), CATALOG, "latest", hold=["KB4534304"])


def test_every_step_and_every_omission_has_a_reason_and_travels_as_plain_data() -> None:
    made = plan(snapshot({"markers": {"cbs_reboot_pending": True}}), CATALOG, "latest").to_json()
    assert all(one["reason"] for one in [*made["steps"], *made["omitted"]])  # type: ignore[misc]
    assert yaml.safe_load(yaml.safe_dump(made)) == made


# -- properties ---------------------------------------------------------------------------------


def identity(package_id: str, arch: str) -> str:
    record = CATALOG.get(package_id)
    return f"Package_for_{package_id}~31bf3856ad364e35~{Architecture(arch).cbs}~~{record.package_version or '6.0.1.0'}"


@st.composite
def machines(draw: st.DrawFn) -> dict[str, Any]:
    arch = draw(st.sampled_from(["x86", "x64", "ia64"]))
    ids = [one.id for one in CATALOG]
    states = draw(
        st.dictionaries(st.sampled_from(ids), st.sampled_from([0, 4, 5, 6, 7, 8, 0x40, 0x50, 0x60, 0x70]), max_size=12)
    )
    kernel = draw(
        st.sampled_from(["6.0.6002.18005", "6.0.6002.24565", "6.0.6003.20489", "6.0.6003.20705", "6.0.6003.21251"])
    )
    old = draw(st.booleans())
    sha2 = draw(st.sampled_from([None, 0, 1]))
    values = {"type": "REG_DWORD", "data": sha2}
    keys = ["SHA2-Codesigning-Support", "SHA2-Core-Codesigning-Support"]
    licence = draw(st.sampled_from([None, *esu.ACTIVATION_IDS]))
    return snapshot(
        {
            "os": {
                "arch": arch,
                "service_pack": 1 if old else 2,
                "version": "6.0.6001" if old else "6.0.6002",
                "build": 6001 if old else 6002,
            },
            "packages": [{"identity": identity(one, arch), "state": state} for one, state in states.items()],
            "files": {
                "C:\\Windows\\system32\\ntoskrnl.exe": kernel,
                "C:\\Windows\\system32\\crypt32.dll": draw(st.sampled_from([kernel, "6.0.6002.18005"])),
            },
            "stack": draw(
                st.sampled_from([["6.0.6002.18005"], ["6.0.6002.18005", "6.0.6003.20484"], ["6.0.6003.21569"]])
            ),
            "registry": {SHA2_KEY: None if sha2 is None else dict.fromkeys(keys, values)},
            "markers": {"cbs_reboot_pending": draw(st.booleans())},
            "features": draw(st.sampled_from([[], [14], [20]])),
            "licences": [{"id": licence, "name": "x", "status": 1, "partial_key": "12345"}] if licence else [],
        },
        without=draw(st.sets(st.sampled_from(["packages", "stack", "files", "registry", "licences"]), max_size=2)),
    )


TARGETS = st.one_of(st.sampled_from([goal.value for goal in Goal]), st.sampled_from([one.id for one in CATALOG]))
MEDIA = st.one_of(st.none(), st.sets(st.sampled_from([one.id for one in CATALOG]), max_size=20))


def violations(made: Plan, seen: dict[str, Any], owed: set[str]) -> list[str]:
    """Walk a plan and name every step that comes before what it needs."""
    judge, entitled, found = Judge(seen, CATALOG), esu.entitlement_of(seen), []
    there = {one.id for one in CATALOG if judge.standing(one).there}
    waiting = {one.id for one in CATALOG if judge.standing(one).state.value == "pending"} | owed
    if seen["answers"]["markers"].get("cbs_reboot_pending"):
        waiting.add("the machine")
    for step in made.steps:
        if not isinstance(step, InstallStep):
            waiting.clear()
            continue
        package = step.package
        if waiting:
            found.append(f"{package.id} before the restart that {sorted(waiting)} want")
        if package.id in there:
            found.append(f"{package.id} is installed already")
        if not entitled.covers(package.need):
            found.append(f"{package.id} without entitlement")
        if step.architecture not in package.architectures:
            found.append(f"{package.id} does not exist for {step.architecture.value}")
        for need in package.requires:
            if need.feature is not None and need.feature not in (seen["answers"].get("features") or ()):
                continue
            if need.what is Condition.ESU_LICENCE:
                met = bool(entitled.granted)
            elif need.what is Condition.ESU_PREPARATION:
                met = any(one.id in there for one in CATALOG.of_kind(Kind.ESU_PREPARATION))
            else:
                met = need.what in there
            if not met:
                found.append(f"{package.id} before {need.what}")
        there.add(package.id)
        if package.restart.demanded:
            waiting.add(package.id)
    if waiting and made.steps:
        found.append(f"{sorted(waiting)} never get their restart")
    return found


@settings(max_examples=150, deadline=None)
@given(machines(), TARGETS, MEDIA, st.sets(st.sampled_from([one.id for one in CATALOG]), max_size=2))
def test_no_plan_violates_a_requirement(
    seen: dict[str, Any], target: str, media: set[str] | None, hold: set[str]
) -> None:
    at_hand = None if media is None else {name: f"{name}.msu" for name in media}
    made = plan(seen, CATALOG, target, at_hand, esu.entitlement_of(seen), hold)
    assert violations(made, seen, set()) == []
    assert not set(made.packages) & hold
    assert not (made.unreachable and made.steps)


@settings(max_examples=100, deadline=None)
@given(machines(), TARGETS, MEDIA)
def test_planning_again_from_where_a_plan_ends_is_empty(
    seen: dict[str, Any], target: str, media: set[str] | None
) -> None:
    at_hand = None if media is None else {name: f"{name}.msu" for name in media}
    made = plan(seen, CATALOG, target, at_hand, esu.entitlement_of(seen))
    again = plan(after(seen, made), CATALOG, target, at_hand, esu.entitlement_of(seen))
    assert words(again) == [] or made.unreachable


def after(seen: dict[str, Any], made: Plan) -> dict[str, Any]:
    """Return the machine as it is when every step of a plan has worked."""
    answers = {**seen["answers"]}
    arch = answers["os"]["arch"]
    if not made.steps:
        return seen
    packages = {one["identity"]: one["state"] for one in answers.get("packages", [])}
    if made.restarts:
        settled = {5: 0, 6: 7, 0x60: 0x70}
        packages = {name: settled.get(state, state) for name, state in packages.items()}
        answers["markers"] = {**answers["markers"], "cbs_reboot_pending": False}
    for package in made.packages:
        packages[identity(package, arch)] = 7
        if package == "KB948465":
            answers["os"] = {**answers["os"], "service_pack": 2, "version": "6.0.6002", "build": 6002}
    if any((CATALOG.get(one).build or 0) == 6003 for one in made.packages) or made.target == "build_6003":
        answers["os"] = {**answers["os"], "version": "6.0.6003", "build": 6003}
    answers["packages"] = [{"identity": name, "state": state} for name, state in packages.items()]
    return {**seen, "answers": answers, "unknown": {}}
