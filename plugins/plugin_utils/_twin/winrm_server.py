# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's WinRM endpoint (private to this collection): a real listener with real NTLM in front of a `Machine`.

`Endpoint` binds one machine to one port of the loopback address. One thread of the process accepts
for all endpoints, and each live connection has one: NTLM's cipher stream wants its messages in order
anyway, and a hundred idle twins cost no thread at all. The port stays reserved while the machine is
down, so that nobody else takes it during a restart.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
import traceback
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import entrance, listeners
from . import wsman_envelope as soap
from .wsman_auth import Login, Refused, Undecryptable
from .wsman_doorman import DOORMAN, bound
from .wsman_envelope import BadXml, Fault, Message
from .wsman_http import BadRequest, Reader, Request, Response
from .wsman_knobs import Knobs, Troubles
from .wsman_personality import personality
from .wsman_service import Service
from .wsman_tls import VERSIONS, offered, server_context

if TYPE_CHECKING:
    from .machine import Machine

__all__ = ["Endpoint", "Exchange", "Knobs"]

HANDSHAKE = 20.0  # wall seconds for TLS
MOST_CONNECTIONS = 400  # of one endpoint; far above any quota, far below what a process can bear
LOG_LENGTH = 5000


@dataclass(frozen=True)
class Exchange:
    """One WS-Man message of the log. `subject` is the command line, query or class; `answer` is "" or a fault."""

    number: int
    verb: str
    subject: str
    answer: str
    seconds: float


