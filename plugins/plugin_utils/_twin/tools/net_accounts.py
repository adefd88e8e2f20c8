# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``net user``, ``net accounts``, ``net localgroup`` of NT 6.0 (private to this collection).

Layout after published captures of a Server 2008 (three columns of 25 characters, labels 54 wide).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..accounts import User
from .common import elevated
from .net_messages import COMPLETED, RULER, Failed, SystemError_
from .texts import NO, YES, Text

if TYPE_CHECKING:
    from ..process import Process

USERS_OF = Text("User accounts for {0}", "Benutzerkonten für {0}", "Учетные записи пользователей для {0}")
GROUPS_OF = Text("Aliases for {0}", "Aliase für {0}", "Псевдонимы для {0}")
NO_USER = Text(
    "The user name could not be found.",
    "Der Benutzername konnte nicht gefunden werden.",
    "Не найдено имя пользователя.",
)
USER_EXISTS = Text("The account already exists.", "Das Konto ist bereits vorhanden.", "Учетная запись уже существует.")
TOO_SHORT = Text(
    "The password does not meet the password policy requirements. Check the minimum password length, "
    "password complexity and password history requirements.",
    "Das Kennwort entspricht nicht den Anforderungen der Kennwortrichtlinien. Überprüfen Sie die Kennwortlänge, "
    "die Komplexität des Kennwortes und die Anforderungen bezüglich früherer Kennwörter.",
    "Введенный пароль не отвечает требованиям политики паролей. Укажите более длинный или сложный пароль.",
)
DC_ONLY = Text(
    "This command can be used only on a Windows Domain Controller.",
    "Dieser Befehl kann nur auf einem Windows-Domänencontroller verwendet werden.",
    "Эта команда может использоваться только на контроллере домена Windows.",
)
BAD_OPTION = Text(
    "An unknown option was specified, or an option was specified incorrectly: {0}",
    "Die Option {0} ist unbekannt oder wurde falsch angegeben.",
    "Неизвестный или неверно указанный параметр: {0}",
)
NEVER = Text("Never", "Nie", "Никогда")
UNLIMITED = Text("Unlimited", "Unbegrenzt", "Не ограничено")
NONE = Text("None", "Keine", "Нет")
ROLES = {
    "LanmanNT": Text("PRIMARY", "PRIMÄR", "ОСНОВНОЙ"),
    "ServerNT": Text("SERVER", "SERVER", "СЕРВЕР"),
    "WinNT": Text("WORKSTATION", "ARBEITSSTATION", "РАБОЧАЯ СТАНЦИЯ"),
}
# label -> name in [System Access], how to print 0 or nothing
ACCOUNT_LINES = (
    (
        Text(
            "Force user logoff how long after time expires?:",
            "Abmelden erzwingen nach Ablauf der Anmeldezeit um:",
            "Принудительный выход по истечении времени через:",
        ),
        "ForceLogoffWhenHourExpire",
        NEVER,
    ),
    (
        Text(
            "Minimum password age (days):",
            "Minimales Kennwortalter (Tage):",
            "Минимальный срок действия пароля (дней):",
        ),
        "MinimumPasswordAge",
        None,
    ),
    (
        Text(
            "Maximum password age (days):",
            "Maximales Kennwortalter (Tage):",
            "Максимальный срок действия пароля (дней):",
        ),
        "MaximumPasswordAge",
        UNLIMITED,
    ),
    (
        Text("Minimum password length:", "Minimale Kennwortlänge:", "Минимальная длина пароля:"),
        "MinimumPasswordLength",
        None,
    ),
    (
        Text(
            "Length of password history maintained:",
            "Länge der Kennwortchronik:",
            "Хранение неповторяющихся паролей:",
        ),
        "PasswordHistorySize",
        NONE,
    ),
    (Text("Lockout threshold:", "Sperrschwelle:", "Блокировка после ошибок ввода пароля:"), "LockoutBadCount", NEVER),
    (
        Text("Lockout duration (minutes):", "Sperrdauer (Minuten):", "Длительность блокировки (минут):"),
        "LockoutDuration",
        None,
    ),
    (
        Text(
            "Lockout observation window (minutes):",
            "Sperrüberwachungsfenster (Minuten):",
            "Сброс счетчика блокировок через (минут):",
        ),
        "ResetLockoutCount",
        None,
    ),
)
ROLE_LABEL = Text("Computer role:", "Computerrolle:", "Роль компьютера:")
ACCOUNT_SWITCHES = {
    "minpwage": "MinimumPasswordAge",
    "maxpwage": "MaximumPasswordAge",
    "minpwlen": "MinimumPasswordLength",
    "uniquepw": "PasswordHistorySize",
    "lockoutthreshold": "LockoutBadCount",
    "lockoutduration": "LockoutDuration",
    "lockoutwindow": "ResetLockoutCount",
}
USER_LABELS = {
    "name": Text("User name", "Benutzername", "Имя пользователя"),
    "full": Text("Full Name", "Vollständiger Name", "Полное имя"),
    "comment": Text("Comment", "Beschreibung", "Комментарий"),
    "user_comment": Text("User's comment", "Benutzerbeschreibung", "Комментарий пользователя"),
    "country": Text("Country code", "Ländereinstellung", "Код страны"),
    "active": Text("Account active", "Konto aktiv", "Учетная запись активна"),
    "expires": Text("Account expires", "Konto abgelaufen", "Учетная запись просрочена"),
    "required": Text("Password required", "Benötigt ein Kennwort", "Требуется пароль"),
    "may_change": Text(
        "User may change password", "Benutzer kann Kennwort ändern", "Пользователь может изменить пароль"
    ),
    "groups": Text("Local Group Memberships", "Lokale Gruppenmitgliedschaften", "Членство в локальных группах"),
    "global": Text("Global Group memberships", "Globale Gruppenmitgliedschaften", "Членство в глобальных группах"),
    "system": Text("000 (System Default)", "000 (Systemstandardwert)", "000 (Стандартный системный)"),
}
GROUP_LABELS = (
    Text("Alias name", "Aliasname", "Имя псевдонима"),
    Text("Comment", "Beschreibung", "Комментарий"),
    Text("Members", "Mitglieder", "Члены"),
)


