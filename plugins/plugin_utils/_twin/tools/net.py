# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's net.exe of NT 6.0 (private to this collection): services, and the account database in `net_accounts`.

Exit code 2 for every failure; errors go to stderr. All words are localised, so no verdict may rest on them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..process import Tool
from ..shares import LANMAN, shares
from . import net_accounts, texts
from .common import clock_time, confirmed, elevated, short_date
from .net_messages import COMPLETED, RULER, Failed, SystemError_, hint
from .texts import Text

if TYPE_CHECKING:
    from ..process import Process
    from ..services import Service

STARTED_LIST = Text(
    "These Windows services are started:", "Diese Windows-Dienste sind gestartet:", "Запущены следующие службы Windows:"
)
STARTING = Text("The {0} service is starting.", "{0} wird gestartet.", 'Служба "{0}" запускается.')
STARTED = Text(
    "The {0} service was started successfully.\n",
    "{0} wurde erfolgreich gestartet.\n",
    'Служба "{0}" успешно запущена.\n',
)
STOPPING = Text("The {0} service is stopping.", "{0} wird beendet.", 'Служба "{0}" останавливается.')
STOPPED = Text(
    "The {0} service was stopped successfully.\n",
    "{0} wurde erfolgreich beendet.\n",
    'Служба "{0}" успешно остановлена.\n',
)
BAD_SERVICE = Text("The service name is invalid.", "Der Dienstname ist ungültig.", "Недопустимое имя службы.")
ALREADY = Text(
    "The requested service has already been started.",
    "Der angeforderte Dienst wurde bereits gestartet.",
    "Затребованная служба уже запущена.",
)
NOT_STARTED = Text("The {0} service is not started.", "{0} wurde nicht gestartet.", 'Служба "{0}" не запущена.')
NOT_STOPPABLE = Text(
    "The requested pause, continue, or stop is not valid for this service.",
    "Das angeforderte Anhalten, Fortsetzen oder Beenden ist für diesen Dienst nicht gültig.",
    "Запрошенная команда приостановки, продолжения или остановки недопустима для этой службы.",
)
COULD_NOT = Text(
    "The {0} service could not be started.\n\nA system error has occurred.\n\nSystem error {1} has occurred.\n\n{2}\n",
    "{0} konnte nicht gestartet werden.\n\nEin Systemfehler ist aufgetreten.\n\nSystemfehler {1} aufgetreten.\n\n{2}\n",
    'Не удалось запустить службу "{0}".\n\nСистемная ошибка.\n\nСистемная ошибка {1}.\n\n{2}\n',
)
DEPENDENTS = Text(
    "The following services are dependent on the {0} service.\n"
    "Stopping the {0} service will also stop these services.\n",
    "Folgende Dienste hängen vom Dienst {0} ab.\nDas Beenden des Dienstes {0} beendet auch diese Dienste.\n",
    'Следующие службы зависят от службы "{0}".\nОстановка службы "{0}" приведет к остановке этих служб.\n',
)
CONTINUE = Text(
    "Do you want to continue this operation? (Y/N) [N]: ",
    "Möchten Sie diesen Vorgang fortsetzen? (J/N) [N]: ",
    "Продолжить операцию? (Y - да/N - нет) [N]: ",
)
YES_KEY = Text("Y", "J", "Y")
NO_ENTRIES = Text("There are no entries in the list.", "Es sind keine Einträge in der Liste.", "В списке нет записей.")
REMEMBERED = Text(
    "New connections will be remembered.", "Neue Verbindungen werden gespeichert.", "Новые подключения будут запомнены."
)
SHARE_HEADINGS = (
    Text("Share name", "Name", "Общее имя"),
    Text("Resource", "Ressource", "Ресурс"),
    Text("Remark", "Beschreibung", "Заметки"),
)
NO_SHARE = Text(
    "This shared resource does not exist.",
    "Diese freigegebene Ressource ist nicht vorhanden.",
    "Этот общий ресурс не существует.",
)
DELETED_SHARE = Text("{0} was deleted successfully.\n", "{0} wurde erfolgreich gelöscht.\n", "{0} успешно удален.\n")
SHARED = Text(
    "{0} was shared successfully.\n", "{0} wurde erfolgreich freigegeben.\n", "Общий ресурс {0} успешно создан.\n"
)
CURRENT_TIME = Text(
    "Current time at {0} is {1} {2}\n", "Aktuelle Zeit auf {0} ist {1} {2}\n", "Текущее время на {0} {1} {2}\n"
)
NO_TIME_SERVER = Text(
    "Could not locate a time-server.",
    "Es konnte kein Zeitserver gefunden werden.",
    "Не удалось найти сервер времени.",
)
SYNTAX = Text("The syntax of this command is:\n", "Die Syntax dieses Befehls lautet:\n", "Синтаксис данной команды:\n")
VERBS_LINE = (
    "NET [ ACCOUNTS | COMPUTER | CONFIG | CONTINUE | FILE | GROUP | HELP |\r\n"
    "      HELPMSG | LOCALGROUP | NAME | PAUSE | PRINT | SEND | SESSION |\r\n"
    "      SHARE | START | STATISTICS | STOP | TIME | USE | USER | VIEW ]"
)


