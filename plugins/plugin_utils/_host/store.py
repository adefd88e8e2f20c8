# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the component store can be serviced, from what can be read without a tool (private to this collection).

NT 6.0 has no command that checks its component store; the System Update Readiness tool (KB947821) does, and has to be
installed for it. What shows without it: packages in a state that no package rests in, package files that are not there,
markers of work that broke off, and what the tool wrote down when it ran.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .package_state import PackageState, decode
from .pending import judge_restart
from .readers import CBS
from .snapshot import Snapshot, why_unknown
from .verdict import Verdict

READINESS = "KB947821"
_SHOWN = 5


class Store(enum.Enum):
    """How the component store looks; `HEALTHY` means that nothing contradicts it, never that it was checked."""

    HEALTHY = "healthy"
    DOUBTFUL = "doubtful"
    DAMAGED = "damaged"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class StoreVerdict(Verdict):
    """The component store: the verdict, what to do next (None where there is nothing to do), and what was `noted`.

    `noted` are facts that are no sign of damage and explain a later failure, such as packages that are only staged.
    """

    verdict: Store
    next_step: str | None
    noted: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Signs:
    damage: tuple[str, ...]
    doubt: tuple[str, ...]
    noted: tuple[str, ...]


def judge_store(snapshot: Snapshot) -> StoreVerdict:
    """Judge the component store; unknown where neither packages nor their files were captured."""
    answers: Mapping[str, Any] = snapshot.get("answers", {})
    unknown = tuple(
        f"{probe}: {why_unknown(snapshot, probe)}" for probe in ("packages", "store", "markers") if probe not in answers
    )
    if "packages" not in answers and "store" not in answers:
        return StoreVerdict("The component store was not looked into.", (), unknown, Store.UNKNOWN, None)
    waiting = bool(judge_restart(snapshot).servicing)
    files = answers.get("store") or {}
    signs = _Signs(
        tuple(_damage(files)),
        (
            *_doubt(files),
            *_broken_off(answers, waiting),
            *_leftovers(answers.get("markers") or {}),
            *_strays(files, waiting),
        ),
        tuple(_noted(answers)),
    )
    return _verdict(signs, unknown, waiting)


def _verdict(signs: _Signs, unknown: tuple[str, ...], waiting: bool) -> StoreVerdict:
    evidence = signs.damage + signs.doubt
    if signs.damage:
        return StoreVerdict(
            "The component store is damaged: an update can fail in it, or leave a machine that does not start.",
            evidence,
            unknown,
            Store.DAMAGED,
            f"Run the System Update Readiness tool ({READINESS} for this architecture), restart, and look again. What "
            "it cannot repair is put back from a machine of the same build, or the machine is restored.",
            signs.noted,
        )
    if signs.doubt:
        first = "Restart first. " if waiting else ""
        return StoreVerdict(
            "The component store looks as if some work in it broke off.",
            evidence,
            unknown,
            Store.DOUBTFUL,
            f"{first}Look for the packages named in %windir%\\Logs\\CBS\\CBS.log, and run the System Update Readiness "
            f"tool ({READINESS}) before the next update.",
            signs.noted,
        )
    return StoreVerdict(
        "Nothing that can be read without a tool speaks against the component store.",
        ("no package is in a state between two others, and no package file that was looked for is missing",)
        if not unknown
        else (),
        unknown,
        Store.HEALTHY,
        None,
        signs.noted,
    )


def _damage(files: Mapping[str, Any]) -> Iterator[str]:
    """Name packages whose files are gone. All of them at once are rather a folder that was read wrongly."""
    if 0 < files.get("missing_count", 0) < files.get("checked", 0):
        yield _lacking(files)


def _doubt(files: Mapping[str, Any]) -> Iterator[str]:
    """Name what may be damage. When the tool ran is not known: its log may be older than the repair."""
    if files.get("missing_count") and files["missing_count"] == files["checked"]:
        yield _lacking(files)
    found, fixed = files.get("check_found"), files.get("check_fixed")
    if found and found > (fixed or 0):
        yield f"CheckSUR.log: the last run, whenever that was, found {found} errors and repaired {fixed or 0}"


def _lacking(files: Mapping[str, Any]) -> str:
    return (
        f"{files['missing_count']} of {files['checked']} update packages lack their .mum or .cat in "
        f"servicing\\Packages: {_some(files['missing'], files['missing_count'])}"
    )


def _broken_off(answers: Mapping[str, Any], waiting: bool) -> Iterator[str]:
    """Name packages in a state that only lasts while something works; a restart that is owed explains all but one."""
    for package in answers.get("packages") or ():
        state = decode(package["state"])
        if state is PackageState.PARTIAL or (state.unfinished and not waiting):
            yield f"{CBS}\\Packages: {package['identity']} is {state.value} (CurrentState {package['state']:#x})"


def _leftovers(markers: Mapping[str, Any]) -> Iterator[str]:
    """Name markers that only make sense together with others that are not there."""
    others = ("cbs_reboot_pending", "cbs_packages_pending", "cbs_reboot_in_progress", "update_reboot_required")
    if markers.get("pending_xml") and not any(markers.get(name) for name in others):
        yield "WinSxS\\pending.xml is there, and no marker of the component store or of Windows Update is"
    if markers.get("cbs_reboot_in_progress"):
        yield f"{CBS}\\RebootInProgress exists while the machine answers: it configures updates still, or broke off"


def _strays(files: Mapping[str, Any], waiting: bool) -> Iterator[str]:
    if files.get("strays_count") and not waiting:
        yield (
            f"{files['strays_count']} update packages have files in servicing\\Packages and no entry in the component "
            f"store: {_some(files['strays'], files['strays_count'])}"
        )


def _noted(answers: Mapping[str, Any]) -> Iterator[str]:
    staged = [one["identity"] for one in answers.get("packages") or () if decode(one["state"]) is PackageState.STAGED]
    if staged:
        yield f"{len(staged)} update packages are staged and not installed: {_some(staged, len(staged))}"


def _some(names: list[str], count: int) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {count - _SHOWN} more" if count > _SHOWN else shown
