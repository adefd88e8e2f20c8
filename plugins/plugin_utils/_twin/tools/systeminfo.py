# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's systeminfo.exe of NT 6.0 (private to this collection), fed by WMI as the real one is.

Values begin in column 28 of an English listing (the longest label and two more). ``®`` is best-fitted
to ``r`` in an OEM code page, as published captures show; a redirected listing is not wrapped.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from .. import wmi
from ..process import Tool
from . import texts
from .common import best_fit, clock_time, csv_line, grouped, option_map, short_date
from .texts import NO, YES, Text

if TYPE_CHECKING:
    from ..process import Process

LABELS = (
    Text("Host Name", "Hostname", "Имя узла"),
    Text("OS Name", "Betriebssystemname", "Название ОС"),
    Text("OS Version", "Betriebssystemversion", "Версия ОС"),
    Text("OS Manufacturer", "Betriebssystemhersteller", "Изготовитель ОС"),
    Text("OS Configuration", "Betriebssystemkonfiguration", "Параметры ОС"),
    Text("OS Build Type", "Betriebssystem-Buildtyp", "Сборка ОС"),
    Text("Registered Owner", "Registrierter Benutzer", "Зарегистрированный владелец"),
    Text("Registered Organization", "Registrierte Organisation", "Зарегистрированная организация"),
    Text("Product ID", "Produkt-ID", "Код продукта"),
    Text("Original Install Date", "Ursprüngliches Installationsdatum", "Дата установки"),
    Text("System Boot Time", "Systemstartzeit", "Время загрузки системы"),
    Text("System Manufacturer", "Systemhersteller", "Изготовитель системы"),
    Text("System Model", "Systemmodell", "Модель системы"),
    Text("System Type", "Systemtyp", "Тип системы"),
    Text("Processor(s)", "Prozessor(en)", "Процессор(ы)"),
    Text("BIOS Version", "BIOS-Version", "Версия BIOS"),
    Text("Windows Directory", "Windows-Verzeichnis", "Папка Windows"),
    Text("System Directory", "System-Verzeichnis", "Системная папка"),
    Text("Boot Device", "Startgerät", "Устройство загрузки"),
    Text("System Locale", "Systemgebietsschema", "Язык системы"),
    Text("Input Locale", "Eingabegebietsschema", "Язык ввода"),
    Text("Time Zone", "Zeitzone", "Часовой пояс"),
    Text("Total Physical Memory", "Gesamter physikalischer Speicher", "Полный объем физической памяти"),
    Text("Available Physical Memory", "Verfügbarer physikalischer Speicher", "Доступная физическая память"),
    Text("Page File: Max Size", "Auslagerungsdatei: Max. Größe", "Файл подкачки: Макс. размер"),
    Text("Page File: Available", "Auslagerungsdatei: Verfügbar", "Файл подкачки: Доступен"),
    Text("Page File: In Use", "Auslagerungsdatei: In Verwendung", "Файл подкачки: Используется"),
    Text("Page File Location(s)", "Auslagerungsdateipfad(e)", "Расположение файла подкачки"),
    Text("Domain", "Domäne", "Домен"),
    Text("Logon Server", "Anmeldeserver", "Сервер входа в сеть"),
    Text("Hotfix(s)", "Hotfix(es)", "Исправление(я)"),
    Text("Network Card(s)", "Netzwerkkarte(n)", "Сетевые адаптеры"),
)
CONFIGURATIONS = (
    Text("Standalone Workstation", "Eigenständige Arbeitsstation", "Изолированная рабочая станция"),
    Text("Member Workstation", "Mitglied der Domäne/Arbeitsstation", "Рядовая рабочая станция"),
    Text("Standalone Server", "Alleinstehender Server", "Изолированный сервер"),
    Text("Member Server", "Mitgliedsserver", "Рядовой сервер"),
    Text("Additional/Backup Domain Controller", "Zusätzlicher Domänencontroller", "Резервный контроллер домена"),
    Text("Primary Domain Controller", "Primärer Domänencontroller", "Основной контроллер домена"),
)
OWNER_VERSION = Text(
    "{0} Service Pack {1} Build {2}", "{0} Service Pack {1} Build {2}", "{0} Пакет обновления {1} сборка {2}"
)
PROCESSORS = Text("{0} Processor(s) Installed.", "{0} Prozessor(en) installiert.", "Число процессоров - {0}.")
FIXES = Text("{0} Hotfix(s) Installed.", "{0} Hotfix(e) installiert.", "Число установленных исправлений - {0}.")
CARDS = Text("{0} NIC(s) Installed.", "{0} Netzwerkadapter installiert.", "Число сетевых адаптеров - {0}.")
CONNECTION_LABELS = (
    Text("Connection Name:", "Verbindungsname:", "Имя подключения:"),
    Text("DHCP Enabled:", "DHCP aktiviert:", "DHCP включен:"),
    Text("IP address(es)", "IP-Adresse(n)", "IP-адрес"),
)
CONNECTION = Text("Local Area Connection", "LAN-Verbindung", "Подключение по локальной сети")
MEGABYTES = Text("{0} MB", "{0} MB", "{0} МБ")
LANGUAGE = {
    "en-US": "en-us;English (United States)",
    "de-DE": "de;Deutsch (Deutschland)",
    "ru-RU": "ru;Русский",
}
ZONE = Text(
    "(GMT) Greenwich Mean Time : Dublin, Edinburgh, Lisbon, London",
    "(GMT) Westeuropäische Zeit: Dublin, Edinburgh, Lissabon, London",
    "(GMT) Время по Гринвичу: Дублин, Лондон, Лиссабон, Эдинбург",
)
INVALID = Text(
    "ERROR: Invalid argument/option - '{0}'.\nType \"SYSTEMINFO /?\" for usage.",
    'FEHLER: Ungültiges Argument bzw. ungültige Option - "{0}".\n'
    'Geben Sie "SYSTEMINFO /?" ein, um die Syntax anzuzeigen.',
    'ОШИБКА: Недопустимый аргумент или параметр - "{0}".\nВведите "SYSTEMINFO /?" для получения справки.',
)


