# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's Background Intelligent Transfer Service (private to this collection): downloads that outlive everything.

A job lives in the service and goes on over restarts and lost connections. What it has of a file lies under another
name until the job is completed. State is worked out from machine time when somebody asks.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .files import DiskFull, FileError
from .network import CANNOT_CONNECT, NAME_NOT_RESOLVED, TIMED_OUT, WebError
from .process import Account, Logon

if TYPE_CHECKING:
    from .machine import Machine

JOB_NOT_FOUND = 0x80200001
INVALID_STATE = 0x80200002
NOT_LOGGED_ON = 0x800704DD
SERVICE_DISABLED = 0x80070422
DISK_IS_FULL = 0x80070070
NO_PROGRESS_DEFAULT = 14 * 86400.0
CONNECT_SECONDS = 1.0
RETRY_SECONDS = 600.0  # the service's own minimum retry delay
_TRANSIENT = (CANNOT_CONNECT, NAME_NOT_RESOLVED, TIMED_OUT)


class BitsError(Exception):
    """A call that the service refuses; `code` is the HRESULT."""

    def __init__(self, code: int) -> None:
        super().__init__(f"0x{code:08X}")
        self.code = code


class Bits:
    """The download jobs of one machine; they are kept with the machine's own state."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    @property
    def jobs(self) -> list[dict[str, Any]]:
        """All jobs, oldest first."""
        found: list[dict[str, Any]] = self._machine.knobs.setdefault("bits_jobs", [])
        return found

    def open(self, account: Account) -> None:
        """Reach the service; raises `BitsError` when it is disabled, or for a token that came over the network."""
        service = self._machine.services.get("BITS")
        if service is None or service.start == 4:
            raise BitsError(SERVICE_DISABLED)
        if account.logon is Logon.NETWORK:
            raise BitsError(NOT_LOGGED_ON)
        if not service.running:
            self._machine.services.start("BITS")

    def create(self, name: str) -> dict[str, Any]:
        """Make a job; a second one of the same name is another job."""
        job = {"id": "{" + str(uuid.uuid4()).upper() + "}", "name": name, "no_progress": NO_PROGRESS_DEFAULT}
        job |= {"retry": RETRY_SECONDS, "priority": "NORMAL", "resumed": None, "url": "", "file": ""}
        self.jobs.append(job)
        return job

    def find(self, name: str) -> list[dict[str, Any]]:
        """Return the jobs of this name or identifier."""
        return [job for job in self.jobs if name.lower() in (str(job["name"]).lower(), str(job["id"]).lower())]

    def resume(self, job: dict[str, Any]) -> None:
        """Let it transfer; raises `BitsError` without a file."""
        if not job["url"]:
            raise BitsError(INVALID_STATE)
        job["resumed"] = self._machine.clock.now().isoformat()

    def cancel(self, job: dict[str, Any]) -> None:
        """Forget a job and what it has."""
        self.jobs.remove(job)

    def state(self, job: dict[str, Any]) -> tuple[str, int]:
        """Return the state's name and, for the two states of error, the HRESULT."""
        if job["resumed"] is None:
            return "SUSPENDED", 0
        gone = (self._machine.clock.now() - datetime.fromisoformat(job["resumed"])).total_seconds()
        if gone < CONNECT_SECONDS:
            return "CONNECTING", 0
        try:
            answer = self._machine.network.fetch(job["url"])
        except WebError as error:
            waiting = error.code in _TRANSIENT and gone < job["no_progress"]
            return ("TRANSIENT_ERROR" if waiting else "ERROR"), error.code
        cut = self._machine.mishaps.take("cut")
        if cut is not None:
            job["cut"] = [CONNECT_SECONDS + answer.seconds * cut.part, job["retry"]]
        at, pause = job.get("cut") or (gone + 1, 0.0)
        if at <= gone < at + pause:
            return "TRANSIENT_ERROR", CANNOT_CONNECT
        if gone < CONNECT_SECONDS + answer.seconds + (pause if gone >= at else 0.0):
            return "TRANSFERRING", 0
        if len(answer.data) > self._machine.files.free:
            return "ERROR", DISK_IS_FULL
        return "TRANSFERRED", 0

    def complete(self, job: dict[str, Any]) -> None:
        """Give the file its name and end the job; raises `BitsError`."""
        if self.state(job)[0] != "TRANSFERRED":
            raise BitsError(INVALID_STATE)
        try:
            self._machine.files.write(job["file"], self._machine.network.fetch(job["url"]).data)
        except DiskFull:
            raise BitsError(DISK_IS_FULL) from None
        except FileError as error:
            raise BitsError(0x80070000 | error.code) from None
        self.jobs.remove(job)
