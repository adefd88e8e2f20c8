# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is known of a job that is waited for (private to this collection): when to doubt, to speak, to rest."""

from __future__ import annotations

from dataclasses import dataclass, field

from .job import JobState

SILENCE = 900.0  # seconds without an answer until a job is given up: an old machine that installs is deaf for minutes
_LIFE_CHECK = 60.0  # seconds between two looks at a job's processes
_STILL_THERE = 60.0  # seconds between two progress lines of one phase


@dataclass
class Watch:
    """What is known of a job that is being waited for; all times are the clock's seconds."""

    began: float
    state: JobState | None = None
    answered: float = field(init=False)
    looked: float = field(init=False)
    told: float = field(init=False)
    shown: str | None = None
    missed: int = 0
    rest: float = 1.0
    lost: bool = False
    seen: list[tuple[str, float]] = field(default_factory=list)  # phases, and when each was seen first

    def __post_init__(self) -> None:
        self.answered = self.looked = self.told = self.began

    def age(self, now: float) -> float:
        return now - self.began

    def heard(self, state: JobState | None, now: float) -> None:
        """Keep an answer."""
        self.state, self.answered, self.lost = state or self.state, now, False
        phase = self.state.phase if self.state else None
        if phase and (not self.seen or self.seen[-1][0] != phase):
            self.seen.append((phase, now))

    def durations(self, state: JobState, now: float) -> dict[str, int]:
        """Return the seconds of each phase of a job that is done, as closely as the looks at it tell."""
        self.heard(state, now)
        ends = [*(when for _phase, when in self.seen[1:]), now]
        spent: dict[str, int] = {}
        for (phase, _when), start, end in zip(self.seen, [self.began, *ends], ends, strict=False):
            spent[phase] = spent.get(phase, 0) + round(end - start)
        return spent

    def silent(self, now: float) -> bool:
        """Note a lost answer; true when there have been none for too long."""
        self.lost = True
        return now - self.answered > SILENCE

    def doubtful(self, now: float) -> bool:
        """Say whether it is time to ask if the job lives: once a minute, and after every lost answer."""
        due = self.lost or now - self.looked >= _LIFE_CHECK
        self.looked = now if due else self.looked
        return due

    def news(self, now: float) -> bool:
        """Say whether the phase changed, or nothing was shown for a minute."""
        phase = self.state.phase if self.state else None
        due = phase != self.shown or now - self.told >= _STILL_THERE
        if due:
            self.shown, self.told = phase, now
        return due

    def pause(self, longest: float) -> float:
        """Return the next pause: short at first, because small packages take seconds."""
        self.rest = min(self.rest * 1.5, longest)
        return self.rest
