# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Brings a machine to a servicing target (private to this collection).

The engine takes a snapshot, plans, does the first step of the plan, and begins again: so it continues wherever an
earlier run, of this controller or another, was interrupted. What it must remember lies on the target, in the job's
folder. A package is installed when the component store or the files say so after a fresh look, never because a
program ended in 0.

The parts: `scene` (what all of them share), `preflight` (what stops a run before anything is changed), `earlier` (what
earlier runs left), `fetching` and `installing` (one package), `vigil` (waiting for a job), `window`, `logbook`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from .._change.lock import PROMISE
from .._host.pending import judge_restart
from .._host.store import Store, StoreVerdict, judge_store
from .._target.session import TargetError, TimedOut, Unreachable
from . import media as media_files
from . import preflight, words
from .catalog import Catalog
from .earlier import Earlier
from .errors import InstallFailed, ServicingError
from .esu import entitlement_of
from .fetching import Fetching
from .installing import Installing, RestartFirst
from .known_bad import unaccepted, warnings
from .media import MediaFile
from .plan import plan, refuse_strangers
from .records import Package
from .scene import ALWAYS, COMPLETE, NEVER, WHEN_REQUIRED, Host, Outcome, Scene, Settings, Snapshot
from .standing import architecture_of
from .steps import InstallStep, Plan, RestartStep, Step
from .vigil import Vigil
from .watch import SILENCE

__all__ = ["ALWAYS", "NEVER", "WHEN_REQUIRED", "Host", "Outcome", "Settings", "bring"]

_LOST_IN_A_ROW = 3  # connections that may be lost without a step done in between
_RESTART_SILENCE = 5400.0  # seconds; "configuring updates" may take longer than the hour that a restart is given
_RESTARTS_IN_A_ROW = 3  # a pending restart that survives this many restarts will survive the next one too


def bring(host: Host, catalog: Catalog, settings: Settings, check: bool = False) -> Outcome:
    """Bring a machine to a target, or with `check` only say what would be done.

    Raises `ServicingError` and `TargetError`; their `details` attribute carries the outcome so far.
    """
    engine = _Engine(host, catalog, settings)
    try:
        return engine.preview() if check else engine.run()
    except (ServicingError, TargetError) as error:
        outcome = engine.scene.outcome
        if outcome:
            known = getattr(error, "details", None) or {}
            error.details = {**outcome.to_json(), **known}  # type: ignore[union-attr]
        raise


