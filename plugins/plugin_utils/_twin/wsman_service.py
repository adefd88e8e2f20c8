# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The WS-Management service of one twin (private to this collection): a message in, an answer or a fault out."""

from __future__ import annotations

import base64
import binascii
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import TYPE_CHECKING

from . import wsman_envelope as soap
from . import wsman_wmi
from .process import Account
from .wsman_envelope import SHELL, Fault, Message
from .wsman_personality import Personality
from .wsman_shells import Shell, Shells, ShellWish, timed_out

if TYPE_CHECKING:
    from .machine import Machine

CMD = f"{SHELL}/cmd"
_STATE = f"{SHELL}/CommandState"
# Around the streams of a ReceiveResponse; what is left of MaxEnvelopeSize is filled with base64.
_ROOM = 4096


class Service:
    """Shells, enumerations and the verbs that work on them."""

    def __init__(self, machine: Machine, limits: Personality, receive_bytes: int | None = None) -> None:
        self._machine = machine
        self._limits = limits
        self._receive_bytes = receive_bytes
        self.shells = Shells(machine, limits)
        self.enumerations = wsman_wmi.Enumerations(limits)
        self._lock = threading.Lock()

    def product_version(self, authenticated: bool) -> str:
        """Return the ProductVersion of Identify; the build is told to those who logged in only (MS-WSMV note 72)."""
        stack = self._limits.stack
        if not authenticated:
            return f"OS: 0.0.0 SP: 0.0 Stack: {stack}"
        pack = self._machine.registry.data("HKLM\\SYSTEM\\CurrentControlSet\\Control\\Windows", "CSDVersion", 0x200)
        number = pack >> 8 if isinstance(pack, int) else 2
        return f"OS: {self._machine.version} SP: {number}.0 Stack: {stack}"

    def clear(self) -> None:
        """The machine goes down: shells with all that runs in them and enumerations are gone."""
        self.shells.clear()
        self.enumerations.clear()

    def forget(self) -> None:
        """The service stops: shells and enumerations are gone, what runs in a shell is left to itself."""
        self.shells.forget()
        self.enumerations.clear()

    def answer(self, message: Message, account: Account, client: str, language: str = "en-US") -> bytes:
        """Carry out a message and return the answering envelope. Raises `Fault`."""
        if message.identify:
            return soap.identify_envelope(self.product_version(authenticated=True))
        if message.resource == SHELL or message.resource.startswith(SHELL + "/"):
            body = self._shell(message, account, client)
        elif message.resource.lower().startswith(wsman_wmi.PREFIX):
            body = self._wmi(message, account)
        elif message.resource.startswith("http://schemas.microsoft.com/wbem/wsman/1/config"):
            # Reading winrm/config from afar fails on 2008 and 2008 R2 (WinRb/WinRM #197).
            raise Fault(soap.ACCESS_DENIED, "w:AccessDenied", "Access is denied. ")
        else:
            raise Fault(
                soap.INVALID_RESOURCE_URI,
                "a:DestinationUnreachable",
                "The WS-Management service cannot process the request. The resource URI is not supported: "
                f"{message.resource}",
                detail=f"{soap.DETAIL}/InvalidResourceURI",
            )
        response = message.action + "Response"
        data = soap.envelope(response, body, message.message_id, language)
        limit = min(message.max_envelope or self._limits.max_envelope, self._limits.max_envelope)
        if len(data) > limit:
            raise Fault(
                soap.MAX_ENVELOPE_EXCEEDED,
                "w:EncodingLimit",
                "The WS-Management service cannot process the request because the response is larger than the"
                f" MaxEnvelopeSize of {limit} octets.",
                detail=f"{soap.DETAIL}/MaxEnvelopeSizeExceeded",
            )
        return data

    def _timeout(self, message: Message) -> float:
        return min(
            message.timeout if message.timeout is not None else self._limits.max_timeout, self._limits.max_timeout
        )

    # -- shells --------------------------------------------------------------------------------------

    def _shell(self, message: Message, account: Account, client: str) -> str:
        verbs: dict[str, Callable[[Message, Account], str]] = {
            f"{soap.TRANSFER}/Delete": self._delete,
            f"{SHELL}/Command": self._command,
            f"{SHELL}/Receive": self._receive,
            f"{SHELL}/Send": self._send,
            f"{SHELL}/Signal": self._signal,
        }
        if message.action == f"{soap.TRANSFER}/Create":
            self._must_be(message, CMD)
            return self._create(message, account, client)
        if message.action in verbs:
            self._must_be(message, CMD)
            return verbs[message.action](message, account)
        listing = SHELL if self._limits.lists_at_shell_root else CMD
        if message.action.startswith(soap.ENUMERATION):
            self._must_be(message, listing)
            return self._enumeration(message, account, lambda: [self._describe(s) for s in self.shells.of(account)])
        if message.action == f"{soap.TRANSFER}/Get":
            self._must_be(message, listing)
            return self._describe(self.shells.get(account, message.selectors))
        raise _not_supported(message)

    @staticmethod
    def _must_be(message: Message, resource: str) -> None:
        if message.resource.rstrip("/") != resource:
            raise Fault(
                soap.INVALID_RESOURCE_URI,
                "a:DestinationUnreachable",
                "The WS-Management service cannot process the request. The resource URI"
                f" {message.resource} does not take the action {message.action}.",
                detail=f"{soap.DETAIL}/InvalidResourceURI",
            )

    def _create(self, message: Message, account: Account, client: str) -> str:
        shell = self.shells.create(account, message.options, _wish(_body(message, "Shell")), client)
        return (
            f"<x:ResourceCreated><a:Address>{soap.text_of(message.to)}</a:Address><a:ReferenceParameters>"
            f'<w:ResourceURI>{CMD}</w:ResourceURI><w:SelectorSet><w:Selector Name="ShellId">{shell.id}</w:Selector>'
            f"</w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>{self._describe(shell)}"
        )

    def _describe(self, shell: Shell) -> str:
        """Write rsp:Shell. 1.1 knows neither owner nor times (MS-WSMV note 104)."""
        inputs, outputs = shell.streams
        streams = f"<rsp:InputStreams>{inputs}</rsp:InputStreams><rsp:OutputStreams>{outputs}</rsp:OutputStreams>"
        directory = soap.text_of(shell.directory_given)
        directory = f"<rsp:WorkingDirectory>{directory}</rsp:WorkingDirectory>" if directory else ""
        name = f"<rsp:Name>{soap.text_of(shell.name)}</rsp:Name>" if shell.name and self._limits.stack == "3.0" else ""
        opening = f'<rsp:Shell xmlns:rsp="{SHELL}"><rsp:ShellId>{shell.id}</rsp:ShellId>{name}'
        if not self._limits.describes_shells:
            return f"{opening}{directory}<rsp:Lifetime>PT28800S</rsp:Lifetime>{streams}</rsp:Shell>"
        owner = shell.account.name
        if shell.account.domain and shell.account.domain.lower() != self._machine.name.lower():
            owner = f"{shell.account.domain}\\{owner}"
        now = time.monotonic()
        return (
            f"{opening}<rsp:ResourceUri>{CMD}</rsp:ResourceUri><rsp:Owner>{soap.text_of(owner)}</rsp:Owner>"
            f"<rsp:ClientIP>{shell.client}</rsp:ClientIP>{directory}"
            f"<rsp:IdleTimeOut>PT{shell.idle or 0:.3f}S</rsp:IdleTimeOut>{streams}"
            f"<rsp:ShellRunTime>{_span(now - shell.created)}</rsp:ShellRunTime>"
            f"<rsp:ShellInactivity>{_span(now - shell.used)}</rsp:ShellInactivity></rsp:Shell>"
        )

    def _delete(self, message: Message, account: Account) -> str:
        self.shells.delete(account, message.selectors)
        return ""

    def _count(self, account: Account) -> None:
        """Refuse when commands and enumerations of the user together reach MaxConcurrentOperationsPerUser."""
        held = self.shells.operations(account) + self.enumerations.count(account.sid)
        if held >= self._limits.max_operations:
            raise Fault(
                soap.QUOTA_MAX_OPERATIONS,
                "w:QuotaLimit",
                "The WS-Management service cannot process the request. The maximum number of concurrent operations for"
                " this user has been exceeded. Close existing operations for this user, or raise the quota for this"
                " user.",
                role="Receiver",
            )

    def _command(self, message: Message, account: Account) -> str:
        shell = self.shells.get(account, message.selectors)
        self._count(account)
        body = _body(message, "CommandLine")
        words = [item.text or "" for item in body if item.tag in (f"{{{SHELL}}}Command", f"{{{SHELL}}}Arguments")]
        line = " ".join(words)
        if body.find(f"{{{SHELL}}}Command") is None or not line.strip():
            raise _invalid_element("CommandLine")
        command = self.shells.run(shell, line, message.flag("WINRS_SKIP_CMD_SHELL"))
        return f"<rsp:CommandResponse><rsp:CommandId>{command.id}</rsp:CommandId></rsp:CommandResponse>"

    def _receive(self, message: Message, account: Account) -> str:
        shell = self.shells.get(account, message.selectors)
        if message.flag("WSMAN_CMDSHELL_OPTION_KEEPALIVE"):
            self.shells.keep_alive(shell)
        desired = _body(message, "Receive").find(f"{{{SHELL}}}DesiredStream")
        if desired is None:
            raise _invalid_element("Receive")
        command = self.shells.command(shell, desired.get("CommandId") or "")
        streams = (desired.text or "stdout stderr").split()
        if not streams or any(name not in command.outputs for name in streams):
            raise _invalid_element("DesiredStream")
        limit = min(message.max_envelope or self._limits.max_envelope, self._limits.max_envelope)
        size = max(1024, (limit - _ROOM) * 3 // 4)
        try:
            pieces, done = command.receive(streams, self._timeout(message), min(size, self._receive_bytes or size))
        except TimeoutError:
            raise timed_out() from None
        parts = [
            f'<rsp:Stream Name="{name}" CommandId="{command.id}">{base64.b64encode(data).decode()}</rsp:Stream>'
            for name, data in pieces
        ]
        if done:
            parts += [
                f'<rsp:Stream Name="{name}" CommandId="{command.id}" End="true"></rsp:Stream>' for name in streams
            ]
            state = f'"{_STATE}/Done"><rsp:ExitCode>{command.exit_code}</rsp:ExitCode>'
        else:
            state = f'"{_STATE}/Running">'
        parts.append(f'<rsp:CommandState CommandId="{command.id}" State={state}</rsp:CommandState>')
        return f"<rsp:ReceiveResponse>{''.join(parts)}</rsp:ReceiveResponse>"

    def _send(self, message: Message, account: Account) -> str:
        shell = self.shells.get(account, message.selectors)
        for stream in _body(message, "Send").findall(f"{{{SHELL}}}Stream"):
            if stream.get("Name") != "stdin":
                raise _invalid_element("Stream")
            try:
                data = base64.b64decode("".join((stream.text or "").split()), validate=True)
            except (binascii.Error, ValueError):
                raise _invalid_element("Stream") from None
            end = (stream.get("End") or "").strip().lower() in ("true", "1")
            self.shells.send(shell, stream.get("CommandId") or "", data, end, self._timeout(message))
        return "<rsp:SendResponse/>"

    def _signal(self, message: Message, account: Account) -> str:
        shell = self.shells.get(account, message.selectors)
        body = _body(message, "Signal")
        code = body.find(f"{{{SHELL}}}Code")
        self.shells.signal(shell, body.get("CommandId") or "", (code.text or "") if code is not None else "")
        return "<rsp:SignalResponse/>"

    # -- WMI -------------------------------------------------------------------------------------------

    def _wmi(self, message: Message, account: Account) -> str:
        if message.action.startswith(soap.ENUMERATION):
            return self._enumeration(message, account, lambda: wsman_wmi.enumerate_rows(self._machine, message))
        if message.action == f"{soap.TRANSFER}/Get":
            return wsman_wmi.get_instance(self._machine, message)
        if message.action.startswith(soap.TRANSFER):
            raise _not_supported(message)  # no Put, Create, Delete of WMI instances on 6.0 (MS-WSMV notes 107, 109)
        if message.action.rpartition("/")[0].lower() == message.resource.lower():
            return wsman_wmi.invoke_method(self._machine, account, message)
        raise _not_supported(message)

    def _enumeration(self, message: Message, account: Account, items: Callable[[], list[str]]) -> str:
        if message.verb == "Enumerate":
            self._count(account)
            body = message.body
            optimised = body is not None and body.find(f"{{{soap.WSMAN}}}OptimizeEnumeration") is not None
            return self.enumerations.page(message, account.sid, items(), optimised)
        if message.verb == "Pull":
            return self.enumerations.pull(message, account.sid)
        if message.verb == "Release":
            return self.enumerations.release(message, account.sid)
        raise _not_supported(message)


def _body(message: Message, name: str) -> ET.Element:
    if message.body is None or message.body.tag != f"{{{SHELL}}}{name}":
        raise _invalid_element(name)
    return message.body


def _invalid_element(name: str) -> Fault:
    return Fault(
        soap.SCHEMA_VALIDATION,
        "w:SchemaValidationError",
        f"The Windows Remote Shell cannot process the request. The SOAP packet contains an element {name} that is"
        " invalid. Retry the request with the correct XML element. ",
    )


def _not_supported(message: Message) -> Fault:
    return Fault(
        soap.ACTION_NOT_SUPPORTED,
        "a:ActionNotSupported",
        f"The WS-Management service does not support the action {message.action} on {message.resource}.",
        detail=f"{soap.DETAIL}/InvalidAction" if not message.action else None,
    )


def _wish(body: ET.Element) -> ShellWish:
    def text(name: str) -> str:
        found = body.find(f"{{{SHELL}}}{name}")
        return (found.text or "").strip() if found is not None else ""

    environment = {}
    for variable in body.findall(f"{{{SHELL}}}Environment/{{{SHELL}}}Variable"):
        name = variable.get("Name")
        if not name or "=" in name[1:]:
            raise _invalid_element("Variable")
        environment[name] = variable.text or ""
    idle = text("IdleTimeOut") or text("IdleTimeout")
    try:
        seconds = soap.parse_duration(idle) if idle else None
    except ValueError:
        raise _invalid_element("IdleTimeOut") from None
    inputs, outputs = text("InputStreams") or "stdin", text("OutputStreams") or "stdout stderr"
    if inputs != "stdin" or not set(outputs.split()) <= {"stdout", "stderr"}:
        raise _invalid_element("OutputStreams" if inputs == "stdin" else "InputStreams")
    return ShellWish((inputs, outputs), environment, text("WorkingDirectory"), seconds, text("Name"))


def _span(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f"P{days}DT{hour}H{minute}M{second}S"
