# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""In which order chosen packages go in, and where the restarts come (private to this collection).

Everything that may share a restart shares it. A round ends where the next package needs something that waits, where
a barrier went in, or where a package went in that nothing may lie on top of; so rollups come last in their round.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from .records import Kind, Package, Restart
from .waiting import CUMULATIVE, Waiting, alone, closes

_RANKS = {kind: rank for rank, kind in enumerate(Kind)}


@dataclass
class Round:
    """The packages since the last restart whose own restart is outstanding."""

    waiting: list[Package] = field(default_factory=list)
    closed: bool = False


def arrange(
    chosen: Sequence[Package], needs: Mapping[str, Collection[str]], waiting: Waiting, build: int | None
) -> list[Package | str]:
    """Return packages and, for a restart, its reason.

    `needs` names for each package the others, chosen or waiting, that must be in force before it; `build` is the one
    that runs.
    """
    now = Round(list(waiting.packages), closed=bool(waiting.first))
    way: list[Package | str] = []
    after = waiting.build  # what runs after the next restart
    if waiting.first:
        way.append(waiting.first)
        now, build = Round(), after
    rest = sorted(chosen, key=_rank)
    while rest:
        following = next((one for one in rest if _may_go(one, rest, needs, now)), None)
        if following is None:
            if not now.waiting:
                raise AssertionError(f"the records of {', '.join(one.id for one in rest)} wait for each other")
            way.append(_reason(now.waiting, rest, needs))
            now, build = Round(), after
            continue
        rest.remove(following)
        way.append(following)
        after = max(after, following.build) if after and following.build else after
        if following.restart.demanded:
            now.waiting.append(following)
        now.closed = now.closed or (following.restart.demanded and closes(following, build))
    if now.waiting:
        way.append(_reason(now.waiting, [], needs))
    return way


def _rank(package: Package) -> tuple[bool, bool, int, str]:
    """Barriers and stacks first, rollups last, the rest as the ladder has the kinds and the calendar the months."""
    return package.kind in CUMULATIVE, not alone(package), _RANKS[package.kind], package.month or ""


def _may_go(package: Package, rest: Sequence[Package], needs: Mapping[str, Collection[str]], now: Round) -> bool:
    if any(one.id in needs.get(package.id, ()) for one in rest):
        return False
    if not now.waiting:
        return True
    return not (now.closed or alone(package) or any(one.id in needs.get(package.id, ()) for one in now.waiting))


def _reason(waiting: Sequence[Package], rest: Sequence[Package], needs: Mapping[str, Collection[str]]) -> str:
    names = [one.id for one in waiting]
    text = f"{_listed(names)} {'takes' if len(names) == 1 else 'take'} effect only with a restart"
    if any(one.kind is Kind.SHA2 for one in waiting):
        return f"{text}, and no SHA-2 package may come before it"
    wanting = next((one.id for one in rest if set(needs.get(one.id, ())) & set(names)), None)
    if wanting:
        return f"{text}, and {wanting} needs that"
    if rest and any(one.restart is Restart.BARRIER for one in waiting):
        return f"{text}, and nothing else goes in before it"
    return text


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
