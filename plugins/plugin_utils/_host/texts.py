# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Single captured texts (private to this collection): what each of them tells about a machine.

A text is recognised by its shape, never by its name: `systeminfo`, `wmic qfe`, a cmd.exe banner or `ver`, `set`,
`gpresult`, `netstat -nao`, `whoami /all`, a WS-Man Identify answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .._console import builtin, netstat, systeminfo, whoami, wmic
from .._console.command import Reply
from .._console.text import ConsoleError, content, decode
from .._target.session import Identity
from .typed import Row

_BITS = {"x64": "64-bit", "x86": "32-bit", "ia64": "ia64"}
_SETTING = re.compile(r"^([A-Za-z_][^=]*)=(.*)$")
_PRODUCT_VERSION = re.compile(r"OS: (\d+\.\d+\.\d+) SP: (\d+\.\d+) Stack: (\d+\.\d+)")
_BARE_VERSION = re.compile(r":[ \t]+((?:[3-6]|10)\.[0-4]\.\d{4,5})$")


class NotRecognised(ConsoleError):
    """A text that tells nothing about a machine; the message continues a sentence that begins with its name."""


@dataclass
class Testimony:
    """What captured files say: rows by probe, replies by question key, reasons for what is missing, and leftovers."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    replies: dict[str, Reply] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    partial: dict[str, Any] = field(default_factory=dict)
    identity: Identity | None = None

    def host(self) -> str | None:
        """The name of the machine, where the text says it."""
        names = [row.get("Name") for row in self.rows.get("computer", ())]
        return str(names[0]) if names and names[0] else None


def recognise(data: bytes, name: str) -> Testimony:
    """Read one captured text. Raises `NotRecognised` when it is empty or of no kind that tells something."""
    if not data.strip(b" \t\r\n\0\x1a"):
        raise NotRecognised("is empty: capture it again, for example with: systeminfo > systeminfo.txt")
    for read in _READERS:
        testimony = read(data, name)
        if testimony is not None:
            return testimony
    raise NotRecognised(
        "is no evidence that is known here: give a folder that collect.cmd wrote, or the text of systeminfo"
    )


def together(testimonies: list[Testimony]) -> Testimony:
    """Join testimonies about one machine; an earlier one wins where two tell the same thing."""
    joined = Testimony()
    for testimony in testimonies:
        joined.rows = testimony.rows | joined.rows
        joined.replies = testimony.replies | joined.replies
        joined.why = testimony.why | joined.why
        joined.partial = testimony.partial | joined.partial
        joined.identity = joined.identity or testimony.identity
    if "hotfixes" in joined.rows:
        joined.partial.pop("hotfixes_seen", None)
    return joined


def _systeminfo(data: bytes, name: str) -> Testimony | None:
    try:
        info = systeminfo.parse(data)
    except systeminfo.NotSystemInfo:
        return None
    testimony = Testimony()
    testimony.rows["os"] = [
        {
            "Caption": info.caption,
            "Version": info.version,
            "BuildNumber": str(info.build),
            "ServicePackMajorVersion": str(info.service_pack),
            "OSArchitecture": _BITS[info.arch] if info.arch else None,
            "WindowsDirectory": info.windows_directory,
            "SystemDrive": info.windows_directory[:2] if info.windows_directory else None,
        }
    ]
    if info.host:
        testimony.rows["computer"] = [{"Name": info.host, "Domain": info.domain}]
    if info.hotfixes is not None:
        testimony.rows["hotfixes"] = [{"HotFixID": identifier} for identifier in info.hotfixes]
    else:
        testimony.why["hotfixes"] = f"{name}: {info.hotfix_note}"
        if info.hotfixes_seen:
            testimony.partial["hotfixes_seen"] = sorted(info.hotfixes_seen)
    return testimony


def _identify(data: bytes, name: str) -> Testimony | None:
    """Read a WS-Man Identify answer as text: no XML parser, so no entity in it means anything."""
    text = " ".join(decode(data).split())
    match = _PRODUCT_VERSION.search(text)
    if "IdentifyResponse" not in text or match is None:
        return None
    vendor = re.search(r"ProductVendor>\s*([^<]*?)\s*<", text)
    testimony = Testimony()
    hidden = match[1] == "0.0.0"
    testimony.identity = Identity(
        product_version=match[0], stack=match[3], vendor=vendor[1] if vendor else "", os=None if hidden else match[1]
    )
    return testimony


def _qfe(data: bytes, name: str) -> Testimony | None:
    text = decode(data)
    if "HotFixID" not in text:
        return None
    try:
        ids = wmic.parse_hotfixes(text)
    except ConsoleError as error:
        raise NotRecognised(f"looks like a list of wmic qfe, and is not one: {error}") from None
    return Testimony(rows={"hotfixes": [{"HotFixID": identifier} for identifier in ids]})


def _set(data: bytes, name: str) -> Testimony | None:
    settings = {m[1].upper(): m[2] for line in content(decode(data)) if (m := _SETTING.match(line))}
    if "COMPUTERNAME" not in settings or "SYSTEMROOT" not in settings:
        return None
    reason = f"{name}: an environment does not tell the version of Windows"
    return Testimony(rows={"computer": [{"Name": settings["COMPUTERNAME"]}]}, why={"os": reason})


def _banner(data: bytes, name: str) -> Testimony | None:
    return _version_only(builtin.parse_versions(decode(data)))


def _gpresult(data: bytes, name: str) -> Testimony | None:
    versions = {match[1] for line in content(decode(data)) if (match := _BARE_VERSION.search(line))}
    return _version_only(versions)


def _netstat(data: bytes, name: str) -> Testimony | None:
    text = decode(data)
    try:
        found = netstat.parse_listeners(text)
    except ConsoleError:
        return None
    return Testimony(replies={"listeners": Reply(0, text)}) if found else None


def _whoami(data: bytes, name: str) -> Testimony | None:
    text = decode(data)
    try:
        whoami.parse_groups(text)
    except ConsoleError:
        return None
    return Testimony(replies={"account": Reply(0, text)})


def _version_only(versions: set[str]) -> Testimony | None:
    if len(versions) > 1:
        raise NotRecognised(
            f"tells {len(versions)} different versions ({', '.join(sorted(versions))}): it is not of one machine"
        )
    return Testimony(rows={"os": [{"Version": version} for version in versions]}) if versions else None


_READERS: tuple[Callable[[bytes, str], Testimony | None], ...] = (
    _identify,
    _systeminfo,
    _qfe,
    _set,
    _banner,
    _gpresult,
    _netstat,
    _whoami,
)
