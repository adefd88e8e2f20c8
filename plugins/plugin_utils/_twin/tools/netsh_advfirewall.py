# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``netsh advfirewall`` of NT 6.0 (private to this collection): profiles, rules, export and import.

Labels are localised (German and Russian: reconstruction); key column 38 wide as in a published capture.
Exit code 1 on every error, whose text goes to stdout.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..files import FileError
from . import firewall_store as store
from . import regfile
from .common import elevated, encode16, resolve
from .firewall_store import PROFILES, Rule
from .texts import NO, YES, Text, win32

if TYPE_CHECKING:
    from ..process import Process

RULER = "-" * 70
TITLES = {
    "domain": Text("Domain Profile Settings:", "Domänenprofil-Einstellungen:", "Параметры профиля домена:"),
    "private": Text("Private Profile Settings:", "Privates Profil-Einstellungen:", "Параметры частного профиля:"),
    "public": Text("Public Profile Settings:", "Öffentliches Profil-Einstellungen:", "Параметры общего профиля:"),
}
OK = Text("Ok.", "OK.", "ОК.")
ON = Text("ON", "EIN", "ВКЛЮЧИТЬ")
OFF = Text("OFF", "AUS", "ОТКЛЮЧИТЬ")
ENABLE = Text("Enable", "Aktivieren", "Включить")
DISABLE = Text("Disable", "Deaktivieren", "Отключить")
GPO_ONLY = Text("N/A (GPO-store only)", "Nicht zutreffend (nur GPO-Speicher)", "Н/Д (только хранилище GPO)")
STATE = Text("State", "Status", "Состояние")
POLICY = Text("Firewall Policy", "Firewallrichtlinie", "Политика брандмауэра")
LOGGING = Text("Logging:", "Protokollierung:", "Ведение журнала:")
SETTING_LABELS = (
    Text("LocalFirewallRules", "LokaleFirewallregeln"),
    Text("LocalConSecRules", "LokaleVerbindungssicherheitsregeln"),
    Text("InboundUserNotification"),
    Text("RemoteManagement", "Remoteverwaltung"),
    Text("UnicastResponseToMulticast"),
)
LOG_LABELS = ("LogAllowedConnections", "LogDroppedConnections", "FileName", "MaxFileSize")
NO_MATCH = Text(
    "\nNo rules match the specified criteria.\n",
    "\nKeine Regeln stimmen mit den angegebenen Kriterien überein.\n",
    "\nНи одно правило не соответствует указанным критериям.\n",
)
DELETED = Text("\nDeleted {0} rule(s).", "\n{0} Regel(n) gelöscht.", "\nУдалено правил: {0}.")
UPDATED = Text("\nUpdated {0} rule(s).", "\n{0} Regel(n) aktualisiert.", "\nОбновлено правил: {0}.")
BAD_VALUE = Text(
    "\nA specified value is not valid.\n",
    "\nEin angegebener Wert ist ungültig.\n",
    "\nУказанное значение недопустимо.\n",
)
NO_RIGHTS = Text(
    "The requested operation requires elevation.\n",
    "Der angeforderte Vorgang erfordert erhöhte Rechte.\n",
    "Запрошенная операция требует повышения.\n",
)
NO_SERVICE = Text(
    "\nAn error occurred while attempting to contact the  Windows Firewall service. Make sure that the service is "
    "running and try your request again.\n",
    "\nFehler beim Versuch, eine Verbindung mit dem Windows-Firewalldienst herzustellen. Stellen Sie sicher, "
    "dass der Dienst ausgeführt wird, und wiederholen Sie die Anforderung.\n",
    "\nОшибка при попытке связаться со службой брандмауэра Windows. Проверьте, запущена ли эта служба, "
    "и повторите запрос.\n",
)
RULE_LABELS = {
    "name": Text("Rule Name:", "Regelname:", "Имя правила:"),
    "enabled": Text("Enabled:", "Aktiviert:", "Включено:"),
    "direction": Text("Direction:", "Richtung:", "Направление:"),
    "profiles": Text("Profiles:", "Profile:", "Профили:"),
    "grouping": Text("Grouping:", "Gruppierung:", "Группировка:"),
    "localip": Text("LocalIP:", "Lokales IP:", "Локальный IP-адрес:"),
    "remoteip": Text("RemoteIP:", "Remote-IP:", "Удаленный IP-адрес:"),
    "protocol": Text("Protocol:", "Protokoll:", "Протокол:"),
    "localport": Text("LocalPort:", "Lokaler Port:", "Локальный порт:"),
    "remoteport": Text("RemotePort:", "Remoteport:", "Удаленный порт:"),
    "edge": Text("Edge traversal:", "Edgeausnahme:", "Обход узлов:"),
    "program": Text("Program:", "Programm:", "Программа:"),
    "service": Text("Service:", "Dienst:", "Служба:"),
    "action": Text("Action:", "Aktion:", "Действие:"),
}
ANY = Text("Any", "Beliebig", "Любой")
IN = Text("In", "Eingehend", "Входящее")
OUT = Text("Out", "Ausgehend", "Исходящее")
ALLOW = Text("Allow", "Zulassen", "Разрешить")
BLOCK = Text("Block", "Blockieren", "Блокировать")
INBOUND = {"blockinbound": (1, 0), "blockinboundalways": (1, 1), "allowinbound": (0, 0)}
OUTBOUND = {"allowoutbound": 0, "blockoutbound": 1}
PROFILE_WORDS = {"domain": "Domain", "private": "Private", "public": "Public"}
MAGIC = "twin firewall policy\r\n"


