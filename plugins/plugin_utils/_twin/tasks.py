# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's task scheduler (private to this collection): tasks from Task Scheduler 1.2 XML that run in their own time.

A running task is a program of its own: it survives the shell that started it, and dies with the
machine. Codes are the HRESULTs of the scheduler (taskschd.h).
"""

from __future__ import annotations

import codecs
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from .clock import Appointment
from .process import Account

if TYPE_CHECKING:
    from .machine import Machine, Program

NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
HAS_NOT_RUN = 0x41303
IS_RUNNING = 0x41301
TERMINATED = 0x41306
MALFORMED = 0x8004131A
ALREADY_RUNNING = 0x8004131F
NOT_RUNNING = 0x8004130B
DISABLED = 0x80041326
NOT_FOUND = 0x80070002
EXISTS = 0x800700B7
BAD_NAME = 0x8007007B
SERVICE_NOT_RUNNING = 0x80041315


class TaskError(Exception):
    """A scheduler call that failed; `code` is its HRESULT."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Action:
    """One program of a task."""

    command: str
    arguments: str = ""
    directory: str = ""


@dataclass(frozen=True)
class Trigger:
    """When a task starts by itself: kind is the element's name without "Trigger"; seconds are delay and repetition."""

    kind: str
    start: datetime | None = None
    delay: float = 0.0
    repeat: float = 0.0
    enabled: bool = True


@dataclass
class Task:
    """A registered task."""

    path: str
    xml: str
    account: Account
    actions: list[Action]
    triggers: list[Trigger]
    enabled: bool = True
    time_limit: float = 259200.0
    last_run: datetime | None = None
    last_result: int = HAS_NOT_RUN
    registered: datetime | None = None
    program: Program | None = field(default=None, repr=False)
    appointments: list[tuple[Appointment, Trigger]] = field(default_factory=list, repr=False)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("\\")[2]

    @property
    def running(self) -> bool:
        """True while its program runs."""
        return self.program is not None and not self.program.ended

    @property
    def state(self) -> str:
        """``running``, ``disabled`` or ``ready``."""
        return "running" if self.running else "ready" if self.enabled else "disabled"

    @property
    def result(self) -> int:
        """The last result as the scheduler reports it, 0x41301 while it runs."""
        return IS_RUNNING if self.running else self.last_result

    def next_run(self, now: datetime) -> datetime | None:
        """Return the moment of the next start by a trigger, None when there is none."""
        coming = [
            appointment.when
            for appointment, _trigger in self.appointments
            if not appointment.cancelled and appointment.when > now
        ]
        return min(coming, default=None) if self.enabled else None


def decode_xml(data: bytes) -> str:
    """Return the text of a task file: UTF-16 with byte order mark, or UTF-8; raises `TaskError` for anything else."""
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return data.decode("utf-16")
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TaskError(MALFORMED, f"the task file is neither UTF-16 nor UTF-8: {error}") from None
    if re.match(r"<\?xml[^>]*encoding=[\"']utf-16", text, re.IGNORECASE):
        raise TaskError(MALFORMED, "the task file says it is UTF-16 and is not")
    return text


def parse_duration(text: str | None, default: float = 0.0) -> float:
    """Return the seconds of an XML duration such as ``PT5M``; ``PT0S`` is none."""
    match = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", (text or "").strip())
    if not match:
        return default
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def normalise(path: str) -> str:
    """Return the task's full path, with one leading backslash."""
    name = "\\" + path.strip().strip('"').strip("\\")
    if name == "\\" or any(character in '/:*?"<>|' for character in name):
        raise TaskError(BAD_NAME, f"{path!r} is no name for a task")
    return name