# -- services --------------------------------------------------------------------------------------------


def _service(process: Process, typed: str) -> Service:
    service = process.machine.services.find(typed)
    if service is None:
        raise Failed(BAD_SERVICE(process), 2185)
    return service


def start(process: Process, arguments: Sequence[str]) -> None:
    """``net start [name]``: waits until the service runs."""
    if not arguments:
        process.say(STARTED_LIST(process))
        process.say()
        running = [s.display for s in process.machine.services.list() if s.running and not s.is_driver]
        texts.lines(process, [f"   {display}" for display in sorted(running, key=str.casefold)])
        process.say()
        process.say(COMPLETED(process))
        return
    service = _service(process, " ".join(arguments))
    if service.running:
        raise Failed(ALREADY(process), 2182)
    if not elevated(process):
        raise SystemError_(5)
    code = process.machine.services.start(service.name)
    if code in (1058, 1068):
        raise SystemError_(code)
    process.say(STARTING(process, service.display))
    if code:
        raise Failed(COULD_NOT(process, service.display, code, texts.win32(process, code)), 0)
    process.say(STARTED(process, service.display))


def stop(process: Process, arguments: Sequence[str]) -> None:
    """``net stop name [/y]``: asks before it stops what depends on the service."""
    yes = any(argument.casefold() in ("/y", "/yes") for argument in arguments)
    names = [argument for argument in arguments if not argument.startswith("/")]
    if not names:
        raise Failed(SYNTAX(process) + "\r\nNET STOP\r\nservice\r\n", 0)
    service = _service(process, " ".join(names))
    if not service.running:
        raise Failed(NOT_STARTED(process, service.display), 3521)
    if not elevated(process):
        raise SystemError_(5)
    dependents = [other for other in process.machine.services.dependents(service.name) if other.running]
    if dependents:
        process.say(DEPENDENTS(process, service.display))
        texts.lines(process, [f"   {other.display}" for other in dependents])
        process.say()
        if not yes:
            process.say(CONTINUE(process), end="")
            agreed = confirmed(process, YES_KEY(process))
            process.say()
            if not agreed:
                raise Failed("", 0)
        for other in dependents:
            process.say(STOPPING(process, other.display))
            process.machine.services.stop(other.name, dependents=True)
            process.say(STOPPED(process, other.display))
    code = process.machine.services.stop(service.name, dependents=True)
    if code == 1052:
        raise Failed(NOT_STOPPABLE(process), 2191)
    process.say(STOPPING(process, service.display))
    process.say(STOPPED(process, service.display))


# -- shares, sessions, time ---------------------------------------------------------------------------------


