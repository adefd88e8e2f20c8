# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""WMI on the wire: the shapes that Windows gives its XML, paging, and faults."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta, timezone

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin import wsman_envelope as soap
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin import wsman_wmi
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_envelope import Fault
from support.endpoint import machine

from .conftest import NAMES, WMI, WQL, XSI, Client

ITEMS = {"Enumerate": "w:Items", "Pull": "n:Items"}


def refused(call: object, *arguments: object, **options: object) -> Fault:
    with pytest.raises(Fault) as caught:
        call(*arguments, **options)  # type: ignore[operator]
    return caught.value


def items(response: ET.Element) -> list[ET.Element]:
    for name in ITEMS.values():
        found = response.find(name, NAMES)
        if found is not None:
            return list(found)
    return []


def test_a_projection_is_a_fragment_with_bare_names_in_alphabetical_order(stock: Client) -> None:
    (row,) = items(stock.enumerate("select Version, BuildNumber, Caption from Win32_OperatingSystem"))
    assert row.tag == f"{{{NAMES['w']}}}XmlFragment"
    assert [child.tag for child in row] == ["BuildNumber", "Caption", "Version"]
    assert row.findtext("Version") == "6.0.6002"


def test_a_whole_instance_has_prefixed_names_and_its_type(stock: Client) -> None:
    (row,) = items(stock.enumerate("select * from Win32_OperatingSystem"))
    space = f"{{{WMI}/Win32_OperatingSystem}}"
    assert row.tag == f"{space}Win32_OperatingSystem"
    assert row.get(f"{XSI}type") == "p:Win32_OperatingSystem_Type"
    assert all(child.tag.startswith(space) for child in row)
    names = [child.tag.removeprefix(space) for child in row]
    assert names == sorted(names, key=str.lower)


def test_null_array_date_and_truth_look_as_on_windows() -> None:
    row = {
        "Nothing": None,
        "Empty": [],
        "Many": ["a", 2],
        "Bytes": b"\x01\xff",
        "Yes": True,
        "When": datetime(2026, 11, 1, 6, 0, 0, 500000, tzinfo=UTC),
        "Local": datetime(2026, 11, 1, 6, 0, tzinfo=timezone(timedelta(hours=-5))),
        "Odd": 'a<b&"\r\n\x00',
    }
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMES.items())
    (found,) = ET.fromstring(f"<root {spaces}>{wsman_wmi._fragment(row)}</root>")
    assert [child.get(f"{XSI}nil") for child in found if child.tag in ("Nothing", "Empty")] == ["true", "true"]
    assert [child.text for child in found if child.tag == "Many"] == ["a", "2"]
    assert [child.text for child in found if child.tag == "Bytes"] == ["1", "255"]
    assert found.findtext("Yes") == "true"
    assert found.findtext("When/cim:Datetime", None, NAMES) == "2026-11-01T06:00:00.500000Z"
    assert found.findtext("Local/cim:Datetime", None, NAMES) == "2026-11-01T06:00:00-05:00"
    assert found.findtext("Odd") == 'a<b&"\r\n?'


def test_a_small_result_is_complete_at_once(stock: Client) -> None:
    response = stock.enumerate("select Version from Win32_OperatingSystem")
    assert response.findtext("n:EnumerationContext", None, NAMES) == ""
    assert response.find("w:EndOfSequence", NAMES) is not None


@pytest.mark.parametrize(("version", "page"), [("1.1", 20), ("2.0", 40)])
def test_a_page_is_no_longer_than_the_version_allows(version: str, page: int) -> None:
    client = Client(machine(winrm=version))
    response = client.enumerate("select Name from Win32_Service", elements=40)
    assert len(items(response)) == page
    names = [item.findtext("Name") for item in items(response)]
    while context := response.findtext("n:EnumerationContext", None, NAMES):
        response = client.pull(context, 40)
        assert len(items(response)) <= page
        names += [item.findtext("Name") for item in items(response)]
    assert response.find("n:EndOfSequence", NAMES) is not None
    assert len(names) == len(set(names)) > 60


def test_without_the_optimised_form_enumerate_answers_with_a_context_alone(stock: Client) -> None:
    response = stock.enumerate("select Version from Win32_OperatingSystem", optimise=False)
    assert items(response) == []
    context = str(response.findtext("n:EnumerationContext", None, NAMES))
    assert context.startswith("uuid:")
    assert len(items(stock.pull(context))) == 1


def test_a_context_can_be_used_once_and_by_its_owner(stock: Client) -> None:
    context = str(stock.enumerate("select Name from Win32_Service").findtext("n:EnumerationContext", None, NAMES))
    stock.pull(context)
    assert refused(stock.pull, context).subcode == "n:InvalidEnumerationContext"
    assert refused(stock.pull, "uuid:nonsense").subcode == "n:InvalidEnumerationContext"


def test_release_ends_an_enumeration(stock: Client) -> None:
    context = str(stock.enumerate("select Name from Win32_Service").findtext("n:EnumerationContext", None, NAMES))
    body = f"<n:Release><n:EnumerationContext>{context}</n:EnumerationContext></n:Release>"
    stock.ask(f"{NAMES['n']}/Release", f"{WMI}/*", body)
    assert stock.service.enumerations.count(stock.account.sid) == 0
    assert refused(stock.pull, context).subcode == "n:InvalidEnumerationContext"


