# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which packages a target is made of on one machine, and why others are left out (private to this collection).

A package whose entitlement is missing is never chosen: it would install, and be reverted at the restart. Nor is one
chosen whose place a newer one has taken, on the machine or in the same plan.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import surroundings
from .catalog import Catalog
from .esu import WORDS, Entitlement
from .records import Architecture, Condition, Kind, Need, Package, Requirement
from .standing import Judge, Standing, State
from .steps import Omission
from .succession import succession_of


class Goal(enum.Enum):
    """The targets that have a name; any KB number is one too."""

    SERVICING_STACK = "servicing_stack"
    SHA2 = "sha2"
    BUILD_6003 = "build_6003"
    LAST_PUBLIC = "last_public"
    ESU_PREPARATION = "esu_preparation"
    LATEST = "latest"


class Blocked(Exception):
    """A package cannot be planned; the text is the reason."""


class NotToBeHad(Blocked):
    """Nobody knows a file of the package for this architecture, and none is at hand."""


class Needless(Exception):
    """A package does not concern the machine; the text says what was looked at."""


@dataclass
class Choice:
    """What a plan is made from; `choose` fills it.

    `chosen` maps package ids to the reason, requirements first; `needs` names for each chosen package the others that
    must be in force before it.
    """

    snapshot: Mapping[str, Any]
    catalog: Catalog
    judge: Judge
    architecture: Architecture
    media: Mapping[str, str] | None
    entitlement: Entitlement
    held: Collection[str]
    chosen: dict[str, str] = field(default_factory=dict)
    needs: dict[str, set[str]] = field(default_factory=dict)
    already: dict[str, Standing] = field(default_factory=dict)
    omitted: dict[str, Omission] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    unreachable: str | None = None

    def __post_init__(self) -> None:
        self.succession = succession_of(self.catalog)

    # -- one package ----------------------------------------------------------------------------

    def available(self, package: Package) -> bool:
        """Say whether the package exists for this architecture."""
        return self.architecture in package.architectures

    def at_hand(self, package: Package) -> bool:
        """Say whether somebody looked for the file and found it."""
        return package.id in (self.media or {})

    def there(self, package: Package) -> bool:
        return self.judge.standing(package).there

    def leave_out(self, package: Package, reason: str) -> None:
        """Say why a package is not in the plan; the first reason stays."""
        if package.id not in self.chosen:
            self.omitted.setdefault(package.id, Omission(package.id, package.title, reason))

    def want(self, package: Package, why: str, by_name: bool = False) -> None:
        """Choose a package and, before it, whatever it requires; raises `Blocked` or `Needless`.

        `by_name`: the operator asked for this very package. A licensing preparation then needs no licence: it is what
        the licence is put in with, and does nothing alone.
        """
        if package.id in self.chosen:
            return
        standing = self.judge.standing(package)
        if standing.there:
            self.already[package.id] = standing
            return
        bringer = self._bringer(package)
        fit = surroundings.judge(package.only_where, self.snapshot) if bringer is None else surroundings.WILL_BE
        self._refuse(package, fit, by_name)
        before, links = dict(self.chosen), {name: set(needs) for name, needs in self.needs.items()}
        self.needs.setdefault(package.id, set()).update({bringer} if bringer else ())
        try:
            for requirement in package.requires:
                self._require(requirement, package, by_name)
        except (Blocked, Needless):
            self.chosen, self.needs = before, links
            raise
        doubts = [standing.evidence] if standing.state is State.UNKNOWN else []
        doubts += [fit.evidence] if fit.concerned is None else []
        doubts += self._doubts(package)
        self.chosen[package.id] = f"{why} ({'; '.join(doubts)})" if doubts else why

    def _bringer(self, package: Package) -> str | None:
        """Return the chosen package that brings the product which this one is an update for."""
        wanted = package.only_where.internet_explorer
        chosen = [self.catalog.get(name) for name in self.chosen] if wanted else []
        return next((one.id for one in chosen if surroundings.brings_explorer(one) == wanted), None)

    def _refuse(self, package: Package, fit: surroundings.Fit, by_name: bool) -> None:
        if not self.available(package):
            raise Blocked(f"{package.id} does not exist for {self.architecture.value}")
        if fit.concerned is False:
            raise Needless(f"{package.id} does not concern this machine: {fit.evidence}")
        if package.not_planned:
            raise Blocked(f"{package.id} is never planned: {package.not_planned}")
        if package.id in self.held:
            raise Blocked(f"{package.id} is held back by the hold option")
        preparing = by_name and package.kind is Kind.ESU_PREPARATION
        if not preparing and not self.entitlement.covers(package.need):
            raise Blocked(f"{package.id} needs {WORDS[package.need]}; {self.entitlement.basis}")
        if self._not_to_be_had(package):
            raise NotToBeHad(
                f"no source names a file of {package.id} for {self.architecture.value}, and the media folder has none; "
                "whoever has the file can put it there"
            )

    def _not_to_be_had(self, package: Package) -> bool:
        """Only SHA-2 support is judged so: for all else the months before and after show that there are files."""
        unknown = package.kind is Kind.SHA2 and package.architectures[self.architecture].name is None
        return unknown and self.media is not None and not self.at_hand(package)

    def _doubts(self, package: Package) -> list[str]:
        if package.kind is Kind.SHA2 and package.architectures[self.architecture].name is None:
            return [
                f"no source names its file for {self.architecture.value}; that later packages were published for "
                f"{self.architecture.value} is all that speaks for it"
            ]
        unknown = [one for one in package.requires if one.feature is not None and not self._features_known()]
        return self._stack_of_its_time(package) + [
            f"whether the server has role {one.feature} is not known; with it {one.what} has to come first"
            for one in unknown
        ]

    def _stack_of_its_time(self, package: Package) -> list[str]:
        """Say that the stack which the vendor asks for beside a monthly package is not to be there."""
        stack = self.catalog.stack_for(package, self.architecture) if package.need is not Need.NONE else None
        if stack is None or not stack.optional or self.there(stack):
            return []
        if any(one == stack.id or stack.id in self.succession.older(one) for one in self.chosen):
            return []
        return [f"the vendor asks for the servicing stack of its time, and {stack.id} is neither there nor planned"]

    def _features_known(self) -> bool:
        return self.snapshot["answers"].get("features") is not None

    # -- what a package requires ------------------------------------------------------------------

    def _require(self, requirement: Requirement, package: Package, by_name: bool) -> None:
        if requirement.feature is not None and requirement.feature not in (
            self.snapshot["answers"].get("features") or ()
        ):
            return
        if requirement.what is Condition.ESU_LICENCE:
            if not self.entitlement.covers(Need.ESU):
                raise Blocked(f"{package.id} needs a licence for Extended Security Updates; {self.entitlement.basis}")
            return
        if requirement.what is Condition.ESU_PREPARATION:
            self._prepare(package)
            return
        needed = self.catalog.get(requirement.what)
        successor = next((one for one in self.succession.newer(needed) if one.id in self.chosen), None)
        if successor and needed.id not in self.chosen and not self.there(needed):
            self._link(package, successor)
            return
        try:
            self.want(needed, f"{package.id} requires it")
        except (Blocked, Needless) as reason:
            self.leave_out(needed, str(reason))
            raise type(reason)(f"{package.id} requires {needed.id}, and {reason}") from None
        self._link(package, needed)

    def _link(self, package: Package, needed: Package) -> None:
        """Remember that one goes in before the other; what stands for the needed one may wait for a restart too."""
        self.needs.setdefault(package.id, set()).add(needed.id)
        by = self.judge.standing(needed).by
        if by:
            self.needs[package.id].add(by)

    def preparation(self) -> Package | None:
        """Return the licensing preparation to use: one that is there, else the newest at hand, else the newest."""
        issues = [one for one in self.catalog.of_kind(Kind.ESU_PREPARATION) if self.available(one)]
        there = [one for one in issues if self.there(one)]
        at_hand = [one for one in issues if self.at_hand(one) and one.id not in self.held]
        return self.newest(there or at_hand or issues)

    def _prepare(self, package: Package) -> None:
        issue = self.preparation()
        if issue is None:
            raise Blocked(f"no licensing preparation package exists for {self.architecture.value}")
        try:
            self.want(issue, f"{package.id} requires the licensing preparation")
        except Blocked as blocked:
            raise Blocked(f"{package.id} requires the licensing preparation, and {blocked}") from None
        self._link(package, issue)

    # -- comparing packages -----------------------------------------------------------------------

    def newest(self, packages: Sequence[Package]) -> Package | None:
        """Return the last package that no other of them replaces."""
        last = [one for one in packages if not any(self.succession.replaces(other, one) for other in packages)]
        return last[-1] if last else None

    def drop_replaced(self) -> None:
        """Take out what another chosen package replaces, unless something chosen needs it."""
        wanted = {name for needs in self.needs.values() for name in needs}
        for name in [one for one in self.chosen if one not in wanted]:
            package = self.catalog.get(name)
            newer = next((one for one in self.chosen if self.succession.replaces(self.catalog.get(one), package)), None)
            if newer:
                del self.chosen[name]
                self.needs.pop(name, None)
                self.leave_out(package, f"{newer}, which goes in as well, takes its place")

    def explain_later(self, packages: Iterable[Package], than: Package | None, reason: str) -> None:
        """Say of every package after one why it is left out: what stands in its own way, else `reason`."""
        found = than is None
        for one in packages:
            if found and self.available(one) and not self.there(one):
                self.leave_out(one, self.obstacle(one) or reason)
            found = found or one is than

    def obstacle(self, package: Package) -> str:
        """Say what alone keeps a package out, empty when nothing does."""
        if package.not_planned:
            return package.not_planned
        if package.id in self.held:
            return "held back by the hold option"
        if not self.entitlement.covers(package.need):
            return f"needs {WORDS[package.need]}; {self.entitlement.basis}"
        return ""
