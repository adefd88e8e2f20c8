# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every question that a host is asked, and how its answer is read (private to this collection).

A probe is an id, a question, and a pure parser. Two kinds exist, because two things cost differently:

* `RowsProbe`: one WQL query over WS-Man. No shell, no code page, no locale; one request for each 20 rows on a
  stock WinRM 1.1 host (MaxBatchItems, MS-WSMV <9>), so the queries name their properties and select their rows.
* `LinesProbe`: cmd.exe lines, packed by `_console.command` into as few WinRS commands as possible.

Both can be asked without a network: `collect.py` writes the same questions into a script for cmd.exe.
No parser rests on a translated word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._console import builtin, netstat, registry, whoami, wmic
from .._console.command import Question, Reply
from . import readers
from .readers import CBS
from .typed import Row
from .verdict import data

Replies = Mapping[str, Reply]
WINDOWS = r"C:\Windows"
CURRENT_VERSION = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
CODE_SIGNING = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Servicing\Codesigning\SHA2"
UPDATE_RESTART = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired"
SESSION_MANAGER = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager"
COMPUTER_NAME = r"HKLM\SYSTEM\CurrentControlSet\Control\ComputerName"
UPDATE_EXE = r"HKLM\SOFTWARE\Microsoft\Updates"
CHECK_LOG = r"%windir%\Logs\CBS\CheckSUR.log"
CODE_PAGES = r"HKLM\SYSTEM\CurrentControlSet\Control\Nls\CodePage"
REFERENCE = "reference"
"""Key of the question about a registry key that exists nowhere; see `_console.registry`."""

_DOTNET = r"HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP"
ALWAYS_ASKED = (
    CURRENT_VERSION,
    CODE_SIGNING,
    r"HKLM\SOFTWARE\Microsoft\Internet Explorer",
    rf"{_DOTNET}\v2.0.50727",
    rf"{_DOTNET}\v3.0",
    rf"{_DOTNET}\v3.5",
    rf"{_DOTNET}\v4\Client",
    rf"{_DOTNET}\v4\Full",
)
"""Registry keys that every verdict may rest on: build, SHA-2, and which Internet Explorer and .NET there is."""

WATCHED_FILES = (
    r"system32\ntoskrnl.exe",
    r"system32\crypt32.dll",
    r"system32\appinfo.dll",
    r"system32\spoolsv.exe",
    r"system32\schannel.dll",
    r"system32\kerberos.dll",
    r"system32\wuaueng.dll",
    r"system32\cmitrust.dll",
    r"system32\mshtml.dll",
    r"system32\scksp.dll",
    r"system32\drivers\hvboot.sys",
    r"system32\drivers\srv.sys",
    r"system32\drivers\http.sys",
    r"system32\drivers\rdpwd.sys",
    r"system32\drivers\termdd.sys",
)
"""Files below the Windows folder whose versions prove a month or a fix (facts: servicing.md sections 1 and 5)."""

ESU_ACTIVATION_IDS: tuple[str, ...] = tuple(one["id"] for one in data("entitlements.yml")["licences"])
"""The add-ons that entitle to updates after January 2020."""


@dataclass(frozen=True)
class Place:
    """What a question has to know about the machine before it can be put: its Windows folder and drive."""

    windows: str = WINDOWS
    drive: str = "C:"

    def file(self, relative: str) -> str:
        """Return the full path of a file below the Windows folder."""
        return f"{self.windows}\\{relative}"


@dataclass(frozen=True)
class RowsProbe:
    """A question to WMI. `where` is the WQL condition for a place; `parse` takes all rows."""

    id: str
    class_name: str
    properties: tuple[str, ...]
    parse: Callable[[list[Row], Place], Any]
    where: Callable[[Place], str] | None = None

    def wql(self, place: Place) -> str:
        """Return the query as text."""
        condition = f" WHERE {self.where(place)}" if self.where else ""
        return f"SELECT {','.join(self.properties)} FROM {self.class_name}{condition}"

    def line(self, place: Place) -> str:
        """Return the same question for wmic: the fall-back where WMI over WS-Man does not work."""
        return wmic.get(self.class_name, self.properties, self.where(place) if self.where else None)


