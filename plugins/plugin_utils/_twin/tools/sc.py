# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's sc.exe of NT 6.0 (private to this collection).

Everything goes to stdout, failures too; the exit code is the Win32 error. An option name ends in ``=``
and its value is the next argument: ``start=disabled`` without the blank only gets the usage text.
Labels stay English on a German system and are translated on a Russian one.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..process import Tool
from ..registry import RegValue
from ..services import SERVICES, UNSTOPPABLE, Service
from .common import elevated
from .texts import Text, win32

if TYPE_CHECKING:
    from ..process import Process

BAD_USAGE = 1639  # ERROR_INVALID_COMMAND_LINE: what sc ends with after its usage text (memory)
NO_SERVER = 1722

FAILED = Text("[SC] {0} FAILED {1}:\n\n{2}\n", "[SC] {0} FEHLER {1}:\n\n{2}\n", "[SC] {0}: ошибка: {1}:\n\n{2}\n")
SUCCEEDED = Text("[SC] {0} SUCCESS", "[SC] {0} ERFOLG", "[SC] {0}: успех")
UNRECOGNIZED = Text("*** Unrecognized Command ***", "*** Unbekannter Befehl ***", "*** Нераспознанная команда ***")
RPC_UNAVAILABLE = Text(
    "The RPC server is unavailable.", "Der RPC-Server ist nicht verfügbar.", "Сервер RPC недоступен."
)

# English and German label -> Russian label, as Russian systems print them
RUSSIAN = {
    "SERVICE_NAME": "Имя_службы",
    "DISPLAY_NAME": "Выводимое_имя",
    "TYPE": "Тип",
    "STATE": "Состояние",
    "WIN32_EXIT_CODE": "Код_выхода_Win32",
    "SERVICE_EXIT_CODE": "Код_выхода_службы",
    "CHECKPOINT": "Контрольная_точка",
    "WAIT_HINT": "Ожидание",
    "PID": "ID_процесса",
    "FLAGS": "Флаги",
    "START_TYPE": "Тип_запуска",
    "ERROR_CONTROL": "Управление_ошибками",
    "BINARY_PATH_NAME": "Имя_двоичного_файла",
    "LOAD_ORDER_GROUP": "Группа_запуска",
    "TAG": "Тег",
    "DEPENDENCIES": "Зависимости",
    "SERVICE_START_NAME": "Начальное_имя_службы",
}
TYPE_WORDS = {1: "KERNEL_DRIVER", 2: "FILE_SYSTEM_DRIVER", 16: "WIN32_OWN_PROCESS", 32: "WIN32_SHARE_PROCESS"}
START_WORDS = ("BOOT_START", "SYSTEM_START", "AUTO_START", "DEMAND_START", "DISABLED")
ERROR_WORDS = ("IGNORE", "NORMAL", "SEVERE", "CRITICAL")
STATE_WORDS = {1: "STOPPED", 2: "START_PENDING", 3: "STOP_PENDING", 4: "RUNNING"}
STARTS = {"boot": 0, "system": 1, "auto": 2, "demand": 3, "disabled": 4, "delayed-auto": 2}
TYPES = {"own": 16, "share": 32, "kernel": 1, "filesys": 2, "rec": 8, "adapt": 4, "interact": 256}
ERRORS = {"ignore": 0, "normal": 1, "severe": 2, "critical": 3}
# The descriptor that the control manager gives a Win32 service without one of its own.
DEFAULT_SECURITY = (
    "D:(A;;CCLCSWRPWPDTLOCRRC;;;SY)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)(A;;CCLCSWLOCRRC;;;IU)(A;;CCLCSWLOCRRC;;;SU)"
)
USAGE = (
    "DESCRIPTION:",
    "        SC is a command line program used for communicating with the",
    "        Service Control Manager and services.",
    "USAGE:",
    "        sc <server> [command] [service name] <option1> <option2>...",
    "",
)
CONFIG_USAGE = (
    "DESCRIPTION:",
    "        Modifies a service entry in the registry and Service Database.",
    "USAGE:",
    "        sc <server> config [service name] <option1> <option2>...",
    "",
    "OPTIONS:",
    "NOTE: The option name includes the equal sign.",
    "      A space is required between the equal sign and the value.",
    " type= <own|share|interact|kernel|filesys|rec|adapt>",
    " start= <boot|system|auto|demand|disabled|delayed-auto>",
    " error= <normal|severe|critical|ignore>",
    " binPath= <BinaryPathName>",
    " group= <LoadOrderGroup>",
    " tag= <yes|no>",
    " depend= <Dependencies(separated by / (forward slash))>",
    " obj= <AccountName|ObjectName>",
    " DisplayName= <display name>",
    " password= <password>",
    "",
)
OPTIONS = frozenset(
    ("type=", "start=", "error=", "binpath=", "group=", "tag=", "depend=", "obj=", "displayname=", "password=")
)


