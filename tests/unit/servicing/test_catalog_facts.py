# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""No number, date or digest of the catalog differs from the collected facts, and no fact is missing.

The facts are no part of the collection; where they are not at hand these tests say so and are skipped.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import catalog
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.records import (
    Architecture,
    Condition,
    FileMark,
    Issue,
    Kind,
    Need,
    Package,
    StackMark,
)

FACTS = Path(os.environ.get("SUNSET_FACTS") or Path(__file__).parents[4] / "shared" / "facts") / "catalog.yml"
pytestmark = pytest.mark.skipif(
    not FACTS.is_file(), reason=f"no collected facts at {FACTS} (set SUNSET_FACTS to their folder)"
)

# What the facts call otherwise than the records, whose ids are KB numbers wherever there is one.
IDS = {
    "KB4039648-v2": "KB4039648",
    "KB4474419-v4": "KB4474419",
    "IE9": "KB982861",
    "NDP462-ESU": "KB3151800",
    "SSU-2025-11-unknown": "SSU-2025-11",
}
AN_ISSUE = "KB4474419-v1"  # an earlier issue of another entry; the record tells of it under `issues`
KINDS = {"fix": "update", "ssu": "servicing_stack", "esu_prep": "esu_preparation"}
LADDER_WORDS = {
    "os:6.0.6001",  # only_where.service_pack, or the base of everything
    "os:6.0.6001 or later",
    "os:6.0.6000 or later",
    "latest SSU of its time",  # Catalog.stack_for
    "a current SSU",
    "restart after KB4474419",  # its restart is a barrier
}


