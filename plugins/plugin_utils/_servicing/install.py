# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Brings a machine to a servicing target (private to this collection).

The engine takes a snapshot, plans, does the first step of the plan, and begins again: so it continues wherever an
earlier run, of this controller or another, was interrupted. What it must remember lies on the target, in the job's
folder. A package is installed when the component store or the files say so after a fresh look, never because a
program ended in 0.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from .._host import snapshot as snapshots
from .._host import typed
from .._target.session import Clock, LoginRefused, Session, TargetError, clock_of
from . import media as media_files
from . import words
from .catalog import Catalog
from .errors import InstallFailed, ServicingError
from .esu import entitlement_of
from .job import PHASES, SCRIPT_FILE, Job, JobState
from .media import MediaFile
from .plan import InstallStep, Plan, plan, refuse_strangers
from .records import Package, RegistryMark
from .standing import Judge, Standing, State, architecture_of
from .watch import SILENCE, Watch
from .workplace import FoundJob, Workplace

Snapshot = Mapping[str, Any]

NEVER, WHEN_REQUIRED, ALWAYS = "never", "when_required", "always"
_START_PATIENCE = 180.0  # seconds until a started task must have written its first line
_BOOT_SLACK = 10.0  # seconds by which LastBootUpTime wanders: Windows computes it from the uptime
_OTHERS_TURN = 60.0  # seconds in which another controller that claimed a package would have started its job
_TRIES = 3  # how often a job may die under way before that is a failure
_MISSED = 3  # looks in a row without a process of the job before it counts as dead
_RESTARTS_IN_A_ROW = 3  # a pending restart that survives this many restarts will survive the next one too
_SPARE_ROOM = 512 * 1024 * 1024
_TIMES_SIZE = 4  # the package, its expanded copy, the sandbox, and what the component store takes


@dataclass(frozen=True)
class Host:
    """What the engine needs of the world.

    `session` returns the conversation in use, `restart` is given the reason and a place to say what happens, and
    returns when the machine is up and has settled again.
    """

    session: Callable[[], Session]
    restart: Callable[[str, Callable[[str], None]], object]
    say: Callable[[str], None]


@dataclass(frozen=True)
class Settings:
    """What the operator asked for. `share` is the UNC folder that the target copies from; None means upload."""

    target: str
    media: Path | None = None
    share: str | None = None
    reboot: str = WHEN_REQUIRED
    hold: Collection[str] = ()
    job_timeout: float = 7200.0
    poll_interval: float = 10.0
    run: str = "run"


@dataclass
class Outcome:
    """What was done; filled as it happens, so that it tells the truth after a failure too."""

    plan: Plan
    changed: bool = False
    installed: list[dict[str, object]] = field(default_factory=list)
    restarts: int = 0
    pending_restart: bool = False
    log: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, object]:
        """Return plain values for a result."""
        return {
            "changed": self.changed,
            "plan": self.plan.to_json(),
            "installed": self.installed,
            "omitted": [one.to_json() for one in self.plan.omitted],
            "restarts": self.restarts,
            "pending_restart": self.pending_restart,
            "log": self.log,
        }

    def difference(self) -> dict[str, str]:
        """Return the steps as Ansible's diff shows them: nothing before, the plan after."""
        steps = "".join(f"{words.step(one)}\n" for one in self.plan.steps)
        return {"before": "", "after": steps, "before_header": "servicing", "after_header": "servicing"}


def bring(host: Host, catalog: Catalog, settings: Settings, check: bool = False) -> Outcome:
    """Bring a machine to a target, or with `check` only say what would be done.

    Raises `ServicingError` and `TargetError`; their `details` attribute carries the outcome so far.
    """
    engine = _Engine(host, catalog, settings)
    try:
        return engine.preview() if check else engine.run()
    except (ServicingError, TargetError) as error:
        if engine.outcome:
            known = getattr(error, "details", None) or {}
            error.details = {**engine.outcome.to_json(), **known}  # type: ignore[union-attr]
        raise


