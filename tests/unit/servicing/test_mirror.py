# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The library of package files: what is needed, what is there and proven, and the lists for whoever fetches."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.servicing.cabs import msu
from unit.servicing.servicing_support import snapshot

from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import (
    catalog,
    fetch_list,
    lock,
    media,
    stocktaking,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.catalog import Catalog
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.errors import (
    BadMedia,
    NotServiceable,
    ServicingError,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.mirror import Shelf, State
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.records import Architecture
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.stocktaking import Order, Written

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
STACK, SHA2, ROLLUP = "KB4493730", "KB4474419", "KB4534303"
# Nothing is known of the files but that they exist, as for most of the shipped records.
BARE: Catalog = catalog.load([{"id": name, "architectures": {"x64": None, "x86": None}} for name in (STACK, SHA2)])


def order(folder: Path | None = None, **changes: Any) -> Order:
    options: dict[str, Any] = {
        "target": "sha2",
        "also": [],
        "architectures": ["x64"],
        "start": "clean_6002",
        "entitlement": [],
        "hold": [],
        "media": folder,
        "fetch_list": None,
        "pin": False,
        "sums": False,
    }
    return Order(**{**options, **changes})


def stock(asked: Order, records: Catalog = BARE, seen: dict[str, Any] | None = None) -> tuple[Shelf, list[Written]]:
    asked.check(records)
    return stocktaking.take_stock(asked, records, stocktaking.needed(asked, records, seen).wanted, NOW)


def ids(shelf: Shelf) -> list[str]:
    return [one.wanted.package.id for one in shelf.entries]


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def ladder(folder: Path) -> list[Path]:
    """Put the two files of the sha2 target into the folder of their architecture."""
    sha2 = msu(SHA2, version="6.0.4.0")
    return [
        put(folder, f"x64/windows6.0-kb4493730-x64_{hashlib.sha1(msu()).hexdigest()}.msu", msu()),
        put(folder, "x64/windows6.0-kb4474419-v4-x64.msu", sha2),
    ]


JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.dates()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=5,
)


# -- what is needed ---------------------------------------------------------------------------------------------


NEEDS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, [STACK, SHA2]),
    ({"start": "rtm_6001"}, ["KB950050", "KB948465", STACK, SHA2]),
    ({"start": "rtm_6001", "architectures": ["x86"]}, ["KB948465", STACK, SHA2]),
    ({"architectures": ["x64", "x86", "x64"]}, [STACK, SHA2, STACK, SHA2]),
    ({"also": ["KB4019276"]}, [STACK, SHA2, "KB4019276"]),
]


@pytest.mark.parametrize("package_id", ["KB5008606", "KB4534251", "KB2506146", "KB2416470", "KB982861"])
def test_a_library_may_hold_what_only_some_machines_want(package_id: str) -> None:
    assert package_id in ids(stock(order(also=[package_id], entitlement=["esu_year_2"]))[0])


def test_a_package_whose_place_another_takes_is_left_out_with_the_reason() -> None:
    needs = stocktaking.needed(order(target="last_public", also=["KB4534251"]), BARE, None)
    assert [one.package for one in needs.left_out] == ["KB4534251"]
    assert "KB4534303" in needs.left_out[0].reason
    domain = stocktaking.needed(order(also=["KB5008606"]), BARE, snapshot())
    assert "no domain controller" in domain.left_out[0].reason


@pytest.mark.parametrize(("changes", "wanted"), NEEDS, ids=[str(one[0]) for one in NEEDS])
def test_a_bare_machine_needs_the_ladder_of_its_architecture(changes: dict[str, Any], wanted: list[str]) -> None:
    shelf, files = stock(order(**changes))
    assert ids(shelf) == wanted
    assert (shelf.of(State.MISSING), files) == (list(shelf.entries), [])


def test_the_entitlement_that_is_stated_decides_how_far_latest_goes() -> None:
    last = {"esu_year_1": "KB4598288", "premium_assurance": "KB5073697"}
    for entitlement, rollup in last.items():
        wanted = ids(stock(order(target="latest", entitlement=[entitlement]))[0])
        assert wanted[-1] == rollup
        assert "KB5016891" in wanted
    assert ids(stock(order(target="latest"))[0])[-1] == ROLLUP


