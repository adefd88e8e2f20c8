# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's shutdown.exe of NT 6.0 (private to this collection): says nothing when all is well."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..process import Tool
from .common import elevated
from .texts import Text, win32

if TYPE_CHECKING:
    from ..process import Process

LONGEST = 315360000  # ten years; the NT 6.0 limit of /t (600 before)
USAGE = Text(
    "Usage: shutdown [/i | /l | /s | /r | /g | /a | /p | /h | /e] [/f]\n"
    '    [/m \\\\computer][/t xxx][/d [p|u:]xx:yy [/c "comment"]]\n',
    "Syntax: shutdown [/i | /l | /s | /r | /g | /a | /p | /h | /e] [/f]\n"
    '    [/m \\\\Computer][/t xxx][/d [p|u:]xx:yy [/c "Kommentar"]]\n',
    "Применение: shutdown [/i | /l | /s | /r | /g | /a | /p | /h | /e] [/f]\n"
    '    [/m \\\\компьютер][/t xxx][/d [p|u:]xx:yy [/c "комментарий"]]\n',
)
# the verbs, of which exactly one is given
ACTIONS = frozenset("ilsrgaphe")
DEFAULT_DELAY = 30


class BadUsage(Exception):
    """shutdown prints its usage."""


def _read(arguments: list[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        name, _colon, value = (
            argument[1:].casefold().partition(":") if argument[:2].casefold() != "/d" else ("d", "", "")
        )
        if argument[:1] not in "/-" or name in given or name not in (*ACTIONS, "f", "m", "t", "d", "c"):
            raise BadUsage
        if name in ("m", "t", "d", "c") and not value:
            if not rest:
                raise BadUsage
            value = rest.pop(0)
        given[name] = value
    return given


def _check(given: dict[str, str]) -> None:
    if len(given.keys() & ACTIONS) != 1:
        raise BadUsage
    if "t" in given and not (given["t"].isdigit() and int(given["t"]) <= LONGEST):
        raise BadUsage
    reason = re.fullmatch(r"(?:[pu]:)?(\d{1,3}):(\d{1,5})", given.get("d", "p:0:0"))
    if not reason or int(reason[1]) > 255 or int(reason[2]) > 65535 or len(given.get("c", "")) > 512:
        raise BadUsage


def shutdown(process: Process) -> int:
    """Run shutdown.exe; 0 done, 1 usage, else the Win32 error that it prints in brackets after its text."""
    try:
        if not process.arguments or process.arguments[0] in ("/?", "-?"):
            process.say(USAGE(process))
            return 0
        given = _read(process.arguments)
        _check(given)
    except BadUsage:
        process.complain(USAGE(process))
        return 1
    machine = process.machine
    server = given.get("m", "").lstrip("\\").casefold()
    if server not in ("", machine.name.casefold(), "localhost", "127.0.0.1", "."):
        return _fail(process, 53)
    if not elevated(process):
        return _fail(process, 5)
    if "a" in given:
        return _fail(process, machine.abort_shutdown())
    if not given.keys() & set("srgp"):
        return 0  # log off, hibernate, the dialog box: nothing for a machine without a desktop
    delay = 0 if "p" in given else int(given.get("t", DEFAULT_DELAY))
    reason = " ".join(text for text in (given.get("d", ""), given.get("c", "")) if text)
    return _fail(process, machine.schedule_shutdown(delay, bool(given.keys() & set("rg")), reason))


def _fail(process: Process, code: int) -> int:
    if code:
        process.complain(f"{win32(process, code)}({code})")
    return code


TOOLS: dict[str, Tool] = {"shutdown": shutdown}
