# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's tasklist.exe and taskkill.exe of NT 6.0 (private to this collection)."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from ..process import Tool
from ..winpath import matches
from . import texts
from .common import Column, csv_line, elevated, grouped, option_map, table
from .texts import Text, win32

if TYPE_CHECKING:
    from ..process import Process
    from ..processes import Running

IMAGE = Text("Image Name", "Abbildname", "Имя образа")
SESSION = Text("Session Name", "Sitzungsname", "Имя сессии")
NUMBER = Text("Session#", "Sitz.-Nr.", "№ сеанса")
MEMORY = Text("Mem Usage", "Speichernutzung", "Память")
KILO = Text("K", "K", "КБ")
SERVICES = Text("Services", "Dienste", "Службы")
NO_TASKS = Text(
    "INFO: No tasks are running which match the specified criteria.",
    "INFORMATION: Es werden keine Aufgaben mit den angegebenen Kriterien ausgeführt.",
    "Информация: Задачи, отвечающие заданным критериям, отсутствуют.",
)
INVALID = Text(
    "ERROR: Invalid argument/option - '{0}'.\nType \"{1} /?\" for usage.",
    'FEHLER: Ungültiges Argument bzw. ungültige Option - "{0}".\nGeben Sie "{1} /?" ein, um die Syntax anzuzeigen.',
    'ОШИБКА: Недопустимый аргумент или параметр - "{0}".\nВведите "{1} /?" для получения справки.',
)
KILLED = Text(
    "SUCCESS: The process with PID {0} has been terminated.",
    "ERFOLGREICH: Der Prozess mit PID {0} wurde beendet.",
    "УСПЕХ. Процесс, с идентификатором {0}, успешно завершен.",
)
NOT_FOUND = Text(
    'ERROR: The process "{0}" not found.',
    'FEHLER: Der Prozess "{0}" wurde nicht gefunden.',
    'ОШИБКА: Процесс "{0}" не найден.',
)
NOT_KILLED = Text(
    "ERROR: The process with PID {0} could not be terminated.\nReason: {1}",
    "FEHLER: Der Prozess mit PID {0} konnte nicht beendet werden.\nUrsache: {1}",
    "ОШИБКА: Не удается завершить процесс, с идентификатором {0}.\nПричина: {1}",
)


def _filtered(rows: list[Running], expression: str) -> list[Running] | None:
    found = re.fullmatch(r"\s*(imagename|pid)\s+(eq|ne)\s+(.+?)\s*", expression, re.IGNORECASE)
    if not found:
        return None
    wanted = found[3].strip('"')
    if found[1].casefold() == "pid":
        return [row for row in rows if (str(row.pid) == wanted) is (found[2].casefold() == "eq")]
    return [row for row in rows if matches(row.name, wanted) is (found[2].casefold() == "eq")]


def tasklist(process: Process) -> int:
    """Run tasklist.exe; ``/svc`` shows the services of each process, ``/fo table|list|csv``, ``/fi``, ``/nh``."""
    known = {"s": True, "u": True, "p": True, "m": False, "svc": False, "v": False, "fi": True, "fo": True, "nh": False}
    given = option_map(process, process.arguments, known)
    if isinstance(given, str):
        process.complain(INVALID(process, given, "TASKLIST"))
        return 1
    form = given.get("fo", "table").casefold()
    rows: list[Running] | None = list(process.machine.processes.list())
    if "fi" in given and rows is not None:
        rows = _filtered(rows, given["fi"])
    if form not in ("table", "list", "csv") or rows is None:
        process.complain(INVALID(process, given.get("fi", given.get("fo", "")), "TASKLIST"))
        return 1
    if not rows:
        process.say(NO_TASKS(process))
        return 0
    heading = "nh" not in given
    if "svc" in given:
        shown = (Column(IMAGE(process), 25), Column("PID", 8, True), Column(SERVICES(process), 44))
        wrap = _wrapped if form == "table" else _whole
        _print(process, form, heading, shown, [line for row in rows for line in wrap(process, row)])
        return 0
    columns = (
        Column(IMAGE(process), 25),
        Column("PID", 8, True),
        Column(SESSION(process), 16),
        Column(NUMBER(process), 11, True),
        Column(MEMORY(process), 12, True),
    )
    memory = f"{grouped(process, 6144)} {KILO(process)}"
    _print(process, form, heading, columns, [[row.name, str(row.pid), "Services", "0", memory] for row in rows])
    return 0


def _services(process: Process, pid: int) -> str:
    names = [service.name for service in process.machine.services.list() if service.running and service.pid == pid]
    return ", ".join(names) if pid and names else texts.NOT_AVAILABLE(process)


def _whole(process: Process, row: Running) -> list[list[str]]:
    return [[row.name, str(row.pid), _services(process, row.pid)]]


def _wrapped(process: Process, row: Running) -> list[list[str]]:
    """The services of a process on as many lines of 44 characters as they need."""
    parts = textwrap.wrap(_services(process, row.pid), 44, break_long_words=False) or [""]
    return [[row.name, str(row.pid), parts[0]], *(["", "", part] for part in parts[1:])]


def _print(process: Process, form: str, heading: bool, columns: tuple[Column, ...], rows: list[list[str]]) -> None:
    if form == "table":
        texts.lines(process, table(columns, rows, heading))
        return
    if form == "csv":
        if heading:
            process.say(csv_line(column.title for column in columns))
        texts.lines(process, [csv_line(row) for row in rows])
        return
    width = max(len(column.title) for column in columns) + 2
    for row in rows:
        process.say()
        for column, text in zip(columns, row, strict=True):
            process.say(f"{column.title + ':':<{width}}{text}")


def taskkill(process: Process) -> int:
    """Run taskkill.exe: ``/pid n`` or ``/im name``; 128 when there is no such process."""
    given = option_map(process, process.arguments, {"pid": True, "im": True, "f": False, "t": False, "s": True})
    if isinstance(given, str) or not given.keys() & {"pid", "im"}:
        process.complain(INVALID(process, given if isinstance(given, str) else "", "TASKKILL"))
        return 1
    table_rows = process.machine.processes.list()
    if "pid" in given:
        found = [row for row in table_rows if str(row.pid) == given["pid"]]
    else:
        found = [row for row in table_rows if matches(row.name, given["im"])]
    if not found:
        process.complain(NOT_FOUND(process, given.get("pid", given.get("im", ""))))
        return 128
    failures = 0
    for row in found:
        code = 5 if not elevated(process) else process.machine.processes.terminate(row.pid)
        if code:
            process.complain(NOT_KILLED(process, row.pid, win32(process, code)))
            failures += 1
        else:
            process.say(KILLED(process, row.pid))
    return 1 if failures else 0


TOOLS: dict[str, Tool] = {"tasklist": tasklist, "taskkill": taskkill}