class Usage(Exception):
    """The command line makes no sense to sc: it prints usage."""

    def __init__(self, text: Sequence[str] = USAGE) -> None:
        super().__init__("usage")
        self.text = text


def _label(process: Process, name: str, text: str) -> str:
    shown = RUSSIAN.get(name, name) if process.machine.locale == "ru-RU" else name
    return f"        {shown:<19}: {text}"


def _heading(process: Process, name: str, text: str) -> str:
    return f"{RUSSIAN.get(name, name) if process.machine.locale == 'ru-RU' else name}: {text}"


def fail(process: Process, call: str, code: int) -> int:
    """Say which call failed how; returns the code."""
    message = RPC_UNAVAILABLE(process) if code == NO_SERVER else win32(process, code)
    process.say(FAILED(process, call, code, message))
    return code


def succeed(process: Process, call: str) -> int:
    """Say that a call went well."""
    process.say(SUCCEEDED(process, call))
    return 0


def type_text(service: Service) -> str:
    """The type in hexadecimal and in words."""
    bits = service.type
    words = TYPE_WORDS.get(bits & 0x3F, "UNKNOWN") + (" (interactive)" if bits & 0x100 else "")
    return f"{bits:x}  {words} "


def _status(process: Process, service: Service, name: str, display: bool, extended: bool, state: int) -> None:
    process.say()
    process.say(_heading(process, "SERVICE_NAME", name))
    if display:
        process.say(_heading(process, "DISPLAY_NAME", service.display))
    process.say(_label(process, "TYPE", type_text(service)))
    process.say(_label(process, "STATE", f"{state}  {STATE_WORDS[state]} "))
    if state != 1:
        process.say(" " * 32 + _controls(service, state))
    pending = state == 2
    exit_code = 0 if pending else service.exit_code
    process.say(_label(process, "WIN32_EXIT_CODE", f"{exit_code}  (0x{exit_code:x})"))
    process.say(_label(process, "SERVICE_EXIT_CODE", f"{service.service_exit_code}  (0x{service.service_exit_code:x})"))
    process.say(_label(process, "CHECKPOINT", "0x0"))
    process.say(_label(process, "WAIT_HINT", "0x7d0" if pending else "0x0"))
    if extended:
        process.say(_label(process, "PID", str(service.pid)))
        process.say(_label(process, "FLAGS", ""))


def _controls(service: Service, state: int) -> str:
    if state == 2:
        return "(NOT_STOPPABLE, NOT_PAUSABLE, IGNORES_SHUTDOWN)"
    stoppable = service.is_driver or process_can_stop(service)
    shutdown = "IGNORES_SHUTDOWN" if service.is_driver else "ACCEPTS_SHUTDOWN"
    return f"({'STOPPABLE' if stoppable else 'NOT_STOPPABLE'}, NOT_PAUSABLE, {shutdown})"


def process_can_stop(service: Service) -> bool:
    """Whether its control handler takes STOP."""
    return service.name.lower() not in UNSTOPPABLE


