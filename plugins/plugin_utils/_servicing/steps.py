# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a plan is made of (private to this collection): steps, omissions, and the plan that holds them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from .records import Architecture, Kind, Package
from .standing import Standing


@dataclass(frozen=True)
class InstallStep:
    """Install one package. `final` says why it cannot be taken back, None for one that can be removed again."""

    package: Package
    architecture: Architecture
    reason: str
    file: str | None = None
    final: str | None = None

    @property
    def irreversible(self) -> bool:
        """Nothing here takes the package back."""
        return self.final is not None

    def to_json(self) -> dict[str, object]:
        return {
            "step": "install",
            "package": self.package.id,
            "title": self.package.title,
            "architecture": self.architecture.value,
            "file": self.file or self.package.architectures[self.architecture].name,
            "at_hand": self.file is not None,
            "reason": self.reason,
            "irreversible": self.irreversible,
            "final": self.final,
        }


@dataclass(frozen=True)
class RestartStep:
    """Restart the machine before anything else happens.

    `foreign` says that nothing of this catalog accounts for it: somebody else left the machine waiting.
    """

    reason: str
    foreign: bool = False

    def to_json(self) -> dict[str, object]:
        return {"step": "restart", "reason": self.reason, "foreign": self.foreign}


Step = InstallStep | RestartStep


@dataclass(frozen=True)
class Omission:
    """A package that somebody might have expected in the plan, and why it is not there."""

    package: str
    title: str
    reason: str

    def to_json(self) -> dict[str, str]:
        return {"package": self.package, "title": self.title, "reason": self.reason}


@dataclass(frozen=True)
class Plan:
    """The way to a target. `unreachable` says why the target cannot be reached, and then there are no steps."""

    target: str
    steps: tuple[Step, ...]
    omitted: tuple[Omission, ...]
    already: tuple[Standing, ...]
    sentence: str
    unreachable: str | None = None
    also: tuple[str, ...] = ()

    @property
    def packages(self) -> list[str]:
        """The ids of the packages to install, in order."""
        return [step.package.id for step in self.steps if isinstance(step, InstallStep)]

    @property
    def restarts(self) -> int:
        """How many restarts the plan holds."""
        return sum(isinstance(step, RestartStep) for step in self.steps)

    @property
    def final(self) -> list[str]:
        """The sentences about what cannot be taken back, in the order of the steps; to be said before the first."""
        return [step.final for step in self.steps if isinstance(step, InstallStep) and step.final]

    @property
    def left_out(self) -> list[str]:
        """The omissions as sentences for a person: packages in a row with one reason share theirs."""
        rows = [list(row) for _reason, row in itertools.groupby(self.omitted, key=lambda one: one.reason)]
        return [
            f"{row[0].package}: {row[0].reason}"
            if len(row) == 1
            else f"{row[0].package} to {row[-1].package} ({len(row)} packages): {row[0].reason}"
            for row in rows
        ]

    def to_json(self) -> dict[str, object]:
        """Return plain values for a result."""
        return {
            "target": self.target,
            "also": list(self.also),
            "steps": [step.to_json() for step in self.steps],
            "omitted": [one.to_json() for one in self.omitted],
            "left_out": self.left_out,
            "already": [one.to_json() for one in self.already],
            "final": self.final,
            "sentence": self.sentence,
            "unreachable": self.unreachable,
        }


def why_final(package: Package, build: int | None) -> str | None:
    """Say why a package cannot be taken back on a machine of this build, None for one that can.

    That a machine could go back from build 6003, or behind a newer servicing stack, no source shows; one that writes
    about the stack of April 2019 calls it irreversible (facts: servicing.md section 1).
    """
    if package.kind is Kind.SERVICE_PACK:
        return f"{package.id} is a service pack: nothing here takes it off again, so have a backup of the whole machine"
    if package.kind is Kind.SERVICING_STACK:
        return f"{package.id} is a servicing stack: Windows keeps it for good"
    if package.kind is Kind.SHA2:
        return f"{package.id} must stay: a machine whose boot files are signed with SHA-2 does not start without it"
    if package.build == 6003 and build is not None and build < 6003:
        return f"{package.id} turns the build into 6003, and no way back to {build} is known"
    return None


def sentence(goal: str, also: Sequence[str], steps: Sequence[Step], unreachable: str | None, note: str = "") -> str:
    """Say a plan in one sentence; `note` tells why there is nothing to do where that needs words."""
    wanted = " and ".join([f"the target {goal}", *also])
    if unreachable:
        return f"{wanted[0].upper()}{wanted[1:]} cannot be reached: {unreachable}."
    if not steps:
        reached = "is" if not also else "are"
        return f"{wanted[0].upper()}{wanted[1:]} {reached} reached; nothing is to be done{f': {note}' if note else ''}."
    names = [step.package.id if isinstance(step, InstallStep) else "restart" for step in steps]
    return f"To reach {' and '.join([goal, *also])}: {', then '.join(names)}."
