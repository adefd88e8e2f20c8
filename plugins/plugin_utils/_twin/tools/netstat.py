# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's netstat.exe of NT 6.0 (private to this collection).

Columns 7, 23, 23 and 16 wide as in a published capture. The word for a listening port is translated on
a German system (``ABHÖREN``), which is why a parser must go by the foreign address ``:0``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import usage
from ..process import Tool
from .common import elevated
from .texts import Text

if TYPE_CHECKING:
    from ..machine import Listener
    from ..process import Process

TITLE = Text("Active Connections", "Aktive Verbindungen", "Активные подключения")
HEADINGS = (
    Text("Proto", "Proto", "Имя"),
    Text("Local Address", "Lokale Adresse", "Локальный адрес"),
    Text("Foreign Address", "Remoteadresse", "Внешний адрес"),
    Text("State", "Status", "Состояние"),
    Text("PID", "PID", "PID"),
)
LISTENING = Text("LISTENING", "ABHÖREN", "LISTENING")
STATES = {
    "established": Text("ESTABLISHED", "HERGESTELLT", "ESTABLISHED"),
    "time_wait": Text("TIME_WAIT", "WARTEND", "TIME_WAIT"),
}
NEEDS_ELEVATION = Text(
    "The requested operation requires elevation.",
    "Der angeforderte Vorgang erfordert erhöhte Rechte.",
    "Запрошенная операция требует повышения.",
)
USAGE = (
    "",
    "Displays protocol statistics and current TCP/IP network connections.",
    "",
    "NETSTAT [-a] [-b] [-e] [-f] [-n] [-o] [-p proto] [-r] [-s] [-t] [interval]",
    "",
)
# UDP ports that a fresh server has open: port, owning service
UDP_PORTS = ((123, "W32Time"), (500, "IKEEXT"), (4500, "IKEEXT"), (5355, "Dnscache"))


def owner(process: Process, name: str) -> int:
    """The process id behind a listener: a service's host, a program, or System."""
    service = process.machine.services.get(name)
    if service is not None:
        return service.pid
    wanted = {name.casefold(), name.casefold() + ".exe"}
    return next((row.pid for row in process.machine.processes.list() if row.name.casefold() in wanted), 4)


def _tcp_row(process: Process, listener: Listener) -> tuple[str, str, str, str, int]:
    six = ":" in listener.address
    local = f"[{listener.address.strip('[]')}]" if six else listener.address
    foreign = "[::]:0" if six else "0.0.0.0:0"
    return "TCP", f"{local}:{listener.port}", foreign, LISTENING(process), owner(process, listener.process)


def _connected(process: Process) -> list[tuple[str, str, str, str, int]]:
    """Return the connections with somebody; one that only waits out belongs to process 0."""
    rows = []
    for one in usage.known(process.machine, "connections"):
        state = str(one.get("state") or "established")
        pid = 0 if state == "time_wait" else owner(process, str(one.get("process") or "System"))
        local, far = f"{one.get('address', '10.0.0.1')}:{one['port']}", f"{one['peer']}:{one['peer_port']}"
        rows.append(("TCP", local, far, STATES[state](process), pid))
    return rows


def _rows(process: Process, udp: bool) -> list[tuple[str, str, str, str, int]]:
    listeners = sorted(
        process.machine.listeners, key=lambda item: (":" in item.address, item.address != "0.0.0.0", item.port)
    )
    rows = [_tcp_row(process, listener) for listener in listeners] + _connected(process)
    for port, name in UDP_PORTS if udp else ():
        service = process.machine.services.get(name)
        if service is not None and service.running:
            rows.append(("UDP", f"0.0.0.0:{port}", "*:*", "", service.pid))
    return rows


def netstat(process: Process) -> int:
    """Run netstat.exe: with ``-a`` the listeners, with ``-o`` their processes; other displays are empty."""
    flags, protocol = "", ""
    rest = list(process.arguments)
    while rest:
        argument = rest.pop(0)
        if argument[:1] not in "-/" or not argument[1:] or set(argument[1:].casefold()) - set("abefnoprst"):
            for line in USAGE:
                process.say(line)
            return 1
        flags += argument[1:].casefold()
        if argument[1:].casefold().endswith("p"):
            protocol = rest.pop(0).casefold() if rest else ""
    if "b" in flags and not elevated(process):
        process.say(NEEDS_ELEVATION(process))
        return 1
    process.say()
    process.say(TITLE(process))
    process.say()
    titles = [heading(process) for heading in HEADINGS]
    with_pid = "o" in flags
    process.say(_line(titles[0], titles[1], titles[2], titles[3], titles[4] if with_pid else None))
    for name, local, foreign, state, pid in _rows(process, udp=True) if "a" in flags else []:
        if protocol and name.casefold() != protocol.rstrip("v6"):
            continue
        process.say(_line(name, local, foreign, state, str(pid) if with_pid else None))
    return 0


def _line(name: str, local: str, foreign: str, state: str, pid: str | None) -> str:
    return f"  {name:<7}{local:<23}{foreign:<23}" + (f"{state:<16}{pid}" if pid is not None else state)


TOOLS: dict[str, Tool] = {"netstat": netstat}
