# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Words that several console tools of the twin share, in three languages (private to this collection).

English wording is that of NT 6.0. German and Russian wording is that of the localised systems where
it is known; a text marked *reconstruction* at its definition has the right meaning and place but
nobody has compared it with a machine. No judgement of the collection may rest on any of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..process import Process

LOCALES = ("en-US", "de-DE", "ru-RU")


@dataclass(frozen=True)
class Text:
    """One message in the three languages a twin speaks; ``{0}`` marks are filled by `__call__`."""

    en: str
    de: str = ""
    ru: str = ""

    def within(self, locale: str) -> str:
        """The raw text for a locale; English where a translation was never made (many tools were not)."""
        chosen = {"de-DE": self.de, "ru-RU": self.ru}.get(locale, self.en)
        return chosen or self.en

    def __call__(self, process: Process, *arguments: object) -> str:
        """The message for this machine's language, with console line ends."""
        text = self.within(process.machine.locale)
        return (text.format(*arguments) if arguments else text).replace("\n", "\r\n")

    def matches(self, text: str) -> bool:
        """Whether somebody typed this word, in any language and case."""
        return text.casefold() in {word.casefold() for word in (self.en, self.de, self.ru) if word}


def lines(process: Process, texts: Iterable[str]) -> None:
    """Say several lines."""
    for text in texts:
        process.say(text)


DONE = Text(
    "The operation completed successfully.",
    "Der Vorgang wurde erfolgreich beendet.",
    "Операция успешно завершена.",
)
YES = Text("Yes", "Ja", "Да")
NO = Text("No", "Nein", "Нет")
ENABLED = Text("Enabled", "Aktiviert", "Включен")
DISABLED = Text("Disabled", "Deaktiviert", "Отключен")
NOT_AVAILABLE = Text("N/A", "Nicht zutreffend", "Н/Д")
ERROR = Text("ERROR:", "FEHLER:", "ОШИБКА:")
SUCCESS = Text("SUCCESS:", "ERFOLGREICH:", "УСПЕХ.")

