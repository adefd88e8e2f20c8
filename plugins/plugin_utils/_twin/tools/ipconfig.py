# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's ipconfig.exe of NT 6.0 (private to this collection), fed by the same adapters as WMI."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .. import wmi
from ..process import Tool
from .texts import NO, YES, Text, lines

if TYPE_CHECKING:
    from ..process import Process

TITLE = Text("Windows IP Configuration", "Windows-IP-Konfiguration", "Настройка протокола IP для Windows")
ADAPTER = Text("Ethernet adapter {0}:", "Ethernet-Adapter {0}:", "Ethernet adapter {0}:")
TUNNEL = Text("Tunnel adapter {0}:", "Tunneladapter {0}:", "Туннельный адаптер {0}:")
CONNECTION = Text("Local Area Connection", "LAN-Verbindung", "Подключение по локальной сети")
PREFERRED = Text("(Preferred)", "(Bevorzugt)", "(Основной)")
HYBRID = Text("Hybrid", "Hybrid", "Гибридный")
ENABLED = Text("Enabled", "Aktiviert", "Включен")
DISABLED = Text("Disabled", "Deaktiviert", "Отключен")
DISCONNECTED = Text("Media disconnected", "Medium getrennt", "Среда передачи недоступна.")
LABELS = {
    "host": Text("Host Name", "Hostname", "Имя компьютера"),
    "suffix": Text("Primary Dns Suffix ", "Primäres DNS-Suffix", "Основной DNS-суффикс"),
    "node": Text("Node Type", "Knotentyp", "Тип узла"),
    "routing": Text("IP Routing Enabled", "IP-Routing aktiviert", "IP-маршрутизация включена"),
    "proxy": Text("WINS Proxy Enabled", "WINS-Proxy aktiviert", "WINS-прокси включен"),
    "search": Text("DNS Suffix Search List", "DNS-Suffixsuchliste", "Порядок просмотра суффиксов DNS"),
    "connection": Text(
        "Connection-specific DNS Suffix ", "Verbindungsspezifisches DNS-Suffix", "DNS-суффикс подключения"
    ),
    "description": Text("Description", "Beschreibung", "Описание"),
    "mac": Text("Physical Address", "Physikalische Adresse", "Физический адрес"),
    "dhcp": Text("DHCP Enabled", "DHCP aktiviert", "DHCP включен"),
    "auto": Text("Autoconfiguration Enabled", "Autokonfiguration aktiviert", "Автонастройка включена"),
    "link": Text("Link-local IPv6 Address", "Verbindungslokale IPv6-Adresse", "Локальный IPv6-адрес канала"),
    "ipv4": Text("IPv4 Address", "IPv4-Adresse", "IPv4-адрес"),
    "mask": Text("Subnet Mask", "Subnetzmaske", "Маска подсети"),
    "gateway": Text("Default Gateway", "Standardgateway", "Основной шлюз"),
    "dns": Text("DNS Servers", "DNS-Server", "DNS-серверы"),
    "netbios": Text("NetBIOS over Tcpip", "NetBIOS über TCP/IP", "NetBios через TCP/IP"),
    "media": Text("Media State", "Medienstatus", "Состояние среды"),
}
UNRECOGNIZED = Text(
    "\nError: unrecognized or incomplete command line.",
    "\nFehler: Unbekannte oder unvollständige Befehlszeile.",
    "\nОшибка: неопознанная или неполная командная строка.",
)


def row(process: Process, label: str, value: str) -> str:
    """A line with its dots: three blanks, the label filled up to 34 characters, a colon (published capture)."""
    text = LABELS[label](process)
    text += " " * (len(text) % 2)
    return f"   {text}{'. ' * ((34 - len(text)) // 2)}: {value}"


def _more(values: Iterable[str]) -> list[str]:
    return [" " * 39 + value for value in values]


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _adapter(process: Process, adapter: dict[str, object], number: int, full: bool) -> list[str]:
    name = CONNECTION(process) + (f" {number}" if number > 1 else "")
    result = [ADAPTER(process, name), "", row(process, "connection", str(adapter.get("DNSDomain") or ""))]
    addresses, masks = _texts(adapter.get("IPAddress")), _texts(adapter.get("IPSubnet"))
    if full:
        result += [
            row(process, "description", str(adapter.get("Description") or "")),
            row(process, "mac", str(adapter.get("MACAddress") or "").replace(":", "-")),
            row(process, "dhcp", (YES if adapter.get("DHCPEnabled") else NO)(process)),
            row(process, "auto", YES(process)),
        ]
    mark = PREFERRED(process) if full else ""
    for address in addresses:
        if ":" in address:
            result.append(row(process, "link", f"{address}%{adapter.get('InterfaceIndex') or 10}{mark}"))
    for address, mask in zip(addresses, masks, strict=False):
        if ":" not in address:
            result += [row(process, "ipv4", address + mark), row(process, "mask", mask)]
    result += _listed(process, "gateway", _texts(adapter.get("DefaultIPGateway")))
    if full:
        result += _listed(process, "dns", _texts(adapter.get("DNSServerSearchOrder")))
        off = adapter.get("TcpipNetbiosOptions") == 2
        result.append(row(process, "netbios", (DISABLED if off else ENABLED)(process)))
    return [*result, ""]


def _listed(process: Process, label: str, values: list[str]) -> list[str]:
    return [row(process, label, values[0] if values else ""), *_more(values[1:])]


def _tunnel(process: Process, full: bool) -> list[str]:
    result = [TUNNEL(process, f"{CONNECTION(process)}* 8"), "", row(process, "media", DISCONNECTED(process))]
    result.append(row(process, "connection", ""))
    if full:
        result += [
            row(process, "description", "isatap.{DDE3DF3D-3417-4EBF-BF66-73BD3A64FF26}"),
            row(process, "mac", "00-00-00-00-00-00-00-E0"),
            row(process, "dhcp", NO(process)),
            row(process, "auto", YES(process)),
        ]
    return [*result, ""]


def ipconfig(process: Process) -> int:
    """Run ipconfig.exe: plain, ``/all``, ``/flushdns``; what changes leases is refused as unknown."""
    switches = [argument.casefold().replace("-", "/", 1) for argument in process.arguments]
    process.say()
    if switches not in ([], ["/all"]):
        process.say(UNRECOGNIZED(process))
        return 1
    full = bool(switches)
    machine = process.machine
    process.say(TITLE(process))
    process.say()
    if full:
        suffix = machine.domain if machine.part_of_domain else ""
        lines(
            process,
            [
                row(process, "host", machine.name),
                row(process, "suffix", suffix),
                row(process, "node", HYBRID(process)),
                row(process, "routing", NO(process)),
                row(process, "proxy", NO(process)),
                *([row(process, "search", suffix)] if suffix else []),
                "",
            ],
        )
    found = wmi.query(machine, "root/cimv2", "select * from Win32_NetworkAdapterConfiguration where IPEnabled=true")
    for number, adapter in enumerate(found.rows, 1):
        lines(process, _adapter(process, adapter, number, full))
    lines(process, _tunnel(process, full))
    return 0


TOOLS: dict[str, Tool] = {"ipconfig": ipconfig}
