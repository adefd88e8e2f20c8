# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is to be done to bring a machine to a target, in the only order that works (private to this collection).

Pure: a snapshot, the catalog and what is at hand go in; a plan with a reason for every step and every omission comes
out. The ladder is service pack 2, the servicing stack that reads SHA-2, SHA-2 support, a restart, and only then
anything newer (a machine that gets boot files signed with SHA-2 before that may never boot again). A package whose
entitlement is missing is never planned: it would install, and be reverted at the restart.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._host.pending import judge_restart
from .catalog import Catalog
from .errors import NotServiceable, ServicingError
from .esu import NOTHING, WORDS, Entitlement
from .records import KB_ID, Architecture, Condition, Kind, Need, Package, Requirement, nearest
from .standing import Judge, Standing, State, architecture_of


class Goal(enum.Enum):
    """The targets that have a name; any KB number is one too."""

    SERVICING_STACK = "servicing_stack"
    SHA2 = "sha2"
    BUILD_6003 = "build_6003"
    LAST_PUBLIC = "last_public"
    LATEST = "latest"


@dataclass(frozen=True)
class InstallStep:
    """Install one package."""

    package: Package
    architecture: Architecture
    reason: str
    file: str | None = None

    def to_json(self) -> dict[str, object]:
        return {
            "step": "install",
            "package": self.package.id,
            "title": self.package.title,
            "architecture": self.architecture.value,
            "file": self.file or self.package.architectures[self.architecture].name,
            "at_hand": self.file is not None,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class RestartStep:
    """Restart the machine before anything else happens."""

    reason: str

    def to_json(self) -> dict[str, object]:
        return {"step": "restart", "reason": self.reason}


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

    @property
    def packages(self) -> list[str]:
        """The ids of the packages to install, in order."""
        return [step.package.id for step in self.steps if isinstance(step, InstallStep)]

    @property
    def restarts(self) -> int:
        """How many restarts the plan holds."""
        return sum(isinstance(step, RestartStep) for step in self.steps)

    def to_json(self) -> dict[str, object]:
        """Return plain values for a result."""
        return {
            "target": self.target,
            "steps": [step.to_json() for step in self.steps],
            "omitted": [one.to_json() for one in self.omitted],
            "already": [one.to_json() for one in self.already],
            "sentence": self.sentence,
            "unreachable": self.unreachable,
        }


def check_target(target: str, catalog: Catalog) -> str:
    """Return a target in its own spelling; raises `ServicingError` with the nearest valid one."""
    word = target.strip()
    if word.upper() in catalog or KB_ID.fullmatch(word.upper()):
        return catalog.get(word.upper()).id
    names = [goal.value for goal in Goal]
    if word.lower() not in names:
        raise ServicingError(
            f"there is no servicing target {target!r}; {nearest(word, names)} "
            "(a number such as KB4534303 is a target too)"
        )
    return word.lower()


def check_hold(hold: Collection[str], catalog: Catalog) -> set[str]:
    """Return the ids of packages to hold back; raises `ServicingError` with the nearest valid one."""
    return {catalog.get(one.strip().upper()).id for one in hold}


def plan(
    snapshot: Mapping[str, Any],
    catalog: Catalog,
    target: str,
    media: Mapping[str, str] | None = None,
    entitlement: Entitlement = NOTHING,
    hold: Collection[str] = (),
    owed: Collection[str] = (),
) -> Plan:
    """Plan the way from a snapshot to a target.

    `media` maps package ids to the files at hand for this machine's architecture; None means that nobody looked, and
    then required packages are planned by name and optional ones are left out. `hold` names packages that must not go
    in; `owed` names installed ones whose restart has not happened although no marker on the machine says so. Raises
    `NotServiceable` for a machine that this catalog is not for, `ServicingError` for an unknown target.
    """
    goal = check_target(target, catalog)
    refuse_strangers(snapshot)
    held = check_hold(hold, catalog)
    return _Planner(snapshot, catalog, media, entitlement, held, owed).plan(goal)


def refuse_strangers(snapshot: Mapping[str, Any]) -> Architecture:
    """Return the architecture of a Server 2008 (NT 6.0, not R2); raises `NotServiceable` for anything else."""
    system = (snapshot.get("answers") or {}).get("os")
    if not system or not system.get("version"):
        raise NotServiceable(
            "the Windows version of this machine is not known, so nothing can be planned for it; "
            "look at the snapshot's `unknown` for the reason"
        )
    version = str(system["version"])
    if not version.startswith("6.0."):
        raise NotServiceable(
            f"this machine runs Windows {version} ({system.get('caption') or 'no caption'}); the packages here are for "
            "Windows Server 2008, version 6.0, and nothing else. Take it out of this play"
        )
    if system.get("product_type") == 1:
        raise NotServiceable(
            f"this machine is a workstation ({system.get('caption') or 'Windows Vista'}), not a server: packages for "
            "Server 2008 install on Vista and can leave it unbootable, so nothing is planned"
        )
    architecture = architecture_of(snapshot)
    if architecture is None:
        raise NotServiceable(
            f"the processor architecture of this machine is not known (answer: {system.get('arch')!r}), and Windows "
            "refuses a package for the wrong one; nothing can be planned"
        )
    return architecture


class _Blocked(Exception):
    """A package cannot be planned; the text is the reason."""


@dataclass
class _Planner:
    snapshot: Mapping[str, Any]
    catalog: Catalog
    media: Mapping[str, str] | None
    entitlement: Entitlement
    held: Collection[str]
    owed: Collection[str]
    chosen: dict[str, str] = field(default_factory=dict)  # package id -> reason, in installing order
    already: dict[str, Standing] = field(default_factory=dict)
    omitted: dict[str, Omission] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.judge = Judge(self.snapshot, self.catalog)
        self.architecture = refuse_strangers(self.snapshot)

    def plan(self, goal: str) -> Plan:
        unreachable = None
        for package, why in self._goals(goal):
            try:
                self._want(package, why, [])
            except _Blocked as blocked:
                self._leave_out(package, str(blocked))
                if not package.optional or package.id == goal:
                    unreachable = str(blocked)
        steps = () if unreachable else self._steps()
        return Plan(
            target=goal,
            steps=steps,
            omitted=tuple(self.omitted.values()),
            already=tuple(self.already.values()),
            sentence=_sentence(goal, steps, unreachable),
            unreachable=unreachable,
        )

    def _goals(self, goal: str) -> list[tuple[Package, str]]:
        """Return the packages that a target is made of, in the order in which they are wanted."""
        if goal == Goal.SERVICING_STACK.value:
            return [(self._first_stack(), "the stack that reads SHA-2 packages"), *self._newer_stack(sha2_too=False)]
        if goal == Goal.SHA2.value:
            return [(one, "SHA-2 support is the target") for one in self._sha2()]
        if goal == Goal.BUILD_6003.value:
            return self._build_6003()
        if goal == Goal.LAST_PUBLIC.value:
            return [*self._newer_stack(), (self._last_public(), "the last rollup that needs no entitlement")]
        if goal == Goal.LATEST.value:
            return [*self._newer_stack(), self._latest()]
        return [(self.catalog.get(goal), "asked for by number")]

    def _first_stack(self) -> Package:
        return next(one for one in self.catalog.of_kind(Kind.SERVICING_STACK) if not one.optional)

    def _sha2(self) -> list[Package]:
        return [one for one in self.catalog.of_kind(Kind.SHA2) if one.package_version]

    def _newer_stack(self, sha2_too: bool = True) -> list[tuple[Package, str]]:
        """Return the newest optional stack at hand; the bare stack target cannot have it without SHA-2."""
        stacks = [one for one in self.catalog.of_kind(Kind.SERVICING_STACK) if one.optional]
        at_hand = [one for one in stacks if one.id in (self.media or {}) and one.id not in self.held]
        if not at_hand:
            self._mention_missing_stack(stacks)
            return []
        newest = at_hand[-1]
        if not sha2_too and not all(self.judge.standing(one).state is State.INSTALLED for one in self._sha2()):
            self._leave_out(newest, "needs SHA-2 support, which this target does not include; run the sha2 step first")
            return []
        return [(newest, "a newer servicing stack is at hand, and stacks go in before the packages that they install")]

    def _mention_missing_stack(self, stacks: Sequence[Package]) -> None:
        """Say once that an optional stack that many sources agree on would be worth having."""
        wanted = [one for one in stacks if one.confidence.startswith("confirmed") and self._available(one)]
        if not wanted or any(self.judge.standing(one).there for one in stacks):
            return
        looked = "its file is not in the media folder" if self.media is not None else "no media folder was looked into"
        best = next((one for one in wanted if one.marks), wanted[-1])
        held = best.id in self.held
        self._leave_out(best, "held back by the hold option" if held else f"optional: {looked}")

    def _rollups(self) -> list[Package]:
        return [one for one in self.catalog.of_kind(Kind.MONTHLY_ROLLUP) if self._available(one)]

    def _last_public(self) -> Package:
        public = [one for one in self._rollups() if one.need is Need.NONE]
        for later in self._rollups():
            if later.need is not Need.NONE and not self.judge.standing(later).there:
                self._leave_out(later, "needs an entitlement, and the target is the last public rollup")
        return public[-1]

    def _latest(self) -> tuple[Package, str]:
        rollups = self._rollups()
        covered = [one for one in rollups if self.entitlement.covers(one.need)]
        for later in rollups:
            if later not in covered and not self.judge.standing(later).there:
                self._leave_out(later, f"needs {WORDS[later.need]}; {self.entitlement.basis}")
        for one in self.catalog.of_kind(Kind.ESU_PREPARATION):
            if not self.entitlement.covers(one.need) and not self.judge.standing(one).there:
                self._leave_out(one, f"of no use without a licence; {self.entitlement.basis}")
        return covered[-1], "the newest rollup that this machine is entitled to"

    def _build_6003(self) -> list[tuple[Package, str]]:
        """Any rollup from April 2019 on makes build 6003; the newest at hand brings most for one restart."""
        system = self.snapshot["answers"]["os"]
        makers = [one for one in self._rollups() if one.build == 6003 and one.need is Need.NONE]
        done = [one for one in makers if self.judge.standing(one).there]
        if system.get("build") == 6003:
            evidence = f"Win32_OperatingSystem says {system['version']}"
            self.already["build 6003"] = Standing("build 6003", State.INSTALLED, evidence)
            return []
        if done:
            return [(done[-1], "brings build 6003")]
        at_hand = [one for one in makers if one.id in (self.media or {}) and one.id not in self.held]
        best = (at_hand or makers)[-1]
        return [
            (best, "the newest public rollup at hand: it makes the build 6003 like every rollup from April 2019 on")
        ]

    def _available(self, package: Package) -> bool:
        return self.architecture in package.architectures

    def _want(self, package: Package, why: str, path: list[str]) -> None:
        """Plan a package and, before it, whatever it requires; raises `_Blocked` when something stands in the way."""
        if package.id in self.chosen:
            return
        standing = self.judge.standing(package)
        if standing.there:
            self.already[package.id] = standing
            return
        self._refuse(package)
        before = dict(self.chosen)
        try:
            for requirement in package.requires:
                self._require(requirement, package, [*path, package.id])
        except _Blocked:
            self.chosen = before
            raise
        doubt = f" ({standing.evidence})" if standing.state is State.UNKNOWN else ""
        self.chosen[package.id] = why + doubt

    def _refuse(self, package: Package) -> None:
        if package.id in self.held:
            raise _Blocked(f"{package.id} is held back by the hold option")
        if package.not_planned:
            raise _Blocked(f"{package.id} is never planned: {package.not_planned}")
        if not self._available(package):
            raise _Blocked(f"{package.id} does not exist for {self.architecture.value}")
        if not self.entitlement.covers(package.need):
            raise _Blocked(f"{package.id} needs {WORDS[package.need]}; {self.entitlement.basis}")

    def _require(self, requirement: Requirement, package: Package, path: list[str]) -> None:
        if requirement.feature is not None and requirement.feature not in (
            self.snapshot["answers"].get("features") or ()
        ):
            return
        if requirement.what is Condition.ESU_LICENCE:
            if not self.entitlement.granted:
                raise _Blocked(f"{package.id} needs a licence for Extended Security Updates; {self.entitlement.basis}")
            return
        if requirement.what is Condition.ESU_PREPARATION:
            self._want_preparation(package, path)
            return
        needed = self.catalog.get(requirement.what)
        try:
            self._want(needed, f"{package.id} requires it", path)
        except _Blocked as blocked:
            raise _Blocked(f"{package.id} requires {needed.id}, and {blocked}") from None

    def _want_preparation(self, package: Package, path: list[str]) -> None:
        issues = [one for one in self.catalog.of_kind(Kind.ESU_PREPARATION) if self._available(one)]
        for one in issues:
            standing = self.judge.standing(one)
            if standing.there:
                self.already[one.id] = standing
                return
        if not issues:
            raise _Blocked(f"no licensing preparation package exists for {self.architecture.value}")
        self._want(issues[-1], f"{package.id} requires the licensing preparation", path)

    def _leave_out(self, package: Package, reason: str) -> None:
        self.omitted.setdefault(package.id, Omission(package.id, package.title, reason))

    def _steps(self) -> tuple[Step, ...]:
        steps: list[Step] = []
        waiting = self._waiting()
        if waiting:
            steps.append(RestartStep(f"{waiting}, and nothing installs before that restart"))
        for package_id, reason in self.chosen.items():
            package = self.catalog.get(package_id)
            steps.append(InstallStep(package, self.architecture, reason, (self.media or {}).get(package_id)))
            if package.restart.demanded:
                steps.append(RestartStep(f"{package.id} takes effect only with a restart{_after(package)}"))
        return tuple(steps)

    def _waiting(self) -> str:
        """Say what waits for a restart, empty when nothing does: packages by name, else the marks of the machine."""
        half = (State.PENDING, State.LEAVING)
        standings = (self.judge.standing(one) for one in self.catalog)
        names = {one.package for one in standings if one.state in half and not one.evidence.startswith("replaced by")}
        names |= set(self.owed)
        if names:
            return f"{', '.join(sorted(names))} {'waits' if len(names) == 1 else 'wait'} for a restart"
        restart = judge_restart(dict(self.snapshot))
        return f"a restart is pending already ({'; '.join(restart.evidence)})" if restart.pending else ""


def _after(package: Package) -> str:
    return ", and no SHA-2 package may come before it" if package.kind is Kind.SHA2 else ""


def _sentence(goal: str, steps: Sequence[Step], unreachable: str | None) -> str:
    if unreachable:
        return f"The target {goal} cannot be reached: {unreachable}."
    if not steps:
        return f"The target {goal} is reached; nothing is to be done."
    names = [step.package.id if isinstance(step, InstallStep) else "restart" for step in steps]
    return f"To reach {goal}: {', then '.join(names)}."
