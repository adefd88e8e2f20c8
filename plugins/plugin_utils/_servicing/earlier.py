# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What earlier runs left on the target (private to this collection): jobs at work, restarts owed, what was reverted."""

from __future__ import annotations

from . import words
from .errors import InstallFailed
from .installing import Installing
from .job import JobState
from .pull import NAME
from .scene import Scene, Snapshot, boot_of, same_boot
from .standing import Judge, Standing, State
from .vigil import Vigil
from .watch import SILENCE
from .workplace import FoundJob


class Earlier:
    """Brings the machine and its job folders to one truth."""

    def __init__(self, scene: Scene, vigil: Vigil, installing: Installing) -> None:
        self._scene, self._vigil, self._installing = scene, vigil, installing

    def owed(self, seen: Snapshot) -> list[str]:
        """Return what was installed since the machine started and takes effect only with a restart.

        The component store calls some packages installed at once, and no marker waits; the ladder demands the restart
        after SHA-2 support all the same. The job's folder stays on the target until then and remembers it.
        """
        scene, owed = self._scene, []
        if not scene.jobs:
            return []
        boot, judge = boot_of(seen), Judge(seen, scene.catalog)
        for found in scene.jobs:
            if (
                found.package in scene.catalog
                and found.state
                and found.state.done
                and same_boot(found.state.boot, boot)
            ):
                package = scene.catalog.get(found.package)
                if package.restart.demanded and judge.standing(package).there:
                    owed.append(package.id)
        return sorted(set(owed))

    def ours(self, seen: Snapshot) -> bool:
        """Say whether a job of this collection has run or runs since the machine started."""
        return any(
            one.state and same_boot(one.state.boot, boot_of(seen)) for one in self._scene.jobs if one.package != NAME
        )

    def at_work(self, seen: Snapshot) -> bool:
        """Say whether a job of this collection runs, which accounts for installers among the processes."""
        return any(
            one.state and not one.state.done and same_boot(one.state.boot, boot_of(seen)) for one in self._scene.jobs
        )

    def settle(self, seen: Snapshot) -> Snapshot:
        """Wait for jobs that still run, and close those that a restart lies behind; return a snapshot that is fresh."""
        scene = self._scene
        for found in scene.jobs:
            if not found.state:
                continue
            same = same_boot(found.state.boot, boot_of(seen))
            if not found.state.done and (same or self._vigil.at_work(found.package)):
                seen = self._go_on(found, boot_of(seen)) or scene.look(patience=SILENCE)
            elif found.package == NAME:
                self._clear_fetched(found)
            elif not same:
                self._close(found, seen)
            elif found.state.judged is None and self._is_there(found.package, seen):
                scene.say(f"{found.package}: an earlier run installed it and did not come to write that down")
                package = scene.catalog.get(found.package)
                seen = self._installing.conclude(package, found.folder, found.state, scene.now(), seen)
        return seen

    def tidy(self, seen: Snapshot) -> None:
        """Remove what is left of jobs that never began, now that nothing is planned any more.

        A controller that died while it sent a package leaves it there. One that still sends notices that its folder is
        gone, and looks again.
        """
        scene = self._scene
        for package in scene.log.open():
            standing = scene.standing(package, seen)
            if standing and standing.there:
                scene.note("installed by another run", package=package, evidence=standing.evidence)
                scene.work.release(package)  # this run may have claimed it right after the other one was done
        for found in scene.jobs:
            if found.state is None:
                scene.work.release(found.package)
                scene.work.remove(found.folder)
        if scene.settings.pulls:
            scene.work.drop_media()

    def _is_there(self, package_id: str, seen: Snapshot) -> bool:
        standing = self._scene.standing(package_id, seen)
        return standing is not None and standing.there

    def _go_on(self, found: FoundJob, boot: str) -> Snapshot | None:
        """Wait for a job that an earlier run began, and finish what that run left undone."""
        scene = self._scene
        scene.say(f"{found.package}: a job of an earlier run is still at work; waiting for it")
        began = scene.now()
        state = self._vigil.until_done(found.folder, found.package, boot)
        if found.package == NAME:
            self._clear_fetched(found)
        if state is None or found.package not in scene.catalog:
            return None
        return self._installing.conclude(scene.catalog.get(found.package), found.folder, state, began)

    def _clear_fetched(self, found: FoundJob) -> None:
        """Forget a job that fetched; what it fetched stays, and is checked before it is used."""
        self._scene.work.release(NAME)
        self._scene.work.remove(found.folder)

    def _close(self, found: FoundJob, seen: Snapshot) -> None:
        """The machine has started anew since the job: its package stayed, or is not settled yet, or was reverted."""
        scene = self._scene
        standing = scene.standing(found.package, seen)
        if standing and standing.state in (State.PENDING, State.LEAVING, State.UNKNOWN):
            return
        went_in = found.state is not None and found.state.judged is not None
        reverted = went_in and standing is not None and not standing.there
        if standing is not None and found.state is not None:
            scene.note(_event(found.state, standing), **_facts(found, found.state, standing))
        scene.work.release(found.package)
        scene.work.remove(found.folder)
        if reverted and standing is not None:
            raise InstallFailed(words.reverted(standing), {"reverted": [found.package]})


def _event(state: JobState, standing: Standing) -> str:
    if state.judged is None:
        return "installed, seen after a restart" if standing.there else "ended by a restart"
    return "settled after a restart" if standing.there else "reverted"


def _facts(found: FoundJob, state: JobState, standing: Standing) -> dict[str, object]:
    return {
        "package": found.package,
        "job_run": found.run,
        "state": standing.state.value,
        "evidence": standing.evidence,
        "codes": dict(state.codes),
    }