class Failed(Exception):
    """netsh says this and ends with 1."""


def _chosen(process: Process, word: str) -> list[str] | None:
    lowered = word.casefold()
    if lowered == "allprofiles":
        return list(PROFILES)
    if lowered == "currentprofile":
        return [store.current_profile(process.machine)]
    name = lowered.removesuffix("profile")
    return [name] if name in PROFILES and lowered.endswith("profile") else None


# -- profiles ----------------------------------------------------------------------------------------------


def _row(name: str, value: str) -> str:
    return f"{name:<38}{value}"


def _policy_text(process: Process, profile: str) -> str:
    machine = process.machine
    inbound = "AllowInbound"
    if store.profile_value(machine, profile, "DefaultInboundAction", 1):
        always = store.profile_value(machine, profile, "DoNotAllowExceptions", 0)
        inbound = "BlockInboundAlways" if always else "BlockInbound"
    outbound = store.profile_value(machine, profile, "DefaultOutboundAction", 0)
    return f"{inbound},{'BlockOutbound' if outbound else 'AllowOutbound'}"


def _show_profile(process: Process, profile: str) -> None:
    machine = process.machine

    def switch(name: str, default: int, inverted: bool = False) -> str:
        value = bool(store.profile_value(machine, profile, name, default)) is not inverted
        return (ENABLE if value else DISABLE)(process)

    process.say()
    process.say(TITLES[profile](process))
    process.say(RULER)
    on = store.profile_value(machine, profile, "EnableFirewall", 1)
    process.say(_row(STATE(process), (ON if on else OFF)(process)))
    process.say(_row(POLICY(process), _policy_text(process, profile)))
    values = (
        GPO_ONLY(process),
        GPO_ONLY(process),
        switch("DisableNotifications", 0, inverted=True),
        switch("RemoteAdminSettings\\Enabled", 0),
        switch("DisableUnicastResponsesToMulticastBroadcast", 0, inverted=True),
    )
    for label, value in zip(SETTING_LABELS, values, strict=True):
        process.say(_row(label(process), value))
    process.say()
    process.say(LOGGING(process))
    key = f"{store.POLICY}\\{PROFILES[profile]}\\Logging"
    logs = (
        switch("Logging\\LogSuccessfulConnections", 0),
        switch("Logging\\LogDroppedPackets", 0),
        str(machine.registry.data(key, "LogFilePath", store.DEFAULT_LOG)),
        str(store.profile_value(machine, profile, "Logging\\LogFileSize", 4096)),
    )
    for name, value in zip(LOG_LABELS, logs, strict=True):
        process.say(_row(name, value))


def show(process: Process, words: Sequence[str]) -> None:
    """``show allprofiles|...profile``: the parameter after it is not narrowed down, except ``state``."""
    profiles = _chosen(process, words[0]) if words else None
    if profiles is None:
        raise Failed(BAD_VALUE(process))
    for profile in profiles:
        if len(words) > 1 and words[1].casefold() == "state":
            on = store.profile_value(process.machine, profile, "EnableFirewall", 1)
            process.say()
            process.say(TITLES[profile](process))
            process.say(RULER)
            process.say(_row(STATE(process), (ON if on else OFF)(process)))
        else:
            _show_profile(process, profile)
    process.say()
    process.say(OK(process))
    process.say()


