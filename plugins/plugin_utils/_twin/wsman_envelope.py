# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SOAP envelopes in and out (private to this collection): the twin's own reading and writing of WS-Management.

Reading refuses a document type declaration (and with it every entity), deep nesting and anything
that is not a SOAP 1.2 envelope; nothing a client sends can make the parser work for more than the
bytes it sent. Writing is by templates, in the prefixes that Windows uses.
"""

from __future__ import annotations

import re
import uuid
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
WSMV = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
ENUMERATION = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
IDENTIFY = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
FAULT = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
ANONYMOUS = f"{ADDRESSING}/role/anonymous"
DETAIL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail"
SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"

MAX_DEPTH = 64
SMALLEST_ENVELOPE = 8192  # DSP0226 6.2: a client that asks for less gets wsman:EncodingLimit
MAX_SELECTORS = 64

_DURATION = re.compile(
    r"^P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?$"
)
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# WSManFault codes, the names of wsmerror.h without their ERROR_WSMAN_ in front.
NOT_SUPPORTED = 50
ACCESS_DENIED = 5
INVALID_PARAMETER = 87
FILE_NOT_FOUND = 2147942402
PIPE_CLOSING = 2147942632
RESOURCE_NOT_FOUND = 2150858752
MUST_UNDERSTAND = 2150858768
INVALID_HEADER = 2150858767
HEADER_REQUIRED = 2150858769
ACTION_NOT_SUPPORTED = 2150858771
ENDPOINT_UNAVAILABLE = 2150858772
FILTER_DIALECT = 2150858777
CANNOT_PROCESS_FILTER = 2150858778
ENUMERATION_CONTEXT = 2150858779
INVALID_BODY = 2150858791
OPERATION_TIMEDOUT = 2150858793
CONCURRENCY = 2150858802
INVALID_OPTIONS = 2150858809
INVALID_RESOURCE_URI = 2150858811
INVALID_SELECTORS = 2150858813
QUOTA_LIMIT = 2150858815
SCHEMA_VALIDATION = 2150858817
UNSUPPORTED_FEATURE = 2150858818
MAX_ENVELOPE_EXCEEDED = 2150858824
UNEXPECTED_SELECTORS = 2150858843
ENVELOPE_TOO_SMALL = 2150858878
LOCALE_UNSUPPORTED = 2150858887
ADDRESSING_MODE = 2150858870
QUOTA_MAX_SHELLS = 2150859173
QUOTA_MAX_OPERATIONS = 2150859174
QUOTA_SYSTEM = 2150859176
WQL_NEEDS_NAMESPACE = 2150859003


class BadXml(Exception):
    """What came is not XML, or XML that no WS-Management client has a reason to send."""


class Fault(Exception):
    """An answer that says no: WSManFault `code`, SOAP `role` and `subcode`, and the sentence Windows would write."""

    def __init__(
        self,
        code: int,
        subcode: str,
        reason: str,
        role: str = "Sender",
        detail: str | None = None,
        provider: tuple[str, str] | None = None,
        extra: str = "",
    ) -> None:
        super().__init__(reason)
        self.code = code
        self.subcode = subcode
        self.reason = reason
        self.role = role
        self.detail = detail
        self.provider = provider
        self.extra = extra


@dataclass(frozen=True)
class Message:
    """A request that was understood so far: the WS-Addressing and WS-Management headers, and the body."""

    action: str
    resource: str
    message_id: str
    to: str
    selectors: dict[str, str]
    options: dict[str, str]
    timeout: float | None
    max_envelope: int | None
    body: ET.Element | None
    identify: bool = False
    headers: dict[str, ET.Element] = field(default_factory=dict)

    @property
    def verb(self) -> str:
        """The last word of the action, for counting and for the log."""
        return "Identify" if self.identify else self.action.rstrip("/").rpartition("/")[2]

    def option(self, name: str) -> str | None:
        """Return a named option; names are case-insensitive."""
        return self.options.get(name.upper())

    def flag(self, name: str) -> bool:
        """Say whether a named option is there and true."""
        return (self.option(name) or "").strip().lower() in ("true", "1")


def parse_xml(data: bytes) -> ET.Element:
    """Read a document into elements named ``{namespace}local``.

    Raises `BadXml` for anything that is not well-formed, has a document type declaration, or nests too deeply.
    """
    builder = ET.TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    depth = 0

    def name(raw: str) -> str:
        return "{" + raw if "}" in raw else raw

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise BadXml(f"the elements are nested more than {MAX_DEPTH} deep")
        builder.start(name(tag), {name(key): value for key, value in attributes.items()})

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(name(tag))

    def refuse(*_details: object) -> None:
        raise BadXml("a document type declaration is not allowed in a SOAP message")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
        return builder.close()
    except (expat.ExpatError, AssertionError, ValueError, LookupError) as error:
        raise BadXml(f"the message is not well-formed XML: {error}") from error


def parse_duration(text: str) -> float:
    """Return the seconds of an xs:duration; raises ValueError for what is none."""
    match = _DURATION.match(text.strip())
    if match is None or text.strip() in ("P", "PT"):
        raise ValueError(f"not a duration: {text}")
    parts = {key: float(value or 0) for key, value in match.groupdict().items()}
    return parts["days"] * 86400 + parts["hours"] * 3600 + parts["minutes"] * 60 + parts["seconds"]


def parse_message(data: bytes) -> Message:
    """Read one request. Raises `BadXml` where it is no SOAP envelope, `Fault` where a header breaks a rule."""
    root = parse_xml(data)
    body = root.find(f"{{{SOAP}}}Body")
    if root.tag != f"{{{SOAP}}}Envelope" or body is None:
        raise BadXml("the message is not a SOAP 1.2 envelope")
    content = body[0] if len(body) else None
    header = root.find(f"{{{SOAP}}}Header")
    headers = {child.tag: child for child in header} if header is not None else {}
    if content is not None and content.tag == f"{{{IDENTIFY}}}Identify":
        return Message("", "", "", "", {}, {}, None, None, content, True, headers)
    _check_headers(headers)
    return Message(
        action=_text(headers, ADDRESSING, "Action"),
        resource=_text(headers, WSMAN, "ResourceURI"),
        message_id=_text(headers, ADDRESSING, "MessageID"),
        to=_text(headers, ADDRESSING, "To"),
        selectors=_selectors(headers.get(f"{{{WSMAN}}}SelectorSet")),
        options=_named(headers.get(f"{{{WSMAN}}}OptionSet"), "Option"),
        timeout=_timeout(headers),
        max_envelope=_max_envelope(headers),
        body=content,
        headers=headers,
    )


def _text(headers: dict[str, ET.Element], namespace: str, name: str) -> str:
    element = headers.get(f"{{{namespace}}}{name}")
    return (element.text or "").strip() if element is not None else ""


def _named(parent: ET.Element | None, child: str) -> dict[str, str]:
    if parent is None:
        return {}
    return {(item.get("Name") or "").upper(): item.text or "" for item in parent.findall(f"{{{WSMAN}}}{child}")}


def _selectors(parent: ET.Element | None) -> dict[str, str]:
    """Selector names and values are case-insensitive on Windows (MS-WSMV 3.1.4.1.2): names come back in upper case."""
    found = _named(parent, "Selector")
    if len(found) > MAX_SELECTORS:
        raise Fault(
            INVALID_SELECTORS,
            "w:InvalidSelectors",
            "The request contains too many selectors.",
            detail=f"{DETAIL}/AmbiguousSelectors",
        )
    return found


def _understood(element: ET.Element) -> bool:
    return (element.get(f"{{{SOAP}}}mustUnderstand") or "").strip().lower() in ("true", "1")


_KNOWN = (
    {f"{{{ADDRESSING}}}{name}" for name in ("To", "ReplyTo", "FaultTo", "MessageID", "Action", "From", "RelatesTo")}
    | {
        f"{{{WSMAN}}}{name}"
        for name in (
            "ResourceURI",
            "SelectorSet",
            "OptionSet",
            "OperationTimeout",
            "MaxEnvelopeSize",
            "Locale",
            "RequestEPR",
            "FragmentTransfer",
            "RequestTotalItemsCountEstimate",
        )
    }
    | {
        f"{{{WSMV}}}{name}"
        for name in ("DataLocale", "SessionId", "ActivityId", "OperationID", "SequenceId", "CompressionType")
    }
)


def _check_headers(headers: dict[str, ET.Element]) -> None:
    """Apply the header rules of MS-WSMV 3.1.4.1.3-3.1.4.1.9, in the order Windows does."""
    for tag, element in headers.items():
        if _understood(element) and tag not in _KNOWN:
            raise Fault(
                MUST_UNDERSTAND,
                "s:MustUnderstand",
                "The WS-Management service cannot process a SOAP header in the request that is marked as mustUnderstand"
                " by the client. This could be caused by the use of a version of the protocol which is not supported,"
                " or may be an incompatibility between the client and server implementations.",
                role="MustUnderstand",
            )
    reply = headers.get(f"{{{ADDRESSING}}}ReplyTo")
    address = reply.find(f"{{{ADDRESSING}}}Address") if reply is not None else None
    for name, missing in (("Action", False), ("MessageID", False), ("ReplyTo", address is None)):
        if missing or f"{{{ADDRESSING}}}{name}" not in headers:
            raise Fault(
                HEADER_REQUIRED,
                "a:MessageInformationHeaderRequired",
                "The WS-Management service cannot process the request because the message information header"
                f" {name} is missing.",
            )
    if not _text(headers, ADDRESSING, "MessageID"):
        raise Fault(
            INVALID_HEADER,
            "a:InvalidMessageInformationHeader",
            "The WS-Management service cannot process the request because the MessageID is empty.",
        )
    if address is not None and (address.text or "").strip() != ANONYMOUS:
        raise Fault(
            ADDRESSING_MODE,
            "w:UnsupportedFeature",
            "The WS-Management service does not support the addressing mode of the ReplyTo header.",
            detail=f"{DETAIL}/AddressingMode",
        )
    for namespace, name in ((WSMAN, "Locale"), (WSMV, "DataLocale")):
        locale = headers.get(f"{{{namespace}}}{name}")
        if locale is not None and _understood(locale):
            raise Fault(
                LOCALE_UNSUPPORTED,
                "w:UnsupportedFeature",
                f"The WS-Management service does not support a {name} header that must be understood.",
                detail=f"{DETAIL}/{name}",
            )


def _timeout(headers: dict[str, ET.Element]) -> float | None:
    text = _text(headers, WSMAN, "OperationTimeout")
    if not text:
        return None
    try:
        return parse_duration(text)
    except ValueError:
        raise Fault(
            INVALID_HEADER,
            "a:InvalidMessageInformationHeader",
            "The WS-Management service cannot process the request. The OperationTimeout value is not a duration.",
        ) from None


def _max_envelope(headers: dict[str, ET.Element]) -> int | None:
    text = _text(headers, WSMAN, "MaxEnvelopeSize")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 10:
        raise Fault(
            SCHEMA_VALIDATION,
            "w:SchemaValidationError",
            "The SOAP XML in the message does not match the corresponding XML schema definition.",
        )
    if int(text) < SMALLEST_ENVELOPE:
        raise Fault(
            ENVELOPE_TOO_SMALL,
            "w:EncodingLimit",
            "The WS-Management service cannot process the request. The MaxEnvelopeSize value is too small."
            " Change the MaxEnvelopeSize value and try the request again.",
            detail=f"{DETAIL}/MinimumEnvelopeLimit",
        )
    return int(text)


def text_of(value: str) -> str:
    """Escape text for an element; what XML 1.0 cannot carry becomes a question mark (MS-WSMV 3.1.4.1.25)."""
    return escape(_UNPRINTABLE.sub("?", value), {"\r": "&#13;"})  # a bare CR would be read back as LF


def attribute(value: str) -> str:
    """Escape and quote text for an attribute."""
    return quoteattr(_UNPRINTABLE.sub("?", value))


def new_id() -> str:
    """Return a GUID in the upper case that Windows writes."""
    return str(uuid.uuid4()).upper()


def envelope(action: str, body: str, relates_to: str, language: str = "en-US") -> bytes:
    """Wrap a body for the way back. A 1.1 service sends no wsmv headers, and no client of it misses them."""
    related = f"<a:RelatesTo>{text_of(relates_to)}</a:RelatesTo>" if relates_to else ""
    return (
        f'<s:Envelope xml:lang="{language}" xmlns:s="{SOAP}" xmlns:a="{ADDRESSING}" xmlns:x="{TRANSFER}"'
        f' xmlns:n="{ENUMERATION}" xmlns:w="{WSMAN}" xmlns:rsp="{SHELL}" xmlns:p="{WSMV}">'
        f"<s:Header><a:Action>{text_of(action)}</a:Action><a:MessageID>uuid:{new_id()}</a:MessageID>"
        f"<a:To>{ANONYMOUS}</a:To>{related}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def fault_envelope(fault: Fault, relates_to: str, machine: str = "", language: str = "en-US") -> bytes:
    """Write a fault. `machine` stays empty except for a client on the machine itself (MS-WSMV note 36)."""
    reason = text_of(fault.reason)
    message = reason
    if fault.provider is not None:
        name, path = fault.provider
        message = f"<f:ProviderFault provider={attribute(name)} path={attribute(path)}>{reason}</f:ProviderFault>"
    detail = f"<w:FaultDetail>{fault.detail}</w:FaultDetail>" if fault.detail else ""
    action = f"{ADDRESSING}/fault" if fault.subcode.startswith("a:") else WSMAN.replace("wsman.xsd", "wsman/fault")
    body = (
        f"<s:Fault><s:Code><s:Value>s:{fault.role}</s:Value><s:Subcode><s:Value>{fault.subcode}</s:Value></s:Subcode>"
        f'</s:Code><s:Reason><s:Text xml:lang="{language}">{reason}</s:Text></s:Reason><s:Detail>{detail}'
        f'<f:WSManFault xmlns:f="{FAULT}" Code="{fault.code}" Machine={attribute(machine)}>'
        f"<f:Message>{message}</f:Message></f:WSManFault>{fault.extra}</s:Detail></s:Fault>"
    )
    return envelope(action, body, relates_to, language)


def identify_envelope(product_version: str) -> bytes:
    """Answer an Identify; on NT 6.0 without SecurityProfiles (MS-WSMV note 73)."""
    return (
        f'<s:Envelope xml:lang="en-US" xmlns:s="{SOAP}"><s:Header/><s:Body>'
        f'<wsmid:IdentifyResponse xmlns:wsmid="{IDENTIFY}">'
        "<wsmid:ProtocolVersion>http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd</wsmid:ProtocolVersion>"
        "<wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>"
        f"<wsmid:ProductVersion>{text_of(product_version)}</wsmid:ProductVersion>"
        "</wsmid:IdentifyResponse></s:Body></s:Envelope>"
    ).encode()
