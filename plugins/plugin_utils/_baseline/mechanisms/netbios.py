# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""NetBIOS over TCP/IP, adapter by adapter (private to this collection)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..._change.values import Change, Kind, Value
from ..._console import netbios
from ..answers import Answers
from ..findings import Judged, Status
from ..records import Control
from .reads import Reads, Rows

_WORDS = {0: "as DHCP says", 1: "on", 2: "off"}
_ROWS = Rows(netbios.CLASS, (netbios.PROPERTY, netbios.KEY), (("IPEnabled", "TRUE"),))


class NetbiosMechanism:
    """`netbios`: every adapter that speaks IP is set as wanted. See `mechanisms.Mechanism`."""

    def check_record(self, control: Control) -> None:
        """The schema says it all."""

    def reads(self, control: Control) -> Reads:
        """Return the adapters."""
        return Reads(rows=(_ROWS,))

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Compare each adapter."""
        wanted = control.settings["value"]
        found = dict(_adapters(answers))
        if not found:
            return Judged(Status.NOTAPPLICABLE, "no adapter speaks IP", "nothing to set", ("WMI returned no row",))
        seen = tuple(f"{adapter}: {_said(option)}" for adapter, option in found.items())
        good = all(option == wanted for option in found.values())
        return Judged(Status.PASS if good else Status.FAIL, "; ".join(seen), f"{_said(wanted)} everywhere", seen)

    def changes(self, control: Control, answers: Answers) -> tuple[Change, ...]:
        """Return one change for each adapter that is set in another way."""
        after = Value("NUMBER", control.settings["value"])
        return tuple(
            Change(control.id, adapter, netbios.PROPERTY, Value("NUMBER", option), after, Kind.NETBIOS)
            for adapter, option in _adapters(answers)
            if option is not None and option != after.data
        )

    def obstacle(self, control: Control, answers: Answers) -> str:
        """Name the adapters that do not tell, for their before-value could not be kept."""
        silent = [adapter for adapter, option in _adapters(answers) if option is None]
        return f"WMI does not say how NetBIOS is set on {', '.join(silent)}; set it there by hand" if silent else ""


def _adapters(answers: Answers) -> Iterator[tuple[str, int | None]]:
    rows: list[Mapping[str, str | None]] = answers.probe(_ROWS.id)
    for row in rows:
        if (row.get("IPEnabled") or "").casefold() == "true":
            option = str(row.get(netbios.PROPERTY) or "")
            yield str(row.get(netbios.KEY)), int(option) if option.isdecimal() else None


def _said(option: int | None) -> str:
    return "unknown" if option is None else f"{option} ({_WORDS.get(option, 'not a known setting')})"
