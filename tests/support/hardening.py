# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The faults that an enforcement and a rollback meet, played out message by message (`support.transcripts`).

A story is a run into a fault, and then what people do: they run it again, and later take everything back. It is right
when the machine can be reached within the confirm time whatever happened, the second run ends like an undisturbed one,
and the rollback brings back the exact machine of the start: registry, policies, accounts, services, files, tasks.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import functools
import hashlib
import itertools
import json
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.enforce import Enforcement
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.evaluate import reads_to_change
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.reread import look, read_registry
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import Selection, select
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.surroundings import surroundings_of
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.trial import Trial, settle_earlier, still_let_in
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import back, ledger
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.confirm import GRACE
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.lock import TargetLock, myself
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.rollback import Asked
from ansible_collections.sunset.ws2008.plugins.plugin_utils._dependencies import questions as dependencies
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.snapshot import take
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target import transfer
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import TargetError

from .baseline_breaks import break_on
from .faults import Story
from .matrix import Case
from .quickly import quickly
from .transcripts import Controller, Killed, Yard

HOST = "cerberus"
MINUTES = 3  # to confirm in
OURS = "sunset.ws2008"
# A step that only changes what nothing needs, and two that could cut somebody off.
CONTROLS = (
    "audit-force-subcategories",  # registry
    "audit-system-security-state-change",  # auditpol
    "print-spooler-off",  # service
    "winrm-client-trustedhosts",  # winrm, risky
    "right-increasequota",  # secedit, risky
)
# What has a tool of its own: the boot store, a method of WMI, icacls, the access list of a key.
MORE_CONTROLS = ("sm-dep-optout", "nr-netbios-off", "eventlog-acl", "smb-winreg-acl")
NOW = dt.datetime(2026, 11, 20, 18, tzinfo=dt.UTC)
# What a machine has and a clock or a log moves; nobody takes a log back.
_MOVING = ("clock", "now", "booted_at", "boot", "restarts", "processes")
_LOG = "C:\\Windows\\security\\logs\\scesrv.log"
_LOGS = "-security.log"  # what secedit tells while it works for us: people may read it, and nothing else does


def scene(**twin: Any) -> dict[str, Any]:
    """Return the snapshot of the machine; WinRM 2.0, because 1.1 has operations for one controller only."""
    answers = {"os": {"version": "6.0.6002", "build": 6002, "arch": "x64"}}
    return {"answers": answers, "unknown": {}, "twin": {"winrm": "2.0", "restart_seconds": 30, **twin}}


@functools.cache
def chosen(controls: tuple[str, ...]) -> Selection:
    """Return the selection of these controls."""
    return select(ids=controls)


@dataclass
class Ward:
    """One machine on which the controls are broken, its controllers, and the journals that they keep together."""

    yard: Yard
    journal: Path
    selection: Selection = field(default_factory=lambda: chosen(CONTROLS))
    minutes: int = MINUTES
    options: dict[str, Any] = field(default_factory=dict)
    runs: list[str] = field(default_factory=list)
    outcome: Any = None
    broken: bool = False
    before_claim: Callable[[], object] = lambda: None  # what happens between the look at the machine and its lock

    def __post_init__(self) -> None:
        for control in () if self.broken else self.selection.controls:
            break_on(self.yard.machine, control)

    def harden(self, controller: Controller) -> str:
        """Enforce as the module does: read, judge, take the lock, change; returns ``done`` or the sentence."""

        def work() -> str:
            session = controller.open()
            reads = reads_to_change(self.selection)
            snapshot = take(session, reads.keys, [*reads.questions(), *dependencies.ALL])
            with self.alone(controller, "baseline") as claim:
                run = Enforcement(
                    session=session,
                    selection=self.selection,
                    surroundings=surroundings_of(session),
                    directory=self.journal,
                    host=HOST,
                    now=self._now(),
                    run_name=f"20261120T18{len(self.runs):04d}Z-{controller.name}",
                    fresh=controller.open,
                    tell=controller.say,
                    confirm_minutes=self.minutes,
                    claim=claim,
                    **self.options,
                )
                self.outcome = run.run(snapshot)
            return "; ".join(self.outcome.failures) or "done"

        return ended(work)

    def take_back(self, controller: Controller, force: Collection[str] = ()) -> str:
        """Take back all that the journals of both sides say, as the module does."""

        def work() -> str:
            session = controller.open()

            def planned() -> back.Outcome:
                found = ledger.read(session, self.journal, HOST)
                return back.plan(session, found, back.ALL, Asked(force=force), look)

            outcome = planned()
            self.before_claim()
            trial = Trial(self.minutes, controller.open, still_let_in, controller.say)
            with self.alone(controller, "rollback") as claim:
                run = back.Back(session, self.journal, HOST, look, read_registry, trial, planned, claim, self._now)
                outcome = run.run(outcome)
            return outcome.sentence() or "done"

        return ended(work)

    @contextlib.contextmanager
    def alone(self, controller: Controller, task: str) -> Iterator[Callable[[float], None]]:
        """Hold the lock of the machine as `_action.alone` does; the process of an earlier run has ended."""
        self.runs.append(controller.name)
        owner = myself(f"{controller.name}-{len(self.runs)}", task, NOW)
        owner = dataclasses.replace(owner, process=f"{2**22 + len(self.runs)}-1")
        lock = TargetLock(lambda: controller.session, owner, controller.say)

        def claim(silence: float) -> None:
            if not lock.held:
                lock.take()
                settle_earlier(controller.session, controller.say)
            lock.announce(silence)

        try:
            yield claim
        finally:
            if not controller.dead:
                lock.release()

    def _now(self) -> dt.datetime:
        """Each run is a second after the one before it, by the clock of the controller."""
        return NOW + dt.timedelta(seconds=len(self.runs))

    def wait(self) -> None:
        """Let the time pass after which the machine is to be reached again, whatever happened."""
        self.yard.rest(60.0 * self.minutes + GRACE)
        self.yard.settle()


