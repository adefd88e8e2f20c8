# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journal of servicing runs (private to this collection): what went in, from what file, and what was seen.

`servicing.json` lies beside the journals of hardening, on the controller and on the target. It is written through to
the disk before and after each step: the controller's copy always, or the step is not begun; the target's copy before
each step as well, and after it where the machine answers (it may be on its way down; the next write catches up). Each
run has its own file; what one run began and a later one found finished stands in the file of the later one with the
name of the job's run. A run that changes nothing leaves none.
"""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .._change.journal import Kept, note
from .._target.session import TargetError
from .workplace import Workplace

SCHEMA = "sunset.ws2008/servicing-journal/1"
FILE = "servicing.json"
BEGUN, DIED = "installing", "job died"
BEFORE = frozenset({"fetching", BEGUN, "restarting"})


class Logbook:
    """The journal of one run on one machine; `directory` None keeps none."""

    def __init__(self, directory: Path | None, host: str, run: str, work: Workplace) -> None:
        self._directory, self._host, self._run, self._work = directory, host, run, work
        self._events: list[dict[str, Any]] = []
        self._here: Path | None = None
        self._there = ""

    @property
    def places(self) -> dict[str, str] | None:
        """The folders in which the journal is, None while there is none; the target's is empty until it is made."""
        return {"controller": str(self._here), "target": self._there} if self._here else None

    def open(self) -> list[str]:
        """Return the packages whose last event is that they were begun."""
        last = {str(one["package"]): str(one["event"]) for one in self._events if "package" in one}
        return [package for package, event in last.items() if event in (BEGUN, DIED)]

    def add(self, event: str, **facts: object) -> None:
        """Write an event down; raises `NoJournal` or, before a step, `TargetError` when that cannot be done."""
        if self._directory is None:
            return
        self._events.append({"time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "event": event, **facts})
        content = {"schema": SCHEMA, "run": self._run, "host": self._host, "events": self._events}
        name = re.sub(r"[^A-Za-z0-9._-]", "_", self._host).lstrip(".") or "host"
        self._here = self._directory / name / self._run
        note(Kept(self._here, self._there), None, FILE, content)
        with contextlib.nullcontext() if event in BEFORE else contextlib.suppress(TargetError):
            self._there = self._there or self._work.journal(self._run)
            note(Kept(self._here, self._there), self._work.session(), FILE, content)
