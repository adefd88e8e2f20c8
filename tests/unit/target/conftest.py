# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A target that speaks WS-Man in this process: pywinrm's own messages in, answers of our writing out."""

from __future__ import annotations

import base64
import itertools
import re
import xml.etree.ElementTree as ET
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from winrm.exceptions import WinRMTransportError
from winrm.protocol import Protocol

from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.live import LiveSession
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.sentences import LastAnswer
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.settings import Login, Settings
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.wsman import Link

DATA = Path(__file__).parents[2] / "data" / "target"
RSP = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
LOGIN = Login(user="Administrator", secret="not-a-secret")


def envelope(content: str, relates_to: str = "uuid:11111111-1111-1111-1111-111111111111") -> bytes:
    """Return an answer around the inside of a SOAP body."""
    return (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
        'xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" '
        'xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xmlns:rsp="{RSP}"><s:Header><a:RelatesTo>{relates_to}</a:RelatesTo></s:Header>'
        f"<s:Body>{content}</s:Body></s:Envelope>"
    ).encode()


def fault(code: int, subcode: str = "w:InternalError", reason: str = "It cannot be done.") -> WinRMTransportError:
    """Return what pywinrm's transport raises for a WS-Man fault."""
    body = (
        f"<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>{subcode}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en-US">{reason}</s:Text></s:Reason><s:Detail><f:WSManFault '
        f'xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="{code}"/></s:Detail></s:Fault>'
    )
    return WinRMTransportError("http", 500, envelope(body).decode())


@dataclass
class Command:
    """What the target does with one command: output in pieces, and an exit code at the end."""

    rc: int = 0
    stdout: bytes = b""
    stderr: bytes = b""
    pieces: int = 1


