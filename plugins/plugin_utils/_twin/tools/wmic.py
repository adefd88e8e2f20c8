# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's wmic.exe of NT 6.0 (private to this collection).

Into a file it writes UTF-16LE with a mark, into a pipe (WinRS, ``for /f``, ``|``) the OEM code page with
CR CR LF at line ends. Columns come in alphabetical order whatever was asked. ``&`` in a value comes out as
``&amp;`` because the formats are style sheets. Exit codes are the HRESULT, or 44124 and its neighbours for
a line it does not understand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from .. import wmi
from ..access import CLASS
from ..cmd_streams import FileOutput
from ..files import FileError
from ..process import Tool
from ..wmi_errors import (
    ACCESS_DENIED,
    INVALID_CLASS,
    INVALID_METHOD,
    INVALID_NAMESPACE,
    INVALID_QUERY,
    NOT_FOUND,
    WmiError,
)
from .common import BOM16, best_fit, elevated, resolve, signed
from .texts import Text
from .wmic_parse import ALIASES, BadLine, Line, call_arguments, condition, parse, tokens

if TYPE_CHECKING:
    from ..process import Process

BAD_LINE = 44124
NO_INSTANCES = Text("No Instance(s) Available.", "Keine Instanzen verfügbar.", "Отсутствуют экземпляры.")
NODE_ERROR = Text(
    "Node - {0}\nERROR:\nDescription = {1}",
    "Knoten - {0}\nFEHLER:\nBeschreibung = {1}",
    "Узел - {0}\nОШИБКА:\nОписание = {1}",
)
WMI_TEXTS = {
    ACCESS_DENIED: Text("Access denied", "Zugriff verweigert", "Отказано в доступе"),
    INVALID_CLASS: Text("Invalid class", "Ungültige Klasse", "Неверный класс"),
    INVALID_METHOD: Text("Invalid method Parameter(s)", "Ungültige(r) Methodenparameter", "Неверные параметры метода"),
    INVALID_NAMESPACE: Text("Invalid namespace", "Ungültiger Namespace", "Неверное пространство имен"),
    INVALID_QUERY: Text("Invalid query", "Ungültige Abfrage", "Неверный запрос"),
    NOT_FOUND: Text("Not found", "Nicht gefunden", "Не найдено"),
}
GENERIC_FAILURE = Text("Generic failure", "Allgemeiner Fehler", "Общий сбой")
# English as published; German and Russian: reconstruction
EXECUTING = Text("Executing ({0})->{1}()", "({0})->{1}() wird ausgeführt", "Выполнение ({0})->{1}()")
CALL_DONE = Text("Method execution successful.", "Methode wurde ausgeführt.", "Метод успешно вызван.")
OUT_PARAMETERS = Text("Out Parameters:", "Ausgabeparameter:", "Параметры вывода:")
DELETING = Text("Deleting instance {0}", "Instanz {0} wird gelöscht", "Удаление экземпляра {0}")
DELETED = Text("Instance deletion successful.", "Die Instanz wurde gelöscht.", "Экземпляр успешно удален.")
UPDATING = Text(
    "Updating property(s) of '{0}'", 'Die Eigenschaft(en) von "{0}" werden aktualisiert', "Обновление свойств '{0}'"
)
UPDATED = Text(
    "Property(s) update successful.", "Eigenschaft(en) wurde(n) aktualisiert.", "Свойства успешно обновлены."
)
FORMATS = ("table", "list", "value", "csv", "textvaluelist")
# arguments of the methods that take them, in the order of their documentation
METHOD_PARAMETERS = {
    "create": ("CommandLine", "CurrentDirectory", "ProcessStartupInformation"),
    "changestartmode": ("StartMode",),
    "win32shutdown": ("Flags", "Reserved"),
    "installproductkey": ("ProductKey",),
    "settcpipnetbios": ("TcpipNetbiosOptions",),
    "rename": ("Name",),
}
KEYS = {
    "win32_service": "Name",
    "win32_process": "Handle",
    "win32_systemdriver": "Name",
    "win32_networkadapterconfiguration": "Index",
    "softwarelicensingproduct": "ID",
    "softwarelicensingservice": "Version",
    "win32_useraccount": "Name",
    "win32_logicalsharesecuritysetting": "Name",
    "win32_printer": "DeviceID",
}
# properties that the alias of `list full` leaves out (published capture)
NOT_IN_FULL = {"bios": ("BIOSVersion", "Caption")}
Rows = list[dict[str, object]]


class Writer:
    """Where the text goes: a file in UTF-16LE with a mark, or a pipe in the OEM code page with CR CR LF."""

    def __init__(self, process: Process, path: str) -> None:
        self.process = process
        self.path = path
        self.wide = bool(path) or isinstance(process.stdout, FileOutput)
        self.parts: list[str] = []

    def say(self, text: str = "") -> None:
        """One line."""
        self.parts += [line + "\n" for line in text.split("\n")]

    def close(self) -> None:
        """Bring everything to its place."""
        text = "".join(self.parts)
        if not text:
            return
        if not self.wide:
            narrow = best_fit(self.process, text).replace("\n", "\r\r\n")
            self.process.stdout.write(narrow.encode(self.process.codepage, "replace"))
            return
        data = BOM16 + text.replace("\n", "\r\n").encode("utf-16-le")
        if self.path:
            self.process.machine.files.write(resolve(self.process, self.path), data)
        else:
            self.process.stdout.write(data)


