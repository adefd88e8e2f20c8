# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""WMI: classes with their NULLs, WQL, StdRegProv, methods, error numbers."""

from __future__ import annotations

from datetime import datetime

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin import shares, wmi, wmi_classes, wql

HKLM = "2147483650"
LSA = "SYSTEM\\CurrentControlSet\\Control\\Lsa"


def rows(machine, text, namespace="root/cimv2"):
    return wmi.query(machine, namespace, text).rows


def call(machine, class_name, method, selectors=None, namespace="root/cimv2", **arguments):
    account = machine.accounts.token("Administrator")
    return wmi.invoke(machine, account, namespace, class_name, method, arguments, selectors or {})


def test_every_class_answers_every_property_with_a_type_the_wire_knows(machine):
    with pytest.raises(wmi.WmiError, match="Invalid namespace"):
        rows(machine, "select * from Win32_EncryptableVolume", "root/cimv2/security/microsoftvolumeencryption")
    machine.knobs["bitlocker"] = False
    for kind in wmi_classes.classes().values():
        for row in rows(machine, f"select * from {kind.name}", kind.namespaces[0]):
            assert tuple(row) == kind.properties
            for name, value in row.items():
                fine = value is None or isinstance(value, str | int | bool | datetime | list)
                assert fine, f"{kind.name}.{name} is {value!r}"


def test_the_operating_system_says_what_nt60_says(make):
    (row,) = rows(make(arch="x86", locale="de-DE"), "select * from Win32_OperatingSystem")
    assert (row["Version"], row["BuildNumber"], row["ServicePackMajorVersion"]) == ("6.0.6002", "6002", 2)
    assert (row["OSArchitecture"], row["OSLanguage"], row["CodeSet"]) == ("32-Bit", 1031, "1252")
    assert row["LargeSystemCache"] is None and row["LastBootUpTime"].tzinfo is not None


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("Name='LANMANWORKSTATION'", {"LanmanWorkstation"}),
        ("name=\"wuauserv\" OR Name = 'Spooler'", {"wuauserv", "Spooler"}),
        ("Name LIKE 'W%mg_t'", {"Winmgmt"}),
        ("Name like 'lanman[a-s]%' and not State<>'Running'", {"LanmanServer"}),
        ("(StartMode='Manual' or StartMode='Disabled') and Started = true", {"Netman", "SessionEnv", "WdiSystemHost"}),
        ("ProcessId > 0 and Name='ALG'", set()),
        ("'wuauserv' = Name", {"wuauserv"}),
        ("PathName is null or Name='BITS' and PathName is not null", {"BITS"}),
        ("Name='http'", set()),
    ],
)
def test_conditions_choose_rows(machine, condition, names):
    assert {row["Name"] for row in rows(machine, f"SELECT Name FROM win32_service WHERE {condition}")} == names


def test_backslashes_in_wql_are_doubled(machine):
    text = "select Name,Version,FileSize from CIM_DataFile where Name='c:\\\\windows\\\\system32\\\\ntoskrnl.exe'"
    assert rows(machine, text) == [
        {"Name": "c:\\windows\\system32\\ntoskrnl.exe", "Version": "6.0.6002.18005", "FileSize": 4699192}
    ]


def test_unknown_sizes_are_null_not_zero(machine):
    assert {row["DeviceID"] for row in rows(machine, "select DeviceID from Win32_LogicalDisk where Size is null")} == {
        "A:",
        "D:",
    }
    assert rows(machine, "select DeviceID from Win32_LogicalDisk where Size > 0 and Size = NULL") == []
    (disk,) = rows(machine, "select FreeSpace,Size from Win32_LogicalDisk where DriveType=3 and 1 < FreeSpace")
    assert 0 < disk["FreeSpace"] < disk["Size"]


@pytest.mark.parametrize(
    ("namespace", "text", "code"),
    [
        ("root/cimv2", "", 0x80041017),
        ("root/cimv2", "select from Win32_Service", 0x80041017),
        ("root/cimv2", "select * from Win32_Service where", 0x80041017),
        ("root/cimv2", "select * from Win32_Service where Name = 'a", 0x80041017),
        ("root/cimv2", "select * from Win32_Service where Name = a", 0x80041017),
        ("root/cimv2", "select * from Win32_Service; drop", 0x80041017),
        ("root/cimv2", "select Nope from Win32_Service", 0x80041017),
        ("root/cimv2", "select Name from Win32_Service where Nope=1", 0x80041017),
        ("root/cimv2", "select * from Win32_Nope", 0x80041010),
        ("root/nope", "select * from Win32_Service", 0x8004100E),
        ("root/default", "select * from Win32_Service", 0x80041010),
        ("root/cimv2", "select * from Win32_InstalledWin32Program", 0x80041010),
    ],
)
def test_bad_queries_get_their_wbem_number(machine, namespace, text, code):
    with pytest.raises(wmi.WmiError) as caught:
        wmi.query(machine, namespace, text)
    assert caught.value.code == code


