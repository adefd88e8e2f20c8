# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's wevtutil.exe of NT 6.0 (private to this collection): ``qe LOG /q:XPATH /f:xml /rd:true /c:N``.

Source: the vendor's command reference of wevtutil and the XPath subset of the event log (Consuming Events). Of XPath it
knows what questions about numbers, providers and named data need; anything else is an invalid query, as rc 15001.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from .. import usage
from ..process import Tool
from .common import elevated
from .texts import Text, win32

if TYPE_CHECKING:
    from ..process import Process

LOGS = ("application", "security", "system", "setup")
NO_LOG, BAD_QUERY = 15007, 15001
NO_SUCH_LOG = Text(
    "The specified channel could not be found. Check channel configuration.",
    "Der angegebene Kanal wurde nicht gefunden. Überprüfen Sie die Kanalkonfiguration.",  # reconstruction
    "Не удается найти указанный канал. Проверьте конфигурацию канала.",  # reconstruction
)
INVALID = Text(
    "The specified query is invalid.",
    "Die angegebene Abfrage ist ungültig.",  # reconstruction
    "Указанный запрос недействителен.",  # reconstruction
)
FAILED = Text("Failed to read events.", "Fehler beim Lesen der Ereignisse.", "Не удалось прочитать события.")
_NAMESPACE = "http://schemas.microsoft.com/win/2004/08/events/event"
_QUERY = re.compile(r"^\*\[System\[(.+?)\](?: and EventData\[Data\[@Name='([^']+)'\]='([^']*)'\])?\]$")
_PROVIDER = re.compile(r"^Provider\[@Name='([^']+)'\]$")
_NUMBERS = re.compile(r"^\(?(EventID=\d+(?: or EventID=\d+)*)\)?$")


class _Wrong(Exception):
    """The query is none that this tool reads."""


def _matches(query: str, event: Mapping[str, Any]) -> bool:
    found = _QUERY.match(query)
    if found is None:
        raise _Wrong
    for part in found[1].split(" and "):
        provider, numbers = _PROVIDER.match(part), _NUMBERS.match(part)
        if provider:
            if event.get("provider") != provider[1]:
                return False
        elif numbers:
            if int(event["id"]) not in {int(one) for one in re.findall(r"\d+", numbers[1])}:
                return False
        else:
            raise _Wrong
    return found[2] is None or (event.get("data") or {}).get(found[2]) == found[3]


def _xml(process: Process, event: Mapping[str, Any]) -> str:
    data = "".join(
        f"<Data Name='{name}'>{escape(str(value))}</Data>" if value != "" else f"<Data Name='{name}'/>"
        for name, value in (event.get("data") or {}).items()
    )
    provider = escape(str(event.get("provider") or ""))
    system = (
        f"<Provider Name='{provider}'/><EventID>{event['id']}</EventID><Level>0</Level>"
        f"<TimeCreated SystemTime='{str(event['at']).rstrip('Z')}.123456700Z'/>"
        f"<Channel>{event['log']}</Channel><Computer>{escape(process.machine.name)}</Computer>"
    )
    return f"<Event xmlns='{_NAMESPACE}'><System>{system}</System><EventData>{data}</EventData></Event>"


def wevtutil(process: Process) -> int:
    """Run wevtutil.exe: the verb ``qe`` (or ``query-events``) on the classic logs."""
    verb, log, *options = [*process.arguments, "", ""]
    if verb.casefold() not in ("qe", "query-events") or not log:
        process.complain(win32(process, 87))
        return 87
    given = {name.casefold(): value for name, _colon, value in (one[1:].partition(":") for one in options if one)}
    if log.casefold() not in LOGS:
        process.complain(f"{FAILED(process)} {NO_SUCH_LOG(process)}")
        return NO_LOG
    if log.casefold() == "security" and not elevated(process):
        process.complain(f"{FAILED(process)} {win32(process, 5)}")
        return 5
    try:
        events = [
            one
            for one in usage.known(process.machine, "events")
            if str(one["log"]).casefold() == log.casefold() and _matches(given.get("q", "*[System[EventID=0]]"), one)
        ]
    except _Wrong:
        process.complain(f"{FAILED(process)} {INVALID(process)}")
        return BAD_QUERY
    events.sort(key=lambda one: str(one["at"]), reverse=given.get("rd", "").casefold() == "true")
    for one in events[: int(given["c"])] if "c" in given else events:
        process.say(_xml(process, one))
    return 0


TOOLS: dict[str, Tool] = {"wevtutil": wevtutil}
