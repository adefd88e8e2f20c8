# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far a machine is up the servicing ladder (private to this collection).

SP2, servicing stack, SHA-2, restart, latest stack, licensing preparation, licence, rollup: the only order that works
(facts: servicing.md section 2). Each step is judged by what it leaves behind, and a KB list is only a hint.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import months
from .pending import Restart, judge_restart
from .probes import CODE_SIGNING
from .snapshot import Snapshot, registry_data, why_unknown
from .verdict import Verdict, data, has_update, parts, updates

_SHA2_VALUES = ("SHA2-Codesigning-Support", "SHA2-Core-Codesigning-Support")


class Done(enum.Enum):
    """The state of one step."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Rung(enum.Enum):
    """The steps, lowest first; a machine's rung is the last one without a gap below it."""

    NONE = "none"
    SERVICE_PACK = "service_pack_2"
    STACK = "servicing_stack"
    SHA2 = "sha2"
    RESTARTED = "restarted"
    LATEST_STACK = "latest_servicing_stack"
    PREPARATION = "licensing_preparation"
    LICENCE = "esu_licence"
    ROLLUP = "last_rollup"


_NAMES = {
    Rung.NONE: "nothing yet",
    Rung.SERVICE_PACK: "Service Pack 2",
    Rung.STACK: "the servicing stack that reads SHA-2",
    Rung.SHA2: "SHA-2 support",
    Rung.RESTARTED: "the restart",
    Rung.LATEST_STACK: "the last servicing stack",
    Rung.PREPARATION: "the licensing preparation",
    Rung.LICENCE: "the ESU licence",
    Rung.ROLLUP: "the last rollup",
}


@dataclass(frozen=True)
class Sha2(Verdict):
    """SHA-2 support: `supported` by the registry values and by KB4474419 v4; `package` is the issue found."""

    supported: bool | None
    package: str | None


@dataclass(frozen=True)
class Stack(Verdict):
    """The servicing stack: highest version, the update known to bring it, and whether it is new enough for SHA-2."""

    version: str | None
    kb: str | None
    sufficient: bool | None


@dataclass(frozen=True)
class Step(Verdict):
    """One step of the ladder."""

    rung: Rung
    done: Done


@dataclass(frozen=True)
class Ladder(Verdict):
    """All steps, the highest reached without a gap, and the next one (None at the top)."""

    rung: Rung
    next: Rung | None
    steps: tuple[Step, ...]


def judge_sha2(snapshot: Snapshot) -> Sha2:
    """Judge SHA-2 support by the two registry values, and by the issue of KB4474419 in the component store."""
    answers: Mapping[str, Any] = snapshot.get("answers", {})
    facts = data("ladder.yml")["sha2"]
    evidence: list[str] = []
    values = _sha2_values(snapshot, evidence)
    issues = [update for update in updates(answers) if update.kb == facts["kb"] and update.installed]
    newest = max((update.version for update in issues), key=parts, default=None)
    if newest:
        evidence.append(f"{facts['kb']} {newest} is installed")
    recent = newest is not None and parts(newest) >= parts(facts["version"])
    if recent and values is not False:
        return Sha2("SHA-2 signed updates are accepted.", tuple(evidence), (), True, newest)
    if values and newest is None:
        missing = () if "packages" in answers else (f"packages: {why_unknown(snapshot, 'packages')}",)
        sentence = f"SHA-2 signatures are understood; which issue of {facts['kb']} brought that is not known."
        return Sha2(sentence, tuple(evidence), missing, True, None)
    if newest and not recent:
        sentence = f"{facts['kb']} is there in an early issue ({newest}); {facts['version']} has to be there first."
        return Sha2(sentence, tuple(evidence), (), False, newest)
    if recent:
        sentence = f"{facts['kb']} is installed and not in force yet: restart."
        return Sha2(sentence, tuple(evidence), (), False, newest)
    if values is False and "packages" in answers:
        evidence.append(f"{facts['kb']} is not in the component store")
        return Sha2("No SHA-2 support: updates after July 2019 are refused.", tuple(evidence), (), False, None)
    if values is False:
        return Sha2("No SHA-2 support is registered.", tuple(evidence), (), False, None)
    if has_update(answers, facts["kb"]):
        return Sha2(f"{facts['kb']} is listed; its issue is not known.", (f"{facts['kb']} is listed",), (), True, None)
    reason = why_unknown(snapshot, f"registry:{CODE_SIGNING}")
    return Sha2("Whether SHA-2 signed updates are accepted is not known.", tuple(evidence), (reason,), None, None)


