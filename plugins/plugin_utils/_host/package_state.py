# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the number `CurrentState` of a package in the component store means (private to this collection).

Two numberings exist. The stack of NT 6.0 counts from 0 to 8; the later one, which the vendor's chart shows, goes in
steps of 16. Which of them a 6003 stack writes was not found, so both are read everywhere (facts: servicing.md 4).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping


class PackageState(enum.Enum):
    """Where the component store has a package; the value is the word for it."""

    ABSENT = "absent"
    RESOLVING = "resolving"
    RESOLVED = "resolved"
    STAGING = "staging"
    STAGED = "staged"
    SUPERSEDED = "superseded"
    LEAVING = "uninstall pending"
    PENDING = "install pending"
    PARTIAL = "partly installed"
    INSTALLED = "installed"
    PERMANENT = "permanent"
    OTHER = "in a state that is not known"

    @property
    def there(self) -> bool:
        """In force now, or replaced by something newer that is."""
        return self in (PackageState.INSTALLED, PackageState.PERMANENT, PackageState.SUPERSEDED)

    @property
    def waits(self) -> bool:
        """The next restart brings it or takes it."""
        return self in (PackageState.PENDING, PackageState.LEAVING)

    @property
    def unfinished(self) -> bool:
        """No package rests in such a state: some operation is under way, or broke off."""
        return self in (
            PackageState.RESOLVING,
            PackageState.RESOLVED,
            PackageState.STAGING,
            PackageState.PARTIAL,
            PackageState.OTHER,
        )


# Of 0 to 8 the facts name 4 to 8; 1 to 3 stand in the vendor's chart in the same order as 0x10 to 0x30 (inferred).
STATES: Mapping[int, PackageState] = {
    0: PackageState.ABSENT,
    1: PackageState.RESOLVING,
    2: PackageState.RESOLVED,
    3: PackageState.STAGING,
    4: PackageState.STAGED,
    5: PackageState.LEAVING,
    6: PackageState.PENDING,
    7: PackageState.INSTALLED,
    8: PackageState.PERMANENT,
    0x10: PackageState.RESOLVING,
    0x20: PackageState.RESOLVED,
    0x30: PackageState.STAGING,
    0x40: PackageState.STAGED,
    0x50: PackageState.SUPERSEDED,
    0x60: PackageState.PENDING,
    0x65: PackageState.PARTIAL,
    0x70: PackageState.INSTALLED,
    0x80: PackageState.PERMANENT,
}


def decode(number: int) -> PackageState:
    """Translate a raw CurrentState; a number that no list has is `OTHER`."""
    return STATES.get(number, PackageState.OTHER)