@dataclass
class FakeTarget:
    """Answers every verb of a shell; `troubles[verb]` are errors that come first, one for each message."""

    # Tests get at these through the fixture: pytest imports no test module by name.
    fault = staticmethod(fault)
    envelope = staticmethod(envelope)
    Command = Command

    answers: Callable[[str, bytes], Command] = lambda line, stdin: Command(0, line.encode())
    oemcp: str | None = "850"
    troubles: dict[str, deque[BaseException | bytes]] = field(default_factory=dict)
    shells: dict[str, str] = field(default_factory=dict)
    left_over: str = ""
    verbs: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    codepages: list[str] = field(default_factory=list)
    protocols: int = 0
    closed: int = 0
    last: LastAnswer = field(default_factory=LastAnswer)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _stdin: dict[str, bytes] = field(default_factory=dict)
    _output: dict[str, deque[bytes]] = field(default_factory=dict)

    def trouble(self, verb: str, *errors: BaseException | bytes) -> None:
        """Let the next messages of a verb fail, or be answered with these bytes."""
        self.troubles.setdefault(verb, deque()).extend(errors)

    def opener(self, settings: Settings, port: int) -> tuple[Protocol, Callable[[], LastAnswer]]:
        """What a Link calls for a Protocol."""
        self.protocols += 1
        protocol = Protocol(endpoint=settings.endpoint(port), transport="kerberos")
        protocol.transport = self
        return protocol, lambda: self.last

    def close_session(self) -> None:
        """Called for every conversation that ends."""
        self.closed += 1

    def send_message(self, message: str) -> bytes:
        """Answer one message."""
        root = ET.fromstring(message)
        action = next((node.text or "" for node in root.iter() if node.tag.endswith("}Action")), "/Identify")
        verb = action.rpartition("/")[2]
        self.verbs.append(verb)
        self.messages.append(message)
        if self.troubles.get(verb):
            trouble = self.troubles[verb].popleft()
            if isinstance(trouble, bytes):
                return trouble
            raise trouble
        answer: bytes = getattr(self, f"_{verb.lower()}")(root, message)
        return answer

    # --- verbs ---

    def _identify(self, root: ET.Element, message: str) -> bytes:
        return envelope(
            '<i:IdentifyResponse xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">'
            "<i:ProtocolVersion>http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd</i:ProtocolVersion>"
            "<i:ProductVendor>Microsoft Corporation</i:ProductVendor>"
            "<i:ProductVersion>OS: 6.0.6002 SP: 2.0 Stack: 1.1</i:ProductVersion></i:IdentifyResponse>"
        )

    def _getstringvalue(self, root: ET.Element, message: str) -> bytes:
        value = "" if self.oemcp is None else f"<p:sValue>{self.oemcp}</p:sValue>"
        answer = f"{value}<p:ReturnValue>0</p:ReturnValue>"
        return envelope(f'<p:GetStringValue_OUTPUT xmlns:p="urn:x">{answer}</p:GetStringValue_OUTPUT>')

    def _create(self, root: ET.Element, message: str) -> bytes:
        identifier = f"SHELL-{next(self._numbers)}"
        self.shells[identifier] = "Administrator"
        self.codepages += re.findall(r'WINRS_CODEPAGE">(\d+)<', message)
        return envelope(f'<x><w:Selector Name="ShellId">{identifier}</w:Selector></x>')

    def _delete(self, root: ET.Element, message: str) -> bytes:
        self.shells.pop(_selector(root), None)
        if self.left_over and _selector(root) in self.left_over:
            self.left_over = ""
            self.troubles.pop("Create", None)
        return self._related(root)

    def _command(self, root: ET.Element, message: str) -> bytes:
        if _selector(root) not in self.shells:
            raise fault(2150858843, "w:InvalidSelectors", "The shell was not found on the server.")
        identifier = f"COMMAND-{next(self._numbers)}"
        line = next(node.text or "" for node in root.iter(f"{{{RSP}}}Command"))
        self.lines.append(line)
        self._stdin[identifier] = b""
        if 'CONSOLEMODE_STDIN">TRUE' in message:
            self._end(identifier)
        return envelope(f"<rsp:CommandResponse><rsp:CommandId>{identifier}</rsp:CommandId></rsp:CommandResponse>")

    def _send(self, root: ET.Element, message: str) -> bytes:
        stream = next(root.iter(f"{{{RSP}}}Stream"))
        identifier = stream.attrib["CommandId"]
        self._stdin[identifier] += base64.b64decode(stream.text or "")
        if stream.attrib["End"] == "true":
            self._end(identifier)
        return envelope("<rsp:SendResponse/>")

    def _receive(self, root: ET.Element, message: str) -> bytes:
        identifier = next(root.iter(f"{{{RSP}}}DesiredStream")).attrib["CommandId"]
        return self._output[identifier].popleft()

    def _signal(self, root: ET.Element, message: str) -> bytes:
        return self._related(root)

    def _enumerate(self, root: ET.Element, message: str) -> bytes:
        return envelope(
            f"<n:EnumerateResponse><w:Items>{self.left_over}</w:Items><w:EndOfSequence/></n:EnumerateResponse>"
        )

    def _related(self, root: ET.Element) -> bytes:
        asked = next(node.text or "" for node in root.iter() if node.tag.endswith("}MessageID"))
        return envelope("", asked)

    def _end(self, identifier: str) -> None:
        """Run the command that was sent last, now that its input is complete."""
        done = self.answers(self.lines[-1], self._stdin[identifier])
        size = -(-len(done.stdout) // done.pieces) or 1
        parts = [done.stdout[start : start + size] for start in range(0, len(done.stdout), size)] or [b""]
        self._output[identifier] = deque(
            _output(identifier, part, done.stderr if last else b"", done.rc if last else None)
            for part, last in ((one, number == len(parts) - 1) for number, one in enumerate(parts))
        )


def _selector(root: ET.Element) -> str:
    return next((node.text or "" for node in root.iter() if node.get("Name") == "ShellId"), "")


def _output(identifier: str, stdout: bytes, stderr: bytes, rc: int | None) -> bytes:
    def stream(name: str, data: bytes) -> str:
        text = base64.b64encode(data).decode()
        return f'<rsp:Stream Name="{name}" CommandId="{identifier}">{text}</rsp:Stream>' if data else ""

    state = "Running" if rc is None else "Done"
    code = "" if rc is None else f"<rsp:ExitCode>{rc}</rsp:ExitCode>"
    return envelope(
        f"<rsp:ReceiveResponse>{stream('stdout', stdout)}{stream('stderr', stderr)}"
        f'<rsp:CommandState CommandId="{identifier}" State="{RSP}/CommandState/{state}">{code}</rsp:CommandState>'
        "</rsp:ReceiveResponse>"
    )


class FakeClock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.time += seconds

    def now(self) -> float:
        """Return the time."""
        return self.time


@pytest.fixture
def target() -> FakeTarget:
    """A target without troubles."""
    return FakeTarget()


@pytest.fixture
def clock() -> FakeClock:
    """A clock that costs no time."""
    return FakeClock()


@pytest.fixture
def notices() -> list[str]:
    """What the operator is told on the way."""
    return []


@pytest.fixture
def settings() -> Settings:
    """The simplest settings that are valid."""
    return Settings(host="cerberus.example", login=LOGIN)


@pytest.fixture
def link(target: FakeTarget, settings: Settings, clock: FakeClock, notices: list[str]) -> Link:
    """A Link to the target."""
    return Link(settings, notices.append, target.opener, clock.sleep, clock.now)


@pytest.fixture
def session(settings: Settings, link: Link, clock: FakeClock, notices: list[str]) -> LiveSession:
    """A session with the target."""
    return LiveSession(settings, notices.append, link, clock.sleep, clock.now)
