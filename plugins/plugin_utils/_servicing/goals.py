# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each target asks of a machine (private to this collection): its packages, in the order of the wanting."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from . import surroundings
from .choice import Blocked, Choice, Goal, Needless, NotToBeHad
from .records import Kind, Need, Package
from .standing import Standing, State

_STACKS_FIRST = "a newer servicing stack is at hand, and stacks go in before the packages that they install"
_BUILD = 6003
# What these are made of depends on what else goes in: a newer stack on SHA-2 support, the build on any package of it.
_LAST = (Goal.SERVICING_STACK.value, Goal.BUILD_6003.value)


def choose(choice: Choice, target: str, also: Sequence[str]) -> None:
    """Fill a choice with what a target and the packages beside it need; the first obstacle makes it unreachable."""
    known = {goal.value: goal for goal in Goal}
    numbers = {*also} if target in known else {target, *also}
    try:
        if target in _LAST:
            _beside(choice, numbers)
        if target in known:
            _GOALS[known[target]](choice)
        _beside(choice, numbers)
    except Blocked as blocked:
        choice.unreachable = str(blocked)
        return
    choice.drop_replaced()


def _beside(choice: Choice, numbers: Collection[str]) -> None:
    """Want packages by number, in the order of their kinds: Internet Explorer comes before its updates."""
    for package in choice.catalog:
        if package.id in numbers and package.id not in choice.chosen:
            _number(choice, package.id)


def _number(choice: Choice, name: str) -> None:
    """Want one package by its number; one that does not concern the machine is left out with the reason."""
    package = choice.catalog.get(name)
    later = choice.succession.newer(package)
    try:
        choice.want(package, "asked for by number", by_name=True)
    except Needless as reason:
        choice.leave_out(package, str(reason))
        choice.notes.append(str(reason))
        return
    except Blocked as blocked:
        choice.leave_out(package, str(blocked))
        raise
    if package.id in choice.already and choice.already[package.id].by:
        choice.notes.append(f"{package.id} is {choice.already[package.id].evidence}")
    choice.explain_later(later, None, f"newer than {package.id} and in its place, and not what was asked for")


def _must(choice: Choice, package: Package, why: str) -> None:
    try:
        choice.want(package, why)
    except (Blocked, Needless) as reason:
        choice.leave_out(package, str(reason))
        raise Blocked(str(reason)) from None


def _servicing_stack(choice: Choice) -> None:
    _must(choice, _first_stack(choice), "the stack that reads SHA-2 packages")
    newest = _stack_at_hand(choice)
    if newest is None:
        return
    if all(choice.there(one) or one.id in choice.chosen for one in _sha2(choice)):
        _optional(choice, newest)
    else:
        choice.leave_out(newest, "needs SHA-2 support, which this target does not include; run the sha2 step first")


def _sha2_support(choice: Choice) -> None:
    for one in _sha2(choice):
        _must(choice, one, "SHA-2 support is the target")


def _esu_preparation(choice: Choice) -> None:
    issue = choice.preparation()
    if issue is None:
        raise Blocked(f"no licensing preparation package exists for {choice.architecture.value}")
    newer_stack(choice)
    try:
        choice.want(issue, "the licence can be read and put in only with it", by_name=True)
    except Blocked as blocked:
        choice.leave_out(issue, str(blocked))
        raise
    choice.explain_later(choice.succession.newer(issue), None, f"newer than {issue.id}, and its file is not at hand")


def _build_6003(choice: Choice) -> None:
    """Any rollup from April 2019 on makes build 6003; the newest at hand brings most for one restart."""
    system = choice.snapshot["answers"]["os"]
    if system.get("build") == _BUILD:
        evidence = f"Win32_OperatingSystem says {system['version']}"
        choice.already["build 6003"] = Standing("build 6003", State.INSTALLED, evidence)
        return
    done = [one for one in choice.catalog if one.build == _BUILD and choice.there(one)]
    if done:
        choice.already[done[-1].id] = choice.judge.standing(done[-1])
        return
    if any(choice.catalog.get(name).build == _BUILD for name in choice.chosen):
        return
    makers = [one for one in _rollups(choice) if one.build == _BUILD and choice.entitlement.covers(one.need)]
    public = [one for one in makers if one.need is Need.NONE]
    free = [one for one in public if one.id not in choice.held] or public
    at_hand = [one for one in makers if choice.at_hand(one) and one.id not in choice.held]
    why = "it makes the build 6003 like every rollup from April 2019 on"
    best = _best(choice, at_hand or free, f"the newest public rollup{' at hand' if at_hand else ''}: {why}")
    left = "every rollup from April 2019 on makes the build 6003; this one's file is not at hand"
    choice.explain_later(public, best, left)


