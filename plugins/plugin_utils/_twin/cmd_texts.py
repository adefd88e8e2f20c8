# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What cmd.exe says in three languages (private to this collection).

The English texts are those of Windows; German and Russian ones marked with "~" in the comment beside them are
written from memory of similar messages and may differ in a word from the real ones.
"""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str, str]] = {
    # id: (en-US, de-DE, ru-RU)
    "not_recognized": (
        "'{0}' is not recognized as an internal or external command,\r\noperable program or batch file.",
        'Der Befehl "{0}" ist entweder falsch geschrieben oder\r\nkonnte nicht gefunden werden.',
        '"{0}" не является внутренней или внешней\r\nкомандой, исполняемой программой или пакетным файлом.',
    ),
    "syntax": ("The syntax of the command is incorrect.", "Syntaxfehler.", "Ошибка в синтаксисе команды."),
    "unexpected": (
        "{0} was unexpected at this time.",
        '"{0}" kann syntaktisch an dieser Stelle nicht verarbeitet werden.',
        "Непредвиденное появление: {0}.",
    ),
    "no_label": (
        "The system cannot find the batch label specified - {0}",
        "Das System kann die angegebene Sprungmarke nicht finden - {0}",
        "Не удается найти указанную метку пакетного файла - {0}",
    ),
    "call_outside_batch": (
        "Invalid attempt to call batch label outside of batch script.",
        "Ungültiger Versuch, eine Sprungmarke außerhalb einer Batchdatei aufzurufen.",  # ~
        "Недопустимая попытка вызвать метку вне пакетного файла.",  # ~
    ),
    "not_defined": (
        "Environment variable {0} not defined",
        'Die Umgebungsvariable "{0}" ist nicht definiert.',
        "Переменная среды {0} не определена",
    ),
    "echo_on": ("ECHO is on.", "ECHO ist eingeschaltet (ON).", "Режим вывода команд на экран (ECHO) включен."),
    "echo_off": ("ECHO is off.", "ECHO ist ausgeschaltet (OFF).", "Режим вывода команд на экран (ECHO) отключен."),
    "verify_on": ("VERIFY is on.", "VERIFY ist eingeschaltet (ON).", "Режим проверки записи (VERIFY) включен."),  # ~
    "verify_off": (
        "VERIFY is off.",
        "VERIFY ist ausgeschaltet (OFF).",  # ~
        "Режим проверки записи (VERIFY) отключен.",  # ~
    ),
    "too_long": ("The input line is too long.", "Die Befehlszeile ist zu lang.", "Слишком длинная входная строка."),
    "press_key": (
        "Press any key to continue . . . ",
        "Drücken Sie eine beliebige Taste . . . ",
        "Для продолжения нажмите любую клавишу . . . ",
    ),
    "copied": ("{0:>9} file(s) copied.", "{0:>9} Datei(en) kopiert.", "Скопировано файлов: {0:>9}."),
    "moved": ("{0:>9} file(s) moved.", "{0:>9} Datei(en) verschoben.", "Перемещено файлов: {0:>9}."),
    "dirs_moved": ("{0:>9} dir(s) moved.", "{0:>9} Verzeichnis(se) verschoben.", "Перемещено папок: {0:>9}."),
    "could_not_find": ("Could Not Find {0}", "{0} konnte nicht gefunden werden", "Не удается найти {0}"),
    "file_not_found": ("File Not Found", "Datei nicht gefunden", "Файл не найден"),
    "copy_itself": (
        "The file cannot be copied onto itself.",
        "Die Datei kann nicht auf sich selbst kopiert werden.",
        "Невозможно скопировать файл поверх самого себя.",
    ),
    "duplicate": (
        "A duplicate file name exists, or the file\r\ncannot be found.",
        "Eine Datei mit diesem Namen existiert bereits, oder die Datei\r\nkonnte nicht gefunden werden.",  # ~
        "Файл с таким именем уже существует или не найден.",
    ),
    "dir_exists": (
        "A subdirectory or file {0} already exists.",
        'Ein Unterverzeichnis oder eine Datei mit dem Namen "{0}" existiert bereits.',
        "Подпапка или файл {0} уже существует.",
    ),
    "overwrite": (
        "Overwrite {0}? (Yes/No/All): ",
        "{0} überschreiben? (Ja/Nein/Alle): ",
        "Заменить {0} [Yes (да)/No (нет)/All (все)]: ",
    ),
    "are_you_sure": (
        "{0}, Are you sure (Y/N)? ",
        "{0}, Möchten Sie den Vorgang fortsetzen (J/N)? ",
        "{0}, вы уверены [Y(да)/N(нет)]? ",
    ),
    "delete_one": ("{0}, Delete (Y/N)? ", "{0}, Löschen (J/N)? ", "Удалить {0} [Y(да)/N(нет)]? "),
    "answers_yes": ("y", "j", "y"),
    "answers_all": ("a", "a", "a"),
    "volume_no_label": (
        " Volume in drive {0} has no label.",
        " Volume in Laufwerk {0}: hat keine Bezeichnung.",
        " Том в устройстве {0} не имеет метки.",
    ),
    "volume_label": (
        " Volume in drive {0} is {1}",
        " Datenträger in Laufwerk {0}: ist {1}",
        " Том в устройстве {0} имеет метку {1}",
    ),
    "volume_serial": (
        " Volume Serial Number is {0}",
        " Volumeseriennummer: {0}",
        " Серийный номер тома: {0}",
    ),
    "directory_of": (" Directory of {0}", " Verzeichnis von {0}", " Содержимое папки {0}"),
    "dir_files": (
        "{0:>16} File(s) {1:>14} bytes",
        "{0:>16} Datei(en), {1:>14} Bytes",
        "{0:>16} файлов {1:>14} байт",
    ),
    "dir_free": (
        "{0:>16} Dir(s) {1:>15} bytes free",
        "{0:>16} Verzeichnis(se), {1:>14} Bytes frei",
        "{0:>16} папок  {1:>14} байт свободно",
    ),
    "dir_total": (
        "     Total Files Listed:",
        "     Anzahl der angezeigten Dateien:",
        "     Всего файлов:",
    ),
    "current_date": ("The current date is: {0} ", "Aktuelles Datum: {0} ", "Текущая дата: {0} "),
    "current_time": ("The current time is: {0} ", "Aktuelle Uhrzeit: {0} ", "Текущее время: {0} "),
    "version": ("Microsoft Windows [Version {0}]", "Microsoft Windows [Version {0}]", "Microsoft Windows [Версия {0}]"),
    "copyright": (
        "Copyright (c) 2006 Microsoft Corporation.  All rights reserved.",
        "Copyright (c) 2006 Microsoft Corporation. Alle Rechte vorbehalten.",
        "(C) Корпорация Майкрософт, 2006. Все права защищены.",
    ),
    "no_assoc": (
        "File association not found for extension {0}",
        "Keine Dateizuordnung für die Erweiterung {0} gefunden.",  # ~
        "Не найдено сопоставление для расширения {0}",
    ),
    "no_drive": (
        "The system cannot find the drive specified.",
        "Das System kann das angegebene Laufwerk nicht finden.",
        "Не удается найти указанный диск.",
    ),
    "missing_operand": ("Missing operand.", "Fehlender Operand.", "Отсутствует операнд."),
    "missing_operator": ("Missing operator.", "Fehlender Operator.", "Отсутствует оператор."),
    "divide_by_zero": ("Divide by zero error.", "Fehler: Division durch Null.", "Ошибка: деление на ноль."),  # ~
    "unbalanced": (
        "Unbalanced parenthesis.",
        "Ungleiche Anzahl von Klammern.",
        "Несоответствие скобок.",
    ),  # ~
    "invalid_number": (
        "Invalid number.  Numeric constants are either decimal (17),\r\nhexadecimal (0x11), or octal (021).",
        "Ungültige Zahl. Numerische Konstanten sind entweder dezimale (17),\r\n"
        "hexadezimale (0x11) oder oktale (021) Zahlen.",
        "Недопустимое число. Числовые константы бывают либо десятичными (17),\r\n"
        "либо шестнадцатеричными (0x11), либо восьмеричными (021).",
    ),
    "number_too_big": (
        "Invalid number.  Numbers are limited to 32-bits of precision.",
        "Ungültige Zahl. Die Zahlengenauigkeit ist auf 32 Bit beschränkt.",
        "Недопустимое число. Числа ограничены точностью 32 бита.",
    ),
    "recursion": (
        "******  B A T C H   R E C U R S I O N  exceeds STACK limits ******\r\n"
        "Recursion Count=600, Stack Usage=90 percent\r\n"
        "******       B A T C H   PROCESSING IS   A B O R T E D      ******",
    )
    * 3,
    "cannot_execute": (
        "The system cannot execute the specified program.",
        "Das System kann das angegebene Programm nicht ausführen.",
        "Система не может выполнить указанную программу.",
    ),
    "cannot_start": (
        "The system cannot find the file {0}.",
        "Das System kann die Datei {0} nicht finden.",
        "Не удается найти файл {0}.",
    ),
}

_LANGUAGES = {"en-US": 0, "de-DE": 1, "ru-RU": 2}

# win32 error numbers as cmd.exe prints them
ERRORS: dict[int, tuple[str, str, str]] = {
    2: (
        "The system cannot find the file specified.",
        "Das System kann die angegebene Datei nicht finden.",
        "Не удается найти указанный файл.",
    ),
    3: (
        "The system cannot find the path specified.",
        "Das System kann den angegebenen Pfad nicht finden.",
        "Системе не удается найти указанный путь.",
    ),
    5: ("Access is denied.", "Zugriff verweigert", "Отказано в доступе."),
    15: (
        "The system cannot find the drive specified.",
        "Das System kann das angegebene Laufwerk nicht finden.",
        "Системе не удается найти указанный диск.",
    ),
    53: (
        "The network path was not found.",
        "Der Netzwerkpfad wurde nicht gefunden.",
        "Не найден сетевой путь.",
    ),
    87: ("The parameter is incorrect.", "Falscher Parameter.", "Параметр задан неверно."),
    112: (
        "There is not enough space on the disk.",
        "Es steht nicht genug Speicherplatz auf dem Datenträger zur Verfügung.",
        "Недостаточно места на диске.",
    ),
    123: (
        "The filename, directory name, or volume label syntax is incorrect.",
        "Die Syntax für den Dateinamen, Verzeichnisnamen oder die Datenträgerbezeichnung ist falsch.",
        "Синтаксическая ошибка в имени файла, имени папки или метке тома.",
    ),
    67: (
        "The network name cannot be found.",
        "Der Netzwerkname wurde nicht gefunden.",
        "Не найдено сетевое имя.",
    ),
    145: ("The directory is not empty.", "Das Verzeichnis ist nicht leer.", "Папка не пуста."),
    183: (
        "Cannot create a file when that file already exists.",
        "Eine Datei kann nicht erstellt werden, wenn sie bereits vorhanden ist.",
        "Невозможно создать файл, так как он уже существует.",
    ),
    267: ("The directory name is invalid.", "Der Verzeichnisname ist ungültig.", "Неверно задано имя папки."),
}


def language(locale: str) -> int:
    """Index into the text tuples; an unknown locale speaks English."""
    return _LANGUAGES.get(locale, 0)


def text(locale: str, name: str, *values: object) -> str:
    """A message of cmd.exe in the machine's language."""
    return TEXTS[name][language(locale)].format(*values)


def win32_error(locale: str, code: int) -> str:
    """The system's own sentence for a win32 error number."""
    return ERRORS.get(code, ERRORS[2])[language(locale)]
