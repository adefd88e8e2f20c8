# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""WMI over WS-Management (private to this collection): Enumerate, Pull, Release, Get and Invoke.

What the XML looks like: ``select *`` gives the class as an element with prefixed properties and an
``xsi:type``, a projection gives ``w:XmlFragment`` with unprefixed properties in alphabetical order,
null is ``xsi:nil``, an array repeats its element, a date is a ``cim:Datetime`` child.
"""

from __future__ import annotations

import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from . import wmi
from . import wsman_envelope as soap
from .access import CLASS
from .process import Account
from .wsman_envelope import Fault, Message
from .wsman_personality import Personality

if TYPE_CHECKING:
    from .machine import Machine

PREFIX = "http://schemas.microsoft.com/wbem/wsman/1/wmi/"
WQL = "http://schemas.microsoft.com/wbem/wsman/1/WQL"
COMMON = "http://schemas.dmtf.org/wbem/wscim/1/common"
PROVIDER = ("WMI Provider", "%systemroot%\\system32\\WsmWmiPl.dll")
ENUMERATION_TIMEOUT = 60.0  # winrm/config/service/EnumerationTimeoutms
_ROOM = 2048  # octets that an envelope needs around its items
_ACCESS_DENIED, _NOT_FOUND, _INVALID_CLASS = 0x80041003, 0x80041002, 0x80041010


@dataclass
class _Enumeration:
    """The rest of a result; `sid` is the user whom it counts against."""

    sid: str
    items: list[str]
    touched: float


class Enumerations:
    """The unfinished enumerations of one machine."""

    def __init__(self, limits: Personality) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._open: dict[str, _Enumeration] = {}

    def count(self, sid: str) -> int:
        """Return how many a user has open; they count like running commands (MS-WSMV 3.1.4.1.19)."""
        with self._lock:
            now = time.monotonic()
            self._open = {key: held for key, held in self._open.items() if now - held.touched < ENUMERATION_TIMEOUT}
            return sum(held.sid == sid for held in self._open.values())

    def clear(self) -> None:
        """Forget all of them: the service stopped."""
        with self._lock:
            self._open.clear()

    def page(self, message: Message, sid: str, items: list[str], optimised: bool) -> str:
        """Answer Enumerate: with a context alone, or with the first items when the client asked for them."""
        if not optimised:
            return self._answer("EnumerateResponse", sid, [], items, False)
        first, rest = self._split(message, items)
        return self._answer("EnumerateResponse", sid, first, rest, True)

    def pull(self, message: Message, sid: str) -> str:
        """Answer Pull. Raises `Fault` for a context that is not, or no longer, one of this user's."""
        held = self._take(message, sid)
        first, rest = self._split(message, held.items)
        return self._answer("PullResponse", sid, first, rest, True)

    def release(self, message: Message, sid: str) -> str:
        """End an enumeration early."""
        self._take(message, sid)
        return ""

    def _take(self, message: Message, sid: str) -> _Enumeration:
        context = _find_text(message.body, soap.ENUMERATION, "EnumerationContext").removeprefix("uuid:").upper()
        with self._lock:
            held = self._open.get(context)
            if held is not None and held.sid == sid:
                del self._open[context]
                if time.monotonic() - held.touched < ENUMERATION_TIMEOUT:
                    return held
        raise Fault(
            soap.ENUMERATION_CONTEXT,
            "n:InvalidEnumerationContext",
            "The WS-Management service cannot process the request because the enumeration context is not valid.",
            role="Receiver",
        )

    def _split(self, message: Message, items: list[str]) -> tuple[list[str], list[str]]:
        """Cut off one page: MaxElements, never more than MaxBatchItems, never more than the envelope holds."""
        body, limits = message.body, self._limits
        asked = _find_text(body, soap.ENUMERATION, "MaxElements") or _find_text(body, soap.WSMAN, "MaxElements")
        count = min(max(1, int(asked)) if asked.isascii() and asked.isdigit() else 1, limits.max_batch_items)
        room = min(message.max_envelope or limits.max_envelope, limits.max_envelope) - _ROOM
        end = 0
        for item in items[:count]:
            room -= len(item.encode())
            if room < 0:
                break
            end += 1
        if items and not end:
            raise Fault(
                soap.MAX_ENVELOPE_EXCEEDED,
                "w:EncodingLimit",
                "The WS-Management service cannot process the request because an item is larger than the"
                " MaxEnvelopeSize. Increase the MaxEnvelopeSize value and try the request again.",
                detail=f"{soap.DETAIL}/MaxEnvelopeSizeExceeded",
            )
        return items[:end], items[end:]

    def _answer(self, name: str, sid: str, items: list[str], rest: list[str], started: bool) -> str:
        context = ""
        finished = started and not rest
        if not finished:
            context = soap.new_id()
            with self._lock:
                self._open[context] = _Enumeration(sid, rest, time.monotonic())
            context = f"uuid:{context}"
        prefix = "w" if name == "EnumerateResponse" else "n"
        parts = [f"<n:{name}>"]
        if context or prefix == "w":
            parts.append(f"<n:EnumerationContext>{context}</n:EnumerationContext>")
        if started:
            parts += [f"<{prefix}:Items>", *items, f"</{prefix}:Items>"]
        if finished:
            parts.append(f"<{prefix}:EndOfSequence/>")
        return "".join([*parts, f"</n:{name}>"])


