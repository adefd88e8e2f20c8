# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The command line of the twin's wmic.exe (private to this collection): global switches, alias, where, verb."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_NAMED = re.compile(r"[A-Za-z_]\w*=")


class BadLine(Exception):
    """wmic does not understand; `text` is its message."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


# alias -> class, properties of `list brief`
ALIASES: dict[str, tuple[str, tuple[str, ...]]] = {
    "os": (
        "Win32_OperatingSystem",
        ("BuildNumber", "Organization", "RegisteredUser", "SerialNumber", "SystemDirectory", "Version"),
    ),
    "qfe": (
        "Win32_QuickFixEngineering",
        (
            "Description",
            "FixComments",
            "HotFixID",
            "InstallDate",
            "InstalledBy",
            "InstalledOn",
            "Name",
            "ServicePackInEffect",
            "Status",
        ),
    ),
    "service": ("Win32_Service", ("ExitCode", "Name", "ProcessId", "StartMode", "State", "Status")),
    "sysdriver": ("Win32_SystemDriver", ("DisplayName", "Name", "PathName", "ServiceType", "StartMode", "State")),
    "computersystem": (
        "Win32_ComputerSystem",
        ("Domain", "Manufacturer", "Model", "Name", "PrimaryOwnerName", "TotalPhysicalMemory"),
    ),
    "bios": ("Win32_BIOS", ("Manufacturer", "Name", "SerialNumber", "SMBIOSBIOSVersion", "Version")),
    "process": ("Win32_Process", ("HandleCount", "Name", "Priority", "ProcessId", "ThreadCount", "WorkingSetSize")),
    "share": ("Win32_Share", ("Description", "Name", "Path")),
    "datafile": ("CIM_DataFile", ("FileSize", "Name", "Version")),
    "logicaldisk": ("Win32_LogicalDisk", ("DeviceID", "DriveType", "FreeSpace", "ProviderName", "Size", "VolumeName")),
    "useraccount": ("Win32_UserAccount", ("AccountType", "Caption", "Domain", "FullName", "Name", "SID")),
    "group": ("Win32_Group", ("Caption", "Domain", "Name", "SID")),
    "nicconfig": (
        "Win32_NetworkAdapterConfiguration",
        ("Description", "DHCPEnabled", "Index", "IPAddress", "MACAddress"),
    ),
    "cpu": ("Win32_Processor", ("Caption", "DeviceID", "Manufacturer", "MaxClockSpeed", "Name")),
    "timezone": ("Win32_TimeZone", ("Bias", "Caption", "StandardName")),
    "serverfeature": ("Win32_ServerFeature", ("ID", "Name", "ParentID")),
}
VERBS = ("get", "list", "call", "set", "delete", "assoc", "create")


@dataclass
class Line:
    """A parsed line. `rest` holds what follows the verb, verbatim."""

    namespace: str = "root/cimv2"
    class_name: str = ""
    alias: str = ""
    where: str = ""
    verb: str = "list"
    rest: str = ""
    output: str = ""
    switches: list[str] = field(default_factory=list)


def tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """Words with their span; quotes hold a word together and come off, parentheses hold together and stay."""
    position, length = 0, len(text)
    while position < length:
        if text[position].isspace():
            position += 1
            continue
        start = position
        word, depth, quote, kept = "", 0, "", False
        while position < length and (quote or depth or not text[position].isspace()):
            character = text[position]
            if quote:
                closing = character == quote
                quote = "" if closing else quote
                word += "" if closing and not kept else character
            elif character == '"' or (character == "'" and word):
                # quotes around a whole word come off, quotes inside a condition are WQL's
                quote, kept = character, bool(word)
                word += character if kept else ""
            else:
                depth += (character == "(") - (character == ")")
                word += character
            position += 1
        yield word, start, position


def parse(text: str) -> Line:
    """Read a whole command line; raises `BadLine` with the tool's English words."""
    line = Line()
    words = list(tokens(text))
    index = 0
    while index < len(words) and words[index][0].startswith("/"):
        _global_switch(line, words[index][0])
        index += 1
    if index >= len(words):
        raise BadLine("")
    index = _class(line, words, index)
    if index < len(words) and words[index][0].casefold() == "where":
        if index + 1 >= len(words):
            raise BadLine("Invalid WHERE clause.")
        line.where = words[index + 1][0]
        index += 2
    if index < len(words) and words[index][0].casefold() in VERBS:
        line.verb = words[index][0].casefold()
        line.rest = text[words[index][2] :].strip()
    elif index < len(words) and not words[index][0].startswith("/"):
        raise BadLine(f"{words[index][0]} - Invalid alias verb.")
    elif index < len(words):
        line.rest = text[words[index][1] :].strip()
    return line


def _global_switch(line: Line, word: str) -> None:
    name, _separator, value = word[1:].partition(":")
    if name.casefold() == "namespace":
        line.namespace = value.strip("\\").replace("\\", "/").lower()
    elif name.casefold() == "output":
        line.output = value
    elif name.casefold() not in (
        "node",
        "user",
        "password",
        "role",
        "implevel",
        "authlevel",
        "locale",
        "privileges",
        "trace",
        "record",
        "interactive",
        "failfast",
        "append",
        "aggregate",
    ):
        raise BadLine("Invalid Global Switch.")


def _class(line: Line, words: list[tuple[str, int, int]], index: int) -> int:
    first = words[index][0]
    if first.casefold() in ("path", "class"):
        if index + 1 >= len(words):
            raise BadLine("PATH expression.")
        name, _separator, key = words[index + 1][0].partition(".")
        line.class_name = name
        if key:
            line.where = " and ".join(part for part in key.split(","))
        return index + 2
    alias = ALIASES.get(first.casefold())
    if alias is None:
        raise BadLine(f"{first} - Alias not found.")
    line.alias, line.class_name = first.casefold(), alias[0]
    return index + 1


def condition(text: str) -> str:
    """A where clause as WQL: the outer parentheses may stay, a bare ``key=value`` may lack quotes."""
    clause = text.strip()
    if clause.startswith("(") and clause.endswith(")") and _one_group(clause):
        clause = clause[1:-1].strip()
    return clause


def _one_group(clause: str) -> bool:
    depth = 0
    for position, character in enumerate(clause):
        depth += (character == "(") - (character == ")")
        if not depth and position < len(clause) - 1:
            return False
    return True


def call_arguments(text: str) -> tuple[list[str], dict[str, str]]:
    """Positional and named arguments of ``call Method``: commas or blanks between, quotes around.

    Blanks part only what has a name, as in the vendor's own lines for StdRegProv.
    """
    plain: list[str] = []
    named: dict[str, str] = {}
    piece, quote, pieces = "", "", []
    opened = False
    for position, character in enumerate(text):
        if quote:
            if character == quote:
                quote = ""
            else:
                piece += character
        elif character.isspace() and _NAMED.match(piece) and _NAMED.match(text[position:].lstrip()):
            pieces.append((piece, opened))
            piece, opened = "", False
        elif character in "\"'" and (not piece or piece.endswith("=")):
            quote, opened = character, True
        elif character == ",":
            pieces.append((piece, opened))
            piece, opened = "", False
        else:
            piece += character
    if piece or opened:
        pieces.append((piece, opened))
    for raw, quoted in pieces:
        name, mark, value = raw.strip().partition("=")
        if mark and name.isidentifier() and (not quoted or raw.strip()[: len(name)].isidentifier()):
            named[name] = value
        else:
            plain.append(raw if quoted else raw.strip())
    return plain, named
