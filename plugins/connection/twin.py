# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rehearsal door: the live door's own session, answered by a model of the machine in this process."""

from __future__ import annotations

DOCUMENTATION = r"""
name: twin
author: The sunset.ws2008 founders (@sunset-ws2008)
short_description: Rehearses on a model of a Windows Server 2008 instead of the machine
version_added: 1.0.0
description:
  - Answers like the machine that a snapshot describes, in the process of the task. Nothing is sent over a network, and
    the machine itself is not touched. The roles that run through P(sunset.ws2008.winrs#connection) run through this.
  - Time inside is virtual. What takes the machine an hour takes the rehearsal moments.
  - What a task changes is kept in a file for the next task. Delete the file to begin again with the snapshot.
notes:
  - The model knows what the roles of this collection ask and change. A command that it does not know answers as cmd.exe
    answers for a program that is not there.
  - C(become) is refused, as on the live connection.
options:
  host:
    description: Name of the machine, for messages.
    type: str
    default: inventory_hostname
    vars:
      - name: inventory_hostname
  snapshot:
    description:
      - File with a snapshot of the machine, as M(sunset.ws2008.facts) writes it (JSON or YAML). Needed as long as
        O(state) does not exist.
      - Without it and without O(state), the model is a freshly installed Windows Server 2008 SP2.
    type: path
    vars:
      - name: ansible_twin_snapshot
  state:
    description:
      - File that keeps the model between tasks. Its folder has to exist.
      - Where it is not set, it lies beside O(snapshot), with C(.twin.json) for its ending.
    type: path
    vars:
      - name: ansible_twin_state
"""

import fcntl
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.utils.display import Display

