# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Has the target fetch all packages of a plan, before the first is installed (private to this collection)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from . import words
from .errors import InstallFailed, ServicingError
from .job import JobState
from .media import MediaFile
from .preflight import UNHASHED
from .pull import NAME, Pull, Wanted, unc, url
from .scene import HTTP, Scene, Snapshot, boot_of
from .vigil import Vigil

_TRIES = 3  # how often the job may die under way


class Fetching:
    """Knows which packages lie on the target already."""

    def __init__(self, scene: Scene, vigil: Vigil) -> None:
        self._scene, self._vigil = scene, vigil
        self._there: set[str] = set()

    def path(self, file: MediaFile) -> str | None:
        """Return where a package lies on the target, None when it is to be uploaded."""
        if not self._scene.settings.pulls:
            return None
        return f"{self._scene.work.media}\\{file.package}_{file.sha1[:12]}{file.path.suffix.lower()}"

    def location(self, file: MediaFile) -> str:
        """Return where the target gets a package from."""
        settings = self._scene.settings
        place = url if settings.source == HTTP else unc
        return place(settings.share or "", file.relative)

    def need(self, files: Collection[MediaFile], seen: Snapshot) -> None:
        """Fetch those that were not fetched yet in this run; raises `InstallFailed` while nothing is installed."""
        if not self._scene.settings.pulls:
            return
        for file in files:  # a job that died may have taken it along, in whatever way that came to be known
            if file.sha1 in self._there and not self._scene.work.holds(self.path(file) or ""):
                self.forget(file)
        missing = [file for file in files if file.sha1 not in self._there]
        if not missing:
            return
        for _try in range(_TRIES):
            state = self._fetch(missing, seen)
            if state is not None:
                self._there.update(file.sha1 for file in missing)
                return
            seen = self._scene.look()
        raise InstallFailed(words.dies(NAME, _TRIES))

    def forget(self, file: MediaFile) -> None:
        """A job took the file and died with it: it has to be fetched again."""
        self._there.discard(file.sha1)

    def wanted(self, files: Collection[MediaFile]) -> tuple[Wanted, ...]:
        """Return what the job is to fetch; raises `ServicingError` for a place that no batch file can carry."""
        try:
            return tuple(
                Wanted(file.package, self.location(file), self.path(file) or "", file.sha1, file.size) for file in files
            )
        except ValueError as error:
            raise ServicingError(
                f"share cannot be used as it is ({error}); use letters, digits and plain punctuation in the names of "
                "servers, folders and files"
            ) from None

    def _fetch(self, files: list[MediaFile], seen: Snapshot) -> JobState | None:
        """Run one job that fetches; None when it died, or another controller fetches at this moment."""
        scene = self._scene
        pull = Pull(scene.work.folder(scene.settings.run, NAME), boot_of(seen), self.wanted(files))
        sizes = sum(file.size or 0 for file in files) / 1e6
        scene.say(f"the machine fetches {len(files)} packages ({sizes:.1f} MB) from {scene.settings.share}")
        scene.note("fetching", packages=_sources(pull), folder=pull.folder)
        scene.work.remove(pull.folder)
        scene.work.prepare(pull.folder)
        scene.work.prepare(scene.work.media)
        scene.work.write(pull)
        if not scene.work.enter(pull) and not self._left_behind(pull):
            return None
        scene.work.start(pull)
        state = self._vigil.until_done(pull.folder, NAME, pull.boot)
        scene.work.release(NAME)
        if state is None:
            scene.work.remove(pull.folder)
            return None
        try:
            self._judge(state, pull)
        finally:
            scene.work.remove(pull.folder)
        scene.note("fetched", packages=[one.package for one in pull.wanted], by=list(state.means), codes=state.codes)
        return state

    def _left_behind(self, pull: Pull) -> bool:
        """Another controller has claimed the fetching: wait until it is done with it, or take over what it left."""
        scene = self._scene
        scene.say("another controller has the machine fetch packages; looking whether it goes on")
        scene.sleep(60.0)
        others = [one for one in scene.work.find() if one.package == NAME and one.folder.lower() != pull.folder.lower()]
        running = [one for one in others if one.state and not one.state.done]
        if running and self._vigil.at_work(NAME):
            self._vigil.until_done(running[0].folder, NAME, running[0].state.boot or "" if running[0].state else "")
        scene.work.release(NAME)
        return scene.work.enter(pull)

    def _judge(self, state: JobState, pull: Pull) -> None:
        codes = {name: code for name, code in state.codes.items() if code != 0 or name == "size"}
        folder = pull.folder
        if codes:
            log = self._scene.work.text(f"{folder}\\fetch.log")
            one = next((one for one in pull.wanted if one.package == state.package), pull.wanted[0])
            self._scene.work.drop_empty(self._scene.work.media)
            self._scene.note("failed", package=one.package, codes=dict(state.codes), said=log)
            raise InstallFailed(
                words.not_fetched(one.package, one.source, one.size, codes, log),
                {"failure": {"package": one.package, "codes": dict(state.codes), "said": log, "source": one.source}},
            )
        if state.unhashed and UNHASHED not in self._scene.settings.accept:
            self._scene.work.drop_media()
            raise InstallFailed(words.unhashed(state.unhashed, UNHASHED), {"risk": UNHASHED})


def _sources(pull: Pull) -> list[Mapping[str, object]]:
    return [{"package": one.package, "source": one.source, "sha1": one.sha1, "size": one.size} for one in pull.wanted]