def test_a_forgotten_enumeration_is_dropped(stock: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    stock.enumerate("select Name from Win32_Service")
    assert stock.service.enumerations.count(stock.account.sid) == 1
    now = wsman_wmi.time.monotonic()
    monkeypatch.setattr(wsman_wmi.time, "monotonic", lambda: now + 61)
    assert stock.service.enumerations.count(stock.account.sid) == 0


def test_a_small_envelope_gets_fewer_rows_and_one_row_too_large_is_a_fault(stock: Client) -> None:
    response = stock.enumerate("select * from Win32_Service", size=12000)
    assert 1 <= len(items(response)) < 20
    key = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\AeLookupSvc"
    stock.machine.registry.set(key, "DisplayName", "REG_SZ", "x" * 20000)
    query = "select * from Win32_Service where Name='AeLookupSvc'"
    assert refused(stock.enumerate, query, size=12000).subcode == "w:EncodingLimit"


def test_a_class_can_be_enumerated_without_a_query(stock: Client) -> None:
    body = "<n:Enumerate><w:OptimizeEnumeration/></n:Enumerate>"
    response = stock.ask(f"{NAMES['n']}/Enumerate", f"{WMI}/Win32_OperatingSystem", body)[0]
    assert len(items(response)) == 1


def test_get_names_one_instance(stock: Client) -> None:
    (found,) = stock.ask(f"{NAMES['x']}/Get", f"{WMI}/Win32_Service", selectors={"name": "LANMANSERVER"})
    assert found.get(f"{XSI}type") == "p:Win32_Service_Type"
    assert found.findtext(f"{{{WMI}/Win32_Service}}Name") == "LanmanServer"


def test_invoke_answers_with_an_output_element(stock: Client) -> None:
    uri = f"{WMI}/StdRegProv"
    body = (
        f'<q:GetStringValue_INPUT xmlns:q="{uri}"><q:hDefKey>2147483650</q:hDefKey>'
        "<q:sSubKeyName>SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion</q:sSubKeyName>"
        "<q:sValueName>CurrentVersion</q:sValueName></q:GetStringValue_INPUT>"
    )
    (found,) = stock.ask(f"{uri}/GetStringValue", uri, body)
    assert found.tag == f"{{{uri}}}GetStringValue_OUTPUT"
    assert found.findtext(f"{{{uri}}}sValue") == "6.0"
    assert [child.tag for child in found][-1] == f"{{{uri}}}ReturnValue"
    assert found.findtext(f"{{{uri}}}ReturnValue") == "0"


def test_arguments_are_text_nil_or_lists() -> None:
    body = ET.fromstring(
        '<q:X_INPUT xmlns:q="urn:q" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        '<q:a>1</q:a><q:b xsi:nil="true"/><q:c>x</q:c><q:c/><q:d>a&amp;b</q:d></q:X_INPUT>'
    )
    assert wsman_wmi.arguments_of(body) == {"a": "1", "b": None, "c": ["x", ""], "d": "a&b"}
    assert wsman_wmi.arguments_of(None) == {}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("select * from Win32_Nothing", 0x80041010),
        ("select Nothing from Win32_Service", 0x80041017),
        ("drop table Win32_Service", 0x80041017),
    ],
)
def test_wmi_errors_keep_their_number(stock: Client, query: str, code: int) -> None:
    fault = refused(stock.enumerate, query)
    assert fault.code == code
    assert fault.provider is not None


def test_an_unknown_namespace_or_instance(stock: Client) -> None:
    elsewhere = WMI.replace("cimv2", "nowhere") + "/*"
    assert refused(stock.enumerate, "select * from Win32_Service", resource=elsewhere).code == 0x8004100E
    fault = refused(stock.ask, f"{NAMES['x']}/Get", f"{WMI}/Win32_Service", selectors={"Name": "none"})
    assert fault.subcode == "a:DestinationUnreachable"


@pytest.mark.parametrize(
    ("action", "resource", "body"),
    [
        (f"{NAMES['n']}/Enumerate", f"{WMI}/*", "<n:Enumerate/>"),
        (f"{NAMES['n']}/Enumerate", f"{WMI}/*", "<n:Enumerate><w:Filter Dialect='urn:x'>x</w:Filter></n:Enumerate>"),
        (
            f"{NAMES['n']}/Enumerate",
            f"{WMI}/Win32_Service",
            f"<n:Enumerate><w:Filter Dialect='{WQL}'>x</w:Filter></n:Enumerate>",
        ),
        (
            f"{NAMES['n']}/Enumerate",
            f"{WMI}/*",
            "<n:Enumerate><w:EnumerationMode>EnumerateEPR</w:EnumerationMode></n:Enumerate>",
        ),
        (f"{NAMES['n']}/Renew", f"{WMI}/*", ""),
        (f"{NAMES['x']}/Create", f"{WMI}/Win32_Environment", ""),
        (f"{NAMES['x']}/Delete", f"{WMI}/Win32_Service", ""),
        (f"{NAMES['x']}/Put", f"{WMI}/Win32_Service", ""),
        (f"{WMI}/Win32_Service/StopService", f"{WMI}/Win32_Process", ""),
        ("urn:nothing", "http://schemas.microsoft.com/wbem/wsman/1/wmi/", ""),
        ("urn:nothing", "urn:nothing", ""),
    ],
)
def test_what_the_service_does_not_do_is_a_fault(stock: Client, action: str, resource: str, body: str) -> None:
    fault = refused(stock.ask, action, resource, body)
    assert fault.subcode[0] in "awn"
    assert fault.code != soap.ACCESS_DENIED