def class_of(resource: str) -> tuple[str, str]:
    """Split a WMI resource URI into namespace and class; the class is ``*`` for a query."""
    path = resource[len(PREFIX) :].partition("?")[0].strip("/")
    namespace, _slash, class_name = path.rpartition("/")
    if not namespace or not class_name:
        raise Fault(
            soap.INVALID_RESOURCE_URI,
            "a:DestinationUnreachable",
            "The WS-Management service cannot process the request. The resource URI is not valid.",
            detail=f"{soap.DETAIL}/InvalidResourceURI",
        )
    return namespace, class_name


def enumerate_rows(machine: Machine, message: Message) -> list[str]:
    """Run the query of an Enumerate message and return its items as XML. Raises `Fault`."""
    namespace, class_name = class_of(message.resource)
    body = message.body
    mode = _find_text(body, soap.WSMAN, "EnumerationMode")
    if mode:
        raise Fault(
            soap.UNSUPPORTED_FEATURE,
            "w:UnsupportedFeature",
            "The twin does not enumerate endpoint references.",
            detail="http://schemas.dmtf.org/wbem/wsman/1/faultDetail/EnumerationMode",
        )
    wql = _wql(body, class_name)
    try:
        result = wmi.query(machine, namespace, wql)
    except wmi.WmiError as error:
        raise _fault(error) from error
    if result.projected:
        return [_fragment(row) for row in result.rows]
    return [_instance(namespace, result.class_name, row) for row in result.rows]


def _wql(body: ET.Element | None, class_name: str) -> str:
    filters = [] if body is None else [item for item in body if item.tag.rpartition("}")[2] == "Filter"]
    if not filters:
        if class_name == "*":
            raise Fault(
                soap.INVALID_RESOURCE_URI,
                "a:DestinationUnreachable",
                "The WS-Management service cannot process the request. All classes need a query.",
                detail=f"{soap.DETAIL}/InvalidResourceURI",
            )
        return f"select * from {class_name}"
    if filters[0].get("Dialect") != WQL:
        raise Fault(
            soap.FILTER_DIALECT,
            "n:FilterDialectRequestedUnavailable",
            "The WS-Management service does not support the requested filter dialect.",
        )
    if class_name != "*":
        raise Fault(
            soap.WQL_NEEDS_NAMESPACE,
            "a:DestinationUnreachable",
            "The WS-Management service cannot process the request. A WQL filter needs a resource URI that"
            " ends in an asterisk.",
            detail=f"{soap.DETAIL}/InvalidResourceURI",
        )
    return "".join(filters[0].itertext()).strip()


def get_instance(machine: Machine, message: Message) -> str:
    """Answer Get for one instance. Raises `Fault`."""
    namespace, class_name = class_of(message.resource)
    try:
        found, row = wmi.get(machine, namespace, class_name, message.selectors)
    except wmi.WmiError as error:
        raise _fault(error) from error
    return _instance(namespace, found, row)