def test_get_finds_one_instance_by_its_key(machine):
    assert wmi.get(machine, "root\\CIMV2", "win32_service", {"Name": "WINRM"})[1]["Name"] == "WinRM"
    assert wmi.get(machine, "root/cimv2", "Win32_OperatingSystem", {})[1]["Version"] == "6.0.6002"
    for selectors, code in (({"Name": "nope"}, 0x80041002), ({"State": "Running"}, 0x80041008), ({}, 0x80041008)):
        with pytest.raises(wmi.WmiError) as caught:
            wmi.get(machine, "root/cimv2", "Win32_Service", selectors)
        assert caught.value.code == code


@pytest.mark.parametrize("namespace", ["root/cimv2", "root/default"])
def test_the_registry_provider_reads_and_writes_each_type(machine, namespace):
    def reg(method, **arguments):
        return call(
            machine,
            "StdRegProv",
            method,
            namespace=namespace,
            hDefKey=HKLM,
            sSubKeyName="SOFTWARE\\Sunset",
            **arguments,
        )

    assert reg("SetDWORDValue", sValueName="d", uValue="1") == {"ReturnValue": 2}, "it does not make keys on the way"
    assert reg("CreateKey") == {"ReturnValue": 0}
    cases = [
        ("DWORD", "uValue", "4294967295", 0xFFFFFFFF, 4),
        ("QWORD", "uValue", "5000000000", 5000000000, 11),
        ("String", "sValue", "text", "text", 1),
        ("MultiString", "sValue", ["a", "b"], ["a", "b"], 7),
        ("Binary", "uValue", ["1", "255"], [1, 255], 3),
        ("ExpandedString", "sValue", "%SystemRoot%\\x", "C:\\Windows\\x", 2),
    ]
    for name, argument, given, read, _number in cases:
        assert reg(f"Set{name}Value", sValueName=name, **{argument: given}) == {"ReturnValue": 0}
        assert reg(f"Get{name}Value", sValueName=name) == {argument: read, "ReturnValue": 0}
    listed = reg("EnumValues")
    assert dict(zip(listed["sNames"], listed["Types"], strict=True)) == {name: number for name, *_rest, number in cases}
    assert reg("GetDWORDValue", sValueName="String") == {"uValue": None, "ReturnValue": 0x80041005}
    assert reg("GetDWORDValue", sValueName="nope") == {"uValue": None, "ReturnValue": 2}
    assert reg("DeleteValue", sValueName="DWORD") == {"ReturnValue": 0}
    assert call(machine, "StdRegProv", "CreateKey", namespace=namespace, sSubKeyName="SOFTWARE\\Sunset\\Below") == {
        "ReturnValue": 0
    }
    assert reg("DeleteKey") == {"ReturnValue": 5}, "not while it has keys below"
    assert reg("EnumKey") == {"sNames": ["Below"], "ReturnValue": 0}


def test_the_registry_provider_guards_what_windows_guards(machine):
    assert call(machine, "StdRegProv", "EnumKey", hDefKey="7", sSubKeyName="x")["ReturnValue"] == 6
    assert call(machine, "StdRegProv", "EnumKey", hDefKey=HKLM, sSubKeyName="SECURITY")["ReturnValue"] == 5
    assert call(machine, "StdRegProv", "EnumKey", hDefKey=HKLM, sSubKeyName="nope") == {
        "sNames": None,
        "ReturnValue": 2,
    }
    assert call(machine, "StdRegProv", "CheckAccess", sSubKeyName=LSA, uRequired="2") == {
        "bGranted": True,
        "ReturnValue": 0,
    }
    with pytest.raises(wmi.WmiError) as caught:
        call(machine, "StdRegProv", "GetDWORDValue", hDefKey="HKLM", sSubKeyName=LSA)
    assert caught.value.code == 0x80041005


def test_a_machine_without_the_provider_in_cimv2_still_has_it_in_default(make):
    machine = make(stdregprov_in_cimv2=False)
    with pytest.raises(wmi.WmiError) as caught:
        call(machine, "StdRegProv", "EnumKey", sSubKeyName=LSA)
    assert caught.value.code == 0x80041010
    assert call(machine, "StdRegProv", "EnumKey", namespace="root/default", sSubKeyName=LSA)["ReturnValue"] == 0