def share(process: Process, arguments: Sequence[str]) -> None:
    """``net share``: list, ``name=path``, ``name /delete``."""
    server = process.machine.services.get("LanmanServer")
    if server is None or not server.running:
        raise SystemError_(2114 if server else 1060)
    registry = process.machine.registry
    if not arguments:
        process.say()
        process.say(f"{SHARE_HEADINGS[0](process):<13}{SHARE_HEADINGS[1](process):<32}{SHARE_HEADINGS[2](process)}")
        process.say()
        process.say(RULER)
        for held in shares(process.machine):
            # a long path runs into the remark with one blank between (published capture)
            process.say(f"{held.name:<12} {held.path:<31} {held.remark}")
        process.say(COMPLETED(process))
        return
    if not elevated(process):
        raise SystemError_(5)
    name, mark, path = arguments[0].partition("=")
    if mark:
        registry.set(f"{LANMAN}\\Shares", name, "REG_MULTI_SZ", [f"Path={path}", "Permissions=0", "Type=0"])
        process.say(SHARED(process, name))
        return
    known = next((held for held in shares(process.machine) if held.name.casefold() == name.casefold()), None)
    if known is None:
        raise Failed(NO_SHARE(process), 2310)
    if any(argument.casefold() in ("/delete", "/d") for argument in arguments[1:]):
        registry.delete_value(f"{LANMAN}\\Shares", known.name)
        process.say(DELETED_SHARE(process, known.name))
        return
    labels = (SHARE_HEADINGS[0](process), Text("Path", "Pfad", "Путь")(process), SHARE_HEADINGS[2](process))
    for label, text in zip(labels, (known.name, known.path, known.remark), strict=True):
        process.say(f"{label:<18}{text}")
    process.say(COMPLETED(process))


def session(process: Process, arguments: Sequence[str]) -> None:
    """``net session``: the twin has no peers."""
    if not elevated(process):
        raise SystemError_(5)
    process.say(NO_ENTRIES(process))
    process.say()


def use(process: Process, arguments: Sequence[str]) -> None:
    """``net use``: no connections; a new one finds no path."""
    if arguments:
        raise SystemError_(53)
    process.say(REMEMBERED(process))
    process.say()
    process.say(NO_ENTRIES(process))
    process.say()


def view(process: Process, arguments: Sequence[str]) -> None:
    """``net view``: nobody is there."""
    raise SystemError_(6118 if not arguments else 53)


def time(process: Process, arguments: Sequence[str]) -> None:
    """``net time \\\\name``: knows this machine only."""
    if not arguments or arguments[0][2:].casefold() != process.machine.name.casefold():
        if arguments and arguments[0].startswith("\\\\"):
            raise SystemError_(53)
        raise Failed(NO_TIME_SERVER(process), 3912)
    now = process.machine.clock.now()
    process.say(CURRENT_TIME(process, arguments[0], short_date(process, now), clock_time(process, now)))
    process.say(COMPLETED(process))


COMMANDS: dict[str, Callable[[Process, Sequence[str]], None]] = {
    "start": start,
    "stop": stop,
    "share": share,
    "session": session,
    "sessions": session,
    "use": use,
    "view": view,
    "time": time,
    "user": net_accounts.user,
    "users": net_accounts.user,
    "accounts": net_accounts.accounts,
    "localgroup": net_accounts.localgroup,
    "group": net_accounts.group,
}


def net(process: Process) -> int:
    """Run net.exe; 0 done, 1 usage, 2 failed."""
    arguments = list(process.arguments)
    command = COMMANDS.get(arguments[0].casefold()) if arguments else None
    if command is None:
        process.complain(SYNTAX(process))
        process.complain(VERBS_LINE)
        return 1
    try:
        command(process, arguments[1:])
    except SystemError_ as error:
        process.complain(error.text(process))
        return 2
    except Failed as failed:
        if failed.text:
            process.complain(failed.text)
            process.complain(hint(process, failed.number))
        return 2
    return 0


TOOLS: dict[str, Tool] = {"net": net, "net1": net}
