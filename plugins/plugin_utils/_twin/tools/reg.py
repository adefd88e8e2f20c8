# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's reg.exe of NT 6.0 (private to this collection).

No ``/reg:32`` or ``/reg:64`` yet: those came with a later Windows, here they are invalid syntax and
the 32-bit view is the key WOW6432Node. Errors go to stderr with exit code 1. Layout of `query` after
published captures: a blank line, the key, four blanks before the name, the type and the data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..files import FileError
from ..process import Logon, Tool
from ..registry import HIVES, LONG_HIVES, RegistryError, RegValue
from . import texts
from .common import confirmed, decode, elevated, encode16, resolve
from .regfile import NotARegistryFile, parse, render
from .texts import Text

if TYPE_CHECKING:
    from ..process import Process

INVALID_SYNTAX = Text(
    'ERROR: Invalid syntax.\nType "REG {0}/?" for usage.',
    'FEHLER: Ungültige Syntax.\nGeben Sie "REG {0}/?" ein, um die Syntax anzuzeigen.',
    'ОШИБКА: Неверный синтаксис.\nВведите "REG {0}/?" для получения справки по использованию.',
)
INVALID_KEY = Text(
    'ERROR: Invalid key name.\nType "REG {0}/?" for usage.',
    'FEHLER: Ungültiger Schlüsselname.\nGeben Sie "REG {0}/?" ein, um die Syntax anzuzeigen.',
    'ОШИБКА: Неверное имя раздела.\nВведите "REG {0}/?" для получения справки по использованию.',
)
# German and Russian: reconstruction
BAD_NUMBER = Text(
    "ERROR: Invalid syntax. Specify valid numeric value for '/d'.\nType \"REG ADD /?\" for usage.",
    "FEHLER: Ungültige Syntax. Geben Sie einen gültigen numerischen Wert für '/d' an.\n"
    'Geben Sie "REG ADD /?" ein, um die Syntax anzuzeigen.',
    "ОШИБКА: Неверный синтаксис. Укажите допустимое числовое значение для '/d'.\n"
    'Введите "REG ADD /?" для получения справки по использованию.',
)
NOT_FOUND = Text(
    "ERROR: The system was unable to find the specified registry key or value.",
    "FEHLER: Der angegebene Registrierungsschlüssel bzw. Wert wurde nicht gefunden.",
    "ОШИБКА: Не удается найти указанный раздел или параметр в реестре.",
)
DENIED = Text("ERROR: Access is denied.", "FEHLER: Zugriff verweigert", "ОШИБКА: Отказано в доступе.")
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
DEFAULT_NAME = Text("(Default)", "(Standard)", "(По умолчанию)")
NOT_SET = Text("(value not set)", "(Wert nicht festgelegt)", "(значение не присвоено)")
SEARCH_END = Text(
    "End of search: {0} match(es) found.",
    "Ende der Suche: {0} Übereinstimmung(en) gefunden.",
    "Конец поиска: найдено совпадений: {0}.",
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

TYPES = ("REG_SZ", "REG_MULTI_SZ", "REG_EXPAND_SZ", "REG_DWORD", "REG_QWORD", "REG_BINARY", "REG_NONE")
# Keys that not even an administrator may write on NT 6.0 (owner TrustedInstaller) or look into (SYSTEM only).
_GUARDED = ("SOFTWARE\\MICROSOFT\\WINDOWS\\CURRENTVERSION\\COMPONENT BASED SERVICING",)
_SECRET = ("SAM\\SAM", "SECURITY")


class Refused(Exception):
    """reg.exe ends with this message on stderr and code 1."""


@dataclass(frozen=True)
class Key:
    """A key as reg.exe prints it (long hive, otherwise as typed) and where it is in the registry."""

    shown: str
    real: str

    def below(self, name: str) -> Key:
        """A subkey."""
        return Key(f"{self.shown}\\{name}", f"{self.real}\\{name}")


def find_key(process: Process, typed: str, operation: str) -> Key:
    """Read a key argument; raises `Refused` for one that names no hive of this machine."""
    if typed.startswith("\\\\"):
        raise Refused(texts.ERROR(process) + " " + texts.win32(process, 53))
    hive, _, rest = typed.rstrip("\\").partition("\\")
    short = HIVES.get(hive.upper())
    if short is None or "\\\\" in rest:
        raise Refused(INVALID_KEY(process, operation + " "))
    tail = f"\\{rest}" if rest else ""
    real = f"HKU\\{process.account.sid}" if short == "HKCU" else short
    return Key(LONG_HIVES[short] + tail, real + tail)


def may_read(process: Process, key: Key) -> bool:
    """SAM and SECURITY open for LocalSystem alone."""
    hive, _, rest = key.real.upper().partition("\\")
    secret = hive == "HKLM" and any(rest == name or rest.startswith(name + "\\") for name in _SECRET)
    return not secret or process.account.logon is Logon.SYSTEM


def may_write(process: Process, key: Key) -> bool:
    """Machine keys need a full administrator token; the component store's keys belong to TrustedInstaller."""
    hive, _, rest = key.real.upper().partition("\\")
    if hive == "HKU" and rest.split("\\")[0] == process.account.sid.upper():
        return True
    guarded = any(rest == name or rest.startswith(name + "\\") for name in _GUARDED)
    return elevated(process) and not guarded and may_read(process, key)


def need(process: Process, key: Key, write: bool = False) -> Key:
    """The key when it exists and may be used so; raises `Refused` as reg.exe words it."""
    if not may_read(process, key):
        raise Refused(DENIED(process))
    if not process.machine.registry.key_exists(key.real):
        raise Refused(NOT_FOUND(process))
    if write and not may_write(process, key):
        raise Refused(DENIED(process))
    return key


def switches(process: Process, arguments: Sequence[str], allowed: dict[str, int], operation: str) -> dict[str, str]:
    """Read ``/x [value]`` switches. `allowed`: 0 no value, 1 a value, 2 a value unless a switch follows."""
    found: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        name = rest.pop(0).casefold()
        name = "/" + name[1:] if name.startswith("-") else name
        kind = allowed.get(name)
        if kind is None or name in found or (kind == 1 and not rest):
            raise Refused(INVALID_SYNTAX(process, operation + " "))
        takes = kind == 1 or (kind == 2 and bool(rest) and rest[0].casefold() not in allowed)
        found[name] = rest.pop(0) if takes else ""
    return found


def shown_data(value: RegValue) -> str:
    """A value's data as `reg query` prints it."""
    if isinstance(value.data, bytes):
        return value.data.hex().upper()
    if isinstance(value.data, int):
        return f"0x{value.data:x}"
    if isinstance(value.data, list):
        return "\\0".join(value.data)
    return value.data or ""


# -- query --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Search:
    """What `reg query` shall show of each key."""

    pattern: str | None
    names_only: bool
    keys: bool
    names: bool
    data: bool
    exact: bool
    case: bool
    kinds: tuple[str, ...]

    @property
    def counts(self) -> bool:
        """A search ends with a line that counts the matches."""
        return self.pattern is not None

    def hit(self, text: str) -> bool:
        """Whether a text matches; ``*`` and ``?`` are wildcards on NT 6.0."""
        flags = 0 if self.case else re.IGNORECASE
        wild = re.escape(self.pattern or "").replace(r"\*", ".*").replace(r"\?", ".")
        finder = re.fullmatch if self.exact else re.search
        return finder(wild, text, flags | re.DOTALL) is not None


def _search_of(process: Process, given: dict[str, str]) -> _Search:
    kinds: tuple[str, ...] = ()
    if "/t" in given:
        kinds = tuple(kind.strip().upper() for kind in given["/t"].split(","))
        if any(kind not in TYPES for kind in kinds):
            raise Refused(INVALID_SYNTAX(process, "QUERY "))
    pattern = given.get("/f")
    bare_v = "/v" in given and not given["/v"]
    if (pattern is None) and (bare_v or given.keys() & {"/k", "/d", "/c", "/e"}):
        raise Refused(INVALID_SYNTAX(process, "QUERY "))
    chosen = bool(given.keys() & {"/k", "/d"}) or bare_v
    return _Search(
        pattern=pattern,
        names_only=bare_v,
        keys="/k" in given or not chosen,
        names=bare_v or not chosen,
        data="/d" in given or not chosen,
        exact="/e" in given,
        case="/c" in given,
        kinds=kinds,
    )


def _shown_name(process: Process, name: str) -> str:
    return name or DEFAULT_NAME(process)


def _say_value(process: Process, name: str, value: RegValue) -> None:
    process.say(f"    {_shown_name(process, name)}    {value.type}    {shown_data(value)}")


def query(process: Process, arguments: Sequence[str]) -> int:
    """``REG QUERY``: one key, one value, everything below, or a search."""
    if not arguments:
        raise Refused(INVALID_SYNTAX(process, "QUERY "))
    allowed = {"/v": 2, "/ve": 0, "/s": 0, "/f": 1, "/k": 0, "/d": 0, "/c": 0, "/e": 0, "/t": 1, "/z": 0, "/se": 1}
    given = switches(process, arguments[1:], allowed, "QUERY")
    if "/v" in given and "/ve" in given:
        raise Refused(INVALID_SYNTAX(process, "QUERY "))
    search = _search_of(process, given)
    key = need(process, find_key(process, arguments[0], "QUERY"))
    name = given["/v"] if given.get("/v") else "" if "/ve" in given else None
    if name is not None and "/s" not in given and not search.counts:
        return _query_value(process, key, name)
    if name is not None or search.counts or search.kinds:
        return _query_search(process, key, name, search, deep="/s" in given)
    process.say()
    _query_key(process, key, deep="/s" in given)
    return 0


def _query_value(process: Process, key: Key, name: str) -> int:
    value = process.machine.registry.get(key.real, name)
    if value is None and name:
        raise Refused(NOT_FOUND(process))
    process.say()
    process.say(key.shown)
    _say_value(process, name, value or RegValue("REG_SZ", NOT_SET(process)))
    process.say()
    return 0


def _query_key(process: Process, key: Key, deep: bool) -> None:
    registry = process.machine.registry
    values = registry.values(key.real) or {}
    # A plain query names the key only above values (published captures); a deep one names every key
    # it comes by - the latter is a reconstruction from memory of Schannel listings.
    if values or deep:
        process.say(key.shown)
        for name, value in _ordered(values):
            _say_value(process, name, value)
        process.say()
    for child in registry.subkeys(key.real) or []:
        if not deep:
            process.say(key.below(child).shown)
        elif may_read(process, key.below(child)):
            _query_key(process, key.below(child), deep=True)


def _ordered(values: dict[str, RegValue]) -> list[tuple[str, RegValue]]:
    return sorted(values.items(), key=lambda item: item[0] != "")


def _query_search(process: Process, key: Key, name: str | None, search: _Search, deep: bool) -> int:
    process.say()
    matches = _search_key(process, key, name, search, deep, top=True)
    process.say(SEARCH_END(process, matches))
    return 0 if matches else 1


def _search_key(process: Process, key: Key, name: str | None, search: _Search, deep: bool, top: bool) -> int:
    registry = process.machine.registry
    hits = [(n, v) for n, v in _ordered(registry.values(key.real) or {}) if _wanted(process, n, v, name, search)]
    leaf = key.shown.rpartition("\\")[2]
    named = search.counts and search.keys and name is None and not top and not search.kinds and search.hit(leaf)
    if hits or named:
        process.say(key.shown)
        for found, value in hits:
            _say_value(process, found, value)
        process.say()
    count = len(hits) + named
    for child in registry.subkeys(key.real) or []:
        below = key.below(child)
        if deep and may_read(process, below):
            count += _search_key(process, below, name, search, deep, top=False)
        elif not deep and search.counts and search.keys and name is None and search.hit(child):
            process.say(below.shown)
            count += 1
    return count


def _wanted(process: Process, found: str, value: RegValue, name: str | None, search: _Search) -> bool:
    if name is not None and found.casefold() != name.casefold():
        return False
    if search.kinds and value.type not in search.kinds:
        return False
    if not search.counts:
        return True
    return (search.names and name is None and search.hit(_shown_name(process, found))) or (
        search.data and search.hit(shown_data(value))
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
            process.say(EXISTS(process, _shown_name(process, name)), end="")
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
        process.say(question(process, _shown_name(process, name) if modes - {"/va"} else key.shown), end="")
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
            process.say(f"{mark} Value:  {key.shown}  {_shown_name(process, found)}  {value.type}  {shown_data(value)}")
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
    result = []
    for mark, key, mine, other in (("<", left, *sides), (">", right, sides[1], sides[0])):
        result += [(mark, key, n, v) for n, v in mine.items() if other.get(n) != v]
    if deep:
        children = {child.casefold(): child for key in (left, right) for child in registry.subkeys(key.real) or []}
        for child in children.values():
            result += _differences(process, left.below(child), right.below(child), None, deep)
    return result


# -- files ------------------------------------------------------------------------------------------


def export(process: Process, arguments: Sequence[str]) -> int:
    """``REG EXPORT``: a UTF-16LE file of version 5."""
    if len(arguments) < 2 or len(arguments) > 3 or (len(arguments) == 3 and arguments[2].casefold() not in ("/y", "-y")):
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
    """``REG SAVE|RESTORE|LOAD|UNLOAD|FLAGS``: the twin has no hive files, so it lacks the privilege for them."""
    raise Refused(NO_PRIVILEGE(process))


OPERATIONS: dict[str, Callable[[Process, Sequence[str]], int]] = {
    "query": query,
    "add": add,
    "delete": delete,
    "copy": copy,
    "compare": compare,
    "export": export,
    "import": import_,
    **dict.fromkeys(("save", "restore", "load", "unload", "flags"), hive_file),
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