class _Engine:
    def __init__(self, host: Host, catalog: Catalog, settings: Settings) -> None:
        self.host, self.catalog, self.settings = host, catalog, settings
        self.work = Workplace(host.session)
        self.clock = Clock()
        self.began = self._now()
        self.outcome: Outcome | None = None
        self.tries: Counter[str] = Counter()
        self.in_a_row = 0
        self.jobs: list[FoundJob] = []

    # -- the way ------------------------------------------------------------------------------

    def preview(self) -> Outcome:
        """Plan and check the files, and touch nothing."""
        way = self._first_plan(self._look())
        self.outcome = Outcome(way, changed=bool(way.steps))
        return self.outcome

    def run(self) -> Outcome:
        """Do one step after the other until the plan is empty."""
        seen = self._look()
        self.outcome = outcome = Outcome(self._first_plan(seen))
        while True:
            seen = self._settle(seen)
            way = self._plan(seen)
            if way.unreachable:
                raise ServicingError(way.sentence)
            if not way.steps:
                break
            step = way.steps[0]
            if isinstance(step, InstallStep):
                self.in_a_row = 0
                seen = self._install(step, seen) or self._look(patience=SILENCE)
                continue
            if not self._restart(step.reason):
                outcome.pending_restart = True
                return outcome
            seen = self._look(patience=SILENCE)
        if self.settings.reboot == ALWAYS and outcome.installed and not outcome.restarts:
            self._restart("asked for after every change")
            self._settle(self._look(patience=SILENCE))
        return outcome

    def _first_plan(self, seen: Snapshot) -> Plan:
        """Plan, and refuse before anything is touched whatever can be known to fail."""
        refuse_strangers(seen)
        way = self._plan(seen)
        facts = {"plan": way.to_json(), "omitted": [one.to_json() for one in way.omitted]}
        if way.unreachable:
            raise ServicingError(way.sentence, facts)
        if not way.packages:
            return way
        if self.settings.media is None:
            raise ServicingError(
                f"{way.sentence} No media folder was given; name the folder with the packages on the control node",
                facts,
            )
        try:
            files = self._files([self.catalog.get(one) for one in way.packages], seen)
            words.refuse_small_disk(seen, _SPARE_ROOM + _TIMES_SIZE * max(file.size for file in files.values()))
        except ServicingError as error:
            error.details = {**facts, **error.details}
            raise
        return way

    def _plan(self, seen: Snapshot) -> Plan:
        at_hand = self._at_hand(seen)
        return plan(
            seen,
            self.catalog,
            self.settings.target,
            media=None if self.settings.media is None else {one: path.name for one, path in at_hand.items()},
            entitlement=entitlement_of(seen),
            hold=self.settings.hold,
            owed=self._owed(seen),
        )

    def _at_hand(self, seen: Snapshot) -> dict[str, Path]:
        architecture = architecture_of(seen)
        if self.settings.media is None or architecture is None:
            return {}
        return media_files.look(self.settings.media, self.catalog, architecture)

    def _files(self, packages: Collection[Package], seen: Snapshot) -> dict[str, MediaFile]:
        if self.settings.media is None:  # `_first_plan` says it with the plan, before anything is touched
            raise ServicingError("no media folder was given; name the folder with the packages on the control node")
        return media_files.require(packages, self.settings.media, self._at_hand(seen), refuse_strangers(seen))

    def _look(self, patience: float = 0.0) -> Snapshot:
        """Take a snapshot and look for jobs; a machine that has just installed or started gets `patience` seconds."""
        keys = sorted({mark.key for one in self.catalog for mark in one.marks if isinstance(mark, RegistryMark)})
        until = self._now() + patience
        while True:
            try:
                session = self.host.session()
                seen = snapshots.take(session, keys)
                self.jobs = [] if session.read_only else self.work.find()
                return seen
            except LoginRefused:
                raise
            except TargetError:
                if self._now() >= until:
                    raise
            self._sleep(self.settings.poll_interval)

    def _now(self) -> float:
        return self._clock().now()

    def _sleep(self, seconds: float) -> None:
        self._clock().sleep(seconds)

    def _clock(self) -> Clock:
        """Return the clock of the conversation in use; the last one while there is none."""
        with contextlib.suppress(TargetError):
            self.clock = clock_of(self.host.session())
        return self.clock

    @property
    def _result(self) -> Outcome:
        """The outcome that the steps fill; the first plan makes it."""
        if self.outcome is None:
            raise AssertionError("a step was taken before the first plan")
        return self.outcome

    def _say(self, text: str) -> None:
        """Show a line and keep it for the result."""
        line = f"{words.clock(self._now() - self.began)} {text}"
        if self.outcome:
            self.outcome.log.append(line)
        self.host.say(line)

    # -- restarts, and what earlier runs left ---------------------------------------------------

    def _restart(self, reason: str) -> bool:
        """Restart the machine, unless the operator keeps that to himself: then say so and return False."""
        if self.settings.reboot == NEVER:
            self._say(f"stopped before a restart: {reason}; restart the machine and run this again")
            return False
        if self.in_a_row >= _RESTARTS_IN_A_ROW:
            raise InstallFailed(f"the machine still wants a restart after {self.in_a_row} restarts in a row: {reason}")
        self._say(f"restart: {reason}")
        self._result.changed = True
        self.host.restart(reason, self._say)
        self._result.restarts += 1
        self.in_a_row += 1
        self._say("the machine is back")
        return True

    def _owed(self, seen: Snapshot) -> list[str]:
        """Return what was installed since the machine started and takes effect only with a restart.

        The component store calls some packages installed at once, and no marker waits; the ladder demands the restart
        after SHA-2 support all the same. The job's folder stays on the target until then and remembers it.
        """
        boot, judge, owed = _boot(seen), Judge(seen, self.catalog), []
        for found in self.jobs:
            if found.package in self.catalog and found.state and found.state.done and _same(found.state.boot, boot):
                package = self.catalog.get(found.package)
                if package.restart.demanded and judge.standing(package).there:
                    owed.append(package.id)
        return sorted(set(owed))

    def _settle(self, seen: Snapshot) -> Snapshot:
        """Wait for jobs that still run, and close those that a restart lies behind; return a snapshot that is fresh."""
        for found in self.jobs:
            if not found.state:
                continue
            same = _same(found.state.boot, _boot(seen))
            if not found.state.done and (same or self._at_work(found.package)):
                seen = self._go_on(found, _boot(seen)) or self._look(patience=SILENCE)
            elif not same:
                self._close(found, seen)
            elif found.state.judged is None and self._is_there(found.package, seen):
                seen = self._conclude(self.catalog.get(found.package), found.folder, found.state, self._now())
        return seen

    def _is_there(self, package_id: str, seen: Snapshot) -> bool:
        standing = self._standing(package_id, seen)
        return standing is not None and standing.there

    def _go_on(self, found: FoundJob, boot: str) -> Snapshot | None:
        """Wait for a job that an earlier run began, and finish what that run left undone."""
        self._say(f"{found.package}: a job of an earlier run is still at work; waiting for it")
        began = self._now()
        state = self._wait(found.folder, found.package, boot)
        if state is None or found.package not in self.catalog:
            return None
        return self._conclude(self.catalog.get(found.package), found.folder, state, began)

    def _at_work(self, package: str) -> bool:
        """Say whether a package's job runs, by its processes: the start time moves when somebody sets the clock."""
        rows = self.host.session().query(
            "SELECT Name,CommandLine FROM Win32_Process WHERE Name='cmd.exe' OR Name='pkgmgr.exe'"
        )
        lines = [f"{row.get('Name')} {row.get('CommandLine')}".lower() for row in rows]
        return any(line.startswith("pkgmgr.exe") or (package.lower() in line and SCRIPT_FILE in line) for line in lines)

    def _close(self, found: FoundJob, seen: Snapshot) -> None:
        """The machine has started anew since the job: its package stayed, or is not settled yet, or was reverted."""
        standing = self._standing(found.package, seen)
        if standing and standing.state in (State.PENDING, State.LEAVING):
            return
        self.work.release(found.package)
        self.work.remove(found.folder)
        went_in = found.state is not None and found.state.judged is not None
        if went_in and standing and not standing.there:
            raise InstallFailed(words.reverted(standing), {"reverted": [found.package]})

    def _standing(self, package_id: str, seen: Snapshot) -> Standing | None:
        known = package_id in self.catalog
        return Judge(seen, self.catalog).standing(self.catalog.get(package_id)) if known else None

    # -- one package ----------------------------------------------------------------------------

    def _install(self, step: InstallStep, seen: Snapshot) -> Snapshot | None:
        """Install one package and return the look that showed it; None when somebody has to look again."""
        package = step.package
        if any(one["package"] == package.id for one in self._result.installed):
            raise InstallFailed(f"{package} was installed in this run and is planned again; something takes it out")
        self.tries[package.id] += 1
        if self.tries[package.id] > _TRIES:
            raise InstallFailed(words.dies(package.id, _TRIES))
        began = self._now()
        job = self._begin(step, seen)
        state = self._wait(job.folder, package.id, job.boot) if job else None
        if job is None or state is None:
            return None  # it belongs to another controller, or died with the machine
        return self._conclude(package, job.folder, state, began)

    def _conclude(self, package: Package, folder: str, state: JobState, began: float) -> Snapshot:
        """Look whether a package is there after its job, and clean up; raises `InstallFailed` when it is not."""
        after = self._look(patience=SILENCE)
        standing = Judge(after, self.catalog).standing(package)
        self.work.release(package.id)
        if not standing.there:
            self._fail(package, folder, state, standing, after)
        if package.restart.demanded or standing.state is State.PENDING:
            # a slim folder stays as a memory of the restart that is owed
            self.work.judge(folder, standing.state.value)
            self.work.slim(folder)
        else:
            self.work.remove(folder)
        self._result.installed.append(words.record(package, state, standing, self._now() - began))
        self._say(f"{package.id}: {standing.state.value} ({standing.evidence})")
        self.jobs = self.work.find()
        return after

    def _begin(self, step: InstallStep, seen: Snapshot) -> Job | None:
        """Send the package and start its job; None when another controller turns out to have done so meanwhile."""
        package = step.package
        file = self._files([package], seen)[package.id]
        words.refuse_small_disk(seen, _SPARE_ROOM + _TIMES_SIZE * file.size)
        share = f"{self.settings.share.rstrip(chr(92))}\\{file.name}" if self.settings.share else None
        folder = self.work.folder(self.settings.run, package.id)
        job = Job(package.id, folder, file.answer, file.sha1, _boot(seen), share)
        self._result.changed = True
        for old in self.jobs:
            if old.package == package.id and (old.state or old.folder.lower() == folder.lower()):
                self.work.release(package.id)
                self.work.remove(old.folder)
        self.work.prepare(folder)
        if share is None:
            self._say(f"{package.id}: sending {file.name} ({file.size / 1e6:.1f} MB)")
            with file.path.open("rb") as stream:
                self.work.send(stream, job.path(job.file))
        self.work.write(job, int(self.settings.job_timeout))
        if not (self.work.enter(job) or self._taken_over(job)):
            return None
        self.work.start(job)
        return job

    def _taken_over(self, job: Job) -> bool:
        """The package is claimed: leave it to the controller that is at it, or take over what one left behind."""
        self._say(f"{job.package}: another controller has claimed it; looking whether it goes on")
        self._sleep(_OTHERS_TURN)
        if not any(one.package == job.package and one.state for one in self.work.find()):
            self.work.release(job.package)
            if self.work.enter(job):
                return True
        self.work.remove(job.folder)
        return False

    def _wait(self, folder: str, package: str, boot: str) -> JobState | None:
        """Wait until a job is done; None when it died (with the machine, mostly) or its folder was taken away.

        Each look is one short command. Lost answers are no failure of the job: it runs on the target, in its own time.
        """
        watch = Watch(self._now())
        while True:
            try:
                state = self.work.state(folder)
                if state and state.done:
                    return state
                if state is None and watch.state:
                    return None
                if watch.doubtful(self._now()) and not self._lives(package, boot, watch):
                    self._say(f"{package}: its job is gone, and did not finish; looking at the machine again")
                    return None
                watch.heard(state, self._now())
            except LoginRefused:
                raise
            except TargetError as error:
                if watch.silent(self._now()):
                    raise InstallFailed(words.silent(package, folder, SILENCE, str(error))) from None
            else:
                if state is None and watch.age(self._now()) > _START_PATIENCE:
                    raise InstallFailed(words.never_started(package, folder))
            if watch.news(self._now()) and watch.state and watch.state.phase:
                self._say(f"{package}: {PHASES.get(watch.state.phase, watch.state.phase)}")
            if watch.age(self._now()) > self.settings.job_timeout:
                raise InstallFailed(words.too_long(package, folder, self.settings.job_timeout, watch.state))
            self._sleep(watch.pause(self.settings.poll_interval))

    def _lives(self, package: str, boot: str, watch: Watch) -> bool:
        """Say whether a job can still finish: no restart since it began, or its processes are there."""
        if self._at_work(package):
            watch.missed = 0
            return True
        watch.missed += 1
        return _same(self._asked_boot(), boot) and watch.missed < _MISSED

    def _asked_boot(self) -> str | None:
        rows = self.host.session().query("SELECT LastBootUpTime FROM Win32_OperatingSystem")
        return typed.moment(rows[0], "LastBootUpTime") if rows else None

    def _fail(self, package: Package, folder: str, state: JobState, standing: Standing, after: Snapshot) -> NoReturn:
        """Raise the sentence for a package that did not go in; logs stay on the target, the bulk does not."""
        excerpt = self.work.excerpt(package.id, after)
        self.work.slim(folder)
        raise InstallFailed(
            words.failed(package, folder, state, standing, self.settings.share),
            {
                "failure": {
                    "package": package.id,
                    "codes": dict(state.codes),
                    "evidence": standing.evidence,
                    "cbs_log": excerpt,
                    "folder": folder,
                }
            },
        )


def _boot(seen: Snapshot) -> str:
    """Return when the machine started; a job cannot be told from one before a restart without it."""
    boot = (seen.get("answers", {}).get("os") or {}).get("last_boot")
    if not boot:
        raise InstallFailed(
            "the machine does not say when it started (Win32_OperatingSystem.LastBootUpTime), and without that "
            "a restart cannot be told from none; mend WMI on it first"
        )
    return str(boot)


def _same(one: str | None, other: str | None) -> bool:
    """Say whether two start times are one start; the value wanders a little when the clock is set."""
    try:
        first, second = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (one or "", other or ""))
    except ValueError:
        return one == other
    return abs((first - second).total_seconds()) <= _BOOT_SLACK