def judge_stack(snapshot: Snapshot) -> Stack:
    """Judge the servicing stack by the highest folder in ``servicing\\Version``, else by the updates that bring one."""
    answers: Mapping[str, Any] = snapshot.get("answers", {})
    known = data("ladder.yml")["stacks"]
    needed = next(stack for stack in known if stack["kb"] == "KB4493730")
    folders = answers.get("stack")
    if folders:
        highest = max(folders, key=parts)
        reached = [each for each in known if each["version"] and parts(highest) >= parts(each["version"])]
        exact = reached[-1] if reached and parts(reached[-1]["version"]) == parts(highest) else None
        enough = parts(highest) >= parts(needed["version"])
        named = f" ({exact['kb']} of {exact['month']})" if exact else ""
        verdict = "new enough for SHA-2" if enough else f"older than {needed['kb']}, which comes first"
        evidence = (f"highest folder in servicing\\Version: {highest}",)
        return Stack(
            f"The servicing stack is {highest}{named}, {verdict}.",
            evidence,
            (),
            highest,
            exact["kb"] if exact else None,
            enough,
        )
    listed = [each["kb"] for each in known if has_update(answers, each["kb"])]
    newer = [kb for kb in listed if kb != "KB955430"]
    reason = (f"stack: {why_unknown(snapshot, 'stack')}",)
    if newer:
        return Stack(
            f"The servicing stack is that of {newer[-1]} or later.",
            (f"{newer[-1]} is listed",),
            reason,
            None,
            newer[-1],
            True,
        )
    return Stack(
        "The version of the servicing stack is not known.", (), reason, None, listed[-1] if listed else None, None
    )


def judge_ladder(snapshot: Snapshot) -> Ladder:
    """Judge every step, and find the highest one that has no gap below it."""
    steps = tuple(_steps(snapshot))
    reached = Rung.NONE
    following: Step | None = None
    for step in steps:
        if step.done is not Done.YES:
            following = step
            break
        reached = step.rung
    evidence = tuple(text for step in steps for text in step.evidence)
    unknown = tuple(text for step in steps for text in step.unknown)
    if following is None:
        sentence = "At the last rollup there will ever be."
    elif following.done is Done.UNKNOWN:
        sentence = f"Reached: {_words(reached)}. Whether {_words(following.rung)} is there is not known."
    else:
        sentence = f"Reached: {_words(reached)}. Next: {_words(following.rung)}. {following.sentence}"
    return Ladder(sentence, evidence, unknown, reached, following.rung if following else None, steps)


def _steps(snapshot: Snapshot) -> list[Step]:
    answers: Mapping[str, Any] = snapshot.get("answers", {})
    facts = data("ladder.yml")
    sha2, stack, restart = judge_sha2(snapshot), judge_stack(snapshot), judge_restart(snapshot)
    return [
        _service_pack(snapshot, answers),
        _step(Rung.STACK, stack.sufficient, stack),
        _step(Rung.SHA2, sha2.supported, sha2),
        _step(Rung.RESTARTED, None if restart.pending is None else not restart.pending, restart),
        _latest_stack(stack, facts["stacks"], answers),
        _preparation(snapshot, answers, facts["licensing_preparation"]),
        _licence(snapshot, answers),
        _rollup(snapshot, answers, facts["last"]),
    ]


def _step(rung: Rung, done: bool | None, basis: Verdict | Restart) -> Step:
    state = Done.UNKNOWN if done is None else Done.YES if done else Done.NO
    return Step(basis.sentence, basis.evidence, basis.unknown, rung, state)


