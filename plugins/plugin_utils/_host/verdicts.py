# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every verdict that a snapshot alone allows (private to this collection): one import for the rooms above.

Pure: a snapshot in, frozen dataclasses out; ``.as_dict()`` makes them plain. What was not captured is unknown, with
the reason; nothing here ever reads "not captured" as "not there".
"""

from __future__ import annotations

from datetime import date
from typing import Any

from .build import WHAT_6003_IS, Build, BuildVerdict, judge_build
from .ladder import Ladder, Rung, Sha2, Stack, judge_ladder, judge_sha2, judge_stack
from .lifecycle import Family, Lifecycle, judge_family, judge_lifecycle
from .pending import Restart, judge_restart
from .snapshot import Snapshot
from .store import Store, StoreVerdict, judge_store

__all__ = [
    "WHAT_6003_IS",
    "Build",
    "BuildVerdict",
    "Family",
    "Ladder",
    "Lifecycle",
    "Restart",
    "Rung",
    "Sha2",
    "Stack",
    "Store",
    "StoreVerdict",
    "judge_all",
    "judge_build",
    "judge_family",
    "judge_ladder",
    "judge_lifecycle",
    "judge_restart",
    "judge_sha2",
    "judge_stack",
    "judge_store",
]


def judge_all(snapshot: Snapshot, today: date | None = None) -> dict[str, Any]:
    """Return all verdicts as plain data, by name."""
    return {
        "family": judge_family(snapshot).as_dict(),
        "build": judge_build(snapshot).as_dict(),
        "restart": judge_restart(snapshot).as_dict(),
        "stack": judge_stack(snapshot).as_dict(),
        "sha2": judge_sha2(snapshot).as_dict(),
        "store": judge_store(snapshot).as_dict(),
        "ladder": judge_ladder(snapshot).as_dict(),
        "lifecycle": judge_lifecycle(snapshot, today).as_dict(),
    }
