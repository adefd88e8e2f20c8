# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's auditpol.exe of NT 6.0 (private to this collection).

Names and settings are localised, GUIDs are not. The exit code is the Win32 error (87, 1314, ...).
``/backup`` writes the CSV with the numeric column *Setting Value*; that is what ``/restore`` goes by.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from ..files import FileError
from ..process import Tool
from .audit_table import CATEGORIES, DEFAULTS, SUBCATEGORIES, Category, Subcategory
from .common import ansi, confirmed, decode, elevated, resolve
from .texts import Text, win32

if TYPE_CHECKING:
    from ..process import Process

LSA = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa"
BAD_PARAMETER = 87
NO_PRIVILEGE = 1314

DONE = Text(
    "The command was successfully executed.",
    "Der Befehl wurde erfolgreich ausgeführt.",
    "Команда успешно выполнена.",
)
ERROR = Text("Error 0x{0:08X} occurred:\n{1}\n", "Fehler 0x{0:08X} aufgetreten:\n{1}\n", "Ошибка 0x{0:08X}:\n{1}\n")
HEADING = Text("System audit policy", "Systemüberwachungsrichtlinie", "Политика аудита системы")
COLUMNS = (
    Text("Category/Subcategory", "Kategorie/Unterkategorie", "Категория или подкатегория"),
    Text("Setting", "Einstellung", "Параметр"),
)
CSV_HEADING = Text(
    "Machine Name,Policy Target,Subcategory,Subcategory GUID,Inclusion Setting,Exclusion Setting",
    "Computername,Richtlinienziel,Unterkategorie,Unterkategorie-GUID,Aufnahmeeinstellung,Ausschlusseinstellung",
    "Имя компьютера,Целевой объект политики,Подкатегория,GUID подкатегории,Параметр включения,Параметр исключения",
)
VALUE_HEADING = Text("Setting Value", "Einstellungswert", "Значение параметра")
SETTINGS = (
    Text("No Auditing", "Keine Überwachung", "Без аудита"),
    Text("Success", "Erfolg", "Успех"),
    Text("Failure", "Fehler", "Сбой"),
    Text("Success and Failure", "Erfolg und Fehler", "Успех и сбой"),
)
ENABLED = Text("Enabled", "Aktiviert", "Включено")
DISABLED = Text("Disabled", "Deaktiviert", "Отключено")
SURE = Text(
    "Are you sure (Press N to cancel or any other key to continue)?",
    "Sind Sie sicher (N, um den Vorgang abzubrechen, oder eine beliebige andere Taste, um fortzufahren)?",
    "Вы уверены (нажмите N для отмены или любую другую клавишу для продолжения)?",
)
# option -> its registry value, in the order of a backup
OPTIONS = {
    "CrashOnAuditFail": "crashonauditfail",
    "FullPrivilegeAuditing": "fullprivilegeauditing",
    "AuditBaseObjects": "auditbaseobjects",
    "AuditBaseDirectories": "auditbasedirectories",
}
USAGE = "Usage: AuditPol command [<sub-command><options>]"


