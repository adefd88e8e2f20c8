# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The words of WS-Man that pywinrm does not speak: Identify, Enumerate, Pull, Get, Invoke (private to this collection).

Pure functions from values to XML text and back. pywinrm's `build_wsman_header` gives the dictionary that the request
functions complete; shapes are those of MS-WSMV sections 3.1.4 and 4. Answers come from a machine that may be anything:
`guard` decides whether a parser may see them at all.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .session import Identity, TargetError, WmiRow, WmiValue

try:
    import xmltodict  # comes with pywinrm, and has no line of its own in requirements.txt
except ImportError as error:  # the plugins say so when they are used
    LACKING: ImportError | None = error
else:
    LACKING = None

SOAP = "http://www.w3.org/2003/05/soap-envelope"
WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
ENUMERATION = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
IDENTITY = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
CIM = "http://schemas.dmtf.org/wbem/wscim/1/common"
WQL_DIALECT = "http://schemas.microsoft.com/wbem/wsman/1/WQL"
WMI_ROOT = "http://schemas.microsoft.com/wbem/wsman/1/wmi/"
SHELL_CMD_URI = SHELL + "/cmd"

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_NAME = re.compile(r"^[A-Za-z_]\w*$")
_NAMESPACE = re.compile(r"^[A-Za-z]\w*([/\\]\w+)*$")
_DECLARED_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MESSAGE_ID = re.compile(r"<(?:\w+:)?MessageID[^>]*>([^<]*)<")
_RELATES_TO = re.compile(rb"<(?:[\w.-]+:)?RelatesTo[^>]*>([^<]*)<")
_OS_VERSION = re.compile(r"OS:\s*(\d+\.\d+\.\d+)")
_STACK = re.compile(r"Stack:\s*(\S+)")

IDENTIFY = f'<s:Envelope xmlns:s="{SOAP}" xmlns:i="{IDENTITY}"><s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>'


_CHECK = "check that WinRM, and nothing in between, answers there"


class BadAnswer(TargetError):
    """What came back is not WS-Man, or not XML that a parser should be shown."""


@dataclass(frozen=True)
class Page:
    """One answer of an enumeration; `context` is empty when it was the last."""

    rows: list[WmiRow]
    context: str


@dataclass(frozen=True)
class RemoteShell:
    """A shell that the target holds open. `idle` is in seconds, None where the target does not tell (WinRM 1.1)."""

    identifier: str
    owner: str
    resource: str
    idle: float | None


def guard(answer: bytes) -> bytes:
    """Return `answer` when it may be parsed; raise `BadAnswer` for a document type, an entity, or another encoding.

    xml.etree expands entities, so an answer that declares any is an attack or an accident. Only UTF-8 is let through:
    in any other encoding the declaration could hide from this look at the bytes.
    """
    head = answer[:4]
    declared = _DECLARED_ENCODING.search(answer[:200])
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in head or (declared and declared[1].lower() != b"utf-8"):
        raise BadAnswer(
            f"the target answered in an encoding other than UTF-8, which WS-Man does not do; nothing was read; {_CHECK}"
        )
    marks = answer.upper()
    if b"<!DOCTYPE HTML" in marks:
        raise BadAnswer("a web page came back instead of WS-Man: this port belongs to another server")
    if b"<!DOCTYPE" in marks or b"<!ENTITY" in marks:
        raise BadAnswer(
            f"the target answered with an XML document type or entities; WS-Man has none, nothing was read; {_CHECK}"
        )
    return answer


def related(answer: bytes, message: str | bytes) -> bytes:
    """Return `answer` when it is the one to `message`; raise `BadAnswer` when it says that it belongs to another one.

    An answer that does not say is taken: Identify has no message id.
    """
    asked = _MESSAGE_ID.search(message if isinstance(message, str) else message.decode("utf-8", "replace"))
    given = _RELATES_TO.search(answer)
    if asked and given and given[1].strip().decode("ascii", "replace").casefold() != asked[1].strip().casefold():
        raise BadAnswer(f"the target sent the answer to another question; {_CHECK}")
    return answer