def _set_one(process: Process, profile: str, words: Sequence[str]) -> None:
    machine = process.machine
    kind, values = words[0].casefold(), [word.casefold() for word in words[1:]]
    if kind == "state" and values in (["on"], ["off"]):
        store.set_profile(machine, profile, "EnableFirewall", int(values == ["on"]))
    elif kind == "firewallpolicy" and values:
        inbound, _separator, outbound = values[0].partition(",")
        if inbound not in (*INBOUND, "notconfigured") or outbound not in (*OUTBOUND, "notconfigured", ""):
            raise Failed(BAD_VALUE(process))
        if inbound in INBOUND:
            store.set_profile(machine, profile, "DefaultInboundAction", INBOUND[inbound][0])
            store.set_profile(machine, profile, "DoNotAllowExceptions", INBOUND[inbound][1])
        if outbound in OUTBOUND:
            store.set_profile(machine, profile, "DefaultOutboundAction", OUTBOUND[outbound])
    elif kind == "logging" and len(values) == 2:
        _set_logging(process, profile, values[0], words[2])
    elif kind == "settings" and len(values) == 2 and values[1] in ("enable", "disable"):
        on = values[1] == "enable"
        names = {
            "inboundusernotification": ("DisableNotifications", not on),
            "unicastresponsetomulticast": ("DisableUnicastResponsesToMulticastBroadcast", not on),
            "remotemanagement": ("RemoteAdminSettings\\Enabled", on),
        }
        if values[0] not in names:
            raise Failed(GPO_ONLY(process))
        name, flag = names[values[0]]
        store.set_profile(machine, profile, name, int(flag))
    else:
        raise Failed(BAD_VALUE(process))


def _set_logging(process: Process, profile: str, name: str, value: str) -> None:
    switches = {"allowedconnections": "LogSuccessfulConnections", "droppedconnections": "LogDroppedPackets"}
    if name in switches and value.casefold() in ("enable", "disable"):
        store.set_profile(process.machine, profile, f"Logging\\{switches[name]}", int(value.casefold() == "enable"))
    elif name == "filename":
        store.set_profile(process.machine, profile, "Logging\\LogFilePath", value)
    elif name == "maxfilesize" and value.isdigit() and 1 <= int(value) <= 32767:
        store.set_profile(process.machine, profile, "Logging\\LogFileSize", int(value))
    else:
        raise Failed(BAD_VALUE(process))


def set_(process: Process, words: Sequence[str]) -> None:
    """``set allprofiles|...profile state|firewallpolicy|logging|settings ...``."""
    profiles = _chosen(process, words[0]) if words else None
    if profiles is None or len(words) < 3:
        raise Failed(BAD_VALUE(process))
    for profile in profiles:
        _set_one(process, profile, words[1:])
    process.say(OK(process))
    process.say()


# -- rules -----------------------------------------------------------------------------------------------------


def options(process: Process, words: Iterable[str]) -> dict[str, str]:
    """``name=value`` words, names in lower case."""
    found: dict[str, str] = {}
    for word in words:
        name, mark, value = word.partition("=")
        if not mark:
            raise Failed(BAD_VALUE(process))
        found[name.casefold()] = value.strip('"')
    return found


def _addresses(value: str) -> list[tuple[str, str]]:
    special = {
        "localsubnet": "LocalSubnet",
        "dns": "DNS",
        "dhcp": "DHCP",
        "wins": "WINS",
        "defaultgateway": "DefaultGateway",
    }
    result = []
    for piece in value.split(","):
        address = special.get(piece.strip().casefold(), piece.strip())
        result.append(("6" if ":" in address else "4", address))
    return result


def _fill(process: Process, rule: Rule, given: dict[str, str]) -> None:
    """Put the words of ``add rule`` or ``set rule ... new`` into a rule."""
    if "name" in given:
        rule.put("Name", given["name"])
    if "action" in given:
        if given["action"].casefold() not in ("allow", "block", "bypass"):
            raise Failed(BAD_VALUE(process))
        rule.put("Action", {"allow": "Allow", "block": "Block", "bypass": "ByPass"}[given["action"].casefold()])
    if "enable" in given:
        if given["enable"].casefold() not in ("yes", "no"):
            raise Failed(BAD_VALUE(process))
        rule.put("Active", "TRUE" if given["enable"].casefold() == "yes" else "FALSE")
    if "protocol" in given:
        protocol = given["protocol"].casefold()
        number = PROTOCOL_NUMBERS.get(protocol, protocol.partition(":")[0] if protocol[:1].isdigit() else None)
        if number is None:
            raise Failed(BAD_VALUE(process))
        rule.put("Protocol", number)
    for word, name in (("localport", "LPort"), ("remoteport", "RPort")):
        if word in given:
            ports = [port.strip() for port in given[word].split(",")]
            if any(
                not re.fullmatch(r"\d{1,5}(-\d{1,5})?|any|rpc|rpc-epmap|teredo|iphttps", p.casefold()) for p in ports
            ):
                raise Failed(BAD_VALUE(process))
            rule.put(name, *(port for port in ports if port.casefold() != "any"))
    for word, name in (("localip", "LA"), ("remoteip", "RA")):
        if word in given:
            pairs = [] if given[word].casefold() == "any" else _addresses(given[word])
            for family in "46":
                rule.put(name + family, *(address for held, address in pairs if held == family))
    if "profile" in given:
        names = [piece.strip().casefold() for piece in given["profile"].split(",")]
        if any(name not in (*PROFILES, "any") for name in names):
            raise Failed(BAD_VALUE(process))
        rule.put("Profile", *(() if "any" in names else (PROFILE_WORDS[name] for name in names)))
    for word, name in (("program", "App"), ("service", "Svc"), ("description", "Desc")):
        if word in given:
            rule.put(name, given[word])
    if "edge" in given:
        rule.put("Edge", "TRUE" if given["edge"].casefold() == "yes" else "FALSE")


