# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which build a machine is at: running, registered, on disk (private to this collection).

Three numbers are read apart and compared, because between an installation and its restart they differ, and in
which order Windows writes them on NT 6.0 was not found (facts: servicing.md section 1, "In-between machines").
The folder in ``servicing\\Version`` is no evidence: a 6002 machine with a new servicing stack shows 6.0.6003 there.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import months
from .lifecycle import judge_family
from .pending import judge_restart
from .probes import CURRENT_VERSION
from .snapshot import Snapshot, registry_data, why_unknown
from .verdict import Verdict, file_version, parts

WHAT_6003_IS = (
    "6003 is no new service pack and no new Windows: it is Service Pack 2 with a build number one higher, because the "
    "revision counter of 6002 was nine short of its end in spring 2019; `ver`, WMI and file versions show it, and "
    "software that only knows 6002 has to learn it."
)


class Build(enum.Enum):
    """Where a machine stands between 6001 and 6003."""

    RTM_6001 = "rtm_6001"
    CLEAN_6002 = "clean_6002"
    PENDING_6003 = "pending_6003"
    CLEAN_6003 = "clean_6003"
    MIXED = "mixed"
    NOT_2008 = "not_2008"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class BuildVerdict(Verdict):
    """The build. `running`, `registered`, `on_disk` and `stack` are version texts, None where unknown.

    `revision` is the last number of the kernel file; `month` the newest monthly rollup that file versions prove, as
    ``2020-01``, None before the first one (2018-09).
    """

    verdict: Build
    running: str | None
    registered: str | None
    on_disk: str | None
    revision: int | None
    month: str | None
    stack: str | None


@dataclass(frozen=True)
class _Numbers:
    running: str | None
    registered: str | None
    on_disk: str | None
    evidence: tuple[str, ...]
    unknown: tuple[str, ...]

    def builds(self) -> list[int]:
        """The build numbers that are known, the running one first."""
        return [parts(text)[2] for text in (self.running, self.registered, self.on_disk) if text]


def judge_build(snapshot: Snapshot) -> BuildVerdict:
    """Judge which build a machine is at, from what was captured of the three numbers and the pending markers."""
    answers: Mapping[str, Any] = snapshot.get("answers", {})
    numbers = _numbers(snapshot, answers)
    family = judge_family(snapshot)
    restart = judge_restart(snapshot)
    verdict = _verdict(numbers, family.key, restart.servicing)
    month = months.judge(answers) if verdict not in (Build.NOT_2008, Build.UNKNOWN) else months.NONE
    stacks = answers.get("stack") or []
    evidence = [*numbers.evidence, *month.evidence]
    if stacks:
        evidence.append(f"highest folder in servicing\\Version: {stacks[-1]}")
    if verdict in (Build.PENDING_6003, Build.MIXED):
        evidence.extend(restart.evidence)
    sentence = _sentence(verdict, numbers, restart.servicing)
    if verdict is Build.NOT_2008 or (verdict is Build.UNKNOWN and numbers.running):
        sentence = family.sentence
    return BuildVerdict(
        " ".join(text for text in (sentence, month.sentence, _doubt(verdict, numbers)) if text),
        tuple(evidence) or family.evidence,
        (*numbers.unknown, *month.unknown),
        verdict,
        numbers.running,
        numbers.registered,
        numbers.on_disk,
        parts(numbers.on_disk)[3] if numbers.on_disk else None,
        month.month,
        stacks[-1] if stacks else None,
    )