# What FormatMessage gives for a Win32 error: the same words in every tool that prints a number.
WIN32: dict[int, Text] = {
    1: Text("Incorrect function.", "Unzulässige Funktion.", "Неверная функция."),
    2: Text(
        "The system cannot find the file specified.",
        "Das System kann die angegebene Datei nicht finden.",
        "Не удается найти указанный файл.",
    ),
    3: Text(
        "The system cannot find the path specified.",
        "Das System kann den angegebenen Pfad nicht finden.",
        "Системе не удается найти указанный путь.",
    ),
    5: Text("Access is denied.", "Zugriff verweigert", "Отказано в доступе."),
    13: Text("The data is invalid.", "Die Daten sind unzulässig.", "Недопустимые данные."),
    50: Text(
        "The request is not supported.",
        "Die Anforderung wird nicht unterstützt.",
        "Такой запрос не поддерживается.",
    ),
    53: Text(
        "The network path was not found.",
        "Der Netzwerkpfad wurde nicht gefunden.",
        "Не найден сетевой путь.",
    ),
    80: Text("The file exists.", "Die Datei ist vorhanden.", "Файл существует."),
    87: Text("The parameter is incorrect.", "Falscher Parameter.", "Параметр задан неверно."),
    112: Text(
        "There is not enough space on the disk.",
        "Es steht nicht genug Speicherplatz auf dem Datenträger zur Verfügung.",
        "Недостаточно места на диске.",
    ),
    122: Text(
        "The data area passed to a system call is too small.",
        "Der an einen Systemaufruf übergebene Datenbereich ist zu klein.",
        "Область данных, переданная по системному вызову, слишком мала.",
    ),
    183: Text(
        "Cannot create a file when that file already exists.",
        "Eine Datei kann nicht erstellt werden, wenn sie bereits vorhanden ist.",
        "Невозможно создать файл, так как он уже существует.",
    ),
    1006: Text(
        "The volume for a file has been externally altered so that the opened file is no longer valid.",
        "Der Datenträger für eine Datei wurde extern so geändert, dass die geöffnete Datei nicht mehr gültig ist.",
        "Том, содержащий открытый файл, был изменен извне, поэтому работа с файлом невозможна.",
    ),
    1051: Text(
        "A stop control has been sent to a service that other running services are dependent on.",
        "Ein Beendigungssteuerbefehl wurde an einen Dienst gesendet, "
        "von dem andere, momentan ausgeführte Dienste abhängig sind.",
        "Команда остановки была отправлена службе, от которой зависят другие запущенные службы.",
    ),
    1052: Text(
        "The requested control is not valid for this service.",
        "Der angeforderte Steuerbefehl ist für diesen Dienst nicht gültig.",
        "Команда неуместна для данной службы.",
    ),
    1053: Text(
        "The service did not respond to the start or control request in a timely fashion.",
        "Der Dienst antwortete nicht rechtzeitig auf die Start- oder Steuerungsanforderung.",
        "Служба не ответила на запрос своевременно.",
    ),
    1056: Text(
        "An instance of the service is already running.",
        "Es wird bereits eine Instanz des Dienstes ausgeführt.",
        "Одна копия службы уже запущена.",
    ),
    1058: Text(
        "The service cannot be started, either because it is disabled or because it has no enabled devices "
        "associated with it.",
        "Der angegebene Dienst kann nicht gestartet werden. Er ist deaktiviert oder nicht mit aktivierten "
        "Geräten verbunden.",
        "Указанная служба не может быть запущена, поскольку она отключена или все связанные с ней устройства "
        "отключены.",
    ),
    1060: Text(
        "The specified service does not exist as an installed service.",
        "Der angegebene Dienst ist kein installierter Dienst.",
        "Указанная служба не установлена.",
    ),
    1062: Text(
        "The service has not been started.",
        "Der Dienst wurde nicht gestartet.",
        "Служба не запущена.",
    ),
    1068: Text(
        "The dependency service or group failed to start.",
        "Der Abhängigkeitsdienst oder die Abhängigkeitsgruppe konnte nicht gestartet werden.",
        "Не удалось запустить дочернюю службу.",
    ),
    1072: Text(
        "The specified service has been marked for deletion.",
        "Der angegebene Dienst wurde zum Löschen markiert.",
        "Указанная служба была отмечена для удаления.",
    ),
    1073: Text(
        "The specified service already exists.",
        "Der angegebene Dienst ist bereits vorhanden.",
        "Указанная служба уже существует.",
    ),
    1115: Text(
        "A system shutdown is in progress.",
        "Das System wird heruntergefahren.",
        "Выполняется завершение работы системы.",
    ),
    1116: Text(
        "Unable to abort the system shutdown because no shutdown was in progress.",
        "Das Abbrechen des Herunterfahrens war nicht möglich, da das System nicht heruntergefahren wurde.",
        "Невозможно прекратить завершение работы, так как оно не выполняется.",
    ),
    1190: Text(
        "A system shutdown has already been scheduled.",
        "Das Herunterfahren des Systems wurde bereits geplant.",
        "Завершение работы системы уже запланировано.",
    ),
    1314: Text(
        "A required privilege is not held by the client.",
        "Dem Client fehlt ein erforderliches Recht.",
        "Клиент не обладает требуемыми правами.",
    ),
    1332: Text(
        "No mapping between account names and security IDs was done.",
        "Zuordnungen von Kontennamen und Sicherheitskennungen wurden nicht durchgeführt.",
        "Сопоставление между именами пользователей и идентификаторами безопасности не было произведено.",
    ),
    1371: Text(
        "Cannot perform this operation on built-in accounts.",
        "Dieser Vorgang kann auf integrierten Konten nicht durchgeführt werden.",
        "Эту операцию нельзя выполнить для встроенных учетных записей.",
    ),
    1376: Text(
        "The specified local group does not exist.",
        "Die angegebene lokale Gruppe ist nicht vorhanden.",
        "Указанная локальная группа не существует.",
    ),
    1377: Text(
        "The specified account name is not a member of the group.",
        "Der angegebene Kontoname ist kein Mitglied der lokalen Gruppe.",
        "Указанная учетная запись не входит в эту группу.",
    ),
    1378: Text(
        "The specified account name is already a member of the group.",
        "Der angegebene Kontoname ist bereits ein Mitglied der Gruppe.",
        "Указанная учетная запись уже входит в эту группу.",
    ),
    12007: Text(
        "The server name or address could not be resolved",
        "Der Servername oder die Serveradresse konnte nicht verarbeitet werden.",
        "Не удалось разрешить имя или адрес сервера",
    ),
}


def win32(process: Process, code: int) -> str:
    """What the system says for a Win32 error number in this machine's language."""
    known = WIN32.get(code)
    return known(process) if known else f"Win32 error {code}."