PROTOCOL_NUMBERS = store.PROTOCOLS


def add_rule(process: Process, words: Sequence[str]) -> None:
    """``firewall add rule name=... dir=in|out action=...``; a second rule of the same name is a second rule."""
    given = options(process, words)
    if not {"name", "dir", "action"} <= given.keys() or given["dir"].casefold() not in ("in", "out"):
        raise Failed(BAD_VALUE(process))
    if {"localport", "remoteport"} & given.keys() and given.get("protocol", "any").casefold() not in (
        "tcp",
        "udp",
        "6",
        "17",
    ):
        raise Failed(BAD_VALUE(process))
    if given["name"].casefold() == "all":
        raise Failed(BAD_VALUE(process))
    rule = Rule(store.new_key(process.machine, given["name"]))
    rule.put("Action", "Allow")
    rule.put("Active", "TRUE")
    rule.put("Dir", "In" if given["dir"].casefold() == "in" else "Out")
    _fill(process, rule, given)
    rule.put("Edge", rule.get("Edge") or "FALSE")
    store.save(process.machine, rule)
    process.say(OK(process))
    process.say()


def _matching(process: Process, given: dict[str, str]) -> list[Rule]:
    found = []
    wanted = given.get("name", "all").casefold()
    for rule in store.rules(process.machine):
        if wanted != "all" and rule.name.casefold() != wanted:
            continue
        if "group" in given and store.shown(rule.get("EmbedCtxt")).casefold() != store.shown(given["group"]).casefold():
            continue
        if "dir" in given and rule.get("Dir").casefold() != given["dir"].casefold():
            continue
        if "protocol" in given and rule.get("Protocol") != PROTOCOL_NUMBERS.get(
            given["protocol"].casefold(), given["protocol"]
        ):
            continue
        if "localport" in given and ",".join(rule.every("LPort")) != given["localport"]:
            continue
        profiles = [name.casefold() for name in rule.every("Profile")]
        if (
            "profile" in given
            and given["profile"].casefold() != "any"
            and profiles
            and given["profile"].casefold() not in profiles
        ):
            continue
        found.append(rule)
    return found


def _need_name(process: Process, given: dict[str, str]) -> list[Rule]:
    if not given.keys() & {"name", "group"}:
        raise Failed(BAD_VALUE(process))
    found = _matching(process, given)
    if not found:
        raise Failed(NO_MATCH(process))
    return found


def delete_rule(process: Process, words: Sequence[str]) -> None:
    """``firewall delete rule name=...``: every rule of that name."""
    found = _need_name(process, options(process, words))
    for rule in found:
        process.machine.registry.delete_value(store.RULES, rule.key)
    process.say(DELETED(process, len(found)))
    process.say(OK(process))
    process.say()


def set_rule(process: Process, words: Sequence[str]) -> None:
    """``firewall set rule name=... new ...``: changes every rule of that name (facts hardening.md 9)."""
    lowered = [word.casefold() for word in words]
    if "new" not in lowered:
        raise Failed(BAD_VALUE(process))
    at = lowered.index("new")
    found = _need_name(process, options(process, words[:at]))
    given = options(process, words[at + 1 :])
    for rule in found:
        _fill(process, rule, given)
    for rule in found:
        store.save(process.machine, rule)
    process.say(UPDATED(process, len(found)))
    process.say(OK(process))
    process.say()


def show_rule(process: Process, words: Sequence[str]) -> None:
    """``firewall show rule name=...|all [verbose]``."""
    verbose = any(word.casefold() == "verbose" for word in words)
    found = _need_name(process, options(process, [word for word in words if word.casefold() != "verbose"]))
    for rule in found:
        _show_one(process, rule, verbose)
    process.say(OK(process))
    process.say()


