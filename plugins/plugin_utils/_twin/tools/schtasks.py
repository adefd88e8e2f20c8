# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's schtasks.exe of NT 6.0 (private to this collection): the command line and the messages.

Errors, warnings and their ``ERROR:`` go to stderr with exit code 1; everything else to stdout. Dates
of ``/sd`` must be spelled as the machine's language wants them, which is why an XML file is the safe way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from ..accounts import SYSTEM_SID
from ..files import FileError
from ..process import Account, Tool
from ..tasks import MALFORMED, NAMESPACE, SERVICE_NOT_RUNNING, Task, TaskError, decode_xml
from . import schtasks_query, texts
from .common import confirmed, elevated, resolve
from .texts import Text

if TYPE_CHECKING:
    from ..process import Process

CREATED = Text(
    'SUCCESS: The scheduled task "{0}" has successfully been created.',
    'ERFOLGREICH: Der geplante Task "{0}" wurde erfolgreich erstellt.',
    'УСПЕХ. Запланированная задача "{0}" была успешно создана.',
)
# German and Russian of the next four: reconstruction
STARTED = Text(
    'SUCCESS: Attempted to run the scheduled task "{0}".',
    'ERFOLGREICH: Es wurde versucht, den geplanten Task "{0}" auszuführen.',
    'УСПЕХ. Предпринята попытка выполнить запланированную задачу "{0}".',
)
ENDED = Text(
    'SUCCESS: The scheduled task "{0}" has been terminated successfully.',
    'ERFOLGREICH: Der geplante Task "{0}" wurde erfolgreich beendet.',
    'УСПЕХ. Запланированная задача "{0}" успешно завершена.',
)
DELETED = Text(
    'SUCCESS: The scheduled task "{0}" was successfully deleted.',
    'ERFOLGREICH: Der geplante Task "{0}" wurde erfolgreich gelöscht.',
    'УСПЕХ. Запланированная задача "{0}" успешно удалена.',
)
CHANGED = Text(
    'SUCCESS: The parameters of scheduled task "{0}" have been changed.',
    'ERFOLGREICH: Die Parameter des geplanten Tasks "{0}" wurden geändert.',
    'УСПЕХ. Параметры запланированной задачи "{0}" изменены.',
)
MISSING_TASK = Text(
    'ERROR: The specified task name "{0}" does not exist in the system.',
    'FEHLER: Der angegebene Taskname "{0}" ist im System nicht vorhanden.',
    'ОШИБКА: Указанное имя задачи "{0}" не существует в системе.',
)
UNKNOWN_OPTION = Text(
    "ERROR: Invalid argument/option - '{0}'.\nType \"SCHTASKS{1} /?\" for usage.",
    'FEHLER: Ungültiges Argument bzw. ungültige Option - "{0}".\n'
    'Geben Sie "SCHTASKS{1} /?" ein, um die Syntax anzuzeigen.',
    'ОШИБКА: Недопустимый аргумент или параметр - "{0}".\nВведите "SCHTASKS{1} /?" для получения справки.',
)
MISSING_VALUE = Text(
    "ERROR: Invalid syntax. Value expected for '{0}'.\nType \"SCHTASKS{1} /?\" for usage.",
    'FEHLER: Ungültige Syntax. Wert für "{0}" erwartet.\nGeben Sie "SCHTASKS{1} /?" ein, um die Syntax anzuzeigen.',
    'ОШИБКА: Неверный синтаксис. Для параметра "{0}" требуется значение.\n'
    'Введите "SCHTASKS{1} /?" для получения справки.',
)
MISSING_OPTION = Text(
    "ERROR: Invalid syntax. Mandatory option '{0}' is missing.\nType \"SCHTASKS{1} /?\" for usage.",
    'FEHLER: Ungültige Syntax. Die erforderliche Option "{0}" fehlt.\n'
    'Geben Sie "SCHTASKS{1} /?" ein, um die Syntax anzuzeigen.',
    'ОШИБКА: Неверный синтаксис. Отсутствует обязательный параметр "{0}".\n'
    'Введите "SCHTASKS{1} /?" для получения справки.',
)
BAD_DATE = Text(
    "ERROR: Invalid Start Date (Date should be in mm/dd/yyyy format).",
    "FEHLER: Ungültiges Startdatum (das Datum muss im Format dd/mm/yyyy angegeben werden).",
    "ОШИБКА: Недопустимая дата начала (дата должна быть в формате dd/mm/yyyy).",
)
BAD_TIME = Text(
    "ERROR: Invalid Starttime value.",
    "FEHLER: Ungültiger Wert für die Startzeit.",
    "ОШИБКА: Недопустимое значение времени начала.",
)
BAD_SCHEDULE = Text(
    "ERROR: Invalid Schedule Type specified.",
    "FEHLER: Es wurde ein ungültiger Zeitplantyp angegeben.",
    "ОШИБКА: Указан недопустимый тип расписания.",
)
LATE = Text(
    "WARNING: Task may not run because /ST is earlier than current time.",
    "WARNUNG: Der Task wird möglicherweise nicht ausgeführt, da /ST vor der aktuellen Uhrzeit liegt.",
    "ПРЕДУПРЕЖДЕНИЕ. Задача может не выполниться, так как значение /ST меньше текущего времени.",
)
REPLACE = Text(
    'WARNING: The task name "{0}" already exists. Do you want to replace it (Y/N)? ',
    'WARNUNG: Der Taskname "{0}" ist bereits vorhanden. Möchten Sie ihn ersetzen (J/N)? ',
    'ПРЕДУПРЕЖДЕНИЕ. Имя задачи "{0}" уже существует. Заменить ее (Y/N)? ',
)
REMOVE = Text(
    'WARNING: Are you sure you want to remove the task "{0}" (Y/N)? ',
    'WARNUNG: Möchten Sie den Task "{0}" wirklich entfernen (J/N)? ',
    'ПРЕДУПРЕЖДЕНИЕ. Удалить задачу "{0}" (Y/N)? ',
)
YES_KEY = Text("Y", "J", "Y")
MALFORMED_XML = Text(
    "ERROR: The task XML is malformed.",
    "FEHLER: Die Aufgaben-XML ist falsch formatiert.",
    "ОШИБКА: Неверный формат XML задачи.",
)
LOGON_FAILURE = Text(
    "ERROR: Logon failure: unknown user name or bad password.",
    "FEHLER: Anmeldung fehlgeschlagen: unbekannter Benutzername oder falsches Kennwort.",
    "ОШИБКА: Вход в систему не произведен: имя пользователя или пароль не опознаны.",
)
DISABLED_TASK = Text("ERROR: The task is disabled.", "FEHLER: Der Task ist deaktiviert.", "ОШИБКА: Задача отключена.")
BAD_NAME = Text(
    "ERROR: The filename, directory name, or volume label syntax is incorrect.",
    "FEHLER: Die Syntax für den Dateinamen, Verzeichnisnamen oder die Datenträgerbezeichnung ist falsch.",
    "ОШИБКА: Синтаксическая ошибка в имени файла, имени папки или метке тома.",
)