def _pairs(arguments: Sequence[str], allowed: frozenset[str], usage: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        name = rest.pop(0).casefold()
        if name not in allowed or name in found or not rest:
            raise Usage(usage)
        found[name] = rest.pop(0)
    return found


# -- reading ------------------------------------------------------------------------------------------


def query(process: Process, arguments: Sequence[str], extended: bool = False) -> int:
    """``sc query [name]`` or an enumeration with ``type=``, ``state=``, ``group=``."""
    keys = frozenset(("type=", "state=", "group=", "bufsize=", "ri="))
    if arguments and arguments[0].casefold() not in keys:
        service = process.machine.services.get(arguments[0])
        if service is None:
            return fail(process, "EnumQueryServicesStatus:OpenService", 1060)
        _status(process, service, arguments[0], False, extended, 4 if service.running else 1)
        return 0
    given = _pairs(arguments, keys, USAGE)
    kind, state = given.get("type=", "service").casefold(), given.get("state=", "active").casefold()
    if state not in ("active", "inactive", "all") or kind not in ("driver", "service", "all", *TYPES):
        raise Usage
    for service in process.machine.services.list():
        if _of_kind(service, kind) and state in ("all", "active" if service.running else "inactive"):
            _status(process, service, service.name, True, extended, 4 if service.running else 1)
    return 0


def _of_kind(service: Service, kind: str) -> bool:
    if kind in TYPES:
        return bool(service.type & TYPES[kind])
    return kind == "all" or service.is_driver is (kind == "driver")


def queryex(process: Process, arguments: Sequence[str]) -> int:
    """``sc queryex``: with process id and flags."""
    return query(process, arguments, extended=True)


def _opened(process: Process, arguments: Sequence[str], call: str = "OpenService") -> Service | int:
    if not arguments:
        raise Usage
    return process.machine.services.get(arguments[0]) or fail(process, call, 1060)


def qc(process: Process, arguments: Sequence[str]) -> int:
    """``sc qc name``: the configuration."""
    service = _opened(process, arguments)
    if isinstance(service, int):
        return service
    succeed(process, "QueryServiceConfig")
    process.say()
    process.say(_heading(process, "SERVICE_NAME", arguments[0]))
    start = min(service.start, 4)
    delayed = "  (DELAYED)" if service.delayed else ""
    needed = service.dependencies or [""]
    rows = [
        ("TYPE", type_text(service)),
        ("START_TYPE", f"{start}   {START_WORDS[start]}{delayed}"),
        ("ERROR_CONTROL", f"{service.error_control}   {ERROR_WORDS[min(service.error_control, 3)]}"),
        ("BINARY_PATH_NAME", process.machine.expand_system(service.path) if not service.is_driver else service.path),
        ("LOAD_ORDER_GROUP", service.group),
        ("TAG", str(service.tag)),
        ("DISPLAY_NAME", service.display),
        ("DEPENDENCIES", needed[0]),
    ]
    for label, text in rows:
        process.say(_label(process, label, text))
    for name in needed[1:]:
        process.say(f"{'':27}: {name}")
    process.say(_label(process, "SERVICE_START_NAME", service.account))
    return 0


def sdshow(process: Process, arguments: Sequence[str]) -> int:
    """``sc sdshow name``: the descriptor in SDDL."""
    service = _opened(process, arguments)
    if isinstance(service, int):
        return service
    process.say()
    process.say(DEFAULT_SECURITY)
    return 0


_ACTIONS = {1: "RESTART", 2: "REBOOT", 3: "RUN PROCESS"}
_ACTION_NUMBERS = {"": 0, "restart": 1, "reboot": 2, "run": 3}


def qfailure(process: Process, arguments: Sequence[str]) -> int:
    """``sc qfailure name``: what happens when the service dies."""
    service = _opened(process, arguments)
    if isinstance(service, int):
        return service
    registry = process.machine.registry
    key = f"{SERVICES}\\{service.name}"
    held = registry.get(key, "FailureActions")
    reset, actions = _failure_actions(held)
    succeed(process, "QueryServiceConfig2")
    process.say()
    process.say(_heading(process, "SERVICE_NAME", arguments[0]))
    process.say(f"        RESET_PERIOD (in seconds)    : {reset}")
    process.say(f"        REBOOT_MESSAGE               : {registry.data(key, 'RebootMessage', '')}")
    process.say(f"        COMMAND_LINE                 : {registry.data(key, 'FailureCommand', '')}")
    label = "        FAILURE_ACTIONS              : "
    for kind, delay in actions:
        process.say(f"{label}{_ACTIONS.get(kind, 'NONE')} -- Delay = {delay} milliseconds.")
        label = " " * len(label)
    return 0


def _failure_actions(value: RegValue | None) -> tuple[int, list[tuple[int, int]]]:
    """Reset period and (action, delay) pairs of a SERVICE_FAILURE_ACTIONS blob as the registry keeps it."""
    raw = value.data if value else None
    if not isinstance(raw, bytes) or len(raw) < 20:
        return 0, []
    reset, _message, _command, count, _pointer = struct.unpack_from("<5I", raw)
    pairs: list[tuple[int, int]] = [
        struct.unpack_from("<2I", raw, 20 + 8 * n) for n in range(count) if len(raw) >= 28 + 8 * n
    ]
    return reset, pairs


def qdescription(process: Process, arguments: Sequence[str]) -> int:
    """``sc qdescription name``."""
    service = _opened(process, arguments)
    if isinstance(service, int):
        return service
    succeed(process, "QueryServiceConfig2")
    process.say()
    process.say(_heading(process, "SERVICE_NAME", arguments[0]))
    process.say(f"DESCRIPTION:  {service.description}")
    return 0


# -- changing ------------------------------------------------------------------------------------------


def _multi(text: str) -> list[str]:
    return [name for name in text.split("/") if name]


def _configure(process: Process, name: str, given: dict[str, str]) -> None:
    registry = process.machine.registry
    key = f"{SERVICES}\\{name}"
    numbers = {"start=": ("Start", STARTS), "error=": ("ErrorControl", ERRORS)}
    for option, (value, words) in numbers.items():
        if option in given:
            registry.set(key, value, "REG_DWORD", words[given[option].casefold()])
    if "type=" in given:
        registry.set(key, "Type", "REG_DWORD", TYPES[given["type="].casefold()])
    if "start=" in given:
        if given["start="].casefold() == "delayed-auto":
            registry.set(key, "DelayedAutoStart", "REG_DWORD", 1)
        else:
            registry.delete_value(key, "DelayedAutoStart")
    strings = {
        "binpath=": ("ImagePath", "REG_EXPAND_SZ"),
        "group=": ("Group", "REG_SZ"),
        "obj=": ("ObjectName", "REG_SZ"),
        "displayname=": ("DisplayName", "REG_SZ"),
    }
    for option, (value, kind) in strings.items():
        if option in given:
            registry.set(key, value, kind, given[option])
    if "depend=" in given:
        needed = _multi(given["depend="])
        services = [name for name in needed if not name.startswith("+")]
        groups = [name[1:] for name in needed if name.startswith("+")]
        for value, names in (("DependOnService", services), ("DependOnGroup", groups)):
            if names:
                registry.set(key, value, "REG_MULTI_SZ", names)
            else:
                registry.delete_value(key, value)


def _checked(arguments: Sequence[str]) -> dict[str, str]:
    given = _pairs(arguments, OPTIONS, CONFIG_USAGE)
    for option, words in (("start=", STARTS), ("type=", TYPES), ("error=", ERRORS)):
        if option in given and given[option].casefold() not in words:
            raise Usage(CONFIG_USAGE)
    return given


def config(process: Process, arguments: Sequence[str]) -> int:
    """``sc config name option= value ...``; takes effect at once, a running service keeps running."""
    if not arguments:
        raise Usage(CONFIG_USAGE)
    given = _checked(arguments[1:])
    service = _opened(process, arguments)
    if isinstance(service, int):
        return service
    if not elevated(process):
        return fail(process, "OpenService", 5)
    _configure(process, service.name, given)
    return succeed(process, "ChangeServiceConfig")


def create(process: Process, arguments: Sequence[str]) -> int:
    """``sc create name binPath= path ...``."""
    if not arguments:
        raise Usage
    given = _checked(arguments[1:])
    if "binpath=" not in given:
        raise Usage
    if not elevated(process):
        return fail(process, "OpenSCManager", 5)
    if process.machine.services.get(arguments[0]) is not None:
        return fail(process, "CreateService", 1073)
    defaults = {"type=": "own", "start=": "demand", "error=": "normal", "obj=": "LocalSystem"}
    _configure(process, arguments[0], {**defaults, "displayname=": arguments[0], **given})
    return succeed(process, "CreateService")


def delete(process: Process, arguments: Sequence[str]) -> int:
    """``sc delete name``."""
    service = _opened(process, arguments)
    if isinstance(service, int):
        return service
    if not elevated(process):
        return fail(process, "OpenService", 5)
    process.machine.services.delete(service.name)
    return succeed(process, "DeleteService")


def description(process: Process, arguments: Sequence[str]) -> int:
    """``sc description name text``."""
    service = _opened(process, arguments)
    if isinstance(service, int):
        return service
    if not elevated(process):
        return fail(process, "OpenService", 5)
    process.machine.registry.set(f"{SERVICES}\\{service.name}", "Description", "REG_SZ", " ".join(arguments[1:2]))
    return succeed(process, "ChangeServiceConfig2")


def failure(process: Process, arguments: Sequence[str]) -> int:
    """``sc failure name reset= seconds actions= restart/60000/...``."""
    service = _opened(process, arguments)
    if isinstance(service, int):
        return service
    given = _pairs(arguments[1:], frozenset(("reset=", "reboot=", "command=", "actions=")), USAGE)
    if not elevated(process):
        return fail(process, "OpenService", 5)
    fields = given.get("actions=", "").split("/")
    try:
        pairs = [
            (_ACTION_NUMBERS[kind.casefold()], int(delay)) for kind, delay in zip(*[iter(fields)] * 2, strict=False)
        ]
        reset = int(given.get("reset=", "0"))
    except (KeyError, ValueError) as error:
        raise Usage from error
    blob = struct.pack("<5I", reset, 0, 0, len(pairs), 20) + b"".join(struct.pack("<2I", *pair) for pair in pairs)
    process.machine.registry.set(f"{SERVICES}\\{service.name}", "FailureActions", "REG_BINARY", blob)
    return succeed(process, "ChangeServiceConfig2")


def start(process: Process, arguments: Sequence[str]) -> int:
    """``sc start name``: asks, and shows the state of that very moment."""
    service = _opened(process, arguments, "StartService: OpenService")
    if isinstance(service, int):
        return service
    if not elevated(process):
        return fail(process, "StartService: OpenService", 5)
    code = process.machine.services.start(service.name)
    if code:
        return fail(process, "StartService", code)
    _status(process, service, arguments[0], False, True, 4 if service.is_driver else 2)
    return 0


def stop(process: Process, arguments: Sequence[str]) -> int:
    """``sc stop name``: refuses (1051) while others that need the service run."""
    service = _opened(process, arguments)
    if isinstance(service, int):
        return service
    if not elevated(process):
        return fail(process, "OpenService", 5)
    code = process.machine.services.stop(service.name)
    if code:
        return fail(process, "ControlService", code)
    _status(process, service, arguments[0], False, False, 1 if service.is_driver else 3)
    return 0


COMMANDS: dict[str, Callable[[Process, Sequence[str]], int]] = {
    "query": query,
    "queryex": queryex,
    "qc": qc,
    "qfailure": qfailure,
    "qdescription": qdescription,
    "sdshow": sdshow,
    "config": config,
    "create": create,
    "delete": delete,
    "description": description,
    "failure": failure,
    "start": start,
    "stop": stop,
}


def sc(process: Process) -> int:
    """Run sc.exe; returns the Win32 error of the call that failed."""
    arguments = list(process.arguments)
    if arguments and arguments[0].startswith("\\\\"):
        server = arguments.pop(0)[2:].casefold()
        if server not in (process.machine.name.casefold(), ".", "localhost", "127.0.0.1"):
            return fail(process, "OpenSCManager", NO_SERVER)
    command = COMMANDS.get(arguments[0].casefold()) if arguments else None
    try:
        if command is None:
            if arguments:
                process.say(UNRECOGNIZED(process))
            raise Usage
        return command(process, arguments[1:])
    except Usage as usage:
        for line in usage.text:
            process.say(line)
        return BAD_USAGE


TOOLS: dict[str, Tool] = {"sc": sc}
