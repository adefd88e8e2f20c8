# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``winrm identify -remote:https://...`` of the twin towards itself (private to this collection).

WinRM's client goes through WinHTTP, which offers SSL 3.0 and TLS 1.0 unless ``DefaultSecureProtocols`` says more; that
NT 6.0 heeds the value is not confirmed by the vendor (facts: hardening 2.2). The client keys of SCHANNEL hold as well.
A listener of a port that is not one of WinRM belongs to a web server or to a program that speaks no HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..wsman_tls import SCHANNEL, offered
from .texts import Text

if TYPE_CHECKING:
    from ..machine import Machine
    from ..process import Process

WINHTTP = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\WinHttp"
_BITS = {"1.0": 0x80, "1.1": 0x200, "1.2": 0x800}
_STOCK = 0xA0
_URL = re.compile(r"https://(?:127\.0\.0\.1|localhost):(\d+)", re.IGNORECASE)
_WEB = (443, 8443)
NO_CONNECTION, NO_HTTP, NOTHING_IN_COMMON, NOT_FOUND = 0x80338012, 0x80072F78, 0x80072F7D, 0x80338113
TEXTS = {
    NO_CONNECTION: Text(
        "The client cannot connect to the destination specified in the request. ",
        "Der Client kann keine Verbindung mit dem in der Anforderung angegebenen Ziel herstellen. ",
        "Клиент не может подключиться к узлу назначения, указанному в запросе. ",
    ),
    NO_HTTP: Text(
        "The server returned an invalid or unrecognized response ",
        "Der Server hat eine ungültige oder nicht erkannte Antwort zurückgegeben. ",
        "Сервер вернул недопустимый или неизвестный ответ. ",
    ),
    NOTHING_IN_COMMON: Text(
        "An error occurred in the secure channel support ",
        "Fehler im Secure Channel-Support. ",
        "Ошибка поддержки безопасного канала. ",
    ),
    NOT_FOUND: Text(
        "The WinRM client sent a request to an HTTP server and got a response saying the requested HTTP URL was not "
        "available. This is usually returned by a HTTP server that does not support the WS-Management protocol. ",
        "Die angeforderte HTTP-URL war nicht verfügbar. ",
        "Запрошенный URL-адрес HTTP недоступен. ",
    ),
}


def target(arguments: Sequence[str]) -> int | None:
    """Return the port that ``-remote`` (``-r``) names on this machine over HTTPS, None without one."""
    for word in arguments:
        name, _colon, value = word.partition(":")
        if name.lower() in ("-remote", "-r") and (match := _URL.match(value)):
            return int(match[1])
    return None


def shaken(process: Process, port: int) -> int:
    """Return 0 when WS-Management answers on this port of the machine, else the number of the error."""
    machine = process.machine
    if not any(one.port == port for one in machine.listeners):
        return NO_CONNECTION
    if not set(_spoken(machine)) & set(offered(machine)):
        return NOTHING_IN_COMMON
    if port == 5986:
        return 0
    return NOT_FOUND if port in _WEB else NO_HTTP


def _spoken(machine: Machine) -> list[str]:
    """Return the versions that this machine's WinHTTP offers as a client."""
    data = machine.registry.data
    bits = int(data(WINHTTP, "DefaultSecureProtocols", _STOCK))

    def on(name: str) -> bool:
        key, stock = f"{SCHANNEL}\\Protocols\\TLS {name}\\Client", name == "1.0"
        return bool(data(key, "Enabled", int(stock))) and not data(key, "DisabledByDefault", int(not stock))

    return [name for name, bit in _BITS.items() if bits & bit and on(name)]
