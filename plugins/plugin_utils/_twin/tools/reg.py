# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's reg.exe of NT 6.0 (private to this collection): everything that changes, and the files.

No ``/reg:32`` or ``/reg:64`` yet: those came with a later Windows, here they are invalid syntax and
the 32-bit view is the key WOW6432Node. Errors go to stderr with exit code 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..files import FileError
from ..process import Tool
from ..registry import RegistryError, RegValue
from . import reg_hive, texts
from .common import confirmed, decode, encode16, resolve
from .reg_base import (
    DENIED,
    INVALID_SYNTAX,
    NOT_FOUND,
    TYPES,
    Key,
    Refused,
    find_key,
    may_write,
    need,
    shown_data,
    shown_name,
    switches,
)
from .reg_query import query
from .regfile import NotARegistryFile, parse, render
from .texts import Text

if TYPE_CHECKING:
    from ..process import Process

# German and Russian: reconstruction
BAD_NUMBER = Text(
    "ERROR: Invalid syntax. Specify valid numeric value for '/d'.\nType \"REG ADD /?\" for usage.",
    "FEHLER: Ungültige Syntax. Geben Sie einen gültigen numerischen Wert für '/d' an.\n"
    'Geben Sie "REG ADD /?" ein, um die Syntax anzuzeigen.',
    "ОШИБКА: Неверный синтаксис. Укажите допустимое числовое значение для '/d'.\n"
    'Введите "REG ADD /?" для получения справки по использованию.',
)
NO_PRIVILEGE = Text(
    "ERROR: A required privilege is not held by the client.",
    "FEHLER: Dem Client fehlt ein erforderliches Recht.",
    "ОШИБКА: Клиент не обладает требуемыми правами.",
)
# English as published; German and Russian: reconstruction
CANNOT_OPEN = Text(
    "ERROR: Error opening the file. There may be a disk or file system error.",
    "FEHLER: Fehler beim Öffnen der Datei. Möglicherweise liegt ein Datenträger- oder Dateisystemfehler vor.",
    "ОШИБКА: Ошибка открытия файла. Возможна ошибка диска или файловой системы.",
)
CANNOT_ACCESS = Text(
    "ERROR: Error accessing the registry.",
    "FEHLER: Fehler beim Zugriff auf die Registrierung.",
    "ОШИБКА: Ошибка доступа к реестру.",
)
NO_SCRIPT = Text(
    "ERROR: The specified file is not a registry script.",
    "FEHLER: Die angegebene Datei ist kein Registrierungsskript.",
    "ОШИБКА: Указанный файл не является сценарием реестра.",
)
CANCELLED = Text(
    "The operation was canceled by the user.",
    "Der Vorgang wurde durch den Benutzer abgebrochen.",
    "Операция была отменена пользователем.",
)
EXISTS = Text(
    "Value {0} exists, overwrite(Yes/No)? ",
    "Der Wert {0} ist bereits vorhanden. Überschreiben (Ja/Nein)? ",
    "Параметр {0} уже существует, перезаписать (Да/Нет)? ",
)
FILE_EXISTS = Text(
    "File {0} already exists. Overwrite (Yes/No)?",
    "Die Datei {0} ist bereits vorhanden. Überschreiben (Ja/Nein)?",
    "Файл {0} уже существует. Перезаписать (Да/Нет)?",
)
DELETE_VALUE = Text(
    "Delete the registry value {0} (Yes/No)? ",
    "Möchten Sie den Registrierungswert {0} löschen (Ja/Nein)? ",
    "Удалить параметр реестра {0} (Да/Нет)? ",
)
DELETE_ALL = Text(
    "Delete all values under the registry key {0} (Yes/No)? ",
    "Möchten Sie alle Werte unter dem Registrierungsschlüssel {0} löschen (Ja/Nein)? ",
    "Удалить все параметры в разделе реестра {0} (Да/Нет)? ",
)
DELETE_KEY = Text(
    "Permanently delete the registry key {0} (Yes/No)? ",
    "Möchten Sie den Registrierungsschlüssel {0} endgültig löschen (Ja/Nein)? ",
    "Удалить навсегда раздел реестра {0} (Да/Нет)? ",
)
COMPARED_SAME = Text("Result Compared:  Identical", "Vergleichsergebnis: Identisch", "Результат сравнения: совпадают")
COMPARED_DIFFERENT = Text(
    "Result Compared:  Different", "Vergleichsergebnis: Unterschiedlich", "Результат сравнения: не совпадают"
)
USAGE = Text(
    "\nREG Operation [Parameter List]\n\n  Operation  [ QUERY   | ADD    | DELETE  | COPY    |\n"
    "               SAVE    | LOAD   | UNLOAD  | RESTORE |\n               COMPARE | EXPORT | IMPORT  | FLAGS ]\n\n"
    "Return Code: (Except for REG COMPARE)\n\n  0 - Successful\n  1 - Failed\n"
)