class Failed(Exception):
    """auditpol ends with this Win32 code."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


def _held(process: Process, guid: str) -> str | None:
    """The spelling under which the machine keeps a subcategory, if it keeps it."""
    bare = guid.strip("{}").upper()
    return next((key for key in process.machine.audit if key.strip("{}").upper() == bare), None)


def setting(process: Process, guid: str) -> int:
    """0 none, 1 success, 2 failure, 3 both; what nobody set is as on a fresh machine."""
    held = _held(process, guid)
    return process.machine.audit[held] if held else DEFAULTS.get(guid, 0)


def put(process: Process, guid: str, value: int) -> None:
    """Set one subcategory."""
    process.machine.audit[_held(process, guid) or guid] = value


def option(process: Process, name: str) -> int:
    """A global option as 0 or 1 (CrashOnAuditFail may be 2 after a crash)."""
    data = process.machine.registry.data(LSA, OPTIONS[name], 0)
    return int.from_bytes(data, "little") if isinstance(data, bytes) else int(data)


def _put_option(process: Process, name: str, value: int) -> None:
    registry = process.machine.registry
    if name == "FullPrivilegeAuditing":
        registry.set(LSA, OPTIONS[name], "REG_BINARY", bytes([value]))
    else:
        registry.set(LSA, OPTIONS[name], "REG_DWORD", value)


def _option_name(typed: str) -> str:
    for name in OPTIONS:
        if name.casefold() == typed.casefold():
            return name
    raise Failed(BAD_PARAMETER)


def _split(arguments: Sequence[str]) -> dict[str, str]:
    """``/name:value`` switches; the value without its outer quotes."""
    found: dict[str, str] = {}
    for argument in arguments:
        if argument[:1] not in ("/", "-"):
            raise Failed(BAD_PARAMETER)
        name, _separator, value = argument[1:].partition(":")
        if name.casefold() in found:
            raise Failed(BAD_PARAMETER)
        found[name.casefold()] = value.strip('"')
    return found


def _pieces(text: str) -> list[str]:
    return [piece.strip().strip('"') for piece in text.split(",") if piece.strip().strip('"')]


def _subcategory(typed: str) -> Subcategory:
    guid = "{" + typed.strip("{}").upper() + "}"
    if guid in SUBCATEGORIES:
        return SUBCATEGORIES[guid]
    for sub in SUBCATEGORIES.values():
        if sub.name.matches(typed):
            return sub
    raise Failed(BAD_PARAMETER)


def _categories(typed: str) -> list[Category]:
    if typed == "*":
        return list(CATEGORIES)
    result = []
    for piece in _pieces(typed):
        guid = "{" + piece.strip("{}").upper() + "}"
        found = next((c for c in CATEGORIES if c.guid == guid or c.name.matches(piece)), None)
        if found is None:
            raise Failed(BAD_PARAMETER)
        result.append(found)
    return result


def _chosen(process: Process, given: dict[str, str]) -> list[tuple[Category, list[Subcategory]]]:
    if "category" in given:
        return [(category, list(category.members)) for category in _categories(given["category"])]
    subs = SUBCATEGORIES.values() if given["subcategory"] == "*" else map(_subcategory, _pieces(given["subcategory"]))
    wanted = {sub.guid for sub in subs}
    chosen = [(c, [sub for sub in c.members if sub.guid in wanted]) for c in CATEGORIES]
    return [(category, members) for category, members in chosen if members]


def _need_privilege(process: Process) -> None:
    # Reading needs SeSecurityPrivilege too: an ordinary user cannot even look.
    if not elevated(process):
        raise Failed(NO_PRIVILEGE)


# -- commands ------------------------------------------------------------------------------------------


def get(process: Process, given: dict[str, str]) -> None:
    """``auditpol /get``: as a table, or as CSV with ``/r``."""
    _need_privilege(process)
    if "option" in given:
        name = _option_name(given["option"])
        value = (ENABLED if option(process, name) else DISABLED)(process)
        if "r" in given:
            process.say(CSV_HEADING(process))
            process.say(f"{process.machine.name},,Option:{name},,{value},")
        else:
            process.say(HEADING(process))
            process.say(f"{name:<42}{value}")
        return
    if not given.keys() & {"category", "subcategory"}:
        raise Failed(BAD_PARAMETER)
    chosen = _chosen(process, given)
    if "r" in given:
        process.say(CSV_HEADING(process))
        for sub in (sub for _category, members in chosen for sub in members):
            process.say(_csv_row(process, sub, setting(process, sub.guid)))
        return
    process.say(HEADING(process))
    process.say(f"{COLUMNS[0](process):<42}{COLUMNS[1](process)}")
    for category, members in chosen:
        process.say(category.name(process))
        for sub in members:
            process.say(f"  {sub.name(process):<40}{SETTINGS[setting(process, sub.guid)](process)}")


def _csv_row(process: Process, sub: Subcategory, value: int) -> str:
    text = SETTINGS[value](process)
    name = sub.name(process)
    quoted = f'"{name}"' if "," in name else name
    return f"{process.machine.name},System,{quoted},{sub.guid},{text},"


def _switch(given: dict[str, str], name: str) -> bool | None:
    if name not in given:
        return None
    if given[name].casefold() not in ("enable", "disable", ""):
        raise Failed(BAD_PARAMETER)
    return given[name].casefold() != "disable"


def set_(process: Process, given: dict[str, str]) -> None:
    """``auditpol /set``: without ``/success`` and ``/failure`` success is switched on."""
    if "option" in given:
        name = _option_name(given["option"])
        if given.get("value", "").casefold() not in ("enable", "disable"):
            raise Failed(BAD_PARAMETER)
        _need_privilege(process)
        _put_option(process, name, int(given["value"].casefold() == "enable"))
        process.say(DONE(process))
        return
    if not given.keys() & {"category", "subcategory"} or "user" in given:
        raise Failed(BAD_PARAMETER)
    success, failure = _switch(given, "success"), _switch(given, "failure")
    if success is None and failure is None:
        success = True
    subs = [sub for _category, members in _chosen(process, given) for sub in members]
    _need_privilege(process)
    for sub in subs:
        value = setting(process, sub.guid)
        for bit, wanted in ((1, success), (2, failure)):
            if wanted is not None:
                value = value | bit if wanted else value & ~bit
        put(process, sub.guid, value)
    process.say(DONE(process))


def list_(process: Process, given: dict[str, str]) -> None:
    """``auditpol /list``: names, with ``/v`` the GUIDs."""
    if "category" not in given and "subcategory" not in given:
        raise Failed(BAD_PARAMETER)
    with_guid = "v" in given or "r" in given
    process.say(f"{COLUMNS[0](process):<42}GUID" if with_guid else COLUMNS[0](process))
    chosen: Iterable[Category] = CATEGORIES
    if "subcategory" in given:
        chosen = _categories(given["subcategory"])
    for category in chosen:
        process.say(f"{category.name(process):<42}{category.guid}" if with_guid else category.name(process))
        for sub in category.members if "subcategory" in given else ():
            process.say(f"  {sub.name(process):<40}{sub.guid}" if with_guid else f"  {sub.name(process)}")


def backup(process: Process, given: dict[str, str]) -> None:
    """``auditpol /backup /file:path``."""
    _need_privilege(process)
    machine = process.machine
    rows = [f"{CSV_HEADING(process)},{VALUE_HEADING(process)}"]
    for sub in SUBCATEGORIES.values():
        value = setting(process, sub.guid)
        rows.append(f"{_csv_row(process, sub, value)},{value}")
    for name in OPTIONS:
        value = option(process, name)
        rows.append(f"{machine.name},,Option:{name},,{(ENABLED if value else DISABLED)(process)},,{value}")
    _write(process, given, "\r\n".join([*rows, ""]))
    process.say(DONE(process))


def _write(process: Process, given: dict[str, str], text: str) -> None:
    if not given.get("file"):
        raise Failed(BAD_PARAMETER)
    try:
        process.machine.files.write(resolve(process, given["file"]), text.encode(ansi(process), "replace"))
    except FileError as error:
        raise Failed(error.code) from error


def restore(process: Process, given: dict[str, str]) -> None:
    """``auditpol /restore /file:path``: every row is checked before the first is applied."""
    _need_privilege(process)
    if not given.get("file"):
        raise Failed(BAD_PARAMETER)
    try:
        text = decode(process, process.machine.files.read(resolve(process, given["file"])))
    except FileError as error:
        raise Failed(error.code) from error
    rows = list(csv.reader(io.StringIO(text)))
    if not rows or len(rows[0]) < 7:
        raise Failed(13)  # ERROR_INVALID_DATA
    settings: list[tuple[str, int]] = []
    options: list[tuple[str, int]] = []
    for row in rows[1:]:
        if not any(field.strip() for field in row):
            continue
        if len(row) < 7 or not row[6].strip().isdigit():
            raise Failed(13)
        value = int(row[6])
        if row[2].startswith("Option:"):
            options.append((_option_name(row[2].removeprefix("Option:")), value))
        elif row[3].strip():
            settings.append((_subcategory(row[3].strip()).guid, value & 3))
    for guid, value in settings:
        put(process, guid, value)
    for name, value in options:
        _put_option(process, name, value)
    process.say(DONE(process))


def clear(process: Process, given: dict[str, str]) -> None:
    """``auditpol /clear [/y]``: everything to no auditing."""
    _need_privilege(process)
    if "y" not in given:
        process.say(SURE(process))
        if confirmed(process, "n"):
            return
    for guid in SUBCATEGORIES:
        put(process, guid, 0)
    process.say(DONE(process))


COMMANDS: dict[str, Callable[[Process, dict[str, str]], None]] = {
    "get": get,
    "set": set_,
    "list": list_,
    "backup": backup,
    "restore": restore,
    "clear": clear,
}


def auditpol(process: Process) -> int:
    """Run auditpol.exe; 0 done, else the Win32 error."""
    arguments = process.arguments
    if not arguments or arguments[0] in ("/?", "-?"):
        process.say(USAGE)
        return 0
    try:
        command = COMMANDS.get(arguments[0][1:].casefold()) if arguments[0][:1] in ("/", "-") else None
        if command is None:
            raise Failed(BAD_PARAMETER)
        command(process, _split(arguments[1:]))
    except Failed as failed:
        process.complain(ERROR(process, failed.code, win32(process, failed.code)))
        return failed.code
    return 0


TOOLS: dict[str, Tool] = {"auditpol": auditpol}
