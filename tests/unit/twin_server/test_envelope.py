# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading requests: what is accepted, what is refused and with which words."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin import wsman_envelope as soap
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_envelope import BadXml, Fault, parse_message

from .conftest import CMD, IDENTIFY, NAMES, envelope

GET = f"{NAMES['x']}/Get"


def refused(text: str) -> Fault:
    with pytest.raises(Fault) as caught:
        parse_message(text.encode())
    return caught.value


def test_headers_are_read() -> None:
    message = parse_message(
        envelope(GET, CMD, selectors={"ShellId": "abc"}, options={"WINRS_codepage": "850"}, timeout="PT1M2.5S").encode()
    )
    assert (message.action, message.resource, message.verb) == (GET, CMD, "Get")
    assert message.selectors == {"SHELLID": "abc"}
    assert message.option("winrs_CODEPAGE") == "850"
    assert message.timeout == 62.5
    assert message.max_envelope == 153600
    assert message.message_id.startswith("uuid:")


def test_identify_needs_no_headers() -> None:
    assert parse_message(IDENTIFY.encode()).identify


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not xml",
        "<a/>",
        "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'/>",
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body/></s:Envelope>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]>" + IDENTIFY,
        "<!DOCTYPE a SYSTEM 'file:///etc/passwd'>" + IDENTIFY,
        "<a>" * 100 + "</a>" * 100,
        IDENTIFY + "<again/>",
    ],
)
def test_what_is_no_soap_message_is_bad_xml(text: str) -> None:
    with pytest.raises(BadXml):
        parse_message(text.encode())


def test_a_document_type_hides_in_no_encoding() -> None:
    with pytest.raises(BadXml, match="document type"):
        parse_message(("<!DOCTYPE a [<!ENTITY b 'c'>]>" + IDENTIFY).encode("utf-16"))


@pytest.mark.parametrize(
    ("text", "code", "subcode"),
    [
        (envelope(GET, CMD, leave_out=("ReplyTo",)), soap.HEADER_REQUIRED, "a:MessageInformationHeaderRequired"),
        (envelope(GET, CMD, leave_out=("Action",)), soap.HEADER_REQUIRED, "a:MessageInformationHeaderRequired"),
        (envelope(GET, CMD, leave_out=("MessageID",)), soap.HEADER_REQUIRED, "a:MessageInformationHeaderRequired"),
        (
            envelope(GET, CMD).replace(NAMES["a"] + "/role/anonymous", "http://elsewhere"),
            soap.ADDRESSING_MODE,
            "w:UnsupportedFeature",
        ),
        (envelope(GET, CMD, size=8191), soap.ENVELOPE_TOO_SMALL, "w:EncodingLimit"),
        (envelope(GET, CMD, timeout="soon"), soap.INVALID_HEADER, "a:InvalidMessageInformationHeader"),
        (
            envelope(GET, CMD, header='<w:Locale xml:lang="de-DE" s:mustUnderstand="true"/>'),
            soap.LOCALE_UNSUPPORTED,
            "w:UnsupportedFeature",
        ),
        (
            envelope(GET, CMD, header='<p:DataLocale xml:lang="de-DE" s:mustUnderstand="1"/>'),
            soap.LOCALE_UNSUPPORTED,
            "w:UnsupportedFeature",
        ),
        (
            envelope(GET, CMD, header='<q:New xmlns:q="urn:q" s:mustUnderstand="true"/>'),
            soap.MUST_UNDERSTAND,
            "s:MustUnderstand",
        ),
    ],
)
def test_header_rules(text: str, code: int, subcode: str) -> None:
    fault = refused(text)
    assert (fault.code, fault.subcode) == (code, subcode)


@pytest.mark.parametrize(
    "header",
    [
        # pywinrm writes these, and a stock service ignores them (MS-WSMV notes 48, 49)
        '<w:Locale xml:lang="en-US" mustUnderstand="false"/><p:DataLocale xml:lang="en-US" mustUnderstand="false"/>',
        '<p:SessionId s:mustUnderstand="false">uuid:1</p:SessionId>',
        '<q:New xmlns:q="urn:q">x</q:New>',
    ],
)
def test_headers_that_do_no_harm(header: str) -> None:
    assert parse_message(envelope(GET, CMD, header=header).encode()).action == GET


@pytest.mark.parametrize(
    ("text", "seconds"), [("PT20S", 20), ("PT60.000S", 60), ("P1DT2H", 93600), ("PT1.5S", 1.5), ("P0D", 0)]
)
def test_durations(text: str, seconds: float) -> None:
    assert soap.parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "P", "PT", "20", "PT20", "-PT1S", "PT1S2", "P1Y"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        soap.parse_duration(text)


def test_a_fault_says_code_subcode_and_provider() -> None:
    fault = Fault(87, "w:InvalidParameter", "Wrong <&> ", detail="urn:detail", provider=("Shell cmd plugin", 'a"b'))
    root = ET.fromstring(soap.fault_envelope(fault, "uuid:1", "target"))
    told = root.find(".//f:WSManFault", NAMES)
    assert told is not None
    assert (told.get("Code"), told.get("Machine")) == ("87", "target")
    provider = told.find("f:Message/f:ProviderFault", NAMES)
    assert provider is not None
    assert (provider.get("path"), provider.text) == ('a"b', "Wrong <&> ")
    assert root.findtext(".//s:Subcode/s:Value", None, NAMES) == "w:InvalidParameter"
    assert root.findtext(".//a:RelatesTo", None, NAMES) == "uuid:1"


def test_a_stock_answer_has_no_activity_id() -> None:
    """WinRM 1.1 clients fault over one (MS-WSMV note 57)."""
    assert b"ActivityId" not in soap.envelope("urn:action", "", "uuid:1")


@given(st.text())
@settings(max_examples=50)
def test_every_text_survives_in_xml(text: str) -> None:
    root = ET.fromstring(f"<a b={soap.attribute(text)}>{soap.text_of(text)}</a>".encode())
    assert len(root.text or "") == len(text)
    assert (root.text or "").replace("?", "") == soap._UNPRINTABLE.sub("", text).replace("?", "")


@given(st.binary(max_size=400))
@settings(max_examples=100)
def test_no_bytes_do_more_than_be_refused(data: bytes) -> None:
    with pytest.raises(BadXml):
        parse_message(data)


@given(st.integers(0, 1500), st.binary(min_size=1, max_size=8))
@settings(max_examples=100)
def test_a_damaged_message_is_read_or_refused(at: int, damage: bytes) -> None:
    data = bytearray(envelope(GET, CMD, selectors={"ShellId": "x"}).encode())
    data[at : at + len(damage)] = damage
    try:
        parse_message(bytes(data))
    except (BadXml, Fault) as error:
        assert str(error)
