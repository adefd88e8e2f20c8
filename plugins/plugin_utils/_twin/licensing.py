# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's software licensing service (private to this collection): keys, activation, what ESU hangs on.

The ESU products appear with a licensing preparation package (facts: servicing 3). Which keys are any good is the
snapshot's business, under ``twin``; no real key is:

- ``esu_keys``: {KEY: 1 | 2 | 3 | 4 | PA}
- ``activation``: true, false (0xC004C003), ``offline`` (0x80072EE7), or an HRESULT
- ``confirmation_ids``: what activation by telephone is confirmed with

Return codes are those of the vendor's Volume Activation guide; each is a win32 HRESULT of the SL_E_ or WinINet kind.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from .component_store import ESU_IDS

if TYPE_CHECKING:
    from .machine import Machine

INVALID_KEY = 0xC004F050
KEY_NOT_AVAILABLE = 0xC004F014
BLOCKED = 0xC004C003
NO_SERVER = 0x80072EE7
BAD_DIGITS = 0xC004F04D
NEEDS_RIGHTS = 0xC004F025

TEXTS = {
    INVALID_KEY: "The Software Licensing Service reported that the product key is invalid.",
    KEY_NOT_AVAILABLE: "The Software Licensing Service reported that the product key is not available.",
    BLOCKED: "The activation server determined the specified product key is blocked.",
    NO_SERVER: "The server name or address could not be resolved.",
    BAD_DIGITS: "The Software Licensing Service reported that the Installation ID (IID) or the Confirmation ID (CID)"
    " is invalid.",
    NEEDS_RIGHTS: "Access denied: the requested action requires elevated privileges.",
}


class Licensing:
    """Keys and activation of one machine; the rows are `Machine.licences`, all calls return an HRESULT or 0."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def _row(self, identifier: str) -> dict[str, Any] | None:
        wanted = identifier.lower().strip("{}")
        return next((row for row in self._machine.licences if str(row["id"]).lower() == wanted), None)

    def install(self, key: str) -> int:
        """Install a product key. Without the preparation package an ESU key fits nothing (facts: servicing 3)."""
        years = {str(name).upper(): str(year) for name, year in (self._machine.knobs.get("esu_keys") or {}).items()}
        year = years.get(key.upper(), "").lower()
        row = self._row(ESU_IDS.get(year if year.startswith("esu-") or year == "pa" else f"esu-{year}", "none"))
        if row is None:
            return INVALID_KEY
        row["partial_key"], row["status"] = key[-5:].upper(), 0
        return 0

    def uninstall(self, identifier: str) -> int:
        """Take a key out."""
        row = self._row(identifier)
        if row is None or not row.get("partial_key"):
            return KEY_NOT_AVAILABLE
        row["partial_key"], row["status"] = None, 0
        return 0

    def activate(self, identifier: str) -> int:
        """Activate over the internet; the edition's own licence is active already."""
        row = self._row(identifier)
        if row is None:
            return 0
        if not row.get("partial_key"):
            return KEY_NOT_AVAILABLE
        answer = self._machine.knobs.get("activation", True)
        if answer is not True:
            return BLOCKED if answer is False else NO_SERVER if answer == "offline" else int(str(answer), 0)
        row["status"] = 1
        return 0

    def installation_id(self, row: dict[str, Any]) -> str | None:
        """Return the digits that are read out on the telephone, None without a key."""
        if not row.get("partial_key"):
            return None
        seed = f"{self._machine.name} {row['id']} {row['partial_key']}".encode()
        return str(int(hashlib.sha256(seed).hexdigest(), 16))[:54].zfill(54)

    def confirm(self, identifier: str, installation: str, confirmation: str) -> int:
        """Activate with what the telephone said."""
        row = self._row(identifier)
        if row is None or not row.get("partial_key"):
            return KEY_NOT_AVAILABLE
        known = [str(one) for one in self._machine.knobs.get("confirmation_ids") or ()]
        if installation != self.installation_id(row) or confirmation.replace("-", "") not in known:
            return BAD_DIGITS
        row["status"] = 1
        return 0
