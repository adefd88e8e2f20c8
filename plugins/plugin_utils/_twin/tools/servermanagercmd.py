# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's servermanagercmd.exe of Server 2008 (private to this collection).

Exit codes after the vendor's list: 0 done, 1003 nothing to change, 3010 restart needed, 1000 failed,
1001 bad usage, 5 without administrator rights. It needs a full installation, not Server Core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from .. import wmi
from ..files import FileError
from ..process import Tool
from .common import elevated, encode16, resolve
from .texts import Text

if TYPE_CHECKING:
    from ..process import Process

NO_CHANGE = 1003
FAILED = 1000
BAD_USAGE = 1001
DENIED = 5
# command id -> Win32_ServerFeature id and title, in the order of the tool
FEATURES = {
    "AD-Certificate": (16, "Active Directory Certificate Services"),
    "AD-Domain-Services": (10, "Active Directory Domain Services"),
    "Application-Server": (1, "Application Server"),
    "DHCP": (12, "DHCP Server"),
    "DNS": (13, "DNS Server"),
    "File-Services": (6, "File Services"),
    "Hyper-V": (20, "Hyper-V"),
    "NPAS": (14, "Network Policy and Access Services"),
    "Print-Services": (7, "Print Services"),
    "Terminal-Services": (18, "Terminal Services"),
    "Web-Server": (2, "Web Server (IIS)"),
    "Desktop-Experience": (35, "Desktop Experience"),
    "Failover-Clustering": (33, "Failover Clustering"),
    "NET-Framework": (36, ".NET Framework 3.0 Features"),
    "PowerShell": (66, "Windows PowerShell"),
    "SNMP-Services": (59, "SNMP Services"),
    "Telnet-Client": (44, "Telnet Client"),
    "Telnet-Server": (45, "Telnet Server"),
    "TFTP-Client": (58, "TFTP Client"),
    "Backup-Features": (39, "Windows Server Backup Features"),
}
HEADINGS = (
    Text("----- Roles -----", "----- Rollen -----", "----- Роли -----"),
    Text("----- Features -----", "----- Features -----", "----- Компоненты -----"),
)
NEEDS_RIGHTS = Text(
    "Error: ServerManagerCmd.exe can be run only by a member of the Administrators group on the local computer.",
    "Fehler: ServerManagerCmd.exe kann nur von einem Mitglied der lokalen Gruppe Administratoren ausgeführt werden.",
    "Ошибка: ServerManagerCmd.exe может запускать только участник группы администраторов локального компьютера.",
)
NOTHING = Text(
    "NoChange: No changes were made because the roles, role services and features specified are already {0}.",
    "Keine Änderung: Die angegebenen Rollen, Rollendienste und Features sind bereits {0}.",
    "Без изменений: указанные роли, службы ролей и компоненты уже {0}.",
)
WORDS = {
    "-install": Text("installed", "installiert", "установлены"),
    "-remove": Text("removed", "entfernt", "удалены"),
}
SUCCEEDED = Text("Success: {0} succeeded.", "Erfolg: {0} war erfolgreich.", "Успех: {0} выполнено.")
NOT_VALID = Text("ArgumentNotValid: {0}", "Ungültiges Argument: {0}", "Недопустимый аргумент: {0}")
ROLES_END = "Web-Server"


def _installed(process: Process) -> set[int]:
    rows = wmi.query(process.machine, "root/cimv2", "select ID from Win32_ServerFeature").rows
    return {int(str(row["ID"])) for row in rows}


def _query(process: Process, path: str | None) -> int:
    installed = _installed(process)
    process.say(HEADINGS[0](process))
    process.say()
    for name, (number, title) in FEATURES.items():
        process.say(f"[{'X' if number in installed else ' '}] {title}  [{name}]")
        if name == ROLES_END:
            process.say()
            process.say(HEADINGS[1](process))
            process.say()
    if path is None:
        return 0
    rows = [
        f"<Feature DisplayName={quoteattr(title)} Id={quoteattr(name)} "
        f'Installed="{str(number in installed).lower()}" />'
        for name, (number, title) in FEATURES.items()
    ]
    xml = '<?xml version="1.0" encoding="utf-16"?>\r\n<ServerManagerConfigurationQuery>\r\n'
    try:
        process.machine.files.write(
            resolve(process, path), encode16(xml + "\r\n".join(rows) + "\r\n</ServerManagerConfigurationQuery>\r\n")
        )
    except FileError:
        return FAILED
    return 0


def _change(process: Process, verb: str, names: list[str]) -> int:
    wanted = [next((known for known in FEATURES if known.casefold() == name.casefold()), None) for name in names]
    if not wanted or None in wanted:
        process.say(NOT_VALID(process, " ".join(names)))
        return BAD_USAGE
    installed = _installed(process)
    numbers = {FEATURES[name][0] for name in wanted if name is not None}
    features = process.machine.hardware.features
    todo = numbers - installed if verb == "-install" else numbers & installed
    if not todo:
        process.say(NOTHING(process, WORDS[verb](process)))
        return NO_CHANGE
    features[:] = sorted({*features, *todo}) if verb == "-install" else [n for n in features if n not in todo]
    process.say(SUCCEEDED(process, verb))
    return 0


def servermanagercmd(process: Process) -> int:
    """Run servermanagercmd.exe: ``-query [file]``, ``-install id``, ``-remove id``."""
    if not elevated(process):
        process.say(NEEDS_RIGHTS(process))
        return DENIED
    words = [word for word in process.arguments if word.casefold() not in ("-restart", "-whatif", "-allsubfeatures")]
    verb = words[0].casefold().replace("/", "-", 1) if words else ""
    verb = {"-q": "-query", "-i": "-install", "-r": "-remove"}.get(verb, verb)
    if verb == "-query" and len(words) <= 2:
        return _query(process, words[1] if len(words) == 2 else None)
    if verb in WORDS:
        return _change(process, verb, words[1:])
    process.say(NOT_VALID(process, words[0] if words else ""))
    return BAD_USAGE


TOOLS: dict[str, Tool] = {"servermanagercmd": servermanagercmd}
