# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's bcdedit.exe of NT 6.0 (private to this collection): reading, and the few settings of hardening guides.

What is set counts from the next start. ``/deletevalue`` takes an option out of the entry (driver kit documentation,
BCDEdit /set and /deletevalue); the loader of a server takes OptOut then.

Key column 24 wide as in a published capture. Headings are localised, of the element names the first (seen in German;
Russian is a reconstruction).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import boot_store
from ..boot_store import SETTINGS
from ..process import Tool
from .common import elevated
from .texts import DONE, NO, YES, Text

if TYPE_CHECKING:
    from ..process import Process

MANAGER = Text("Windows Boot Manager", "Windows-Start-Manager", "Диспетчер загрузки Windows")
LOADER = Text("Windows Boot Loader", "Windows-Startladeprogramm", "Загрузка Windows")
DENIED = Text(
    "The boot configuration data store could not be opened.\nAccess is denied.",
    "Der Speicher für die Startkonfigurationsdaten konnte nicht geöffnet werden.\nZugriff verweigert",
    "Не удается открыть хранилище данных конфигурации загрузки.\nОтказано в доступе.",
)
IDENTIFIER = Text("identifier", "Bezeichner", "Идентификатор")
INVALID = Text(
    'The {0} command specified is not valid.\nRun "bcdedit /?" for command line assistance.',
    'Der angegebene Befehl {0} ist ungültig.\nFühren Sie "bcdedit /?" aus, um Hilfe zur Befehlszeile zu erhalten.',
    'Указанная команда {0} недопустима.\nДля получения справки введите "bcdedit /?".',
)
NO_ELEMENT = Text(
    "An error occurred while attempting to delete the specified data element.\nElement not found.",
    "Fehler beim Löschen des angegebenen Datenelements.\nElement nicht gefunden.",
    "Ошибка при удалении указанного элемента данных.\nЭлемент не найден.",
)
BOOLEANS = {"on": True, "yes": True, "true": True, "1": True, "off": False, "no": False, "false": False, "0": False}


def _change(process: Process, name: str, value: str) -> None:
    boot_store.put(process.machine, name, value)
    process.say(DONE(process))


def _delete(process: Process, words: list[str]) -> int:
    words = words[1:] if words and words[0].startswith("{") else words
    name = words[0].casefold() if words else ""
    if name not in SETTINGS or len(words) != 1:
        process.say(INVALID(process, "/deletevalue"))
        return 1
    if not boot_store.get(process.machine, name):
        process.say(NO_ELEMENT(process))
        return 1
    _change(process, name, "")
    return 0


def _say(process: Process, title: Text, rows: list[tuple[str, str]]) -> None:
    process.say()
    process.say(title(process))
    process.say("-" * len(title(process)))
    for name, value in rows:
        process.say(f"{name:<24}{value}")


def bcdedit(process: Process) -> int:
    """Run bcdedit.exe: ``/enum [{current}]``, ``/v``, ``/set [{id}] name value``, ``/deletevalue [{id}] name``."""
    if not elevated(process):
        process.say(DENIED(process))
        return 1
    words = list(process.arguments)
    command = words[0].casefold() if words else "/enum"
    if command == "/set":
        return _set(process, words[1:])
    if command == "/deletevalue":
        return _delete(process, words[1:])
    if command not in ("/enum", "/v"):
        process.say(INVALID(process, words[0]))
        return 1
    long_ids = "/v" in [word.casefold() for word in words]
    current = "{833a75b4-83ef-11db-aeb9-00174215ea2b}" if long_ids else "{current}"
    manager = "{9dea862c-5cdd-4e70-acc1-f32b344d4795}" if long_ids else "{bootmgr}"
    globals_ = "{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}" if long_ids else "{globalsettings}"
    inherited = "{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}" if long_ids else "{bootloadersettings}"
    resume = "{833a75b5-83ef-11db-aeb9-00174215ea2b}"
    locale = process.machine.locale
    rows = [
        (IDENTIFIER(process), manager),
        ("device", "partition=C:"),
        ("description", "Windows Boot Manager"),
        ("locale", locale),
        ("inherit", globals_),
        ("default", current),
        ("resumeobject", resume),
        ("displayorder", current),
        ("toolsdisplayorder", "{b2721d73-1db4-4c62-bf78-c548a880142d}" if long_ids else "{memdiag}"),
        ("timeout", "30"),
    ]
    if "{current}" not in [word.casefold() for word in words]:
        _say(process, MANAGER, rows)
    rows = [
        (IDENTIFIER(process), current),
        ("device", "partition=C:"),
        ("path", "\\Windows\\system32\\winload.exe"),
        ("description", "Microsoft Windows Server 2008"),
        ("locale", locale),
        ("inherit", inherited),
        ("osdevice", "partition=C:"),
        ("systemroot", "\\Windows"),
        ("resumeobject", resume),
    ]
    for name, default in SETTINGS.items():
        value = boot_store.get(process.machine, name)
        if value and (name != "bootstatuspolicy" or value != default):
            rows.append((name, value))
    _say(process, LOADER, rows)
    return 0


def _set(process: Process, words: list[str]) -> int:
    if words and words[0].startswith("{"):
        words = words[1:]
    name = words[0].casefold() if words else ""
    if name not in SETTINGS or len(words) != 2:
        process.say(INVALID(process, "/set"))
        return 1
    value = words[1]
    if name in ("recoveryenabled", "testsigning"):
        if value.casefold() not in BOOLEANS:
            process.say(INVALID(process, "/set"))
            return 1
        value = (YES if BOOLEANS[value.casefold()] else NO)(process)
    elif name == "nx":
        value = next((word for word in boot_store.POLICIES.values() if word.casefold() == value.casefold()), "")
    if not value:
        process.say(INVALID(process, "/set"))
        return 1
    _change(process, name, value)
    return 0


TOOLS: dict[str, Tool] = {"bcdedit": bcdedit}