def test_a_real_machine_needs_only_what_it_has_not() -> None:
    packages = [{"identity": f"Package_for_{STACK}~31bf3856ad364e35~amd64~~6.0.1.3", "state": 7}]
    assert ids(stock(order(), seen=snapshot({"packages": packages}))[0]) == [SHA2]
    shelf, _files = stock(order(architectures=["x64"]), seen=snapshot({"os": {"arch": "x86"}}))
    assert {one.wanted.architecture for one in shelf.entries} == {Architecture.X86}


def test_a_machine_with_nothing_to_do_needs_nothing() -> None:
    names = {STACK: "6.0.1.3", SHA2: "6.0.4.0"}
    packages = [
        {"identity": f"Package_for_{kb}~31bf3856ad364e35~amd64~~{version}", "state": 7} for kb, version in names.items()
    ]
    assert stock(order(), seen=snapshot({"packages": packages}))[0].sentence == (
        "Nothing is needed: no package is to be installed."
    )


BAD: list[tuple[dict[str, Any], str]] = [
    ({"target": "lastpublic"}, "there is no servicing target 'lastpublic'; did you mean last_public"),
    ({"also": ["KB4534304"]}, "no record of KB4534304; did you mean KB4534303"),
    ({"hold": ["KB4534304"]}, "no record of KB4534304"),
    ({"architectures": []}, "architectures is empty"),
    ({"pin": True}, "pin writes into the media folder, so media must name that folder"),
    ({"sums": True}, "sums writes into the media folder"),
    ({"media": Path("/nowhere/at/all")}, "the media folder /nowhere/at/all does not exist on the control node"),
    ({"fetch_list": Path("list.xlsx")}, "the fetch list list.xlsx must end in one of .txt, .csv, .json"),
    ({"fetch_list": Path("/nowhere/list.txt")}, "the folder of the fetch list /nowhere/list.txt does not exist"),
    ({"target": "KB936330"}, "for x64: The target KB936330 cannot be reached"),
    ({"target": "KB5073697"}, "for x64: The target KB5073697 cannot be reached"),
    ({"also": ["KB936330"]}, "for x64: "),
    ({"hold": [STACK]}, "for x64: The target sha2 cannot be reached"),
]


@pytest.mark.parametrize(("changes", "message"), BAD, ids=[one[1][:48] for one in BAD])
def test_what_cannot_be_is_said_in_a_sentence(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ServicingError) as caught:
        stock(order(**changes))
    assert message in str(caught.value)


def test_something_that_is_no_snapshot_of_a_server_2008_is_refused() -> None:
    with pytest.raises(ServicingError, match="snapshot is none; hand in what sunset.ws2008.facts returned"):
        stock(order(), seen={"answers": {}})
    with pytest.raises(NotServiceable, match="runs Windows 6.1.7601"):
        stock(order(), seen=snapshot({"os": {"version": "6.1.7601"}}))


# -- what is there ----------------------------------------------------------------------------------------------


def test_files_are_told_apart_by_what_proves_them(tmp_path: Path) -> None:
    ladder(tmp_path)
    shelf, _files = stock(order(tmp_path, target="last_public", hold=["KB5039341"]))
    states = {one.wanted.package.id: one.state for one in shelf.entries}
    assert states[STACK] is State.CHECKED
    assert states[SHA2] is State.UNPROVEN
    assert states[ROLLUP] is State.MISSING
    by_name = {one.wanted.package.id: one for one in shelf.entries}
    assert by_name[STACK].proof == ("the SHA-1 in its own name",)
    assert by_name[ROLLUP].pattern == "windows6.0-kb4534303-x64_<sha1>.msu"
    assert (by_name[ROLLUP].folder, by_name[ROLLUP].relative) == ("x64/", None)
    assert shelf.sentence.startswith(f"{len(shelf.entries)} files are listed: 1 checked, 1 unproven, ")
    assert "still to be fetched: " in shelf.sentence and "KB4534303 (x64)" in shelf.sentence


