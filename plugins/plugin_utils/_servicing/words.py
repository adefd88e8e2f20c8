# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sentences of the installing engine (private to this collection): what was seen, why that may be, what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .job import JobState
from .known_bad import Risk
from .records import Kind, Package
from .results import explain, spell
from .standing import Standing
from .steps import InstallStep, Step


def clock(seconds: float) -> str:
    """Write a duration as ``h:mm:ss``."""
    whole = max(0, int(seconds))
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def step(one: Step) -> str:
    """Write a step of a plan in one line."""
    if isinstance(one, InstallStep):
        return f"install {one.package.id} ({one.package.title}): {one.reason}"
    return f"restart: {one.reason}"


def reverted(standing: Standing) -> str:
    """Say that a package which had gone in is gone after the restart."""
    return (
        f"{standing.package} was installed, and Windows took it back at the restart ({standing.evidence}). "
        "A package of 2020-02 or later does that without an active licence for Extended Security Updates; otherwise "
        "the reason is in %windir%\\Logs\\CBS\\CBS.log on the machine, near 'revert'"
    )


def unknown(standing: Standing, folder: str) -> str:
    """Say that the machine does not tell whether a package went in."""
    return (
        f"{standing.package}: its job has ended, and the machine does not tell whether it went in "
        f"({standing.evidence}). Nothing was cleaned up; run this again, which looks again and goes on from {folder}"
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


def failed(package: Package, folder: str, state: JobState, standing: Standing) -> str:
    """Say why a package did not go in, as far as the job's codes tell."""
    return f"{package.id} is not installed ({standing.evidence}): {_cause(folder, state)}"


def _cause(folder: str, state: JobState) -> str:
    codes = state.codes
    if codes.get("fetch"):
        return "the package that the machine had fetched is not in its place any more; run this again"
    if codes.get("verify"):
        return "the package on the machine is not the file that was checked here (its SHA-1 differs); run this again"
    if codes.get("expand"):
        return (
            f"expand.exe could not unpack it (code {spell(codes['expand'])}), mostly because the disk is full or "
            f"the file is damaged; its words are in {folder}\\expand.log"
        )
    if "install" not in codes:
        return f"the job ended in its phase {state.phase or 'before the first'}; its folder is {folder}"
    meaning, tried = explain(codes["install"]), again(state)
    if meaning.kind == "failure":
        return f"the installer ended in {meaning.sentence}{tried}"
    return (
        f"the installer ended in {spell(codes['install'])} ({meaning.meaning}), but the component store does not have "
        "it. That is how a package ends that does not apply to the machine: a missing prerequisite, another edition, "
        "or a newer package in its place"
    )


def which(state: JobState) -> str:
    """Say which package a job that fetches is at."""
    return f" {state.package}" if state.package else ""


def again(state: JobState) -> str:
    """Say how often an installer was started again."""
    if not state.retried:
        return ""
    return f" (tried {len(state.retried) + 1} times, as {spell(state.retried[0])} comes and goes)"


def not_fetched(package: str, source: str, size: int | None, codes: Mapping[str, int], log: str) -> str:
    """Say why the machine did not get a package; nothing is installed then."""
    said = f"; it said: {log}" if log else ""
    if "size" in codes:
        why = f"what came has {codes['size']} bytes and not {size}: another file, a web server's error page, or a part"
    elif codes.get("verify"):
        why = "what came is not the file that it should be: its SHA-1 differs. Put the right file there"
    elif "://" in source:
        meaning = explain(codes["fetch"]).meaning
        why = f"neither bitsadmin nor certutil got it (code {spell(codes['fetch'])}: {meaning}{said})"
    else:
        why = f"copy ended in {spell(codes['fetch'])}{said}"
    hint = (
        "SYSTEM goes there with the proxy of the machine (netsh winhttp show proxy) and without a password"
        if "://" in source
        else "SYSTEM goes there with the machine's own account: let that read the share and its folder"
    )
    return (
        f"{package}: the machine could not get it from {source}: {why}. {hint}; or send the packages from here "
        "(source: controller). Nothing was installed"
    )


def unhashed(packages: Sequence[str], risk: str) -> str:
    """Say that nobody could compare what the machine fetched."""
    return (
        f"the machine fetched {', '.join(packages)}, and its certutil cannot compute a hash, so nothing shows that "
        "these are the right files. They were deleted. Send the packages from here (source: controller), which checks "
        f"them on their way, or accept it with accept_risks: [{risk}]; then only Windows' own signature check stands. "
        "Nothing was installed"
    )


def known_bad(stops: Sequence[Risk]) -> str:
    """Say which known trouble stops the run, and how to go on in spite of it."""
    ids = ", ".join(one.id for one in stops)
    return f"{' '.join(one.text for one in stops)} Nothing was changed. To install all the same: accept_risks: [{ids}]"


def window_closes(one: Step, needs: float, left: float) -> str:
    """Say that a step is not begun any more."""
    time = f"{clock(left)} are left" if left > 0 else "it is over"
    return f"the maintenance window closes: the next step ({step(one)}) may take {clock(needs)}, and {time}"


def undo(package: Package, snapshot: Mapping[str, Any]) -> str:
    """Return the command that removes a package, or why nothing does."""
    if package.kind in (Kind.SERVICE_PACK, Kind.SERVICING_STACK, Kind.SHA2):
        return "none: Windows cannot take it out, or cannot start without it any more"
    pattern = re.compile(rf"Package_for_{package.id}~", re.I)
    stored = (snapshot.get("answers") or {}).get("packages") or []
    names = [str(one["identity"]) for one in stored if pattern.match(str(one["identity"]))]
    if not names:
        return "not known: the component store does not name it"
    return f"start /w pkgmgr /up:{max(names)} /quiet /norestart"


def record(
    package: Package, state: JobState, standing: Standing, seconds: float, phases: Mapping[str, int]
) -> dict[str, object]:
    """Return what a result keeps of a package that went in."""
    return {
        "package": package.id,
        "title": package.title,
        "state": standing.state.value,
        "evidence": standing.evidence,
        "codes": dict(state.codes),
        "retried": list(state.retried),
        "verified": not state.unverified,
        "seconds": round(seconds),
        "phases": dict(phases),
    }
