# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Taking a snapshot: what is asked, what is made of it, and what a failure costs."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._console.text import ConsoleError
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host import probes, snapshot
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import (
    CommandResult,
    LoginRefused,
    ProtocolFault,
    TimedOut,
    Unreachable,
)
from support.answering import ABSENT, STORE, FakeSession, whole

SCHEMA = json.loads((Path(snapshot.__file__).parent / "data/snapshot.schema.json").read_text(encoding="utf-8"))
LSA = r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa"


def test_every_question_is_answered_and_the_snapshot_is_plain() -> None:
    taken = snapshot.take(FakeSession())
    assert taken["unknown"] == {}
    assert set(taken["answers"]) == whole()
    assert json.loads(json.dumps(taken)) == taken
    answers = taken["answers"]
    assert (answers["os"] | {"caption": None}).items() >= {
        "caption": None,
        "version": "6.0.6002",
        "build": 6002,
        "service_pack": 2,
        "product_type": 3,
        "sku": 7,
        "arch": "x64",
        "language": 1033,
        "codeset": "1252",
        "last_boot": "2026-11-01T06:00:00Z",
        "local_time": "2026-11-20T18:00:00Z",
        "windows_directory": "D:\\WINNT",
        "system_drive": "D:",
    }.items()
    assert answers["hotfixes"] == ["KB955430"]
    assert answers["files"][r"D:\WINNT\system32\ntoskrnl.exe"] == "6.0.6002.18005"
    assert answers["files"][r"D:\WINNT\system32\drivers\termdd.sys"] is None
    assert answers["services"]["Dnscache"]["state"] == "running"
    assert answers["packages"] == [{"identity": "Package_for_KB955430~31bf3856ad364e35~amd64~~6.0.1.0", "state": 7}]
    assert answers["markers"]["execute_state"] == 0xFFFFFFFF
    assert answers["account"] == {"sids": ["S-1-5-32-544"], "administrator": True, "high_integrity": True}
    assert answers["codepage"] == {"oem": "850", "ansi": "1252"}
    assert answers["listeners"] == [{"port": 80, "address": "0.0.0.0", "pid": 4}]


def test_a_snapshot_is_what_its_schema_says() -> None:
    session = FakeSession()
    printed = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Lsa\r\n    X    REG_MULTI_SZ    a\r\n"
    session.lines.append(("Control.Lsa", 0, printed))
    jsonschema.validate(snapshot.take(session, [LSA, r"HKLM\SOFTWARE\None"]), SCHEMA)
    jsonschema.validate(snapshot.take(FakeSession({"run": TimedOut("no")}, wmi=False)), SCHEMA)


def test_a_whole_assessment_is_one_command_and_one_query_a_class() -> None:
    session = FakeSession()
    snapshot.take(session, [LSA, r"HKLM\SOFTWARE\A b"])
    assert len(session.asked) == 1 + len(probes.ROWS) + 1
    assert sum(line.startswith("cmd") for line in session.asked) == 1


def test_questions_about_files_and_disk_know_where_windows_is() -> None:
    session = FakeSession()
    snapshot.take(session)
    assert any("Name='D:\\\\WINNT\\\\system32\\\\ntoskrnl.exe'" in asked for asked in session.asked)
    assert any("DeviceID='D:'" in asked for asked in session.asked)


def test_registry_keys_stand_as_asked_and_absent_ones_are_null() -> None:
    session = FakeSession()
    session.lines.append(
        (
            "Control.Lsa",
            0,
            "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Lsa\r\n    X    REG_DWORD    0x1\r\n",
        )
    )
    taken = snapshot.take(
        session, ["HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Lsa\\", r"HKLM\SOFTWARE\None"]
    )
    assert taken["answers"]["registry"][LSA] == {"X": {"type": "REG_DWORD", "data": 1}}
    assert taken["answers"]["registry"][r"HKLM\SOFTWARE\None"] is None
    assert snapshot.registry_data(taken, LSA.lower(), "x") == 1
    assert snapshot.registry_data(taken, LSA, "nothing") is None
    with pytest.raises(KeyError):
        snapshot.registry_key(taken, r"HKLM\SOFTWARE\NeverAsked")


def test_a_key_that_may_not_be_read_is_unknown_and_costs_no_other() -> None:
    session = FakeSession()
    session.lines.append((r"HKLM\\SAM", 1, "ERROR: Access is denied.\r\n"))
    taken = snapshot.take(session, [r"HKLM\SAM", r"HKLM\SOFTWARE\None"])
    assert r"HKLM\SAM" not in taken["answers"]["registry"]
    assert "Access is denied" in taken["unknown"][r"registry:HKLM\SAM"]
    assert taken["answers"]["registry"][r"HKLM\SOFTWARE\None"] is None


