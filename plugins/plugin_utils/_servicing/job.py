# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The script that installs one package on the target, its task, and what it reports (private to this collection).

The Windows Update Agent refuses installations in a WinRM logon (wusa ends in 5), and whatever runs inside WinRS dies
with its shell. So the work is done by a batch file that the task scheduler runs as SYSTEM, once, in its own time. It
reports by appending to ``state.txt``: ``boot``, ``phase``, one line per step with its exit code, and ``done`` at the
end.

Every package has a folder and a sandbox of its own: two packages in one folder lose one of them. The job that fetches
packages from a share or a mirror is in ``pull.py``; its report is read here as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .._console.task import system_task

TASK_PREFIX = "sunset.ws2008 "
STATE_FILE = "state.txt"
SCRIPT_FILE = "job.cmd"
TASK_FILE = "task.xml"
PHASES: Mapping[str, str] = {
    "fetch": "fetching the package",
    "verify": "checking the package on the machine",
    "expand": "unpacking",
    "install": "installing",
}
# RPC_S_SERVER_UNAVAILABLE comes and goes on its own on NT 6.0; trying up to four times more, 5 s apart, is what the one
# source of this does (facts: servicing.md section 4). Any other code is final.
AGAIN = ("1722", "-2147023174")
TRIES = 4
# Seconds after which the scheduler ends a job: that takes servicing down in the middle, so it is for a job that hangs,
# and not the patience of whoever waits for it.
LIMIT = 3 * 86400
_PAUSE = 6  # pings of one second each, the first of them at once

_SAFE = re.compile(r"[A-Za-z0-9 ._:\\()~$@#+-]+")
TOOLS = "%SystemRoot%\\System32\\"
_CBS_LOG = "%SystemRoot%\\Logs\\CBS\\CBS.log"


@dataclass(frozen=True)
class Job:
    """One package to install. `folder` is its own full path on the target; `answer` None means an executable.

    An `answer` of ``""`` is the one answer file that the package holds: nobody here has looked into it. `boot` names
    the running start of the machine, so that a job that outlived a restart is recognised. `staged` is the full path on
    the target where the package was fetched to, None when it was uploaded into the folder.
    """

    package: str
    folder: str
    answer: str | None
    sha1: str
    boot: str
    staged: str | None = None

    def __post_init__(self) -> None:
        refuse_unsafe(self.package, self.folder, self.answer or "x", self.sha1, self.boot, self.staged or "x")

    @property
    def task(self) -> str:
        """The name of the scheduled task."""
        return TASK_PREFIX + self.package

    @property
    def file(self) -> str:
        """The name of the package in the folder."""
        return f"{self.package}.{'exe' if self.answer is None else 'msu'}"

    def path(self, name: str) -> str:
        """Return the full path of a file in the folder."""
        return f"{self.folder}\\{name}"

    def script(self) -> bytes:
        """Return the batch file.

        ``>>state.txt echo`` stands in front because a digit before ``>>`` would be taken for a handle. A second start
        ends at once: nothing is installed twice.
        """
        lines = [
            *opening(f"Installs {self.package}", self.folder, self.boot),
            *(self._take() if self.staged else []),
            *phase("verify"),
            *verify(self.file, self.sha1),
            *(self._install_program() if self.answer is None else self._install_msu(self.answer)),
            *CLOSING,
        ]
        return encode(lines)

    def _take(self) -> list[str]:
        return [*phase("fetch"), f'move /y "{self.staged}" {self.file} >fetch.log 2>&1', *report("fetch")]

    def _install_msu(self, answer: str) -> list[str]:
        find = [] if answer else ["set answer=", "for %%f in (x\\*.xml) do set answer=%%~nxf"]
        return [
            *phase("expand"),
            "mkdir x s",
            f"{TOOLS}expand.exe -f:* {self.file} x >expand.log 2>&1",
            *report("expand"),
            *find,
            *self._install(
                f'start /w {TOOLS}pkgmgr.exe /n:"{self.folder}\\x\\{answer or "%answer%"}" /s:"{self.folder}\\s" '
                f'/quiet /norestart /l:"{self.folder}\\pkgmgr.log"'
            ),
        ]

    def _install_program(self) -> list[str]:
        return self._install(f"start /w {self.file} /quiet /norestart")

    def _install(self, command: str) -> list[str]:
        """Run the installer, again where that is known to help; note first how long CBS.log is."""
        return [
            *phase("install"),
            f'for /f %%n in (\'{TOOLS}find.exe /c /v "" ^< "{_CBS_LOG}" 2^>nul\') do >>{STATE_FILE} echo log %%n',
            "set tries=0",
            ":again",
            command,
            "set code=%errorlevel%",
            " ".join(f"if not %code%=={code}" for code in AGAIN) + " goto over",
            f"if %tries%=={TRIES} goto over",
            "set /a tries=tries+1",
            f">>{STATE_FILE} echo again %code%",
            f"{TOOLS}ping.exe -n {_PAUSE} 127.0.0.1 >nul",
            "goto again",
            ":over",
            f">>{STATE_FILE} echo install %code%",
        ]

    def task_xml(self) -> bytes:
        """Return the task for ``schtasks /create /xml``."""
        return system_task(
            f"{self.task}: installs one update package, once", self.path(SCRIPT_FILE), self.folder, LIMIT
        )


