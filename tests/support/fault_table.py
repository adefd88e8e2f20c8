# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stories of a bad day as a table: what the tests play is what docs/faults.md says.

PYTHONPATH=... python tests/support/fault_table.py      plays everything (minutes) and writes docs/faults.md
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Any

from support import hardening_table
from support.faults import ONE, ROLLUP, SHA2, STACK, Scene, Story, asleep, count_messages, play, race
from support.transcripts import Controller, Fault, Yard

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "faults.md"
UNTRUSTED = 0x800B0101
ASLEEP_EVERY = 3  # messages between two places where a controller falls asleep


@dataclass(frozen=True)
class Told:
    """A story: what happens to the machine, how the first run ends (a part of its words), what a person does then."""

    name: str
    fault: str
    first: str
    then: str = "nothing"
    mishaps: tuple[dict[str, Any], ...] = ()
    mend: Callable[[Yard], object] = lambda yard: None
    before: Callable[[Yard, Controller], object] = lambda yard, one: None
    scene: Scene = ONE
    options: dict[str, Any] = field(default_factory=dict)

    def right(self, story: Story) -> bool:
        """Say whether the first run ended as the table says."""
        return story.first == "done" if self.first == "done" else self.first in story.first

    def play(self, media: Path, journal: Path) -> Story:
        """Play it."""
        twin = {"mishaps": [dict(one) for one in self.mishaps]}
        return play(self.scene, media, journal, twin=twin, mend=self.mend, before=self.before, **self.options)


def _stop_scheduler(yard: Yard, _one: Controller) -> None:
    yard.machine.services.stop("Schedule")


def _pull_the_plug(yard: Yard, one: Controller) -> None:
    """Take the power while the package is on its way to the machine."""

    def at(number: int) -> None:
        if number == 70:
            yard.machine.restart("power loss", 120)

    one.before = at


STORIES = (
    Told("slow restart", "the restart takes 40 minutes", "done", mishaps=({"kind": "slow_restart", "seconds": 2400},)),
    Told(
        "very slow restart",
        "the restart takes two hours, more than the hour that the run waits",
        "did not come back within 3600 seconds",
        "wait until the machine is up",
        ({"kind": "slow_restart", "seconds": 7200},),
    ),
    Told(
        "revert",
        "Windows takes the package back at the restart",
        "Windows took it back at the restart",
        mishaps=({"kind": "revert", "kb": SHA2},),
    ),
    Told(
        "power, sending",
        "power is lost while the package is sent",
        "done",
        before=_pull_the_plug,
    ),
    Told(
        "power, installing",
        "power is lost while the package installs",
        "done",
        mishaps=({"kind": "power_loss", "kb": SHA2, "seconds": 300},),
    ),
    Told(
        "power, configuring",
        "power is lost while the machine configures updates; its second start does it",
        "done",
        mishaps=({"kind": "power_loss", "during": "configuring", "then": "configured", "seconds": 300},),
    ),
    Told(
        "power, still pending",
        "power is lost while the machine configures updates; after it they still wait",
        "done",
        mishaps=({"kind": "power_loss", "during": "configuring", "then": "pending", "seconds": 300},),
    ),
    Told(
        "power, rolled back",
        "power is lost while the machine configures updates; its second start rolls them back",
        "Windows took it back at the restart",
        mishaps=({"kind": "power_loss", "during": "configuring", "then": "reverted", "seconds": 300},),
    ),
    Told(
        "1722 twice",
        "the package manager loses its service twice (1722) and works the third time",
        "done",
        mishaps=({"kind": "pkgmgr", "code": 1722, "times": 2},),
    ),
    Told(
        "1722 for nothing",
        "the package manager says 1722 and has installed all the same",
        "done",
        mishaps=({"kind": "pkgmgr", "code": 1722, "done": True},),
    ),
    Told(
        "1722 always",
        "the package manager loses its service again and again",
        "is not installed",
        mishaps=({"kind": "pkgmgr", "code": 1722, "times": 9},),
    ),
    Told(
        "restart first",
        "the package manager refuses until a restart (0x80240016)",
        "done",
        mishaps=({"kind": "pkgmgr", "code": 0x80240016},),
    ),
    Told(
        "hang",
        "the package manager hangs; the scheduler ends the job after its two hours",
        "the job is not done after 2:00:00",
        mishaps=({"kind": "hang"},),
    ),
    Told(
        "busy",
        "somebody else's installation runs",
        "an installation runs on the machine already",
        "wait until it is over",
        ({"kind": "busy", "seconds": 1200},),
        mend=lambda yard: yard.rest(1200),
    ),
    Told(
        "full disk",
        "the disk fills up in the middle",
        "is not installed",
        "free some space",
        ({"kind": "disk_fills", "kb": SHA2},),
        mend=lambda yard: yard.machine.files.delete("C:\\Windows\\MEMORY.DMP"),
    ),
    Told(
        "damaged store",
        "the component store is corrupt (0x80073712)",
        "is not installed",
        "repair it",
        ({"kind": "damaged_store"},),
    ),
    Told(
        "no scheduler",
        "the task scheduler is stopped",
        "the task scheduler of the machine",
        "start it",
        before=_stop_scheduler,
        mend=lambda yard: yard.machine.services.start("Schedule"),
    ),
    Told(
        "untrusted",
        "signatures are not trusted (0x800B0101)",
        "is not installed",
        "set the clock",
        ({"kind": "damaged_store", "code": UNTRUSTED},),
    ),
)


