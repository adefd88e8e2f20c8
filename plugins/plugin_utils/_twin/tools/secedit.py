# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's secedit.exe of NT 6.0 (private to this collection).

``/configure`` adds the template to the database and applies *all* that the database holds, which is why
a fresh database is wanted each time. Exit codes: 0 done, 1 failed, 3 done with warnings (facts
hardening.md 9 call the 3 unconfirmed). Details go to scesrv.log in UTF-16.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..files import FileError
from ..process import Tool
from ..registry import RegistryError
from . import auditpol, secedit_access, secedit_inf
from .audit_table import CATEGORIES
from .common import BOM16, ansi, clock_time, confirmed, decode, elevated, encode16, resolve, short_date
from .secedit_inf import AREAS, SECTIONS, Template, parse
from .texts import Text, win32

if TYPE_CHECKING:
    from ..accounts import User
    from ..machine import Machine
    from ..process import Process

LOG = "%windir%\\security\\logs\\scesrv.log"
WARNED = 3
MAGIC = b"twin security database\r\n"

# German and Russian: reconstruction
DONE = Text(
    "\nThe task has completed successfully.\nSee log {0} for detail info.",
    "\nDer Auftrag wurde erfolgreich abgeschlossen.\nWeitere Informationen finden Sie im Protokoll {0}.",
    "\nЗадача успешно завершена.\nДополнительные сведения см. в журнале {0}.",
)
WARNINGS = Text(
    "\nThe task is completed. Warnings occurred for some attributes during this operation. It's ok to ignore.\n"
    "See log {0} for detail info.",
    "\nDer Auftrag wurde abgeschlossen. Für einige Attribute traten während des Vorgangs Warnungen auf, "
    "die ignoriert werden können.\nWeitere Informationen finden Sie im Protokoll {0}.",
    "\nЗадача завершена. Для некоторых атрибутов возникли предупреждения, их можно пропустить.\n"
    "Дополнительные сведения см. в журнале {0}.",
)
FAILED = Text(
    "\nThe task has completed with an error.\nSee log {0} for detail info.",
    "\nDer Auftrag wurde mit einem Fehler abgeschlossen.\nWeitere Informationen finden Sie im Protokoll {0}.",
    "\nЗадача завершена с ошибкой.\nДополнительные сведения см. в журнале {0}.",
)
VALID = Text("\nThe template is valid.", "\nDie Vorlage ist gültig.", "\nШаблон верен.")
OVERWRITE = Text(
    "\nDo you want to continue this operation? [y/n]",
    "\nMöchten Sie den Vorgang fortsetzen? [j/n]",
    "\nПродолжить операцию? [y/n]",
)
YES_KEY = Text("y", "j", "y")
USAGE = (
    "",
    "The syntax of this command is:",
    "",
    "secedit [/configure | /analyze | /import | /export | /validate | /generaterollback]",
    "",
)
_VALUE_SWITCHES = frozenset(("db", "cfg", "log", "rbk"))
_FLAG_SWITCHES = frozenset(("overwrite", "quiet", "verbose", "mergedpolicy"))
_TEXT_KEYS = {"newadministratorname", "newguestname"}
Options = dict[str, str]


class BadUsage(Exception):
    """secedit prints its usage."""


class Failed(Exception):
    """secedit says that the task completed with an error; the reason goes to the log."""