# -- add, delete, copy, compare -------------------------------------------------------------------


def _number(process: Process, text: str, bits: int) -> int:
    lowered = text.casefold()
    base16 = lowered.startswith("0x")
    digits = lowered[2:] if base16 else lowered
    try:
        number = int(digits, 16 if base16 else 10) if re.fullmatch("[0-9a-f]+", digits) else -1
    except ValueError:
        number = -1
    if not 0 <= number < 1 << bits:
        raise Refused(BAD_NUMBER(process))
    return number


def _read_value(process: Process, kind: str, text: str, separator: str) -> RegValue:
    if kind in ("REG_DWORD", "REG_QWORD"):
        return RegValue(kind, _number(process, text or "0", 64 if kind == "REG_QWORD" else 32))
    if kind == "REG_MULTI_SZ":
        items = text.split(separator) if text else []
        if any(not item for item in items[:-1]):  # two separators in a row would end the list early
            raise Refused(INVALID_SYNTAX(process, "ADD "))
        return RegValue(kind, [item for item in items if item])
    if kind in ("REG_BINARY", "REG_NONE"):
        if not re.fullmatch("[0-9a-fA-F]*", text):
            raise Refused(INVALID_SYNTAX(process, "ADD "))
        return RegValue(kind, bytes.fromhex("0" * (len(text) % 2) + text))
    return RegValue(kind, text)


def add(process: Process, arguments: Sequence[str]) -> int:
    """``REG ADD``: make a key, or write one value into it."""
    if not arguments:
        raise Refused(INVALID_SYNTAX(process, "ADD "))
    allowed = {"/v": 1, "/ve": 0, "/t": 1, "/d": 1, "/s": 1, "/f": 0}
    key = find_key(process, arguments[0], "ADD")
    given = switches(process, arguments[1:], allowed, "ADD")
    kind = given.get("/t", "REG_SZ").upper()
    named = "/v" in given or "/ve" in given
    separator = given.get("/s", "\\0")
    if ("/v" in given and "/ve" in given) or kind not in TYPES or not separator:
        raise Refused(INVALID_SYNTAX(process, "ADD "))
    if not named and given.keys() & {"/t", "/d", "/s"}:
        raise Refused(INVALID_SYNTAX(process, "ADD "))
    value = _read_value(process, kind, given.get("/d", ""), separator)
    if not may_write(process, key):
        raise Refused(DENIED(process))
    registry = process.machine.registry
    if not named:
        registry.create_key(key.real)
    else:
        name = given.get("/v", "")
        if "/f" not in given and registry.get(key.real, name) is not None:
            process.say(EXISTS(process, shown_name(process, name)), end="")
            _must_agree(process)
        registry.set(key.real, name, value.type, value.data)
    process.say(texts.DONE(process))
    return 0


def _must_agree(process: Process) -> None:
    """Raise `Refused` unless the next line of input says yes; no input counts as no (reconstruction)."""
    agreed = confirmed(process, texts.YES(process))
    process.say()
    if not agreed:
        raise Refused(CANCELLED(process))


