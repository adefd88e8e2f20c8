# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A session that answers from a table and writes down what it was asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from ansible_collections.sunset.ws2008.plugins.plugin_utils._host import probes
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import (
    CIMV2,
    CommandResult,
    Identity,
    ProtocolFault,
    TargetError,
    WmiRow,
)

ABSENT = "ERROR: The system was unable to find the specified registry key or value.\r\n"
ROWS: dict[str, list[dict[str, Any]]] = {
    "Win32_OperatingSystem": [
        {
            "Caption": "Microsoft® Windows Server® 2008 Standard",
            "Version": "6.0.6002",
            "ServicePackMajorVersion": "2",
            "ProductType": "3",
            "OperatingSystemSKU": "7",
            "OSArchitecture": "64-bit",
            "OSLanguage": "1033",
            "CodeSet": "1252",
            "LastBootUpTime": "2026-11-01T08:00:00+02:00",
            "LocalDateTime": "20261120190000.500000+060",
            "WindowsDirectory": "D:\\WINNT",
            "SystemDrive": "D:",
        }
    ],
    "Win32_ComputerSystem": [
        {
            "Name": "CERBERUS",
            "Domain": "WORKGROUP",
            "PartOfDomain": "false",
            "DomainRole": "2",
            "TotalPhysicalMemory": "4",
        }
    ],
    "Win32_QuickFixEngineering": [{"HotFixID": "KB955430"}, {"HotFixID": "KB955430"}, {"HotFixID": ""}],
    "Win32_Service": [
        {
            "Name": "Dnscache",
            "State": "Running",
            "StartMode": "Auto",
            "StartName": "NT AUTHORITY\\X",
            "PathName": "d.exe",
        }
    ],
    "CIM_DataFile": [{"Name": "d:\\winnt\\system32\\ntoskrnl.exe", "Version": "6.0.6002.18005"}],
    "Win32_LogicalDisk": [{"DeviceID": "D:", "FreeSpace": "100", "Size": "200"}],
    "SoftwareLicensingProduct": [],
    "Win32_SystemEnclosure": [{"SMBIOSAssetTag": "No Asset Tag"}],
    "Win32_ServerFeature": [{"ID": "14"}],
}
KEY = "\r\nHKEY_LOCAL_MACHINE\\{}\r\n{}\r\n"
VALUE = "    {}    {}    {}\r\n"
STORE = "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing"
VERSION = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
PACKAGE = "Package_for_KB955430~31bf3856ad364e35~amd64~~6.0.1.0"
LINES: list[tuple[str, int, str]] = [
    (r"servicing.Packages", 0, f"{PACKAGE}.cat\r\n{PACKAGE}.mum\r\n"),
    (r"dir /b", 0, "6.0.6002.18005\r\n"),
    (r"for /f", 0, f"{PACKAGE}    CurrentState    REG_DWORD    0x7\r\n"),
    (r'Component Based Servicing" 2', 0, KEY.format(STORE, VALUE.format("ExecuteState", "REG_DWORD", "0xffffffff"))),
    (r"winsxs.pending", 0, "no\r\n"),
    (r"whoami", 0, '"B\\A","Alias","S-1-5-32-544","a, b"\r\n"M\\H","x","S-1-16-12288","a, b"\r\n'),
    (r"/v OEMCP", 0, KEY.format("X", VALUE.format("OEMCP", "REG_SZ", "850"))),
    (r"/v ACP", 0, KEY.format("X", VALUE.format("ACP", "REG_SZ", "1252"))),
    (r"netstat", 0, "  TCP    0.0.0.0:80             0.0.0.0:0              LISTENING       4\r\n"),
    (r"Windows NT.CurrentVersion", 0, KEY.format(VERSION, VALUE.format("CurrentBuildNumber", "REG_SZ", "6002"))),
]  # fmt: skip


class FakeSession:
    """Answers `ROWS` and `LINES`; `broken` maps a class name or a pattern of a line to an error."""

    door = "winrs"
    read_only = False

    def __init__(self, broken: Mapping[str, TargetError] | None = None, wmi: bool = True, stack: str = "2.0") -> None:
        self.broken = dict(broken or {})
        self.wmi = wmi
        self.stack = stack
        self.rows = dict(ROWS)
        self.lines = list(LINES)
        self.asked: list[str] = []
        self.hurt: Callable[[str], str] = lambda stdout: stdout

    def identify(self) -> Identity:
        self.asked.append("identify")
        self._may_fail("identify")
        return Identity(f"OS: 6.0.6002 SP: 2.0 Stack: {self.stack}", self.stack, "Microsoft Corporation", os="6.0.6002")

    def query(self, wql: str, namespace: str = CIMV2) -> list[WmiRow]:
        self.asked.append(wql)
        class_name = wql.split(" FROM ")[1].split()[0]
        self._may_fail(class_name)
        if not self.wmi:
            raise ProtocolFault("WMI over WS-Man does not work here", 1)
        return [dict(row) for row in self.rows[class_name]]

    def run(self, command_line: str, stdin: bytes | None = None, timeout: float | None = None) -> CommandResult:
        self.asked.append(command_line)
        assert len(command_line) <= 8000
        self._may_fail("run")
        if stdin is not None:
            return CommandResult(0, self.hurt(self._converse(stdin.decode("ascii"))), "")
        if not command_line.startswith('cmd /v:on /c "'):
            rc, text = self.answer(command_line)
            return CommandResult(rc, text, "")
        out = ""
        for number, line in re.findall(r"echo \[\[(\d+)& (.*?)& echo \]\]\1 !errorlevel!", command_line):
            rc, text = self.answer(line)
            out += f"[[{number}\r\n{text}]]{number} {rc}\r\n"
        return CommandResult(0, self.hurt(out), "")

    def _converse(self, script: str) -> str:
        out = ""
        framed = r"^echo \[\[(\d+)\r\n\((.*)\) <nul\r\necho \]\]\1 %errorlevel%\r$"
        for number, line in re.findall(framed, script, re.M):
            self.asked.append(line)
            rc, text = self.answer(line)
            out += f"[[{number}\r\n{text}]]{number} {rc}\r\n"
        return out

    def answer(self, line: str) -> tuple[int, str]:
        """Answer one question."""
        if line.startswith("wmic"):
            return self._wmic(line)
        return next(((rc, text) for pattern, rc, text in self.lines if re.search(pattern, line)), (1, ABSENT))

    def _wmic(self, line: str) -> tuple[int, str]:
        class_name = line.split()[2]
        rows = ["\r\r\n".join(f"{name}={value}" for name, value in row.items()) for row in self.rows[class_name]]
        return 0, "\r\r\n\r\r\n" + "\r\r\n\r\r\n".join(
            rows
        ) + "\r\r\n\r\r\n" if rows else "No Instance(s) Available.\r\n"

    def _may_fail(self, what: str) -> None:
        if what in self.broken:
            raise self.broken[what]

    def get(self, *arguments: Any, **options: Any) -> WmiRow:
        raise AssertionError("an assessment only queries")

    invoke = get

    def upload(self, data: bytes | BinaryIO, path: str) -> None:
        raise AssertionError("an assessment changes nothing")

    def download(self, path: str) -> bytes:
        raise AssertionError("an assessment reads no files")

    def close(self) -> None:
        """Nothing to close."""


def whole() -> set[str]:
    """Return every probe id."""
    return set(probes.IDS)
