# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The control process stays small, however large the package is that it uploads."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from support import bulk, watching
from support.fleet import Fleet
from support.playing import task

SIZE = 300_000_000
LIMIT = 120_000_000
KB = "KB4474419"


@pytest.mark.long
@pytest.mark.timeout(1500)
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_uploading_300_megabytes_takes_less_than_120(
    fleet: Callable[..., Fleet], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    package = bulk.build(folder, KB, "x64", SIZE)
    record = {"id": KB, "architectures": {"x64": bulk.digests(package)}}
    stack = {"identity": "Package_for_KB4493730~31bf3856ad364e35~amd64~~6.0.1.0", "state": 7}
    machines = fleet({"answers": {"os": {"build": 6002, "arch": "x64"}, "packages": [stack]}}, speed=600.0)
    inventory = machines.write_inventory(tmp_path / "inventory.yml")
    playbook = tmp_path / "play.yml"
    options = {"target": "sha2", "media": str(folder), "catalog_extra": [record], "reboot": "never"}
    playbook.write_text(yaml.safe_dump(task("sunset.ws2008.updates", **options), sort_keys=False), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory), str(playbook)]
    seen = watching.watch(command, tmp_path, os.environ | {"ANSIBLE_NOCOLOR": "true"})
    assert seen.rc == 0, seen.output
    machine = machines["server"].machine
    assert machine.store.restart_pending(), "the package went in and waits for its restart"
    with capsys.disabled():
        shown = ", ".join(f"{peak / 1e6:.0f} MB" for peak in sorted(seen.peaks.values(), reverse=True))
        print(f"\n  {SIZE / 1e6:.0f} MB uploaded in {seen.seconds:.0f} s; peak memory of the processes: {shown}")
    assert len(seen.peaks) > 1, "the worker was not seen, which is the one that uploads"
    assert seen.peak < LIMIT
