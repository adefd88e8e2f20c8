# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One at a time: the lock that whoever changes a target holds on it (private to this collection).

The lock is the folder ``%ProgramData%\\sunset.ws2008\\lock`` on the target. It comes into being by a rename, which
succeeds for one only and brings the owner's name with it in the same moment. The owner says again and again how long
it may be silent (a restart takes an hour); a lock whose owner has been silent for longer is stale and is taken over,
by the target's own clock, so that the clocks of two controllers need not agree. A controller that was killed and
starts again on the same host is known to be dead at once.

Who takes a lock over takes that of the owner he looked at: two that find the same stale lock must not end with the
second one removing the fresh lock of the first.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import platform
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from math import isinf
from pathlib import Path

from .._target.session import CommandResult, Session, TargetError
from .ground import BASE, closed_folder

SLACK = 300.0  # seconds beyond what an owner announced
PROMISE = 900  # seconds of silence that an owner announces when it does not say otherwise
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:-]{0,79}")
_OWNER, _SEEN = "owner.txt", "seen.txt"


class Locked(TargetError):
    """Somebody else is at work on the target, so nothing was changed."""


class LockLost(TargetError):
    """The lock is no longer ours: somebody took it over. Nothing more may be changed."""


@dataclass(frozen=True)
class Owner:
    """Who holds a lock: a run, what it does, and the process on a controller that it is."""

    run: str
    task: str
    host: str
    boot: str
    process: str
    began: str

    def __post_init__(self) -> None:
        for one in fields(self):
            if not _SAFE.fullmatch(getattr(self, one.name)):
                raise ValueError(f"the owner of a lock cannot have the {one.name} {getattr(self, one.name)!r}")

    def lines(self) -> list[str]:
        """Return the lines of ``owner.txt``; each goes through ``echo`` unchanged."""
        return [f"{one.name} {getattr(self, one.name)}" for one in fields(self)]

    @classmethod
    def of(cls, text: str) -> Owner | None:
        """Read ``owner.txt``; None for anything else."""
        rows = dict(line.strip().partition(" ")[::2] for line in text.splitlines() if " " in line)
        try:
            return cls(**{one.name: rows[one.name] for one in fields(cls)})
        except (KeyError, ValueError):
            return None

    def sentence(self) -> str:
        """Return the owner for people."""
        return f"{self.task}, run {self.run} on {self.host}, since {self.began}"


def myself(run: str, task: str, now: dt.datetime) -> Owner:
    """Return the owner that this process is; raises `ValueError` for a run or task that ``echo`` cannot carry."""
    host = re.sub(r"[^A-Za-z0-9.-]", "-", platform.node()).strip("-.")[:60] or "unknown"
    return Owner(run, task, host, _boot(), _process(os.getpid()), now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def dead(owner: Owner) -> bool:
    """Say whether an owner is known to be dead: a process of this very host that does not exist any more."""
    here = myself("x", "x", dt.datetime.now(dt.UTC))
    if owner.host != here.host or owner.boot != here.boot or here.boot == "unknown":
        return False
    number = owner.process.partition("-")[0]
    return number.isdecimal() and _process(int(number)) != owner.process


def _boot() -> str:
    """Return what a number of a process is good for: one start of one kernel, and there one container.

    An execution environment may have the name and the kernel of its host, and still does not see its processes.
    """
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}:{Path('/proc/self/ns/pid').stat().st_ino}"
    return "unknown"


def _names(lock: str, owner: Owner) -> str:
    """Return a condition for cmd.exe: that this is the lock of an owner."""
    return f'findstr /x /c:"run {owner.run}" "{lock}\\{_OWNER}" >nul 2>&1'


