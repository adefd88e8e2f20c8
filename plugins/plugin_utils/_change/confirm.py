# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A change that takes itself back unless it is confirmed (private to this collection).

Before a risky change a SYSTEM task is started on the target. It counts minutes, and when
they are over it runs the way back that lies beside it. A controller that still gets in, over a new connection with a
new login, confirms and the task ends. Nobody has to be alive for the way back: not the controller, not the network.

- The two sides race for one folder, ``armed``: confirming renames it to ``confirmed``, the task renames it to
  ``restoring``. A rename succeeds once, so there is no moment in which both or neither happened.
- The task starts again with the machine and goes on counting where it was; the minutes are counted, not computed, so
  a clock that jumps changes nothing. A way back that a power loss interrupted is begun again.
- A change that acts only after a restart is taken back with a restart, if the machine has restarted since.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass

from .._console.task import system_task
from .._target.session import Clock, Session, TargetError, clock_of
from .ground import closed_folder, said

FOLDER = "sunset.ws2008\\confirm"
TASK_PREFIX = "sunset.ws2008 confirm "
UNDO = "undo.cmd"
_GUARD, _TASK = "guard.cmd", "task.xml"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,80}")
_START_PATIENCE, _LOOK = 60.0, 2.0  # seconds until the started task must have shown itself, and between two looks
_SYSTEM32 = "%SystemRoot%\\System32\\"
MINUTES = range(2, 1441)
GRACE = 300.0  # seconds beyond the minutes: the way back takes a while, and may restart the machine


class NotArmed(TargetError):
    """The way back of a group could not be set up, so nothing of that group may be changed."""


class TakenBack(TargetError):
    """The target has taken a change back, because nobody could confirm it in time."""


class SettledByOthers(TargetError):
    """Another run has settled a change, so it is not known here what became of it."""


class Fate(enum.Enum):
    """What became of an armed change."""

    ARMED = "waiting for its confirmation"
    CONFIRMED = "confirmed"
    RESTORING = "being taken back"
    RESTORED = "taken back, because nobody confirmed it"
    GONE = "no longer there"


@dataclass(frozen=True)
class Armed:
    """A change with its way back on the target; `name` is the run and the group."""

    name: str
    folder: str

    @property
    def task(self) -> str:
        """The name of the scheduled task."""
        return TASK_PREFIX + self.name


def can_count(session: Session) -> bool:
    """Say whether the target counts minutes beside us; a rehearsal in this process has a task's time all at once."""
    return session.door != "twin"


