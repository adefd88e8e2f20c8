# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ping.exe and timeout.exe (private to this collection): what batch files wait with."""

from __future__ import annotations

import ipaddress
import re

from ..cmd_streams import ConsoleInput
from ..process import Process
from .texts import Text

_PINGING = Text(
    "\nPinging {0} with {1} bytes of data:",
    "\nPing wird ausgeführt für {0} mit {1} Bytes Daten:",
    "\nОбмен пакетами с {0} с {1} байтами данных:",
)
_REPLY = Text(
    "Reply from {0}: {1}time<1ms{2}",
    "Antwort von {0}: {1}Zeit<1ms{2}",
    "Ответ от {0}: {1}время<1мс{2}",
)
_BYTES = Text("bytes={0} ", "Bytes={0} ", "число байт={0} ")
_TIMED_OUT = Text(
    "Request timed out.", "Zeitüberschreitung der Anforderung.", "Превышен интервал ожидания для запроса."
)
_STATISTICS = Text(
    "\nPing statistics for {0}:\n    Packets: Sent = {1}, Received = {2}, Lost = {3} ({4}% loss),",
    "\nPing-Statistik für {0}:\n    Pakete: Gesendet = {1}, Empfangen = {2}, Verloren = {3}\n    ({4}% Verlust),",
    "\nСтатистика Ping для {0}:\n    Пакетов: отправлено = {1}, получено = {2}, потеряно = {3}\n    ({4}% потерь)",
)
_TIMES = Text(
    "Approximate round trip times in milli-seconds:\n    Minimum = 0ms, Maximum = 0ms, Average = 0ms",
    "Ca. Zeitangaben in Millisek.:\n    Minimum = 0ms, Maximum = 0ms, Mittelwert = 0ms",
    "Приблизительное время приема-передачи в мс:\n    Минимальное = 0мсек, Максимальное = 0 мсек, Среднее = 0 мсек",
)
_NO_HOST = Text(
    "Ping request could not find host {0}. Please check the name and try again.",
    'Ping-Anforderung konnte Host "{0}" nicht finden. Überprüfen Sie den Namen, und\nversuchen Sie es erneut.',
    "При проверке связи не удалось обнаружить узел {0}.\nПроверьте имя узла и повторите попытку.",
)
_BAD_OPTION = Text("Bad option {0}.", "Ungültige Option {0}.", "Неправильный параметр {0}.")
_NO_NAME = Text(
    "IP address must be specified.", "Die IP-Adresse muss angegeben werden.", "Необходимо указать IP-адрес."
)
_REDIRECTED = Text(
    "ERROR: Input redirection is not supported, exiting the process immediately.",
    "FEHLER: Die Eingabeumleitung wird nicht unterstützt. Der Prozess wird sofort beendet.",
    "ОШИБКА: Перенаправление ввода не поддерживается - немедленное завершение процесса.",
)
_INVALID = Text(
    'ERROR: Invalid syntax. Type "TIMEOUT /?" for usage.',
    'FEHLER: Ungültige Syntax. Geben Sie "TIMEOUT /?" ein, um die Syntax anzuzeigen.',
    'ОШИБКА: Недопустимый синтаксис. Введите "TIMEOUT /?" для получения справки.',
)
_RANGE = Text(
    "ERROR: Invalid value for timeout (/T) specified. Valid range is -1 to 99999 seconds.",
    "FEHLER: Ungültiger Wert für das Zeitlimit (/T). Der gültige Bereich liegt zwischen -1 und 99999 Sekunden.",
    "ОШИБКА: указано недопустимое значение таймаута (/T). Допустимый диапазон: от -1 до 99999 секунд.",
)
_WAITING = Text(
    "\nWaiting for {0} seconds, press a key to continue ...",
    "\nGewartet wird {0} Sekunden. Weiter mit beliebiger Taste...",
    "\nОжидание {0} секунд. Чтобы продолжить, нажмите любую клавишу ...",
)


def ping(process: Process) -> int:
    """``ping [-n count] [-w ms] [-l size] [-t] [-4|-6] host``: answers from this machine only, a second apart."""
    count, wait, size = 4, 4.0, 32
    host = ""
    arguments = iter(process.arguments)
    for argument in arguments:
        option = argument[1:].lower() if argument[:1] in ("-", "/") else ""
        if option in ("n", "w", "l", "i"):
            value = next(arguments, "")
            if not value.isdecimal():
                process.say(_BAD_OPTION(process, argument))
                return 1
            count = int(value) if option == "n" else count
            wait = int(value) / 1000 if option == "w" else wait
            size = int(value) if option == "l" else size
        elif option == "t":
            count = 2**31
        elif option in ("a", "f", "4", "6", "r", "s", "j", "k"):
            continue
        elif option or argument[:1] in ("-", "/"):
            process.say(_BAD_OPTION(process, argument))
            return 1
        else:
            host = argument
    if not host:
        process.say(_NO_NAME(process))
        return 1
    return _ping(process, host, "6" not in process.tail.split(), max(count, 1), wait, size)


def _ping(process: Process, host: str, _v4: bool, count: int, wait: float, size: int) -> int:
    address = _resolve(process, host)
    if address is None:
        process.say(_NO_HOST(process, host))
        return 1
    here = ipaddress.ip_address(address).is_loopback
    shown = address if host == address else f"{process.machine.name} [{address}]"
    process.say(_PINGING(process, shown, size))
    received = 0
    for number in range(count):
        if here:
            v6 = ":" in address
            process.say(_REPLY(process, address, "" if v6 else _BYTES(process, size), " " if v6 else " TTL=128"))
            received += 1
        else:
            process.sleep(wait)
            process.say(_TIMED_OUT(process))
        if number + 1 < count:
            process.sleep(1 if here else 0)
    lost = count - received
    process.say(_STATISTICS(process, address, count, received, lost, 100 * lost // count))
    if received:
        process.say(_TIMES(process))
    return 0 if received else 1


def _resolve(process: Process, host: str) -> str | None:
    """An address for a name: the machine knows itself and nobody else."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    if host.lower() in ("localhost", process.machine.name.lower()):
        return "::1"
    return None


def timeout(process: Process) -> int:
    """``timeout /t seconds [/nobreak]``: refuses input that is no console, as under WinRS."""
    words = [argument.lower() for argument in process.arguments]
    numbers = [word for word in words if re.fullmatch(r"[+-]?\d+", word)]
    others = [word for word in words if word not in ("/t", "/nobreak") and word not in numbers]
    if others or len(numbers) != 1:
        process.complain(_INVALID(process))
        return 1
    seconds = int(numbers[0])
    if not -1 <= seconds <= 99999:
        process.complain(_RANGE(process))
        return 1
    if not isinstance(process.stdin, ConsoleInput):
        process.complain(_REDIRECTED(process))
        return 1
    process.say(_WAITING(process, seconds), end="")
    process.sleep(seconds if seconds >= 0 else 0)
    process.say()
    return 0


TOOLS = {"ping": ping, "timeout": timeout}