def test_a_known_digest_proves_or_condemns_a_file(tmp_path: Path) -> None:
    data = msu()
    put(tmp_path, "KB4493730-x64.msu", data)
    for sha256, state in ((hashlib.sha256(data).hexdigest(), State.CHECKED), ("0" * 64, State.BAD)):
        records = catalog.load([{"id": STACK, "architectures": {"x64": {"sha1": None, "sha256": sha256}}}])
        shelf, _files = stock(order(tmp_path, target="servicing_stack"), records)
        assert shelf.entries[0].state is state
    assert "its SHA-256 is" in str(shelf.entries[0].trouble)
    assert str(stocktaking.complaint(shelf, False)) == shelf.entries[0].trouble


def test_a_cut_file_is_bad_and_does_not_hide_the_others(tmp_path: Path) -> None:
    first, _second = ladder(tmp_path)
    first.write_bytes(first.read_bytes()[:-9])
    shelf, _files = stock(order(tmp_path))
    assert [one.state for one in shelf.entries] == [State.BAD, State.UNPROVEN]


def test_two_files_of_one_package_are_an_error(tmp_path: Path) -> None:
    ladder(tmp_path)
    put(tmp_path, "old/KB4474419-x64.msu", b"")
    with pytest.raises(BadMedia, match="two files are at hand for KB4474419"):
        stock(order(tmp_path))


def test_a_stack_that_is_not_demanded_is_listed_and_not_lacking(tmp_path: Path) -> None:
    ladder(tmp_path)
    put(tmp_path, "x64/KB4534303.msu", msu(ROLLUP))
    shelf, _files = stock(order(tmp_path, target="last_public"), BARE)
    assert [one.wanted.package.id for one in shelf.of(State.MISSING)] == ["KB5039341"]
    assert shelf.lacking == [] and stocktaking.complaint(shelf, complete=True) is None
    assert shelf.sentence.endswith("; not demanded, but worth having: KB5039341 (x64).")


def test_missing_files_fail_only_where_all_are_demanded(tmp_path: Path) -> None:
    shelf, _files = stock(order(tmp_path))
    assert stocktaking.complaint(shelf, complete=False) is None
    assert stocktaking.complaint(shelf, complete=True) == shelf.sentence


# -- the lock ---------------------------------------------------------------------------------------------------


def test_a_pinned_file_cannot_change_unnoticed(tmp_path: Path) -> None:
    _first, second = ladder(tmp_path)
    _shelf, files = stock(order(tmp_path, pin=True))
    stocktaking.write(files)
    assert [one.path for one in files] == [tmp_path / "x64" / lock.LOCK]
    pinned = yaml.safe_load(files[0].path.read_text(encoding="utf-8"))
    assert [one["package"] for one in pinned["files"]] == [SHA2, STACK]
    assert {one["first_seen"] for one in pinned["files"]} == {"2026-11-20T18:00:00Z"}
    assert pinned["files"][0]["sha256"] == hashlib.sha256(second.read_bytes()).hexdigest()
    again, unchanged = stock(order(tmp_path, pin=True))
    assert [one.state for one in again.entries] == [State.CHECKED, State.PINNED]
    assert not any(one.differs for one in unchanged)
    other = msu(SHA2, version="6.0.4.0", payload=b"altered" * 9000)
    second.write_bytes(other)
    with pytest.raises(
        BadMedia, match=r"is not the file that was trusted on 2026-11-20: .*take the entry of KB4474419"
    ):
        media.check(second, BARE.get(SHA2), Architecture.X64)
    second.rename(second.with_name("KB4474419-x64.msu"))
    changed, _files = stock(order(tmp_path, pin=True))
    assert changed.entries[1].state is State.BAD, "another name does not help it"
    assert changed.new_pins == {}


def test_tasks_that_pin_at_the_same_time_lose_no_pin(tmp_path: Path) -> None:
    ladder(tmp_path)
    first = stock(order(tmp_path, target="servicing_stack", pin=True))[1]
    second = stock(order(tmp_path, pin=True))[1]
    stocktaking.write(second)
    stocktaking.write(first)
    assert {one.package for one in lock.read(tmp_path / "x64").pins} == {STACK, SHA2}


def test_a_lock_moves_with_its_folder_and_serves_every_folder_above(tmp_path: Path) -> None:
    ladder(tmp_path)
    stocktaking.write(stock(order(tmp_path, pin=True))[1])
    shutil.move(tmp_path / "x64", tmp_path / "moved")
    for folder in (tmp_path, tmp_path / "moved"):
        assert [one.state for one in stock(order(folder))[0].entries] == [State.CHECKED, State.PINNED]