def invoke_method(machine: Machine, account: Account, message: Message) -> str:
    """Call the method that the action names and return its output element. Raises `Fault`."""
    namespace, class_name = class_of(message.resource)
    method = message.verb
    try:
        output = wmi.invoke(
            machine, account, namespace, class_name, method, arguments_of(message.body), message.selectors
        )
    except wmi.WmiError as error:
        raise _fault(error) from error
    uri = soap.text_of(message.resource)
    names = [name for name in output if name != "ReturnValue"] + [name for name in output if name == "ReturnValue"]
    inner = "".join(_property(f"p:{name}", output[name]) for name in names)
    return (
        f'<p:{method}_OUTPUT xmlns:xsi="{soap.SCHEMA_INSTANCE}" xmlns:p="{uri}" xmlns:cim="{COMMON}">'
        f"{inner}</p:{method}_OUTPUT>"
    )


def arguments_of(body: ET.Element | None) -> dict[str, object]:
    """Read method arguments: text, None for xsi:nil, a list where an element repeats."""
    arguments: dict[str, object] = {}
    for child in () if body is None else body:
        name = child.tag.rpartition("}")[2]
        nil = child.get(f"{{{soap.SCHEMA_INSTANCE}}}nil") in ("true", "1")
        value = None if nil else "".join(child.itertext())
        if name not in arguments:
            arguments[name] = value
            continue
        known = arguments[name]
        arguments[name] = [*known, value] if isinstance(known, list) else [known, value]
    return arguments


def _find_text(body: ET.Element | None, namespace: str, name: str) -> str:
    found = body.find(f"{{{namespace}}}{name}") if body is not None else None
    return (found.text or "").strip() if found is not None else ""


def _sorted(row: Mapping[str, object]) -> Iterable[tuple[str, object]]:
    return sorted(row.items(), key=lambda item: item[0].lower())


def _fragment(row: Mapping[str, object]) -> str:
    inner = "".join(_property(name, value) for name, value in _sorted(row))
    return f'<w:XmlFragment xmlns:xsi="{soap.SCHEMA_INSTANCE}" xmlns:cim="{COMMON}">{inner}</w:XmlFragment>'


def _instance(namespace: str, class_name: str, row: Mapping[str, object]) -> str:
    uri = soap.text_of(f"{PREFIX}{namespace}/{class_name}")
    inner = "".join(_property(f"p:{name}", value) for name, value in _sorted(row))
    return (
        f'<p:{class_name} xmlns:xsi="{soap.SCHEMA_INSTANCE}" xmlns:p="{uri}" xmlns:cim="{COMMON}"'
        f' xsi:type="p:{class_name}_Type">{inner}</p:{class_name}>'
    )


def _property(tag: str, value: object) -> str:
    if value is None or value == []:
        return f'<{tag} xsi:nil="true"/>'
    if isinstance(value, Mapping):  # an embedded object: its properties in an element of its own type
        inner = "".join(_property(f"p:{name}", one) for name, one in value.items() if name != CLASS)
        return f'<{tag} xsi:type="p:{value[CLASS]}_Type">{inner}</{tag}>'
    if isinstance(value, list | tuple | bytes):
        return "".join(_property(tag, item) for item in value)
    if isinstance(value, datetime):
        return f"<{tag}><cim:Datetime>{scalar(value)}</cim:Datetime></{tag}>"
    return f"<{tag}>{soap.text_of(scalar(value))}</{tag}>"


def scalar(value: object) -> str:
    """Return one WMI value as the text that the wire carries: ``true``, ``6002``, ``2026-11-20T18:00:00Z``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, datetime):
        return str(value)
    if value.tzinfo is None or not value.utcoffset():
        return value.replace(tzinfo=None).isoformat() + "Z"
    return value.isoformat()


def _fault(error: wmi.WmiError) -> Fault:
    """Wrap a WBEM_E_* number as WinRM's WMI plug-in does; an unknown class or instance is not reachable."""
    code = error.code & 0xFFFFFFFF
    if code in (_NOT_FOUND, _INVALID_CLASS):
        return Fault(
            soap.RESOURCE_NOT_FOUND if code == _NOT_FOUND else code,
            "a:DestinationUnreachable",
            "The WS-Management service cannot process the request. The service cannot find the resource identified"
            f" by the resource URI and selectors. {error.text}",
            detail=f"{soap.DETAIL}/InvalidResourceURI",
            provider=PROVIDER,
        )
    subcode = "w:AccessDenied" if code == _ACCESS_DENIED else "w:InternalError"
    role = "Sender" if code == _ACCESS_DENIED else "Receiver"
    return Fault(code, subcode, error.text, role=role, provider=PROVIDER)