@dataclass(frozen=True)
class LinesProbe:
    """A question to cmd.exe. `parse` takes the reply of each key; `captured` are plainer lines for `collect.cmd`.

    A reply to an `optional` question may be missing from what `parse` gets, and costs nothing but itself.
    """

    id: str
    questions: tuple[Question, ...]
    parse: Callable[[Replies], Any]
    captured: tuple[Question, ...] = ()
    optional: tuple[Question, ...] = ()


def _files_condition(place: Place) -> str:
    escaped = (place.file(name).replace("\\", "\\\\") for name in WATCHED_FILES)
    return " OR ".join(f"Name='{path}'" for path in escaped)


def _read_files(rows: list[Row], place: Place) -> dict[str, str | None]:
    return readers.files(rows, [place.file(name) for name in WATCHED_FILES])


def _packages_line() -> str:
    r"""Build the line that prints ``<identity>    CurrentState    REG_DWORD    0x7`` for update packages only.

    The store holds thousands of packages and `reg query /s` would send a megabyte. The loop runs on the target in
    one process: a key line has an eighth part between backslashes (the identity), a value line has none.
    """
    wanted = 'if /i "!k:~0,14!"=="Package_for_KB" (echo !k!%a) else if /i "!k:~0,7!"=="VistaSP" (echo !k!%a)'
    asked = registry.query(CBS + r"\Packages", subtree=True).removesuffix(" 2>&1") + " /v CurrentState"
    return f"""(for /f "tokens=1,8 delims=\\" %a in ('{asked}') do @if "%b"=="" ({wanted}) else (set "k=%b"))"""


def _key(name: str) -> Question:
    return Question(f"key:{name}", registry.query(f"{CBS}\\{name}"))


def _packages_captured() -> Question:
    asked = registry.query(CBS + r"\Packages", subtree=True).removesuffix(" 2>&1")
    return Question("packages", f"{asked} /v CurrentState 2>&1")


ROWS: tuple[RowsProbe, ...] = (
    RowsProbe(
        "os",
        "Win32_OperatingSystem",
        (
            "Caption",
            "Version",
            "BuildNumber",
            "ServicePackMajorVersion",
            "ProductType",
            "OperatingSystemSKU",
            "OSArchitecture",
            "OSLanguage",
            "CodeSet",
            "LastBootUpTime",
            "LocalDateTime",
            "WindowsDirectory",
            "SystemDrive",
            "DataExecutionPrevention_SupportPolicy",
        ),
        lambda rows, _: readers.operating_system(rows),
    ),
    RowsProbe(
        "computer",
        "Win32_ComputerSystem",
        ("Name", "Domain", "PartOfDomain", "DomainRole", "TotalPhysicalMemory", "Manufacturer", "Model"),
        lambda rows, _: readers.computer(rows),
    ),
    RowsProbe("hotfixes", "Win32_QuickFixEngineering", ("HotFixID",), lambda rows, _: readers.hotfixes(rows)),
    RowsProbe(
        "services",
        "Win32_Service",
        ("Name", "State", "StartMode", "StartName", "PathName"),
        lambda rows, _: readers.services(rows),
    ),
    RowsProbe("files", "CIM_DataFile", ("Name", "Version"), _read_files, _files_condition),
    RowsProbe(
        "disk",
        "Win32_LogicalDisk",
        ("DeviceID", "FreeSpace", "Size"),
        lambda rows, _: readers.disk(rows),
        lambda place: f"DeviceID='{place.drive}'",
    ),
    RowsProbe(
        "licences",
        "SoftwareLicensingProduct",
        ("ID", "Name", "LicenseFamily", "LicenseIsAddon", "LicenseStatus", "PartialProductKey", "GracePeriodRemaining"),
        lambda rows, _: readers.licences(rows, ESU_ACTIVATION_IDS),
        # What has a key shows also an add-on whose id nobody published; a row without one tells nothing.
        lambda _: " OR ".join([*(f"ID='{one}'" for one in ESU_ACTIVATION_IDS), "PartialProductKey IS NOT NULL"]),
    ),
    RowsProbe("enclosure", "Win32_SystemEnclosure", ("SMBIOSAssetTag",), lambda rows, _: readers.enclosure(rows)),
    RowsProbe("features", "Win32_ServerFeature", ("ID",), lambda rows, _: readers.features(rows)),
)