def test_without_a_reference_no_key_is_called_absent() -> None:
    session = FakeSession()
    session.lines.append((r"no\.such\.key", 0, ""))
    taken = snapshot.take(session, [LSA])
    assert "registry" not in taken["answers"]
    assert taken["unknown"]["registry"]
    assert "markers" in taken["unknown"]


def test_a_secret_in_a_registry_value_is_not_kept() -> None:
    session = FakeSession()
    session.lines.insert(
        0, ("Winlogon", 0, "HKEY_LOCAL_MACHINE\\A\\Winlogon\r\n    DefaultPassword    REG_SZ    hunter2\r\n")
    )
    taken = snapshot.take(session, [r"HKLM\A\Winlogon"])
    assert "hunter2" not in json.dumps(taken)
    assert taken["answers"]["registry"][r"HKLM\A\Winlogon"]["DefaultPassword"]["withheld"] is True


def test_a_key_with_characters_that_cmd_would_eat_is_asked_alone() -> None:
    session = FakeSession()
    snapshot.take(session, [r"HKLM\SOFTWARE\a & b!"])
    assert r'reg query "HKLM\SOFTWARE\a & b!" 2>&1' in session.asked


@pytest.mark.parametrize("key", ["SOFTWARE\\A", "HKLM\\SOFTWARE\\100%", 'HKLM\\a"b'])
def test_a_key_that_cannot_be_asked_is_refused_before_anything_is(key: str) -> None:
    session = FakeSession()
    with pytest.raises(ConsoleError, match="starts with HKLM|cannot carry"):
        snapshot.take(session, [key])
    assert session.asked == []


@pytest.mark.parametrize("class_name", sorted(probe.class_name for probe in probes.ROWS))
def test_a_class_that_does_not_exist_costs_its_own_answer_only(class_name: str) -> None:
    identifier = next(probe.id for probe in probes.ROWS if probe.class_name == class_name)
    session = FakeSession({class_name: ProtocolFault("there is no such class", 0x80041010)})
    taken = snapshot.take(session)
    assert taken["unknown"] == {identifier: "there is no such class"}
    assert set(taken["answers"]) == whole() - {identifier}
    assert not any("wmic" in asked for asked in session.asked)


def test_a_query_that_fails_otherwise_is_put_to_wmic() -> None:
    taken = snapshot.take(FakeSession({"Win32_Service": TimedOut("no answer in 60 s")}))
    assert taken["unknown"] == {}
    assert taken["answers"]["services"]["Dnscache"]["start"] == "auto"


def test_where_wmi_over_wsman_does_not_work_wmic_answers_all_in_one_command() -> None:
    session = FakeSession(wmi=False)
    session.rows["CIM_DataFile"] = [{"Name": "c:\\windows\\system32\\ntoskrnl.exe", "Version": "6.0.6002.18005"}]
    taken = snapshot.take(session)
    assert set(taken["answers"]) | set(taken["unknown"]) == whole()
    assert taken["answers"]["os"]["version"] == "6.0.6002"
    assert taken["answers"]["licences"] == []
    assert sum("wmic" in asked for asked in session.asked) == 1
    assert sum(asked.startswith("SELECT") for asked in session.asked) == 1


def test_a_long_list_of_updates_goes_to_wmic_where_pages_are_small() -> None:
    for stack, expected in (("1.1", 1), ("2.0", 0)):
        session = FakeSession(stack=stack)
        line = "Package_for_KB{}~31bf3856ad364e35~amd64~~6.0.1.0    CurrentState    REG_DWORD    0x7\r\n"
        session.lines.insert(0, ("for /f", 0, "".join(line.format(900000 + number) for number in range(200))))
        taken = snapshot.take(session)
        assert taken["answers"]["hotfixes"] == ["KB955430"]
        assert sum("wmic" in asked for asked in session.asked) == expected


@pytest.mark.parametrize("error", [Unreachable("gone"), LoginRefused("wrong password")])
def test_no_conversation_at_all_is_an_error_and_no_snapshot(error: Unreachable) -> None:
    for moment in ("identify", "Win32_OperatingSystem"):
        with pytest.raises(type(error)):
            snapshot.take(FakeSession({moment: error}))


def test_a_target_that_is_lost_on_the_way_is_not_asked_again() -> None:
    session = FakeSession({"Win32_Service": Unreachable("the socket is gone")})
    taken = snapshot.take(session)
    assert set(taken["answers"]) == {"os", "computer", "hotfixes"}
    assert set(taken["unknown"].values()) == {"the socket is gone"}
    assert len(session.asked) == 5


def test_commands_that_fail_leave_what_wmi_said() -> None:
    taken = snapshot.take(FakeSession({"run": TimedOut("the command did not end")}))
    assert set(taken["answers"]) == {probe.id for probe in probes.ROWS}
    assert set(taken["unknown"]) == {probe.id for probe in probes.LINES} | {"registry"}


