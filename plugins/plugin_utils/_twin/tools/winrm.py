# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's winrm.vbs of NT 6.0 (private to this collection): what ``winrm get|enumerate|id|quickconfig`` show.

``winrm`` itself is a batch file beside the script, so a batch file that names it without CALL does not go on. The
quotas are those of the WinRM version (MS-WSMV, product notes); names of settings are not localised. ``set`` keeps what
it is told and shows it; listeners can be made, changed and removed. What Group Policy rules is shown with its source
and cannot be set ("Win32, WinRM, Installation and configuration"; the texts of refusals are reconstructions).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import listeners, wmi
from ..entrance import SERVICE
from ..listeners import Listener
from ..wsman_personality import Personality, personality
from . import winrm_remote
from .common import elevated, signed
from .texts import Text

if TYPE_CHECKING:
    from ..process import Process


@dataclass(frozen=True)
class Ruled:
    """A setting that Group Policy rules."""

    value: str | bool


Setting = str | int | bool | Ruled | None
Tree = Mapping[str, "Setting | Tree"]

READY = Text(
    "WinRM already is set up to receive requests on this machine.\n"
    "WinRM already is set up for remote management on this machine.",
    "WinRM ist auf diesem Computer bereits für den Empfang von Anforderungen eingerichtet.\n"
    "WinRM ist auf diesem Computer bereits für die Remoteverwaltung eingerichtet.",
    "Служба WinRM уже настроена на прием запросов на этом компьютере.\n"
    "Служба WinRM уже настроена на удаленное управление этим компьютером.",
)
FAULT = Text(
    "WSManFault\n    Message = {0}\n\nError number:  {1} 0x{2:08X}\n{0}",
    "WSManFault\n    Meldung = {0}\n\nFehlernummer:  {1} 0x{2:08X}\n{0}",
    "WSManFault\n    Сообщение = {0}\n\nНомер ошибки:  {1} 0x{2:08X}\n{0}",
)
DENIED = Text("Access is denied. ", "Zugriff verweigert ", "Отказано в доступе. ")
NOT_RUNNING = Text(
    "The client cannot connect to the destination specified in the request. Verify that the service on the destination"
    " is running and is accepting requests.",
    "Der Client kann keine Verbindung mit dem in der Anforderung angegebenen Ziel herstellen. Stellen Sie sicher, dass"
    " der Dienst auf dem Ziel ausgeführt wird und die Anforderungen akzeptiert.",
    "Клиент не может подключиться к получателю, указанному в запросе. Убедитесь, что служба на получателе работает и"
    " принимает запросы.",
)
BAD_URI = Text(
    "The resource URI is missing or it has an incorrect format. ",
    "Der Ressourcen-URI fehlt oder weist ein falsches Format auf. ",
    "URI ресурса отсутствует или имеет неправильный формат. ",
)
BAD_INPUT = Text(
    "The WS-Management service cannot process the request because the XML contains invalid input. ",
    "Der WS-Verwaltungsdienst kann die Anforderung nicht verarbeiten, weil die XML ungültige Eingaben enthält. ",
    "Службе WS-Management не удается обработать запрос, так как XML содержит недопустимые данные. ",
)
USAGE = (
    "Windows Remote Management Command Line Tool",
    "",
    "Windows Remote Management (WinRM) is the Microsoft implementation of ",
    "the WS-Management Protocol which provides a secure way to communicate ",
    "with local and remote computers using web services.  ",
    "",
    "Usage:",
    "  winrm OPERATION RESOURCE_URI [-SWITCH:VALUE [-SWITCH:VALUE] ...]",
    "        [@{KEY=VALUE[;KEY=VALUE]...}]",
)
RULED = Text(
    "The config setting cannot be changed because is controlled by policies. The policy would need to be set to "
    '"Not Configured" in order to change the config setting. ',
    "Die Konfigurationseinstellung kann nicht geändert werden, weil sie durch Richtlinien gesteuert wird. ",
    "Параметр конфигурации нельзя изменить, так как он управляется политиками. ",
)
NOT_FOUND = Text(
    "The service cannot find the resource identified by the resource URI and selectors. ",
    "Der Dienst kann die durch den Ressourcen-URI und die Selektoren angegebene Ressource nicht finden. ",
    "Службе не удается найти ресурс, определенный URI ресурса и селекторами. ",
)
ALREADY_THERE = Text(
    "The WS-Management service cannot create the resource because it already exists. ",
    "Der WS-Verwaltungsdienst kann die Ressource nicht erstellen, weil sie bereits vorhanden ist. ",
    "Службе WS-Management не удается создать ресурс, так как он уже существует. ",
)
NO_CERTIFICATE = Text(
    "Cannot create a WinRM listener on HTTPS because this machine does not have an appropriate certificate. To be used "
    "for SSL, a certificate must have a CN matching the hostname, be appropriate for Server Authentication, and not be "
    "expired, revoked, or self-signed. ",
    "Auf HTTPS kann kein WinRM-Listener erstellt werden, weil dieser Computer kein geeignetes Zertifikat besitzt. ",
    "Не удается создать прослушиватель WinRM на HTTPS, так как на этом компьютере нет подходящего сертификата. ",
)
ACCESS_DENIED, CANNOT_CONNECT, INVALID_URI = 0x80070005, 0x80338012, 0x8033801E
# Published copies of the script end every failure with ERR_GENERAL_FAILURE. Whether that of 6.0 does nobody has seen,
# so the knob ``winrm_exit: number`` lets it end with the fault's number.
GENERAL_FAILURE = 1
INVALID_INPUT, NO_RESOURCE, EXISTS = 0x8033803F, 0x80338000, 0x80338001
POLICY_RULES, BAD_CERTIFICATE = 0x80338100, 0x80338115
_LISTENER = re.compile(r"config/listener\?address=([^+]+)\+transport=(https?)", re.IGNORECASE)
# Policy values of the service and of the client, and the settings that they rule
_POLICIES = {
    SERVICE: {
        "AllowBasic": "service/auth/basic",
        "AllowKerberos": "service/auth/kerberos",
        "AllowNegotiate": "service/auth/negotiate",
        "AllowCredSSP": "service/auth/credssp",
        "CbtHardeningLevel": "service/auth/cbthardeninglevel",
        "AllowUnencryptedTraffic": "service/allowunencrypted",
        "IPv4Filter": "service/ipv4filter",
        "IPv6Filter": "service/ipv6filter",
    },
    SERVICE.replace("Service", "Client"): {
        "AllowBasic": "client/auth/basic",
        "AllowDigest": "client/auth/digest",
        "AllowUnencryptedTraffic": "client/allowunencrypted",
        "TrustedHostsList": "client/trustedhosts",
    },
}
_DESCRIPTOR = "O:NSG:BAD:P(A;;GA;;;BA)S:P(AU;FA;GA;;;WD)(AU;SA;GWGX;;;WD)"


