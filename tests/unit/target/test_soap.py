# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""WS-Man words: what is written can be read back, what comes in is looked at before a parser sees it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from winrm.protocol import Protocol

from ansible_collections.sunset.ws2008.plugins.plugin_utils._target import soap
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import TargetError, as_list

CASES = yaml.safe_load((Path(__file__).parents[2] / "data" / "target" / "answers.yml").read_text(encoding="utf-8"))
HEADER = Protocol("http://h/wsman", transport="kerberos").build_wsman_header("urn:action", "urn:resource")


@pytest.mark.parametrize("case", CASES["pages"], ids=lambda case: case["name"])
def test_page_is_read(case: dict[str, Any], target: Any) -> None:
    page = soap.page(target.envelope(case["body"]))
    assert page.rows == case["rows"]
    assert page.context == case["context"]


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: case["name"])
def test_bad_answer_is_refused_with_a_sentence(case: dict[str, Any], target: Any) -> None:
    answer = target.envelope(case["body"]) if "body" in case else case["raw"].encode()
    with pytest.raises(soap.BadAnswer, match=case["says"]):
        soap.page(answer)


def test_entities_are_found_in_utf16_too() -> None:
    with pytest.raises(soap.BadAnswer):
        soap.parse('<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'.encode("utf-16"))


@pytest.mark.parametrize("case", CASES["identities"], ids=lambda case: case["version"] or "empty")
def test_identity_is_read(case: dict[str, Any], target: Any) -> None:
    body = (
        f'<i:IdentifyResponse xmlns:i="{soap.IDENTITY}"><i:ProductVendor>V</i:ProductVendor>'
        f"<i:ProductVersion>{case['version']}</i:ProductVersion></i:IdentifyResponse>"
    )
    found = soap.identity(target.envelope(body))
    assert (found.os, found.stack, found.product_version) == (case["os"], case["stack"], case["version"])


@pytest.mark.parametrize(("text", "expected"), CASES["durations"].items())
def test_duration_is_read(text: str, expected: float | None) -> None:
    assert soap.seconds(text) == expected


def test_invoke_writes_arrays_nulls_booleans_and_dates() -> None:
    uri = soap.resource_uri("root/cimv2", "Win32_X")
    arguments = {"A": ["1", "2"], "B": None, "C": True, "D": 7, "E": datetime(2026, 11, 20, 18, tzinfo=UTC)}
    root = ET.fromstring(soap.envelope(HEADER, soap.invoke_body(uri, "M", arguments)))
    call = root.find(f".//{{{uri}}}M_INPUT")
    assert call is not None
    assert soap.row(call) == {"A": ["1", "2"], "B": None, "C": "true", "D": "7", "E": "2026-11-20T18:00:00Z"}


def test_selectors_name_the_instance_and_leave_the_header_alone() -> None:
    before = str(HEADER)
    text = soap.envelope(HEADER, {}, {"Name": "a & b"})
    selector = ET.fromstring(text).find(f".//{{{soap.WSMAN}}}Selector")
    assert selector is not None
    assert (selector.attrib, selector.text) == ({"Name": "Name"}, "a & b")
    assert str(HEADER) == before


@given(st.text())
def test_every_text_arrives_as_it_is_or_is_refused(text: str) -> None:
    try:
        message = soap.envelope(HEADER, soap.enumerate_body(20, text))
    except TargetError:
        assert soap._NOT_XML.search(text)
        return
    found = ET.fromstring(message).findtext(f".//{{{soap.WSMAN}}}Filter", "")
    assert found == text.replace("\r\n", "\n").replace("\r", "\n")


@given(st.binary(max_size=200))
def test_garbage_is_never_more_than_a_sentence(answer: bytes) -> None:
    with pytest.raises(soap.BadAnswer):
        soap.page(answer)


@pytest.mark.parametrize("name", ["Win32_X Y", "", "1a", "a/b", "x'"])
def test_names_that_are_none_are_refused(name: str) -> None:
    with pytest.raises(TargetError, match="not the name"):
        soap.resource_uri("root/cimv2", name)
    with pytest.raises(TargetError, match="not the name"):
        soap.invoke_body("urn:x", name, {})


def test_namespace_may_be_written_either_way() -> None:
    assert soap.resource_uri("root\\default", "StdRegProv") == soap.resource_uri("root/default", "StdRegProv")
    with pytest.raises(TargetError, match="namespace"):
        soap.resource_uri("../x", "A")


def test_an_array_of_one_reads_like_a_longer_one() -> None:
    assert [as_list(None), as_list("a"), as_list(["a", "b"])] == [[], ["a"], ["a", "b"]]


def test_shells_tell_owner_and_idle_time_where_the_target_does(target: Any) -> None:
    body = (
        "<n:EnumerateResponse><w:Items><rsp:Shell><rsp:ShellId>A</rsp:ShellId><rsp:Owner>CERBERUS\\admin</rsp:Owner>"
        "<rsp:ShellInactivity>P0DT0H2M0S</rsp:ShellInactivity></rsp:Shell>"
        "<rsp:Shell><rsp:ShellId>B</rsp:ShellId></rsp:Shell></w:Items><w:EndOfSequence/></n:EnumerateResponse>"
    )
    found, context = soap.shells(target.envelope(body))
    assert [(shell.identifier, shell.owner, shell.idle) for shell in found] == [
        ("A", "CERBERUS\\admin", 120.0),
        ("B", "", None),
    ]
    assert context == ""
