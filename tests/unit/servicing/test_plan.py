# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The planner: one data file per case; what holds for every machine is in `test_plan_properties`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from unit.servicing.servicing_support import snapshot

from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import catalog, esu
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.errors import NotServiceable, ServicingError
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.plan import (
    InstallStep,
    Plan,
    RestartStep,
    check_target,
    plan,
)

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
        seen,
        CATALOG,
        case["target"],
        media,
        esu.entitlement_of(seen, case.get("stated")),
        case.get("hold", ()),
        case.get("owed", ()),
        case.get("also", ()),
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
    exact = {one.package.id: one.reason for one in made.steps if isinstance(one, InstallStep)}
    assert exact == {**exact, **case.get("exact_reasons", {})}
    restarts = [one.reason for one in made.steps if isinstance(one, RestartStep)]
    assert case.get("restarts", restarts) == restarts


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


def test_packages_in_a_row_share_one_sentence_about_why_they_are_left_out() -> None:
    made = plan(snapshot(), CATALOG, "last_public")
    assert len(made.omitted) > 80
    nothing = "no Extended Security Updates licence is active on the machine"
    assert f"KB4537810 to KB4598288 (12 packages): needs Extended Security Updates year 1; {nothing}" in made.left_out
    assert sum("Premium Assurance" in one for one in made.left_out) == 1


def test_what_cannot_be_taken_back_is_said_once_for_each_step_that_it_concerns() -> None:
    changes = {"os": {"version": "6.0.6001", "build": 6001, "service_pack": 1}}
    made = plan(snapshot(changes), CATALOG, "last_public", also=["KB4019276"])
    final = {one.package.id: one.final for one in made.steps if isinstance(one, InstallStep)}
    assert {name for name, text in final.items() if text} == {"KB948465", "KB4493730", "KB4474419", "KB4534303"}
    assert final["KB4534303"] == "KB4534303 turns the build into 6003, and no way back to 6002 is known"
    assert made.final == [text for text in final.values() if text]
    running = plan(snapshot({"os": {"version": "6.0.6003", "build": 6003}}), CATALOG, "KB4499149")
    assert [one.irreversible for one in running.steps if isinstance(one, InstallStep)] == [False]


def test_a_restart_that_nobody_here_accounts_for_is_called_foreign() -> None:
    def first(changes: dict[str, Any], owed: Sequence[str] = ()) -> RestartStep:
        step = plan(snapshot(changes), CATALOG, "servicing_stack", owed=owed).steps[0]
        assert isinstance(step, RestartStep)
        return step

    ours = {"identity": "Package_for_KB4019276~31bf3856ad364e35~amd64~~6.0.2.0", "state": 6}
    theirs = {"identity": "Package_for_KB9999999~31bf3856ad364e35~amd64~~6.0.2.0", "state": 6}
    assert first({"markers": {"cbs_reboot_pending": True}}).foreign
    assert first({"packages": [theirs]}).foreign
    assert not first({"packages": [ours], "markers": {"cbs_reboot_pending": True}}).foreign
    assert not first({}, owed=["KB4493458"]).foreign
    assert not first({"files": {"C:\\Windows\\system32\\ntoskrnl.exe": "6.0.6003.20489"}}).foreign


def test_what_a_waiting_package_stands_for_is_not_in_force_before_the_restart() -> None:
    def record(name: str, **more: Any) -> dict[str, Any]:
        rest = {"kind": "update", "title": name, "architectures": {"x64": None}, "entitlement": "none"}
        return {"id": name, "restart": "always", **rest, **more}

    own = catalog.load(
        [
            record("KB9000001"),
            record("KB9000002", supersedes=["KB9000001"]),
            record("KB9000003", requires=["KB9000001"]),
            record("KB9000004"),
        ]
    )
    waiting = {"identity": "Package_for_KB9000002~31bf3856ad364e35~amd64~~6.0.1.0", "state": 6}
    seen = snapshot({"packages": [waiting], "markers": {"cbs_reboot_pending": True}})
    assert words(plan(seen, own, "KB9000003")) == ["restart", "KB9000003", "restart"]
    assert words(plan(seen, own, "KB9000004")) == ["KB9000004", "restart"]
    both = plan(seen, own, "KB9000003", also=["KB9000004"])
    assert words(both) == ["KB9000004", "restart", "KB9000003", "restart"]
    assert [one.reason for one in both.steps if isinstance(one, RestartStep)] == [
        "KB9000002 and KB9000004 take effect only with a restart, and KB9000003 needs that",
        "KB9000003 takes effect only with a restart",
    ]
