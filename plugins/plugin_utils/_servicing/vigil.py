# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waits for a job on the target (private to this collection): short looks, lost answers forgiven, dead jobs noticed."""

from __future__ import annotations

from .._change.lock import LockLost
from .._host import typed
from .._target.session import LoginRefused, TargetError
from . import words
from .errors import InstallFailed
from .job import PHASES, SCRIPT_FILE, JobState
from .scene import Scene, same_boot
from .watch import SILENCE, Watch

_START_PATIENCE = 180.0  # seconds until a started task must have written its first line
_MISSED = 3  # looks in a row without a process of the job before it counts as dead


class Vigil:
    """Waits for the jobs of one run. `phases` are the seconds that the last job was seen in each of its phases."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.phases: dict[str, int] = {}

    def until_done(self, folder: str, package: str, boot: str) -> JobState | None:
        """Wait until a job is done; None when it died (with the machine, mostly) or its folder was taken away.

        Each look is one short command. Lost answers are no failure of the job: it runs on the target, in its own time.
        """
        scene, self.phases = self._scene, {}
        watch = Watch(scene.now())
        while True:
            try:
                scene.claim()
                state = scene.work.state(folder)
                if state and state.done:
                    self.phases = watch.durations(state, scene.now())
                    return state
                if state is None and watch.state:
                    return None
                if watch.doubtful(scene.now()) and not self._lives(package, boot, watch):
                    scene.say(f"{package}: its job is gone, and did not finish; looking at the machine again")
                    return None
                watch.heard(state, scene.now())
            except (LoginRefused, LockLost):
                raise
            except TargetError as error:
                if watch.silent(scene.now()):
                    raise InstallFailed(words.silent(package, folder, SILENCE, str(error))) from None
            else:
                if state is None and watch.age(scene.now()) > _START_PATIENCE:
                    raise InstallFailed(words.never_started(package, folder))
            if watch.news(scene.now()) and watch.state and watch.state.phase:
                scene.say(f"{package}: {PHASES.get(watch.state.phase, watch.state.phase)}{words.which(watch.state)}")
            if watch.age(scene.now()) > scene.settings.job_timeout:
                raise InstallFailed(words.too_long(package, folder, scene.settings.job_timeout, watch.state))
            scene.sleep(watch.pause(scene.settings.poll_interval))

    def at_work(self, package: str) -> bool:
        """Say whether a package's job runs, by its processes: the start time moves when somebody sets the clock."""
        rows = self._scene.host.session().query(
            "SELECT Name,CommandLine FROM Win32_Process WHERE Name='cmd.exe' OR Name='pkgmgr.exe'"
        )
        lines = [f"{row.get('Name')} {row.get('CommandLine')}".lower() for row in rows]
        return any(line.startswith("pkgmgr.exe") or (package.lower() in line and SCRIPT_FILE in line) for line in lines)

    def _lives(self, package: str, boot: str, watch: Watch) -> bool:
        """Say whether a job can still finish: no restart since it began, or its processes are there."""
        if self.at_work(package):
            watch.missed = 0
            return True
        watch.missed += 1
        return same_boot(self._asked_boot(), boot) and watch.missed < _MISSED

    def _asked_boot(self) -> str | None:
        rows = self._scene.host.session().query("SELECT LastBootUpTime FROM Win32_OperatingSystem")
        return typed.moment(rows[0], "LastBootUpTime") if rows else None
