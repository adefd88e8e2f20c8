# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes wrong in a machine (private to this collection): the ``mishaps`` of a snapshot's ``twin`` section.

Each is a mapping with its ``kind``, the ``kb`` that it waits for (none: whatever comes), and how many ``times`` it
happens (1; -1 for ever). What has happened is counted down in place, so that a saved machine remembers it.

=================  =====================================================================================================
revert             the restart takes the package back
power_loss         ``during: installing``: in the middle of it; ``during: configuring``: at the restart, and then
                   (``then``) the second start configures it (``configured``), finds it still pending (``pending``) or
                   rolls it back (``reverted``); the machine stays away for ``seconds`` more
slow_restart       the next restart takes ``seconds`` more
pkgmgr             the package manager ends in ``code`` at once; with ``done`` it has installed all the same
hang               the package manager never ends
busy               somebody else's ``program`` (wusa.exe) installs for ``seconds`` from the beginning
disk_fills         while the package is staged, something else takes the disk but for ``leave`` bytes
damaged_store      servicing ends in ``code`` (0x80073712, ERROR_SXS_COMPONENT_STORE_CORRUPT) for every package
cut                the connection of a download is lost after ``part`` of the file (0.5)
=================  =====================================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .machine import Machine

KINDS = frozenset(
    {"revert", "power_loss", "slow_restart", "pkgmgr", "hang", "busy", "disk_fills", "damaged_store", "cut"}
)
CORRUPT_STORE = 0x80073712
FOR_EVER = 10 * 86400.0


@dataclass(frozen=True)
class Mishap:
    """One thing that goes wrong now."""

    kind: str
    during: str = "installing"
    then: str = "configured"
    seconds: float = 0.0
    part: float = 0.5
    code: int = 0
    done: bool = False
    leave: int = 0
    program: str = "wusa.exe"


class Mishaps:
    """The mishaps of one machine; `add` plans one more."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def _rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._machine.knobs.setdefault("mishaps", [])
        return rows

    def add(self, kind: str, **about: Any) -> None:
        """Plan one; raises `ValueError` for a kind or a detail that there is not."""
        check({"kind": kind, **about})
        self._rows().append({"kind": kind, **about})

    def look(self, kind: str, kb: str = "", **wanted: Any) -> Mishap | None:
        """Return the mishap that would happen, without letting it."""
        row = self._find(kind, kb, wanted)
        return None if row is None else _mishap(row)

    def take(self, kind: str, kb: str = "", **wanted: Any) -> Mishap | None:
        """Let a mishap happen and count it, None when none is due."""
        row = self._find(kind, kb, wanted)
        if row is None:
            return None
        row["times"] = int(row.get("times", 1)) - 1
        return _mishap(row)

    def _find(self, kind: str, kb: str, wanted: dict[str, Any]) -> dict[str, Any] | None:
        for row in self._machine.knobs.get("mishaps") or ():
            fits = row["kind"] == kind and str(row.get("kb", kb)).upper() == kb.upper()
            mishap = _mishap(row)
            if fits and row.get("times", 1) != 0 and all(getattr(mishap, key) == held for key, held in wanted.items()):
                found: dict[str, Any] = row
                return found
        return None


def check(row: Any) -> None:
    """Raise `ValueError` for a mishap that cannot be."""
    known = {*Mishap.__dataclass_fields__, "kb", "times"}
    if not isinstance(row, dict) or row.get("kind") not in KINDS or set(row) - known:
        raise ValueError(f"{row!r} is no mishap of a twin; there is {', '.join(sorted(KINDS))}")


def _mishap(row: dict[str, Any]) -> Mishap:
    held = {name: value for name, value in row.items() if name not in ("kb", "times")}
    if "code" in held:
        held["code"] = int(str(held["code"]), 0)
    return Mishap(**held)
