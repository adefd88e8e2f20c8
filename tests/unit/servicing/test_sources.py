# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Packages that the machine fetches itself, from a share and from a mirror, and everything that may come instead."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from unit.servicing.rehearsal import Rehearsal, machine_of, media
from unit.servicing.test_install import WHOLE, staged

from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import catalog, pull
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.errors import (
    BadMedia,
    InstallFailed,
    ServicingError,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.pull import Pull, Wanted
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.tools import certutil

SHARE, MIRROR = "\\\\nas\\ws2008", "http://mirror.example/ws2008"
PLACES = {"unc": SHARE, "http": MIRROR}
SHA1 = "5cb91f4e9000383f061b80f88feffdf228c2443c"


def twin_with(source: str, folder: Path, clock: Any = None, **place: Any) -> Rehearsal:
    """Return a twin within reach of a share or a mirror that holds a folder."""
    entry = {"folder": str(folder), **place}
    network = {"shares": {SHARE: entry}} if source == "unc" else {"http": {MIRROR: entry}}
    return Rehearsal(machine_of(network=network))


def pulled(twin: Rehearsal, source: str, folder: Path | None, target: str = "servicing_stack", **more: Any) -> Any:
    return twin.bring(target, folder, source=source, share=PLACES[source], **more)


@pytest.mark.parametrize("source", PLACES)
def test_the_machine_fetches_all_packages_before_the_first_is_installed(tmp_path: Path, source: str) -> None:
    folder = media(tmp_path, *WHOLE)
    twin = twin_with(source, folder)
    outcome = pulled(twin, source, folder, "last_public", run="one")
    assert staged(twin) == list(WHOLE)
    assert all(one["verified"] for one in outcome.installed)
    shown = [line for line in twin.lines if "fetches" in line or "verifying" in line or ": sending" in line]
    assert len(shown) == 1 and "fetches 3 packages" in shown[0]
    assert (twin.machine.build, twin.rubbish()) == (6003, [])
    assert pulled(twin, source, folder, "last_public", run="two").changed is False


@pytest.mark.parametrize("source", PLACES)
def test_files_lie_there_in_the_same_folders_as_here(tmp_path: Path, source: str) -> None:
    below = tmp_path / "stacks of 2019"
    below.mkdir()
    media(below, "KB4493730")
    assert pulled(twin_with(source, tmp_path), source, tmp_path, run="one").installed


@pytest.mark.parametrize("source", PLACES)
def test_without_files_here_the_catalogs_digests_do(tmp_path: Path, source: str) -> None:
    path = media(tmp_path, "KB4493730") / "Windows6.0-KB4493730-x64.msu"
    digest = hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest()
    file = {"file": path.name, "sha1": digest, "sha256": None, "size": path.stat().st_size}
    records = catalog.load([{"id": "KB4493730", "architectures": {"x64": file}}])
    assert pulled(twin_with(source, tmp_path), source, None, records=records, run="one").installed


def test_without_files_here_and_without_digests_nothing_is_begun(tmp_path: Path) -> None:
    file = {"file": "Windows6.0-KB4493730-x64.msu", "sha1": None, "sha256": None, "size": None}
    records = catalog.load([{"id": "KB4493730", "architectures": {"x64": file}}])
    twin = twin_with("unc", media(tmp_path, "KB4493730"))
    with pytest.raises(BadMedia, match=r"no file name or no SHA-1 of KB4493730 for x64, .*name a media folder"):
        pulled(twin, "unc", None, records=records, run="one")
    assert twin.rubbish() == []


UNREACHABLE = {
    "no-server": ("unc", {"down": True}, r"could not get it from \\\\nas\\ws2008\\Windows6.0-KB4493730-x64.msu: copy"),
    "no-rights": ("unc", {"access": "nobody"}, "the machine's own account: let that read the share"),
    "not-found": ("http", {"status": 404}, r"neither bitsadmin nor certutil got it \(code 0x80190194"),
    "no-answer": ("http", {"down": True}, r"could not get it from http://mirror.example/ws2008/Windows6.0"),
}


@pytest.mark.parametrize("trouble", UNREACHABLE)
def test_what_the_machine_cannot_reach_ends_the_run_with_windows_as_it_was(tmp_path: Path, trouble: str) -> None:
    source, place, words = UNREACHABLE[trouble]
    folder = media(tmp_path, *WHOLE)
    twin = twin_with(source, folder, **place)
    store = twin.machine.store.to_state()
    with pytest.raises(InstallFailed, match=words) as caught:
        pulled(twin, source, folder, "last_public", run="one")
    assert str(caught.value).endswith("Nothing was installed")
    assert twin.machine.store.to_state() == store
    assert twin.rubbish() == []


def test_what_arrived_in_an_earlier_run_is_not_fetched_again(tmp_path: Path) -> None:
    folder, there = tmp_path / "here", tmp_path / "there"
    folder.mkdir(), there.mkdir()
    media(folder, *WHOLE), media(there, "KB4493730", "KB4474419")
    twin = twin_with("unc", there)
    with pytest.raises(InstallFailed, match="KB4534303: the machine could not get it"):
        pulled(twin, "unc", folder, "last_public", run="one")
    assert twin.rubbish() == ["media"], "two of three have arrived"
    for path in there.iterdir():
        path.unlink()
    media(there, "KB4534303")
    assert pulled(twin, "unc", folder, "last_public", run="two").restarts == 2
    assert (twin.machine.build, twin.rubbish()) == (6003, [])


@pytest.mark.parametrize("source", PLACES)
def test_power_loss_while_a_fetched_package_is_installed_is_survived(tmp_path: Path, source: str) -> None:
    folder = media(tmp_path, *WHOLE)
    twin = twin_with(source, folder)
    twin.machine.mishaps.add("power_loss", kb="KB4474419", during="installing")
    outcome = pulled(twin, source, folder, "last_public", run="one")
    assert [one["package"] for one in outcome.installed] == list(WHOLE)
    assert (twin.machine.build, twin.rubbish()) == (6003, [])


@pytest.mark.parametrize("source", PLACES)
@pytest.mark.parametrize("damage", ["longer", "other"])
def test_what_arrives_altered_is_thrown_away(tmp_path: Path, source: str, damage: str) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir(), there.mkdir()
    media(here, *WHOLE), media(there, *WHOLE)
    bad = there / "Windows6.0-KB4534303-x64.msu"
    content = bad.read_bytes()
    bad.write_bytes(content + b"!" if damage == "longer" else content[:-1] + bytes([content[-1] ^ 1]))
    twin = twin_with(source, there)
    with pytest.raises(InstallFailed, match="bytes and not" if damage == "longer" else "its SHA-1 differs"):
        pulled(twin, source, here, "last_public", run="one")
    assert twin.state("KB4493730") is None, "the last of three files was wrong, and the first not installed"
    bad.write_bytes(content)
    assert pulled(twin, source, here, "last_public", run="two").installed
    assert twin.rubbish() == []


@pytest.mark.parametrize("source", PLACES)
def test_what_nobody_can_hash_is_not_installed_silently(
    tmp_path: Path, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = media(tmp_path, "KB4493730")
    twin = twin_with(source, folder)
    # the certutil of the first days knew no -hashfile: 0x80070057, a bad argument
    monkeypatch.setattr(certutil, "_hash", lambda process, names: -2147024809)
    with pytest.raises(InstallFailed, match=r"cannot compute a hash.*accept_risks: \[unhashed_media\]"):
        pulled(twin, source, folder, run="one")
    assert twin.rubbish() == []
    outcome = pulled(twin, source, folder, accept=["unhashed_media"], run="two")
    assert [one["verified"] for one in outcome.installed] == [False]


def test_check_mode_says_that_the_way_was_not_tried(tmp_path: Path) -> None:
    folder = media(tmp_path, "KB4493730")
    twin = twin_with("unc", folder, down=True)
    outcome = pulled(twin, "unc", folder, check=True)
    assert any("was not tried" in one for one in outcome.warnings)
    assert twin.rubbish() == []


@pytest.mark.parametrize("share", ["\\\\nas\\a&b", "\\\\nas\\100%"])
def test_a_share_that_no_batch_file_can_carry_is_refused(tmp_path: Path, share: str) -> None:
    twin = Rehearsal()
    with pytest.raises(ServicingError, match="share cannot be used as it is"):
        twin.bring("servicing_stack", media(tmp_path, "KB4493730"), source="unc", share=share, run="one")
    assert twin.rubbish() == []


def test_addresses_are_escaped_twice_for_web_and_batch() -> None:
    address = pull.url(f"{MIRROR}/", "sub folder/käse.msu")
    assert address == f"{MIRROR}/sub%20folder/k%C3%A4se.msu"
    script = Pull("C:\\j", "b", (Wanted("KB1", address, "C:\\m\\a.msu", SHA1, None),)).script().decode("ascii")
    assert f'"{MIRROR}/sub%%20folder/k%%C3%%A4se.msu"' in script
    for bad in ("http://a/b c", "http://a/b?c", "http://a/b&c", "ftp://a/b"):
        with pytest.raises(ValueError, match="cannot be written"):
            Wanted("KB1", bad, "C:\\m\\a.msu", SHA1, None)


def test_every_label_of_a_fetch_job_is_there_once_and_every_jump_has_one() -> None:
    wanted = tuple(
        Wanted(f"KB{n}", f"{place}{n}.msu", f"C:\\m\\{n}.msu", SHA1, size)
        for n, (place, size) in enumerate([(f"{MIRROR}/", 5), (f"{SHARE}\\", 5), (f"{MIRROR}/", None)], 1)
    )
    lines = Pull("C:\\j", "b", wanted).script().decode("ascii").splitlines()
    labels = [line[1:] for line in lines if line.startswith(":")]
    jumps = {line.rpartition("goto ")[2] for line in lines if "goto " in line}
    assert len(labels) == len(set(labels))
    assert jumps <= set(labels)


@pytest.mark.parametrize("source", PLACES)
def test_what_is_no_longer_there_when_its_turn_comes_is_fetched_again(tmp_path: Path, source: str) -> None:
    """A job that died took the file along, and its death was noticed by somebody who knows nothing of files."""
    folder = media(tmp_path, *WHOLE)
    twin = twin_with(source, folder)
    gone: list[str] = []

    def lose(text: str) -> None:
        store = "C:\\ProgramData\\sunset.ws2008\\media"
        if "KB4493730: installed" in text and not gone:
            gone.extend(entry.name for entry in twin.machine.files.list_dir(store) if "KB4474419" in entry.name)
            for name in gone:
                twin.machine.files.delete(f"{store}\\{name}")

    twin.trouble = lose
    outcome = pulled(twin, source, folder, "last_public", run="one")
    assert gone and [one["package"] for one in outcome.installed] == list(WHOLE)