class Refused(Exception):
    """The script ends with a WSManFault."""

    def __init__(self, text: Text, code: int) -> None:
        super().__init__(text.en)
        self.text = text
        self.code = code


def _ports(limits: Personality) -> Tree:
    return {"HTTP": limits.http_port, "HTTPS": limits.https_port}


def configuration(limits: Personality) -> Tree:
    """Return winrm/config of a WinRM version, as it is after ``winrm quickconfig``."""
    newer = limits.stack != "1.1"
    credssp: Tree = {"CredSSP": False} if newer else {}
    binding: Tree = {"CbtHardeningLevel": "Relaxed"} if newer else {}
    compatibility: Tree = (
        {"EnableCompatibilityHttpListener": False, "EnableCompatibilityHttpsListener": False} if newer else {}
    )
    per_user: Tree = (
        {"MaxConcurrentOperations": 4294967295, "MaxConcurrentOperationsPerUser": limits.max_operations}
        if newer
        else {"MaxConcurrentOperations": 100}
    )
    life = 2147483647 if limits.max_shell_run_time is None else int(limits.max_shell_run_time * 1000)
    return {
        "MaxEnvelopeSizekb": limits.max_envelope // 1024,
        "MaxTimeoutms": int(limits.max_timeout * 1000),
        "MaxBatchItems": limits.max_batch_items,
        "MaxProviderRequests": 4294967295 if newer else 25,
        "Client": {
            "NetworkDelayms": 5000,
            "URLPrefix": "wsman",
            "AllowUnencrypted": False,
            "Auth": {
                "Basic": True,
                "Digest": True,
                "Kerberos": True,
                "Negotiate": True,
                "Certificate": True,
                **credssp,
            },
            "DefaultPorts": _ports(limits),
            "TrustedHosts": None,
        },
        "Service": {
            "RootSDDL": _DESCRIPTOR,
            **per_user,
            "EnumerationTimeoutms": 60000,
            "MaxConnections": limits.max_connections,
            "AllowUnencrypted": False,
            "Auth": {"Basic": False, "Kerberos": True, "Negotiate": True, "Certificate": False, **credssp, **binding},
            "DefaultPorts": _ports(limits),
            "IPv4Filter": "*",
            "IPv6Filter": "*",
            **compatibility,
        },
        "Winrs": {
            "AllowRemoteShellAccess": True,
            "IdleTimeout": int((limits.shell_idle or limits.keepalive_idle or 0) * 1000),
            "MaxConcurrentUsers": 5,
            "MaxShellRunTime": life,
            "MaxProcessesPerShell": limits.max_processes_per_shell,
            "MaxMemoryPerShellMB": {"1.1": 80, "2.0": 150}.get(limits.stack, 1024),
            "MaxShellsPerUser": limits.max_shells,
        },
    }