def _last_public(choice: Choice) -> None:
    newer_stack(choice)
    rollups = _rollups(choice)
    last = _newest(choice, [one for one in rollups if one.need is Need.NONE])
    _must(choice, last, "the last rollup that needs no entitlement")
    choice.explain_later(rollups, last, "needs an entitlement, and the target is the last public rollup")
    _mention_products(choice)


def _latest(choice: Choice) -> None:
    newer_stack(choice)
    rollups = _rollups(choice)
    covered = [one for one in rollups if choice.entitlement.covers(one.need)]
    best = _best(choice, covered, "the newest rollup that this machine is entitled to")
    choice.explain_later(rollups, best, f"newer than {best.id}")
    for one in choice.catalog.of_kind(Kind.ESU_PREPARATION):
        if choice.available(one) and not choice.there(one) and not choice.entitlement.covers(one.need):
            choice.leave_out(one, f"of no use without a licence; {choice.entitlement.basis}")
    _mention_products(choice)


_GOALS: Mapping[Goal, Callable[[Choice], None]] = {
    Goal.SERVICING_STACK: _servicing_stack,
    Goal.SHA2: _sha2_support,
    Goal.BUILD_6003: _build_6003,
    Goal.LAST_PUBLIC: _last_public,
    Goal.ESU_PREPARATION: _esu_preparation,
    Goal.LATEST: _latest,
}


# -- packages of the ladder -----------------------------------------------------------------------


def _best(choice: Choice, rollups: Sequence[Package], why: str) -> Package:
    """Choose the newest; where a file that it builds on is not to be had at all, the newest that can do without.

    A hold is no reason to take an older one: it makes the target unreachable, and the operator decides.
    """
    rest = list(rollups)
    reason = ""
    while rest:
        newest = _newest(choice, rest)
        try:
            choice.want(newest, why + reason)
            return newest
        except NotToBeHad as missing:
            choice.leave_out(newest, str(missing))
            reason = reason or f", as far as it goes without what is not to be had: {missing}"
            rest.remove(newest)
        except (Blocked, Needless) as blocked:
            choice.leave_out(newest, str(blocked))
            raise Blocked(str(blocked)) from None
    raise Blocked(f"no rollup for {choice.architecture.value} can go in{reason}")


def _newest(choice: Choice, packages: Sequence[Package]) -> Package:
    newest = choice.newest(packages)
    if newest is None:
        raise Blocked(f"the catalog has no rollup for {choice.architecture.value}")
    return newest


def _rollups(choice: Choice) -> list[Package]:
    return [one for one in choice.succession.rollups if choice.available(one) and not one.not_planned]


def _first_stack(choice: Choice) -> Package:
    return next(one for one in choice.catalog.of_kind(Kind.SERVICING_STACK) if not one.optional)


def _sha2(choice: Choice) -> list[Package]:
    """Return SHA-2 support in the issue that later packages count on; earlier ones are there to be recognised."""
    return [one for one in choice.catalog.of_kind(Kind.SHA2) if one.package_version and not one.not_planned]


def _stacks(choice: Choice) -> list[Package]:
    return [one for one in choice.catalog.of_kind(Kind.SERVICING_STACK) if one.optional and choice.available(one)]


def newer_stack(choice: Choice) -> None:
    """Want the newest optional stack at hand, and say which newer ones are left out."""
    newest = _stack_at_hand(choice)
    if newest:
        _optional(choice, newest)


def _stack_at_hand(choice: Choice) -> Package | None:
    stacks = _stacks(choice)
    usable = [one for one in stacks if not choice.obstacle(one) and (choice.at_hand(one) or choice.there(one))]
    newest = choice.newest(usable)
    looked = "its file is not in the media folder" if choice.media is not None else "no media folder was looked into"
    choice.explain_later(stacks, newest, f"optional: {looked}")
    return newest


def _optional(choice: Choice, package: Package) -> None:
    """Want a package that the target can do without: an obstacle leaves it out, and no more."""
    try:
        choice.want(package, _STACKS_FIRST)
    except (Blocked, Needless) as reason:
        choice.leave_out(package, str(reason))


def _mention_products(choice: Choice) -> None:
    """Say of the newest updates for the .NET Framework that they are no part of a rollup, where the machine has it."""
    for one in choice.catalog.of_kind(Kind.DOTNET):
        if one.only_where.dotnet and choice.entitlement.covers(one.need) and not choice.there(one):
            fit = surroundings.judge(one.only_where, choice.snapshot)
            if fit.concerned:
                choice.leave_out(one, choice.obstacle(one) or "no part of a rollup; name it in `also` to have it")
