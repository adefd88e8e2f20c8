# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A WS-Man client by hand: what these tests send is written out here, not left to the client under test elsewhere."""

from __future__ import annotations

import base64
import time
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from xml.sax.saxutils import escape

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.process import Account
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_envelope import Message, parse_message
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_personality import personality
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_service import Service
from support.endpoint import machine

NAMES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "p": "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd",
    "n": "http://schemas.xmlsoap.org/ws/2004/09/enumeration",
    "x": "http://schemas.xmlsoap.org/ws/2004/09/transfer",
    "rsp": "http://schemas.microsoft.com/wbem/wsman/1/windows/shell",
    "f": "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault",
    "cim": "http://schemas.dmtf.org/wbem/wscim/1/common",
}
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
SHELL = NAMES["rsp"]
CMD = f"{SHELL}/cmd"
WMI = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2"
WQL = "http://schemas.microsoft.com/wbem/wsman/1/WQL"
IDENTIFY = (
    f'<s:Envelope xmlns:s="{NAMES["s"]}" xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">'
    "<s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>"
)
ANONYMOUS = f"{NAMES['a']}/role/anonymous"


def envelope(
    action: str,
    resource: str,
    body: str = "",
    *,
    selectors: Mapping[str, str] | None = None,
    options: Mapping[str, str] | None = None,
    timeout: str = "PT5S",
    size: int = 153600,
    header: str = "",
    leave_out: tuple[str, ...] = (),
) -> str:
    """Write a request the way Windows does; `leave_out` names headers that shall be missing."""
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMES.items())

    def named(kind: str, values: Mapping[str, str] | None) -> str:
        inner = "".join(f'<w:{kind} Name="{name}">{value}</w:{kind}>' for name, value in (values or {}).items())
        return f"<w:{kind}Set>{inner}</w:{kind}Set>" if values else ""

    headers = {
        "To": "<a:To>http://target:5985/wsman</a:To>",
        "ReplyTo": f'<a:ReplyTo><a:Address s:mustUnderstand="true">{ANONYMOUS}</a:Address></a:ReplyTo>',
        "MessageID": f"<a:MessageID>uuid:{uuid.uuid4()}</a:MessageID>",
        "Action": f'<a:Action s:mustUnderstand="true">{action}</a:Action>',
        "ResourceURI": f'<w:ResourceURI s:mustUnderstand="true">{resource}</w:ResourceURI>',
        "MaxEnvelopeSize": f'<w:MaxEnvelopeSize s:mustUnderstand="true">{size}</w:MaxEnvelopeSize>',
        "OperationTimeout": f"<w:OperationTimeout>{timeout}</w:OperationTimeout>",
    }
    text = "".join(value for name, value in headers.items() if name not in leave_out)
    text += named("Selector", selectors) + named("Option", options) + header
    return f"<s:Envelope {spaces}><s:Header>{text}</s:Header><s:Body>{body}</s:Body></s:Envelope>"


