# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is to be done to bring a machine to a target, in the only order that works (private to this collection).

Pure: a snapshot, the catalog and what is at hand go in; a plan with a reason for every step and every omission comes
out. The ladder is service pack 2, the servicing stack that reads SHA-2, SHA-2 support, a restart, and only then
anything newer (a machine that gets boot files signed with SHA-2 before that may never boot again). `goals` says what a
target is made of, `choice` what that needs on this machine, `waiting` and `order` where the restarts come.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from .catalog import Catalog
from .choice import Choice, Goal
from .errors import NotServiceable, ServicingError
from .esu import NOTHING, Entitlement
from .goals import choose
from .order import arrange
from .records import PACKAGE_ID, Architecture, nearest
from .standing import Judge, architecture_of
from .steps import InstallStep, Omission, Plan, RestartStep, Step, sentence, why_final
from .waiting import Waiting, look

__all__ = [
    "Goal",
    "InstallStep",
    "Omission",
    "Plan",
    "RestartStep",
    "Step",
    "check_also",
    "check_hold",
    "check_target",
    "plan",
    "refuse_strangers",
]


def check_target(target: str, catalog: Catalog) -> str:
    """Return a target in its own spelling; raises `ServicingError` with the nearest valid one."""
    word = target.strip()
    names = [goal.value for goal in Goal]
    if word.lower() in names:
        return word.lower()
    if PACKAGE_ID.fullmatch(word.upper()):
        return catalog.get(word.upper()).id
    raise ServicingError(
        f"there is no servicing target {target!r}; {nearest(word, names)} (a number such as KB4534303 is a target too)"
    )


def check_hold(hold: Collection[str], catalog: Catalog) -> set[str]:
    """Return the ids of packages to hold back; raises `ServicingError` with the nearest valid one."""
    return {catalog.get(one.strip().upper()).id for one in hold}


def check_also(also: Collection[str], catalog: Catalog) -> tuple[str, ...]:
    """Return the ids of packages wanted beside the target; raises `ServicingError` with the nearest valid one."""
    return tuple(dict.fromkeys(catalog.get(one.strip().upper()).id for one in also))


def plan(
    snapshot: Mapping[str, Any],
    catalog: Catalog,
    target: str,
    media: Mapping[str, str] | None = None,
    entitlement: Entitlement = NOTHING,
    hold: Collection[str] = (),
    owed: Collection[str] = (),
    also: Collection[str] = (),
) -> Plan:
    """Plan the way from a snapshot to a target.

    `media` maps package ids to the files at hand for this machine's architecture; None means that nobody looked, and
    then required packages are planned by name and optional ones are left out. `hold` names packages that must not go
    in; `also` those wanted beside the target; `owed` installed ones whose restart has not happened although no marker
    on the machine says so. Raises `NotServiceable` for a machine that this catalog is not for, `ServicingError` for an
    unknown target.
    """
    goal = check_target(target, catalog)
    beside = tuple(one for one in check_also(also, catalog) if one != goal)
    architecture = refuse_strangers(snapshot)
    judge = Judge(snapshot, catalog)
    choice = Choice(snapshot, catalog, judge, architecture, media, entitlement, check_hold(hold, catalog))
    choose(choice, goal, beside)
    steps = () if choice.unreachable else _steps(choice, look(snapshot, judge, catalog, owed))
    return Plan(
        target=goal,
        steps=steps,
        omitted=tuple(choice.omitted.values()),
        already=tuple(choice.already.values()),
        sentence=sentence(goal, beside, steps, choice.unreachable, "; ".join(choice.notes)),
        unreachable=choice.unreachable,
        also=beside,
    )


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


def _steps(choice: Choice, waiting: Waiting) -> tuple[Step, ...]:
    """Lay the chosen packages out in their order, with the restarts between them."""
    build = choice.snapshot["answers"]["os"].get("build")
    chosen = [choice.catalog.get(name) for name in choice.chosen]
    way = arrange(chosen, choice.needs, waiting, build)
    steps: list[Step] = []
    for place, one in enumerate(way):
        if isinstance(one, str):
            steps.append(RestartStep(one, foreign=place == 0 and waiting.foreign))
            build = max(build, waiting.build) if build and waiting.build else build
            continue
        media = (choice.media or {}).get(one.id)
        steps.append(InstallStep(one, choice.architecture, choice.chosen[one.id], media, why_final(one, build)))
        build = max(build, one.build) if build and one.build else build
    return tuple(steps)