def arm(session: Session, name: str, files: Mapping[str, bytes], minutes: int, acts_at_restart: bool) -> Armed:
    """Set up the way back and see it run; `files` hold ``undo.cmd`` and what it needs. Raises `NotArmed`.

    When this returns, the task is at work: a scheduler that takes a task and never runs it is found here.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name for a change that waits for its confirmation")
    if minutes not in MINUTES:
        raise NotArmed(f"{minutes} minutes are no time to confirm in; from {MINUTES[0]} to {MINUTES[-1]} can be had")
    try:
        root = closed_folder(session, FOLDER, so="the way back would lie there")
        armed = Armed(name, f"{root}\\{name}")
        made = session.run(f'mkdir "{armed.folder}" && mkdir "{armed.folder}\\armed"')
        if made.rc != 0:
            raise NotArmed(f"the folder {armed.folder} cannot be made on the target: {said(made)}")
        for file, data in files.items():
            session.upload(data, f"{armed.folder}\\{file}")
        session.upload(guard(armed, minutes, acts_at_restart), f"{armed.folder}\\{_GUARD}")
        xml = system_task(f"{armed.task}: takes a change back unless it is confirmed", f"{armed.folder}\\{_GUARD}",
                          "%SystemRoot%", limit=0, at_boot=True)  # fmt: skip
        session.upload(xml, f"{armed.folder}\\{_TASK}")
        _start(session, armed)
    except NotArmed:
        raise
    except TargetError as error:
        raise NotArmed(
            f"the way back for {name} could not be set up, so nothing of that was changed: {error}"
        ) from error
    return armed


def _start(session: Session, armed: Armed) -> None:
    done = session.run(
        f'schtasks /create /tn "{armed.task}" /xml "{armed.folder}\\{_TASK}" /ru SYSTEM /f'
        f' && schtasks /run /tn "{armed.task}"'
    )
    if done.rc != 0:
        _forget(session, armed)
        raise NotArmed(
            f"the task scheduler of the target does not take the way back of {armed.name} ({said(done)}), "
            "so nothing of that was changed; the service Schedule has to run"
        )
    clock = clock_of(session)
    until = clock.now() + _START_PATIENCE
    while session.run(f'if exist "{armed.folder}\\begun" (exit 0) else (exit 1)').rc != 0:
        if clock.now() > until:
            _forget(session, armed)
            raise NotArmed(
                f"the task {armed.task!r} was started and did nothing within {_START_PATIENCE:.0f} seconds, so nothing "
                "of that was changed; look at the task scheduler of the target"
            )
        clock.sleep(_LOOK)


def confirm(session: Session, armed: Armed) -> Fate:
    """Say over a fresh connection that the target can still be reached; `CONFIRMED` only when that came in time."""
    done = session.run(f'ren "{armed.folder}\\armed" confirmed')
    if done.rc == 0:
        _forget(session, armed)
        return Fate.CONFIRMED
    return fate(session, armed)


def insist(session: Session, armed: Armed) -> None:
    """Confirm, or raise `TakenBack` when the target took the change back first; waits until it has done so.

    Raises `SettledByOthers` when nothing of it is there any more: a run that broke the lock of this one has seen to it.
    """
    seen = confirm(session, armed)
    if seen is Fate.CONFIRMED:
        return
    seen = wait_for_fate(session, armed, GRACE)
    if seen is Fate.GONE:
        raise SettledByOthers(
            f"another run has settled {armed.name} meanwhile, so it is not known here whether it stayed; see who else "
            "is at work on this machine, and run it again"
        )
    if seen is Fate.RESTORED:
        clear(session, armed)
    raise TakenBack(
        f"{armed.name} was {seen.value}; look at what it breaks and how to look first before it is tried again"
    )


def fate(session: Session, armed: Armed) -> Fate:
    """Look what became of a change."""
    words = (Fate.RESTORED, Fate.RESTORING, Fate.CONFIRMED, Fate.ARMED)
    marks = ("restored", "restoring", "confirmed", "armed")
    line = " & ".join(f'if exist "{armed.folder}\\{mark}" echo {mark}' for mark in marks)
    found = session.run(line).stdout.split()
    return next((word for word, mark in zip(words, marks, strict=True) if mark in found), Fate.GONE)


def left_behind(session: Session) -> list[tuple[Armed, Fate]]:
    """Return what earlier runs armed and did not see through: restored, restoring, counting, or not cleared away."""
    root = f"%ProgramData%\\{FOLDER}"
    answer = session.run(f'for /d %n in ("{root}\\*") do @for /d %m in ("%n\\*") do @echo %m')
    marks = {"armed": Fate.ARMED, "restoring": Fate.RESTORING, "restored": Fate.RESTORED, "confirmed": Fate.CONFIRMED}
    found = []
    for line in answer.stdout.splitlines():
        folder, _slash, mark = line.strip().rpartition("\\")
        if mark in marks:
            found.append((Armed(folder.rpartition("\\")[2], folder), marks[mark]))
    return found


def clear(session: Session, armed: Armed) -> None:
    """Remove the task and the folder of a change whose fate is settled and known."""
    _forget(session, armed)


def wait_for_fate(session: Session, armed: Armed, patience: float, clock: Clock | None = None) -> Fate:
    """Wait until a change that is being taken back has been; returns the last fate seen after `patience` seconds."""
    clock = clock or clock_of(session)
    until = clock.now() + patience
    while True:
        seen = fate(session, armed)
        if seen not in (Fate.RESTORING, Fate.ARMED) or clock.now() > until:
            return seen
        clock.sleep(_LOOK)


def _forget(session: Session, armed: Armed) -> None:
    """Remove task and folder; the guard ends by itself when it sees that nothing is armed.

    Where the scheduler does not answer the folder stays, so that a later run finds it and removes both.
    """
    session.run(
        f'(schtasks /delete /tn "{armed.task}" /f || schtasks /query) >nul 2>&1 && rmdir /s /q "{armed.folder}" 2>nul'
    )


def guard(armed: Armed, minutes: int, acts_at_restart: bool) -> bytes:
    """Return the batch file of the task.

    ``ping`` is the only program of NT 6.0 that waits without a console (``timeout`` refuses to). A minute counter that
    a power loss has torn reads as a number that is over, or as none, and then the full time starts again: both end in
    the way back.
    """
    here = armed.folder  # in full everywhere: a folder that is somebody's current one cannot be removed
    restart = (
        ["if defined again "
         f'{_SYSTEM32}shutdown.exe /r /t 5 /f /d p:2:4 /c "sunset.ws2008: a change was taken back"']
        if acts_at_restart else []
    )  # fmt: skip
    lines = [
        "@echo off",
        f"rem Takes back {armed.name} of sunset.ws2008 unless a controller confirms it within {minutes} minutes.",
        "setlocal",
        'set "again="',
        f'if exist "{here}\\begun" set "again=1"',
        f'if not exist "{here}\\begun" mkdir "{here}\\begun"',
        f'if exist "{here}\\restoring" goto restore',
        f"set left={minutes}",
        f'if exist "{here}\\minutes.txt" set /p left=<"{here}\\minutes.txt"',
        ":wait",
        f'if not exist "{here}\\armed" goto end',
        "if %left% leq 0 goto take",
        f"{_SYSTEM32}ping.exe -n 61 127.0.0.1 >nul 2>&1",
        "set /a left-=1",
        f'>"{here}\\minutes.txt" echo %left%',
        "goto wait",
        ":take",
        f'ren "{here}\\armed" restoring 2>nul',
        "if errorlevel 1 goto end",
        ":restore",
        f'call "{here}\\{UNDO}" >"{here}\\restore.log" 2>&1',
        f'>"{here}\\restored.txt" echo %errorlevel%',
        f'ren "{here}\\restoring" restored',
        *restart,
        ":end",
        f'{_SYSTEM32}schtasks.exe /delete /tn "{armed.task}" /f >nul 2>&1',
        "exit /b 0",
    ]
    return "".join(line + "\r\n" for line in lines).encode("ascii")