def delete(process: Process, arguments: Sequence[str]) -> int:
    """``REG DELETE``: a key with everything below it, one value, or all values."""
    if not arguments:
        raise Refused(INVALID_SYNTAX(process, "DELETE "))
    key = find_key(process, arguments[0], "DELETE")
    given = switches(process, arguments[1:], {"/v": 1, "/ve": 0, "/va": 0, "/f": 0}, "DELETE")
    modes = given.keys() & {"/v", "/ve", "/va"}
    if len(modes) > 1:
        raise Refused(INVALID_SYNTAX(process, "DELETE "))
    need(process, key, write=True)
    name = given.get("/v", "")
    if "/f" not in given:
        question = DELETE_ALL if "/va" in modes else DELETE_VALUE if modes else DELETE_KEY
        process.say(question(process, shown_name(process, name) if modes - {"/va"} else key.shown), end="")
        _must_agree(process)
    registry = process.machine.registry
    if "/va" in modes:
        for found in registry.values(key.real) or {}:
            registry.delete_value(key.real, found)
    elif modes:
        if not registry.delete_value(key.real, name):
            raise Refused(NOT_FOUND(process))
    else:
        registry.delete_key(key.real)
    process.say(texts.DONE(process))
    return 0


def copy(process: Process, arguments: Sequence[str]) -> int:
    """``REG COPY``: values of one key into another, with ``/s`` everything below too."""
    if len(arguments) < 2:
        raise Refused(INVALID_SYNTAX(process, "COPY "))
    source, target = (find_key(process, typed, "COPY") for typed in arguments[:2])
    given = switches(process, arguments[2:], {"/s": 0, "/f": 0}, "COPY")
    need(process, source)
    if not may_write(process, target):
        raise Refused(DENIED(process))
    _copy_key(process, source, target, deep="/s" in given)
    process.say(texts.DONE(process))
    return 0


def _copy_key(process: Process, source: Key, target: Key, deep: bool) -> None:
    registry = process.machine.registry
    children = registry.subkeys(source.real) or []
    registry.create_key(target.real)
    for name, value in (registry.values(source.real) or {}).items():
        registry.set(target.real, name, value.type, value.data)
    for child in children if deep else []:
        _copy_key(process, source.below(child), target.below(child), deep)


def compare(process: Process, arguments: Sequence[str]) -> int:
    """``REG COMPARE``: 0 identical, 1 failed, 2 different."""
    if len(arguments) < 2:
        raise Refused(INVALID_SYNTAX(process, "COMPARE "))
    left, right = (need(process, find_key(process, typed, "COMPARE")) for typed in arguments[:2])
    allowed = {"/v": 1, "/ve": 0, "/s": 0, "/oa": 0, "/od": 0, "/os": 0, "/on": 0}
    given = switches(process, arguments[2:], allowed, "COMPARE")
    name = given.get("/v", "" if "/ve" in given else None)
    different = _differences(process, left, right, name, "/s" in given)
    if "/on" not in given:
        for mark, key, found, value in different if "/os" not in given else []:
            process.say(f"{mark} Value:  {key.shown}  {shown_name(process, found)}  {value.type}  {shown_data(value)}")
    process.say((COMPARED_DIFFERENT if different else COMPARED_SAME)(process))
    process.say()
    process.say(texts.DONE(process))
    return 2 if different else 0


def _differences(
    process: Process, left: Key, right: Key, name: str | None, deep: bool
) -> list[tuple[str, Key, str, RegValue]]:
    registry = process.machine.registry
    sides = [registry.values(key.real) or {} for key in (left, right)]
    if name is not None:
        sides = [{n: v for n, v in side.items() if n.casefold() == name.casefold()} for side in sides]
        if not any(sides):
            raise Refused(NOT_FOUND(process))
    result: list[tuple[str, Key, str, RegValue]] = []
    for mark, key, mine, other in (("<", left, sides[0], sides[1]), (">", right, sides[1], sides[0])):
        result += [(mark, key, n, v) for n, v in mine.items() if other.get(n) != v]
    if deep:
        children = {child.casefold(): child for key in (left, right) for child in registry.subkeys(key.real) or []}
        for child in children.values():
            result += _differences(process, left.below(child), right.below(child), None, deep)
    return result


