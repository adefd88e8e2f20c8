# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The whole fault matrix, in shares for two workers: an update, an enforcement, and its rollback."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from unit.servicing.rehearsal import media as write_media

from .faults import ONE, ROLLUP, SHA2, STACK, Story, count_messages, disturb
from .hardening import CONTROLS, MORE_CONTROLS, Stage
from .matrix import Case, cases, in_turn, share


@dataclass(frozen=True)
class Task:
    """What is disturbed, in how many shares; each takes between one and two minutes of a processor."""

    words: str
    shares: int
    does: str = "update"
    controls: tuple[str, ...] = ()
    cases: Callable[[int], list[Case]] = cases


TASKS: Mapping[str, Task] = {
    "update": Task("An installation of one package with its restart", 12),
    "enforcement": Task("An enforcement of five controls", 20, "harden", CONTROLS),
    "rollback": Task("The rollback of it", 10, "take back", CONTROLS),
    "enforcement of the rest": Task(
        "An enforcement of four controls of other kinds, each message disturbed in one way", 1,
        "harden", MORE_CONTROLS, in_turn,
    ),
    "rollback of the rest": Task(
        "The rollback of these, each message disturbed in one way", 1,
        "take back", MORE_CONTROLS, in_turn,
    ),
}  # fmt: skip


@dataclass
class Played:
    """How a share went: how often a first run ended in which word, and every story that went wrong."""

    messages: int
    ends: Counter[tuple[str, bool, str]] = field(default_factory=Counter)
    wrong: dict[str, tuple[str, list[str]]] = field(default_factory=dict)


def play_share(name: str, number: int, folder: Path) -> Played:
    """Play every case of a share; `folder` belongs to this process, which remembers there what it has seen."""
    task = TASKS[name]
    messages, play = _stage(name, folder)
    played = Played(messages)
    for case in share(task.cases(messages), messages, number, task.shares):
        story = play(case)
        played.ends[case.kind, case.at_once, story.word] += 1
        if story.problems:
            played.wrong[str(case)] = (story.first, story.problems)
    return played


@functools.cache
def _stage(name: str, folder: Path) -> tuple[int, Callable[[Case], Story]]:
    """Return the number of messages of a task, and what plays one of its cases."""
    here, task = folder / name.replace(" ", "-"), TASKS[name]
    here.mkdir(parents=True)
    if task.controls:
        stage = Stage(task.does, here / "stage", task.controls)
        return stage.messages, stage.play
    media = here / "media"
    media.mkdir()
    write_media(media, STACK, SHA2, ROLLUP)

    def play(case: Case) -> Story:
        journal = here / str(case)
        journal.mkdir()
        return disturb(ONE, media, journal, case)

    return count_messages(ONE, media), play
