# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's netsh.exe of NT 6.0 (private to this collection): advfirewall, interface ipv4, http, winhttp."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from .. import wmi
from ..process import Tool
from .common import elevated
from .netsh_advfirewall import advfirewall
from .texts import NO, YES, Text

if TYPE_CHECKING:
    from ..process import Process

NOT_FOUND = Text(
    "The following command was not found: {0}.",
    "Der folgende Befehl wurde nicht gefunden: {0}.",
    "Не найдена следующая команда: {0}.",
)
CONNECTION = Text("Local Area Connection", "LAN-Verbindung", "Подключение по локальной сети")
CONFIGURATION = Text(
    'Configuration for interface "{0}"', 'Konfiguration der Schnittstelle "{0}"', 'Настройка интерфейса "{0}"'
)
CONFIG_LABELS = (
    Text("DHCP enabled:", "DHCP aktiviert:", "DHCP включен:"),
    Text("IP Address:", "IP-Adresse:", "IP-адрес:"),
    Text("Subnet Prefix:", "Subnetzpräfix:", "Префикс подсети:"),
    Text("Default Gateway:", "Standardgateway:", "Основной шлюз:"),
    Text("Gateway Metric:", "Gatewaymetrik:", "Метрика шлюза:"),
    Text("InterfaceMetric:", "Schnittstellenmetrik:", "Метрика интерфейса:"),
    Text(
        "Statically Configured DNS Servers:",
        "Statisch konfigurierte DNS-Server:",
        "Статически настроенные DNS-серверы:",
    ),
)
SSL_TITLE = Text("SSL Certificate bindings:", "SSL-Zertifikatbindungen:", "Привязки SSL-сертификатов:")
SSL_LABELS = (
    Text("IP:port", "IP:Port", "IP:порт"),
    Text("Certificate Hash", "Zertifikathash", "Хэш сертификата"),
    Text("Application ID", "Anwendungs-ID", "Код приложения"),
    Text("Certificate Store Name", "Zertifikatspeichername", "Имя хранилища сертификатов"),
)
CANNOT_FIND = Text(
    "The system cannot find the file specified.",
    "Das System kann die angegebene Datei nicht finden.",
    "Не удается найти указанный файл.",
)
WINHTTP_TITLE = Text(
    "Current WinHTTP proxy settings:", "Aktuelle WinHTTP-Proxyeinstellungen:", "Текущие параметры прокси WinHTTP:"
)
DIRECT = Text(
    "    Direct access (no proxy server).",
    "    Direktzugriff (kein Proxyserver).",
    "    Прямой доступ (без прокси-сервера).",
)
PROXY_LABELS = (
    Text("    Proxy Server(s) :  ", "    Proxyserver :  ", "    Прокси-серверы :  "),
    Text("    Bypass List     :  ", "    Umgehungsliste :  ", "    Список исключений :  "),
)
NONE = Text("(none)", "(kein)", "(нет)")
WINHTTP = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\Connections"
# the real value WinHttpSettings is an undocumented blob; the twin keeps its own readable one beside it
TWIN_PROXY = "TwinWinHttpProxy"
SSL = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\HTTP\\Parameters\\SslBindingInfo"
NO_RIGHTS = Text(
    "The requested operation requires elevation.\n",
    "Der angeforderte Vorgang erfordert erhöhte Rechte.\n",
    "Запрошенная операция требует повышения.\n",
)


def interface(process: Process, words: Sequence[str]) -> int | None:
    """``interface ipv4 show config|addresses|interfaces``."""
    lowered = [word.casefold() for word in words]
    if lowered[:2] not in (["ipv4", "show"], ["ip", "show"]) or len(lowered) < 3:
        return None
    rows = wmi.query(
        process.machine, "root/cimv2", "select * from Win32_NetworkAdapterConfiguration where IPEnabled=true"
    ).rows
    if lowered[2].startswith("int"):
        process.say()
        process.say("Idx  Met   MTU   State        Name")
        process.say("---  ---  -----  -----------  -------------------")
        process.say("  1   50 4294967295  connected    Loopback Pseudo-Interface 1")
        for row in rows:
            process.say(f"{int(str(row['InterfaceIndex'] or 10)):>3}   20   1500  connected    {CONNECTION(process)}")
        process.say()
        return 0
    if not lowered[2].startswith(("config", "addr")):
        return None
    for row in rows:
        _config(process, row)
    return 0


