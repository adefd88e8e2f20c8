# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The catalog: its files fit the schema, its links hold, and a bad record is named to the field."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import catalog
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.errors import CatalogError, UnknownPackage
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.record_reading import parse_record
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.records import (
    Architecture,
    Condition,
    FileMark,
    Kind,
    Need,
    Restart,
    StackMark,
)

SCHEMA = json.loads((catalog.DATA.parent / "catalog.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
FILES = sorted(catalog.DATA.glob("*.yml"))
OWN = {
    "id": "KB9999999",
    "kind": "update",
    "title": "a package of our own",
    "architectures": {"x64": None},
    "entitlement": "none",
    "restart": "if_asked",
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_shipped_file_fits_the_schema(path: Path) -> None:
    errors = VALIDATOR.iter_errors(yaml.safe_load(path.read_text(encoding="utf-8")))
    assert [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in errors] == []


def test_the_ladder_is_there_for_x86_and_x64_with_what_is_known_of_its_files() -> None:
    records = catalog.load()
    for package_id in ("KB948465", "KB4493730", "KB4474419"):
        files = records.get(package_id).architectures
        for architecture in (Architecture.X86, Architecture.X64):
            assert files[architecture].name and files[architecture].sha1
    assert records.get("KB4534303").architectures[Architecture.X64].sha256 is None


def test_the_public_rollups_have_no_gap_and_rising_markers() -> None:
    public = [one for one in catalog.load().of_kind(Kind.MONTHLY_ROLLUP) if one.need is Need.NONE]
    assert [one.month for one in public][0] == "2018-09"
    assert [one.month for one in public][-1] == "2020-01"
    assert len(public) == 17
    for older, newer in zip(public, public[1:], strict=False):
        assert older.id in newer.supersedes
    kernels = [
        tuple(map(int, mark.version.split(".")))
        for one in public
        for mark in one.marks
        if isinstance(mark, FileMark) and mark.path.endswith("ntoskrnl.exe")
    ]
    assert kernels == sorted(set(kernels))


def test_nothing_after_the_public_end_is_free() -> None:
    for one in catalog.load():
        if (
            one.kind in (Kind.MONTHLY_ROLLUP, Kind.SECURITY_ONLY, Kind.ESU_PREPARATION)
            and (one.month or "2020-02") > "2020-01"
        ):
            assert one.need not in (Need.NONE, Need.UNKNOWN), one.id


def test_an_own_record_is_added() -> None:
    assert catalog.load([OWN]).get("KB9999999").confidence == "own"


def test_an_own_record_completes_a_shipped_one_and_keeps_the_rest() -> None:
    known = "0" * 64
    record = catalog.load([{"id": "KB4474419", "architectures": {"x64": {"sha256": known}}}]).get("KB4474419")
    assert record.architectures[Architecture.X64].sha256 == known
    assert record.architectures[Architecture.X64].sha1 == "09cb148f6ef10779d7352b7269d66a7f23019207"
    assert record.architectures[Architecture.X86].sha1 == "fd568cb47870cd8ed5ba10e1dd3c49061894030e"
    assert catalog.load().get("KB4474419").architectures[Architecture.X64].sha256 is None


BAD: list[tuple[dict[str, Any], str]] = [
    (
        {"kind": "rollup"},
        "catalog_extra[0], record KB9999999, field kind: 'rollup' is not known; did you mean preview_rollup?",
    ),
    ({"restrat": "always"}, "field restrat: there is no such field; did you mean restart?"),
    ({"title": None}, "field title: this field is needed and is missing"),
    ({"architectures": {"amd64": None}}, "field architectures: 'amd64' is not known; it is one of ia64, x64, x86"),
    ({"architectures": {"x64": {"sha1": "FF"}}}, "field architectures.x64.sha1: 40 lower-case hexadecimal digits"),
    ({"architectures": {"x64": {"size": "1"}}}, "field architectures.x64.size: a whole number belongs here, not '1'"),
    ({"requires": ["KB4474418"]}, "field requires: no record describes KB4474418; did you mean KB4474419?"),
    ({"requires": "KB4474419"}, "field requires: a list belongs here, not 'KB4474419'"),
    (
        {"requires": [{"package": "KB4474419", "when": {"role": 1}}]},
        "field requires[0].when.role: there is no such field",
    ),
    ({"requires": ["KB9999999"]}, "field requires: a ring, KB9999999 -> KB9999999"),
    ({"evidence": [{"file": "x"}]}, "field evidence[0].at_least: this field is needed"),
    ({"evidence": [{"stack": "6.0.x"}]}, "field evidence[0].stack: '6.0.x' is not a dotted version number"),
    ({"evidence": [{"folder": "x"}]}, "field evidence[0]: one of service_pack, stack, file or registry must be there"),
    ({"sources": ["wesgn"]}, "field sources: 'wesgn' is not described; did you mean wesng?"),
    ({"only_where": {"role": "dc"}}, "field only_where.role: 'dc' is not known; it is one of domain_controller"),
    ({"only_where": {"browser": 9}}, "field only_where.browser: there is no such field"),
    ({"architectures": {"x64": {"url": "ftp://x/y"}}}, "field architectures.x64.url: an address that begins with http"),
    ({"issues": [{"version": "v1"}]}, "field issues[0].confidence: this field is needed and is missing"),
    ({"fixed_builds": ["6003"], "not_planned": 1}, "field not_planned: a text belongs here, not 1"),
    ({"restart": "later"}, "field restart: 'later' is not known; it is one of always, barrier, if_asked"),
    ({"optional": "yes"}, "field optional: true or false belongs here, not 'yes'"),
    ({"month": "2020-13"}, "field month: a month such as 2019-04 belongs here"),
    ({"confidence": "sure"}, "field confidence: confirmed-<number>"),
]


@pytest.mark.parametrize(("change", "message"), BAD, ids=[str(next(iter(change.items()))) for change, _text in BAD])
def test_a_bad_record_is_named_to_the_field(change: dict[str, Any], message: str) -> None:
    with pytest.raises(CatalogError) as caught:
        catalog.load([{**OWN, **change}])
    assert message in str(caught.value)


@pytest.mark.parametrize("raw", ["KB1", {}, {"id": 4474419}])
def test_an_own_record_without_an_id_is_refused(raw: Any) -> None:
    with pytest.raises(CatalogError, match="a record needs an id"):
        catalog.load([raw])


def test_the_code_and_the_schema_refuse_the_same_records() -> None:
    for change, _message in BAD:
        if set(change) & {"sources"} or change.get("requires") in (["KB4474418"], ["KB9999999"]):
            continue  # links between records are beyond a schema
        document = {"schema": catalog.SCHEMA, "packages": [{**OWN, "confidence": "own", **change}]}
        assert not VALIDATOR.is_valid(document), change


def test_an_unknown_package_brings_the_nearest_one() -> None:
    with pytest.raises(UnknownPackage, match="did you mean KB4493730"):
        catalog.load().get("KB4493731")


def test_a_file_that_is_no_catalog_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.yml").write_text("packages: []\n", encoding="utf-8")
    with pytest.raises(CatalogError, match=r"mine\.yml does not say that it is a catalog"):
        catalog.load(folder=tmp_path)
    (tmp_path / "mine.yml").write_text("a: [\n", encoding="utf-8")
    with pytest.raises(CatalogError, match=r"mine\.yml cannot be read as YAML"):
        catalog.load(folder=tmp_path)


def test_a_package_that_is_described_twice_is_refused(tmp_path: Path) -> None:
    text = yaml.safe_dump({"schema": catalog.SCHEMA, "packages": [{**OWN, "confidence": "own"}]})
    (tmp_path / "a.yml").write_text(text, encoding="utf-8")
    (tmp_path / "b.yml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogError, match=r"b\.yml, record KB9999999: a\.yml describes this package already"):
        catalog.load(folder=tmp_path)


# -- the shipped records ------------------------------------------------------------------------------------------


COUNTS = {
    "service_pack": 2,
    "servicing_stack": 18,
    "sha2": 2,
    "esu_preparation": 3,
    "update": 17,
    "enabler": 16,
    "tls": 1,
    "dotnet": 32,
    "ie_cumulative": 44,
    "security_only": 90,
    "preview_rollup": 14,
    "monthly_rollup": 90,
    "out_of_band": 5,
}


def test_every_kind_has_as_many_records_as_the_facts_tell_of() -> None:
    found = {kind.value: len(catalog.load().of_kind(kind)) for kind in Kind}
    assert found == COUNTS
    assert sum(found.values()) == 334


def test_each_rollup_replaces_the_one_before_it_from_the_first_month_to_the_last() -> None:
    rollups = catalog.load().of_kind(Kind.MONTHLY_ROLLUP)
    assert (rollups[0].month, rollups[-1].month) == ("2018-09", "2026-01")
    for older, newer in zip(rollups, rollups[1:], strict=False):
        assert newer.supersedes == (older.id,)
    assert sorted({str(one.month) for one in rollups}) == list(_months("2018-09", "2026-01"))


def test_each_month_has_a_security_only_update_that_replaces_nothing() -> None:
    singles = catalog.load().of_kind(Kind.SECURITY_ONLY)
    assert sorted({str(one.month) for one in singles}) == list(_months("2018-09", "2026-01"))
    assert [one.id for one in singles if one.supersedes] == []


def _months(first: str, last: str) -> Iterator[str]:
    month = first
    while month <= last:
        yield month
        year, number = map(int, month.split("-"))
        month = f"{year + number // 12}-{number % 12 + 1:02}"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


@pytest.mark.parametrize("kind", [Kind.MONTHLY_ROLLUP, Kind.SECURITY_ONLY])
def test_revisions_rise_month_by_month(kind: Kind) -> None:
    """Markers rise, fixed builds rise, and no marker is above the fixed build of its own month."""
    records = catalog.load().of_kind(kind)
    marks = [_numbers(mark.version) for one in records for mark in one.marks if isinstance(mark, FileMark)]
    assert marks == sorted(set(marks))
    assert len(marks) == 37
    builds = [_numbers(build) for one in records for build in one.fixed_builds]
    assert builds == sorted(set(builds))
    for one in records:
        for mark in one.marks:
            assert isinstance(mark, FileMark)
            assert not one.fixed_builds or _numbers(mark.version) <= _numbers(one.fixed_builds[0]), one.id


def test_the_stacks_replace_each_other_without_a_gap_and_their_versions_rise() -> None:
    records = catalog.load()
    stacks = records.of_kind(Kind.SERVICING_STACK)
    reached, waiting = {stacks[0].id}, stacks[1:]
    for one in waiting:
        assert set(one.supersedes) & reached, one.id
        reached.add(one.id)
    versions = [_numbers(mark.version) for one in stacks for mark in one.marks if isinstance(mark, StackMark)]
    assert versions == sorted(set(versions))
    assert len(versions) == 7


def test_entitlement_follows_the_month() -> None:
    ends = [
        ("2020-01", Need.NONE),
        ("2021-01", Need.ESU_YEAR_1),
        ("2022-01", Need.ESU_YEAR_2),
        ("2023-01", Need.ESU_YEAR_3),
        ("2024-01", Need.ESU_YEAR_4),
        ("9999", Need.PREMIUM_ASSURANCE),
    ]
    monthly = (Kind.MONTHLY_ROLLUP, Kind.SECURITY_ONLY, Kind.PREVIEW_ROLLUP, Kind.IE_CUMULATIVE, Kind.OUT_OF_BAND)
    for one in (package for kind in monthly for package in catalog.load().of_kind(kind)):
        assert one.need is next(need for last, need in ends if str(one.month) <= last), one.id


def test_itanium_ends_with_the_public_life() -> None:
    for one in catalog.load():
        if one.month and one.kind is not Kind.SERVICING_STACK and one.kind is not Kind.IE_CUMULATIVE:
            assert (Architecture.IA64 in one.architectures) is (one.month <= "2020-01"), one.id


def test_what_needs_a_licence_asks_for_the_preparation_and_the_ladder_first() -> None:
    for one in catalog.load():
        wants = {need.what for need in one.requires}
        if one.need in (Need.NONE, Need.UNKNOWN):
            assert not wants & set(Condition), one.id
        elif one.kind is Kind.ESU_PREPARATION:
            assert wants == {"KB948465", "KB4493730", "KB4474419"}
        else:
            assert wants == {"KB948465", "KB4493730", "KB4474419", *Condition}, one.id


def test_every_update_stands_on_service_pack_2_unless_it_comes_before_it() -> None:
    records = catalog.load()
    free = {one.id for one in records if "KB948465" not in _everything_before(one.id, records)}
    assert free == {"KB936330", "KB948465", "KB950050", "KB968930", "KB956250", "WUA-7.6.7600.256"}


def _everything_before(package_id: str, records: catalog.Catalog) -> set[str]:
    before: set[str] = set()
    for need in records.get(package_id).requires:
        if isinstance(need.what, str):
            before |= {need.what} | _everything_before(need.what, records)
    return before


def test_the_machine_restarts_at_once_only_where_the_next_package_could_not_go_in() -> None:
    barriers = {one.id for one in catalog.load() if one.restart is Restart.BARRIER}
    assert barriers == {
        *("KB936330", "KB948465", "KB950050", "KB4039648", "KB4474419"),
        *("KB4538484", "KB4575904", "KB5016891"),
    }


def test_only_the_fourth_issue_of_sha2_support_can_be_planned() -> None:
    record = catalog.load().get("KB4474419")
    assert (record.version, record.package_version) == ("v4", "6.0.4.0")
    assert [one.version for one in record.issues] == ["v1", "v2", "v3"]
    assert [one.confidence for one in record.issues] == ["single", "memory", "memory"]


def test_what_can_never_be_planned_says_why() -> None:
    never = {one.id: one.not_planned for one in catalog.load() if one.not_planned}
    assert "Windows Vista" in str(never.pop("KB936330"))
    assert "number is not known" in str(never.pop("SSU-2025-11"))
    assert {"KB4039648", "KB3151800", "WUA-7.6.7600.256"} <= set(never)
    parents = {one.id for one in catalog.load().of_kind(Kind.DOTNET) if one.id != "KB3151800"}
    assert set(never) == parents | {"KB4039648", "KB3151800", "WUA-7.6.7600.256"}


def test_a_file_name_carries_the_digest_that_the_record_states() -> None:
    seen = 0
    for one in catalog.load():
        for file in one.architectures.values():
            digest = re.search(r"_([0-9a-f]{40})\.", file.name or "")
            assert (digest[1] if digest else None) == file.sha1, one.id
            assert file.url is None or file.url.endswith(f"/{file.name}")
            seen += digest is not None
    assert seen == 57


def test_memory_is_called_memory_and_has_no_other_source() -> None:
    for one in catalog.load():
        for part in (one, *one.issues):
            assert (part.confidence == "memory") is ("mem" in part.sources), one.id


def test_a_thousand_loads_of_nothing_new_read_the_files_once() -> None:
    assert catalog.load() is catalog.load()


def test_the_newest_stack_of_its_time_is_found_for_a_rollup() -> None:
    records = catalog.load()
    stacks = {
        "KB4489880": None,
        "KB4493471": "KB4493730",
        "KB4534303": "KB4536953",
        "KB5004305": "KB4580971",
        "KB5073697": "KB5039341",
    }
    for package_id, wanted in stacks.items():
        stack = records.stack_for(records.get(package_id), Architecture.X64)
        assert (stack.id if stack else None) == wanted
    assert records.stack_for(records.get("KB4019276"), Architecture.X64) is None


def test_a_fix_in_two_branches_is_judged_in_the_branch_of_the_file() -> None:
    mark = next(one for one in catalog.load().get("KB4012598").marks if isinstance(one, FileMark))
    assert (mark.version, mark.ldr) == ("6.0.6002.19743", "6.0.6002.24067")
    found = ["6.0.6002.19742", "6.0.6002.19743", "6.0.6002.22500", "6.0.6002.24067", "6.0.6003.20489", "6.0.6001.18000"]
    assert [mark.reached(version) for version in found] == [False, True, False, True, True, False]


# -- a user's own files -------------------------------------------------------------------------------------------


def own_file(folder: Path, *records: Any, **sections: Any) -> Path:
    path = folder / "own.yml"
    text = yaml.safe_dump({"schema": catalog.SCHEMA, "packages": list(records), **sections})
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_of_the_users_adds_and_corrects_and_the_variable_has_the_last_word(tmp_path: Path) -> None:
    path = own_file(
        tmp_path,
        {**OWN, "sources": ["ours"]},
        {"id": "KB4534303", "architectures": {"x64": {"sha256": "a" * 64, "size": 7}}},
        sources={"ours": "our own mirror"},
    )
    records = catalog.load([{"id": "KB4534303", "architectures": {"x64": {"size": 8}}}], files=[path])
    file = records.get("KB4534303").architectures[Architecture.X64]
    assert (file.sha256, file.size) == ("a" * 64, 8)
    assert records.get("KB9999999").sources == ("ours",)
    assert records.get("KB4534303").confidence == catalog.load().get("KB4534303").confidence


BAD_FILES: list[tuple[list[Any], dict[str, Any], str]] = [
    ([{**OWN, "restrat": "always"}], {}, "own.yml, record KB9999999, field restrat: there is no such field; did you"),
    ([{"title": "x"}], {}, "own.yml, record number 1: a record needs an id such as KB4493730"),
    ([OWN, OWN], {}, "own.yml, record KB9999999: this file describes the package already, further up"),
    ([{"id": "KB4534303", "requires": ["KB4474418"]}], {}, "field requires: no record describes KB4474418; did you"),
    ([], {"pakages": []}, "own.yml, field pakages: there is no such field; it is one of packages, schema, sources"),
    ([], {"sources": ["x"]}, "own.yml, field sources: a mapping belongs here, not ['x']"),
]


@pytest.mark.parametrize(("records", "sections", "message"), BAD_FILES, ids=[one[2][:40] for one in BAD_FILES])
def test_a_bad_file_of_the_users_is_named_to_the_field(
    records: list[Any], sections: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(CatalogError) as caught:
        catalog.load(files=[own_file(tmp_path, *records, **sections)])
    assert message in str(caught.value)


def test_a_file_of_the_users_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"the catalog file .*/none\.yml cannot be read: No such file"):
        catalog.load(files=[tmp_path / "none.yml"])


# -- whatever a person writes -------------------------------------------------------------------------------------

JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.text(max_size=8), st.integers(), st.none()), inner, max_size=3),
    ),
    max_leaves=6,
)
RAW = {
    raw["id"]: raw
    for path in FILES
    for raw in yaml.safe_load(path.read_text(encoding="utf-8")).get("packages", [])
    if raw["id"] in ("KB948465", "KB4474419", "KB4012598", "KB982861", "KB5030271")
}


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_a_record_with_anything_in_it_is_read_or_refused_with_a_sentence(data: st.DataObject) -> None:
    """One place of a shipped record, however deep, is replaced by anything that YAML can hold."""
    record = copy.deepcopy(RAW[data.draw(st.sampled_from(sorted(RAW)))])
    place: Any = record
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], (dict, list)) or not place[key] or data.draw(st.booleans()):
            place[key] = data.draw(JUNK)
            break
        place = place[key]
    try:
        parse_record(record, "own.yml", 0)
    except CatalogError as error:
        assert str(error).startswith("own.yml, record ")
    else:
        assert VALIDATOR.is_valid({"schema": catalog.SCHEMA, "packages": [record]}), record


def test_a_day_may_stand_without_quotes() -> None:
    record = yaml.safe_load("released: 2019-04-09")
    assert catalog.load([{**OWN, **record}]).get("KB9999999").released == "2019-04-09"


def test_a_mark_without_a_value_would_be_on_every_machine_and_is_refused() -> None:
    mark = {"registry": "HKLM\\SOFTWARE\\X", "values": [], "at_least": 1}
    with pytest.raises(CatalogError, match=r"field evidence\[0\].values: at least one name belongs here"):
        catalog.load([{**OWN, "evidence": [mark]}])