def _row(process: Process, class_name: str) -> dict[str, object]:
    return wmi.query(process.machine, "root/cimv2", f"select * from {class_name}").rows[0]


def _when(process: Process, moment: object) -> str:
    if not isinstance(moment, datetime):
        return texts.NOT_AVAILABLE(process)
    return f"{short_date(process, moment)}, {clock_time(process, moment)}"


def _number(value: object) -> int:
    return int(str(value or 0))


def _memory(process: Process, megabytes: int) -> str:
    return MEGABYTES(process, grouped(process, megabytes))


def _system(process: Process) -> list[list[str]]:
    os, computer = _row(process, "Win32_OperatingSystem"), _row(process, "Win32_ComputerSystem")
    bios, cpu = _row(process, "Win32_BIOS"), _row(process, "Win32_Processor")
    physical, free = _number(computer["TotalPhysicalMemory"]) >> 20, _number(os["FreePhysicalMemory"]) >> 10
    page_file = physical + (_number(os["SizeStoredInPagingFiles"]) >> 10)
    page_free = free + (_number(os["FreeSpaceInPagingFiles"]) >> 10)
    released = bios["ReleaseDate"]
    dated = short_date(process, released) if isinstance(released, datetime) else ""
    version = OWNER_VERSION(process, os["Version"], os["ServicePackMajorVersion"], os["BuildNumber"])
    model = str(cpu["Caption"] or cpu["Name"]).partition(",")[0]
    processor = f"[01]: {model} {cpu['Manufacturer'] or 'GenuineIntel'} ~{cpu['MaxClockSpeed'] or 2992} Mhz"
    # nobody is logged on at the console, so a network or SYSTEM logon shows no logon server
    single = [
        str(computer["Name"]),
        best_fit(process, str(os["Caption"])) + " ",
        version,
        str(os["Manufacturer"]),
        CONFIGURATIONS[_number(computer["DomainRole"])](process),
        str(os["BuildType"]),
        str(os["RegisteredUser"] or ""),
        str(os["Organization"] or ""),
        str(os["SerialNumber"] or ""),
        _when(process, os["InstallDate"]),
        _when(process, os["LastBootUpTime"]),
        str(computer["Manufacturer"]),
        str(computer["Model"]),
        str(computer["SystemType"]),
    ]
    rest = [
        f"{bios['Manufacturer']} {bios['SMBIOSBIOSVersion']}, {dated}",
        str(os["WindowsDirectory"]),
        str(os["SystemDirectory"]),
        str(os["BootDevice"]),
        LANGUAGE.get(process.machine.locale, LANGUAGE["en-US"]),
        LANGUAGE.get(process.machine.locale, LANGUAGE["en-US"]),
        ZONE(process),
        _memory(process, physical),
        _memory(process, free),
        _memory(process, page_file),
        _memory(process, page_free),
        _memory(process, page_file - page_free),
        "C:\\pagefile.sys",
        str(computer["Domain"]),
        texts.NOT_AVAILABLE(process),
    ]
    return [*([text] for text in single), [PROCESSORS(process, 1), processor], *([text] for text in rest)]