PACKAGES = Question("packages", _packages_line(), raw=True)
LINES: tuple[LinesProbe, ...] = (
    LinesProbe(
        "stack",
        (Question("stack", builtin.folders(r"%windir%\servicing\Version")),),
        lambda replies: readers.stack(replies["stack"]),
    ),
    LinesProbe(
        "packages",
        (PACKAGES, Question("key:", registry.query(CBS))),
        lambda replies: readers.packages(replies["packages"], replies["key:"]),
        (_packages_captured(), Question("key:", registry.query(CBS))),
    ),
    LinesProbe(
        "markers",
        (
            Question("key:", registry.query(CBS)),
            _key("RebootPending"),
            _key("PackagesPending"),
            _key("RebootInProgress"),
            Question("update_restart", registry.query(UPDATE_RESTART)),
            Question("renames", registry.query(SESSION_MANAGER, "PendingFileRenameOperations")),
            Question("pending_xml", builtin.exists(r"%windir%\winsxs\pending.xml")),
            Question(REFERENCE, registry.query(registry.NO_SUCH_KEY)),
        ),
        readers.markers,
        optional=(
            Question("renames2", registry.query(SESSION_MANAGER, "PendingFileRenameOperations2")),
            Question("setup_execute", registry.query(SESSION_MANAGER, "SetupExecute")),
            Question("update_exe", registry.query(UPDATE_EXE, "UpdateExeVolatile")),
            Question("name_now", registry.query(COMPUTER_NAME + r"\ActiveComputerName", "ComputerName")),
            Question("name_next", registry.query(COMPUTER_NAME + r"\ComputerName", "ComputerName")),
        ),
    ),
    LinesProbe(
        "store",
        (PACKAGES, Question("package_files", builtin.names(r"%windir%\servicing\Packages\Package_for_KB*"))),
        readers.store,
        (
            _packages_captured(),
            Question("package_files", builtin.names(r"%windir%\servicing\Packages\Package_for_KB*")),
        ),
        (
            Question("check_found", builtin.count("(f)", CHECK_LOG)),
            Question("check_fixed", builtin.count("(fix)", CHECK_LOG)),
        ),
    ),
    LinesProbe("account", (Question("account", whoami.GROUPS),), lambda replies: readers.account(replies["account"])),
    LinesProbe(
        "codepage",
        (
            Question("oem", registry.query(CODE_PAGES, "OEMCP")),
            Question("ansi", registry.query(CODE_PAGES, "ACP")),
        ),
        lambda replies: readers.codepage(replies["oem"], replies["ansi"]),
    ),
    LinesProbe(
        "listeners",
        (Question("listeners", netstat.LISTENERS),),
        lambda replies: readers.listeners(replies["listeners"]),
    ),
)

ALL: tuple[RowsProbe | LinesProbe, ...] = (*ROWS, *LINES)
IDS: tuple[str, ...] = (*(probe.id for probe in ALL), "registry")


def registry_question(key: str) -> Question:
    """Return the question about one registry key; its reply is read by `_console.registry.read_key`.

    The key that holds the product key loses it on the target already: what is not sent cannot leak.
    """
    canonical = registry.canonical(key)
    line = registry.query(canonical)
    if canonical.casefold() == CURRENT_VERSION.casefold():
        line += ' | find /v "DigitalProductId"'
    return Question(registry_id(canonical), line)


def registry_id(key: str) -> str:
    """Return the id under which a single unreadable key stands in a snapshot's ``unknown``."""
    return f"registry:{registry.canonical(key)}"


def line_questions(
    registry_keys: Iterable[str], captured: bool = False, more: Iterable[LinesProbe] = ()
) -> list[Question]:
    """Return every cmd.exe question once, those of `more` included; the loop over the packages comes last.

    Its ``%a`` would pair up with a percent sign behind it before cmd.exe looks for a variable.
    """
    asked: dict[str, Question] = {}
    for probe in (*LINES, *more):
        asked_for = (probe.captured or probe.questions) if captured else probe.questions
        for question in (*asked_for, *probe.optional):
            asked.setdefault(question.key, question)
    for key in (*ALWAYS_ASKED, *registry_keys):
        if key.upper().startswith("HKCU\\"):
            continue  # that of the login tells nothing about the users; see `hives`
        question = registry_question(key)
        asked.setdefault(question.key.casefold(), question)
    return sorted(asked.values(), key=lambda question: question.raw)
