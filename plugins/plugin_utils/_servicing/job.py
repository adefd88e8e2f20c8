# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The script that installs one package on the target, its task, and what it reports (private to this collection).

The Windows Update Agent refuses installations in a WinRM logon (wusa ends in 5), and whatever runs inside WinRS dies
with its shell. So the work is done by a batch file that the task scheduler runs as SYSTEM, once, in its own time. It
reports by appending to ``state.txt``: ``boot``, ``phase``, one line per step with its exit code, and ``done`` at the
end.

Every package has a folder and a sandbox of its own: two packages in one folder lose one of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

SYSTEM_SID = "S-1-5-18"
TASK_PREFIX = "sunset.ws2008 "
STATE_FILE = "state.txt"
SCRIPT_FILE = "job.cmd"
TASK_FILE = "task.xml"
PHASES: Mapping[str, str] = {
    "fetch": "copying the package from the share",
    "verify": "checking the package on the machine",
    "expand": "unpacking",
    "install": "installing",
}

_SAFE = re.compile(r"[A-Za-z0-9 ._:\\()~$@#+-]+")
_TOOLS = "%SystemRoot%\\System32\\"


@dataclass(frozen=True)
class Job:
    """One package to install. `folder` is its own full path on the target; `answer` None means an executable.

    `boot` names the running start of the machine, so that a job that outlived a restart is recognised. `share` is the
    full UNC path that the target copies the package from, None when it was uploaded.
    """

    package: str
    folder: str
    answer: str | None
    sha1: str
    boot: str
    share: str | None = None

    def __post_init__(self) -> None:
        for text in (self.package, self.folder, self.answer or "x", self.sha1, self.boot, self.share or "x"):
            if not _SAFE.fullmatch(text):
                raise ValueError(f"{text!r} cannot be written into a batch file unchanged")

    @property
    def task(self) -> str:
        """The name of the scheduled task."""
        return TASK_PREFIX + self.package

    @property
    def file(self) -> str:
        """The name of the package in the folder."""
        return f"{self.package}.{'msu' if self.answer else 'exe'}"

    def path(self, name: str) -> str:
        """Return the full path of a file in the folder."""
        return f"{self.folder}\\{name}"

    def script(self) -> bytes:
        """Return the batch file.

        ``>>state.txt echo`` stands in front because a digit before ``>>`` would be taken for a handle. A second start
        ends at once: nothing is installed twice.
        """
        lines = [
            "@echo off",
            f"rem Installs {self.package} for the Ansible collection sunset.ws2008, as SYSTEM, once.",
            f'cd /d "{self.folder}" || exit /b 3',
            f"if exist {STATE_FILE} exit /b 0",
            f">{STATE_FILE} echo boot {self.boot}",
            *(self._fetch() if self.share else []),
            *self._verify(),
            *(self._install_msu() if self.answer else self._install_program()),
            ":end",
            f">>{STATE_FILE} echo done",
            "exit /b 0",
        ]
        return "".join(line + "\r\n" for line in lines).encode("ascii")

    def _fetch(self) -> list[str]:
        return [*_phase("fetch"), f'copy /y "{self.share}" {self.file} >fetch.log 2>&1', *_report("fetch")]

    def _verify(self) -> list[str]:
        """Compare the SHA-1. certutil prints it in pairs here, unbroken elsewhere, and may not know how at all."""
        pairs = " ".join(self.sha1[index : index + 2] for index in range(0, len(self.sha1), 2))
        return [
            *_phase("verify"),
            f"{_TOOLS}certutil.exe -hashfile {self.file} SHA1 >hash.log 2>&1",
            "if not %errorlevel%==0 goto unverified",  # `if errorlevel 1` misses HRESULTs, which are negative
            f'{_TOOLS}findstr.exe /i /c:"{self.sha1}" /c:"{pairs}" hash.log >nul',
            *_report("verify"),
            "goto verified",
            ":unverified",
            f">>{STATE_FILE} echo unverified",
            ":verified",
        ]

    def _install_msu(self) -> list[str]:
        return [
            *_phase("expand"),
            "mkdir x s",
            f"{_TOOLS}expand.exe -f:* {self.file} x >expand.log 2>&1",
            *_report("expand"),
            *_phase("install"),
            f'start /w {_TOOLS}pkgmgr.exe /n:"{self.folder}\\x\\{self.answer}" /s:"{self.folder}\\s" '
            f'/quiet /norestart /l:"{self.folder}\\pkgmgr.log"',
            *_report("install"),
        ]

    def _install_program(self) -> list[str]:
        return [*_phase("install"), f"start /w {self.file} /quiet /norestart", *_report("install")]

    def task_xml(self, limit: int) -> bytes:
        """Return the task for ``schtasks /create /xml``; `limit` is in seconds.

        No trigger and no date (schtasks spells dates by locale), SYSTEM by its SID (the name is localised), neither
        battery nor idle conditions, and a second start while it runs is ignored.
        """
        settings = {
            "MultipleInstancesPolicy": "IgnoreNew",
            "DisallowStartIfOnBatteries": "false",
            "StopIfGoingOnBatteries": "false",
            "AllowHardTerminate": "true",
            "StartWhenAvailable": "false",
            "RunOnlyIfNetworkAvailable": "false",
            "AllowStartOnDemand": "true",
            "Enabled": "true",
            "Hidden": "false",
            "RunOnlyIfIdle": "false",
            "WakeToRun": "false",
            "ExecutionTimeLimit": f"PT{limit}S",
            "Priority": "5",  # the default of 7 runs with low disk priority too, which makes a rollup take hours
        }
        text = (
            '<?xml version="1.0" encoding="UTF-16"?>\r\n'
            '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">\r\n'
            f"  <RegistrationInfo><Description>{escape(self.task)}: installs one update package, once</Description>"
            "</RegistrationInfo>\r\n"
            "  <Triggers/>\r\n"
            f'  <Principals><Principal id="System"><UserId>{SYSTEM_SID}</UserId>'
            "<RunLevel>HighestAvailable</RunLevel></Principal></Principals>\r\n"
            "  <Settings>\r\n"
            "    <IdleSettings><StopOnIdleEnd>false</StopOnIdleEnd>"
            "<RestartOnIdle>false</RestartOnIdle></IdleSettings>\r\n"
            + "".join(f"    <{name}>{value}</{name}>\r\n" for name, value in settings.items())
            + "  </Settings>\r\n"
            '  <Actions Context="System"><Exec>'
            f"<Command>{_TOOLS}cmd.exe</Command>"
            f"<Arguments>/d /c &quot;{escape(self.path(SCRIPT_FILE))}&quot;</Arguments>"
            f"<WorkingDirectory>{escape(self.folder)}</WorkingDirectory>"
            "</Exec></Actions>\r\n"
            "</Task>\r\n"
        )
        return text.encode("utf-16")


