# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stories of a bad day as a table: what the tests play is what docs/faults.md says.

PYTHONPATH=... python tests/support/fault_table.py      plays everything (half an hour) and writes docs/faults.md
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Any

from unit.servicing.rehearsal import media as write_media

from support import hardening_table
from support.everything import TASKS, Played, play_share
from support.faults import ONE, ROLLUP, SHA2, STACK, Scene, Story, asleep, count_messages, play, race
from support.matrix import WORDS
from support.transcripts import Controller, Yard

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
        "(`tests/unit/servicing/test_transcripts.py`, all of them in `tests/integration/test_every_message.py`).",
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
    lines += [*hardening_table.matrix(), *hardening_table.sections()]
    lines += ["", "<!-- counted: everything below depends on the number of messages of a run -->", ""]
    return "\n".join([*lines, *(counted or [])]).rstrip() + "\n"


def play_everything(work: Path) -> Iterator[tuple[str, list[Played]]]:
    """Play the whole matrix, and yield how the shares of each task went."""
    with ProcessPoolExecutor(max_workers=2) as pool:
        for name, task in TASKS.items():
            yield name, list(pool.map(_share, repeat(name), range(task.shares), repeat(work)))


def tables(everything: Mapping[str, list[Played]]) -> Iterator[str]:
    """Yield what counts the cases of the matrix; raises `AssertionError` with every story that went wrong."""
    for name, shares in everything.items():
        wrong = {case: told for one in shares for case, told in one.wrong.items()}
        assert wrong == {}, json.dumps(wrong, indent=2)
        ends = sum((one.ends for one in shares), Counter())
        yield from ("", f"{TASKS[name].words} ({shares[0].messages} messages):", "")
        yield "| What happens | Cases | First run goes on | It ends with a sentence | Second at once | Right at last |"
        yield "| --- | --- | --- | --- | --- | --- |"
        yield from (_row(kind, words, ends) for kind, words in WORDS.items())


def meetings(work: Path) -> Iterator[str]:
    """Let two controllers meet at every message, and yield the table that counts it."""
    media = work / "media"
    media.mkdir()
    write_media(media, STACK, SHA2, ROLLUP)
    yield from ("", "Two controllers in an installation, which meet at a message:", "")
    yield "| What happens | Cases | First run goes on | It ends with a sentence | Right at last |"
    yield "| --- | --- | --- | --- | --- |"
    with ProcessPoolExecutor(max_workers=2) as pool:
        for kind, step, words in (
            ("race", 1, "a second controller begins, and both go on at once"),
            ("asleep", ASLEEP_EVERY, "the controller sleeps for half a day while a second one does everything"),
        ):
            places = range(1, count_messages(ONE, media) + 1, step)
            ends = Counter(pool.map(_met, repeat(media), repeat(work), repeat(kind), places))
            yield f"| {words} | {len(places)} | {ends['done']} | {ends['stopped']} | {len(places)} |"


def _row(kind: str, words: str, ends: Counter[tuple[str, bool, str]]) -> str:
    total = sum(count for (one, _once, _word), count in ends.items() if one == kind)
    at_once = sum(count for (one, once, _word), count in ends.items() if one == kind and once)
    went = {word: sum(ends[kind, once, word] for once in (False, True)) for word in ("done", "stopped", "killed")}
    stopped = "killed" if went["killed"] else went["stopped"]
    return f"| {words} | {total} | {went['done']} | {stopped} | {at_once} | {total} |"


def _share(name: str, number: int, work: Path) -> Played:
    """Play a share in a folder of this process."""
    return play_share(name, number, work / str(os.getpid()))


def _met(media: Path, work: Path, kind: str, at: int) -> str:
    """Let two controllers meet at one place; returns how the first one ended."""
    journal = work / f"{kind}-{at}"
    journal.mkdir()
    done, problems = (race if kind == "race" else asleep)(ONE, media, journal, at)
    assert problems == [], (kind, at, problems)
    return "done" if done[0] == "done" else "stopped"


def main() -> int:
    """Play everything and write the page."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        counted = [*tables(dict(play_everything(work))), *meetings(work)]
        PAGE.write_text(page(counted), encoding="utf-8")
    print(f"written: {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