def parse(answer: bytes) -> ET.Element:
    """Return the root of a guarded answer."""
    try:
        return ET.fromstring(guard(answer))
    except ET.ParseError as error:
        start = answer[:60].decode("ascii", "replace")
        raise BadAnswer(
            f"the target answered with something that is not XML ({error}; it begins {start!r}); {_CHECK}"
        ) from error


def body(answer: bytes) -> ET.Element:
    """Return the SOAP body of an answer."""
    found = parse(answer).find(f"{{{SOAP}}}Body")
    if found is None:
        raise BadAnswer("the target answered with XML that has no SOAP body; it is not a WS-Man service")
    return found


# --- requests -------------------------------------------------------------------------------------------------------


def text_of(value: object) -> str:
    """Return a scalar as WS-Man writes it; raise `TargetError` for what XML cannot carry."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = str(value)
    bad = _NOT_XML.search(text)
    if bad:
        raise TargetError(f"{text!r} holds the character {bad[0]!r}, which no WS-Man message can carry")
    return text


def resource_uri(namespace: str, class_name: str) -> str:
    """Return the WMI resource URI of a class, or of a whole namespace when `class_name` is ``*``."""
    if not _NAMESPACE.match(namespace):
        raise TargetError(f"{namespace!r} is not a WMI namespace such as root/cimv2")
    if class_name != "*" and not _NAME.match(class_name):
        raise TargetError(f"{class_name!r} is not the name of a WMI class")
    return f"{WMI_ROOT}{namespace.replace(chr(92), '/')}/{class_name}"


def action_uri(kind: str) -> str:
    """Return the WS-Addressing action of ``Enumerate``, ``Pull`` or ``Get``."""
    return f"{TRANSFER if kind == 'Get' else ENUMERATION}/{kind}"


def envelope(header: Mapping[str, Any], content: Mapping[str, Any], selectors: Mapping[str, str] | None = None) -> str:
    """Return the text of a message from pywinrm's header dictionary, a body and the selectors of an instance."""
    message = dict(header)
    if selectors:
        message["env:Header"] = {
            **header["env:Header"],
            "w:SelectorSet": {
                "w:Selector": [{"@Name": text_of(name), "#text": text_of(value)} for name, value in selectors.items()]
            },
        }
    message["env:Body"] = dict(content)
    return str(xmltodict.unparse({"env:Envelope": message}))


def enumerate_body(elements: int, wql: str | None = None) -> dict[str, Any]:
    """Return the body that starts an enumeration and wants the first page at once."""
    request: dict[str, Any] = {"w:OptimizeEnumeration": None, "w:MaxElements": str(elements)}
    if wql is not None:
        request["w:Filter"] = {"@Dialect": WQL_DIALECT, "#text": text_of(wql)}
    return {"n:Enumerate": request}


def pull_body(context: str, elements: int) -> dict[str, Any]:
    """Return the body that asks for the next page."""
    return {"n:Pull": {"n:EnumerationContext": context, "n:MaxElements": str(elements)}}


def invoke_body(uri: str, method: str, arguments: Mapping[str, object]) -> dict[str, Any]:
    """Return the body of a method call: a list is a repeated element, None an ``xsi:nil`` one."""
    if not _NAME.match(method):
        raise TargetError(f"{method!r} is not the name of a WMI method")
    parameters: dict[str, Any] = {"@xmlns:m": uri}
    for name, value in arguments.items():
        if not _NAME.match(name):
            raise TargetError(f"{name!r} is not the name of a parameter of {method}")
        parameters[f"m:{name}"] = [_argument(one) for one in value] if isinstance(value, list) else _argument(value)
    return {f"m:{method}_INPUT": parameters}


def _argument(value: object) -> object:
    if value is None:
        return {"@xsi:nil": "true"}
    if isinstance(value, datetime):
        return {"cim:Datetime": {"@xmlns:cim": CIM, "#text": text_of(value)}}
    return text_of(value)


# --- answers --------------------------------------------------------------------------------------------------------