def _config(process: Process, row: dict[str, object]) -> None:
    def listed(name: str) -> list[str]:
        value = row.get(name)
        return [str(item) for item in value if ":" not in str(item)] if isinstance(value, list) else []

    process.say()
    process.say(CONFIGURATION(process, CONNECTION(process)))
    labels = [label(process) for label in CONFIG_LABELS]
    values = [(YES if row.get("DHCPEnabled") else NO)(process)]
    addresses, masks = listed("IPAddress"), listed("IPSubnet")
    values += [addresses[0] if addresses else "", _prefix(addresses, masks)]
    values += [(listed("DefaultIPGateway") or [""])[0], "256", "20", (listed("DNSServerSearchOrder") or [""])[0]]
    for label, value in zip(labels, values, strict=True):
        process.say(f"    {label:<38}{value}")
    process.say()


def _prefix(addresses: list[str], masks: list[str]) -> str:
    if not addresses or not masks:
        return ""
    numbers = [[int(part) for part in text.split(".")] for text in (addresses[0], masks[0])]
    length = sum(bin(part).count("1") for part in numbers[1])
    network = ".".join(str(a & b) for a, b in zip(*numbers, strict=True))
    return f"{network}/{length} (mask {masks[0]})"


def http(process: Process, words: Sequence[str]) -> int | None:
    """``http show sslcert [ipport=...]``: what SslBindingInfo holds."""
    lowered = [word.casefold() for word in words]
    if lowered[:2] != ["show", "sslcert"]:
        return None
    registry = process.machine.registry
    wanted = next((word.partition("=")[2] for word in lowered[2:] if word.startswith("ipport=")), "")
    bindings = [name for name in registry.subkeys(SSL) or [] if not wanted or name.casefold() == wanted]
    process.say()
    process.say(SSL_TITLE(process))
    process.say("-" * 25)
    process.say()
    if not bindings:
        if wanted:
            process.say(CANNOT_FIND(process))
            process.say()
        return 1 if wanted else 0
    for name in bindings:
        held = registry.values(f"{SSL}\\{name}") or {}
        digest = held["SslCertHash"].data if "SslCertHash" in held else b""
        texts = (
            name,
            digest.hex() if isinstance(digest, bytes) else str(digest),
            str(held["AppId"].data) if "AppId" in held else "",
            str(held["SslCertStoreName"].data) if "SslCertStoreName" in held else "MY",
        )
        for label, text in zip(SSL_LABELS, texts, strict=True):
            process.say(f"    {label(process):<29}: {text}")
        process.say()
    return 0


def winhttp(process: Process, words: Sequence[str]) -> int | None:
    """``winhttp show proxy``, ``set proxy``, ``reset proxy``."""
    lowered = [word.casefold() for word in words]
    registry = process.machine.registry
    if lowered[:2] == ["set", "proxy"] and len(words) > 2 or lowered[:2] == ["reset", "proxy"]:
        if not elevated(process):
            process.say(NO_RIGHTS(process))
            return 1
        server = words[2].partition("=")[2] or words[2] if lowered[0] == "set" else ""
        bypass = words[3].partition("=")[2] or words[3] if lowered[0] == "set" and len(words) > 3 else ""
        if server:
            registry.set(WINHTTP, TWIN_PROXY, "REG_MULTI_SZ", [server, bypass or NONE(process)])
        else:
            registry.delete_value(WINHTTP, TWIN_PROXY)
    elif lowered[:2] != ["show", "proxy"]:
        return None
    held = registry.data(WINHTTP, TWIN_PROXY, [])
    process.say()
    process.say(WINHTTP_TITLE(process))
    process.say()
    if not held:
        process.say(DIRECT(process))
    for label, text in zip(PROXY_LABELS, held, strict=False):
        process.say(label(process) + text)
    process.say()
    return 0


CONTEXTS: dict[str, Callable[[Process, Sequence[str]], int | None]] = {
    "advfirewall": advfirewall,
    "interface": interface,
    "int": interface,
    "http": http,
    "winhttp": winhttp,
}


def netsh(process: Process) -> int:
    """Run netsh.exe; 0 done, 1 failed or not understood."""
    words = list(process.arguments)
    if words[:1] == ["-c"]:
        words = words[1:]
    context = CONTEXTS.get(words[0].casefold()) if words else None
    code = context(process, words[1:]) if context else None
    if code is None:
        process.say(NOT_FOUND(process, " ".join(words)))
        return 1
    return code


TOOLS: dict[str, Tool] = {"netsh": netsh}