# -- files ------------------------------------------------------------------------------------------


def export(process: Process, arguments: Sequence[str]) -> int:
    """``REG EXPORT``: a UTF-16LE file of version 5."""
    if (
        len(arguments) < 2
        or len(arguments) > 3
        or (len(arguments) == 3 and arguments[2].casefold() not in ("/y", "-y"))
    ):
        raise Refused(INVALID_SYNTAX(process, "EXPORT "))
    key = need(process, find_key(process, arguments[0], "EXPORT"))
    path = resolve(process, arguments[1])
    if len(arguments) == 2 and process.machine.files.exists(path):
        process.say(FILE_EXISTS(process, arguments[1]), end="")
        _must_agree(process)
    try:
        process.machine.files.write(path, encode16(render(process.machine.registry, key.real, key.shown)))
    except FileError as error:
        raise Refused(CANNOT_OPEN(process)) from error
    process.say(texts.DONE(process))
    return 0


def import_(process: Process, arguments: Sequence[str]) -> int:
    """``REG IMPORT``: success is announced on stderr, a known oddity of the tool."""
    if len(arguments) != 1:
        raise Refused(INVALID_SYNTAX(process, "IMPORT "))
    try:
        text = decode(process, process.machine.files.read(resolve(process, arguments[0])))
    except FileError as error:
        raise Refused(CANNOT_OPEN(process)) from error
    try:
        edits = parse(text)
    except NotARegistryFile as error:
        raise Refused(NO_SCRIPT(process)) from error
    registry = process.machine.registry
    failed = False
    for edit in edits:
        try:
            key = find_key(process, edit.key, "IMPORT")
        except Refused:
            failed = True
            continue
        if not may_write(process, key):
            # a key that is there already may be named above values without being changed
            failed = failed or edit.name is not None or edit.delete or not registry.key_exists(key.real)
            continue
        try:
            if edit.name is None:
                registry.delete_key(key.real) if edit.delete else registry.create_key(key.real)
            elif edit.value is None:
                registry.delete_value(key.real, edit.name)
            else:
                registry.set(key.real, edit.name, edit.value.type, edit.value.data)
        except RegistryError:
            failed = True
    if failed:
        raise Refused(CANNOT_ACCESS(process))
    process.complain(texts.DONE(process))
    return 0


def hive_file(process: Process, arguments: Sequence[str]) -> int:
    """``REG SAVE|RESTORE|FLAGS``: the twin has no hive files, so it lacks the privilege for them."""
    raise Refused(NO_PRIVILEGE(process))


OPERATIONS: dict[str, Callable[[Process, Sequence[str]], int]] = {
    "query": query,
    "add": add,
    "delete": delete,
    "copy": copy,
    "compare": compare,
    "export": export,
    "import": import_,
    "load": reg_hive.load,
    "unload": reg_hive.unload,
    **dict.fromkeys(("save", "restore", "flags"), hive_file),
}


def reg(process: Process) -> int:
    """Run reg.exe; 0 done, 1 failed (2 different, for ``compare``)."""
    if process.arguments in (["/?"], ["-?"], ["/h"]):
        process.say(USAGE(process))
        return 0
    operation = OPERATIONS.get(process.arguments[0].casefold()) if process.arguments else None
    if operation is None:
        process.complain(INVALID_SYNTAX(process, ""))
        return 1
    try:
        return operation(process, process.arguments[1:])
    except Refused as refusal:
        process.complain(str(refusal))
    except RegistryError as error:
        process.complain(texts.ERROR(process) + " " + texts.win32(process, error.code))
    return 1


TOOLS: dict[str, Tool] = {"reg": reg}