def test_an_output_that_breaks_off_costs_what_came_after() -> None:
    session = FakeSession()
    session.hurt = lambda stdout: stdout[: stdout.index("[[7")]
    taken = snapshot.take(session)
    assert "stack" in taken["answers"]
    assert "broke off" in taken["unknown"]["packages"]
    assert set(taken["answers"]) | set(taken["unknown"]) >= whole()


@pytest.mark.parametrize(
    ("class_name", "row", "says"),
    [
        ("Win32_OperatingSystem", {"Version": "six"}, "not x.y.build"),
        ("Win32_OperatingSystem", {"Version": "6.0.6002", "ProductType": "drei"}, "not a number"),
        ("Win32_OperatingSystem", {"Version": "6.0.6002", "LastBootUpTime": "gestern"}, "not a date"),
        ("Win32_ComputerSystem", {"Name": "X", "PartOfDomain": "ja"}, "neither true nor false"),
        ("Win32_Service", {"Name": "X", "StartMode": "Automatisch"}, "start mode"),
        ("CIM_DataFile", {"Name": "d:\\winnt\\system32\\ntoskrnl.exe", "Version": "new"}, "'new'"),
    ],
)
def test_an_answer_that_does_not_fit_is_unknown_with_the_text(class_name: str, row: dict[str, str], says: str) -> None:
    session = FakeSession()
    session.rows[class_name] = [row]
    taken = snapshot.take(session)
    identifier = next(probe.id for probe in probes.ROWS if probe.class_name == class_name)
    assert says in taken["unknown"][identifier]


@pytest.mark.parametrize(
    ("printed", "sku", "arch"),
    [("64-разрядная", 7, "x64"), ("32 位", 7, "x86"), ("64-bit", 15, "ia64"), (None, 7, None)],
)
def test_the_architecture_is_a_number_in_every_language(printed: str | None, sku: int, arch: str | None) -> None:
    session = FakeSession()
    session.rows["Win32_OperatingSystem"] = [
        {"Version": "6.0.6002", "OSArchitecture": printed, "OperatingSystemSKU": str(sku)}
    ]
    assert snapshot.take(session)["answers"]["os"]["arch"] == arch


def test_a_file_without_a_version_is_neither_absent_nor_known() -> None:
    session = FakeSession()
    session.rows["CIM_DataFile"] = [{"Name": "d:\\winnt\\system32\\ntoskrnl.exe", "Version": None}]
    assert r"D:\WINNT\system32\ntoskrnl.exe" not in snapshot.take(session)["answers"]["files"]


def test_an_empty_store_listing_means_none_only_when_the_store_can_be_read() -> None:
    session = FakeSession()
    session.lines.insert(0, ("for /f", 0, ""))
    assert snapshot.take(session)["answers"]["packages"] == []
    session.lines.insert(0, ('Component Based Servicing" 2', 1, "ERROR: Access is denied.\r\n"))
    assert "Access is denied" in snapshot.take(session)["unknown"]["packages"]


def test_the_count_line_glued_to_the_last_package_is_not_an_error() -> None:
    session = FakeSession()
    line = "Package_for_KB955430~31bf3856ad364e35~amd64~~6.0.1.0"
    listing = f"{line}    CurrentState    REG_DWORD    0x7\r\n{line}Ende der Suche: 1 Übereinstimmung(en) gefunden.\r\n"
    session.lines.insert(0, ("for /f", 0, listing))
    assert len(snapshot.take(session)["answers"]["packages"]) == 1


@pytest.mark.parametrize(
    ("printed", "pending"),
    [
        ("\r\nHKEY_LOCAL_MACHINE\\X\\Component Based Servicing\\PackagesPending\\Package_1\r\n", True),
        (f"HKEY_LOCAL_MACHINE\\{STORE}\\PackagesPending\r\n", False),
        ("", False),
    ],
)
def test_an_empty_pending_key_is_what_finished_work_leaves_behind(printed: str, pending: bool) -> None:
    session = FakeSession()
    session.lines.insert(0, ("PackagesPending", 0, printed))
    assert snapshot.take(session)["answers"]["markers"]["cbs_packages_pending"] is pending


def test_the_stand_in_says_what_reg_says() -> None:
    assert FakeSession().answer("reg query HKLM\\X 2>&1") == (1, ABSENT)


def test_where_cmd_reads_no_standard_input_the_questions_go_in_lines_of_their_own() -> None:
    session = FakeSession()
    run = session.run
    session.run = lambda line, stdin=None, timeout=None: (
        CommandResult(0, "", "") if stdin is not None else run(line, stdin, timeout)
    )
    keys = [rf"HKLM\SOFTWARE\Policies\Vendor\A long name of a key of some product {number}" for number in range(150)]
    taken = snapshot.take(session, keys)
    assert taken["unknown"] == {}
    assert set(keys) <= taken["answers"]["registry"].keys()
