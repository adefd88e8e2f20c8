# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The catalog: its files fit the schema, its links hold, and a bad record is named to the field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import catalog
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.errors import CatalogError, UnknownPackage
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.records import Architecture, FileMark, Kind, Need

SCHEMA = json.loads((catalog.DATA.parent / "catalog.schema.json").read_text(encoding="utf-8"))
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
    errors = Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(path.read_text(encoding="utf-8")))
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
    validator = Draft202012Validator(SCHEMA)
    for change, _message in BAD:
        if set(change) & {"sources"} or change.get("requires") in (["KB4474418"], ["KB9999999"]):
            continue  # links between records are beyond a schema
        document = {"schema": catalog.SCHEMA, "packages": [{**OWN, "confidence": "own", **change}]}
        assert not validator.is_valid(document), change


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