def ended(work: Callable[[], str]) -> str:
    """Say how a run ended: ``done``, ``killed``, or the sentence of an error that is one for an operator."""
    try:
        return work()
    except Killed:
        return "killed"
    except TargetError as error:
        return str(error)


def essence(yard: Yard) -> dict[str, Any]:
    """Return all that the machine is, without time, history, and what is ours by name."""
    kept: dict[str, Any] = without_ours(_state(yard))
    kept["files"].pop("used", None)
    rights = kept["policy"]["rights"]
    kept["policy"]["rights"] = {name: held for name, held in rights.items() if held}  # nobody, and not named
    kept["accounts"]["users"].sort(key=lambda user: user["rid"])  # whoever was renamed and back again came last
    kept["services"] = sorted(name for name, (running, _code) in kept["services"].items() if running)
    kept["files"]["made"].pop(_LOG, None)
    return kept


def _state(yard: Yard) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(json.dumps(yard.machine.to_state(), default=str, sort_keys=True))
    return {name: one for name, one in state.items() if name not in _MOVING}


def without_ours(value: Any) -> Any:
    """Leave out journals, scripts and tasks of this collection."""
    if isinstance(value, dict):
        return {key: without_ours(one) for key, one in value.items() if OURS not in str(key).lower()}
    if isinstance(value, list):
        return [without_ours(one) for one in value if OURS not in json.dumps(one).lower()]
    return value


def differences(start: Mapping[str, Any], end: Mapping[str, Any], path: str = "") -> list[str]:
    """Return where two machines differ."""
    found = []
    for name in sorted({*start, *end}):
        here, there = start.get(name), end.get(name)
        if here == there:
            continue
        if isinstance(here, dict) and isinstance(there, dict):
            found += differences(here, there, f"{path}/{name}")
        else:
            found.append(f"{path}/{name}: {str(here)[:120]} -> {str(there)[:120]}")
    return found


# -- stories ---------------------------------------------------------------------------------------------------------


