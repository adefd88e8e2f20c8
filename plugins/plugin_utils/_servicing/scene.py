# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the parts of the installing engine share (private to this collection): the world, the wish, what came of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .._change.lock import PROMISE
from .._host import snapshot as snapshots
from .._target.session import Clock, LoginRefused, Session, TargetError, clock_of
from . import words
from .catalog import Catalog
from .errors import InstallFailed
from .logbook import Logbook
from .records import RegistryMark
from .standing import Judge, Standing
from .steps import Plan
from .window import NO_WINDOW, Window
from .workplace import FoundJob, Workplace

Snapshot = Mapping[str, Any]

NEVER, WHEN_REQUIRED, ALWAYS = "never", "when_required", "always"
CONTROLLER, UNC, HTTP = "controller", "unc", "http"
REFUSE, COMPLETE = "refuse", "complete"
# The answers that plans and verdicts rest on, and how often a look is repeated for one of them.
_NEEDED = ("os", "packages", "stack", "files", "markers")
_AGAIN = 3
_CLAIM_EVERY = 240.0  # seconds; well below what a claim lasts
_BOOT_SLACK = 10.0  # seconds by which LastBootUpTime wanders: Windows computes it from the uptime


@dataclass(frozen=True)
class Host:
    """What the engine needs of the world.

    `session` returns the conversation in use, `restart` is given the reason and a place to say what happens, and
    returns when the machine is up and has settled again. `name` is what the journal calls the machine. `claim` is
    called before the machine is changed, with the seconds that nothing may be heard of this run, and again while it
    lasts; it raises `Locked` or `LockLost`.
    """

    session: Callable[[], Session]
    restart: Callable[[str, Callable[[str], None]], object]
    say: Callable[[str], None]
    name: str = "host"
    claim: Callable[[float], None] = lambda _silence: None


@dataclass(frozen=True)
class Settings:
    """What the operator asked for.

    `source` is who brings the files to the target: the controller, or the target itself from `share`, a UNC folder or
    an address. `journal` None keeps no journal. `accept` are ids of risks that would stop the run otherwise.
    """

    target: str
    media: Path | None = None
    source: str = CONTROLLER
    share: str | None = None
    reboot: str = WHEN_REQUIRED
    pending_restart: str = REFUSE
    hold: Collection[str] = ()
    also: Collection[str] = ()
    accept: Collection[str] = ()
    entitlement: str | None = None
    window: Window = NO_WINDOW
    journal: Path | None = None
    job_timeout: float = 7200.0
    poll_interval: float = 10.0
    run: str = "run"

    @property
    def pulls(self) -> bool:
        """Whether the target fetches the files itself."""
        return self.source != CONTROLLER


