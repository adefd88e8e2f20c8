# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The wire: one WS-Man conversation over pywinrm that survives what networks do (private to this collection).

pywinrm's `Protocol` is used as a library. What it lacks is here: a bound on the size of answers, a look at the XML
before a parser sees it, an own TLS context, and `Link`, which knows when a `Protocol` is dead (after any lost socket it
is, for good: it goes on sealing with the old NTLM state and gets HTTP 400 for ever), when a message may be sent again
and when it may have been acted on. Nothing else under plugin_utils but this file touches the network.
"""

from __future__ import annotations

import enum
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from . import soap
from .sentences import LastAnswer, Trouble, classify, explain, fault
from .session import Identity, ProtocolFault, TargetError, TimedOut, Unreachable
from .settings import Settings
from .wsman_deadline import pools
from .wsman_tls import tls_context

try:
    import requests  # comes with pywinrm, and has no line of its own in requirements.txt
    from requests.adapters import HTTPAdapter
    from winrm.exceptions import WinRMOperationTimeoutError, WinRMTransportError, WSManFaultError
    from winrm.protocol import Protocol
    from winrm.transport import Transport
except ImportError as error:  # the plugins say so when they are used
    LACKING: ImportError | None = error
    HTTPAdapter = Protocol = Transport = object  # type: ignore[assignment,misc]  # bases of classes that are never made
else:
    LACKING = soap.LACKING

# An envelope is 150 kB (MaxEnvelopeSizekb), 500 kB on later stacks; sealing and its MIME frame add some hundred.
MAX_ANSWER = 4 * 1024 * 1024
# MaxConnections is 5 on a stock host, and an idle connection may count for two minutes after its last request.
BACKOFF = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
# http.sys drops an idle connection after 120 s; a firewall between may do so sooner, and without a word.
IDLE_SECONDS = 90.0

# `Protocol` is handed on to those who write questions to it.
__all__ = [
    "BACKOFF",
    "LACKING",
    "Adapter",
    "Link",
    "Notice",
    "OperationTimedOut",
    "Protocol",
    "QUOTA_OPERATIONS",
    "Risk",
    "identify_stranger",
    "open_protocol",
]

# MaxConcurrentOperationsPerUser is used up; ended commands count until their shell is deleted (MS-WSMV <118>).
QUOTA_OPERATIONS = 2150859174

# MaxBatchItems caps a page at 20 on stock WinRM (MS-WSMV <9>).
PAGE = 20
MAX_PAGES = 5000

T = TypeVar("T")
Notice = Callable[[str], None]


class Risk(enum.Enum):
    """Whether a message does harm when it is acted on twice."""

    NONE = "a question"  # may be asked again
    STEP = "the next part of an answer"  # lost, it cannot be had again, but nothing was done either
    ACTS = "an action"


class OperationTimedOut(TimedOut):
    """The target ended an operation for its length; for a Receive that only means that there is no output yet."""


class Adapter(HTTPAdapter):
    """requests' HTTP layer with a bound on the size and the time of an answer, an own TLS context, and no surprises."""

    def __init__(self, context: ssl.SSLContext | None, connect_seconds: int, read_seconds: int) -> None:
        self._context = context
        self._timeout = (connect_seconds, read_seconds)
        self.last = LastAnswer()
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Hand our context and our sense of time to urllib3 1.26 and 2 alike."""
        if self._context is not None:
            kwargs["ssl_context"] = self._context
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = pools(self._timeout[1])

    def close(self) -> None:
        """Close the sockets now: urllib3 2 leaves it to the garbage collector, and a stock host counts five of them."""
        held = self.poolmanager.pools
        for key in list(held.keys()):
            held[key].close()
        super().close()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send with a time-out of its own for the connecting, so that a closed port is known soon."""
        kwargs["timeout"] = self._timeout
        self.last = LastAnswer()
        return super().send(request, *args, **kwargs)

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Remember what the sentences need, and refuse to read more than `MAX_ANSWER` bytes."""
        response = super().build_response(req, resp)
        headers = response.headers
        self.last = LastAnswer(
            response.status_code,
            headers.get("WWW-Authenticate", ""),
            headers.get("Server", ""),
            headers.get("Content-Type", ""),
            _tls_version(resp),
        )
        unbounded = response.iter_content

        def bounded(chunk_size: int | None = 1, decode_unicode: bool = False) -> Iterator[Any]:
            size = 0
            for chunk in unbounded(chunk_size, decode_unicode):
                size += len(chunk)
                if size > MAX_ANSWER:
                    response.close()
                    raise soap.BadAnswer(
                        f"the target answered with more than {MAX_ANSWER // 1024 // 1024} MB, which no WS-Man service "
                        "does; the rest was not read"
                    )
                yield chunk

        response.iter_content = bounded  # type: ignore[method-assign]
        return response


def _tls_version(answer: Any) -> str:
    """Return the version of TLS that an answer of urllib3 came over, such as ``1.2``, or nothing."""
    wire = getattr(getattr(answer, "connection", None), "sock", None)
    return (wire.version() or "").removeprefix("TLSv") if isinstance(wire, ssl.SSLSocket) else ""


class SafeTransport(Transport):
    """pywinrm's transport with our adapter under it, and answers that are looked at before anything parses them."""

    def __init__(self, settings: Settings, port: int, adapter: Adapter) -> None:
        login, secure = settings.login, settings.scheme == "https"
        super().__init__(
            endpoint=settings.endpoint(port),
            username=login.user,
            password=login.secret,
            service=login.service,
            ca_trust_path=settings.tls.ca_path,  # type: ignore[arg-type]
            cert_pem=login.certificate,
            cert_key_pem=login.certificate_key,
            read_timeout_sec=settings.times.read,
            server_cert_validation="validate" if settings.tls.validate else "ignore",
            kerberos_delegation=login.kerberos_delegation,
            kerberos_hostname_override=login.kerberos_hostname,
            auth_method=login.auth.value,
            message_encryption=settings.encryption.value,
            credssp_disable_tlsv1_2=login.credssp_disable_tlsv1_2,
            send_cbt=login.send_cbt,
            proxy=None,
        )
        self._adapter = adapter
        never = settings.encryption.value == "never"
        self._must_seal = not never and (settings.encryption.value == "always" or not secure)

    def build_session(self) -> requests.Session:
        """Build the session under our rules, whether or not it is encrypted."""
        return self._harden(super().build_session())

    def setup_encryption(self, session: requests.Session) -> None:
        """Log in under our rules; the first message of a sealed conversation is an empty one."""
        super().setup_encryption(self._harden(session))
        if self.auth_method == "ntlm" and getattr(session.auth, "session_security", None) is None:
            raise soap.BadAnswer("the port answered without asking for a login, as WinRM always does; it is not WinRM")

    def send_message(self, message: str | bytes) -> bytes:
        """Send, and return an answer that may be parsed; a message that must be sealed never leaves in the clear."""
        self.build_session()
        if self._must_seal and self.encryption is None:
            raise soap.BadAnswer("no keys for message encryption came out of the login; nothing was sent")
        try:
            return soap.related(soap.guard(super().send_message(message)), message)
        except WinRMTransportError as error:
            try:
                soap.guard(error.response_text.encode("utf-8", "replace"))
            except soap.BadAnswer:
                # Let nothing parse it: without a text pywinrm passes the error on, and its HTTP status says enough.
                raise WinRMTransportError("http", error.code, "") from error
            raise

    def _harden(self, session: requests.Session) -> requests.Session:
        if session.adapters.get("http://") is not self._adapter:
            session.mount("http://", self._adapter)
            session.mount("https://", self._adapter)
            session.trust_env = False  # no proxy, .netrc or CA bundle by surprise
            session.max_redirects = 0
        return session


