# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's w32tm.exe of NT 6.0 (private to this collection): ``/query`` came with Vista and 2008."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..process import Tool
from .common import clock_time, elevated, short_date, signed
from .texts import Text, win32

if TYPE_CHECKING:
    from ..process import Process

PARAMETERS = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\W32Time\\Parameters"
FAILED = Text(
    "The following error occurred: {0} (0x{1:08X})",
    "Folgender Fehler ist aufgetreten: {0} (0x{1:08X})",
    "Возникла следующая ошибка: {0} (0x{1:08X})",
)
# German and Russian: reconstruction
STATUS = (
    Text(
        "Leap Indicator: 0(no warning)",
        "Sprungindikator: 0(keine Warnung)",
        "Индикатор помех: 0(предупреждений нет)",
    ),
    Text(
        "Stratum: 1 (primary reference - syncd by radio clock)",
        "Stratum: 1 (Primärreferenz - synch. über Funkuhr)",
        "Страта: 1 (первичная ссылка - синхронизирована радиочасами)",
    ),
    Text(
        "Precision: -6 (15.625ms per tick)",
        "Präzision: -6 (15.625ms pro Tick)",
        "Точность: -6 (15.625ms за такт времени)",
    ),
    Text("Root Delay: 0.0000000s", "Stammverzögerung: 0.0000000s", "Задержка корня: 0.0000000s"),
    Text("Root Dispersion: 10.0000000s", "Stammabweichung: 10.0000000s", "Дисперсия корня: 10.0000000s"),
    Text(
        'ReferenceId: 0x4C4F434C (source name:  "LOCL")',
        'Referenz-ID: 0x4C4F434C (Quellname:  "LOCL")',
        'Идентификатор опорного времени: 0x4C4F434C (имя источника:  "LOCL")',
    ),
    Text(
        "Last Successful Sync Time: {0} {1}",
        "Letzte erfolgr. Synchronisierungszeit: {0} {1}",
        "Время последней успешной синхронизации: {0} {1}",
    ),
    Text("Source: {2}", "Quelle: {2}", "Источник: {2}"),
    Text("Poll Interval: 6 (64s)", "Abrufintervall: 6 (64s)", "Интервал опроса: 6 (64s)"),
)
SENDING = Text(
    "Sending resync command to local computer",
    "Befehl zum erneuten Synchronisieren wird an den lokalen Computer gesendet.",
    "Отправка команды синхронизации на локальный компьютер",
)
DONE = Text(
    "The command completed successfully.", "Der Befehl wurde erfolgreich ausgeführt.", "Команда выполнена успешно."
)
UNEXPECTED = Text("The command {0} is unknown.", "Der Befehl {0} ist unbekannt.", "Неизвестная команда {0}.")


def _fail(process: Process, code: int) -> int:
    process.say(FAILED(process, win32(process, code), 0x80070000 | code))
    return signed(0x80070000 | code)


def w32tm(process: Process) -> int:
    """Run w32tm.exe: ``/query /status|/source|/configuration``, ``/resync``, ``/tz``, ``/monitor`` not."""
    words = [argument.casefold() for argument in process.arguments]
    machine = process.machine
    if not words or words[0] not in ("/query", "/resync", "/tz"):
        process.say(UNEXPECTED(process, process.arguments[0] if process.arguments else ""))
        return signed(0x80070057)
    if words[0] == "/tz":
        process.say("Time zone: Current:TIME_ZONE_ID_UNKNOWN Bias: 0min (UTC=LocalTime+Bias)")
        return 0
    service = machine.services.get("W32Time")
    if words[0] == "/resync":
        process.say(SENDING(process))
    elif not elevated(process):
        return _fail(process, 5)
    if service is None or not service.running:
        return _fail(process, 1062)
    if words[0] == "/resync":
        process.say(DONE(process))
        return 0
    source = "Local CMOS Clock"
    if "/source" in words:
        process.say(source)
    elif "/status" in words:
        now = machine.clock.now()
        for line in STATUS:
            process.say(line(process, short_date(process, now), clock_time(process, now), source))
        process.say()
    elif "/configuration" in words:
        for name in ("Type", "NtpServer"):
            process.say(f"{name}: {machine.registry.data(PARAMETERS, name, '')} (Local)")
    else:
        return _fail(process, 87)
    return 0


TOOLS: dict[str, Tool] = {"w32tm": w32tm}