def refuse_unsafe(*texts: str) -> None:
    """Raise `ValueError` for what a batch file would not carry unchanged."""
    for text in texts:
        if not _SAFE.fullmatch(text):
            raise ValueError(f"{text!r} cannot be written into a batch file unchanged")


def encode(lines: Sequence[str]) -> bytes:
    """Return a batch file's bytes."""
    return "".join(line + "\r\n" for line in lines).encode("ascii")


def opening(what: str, folder: str, boot: str) -> list[str]:
    """Return the first lines of a job: a second start ends at once."""
    return [
        "@echo off",
        f"rem {what} for the Ansible collection sunset.ws2008, as SYSTEM, once.",
        f'cd /d "{folder}" || exit /b 3',
        f"if exist {STATE_FILE} exit /b 0",
        f">{STATE_FILE} echo boot {boot}",
    ]


CLOSING = (":end", f">>{STATE_FILE} echo done", "exit /b 0")


def verify(file: str, sha1: str, label: str = "") -> list[str]:
    """Compare a SHA-1. certutil prints it in pairs here, unbroken elsewhere, and may not know how at all.

    Only at the beginning of a line: another line has the path of the file, which may have the digest in its name.
    """
    pairs = " ".join(sha1[index : index + 2] for index in range(0, len(sha1), 2))
    return [
        f'{TOOLS}certutil.exe -hashfile "{file}" SHA1 >hash.log 2>&1',
        f"if not %errorlevel%==0 goto unverified{label}",  # `if errorlevel 1` misses HRESULTs, which are negative
        f'{TOOLS}findstr.exe /b /i /c:"{sha1}" /c:"{pairs}" hash.log >nul',
        *report("verify"),
        f"goto verified{label}",
        f":unverified{label}",
        f">>{STATE_FILE} echo unverified",
        f":verified{label}",
    ]


def phase(name: str) -> list[str]:
    """Write down what comes next."""
    return [f">>{STATE_FILE} echo phase {name}"]


def report(name: str) -> list[str]:
    """Write a step's exit code down, and end the job unless it is 0."""
    return ["set code=%errorlevel%", f">>{STATE_FILE} echo {name} %code%", "if not %code%==0 goto end"]


@dataclass(frozen=True)
class JobState:
    """What ``state.txt`` said: `codes` are the exit codes by step; `judged` is what the controller saw afterwards.

    `retried` are the installer's codes that it was started again after; `log_lines` is how long CBS.log was before.
    A job that fetches names the package that it is at in `package`, and those that no hash was compared of in
    `unhashed`.
    """

    boot: str | None = None
    phase: str | None = None
    codes: Mapping[str, int] = field(default_factory=dict)
    unverified: bool = False
    done: bool = False
    judged: str | None = None
    retried: tuple[int, ...] = ()
    log_lines: int | None = None
    package: str | None = None
    unhashed: tuple[str, ...] = ()
    means: tuple[str, ...] = ()


_CODE = re.compile(r"(fetch|size|verify|expand|install|again|log) (-?\d+)")


def parse_state(text: str) -> JobState:
    """Read ``state.txt``; a last line without its end is still being written and is left for the next look.

    Raises `ValueError` with the line that nobody wrote.
    """
    words: dict[str, str] = {}
    codes: dict[str, int] = {}
    retried: list[int] = []
    unhashed: list[str] = []
    means: list[str] = []
    done = unverified = False
    for line in text.replace("\r\n", "\n").split("\n")[:-1]:
        word, _blank, rest = line.rstrip().partition(" ")
        code = _CODE.fullmatch(line.rstrip())
        if code and word == "again":
            retried.append(int(code[2]))
        elif code:
            codes[word] = int(code[2])
        elif word in ("boot", "phase", "judged", "package"):
            words[word] = rest
        elif word == "by":
            means.append(rest)
        elif word == "unverified":
            unverified = True
            unhashed.append(words.get("package", ""))
        elif word == "done":
            done = True
        elif word.strip("\0"):  # NTFS fills with NULs what power loss kept from the disk
            raise ValueError(f"the job's state file holds a line that no job writes: {line!r}")
    return JobState(
        words.get("boot"),
        words.get("phase"),
        {name: number for name, number in codes.items() if name != "log"},
        unverified,
        done,
        words.get("judged"),
        tuple(retried),
        codes.get("log"),
        words.get("package"),
        tuple(one for one in unhashed if one),
        tuple(means),
    )