def value_text(value: object) -> str:
    """A value as every format prints it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        offset = value.utcoffset()
        minutes = int(offset.total_seconds() // 60) if offset else 0
        return f"{value:%Y%m%d%H%M%S}.{value.microsecond:06}{'-' if minutes < 0 else '+'}{abs(minutes):03}"
    if isinstance(value, list):
        return "{" + ",".join(f'"{item}"' if isinstance(item, str) else value_text(item) for item in value) + "}"
    return str(value)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;")


def show(writer: Writer, rows: Rows, names: Sequence[str], form: str) -> None:
    """Print rows in one of the formats."""
    columns = sorted(names, key=str.casefold)
    node = writer.process.machine.name
    texts = [[value_text(row.get(name)) for name in columns] for row in rows]
    if form == "csv":
        writer.say()
        writer.say(",".join(["Node", *columns]))
        for line in texts:
            fields = (text.replace(",", ";") if text.startswith("{") else text for text in line)
            writer.say(",".join([node, *(_escaped(field) for field in fields)]))
        return
    if form in ("list", "value", "textvaluelist"):
        for line in texts:
            writer.say("\n")
            for name, text in zip(columns, line, strict=True):
                writer.say(f"{name}={_escaped(text)}")
        writer.say("\n\n")
        return
    widths = [max(len(name), *(len(line[n]) for line in texts)) + 2 for n, name in enumerate(columns)]
    for line in [columns, *texts]:
        writer.say("".join(f"{text:<{width}}" for text, width in zip(line, widths, strict=True)))


def _format(words: Sequence[str]) -> str:
    form = "table"
    for word in words:
        lowered = word.casefold()
        if lowered == "/value":
            form = "value"
        elif lowered.startswith("/format:"):
            form = lowered[8:].removesuffix(".xsl")
            if form not in FORMATS:
                raise BadLine("Invalid XSL format (or) file name.")
        elif not lowered.startswith(("/all", "/translate:", "/every:", "/repeat:")):
            raise BadLine(f"{word} - Invalid Switch.")
    return form


def _query(process: Process, line: Line, names: Sequence[str]) -> tuple[Rows, list[str]]:
    text = f"select {','.join(names) if names else '*'} from {line.class_name}"
    if line.where:
        text += f" where {condition(line.where)}"
    result = wmi.query(process.machine, line.namespace, text)
    shown = list(result.rows[0]) if result.rows else list(names)
    return result.rows, shown


def get(process: Process, line: Line, writer: Writer) -> int:
    """``get [a,b] [/value | /format:x]``."""
    words = [word for word, _start, _end in tokens(line.rest)]
    names = [name for word in words if not word.startswith("/") for name in word.split(",") if name and name != "*"]
    form = _format([word for word in words if word.startswith("/")])
    rows, shown = _query(process, line, names)
    return _print(process, writer, rows, shown, form)


def _print(process: Process, writer: Writer, rows: Rows, names: Sequence[str], form: str) -> int:
    if rows:
        show(writer, rows, names, form)
    else:
        process.complain(NO_INSTANCES(process))
    return 0


def list_(process: Process, line: Line, writer: Writer) -> int:
    """``list [brief|full|instance|status] [/format:x]``; full comes as a list of lines."""
    words = [word for word, _start, _end in tokens(line.rest)]
    style = words.pop(0).casefold() if words and not words[0].startswith("/") else ""
    if style not in ("", "brief", "full", "status", "instance", "system"):
        raise BadLine(f"{style} - Invalid LIST Format.")
    form = _format(words)
    names = list(ALIASES[line.alias][1]) if style in ("brief", "status") and line.alias else []
    rows, shown = _query(process, line, names)
    if style == "full":
        shown = [name for name in shown if name not in NOT_IN_FULL.get(line.alias, ())]
    return _print(process, writer, rows, shown, "list" if style == "full" and form == "table" else form)


def _instance_path(process: Process, line: Line, key: str, value: object) -> str:
    space = line.namespace.upper().replace("/", "\\")
    return f"\\\\{process.machine.name}\\{space}:{line.class_name}.{key}={_quoted(str(value))}"


def call(process: Process, line: Line, writer: Writer) -> int:
    """``call Method arguments``: on the class, or on each instance that the where clause selects."""
    method, _separator, rest = line.rest.partition(" ")
    if not method:
        raise BadLine("Method name expected.")
    plain, named = call_arguments(rest)
    # OLE automation takes a number in the notation of Visual Basic (the vendor's own example of StdRegProv).
    named = {name: f"0x{value[2:]}" if value[:2].upper() == "&H" else value for name, value in named.items()}
    parameters = METHOD_PARAMETERS.get(method.casefold(), ())
    named.update(zip(parameters, plain, strict=False))
    targets: list[tuple[str, dict[str, str]]] = [(line.class_name, {})]
    key = KEYS.get(line.class_name.casefold())
    if line.where or method.casefold() in ("installproductkey", "reboot", "shutdown", "win32shutdown"):
        rows, _names = _query(process, line, [])
        if not rows:
            process.complain(NO_INSTANCES(process))
            return 0
        targets = []
        for row in rows:
            selectors = {key: str(row[key])} if key else {}
            shown = _instance_path(process, line, key, row[key]) if key else line.class_name
            targets.append((shown, selectors))
    for shown, selectors in targets:
        # the tool spells Create as its alias does, everything else as it was typed (published captures)
        writer.say(EXECUTING(process, shown, "Create" if method.casefold() == "create" else method))
        outputs = wmi.invoke(
            process.machine, process.account, line.namespace, line.class_name, method, named, selectors
        )
        writer.say(CALL_DONE(process))
        writer.say(OUT_PARAMETERS(process))
        writer.say("\n".join(object_text("__PARAMETERS", outputs)) + "\n")
    return 0


def object_text(class_name: str, values: Mapping[str, object]) -> list[str]:
    """An instance as managed object format, as IWbemClassObject::GetObjectText writes it; embedded ones are not set
    off (reconstruction: published texts of embedded objects are of other classes).
    """
    lines = [f"instance of {class_name}", "{"]
    for name, value in sorted(values.items()):
        if value is not None and name != CLASS:
            lines += _assigned(name, value)
    return [*lines, "};"]


def _assigned(name: str, value: object) -> list[str]:
    if isinstance(value, Mapping):
        return [f"\t{name} = ", *object_text(str(value[CLASS]), value)]
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        lines = [f"\t{name} = {{"]
        for number, one in enumerate(value, 1):
            text = object_text(str(one[CLASS]), one)
            lines += [*text[:-1], "}};" if number == len(value) else "}, "]
        return lines
    if isinstance(value, list):
        return [f"\t{name} = {{{', '.join(_quoted(item) for item in value)}}};"]
    return [f"\t{name} = {_quoted(value)};"]


def _quoted(value: object) -> str:
    if not isinstance(value, str):
        return value_text(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def delete(process: Process, line: Line, writer: Writer) -> int:
    """``delete``: only processes can be deleted; it means to end them."""
    rows, _names = _query(process, line, [])
    if line.class_name.casefold() != "win32_process":
        raise WmiError(0x80041024, "Provider is not capable of the attempted operation")
    if not rows:
        process.complain(NO_INSTANCES(process))
    for row in rows:
        writer.say(DELETING(process, _instance_path(process, line, "Handle", row["Handle"])))
        wmi.invoke(
            process.machine,
            process.account,
            line.namespace,
            line.class_name,
            "Terminate",
            {},
            {"Handle": str(row["Handle"])},
        )
        writer.say(DELETED(process))
    return 0


def set_(process: Process, line: Line, writer: Writer) -> int:
    """``set Property=value``: the two switches of a user account; everything else is read-only."""
    rows, _names = _query(process, line, [])
    _plain, named = call_arguments(line.rest)
    names = {name.casefold(): value.casefold() in ("true", "1") for name, value in named.items()}
    if line.class_name.casefold() != "win32_useraccount" or names.keys() - {
        "passwordexpires",
        "disabled",
        "passwordrequired",
    }:
        raise WmiError(0x80041024, "Provider is not capable of the attempted operation")
    if not elevated(process):
        raise WmiError(ACCESS_DENIED, "Access denied")
    for row in rows:
        user = process.machine.accounts.users[str(row["Name"]).casefold()]
        writer.say(UPDATING(process, _instance_path(process, line, "Name", row["Name"])))
        user.password_expires = names.get("passwordexpires", user.password_expires)
        user.disabled = names.get("disabled", user.disabled)
        user.password_required = names.get("passwordrequired", user.password_required)
        writer.say(UPDATED(process))
    return 0


VERBS: dict[str, Callable[[Process, Line, Writer], int]] = {
    "get": get,
    "list": list_,
    "call": call,
    "delete": delete,
    "set": set_,
}


def wmic(process: Process) -> int:
    """Run wmic.exe with one command; without one it would be interactive, so it ends at once here."""
    if not process.tail.strip():
        return 0
    try:
        line = parse(process.tail)
        verb = VERBS.get(line.verb)
        if verb is None:
            raise BadLine(f"{line.verb} - Invalid alias verb.")
        writer = Writer(process, line.output)
        try:
            code = verb(process, line, writer)
        finally:
            writer.close()
        return code
    except BadLine as bad:
        process.complain(bad.text)
        return BAD_LINE
    except FileError as error:
        process.complain("Invalid file name.")
        return error.code
    except WmiError as error:
        text = WMI_TEXTS.get(error.code, GENERIC_FAILURE)(process)
        process.complain(NODE_ERROR(process, process.machine.name, text))
        return signed(error.code)


TOOLS: dict[str, Tool] = {"wmic": wmic}
