# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Questions about settings that no registry key and no WMI class answers (private to this collection).

They are asked only where something needs them, besides those of `probes`. Their answers all have the form that the
registry has in a snapshot: place -> name -> ``{"type": ..., "data": ...}``; the types NUMBER, TEXT, ACCOUNTS and SDDL
are not those of the registry. secedit and auditpol write their answer to a file, which is in the temporary folder of
the login and gone when the answer is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .._console import auditpol, bcdedit, localgroup, registry, secedit, winrm
from .._console.command import Question, Reply
from .._console.text import ConsoleError
from . import hives, shared
from .probes import LinesProbe, Replies, RowsProbe
from .typed import Row, flag, required, text

_FILE = "%temp%\\sunset.ws2008."
AUDIT_PLACE = "subcategories"
VOLUMES, PROTECTION = "volumes", "ProtectionStatus"
DACL = "dacl"
Settings = dict[str, dict[str, dict[str, Any]]]


def _number(data: int) -> dict[str, Any]:
    return {"type": "NUMBER", "data": data}


def _worded(data: str) -> dict[str, Any]:
    return {"type": "TEXT", "data": data}


def _security(replies: Replies) -> Settings:
    template = secedit.parse(replies["security"].text)
    found: Settings = {secedit.RIGHTS: {}}
    for section in (secedit.ACCESS, secedit.KERBEROS):
        for name, written in template.get(section, {}).items():
            value = secedit.setting(written)
            found.setdefault(section, {})[name] = _number(value) if isinstance(value, int) else _worded(value)
    for name, written in template.get(secedit.RIGHTS, {}).items():
        found[secedit.RIGHTS][name] = {"type": "ACCOUNTS", "data": list(secedit.accounts(written))}
    return found


def _audit(replies: Replies) -> Settings:
    held = auditpol.parse(replies["audit"].text)
    return {AUDIT_PLACE: {guid: _number(value) for guid, value in held.items()}}


def _winrm(replies: Replies) -> Settings:
    held, ruled = winrm.parse_ruled(replies["winrm"].text)
    found = {path: {name: _worded(value) for name, value in names.items()} for path, names in held.items()}
    for path, names in ruled.items():
        for name, source in names.items():
            found[path][name]["source"] = source
    return found


def _boot(replies: Replies) -> Settings:
    held = bcdedit.parse_nx(replies["boot"].text)
    found: Settings = {bcdedit.ENTRY: {} if held is None else {bcdedit.NX: _worded(held)}}
    volumes = replies.get("encryption")
    status = bcdedit.parse_encryption(volumes.rc, volumes.text) if volumes is not None else None
    if status is not None:
        found[VOLUMES] = {PROTECTION: _number(status)}
    return found


SECURITY = LinesProbe("security", (Question("security", secedit.export(_FILE + "inf")),), _security)
AUDIT = LinesProbe("audit", (Question("audit", auditpol.backup(_FILE + "csv")),), _audit)
WINRM = LinesProbe("winrm", (Question("winrm", winrm.CONFIG),), _winrm)
BOOT = LinesProbe(
    "boot",
    (Question("boot", bcdedit.SHOW),),
    _boot,
    optional=(Question("encryption", bcdedit.ENCRYPTION),),
)
WINRM_LISTENERS = LinesProbe(
    "winrm_listeners",
    (Question("winrm_listeners", winrm.LISTENERS),),
    lambda replies: winrm.parse_listeners(replies["winrm_listeners"].text),
)
# Certificates that HTTP.SYS holds for addresses and ports: each is a TLS listener, on whatever port it is.
TLS_BINDINGS = LinesProbe(
    "tls_bindings",
    (Question("tls_bindings", registry.query("HKLM\\SYSTEM\\CurrentControlSet\\Services\\HTTP", subtree=True)),),
    lambda replies: _tls_bindings(replies["tls_bindings"]),
)
PROFILES = RowsProbe(
    "profiles",
    "Win32_UserProfile",
    ("SID", "LocalPath", "Loaded"),
    lambda rows, _: profiles(rows),
    lambda _: "Special=FALSE",
)
LOCAL_USERS = LinesProbe(
    "local_users",
    (Question("local_users", localgroup.USERS),),
    lambda replies: localgroup.parse_users(replies["local_users"].text),
)
BY_ID: Mapping[str, LinesProbe] = {
    one.id: one
    for one in (
        *(SECURITY, AUDIT, WINRM, WINRM_LISTENERS, BOOT, TLS_BINDINGS, LOCAL_USERS),
        *(shared.OF_FOLDERS, shared.OF_PRINTERS),
    )
}

_BOUND = re.compile(r"^HKEY_LOCAL_MACHINE\\.*\\SslBindingInfo\\(.+:\d+)\s*$", re.IGNORECASE | re.MULTILINE)


def _tls_bindings(reply: Reply) -> list[str]:
    """Return ``address:port`` of each binding; every machine has the key of HTTP.SYS."""
    if reply.rc != 0:
        raise ConsoleError(f"the TLS bindings of HTTP.SYS could not be read, reg.exe ended with {reply.rc}")
    return _BOUND.findall(reply.text)


_PERSON = re.compile(r"^S-1-5-21(?:-\d+){4}$", re.IGNORECASE)


def profiles(rows: list[Row]) -> list[dict[str, Any]]:
    """Read the profiles of people, not of services: SID, folder, whether the hive is loaded; and that of newcomers."""
    found = [dict(hives.NEWCOMERS)]
    for row in rows:
        sid, folder = required(row, "SID"), text(row, "LocalPath")
        if _PERSON.match(sid) and folder:
            found.append({"sid": sid, "path": folder, "loaded": bool(flag(row, "Loaded"))})
    return found


def groups(sids: Iterable[str]) -> LinesProbe:
    """Return the question about the members of groups that every Windows has; SID -> names."""
    asked = {sid: Question(f"group:{sid}", localgroup.members(sid)) for sid in sids}
    return LinesProbe(
        "groups",
        tuple(asked.values()),
        lambda replies: {sid: localgroup.parse(replies[question.key].text) for sid, question in asked.items()},
    )
