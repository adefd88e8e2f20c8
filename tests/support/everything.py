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
from .hardening import Stage
from .matrix import Case, share

# Into how many shares a task goes: each takes between one and two minutes of a processor.
SHARES: Mapping[str, int] = {"update": 12, "harden": 20, "take back": 10}
TASKS: Mapping[str, str] = {
    "update": "An installation of one package with its restart",
    "harden": "An enforcement of five controls",
    "take back": "The rollback of it",
}


@dataclass
class Played:
    """How a share went: how often a first run ended in which word, and every story that went wrong."""

    messages: int
    ends: Counter[tuple[str, bool, str]] = field(default_factory=Counter)
    wrong: dict[str, tuple[str, list[str]]] = field(default_factory=dict)


def play_share(task: str, number: int, folder: Path) -> Played:
    """Play every case of a share; `folder` belongs to this process, which remembers there what it has seen."""
    messages, play = _stage(task, folder)
    played = Played(messages)
    for case in share(messages, number, SHARES[task]):
        story = play(case)
        played.ends[case.kind, case.at_once, story.word] += 1
        if story.problems:
            played.wrong[str(case)] = (story.first, story.problems)
    return played


@functools.cache
def _stage(task: str, folder: Path) -> tuple[int, Callable[[Case], Story]]:
    """Return the number of messages of a task, and what plays one of its cases."""
    here = folder / task.replace(" ", "-")
    here.mkdir(parents=True)
    if task != "update":
        stage = Stage(task, here / "stage")
        return stage.messages, stage.play
    media = here / "media"
    media.mkdir()
    write_media(media, STACK, SHA2, ROLLUP)

    def play(case: Case) -> Story:
        journal = here / str(case)
        journal.mkdir()
        return disturb(ONE, media, journal, case)

    return count_messages(ONE, media), play