class Tasks:
    """The scheduler of one machine."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._tasks: dict[str, Task] = {}

    def create(self, path: str, xml_text: str, account: Account, replace: bool = False) -> Task:
        """Register a task; raises `TaskError` for bad XML, or when the name is taken and `replace` is not asked for."""
        name = normalise(path)
        machine = self._machine
        self.must_run()
        with machine.lock:
            old = self._tasks.get(name.lower())
            if old is not None and not replace:
                raise TaskError(EXISTS, f"the task {name} exists already")
            task = _parse(name, xml_text, account)
            task.registered = machine.clock.now()
            if old is not None:
                self._forget(old)
            self._tasks[name.lower()] = task
            self._plan(task, boot=False)
            return task

    def get(self, path: str) -> Task | None:
        """Return a task, None when there is none of this name."""
        try:
            return self._tasks.get(normalise(path).lower())
        except TaskError:
            return None

    def list(self) -> Sequence[Task]:
        """Return all tasks by path."""
        return [self._tasks[name] for name in sorted(self._tasks)]

    def must_run(self) -> None:
        """Raise `TaskError` when the service of the scheduler does not run."""
        service = self._machine.services.get("Schedule")
        if service is None or not service.running:
            raise TaskError(SERVICE_NOT_RUNNING, "the task scheduler service is not running")

    def _need(self, path: str) -> Task:
        task = self.get(path)
        if task is None:
            raise TaskError(NOT_FOUND, f"there is no task {path}")
        return task

    def run(self, path: str) -> None:
        """Start a task now; a running one is left alone (the default policy IgnoreNew)."""
        self.must_run()
        with self._machine.lock:
            task = self._need(path)
            if not task.enabled:
                raise TaskError(DISABLED, f"the task {task.path} is disabled")
            self._start(task)

    def end(self, path: str) -> None:
        """Terminate a running task; one that does not run is no error for schtasks."""
        task = self._need(path)
        if task.program is not None and not task.program.ended:
            task.last_result = TERMINATED
            task.program.terminate()

    def delete(self, path: str) -> None:
        """Remove a task; what runs goes on running."""
        with self._machine.lock:
            task = self._need(path)
            self._forget(task)
            del self._tasks[task.path.lower()]

    def enable(self, path: str, enabled: bool) -> None:
        """Enable or disable a task."""
        self._need(path).enabled = enabled

    def _forget(self, task: Task) -> None:
        for appointment, _trigger in task.appointments:
            appointment.cancel()
        task.appointments.clear()

    def _start(self, task: Task) -> None:
        if task.running or not self._machine.up:
            return
        task.last_run = self._machine.clock.now()
        lines = [
            (f'"{action.command}"' if " " in action.command and '"' not in action.command else action.command)
            + (f" {action.arguments}" if action.arguments else "")
            for action in task.actions
        ]
        directory = (
            self._machine.expand_system(task.actions[0].directory).strip('"') if task.actions[0].directory else ""
        )

        def ended(code: int | None) -> None:
            if code is not None:
                task.last_result = code
            elif task.last_result != TERMINATED:
                task.last_result = 0xC000013A  # the machine went down under it: STATUS_CONTROL_C_EXIT

        program = self._machine.prepare(
            lines, task.account, directory or self._machine.expand_system("%SystemRoot%\\system32")
        )
        program.on_end = ended
        task.program = program
        if task.time_limit:
            now = self._machine.clock.now()
            limit = self._machine.clock.call_at(
                now + timedelta(seconds=task.time_limit), lambda: self._out_of_time(task, program)
            )

            def ended_in_time(code: int | None) -> None:
                limit.cancel()
                ended(code)

            program.on_end = ended_in_time
        program.start()

    @staticmethod
    def _out_of_time(task: Task, program: Program) -> None:
        """ExecutionTimeLimit is over: the scheduler ends the task with all that it started."""
        if not program.ended:
            task.last_result = TERMINATED
            program.terminate()

    def _plan(self, task: Task, boot: bool) -> None:
        now = self._machine.clock.now()
        for trigger in task.triggers:
            if not trigger.enabled:
                continue
            if trigger.kind == "Boot" and boot or trigger.kind == "Registration" and not boot:
                self._appoint(task, now + timedelta(seconds=trigger.delay), trigger)
            elif trigger.kind in ("Time", "Calendar") and trigger.start is not None and trigger.start > now:
                self._appoint(task, trigger.start, trigger)

    def _appoint(self, task: Task, when: datetime, trigger: Trigger) -> None:
        def fire() -> None:
            with self._machine.lock:
                task.appointments = [held for held in task.appointments if held[0] is not appointment]
                if self._tasks.get(task.path.lower()) is not task or not task.enabled:
                    return
                if trigger.repeat:
                    self._appoint(task, when + timedelta(seconds=trigger.repeat), trigger)
                service = self._machine.services.get("Schedule")
                if not self._machine.up or service is None or not service.running:
                    return
            self._start(task)

        appointment = self._machine.clock.call_at(when, fire)
        task.appointments.append((appointment, trigger))

    def clock_was_set(self) -> None:
        """Plan anew what is to start at a time of day; a start that the clock has jumped over is missed."""
        for task in self.list():
            for appointment, trigger in list(task.appointments):
                if trigger.kind in ("Time", "Calendar") and trigger.start is not None:
                    appointment.cancel()
                    task.appointments.remove((appointment, trigger))
                    if trigger.start > self._machine.clock.now():
                        self._appoint(task, trigger.start, trigger)

    def boot(self) -> None:
        """Plan what starts with the machine."""
        for task in self.list():
            for trigger in task.triggers:
                if trigger.kind == "Boot" and trigger.enabled:
                    self._appoint(task, self._machine.clock.now() + timedelta(seconds=trigger.delay), trigger)

    def to_state(self) -> Sequence[dict[str, Any]]:
        """Return the registered tasks as JSON; what runs is not kept."""
        return [
            {
                "path": task.path,
                "xml": task.xml,
                "account": task.account.name,
                "enabled": task.enabled,
                "registered": (task.registered or self._machine.clock.now()).isoformat(),
                "last_run": task.last_run.isoformat() if task.last_run else None,
                "last_result": task.last_result,
                "planned": [
                    [made.when.isoformat(), task.triggers.index(trigger)]
                    for made, trigger in task.appointments
                    if not made.cancelled
                ],
            }
            for task in self.list()
        ]

    def from_state(self, state: Sequence[Mapping[str, Any]]) -> None:
        """Register the tasks of a saved state."""
        machine = self._machine
        for row in state:
            system = row["account"].lower() not in machine.accounts.users
            account = machine.accounts.system() if system else machine.accounts.token(row["account"])
            task = _parse(row["path"], row["xml"], account)
            task.enabled, task.last_result = row["enabled"], row["last_result"]
            task.last_run = datetime.fromisoformat(row["last_run"]) if row["last_run"] else None
            task.registered = datetime.fromisoformat(row["registered"])
            self._tasks[task.path.lower()] = task
            for when, trigger in row["planned"]:
                self._appoint(task, datetime.fromisoformat(when), task.triggers[trigger])


def _parse(path: str, xml_text: str, account: Account) -> Task:
    text = re.sub(r"^\ufeff?\s*<\?xml[^>]*\?>", "", xml_text)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise TaskError(MALFORMED, "a task file with a document type is refused")
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        raise TaskError(MALFORMED, f"the task XML is malformed: {error}") from None
    if root.tag != f"{{{NAMESPACE}}}Task":
        raise TaskError(MALFORMED, "the root element is not a Task of the scheduler's namespace")
    spaces = {"t": NAMESPACE}
    actions = [
        Action(
            (element.findtext("t:Command", "", spaces)).strip(),
            (element.findtext("t:Arguments", "", spaces)).strip(),
            (element.findtext("t:WorkingDirectory", "", spaces)).strip(),
        )
        for element in root.findall("t:Actions/t:Exec", spaces)
    ]
    if not actions or not all(action.command for action in actions):
        raise TaskError(MALFORMED, "the task has no program to run")
    enabled = root.findtext("t:Settings/t:Enabled", "true", spaces).strip().lower() == "true"
    limit = parse_duration(root.findtext("t:Settings/t:ExecutionTimeLimit", None, spaces), 259200.0)
    triggers = [_trigger(element) for element in root.findall("t:Triggers/*", spaces)]
    return Task(path, xml_text, account, actions, triggers, enabled, limit)


def _trigger(element: ET.Element) -> Trigger:
    spaces = {"t": NAMESPACE}
    kind = element.tag.rpartition("}")[2].removesuffix("Trigger")
    start = element.findtext("t:StartBoundary", None, spaces)
    moment = None
    if start:
        try:
            moment = datetime.fromisoformat(start.strip().replace("Z", "+00:00"))
        except ValueError:
            raise TaskError(MALFORMED, f"{start!r} is no moment") from None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)  # the twin lives in UTC, so local time is UTC
    return Trigger(
        kind,
        moment,
        parse_duration(element.findtext("t:Delay", None, spaces)),
        parse_duration(element.findtext("t:Repetition/t:Interval", None, spaces)),
        element.findtext("t:Enabled", "true", spaces).strip().lower() == "true",
    )