def load_facts() -> list[dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    packages: list[dict[str, Any]] = yaml.load(FACTS.read_bytes(), Loader=loader)["packages"]
    return packages


def pairs() -> list[tuple[dict[str, Any], Package]]:
    records = catalog.load()
    return [(one, records.get(IDS.get(one["id"], one["id"]))) for one in load_facts() if one["id"] != AN_ISSUE]


def test_every_fact_has_its_record_and_every_record_its_fact() -> None:
    told = [IDS.get(one["id"], one["id"]) for one in load_facts() if one["id"] != AN_ISSUE]
    assert Counter(told) == Counter(one.id for one in catalog.load())
    assert len(load_facts()) == len(told) + 1 == 335


def test_the_earlier_issue_of_sha2_support_is_told_with_its_record() -> None:
    fact = next(one for one in load_facts() if one["id"] == AN_ISSUE)
    issue: Issue = catalog.load().get("KB4474419").issues[0]
    assert (issue.version, issue.released, issue.confidence) == (fact["version"], fact["released"], fact["confidence"])
    assert list(issue.sources) == fact["sources"]
    assert "memory" in str(issue.released_basis)
    assert set(fact["supersedes"]) <= set(catalog.load().get("KB4474419").supersedes)


def test_kind_month_day_confidence_and_sources_are_the_facts() -> None:
    for fact, record in pairs():
        preview = fact.get("version") == "preview"
        kind = "preview_rollup" if preview else KINDS.get(fact["kind"], fact["kind"])
        assert record.kind is Kind(kind) or (record.kind is Kind.OUT_OF_BAND and fact["kind"] == "fix"), record.id
        assert record.month == fact.get("month"), record.id
        assert record.released == fact["released"], record.id
        assert record.confidence == fact["confidence"], record.id
        assert list(record.sources) == fact["sources"], record.id
        assert record.version == (None if preview else fact.get("version")), record.id


def test_names_digests_sizes_and_addresses_are_the_facts() -> None:
    for fact, record in pairs():
        told = {name: file for key, file in fact["architectures"].items() for name in key.split("+")}
        assert {one.value for one in record.architectures} == set(told), record.id
        for name, file in told.items():
            own = record.architectures[Architecture(name)]
            wanted = file or dict.fromkeys(("file", "sha1", "sha256", "size", "url"))
            found = {"file": own.name, "sha1": own.sha1, "sha256": own.sha256, "size": own.size, "url": own.url}
            assert found == wanted, record.id


def test_versions_and_builds_are_the_facts() -> None:
    for fact, record in pairs():
        revision, detect = fact.get("revision") or {}, fact.get("detect") or {}
        builds = [revision["msrc_fixed_build"]] if revision.get("msrc_fixed_build") else []
        if fact.get("month") == "2023-09" and builds:
            builds.append("6.0.6003.22264")  # the facts tell of the second build of this month in words
        assert list(record.fixed_builds) == builds, record.id
        stacks = [mark.version for mark in record.marks if isinstance(mark, StackMark)]
        assert stacks == [one for one in [revision.get("servicing_stack")] if one], record.id
        if record.id == "KB4565353":
            continue  # its marker file stands in the notes of the facts
        files = [
            (mark.path.rpartition("\\")[2], mark.version, mark.ldr)
            for mark in record.marks
            if isinstance(mark, FileMark)
        ]
        told = []
        if revision.get("marker_file"):
            told.append((revision["marker_file"], revision["marker_version"], None))
        if detect.get("file"):
            least = detect.get("min_version") or detect["gdr_min"]
            told.append((detect["file"].rpartition("\\")[2], least, detect.get("ldr_min")))
        assert files == told, record.id


def test_the_stack_that_is_a_security_fix_has_the_marker_of_its_note() -> None:
    fact, record = next(one for one in pairs() if one[1].id == "KB4565353")
    mark = record.marks[0]
    assert isinstance(mark, FileMark)
    assert f"{mark.path.rpartition(chr(92))[2]} {mark.version}" in fact["notes"]


def test_what_replaces_what_is_the_facts() -> None:
    for fact, record in pairs():
        told = {re.sub(r"-v\d$", "", one) for one in fact["supersedes"]} - {record.id}
        extra = {"KB4039648"} if record.id == "KB4474419" else set()  # "superseded in practice", in the facts' notes
        assert set(record.supersedes) == told | extra, record.id


def test_entitlement_is_the_facts() -> None:
    for fact, record in pairs():
        told = fact["esu"]
        if told is None:
            assert record.need is Need.UNKNOWN, record.id
        elif isinstance(told, bool):
            assert record.need is (Need.ESU if told else Need.NONE), record.id
        else:
            year = told["program_year"]
            assert record.need.value == (year if isinstance(year, str) else f"esu_year_{year}"), record.id


def test_every_requirement_of_the_facts_stands_in_its_record() -> None:
    for fact, record in pairs():
        own = {need.what if isinstance(need.what, str) else need.what.value for need in record.requires}
        for told in fact["requires"]:
            assert _kept(told, own, record), (record.id, told)


def _kept(told: str, own: set[str], record: Package) -> bool:
    """Say whether a requirement, in the words of the facts, stands in a record in its own way."""
    licence = {one.value for one in Condition}
    number = re.match(r"KB\d+", told)
    where = record.only_where
    if number:
        return number[0] in own
    if told in LADDER_WORDS:
        return True
    if told.startswith("same chain"):
        return licence | {"KB948465", "KB4493730", "KB4474419"} <= own
    if told == "ESU chain":
        return licence <= own
    rest = {
        "ESU licensing preparation package": "esu_preparation" in own,
        "ESU licence activated (or Azure/Premium Assurance entitlement)": "esu_licence" in own,
        "IE9 installed": where.internet_explorer == 9,
        "the named .NET Framework": bool(where.dotnet),
        "role:Hyper-V": where.feature == 20,
        "not Server Core": where.full_installation,
        "server edition, not Vista": "Vista" in (record.notes or ""),
        ".NET Framework 2.0 or later": where.dotnet_at_least == "2.0",
        ".NET Framework 4.0 or later (wsusoffline checks for 4.5.2 or later)": where.dotnet_at_least == "4.0",
    }
    return rest.get(told, False)


def test_the_frameworks_of_a_dotnet_update_are_those_of_its_title() -> None:
    for fact, record in pairs():
        if record.kind is Kind.DOTNET and record.only_where.dotnet:
            told = re.search(r"\((.*?)\)", fact["title"])
            assert told and list(record.only_where.dotnet) == told[1].split(", "), record.id


def test_what_the_facts_have_from_memory_says_so() -> None:
    for fact, record in pairs():
        basis = fact["released_basis"]
        if "memory" in basis:
            assert "memory" in str(record.released_basis), record.id
        if fact["released"] is None and record.kind is not Kind.PREVIEW_ROLLUP and basis != "unknown":
            assert "not" in str(record.released_basis), record.id
        if "memory" in (fact.get("notes") or ""):
            told = [record.notes, record.released_basis, *(one.released_basis for one in record.issues)]
            assert any("memory" in str(one) for one in told), record.id


def test_what_the_facts_infer_says_so() -> None:
    inferred = [(fact, record) for fact, record in pairs() if "inferred" in (fact.get("notes") or "").lower()]
    for _fact, record in inferred:
        if record.kind is not Kind.PREVIEW_ROLLUP:  # said once, at the head of their file
            assert "inferred" in str(record.notes), record.id
    head = (catalog.DATA / "preview_rollup.yml").read_text(encoding="utf-8").partition("schema:")[0]
    assert "is inferred" in head
