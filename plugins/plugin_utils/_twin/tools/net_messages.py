# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Words that all ``net`` commands share (private to this collection)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .texts import Text, win32

if TYPE_CHECKING:
    from ..process import Process

RULER = "-" * 79
COMPLETED = Text(
    "The command completed successfully.\n",
    "Der Befehl wurde erfolgreich ausgeführt.\n",
    "Команда выполнена успешно.\n",
)
MORE_HELP = Text(
    "\nMore help is available by typing NET HELPMSG {0}.\n",
    "\nSie erhalten weitere Hilfe, wenn Sie NET HELPMSG {0} eingeben.\n",
    "\nДля вызова дополнительной справки наберите NET HELPMSG {0}.\n",
)
SYSTEM_ERROR = Text(
    "System error {0} has occurred.\n\n{1}\n",
    "Systemfehler {0} aufgetreten.\n\n{1}\n",
    "Системная ошибка {0}.\n\n{1}\n",
)
NETWORK_ERRORS: dict[int, Text] = {
    2114: Text(
        "The Server service is not started.", "Der Serverdienst wurde nicht gestartet.", 'Служба "Сервер" не запущена.'
    ),
    6118: Text(
        "The list of servers for this workgroup is not currently available",
        "Die Liste der Server in dieser Arbeitsgruppe ist zurzeit nicht verfügbar",
        "Список серверов этой рабочей группы в настоящее время отсутствует",
    ),
}


class Failed(Exception):
    """net ends with this message and code 2; `number` is for NET HELPMSG, 0 for none."""

    def __init__(self, text: str, number: int) -> None:
        super().__init__(text)
        self.text = text
        self.number = number


class SystemError_(Exception):
    """net reports a Win32 error by its number."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code

    def text(self, process: Process) -> str:
        """The two paragraphs the tool prints."""
        known = NETWORK_ERRORS.get(self.code)
        return SYSTEM_ERROR(process, self.code, known(process) if known else win32(process, self.code))


def hint(process: Process, number: int) -> str:
    """The line that points to NET HELPMSG, empty without a number."""
    return MORE_HELP(process, number) if number else ""