def _numbers(snapshot: Snapshot, answers: Mapping[str, Any]) -> _Numbers:
    evidence: list[str] = []
    unknown: list[str] = []
    running = (answers.get("os") or {}).get("version")
    source = "Win32_OperatingSystem.Version"
    if not running:
        running, source = (snapshot.get("identity") or {}).get("os"), "WS-Man Identify"
    if running:
        evidence.append(f"running: {running} ({source})")
    else:
        unknown.append(f"the running build: {why_unknown(snapshot, 'os')}")
    registered = _registered(snapshot, evidence, unknown)
    asked, on_disk = file_version(answers, "ntoskrnl.exe")
    if on_disk and len(parts(on_disk)) == 4:
        evidence.append(f"on disk: ntoskrnl.exe {on_disk}")
    else:
        on_disk = None
        unknown.append(
            f"the kernel on disk: {'ntoskrnl.exe was not found' if asked else why_unknown(snapshot, 'files')}"
        )
    return _Numbers(running, registered, on_disk, tuple(evidence), tuple(unknown))


def _registered(snapshot: Snapshot, evidence: list[str], unknown: list[str]) -> str | None:
    try:
        number = registry_data(snapshot, CURRENT_VERSION, "CurrentBuildNumber")
        version = registry_data(snapshot, CURRENT_VERSION, "CurrentVersion")
        label = registry_data(snapshot, CURRENT_VERSION, "BuildLabEx")
    except KeyError:
        reason = why_unknown(snapshot, f"registry:{CURRENT_VERSION}")
        if "registry" in snapshot.get("unknown", {}):
            reason = why_unknown(snapshot, "registry")
        unknown.append(f"the registered build: {reason}")
        return None
    if not number or not str(number).isdigit():
        unknown.append("the registered build: CurrentBuildNumber is not in the registry")
        return None
    evidence.append(f"registered: CurrentBuildNumber {number}" + (f", BuildLabEx {label}" if label else ""))
    return f"{version or '6.0'}.{number}"


def _verdict(numbers: _Numbers, family: str | None, pending: bool | None) -> Build:
    if numbers.running is None:
        return Build.UNKNOWN
    if family != "server_2008":
        return Build.UNKNOWN if family is None and numbers.running.startswith("6.0.") else Build.NOT_2008
    builds = numbers.builds()
    if len(set(builds)) == 1:
        return {6001: Build.RTM_6001, 6002: Build.CLEAN_6002, 6003: Build.CLEAN_6003}[builds[0]]
    if builds[0] == 6002 and max(builds) == 6003 and min(builds) == 6002:
        on_disk = parts(numbers.on_disk)[2] if numbers.on_disk else None
        if pending or (pending is None and on_disk == 6003):
            return Build.PENDING_6003
    return Build.MIXED


def _sentence(verdict: Build, numbers: _Numbers, pending: bool | None) -> str:
    running = parts(numbers.running)[2] if numbers.running else None
    if verdict is Build.RTM_6001:
        return "The first release (6001); Service Pack 2 is the first step."
    if verdict is Build.CLEAN_6002:
        return "Service Pack 2 at its original build number, 6002."
    if verdict is Build.CLEAN_6003:
        return f"Service Pack 2 at build 6003. {WHAT_6003_IS}"
    if verdict is Build.PENDING_6003:
        return f"The update to 6003 waits for its restart; the kernel that runs is still 6002. {WHAT_6003_IS}"
    if verdict is Build.MIXED:
        seen = (
            f"running {running}, registered {numbers.registered or 'unknown'}, on disk {numbers.on_disk or 'unknown'}"
        )
        advice = (
            "restart it and look again" if pending is False else "look at the component store log before any change"
        )
        return f"The build numbers contradict each other ({seen}): {advice}."
    return "The build could not be established."


def _doubt(verdict: Build, numbers: _Numbers) -> str:
    """Say what a clean verdict was reached without."""
    if verdict not in (Build.RTM_6001, Build.CLEAN_6002, Build.CLEAN_6003):
        return ""
    missing = [
        name
        for name, value in (("the registered build", numbers.registered), ("the kernel on disk", numbers.on_disk))
        if value is None
    ]
    if not missing:
        return ""
    waiting = "; an update that waits for its restart would not show" if verdict is Build.CLEAN_6002 else ""
    return f"Judged by the running build alone, without {' and '.join(missing)}{waiting}."
