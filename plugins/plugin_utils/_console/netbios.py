# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""NetBIOS over TCP/IP of an adapter, by the method SetTcpipNetbios of WMI (private to this collection).

0 leaves it to DHCP, 1 is on, 2 is off. An adapter is known by its SettingID, a GUID that lasts; its index may change.
wmic ends with 0 whatever the method returned, so what counts is what the property says afterwards.
"""

from __future__ import annotations

import re

from .text import ConsoleError

CLASS, KEY, PROPERTY, METHOD = (
    "Win32_NetworkAdapterConfiguration",
    "SettingID",
    "TcpipNetbiosOptions",
    "SetTcpipNetbios",
)
OPTIONS = range(3)
_GUID = re.compile(r"^\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}$")


def assign(adapter: str, option: object) -> str:
    """Return the line that sets one adapter; ``<nul``, because wmic reads its standard input and then never ends."""
    if not _GUID.match(adapter) or option not in OPTIONS:
        raise ConsoleError(f"NetBIOS of the adapter {adapter!r} cannot be set to {option!r}")
    return f"wmic path {CLASS} where \"{KEY}='{adapter}'\" call {METHOD} {option} <nul"


def reading(adapters: list[str]) -> str:
    """Return the WQL that reads what these adapters are set to."""
    for adapter in adapters:
        if not _GUID.match(adapter):
            raise ConsoleError(f"{adapter!r} is no SettingID of an adapter")
    where = " OR ".join(f"{KEY}='{one}'" for one in adapters)
    return f"SELECT {KEY},{PROPERTY} FROM {CLASS} WHERE {where}"