def identity(answer: bytes) -> Identity:
    """Return who answered an Identify. ``OS: 0.0.0`` is how a target hides its version from strangers."""
    found = body(answer).find(f"{{{IDENTITY}}}IdentifyResponse")
    if found is None:
        raise BadAnswer("the target did not answer Identify with an IdentifyResponse; it is not a WS-Man service")
    product = found.findtext(f"{{{IDENTITY}}}ProductVersion", "")
    os_version = _OS_VERSION.search(product)
    stack = _STACK.search(product)
    return Identity(
        product_version=product,
        stack=stack[1] if stack else "",
        vendor=found.findtext(f"{{{IDENTITY}}}ProductVendor", ""),
        protocol_version=found.findtext(f"{{{IDENTITY}}}ProtocolVersion", ""),
        os=os_version[1] if os_version and os_version[1] != "0.0.0" else None,
    )


def page(answer: bytes) -> Page:
    """Return the rows of an Enumerate or Pull answer, and where to go on."""
    response = _response(answer)
    return Page([row(item) for item in _items(response)], _context(response))


def instance(answer: bytes) -> WmiRow:
    """Return the instance of a Get answer."""
    children = list(body(answer))
    if len(children) != 1:
        raise BadAnswer(f"the target answered a Get with {len(children)} instances instead of one")
    return row(children[0])


def outcome(answer: bytes, method: str) -> WmiRow:
    """Return the output parameters of a method call."""
    children = list(body(answer))
    if len(children) != 1 or local(children[0].tag) != f"{method}_OUTPUT":
        raise BadAnswer(f"the target answered the call of {method} with something else than {method}_OUTPUT")
    return row(children[0])


def shells(answer: bytes) -> tuple[list[RemoteShell], str]:
    """Return the shells of an Enumerate answer, and where to go on."""
    response = _response(answer)
    return [_shell(item) for item in _items(response)], _context(response)


def row(element: ET.Element) -> WmiRow:
    """Return one instance as text values.

    A repeated element is an array; ``xsi:nil`` is None; dates hide in a ``cim:Datetime`` child. An array of one cannot
    be told from a scalar on the wire: `session.as_list` reads both.
    """
    result: WmiRow = {}
    for child in element:
        name, value = local(child.tag), _value(child)
        if name not in result:
            result[name] = value
            continue
        earlier = result[name]
        result[name] = [*(earlier if isinstance(earlier, list) else [earlier or ""]), value or ""]
    return result


def local(tag: str) -> str:
    """Return an element's name without its namespace."""
    return tag.rpartition("}")[2]


def _value(element: ET.Element) -> str | None:
    if element.get(_NIL) == "true":
        return None
    return "".join(element.itertext()) if len(element) else element.text or ""


def _response(answer: bytes) -> ET.Element:
    for child in body(answer):
        if local(child.tag) in ("EnumerateResponse", "PullResponse"):
            return child
    raise BadAnswer("the target answered an enumeration with something else than an EnumerateResponse or PullResponse")


def _items(response: ET.Element) -> Iterable[ET.Element]:
    for child in response:
        if local(child.tag) == "Items":
            return list(child)
    return ()


def _context(response: ET.Element) -> str:
    ended = any(local(child.tag) == "EndOfSequence" for child in response)
    return "" if ended else (response.findtext(f"{{{ENUMERATION}}}EnumerationContext") or "").strip()


def _shell(item: ET.Element) -> RemoteShell:
    values = row(item)

    def one(name: str) -> str:
        value: WmiValue = values.get(name)
        return value if isinstance(value, str) else ""

    return RemoteShell(
        identifier=one("ShellId"),
        owner=one("Owner"),
        resource=one("ResourceUri") or SHELL_CMD_URI,
        idle=seconds(one("ShellInactivity")),
    )


def seconds(duration: str) -> float | None:
    """Return an XML Schema duration of days and less (``P0DT0H1M7.5S``) in seconds, None for anything else."""
    found = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?", duration)
    if not found or duration in ("P", ""):
        return None
    days, hours, minutes, rest = (float(part or 0) for part in found.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + rest