def test_service_methods_answer_with_their_own_numbers(machine):
    def service(name, method, **arguments):
        return call(machine, "Win32_Service", method, {"Name": name}, **arguments)["ReturnValue"]

    assert service("Spooler", "StartService") == 10 and service("Spooler", "StopService") == 0
    assert service("Spooler", "StopService") == 6 and service("Spooler", "ChangeStartMode", StartMode="Disabled") == 0
    assert service("Spooler", "StartService") == 14 and service("Spooler", "ChangeStartMode", StartMode="Boot") == 21
    assert machine.registry.data("HKLM\\SYSTEM\\CurrentControlSet\\Services\\Spooler", "Start") == 4
    with pytest.raises(wmi.WmiError) as caught:
        service("Spooler", "Explode")
    assert caught.value.code == 0x8004102E


def test_a_process_is_created_as_the_caller_and_runs(machine):
    answer = call(machine, "Win32_Process", "Create", CommandLine="cmd.exe /c echo %USERNAME%>C:\\who.txt")
    assert answer["ReturnValue"] == 0 and answer["ProcessId"] % 4 == 0
    assert machine.files.read("C:\\who.txt").strip() == b"Administrator"
    assert call(machine, "Win32_Process", "Create", CommandLine="nosuch.exe")["ReturnValue"] == 9
    assert call(machine, "Win32_Process", "Create", CommandLine="")["ReturnValue"] == 21


@pytest.mark.parametrize(
    ("method", "arguments", "returns"),
    [("Reboot", {}, True), ("Win32Shutdown", {"Flags": "6"}, True), ("Win32Shutdown", {"Flags": "5"}, False)],
)
def test_a_restart_by_wmi_answers_first(machine, method, arguments, returns):
    assert call(machine, "Win32_OperatingSystem", method, **arguments) == {"ReturnValue": 0}
    assert machine.up, "the answer still gets out"
    machine.clock.sleep(5)
    assert not machine.up
    machine.clock.sleep(600)
    assert machine.up == returns


def test_esu_products_appear_with_the_preparation_package_and_take_a_known_key(make):
    machine = make(esu_keys={"AAAAA-BBBBB-CCCCC-DDDDD-EEEEE": "esu-1"})
    year1 = "553673ed-6ddf-419c-a153-b760283472fd"
    text = f"select ID,LicenseStatus,PartialProductKey from SoftwareLicensingProduct where ID='{year1}'"
    key = {"ProductKey": "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE"}
    assert rows(machine, text) == []
    with pytest.raises(wmi.WmiError) as caught:
        call(machine, "SoftwareLicensingService", "InstallProductKey", **key)
    assert caught.value.code == 0xC004F050
    machine.store.offer_licences()
    assert [row["LicenseStatus"] for row in rows(machine, text)] == [0]
    selectors = {"ID": year1}
    with pytest.raises(wmi.WmiError):
        call(machine, "SoftwareLicensingProduct", "Activate", selectors)
    assert call(machine, "SoftwareLicensingService", "InstallProductKey", **key) == {"ReturnValue": 0}
    assert call(machine, "SoftwareLicensingProduct", "Activate", selectors) == {"ReturnValue": 0}
    assert [(row["LicenseStatus"], row["PartialProductKey"]) for row in rows(machine, text)] == [(1, "EEEEE")]


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("a%", "ABC", True),
        ("a_c", "abc", True),
        ("[a-c]x", "bx", True),
        ("[^a-c]x", "bx", False),
        ("a.c", "abc", False),
        ("%\\%", "a\\b", True),
        ("[", "[", True),
    ],
)
def test_like_patterns(pattern, text, fits):
    assert (wql.like_pattern(pattern).fullmatch(text) is not None) == fits


def test_shares_are_those_of_the_registry(machine):
    machine.run("net share data=C:\\Windows")
    held = {row["Name"]: row for row in rows(machine, "select * from Win32_Share")}
    assert (held["data"]["Path"], held["data"]["Type"], held["ADMIN$"]["Type"]) == ("C:\\Windows", 0, 0x80000000)
    machine.registry.set(shares.LANMAN + "\\Parameters", "AutoShareServer", "REG_DWORD", 0)
    assert {row["Name"] for row in rows(machine, "select Name from Win32_Share")} == {"IPC$", "data"}
    machine.services.stop("LanmanServer", dependents=True)
    assert rows(machine, "select Name from Win32_Share") == []
