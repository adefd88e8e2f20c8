# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ``schtasks /query`` prints (private to this collection): table, list, CSV and XML.

English column widths 40, 22 and 15 are those of a published capture; the labels of the long form
are the tool's own, the German ones partly a reconstruction.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import texts
from .common import Column, clock_time, csv_line, short_date, table
from .texts import Text

if TYPE_CHECKING:
    from datetime import datetime

    from ..process import Process
    from ..tasks import Task

FOLDER = Text("Folder: {0}", "Ordner: {0}", "Папка: {0}")
HOST = Text("HostName", "Hostname", "Имя узла")
NAME = Text("TaskName", "Aufgabenname", "Имя задачи")
NEXT = Text("Next Run Time", "Nächste Laufzeit", "Время следующего запуска")
STATUS = Text("Status", "Status", "Состояние")
MODE = Text("Logon Mode", "Anmeldemodus", "Режим входа в систему")
NO_TASKS = Text(
    "INFO: There are no scheduled tasks presently available at your access level.",
    "INFORMATION: Es sind zurzeit keine geplanten Tasks auf Ihrer Zugriffsebene verfügbar.",
    "ИНФОРМАЦИЯ. На данном уровне доступа нет запланированных задач.",
)
STATES = {
    "ready": Text("Ready", "Bereit", "Готово"),
    "running": Text("Running", "Wird ausgeführt", "Выполняется"),
    "disabled": Text("Disabled", "Deaktiviert", "Отключено"),
}
BACKGROUND = Text("Interactive/Background", "Interaktiv/Hintergrund", "Интерактивный/Фоновый")
UNSHOWN = Text(
    "Scheduling data is not available in this format.",
    "Planungsdaten sind in diesem Format nicht verfügbar.",
    "Планирование данных в этом формате не поддерживается.",
)
ON_DEMAND = Text("On demand only", "Nur bei Bedarf", "Только по запросу")
AT_START = Text("At system start up", "Beim Systemstart", "При запуске системы")
ONE_TIME = Text("One Time Only", "Einmal", "Однократно")
DAILY = Text("Daily", "Täglich", "Ежедневно")
LONG_LABELS = (
    HOST,
    NAME,
    NEXT,
    STATUS,
    MODE,
    Text("Last Run Time", "Letzte Laufzeit", "Время прошлого запуска"),
    Text("Last Result", "Letztes Ergebnis", "Прошлый результат"),
    Text("Author", "Autor", "Автор"),
    Text("Task To Run", "Auszuführende Aufgabe", "Задача для выполнения"),
    Text("Start In", "Starten in", "Рабочая папка"),
    Text("Comment", "Kommentar", "Примечание"),
    Text("Scheduled Task State", "Status der geplanten Aufgabe", "Состояние назначенной задачи"),
    Text("Idle Time", "Leerlaufzeit", "Время простоя"),
    Text("Power Management", "Energieverwaltung", "Управление электропитанием"),
    Text("Run As User", "Als Benutzer ausführen", "Запуск от имени"),
    Text(
        "Delete Task If Not Rescheduled",
        "Aufgabe löschen, wenn nicht erneut geplant",
        "Удалить задачу, если она не перенесена",
    ),
    Text(
        "Stop Task If Runs X Hours and X Mins",
        "Aufgabe beenden, wenn Laufzeit X Stunden und X Minuten",
        "Остановить задачу, если она выполняется X ч и X мин",
    ),
    Text("Schedule", "Zeitplan", "Расписание"),
    Text("Schedule Type", "Zeitplantyp", "Тип расписания"),
    Text("Start Time", "Startzeit", "Время начала"),
    Text("Start Date", "Startdatum", "Дата начала"),
    Text("End Date", "Enddatum", "Дата окончания"),
    Text("Days", "Tage", "дн."),
    Text("Months", "Monate", "мес."),
    Text("Repeat: Every", "Wiederholung: Alle", "Повторять: каждые"),
    Text("Repeat: Until: Time", "Wiederholung: Bis: Uhrzeit", "Повторять: до: времени"),
    Text("Repeat: Until: Duration", "Wiederholung: Bis: Dauer", "Повторять: до: длительность"),
    Text(
        "Repeat: Stop If Still Running",
        "Wiederholung: Beenden, wenn noch ausgeführt",
        "Повторять: остановить, если выполняется",
    ),
)


def _moment(process: Process, moment: datetime | None) -> str:
    if moment is None:
        return texts.NOT_AVAILABLE(process)
    return f"{short_date(process, moment)} {clock_time(process, moment)}"


def _folder(task: Task) -> str:
    return task.path.rpartition("\\")[0] or "\\"