def _service_pack(snapshot: Snapshot, answers: Mapping[str, Any]) -> Step:
    version = (answers.get("os") or {}).get("version") or (snapshot.get("identity") or {}).get("os")
    if not version:
        return Step("The build is not known.", (), (why_unknown(snapshot, "os"),), Rung.SERVICE_PACK, Done.UNKNOWN)
    done = Done.YES if parts(version) >= (6, 0, 6002) else Done.NO
    sentence = "Service Pack 2 is installed." if done is Done.YES else "Service Pack 2 (KB948465) is missing."
    return Step(sentence, (f"version {version}",), (), Rung.SERVICE_PACK, done)


def _latest_stack(stack: Stack, known: list[dict[str, Any]], answers: Mapping[str, Any]) -> Step:
    latest = known[-1]
    if has_update(answers, latest["kb"]):
        return Step(f"{latest['kb']} is installed.", (f"{latest['kb']} is listed",), (), Rung.LATEST_STACK, Done.YES)
    numbered = [each for each in known if each["version"]][-1]
    if stack.version and parts(stack.version) > parts(numbered["version"]):
        sentence = f"The stack is newer than the last one whose number was published ({numbered['version']})."
        return Step(sentence, stack.evidence, (), Rung.LATEST_STACK, Done.UNKNOWN)
    done = Done.UNKNOWN if stack.version is None else Done.NO
    return Step(
        f"{latest['kb']} is the last known servicing stack.", stack.evidence, stack.unknown, Rung.LATEST_STACK, done
    )


def _preparation(snapshot: Snapshot, answers: Mapping[str, Any], packages: list[str]) -> Step:
    there = [kb for kb in packages if has_update(answers, kb)]
    if there:
        return Step(f"{there[-1]} is installed.", (f"{there[-1]} is listed",), (), Rung.PREPARATION, Done.YES)
    if "packages" in answers:
        sentence = f"No licensing preparation package ({', '.join(packages)}) is installed."
        return Step(sentence, (), (), Rung.PREPARATION, Done.NO)
    return Step("Not known.", (), (why_unknown(snapshot, "packages"),), Rung.PREPARATION, Done.UNKNOWN)


def _licence(snapshot: Snapshot, answers: Mapping[str, Any]) -> Step:
    rows = answers.get("licences")
    if rows is None:
        return Step("Not known.", (), (why_unknown(snapshot, "licences"),), Rung.LICENCE, Done.UNKNOWN)
    known = {one["id"]: one["title"] for one in data("entitlements.yml")["licences"] if one["grants"]}
    found = {str(row["id"]).lower(): row for row in rows}
    active = [known[one] for one, row in found.items() if one in known and row["status"] == 1 and row["partial_key"]]
    if active:
        return Step(
            "An entitlement is active.", tuple(f"licensed: {name}" for name in active), (), Rung.LICENCE, Done.YES
        )
    sentence = "No active entitlement to updates after January 2020 was found."
    return Step(sentence, (f"{len(rows)} ESU licence rows, none active",), (), Rung.LICENCE, Done.NO)


def _rollup(snapshot: Snapshot, answers: Mapping[str, Any], last: str) -> Step:
    month = months.judge(answers)
    newest = months.records()[-1]
    if month.month is None and month.unknown:
        return Step("Not known.", (), month.unknown, Rung.ROLLUP, Done.UNKNOWN)
    if month.month == newest["month"]:
        return Step(month.sentence, month.evidence, (), Rung.ROLLUP, Done.YES)
    return Step(
        f"{month.sentence} The last rollup is {last} ({newest['month']}).", month.evidence, (), Rung.ROLLUP, Done.NO
    )


def _sha2_values(snapshot: Snapshot, evidence: list[str]) -> bool | None:
    try:
        values = {name: registry_data(snapshot, CODE_SIGNING, name) for name in _SHA2_VALUES}
    except KeyError:
        return None
    evidence.extend(f"{CODE_SIGNING}: {name} is {'absent' if data is None else data}" for name, data in values.items())
    return all(isinstance(value, int) and value > 0 for value in values.values())


def _words(rung: Rung) -> str:
    return _NAMES[rung]