NOT_RUNNING = Text(
    "ERROR: The Task Scheduler service is not running.",
    "FEHLER: Der Aufgabenplanungsdienst wird nicht ausgeführt.",
    "ОШИБКА: Служба планировщика заданий не запущена.",
)

_REMOTE = {"s": True, "u": True, "p": True}
CREATE_OPTIONS = {
    **_REMOTE,
    **dict.fromkeys(("ru", "rp", "sc", "mo", "d", "m", "i", "tn", "tr", "st", "ri", "et", "du", "xml"), True),
    **dict.fromkeys(("sd", "ed", "ec", "delay", "rl"), True),
    **dict.fromkeys(("k", "it", "np", "z", "v1", "f"), False),
}
SCHEDULES = ("minute", "hourly", "daily", "weekly", "monthly", "once", "onstart", "onlogon", "onidle", "onevent")
Options = dict[str, str]


class Refused(Exception):
    """schtasks ends with this message on stderr and code 1."""


def _error(process: Process, code: int) -> str:
    return texts.ERROR(process) + " " + texts.win32(process, code)


def read_options(process: Process, verb: str, arguments: Sequence[str], known: dict[str, bool]) -> Options:
    """Read the switches of a verb; raises `Refused` as the tool words it."""
    found: Options = {}
    rest = list(arguments)
    while rest:
        typed = rest.pop(0)
        name = typed[1:].casefold() if typed[:1] in ("/", "-") else ""
        if name not in known or name in found:
            raise Refused(UNKNOWN_OPTION(process, typed, f" /{verb.upper()}"))
        if known[name] and (not rest or (rest[0].startswith("/") and rest[0][1:].casefold() in known)):
            # the run-as password may be left out: the tool then asks for it
            if name != "rp":
                raise Refused(MISSING_VALUE(process, typed, f" /{verb.upper()}"))
            found[name] = ""
            continue
        found[name] = rest.pop(0) if known[name] else ""
    return found