class _Engine:
    def __init__(self, host: Host, catalog: Catalog, settings: Settings) -> None:
        self.catalog, self.settings = catalog, settings
        self.scene = Scene(host, catalog, settings)
        vigil = Vigil(self.scene)
        self.fetching = Fetching(self.scene, vigil)
        self.installing = Installing(self.scene, vigil, self.fetching)
        self.earlier = Earlier(self.scene, vigil, self.installing)
        self.in_a_row = 0
        self.foreign = False
        self.retried: set[str] = set()
        self.checked: dict[tuple[str, int, int], MediaFile] = {}

    # -- the way ------------------------------------------------------------------------------

    def preview(self) -> Outcome:
        """Plan, check the files and the machine, and touch nothing."""
        outcome = self._begin(self.scene.look())
        outcome.changed = bool(outcome.plan.steps)
        if self.settings.pulls and outcome.plan.packages:
            self.scene.warn(
                f"whether the machine itself can reach {self.settings.share} was not tried: that takes a job on it"
            )
        fits, used = True, self.scene.now()
        for step in outcome.plan.steps:
            used += self._needs(step)
            fits = fits and (self.scene.deadline is None or used <= self.scene.deadline)
            if not fits:
                outcome.left.append(step.to_json())
        outcome.window_closed = bool(outcome.left)
        return outcome

    def run(self) -> Outcome:
        """Do one step after the other until the plan is empty.

        A connection that is lost on the way costs another look and nothing else: what was said to the machine is
        either claimed there or harmless twice.
        """
        seen = self.scene.look()
        outcome = self._begin(seen)
        self.foreign = bool(outcome.plan.steps) and self._foreign_restart(seen)
        for sentence in outcome.plan.final:
            self.scene.say(f"cannot be undone: {sentence}")
        lost, going = 0, True
        while going:
            try:
                seen, going = self._go(seen)
                lost = 0
            except (Unreachable, TimedOut) as error:
                lost += 1
                if lost > _LOST_IN_A_ROW:
                    raise
                self.scene.say(f"the connection was lost ({error}); looking at the machine again")
                seen = self.scene.look(patience=SILENCE)
        return outcome

    def _go(self, seen: Snapshot) -> tuple[Snapshot, bool]:
        """Do the next step; return a fresh look, and whether there may be more to do."""
        if self.scene.jobs:
            self.scene.claim()
        seen = self.earlier.settle(seen)
        way = self._plan(seen)
        if way.unreachable:
            raise ServicingError(way.sentence)
        step = way.steps[0] if way.steps else None
        if self.foreign and step is not None and not isinstance(step, RestartStep):
            step = RestartStep("somebody else left one pending, and pending_restart is complete", foreign=True)
        outcome = self.scene.result
        if step is None and self.settings.reboot == ALWAYS and outcome.installed and not outcome.restarts:
            step = RestartStep("asked for after every change")
        if step is None:
            self.earlier.tidy(seen)
            return seen, False
        if not self._may_begin(step, way):
            return seen, False
        self.foreign = False
        self.scene.claim(_RESTART_SILENCE if isinstance(step, RestartStep) else PROMISE)
        if isinstance(step, RestartStep):
            self._restart(step.reason)
            return self.scene.look(patience=SILENCE), True
        return self._install(step, way, seen), True

    def _begin(self, seen: Snapshot) -> Outcome:
        """Plan, and refuse before anything is touched whatever can be known to fail."""
        refuse_strangers(seen)
        way = self._plan(seen)
        facts = {"plan": way.to_json(), "omitted": [one.to_json() for one in way.omitted]}
        if way.unreachable:
            raise ServicingError(way.sentence, facts)
        outcome = self.scene.outcome = Outcome(way)
        if not way.steps:
            return outcome
        try:
            self._refuse(way, seen)
        except (ServicingError, TargetError) as error:
            error.details = {**facts, **(getattr(error, "details", None) or {})}  # type: ignore[union-attr]
            raise
        return outcome

    def _refuse(self, way: Plan, seen: Snapshot) -> None:
        """Raise for bad input; nothing of it needs a change on the target to be known."""
        packages = [self.catalog.get(one) for one in way.packages]
        accepted = self.settings.accept
        if self._foreign_restart(seen):
            allowed = self.settings.pending_restart == COMPLETE
            preflight.refuse_foreign_restart(seen, allowed, self.settings.reboot != NEVER)
        if packages:
            files = self._files(packages, seen)
            preflight.refuse_small_disk(seen, preflight.room_for(files.values(), self.settings.pulls))
            if self.settings.pulls:
                self.fetching.wanted(list(files.values()))
        session = self.scene.host.session()
        if not session.read_only:
            preflight.refuse_wrong_clock(seen, datetime.now(UTC), packages, accepted)
            if not self.earlier.at_work(seen):
                preflight.refuse_running(session.query(preflight.PROCESSES), seen)
        if not self.earlier.at_work(seen):  # else the store is in motion, and list and folder need not agree
            store = preflight.refuse_damaged_store(self._store(seen), accepted)
            if store:
                self.scene.warn(store)
        self._warn(packages, seen)

    def _store(self, seen: Snapshot) -> StoreVerdict:
        """Judge the component store; what looks damaged is looked at twice, for a package may just have arrived."""
        found = judge_store(dict(seen))
        if found.verdict is not Store.DAMAGED or self.scene.host.session().read_only:
            return found
        return judge_store(dict(self.scene.look()))

    def _warn(self, packages: Sequence[Package], seen: Snapshot) -> None:
        """Show what is known to go wrong with these packages on such a machine; stop where nobody accepted it."""
        found = warnings(packages, seen, self.catalog)
        self.scene.result.risks = [one.to_json() for one in found]
        stops = unaccepted(found, [one for one in self.settings.accept if one not in preflight.RISKS])
        for one in found:
            if one not in stops:
                self.scene.warn(one.text)
        if stops:
            raise ServicingError(words.known_bad(stops), {"risks": self.scene.result.risks})

    def _foreign_restart(self, seen: Snapshot) -> bool:
        """Say whether a restart waits that no job of this collection accounts for."""
        return bool(judge_restart(dict(seen)).pending) and not self.earlier.ours(seen)

    def _may_begin(self, step: Step, way: Plan) -> bool:
        """Say whether the next step may be begun; where not, say in the outcome what is left and why."""
        outcome = self.scene.result
        if isinstance(step, RestartStep) and self.settings.reboot == NEVER:
            self.scene.say(f"stopped before a restart: {step.reason}; restart the machine and run this again")
            outcome.pending_restart = True
        elif self.scene.deadline is not None and self.scene.now() + self._needs(step) > self.scene.deadline:
            self.scene.say(words.window_closes(step, self._needs(step), self.scene.deadline - self.scene.now()))
            outcome.window_closed = True
            outcome.pending_restart = isinstance(step, RestartStep)
        else:
            return True
        outcome.left = [one.to_json() for one in way.steps]
        return False

    def _needs(self, step: Step) -> float:
        return self.settings.window.seconds(step, with_restart=self.settings.reboot != NEVER)

    # -- the steps ------------------------------------------------------------------------------

    def _install(self, step: InstallStep, way: Plan, seen: Snapshot) -> Snapshot:
        """Install one package; before the first of a run, have the target fetch all of them."""
        self.in_a_row = 0
        files = self._files([self.catalog.get(one) for one in way.packages], seen)
        self.fetching.need(list(files.values()), seen)
        try:
            return self.installing.install(step, files[step.package.id], seen) or self.scene.look(patience=SILENCE)
        except RestartFirst:
            if step.package.id in self.retried or self.settings.reboot == NEVER:
                raise
            self.retried.add(step.package.id)
            self._restart(f"{step.package.id} was refused until a restart (0x80240016); it is tried once more after it")
            return self.scene.look(patience=SILENCE)

    def _restart(self, reason: str) -> None:
        """Restart the machine and wait until it is back."""
        scene = self.scene
        if self.in_a_row >= _RESTARTS_IN_A_ROW:
            raise InstallFailed(f"the machine still wants a restart after {self.in_a_row} restarts in a row: {reason}")
        scene.say(f"restart: {reason}")
        began = scene.now()
        try:
            scene.note("restarting", reason=reason)
            scene.result.changed = True
            scene.host.restart(reason, scene.say)
        except TargetError as error:
            scene.note("restart not seen through", reason=str(error))
            raise
        scene.result.restarts += 1
        self.in_a_row += 1
        scene.note("restarted", seconds=round(scene.now() - began))
        scene.say("the machine is back")

    # -- plan and files -------------------------------------------------------------------------

    def _plan(self, seen: Snapshot) -> Plan:
        at_hand = self._at_hand(seen)
        return plan(
            seen,
            self.catalog,
            self.settings.target,
            media=None if self.settings.media is None else {one: path.name for one, path in at_hand.items()},
            entitlement=entitlement_of(seen, self.settings.entitlement),
            hold=self.settings.hold,
            owed=self.earlier.owed(seen),
            also=self.settings.also,
        )

    def _at_hand(self, seen: Snapshot) -> dict[str, Path]:
        architecture = architecture_of(seen)
        if self.settings.media is None or architecture is None:
            return {}
        return media_files.look(self.settings.media, self.catalog, architecture)

    def _files(self, packages: Sequence[Package], seen: Snapshot) -> dict[str, MediaFile]:
        """Return the checked files; without a folder here, what the catalog knows has to do."""
        architecture = refuse_strangers(seen)
        if self.settings.media is None:
            if self.settings.pulls:
                return media_files.from_records(packages, architecture)
            raise ServicingError(
                f"{self.scene.result.plan.sentence} No media folder was given; name the folder with the packages on "
                "the control node"
            )
        at_hand = self._at_hand(seen)
        media_files.refuse_missing(packages, self.settings.media, at_hand, architecture)
        return {one.id: self._checked(at_hand[one.id], one, seen) for one in packages}

    def _checked(self, path: Path, package: Package, seen: Snapshot) -> MediaFile:
        """Check a file, once as long as it stays what it is: hashing a service pack takes seconds."""
        stat = path.stat()
        key = (str(path), stat.st_size, stat.st_mtime_ns)
        if key not in self.checked:
            language = ((seen.get("answers") or {}).get("os") or {}).get("language")
            file = media_files.check(path, package, refuse_strangers(seen), language)
            self.checked[key] = replace(file, root=self.settings.media)
        return self.checked[key]