class Endpoint:
    """One twin on the network.

    `port` 0 takes a free one. `start` and `stop` may be called again; a machine that goes down takes
    its endpoint with it and brings it back. `errors` holds tracebacks of the twin's own faults and
    stays empty in a test that passes.
    """

    def __init__(
        self,
        machine: Machine,
        port: int = 0,
        tls: bool = False,
        allow_basic: bool = False,
        allow_unencrypted: bool = False,
        knobs: Knobs | None = None,
        address: str = "127.0.0.1",
    ) -> None:
        self.machine = machine
        self.address = address
        self.port = port
        self.tls = tls
        self.allow_basic = allow_basic
        self.allow_unencrypted = allow_unencrypted
        self.knobs = knobs or Knobs()
        self.limits = personality(machine.winrm)
        self.service = Service(machine, self.limits, self.knobs.receive_bytes)
        self.troubles = Troubles(self.knobs.troubles)
        self.log: deque[Exchange] = deque(maxlen=LOG_LENGTH)
        self.errors: list[str] = []
        self.requests = 0
        self.http_requests = 0
        self.logins = 0
        self._lock = threading.Lock()
        self._reserved: socket.socket | None = None
        self._listener: socket.socket | None = None
        self._connections: set[_Connection] = set()
        self._context: ssl.SSLContext | None = None

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"{'https' if self.tls else 'http'}://{self.address}:{self.port}/wsman"

    @property
    def shells_open(self) -> int:
        """How many WinRS shells are open now."""
        return len(self.service.shells)

    @property
    def connections_open(self) -> int:
        """How many TCP connections are open now."""
        with self._lock:
            return len(self._connections)

    def __enter__(self) -> Endpoint:
        return self.start()

    def __exit__(self, *_details: object) -> None:
        self.stop()

    def start(self) -> Endpoint:
        """Reserve the port and listen."""
        if self._reserved is None:
            self._reserved = bound(self.address, self.port)
            self.port = self._reserved.getsockname()[1]
            self.machine.on_restart.append(self._machine_event)
            self.machine.services.on_stop.append(self._service_stopped)
        if self.machine.up:
            self._open()
        return self

    def stop(self) -> None:
        """Close the port and every connection; harmless when it is closed."""
        if self._machine_event in self.machine.on_restart:
            self.machine.on_restart.remove(self._machine_event)
            self.machine.services.on_stop.remove(self._service_stopped)
        self._close()
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None

    def reset_counters(self) -> None:
        """Begin to count at nought."""
        with self._lock:
            self.requests = self.http_requests = self.logins = 0
            self.log.clear()

    def _machine_event(self, what: str) -> None:
        if what == "down":
            self._close()
        else:
            self._open()

    def _service_stopped(self, name: str) -> None:
        """WinRM's shells, enumerations and connections end with it.

        A command that runs goes on to its end unheard: ``net stop winrm & net start winrm`` comes back. Whether the
        real service would end its process first nobody has tried.
        """
        if name == "winrm":
            self.service.forget()
            self._cut_all()

    def _open(self) -> None:
        with self._lock:
            if self._listener is not None or self._reserved is None:
                return
            self._context = self._tls_context() if self.tls else None
            self._listener = bound(self.address, self.port)
            self._listener.listen(128)
            self._listener.setblocking(False)
            DOORMAN.admit(self._listener, self._accepted)

    def _close(self) -> None:
        with self._lock:
            listener, self._listener = self._listener, None
        if listener is not None:
            DOORMAN.dismiss(listener)
        self.service.clear()
        self._cut_all()

    def _cut_all(self) -> None:
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.cut()

    def _accepted(self, accepted: socket.socket, client: str) -> None:
        connection = _Connection(self, accepted, client)
        running = entrance.listens(self.machine) and listeners.serves(self.machine, self.tls)
        with self._lock:
            welcome = running and self._listener is not None and len(self._connections) < MOST_CONNECTIONS
            if welcome:
                self._connections.add(connection)
        if not welcome:
            accepted.close()
            return
        threading.Thread(target=connection.run, name=f"twin-{self.machine.name}-http", daemon=True).start()

    def _tls_context(self) -> ssl.SSLContext | None:
        """Return what the listener speaks until the machine restarts, None for nothing: Schannel reads its keys then.

        Raises ValueError for versions that there are not.
        """
        versions = self.knobs.tls_versions
        if versions == "modern":
            return server_context(self.machine.name, None, self.knobs.tls_ciphers)
        chosen = offered(self.machine) if versions == "schannel" else tuple(versions)
        if unknown := [version for version in chosen if version not in VERSIONS]:
            raise ValueError(f"a 2008 listener offers TLS {', '.join(VERSIONS)}, not {', '.join(unknown)}")
        return server_context(self.machine.name, chosen, self.knobs.tls_ciphers) if chosen else None

    def secure(self, accepted: socket.socket) -> socket.socket:
        """Speak TLS on a connection when this endpoint does. Raises OSError when it has no version of TLS left."""
        if not self.tls:
            return accepted
        if self._context is None:
            raise ConnectionAbortedError("Schannel has nothing to offer")
        accepted.settimeout(HANDSHAKE)
        return self._context.wrap_socket(accepted, server_side=True)

    def gone(self, connection: _Connection) -> None:
        """A connection ended."""
        with self._lock:
            self._connections.discard(connection)

    def admits(self, connection: _Connection) -> bool:
        """Count a connection against MaxConnections; an idle one counts for two minutes more (MS-WSMV note 22)."""
        now = time.monotonic()
        with self._lock:
            recent = [
                held
                for held in self._connections
                if held is not connection and held.last and now - held.last < self.limits.connection_memory
            ]
            if connection.last == 0.0 and len(recent) >= self.limits.max_connections:
                return False
            connection.last = now
            return True

    def count(self, message: bool = False, login: bool = False) -> int:
        """Count an HTTP request, a WS-Man message or a login; returns the number of the message."""
        with self._lock:
            self.http_requests += not message and not login
            self.requests += message
            self.logins += login
            return self.requests


class _Cut(Exception):
    """End this connection without an answer."""


