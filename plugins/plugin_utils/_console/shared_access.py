# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who may use what a machine shares: folders and printers (private to this collection).

WMI tells it by GetSecurityDescriptor of Win32_LogicalShareSecuritySetting and of Win32_Printer. wmic calls a method on
every instance that a condition selects, and prints for each a line with its path and what the method returned. Of that
line only the word before the path is translated. A hidden share may have no answer (the method's page says so), so
what is shared is asked besides.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from . import key_access, mof, wmic
from .command import Reply
from .text import ConsoleError

_PATH = r':{}\.{}="((?:[^"\\]|\\.)*)"\)->GetSecurityDescriptor\(\)'
_ESCAPED = re.compile(r"\\(.)")
# Win32_Share.Type: the highest bit marks those that Windows makes for administrators, the lowest byte says what it is.
_ADMINISTRATIVE, _SORT, _DISK = 0x80000000, 0xFF, 0


@dataclass(frozen=True)
class Shared:
    """One thing that is shared; `sddl` is its list, or `reason` says why that is not known."""

    name: str
    sddl: str | None = None
    reason: str = ""


@dataclass(frozen=True)
class _Class:
    name: str
    key: str
    where: str

    @property
    def line(self) -> str:
        return f'wmic path {self.name} where "{self.where}" call GetSecurityDescriptor <nul 2>&1'


_SHARE = _Class("Win32_LogicalShareSecuritySetting", "Name", "not Name=''")
_PRINTER = _Class("Win32_Printer", "DeviceID", "Shared=TRUE")
SHARES = wmic.get("Win32_Share", ("Name", "Type"))
SHARE_LISTS = _SHARE.line
PRINTERS = wmic.get(_PRINTER.name, (_PRINTER.key,), _PRINTER.where)
PRINTER_LISTS = _PRINTER.line


def folders(listed: Reply, told: Reply) -> list[Shared] | None:
    """Return the shared folders but those for administrators; None where nothing at all is shared.

    A Server service that runs has IPC$ at least, so that nothing means that it does not run, or did not answer.
    """
    rows = _rows(listed)
    kinds = [(_text(row, "Name"), _number(row, "Type")) for row in rows]
    names = [name for name, kind in kinds if not kind & _ADMINISTRATIVE and kind & _SORT == _DISK]
    return _joined(names, _lists(_SHARE, told)) if rows else None


def printers(listed: Reply, told: Reply) -> list[Shared]:
    """Return the shared printers."""
    names = [_text(row, _PRINTER.key) for row in _rows(listed)]
    return _joined(names, _lists(_PRINTER, told)) if names else []


def _rows(listed: Reply) -> list[wmic.Row]:
    """Read a listing. That there is no instance is one translated line, and a success; a failure has its number."""
    if listed.rc != 0:
        raise ConsoleError(f"wmic ended with {listed.rc}: {' '.join(listed.text.split())[:200] or 'it said nothing'}")
    return wmic.parse_values(listed.text) if "=" in listed.text else []


def _joined(names: list[str], lists: Mapping[str, Shared]) -> list[Shared]:
    shown = Counter(map(str.casefold, names))
    found = []
    for name in names:
        if shown[name.casefold()] > 1:
            found.append(Shared(name, reason="more than one is shown under that name"))
        else:
            told = lists.get(name.casefold(), Shared(name, reason="WMI did not tell its list"))
            found.append(replace(told, name=name))
    return found


def _lists(sort: _Class, told: Reply) -> dict[str, Shared]:
    """Read the answers one by one: one that cannot be read costs no other."""
    heads = list(re.finditer(_PATH.format(sort.name, sort.key), told.text, re.IGNORECASE))
    ends = [one.start() for one in heads[1:]] + [len(told.text)] * bool(heads)
    found: dict[str, Shared] = {}
    for head, end in zip(heads, ends, strict=True):
        name = _ESCAPED.sub(r"\1", head[1])
        one = _one(name, told.text[head.end() : end])
        found[name.casefold()] = one if name.casefold() not in found else Shared(name, reason="it was told twice")
    return found


def _one(name: str, text: str) -> Shared:
    try:
        parameters = mof.parse_parameters(text)
        if parameters.get("ReturnValue") != 0:
            return Shared(name, reason=f"GetSecurityDescriptor returned {parameters.get('ReturnValue')}")
        return Shared(name, key_access.list_of(parameters))
    except ConsoleError as error:
        return Shared(name, reason=str(error))


def _text(row: wmic.Row, name: str) -> str:
    held = row.get(name)
    if not isinstance(held, str):
        raise ConsoleError(f"wmic listed something shared of which {name} cannot be read: {held!r}")
    return held.replace("&amp;", "&")  # its formats are style sheets, the line with the path is not


def _number(row: wmic.Row, name: str) -> int:
    held = _text(row, name)
    if not re.fullmatch(r"-?\d{1,10}", held, re.ASCII):
        raise ConsoleError(f"wmic listed a share of which {name} is no number: {held[:80]!r}")
    return int(held)