# -- the page --------------------------------------------------------------------------------------------------------


def page(counted: list[str] | None) -> str:
    """Return the page; `counted` are the lines of the second table, None leaves it out."""
    lines = [
        "# What happens when something goes wrong",
        "",
        "Written by `tests/support/fault_table.py` from the stories that the tests play "
        "(`tests/unit/servicing/test_transcripts.py`, and every message in `tests/integration/test_every_message.py`).",
        "",
        "Each story is an installation on a rehearsal server that meets one fault, and then the same run again.",
        "Always: the second run ends in the target state, the server's own history counts every package once,",
        "the journals account for every package, a third run has nothing to do, and nothing of ours is left behind.",
        "",
        "| What goes wrong | How the first run ends | What a person does | The second run |",
        "| --- | --- | --- | --- |",
    ]
    for told in STORIES:
        end = "in the target state" if told.first == "done" else f'with a sentence: "... {told.first} ..."'
        lines.append(f"| {told.fault} | {end} | {told.then} | ends in the target state |")
    lines += hardening_table.sections()
    lines += ["", "<!-- counted: everything below depends on the number of messages of a run -->", ""]
    return "\n".join([*lines, *(counted or [])]).rstrip() + "\n"


def stories(media: Path, work: Path) -> Iterator[str]:
    """Play every message and yield the lines of the second table; raises `AssertionError` where something is wrong."""
    total = count_messages(ONE, media)
    yield f"An installation of one package with its restart ({total} messages), disturbed at every message:"
    yield ""
    yield "| What happens | Cases | First run goes on | It ends with a sentence | Second run in target state |"
    yield "| --- | --- | --- | --- | --- |"
    with ProcessPoolExecutor(max_workers=2) as pool:
        for kind, step, words in (
            ("unheard", 1, "the connection is lost before the machine has the message"),
            ("unanswered", 1, "the connection is lost after the machine has acted on it"),
            ("killed", 1, "the controller is killed"),
            ("race", 1, "a second controller begins, and both go on at once"),
            ("asleep", ASLEEP_EVERY, "the controller sleeps for half a day while a second one does everything"),
        ):
            places = range(1, total + 1, step)
            ends = Counter(pool.map(_played, repeat(media), repeat(work), repeat(kind), places))
            stopped = "killed" if ends["killed"] else ends["stopped"]
            yield f"| {words} | {len(places)} | {ends['done']} | {stopped} | {len(places)} |"


def _played(media: Path, work: Path, kind: str, at: int) -> str:
    """Play one place; returns how the first run ended."""
    journal = _folder(work, kind, at)
    if kind in ("race", "asleep"):
        done, problems = (race if kind == "race" else asleep)(ONE, media, journal, at)
        word = "done" if done[0] == "done" else "stopped"
    else:
        story = play(ONE, media, journal, Fault(at, kind))
        problems, word = story.problems, story.word
    assert problems == [], (kind, at, problems)
    return word


def _folder(work: Path, name: str, at: int) -> Path:
    path = work / f"{name}-{at}"
    path.mkdir()
    return path


def main() -> int:
    """Play everything and write the page."""
    from unit.servicing.rehearsal import media as write_media

    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "media").mkdir()
        media = write_media(work / "media", STACK, SHA2, ROLLUP)
        PAGE.write_text(page([*stories(media, work), *hardening_table.counted(work)]), encoding="utf-8")
    print(f"written: {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
