# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The client and a twin in one process, message by message, with the network, the power and the controller in our hand.

Everything of the client is real but the HTTP below pywinrm: a message either arrives or does not, its answer either
comes back or does not, and the controller can die between any two. Time is machine time (`SteppedClock`): a job runs
while its controllers look on, and a case is the same every time.

    yard = Yard(snapshot)
    one = yard.controller("one", Fault(7, "unanswered"))
    one.bring("last_public", media)
    yard.installs()                  -> {"KB4493730": 1, ...}, by the twin's own history
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from unit.servicing.rehearsal import Rehearsal
from urllib3.exceptions import NewConnectionError, ProtocolError
from winrm.exceptions import InvalidCredentialsError, WinRMTransportError
from winrm.protocol import Protocol

from ansible_collections.sunset.ws2008.plugins.plugin_utils._target import wsman
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.live import LiveSession
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.sentences import LastAnswer
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import Clock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.settings import Auth, Encryption, Login, Settings
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin import entrance, listeners
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.packages import Identity
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.process import Account
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.stepped import Actor, SteppedClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_auth import Refused, admitted
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_envelope import (
    QUOTA_SYSTEM,
    fault_envelope,
    parse_message,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_envelope import (
    Fault as SoapFault,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_personality import personality
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_service import Service
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_tls import offered

TICK = 0.25  # machine seconds that a message takes on its way
NO_ANSWER = 3.0  # until a connection to a machine that is down is given up
COMPLETED = ("installed", "waits for the restart")
KINDS = ("unheard", "unanswered", "reset", "frozen", "http500", "quota", "killed", "killed_after")
_NOT_CARRIED_OUT = ("unheard", "http500", "quota", "killed")


class Killed(BaseException):
    """The controller was killed (SIGKILL): nothing of it goes on, not even its clearing up."""


@dataclass(frozen=True)
class Fault:
    """What happens to the message with this number (from one), counted over all sessions of a controller.

    ``unheard``: the connection breaks before the machine has it; ``unanswered``: after it was carried out; ``reset``:
    it is reset while the answer is on its way; ``frozen``: it was carried out, and nothing is heard until the client's
    own patience ends; ``http500``: answered so by something that is not WS-Man; ``quota``: turned away by WinRM, which
    says that a quota is used up; ``killed``: the controller dies before it sends it; ``killed_after``: after it was
    carried out.
    """

    at: int
    kind: str

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"there is no fault called {self.kind}")


@dataclass(frozen=True)
class Way:
    """How controllers come in: the login's name (the built-in Administrator's where it is empty), and by what.

    A `domain` is one that the machine belongs to. Name and password stay those of the beginning.
    """

    auth: str = "ntlm"
    scheme: str = "http"
    user: str = ""
    domain: str = ""


class Yard:
    """One machine with its WinRM service, and every controller that works on it, which all come the same `way`."""

    def __init__(
        self, snapshot: Mapping[str, Any], state: Mapping[str, Any] | None = None, way: Way | None = None
    ) -> None:
        self.way = way or Way()
        self.clock = SteppedClock()
        self.machine = Machine.from_state(state, self.clock) if state else Machine.from_snapshot(snapshot, self.clock)
        self.service = Service(self.machine, personality(self.machine.winrm))
        self.machine.on_restart.append(self._restarted)
        self.tls = offered(self.machine)
        accounts = self.machine.accounts
        held = accounts.users.get(self.way.user.lower()) or accounts.administrator()
        self.user, self.password = self.way.user or held.name, held.password
        if self.way.domain:
            self.password = accounts.domain_users[self.user.lower()][0]

    def _restarted(self, what: str) -> None:
        """A restart ends every conversation, and Schannel reads its keys."""
        if what == "down":
            self.service.clear()
        else:
            self.tls = offered(self.machine)

    def controller(self, name: str = "one", *faults: Fault) -> Controller:
        """Return a controller that has not said anything yet."""
        return Controller(self, name, *faults)

    def close(self) -> None:
        """End everything that still runs."""
        self.service.clear()
        self.machine.close()

    def __enter__(self) -> Yard:
        return self

    def __exit__(self, *_details: object) -> None:
        self.close()

    def installs(self) -> dict[str, int]:
        """Return how many times each package went in, by the history of the twin's component store.

        A package that waits for a restart and is then configured went in once; one that was taken back did not.
        """
        went_in: Counter[str] = Counter()
        waiting: set[str] = set()
        for _when, what, identity in self.machine.store.history:
            kb = Identity.parse(identity).kb
            if what == "waits for the restart":
                went_in[kb] += 1
                waiting.add(identity)
            elif what == "installed":
                went_in[kb] += identity not in waiting
                waiting.discard(identity)
            elif what == "reverted":
                went_in[kb] -= 1
                waiting.discard(identity)
        return dict(went_in)

    def began(self, kb: str) -> int:
        """Return how many times an installation of this package was begun."""
        events = [row for row in self.machine.store.history if row[1] == "began"]
        return sum(Identity.parse(identity).kb == kb for _when, _what, identity in events)

    def rest(self, seconds: float) -> None:
        """Let machine time pass."""
        self.clock.sleep(seconds)

    @property
    def quiet(self) -> bool:
        """Say whether the machine is up and nothing runs on it that somebody began."""
        machine = self.machine
        return machine.up and not machine.store.busy and not any(task.running for task in machine.tasks.list())

    def breathe(self) -> None:
        """Let a person see how a run ended and start another one, which needs a machine that is up."""
        self.rest(5.0)
        while not self.machine.up:
            self.rest(5.0)

    def settle(self) -> None:
        """Wait until nothing runs on the machine any more that somebody began, a restart that was ordered included."""
        self.rest(15.0)
        while not self.quiet:
            self.rest(5.0)


class _Wire:
    """What pywinrm takes for its transport."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self.account: Account | None = None

    def send_message(self, message: str | bytes) -> bytes:
        return self._controller.carry(self, message.encode() if isinstance(message, str) else message)

    def close_session(self) -> None:
        """There is no socket to close."""


class Controller(Rehearsal):
    """One controller: the engine, a session of its own, and the faults that it meets. `messages` counts them."""

    def __init__(self, yard: Yard, name: str, *faults: Fault) -> None:
        self.yard = yard
        self.name = name
        self.faults = {fault.at: fault.kind for fault in faults}
        self.messages = 0
        self.verbs: list[str] = []
        self.dead = False
        self.before: Callable[[int], None] = lambda number: None
        self.patience = 30.0
        self.last = LastAnswer()
        self._user, self._password = yard.user, yard.password
        super().__init__(machine=yard.machine)

    def open(self) -> Any:
        """Drop the conversation, as the door does, and return a new one; the faults go on counting."""
        machine = self.yard.machine
        if getattr(self, "session", None) is not None and not self.dead:
            self.session.close()
        way, limits = self.yard.way, personality(machine.winrm)
        login = Login(user=self._user, secret="", auth=Auth(way.auth))
        self.port = limits.http_port if way.scheme == "http" else limits.https_port
        sealed = Encryption.NEVER if way.auth == "basic" else Encryption.AUTO
        settings = Settings(machine.name, login, way.scheme, self.port, encryption=sealed)
        self.patience = float(settings.times.read)

        def opener(settings_: Settings, port: int) -> tuple[Protocol, Callable[[], LastAnswer]]:
            protocol = Protocol(endpoint=settings_.endpoint(port), transport="kerberos")
            protocol.transport = _Wire(self)  # type: ignore[assignment]
            return protocol, lambda: self.last

        def sleep(seconds: float) -> None:
            if not self.dead:
                machine.clock.sleep(seconds)

        def now() -> float:
            return machine.clock.elapsed()

        link = wsman.Link(settings, self.lines.append, opener, sleep, now)
        self.session = LiveSession(settings, self.lines.append, link, sleep, now)
        self.session.clock = Clock(sleep, now)
        return self.session

    def carry(self, wire: _Wire, message: bytes) -> bytes:
        """Bring one message to the machine and its answer back, or let happen what shall happen to it."""
        if self.dead:
            raise Killed
        clock, machine = self.yard.clock, self.yard.machine
        clock.sleep(TICK)
        self.messages += 1
        self.before(self.messages)
        fault = self.faults.get(self.messages, "")
        self.last = LastAnswer(500 if fault in ("http500", "quota") else 0)
        self._die(fault == "killed")
        if not machine.up:
            clock.sleep(NO_ANSWER)
            raise requests.ConnectionError(NewConnectionError(None, "Connection refused"))  # type: ignore[arg-type]
        if fault in _NOT_CARRIED_OUT:
            raise self._turned_away(fault, message)
        account = self._let_in(wire)
        boot = machine.boot
        try:
            answer = self._ask(message, account)
        finally:
            if fault:
                self._let_it_work()
            self._die(fault == "killed_after")
        if fault == "frozen":
            clock.sleep(self.patience)
            raise requests.ReadTimeout("Read timed out.")
        if fault == "reset":
            raise requests.exceptions.ChunkedEncodingError(
                ProtocolError("Connection broken", ConnectionResetError(104))
            )
        if fault or machine.boot != boot:
            raise _lost()
        return answer

    @staticmethod
    def _turned_away(fault: str, message: bytes) -> Exception:
        """Return what the client sees of a message that was not carried out."""
        if fault == "http500":
            return WinRMTransportError("http", 500, "<html><body>Internal Server Error</body></html>")
        if fault == "quota":
            full = SoapFault(
                QUOTA_SYSTEM, "w:QuotaLimit", "The maximum number of requests is used up.", role="Receiver"
            )
            return WinRMTransportError("http", 500, fault_envelope(full, parse_message(message).message_id).decode())
        return _lost()

    def _let_in(self, wire: _Wire) -> Account:
        """Log in with the first message of a conversation, and with each where Basic carries the password."""
        machine, way = self.yard.machine, self.yard.way
        if wire.account is not None and way.auth != "basic":
            return wire.account
        open_ = entrance.listens(machine) and listeners.serves(machine, way.scheme == "https")
        if not (open_ and entrance.passes(machine, self.port)):
            self.yard.clock.sleep(NO_ANSWER)
            raise requests.ConnectionError(NewConnectionError(None, "timed out"))  # type: ignore[arg-type]
        if way.scheme == "https" and not self.yard.tls:
            raise requests.exceptions.SSLError("handshake failure")
        told = "service/auth/basic" if way.auth == "basic" else "service/auth/negotiate"
        policy = "AllowBasic" if way.auth == "basic" else "AllowNegotiate"
        try:
            if entrance.refuses(machine, policy, told):
                raise Refused(f"the service does not take {way.auth}")
            wire.account = admitted(machine, self._user, way.domain, self._password)
        except Refused as error:
            raise InvalidCredentialsError("the specified credentials were rejected by the server") from error
        unencrypted = "service/allowunencrypted"
        if (
            way.auth == "basic"
            and way.scheme == "http"
            and entrance.refuses(machine, "AllowUnencryptedTraffic", unencrypted)
        ):
            raise WinRMTransportError("http", 500, "")
        return wire.account

    def _ask(self, message: bytes, account: Account) -> bytes:
        parsed = parse_message(message)
        self.verbs.append(parsed.action.rpartition("/")[2])
        try:
            return self.yard.service.answer(parsed, account, "127.0.0.1")
        except SoapFault as fault:
            raise WinRMTransportError("http", 500, fault_envelope(fault, parsed.message_id).decode()) from fault

    def _die(self, now: bool) -> None:
        if now:
            self.dead = True
            raise Killed

    def _let_it_work(self) -> None:
        """Give the command that nobody waits for a moment of real time, so that a case is the same every time."""
        end = time.monotonic() + 0.2
        name = f"winrs-{self.yard.machine.name}"
        while time.monotonic() < end and any(thread.name == name for thread in threading.enumerate()):
            time.sleep(0.001)

    def begin(self, work: Callable[[], object]) -> tuple[Actor, list[BaseException]]:
        """Do something beside whoever acts now; returns the actor and the error that it will have ended in."""
        errors: list[BaseException] = []

        def act() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - carried over to the thread of the test
                errors.append(error)

        return self.yard.clock.spawn(self.name, act), errors


def _lost() -> requests.ConnectionError:
    return requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError(104, "reset by peer")))