def test_a_file_that_the_catalog_proves_is_not_pinned(tmp_path: Path) -> None:
    data = msu()
    put(tmp_path, "KB4493730-x64.msu", data)
    known = {"sha1": None, "sha256": hashlib.sha256(data).hexdigest()}
    records = catalog.load([{"id": STACK, "architectures": {"x64": known}}])
    assert stock(order(tmp_path, target="servicing_stack", pin=True), records)[1] == []


PIN = {
    "name": "a.msu",
    "package": STACK,
    "architecture": "x64",
    "size": 1,
    "sha1": "0" * 40,
    "sha256": "0" * 64,
    "first_seen": "2026-11-20T18:00:00Z",
}
BAD_LOCKS: list[tuple[Any, str]] = [
    ("a: [", "cannot be read as YAML"),
    ([], "is no lock of media files"),
    ({"schema": lock.SCHEMA}, "is no lock of media files"),
    ({"schema": lock.SCHEMA, "files": ["x"]}, "files[0]: a mapping belongs here, not 'x'"),
    ({"schema": lock.SCHEMA, "files": [{**PIN, "sha": 1}]}, "files[0].sha: there is no such field; did you mean sha1"),
    ({"schema": lock.SCHEMA, "files": [{**PIN, "sha256": "0"}]}, "files[0].sha256: 64 lower-case hexadecimal digits"),
    ({"schema": lock.SCHEMA, "files": [{**PIN, "size": True}]}, "files[0].size: a whole number belongs here, not True"),
    ({"schema": lock.SCHEMA, "files": [{"package": STACK}]}, "files[0].name: a file name belongs here, not None"),
    ({"schema": lock.SCHEMA, "files": [PIN, PIN]}, "files[1]: KB4493730 (x64) is pinned twice"),
]


@pytest.mark.parametrize(("content", "message"), BAD_LOCKS, ids=[one[1][:40] for one in BAD_LOCKS])
def test_a_lock_that_is_none_is_named_to_the_field(tmp_path: Path, content: Any, message: str) -> None:
    text = content if isinstance(content, str) else yaml.safe_dump(content)
    (tmp_path / lock.LOCK).write_text(text, encoding="utf-8")
    with pytest.raises(BadMedia) as caught:
        lock.read(tmp_path)
    assert message in str(caught.value)
    assert str(tmp_path / lock.LOCK) in str(caught.value)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([*PIN, "schema", "files", "entry"]), JUNK)
def test_a_lock_with_anything_in_it_is_read_or_refused_with_a_sentence(tmp_path: Path, place: str, junk: Any) -> None:
    entry = {**PIN, place: junk} if place in PIN else junk if place == "entry" else PIN
    document = {"schema": lock.SCHEMA, "files": [entry], **({place: junk} if place in ("schema", "files") else {})}
    (tmp_path / lock.LOCK).write_text(yaml.safe_dump(document), encoding="utf-8")
    try:
        found = lock.read(tmp_path)
    except BadMedia as error:
        assert str(error).startswith(str(tmp_path / lock.LOCK))
    else:
        assert yaml.safe_load(found.text())["files"] == document["files"]


# -- the lists --------------------------------------------------------------------------------------------------


def test_a_fetch_list_says_what_is_known_and_what_is_not(tmp_path: Path) -> None:
    shelf, _files = stock(order(None, target="last_public"), catalog.load())
    text = fetch_list.render(shelf, ".txt")
    stack = catalog.load().get(STACK).architectures[Architecture.X64]
    assert f"x64/{stack.name}\n" in text
    assert f"from:   {stack.url}\n" in text
    assert f"sha256: {stack.sha256}\n" in text
    rollup = text[text.index("x64/windows6.0-kb4534303-x64_<sha1>.msu") :]
    assert "from:   not known; search the update catalog for KB4534303\n" in rollup
    assert "sha1:   not known\n" in rollup


