# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The folders, tasks and files of servicing jobs on the target (private to this collection).

Everything that the engine says to the machine, besides taking a snapshot and restarting it, is said here: a handful of
cmd.exe lines, none of which needs a translated answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from .._change.ground import BASE, closed_folder
from .._target.session import CommandResult, Session, TargetError
from .errors import InstallFailed
from .job import SCRIPT_FILE, STATE_FILE, TASK_FILE, TASK_PREFIX, Job, JobState, parse_state
from .pull import NAME, Pull
from .records import PACKAGE_ID

_RUN_NAME = re.compile(r"[A-Za-z0-9-]{1,40}")
_EXCERPT_LINES = 15
_EXCERPT_WIDTH = 400  # characters of a line of CBS.log; some carry a whole manifest
_JOBS = f"%ProgramData%\\{BASE}\\jobs"
_MARK, _END = "#job#", "#end#"


@dataclass(frozen=True)
class FoundJob:
    """A job folder on the target, and what its state file says (None while there is none)."""

    package: str
    folder: str
    state: JobState | None

    @property
    def run(self) -> str:
        """The name of the run that made it."""
        return self.folder.rpartition("\\")[0].rpartition("\\")[2]


class Workplace:
    """Where jobs live: ``<system drive>\\ProgramData\\sunset.ws2008\\jobs\\<run>\\<KB>``."""

    def __init__(self, session: Callable[[], Session]) -> None:
        self.session = session
        self._root = ""

    @property
    def root(self) -> str:
        """The folder of all jobs; asked once, because %ProgramData% can be moved."""
        if not self._root:
            answer = self._run("echo %ProgramData%").stdout.strip()
            if not re.fullmatch(r"[A-Za-z]:\\[^%\r\n\"&|<>^]+", answer):
                raise InstallFailed(f"the machine does not say where %ProgramData% is (it says {answer!r})")
            self._root = f"{answer}\\{BASE}\\jobs"
        return self._root

    def folder(self, run: str, package: str) -> str:
        """Return the folder of a package in a run."""
        if not _RUN_NAME.fullmatch(run):
            raise ValueError(f"{run!r} is no name for a run")
        return f"{self.root}\\{run}\\{package}"

    @property
    def base(self) -> str:
        """The folder of this collection on the target."""
        return self.root.rpartition("\\")[0]

    @property
    def media(self) -> str:
        """The folder of the packages that the target fetched itself."""
        return f"{self.base}\\{NAME}"

    def journal(self, run: str) -> str:
        """Make the folder of a run's journal and return its path."""
        folder = f"{self.base}\\journal\\{run}"
        self.prepare(folder)
        return folder

    def find(self) -> list[FoundJob]:
        """Return every job that any run of any controller left behind, with its state; one command for all of them."""
        answer = self._run(
            f'for /d %r in ("{_JOBS}\\*") do @for /d %k in ("%r\\*") do '
            f'@(echo {_MARK}%k& type "%k\\{STATE_FILE}" 2>nul& echo {_END})'
        )
        found = []
        for part in answer.stdout.replace("\r\n", "\n").split(_MARK)[1:]:
            folder, _line, rest = part.partition("\n")
            text = rest.rpartition(_END)[0]  # a last line that power loss has torn stays without its end
            name = folder.rstrip().rpartition("\\")[2]
            if PACKAGE_ID.fullmatch(name) or name == NAME:
                found.append(FoundJob(name, folder.rstrip(), self._read(folder, text) if text.strip() else None))
        return found

    def state(self, folder: str) -> JobState | None:
        """Read a job's state file, None while there is none."""
        answer = self._run(f'type "{folder}\\{STATE_FILE}" 2>nul')
        if answer.rc != 0:
            return None
        return self._read(folder, answer.stdout)

    @staticmethod
    def _read(folder: str, text: str) -> JobState:
        try:
            return parse_state(text)
        except ValueError as error:
            raise InstallFailed(f"{folder} on the machine is not as this collection leaves it: {error}") from None

    def prepare(self, folder: str) -> None:
        """Make a job's folder, closed to everybody but SYSTEM and the administrators; raises `NoGround`."""
        closed_folder(self.session(), f"{BASE}{folder.removeprefix(self.base)}", so="the run ends here")

    def exists(self, folder: str) -> bool:
        """Say whether a folder is there."""
        return self._run(f'if exist "{folder}\\" (exit 0) else (exit 3)').rc == 0

    def holds(self, file: str) -> bool:
        """Say whether a file is there."""
        return self._run(f'if exist "{file}" (exit 0) else (exit 3)').rc == 0

    def send(self, data: bytes | BinaryIO, path: str) -> None:
        """Put a file on the machine."""
        self.session().upload(data, path)

    def write(self, job: Job | Pull) -> None:
        """Put the job's script and task file into its folder."""
        self.send(job.script(), job.path(SCRIPT_FILE))
        self.send(job.task_xml(), job.path(TASK_FILE))

    def enter(self, job: Job | Pull) -> bool:
        """Claim the package and register the job's task; False when another controller has claimed it.

        Making a folder is the claim, because only one can: schtasks has no such way, it replaces a task or asks.
        """
        if self._run(f'mkdir "{self._claim(job.package)}" 2>nul').rc != 0:
            return False
        answer = self._run(f'schtasks /create /tn "{job.task}" /xml "{job.path(TASK_FILE)}" /ru SYSTEM /f')
        if answer.rc != 0:
            self.release(job.package)
            raise InstallFailed(f"the task scheduler of the machine does not take {job.task!r}: {_one_line(answer)}")
        return True

    def start(self, job: Job | Pull) -> None:
        """Start the job's task."""
        answer = self._run(f'schtasks /run /tn "{job.task}"')
        if answer.rc != 0:
            raise InstallFailed(f"the task scheduler of the machine does not start {job.task!r}: {_one_line(answer)}")

    def release(self, package: str) -> None:
        """Remove the task and the claim of a package whose job does not run any more; neither need be there."""
        self._run(f'schtasks /delete /tn "{TASK_PREFIX}{package}" /f >nul 2>&1 & rmdir "{self._claim(package)}" 2>nul')

    def _claim(self, package: str) -> str:
        return f"{self.base}\\{package}.claim"

    def judge(self, folder: str, verdict: str) -> None:
        """Write the controller's verdict into the state file, for a later run."""
        self._run(f'>>"{folder}\\{STATE_FILE}" echo judged {verdict}')

    def slim(self, folder: str) -> None:
        """Remove the bulk of a job and keep its state and logs."""
        self._run(f'rmdir /s /q "{folder}\\x" "{folder}\\s" 2>nul & del /q "{folder}\\*.msu" "{folder}\\*.exe" 2>nul')

    def drop_media(self) -> None:
        """Remove what the target fetched."""
        self._run(f'rmdir /s /q "{self.media}" 2>nul')

    def drop_empty(self, folder: str) -> None:
        """Remove a folder if nothing is in it."""
        self._run(f'rmdir "{folder}" 2>nul')

    def text(self, path: str, lines: int = 3) -> str:
        """Return the last words of a small text file on the target, in one line; empty where there is none."""
        try:
            answer = self._run(f'type "{path}" 2>nul')
        except TargetError:
            return ""
        said = [line.strip() for line in answer.stdout.splitlines() if line.strip()]
        return " ".join(said[-lines:])[:_EXCERPT_WIDTH]

    def remove(self, folder: str) -> None:
        """Remove a job's folder, and the folder of its run when that is empty."""
        run = folder.rpartition("\\")[0]
        self._run(f'rmdir /s /q "{folder}" & rmdir "{run}" 2>nul')

    def excerpt(self, package: str, before: int | None) -> list[str]:
        """Return the last lines about errors or the package that CBS.log got since a job's installer began.

        `before` is how many lines it had then; dates would need the target's time zone. Where Windows has begun a new
        log meanwhile, or the number is not known, all of it is looked at.
        """
        log = "%windir%\\Logs\\CBS\\CBS.log"
        wanted = f'findstr /i /c:", Error " /c:"{package}" /c:"HRESULT"'
        try:
            counted = self._run(f'find /c /v "" < "{log}" 2>nul').stdout.strip()
            grown = before and counted.isdecimal() and int(counted) >= before
            answer = self._run(f'more +{before} "{log}" 2>nul | {wanted}' if grown else f'{wanted} "{log}" 2>nul')
        except TargetError as error:
            return [f"CBS.log could not be read: {error}"]
        found = [one.rstrip()[:_EXCERPT_WIDTH] for one in answer.stdout.splitlines() if one.strip()]
        return found[-_EXCERPT_LINES:]

    def _run(self, line: str) -> CommandResult:
        return self.session().run(line)


def _one_line(answer: CommandResult) -> str:
    return " ".join((answer.stderr or answer.stdout).split()) or "without a word"
