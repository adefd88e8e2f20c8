# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""bitsadmin.exe 3.0 of NT 6.0 (private to this collection); it speaks English on every Windows.

``/rawreturn`` leaves out banner and line ends. A failure ends with its HRESULT as exit code. The words are written
from memory of the tool; nothing should read more of them than a state's name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..bits import JOB_NOT_FOUND, BitsError
from ..process import Process, Tool
from ..standalone import signed
from .common import resolve

_BANNER = (
    "",
    "BITSADMIN version 3.0 [ 7.0.6001 ]",
    "BITS administration utility.",
    "(C) Copyright 2000-2006 Microsoft Corp.",
    "",
)
_USAGE = ("Usage: BITSADMIN [/RAWRETURN] [/WRAP | /NOWRAP] command", "The following commands are available:")
_VERBS_SHOWN = "/LIST /CREATE /ADDFILE /RESUME /CANCEL /COMPLETE /GETSTATE /GETERROR /SETPRIORITY /TRANSFER /RESET"
NOT_UNIQUE = 0x80004005
INVALID_ARGUMENT = 0x80070057
_TEXTS = {
    0x80072EE7: "The server name or address could not be resolved",
    0x80072EFD: "A connection with the server could not be established",
    0x80072EE2: "The operation timed out",
    0x80190194: "HTTP status 404: The requested URL does not exist on the server.",
    0x800704DD: "The operation being requested was not performed because the user has not logged on to the network."
    " The specified service does not exist.",
    0x80070422: "The service cannot be started, either because it is disabled or because it has no enabled devices"
    " associated with it.",
    0x80070070: "There is not enough space on the disk.",
}
Job = dict[str, Any]


class _Session:
    """One run of the tool: what it was given, and whether it speaks raw."""

    def __init__(self, process: Process, raw: bool) -> None:
        self.process, self.raw = process, raw

    def say(self, text: str, raw: str = "") -> int:
        """Say a sentence, or in raw mode only its value."""
        if self.raw:
            self.process.say(raw, end="")
        else:
            self.process.say(text)
        return 0

    def fail(self, text: str, code: int) -> int:
        """Say what failed and why; the exit code is the HRESULT."""
        self.process.say(f"{text}\r\nError {f'0x{code:08x}'}\r\n{_TEXTS.get(code, '')}".rstrip())
        return signed(code)

    def job(self, name: str) -> Job:
        """Return the one job of this name; raises `BitsError`."""
        found = self.process.machine.bits.find(name)
        if len(found) > 1:
            self.process.say(f'Found {len(found)} jobs named "{name}".\r\nUse the job identifier instead.')
            raise BitsError(NOT_UNIQUE)
        if not found:
            self.process.say(f'Unable to find job named "{name}".')
            raise BitsError(JOB_NOT_FOUND)
        return found[0]


def _create(tool: _Session, words: Sequence[str]) -> int:
    names = [word for word in words if not word.startswith("/")]
    job = tool.process.machine.bits.create(names[0])
    return tool.say(f"Created job {job['id']}.", job["id"])


def _add(tool: _Session, words: Sequence[str]) -> int:
    job = tool.job(words[0])
    job["url"], job["file"] = words[1], resolve(tool.process, words[2])
    return tool.say(f"Added {words[1]} -> {words[2]} to job.")


def _resume(tool: _Session, words: Sequence[str]) -> int:
    tool.process.machine.bits.resume(tool.job(words[0]))
    return tool.say("Job resumed.")


def _cancel(tool: _Session, words: Sequence[str]) -> int:
    tool.process.machine.bits.cancel(tool.job(words[0]))
    return tool.say("Job canceled.")


def _complete(tool: _Session, words: Sequence[str]) -> int:
    tool.process.machine.bits.complete(tool.job(words[0]))
    return tool.say("Job completed.")


def _state(tool: _Session, words: Sequence[str]) -> int:
    state = tool.process.machine.bits.state(tool.job(words[0]))[0]
    return tool.say(state, state)