def _show_one(process: Process, rule: Rule, verbose: bool) -> None:
    def say(label: str, value: str) -> None:
        process.say(_row(RULE_LABELS[label](process), value))

    any_word = ANY(process)
    process.say()
    say("name", rule.name)
    process.say(RULER)
    say("enabled", (YES if rule.get("Active") == "TRUE" else NO)(process))
    say("direction", (IN if rule.get("Dir") == "In" else OUT)(process))
    say("profiles", ",".join(rule.every("Profile")) or "Domain,Private,Public")
    say("grouping", store.shown(rule.get("EmbedCtxt")))
    say("localip", ",".join(rule.every("LA4", "LA6")) or any_word)
    say("remoteip", ",".join(rule.every("RA4", "RA6")) or any_word)
    names = {number: name for name, number in PROTOCOL_NUMBERS.items() if number}
    protocol = rule.get("Protocol")
    say("protocol", names.get(protocol, protocol).upper() if protocol else any_word)
    if protocol in ("6", "17"):
        say("localport", ",".join(rule.every("LPort")) or any_word)
        say("remoteport", ",".join(rule.every("RPort")) or any_word)
    say("edge", (YES if rule.get("Edge") == "TRUE" else NO)(process))
    if verbose:
        say("program", rule.get("App") or any_word)
        say("service", rule.get("Svc") or any_word)
    say("action", (ALLOW if rule.get("Action") == "Allow" else BLOCK)(process))


# -- files and the rest ---------------------------------------------------------------------------------------


def export(process: Process, words: Sequence[str]) -> None:
    """``export file``: the local store; an existing file is not overwritten."""
    if len(words) != 1:
        raise Failed(BAD_VALUE(process))
    path = resolve(process, words[0])
    files = process.machine.files
    if files.exists(path):
        raise Failed(win32(process, 183) + "\r\n")
    text = MAGIC + regfile.render(process.machine.registry, store.POLICY, store.POLICY)
    try:
        files.write(path, encode16(text))
    except FileError as error:
        raise Failed(win32(process, error.code) + "\r\n") from error
    process.say(OK(process))
    process.say()


def import_(process: Process, words: Sequence[str]) -> None:
    """``import file``: replaces the whole local store."""
    if len(words) != 1:
        raise Failed(BAD_VALUE(process))
    try:
        raw = process.machine.files.read(resolve(process, words[0]))
    except FileError as error:
        raise Failed(win32(process, error.code) + "\r\n") from error
    text = raw[2:].decode("utf-16-le", "replace")
    if not text.startswith(MAGIC):
        raise Failed(win32(process, 13) + "\r\n")
    registry = process.machine.registry
    registry.delete_key(store.POLICY)
    for edit in regfile.parse(text.removeprefix(MAGIC)):
        if edit.name is None:
            registry.create_key(edit.key)
        elif edit.value is not None:
            registry.set(edit.key, edit.name, edit.value.type, edit.value.data)
    process.say(OK(process))
    process.say()


def reset(process: Process, words: Sequence[str]) -> None:
    """``reset``: profiles and rules as on a fresh machine."""
    registry = process.machine.registry
    base = process.machine.template.registry
    registry.delete_key(store.POLICY)
    for key in base.walk(store.POLICY):
        registry.create_key(key)
        for name, value in (base.values(key) or {}).items():
            registry.set(key, name, value.type, value.data)
    process.say(OK(process))
    process.say()


VERBS = {"show": show, "set": set_, "export": export, "import": import_, "reset": reset}
RULE_VERBS = {"add": add_rule, "delete": delete_rule, "set": set_rule, "show": show_rule}


def advfirewall(process: Process, words: Sequence[str]) -> int | None:
    """Run a command of the context; None when there is no such command."""
    lowered = [word.casefold() for word in words]
    verb, rest = VERBS.get(lowered[0]) if lowered else None, list(words[1:])
    if lowered[:1] == ["firewall"]:
        is_rule = len(lowered) > 2 and lowered[2] == "rule"
        verb, rest = RULE_VERBS.get(lowered[1]) if is_rule else None, list(words[3:])
    if verb is None:
        return None
    try:
        service = process.machine.services.get("MpsSvc")
        if not elevated(process) and verb not in (show, show_rule):
            raise Failed(NO_RIGHTS(process))
        if service is not None and not service.running:
            raise Failed(NO_SERVICE(process))
        verb(process, rest)
    except Failed as failed:
        process.say(str(failed))
        return 1
    return 0