def _process(number: int) -> str:
    """Return a process by its number and the moment it began: numbers come again."""
    try:
        stat = Path(f"/proc/{number}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return f"{number}-gone"
    return f"{number}-{stat.rpartition(')')[2].split()[19]}"


class TargetLock:
    """The lock of one run. `session` returns the conversation in use, which may change while the lock is held."""

    def __init__(self, session: Callable[[], Session], owner: Owner, say: Callable[[str], None] = lambda _text: None):
        self._session = session
        self.owner = owner
        self._say = say
        self._folder = ""

    @property
    def held(self) -> bool:
        """Whether `take` succeeded and `release` has not been called."""
        return bool(self._folder)

    def take(self, force: bool = False) -> None:
        """Take the lock, also from an owner that is dead or stale; `force` takes it from a living one.

        Raises `Locked` with who holds it and what to do.
        """
        root = closed_folder(self._session(), BASE)
        lock = f"{root}\\lock"
        for _attempt in range(3):
            holder = self._try(root)
            if holder == self.owner:
                self._folder = lock
                return
            who = holder.sentence() if holder else "somebody whose name cannot be read"
            overdue = 0.0 if force or (holder and dead(holder)) else self._overdue(lock)
            if overdue < 0.0:
                back = " The machine's clock was set back since, so nothing tells when it ended." * isinf(overdue)
                raise Locked(
                    f"somebody else is at work on this machine: {who}.{back} Wait until that has ended; if "
                    "you know that it is dead, set break_lock to true. Nothing was changed"
                )
            self._say(f"taking over the lock of {who}")
            self._remove(root, holder)
        raise Locked("several controllers want the lock of this machine at the same time; run this again")

    def _try(self, root: str) -> Owner | None:
        """Try to be the one, and return who is; one command, so that nothing is half done when its answer is lost."""
        mine = f"{root}\\lock-{self.owner.run}"
        written = "& ".join(f'>>"{mine}\\{_OWNER}" echo {line}' for line in self.owner.lines())
        done = self._run(
            f'(rmdir /s /q "{mine}" & mkdir "{mine}") 2>nul& {written}& >"{mine}\\{_SEEN}" echo {PROMISE}& '
            f'ren "{mine}" lock 2>nul& rmdir /s /q "{mine}" 2>nul& type "{root}\\lock\\{_OWNER}" 2>nul'
        )
        return Owner.of(done.stdout)

    def _remove(self, root: str, holder: Owner | None) -> None:
        """Remove the lock of this owner, or one that names nobody.

        Another one may have done so and taken it since: what was moved away is looked at once more, and moved back when
        it is not what it was taken for.
        """
        name = f"stale-{self.owner.run}"
        lock, stale = f"{root}\\lock", f"{root}\\{name}"
        if holder is None:
            self._run(f'ren "{lock}" {name} 2>nul && rmdir /s /q "{stale}"')
            return
        kept = f'{_names(stale, holder)} && rmdir /s /q "{stale}" || ren "{stale}" lock'
        self._run(f'{_names(lock, holder)} && ren "{lock}" {name} 2>nul && ({kept})')

    def _overdue(self, lock: str) -> float:
        """Return for how many seconds the holder has been silent beyond what it announced, by the target's clock.

        Infinite when there is no lock (any more), or one that power loss left without its second file; infinite and
        negative when it was heard of in the future, because the clock was set back.
        """
        promised = self._run(f'type "{lock}\\{_SEEN}" 2>nul').stdout.strip()
        path = f"{lock}\\{_SEEN}".replace("\\", "\\\\")
        files = self._session().query(f"SELECT LastModified FROM CIM_DataFile WHERE Name='{path}'")
        clock = self._session().query("SELECT LocalDateTime FROM Win32_OperatingSystem")
        if not files:
            return float("inf")
        seen, now = _moment(files[0].get("LastModified")), _moment(clock[0].get("LocalDateTime") if clock else None)
        if seen is None or now is None:
            return -SLACK
        silent = (now - seen).total_seconds()
        if silent < -SLACK:
            return -float("inf")
        return silent - (float(promised) if promised.isdecimal() else PROMISE) - SLACK

    def announce(self, silence: float = PROMISE) -> None:
        """Say that the owner lives and may be silent for `silence` seconds; raises `LockLost` when it lost the lock."""
        if not self.held:
            return
        done = self._run(f'{_names(self._folder, self.owner)} && (>"{self._folder}\\{_SEEN}" echo {int(silence)})')
        if done.rc != 0:
            raise LockLost("the lock of this machine was taken over by somebody else; stopped before the next change")

    def release(self) -> None:
        """Give the lock back; a connection that is gone leaves it to become stale."""
        if not self.held:
            return
        folder, self._folder = self._folder, ""
        gone = folder.rpartition("\\")[0] + f"\\gone-{self.owner.run}"
        with contextlib.suppress(TargetError):
            self._run(f'{_names(folder, self.owner)} && ren "{folder}" gone-{self.owner.run} && rmdir /s /q "{gone}"')

    def _run(self, line: str) -> CommandResult:
        return self._session().run(line)


def _moment(value: object) -> dt.datetime | None:
    """Read a date of WS-Man; None for anything that does not name its offset, because two such cannot be compared."""
    try:
        moment = dt.datetime.fromisoformat(re.sub(r"\.\d+", "", str(value)))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