def columns(process: Process, names: Sequence[str]) -> None:
    """Three names a line, 25 characters each."""
    for start in range(0, len(names), 3):
        process.say("".join(f"{name:<25}" for name in names[start : start + 3]).rstrip())


def _switches(process: Process, arguments: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    plain, found = [], {}
    for argument in arguments:
        if argument.startswith("/"):
            name, _separator, value = argument[1:].partition(":")
            found[name.casefold()] = value
        else:
            plain.append(argument)
    return plain, found


def _need_rights(process: Process) -> None:
    if not elevated(process):
        raise SystemError_(5)


# -- accounts ------------------------------------------------------------------------------------------


def accounts(process: Process, arguments: Sequence[str]) -> None:
    """``net accounts``: shows the policy, or changes it with ``/minpwlen:n`` and its kind."""
    plain, given = _switches(process, arguments)
    given.pop("domain", None)
    access = process.machine.policy.system_access
    unknown = plain[:1] or [name for name in given if name not in (*ACCOUNT_SWITCHES, "forcelogoff")]
    if unknown:
        raise Failed(BAD_OPTION(process, unknown[0]), 3506)
    if given:
        _need_rights(process)
        for name, value in given.items():
            number = 0 if value.casefold() in ("unlimited", "no", "never") else value
            if not str(number).isdigit():
                raise Failed(BAD_OPTION(process, f"/{name}:{value}"), 3506)
            key = ACCOUNT_SWITCHES.get(name, "ForceLogoffWhenHourExpire")
            access[key] = -1 if name == "maxpwage" and number == 0 else int(number)
        process.say(COMPLETED(process))
        return
    for label, key, zero in ACCOUNT_LINES:
        number_held = int(access.get(key, 30))
        shown = zero(process) if zero and number_held <= 0 else str(number_held)
        process.say(f"{label(process):<54}{shown}")
    kind = process.machine.registry.data("HKLM\\SYSTEM\\CurrentControlSet\\Control\\ProductOptions", "ProductType", "")
    process.say(f"{ROLE_LABEL(process):<54}{ROLES.get(kind, ROLES['ServerNT'])(process)}")
    process.say(COMPLETED(process))


# -- users ---------------------------------------------------------------------------------------------


def user(process: Process, arguments: Sequence[str]) -> None:
    """``net user``: list, show, add, change, delete."""
    plain, given = _switches(process, arguments)
    given.pop("domain", None)
    users = process.machine.accounts.users
    if not plain:
        process.say()
        process.say(USERS_OF(process, "\\\\" + process.machine.name))
        process.say()
        process.say(RULER)
        columns(process, sorted((held.name for held in users.values()), key=str.casefold))
        process.say(COMPLETED(process))
        return
    known = users.get(plain[0].casefold())
    if "add" in given:
        _add_user(process, plain, known)
        known = users[plain[0].casefold()]
    elif known is None:
        raise Failed(NO_USER(process), 2221)
    elif "delete" in given:
        _need_rights(process)
        _delete_user(process, known)
        process.say(COMPLETED(process))
        return
    elif len(plain) == 1 and not given:
        _show_user(process, known)
        process.say(COMPLETED(process))
        return
    else:
        _need_rights(process)
        if len(plain) > 1:
            _set_password(process, known, plain[1])
    _set_options(known, given)
    process.say(COMPLETED(process))


def _add_user(process: Process, plain: Sequence[str], known: User | None) -> None:
    _need_rights(process)
    if known is not None:
        raise Failed(USER_EXISTS(process), 2224)
    database = process.machine.accounts
    fresh = User(plain[0], database.next_rid())
    _set_password(process, fresh, plain[1] if len(plain) > 1 else "")
    database.add_user(fresh)


def _set_password(process: Process, held: User, password: str) -> None:
    policy = process.machine.policy.system_access
    kinds = sum(any(test(c) for c in password) for test in (str.islower, str.isupper, str.isdigit))
    kinds += any(not c.isalnum() for c in password)
    complex_enough = not int(policy.get("PasswordComplexity", 0)) or (kinds >= 3 and len(password) >= 6)
    if len(password) < int(policy.get("MinimumPasswordLength", 0)) or not complex_enough:
        raise Failed(TOO_SHORT(process), 2245)
    held.password = password


def _delete_user(process: Process, held: User) -> None:
    database = process.machine.accounts
    if held.rid in (500, 501):
        raise SystemError_(1371)
    sid = database.sid_of(held)
    for members in database.members.values():
        if sid in members:
            members.remove(sid)
    del database.users[held.name.lower()]


def _set_options(held: User, given: dict[str, str]) -> None:
    if "active" in given:
        held.disabled = given["active"].casefold() == "no"
        held.locked = held.locked and held.disabled  # /active:yes unlocks too
    held.full_name = given.get("fullname", held.full_name)
    held.comment = given.get("comment", held.comment)
    if "passwordreq" in given:
        held.password_required = given["passwordreq"].casefold() != "no"


def _show_user(process: Process, held: User) -> None:
    database = process.machine.accounts
    yes, no = YES(process), NO(process)
    label = {key: text(process) for key, text in USER_LABELS.items()}
    groups = [name for sid in database.groups_of(database.sid_of(held)) if (name := _group_name(process, sid))]
    rows = [
        (label["name"], held.name),
        (label["full"], held.full_name),
        (label["comment"], held.comment),
        (label["user_comment"], ""),
        (label["country"], label["system"]),
        (label["active"], no if held.disabled else yes),
        (label["expires"], NEVER(process)),
        ("", ""),
        (label["required"], yes if held.password_required else no),
        (label["may_change"], yes),
        ("", ""),
    ]
    for name, value in rows:
        process.say(f"{name:<28} {value}".rstrip())
    process.say(f"{label['groups']:<28} " + " ".join(f"*{name:<20}" for name in groups).rstrip())
    process.say(f"{label['global']:<28} *{NONE(process)}")


def _group_name(process: Process, sid: str) -> str:
    found = process.machine.accounts.lookup(sid)
    return found[1] if found else ""


# -- groups --------------------------------------------------------------------------------------------


def _group_sid(process: Process, typed: str) -> str:
    database = process.machine.accounts
    for sid in (*database.members, *database.local_groups):
        if _group_name(process, sid).casefold() == typed.casefold():
            return sid
    raise SystemError_(1376)


def localgroup(process: Process, arguments: Sequence[str]) -> None:
    """``net localgroup``: list, show, add and delete members or groups."""
    plain, given = _switches(process, arguments)
    given.pop("domain", None)
    database = process.machine.accounts
    if not plain:
        process.say()
        process.say(GROUPS_OF(process, "\\\\" + process.machine.name))
        process.say()
        process.say(RULER)
        sids = dict.fromkeys((*database.members, *database.local_groups))
        names = sorted((name for sid in sids if (name := _group_name(process, sid))), key=str.casefold)
        # the tool marks every group with an asterisk
        for name in names:
            process.say(f"*{name}")
        process.say(COMPLETED(process))
        return
    if "add" in given and len(plain) == 1:
        _need_rights(process)
        sid = f"{database.machine_sid}-{database.next_rid()}"
        database.local_groups[sid] = plain[0]
        database.members[sid] = []
        process.say(COMPLETED(process))
        return
    sid = _group_sid(process, plain[0])
    if given.keys() & {"add", "delete"}:
        _need_rights(process)
        _change_members(process, sid, plain[1:], add="add" in given)
    else:
        _show_group(process, sid)
    process.say(COMPLETED(process))


def _change_members(process: Process, sid: str, names: Sequence[str], add: bool) -> None:
    database = process.machine.accounts
    if not names:
        if sid not in database.local_groups:
            raise SystemError_(1371)
        del database.local_groups[sid]
        database.members.pop(sid, None)
        return
    members = database.members.setdefault(sid, [])
    for name in names:
        member = database.resolve(name)
        if member is None:
            raise SystemError_(1332)
        if add and member in members:
            raise SystemError_(1378)
        if not add and member not in members:
            raise SystemError_(1377)
        members.append(member) if add else members.remove(member)


def _show_group(process: Process, sid: str) -> None:
    process.say(f"{GROUP_LABELS[0](process):<15}{_group_name(process, sid)}")
    process.say(f"{GROUP_LABELS[1](process):<15}".rstrip())
    process.say()
    process.say(GROUP_LABELS[2](process))
    process.say()
    process.say(RULER)
    machine = process.machine
    for member in machine.accounts.members.get(sid, []):
        found = machine.accounts.lookup(member)
        domain, name = found or ("", member)
        process.say(name if domain.casefold() in ("", machine.name.casefold()) else f"{domain}\\{name}")


def group(process: Process, arguments: Sequence[str]) -> None:
    """``net group``: refused everywhere but on a domain controller."""
    raise Failed(DC_ONLY(process), 3515)