def _error(tool: _Session, words: Sequence[str]) -> int:
    state, code = tool.process.machine.bits.state(tool.job(words[0]))
    if "ERROR" not in state:
        return tool.say("There is no error.", "0x00000000")
    tool.say(f"ERROR CODE:    0x{code:08x} - {_TEXTS.get(code, '')}", f"0x{code:08x}")
    return 0 if tool.raw else tool.say("ERROR CONTEXT: 0x00000005 - The error occurred while the remote file was read.")


def _setting(name: str, key: str, number: bool) -> Callable[[_Session, Sequence[str]], int]:
    def run(tool: _Session, words: Sequence[str]) -> int:
        tool.job(words[0])[key] = float(words[1]) if number else words[1].upper()
        return tool.say(f"{name} set to {words[1]}.")

    return run


def _list(tool: _Session, _words: Sequence[str]) -> int:
    jobs = tool.process.machine.bits.jobs
    for job in jobs:
        tool.process.say(f"{job['id']} '{job['name']}' {tool.process.machine.bits.state(job)[0]} 0 / 1")
    return tool.say(f"Listed {len(jobs)} job(s).")


def _reset(tool: _Session, _words: Sequence[str]) -> int:
    bits = tool.process.machine.bits
    count = len(bits.jobs)
    for job in list(bits.jobs):
        bits.cancel(job)
    return tool.say(f"{count} out of {count} jobs canceled.")


def _transfer(tool: _Session, words: Sequence[str]) -> int:
    """Make a job, wait for its end in the foreground, and complete it."""
    names = [word for index, word in enumerate(words) if not _is_option(words, index)]
    bits = tool.process.machine.bits
    job = bits.create(names[0])
    try:
        job["url"], job["file"] = names[1], resolve(tool.process, names[2])
        bits.resume(job)
        while (state := bits.state(job))[0] not in ("TRANSFERRED", "ERROR"):
            tool.process.sleep(1.0)
        if state[0] == "ERROR":
            return tool.fail("Unable to complete transfer.", state[1])
        bits.complete(job)
    finally:
        if job in bits.jobs:
            bits.cancel(job)
    tool.process.say(f"DISPLAY: '{names[0]}' TYPE: DOWNLOAD STATE: TRANSFERRED\r\nTransfer complete.")
    return 0


def _is_option(words: Sequence[str], index: int) -> bool:
    before = words[index - 1].lower() if index else ""
    return words[index].startswith("/") or before in ("/priority", "/acl")


# verb -> (function, arguments that it needs)
_VERBS: dict[str, tuple[Callable[[_Session, Sequence[str]], int], int]] = {
    "/create": (_create, 1),
    "/addfile": (_add, 3),
    "/resume": (_resume, 1),
    "/cancel": (_cancel, 1),
    "/complete": (_complete, 1),
    "/getstate": (_state, 1),
    "/geterror": (_error, 1),
    "/setpriority": (_setting("Priority", "priority", False), 2),
    "/setnoprogresstimeout": (_setting("No progress timeout", "no_progress", True), 2),
    "/setminretrydelay": (_setting("Minimum retry delay", "retry", True), 2),
    "/setdescription": (_setting("Description", "description", False), 2),
    "/transfer": (_transfer, 3),
    "/list": (_list, 0),
    "/reset": (_reset, 0),
}


def bitsadmin(process: Process) -> int:
    """Run bitsadmin.exe; 0, or an HRESULT as a signed number."""
    words = list(process.arguments)
    raw = False
    while words and words[0].lower() in ("/rawreturn", "/nowrap", "/wrap"):
        raw = raw or words[0].lower() == "/rawreturn"
        words.pop(0)
    tool = _Session(process, raw)
    if not raw:
        for line in _BANNER:
            process.say(line)
    verb = _VERBS.get(words[0].lower()) if words else None
    if verb is None or len(words) <= verb[1]:
        for line in (*_USAGE, _VERBS_SHOWN):
            process.say(line)
        return signed(INVALID_ARGUMENT) if words else 0
    try:
        process.machine.bits.open(process.account)
        return verb[0](tool, words[1:])
    except BitsError as error:
        return tool.fail("Unable to do that.", error.code)
    except ValueError:
        return tool.fail("Invalid number.", INVALID_ARGUMENT)


TOOLS: dict[str, Tool] = {"bitsadmin": bitsadmin}
