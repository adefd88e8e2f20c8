# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's winrm.vbs of NT 6.0 (private to this collection): what ``winrm get|enumerate|id|quickconfig`` show.

``winrm`` itself is a batch file beside the script, so a batch file that names it without CALL does not go on. The
quotas are those of the WinRM version (MS-WSMV, product notes); names of settings are not localised. ``set`` keeps what
it is told and shows it, and the running service of the twin minds none of it; ``create`` and ``delete`` are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from .. import wmi
from ..wsman_personality import Personality, personality
from .common import elevated, signed
from .texts import Text

if TYPE_CHECKING:
    from ..process import Process

Setting = str | int | bool | None
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
ACCESS_DENIED, CANNOT_CONNECT, INVALID_URI = 0x80070005, 0x80338012, 0x8033801E
INVALID_INPUT = 0x8033803F
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
    result: dict[str, Setting | Tree] = {}
    for name, value in tree.items():
        place = (*path, name.casefold())
        if isinstance(value, Mapping):
            result[name] = _chosen(process, value, place)
        else:
            result[name] = told.get("/".join(place), value) or None
            if value is False and result[name] is None:
                result[name] = False
    return result


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
    given = re.fullmatch(r"@\{(.*)\}", " ".join(words))
    if given is None:
        raise Refused(BAD_INPUT, INVALID_INPUT)
    told: dict[str, str] = {}
    for pair in filter(None, given[1].split(";")):
        key, mark, value = pair.partition("=")
        known = next((one for one in held if one.casefold() == key.strip().casefold()), None)
        value = value.strip().strip('"')
        if not mark or known is None or isinstance(held[known], Mapping) or not _fits(held[known], value):
            raise Refused(BAD_INPUT, INVALID_INPUT)
        told["/".join((*path, known.casefold()))] = value.lower() if isinstance(held[known], bool) else value
    process.machine.knobs.setdefault("winrm_config", {}).update(told)
    return _show(process, name, _named(process, resource)[2])


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
    limits = personality(process.machine.winrm)
    return _show(
        process,
        "Listener",
        {
            "Address": "*",
            "Transport": "HTTP",
            "Port": limits.http_port,
            "Hostname": None,
            "Enabled": True,
            "URLPrefix": "wsman",
            "CertificateThumbprint": None,
            "ListeningOn": ", ".join(_addresses(process)),
        },
    )


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


def _operate(process: Process, arguments: Sequence[str], given: Sequence[str]) -> int:
    operation, resource = arguments[0].casefold(), arguments[1] if len(arguments) > 1 else ""
    if operation not in ("get", "g", "set", "s", "enumerate", "enum", "e", "id", "identify", "quickconfig", "qc"):
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
        return _identify(process)
    if operation in ("set", "s"):
        return _set(process, resource, [word for word in given if word.startswith("@{")])
    return _get(process, resource) if operation in ("get", "g") else _enumerate(process, resource)


def winrm(process: Process, arguments: Sequence[str]) -> int:
    """Run winrm.vbs; the exit code of a fault is its number."""
    plain = [word for word in arguments if not word.startswith(("-", "@{"))]
    if not plain:
        for line in USAGE:
            process.say(line)
        return 1
    try:
        return _operate(process, plain, arguments)
    except Refused as refused:
        process.say(FAULT(process, refused.text.within(process.machine.locale), signed(refused.code), refused.code))
        return signed(refused.code)
