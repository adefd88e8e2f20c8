# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""First contact: every step says what it saw, a blocked road names its mending, fallbacks are tried and reported."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._doctor import steps
from ansible_collections.sunset.ws2008.plugins.plugin_utils._doctor.examination import (
    Outcome,
    Result,
    Step,
    examine,
    failed,
    ok,
    worst,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import (
    CommandResult,
    Identity,
    LoginRefused,
    ProtocolFault,
    Unreachable,
)

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
SYSTEM = {
    "Caption": "Microsoft\u00ae Windows Server\u00ae 2008 Standard", "Version": "6.0.6002", "ProductType": "3",
    "LocalDateTime": "20261120180000.000000+000", "SystemDrive": "C:", "WindowsDirectory": "C:\\Windows",
}  # fmt: skip


class Host:
    """A session that answers from tables; what is not in them is a fault."""

    door, read_only = "winrs", False

    def __init__(
        self, rows: Mapping[str, Any] | None = None, lines: Mapping[str, Any] | None = None, **methods: Any
    ) -> None:
        self.rows = {"Win32_OperatingSystem": [SYSTEM]} | dict(rows or {})
        self.lines = dict(lines or {})
        self.methods = methods

    def identify(self) -> Identity:
        return self.methods.get("identity") or Identity(
            "OS: 6.0.6002 SP: 2.0 Stack: 1.1", "1.1", "Microsoft Corporation", os="6.0.6002"
        )

    def query(self, wql: str, namespace: str = "root/cimv2") -> Any:
        name = wql.split(" FROM ")[1].split()[0]
        found = self.rows.get(name, ProtocolFault(f"no {name}"))
        if isinstance(found, Exception):
            raise found
        return found

    def invoke(
        self, class_name: str, method: str, arguments: Any, selectors: Any = None, namespace: str = "root/cimv2"
    ) -> Any:
        answer = self.methods.get(namespace, ProtocolFault(f"nothing in {namespace}"))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def run(self, line: str, stdin: bytes | None = None, timeout: float | None = None) -> CommandResult:
        for part, answer in self.lines.items():
            if part in line:
                return answer if isinstance(answer, CommandResult) else CommandResult(0, answer, "")
        return CommandResult(1, "", "no such line")

    def download(self, path: str) -> bytes:
        raise AssertionError("the doctor fetched a file, which leaves a trace on the machine")

    def upload(self, data: Any, path: str) -> None:
        raise AssertionError("the doctor wrote to the machine")

    def get(self, *_arguments: Any, **_options: Any) -> Any:
        raise AssertionError("not asked by the doctor")

    def close(self) -> None:
        """Nothing is open."""


def patient(host: Host) -> steps.Patient:
    return steps.Patient(lambda: host, None, now=lambda: NOW)  # type: ignore[arg-type, return-value]


def test_what_rests_on_a_failed_step_is_skipped_and_says_why() -> None:
    plan = (
        Step[None]("port", "Port", lambda _: failed("closed", mend="open it", type_this="winrm quickconfig")),
        Step[None]("login", "Login", lambda _: ok("in"), ("port",)),
        Step[None]("disk", "Disk", lambda _: ok("room"), ("login",)),
        Step[None]("clock", "Clock", lambda _: ok("right")),
    )
    records = list(examine(None, plan))
    assert [record.outcome.result.value for record in records] == ["failed", "skipped", "skipped", "ok"]
    assert records[1].outcome.evidence == ("not tried, because port did not work",)
    assert records[0].lines()[1:] == ["         -> open it", "         type there: winrm quickconfig"]
    assert worst(records) is Result.FAILED


def test_an_error_of_ours_is_a_failed_step_and_any_other_is_a_defect_that_shows() -> None:
    def refuse(_patient: None) -> Outcome:
        raise Unreachable("nothing answers")

    def break_down(_patient: None) -> Outcome:
        raise ZeroDivisionError

    record = next(examine(None, (Step[None]("a", "A", refuse, mend="mend it"),)))
    assert record.outcome == failed("nothing answers", mend="mend it")
    with pytest.raises(ZeroDivisionError):
        next(examine(None, (Step[None]("a", "A", break_down),)))


@pytest.mark.parametrize(
    "version, product, result",
    [
        ("6.0.6001", "3", "ok"),
        ("6.0.6003", "2", "ok"),
        ("6.0.6002", "1", "failed"),
        ("6.1.7601", "3", "failed"),
        ("5.2.3790", "3", "failed"),
    ],
)
def test_only_server_2008_passes_as_the_family(version: str, product: str, result: str) -> None:
    host = Host({"Win32_OperatingSystem": [SYSTEM | {"Version": version, "ProductType": product}]})
    assert steps.family(patient(host)).result.value == result


def test_wmic_stands_in_where_wmi_over_ws_man_does_not_work() -> None:
    host = Host(
        {"Win32_OperatingSystem": ProtocolFault("WMI is broken")},
        {"wmic path Win32_OperatingSystem": "\r\nVersion=6.0.6002\r\n"},
    )
    outcome = steps.wmi(patient(host))
    assert outcome.result is Result.WARNING
    assert outcome.evidence == ("WMI is broken", "wmic answers instead: 6.0.6002")


def test_the_registry_provider_is_looked_for_in_both_namespaces_and_then_reg_exe_answers() -> None:
    here = Host(None, None, **{"root/default": {"sValue": "6002"}})
    assert steps.registry_provider(patient(here)).evidence[-1] == "StdRegProv answers in root/default: build 6002"
    shown = "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\r\n"
    shown += "    CurrentBuildNumber    REG_SZ    6002\r\n\r\n"
    nowhere = steps.registry_provider(patient(Host(None, {"reg query": shown})))
    assert nowhere.result is Result.WARNING
    assert nowhere.evidence[-1] == "reg.exe answers instead: build 6002"


def test_a_lost_standard_input_is_found_before_an_upload_depends_on_it() -> None:
    outcome = steps.standard_input(patient(Host(None, {"findstr": ""})))
    assert outcome.result is Result.FAILED and outcome.mend and "share" in outcome.mend


def test_certutil_counts_only_when_its_digest_agrees_with_ours() -> None:
    answers = {
        "type": "127.0.0.1 localhost\r\n",
        "SHA256": "SHA256 hash of file:\r\n00 11 22\r\n",
        "SHA1": CommandResult(1, "", "unknown"),
    }
    outcome = steps.certutil(patient(Host(None, answers)))
    assert outcome.result is Result.WARNING and "size alone" in str(outcome.mend)


@pytest.mark.parametrize("off, result", [(60, "ok"), (600, "warning"), (3 * 86400, "failed")])
def test_the_clock_is_judged_by_how_far_it_is_off(off: int, result: str) -> None:
    told = (NOW + timedelta(seconds=off)).strftime("%Y%m%d%H%M%S.000000+000")
    host = Host({"Win32_OperatingSystem": [SYSTEM | {"LocalDateTime": told}]})
    assert steps.clock(patient(host)).result.value == result


@pytest.mark.parametrize("free, result", [(30, "ok"), (4, "warning"), (1, "failed")])
def test_the_disk_is_judged_by_what_a_rollup_needs(free: int, result: str) -> None:
    host = Host({"Win32_LogicalDisk": [{"FreeSpace": str(free * 1024**3)}]})
    assert steps.disk(patient(host)).result.value == result


def test_a_filtered_token_names_the_line_that_mends_it() -> None:
    line = '"BUILTIN\\Administratoren","Alias","S-1-5-32-544","Gruppe, die nur zum Ablehnen verwendet wird"\r\n'
    level = '"Verbindliche Beschriftung","Unbekannter SID-Typ","S-1-16-8192",""\r\n'
    outcome = steps.rights(patient(Host(None, {"whoami": line + level})))
    assert outcome.result is Result.FAILED
    assert "LocalAccountTokenFilterPolicy" in str(outcome.type_this)


def test_a_disabled_installer_is_found_and_so_is_the_numbering() -> None:
    disabled = Host({"Win32_Service": [{"Name": "TrustedInstaller", "State": "Stopped", "StartMode": "Disabled"}]})
    assert steps.component_store(patient(disabled)).type_this == "sc config TrustedInstaller start= demand"
    shown = "    CurrentState    REG_DWORD    0x70\r\n    CurrentState    REG_DWORD    0x7\r\n"
    newer = Host({"Win32_Service": [{"Name": "TrustedInstaller", "StartMode": "Manual"}]}, {"CurrentState": shown})
    assert steps.component_store(patient(newer)).evidence == ("CurrentState shows 0x7, 0x70: the new numbering",)


def test_a_missing_console_tool_is_named() -> None:
    there = "\r\n".join(name for name in steps.NEEDED if name != "pkgmgr")
    outcome = steps.console_tools(patient(Host(None, {"for %i": there})))
    assert outcome.result is Result.FAILED
    assert outcome.evidence == ("missing in System32: pkgmgr",)


def test_hidden_command_lines_are_a_warning_that_names_its_consequence() -> None:
    host = Host({"Win32_Process": [{"Name": "svchost.exe", "CommandLine": None}] * 3})
    outcome = steps.processes(patient(host))
    assert outcome.result is Result.WARNING and "state file alone" in str(outcome.mend)


def test_a_value_ubr_would_be_news_and_is_said_so() -> None:
    shown = "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\r\n    {}    {}\r\n\r\n"
    lines = {"/v CurrentBuildNumber": shown.format("CurrentBuildNumber    REG_SZ", "6003")}
    host = Host({"CIM_DataFile": [{"Version": "6.0.6003.20706"}]}, lines)
    assert steps.build_numbers(patient(host)).result is Result.OK
    host.lines["/v UBR"] = shown.format("UBR    REG_DWORD", "0x1")
    assert steps.build_numbers(patient(host)).result is Result.WARNING


def test_a_refused_login_stops_what_needs_one() -> None:
    def refuse() -> Any:
        raise LoginRefused("wrong password")

    records = {one.id: one.outcome for one in examine(steps.Patient(refuse, None), steps.STEPS)}
    assert records["login"].evidence == ("wrong password",)
    assert {records[one].result for one in ("shell", "wmi", "disk", "store")} == {Result.SKIPPED}