def _schedule_type(process: Process, task: Task) -> str:
    kinds = {trigger.kind for trigger in task.triggers}
    if "Boot" in kinds:
        return AT_START(process)
    if "Time" in kinds:
        return ONE_TIME(process)
    return DAILY(process) if "Calendar" in kinds else ON_DEMAND(process)


def _from_xml(task: Task, element: str) -> str:
    found = re.search(rf"<{element}>\s*([^<]*?)\s*</{element}>", task.xml)
    return found[1] if found else ""


def short_fields(process: Process, task: Task) -> list[str]:
    """Name, next run time and status."""
    now = process.machine.clock.now()
    return [task.path, _moment(process, task.next_run(now)), STATES[task.state](process)]


def long_fields(process: Process, task: Task) -> list[str]:
    """All fields of ``/v`` in the order of `LONG_LABELS`."""
    none = texts.NOT_AVAILABLE(process)
    action = task.actions[0]
    result = task.result - (1 << 32) if task.result & 0x80000000 else task.result
    start = next((trigger.start for trigger in task.triggers if trigger.start), None)
    hours, rest = divmod(int(task.time_limit), 3600)
    return [
        process.machine.name,
        *short_fields(process, task),
        BACKGROUND(process),
        _moment(process, task.last_run),
        str(result),
        _from_xml(task, "Author") or none,
        f"{action.command} {action.arguments}".strip(),
        action.directory or none,
        _from_xml(task, "Description") or none,
        (texts.ENABLED if task.enabled else texts.DISABLED)(process),
        texts.DISABLED(process),
        "",
        task.account.name,
        texts.ENABLED(process),
        f"{hours:02}:{rest // 60:02}:{rest % 60:02}",
        UNSHOWN(process),
        _schedule_type(process, task),
        clock_time(process, start) if start else none,
        short_date(process, start) if start else none,
        *([none] * 7),
    ]


def _list_lines(process: Process, labels: Sequence[Text], fields: Sequence[str]) -> list[str]:
    names = [label(process) + ":" for label in labels]
    width = max(len(name) for name in names) + 1
    return [f"{name:<{width}}{field}" for name, field in zip(names, fields, strict=True)]


def _columns(process: Process, verbose: bool) -> list[Column]:
    if not verbose:
        return [Column(NAME(process), 40), Column(NEXT(process), 22), Column(STATUS(process), 15)]
    return [Column(label(process), max(15, len(label(process)))) for label in LONG_LABELS]


def show(process: Process, tasks: Sequence[Task], form: str, verbose: bool, heading: bool) -> None:
    """Print tasks as ``table``, ``list`` or ``csv``."""
    if not tasks:
        process.complain(NO_TASKS(process))
        return
    if form == "csv":
        _show_csv(process, tasks, verbose, heading)
        return
    for folder in dict.fromkeys(_folder(task) for task in tasks):
        inside = [task for task in tasks if _folder(task) == folder]
        process.say()
        process.say(FOLDER(process, folder))
        if form == "list":
            for task in inside:
                fields = long_fields(process, task) if verbose else _list_fields(process, task)
                labels = LONG_LABELS if verbose else LONG_LABELS[:5]
                texts.lines(process, [*_list_lines(process, labels, fields), ""])
            continue
        rows = [long_fields(process, task) if verbose else short_fields(process, task) for task in inside]
        for row, task in zip(rows, inside, strict=True):
            row[1 if verbose else 0] = task.name
        texts.lines(process, table(_columns(process, verbose), rows, heading)[1 if heading else 0 :])


def _list_fields(process: Process, task: Task) -> list[str]:
    return [process.machine.name, *short_fields(process, task), BACKGROUND(process)]


def _show_csv(process: Process, tasks: Sequence[Task], verbose: bool, heading: bool) -> None:
    labels = LONG_LABELS if verbose else (NAME, NEXT, STATUS)
    if heading:
        process.say(csv_line(label(process) for label in labels))
    for task in tasks:
        process.say(csv_line(long_fields(process, task) if verbose else short_fields(process, task)))


def show_xml(process: Process, tasks: Sequence[Task], whole: bool) -> None:
    """Print task files; all of them inside one ``Tasks`` element when no name was given."""
    if not whole:
        process.say(_normal(tasks[0].xml))
        return
    process.say('<?xml version="1.0" ?>')
    process.say("<Tasks>")
    for task in tasks:
        process.say(f"<!-- {task.path} -->")
        process.say(re.sub(r"^\s*<\?xml[^>]*\?>\s*", "", _normal(task.xml)))
    process.say("</Tasks>")


def _normal(xml: str) -> str:
    return xml.lstrip("\ufeff").replace("\r\n", "\n").replace("\n", "\r\n")
