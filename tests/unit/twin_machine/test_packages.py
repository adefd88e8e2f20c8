# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rehearsal packages are genuine cabinets; expand, pkgmgr, wusa and the service pack's program work with them."""

from __future__ import annotations

import hashlib
import shutil
import struct
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.cab import (
    CabError,
    Cabinet,
    Unsupported,
    find_cabinet,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.tools.pkgmgr import read_answer
from support import packages


@pytest.fixture
def media(tmp_path):
    """Build one package and give its octets."""

    def build(kb, arch="x64", **overrides):
        return packages.build(tmp_path, kb, arch, **overrides).read_bytes()

    return build


def put(machine, data, kb="KB4493730", folder=None):
    """Place a package on the machine and expand it; returns the folder and the answer file's name."""
    folder = folder or f"C:\\job\\{kb}"
    machine.files.make_dir(f"{folder}\\x")
    machine.files.write(f"{folder}\\{kb}.msu", data)
    code, out, _err = machine.run(f'expand -f:* "{folder}\\{kb}.msu" "{folder}\\x"')
    answers = [
        entry.name
        for entry in machine.files.list_dir(f"{folder}\\x")
        if entry.name.endswith(".xml") and kb in entry.name
    ]
    return code, out, folder, (answers or [""])[0]


def pkgmgr(machine, folder, answer, sandbox=None, more="/quiet /norestart"):
    line = f'pkgmgr /n:"{folder}\\x\\{answer}" /s:"{sandbox or folder + chr(92) + "s"}" {more} /l:"{folder}\\log.txt"'
    return machine.run(line)[0] & 0xFFFFFFFF


# -- cabinets -------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}\.[a-z]{3}", fullmatch=True), st.binary(max_size=70000), min_size=1, max_size=4
    ),
    st.booleans(),
)
def test_what_the_builder_writes_the_reader_reads(files, compress):
    cabinet = Cabinet(packages.write_cab(files, compress))
    assert {member.name: content for member, content in cabinet.extract()} == files


def test_damage_is_noticed():
    good = packages.write_cab({"a.bin": bytes(range(256)) * 400, "b.txt": b"b"})
    assert find_cabinet(b"MZ" + bytes(500) + good).names() == ["a.bin", "b.txt"]
    for bad in (
        b"",
        b"MZ",
        good[:20],
        good[:-1],
        good[: len(good) // 2],
        good[:-30] + bytes([good[-30] ^ 1]) + good[-29:],
    ):
        with pytest.raises(CabError):
            list(Cabinet(bad).extract())


def test_lzx_is_listed_and_not_unpacked():
    data = bytearray(packages.write_cab({"a.bin": b"x" * 100}, compress=False))
    struct.pack_into("<H", data, 36 + 6, 0x1503)
    assert Cabinet(bytes(data)).names() == ["a.bin"]
    with pytest.raises(Unsupported):
        list(Cabinet(bytes(data)).extract())


@pytest.mark.skipif(shutil.which("cabextract") is None, reason="cabextract, an independent reader, is not installed")
def test_an_independent_reader_accepts_every_package_of_the_ladder(tmp_path):
    built = packages.build_ladder(tmp_path)
    assert len(built) == 2 * len(packages.LADDER)
    done = subprocess.run(
        ["cabextract", "-t", "-q", *map(str, built.values())], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_names_are_the_vendors(tmp_path):
    path = packages.build(tmp_path, "KB4474419", "x86")
    sha1 = hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest()
    assert path.name == f"windows6.0-kb4474419-v4-x86_{sha1}.msu"
    assert packages.build(tmp_path, "948465", "x64").name.startswith("windows6.0-kb948465-x64_")
    assert packages.build(tmp_path, "KB4474419", "x86").read_bytes() == path.read_bytes(), "the same octets every time"


# -- the tools ----------------------------------------------------------------------------------------------------


def test_expand_and_pkgmgr_install_a_package(machine, media):
    code, out, folder, answer = put(machine, media("KB4493730"))
    assert code == 0 and "4 files total." in out
    assert pkgmgr(machine, folder, answer) == 0
    assert machine.store.installed("KB4493730")
    assert b"Installing Package_for_KB4493730~" in machine.files.read(f"{folder}\\log.txt")
    assert pkgmgr(machine, folder, answer) == 0x00240006


@pytest.mark.parametrize(("knob", "again", "early"), [("wua", 0x00240006, 0x80240017), ("cbs", 0, 0x800F081E)])
def test_how_pkgmgr_reports_is_a_documented_doubt(make, media, knob, again, early):
    machine = make(pkgmgr_codes=knob)
    *_rest, folder, answer = put(machine, media("KB4493730"))
    assert pkgmgr(machine, folder, answer) == 0
    assert pkgmgr(machine, folder, answer) == again
    *_rest, folder, answer = put(machine, media("KB9999999", requires=["KB8888888"]), "KB9999999")
    assert pkgmgr(machine, folder, answer) == early


def test_pkgmgr_restarts_by_itself_when_it_is_not_told_otherwise(machine, media):
    *_rest, folder, answer = put(machine, media("KB4019276"), "KB4019276")
    assert pkgmgr(machine, folder, answer, more="/quiet") == 3010
    machine.clock.sleep(10)
    assert not machine.up


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("pkgmgr", 0x80070057),
        ("pkgmgr /frobnicate", 0x80070057),
        ("pkgmgr /n:C:\\no\\where.xml", 0x80070003),
        ("pkgmgr /n:C:\\Windows\\no.xml /quiet", 0x80070002),
        ("pkgmgr /up:Package_for_KB1111111~31bf3856ad364e35~amd64~~6.0.1.0", 0x800F080E),
        ("pkgmgr /ip /m:C:\\Windows\\TEMP", 0x800F0805),
    ],
)
def test_pkgmgr_says_what_is_wrong_by_its_code_alone(machine, line, code):
    result, out, err = machine.run(line)
    assert (result & 0xFFFFFFFF, out, err) == (code, "", "")