def test_the_three_forms_of_a_fetch_list_tell_the_same(tmp_path: Path) -> None:
    ladder(tmp_path)
    shelf, _files = stock(order(tmp_path, target="last_public"), BARE)
    missing = [one.wanted.package.id for one in shelf.of(State.MISSING)]
    rows = list(csv.DictReader(io.StringIO(fetch_list.render(shelf, ".csv"))))
    document = json.loads(fetch_list.render(shelf, ".json"))
    text = fetch_list.render(shelf, ".txt")
    assert ROLLUP in missing and STACK not in missing
    assert [one["package"] for one in rows] == missing
    assert [one["package"] for one in document["files"]] == missing
    assert document["schema"] == fetch_list.SCHEMA
    assert [line.split()[1].rstrip(",") for line in text.splitlines() if line.startswith("    what:")] == missing
    assert next(one["sha256"] for one in document["files"] if one["package"] == ROLLUP) is None


def test_a_full_library_has_an_empty_fetch_list_and_a_bad_file_is_on_it(tmp_path: Path) -> None:
    first, _second = ladder(tmp_path)
    assert "Nothing is missing." in fetch_list.render(stock(order(tmp_path))[0], ".txt")
    first.write_bytes(b"MSCF")
    text = fetch_list.render(stock(order(tmp_path))[0], ".txt")
    assert "why:    the file at hand is bad: " in text and STACK in text


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="coreutils are not installed here")
def test_the_sums_are_what_sha256sum_checks(tmp_path: Path) -> None:
    ladder(tmp_path)
    stocktaking.write(stock(order(tmp_path, pin=True, sums=True))[1])
    for program, name in (("sha256sum", "SHA256SUMS"), ("sha1sum", "SHA1SUMS")):
        done = subprocess.run(
            [program, "--check", "--strict", name], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout.count(": OK")) == (0, 2), done.stderr


def test_a_digest_in_a_name_is_a_known_one(tmp_path: Path) -> None:
    first, _second = ladder(tmp_path)
    shelf, _files = stock(order(tmp_path))
    assert fetch_list.sums(shelf, "sha1") == f"{hashlib.sha1(msu()).hexdigest()}  x64/{first.name}\n"
    assert fetch_list.sums(shelf, "sha256") == ""


def test_the_sums_name_missing_files_too_and_nothing_that_is_not_known(tmp_path: Path) -> None:
    shelf, _files = stock(order(tmp_path, target="last_public"), catalog.load())
    stack = catalog.load().get(STACK).architectures[Architecture.X64]
    assert f"{stack.sha256}  x64/{stack.name}\n" in fetch_list.sums(shelf, "sha256")
    assert "4534303" not in fetch_list.sums(shelf, "sha256") + fetch_list.sums(shelf, "sha1")
    inside = tmp_path / "x64"
    inside.mkdir()
    shelf, _files = stock(order(inside, target="servicing_stack"), catalog.load())
    assert f"{stack.sha256}  {stack.name}\n" in fetch_list.sums(shelf, "sha256")


def test_nothing_is_written_before_every_text_is_made(tmp_path: Path) -> None:
    ladder(tmp_path)
    (tmp_path / "SHA256SUMS").mkdir()
    with pytest.raises(BadMedia, match="SHA256SUMS is there and cannot be read as text"):
        stock(order(tmp_path, pin=True, sums=True))
    assert not (tmp_path / "x64" / lock.LOCK).exists()


# -- the guide --------------------------------------------------------------------------------------------------


def example(schema: str) -> str:
    """Return the example of a file in the guide, by its schema line."""
    guide = (Path(__file__).parents[3] / "docs" / "media.md").read_text(encoding="utf-8")
    blocks = [block.partition("```")[0] for block in guide.split("```yaml\n")[1:]]
    return next(block for block in blocks if block.startswith(f"schema: {schema}\n"))


def test_the_examples_of_the_guide_are_read(tmp_path: Path) -> None:
    (tmp_path / lock.LOCK).write_text(example(lock.SCHEMA), encoding="utf-8")
    assert lock.read(tmp_path).pin_of(ROLLUP, Architecture.X64)
    own = tmp_path / "own.yml"
    own.write_text(example(catalog.SCHEMA), encoding="utf-8")
    records = catalog.load(files=[own])
    assert records.get(ROLLUP).architectures[Architecture.X64].sha256 == "0" * 64
    assert records.get("KB9999999").sources == ("our-mirror",)