def _phase(name: str) -> list[str]:
    return [f">>{STATE_FILE} echo phase {name}"]


def _report(name: str) -> list[str]:
    """Write a step's exit code down, and end the job unless it is one that installers use for success."""
    lines = ["set code=%errorlevel%", f">>{STATE_FILE} echo {name} %code%"]
    return lines if name == "install" else [*lines, "if not %code%==0 goto end"]


@dataclass(frozen=True)
class JobState:
    """What ``state.txt`` said: `codes` are the exit codes by step; `judged` is what the controller saw afterwards."""

    boot: str | None = None
    phase: str | None = None
    codes: Mapping[str, int] = field(default_factory=dict)
    unverified: bool = False
    done: bool = False
    judged: str | None = None


_CODE = re.compile(r"(fetch|verify|expand|install) (-?\d+)")


def parse_state(text: str) -> JobState:
    """Read ``state.txt``; a last line without its end is still being written and is left for the next look.

    Raises `ValueError` with the line that nobody wrote.
    """
    boot = phase = judged = None
    codes: dict[str, int] = {}
    done = unverified = False
    for line in text.replace("\r\n", "\n").split("\n")[:-1]:
        word, _blank, rest = line.rstrip().partition(" ")
        code = _CODE.fullmatch(line.rstrip())
        if code:
            codes[code[1]] = int(code[2])
        elif word == "boot":
            boot = rest
        elif word == "phase":
            phase = rest
        elif word == "judged":
            judged = rest
        elif word == "unverified":
            unverified = True
        elif word == "done":
            done = True
        elif word.strip("\0"):  # NTFS fills with NULs what power loss kept from the disk
            raise ValueError(f"the job's state file holds a line that no job writes: {line!r}")
    return JobState(boot, phase, codes, unverified, done, judged)