def _lines(name: str, value: Setting | Tree, depth: int = 0) -> Iterator[str]:
    margin = " " * 4 * depth
    if isinstance(value, Mapping):
        yield margin + name
        for key, held in value.items():
            yield from _lines(key, held, depth + 1)
    elif isinstance(value, Ruled):
        yield f'{margin}{name} = {str(value.value).lower()} [Source="GPO"]'
    elif value is None:
        yield margin + name
    else:
        yield f"{margin}{name} = {str(value).lower() if isinstance(value, bool) else value}"


def _show(process: Process, name: str, tree: Tree) -> int:
    for line in _lines(name, tree):
        process.say(line)
    process.say()
    return 0


def _chosen(process: Process, tree: Tree, path: tuple[str, ...] = ()) -> Tree:
    """The configuration with what ``winrm set`` was told."""
    told: Mapping[str, str] = process.machine.knobs.get("winrm_config") or {}
    ruled = _ruled(process)
    result: dict[str, Setting | Tree] = {}
    for name, value in tree.items():
        place = (*path, name.casefold())
        if isinstance(value, Mapping):
            result[name] = _chosen(process, value, place)
        elif "/".join(place) in ruled:
            result[name] = Ruled(ruled["/".join(place)])
        else:
            result[name] = told.get("/".join(place), value) or None
            if value is False and result[name] is None:
                result[name] = False
    return result


def _ruled(process: Process) -> dict[str, str | bool]:
    """What Group Policy says, by the path of the setting."""
    found: dict[str, str | bool] = {}
    for key, names in _POLICIES.items():
        for name, place in names.items():
            value = process.machine.registry.data(key, name, None)
            if value is not None:
                found[place] = bool(value) if isinstance(value, int) else str(value)
    return found


def _named(process: Process, resource: str) -> tuple[tuple[str, ...], str, Tree]:
    """The part of the configuration that a resource names: its path, its name, and what it holds."""
    path = resource.casefold().removeprefix("http://schemas.microsoft.com/wbem/wsman/1/").split("/")
    if path[0] == "winrm":
        path = path[1:]
    held = _chosen(process, configuration(personality(process.machine.winrm)))
    name = "Config"
    if path[:1] != ["config"]:
        raise Refused(BAD_URI, INVALID_URI)
    for part in path[1:]:
        found = next((key for key in held if key.casefold() == part), "")
        below = held.get(found)
        if not isinstance(below, Mapping):
            raise Refused(BAD_URI, INVALID_URI)
        name, held = found, below
    return tuple(path[1:]), name, held


def _get(process: Process, resource: str) -> int:
    _path, name, held = _named(process, resource)
    return _show(process, name, held)


