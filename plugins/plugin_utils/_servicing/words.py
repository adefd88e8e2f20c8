# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sentences of the installing engine (private to this collection): what was seen, why that may be, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import ServicingError
from .job import JobState
from .plan import InstallStep, Step
from .records import Package
from .results import explain, spell
from .standing import Standing

_MEGABYTE = 1024 * 1024


def clock(seconds: float) -> str:
    """Write a duration as ``h:mm:ss``."""
    whole = max(0, int(seconds))
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def step(one: Step) -> str:
    """Write a step of a plan in one line."""
    if isinstance(one, InstallStep):
        return f"install {one.package.id} ({one.package.title}): {one.reason}"
    return f"restart: {one.reason}"


def refuse_small_disk(snapshot: Mapping[str, Any], need: int) -> None:
    """Raise `ServicingError` when the system drive lacks `need` bytes; an unknown disk is not judged."""
    disk = (snapshot.get("answers") or {}).get("disk") or {}
    free = disk.get("free")
    if free is not None and free < need:
        raise ServicingError(
            f"drive {disk.get('drive') or 'of the system'} has {free // _MEGABYTE} MB free, and unpacking and "
            f"installing needs about {need // _MEGABYTE} MB; free some space first. Nothing was sent to the machine"
        )


def reverted(standing: Standing) -> str:
    """Say that a package which had gone in is gone after the restart."""
    return (
        f"{standing.package} was installed, and Windows took it back at the restart ({standing.evidence}). "
        "A package of 2020-02 or later does that without an active licence for Extended Security Updates; otherwise "
        "the reason is in %windir%\\Logs\\CBS\\CBS.log on the machine, near 'revert'"
    )


def silent(package: str, folder: str, seconds: float, error: str) -> str:
    """Say that the machine stopped answering."""
    return (
        f"{package}: the machine has not answered for {clock(seconds)} ({error}). The job goes on there without us and "
        f"writes to {folder}; run this again to continue when the machine answers"
    )


def never_started(package: str, folder: str) -> str:
    """Say that the scheduler took the task and nothing happened."""
    return (
        f"{package}: the task scheduler took the job and did not start it: {folder} has no state file. "
        "Look at the task's last result with schtasks /query /v on the machine, and whether its Schedule service runs"
    )


def too_long(package: str, folder: str, seconds: float, state: JobState | None) -> str:
    """Say that waiting ended before the job did."""
    phase = state.phase if state else None
    return (
        f"{package}: the job is not done after {clock(seconds)} (phase {phase or 'not begun'}). It was not stopped and "
        f"writes to {folder}; run this again to go on waiting, or give it more time with job_timeout"
    )


def dies(package: str, times: int) -> str:
    """Say that a package's job never came to its end."""
    return (
        f"{package}: its job died {times} times before it was done. Something ends it on the machine (a restart, "
        "a security product, a person); its logs are in the job's folder below %ProgramData%\\sunset.ws2008\\jobs"
    )


def failed(package: Package, folder: str, state: JobState, standing: Standing, share: str | None) -> str:
    """Say why a package did not go in, as far as the job's codes tell."""
    return f"{package.id} is not installed ({standing.evidence}): {_cause(folder, state, share)}"


def _cause(folder: str, state: JobState, share: str | None) -> str:
    codes = state.codes
    if codes.get("fetch"):
        return (
            f"the machine could not copy it from {share} (code {spell(codes['fetch'])}). SYSTEM goes there with the "
            "machine's own account: let that read the share, or send the package from here (source: controller)"
        )
    if codes.get("verify"):
        return "the package on the machine is not the file that was checked here (its SHA-1 differs); run this again"
    if codes.get("expand"):
        return (
            f"expand.exe could not unpack it (code {spell(codes['expand'])}), mostly because the disk is full or "
            f"the file is damaged; its words are in {folder}\\expand.log"
        )
    if "install" not in codes:
        return f"the job ended in its phase {state.phase or 'before the first'}; its folder is {folder}"
    meaning = explain(codes["install"])
    if meaning.kind == "failure":
        return f"the installer ended in {meaning.sentence}"
    return (
        f"the installer ended in {spell(codes['install'])} ({meaning.meaning}), but the component store does not have "
        "it. That is how a package ends that does not apply to the machine: a missing prerequisite, another edition, "
        "or a newer package in its place"
    )


def record(package: Package, state: JobState, standing: Standing, seconds: float) -> dict[str, object]:
    """Return what a result keeps of a package that went in."""
    return {
        "package": package.id,
        "title": package.title,
        "state": standing.state.value,
        "evidence": standing.evidence,
        "codes": dict(state.codes),
        "verified": not state.unverified,
        "seconds": round(seconds),
    }