from ansible_collections.sunset.ws2008.plugins.plugin_utils._door import Door, as_core_errors
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target import wsman
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.libraries import missing
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.live import LiveSession
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.sentences import LastAnswer
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import Clock, TargetError, Unreachable
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.settings import Login, Settings
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import VirtualClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.process import Account
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.twin import BadCall, build, read_snapshot
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_envelope import (
    Fault,
    fault_envelope,
    parse_message,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_personality import personality
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_service import Service

try:
    from winrm.exceptions import WinRMTransportError
    from winrm.protocol import Protocol
except ImportError as error:
    LACKING: ImportError | None = error
else:
    LACKING = wsman.LACKING

SCHEMA = "sunset.ws2008/twin-state/1"
FRESH: dict[str, Any] = {"answers": {"os": {"version": "6.0.6002", "build": 6002, "arch": "x64"}}}
# Machine seconds that pass with every message, beside those that it takes, and with one that nobody answers.
TICK = 0.25
REFUSED = 5.0


class BadTwin(TargetError):
    """The rehearsal cannot begin: its snapshot or its state is not usable."""


class Wire:
    """What pywinrm takes for its transport: hands messages to the twin's service, and lets machine time pass."""

    def __init__(self, machine: Machine, service: Service, account: Account) -> None:
        self._machine = machine
        self._service = service
        self._account = account

    def send_message(self, message: str | bytes) -> bytes:
        """Answer one message. Raises `Unreachable` while the machine is down, a transport error for a fault."""
        machine = self._machine
        machine.clock.sleep(TICK)
        self._be_there()
        began = time.monotonic()
        try:
            parsed = parse_message(message.encode() if isinstance(message, str) else message)
        except Fault as fault:
            raise WinRMTransportError("http", 500, fault_envelope(fault, "").decode()) from fault
        try:
            return self._service.answer(parsed, self._account, "127.0.0.1")
        except Fault as fault:
            raise WinRMTransportError("http", 500, fault_envelope(fault, parsed.message_id).decode()) from fault
        finally:
            # A Receive that waited in vain has to cost machine time too, or a deadline would never come.
            machine.clock.sleep(time.monotonic() - began)

    def close_session(self) -> None:
        """There is no socket to close."""

    def _be_there(self) -> None:
        """Refuse while the machine is down; time passes, also for one who does not wait by its clock."""
        machine = self._machine
        if not machine.up:
            self._service.clear()
            machine.clock.sleep(REFUSED)
            raise Unreachable(f"{machine.name} (a rehearsal) is down: it restarts, or was shut down")


class TwinSession(LiveSession):
    """The live session with the twin's service in place of the network."""

    door = "twin"

    def __init__(self, host: str, machine: Machine, notice: Callable[[str], None]) -> None:
        user = next(user for user in machine.accounts.users.values() if user.rid == 500)
        settings = Settings(
            host=host, login=Login(user=user.name, secret=""), port=personality(machine.winrm).http_port
        )
        service = Service(machine, personality(machine.winrm))
        wire = Wire(machine, service, machine.accounts.token(user.name))

        def opener(_settings: Settings, _port: int) -> tuple[Protocol, Callable[[], LastAnswer]]:
            # The transport named here is a place-holder that asks for no credentials.
            protocol = Protocol(endpoint=_settings.endpoint(_port), transport="kerberos")
            protocol.transport = wire  # type: ignore[assignment]
            return protocol, LastAnswer

        def now() -> float:
            return machine.clock.now().timestamp()

        def sleep(seconds: float) -> None:
            machine.clock.sleep(seconds)

        self.clock = Clock(sleep, now)
        super().__init__(settings, notice, wsman.Link(settings, notice, opener, sleep, now), sleep, now)


class Connection(Door):
    """One rehearsal session; the model is read when it is first asked something and written back by `close`."""

    transport = "sunset.ws2008.twin"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._session: TwinSession | None = None
        self._machine: Machine | None = None
        self._lock: int | None = None
        super().__init__(*args, **kwargs)

    @property
    def session(self) -> TwinSession:
        """The session. Raises `TargetError`."""
        if self._session is None:
            if LACKING is not None:
                raise missing(LACKING) from LACKING
            if self.become:
                raise BadTwin("become cannot work in a rehearsal either: set `become: false`")
            if self._machine is None:
                self._machine = self._load()
            self._session = TwinSession(str(self.get_option("host")), self._machine, Display().warning)
            self._connected = True
        return self._session

    def reset(self) -> None:
        """Drop the conversation; the model stays."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def close(self) -> None:
        """Drop the conversation and keep the model for the next task; harmless when nothing is open."""
        self.reset()
        self._connected = False
        machine, self._machine = self._machine, None
        if machine is not None:
            with as_core_errors():
                self._save(machine)
            machine.close()
        if self._lock is not None:
            os.close(self._lock)  # which gives the lock back
            self._lock = None

    # -- the model's file ------------------------------------------------------------------------------

    def _file(self) -> Path | None:
        state, snapshot = self.get_option("state"), self.get_option("snapshot")
        if state:
            return Path(state)
        return Path(f"{snapshot}.twin.json") if snapshot else None

    def _load(self) -> Machine:
        file = self._file()
        if file is not None:
            self._take_turns(file)
            if file.exists():
                return _revived(file)
        snapshot = self.get_option("snapshot")
        try:
            made = build(read_snapshot(snapshot) if snapshot else FRESH, clock=VirtualClock())
        except BadCall as error:
            raise BadTwin(str(error)) from error
        return made

    def _take_turns(self, file: Path) -> None:
        """Wait until no other task works on this model: two that did would lose the changes of one."""
        try:
            self._lock = os.open(f"{file}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise BadTwin(f"the folder of the rehearsal's state {file} cannot be written: {error.strerror}") from error
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def _save(self, machine: Machine) -> None:
        file = self._file()
        if file is None:
            return
        text = json.dumps({"schema": SCHEMA, "machine": machine.to_state()})
        fresh = Path(f"{file}.new")
        try:
            # for nobody else's eyes: the model knows the passwords of its accounts
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as kept:
                kept.write(text)
            os.replace(fresh, file)
        except OSError as error:
            raise BadTwin(f"the rehearsal's state {file} cannot be written: {error.strerror}") from error


def _revived(file: Path) -> Machine:
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
        if held["schema"] != SCHEMA:
            raise ValueError(f"its schema is {held['schema']}, not {SCHEMA}")
        return Machine.from_state(held["machine"], VirtualClock())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadTwin(
            f"the rehearsal's state {file} cannot be used ({error}); delete it to begin again with the snapshot"
        ) from error