def _set(process: Process, resource: str, words: Sequence[str]) -> int:
    """``winrm set path @{Name="value";...}``: all of them or none; what was set is shown."""
    path, name, held = _named(process, resource)
    told: dict[str, str] = {}
    for known, mark, value in _given(words, held):
        if known is not None and isinstance(held[known], Ruled):
            raise Refused(RULED, POLICY_RULES)
        if not mark or known is None or isinstance(held[known], Mapping) or not _fits(held[known], value):
            raise Refused(BAD_INPUT, INVALID_INPUT)
        told["/".join((*path, known.casefold()))] = value.lower() if isinstance(held[known], bool) else value
    process.machine.knobs.setdefault("winrm_config", {}).update(told)
    return _show(process, name, _named(process, resource)[2])


def _given(words: Sequence[str], names: Iterable[str]) -> Iterator[tuple[str | None, str, str]]:
    """Yield each pair of ``@{Name="value";...}``: which of `names` is meant, the equals sign, and the value."""
    match = re.fullmatch(r"@\{(.*)\}", " ".join(words))
    if match is None:
        raise Refused(BAD_INPUT, INVALID_INPUT)
    for pair in filter(None, match[1].split(";")):
        name, mark, value = pair.partition("=")
        known = next((one for one in names if one.casefold() == name.strip().casefold()), None)
        yield known, mark, value.strip().strip('"')


def _fits(held: Setting | Tree, value: str) -> bool:
    if isinstance(held, bool) or held in ("true", "false"):
        return value.lower() in ("true", "false")
    return value.isdecimal() if isinstance(held, int) else True


def _addresses(process: Process) -> Iterator[str]:
    rows = wmi.query(process.machine, "root/cimv2", "select * from Win32_NetworkAdapterConfiguration").rows
    held = [str(address) for row in rows for address in row.get("IPAddress") or ()]  # type: ignore[attr-defined]
    yield from ("127.0.0.1", *(one for one in held if ":" not in one))
    yield from ("::1", *(one for one in held if ":" in one))


def _enumerate(process: Process, resource: str) -> int:
    if resource.casefold().removeprefix("winrm/") != "config/listener":
        raise Refused(BAD_URI, INVALID_URI)
    for listener in listeners.rows(process.machine):
        _show_listener(process, listener)
    service = _named(process, "winrm/config/service")[2]
    for scheme, port in (("HTTP", "80"), ("HTTPS", "443")):
        if service.get(f"EnableCompatibility{scheme.capitalize()}Listener") in (True, "true"):
            tree: Tree = {"Address": "*", "Transport": scheme, "Port": port, "Hostname": None, "Enabled": True}
            _show(process, 'Listener [Source="Compatibility"]', tree)
    return 0


def _show_listener(process: Process, listener: Listener) -> int:
    tree: Tree = {
        **{name: value or None for name, value in listener.items()},
        "ListeningOn": ", ".join(_addresses(process)),
    }
    return _show(process, "Listener", tree)


def _listener_of(resource: str) -> tuple[str, str] | None:
    """Address and transport of the one listener that a resource names, None for another resource."""
    match = _LISTENER.fullmatch(resource.casefold().removeprefix("winrm/"))
    return (match[1], match[2].upper()) if match else None


def _on_listener(process: Process, operation: str, place: tuple[str, str], words: Sequence[str]) -> int:
    """``get|set|create|delete winrm/config/Listener?Address=a+Transport=t``."""
    machine = process.machine
    held = listeners.find(machine, *place)
    if operation == "create" and held is not None:
        raise Refused(ALREADY_THERE, EXISTS)
    if operation != "create" and held is None:
        raise Refused(NOT_FOUND, NO_RESOURCE)
    if held is not None and operation == "get":
        return _show_listener(process, held)
    if held is not None and operation == "delete":
        listeners.remove(machine, held)
        return 0
    given = _given_to_listener(words)
    merged = {**(held or {}), **given}
    certificate, hostname = merged.get("CertificateThumbprint", ""), merged.get("Hostname", "")
    if place[1] == "HTTPS" and not listeners.usable(machine, certificate, hostname):
        raise Refused(NO_CERTIFICATE, BAD_CERTIFICATE)
    made = listeners.put(machine, *place, given)
    if operation == "set":
        return _show_listener(process, made)
    selector = f"Selector: Address = {place[0]}, Transport = {place[1]}"
    uri = "http://schemas.microsoft.com/wbem/wsman/1/config/listener"
    for depth, line in ((0, "ResourceCreated"), (1, "ReferenceParameters"), (2, f"ResourceURI = {uri}"), (2, selector)):
        process.say("    " * depth + line)
    return 0


