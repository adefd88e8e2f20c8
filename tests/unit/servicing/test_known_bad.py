# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which known trouble is told before an installation, on which machine, and what stops until somebody accepts it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import catalog as catalogs
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import known_bad, known_bad_here
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.errors import ServicingError

from .servicing_support import SHA2_KEY, snapshot

ROOT = Path(__file__).parents[3]
CASES = yaml.safe_load((ROOT / "tests/data/servicing/known_bad.yml").read_text(encoding="utf-8"))
HERE = yaml.safe_load((ROOT / "tests/data/servicing/known_bad_here.yml").read_text(encoding="utf-8"))
RUNS = {"state": "running", "start": "auto"}
# A package that the catalog does not have and a user may add.
OWN = {
    "id": "KB4056446", "kind": "update", "title": "Update of February 2018", "architectures": {"x64": None},
    "entitlement": "none", "restart": "always",
}  # fmt: skip


def machine(case: dict[str, Any]) -> dict[str, Any]:
    changes = {"packages": [_installed(kb) for kb in case.get("store", ())]}
    changes |= {name: case[name] for name in ("os", "registry") if name in case}
    changes |= {"hotfixes": case["listed"]} if "listed" in case else {}
    taken = snapshot(changes, case.get("without", ()))
    if "services" in case:
        taken["answers"]["services"] = dict.fromkeys(case["services"], RUNS)
    if "manufacturer" in case:
        taken["answers"]["computer"] = {"manufacturer": case["manufacturer"]}
    return taken


def _installed(kb: str) -> dict[str, Any]:
    name, _sign, state = kb.partition("=")
    version = "6.0.4.0" if name == "KB4474419" else "6.0.1.0"
    return {"identity": f"Package_for_{name}~31bf3856ad364e35~amd64~~{version}", "state": int(state or 7)}


CATALOG = catalogs.load(extra=[OWN])


def risks(case: dict[str, Any]) -> list[known_bad.Risk]:
    return known_bad.warnings([CATALOG.get(one) for one in case["packages"]], machine(case), CATALOG)


def test_the_records_fit_their_schema_and_have_ids_of_their_own() -> None:
    schema = json.loads((known_bad.DATA.parent / "known_bad.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(yaml.safe_load(known_bad.DATA.read_text(encoding="utf-8")), schema)
    names = [record["id"] for record in known_bad.records()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_what_is_told_before_an_installation(case: dict[str, Any]) -> None:
    found = {risk.id: risk for risk in risks(case)}
    for name, expected in case["expect"].items():
        if expected == "nothing":
            assert name not in found
            continue
        word, _sign, text = expected.partition(": ")
        risk = found[name]
        assert ("stops" if risk.stops else risk.applies.value) == word, risk.text
        assert text in risk.text


@pytest.mark.parametrize("case", HERE, ids=lambda case: str(case["name"]))
def test_what_is_told_of_updates_that_are_there(case: dict[str, Any]) -> None:
    found = {risk.id: risk for risk in known_bad_here.installed(machine(case), catalogs.load())}
    for name, expected in case["expect"].items():
        if expected == "nothing":
            assert name not in found, found[name].text
            continue
        word, _sign, text = expected.partition(": ")
        risk = found[name]
        assert risk.applies.value == word, risk.text
        assert text in risk.text
        assert risk.evidence and not risk.stops


@pytest.mark.parametrize("cases", [CASES, HERE], ids=["before", "there"])
def test_every_record_is_told_by_some_case(cases: list[dict[str, Any]]) -> None:
    told = {name for case in cases for name, expected in case["expect"].items() if expected != "nothing"}
    of_others = {"r2_only_2024_11"}  # packages of 2008 R2, which no plan for this system holds
    assert {record["id"] for record in known_bad.records()} - of_others == told


def test_the_worst_comes_first() -> None:
    case = {"packages": ["KB4493471", "KB5007263"], "services": ["McShield", "Spooler"], "os": {"product_type": 2}}
    found = risks(case | {"registry": {SHA2_KEY: _sha2()}, "manufacturer": "HP"})
    assert [risk.id for risk in found] == ["antivirus_2019_04", "dc_sso_2021_11", "print_hardening"]


def _sha2() -> dict[str, Any]:
    value = {"type": "REG_DWORD", "data": 1}
    return {"SHA2-Codesigning-Support": value, "SHA2-Core-Codesigning-Support": value}


def test_a_risk_that_stops_is_accepted_by_its_id() -> None:
    found = risks({"packages": ["KB4493471"], "services": ["SAVService"]})
    assert [risk.id for risk in known_bad.unaccepted(found, [])] == ["antivirus_2019_04"]
    assert known_bad.unaccepted(found, ["antivirus_2019_04"]) == []


def test_a_misspelt_acceptance_is_an_error_and_names_the_nearest() -> None:
    with pytest.raises(ServicingError, match="no known risk 'antivirus_2019'; did you mean antivirus_2019_04"):
        known_bad.unaccepted([], ["antivirus_2019"])


def test_a_result_carries_the_sentence() -> None:
    (risk,) = risks({"packages": ["KB4056446"]})
    shown = risk.to_json()
    assert shown["text"].startswith("KB4056446 is known for this: lsm.exe leaks handles")
    assert json.loads(json.dumps(shown)) == shown


BRINGING = sorted(
    {one for record in known_bad.records() for one in record["packages"] if one in catalogs.load()}
    | {"KB4534303", "KB5073697", "KB5016891"}
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(BRINGING), unique=True, max_size=4), st.sampled_from(["KB4474419=7", "KB5008606"]))
def test_a_machine_of_which_nothing_is_known_is_never_stopped_by_a_guess(names: list[str], there: str) -> None:
    catalog = catalogs.load()
    blind = {"schema": "sunset.ws2008/snapshot/1", "taken": "2026-11-20T18:00:00Z", "door": "evidence", "answers": {}}
    packages = [catalog.get(name) for name in names]
    assert not [risk for risk in known_bad.warnings(packages, blind, catalog) if risk.stops]
    told = known_bad.warnings(packages, machine({"store": [there]}), catalog)
    assert {risk.package for risk in told} <= set(names)
    assert all(risk.text.count("  ") == 0 and risk.text.endswith(".") for risk in told)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(BRINGING), unique=True, max_size=4))
def test_a_number_alone_never_makes_a_verdict(names: list[str]) -> None:
    listed = snapshot({"hotfixes": names, "os": {"product_type": 2}}, without=["packages", "files", "registry"])
    assert not [risk for risk in known_bad_here.installed(listed, catalogs.load()) if risk.applies.value == "yes"]
