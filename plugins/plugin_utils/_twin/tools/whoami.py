# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""whoami.exe (private to this collection): the token of the caller, as table, list or CSV.

Layout and order are those of a 2008 SP2 capture; its word for an integrity label is "Unknown SID type".
"""

from __future__ import annotations

from ..accounts import TokenGroup
from ..process import Logon, Process
from .common import csv_line
from .texts import Text

_USER = (Text("User Name", "Benutzername", "Пользователь"), Text("SID", "SID", "SID"))
_GROUP = (
    Text("Group Name", "Gruppenname", "Группа"),
    Text("Type", "Typ", "Тип"),
    Text("SID", "SID", "SID"),
    Text("Attributes", "Attribute", "Атрибуты"),
)
_PRIVILEGE = (
    Text("Privilege Name", "Berechtigungsname", "Имя привилегии"),
    Text("Description", "Beschreibung", "Описание"),
    Text("State", "Status", "Область, край"),
)
_TITLES = {
    "user": Text("USER INFORMATION", "BENUTZERINFORMATIONEN", "Сведения о пользователе"),
    "groups": Text("GROUP INFORMATION", "GRUPPENINFORMATIONEN", "Сведения о группах"),
    "priv": Text("PRIVILEGES INFORMATION", "BERECHTIGUNGSINFORMATIONEN", "Сведения о привилегиях"),
}
_KINDS = {
    "Alias": Text("Alias", "Alias", "Псевдоним"),
    "Well-known group": Text("Well-known group", "Bekannte Gruppe", "Хорошо известная группа"),
    "Group": Text("Group", "Gruppe", "Группа"),
    "Label": Text("Unknown SID type", "Unbekannter SID-Typ", "Неизвестный тип SID"),
}
_HELD = Text(
    "Mandatory group, Enabled by default, Enabled group",
    "Verbindliche Gruppe, Standardmäßig aktiviert, Aktivierte Gruppe",
    "Обязательная группа, Включены по умолчанию, Включенная группа",
)
_OWNER = Text(", Group owner", ", Gruppenbesitzer", ", Владелец группы")
_DENY = Text(
    "Group used for deny only",
    "Gruppe, die nur zum Ablehnen verwendet wird",  # reconstruction
    "Группа, используемая только для запрета",
)
_ENABLED = Text("Enabled", "Aktiviert", "включен")
_DISABLED = Text("Disabled", "Deaktiviert", "отключен")
_INVALID = Text(
    "ERROR: Invalid argument/option - '{0}'.\nType \"WHOAMI /?\" for usage.",
    'FEHLER: Ungültiges Argument/ungültige Option - "{0}".\nGeben Sie "WHOAMI /?" ein, um die Syntax anzuzeigen.',
    'ОШИБКА: Недопустимый аргумент или параметр - "{0}".\nВведите "WHOAMI /?" для получения справки.',
)
_SYNTAX = Text(
    'ERROR: Invalid syntax.\nType "WHOAMI /?" for usage.',
    'FEHLER: Ungültige Syntax.\nGeben Sie "WHOAMI /?" ein, um die Syntax anzuzeigen.',
    'ОШИБКА: Недопустимый синтаксис.\nВведите "WHOAMI /?" для получения справки.',
)
_NO_DOMAIN = Text(
    "ERROR: Unable to get Fully Qualified Distinguished Name (FQDN) as the current\n"
    "       logged-on user is not a domain user.",
    "FEHLER: Der vollqualifizierte Name kann nicht abgerufen werden, da der aktuell\n"
    "        angemeldete Benutzer kein Domänenbenutzer ist.",
    "ОШИБКА: Не удается получить полное имя, так как текущий пользователь\n        не является пользователем домена.",
)
# Privilege, English description, held by ordinary users too. Descriptions stay English on every twin.
_PRIVILEGES = (
    ("SeIncreaseQuotaPrivilege", "Adjust memory quotas for a process", False),
    ("SeSecurityPrivilege", "Manage auditing and security log", False),
    ("SeTakeOwnershipPrivilege", "Take ownership of files or other objects", False),
    ("SeLoadDriverPrivilege", "Load and unload device drivers", False),
    ("SeSystemProfilePrivilege", "Profile system performance", False),
    ("SeSystemtimePrivilege", "Change the system time", False),
    ("SeProfileSingleProcessPrivilege", "Profile single process", False),
    ("SeIncreaseBasePriorityPrivilege", "Increase scheduling priority", False),
    ("SeCreatePagefilePrivilege", "Create a pagefile", False),
    ("SeBackupPrivilege", "Back up files and directories", False),
    ("SeRestorePrivilege", "Restore files and directories", False),
    ("SeShutdownPrivilege", "Shut down the system", True),
    ("SeDebugPrivilege", "Debug programs", False),
    ("SeSystemEnvironmentPrivilege", "Modify firmware environment values", False),
    ("SeChangeNotifyPrivilege", "Bypass traverse checking", True),
    ("SeRemoteShutdownPrivilege", "Force shutdown from a remote system", False),
    ("SeUndockPrivilege", "Remove computer from docking station", True),
    ("SeManageVolumePrivilege", "Perform volume maintenance tasks", False),
    ("SeImpersonatePrivilege", "Impersonate a client after authentication", False),
    ("SeCreateGlobalPrivilege", "Create global objects", False),
    ("SeIncreaseWorkingSetPrivilege", "Increase a process working set", True),
    ("SeTimeZonePrivilege", "Change the time zone", True),
    ("SeCreateSymbolicLinkPrivilege", "Create symbolic links", False),
)
_ALWAYS_ON = ("SeChangeNotifyPrivilege", "SeImpersonatePrivilege", "SeCreateGlobalPrivilege")


def account_name(process: Process) -> str:
    """``machine\\user`` in lower case, as whoami writes it."""
    account = process.account
    if account.logon is Logon.SYSTEM or account.sid == "S-1-5-18":
        found = process.machine.accounts.lookup("S-1-5-18") or ("NT AUTHORITY", "SYSTEM")
        return f"{found[0]}\\{found[1]}".lower()
    return f"{account.domain or process.machine.name}\\{account.name}".lower()


def _rows(process: Process, what: str) -> list[list[str]]:
    if what == "user":
        return [[account_name(process), process.account.sid]]
    if what == "groups":
        return [_group_row(process, group) for group in process.machine.accounts.token_groups(process.account)]
    return [
        [name, text, (_ENABLED if _is_on(process, name) else _DISABLED)(process)]
        for name, text, everybody in _PRIVILEGES
        if everybody or process.account.administrator
    ]


def _is_on(process: Process, name: str) -> bool:
    """A network logon gets its privileges switched on."""
    return name in _ALWAYS_ON or process.account.logon is Logon.NETWORK


def _group_row(process: Process, group: TokenGroup) -> list[str]:
    name = f"{group.domain}\\{group.name}" if group.domain else group.name
    held = _DENY(process) if group.deny_only else _HELD(process) + (_OWNER(process) if group.owner else "")
    kind = _KINDS[group.kind](process) if group.kind in _KINDS else group.kind
    return [name, kind, group.sid, held]


_COLUMNS = {"user": _USER, "groups": _GROUP, "priv": _PRIVILEGE}


def run(process: Process) -> int:
    """``whoami [/upn|/fqdn|/logonid|/user|/groups|/priv|/all] [/fo table|list|csv] [/nh]``."""
    wanted: list[str] = []
    form = ""
    headless = False
    arguments = iter(process.arguments)
    for argument in arguments:
        lowered = argument[1:].lower() if argument[:1] in ("/", "-") else ""
        if lowered == "fo":
            form = next(arguments, "").lower()
            if form not in ("table", "list", "csv"):
                process.complain(_SYNTAX(process))
                return 1
        elif lowered == "nh":
            headless = True
        elif lowered in ("user", "groups", "priv", "all", "upn", "fqdn", "logonid"):
            wanted += ["user", "groups", "priv"] if lowered == "all" else [lowered]
        else:
            process.complain(_INVALID(process, argument))
            return 1
    if (headless and form == "list") or (not wanted and (form or headless)):
        process.complain(_SYNTAX(process))
        return 1
    return _answer(process, list(dict.fromkeys(wanted)), form or "table", headless)


def _answer(process: Process, wanted: list[str], form: str, headless: bool) -> int:
    if not wanted:
        process.say(account_name(process))
        return 0
    if wanted[0] in ("upn", "fqdn"):
        process.complain(_NO_DOMAIN(process))
        return 1
    if wanted[0] == "logonid":
        process.say("S-1-5-5-0-123456")
        return 0
    for what in wanted:
        _print(process, what, form, headless)
    return 0


def _print(process: Process, what: str, form: str, headless: bool) -> None:
    titles = [column(process) for column in _COLUMNS[what]]
    rows = _rows(process, what)
    if form == "csv":
        for row in rows if headless else [titles, *rows]:
            process.say(csv_line(row))
        return
    if not headless:
        heading = _TITLES[what](process)
        process.say("\r\n" + heading)
        process.say("-" * len(heading))
        process.say()
    if form == "list":
        _print_list(process, titles, rows)
    else:
        _print_table(process, titles, rows, headless)
    process.say()


def _print_list(process: Process, titles: list[str], rows: list[list[str]]) -> None:
    width = max(len(title) for title in titles) + 1
    for number, row in enumerate(rows):
        if number:
            process.say()
        for title, text in zip(titles, row, strict=True):
            process.say((title + ":").ljust(width) + " " + text)


def _print_table(process: Process, titles: list[str], rows: list[list[str]], headless: bool) -> None:
    table = rows if headless else [titles, *rows]
    widths = [max(len(row[index]) for row in table) for index in range(len(titles))]
    if not headless:
        process.say(" ".join(title.ljust(width) for title, width in zip(titles, widths, strict=True)).rstrip())
        process.say(" ".join("=" * width for width in widths))
    for row in rows:
        process.say(" ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


TOOLS = {"whoami": run}
