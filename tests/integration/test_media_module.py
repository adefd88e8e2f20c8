# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The library of package files in a playbook: what it says, what it writes, and that it leaves every machine alone."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from support.fleet import Fleet
from support.playing import play, task

from .conftest import Media, frozen
from .test_modules import run, tasks

Fleets = Callable[..., Fleet]
LADDER = ("KB4493730", "KB4474419", "KB4534303", "KB4565353")


def local(tmp_path: Path) -> Path:
    """Return an inventory of the control node alone."""
    inventory = tmp_path / "inventory.yml"
    inventory.write_text("all: {hosts: {localhost: {ansible_connection: local}}}\n", encoding="ascii")
    return inventory


def library(media: Media, tmp_path: Path) -> tuple[Path, list[dict[str, Any]]]:
    """Return a copy of the rehearsal packages as a mirror, and records that say nothing about their digests."""
    folder = tmp_path / "mirror"
    for path in media.folder.rglob("*.msu"):
        place = folder / ("x86" if "x86" in path.name.lower() else "x64")
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place / path.name.partition("_")[0].removesuffix(".msu").__add__(".msu"))
    return folder, [{"id": name, "architectures": {"x64": None, "x86": None}} for name in LADDER]


def test_a_library_is_listed_pinned_and_guarded_without_a_machine(media: Media, tmp_path: Path) -> None:
    folder, records = library(media, tmp_path)
    options = {
        "media": str(folder),
        "architectures": ["x86", "x64"],
        "start": "rtm_6001",
        "catalog_extra": records,
        "fetch_list": str(folder / "fetch.csv"),
        "sums": True,
        "pin": True,
    }
    inventory = local(tmp_path)
    foretold = play(task("sunset.ws2008.media", **options), inventory, "--check", "--diff")
    assert foretold.rc == 0 and foretold.clean, foretold.output
    assert not (folder / "SHA256SUMS").exists()
    ran = play(task("sunset.ws2008.media", **options), inventory)
    assert ran.rc == 0 and ran.clean, ran.output
    listed = ran.of("media")[0]
    assert listed["changed"] and listed["files"] == foretold.of("media")[0]["files"]
    assert {one["package"] for one in listed["missing"] if not one["optional"]} == {"KB948465", "KB950050"}
    assert {one["state"] for one in listed["files"]} == {"missing", "pinned"}
    with (folder / "fetch.csv").open(encoding="utf-8") as file:
        lines = csv.DictReader(file)
        assert {(one["package"], one["architecture"]) for one in lines if one["optional"] == "False"} == {
            ("KB948465", "x86"),
            ("KB948465", "x64"),
            ("KB950050", "x64"),
        }
    again = play(task("sunset.ws2008.media", **options), inventory).of("media")[0]
    assert again["changed"] is False
    altered = next((folder / "x64").glob("*kb4534303*"))
    altered.write_bytes(altered.read_bytes() + b"\0")
    refused = play(task("sunset.ws2008.media", **options), inventory)
    assert refused.rc == 2 and refused.clean, refused.output
    assert str(altered) in refused.message("localhost")
    assert [one["package"] for one in refused.of("media")[0]["bad"]] == ["KB4534303"]


def test_wrong_options_are_sentences(tmp_path: Path) -> None:
    file = tmp_path / "own.yml"
    record = {"id": "KB9999999", "kind": "rollup", "title": "x", "architectures": {}}
    file.write_text(yaml.safe_dump({"schema": "sunset.ws2008/catalog/1", "packages": [record]}), encoding="utf-8")
    wrong = {
        "did you mean last_public?": {"target": "lastpublic"},
        "there is no option medium; ": {"medium": "/x"},
        "own.yml, record KB9999999, field kind: 'rollup' is not known": {"catalog_files": [str(file)]},
        "pin writes into the media folder, so media must name that folder": {"pin": True},
        "must end in one of .txt, .csv, .json": {"fetch_list": "list.xlsx"},
        "mutually exclusive": {"snapshot": {"schema": "x"}, "ask_machine": True},
    }
    ran = play(tasks(*({"sunset.ws2008.media": one} for one in wrong.values())), local(tmp_path))
    assert ran.clean, ran.output
    said = [str(one["result"].get("msg", "")) for one in ran.results]
    assert [one["status"] for one in ran.results] == ["failed"] * len(wrong), ran.output
    for message, word in zip(said, wrong, strict=True):
        assert word in message


def test_a_machine_is_asked_only_when_the_task_says_so(fleet: Fleets, media: Media, tmp_path: Path) -> None:
    machines = fleet("cerberus")
    before = frozen(machines["cerberus"].machine)
    options = {"media": str(media.folder), "catalog_extra": media.records}
    silent = run(machines, tmp_path, task("sunset.ws2008.media", **options))
    assert silent.rc == 0, silent.output
    assert machines["cerberus"].requests == 0
    steps = tasks(
        {"sunset.ws2008.media": {**options, "ask_machine": True}},
        {"sunset.ws2008.facts": {}, "register": "asked"},
        {"sunset.ws2008.media": {**options, "snapshot": "{{ asked.snapshot }}"}},
        {"sunset.ws2008.updates": {"target": "last_public", **options}, "check_mode": True},
    )
    ran = run(machines, tmp_path, steps)
    assert ran.rc == 0, ran.output
    asked, handed = ran.of("media")
    assert asked["files"] == handed["files"]
    steps_planned = ran.of("updates")[0]["plan"]["steps"]
    plan = [one["package"] for one in steps_planned if one["step"] == "install" and one["package"] != "KB4565353"]
    demanded = [one for one in asked["files"] if not one["optional"]]
    assert [one["package"] for one in demanded] == plan != []
    assert {one["state"] for one in demanded} == {"checked"}
    assert [one["package"] for one in asked["missing"]] == ["KB5039341"], "newer than the stack at hand"
    assert frozen(machines["cerberus"].machine) == before