@dataclass
class Outcome:
    """What was done; filled as it happens, so that it tells the truth after a failure too.

    `left` are the steps that the maintenance window kept from being begun.
    """

    plan: Plan
    changed: bool = False
    installed: list[dict[str, object]] = field(default_factory=list)
    restarts: int = 0
    pending_restart: bool = False
    window_closed: bool = False
    left: list[dict[str, object]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    risks: list[dict[str, object]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    journal: dict[str, str] | None = None

    def to_json(self) -> dict[str, object]:
        """Return plain values for a result."""
        return {
            "changed": self.changed,
            "plan": self.plan.to_json(),
            "installed": self.installed,
            "omitted": [one.to_json() for one in self.plan.omitted],
            "restarts": self.restarts,
            "pending_restart": self.pending_restart,
            "window_closed": self.window_closed,
            "left": self.left,
            "risks": self.risks,
            "log": self.log,
            "journal": self.journal,
        }

    def difference(self) -> dict[str, str]:
        """Return the steps as Ansible's diff shows them: nothing before, the plan after."""
        steps = "".join(f"{words.step(one)}\n" for one in self.plan.steps)
        return {"before": "", "after": steps, "before_header": "servicing", "after_header": "servicing"}


class Scene:
    """One run on one machine: how to look at it, to speak, to wait, and what is known so far."""

    def __init__(self, host: Host, catalog: Catalog, settings: Settings) -> None:
        self.host, self.catalog, self.settings = host, catalog, settings
        self.work = Workplace(host.session)
        self.jobs: list[FoundJob] = []
        self.outcome: Outcome | None = None
        self._clock = Clock()
        self._claimed = float("-inf")
        self.began = self.now()
        self.deadline = settings.window.deadline(datetime.now(UTC), self.began)
        self.log = Logbook(settings.journal, host.name, settings.run, self.work)

    @property
    def result(self) -> Outcome:
        """The outcome that the steps fill; the first plan makes it."""
        if self.outcome is None:
            raise AssertionError("a step was taken before the first plan")
        return self.outcome

    def look(self, patience: float = 0.0) -> Snapshot:
        """Take a snapshot and look for jobs; a machine that has just installed or started gets `patience` seconds.

        An answer that was lost on its way is asked for again: unknown is not absent, and what is planned from a gap
        may be there already.
        """
        keys = sorted({mark.key for one in self.catalog for mark in one.marks if isinstance(mark, RegistryMark)})
        until, again = self.now() + patience, _AGAIN
        while True:
            try:
                session = self.host.session()
                seen = snapshots.take(session, keys)
                self.jobs = [] if session.read_only else self.work.find()
                if session.read_only or again == 0 or not _gaps(seen):
                    return seen
                again -= 1
            except LoginRefused:
                raise
            except TargetError:
                if self.now() >= until:
                    raise
            self.sleep(self.settings.poll_interval)

    def standing(self, package_id: str, seen: Snapshot) -> Standing | None:
        """Return where a package stands, None for one that the catalog does not know."""
        if package_id not in self.catalog:
            return None
        return Judge(seen, self.catalog).standing(self.catalog.get(package_id))

    def now(self) -> float:
        """Return the seconds of the target's clock of waiting; only differences mean something."""
        return self._waiting().now()

    def sleep(self, seconds: float) -> None:
        """Wait, by the same clock."""
        self._waiting().sleep(seconds)

    def _waiting(self) -> Clock:
        """Return the clock of the conversation in use; the last one while there is none."""
        with contextlib.suppress(TargetError):
            self._clock = clock_of(self.host.session())
        return self._clock

    def claim(self, silence: float = PROMISE) -> None:
        """Hold the lock of the machine; it is said again now and then that this run goes on."""
        if silence > PROMISE or self.now() - self._claimed > _CLAIM_EVERY:
            self.host.claim(silence)
            self._claimed = self.now()

    def say(self, text: str) -> None:
        """Show a line and keep it for the result."""
        line = f"{words.clock(self.now() - self.began)} {text}"
        if self.outcome:
            self.outcome.log.append(line)
        self.host.say(line)

    def warn(self, text: str) -> None:
        """Show a warning once, and keep it for the result."""
        if text not in self.result.warnings:
            self.result.warnings.append(text)
            self.say(f"warning: {text}")

    def note(self, event: str, **facts: object) -> None:
        """Write an event into the journal, on both sides; raises `NoJournal` where the controller's copy fails."""
        self.log.add(event, **facts)
        if self.outcome:
            self.outcome.journal = self.log.places


def _gaps(seen: Snapshot) -> list[str]:
    return [one for one in _NEEDED if one not in (seen.get("answers") or {})]


def boot_of(seen: Snapshot) -> str:
    """Return when the machine started; a job cannot be told from one before a restart without it."""
    boot = (seen.get("answers", {}).get("os") or {}).get("last_boot")
    if not boot:
        raise InstallFailed(
            "the machine does not say when it started (Win32_OperatingSystem.LastBootUpTime), and without that "
            "a restart cannot be told from none; mend WMI on it first"
        )
    return str(boot)


def same_boot(one: str | None, other: str | None) -> bool:
    """Say whether two start times are one start; the value wanders a little when the clock is set."""
    try:
        first, second = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (one or "", other or ""))
    except ValueError:
        return one == other
    return abs((first - second).total_seconds()) <= _BOOT_SLACK
