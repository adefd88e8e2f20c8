# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The faults that an installation meets, played out: a first run into the fault, a second one, and what both left.

A story is right when the second run ends in the target state, the twin's own history counts every package once, the
journals of both runs account for every package, a third run has nothing to do, and nothing of ours is left behind.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unit.servicing.rehearsal import machine_of

from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.errors import ServicingError
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import TargetError

from .matrix import Case
from .quickly import quickly
from .transcripts import Controller, Fault, Killed, Yard

STACK = "KB4493730"
SHA2 = "KB4474419"
ROLLUP = "KB4534303"
WENT_IN = ("installed", "settled after a restart", "installed, seen after a restart", "installed by another run")
CLOSED = (*WENT_IN, "failed", "ended by a restart", "reverted", "left to another controller", "job died")
RESTARTED = ("restarted", "restart not seen through")
POLL = 60.0  # seconds between two looks at a job: enough messages to break, and no more


@dataclass(frozen=True)
class Scene:
    """What is to be reached: a target, from a machine, with these packages going in."""

    name: str
    target: str
    packages: tuple[str, ...]
    stack: bool = False

    def seed(self, **twin: Any) -> dict[str, Any]:
        """Return the snapshot of the machine; `twin` are the mishaps that wait for it."""
        snapshot = machine_of(**twin)
        if self.stack:
            identity = f"Package_for_{STACK}~31bf3856ad364e35~amd64~~6.0.1.3"
            snapshot["answers"]["packages"] = [{"identity": identity, "state": 7}]
            snapshot["answers"]["stack"] = ["6.0.6002.18005", "6.0.6003.20484"]
        return snapshot


ONE = Scene("one package and its restart", "sha2", (SHA2,), stack=True)
LADDER = Scene("6002 to 6003: three packages, two restarts", "last_public", (STACK, SHA2, ROLLUP))


@dataclass
class Story:
    """How it went. `first` and `second` are ``done``, ``killed`` or the sentence of an error; `problems` is empty."""

    first: str = ""
    second: str = ""
    messages: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def word(self) -> str:
        """How the first run ended, in a word."""
        return self.first if self.first in ("done", "killed") else "stopped"


def run(controller: Controller, scene: Scene, media: Path, journal: Path, **more: Any) -> str:
    """Run once; only errors that are sentences for an operator count as an end."""
    try:
        controller.bring(scene.target, media, run=controller.name, journal=journal, **{"poll_interval": POLL, **more})
    except Killed:
        return "killed"
    except (ServicingError, TargetError) as error:
        return str(error)
    return "done"


def play(
    scene: Scene,
    media: Path,
    journal: Path,
    *faults: Fault,
    twin: Mapping[str, Any] | None = None,
    mend: Callable[[Yard], object] = lambda yard: None,
    before: Callable[[Yard, Controller], object] = lambda yard, one: None,
    case: Case | None = None,
    **more: Any,
) -> Story:
    """Play a story: `twin` are mishaps of the machine, `mend` is what an operator does between the two runs.

    A `case` of the matrix knows what to mend, and whether the second run waits for what the first one left behind.
    """
    story = Story()
    with quickly(), Yard(scene.seed(**(twin or {}))) as yard:
        one = yard.controller("one", *faults)
        before(yard, one)
        story.first = run(one, scene, media, journal, **more)
        story.messages = one.messages
        if not one.dead:
            one.session.close()
        if case and case.at_once:
            yard.breathe()
        else:
            yard.settle()
        mend(yard)
        if case:
            case.mend(yard, story.first)
        two = yard.controller("two")
        story.second = run(two, scene, media, journal)
        two.session.close()
        story.problems = judge(yard, scene, media, journal, {"one": story.first, "two": story.second})
    return story


def disturb(scene: Scene, media: Path, journal: Path, case: Case) -> Story:
    """Play one case of the matrix."""
    return play(scene, media, journal, before=lambda _yard, one: case.befall(one), case=case)


