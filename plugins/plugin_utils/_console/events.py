# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`wevtutil qe`: events of a log as XML (private to this collection).

wevtutil came with NT 6.0. Its XML is the same in every language, the messages are not in it. The newest events come
first and their number is bounded, so that a log of 200 MB costs one page; the event service still looks through all of
it where fewer match.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

from .text import UnknownLine, split_lines

NTLM_V1 = "*[System[(EventID=4624)] and EventData[Data[@Name='LmPackageName']='NTLM V1']]"
"""Logons with NTLMv1. 4624 has the field LmPackageName on NT 6.0 (facts: hardening.md 4)."""
SCHANNEL = "*[System[Provider[@Name='Schannel'] and (EventID=36880 or EventID=36874 or EventID=36888)]]"
"""Finished handshakes (only with EventLogging=7), requests for what this machine does not speak, and alerts."""

_EVENT = re.compile(r"<Event[ >].*?</Event>", re.DOTALL)
_ID = re.compile(r"<EventID(?: [^>]*)?>(\d+)</EventID>")
_TIME = re.compile(r"<TimeCreated SystemTime=['\"]([0-9T:.-]{19,30}Z?)['\"]")
_DATA = re.compile(r"<Data Name=['\"]([^'\"<>]+)['\"](?:/>|>([^<]*)</Data>)")


@dataclass(frozen=True)
class Event:
    """One event: its number, when (UTC, whole seconds, ``2026-11-20T18:00:00Z``), and its named data."""

    id: int
    at: str
    data: Mapping[str, str]


def newest(log: str, query: str, count: int) -> str:
    """Return the line that shows at most `count` events of a log, the newest first."""
    return f'wevtutil qe {log} /q:"{query}" /f:xml /rd:true /c:{count} 2>&1'


def parse(text: str) -> list[Event]:
    """Read the events; none is an empty list. Raises `UnknownLine` for anything between them, or within them."""
    between = _EVENT.sub("\n", text.removeprefix("\ufeff"))
    for line in split_lines(between):
        if line.strip():
            raise UnknownLine("wevtutil", line)
    return [_event(one) for one in _EVENT.findall(text)]


def _event(text: str) -> Event:
    number, when = _ID.search(text), _TIME.search(text)
    if number is None or when is None:
        raise UnknownLine("wevtutil", text)
    data = {name: html.unescape(value).strip() for name, value in _DATA.findall(text)}
    return Event(int(number[1]), f"{when[1][:19]}Z", data)