def _need(process: Process, verb: str, given: Options, *names: str) -> None:
    for name in names:
        if not given.get(name):
            raise Refused(MISSING_OPTION(process, name, f" /{verb.upper()}"))


def _task(process: Process, name: str) -> Task:
    task = process.machine.tasks.get(name)
    if task is None:
        raise Refused(MISSING_TASK(process, name))
    return task


def _may_touch(process: Process) -> None:
    if not elevated(process):
        raise Refused(_error(process, 5))


# -- create -----------------------------------------------------------------------------------------


def run_as(process: Process, given: Options, xml: str = "") -> Account:
    """The account a new task runs as; raises `Refused` for one that cannot log on."""
    name = given.get("ru", "")
    if "ru" not in given:
        stated = re.search(r"<UserId>\s*([^<]*?)\s*</UserId>", xml)
        name = stated[1] if stated else process.account.name
    accounts = process.machine.accounts
    if not name or accounts.resolve(name) == SYSTEM_SID:
        _may_touch(process)
        return accounts.system()
    sid = accounts.resolve(name)
    if sid is None:
        raise Refused(_error(process, 1332))
    if sid == process.account.sid and "rp" not in given:
        return process.account
    domain, _separator, bare = name.rpartition("\\")
    account = accounts.authenticate(bare, domain, given.get("rp", ""))
    if account is None:
        raise Refused(LOGON_FAILURE(process))
    return account


