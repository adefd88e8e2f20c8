# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Everything that goes wrong at a message, and every message at which it does: the fault matrix.

An update, an enforcement and a rollback meet each kind at each of their messages. After it a person waits until the
time to confirm is over, and then runs it again; a controller that was killed is also started again at once, and so,
in every `STEP`th place, is whoever met anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .transcripts import KINDS, Controller, Fault, Yard

STEP = 8
DEAD = ("killed", "killed_after")
_FILLER = "C:\\Windows\\MEMORY.DMP"
_THREE_YEARS = 94608000.0


@dataclass(frozen=True)
class Mishap:
    """What happens to the machine when a message comes, and what a person does before the second run.

    `request`: only where the first run ended with a sentence that says so.
    """

    words: str
    happens: Callable[[Yard], object]
    person: str = ""
    mend: Callable[[Yard], object] = lambda yard: None
    request: str = ""


def _fill(yard: Yard) -> None:
    yard.machine.files.put(_FILLER, yard.machine.files.free // 4096 * 4096, None)


def _make_room(yard: Yard) -> None:
    if yard.machine.files.exists(_FILLER):
        yard.machine.files.delete(_FILLER)


MISHAPS: Mapping[str, Mishap] = {
    "restart": Mishap(
        "the machine loses its power and starts again", lambda yard: yard.machine.restart("power loss", 60.0)
    ),
    "disk": Mishap("the disk of the machine fills up", _fill, "free some space", _make_room),
    "scheduler": Mishap(
        "the task scheduler of the machine is stopped",
        lambda yard: yard.machine.services.stop("Schedule"),
        "start it",
        lambda yard: yard.machine.services.start("Schedule"),
    ),
    "clock ahead": Mishap(
        "the machine's clock jumps three years ahead",
        lambda yard: yard.machine.set_time(_THREE_YEARS),
        "set the clock where the run asks for it",
        lambda yard: yard.machine.set_time(-_THREE_YEARS),
        request="Set the clock",
    ),
    "clock back": Mishap(
        "the machine's clock jumps three years back",
        lambda yard: yard.machine.set_time(-_THREE_YEARS),
        "set the clock where the run asks for it",
        lambda yard: yard.machine.set_time(_THREE_YEARS),
        request="Set the clock",
    ),
}
FAULTS: Mapping[str, str] = {
    "unheard": "the connection is lost before the machine has the message",
    "unanswered": "the connection is lost after the machine has acted on it",
    "reset": "the connection is reset while the answer is on its way",
    "frozen": "the machine acts on it, and no answer comes until the client gives up",
    "http500": "something that is not WS-Man answers HTTP 500",
    "quota": "WinRM turns it away with a quota fault",
    "killed": "the controller is killed before it sends it",
    "killed_after": "the controller is killed after the machine has acted on it",
}
EVERY: tuple[str, ...] = (*KINDS, *MISHAPS)
WORDS: Mapping[str, str] = {**FAULTS, **{name: one.words for name, one in MISHAPS.items()}}


@dataclass(frozen=True, order=True)
class Case:
    """One fault at one message; `at_once`: the second run begins right after it."""

    at: int
    kind: str
    at_once: bool = False

    def __str__(self) -> str:
        return f"{self.kind}-{self.at}{'-at-once' if self.at_once else ''}"

    def befall(self, controller: Controller) -> None:
        """Have the fault wait for this controller, or for its machine."""
        if self.kind not in MISHAPS:
            controller.faults[self.at] = Fault(self.at, self.kind).kind
            return
        happens, yard = MISHAPS[self.kind].happens, controller.yard

        def when(number: int) -> None:
            if number == self.at:
                happens(yard)

        controller.before = when

    def mend(self, yard: Yard, first: str) -> None:
        """Do what a person does before the second run, when the first one ended like this."""
        mishap = MISHAPS.get(self.kind)
        if mishap and mishap.request in first:
            mishap.mend(yard)


def cases(messages: int) -> list[Case]:
    """Return every case of a task with so many messages, those of one message after another."""
    found = []
    for at in range(1, messages + 1):
        for number, kind in enumerate(EVERY):
            found.append(Case(at, kind))
            if kind in DEAD or at % STEP == number % STEP:
                found.append(Case(at, kind, at_once=True))
    return found


def in_turn(messages: int) -> list[Case]:
    """Return one case for each message: the kinds take turns, and every third second run begins at once."""
    return [Case(at, EVERY[at % len(EVERY)], at_once=at % 3 == 0) for at in range(1, messages + 1)]


def share(whole: list[Case], messages: int, number: int, of: int) -> list[Case]:
    """Return the cases of one of `of` neighbourhoods; what is near often ends alike, and is remembered (`Stage`)."""
    first, end = messages * number // of, messages * (number + 1) // of
    return [case for case in whole if first < case.at <= end]