class Stage:
    """Where stories of one kind are played: `task` is what is disturbed, ``harden`` or ``take back``.

    Two faults that leave the very same machine and the very same journals behind, with nothing running, are followed by
    the very same: `known` remembers how a story went on from there, so that most cases cost only their first half.
    """

    def __init__(self, task: str, folder: Path, controls: tuple[str, ...] = CONTROLS) -> None:
        self.task, self.folder, self.selection = task, folder, chosen(controls)
        self.known: dict[str, tuple[str, list[str]]] = {}
        self._seed: dict[str, Any] | None = None
        self._journal: Path | None = None
        with self._ward("undisturbed") as ward:
            self.start = essence(ward.yard)
            if task == "take back":
                assert self._act(ward, "before", "harden") == "done"
                ward.yard.settle()
                self._seed, self._journal = ward.yard.machine.to_state(), folder / "journal"
                shutil.copytree(ward.journal, self._journal)
            one = ward.yard.controller("one")
            assert self._act(ward, one) == "done"
            self.messages = one.messages
            ward.yard.settle()
            self.end = essence(ward.yard)
        assert (self.end == self.start) == (task == "take back")

    def play(self, case: Case) -> Story:
        """Play one story; where the second run begins at once, nobody waits until the time to confirm is over."""
        with self._ward(str(case)) as ward:
            one = ward.yard.controller("one")
            case.befall(one)
            story = Story(self._act(ward, one), messages=one.messages)
            if case.at_once:
                ward.yard.breathe()
            else:
                ward.wait()
                story.problems += unreachable(ward)
            case.mend(ward.yard, story.first)
            mark = f"{case.at_once} {self._mark(ward)}" if ward.yard.quiet else str(case)
            if mark not in self.known:
                self.known[mark] = self._go_on(ward)
            story.second, problems = self.known[mark]
            story.problems += problems
        return story

    def _go_on(self, ward: Ward) -> tuple[str, list[str]]:
        """Run again, and take everything back; returns how the second run ended, and what is wrong."""
        problems = []
        second = self._act(ward, "two")
        if second != "done":
            problems.append(f"the second run ended in: {second}")
        ward.yard.settle()
        problems += [f"after the second run: {one}" for one in differences(self.end, essence(ward.yard))]
        if self.task == "harden":
            last = self._act(ward, "three", "take back")
            if last != "done":
                problems.append(f"the rollback ended in: {last}")
            ward.yard.settle()
        problems += [f"after the rollback: {one}" for one in differences(self.start, essence(ward.yard))]
        return second, problems + [f"left on the machine: {one}" for one in rubbish(ward.yard)]

    def _mark(self, ward: Ward) -> str:
        """Return a mark of all that decides how a story goes on: the machine, the lock, the journals of both sides."""
        told = hashlib.sha256()
        state = _state(ward.yard)
        made = state["files"]["made"]
        made.pop(_LOG, None)
        for name, entry in made.items():
            entry.pop("modified", None)
            if self._is_talk(name) or name.endswith(_LOGS):
                entry.clear()
        told.update(json.dumps(state, sort_keys=True).encode())
        for path in sorted(ward.journal.rglob("*")):
            told.update(str(path.relative_to(ward.journal)).encode())
            told.update(path.read_bytes() if path.is_file() and not self._is_talk(path.name) else b"")
        told.update(str(len(ward.yard.service.shells)).encode())
        return told.hexdigest()

    def _is_talk(self, name: str) -> bool:
        """The outcome of an enforcement tells people how it went, and nothing reads it; that of a rollback is read."""
        return self.task == "harden" and name.endswith("outcome.json")

    def _act(self, ward: Ward, controller: Controller | str, task: str = "") -> str:
        if isinstance(controller, str):
            controller = ward.yard.controller(controller)
        try:
            return ward.harden(controller) if (task or self.task) == "harden" else ward.take_back(controller)
        finally:
            with contextlib.suppress(Killed):  # the last message of all is the one that ends the conversation
                if not controller.dead:
                    controller.session.close()

    @contextlib.contextmanager
    def _ward(self, name: str) -> Iterator[Ward]:
        journal = self.folder / name
        if self._journal:
            shutil.copytree(self._journal, journal)
        tokens = itertools.count()
        with (
            quickly(),
            Yard(scene(), self._seed) as yard,
            mock.patch.object(back, "secrets") as secrets,
            mock.patch.object(transfer, "secrets", secrets),
        ):
            secrets.token_hex = lambda _size: f"{next(tokens):04x}"
            yield Ward(yard, journal, self.selection, broken=bool(self._seed))
        shutil.rmtree(journal, ignore_errors=True)


def unreachable(ward: Ward) -> list[str]:
    """Say what is wrong when a new login with all its rights does not come in now."""
    controller = ward.yard.controller("visitor")
    try:
        session = controller.open()
        answer = session.run("whoami /groups /fo csv /nh")
        session.close()
    except TargetError as error:
        return [f"the machine cannot be reached: {error}"]
    return [] if "S-1-16-12288" in answer.stdout else ["the login has lost its rights"]


def rubbish(yard: Yard) -> list[str]:
    """Return what is left on the machine of ours: ways back and tasks.

    The journal is to stay, and so may the lock of a dead process, which the next one who changes something takes.
    """
    files = yard.machine.files
    base = "C:\\ProgramData\\sunset.ws2008"
    found = [entry.name for entry in files.list_dir(base)] if files.is_dir(base) else []
    armed = [f"confirm\\{entry.name}" for entry in files.list_dir(f"{base}\\confirm")] if "confirm" in found else []
    tasks = [task.path for task in yard.machine.tasks.list() if "sunset" in task.path]
    return [name for name in found if name not in ("journal", "confirm", "lock")] + armed + tasks