def _start_boundary(process: Process, given: Options) -> datetime:
    now = process.machine.clock.now()
    moment = now.replace(second=0, microsecond=0)
    if "st" in given:
        found = re.fullmatch(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", given["st"])
        if not found or int(found[1]) > 23 or int(found[2]) > 59:
            raise Refused(BAD_TIME(process))
        moment = moment.replace(hour=int(found[1]), minute=int(found[2]), second=int(found[3] or 0))
    if "sd" in given:
        form = "%m/%d/%Y" if process.machine.locale == "en-US" else "%d/%m/%Y"
        try:
            day = datetime.strptime(given["sd"], form).replace(tzinfo=UTC)
        except ValueError as error:
            raise Refused(BAD_DATE(process)) from error
        moment = moment.replace(year=day.year, month=day.month, day=day.day)
    if given["sc"].casefold() == "once" and moment < now:
        process.complain(LATE(process))
    elif moment < now and given["sc"].casefold() in ("daily", "weekly", "monthly"):
        moment += timedelta(days=1)
    return moment


def _trigger_xml(process: Process, given: Options) -> str:
    kind = given["sc"].casefold()
    if kind not in SCHEDULES:
        raise Refused(BAD_SCHEDULE(process))
    if kind in ("onstart", "onlogon", "onidle"):
        element = {"onstart": "BootTrigger", "onlogon": "LogonTrigger", "onidle": "IdleTrigger"}[kind]
        return f"<{element}><Enabled>true</Enabled></{element}>"
    if kind == "onevent":
        _need(process, "create", given, "ec")
        return "<EventTrigger><Enabled>true</Enabled></EventTrigger>"
    if kind == "once":
        _need(process, "create", given, "st")
    start = _start_boundary(process, given)
    boundary = f"<StartBoundary>{start:%Y-%m-%dT%H:%M:%S}</StartBoundary><Enabled>true</Enabled>"
    every = given.get("mo", "1")
    if kind in ("minute", "hourly"):
        interval = f"PT{every}{'M' if kind == 'minute' else 'H'}"
        repetition = f"<Repetition><Interval>{escape(interval)}</Interval></Repetition>"
        return f"<TimeTrigger>{repetition}{boundary}</TimeTrigger>"
    if kind == "once":
        return f"<TimeTrigger>{boundary}</TimeTrigger>"
    inner = {
        "daily": f"<ScheduleByDay><DaysInterval>{escape(every)}</DaysInterval></ScheduleByDay>",
        "weekly": f"<ScheduleByWeek><WeeksInterval>{escape(every)}</WeeksInterval></ScheduleByWeek>",
        "monthly": "<ScheduleByMonth><DaysOfMonth><Day>1</Day></DaysOfMonth></ScheduleByMonth>",
    }[kind]
    return f"<CalendarTrigger>{boundary}{inner}</CalendarTrigger>"


def split_command(text: str) -> tuple[str, str]:
    """Program and arguments of a ``/tr`` value, the way the tool cuts it: quotes, else the first blank."""
    stripped = text.strip()
    for quote in "\"'":
        if stripped.startswith(quote) and quote in stripped[1:]:
            end = stripped.index(quote, 1)
            return stripped[1:end], stripped[end + 1 :].strip()
    command, _separator, arguments = stripped.partition(" ")
    return command, arguments.strip()


def _built_xml(process: Process, given: Options, account: Account) -> str:
    command, arguments = split_command(given["tr"])
    exec_xml = f"<Exec><Command>{escape(command)}</Command>"
    exec_xml += f"<Arguments>{escape(arguments)}</Arguments></Exec>" if arguments else "</Exec>"
    level = "HighestAvailable" if given.get("rl", "").casefold() == "highest" else "LeastPrivilege"
    author = f"{process.account.domain}\\{process.account.name}".strip("\\")
    now = process.machine.clock.now()
    return "\r\n".join(
        (
            '<?xml version="1.0" encoding="UTF-16"?>',
            f'<Task version="1.2" xmlns="{NAMESPACE}">',
            f"  <RegistrationInfo><Date>{now:%Y-%m-%dT%H:%M:%S}</Date>"
            f"<Author>{escape(author)}</Author></RegistrationInfo>",
            f"  <Triggers>{_trigger_xml(process, given)}</Triggers>",
            f'  <Principals><Principal id="Author"><UserId>{account.sid}</UserId>'
            f"<RunLevel>{level}</RunLevel></Principal></Principals>",
            "  <Settings><Enabled>true</Enabled><ExecutionTimeLimit>PT72H</ExecutionTimeLimit></Settings>",
            f'  <Actions Context="Author">{exec_xml}</Actions>',
            "</Task>",
        )
    )


def create(process: Process, arguments: Sequence[str]) -> int:
    """``schtasks /create``: from an XML file, or from a schedule and a command."""
    given = read_options(process, "create", arguments, CREATE_OPTIONS)
    _need(process, "create", given, "tn")
    name = given["tn"]
    xml = ""
    if "xml" in given:
        try:
            xml = decode_xml(process.machine.files.read(resolve(process, given["xml"])))
        except FileError as error:
            raise Refused(_error(process, error.code)) from error
    else:
        _need(process, "create", given, "sc", "tr")
    account = run_as(process, given, xml)
    text = xml or _built_xml(process, given, account)
    replace = "f" in given
    if not replace and process.machine.tasks.get(name) is not None:
        process.say(REPLACE(process, name), end="")
        agreed = confirmed(process, YES_KEY(process))
        process.say()
        if not agreed:
            return 1
        replace = True
    process.machine.tasks.create(name, text, account, replace)
    process.say(CREATED(process, name))
    return 0


# -- the other verbs -----------------------------------------------------------------------------------


def run(process: Process, arguments: Sequence[str]) -> int:
    """``schtasks /run /tn name``: sets it going and does not wait."""
    given = read_options(process, "run", arguments, {**_REMOTE, "tn": True, "i": False})
    _need(process, "run", given, "tn")
    _task(process, given["tn"])
    _may_touch(process)
    process.machine.tasks.run(given["tn"])
    process.say(STARTED(process, given["tn"]))
    return 0


def end(process: Process, arguments: Sequence[str]) -> int:
    """``schtasks /end /tn name``."""
    given = read_options(process, "end", arguments, {**_REMOTE, "tn": True})
    _need(process, "end", given, "tn")
    _task(process, given["tn"])
    _may_touch(process)
    process.machine.tasks.end(given["tn"])
    process.say(ENDED(process, given["tn"]))
    return 0


def delete(process: Process, arguments: Sequence[str]) -> int:
    """``schtasks /delete /tn name|* [/f]``."""
    given = read_options(process, "delete", arguments, {**_REMOTE, "tn": True, "f": False})
    _need(process, "delete", given, "tn")
    name = given["tn"]
    found = process.machine.tasks.list() if name == "*" else [_task(process, name)]
    _may_touch(process)
    if "f" not in given:
        process.say(REMOVE(process, name), end="")
        agreed = confirmed(process, YES_KEY(process))
        process.say()
        if not agreed:
            return 1
    for task in found:
        process.machine.tasks.delete(task.path)
        process.say(DELETED(process, task.path.lstrip("\\") if name == "*" else name))
    return 0


def change(process: Process, arguments: Sequence[str]) -> int:
    """``schtasks /change``: enable, disable, another command, another account."""
    known = {**CREATE_OPTIONS, "enable": False, "disable": False}
    given = read_options(process, "change", arguments, known)
    _need(process, "change", given, "tn")
    task = _task(process, given["tn"])
    _may_touch(process)
    if not given.keys() & {"enable", "disable", "tr", "ru", "rp", "st", "sd", "rl"}:
        raise Refused(MISSING_OPTION(process, "ru", " /CHANGE"))
    if "tr" in given:
        command, rest = split_command(given["tr"])
        exec_xml = f"<Exec><Command>{escape(command)}</Command><Arguments>{escape(rest)}</Arguments></Exec>"
        xml = re.sub(r"<Exec>.*?</Exec>", lambda _match: exec_xml, task.xml, count=1, flags=re.DOTALL)
        process.machine.tasks.create(task.path, xml, task.account, True)
    if "ru" in given:
        account = run_as(process, given)
        process.machine.tasks.create(task.path, _task(process, given["tn"]).xml, account, True)
    if given.keys() & {"enable", "disable"}:
        process.machine.tasks.enable(task.path, "enable" in given)
    process.say(CHANGED(process, given["tn"]))
    return 0


def query(process: Process, arguments: Sequence[str]) -> int:
    """``schtasks /query``."""
    known = {**_REMOTE, "fo": True, "nh": False, "v": False, "tn": True, "xml": False}
    given = read_options(process, "query", arguments, known)
    tasks = process.machine.tasks.list()
    if "tn" in given:
        task = process.machine.tasks.get(given["tn"])
        if task is None:
            raise Refused(_error(process, 2))
        tasks = [task]
    form = given.get("fo", "table").casefold()
    if form not in ("table", "csv", "list"):
        raise Refused(UNKNOWN_OPTION(process, given["fo"], " /QUERY"))
    if "xml" in given:
        schtasks_query.show_xml(process, tasks, whole="tn" not in given)
    else:
        schtasks_query.show(process, tasks, form, verbose="v" in given, heading="nh" not in given)
    return 0


VERBS: dict[str, Callable[[Process, Sequence[str]], int]] = {
    "create": create,
    "run": run,
    "end": end,
    "delete": delete,
    "change": change,
    "query": query,
}


def _task_error(process: Process, error: TaskError) -> str:
    if error.code == SERVICE_NOT_RUNNING:
        return NOT_RUNNING(process)
    if error.code == MALFORMED:
        return MALFORMED_XML(process)
    if error.code == 0x80041326:
        return DISABLED_TASK(process)
    if error.code == 0x8007007B:
        return BAD_NAME(process)
    return _error(process, error.code & 0xFFFF)


def schtasks(process: Process) -> int:
    """Run schtasks.exe; 0 done, 1 failed."""
    arguments = list(process.arguments)
    typed = arguments.pop(0) if arguments else "/query"
    verb = VERBS.get(typed[1:].casefold()) if typed[:1] in ("/", "-") else None
    try:
        if verb is None:
            raise Refused(UNKNOWN_OPTION(process, typed, ""))
        process.machine.tasks.must_run()
        return verb(process, arguments)
    except Refused as refusal:
        process.complain(str(refusal))
    except TaskError as error:
        process.complain(_task_error(process, error))
    return 1


TOOLS: dict[str, Tool] = {"schtasks": schtasks}