def judge(yard: Yard, scene: Scene, media: Path, journal: Path, ends: Mapping[str, str]) -> list[str]:
    """Return what is not as it has to be after the last run; `ends` tells how each run ended."""
    problems = []
    last, end = list(ends.items())[-1]
    if end != "done":
        problems.append(f"run {last} ended in: {end}")
    alive = [name for name, end in ends.items() if end == "done"]
    if yard.installs() != dict.fromkeys(scene.packages, 1):
        problems.append(f"packages went in as often as {yard.installs()}")
    three = yard.controller("three")
    outcome = run(three, scene, media, journal)
    if outcome != "done" or (journal / "host" / "three").exists():
        problems.append(f"a third run still had something to do: {outcome}")
    three.session.close()
    if three.rubbish():
        problems.append(f"left on the machine: {three.rubbish()}")
    return problems + gaps(journal, scene.packages, alive)


def gaps(journal: Path, packages: tuple[str, ...], alive: Collection[str]) -> list[str]:
    """Return what the journals of all runs together do not account for; `alive` are the runs that came to their end."""
    runs = {path.parent.name: json.loads(path.read_text()) for path in sorted(journal.glob("*/*/servicing.json"))}
    events = [event for content in runs.values() for event in content["events"]]
    missing = [
        f"no journal says that {package} went in"
        for package in packages
        if not any(one["event"] in WENT_IN and one.get("package") == package for one in events)
    ]
    for name, content in runs.items():
        if name not in alive:
            continue
        for number, event in enumerate(content["events"]):
            rest = content["events"][number + 1 :]
            if event["event"] == "installing" and not any(
                one["event"] in CLOSED and one.get("package") == event["package"] for one in rest
            ):
                missing.append(f"the journal of run {name} leaves {event['package']} open")
            if event["event"] == "restarting" and not any(one["event"] in RESTARTED for one in rest):
                missing.append(f"the journal of run {name} leaves a restart open")
    return missing


def count_messages(scene: Scene, media: Path) -> int:
    """Return how many messages an undisturbed run has."""
    with Yard(scene.seed()) as yard:
        one = yard.controller("count")
        one.bring(scene.target, media, run="count", poll_interval=POLL)
        return one.messages


# -- two controllers ----------------------------------------------------------------------------------------------


def race(scene: Scene, media: Path, journal: Path, at: int) -> tuple[list[str], list[str]]:
    """Let a second controller begin after message `at` of the first; from there both go on message by message.

    Returns how both ended, and the problems.
    """
    ends = ["", ""]
    with quickly(), Yard(scene.seed()) as yard:
        one, two = yard.controller("one"), yard.controller("two")
        running: list[Any] = []

        def second() -> None:
            ends[1] = run(two, scene, media, journal, poll_interval=10.0)
            two.session.close()

        def begin(number: int) -> None:
            if number == at:
                running.append(two.begin(second))

        one.before = begin
        ends[0] = run(one, scene, media, journal, poll_interval=10.0)
        one.session.close()
        errors: list[BaseException] = []
        if running:
            actor, errors = running[0]
            yard.clock.wait_for(actor)
        yard.settle()
        problems = [f"the second controller crashed: {error!r}" for error in errors]
        return ends, problems + judge(yard, scene, media, journal, {"one": ends[0], "two": ends[1]})


def asleep(scene: Scene, media: Path, journal: Path, at: int) -> tuple[list[str], list[str]]:
    """Let the first controller stop at message `at` for half a day (a laptop that sleeps); a second one does it all."""
    ends = ["", ""]
    with quickly(), Yard(scene.seed()) as yard:
        one, two = yard.controller("one"), yard.controller("two")

        def second() -> None:
            ends[1] = run(two, scene, media, journal)
            two.session.close()

        def sleep(number: int) -> None:
            if number == at:
                actor, _errors = two.begin(second)
                yard.clock.wait_for(actor, 30.0)
                yard.rest(43200.0)

        one.before = sleep
        ends[0] = run(one, scene, media, journal)
        one.session.close()
        yard.settle()
        return ends, judge(yard, scene, media, journal, {"one": ends[0], "two": ends[1]})
