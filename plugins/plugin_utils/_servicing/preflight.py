# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stops a run before anything is changed (private to this collection), each with a sentence that says what to do.

The judgements are pure: a snapshot, the plan's packages, rows of the process list. Those that the operator may know
better carry an id for `accept_risks`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from .._host.pending import judge_restart
from .._host.store import Store, StoreVerdict
from .._target.session import WmiRow
from . import known_bad
from .errors import ServicingError
from .media import MediaFile
from .records import Package, nearest

CLOCK, COMPONENT_STORE, UNHASHED = "clock", "component_store", "unhashed_media"
# What `accept_risks` may hold beside the ids of known-bad updates.
RISKS: Mapping[str, str] = {
    CLOCK: "install although the machine's clock is wrong",
    COMPONENT_STORE: "install although the component store shows damage",
    UNHASHED: "install what the machine fetched itself although its certutil cannot compute a hash",
}
_SPARE_ROOM = 512 * 1024 * 1024
_TIMES_SIZE = 4  # the package, its expanded copy, the sandbox, and what the component store takes
_BEHIND = timedelta(days=1)
# Ahead is no harm to a signature until certificates end, and a rehearsal's clock may run fast.
_AHEAD = timedelta(days=365)
_IDLE = (0, 0xFFFFFFFF)
INSTALLERS = ("wusa.exe", "pkgmgr.exe", "msiexec.exe", "TrustedInstaller.exe")
PROCESSES = "SELECT Name,ProcessId,CommandLine FROM Win32_Process WHERE " + " OR ".join(
    f"Name='{name}'" for name in INSTALLERS
)
_MEGABYTE = 1024 * 1024

Snapshot = Mapping[str, Any]


def room_for(files: Iterable[MediaFile], pulled: bool) -> int:
    """Return the bytes that installing these files one after the other needs; fetched ones lie there all at once."""
    sizes = [file.size or 0 for file in files]
    return _SPARE_ROOM + _TIMES_SIZE * max(sizes, default=0) + (sum(sizes) if pulled else 0)


def refuse_small_disk(snapshot: Snapshot, need: int) -> None:
    """Raise `ServicingError` when the system drive lacks `need` bytes; an unknown disk is not judged."""
    disk = (snapshot.get("answers") or {}).get("disk") or {}
    free = disk.get("free")
    if free is not None and free < need:
        raise ServicingError(
            f"drive {disk.get('drive') or 'of the system'} has {free // _MEGABYTE} MB free, and unpacking and "
            f"installing needs about {need // _MEGABYTE} MB; free some space first. Nothing was sent to the machine"
        )


def refuse_wrong_clock(
    snapshot: Snapshot, now: datetime, packages: Sequence[Package], accepted: Collection[str]
) -> None:
    """Raise `ServicingError` for a clock by which signatures are not valid; `now` is the controller's.

    A certificate holds between two dates. A clock before the one, mostly that of an empty battery, makes Windows call
    good packages untrusted (0x800B0101 and relatives), far into the installation.
    """
    text = ((snapshot.get("answers") or {}).get("os") or {}).get("local_time")
    if not text or CLOCK in accepted:
        return
    there = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    newest = max((released(one) for one in packages), default="")
    shown, here = f"{there:%Y-%m-%d %H:%M} UTC", f"{now:%Y-%m-%d %H:%M} UTC"
    if newest and f"{there:%Y-%m-%d}" < newest:
        what = f"which is before {newest}, when the newest package of the plan was signed"
    elif now - there > _BEHIND or there - now > _AHEAD:
        days = abs((there - now).days)
        what = f"{days} days {'behind' if there < now else 'ahead of'} this controller"
    else:
        return
    raise ServicingError(
        f"the machine's clock says {shown}, {what} ({here} here), and Windows judges signatures by it. Set the clock "
        "(w32tm /resync, or date and time on the machine) and look at its battery; if it is the controller that is "
        f"wrong, set that one. To install all the same: accept_risks: [{CLOCK}]. Nothing was changed",
        {"risk": CLOCK},
    )


def released(package: Package) -> str:
    """Return the day of a package as text, the first of its month where only that is known, else nothing."""
    return str(package.released or (f"{package.month}-01" if package.month else ""))


def refuse_foreign_restart(snapshot: Snapshot, allowed: bool, may_restart: bool) -> None:
    """Raise `ServicingError` for a restart that others left pending, unless it may be completed first."""
    if allowed and may_restart:
        return
    restart = judge_restart(dict(snapshot))
    who = f" It waits for: {', '.join(restart.by)}." if restart.by else ""
    evidence = "; ".join(restart.evidence)
    way = (
        "restart it, look that it comes up well, and run this again; or set pending_restart: complete to have the "
        "restart done first"
        if not allowed
        else "reboot is never, so restart it yourself, and run this again"
    )
    raise ServicingError(
        f"the machine waits for a restart that this collection did not cause: {evidence}.{who} What was left half "
        f"done there takes effect with that restart, and nobody here knows what it is. Nothing was changed: {way}",
        {"pending_restart": True},
    )


def refuse_damaged_store(store: StoreVerdict, accepted: Collection[str]) -> str | None:
    """Raise `ServicingError` for a damaged component store; return a warning for a doubtful one."""
    next_step = f" {store.next_step}" if store.next_step else ""
    if store.verdict is Store.DOUBTFUL:
        return f"{store.sentence} ({'; '.join(store.evidence)}){next_step}"
    if store.verdict is not Store.DAMAGED or COMPONENT_STORE in accepted:
        return None
    raise ServicingError(
        f"{store.sentence} ({'; '.join(store.evidence)}) Packages that go into a damaged store fail "
        f"half-way.{next_step} To install all the same: accept_risks: [{COMPONENT_STORE}]. Nothing was changed",
        {"risk": COMPONENT_STORE},
    )


def refuse_running(rows: Sequence[WmiRow], snapshot: Snapshot) -> None:
    """Raise `ServicingError` when somebody else installs updates or programs on the machine at this moment.

    The servicing service (TrustedInstaller.exe) stays for minutes after its work, and msiexec as a service (``/V``)
    too; the first counts where ExecuteState says that it works, the second does not.
    """
    busy = [row for row in rows if _busy(row, snapshot)]
    if busy:
        names = ", ".join(f"{row.get('Name')} (process {row.get('ProcessId')})" for row in busy)
        raise ServicingError(
            f"an installation runs on the machine already: {names}. Two at a time end with one of them failing "
            "(0x80240016) or both half done. Wait until it has ended, or see on the machine what it waits for; then "
            "run this again. Nothing was changed",
            {"running": [str(row.get("Name")) for row in busy]},
        )


def _busy(row: WmiRow, snapshot: Snapshot) -> bool:
    name, line = str(row.get("Name")).lower(), str(row.get("CommandLine") or "")
    if name == "msiexec.exe":
        return not re.search(r"\s[/-]V\b", line, re.I)
    if name == "trustedinstaller.exe":
        state = ((snapshot.get("answers") or {}).get("markers") or {}).get("execute_state")
        return state is not None and state not in _IDLE
    return name in ("wusa.exe", "pkgmgr.exe")


def check_risks(accepted: Collection[str]) -> None:
    """Raise `ServicingError` for an id that is no risk, with the nearest one."""
    known = [*RISKS, *(str(record["id"]) for record in known_bad.records())]
    for one in accepted:
        if one not in known:
            raise ServicingError(f"there is no risk {one!r} to accept; {nearest(one, known)}")