class Client:
    """Talks to a service without a network; raises its `Fault`s as they are."""

    def __init__(self, made: Machine, receive_bytes: int | None = None) -> None:
        self.machine = made
        self.service = Service(made, personality(made.winrm), receive_bytes)
        self.account: Account = made.accounts.token(made.accounts.well_known("500"))
        self.shell = ""

    def ask(self, action: str, resource: str, body: str = "", **details: object) -> ET.Element:
        """Send one message; return the content of the answer's body."""
        message: Message = parse_message(envelope(action, resource, body, **details).encode())  # type: ignore[arg-type]
        return self.send(message)

    def send(self, message: Message) -> ET.Element:
        """Hand over a message."""
        answer = ET.fromstring(self.service.answer(message, self.account, "192.0.2.1"))
        body = answer.find("s:Body", NAMES)
        assert body is not None
        return body

    def on_shell(self, verb: str, body: str, **details: object) -> ET.Element:
        """Send one of the shell's own verbs to the open shell."""
        return self.ask(f"{SHELL}/{verb}", CMD, body, selectors={"ShellId": self.shell}, **details)

    def open(self, wishes: str = "", **options: str) -> str:
        """Open a shell and make it the current one."""
        body = f"<rsp:Shell>{wishes}<rsp:InputStreams>stdin</rsp:InputStreams></rsp:Shell>"
        answer = self.ask(f"{NAMES['x']}/Create", CMD, body, options=options)
        found = answer.find(".//w:Selector", NAMES)
        assert found is not None
        self.shell = str(found.text)
        return self.shell

    def close(self, shell: str = "") -> None:
        """Delete a shell."""
        self.ask(f"{NAMES['x']}/Delete", CMD, selectors={"ShellId": shell or self.shell})

    def start(self, line: str, *arguments: str, **options: str) -> str:
        """Start a command; return its id."""
        rest = "".join(f"<rsp:Arguments>{escape(word)}</rsp:Arguments>" for word in arguments)
        body = f"<rsp:CommandLine><rsp:Command>{escape(line)}</rsp:Command>{rest}</rsp:CommandLine>"
        return str(self.on_shell("Command", body, options=options).findtext(".//rsp:CommandId", None, NAMES))

    def receive(self, command: str, **details: object) -> tuple[bytes, bytes, int | None]:
        """Receive once; the exit code is None as long as the command is not done."""
        body = f'<rsp:Receive><rsp:DesiredStream CommandId="{command}">stdout stderr</rsp:DesiredStream></rsp:Receive>'
        answer = self.on_shell("Receive", body, **details)
        pieces = {"stdout": b"", "stderr": b""}
        for stream in answer.findall(".//rsp:Stream", NAMES):
            pieces[str(stream.get("Name"))] += base64.b64decode(stream.text or "")
        code = answer.findtext(".//rsp:ExitCode", None, NAMES)
        return pieces["stdout"], pieces["stderr"], None if code is None else int(code)

    def give(self, command: str, data: bytes, end: bool = True) -> None:
        """Send stdin."""
        text = base64.b64encode(data).decode()
        stream = f'<rsp:Stream Name="stdin" CommandId="{command}" End="{str(end).lower()}">{text}</rsp:Stream>'
        self.on_shell("Send", f"<rsp:Send>{stream}</rsp:Send>")

    def signal(self, command: str, code: str = "terminate") -> None:
        """Send a signal."""
        word = f"{SHELL}/signal/{code}"
        self.on_shell("Signal", f'<rsp:Signal CommandId="{command}"><rsp:Code>{word}</rsp:Code></rsp:Signal>')

    def run(self, line: str, **options: str) -> tuple[bytes, bytes, int]:
        """Run a line to its end and clear up after it."""
        command = self.start(line, **options)
        stdout, stderr, code = b"", b"", None
        deadline = time.monotonic() + 10
        while code is None:
            assert time.monotonic() < deadline, f"{line} does not end"
            more, errors, code = self.receive(command)
            stdout, stderr = stdout + more, stderr + errors
        self.signal(command)
        return stdout, stderr, code

    def enumerate(
        self, wql: str, elements: int = 20, optimise: bool = True, resource: str = f"{WMI}/*", **details: object
    ) -> ET.Element:
        """Begin a query; return the EnumerateResponse."""
        wish = f"<w:OptimizeEnumeration/><w:MaxElements>{elements}</w:MaxElements>" if optimise else ""
        body = f'<n:Enumerate>{wish}<w:Filter Dialect="{WQL}">{wql}</w:Filter></n:Enumerate>'
        return self.ask(f"{NAMES['n']}/Enumerate", resource, body, **details)[0]

    def pull(self, context: str, elements: int = 20, resource: str = f"{WMI}/*") -> ET.Element:
        """Go on with a query; return the PullResponse."""
        body = (
            f"<n:Pull><n:EnumerationContext>{context}</n:EnumerationContext>"
            f"<n:MaxElements>{elements}</n:MaxElements></n:Pull>"
        )
        return self.ask(f"{NAMES['n']}/Pull", resource, body)[0]


@pytest.fixture(params=["1.1", "2.0", "3.0"])
def winrm(request: pytest.FixtureRequest) -> str:
    """Each WinRM version in turn."""
    return str(request.param)


@pytest.fixture
def stock() -> Client:
    """A client of a stock host."""
    return Client(machine(winrm="1.1"))


@pytest.fixture
def updated() -> Client:
    """A client of a host with KB968930."""
    return Client(machine(winrm="2.0"))