def open_protocol(settings: Settings, port: int) -> tuple[Protocol, Callable[[], LastAnswer]]:
    """Return a Protocol that will connect when first used, and a way to ask what its HTTP layer saw last."""
    times = settings.times
    adapter = Adapter(tls_context(settings.tls) if settings.scheme == "https" else None, times.connect, times.read)
    protocol = Protocol(
        endpoint=settings.endpoint(port),
        # Only a place-holder, so that the constructor asks for no credentials: the real transport follows.
        transport="kerberos",
        read_timeout_sec=times.read,
        operation_timeout_sec=times.operation,
    )
    protocol.transport = SafeTransport(settings, port, adapter)
    return protocol, lambda: adapter.last


class Link:
    """A conversation that is resumed where that is safe. `notice` hears what the operator should know of it."""

    def __init__(
        self,
        settings: Settings,
        notice: Notice,
        opener: Callable[[Settings, int], tuple[Protocol, Callable[[], LastAnswer]]] = open_protocol,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self._notice = notice
        self._opener = opener
        self._sleep = sleep
        self._now = now
        self._protocol: Protocol | None = None
        self._last: Callable[[], LastAnswer] = LastAnswer
        self._proved = False
        self._used = 0.0
        self._ports = list(settings.ports)
        self._tried: list[int] = []
        # Gives operations of this user back to a target that has none left; true when there were any.
        self.relieve: Callable[[], bool] = lambda: False
        self.tls: str | None = None

    @property
    def port(self) -> int:
        """The port in use, or to be tried next."""
        return self._ports[0]

    def ask(self, doing: str, risk: Risk, question: Callable[[Protocol], T], backoff: tuple[float, ...] = BACKOFF) -> T:
        """Return what `question` makes of a Protocol; raise `TargetError` with `doing` in its sentence.

        A lost connection is rebuilt. The message is sent again, once, when it is a question or was provably not heard;
        an action that may have run is never repeated. `backoff` are the waits while the target is over a quota.
        """
        if risk is Risk.ACTS and not self._proved:
            # Port, login and connection quota are better found out with a message that does nothing.
            self.ask(doing, Risk.NONE, lambda p: p.send_message(soap.IDENTIFY))
        waits = iter(backoff)
        again = True
        while True:
            protocol = self._ready()
            try:
                answer = question(protocol)
            except WinRMOperationTimeoutError as error:
                self._touch()
                raise OperationTimedOut(
                    f"{doing}: the target gave up after {protocol.operation_timeout_sec} seconds; raise "
                    "ansible_winrm_operation_timeout_sec if it is only slow"
                ) from error
            except WSManFaultError as error:
                wait = next(waits, None) if _over_quota(error, self._proved) else None
                if wait is None:
                    self._touch()
                    raise _fault_of(doing, error) from error
                if _fault_of(doing, error).code == QUOTA_OPERATIONS and self.relieve():
                    continue
                self.drop()
                self._wait(wait, "is over one of its WinRM quotas (connections, operations)")
            except Exception as error:  # noqa: BLE001 - what it is, is found out and raised by _recover
                again = self._recover(error, doing, risk, again, waits)
            except BaseException:
                # A task time-out or Ctrl-C in the middle of a message: what follows on this socket cannot be trusted.
                self.drop()
                raise
            else:
                self._touch()
                return answer

    def message(
        self,
        doing: str,
        risk: Risk,
        action: str,
        uri: str,
        content: Mapping[str, object],
        selectors: Mapping[str, str] | None = None,
    ) -> bytes:
        """Send one WS-Man message with pywinrm's header and return its answer; see `ask`."""

        def send(protocol: Protocol) -> bytes:
            header = protocol.build_wsman_header(action, uri)
            return protocol.send_message(soap.envelope(header, content, selectors))

        return self.ask(doing, risk, send)

    def hurry(self) -> None:
        """From here on, spend little time: what is left is clearing up."""
        times = self.settings.times
        self.settings = replace(
            self.settings,
            times=replace(
                times, connect=min(times.connect, 5), operation=min(times.operation, 6), read=min(times.read, 8)
            ),
        )

    def drop(self) -> None:
        """Close the sockets and forget the keys; the next message begins a new conversation."""
        protocol, self._protocol = self._protocol, None
        self._proved = False
        if protocol is not None:
            protocol.transport.close_session()

    def _ready(self) -> Protocol:
        if self._proved and self._now() - self._used > IDLE_SECONDS:
            self.drop()
        if self._protocol is None:
            self._protocol, self._last = self._opener(self.settings, self.port)
        return self._protocol

    def _touch(self) -> None:
        self._proved = True
        self.tls = self._last().tls or self.tls
        self._used = self._now()

    def _wait(self, seconds: float, why: str) -> None:
        self._notice(f"{self.settings.host} {why}; trying again in {seconds:.0f} s")
        self._sleep(seconds)

    def _recover(self, error: Exception, doing: str, risk: Risk, again: bool, waits: Iterator[float]) -> bool:
        """Prepare the next attempt and return whether one more may follow it, or raise the sentence."""
        last, proved = self._last(), self._proved
        trouble = classify(error, last, proved)
        self.drop()
        if trouble is Trouble.NOT_SENT and len(self._ports) > 1:
            self._tried.append(self._ports.pop(0))
            return again
        if trouble is Trouble.BUSY:
            wait = next(waits, None)
            if wait is not None:
                self._wait(wait, "answers that WinRM is not available (HTTP 503)")
                return again
        if again and (trouble is Trouble.UNHEARD or (trouble is Trouble.LOST and proved and risk is Risk.NONE)):
            return False
        ports = " and ".join(str(port) for port in [*self._tried, self.port])
        sentence = explain(error, doing if proved else "connecting", self.settings, ports, last)
        if sentence is None:
            raise error
        if trouble is Trouble.LOST and risk is Risk.ACTS:
            sentence = type(sentence)(
                f"{sentence}; it may have been carried out, wholly or in part: look before repeating it"
            )
        raise sentence from error


def _over_quota(error: WSManFaultError, proved: bool) -> bool:
    """Whether the target turned the message away for now.

    Over MaxConnections the fault is only wsman:InternalError (MS-WSMV 3.1.4.1.19), which may be anything else as well,
    but a connection that is one too many learns that from its first message.
    """
    subcode = _subcode(error)
    return subcode == "QuotaLimit" or (subcode == "InternalError" and not proved and error.wmierror_code is None)


def _subcode(error: WSManFaultError) -> str:
    return (error.fault_subcode or "").rpartition(":")[2]


def _fault_of(doing: str, error: WSManFaultError) -> ProtocolFault:
    code = error.wmierror_code if error.wmierror_code is not None else error.wsman_fault_code
    return fault(doing, code, error.reason, _subcode(error))


def identify_stranger(settings: Settings) -> Identity:
    """Ask who is there without logging in; the version of the OS is then hidden, that of WinRM is not."""
    doing = "asking for its identity without a login"
    tried: list[int] = []
    for port in settings.ports:
        tried.append(port)
        times = settings.times
        adapter = Adapter(tls_context(settings.tls) if settings.scheme == "https" else None, times.connect, times.read)
        try:
            return soap.identity(_post_unauthenticated(settings, port, adapter))
        except (requests.RequestException, WinRMTransportError, TargetError) as error:
            if classify(error, adapter.last, False) is Trouble.NOT_SENT and port != settings.ports[-1]:
                continue
            ports = " and ".join(str(one) for one in tried)
            raise explain(error, doing, settings, ports, adapter.last) or error from error
    raise Unreachable(f"{doing}: no port to try")


def _post_unauthenticated(settings: Settings, port: int, adapter: Adapter) -> bytes:
    with requests.Session() as session:
        session.trust_env = False
        session.max_redirects = 0
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        answer = session.post(
            settings.endpoint(port),
            data=soap.IDENTIFY.encode(),
            headers={"Content-Type": "application/soap+xml;charset=UTF-8", "WSMANIDENTIFY": "unauthenticated"},
            verify=(settings.tls.ca_path or True) if settings.tls.validate else False,
        )
        if answer.status_code != 200:
            raise WinRMTransportError("http", answer.status_code, "")
        return answer.content