class _Connection:
    """One TCP connection with its login and its cipher state. `last` is the time of its last WS-Man message."""

    def __init__(self, endpoint: Endpoint, accepted: socket.socket, client: str) -> None:
        self._endpoint = endpoint
        self._socket = accepted
        self._client = client
        self._login = Login(endpoint.machine)
        self.last = 0.0
        self._over = threading.Event()

    def cut(self) -> None:
        """End it from outside."""
        self._over.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def run(self) -> None:
        """Serve requests until somebody closes."""
        endpoint = self._endpoint
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket = endpoint.secure(self._socket)
            reader = Reader(self._receive, self._send, endpoint.limits.max_envelope + 4096)
            while not self._over.is_set() and self._serve(reader):
                pass
        except (OSError, ssl.SSLError, _Cut):
            pass  # the client is gone, or a knob says it should think so: there is nobody left to tell
        except Exception:  # noqa: BLE001 - the thread has no caller; `errors` keeps the traceback
            endpoint.errors.append(traceback.format_exc())
        finally:
            with contextlib.suppress(OSError):
                self._socket.close()
            endpoint.gone(self)

    def _receive(self, size: int, timeout: float) -> bytes:
        self._socket.settimeout(timeout)
        return self._socket.recv(size)

    def _send(self, data: bytes) -> None:
        self._socket.settimeout(60.0)
        self._socket.sendall(data)

    def _serve(self, reader: Reader) -> bool:
        endpoint = self._endpoint
        try:
            request = reader.request(endpoint.knobs.idle_close)
        except BadRequest as error:
            self._send(Response(error.status, close=True).encode())
            return False
        if request is None:
            return False
        endpoint.count()
        response = self._answer(request)
        if endpoint.knobs.latency:
            self._over.wait(endpoint.knobs.latency)
        response.close = response.close or not request.keep_alive
        self._send(response.encode())
        return not response.close

    @property
    def _basic(self) -> bool:
        """Whether Basic is taken now: a policy or ``winrm set`` has the last word."""
        endpoint = self._endpoint
        return entrance.allows(endpoint.machine, "AllowBasic", "service/auth/basic", endpoint.allow_basic)

    @property
    def _unencrypted(self) -> bool:
        endpoint = self._endpoint
        told = "service/allowunencrypted"
        return entrance.allows(endpoint.machine, "AllowUnencryptedTraffic", told, endpoint.allow_unencrypted)

    # -- authentication ----------------------------------------------------------------------------------

    def _answer(self, request: Request) -> Response:
        path = request.path.partition("?")[0].rstrip("/").lower()
        if path not in ("/wsman", "/wsman-anon/identify"):
            return Response(404)
        if request.method != "POST":
            return Response(405, headers=[("Allow", "POST")])
        if request.headers.get("wsmanidentify", "").lower() == "unauthenticated" or path != "/wsman":
            return self._anonymous(request)
        scheme, _space, token = request.headers.get("authorization", "").partition(" ")
        answer = None
        if scheme:
            try:
                answer = self._log_in(scheme, token.strip())
            except Refused:
                return self._unauthorized()
            if self._login.account is None:
                return self._unauthorized(answer)
        if self._login.account is None:
            return self._unauthorized()
        response = self._authenticated(request)
        if answer is not None:
            response.headers.append(("WWW-Authenticate", answer))
        return response

    def _log_in(self, scheme: str, token: str) -> str | None:
        kind = scheme.lower()
        negotiates = not entrance.refuses(self._endpoint.machine, "AllowNegotiate", "service/auth/negotiate")
        if kind in ("negotiate", "ntlm") and negotiates:
            answer = self._login.negotiate(scheme, token)
            if self._login.account is not None:
                self._endpoint.count(login=True)
            return answer
        if kind == "basic" and self._basic:
            self._login.basic(token)
            return None
        raise Refused(f"the service does not take {scheme}")

    def _unauthorized(self, answer: str | None = None) -> Response:
        offers = [("WWW-Authenticate", answer or "Negotiate")]
        if answer is None and self._basic:
            offers.append(("WWW-Authenticate", 'Basic realm="WSMAN"'))
        return Response(401, headers=offers)

    def _anonymous(self, request: Request) -> Response:
        """Answer Identify to a stranger: the version of the stack and nothing else."""
        try:
            message = soap.parse_message(request.body)
        except (BadXml, Fault):
            return Response(400, close=True)
        if not message.identify:
            return self._unauthorized()
        number = self._endpoint.count(message=True)
        self._note(number, message, "", time.monotonic())
        return Response(200, soap.identify_envelope(self._endpoint.service.product_version(authenticated=False)))

    # -- messages --------------------------------------------------------------------------------------------

    def _authenticated(self, request: Request) -> Response:
        if not request.body:
            return Response(200)  # the empty message with which clients build their security context
        kind = request.headers.get("content-type", "")
        if kind.lower().startswith("multipart/"):
            try:
                clear = self._login.unseal(kind, request.body)
            except Undecryptable:
                return Response(400, close=True)
            response = self._dispatch(clear)
            if response.body:
                response.kind, response.body = self._login.seal(response.body)
            return response
        if not (self._endpoint.tls or self._unencrypted):
            return Response(500)  # AllowUnencrypted=false
        return self._dispatch(request.body)

    def _dispatch(self, data: bytes) -> Response:
        endpoint, started = self._endpoint, time.monotonic()
        number = endpoint.count(message=True)
        if len(data) > endpoint.limits.max_envelope:
            return Response(413)  # MS-WSMV 3.1.4.1.20
        try:
            message = soap.parse_message(data)
        except BadXml:
            return Response(400)
        except Fault as fault:
            return self._refuse(number, fault, None, started)
        trouble = endpoint.troubles.next(message.verb)
        if trouble is not None and not trouble.after and (answer := self._suffer(trouble)):
            return answer
        response = self._carry_out(message, started, number)
        if trouble is not None and trouble.after and (answer := self._suffer(trouble)):
            return answer
        return response

    def _carry_out(self, message: Message, started: float, number: int) -> Response:
        endpoint, account = self._endpoint, self._login.account
        if account is None:
            return self._unauthorized()
        try:
            if not endpoint.admits(self):
                raise Fault(
                    soap.QUOTA_SYSTEM,
                    "w:InternalError",
                    "The WS-Management service cannot process the request. The maximum number of concurrent"
                    " connections to this service has been exceeded. Retry later.",
                    role="Receiver",
                )
            body = endpoint.service.answer(message, account, self._client)
        except Fault as fault:
            return self._refuse(number, fault, message, started)
        except Exception:  # noqa: BLE001 - the client gets a fault, `errors` keeps the traceback
            endpoint.errors.append(f"message {number} ({message.verb}):\n{traceback.format_exc()}")
            return self._refuse(
                number,
                Fault(
                    soap.ENDPOINT_UNAVAILABLE,
                    "a:EndpointUnavailable",
                    "The twin itself failed; its log has the reason.",
                    role="Receiver",
                ),
                message,
                started,
            )
        self._note(number, message, "", started)
        return Response(200, body)

    def _refuse(self, number: int, fault: Fault, message: Message | None, started: float) -> Response:
        self._note(number, message, f"{fault.subcode} {fault.code}", started)
        related = message.message_id if message is not None else ""
        host = message.to.partition("://")[2].partition("/")[0].rpartition(":")[0] if message is not None else ""
        return Response(500, soap.fault_envelope(fault, related, host))

    def _note(self, number: int, message: Message | None, answer: str, started: float) -> None:
        verb, subject = ("?", "") if message is None else (message.verb, _subject(message))
        self._endpoint.log.append(Exchange(number, verb, subject, answer, time.monotonic() - started))

    def _suffer(self, trouble: Any) -> Response | None:
        """Let a knob's trouble happen; returns what to answer instead, None to go on."""
        if trouble.kind == "drop":
            raise _Cut
        if trouble.kind == "reset":
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise _Cut
        if trouble.kind == "freeze":
            self._over.wait(trouble.seconds)
            raise _Cut
        if trouble.kind == "delay":
            self._over.wait(trouble.seconds)
            return None
        if trouble.kind == "fault":
            fault = Fault(trouble.code, trouble.subcode, "A fault that a knob of the twin asked for.", role="Receiver")
            return Response(500, soap.fault_envelope(fault, ""))
        return Response(trouble.status, trouble.body)


def _subject(message: Message) -> str:
    """What a message is about, for the log: never the data of a Send."""
    body = message.body
    if body is None or message.verb in ("Send", "Receive", "Signal"):
        return message.selectors.get("SHELLID", "")
    if message.verb == "Command":
        return " ".join(item.text or "" for item in body)[:400]
    filters = [item.text or "" for item in body if item.tag.endswith("}Filter")]
    return (filters[0].strip() if filters else message.resource.rpartition("/")[2])[:400]
