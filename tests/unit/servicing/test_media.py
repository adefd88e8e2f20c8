# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Package files are found under any sensible name; one that is not what it claims is named before anything is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.servicing.cabs import LZX, STORED, cab, checksum, msu

from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import cabinet, catalog, media
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.errors import BadMedia
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.records import Architecture

X64 = Architecture.X64
# the shipped records know hashes of the vendor's files, which these tests cannot have
CATALOG = catalog.load(
    [
        {"id": name, "architectures": {"x64": None, "x86": None}}
        for name in ("KB4493730", "KB4474419", "KB948465", "KB4534303")
    ]
)
STACK, SHA2 = CATALOG.get("KB4493730"), CATALOG.get("KB4474419")


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


NAMES = [
    "windows6.0-kb4493730-x64_{sha1}.msu",
    "Windows6.0-KB4493730-x64.msu",
    "KB4493730-x64.MSU",
    "kb4493730_amd64.msu",
    "KB4493730.msu",
    "2019-04/x64/Windows6.0-KB4493730-x64.msu",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_package_is_found_and_checked_under_any_sensible_name(tmp_path: Path, name: str) -> None:
    data = msu()
    put(tmp_path, name.format(sha1=hashlib.sha1(data).hexdigest()), data)
    found = media.look(tmp_path, CATALOG, X64)
    file = media.require([STACK], tmp_path, found, X64)["KB4493730"]
    assert file.answer == "Windows6.0-KB4493730-x64.xml"
    assert (file.size, file.sha256) == (len(data), hashlib.sha256(data).hexdigest())


def test_files_of_other_machines_are_passed_over(tmp_path: Path) -> None:
    for name in (
        "Windows6.1-KB4474419-v3-x64.msu",
        "windows6.0-kb4474419-v4-x86.msu",
        "windows6.0-kb4474419-v3-x64.msu",
        "readme-kb4474419.txt",
        "KB7777777-x64.msu",
    ):
        put(tmp_path, name, b"")
    assert media.look(tmp_path, CATALOG, X64) == {}
    with pytest.raises(BadMedia) as caught:
        media.require([SHA2], tmp_path, {}, X64)
    text = str(caught.value)
    assert text.startswith(f"no file of KB4474419 for x64 is in {tmp_path}")
    assert "Windows6.1-KB4474419-v3-x64.msu is for Windows 6.1, and this machine runs 6.0" in text
    assert "windows6.0-kb4474419-v4-x86.msu is for x86, and this machine is x64" in text
    assert "windows6.0-kb4474419-v3-x64.msu is issue v3 of KB4474419, and v4 is wanted" in text
    assert text.endswith("Nothing was sent to the machine")


def test_every_missing_file_is_named_at_once_with_the_vendors_name() -> None:
    with pytest.raises(BadMedia) as caught:
        wanted = [catalog.load().get(name) for name in ("KB4493730", "KB4534303")]
        media.require(wanted, Path(__file__).parent, {}, X64)
    assert "the vendor calls it windows6.0-kb4493730-x64_5cb91f4e9000383f061b80f88feffdf228c2443c.msu" in str(
        caught.value
    )
    assert "no file of KB4534303 for x64" in str(caught.value)
    assert caught.value.details == {"missing_media": ["KB4493730", "KB4534303"]}


def test_two_files_of_one_package_are_refused(tmp_path: Path) -> None:
    put(tmp_path, "a/KB4493730-x64.msu", msu())
    put(tmp_path, "b/Windows6.0-KB4493730-x64.msu", msu())
    with pytest.raises(BadMedia, match=r"two files are at hand for KB4493730 \(x64\).*take one of them out"):
        media.look(tmp_path, CATALOG, X64)


def test_a_media_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadMedia, match="does not exist on the control node"):
        media.look(tmp_path / "nowhere", CATALOG, X64)