def _hotfixes(process: Process) -> list[str]:
    rows = wmi.query(process.machine, "root/cimv2", "select HotFixID from Win32_QuickFixEngineering").rows
    if not rows:
        return [texts.NOT_AVAILABLE(process)]
    return [FIXES(process, len(rows)), *(f"[{n:02}]: {row['HotFixID']}" for n, row in enumerate(rows, 1))]


def _cards(process: Process) -> list[str]:
    rows = wmi.query(
        process.machine, "root/cimv2", "select * from Win32_NetworkAdapterConfiguration where IPEnabled=true"
    ).rows
    result = [CARDS(process, len(rows))]
    width = max(len(label(process)) for label in CONNECTION_LABELS[:2]) + 1
    for number, row in enumerate(rows, 1):
        addresses = row["IPAddress"] if isinstance(row["IPAddress"], list) else []
        result += [
            f"[{number:02}]: {row['Description']}",
            f"      {CONNECTION_LABELS[0](process):<{width}}{CONNECTION(process)}",
            f"      {CONNECTION_LABELS[1](process):<{width}}{(YES if row['DHCPEnabled'] else NO)(process)}",
            f"      {CONNECTION_LABELS[2](process)}",
            *(f"      [{n:02}]: {address}" for n, address in enumerate(addresses, 1)),
        ]
    return result


def fields(process: Process) -> list[list[str]]:
    """The values in the order of `LABELS`; lists hold one text for each line."""
    return [*_system(process), _hotfixes(process), _cards(process)]


def _listing(process: Process, values: Iterable[list[str]]) -> None:
    names = [label(process) + ":" for label in LABELS]
    width = max(len(name) for name in names) + 1
    process.say()
    for name, value in zip(names, values, strict=True):
        process.say(f"{name:<{width}}{value[0]}")
        for line in value[1:]:
            process.say(" " * width + line)


def systeminfo(process: Process) -> int:
    """Run systeminfo.exe with ``/fo list|table|csv`` and ``/nh``."""
    given = option_map(process, process.arguments, {"s": True, "u": True, "p": True, "fo": True, "nh": False})
    if isinstance(given, str):
        process.complain(INVALID(process, given))
        return 1
    form = given.get("fo", "list").casefold()
    if form not in ("list", "table", "csv") or ("nh" in given and form == "list"):
        process.complain(INVALID(process, given.get("fo", "/nh")))
        return 1
    values = fields(process)
    if form == "list":
        _listing(process, values)
        return 0
    rows = [",".join(line.strip() for line in value) for value in values]
    if form == "csv":
        if "nh" not in given:
            process.say(csv_line(label(process) for label in LABELS))
        process.say(csv_line(rows))
        return 0
    widths = [max(len(label(process)), len(text)) for label, text in zip(LABELS, rows, strict=True)]
    process.say()
    if "nh" not in given:
        process.say(" ".join(f"{label(process):<{width}}" for label, width in zip(LABELS, widths, strict=True)))
        process.say(" ".join("=" * width for width in widths))
    process.say(" ".join(f"{text:<{width}}" for text, width in zip(rows, widths, strict=True)))
    return 0


TOOLS: dict[str, Tool] = {"systeminfo": systeminfo}
