# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Extended Security Updates a machine is entitled to (private to this collection).

Only reads the state that Windows itself keeps. Nothing here adds, replaces or gets round an entitlement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .records import Need

# Activation ids of the ESU add-ons, the same for Server 2008 and 2008 R2 (five independent administrators' scripts).
ACTIVATION_IDS: Mapping[str, Need] = {
    "553673ed-6ddf-419c-a153-b760283472fd": Need.ESU_YEAR_1,
    "04fa0286-fa74-401e-bbe9-fbfbb158010d": Need.ESU_YEAR_2,
    "16c08c85-0c8b-4009-9b2b-f1f7319e45f9": Need.ESU_YEAR_3,
    "8e7bfb1e-acc1-4f56-abae-b80fce56cd4b": Need.PREMIUM_ASSURANCE,
}
_LICENSED = 1  # SoftwareLicensingProduct.LicenseStatus

WORDS: Mapping[Need, str] = {
    Need.ESU: "Extended Security Updates",
    Need.ESU_YEAR_1: "Extended Security Updates year 1",
    Need.ESU_YEAR_2: "Extended Security Updates year 2",
    Need.ESU_YEAR_3: "Extended Security Updates year 3",
    Need.ESU_YEAR_4: "Extended Security Updates year 4 (Azure)",
    Need.PREMIUM_ASSURANCE: "Premium Assurance",
}


@dataclass(frozen=True)
class Entitlement:
    """The add-ons that are licensed, and how that is known (or why it is not)."""

    granted: frozenset[Need] = frozenset()
    basis: str = "no Extended Security Updates licence is active on the machine"

    def covers(self, need: Need) -> bool:
        """Say whether a package with this need may go in; an unknown need is no obstacle, a missing licence is one.

        Premium Assurance runs over all six years; whether a year-3 key entitles to year 4 is not known, so it does not.
        """
        if need in (Need.NONE, Need.UNKNOWN):
            return True
        if need is Need.ESU:
            return bool(self.granted)
        return need in self.granted or Need.PREMIUM_ASSURANCE in self.granted


NOTHING = Entitlement()


def entitlement_of(snapshot: Mapping[str, Any]) -> Entitlement:
    """Read the entitlement from a snapshot's licence rows; no answer means none that could be proved."""
    rows = (snapshot.get("answers") or {}).get("licences")
    if rows is None:
        why = (snapshot.get("unknown") or {}).get("licences")
        return Entitlement(basis=f"no licence could be proved{f' ({why})' if why else ''}")
    granted = {
        ACTIVATION_IDS[str(row.get("id")).lower()]
        for row in rows
        if str(row.get("id")).lower() in ACTIVATION_IDS and row.get("status") == _LICENSED and row.get("partial_key")
    }
    if not granted:
        return NOTHING
    names = ", ".join(sorted(WORDS[need] for need in granted))
    return Entitlement(frozenset(granted), f"licensed on the machine: {names}")
