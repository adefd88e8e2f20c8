# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin prints what a real NT 6.0 console printed, where a capture is at hand."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import VirtualClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine

ROOT = Path(__file__).parents[3]
SAMPLES = Path(os.environ.get("SUNSET_SAMPLES") or ROOT / ".." / "shared" / "samples")


def _sample(name: str) -> str:
    path = SAMPLES / name
    if not path.is_file():
        pytest.skip(f"the captured output {name} is not here; set SUNSET_SAMPLES to the folder that holds it")
    return path.read_text(encoding="utf-8")


@pytest.fixture
def machine() -> Machine:
    return Machine.pristine(clock=VirtualClock(datetime(2015, 10, 7, 6, 21, tzinfo=UTC)))


def _shape(line: str) -> str:
    """The line with its numbers made equal: columns stay where they are."""
    return re.sub(r"\d", "9", line).rstrip()


def test_dir_has_the_columns_of_the_capture(machine: Machine) -> None:
    sample = _sample("dir/vista_sp2_x64_dir.txt").splitlines()
    names = [line[39:] for line in sample if "<DIR>" in line]
    for entry in machine.files.list_dir("C:\\"):
        machine.files.remove_dir("C:\\" + entry.name, recursive=True)
    for name in names:
        machine.files.make_dir("C:\\" + name)
    _code, out, _err = machine.run("dir c:\\")
    ours = out.splitlines()
    assert [_shape(line) for line in ours if "<DIR>" in line] == [
        _shape(line).replace("PM", "AM") for line in sample if "<DIR>" in line
    ]
    total = next(line for line in sample if "File(s)" in line)
    assert total in ours
    free = next(line for line in ours if "bytes free" in line)
    assert _shape(free) == _shape(next(line for line in sample if "bytes free" in line))


def test_icacls_writes_entries_like_the_capture(machine: Machine) -> None:
    sample = _sample("icacls/vista_sp2_x64_icacls.txt").splitlines()
    machine.files.make_dir("C:\\Python\\Scripts")
    machine.files.set_acl(
        "C:\\",
        (
            "S-1-5-32-544||:F",
            "S-1-5-32-544|OI,CI,IO|:F",
            "S-1-5-18||:F",
            "S-1-5-18|OI,CI,IO|:F",
            "S-1-5-32-545|OI,CI|:RX",
        ),
    )
    _code, out, _err = machine.run("icacls C:\\Python\\Scripts\\")
    ours = out.splitlines()
    users = next(line.strip() for line in sample if "Users:(I)(OI)(CI)(RX)" in line)
    assert any(line.endswith(users) for line in ours)
    assert [line.index("BUILTIN") for line in ours[:2]] == [line.index("BUILTIN") for line in sample[:2]]
    assert ours[-1] == sample[-1]


def test_whoami_has_the_headings_of_the_capture(machine: Machine) -> None:
    sample = _sample("whoami/2008sp2_x86_dc_whoami_all.txt").splitlines()
    _code, out, _err = machine.run("whoami /all")
    ours = out.splitlines()
    for heading in ("USER INFORMATION", "GROUP INFORMATION", "PRIVILEGES INFORMATION"):
        at, there = ours.index(heading), sample.index(heading)
        assert ours[at - 1 : at + 3] == sample[there - 1 : there + 3]
        assert ours[at + 3].split() == sample[there + 3].split()
    everyone = next(line for line in sample if line.startswith("Everyone"))
    assert next(line for line in ours if line.startswith("Everyone")).split() == everyone.split()


def test_ver_is_the_banner_of_the_capture(machine: Machine) -> None:
    banners = _sample("ver/en_banners.txt").splitlines()
    _code, out, _err = machine.run("ver")
    assert out.splitlines()[1] in banners


def test_set_knows_the_names_of_the_capture(machine: Machine) -> None:
    names = {line.partition("=")[0] for line in _sample("set/2008sp2_x86_dc_set.txt").splitlines()[1:]}
    _code, out, _err = machine.run("set")
    spelled = {line.partition("=")[0] for line in out.splitlines()}
    assert {name for name in spelled if name.upper() in {n.upper() for n in names}} <= names
