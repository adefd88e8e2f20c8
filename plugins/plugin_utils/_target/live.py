# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The live door's session: WMI, cmd.exe and files over one `Link` (private to this collection)."""

from __future__ import annotations

import codecs
import io
import time
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

from . import soap, transfer
from .session import (
    CIMV2,
    Clock,
    CommandResult,
    Identity,
    ProtocolFault,
    TargetError,
    Unreachable,
    WmiRow,
    as_list,
)
from .settings import UTF8_CODEPAGE, Settings
from .shells import Shells
from .wsman import MAX_PAGES, PAGE, Link, Notice, Risk

LARGE_PAGE = 200
HKLM = 0x80000002
CODEPAGE_KEY = r"SYSTEM\CurrentControlSet\Control\Nls\CodePage"
STANDARD_CODEPAGE = 437


class LiveSession:
    """`Session` over WinRM. Nothing is sent before the first question is asked."""

    door = "winrs"
    read_only = False

    def __init__(
        self,
        settings: Settings,
        notice: Notice,
        link: Link | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self._notice = notice
        self._link = link or Link(settings, notice)
        self.clock = Clock(sleep, now)
        self._shells = Shells(self._link, settings, notice, self.clock, self._oem_codepage, self._computer_name)
        self._link.relieve = self._shells.give_back
        self._identity: Identity | None = None
        self._codepage: int | None = settings.codepage
        for sentence in settings.relaxations():
            notice(sentence)

    @property
    def port(self) -> int:
        """The port in use: where none was set, the one that answered."""
        return self._link.port

    @property
    def tls(self) -> str | None:
        """The version of TLS in use, such as ``1.2``; None over http, and before the first answer."""
        return self._link.tls

    # --- questions ---

    def identify(self) -> Identity:
        """Return who answers, asked once."""
        if self._identity is None:
            answer = self._link.ask("asking for its identity", Risk.NONE, lambda p: p.send_message(soap.IDENTIFY))
            self._identity = soap.identity(answer)
        return self._identity

    def query(self, wql: str, namespace: str = CIMV2) -> list[WmiRow]:
        """Return every row of a WQL query, all pages of it."""
        uri = soap.resource_uri(namespace, "*")
        sizes, again = [PAGE, 4, 1], True
        if self._identity is not None and not self._identity.stack.startswith("1."):
            sizes.insert(0, LARGE_PAGE)  # WinRM 2.0 and later answer 32000 at once (MaxBatchItems), 1.1 answers 20
        while True:
            rows: list[WmiRow] = []
            try:
                for page in self._pages(f"the query {wql!r}", uri, wql, sizes[0]):
                    rows += page
                return rows
            except ProtocolFault as fault:
                # Twenty instances with long texts can exceed the envelope; then fewer at a time do.
                if fault.subcode != "EncodingLimit" or len(sizes) == 1:
                    raise
                sizes.pop(0)
            except Unreachable:
                if not rows or not again:
                    raise
                again = False  # a page was lost on the way: the enumeration cannot go on, but can begin again

    def get(self, class_name: str, selectors: Mapping[str, str], namespace: str = CIMV2) -> WmiRow:
        """Return the one instance that the selectors name."""
        uri = soap.resource_uri(namespace, class_name)
        answer = self._link.message(f"getting {class_name}", Risk.NONE, soap.action_uri("Get"), uri, {}, selectors)
        return soap.instance(answer)

    def invoke(
        self,
        class_name: str,
        method: str,
        arguments: Mapping[str, object],
        selectors: Mapping[str, str] | None = None,
        namespace: str = CIMV2,
    ) -> WmiRow:
        """Call a WMI method; the output parameters, `ReturnValue` among them, come back as text.

        Methods whose name begins with Get, Enum or Check are questions, and asked again when the connection was lost.
        """
        uri = soap.resource_uri(namespace, class_name)
        risk = Risk.NONE if method.startswith(("Get", "Enum", "Check")) else Risk.ACTS
        answer = self._link.message(
            f"calling {class_name}.{method}",
            risk,
            f"{uri}/{method}",
            uri,
            soap.invoke_body(uri, method, arguments),
            selectors,
        )
        return soap.outcome(answer, method)

    # --- cmd.exe ---

    def run(self, command_line: str, stdin: bytes | None = None, timeout: float | None = None) -> CommandResult:
        """Run one cmd.exe line to its end; text is decoded from the OEM code page of the target."""
        rc, stdout, stderr = self.run_raw(command_line, None if stdin is None else iter((stdin,)), timeout)
        return CommandResult(rc, self.decode(stdout), self.decode(stderr))

    def run_raw(
        self, command_line: str, stdin: Iterator[bytes] | None = None, timeout: float | None = None
    ) -> tuple[int, bytes, bytes]:
        """Run one cmd.exe line fed from `stdin` piece by piece; output comes back as the bytes that were written."""
        return self._shells.run(command_line, stdin, timeout)

    def decode(self, output: bytes) -> str:
        """Return console output as text; what the code page does not know becomes U+FFFD."""
        return output.decode(f"cp{self._oem_codepage()}", "replace")

    def encode(self, text: str) -> bytes:
        """Return text as the console of the target reads it; raises `TargetError` for what it has no character for."""
        codepage = f"cp{self._oem_codepage()}"
        try:
            return text.encode(codepage)
        except UnicodeEncodeError as error:
            raise TargetError(
                f"the code page {codepage} of the target has no character {text[error.start]!r}"
            ) from error

    def upload(self, data: bytes | BinaryIO, path: str) -> None:
        """Write a file on the target, whole or not at all, in constant memory."""
        transfer.upload(self, io.BytesIO(data) if isinstance(data, bytes) else data, path)

    def download(self, path: str) -> bytes:
        """Read a file of the target."""
        return transfer.download(self, path)

    def close(self) -> None:
        """Delete the shell and close the sockets; trouble on the way out is a notice, never an error."""
        try:
            self._shells.close()
        finally:
            self._link.drop()

    def shells(self) -> list[soap.RemoteShell]:
        """Return the remote shells that the target says are open, our own among them."""
        return self._shells.listed()

    def forget(self) -> None:
        """Let go of a target that is going down: its shells go with it, and there is nothing left to delete."""
        self._shells.forget()
        self._link.drop()

    # --- WS-Man messages ---

    def _pages(self, doing: str, uri: str, wql: str, elements: int) -> Iterator[list[WmiRow]]:
        content = soap.enumerate_body(elements, wql)
        page = soap.page(self._link.message(doing, Risk.NONE, soap.action_uri("Enumerate"), uri, content))
        yield page.rows
        for _number in range(MAX_PAGES):
            if not page.context:
                return
            answer = self._link.message(
                doing, Risk.STEP, soap.action_uri("Pull"), uri, soap.pull_body(page.context, elements)
            )
            page = soap.page(answer)
            yield page.rows
        raise soap.BadAnswer(f"{doing}: the target never says that this was the last page; {MAX_PAGES} pages were read")

    def _computer_name(self) -> str:
        rows = self.query("select Name from Win32_ComputerSystem")
        return (as_list(rows[0].get("Name")) or [""])[0] if rows else ""

    # --- code page ---

    def _oem_codepage(self) -> int:
        """Return the OEM code page of the target, asked once over WMI; 437 when it does not say."""
        if self._codepage is None:
            self._codepage = self._ask_codepage()
        return self._codepage

    def _ask_codepage(self) -> int:
        arguments = {"hDefKey": HKLM, "sSubKeyName": CODEPAGE_KEY, "sValueName": "OEMCP"}
        why = "it did not say"
        # StdRegProv is in root/cimv2 since Vista; unproven over WS-Man on 6.0, so its old home is asked too.
        for namespace in (CIMV2, "root/default"):
            try:
                text = self.invoke("StdRegProv", "GetStringValue", arguments, namespace=namespace).get("sValue")
            except ProtocolFault as fault:
                why = str(fault)
                continue
            if isinstance(text, str) and _usable(text):
                return int(text)
            why = f"it says {text!r}"
        self._notice(
            f"the OEM code page of {self.settings.host} is unknown ({why}); {STANDARD_CODEPAGE} is used. Set "
            "ansible_winrs_codepage if console texts come out wrong"
        )
        return STANDARD_CODEPAGE


def _usable(codepage: str) -> bool:
    if not codepage.isdigit() or int(codepage) == UTF8_CODEPAGE:
        return False
    try:
        codecs.lookup(f"cp{codepage}")
    except LookupError:
        return False
    return True