BAD: list[tuple[str, Callable[[], bytes], str]] = [
    ("empty", lambda: b"", "is not a cabinet file"),
    ("a page of a proxy", lambda: b"<html>blocked</html>", "is not a cabinet file"),
    ("cut in the header", lambda: msu()[:20], "ends inside the cabinet header"),
    ("cut short", lambda: msu()[:-100], "is cut short"),
    ("altered", lambda: msu(damage=True), "is damaged"),
    ("another KB inside", lambda: msu(kb="KB4534303"), "is not KB4493730: it holds Windows6.0-KB4534303-x64.cab"),
    ("another KB in the answer file", lambda: msu(identity="Package_for_KB4534303"), "installs Package_for_KB4534303"),
    ("for x86", lambda: msu(arch="x86"), "is not for x64: it holds Windows6.0-KB4493730-x86.cab"),
    ("x86 in the answer file", lambda: msu(cbs_arch="x86"), "its answer file Windows6.0-KB4493730-x64.xml says x86"),
    ("for Windows 7", lambda: msu(system="Windows6.1"), "is for Windows 6.1, not for 6.0"),
    ("no package", lambda: cab({"readme.txt": b"hello"}), "is a cabinet but no update package"),
    ("XML with entities", lambda: msu(answer='<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "with declarations"),
    ("broken XML", lambda: msu(answer="<unattend>"), "that is not XML"),
    ("XML without a package", lambda: msu(answer="<unattend/>"), "that installs no package"),
    ("a path in a name", lambda: cab({"x.xml": b"", "..\\evil.cab": b""}), "with a path in its name"),
]


@pytest.mark.parametrize(("data", "message"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_file_that_is_not_what_it_claims_to_be_is_named(
    tmp_path: Path, data: Callable[[], bytes], message: str
) -> None:
    path = put(tmp_path, "Windows6.0-KB4493730-x64.msu", data())
    with pytest.raises(BadMedia) as caught:
        media.check(path, STACK, X64)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_an_early_issue_under_a_late_name_is_named(tmp_path: Path) -> None:
    path = put(tmp_path, "KB4474419-x64.msu", msu(kb="KB4474419", version="6.0.1.0"))
    with pytest.raises(
        BadMedia, match=r"is an earlier issue of KB4474419: its version is 6\.0\.1\.0, and 6\.0\.4\.0 is wanted"
    ):
        media.check(path, SHA2, X64)


def test_hashes_of_the_name_and_of_the_catalog_must_fit(tmp_path: Path) -> None:
    wrong = put(tmp_path, f"windows6.0-kb4493730-x64_{'0' * 40}.msu", msu())
    with pytest.raises(BadMedia, match=f"its SHA-1 is .*, and its own name says {'0' * 40}; fetch it again"):
        media.check(wrong, STACK, X64)
    own = put(tmp_path, "KB4493730-x64.msu", msu())
    with pytest.raises(BadMedia, match="and the catalog says 5cb91f4e9000383f061b80f88feffdf228c2443c"):
        media.check(own, catalog.load().get("KB4493730"), X64)


def test_an_lzx_package_is_judged_by_its_listing(tmp_path: Path) -> None:
    good = put(tmp_path, "KB4493730-x64.msu", msu(method=LZX))
    assert media.check(good, STACK, X64).answer == "Windows6.0-KB4493730-x64.xml"
    bad = put(tmp_path, "KB4474419-x64.msu", msu(method=LZX))
    with pytest.raises(BadMedia, match="is not KB4474419"):
        media.check(bad, SHA2, X64)


def test_the_service_pack_is_a_program(tmp_path: Path) -> None:
    pack = CATALOG.get("KB948465")
    assert media.check(put(tmp_path, "windows6.0-kb948465-x64.exe", b"MZ..."), pack, X64).answer is None
    with pytest.raises(BadMedia, match="is not a program"):
        media.check(put(tmp_path, "kb948465-x64.exe", b"<html>"), pack, X64)


@pytest.mark.parametrize("method", [STORED, 1])
def test_every_file_of_a_cabinet_comes_out_as_it_went_in(tmp_path: Path, method: int) -> None:
    files = {"a.txt": b"a" * 5, "empty": b"", "big.bin": bytes(range(256)) * 700, "last": b"end"}
    path = put(tmp_path, "x.cab", cab(files, method))
    opened = cabinet.open_cabinet(path)
    opened.verify()
    assert {name: opened.read(name) for name in opened.names} == files


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 2**32 - 1))
def test_the_folded_checksum_is_the_one_of_the_format(data: bytes, seed: int) -> None:
    assert cabinet.checksum(data, seed) == checksum(data, seed)


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 10_000), flip=st.integers(0, 10_000))
def test_no_damage_ends_in_anything_but_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, cut: int, flip: int
) -> None:
    data = bytearray(msu(payload=b"x" * 500))
    data[flip % len(data)] ^= 0x55
    path = put(tmp_path_factory.mktemp("m"), "KB4493730-x64.msu", bytes(data[: cut % len(data) or None]))
    try:
        media.check(path, STACK, X64)
    except BadMedia as error:
        assert str(path) in str(error)
