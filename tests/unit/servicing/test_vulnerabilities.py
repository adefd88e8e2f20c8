# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shipped CVE data, and what is said about a machine: fixed by any of the updates, open only with evidence."""

from __future__ import annotations

import copy
import csv
import functools
import importlib
import json
import os
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import catalog as catalogs
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import vulnerability_records as records
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.errors import CatalogError
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.vulnerabilities import (
    Summary,
    assess_vulnerabilities,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.vulnerability_judge import Machine, Verdict

from .servicing_support import snapshot

ROOT = Path(__file__).parents[3]
FACTS = Path(os.environ.get("SUNSET_FACTS", ROOT.parent / "shared/facts")) / "cve_kb_2008sp2.csv"
CASES = yaml.safe_load((ROOT / "tests/data/servicing/vulnerabilities/cases.yml").read_text(encoding="utf-8"))
SCHEMA = json.loads((records.DATA.parent / "vulnerabilities.schema.json").read_text(encoding="utf-8"))
NO_HARM = {Verdict.FIXED, Verdict.NOT_APPLICABLE, Verdict.NO_VENDOR_FIX, Verdict.UNKNOWN}


def load(name: str) -> Any:
    return yaml.safe_load((records.DATA / name).read_text(encoding="utf-8"))


def components() -> list[str]:
    """Return every name that components.yml classifies."""
    content = load("components.yml")
    return [
        *content["base"],
        *content["doubtful"],
        *(one for each in content["optional"] for one in each["components"]),
    ]


def machine(case: dict[str, Any]) -> dict[str, Any]:
    """Return the snapshot of a case."""
    changes: dict[str, Any] = {name: case[name] for name in ("os", "registry", "hotfixes") if name in case}
    if "files" in case:
        changes["files"] = {f"C:\\Windows\\{path}": version for path, version in case["files"].items()}
    if "store" in case:
        changes["packages"] = [
            {"identity": f"Package_for_{kb}~31bf3856ad364e35~amd64~~6.0.1.0", "state": state}
            for kb, state in case["store"].items()
        ]
    taken = snapshot(changes, case.get("without", ()))
    if "services" not in case.get("without", ()):
        taken["answers"]["services"] = case.get("services", {"Spooler": {"state": "running", "start": "auto"}})
    return taken


def assess(case: dict[str, Any], knowledge: records.Knowledge | None = None) -> Summary:
    return assess_vulnerabilities(machine(case), catalogs.load(), knowledge)


@pytest.fixture(scope="module")
def table() -> Any:
    """Return the generator as a module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "extensions/catalog"))
        yield importlib.import_module("cve_table")


# --- the shipped data ---------------------------------------------------------------------------------------------


def test_the_files_are_sound_and_sorted() -> None:
    shipped = records.shipped()
    assert not records.faults(shipped)
    for name, written in (
        ("fixes.txt", records.write_fixes(shipped.fixes)),
        ("supersedes.txt", records.write_supersedes(shipped.supersedes)),
    ):
        lines = (records.DATA / name).read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if not line.startswith("#")] == written.splitlines(), name


def test_reading_takes_no_time_and_happens_when_asked() -> None:
    def once() -> float:
        begun = time.process_time()
        records.load(records.DATA)
        return time.process_time() - begun

    assert min(once() for _turn in range(3)) < 0.15


@pytest.mark.skipif(not FACTS.exists(), reason="the facts are not beside the repository (SUNSET_FACTS)")
def test_no_row_of_the_facts_is_lost_and_none_is_added(table: Any) -> None:
    def rows(fixes: Any) -> set[tuple[str, ...]]:
        return {
            (name, update, fix.severity, fix.impact, fix.component, architecture)
            for fix in fixes
            for name in fix.vulnerabilities or ("",)
            for update in fix.updates or ("",)
            for architecture in fix.architectures
        }

    wanted: set[tuple[str, ...]] = set()
    replaced: dict[str, set[str]] = {}
    with FACTS.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            name = line["CVE"] if line["CVE"] != "CVE" else ""  # one row of the list has the bare word
            update = f"KB{line['KB']}" if line["KB"] else ""
            component = table.component(line["affected_component"], line["title"])
            assert not line["affected_component"] or component == line["affected_component"].strip()
            impact = line["impact"].replace("code execution", "Code Execution")
            wanted |= {
                (name, update, line["severity"] or "-", impact, component, architecture)
                for architecture in line["architectures"].split()
            }
            older = {f"KB{one}" for one in line["supersedes"].split(";") if one.isdigit()} - {update}
            if update and older:
                replaced.setdefault(update, set()).update(older)
    shipped = records.shipped()
    nameless = {row for row in wanted if not row[0]}
    found = rows(shipped.fixes)
    assert {row for row in found if row[0]} == wanted - nameless
    # a row without a vulnerability may stand in a line that names others
    assert {row[1:] for row in nameless} <= {row[1:] for row in found}
    assert {update: set(older) for update, older in shipped.supersedes.items()} == replaced
    assert {fix.source for fix in shipped.fixes} == {"single:wesng"}


@pytest.mark.skipif(not FACTS.exists(), reason="the facts are not beside the repository (SUNSET_FACTS)")
def test_generating_again_changes_nothing(table: Any, tmp_path: Path) -> None:
    assert table.main([str(FACTS), "--out", str(tmp_path)]) == 0
    for name in ("fixes.txt", "supersedes.txt"):
        assert (tmp_path / name).read_text(encoding="utf-8") == (records.DATA / name).read_text(encoding="utf-8")


def test_an_export_of_wesng_is_read_as_well(table: Any, tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(
        '"DatePosted","CVE","BulletinKB","Title","AffectedProduct","AffectedComponent","Severity","Impact","Supersedes"\n'
        '"20170314","CVE-2017-0144","4012598","t","Windows Server 2008 for x64-based Systems Service Pack 2",'
        '"Windows SMB Server","Critical","Remote Code Execution","3177186"\n'
        '"20170314","CVE-2017-0144","4012212","t","Windows 7 for x64-based Systems","","Critical","",""\n',
        encoding="utf-8",
    )
    (row,) = table.read(path)
    assert (row.update, row.component, row.architectures) == ("KB4012598", "Windows SMB Server", {"x64"})
    assert table.supersedes([row]) == {"KB4012598": {"KB3177186"}}


def test_another_table_gets_a_sentence(table: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    assert table.main([str(path), "--out", str(tmp_path / "out")]) == 1
    assert "has the columns a, b: neither layout is known" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("fixes", "Critical | x", "fixes.txt, line 1: 2 fields, where 7 belong"),
        ("fixes", "# c\nHigh | - | x64 | - | KB4012598 | CVE-2017-0144 | single:x", "line 2: the severity 'High'"),
        ("supersedes", "KB4012598", "supersedes.txt, line 1: 'KB4493471: KB4489880' belongs here"),
        ("supersedes", "4012598: KB1", "supersedes.txt, line 1"),
    ],
)
def test_a_broken_line_is_named(name: str, text: str, says: str) -> None:
    with pytest.raises(CatalogError, match=says.replace("(", "\\(")):
        if name == "fixes":
            list(records.parse_fixes(text, "fixes.txt"))
        else:
            records.parse_supersedes(text, "supersedes.txt")


@pytest.mark.parametrize("name", ["components.yml", "checks.yml"])
def test_the_records_fit_their_schema(name: str) -> None:
    jsonschema.validate(load(name), SCHEMA)


def test_every_component_is_classified_once() -> None:
    content = load("components.yml")
    names = [
        *content["base"],
        *content["doubtful"],
        *(one for each in content["optional"] for one in each["components"]),
    ]
    assert len(names) == len(set(names))
    assert set(names) == {fix.component for fix in records.shipped().fixes} - {""}


def test_named_checks_agree_with_the_list_and_the_catalog() -> None:
    fixes: dict[str, set[str]] = {}
    for fix in records.shipped().fixes:
        for name in fix.vulnerabilities:
            fixes.setdefault(name, set()).update(fix.updates)
    content, catalog = load("checks.yml"), catalogs.load()
    for check in content["checks"]:
        if "contained_in" in check:
            assert check["contained_in"] in catalog
            continue
        assert check["component"] in components()
        for name in check["vulnerabilities"]:
            assert fixes[name] <= set(check["fixed_by"]), name
        for update in check["fixed_by"]:
            if update in catalog:
                assert catalog.get(update).need.value == check["entitlement"], update
    for nothing in content["no_vendor_fix"]:
        assert not fixes.keys() & set(nothing["vulnerabilities"]), f"{nothing['name']} has a row now"


# --- the judgement ------------------------------------------------------------------------------------------------


@functools.cache
def _of_the_cases() -> records.Knowledge:
    """Return the fixes that the cases speak of, with all chains: the rest would only cost time."""
    names = {name for case in CASES for name in case["expect"].get("vulnerabilities", ())}
    shipped = records.shipped()
    return records.Knowledge(
        tuple(fix for fix in shipped.fixes if names.intersection(fix.vulnerabilities)), shipped.supersedes
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_what_is_said_about_a_machine(case: dict[str, Any]) -> None:
    summary = assess(case, _of_the_cases())
    assert summary.judged is case.get("judged", True)
    assert case.get("says", "") in summary.sentence
    checks = {check.id: check for check in summary.checks}
    for name, verdict in case["expect"].get("checks", {}).items():
        assert checks[name].verdict.value == verdict, checks[name].sentence
    found = {one.id: one for one in summary.vulnerabilities}
    for name, verdict in case["expect"].get("vulnerabilities", {}).items():
        assert found[name].verdict.value == verdict, found[name].evidence
    for name, text in case.get("evidence", {}).items():
        assert text in found[name].evidence, found[name].evidence


def test_a_result_is_small_and_complete_on_demand() -> None:
    summary = assess({})
    small, full = summary.to_json(), summary.to_json(full=True)
    assert len(json.dumps(small)) < 16_000
    assert "vulnerabilities" not in small
    assert len(full["vulnerabilities"]) == sum(small["counts"].values())
    assert sum(sum(each.values()) for each in small["severities"].values()) == sum(small["counts"].values())
    assert small["open"]["closable"] <= small["counts"]["open"] == sum(small["open"]["needs"].values())
    assert set(small["counts"]) == {verdict.value for verdict in Verdict}
    assert all(one["evidence"] for one in full["vulnerabilities"])


def test_a_whole_machine_is_judged_in_no_time() -> None:
    assess({})  # reads the files

    def once() -> float:
        taken = machine({})
        begun = time.process_time()
        assess_vulnerabilities(taken, catalogs.load()).to_json()
        return time.process_time() - begun

    assert min(once() for _turn in range(3)) < 0.3


LICENSED = {
    "id": "8e7bfb1e-acc1-4f56-abae-b80fce56cd4b", "name": "ESU", "status": 1, "partial_key": "XXXXX",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "licences", "says", "closable"),
    [
        ({}, [], "needs Extended Security Updates year 2; no Extended Security Updates licence is active", None),
        ({}, [LICENSED], "KB5073697 closes it, and this machine may have it.", "KB5073697"),
        ({"sku": 17}, [], "was never offered for this edition (OperatingSystemSKU 17)", None),
    ],
)
def test_an_open_check_says_whether_the_machine_can_ever_get_the_fix(
    changes: dict[str, Any], licences: list[dict[str, Any]], says: str, closable: str | None
) -> None:
    taken = machine({"os": changes, "files": {"system32\\spoolsv.exe": "6.0.6002.18005"}})
    taken["answers"]["licences"] = licences
    summary = assess_vulnerabilities(taken, catalogs.load())
    check = next(check for check in summary.checks if check.id == "printnightmare")
    assert check.verdict is Verdict.OPEN
    assert says in check.sentence
    assert check.closable_by == closable


def test_a_servicing_stack_is_known_by_its_folder_where_no_list_has_it() -> None:
    taken = machine({"without": ["packages"]})
    taken["answers"]["stack"] = ["6.0.6002.18005", "6.0.6003.21246"]
    found = {one.id: one for one in assess_vulnerabilities(taken, catalogs.load()).vulnerabilities}
    assert found["CVE-2020-1346"].verdict is Verdict.FIXED
    assert "servicing stack 6.0.6003.21246" in found["CVE-2020-1346"].evidence


def test_what_has_no_vendor_fix_is_never_fixed_and_never_missing() -> None:
    for case in ({}, {"store": {"KB5073697": 7}}, {"without": ["packages", "files", "services"]}):
        found = {one.id: one for one in assess(case).vulnerabilities}
        for record in load("checks.yml")["no_vendor_fix"]:
            for name in record["vulnerabilities"]:
                assert found[name].verdict is Verdict.NO_VENDOR_FIX
                assert not found[name].updates


# --- properties ---------------------------------------------------------------------------------------------------


@functools.cache
def _sample() -> records.Knowledge:
    """Return every eightieth fix with all chains: enough kinds, and quick."""
    shipped = records.shipped()
    return records.Knowledge(shipped.fixes[::80], shipped.supersedes)


@functools.cache
def _updates() -> list[str]:
    return sorted(
        {update for fix in _sample().fixes for update in fix.updates} | {"KB4534303", "KB5073697", "KB4018466"}
    )


def _verdicts(taken: dict[str, Any]) -> dict[str, Verdict]:
    found = assess_vulnerabilities(taken, catalogs.load(), _sample()).vulnerabilities
    return {one.id: one.verdict for one in found}


STATES = st.sampled_from([4, 5, 6, 7, 8])
KERNELS = st.sampled_from(["6.0.6002.18005", "6.0.6002.24565", "6.0.6003.20706", "6.0.6003.21167", "6.0.6003.23717"])


@st.composite
def machines(draw: st.DrawFn) -> dict[str, Any]:
    store = draw(st.dictionaries(st.sampled_from(_updates()), STATES, max_size=5))
    without = draw(st.sets(st.sampled_from(["packages", "services", "files", "registry", "licences", "hotfixes"])))
    case: dict[str, Any] = {
        "store": store,
        "files": {"system32\\ntoskrnl.exe": draw(KERNELS)},
        "without": sorted(without),
    }
    case["hotfixes"] = draw(st.lists(st.sampled_from(_updates()), max_size=2))
    taken = machine(case)
    taken["answers"]["os"]["arch"] = draw(st.sampled_from(["x86", "x64", "ia64", None]))
    return taken


@settings(max_examples=25, deadline=None)
@given(machines())
def test_nothing_is_open_without_evidence(taken: dict[str, Any]) -> None:
    blind = copy.deepcopy(taken)
    for name in ("packages", "files"):
        blind["answers"].pop(name, None)
    assert set(_verdicts(blind).values()) <= NO_HARM


@settings(max_examples=25, deadline=None)
@given(machines(), st.sampled_from(_updates()))
def test_one_more_installed_update_never_makes_anything_worse(taken: dict[str, Any], update: str) -> None:
    before = _verdicts(taken)
    more = copy.deepcopy(taken)
    store = [one for one in more["answers"].get("packages") or [] if f"{update}~" not in one["identity"]]
    more["answers"]["packages"] = [
        *store, {"identity": f"Package_for_{update}~31bf3856ad364e35~amd64~~6.0.1.0", "state": 7}
    ]  # fmt: skip
    if "packages" not in taken["answers"]:
        return  # reading the store for the first time may well show what is open
    after = _verdicts(more)
    assert not [name for name, verdict in after.items() if verdict is Verdict.OPEN and before[name] is Verdict.FIXED]
    for fix in _sample().fixes:
        if fix.updates == (update,):
            judge = Machine(more, catalogs.load(), _sample())
            assert judge.judge(fix.component, frozenset(fix.updates)).verdict is Verdict.FIXED


@settings(max_examples=20, deadline=None)
@given(machines())
def test_both_numberings_of_the_component_store_say_the_same(taken: dict[str, Any]) -> None:
    other = copy.deepcopy(taken)
    for package in other["answers"].get("packages") or []:
        package["state"] = {4: 0x40, 5: 5, 6: 0x60, 7: 0x70, 8: 0x80}[package["state"]]
    assert _verdicts(other) == _verdicts(taken)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(records.shipped().supersedes)), st.integers(0, 6))
def test_whatever_replaces_a_fix_fixes_it_too(newer: str, steps: int) -> None:
    older = newer
    for _step in range(steps + 1):
        older = (records.shipped().supersedes.get(older) or (older,))[0]
    judge = Machine(machine({"store": {newer: 7}}), catalogs.load(), records.shipped())
    assert judge.judge("", frozenset({older})).verdict is Verdict.FIXED
