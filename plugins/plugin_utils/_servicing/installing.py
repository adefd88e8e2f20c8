# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Brings one package in (private to this collection): send or fetch, start the job, wait, look, write down."""

from __future__ import annotations

from collections import Counter
from typing import NoReturn

from .._host.pending import judge_restart
from .._target.transfer import TransferFailed
from . import words
from .errors import InstallFailed
from .fetching import Fetching
from .job import Job, JobState
from .logbook import BEGUN, DIED
from .media import MediaFile
from .preflight import refuse_small_disk, room_for
from .progress import Told
from .records import Package
from .results import RESTART_FIRST, explain, unsigned
from .scene import Scene, Snapshot, boot_of
from .standing import Judge, Standing, State
from .steps import InstallStep
from .vigil import Vigil
from .watch import SILENCE

_OTHERS_TURN = 60.0  # seconds in which another controller that claimed a package would have started its job
_TRIES = 3  # how often a job may die under way before that is a failure


class RestartFirst(InstallFailed):
    """The installer wants a restart before it works (0x80240016), which may be tried once."""


class Installing:
    """Installs the packages of one run; a package is in when a fresh look says so, never because a program ended."""

    def __init__(self, scene: Scene, vigil: Vigil, fetching: Fetching) -> None:
        self._scene, self._vigil, self._fetching = scene, vigil, fetching
        self._tries: Counter[str] = Counter()

    def install(self, step: InstallStep, file: MediaFile, seen: Snapshot) -> Snapshot | None:
        """Install one package and return the look that showed it; None when somebody has to look again."""
        package, scene = step.package, self._scene
        if any(one["package"] == package.id for one in scene.result.installed):
            raise InstallFailed(f"{package} was installed in this run and is planned again; something takes it out")
        if self._tries[package.id] >= _TRIES:
            raise InstallFailed(words.dies(package.id, _TRIES))
        began = scene.now()
        job = self._begin(step, file, seen)
        if job is None:
            return None  # another controller is at it
        state = self._vigil.until_done(job.folder, package.id, job.boot)
        if state is None:
            self._tries[package.id] += 1  # died, mostly with the machine
            self._fetching.forget(file)
            scene.note(DIED, package=package.id, folder=job.folder)
            return None
        return self.conclude(package, job.folder, state, began)

    def conclude(
        self, package: Package, folder: str, state: JobState, began: float, seen: Snapshot | None = None
    ) -> Snapshot:
        """Judge a package after its job, write it down, clean up; raises `InstallFailed` when it is not there.

        `seen` is a look from after the job, where there is one already.
        """
        scene = self._scene
        after = seen or scene.look(patience=SILENCE)
        standing = Judge(after, scene.catalog).standing(package)
        if standing.state is State.UNKNOWN:
            raise InstallFailed(words.unknown(standing, folder), {"unknown": [package.id]})
        scene.work.release(package.id)
        if not standing.there:
            self._fail(package, folder, state, standing)
        waits = package.restart.demanded or standing.state is State.PENDING or bool(judge_restart(dict(after)).pending)
        record = words.record(package, state, standing, scene.now() - began, self._vigil.phases)
        scene.result.installed.append(record)
        scene.note("installed", **record, folder=folder, restart_wanted=waits, undo=words.undo(package, after))
        if waits:  # a slim folder stays as a memory of the restart that is owed, and of who caused it
            scene.work.judge(folder, standing.state.value)
            scene.work.slim(folder)
        else:
            scene.work.remove(folder)
        scene.say(f"{package.id}: {standing.state.value} ({standing.evidence})")
        scene.jobs = scene.work.find()
        return after

    def _begin(self, step: InstallStep, file: MediaFile, seen: Snapshot) -> Job | None:
        """Bring the package to the machine and start its job; None when another controller has done so meanwhile."""
        package, scene = step.package, self._scene
        self._fetching.need([file], seen)
        refuse_small_disk(seen, room_for([file], pulled=False))
        folder = scene.work.folder(scene.settings.run, package.id)
        job = Job(package.id, folder, file.answer, file.sha1, boot_of(seen), self._fetching.path(file))
        before = Judge(seen, scene.catalog).standing(package)
        scene.result.changed = True
        scene.note(
            BEGUN,
            package=package.id,
            title=package.title,
            reason=step.reason,
            before={"state": before.state.value, "evidence": before.evidence},
            file={"name": file.name, "size": file.size, "sha1": file.sha1, "sha256": file.sha256},
            source=self._fetching.location(file) if scene.settings.pulls else str(file.path),
            folder=folder,
            final=step.final,
        )
        if self._started_after_all(folder):
            return None
        for old in scene.jobs:
            if old.package == package.id and (old.state or old.folder.lower() == folder.lower()):
                scene.work.release(package.id)
                scene.work.remove(old.folder)
        scene.work.prepare(folder)
        try:
            self._send(job, file)
        except TransferFailed:
            if scene.work.exists(folder):
                raise
            scene.say(f"{package.id}: its folder is gone; another controller has finished and cleaned up")
            return None
        if not (scene.work.enter(job) or self._taken_over(job)):
            return None
        scene.work.start(job)
        return job

    def _send(self, job: Job, file: MediaFile) -> None:
        scene = self._scene
        if job.staged is None:
            scene.say(f"{job.package}: sending {file.name} ({(file.size or 0) / 1e6:.1f} MB)")
            with file.path.open("rb") as stream:
                told = Told(stream, file.size or 0, scene.now, lambda text: scene.say(f"{job.package}: {text}"))
                scene.work.send(told, job.path(job.file))
        scene.work.write(job)

    def _started_after_all(self, folder: str) -> bool:
        """The connection was lost while a job was begun: say whether the machine heard the word to start it."""
        scene = self._scene
        if not any(old.folder.lower() == folder.lower() and old.state is None for old in scene.jobs):
            return False
        scene.say("the job was prepared before the connection was lost; looking whether it was started as well")
        scene.sleep(_OTHERS_TURN)
        return scene.work.state(folder) is not None

    def _taken_over(self, job: Job) -> bool:
        """The package is claimed: leave it to the controller that is at it, or take over what one left behind."""
        scene = self._scene
        scene.say(f"{job.package}: another controller has claimed it; looking whether it goes on")
        scene.sleep(_OTHERS_TURN)
        if not any(one.package == job.package and one.state for one in scene.work.find()):
            scene.work.release(job.package)
            if scene.work.enter(job):
                return True
        scene.work.remove(job.folder)
        scene.note("left to another controller", package=job.package)
        return False

    def _fail(self, package: Package, folder: str, state: JobState, standing: Standing) -> NoReturn:
        """Raise the sentence for a package that did not go in; logs stay on the target, the bulk does not."""
        scene = self._scene
        excerpt = scene.work.excerpt(package.id, state.log_lines)
        scene.work.slim(folder)
        facts = {
            "package": package.id,
            "codes": dict(state.codes),
            "meaning": explain(state.codes["install"]).to_json() if "install" in state.codes else None,
            "retried": list(state.retried),
            "phases": self._vigil.phases,
            "evidence": standing.evidence,
            "cbs_log": excerpt,
            "folder": folder,
        }
        scene.note("failed", **facts)
        first = unsigned(state.codes.get("install", 0)) == RESTART_FIRST
        kind = RestartFirst if first else InstallFailed
        raise kind(words.failed(package, folder, state, standing), {"failure": facts})