def test_a_truncated_package_does_not_expand(machine, tmp_path):
    path = packages.truncated(packages.build(tmp_path, "KB4493730", "x64"))
    code, out, _folder, _answer = put(machine, path.read_bytes())
    assert code == 1 and "damaged" in out


def test_a_damaged_inner_cabinet_is_an_invalid_package(machine, media):
    *_rest, folder, answer = put(machine, media("KB4493730"))
    cabinet = f"{folder}\\x\\Windows6.0-KB4493730-x64.cab"
    machine.files.write(cabinet, machine.files.read(cabinet)[:-40])
    assert pkgmgr(machine, folder, answer) == 0x800F0805


def test_expanding_onto_a_full_disk_fails(machine, media):
    machine.files.make_dir("C:\\x")
    machine.files.write("C:\\p.msu", media("KB4493730", payload=400000, compress=False))
    machine.files.used = machine.files.size - 8192
    code, out, _err = machine.run("expand -f:* C:\\p.msu C:\\x")
    assert code == 1 and "not enough space" in out


def test_two_packages_in_one_folder_lose_one(machine, media):
    """KB 932224: the second package in one sandbox is not the one that gets installed."""
    for kb in ("KB4019276", "KB4012598"):
        *_rest, folder, answer = put(machine, media(kb), kb, "C:\\both")
        pkgmgr(machine, folder, answer, sandbox="C:\\both\\s")
    machine.restart()
    machine.wait_until_up()
    assert machine.store.installed("KB4019276") and not machine.store.installed("KB4012598")


def test_wusa_refuses_a_network_logon_and_works_as_system(machine, media):
    machine.files.write("C:\\p.msu", media("KB4019276"))
    assert machine.run("wusa C:\\p.msu /quiet /norestart")[0] == 5
    assert not machine.store.restart_pending()
    system = machine.accounts.system()
    assert machine.run("wusa C:\\p.msu /extract:C:\\x", system)[0] == 87, "came with 6.1"
    assert machine.run("wusa C:\\p.msu /quiet /norestart", system)[0] == 3010
    assert machine.registry.key_exists(
        "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update\\RebootRequired"
    )
    machine.services.get("wuauserv").start = 4
    assert machine.run("wusa C:\\p.msu /quiet /norestart", system)[0] & 0xFFFFFFFF == 0x80070422


@pytest.mark.parametrize(
    ("arch", "on", "code"),
    [("x64", "x64", 3010), ("x86", "x86", 3010), ("x86", "x64", 0x80070661), ("x64", "x86", 193)],
)
def test_the_service_pack_is_a_program(make, media, arch, on, code):
    machine = make(6001, on)
    machine.files.write("C:\\KB948465.exe", media("KB948465", arch))
    assert machine.run("C:\\KB948465.exe /quiet /norestart")[0] & 0xFFFFFFFF == code
    assert machine.store.restart_pending() == (code == 3010)


def test_a_real_package_is_played_by_its_name(machine):
    """What the vendor compressed with LZX the twin lists; KB and processor come from the names inside."""
    names = (
        "WSUSSCAN.cab",
        "Windows6.0-KB4493730-x64.cab",
        "Windows6.0-KB4493730-x64.xml",
        "Windows6.0-KB4493730-x64-pkgProperties.txt",
    )
    data = bytearray(packages.write_cab(dict.fromkeys(names, b"?" * 5000), compress=False))
    struct.pack_into("<H", data, 36 + 6, 0x1503)
    code, _out, folder, answer = put(machine, bytes(data))
    assert code == 0 and read_answer(machine.files.read(f"{folder}\\x\\{answer}"))[0].identity.kb == "KB4493730"
    assert pkgmgr(machine, folder, answer) == 0
    assert machine.store.stacks()[-1] == "6.0.6003.20484"


def test_a_package_without_effects_changes_nothing_but_the_store(machine, media):
    before = machine.files.version("C:\\Windows\\system32\\ntoskrnl.exe")
    *_rest, folder, answer = put(machine, media("KB7777777", twin=False), "KB7777777")
    assert pkgmgr(machine, folder, answer) == 0
    assert (
        machine.store.installed("KB7777777") and machine.files.version("C:\\Windows\\system32\\ntoskrnl.exe") == before
    )