def _given_to_listener(words: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for known, mark, value in _given(words, listeners.NAMES):
        if not mark or known is None or (known == "Port" and not value.isdecimal()):
            raise Refused(BAD_INPUT, INVALID_INPUT)
        found[known] = value
    return found


def _identify(process: Process) -> int:
    limits = personality(process.machine.winrm)
    pack = process.machine.registry.data("HKLM\\SYSTEM\\CurrentControlSet\\Control\\Windows", "CSDVersion", 0x200)
    return _show(
        process,
        "IdentifyResponse",
        {
            "ProtocolVersion": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
            "ProductVendor": "Microsoft Corporation",
            "ProductVersion": f"OS: {process.machine.version} SP: {int(str(pack)) >> 8}.0 Stack: {limits.stack}",
        },
    )


def _quickconfig(process: Process) -> int:
    process.machine.services.start("WinRM")
    process.say(READY(process))
    return 0


def _quoted(process: Process, words: Sequence[str]) -> Sequence[str]:
    """The script takes its values from the whole line, and refuses one without quotes."""
    held = re.search(r"@\{(.*)\}", process.tail)
    if held is None or not re.fullmatch(r'\s*(?:\w+\s*=\s*"[^"]*"\s*;?\s*)*', held[1]):
        raise Refused(BAD_INPUT, INVALID_INPUT)
    return words


def _operate(process: Process, arguments: Sequence[str], given: Sequence[str]) -> int:
    operation, resource = arguments[0].casefold(), arguments[1] if len(arguments) > 1 else ""
    operation = {"g": "get", "s": "set", "c": "create", "d": "delete"}.get(operation, operation)
    known = ("get", "set", "create", "delete", "enumerate", "enum", "e", "id", "identify", "quickconfig", "qc")
    if operation not in known:
        for line in USAGE:
            process.say(line)
        return 1
    if not elevated(process):
        raise Refused(DENIED, ACCESS_DENIED)
    if operation in ("quickconfig", "qc"):
        return _quickconfig(process)
    service = process.machine.services.get("WinRM")
    if service is None or not service.running:
        raise Refused(NOT_RUNNING, CANNOT_CONNECT)
    if operation in ("id", "identify"):
        port = winrm_remote.target(given)
        refused = winrm_remote.shaken(process, port) if port else 0
        if refused:
            raise Refused(winrm_remote.TEXTS[refused], refused)
        return _identify(process)
    words = [word for word in given if word.startswith("@{")]
    place = _listener_of(resource)
    if operation in ("get", "set", "create", "delete") and place is not None:
        values = _quoted(process, words) if operation in ("set", "create") else words
        return _on_listener(process, operation, place, values)
    if operation in ("create", "delete"):
        raise Refused(BAD_URI, INVALID_URI)
    if operation == "set":
        return _set(process, resource, _quoted(process, words))
    return _get(process, resource) if operation == "get" else _enumerate(process, resource)


def winrm(process: Process, arguments: Sequence[str]) -> int:
    """Run winrm.vbs; every fault goes to stderr with its number, and ends in the same code."""
    plain = [word for word in arguments if not word.startswith(("-", "@{"))]
    if not plain or arguments[0].startswith(("-", "@{")):  # the script wants the operation first
        for line in USAGE:
            process.say(line)
        return 1
    try:
        return _operate(process, plain, arguments)
    except Refused as refused:
        told = FAULT(process, refused.text.within(process.machine.locale), signed(refused.code), refused.code)
        process.complain(told)
        return signed(refused.code) if process.machine.knobs.get("winrm_exit") == "number" else GENERAL_FAILURE
