# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rehearsal servers for the tests; each is checked for what it must never show after a test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from support import media as rehearsal
from support.fleet import Fleet

ROOT = Path(__file__).parents[2]
SNAPSHOTS = ROOT / "extensions" / "demo" / "snapshots"


def demo_snapshot(name: str, **twin: Any) -> dict[str, Any]:
    """Return one of the demo's snapshots with changes to how the twin behaves."""
    snapshot: dict[str, Any] = yaml.safe_load((SNAPSHOTS / f"{name}.yml").read_text(encoding="utf-8"))
    snapshot["twin"] = {**(snapshot.get("twin") or {}), **twin}
    return snapshot


@dataclass(frozen=True)
class Media:
    """Rehearsal packages of the whole ladder, and the records that make the client accept them."""

    folder: Path
    records: list[dict[str, Any]]

    def variables(self, work: Path) -> dict[str, Any]:
        """Return the inventory variables of a site that uses them; journals go below `work`."""
        return {
            "updates_media": str(self.folder),
            "updates_catalog_extra": self.records,
            "updates_pending_restart": "complete",  # charon waits for one that somebody else left
            "updates_journal": str(work / "journal"),
            "harden_journal": str(work / "journal"),
            "harden_confirm_minutes": 1440,  # of the machines' time, which runs 600 times as fast as ours
            "updates_reboot_settle": 1,
        }


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Media:
    """Return a folder with rehearsal packages of the whole ladder."""
    folder = tmp_path_factory.mktemp("media")
    return Media(folder, rehearsal.build(folder))


@pytest.fixture
def fleet() -> Iterator[Callable[..., Fleet]]:
    """Start fleets; afterwards no shell may be open and no twin may have failed in itself."""
    started: list[Fleet] = []

    def start(*snapshots: Any, **options: Any) -> Fleet:
        sources = [demo_snapshot(one) if isinstance(one, str) else one for one in snapshots]
        one = Fleet(sources, **options).__enter__()
        started.append(one)
        return one

    yield start
    try:
        for one in started:
            assert one.errors() == []
            assert one.shells_open() == 0, "a remote shell was left open"
    finally:
        for one in started:
            one.__exit__()


def frozen(machine: Any) -> str:
    """Return everything a machine is as text, for comparing before and after; time itself left out."""
    state = json.loads(json.dumps(machine.to_state(), default=str, sort_keys=True))
    for moving in ("clock", "booted_at", "now"):
        state.pop(moving, None)
    return json.dumps(state, sort_keys=True)
