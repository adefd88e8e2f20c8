# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two ansible-playbook processes install on one machine at the same time; each package goes in once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from support.fleet import Fleet
from support.playing import TRACEBACK, task

from .conftest import Media

LADDER = ("KB4493730", "KB4474419", "KB4565353", "KB4534303")


def start(work: Path, machines: Fleet, media: Media) -> subprocess.Popen[str]:
    """Start one controller with a folder, an inventory and a journal of its own."""
    work.mkdir()
    inventory = machines.write_inventory(work / "inventory.yml")
    options = {"target": "last_public", "media": str(media.folder), "catalog_extra": media.records}
    options |= {"reboot_settle": 1, "journal": str(work / "journal")}
    playbook = work / "play.yml"
    playbook.write_text(yaml.safe_dump(task("sunset.ws2008.updates", **options), sort_keys=False), encoding="utf-8")
    runner = Path(sys.executable).with_name("ansible-playbook")
    return subprocess.Popen(
        [str(runner), "-i", str(inventory), str(playbook)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=work,
        env=os.environ | {"ANSIBLE_NOCOLOR": "true"},
    )


def went_in(machine: object) -> Counter[str]:
    """Count, by the machine's own history, how often each package went in."""
    found: Counter[str] = Counter()
    waiting: set[str] = set()
    for _when, what, identity in machine.store.history:  # type: ignore[attr-defined]
        kb = identity.partition("_for_")[2].partition("~")[0]
        if what == "waits for the restart":
            found[kb] += 1
            waiting.add(identity)
        elif what == "installed":
            found[kb] += identity not in waiting
            waiting.discard(identity)
    return found


@pytest.mark.long
@pytest.mark.parametrize("winrm", ["1.1", "2.0"])
def test_two_controllers_at_once_install_each_package_once(
    fleet: Callable[..., Fleet], media: Media, tmp_path: Path, winrm: str
) -> None:
    from .conftest import demo_snapshot

    machines = fleet(demo_snapshot("cerberus", winrm=winrm))
    running = [start(tmp_path / name, machines, media) for name in ("one", "two")]
    outputs = [process.communicate(timeout=500)[0] for process in running]
    assert not any(TRACEBACK.search(output) for output in outputs), outputs
    last = start(tmp_path / "three", machines, media)
    output = last.communicate(timeout=500)[0]
    assert last.returncode == 0, (output, outputs)
    machine = machines["cerberus"].machine
    assert (machine.build, machine.store.restart_pending()) == (6003, False)
    assert {kb: went_in(machine)[kb] for kb in LADDER} == dict.fromkeys(LADDER, 1)
    assert 0 in [process.returncode for process in running], outputs