class Log:
    """The protocol of one run; `warnings` makes the exit code 3."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.warnings = 0

    def add(self, text: str) -> None:
        """One line."""
        self.lines.append(text)

    def warn(self, text: str) -> None:
        """One line that says something was passed over."""
        self.warnings += 1
        self.lines.append(text)


def _options(arguments: Sequence[str]) -> tuple[Options, frozenset[str]]:
    given: Options = {}
    areas: list[str] = []
    rest = list(arguments)
    while rest:
        name = rest.pop(0).lstrip("/-").casefold()
        if name == "areas":
            while rest and rest[0].upper() in AREAS:
                areas.append(rest.pop(0).upper())
            if not areas:
                raise BadUsage
        elif name in _VALUE_SWITCHES and rest and name not in given:
            given[name] = rest.pop(0)
        elif name in _FLAG_SWITCHES and name not in given:
            given[name] = ""
        else:
            raise BadUsage
    return given, frozenset(areas or AREAS)


def _read(process: Process, path: str) -> str:
    try:
        return decode(process, process.machine.files.read(resolve(process, path)))
    except FileError as error:
        raise Failed(f"Error {error.code}: {win32(process, error.code)} {path}") from error


def _template(process: Process, path: str) -> Template:
    template = parse(_read(process, path))
    if template.errors:
        raise Failed(f"Error 13: {win32(process, 13)} {path}: {'; '.join(template.errors)}")
    return template


# -- export --------------------------------------------------------------------------------------------


def export(process: Process, given: Options, areas: frozenset[str], log: Log) -> Text:
    """``/export /cfg file [/areas ...]``: local policy; an existing file keeps its encoding."""
    if "cfg" not in given:
        raise BadUsage
    if "areas" not in process.tail.casefold():
        areas = frozenset(("SECURITYPOLICY", "USER_RIGHTS"))
    path = resolve(process, given["cfg"])
    text = secedit_inf.export(process.machine, areas)
    files = process.machine.files
    try:
        wide = not files.exists(path) or files.read(path)[:2] in (b"", BOM16)
        files.write(path, encode16(text) if wide else text.encode(ansi(process), "replace"))
    except FileError as error:
        raise Failed(f"Error {error.code}: {win32(process, error.code)} {path}") from error
    log.add("----Export Security Policy...")
    return DONE


# -- configure -----------------------------------------------------------------------------------------


def _database(process: Process, given: Options) -> Template:
    """What the database holds after the template was added to it."""
    files = process.machine.files
    path = resolve(process, given["db"])
    held = Template()
    if files.exists(path) and "overwrite" not in given:
        raw = files.read(path)
        if not raw.startswith(MAGIC):
            raise Failed(f"Error 11: {path} is not a security database")
        held = parse(raw[len(MAGIC) :].decode("utf-16-le"))
    elif "cfg" not in given:
        raise Failed(f"Error 2: {win32(process, 2)} {path}")
    if "cfg" in given:
        held.merge(_template(process, given["cfg"]))
    try:
        files.write(path, MAGIC + secedit_inf.render(held).encode("utf-16-le"))
    except FileError as error:
        raise Failed(f"Error {error.code}: {win32(process, error.code)} {path}") from error
    return held


def configure(process: Process, given: Options, areas: frozenset[str], log: Log) -> Text:
    """``/configure /db file [/cfg template] [/overwrite] [/areas ...]``."""
    if "db" not in given:
        raise BadUsage
    exists = process.machine.files.exists(resolve(process, given["db"]))
    if "overwrite" in given and exists and "quiet" not in given:
        process.say(OVERWRITE(process), end="")
        if not confirmed(process, YES_KEY(process)):
            raise Failed("The operation was cancelled.")
    template = _database(process, given)
    for section, apply in _APPLY.items():
        if section in template.sections and SECTIONS[section] in areas:
            log.add(f"----Configure {section.title()}...")
            apply(process, template, log)
    return WARNINGS if log.warnings else DONE


def _apply_access(process: Process, template: Template, log: Log) -> None:
    machine = process.machine
    for key, value in template.pairs("system access"):
        lowered = key.casefold()
        name = next((known for known in secedit_inf.ACCESS_ORDER if known.casefold() == lowered), None)
        number = value.strip('"')
        if name is None or (lowered not in _TEXT_KEYS and not number.lstrip("-").isdigit()):
            log.warn(f"\tError 87: {win32(process, 87)} {key} = {value}")
            continue
        if lowered in _TEXT_KEYS:
            _rename(process, 500 if "administrator" in lowered else 501, number)
        elif lowered in ("enableadminaccount", "enableguestaccount"):
            user = _by_rid(process, 500 if "admin" in lowered else 501)
            if user is not None:
                user.disabled = number == "0"
            machine.policy.system_access[name] = int(number)
        else:
            machine.policy.system_access[name] = int(number)
        log.add(f"\tConfigure {name}.")


def _by_rid(process: Process, rid: int) -> User | None:
    return next((user for user in process.machine.accounts.users.values() if user.rid == rid), None)


def _rename(process: Process, rid: int, name: str) -> None:
    users = process.machine.accounts.users
    user = _by_rid(process, rid)
    if user is not None and name and name.casefold() not in users:
        del users[user.name.lower()]
        user.name = name
        users[name.lower()] = user


def _apply_audit(process: Process, template: Template, log: Log) -> None:
    machine = process.machine
    # with this value the subcategories win and the nine categories do nothing (STIG V-14230)
    legacy_wins = not machine.registry.data(auditpol.LSA, "SCENoApplyLegacyAuditPolicy", 0)
    for key, value in template.pairs("event audit"):
        category = next((c for c in CATEGORIES if c.inf.casefold() == key.casefold()), None)
        if category is None or value not in ("0", "1", "2", "3"):
            log.warn(f"\tError 87: {win32(process, 87)} {key} = {value}")
            continue
        machine.policy.event_audit[category.inf] = int(value)
        for sub in category.members if legacy_wins else ():
            auditpol.put(process, sub.guid, int(value))
        log.add(f"\tConfigure {category.inf}.")


def _apply_kerberos(process: Process, template: Template, log: Log) -> None:
    for key, value in template.pairs("kerberos policy"):
        if value.isdigit():
            process.machine.policy.kerberos[key] = int(value)
        else:
            log.warn(f"\tError 87: {win32(process, 87)} {key} = {value}")


def _apply_registry(process: Process, template: Template, log: Log) -> None:
    for key, text in template.pairs("registry values"):
        path, value = secedit_inf.registry_path(key), secedit_inf.read_registry_value(text)
        try:
            if path is None or value is None:
                raise RegistryError(87, key)
            process.machine.registry.set(path[0], path[1], value.type, value.data)
            log.add(f"\tConfigure {key}.")
        except RegistryError as error:
            log.warn(f"\tError {error.code}: {win32(process, error.code)} {key}")


def _sids(process: Process, text: str, log: Log) -> list[str]:
    found: list[str] = []
    for piece in secedit_inf.split_list(text):
        sid = process.machine.accounts.resolve(piece)
        if sid is None:
            log.warn(f"\tError 1332: {win32(process, 1332)}\r\n\t\tCannot find {piece}.")
        elif sid not in found:
            found.append(sid)
    return found


def _apply_rights(process: Process, template: Template, log: Log) -> None:
    rights = process.machine.policy.rights
    for key, value in template.pairs("privilege rights"):
        name = next((known for known in rights if known.casefold() == key.casefold()), key)
        if not name.startswith("Se"):
            log.warn(f"\tError 1313: {key}")
            continue
        sids = _sids(process, value, log)
        if value.strip() and not sids:
            continue  # nobody in the line is known: the right stays as it is (reconstruction)
        rights[name] = sids
        log.add(f"\tConfigure {name}.")


def _apply_groups(process: Process, template: Template, log: Log) -> None:
    accounts = process.machine.accounts
    for key, value in template.pairs("group membership"):
        group, _separator, what = key.rpartition("__")
        sid = accounts.resolve(group)
        if sid is None or sid not in accounts.members:
            log.warn(f"\tError 1332: {win32(process, 1332)}\r\n\t\tCannot find {group}.")
        elif what.casefold() == "members":
            accounts.members[sid] = _sids(process, value, log)
            log.add(f"\tConfigure {group}.")


def _apply_services(process: Process, template: Template, log: Log) -> None:
    for line, _value in template.sections["service general setting"]:
        fields = secedit_inf.split_list(line)
        service = process.machine.services.get(fields[0]) if fields else None
        if service is None or len(fields) < 2 or fields[1] not in ("2", "3", "4"):
            log.warn(f"\tError 1060: {win32(process, 1060)} {line}")
            continue
        service.start = int(fields[1])
        log.add(f"\tConfigure {service.name}.")


def _access(section: str, apply: Callable[[Machine, str], str]) -> Callable[[Process, Template, Log], None]:
    def run(process: Process, template: Template, log: Log) -> None:
        for line, _value in template.sections[section]:
            try:
                log.add(f"\tConfigure {apply(process.machine, line)}.")
            except secedit_access.Refused as refused:
                log.warn(f"\tError {refused.code}: {win32(process, refused.code)} {refused.name}")

    return run


_APPLY: dict[str, Callable[[Process, Template, Log], None]] = {
    "privilege rights": _apply_rights,
    "group membership": _apply_groups,
    "registry keys": _access("registry keys", secedit_access.apply_key),
    "file security": _access("file security", secedit_access.apply_file),
    "service general setting": _apply_services,
    "system access": _apply_access,
    "registry values": _apply_registry,
    "event audit": _apply_audit,
    "kerberos policy": _apply_kerberos,
}


# -- the other verbs -----------------------------------------------------------------------------------


def analyze(process: Process, given: Options, areas: frozenset[str], log: Log) -> Text:
    """``/analyze /db file [/cfg template]``: differences go to the log only."""
    if "db" not in given:
        raise BadUsage
    wanted = _database(process, given)
    actual = parse(secedit_inf.export(process.machine, frozenset(AREAS)))
    for section in wanted.sections:
        held = {key.casefold(): value for key, value in actual.pairs(section)}
        for key, value in wanted.pairs(section):
            if SECTIONS.get(section) in areas and held.get(key.casefold(), "").strip('"') != value.strip('"'):
                log.add(f"\tMismatch            - {key}.")
    return DONE


def validate(process: Process, given: Options, areas: frozenset[str], log: Log) -> Text:
    """``/validate template``."""
    _template(process, given["cfg"])
    return VALID


def import_(process: Process, given: Options, areas: frozenset[str], log: Log) -> Text:
    """``/import /db file /cfg template``: into the database only."""
    if "db" not in given or "cfg" not in given:
        raise BadUsage
    _database(process, given)
    return DONE


def generate_rollback(process: Process, given: Options, areas: frozenset[str], log: Log) -> Text:
    """``/generaterollback /cfg template /rbk file``: the present values of what the template names."""
    if "cfg" not in given or "rbk" not in given:
        raise BadUsage
    template = _template(process, given["cfg"])
    actual = parse(secedit_inf.export(process.machine, frozenset(AREAS)))
    result = Template({"unicode": [("Unicode", "yes")]})
    for section in template.sections:
        named = {key.casefold() for key, _value in template.pairs(section)}
        result.sections[section] = [(k, v) for k, v in actual.pairs(section) if k.casefold() in named]
    result.sections["version"] = [("signature", '"$CHICAGO$"'), ("Revision", "1")]
    process.machine.files.write(resolve(process, given["rbk"]), encode16(secedit_inf.render(result)))
    return DONE


VERBS: dict[str, Callable[[Process, Options, frozenset[str], Log], Text]] = {
    "export": export,
    "configure": configure,
    "analyze": analyze,
    "validate": validate,
    "import": import_,
    "generaterollback": generate_rollback,
}


def _write_log(process: Process, given: Options, log: Log) -> None:
    files = process.machine.files
    path = (
        resolve(process, given["log"]) if "log" in given else LOG.replace("%windir%", process.machine.windows_directory)
    )
    now = process.machine.clock.now()
    stamp = f"{short_date(process, now)} {clock_time(process, now)}"
    text = "\r\n".join(
        [
            "-------------------------------------------",
            stamp,
            "----Configuration engine was initialized successfully.----",
        ]
        + log.lines
        + ["----Un-initialize configuration engine...", ""]
    )
    try:
        fresh = not files.exists(path)
        files.write(path, (BOM16 if fresh else b"") + text.encode("utf-16-le"), append=not fresh)
    except FileError:
        process.complain(win32(process, 3))


def secedit(process: Process) -> int:
    """Run secedit.exe; 0 done, 1 failed, 3 done with warnings."""
    arguments = list(process.arguments)
    verb = arguments.pop(0).lstrip("/-").casefold() if arguments else ""
    log = Log()
    try:
        if verb not in VERBS:
            raise BadUsage
        if verb == "validate":
            given, areas = {"cfg": arguments[0]} if len(arguments) == 1 else {}, frozenset(AREAS)
            if not given:
                raise BadUsage
        else:
            given, areas = _options(arguments)
    except BadUsage:
        for line in USAGE:
            process.say(line)
        return 1
    if not elevated(process):
        process.say()
        process.say(win32(process, 5))
        return 1
    try:
        result = VERBS[verb](process, given, areas, log)
    except BadUsage:
        for line in USAGE:
            process.say(line)
        return 1
    except Failed as failed:
        log.add(str(failed))
        result = FAILED
    _write_log(process, given, log)
    if "quiet" not in given or result is FAILED:
        process.say(result(process, given.get("log", LOG)))
    return {FAILED: 1, WARNINGS: WARNED}.get(result, 0)


TOOLS: dict[str, Tool] = {"secedit": secedit}
