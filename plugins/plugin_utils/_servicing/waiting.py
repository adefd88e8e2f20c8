# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What waits for a restart before a plan begins, and whether anything may go in before it (private to this collection).

Several packages may share one restart. That holds for packages of this catalog that merely have to be configured at
the next start; it does not hold for a barrier, for a package on its way out, nor for a mark that nobody accounts for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from .._host.pending import judge_restart
from . import versions
from .catalog import Catalog
from .records import Kind, Package, Restart
from .standing import Judge, State

_KERNEL = "%windir%\\system32\\ntoskrnl.exe"
# Marks that servicing itself sets for every package that waits; any other one has another cause.
_MARKS_OF_PACKAGES = frozenset({"cbs_reboot_pending", "cbs_packages_pending", "pending_xml", "file_renames"})
_IDLE = (None, 0, 0xFFFFFFFF)
_BUILD = 6003
_HALF = (State.PENDING, State.LEAVING)
EXCLUSIVE = frozenset({Kind.SERVICE_PACK, Kind.SERVICING_STACK})
CUMULATIVE = frozenset({Kind.MONTHLY_ROLLUP, Kind.PREVIEW_ROLLUP})


@dataclass(frozen=True)
class Waiting:
    """What waits. `first` says why the restart must come before anything else, empty when more may go in before it.

    `foreign`: nothing of the catalog accounts for the restart. `build` is what the machine runs after its next restart.
    """

    packages: tuple[Package, ...] = ()
    first: str = ""
    foreign: bool = False
    build: int | None = None


def alone(package: Package) -> bool:
    """Say whether a package goes in only while nothing waits: service packs, stacks, and whatever is a barrier."""
    return package.kind in EXCLUSIVE or package.restart is Restart.BARRIER


def closes(package: Package, build: int | None) -> bool:
    """Say whether nothing goes on top of a package before its restart.

    Inferred, and on the safe side: a rollup replaces parts of everything, and a package that brings another build
    leaves a kernel on the disk that does not run yet.
    """
    brings = package.build is not None and build is not None and package.build > build
    return alone(package) or package.kind in CUMULATIVE or brings


def look(snapshot: Mapping[str, Any], judge: Judge, catalog: Catalog, owed: Collection[str]) -> Waiting:
    """Find out what waits. `owed` names installed packages whose restart has not happened although no mark says so."""
    answers = snapshot.get("answers") or {}
    in_store = set(judge.waiting_in_store())
    ours = {name for name in in_store if name in catalog and judge.standing(catalog.get(name)).state in _HALF}
    known = sorted(ours | {one for one in owed if one in catalog})
    packages = tuple(catalog.get(name) for name in known)
    build = (answers.get("os") or {}).get("build")
    strange = sorted(in_store - ours)
    marks = _unexplained(answers, bool(known))
    kernel = _newer_kernel(judge, build)
    after = (
        max([build, *(one.build for one in packages if one.build), *([_BUILD] if kernel else [])]) if build else None
    )
    leaving = [one.id for one in packages if judge.standing(one).state is State.LEAVING]
    names = [*known, *strange]
    if names and (leaving or strange or marks or any(closes(one, build) for one in packages)):
        return Waiting(packages, _names(names), foreign=not known, build=after)
    if names or not (marks or kernel):
        return Waiting(packages, build=after)
    if marks:
        evidence = "; ".join(judge_restart(dict(snapshot)).evidence)
        text = f"a restart is pending already ({evidence}), and nothing installs before that restart"
        return Waiting((), text, foreign=True, build=after)
    return Waiting((), kernel, build=after)


def _names(names: list[str]) -> str:
    return (
        f"{', '.join(names)} {'waits' if len(names) == 1 else 'wait'} for a restart, "
        "and nothing installs before that restart"
    )


def _unexplained(answers: Mapping[str, Any], named: bool) -> bool:
    """Say whether a mark of a restart is set that the packages known to wait do not account for."""
    markers = answers.get("markers") or {}
    set_ = {name for name, value in markers.items() if value and name not in ("execute_state", "file_renames")}
    busy = markers.get("execute_state") not in _IDLE
    return busy or bool(set_ - _MARKS_OF_PACKAGES if named else set_)


def _newer_kernel(judge: Judge, build: int | None) -> str:
    """Say that the kernel of build 6003 lies on the disk while an older one runs and nothing is marked; else empty.

    Seen between an installation and its restart (facts: servicing.md section 1, in-between machines).
    """
    found = judge.file(_KERNEL)
    parts = versions.parse(found) if found else ()
    if parts[:3] != (6, 0, _BUILD) or not build or build >= _BUILD:
        return ""
    return (
        f"the kernel on the disk is {found} and the one that runs is of build {build}: it takes effect with a restart"
    )
