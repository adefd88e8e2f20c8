# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which package takes the place of which (private to this collection).

Two things make one package stand for another: the record says that it supersedes it, directly or through others; or it
is a monthly rollup, which holds every month before it (facts: servicing.md section 1, notes on the table).
"""

from __future__ import annotations

import functools

from .catalog import Catalog
from .records import Kind, Package

# What a rollup of the same month holds already, and what only the rollup of a later month does.
_SAME_MONTH = frozenset({Kind.SECURITY_ONLY, Kind.IE_CUMULATIVE})
_LATER_MONTH = frozenset({Kind.PREVIEW_ROLLUP, Kind.OUT_OF_BAND})


class Succession:
    """The relation over one catalog; ask `succession_of` for it."""

    def __init__(self, catalog: Catalog) -> None:
        self._older: dict[str, frozenset[str]] = {}
        self._supersedes = {one.id: one.supersedes for one in catalog}
        self._catalog = catalog
        self.rollups = tuple(one for one in catalog if one.kind is Kind.MONTHLY_ROLLUP)
        monthly = [one for one in catalog if one.kind in _SAME_MONTH | _LATER_MONTH]
        self._held = {one.id: {other.id for other in monthly if contains(one, other)} for one in self.rollups}
        self._holders = {
            one.id: tuple(rollup for rollup in reversed(self.rollups) if contains(rollup, one)) for one in monthly
        }

    def replaces(self, newer: Package, older: Package) -> bool:
        """Say whether `older` is superseded by `newer`, or held by it or by something that it supersedes."""
        return older.id in self.older(newer.id)

    def older(self, package_id: str) -> frozenset[str]:
        """Return the id of everything that a package stands for, directly or through others."""
        if package_id not in self._older:
            found: set[str] = set()
            rest = [package_id]
            while rest:
                one = rest.pop()
                direct = {*self._supersedes.get(one, ()), *self._held.get(one, ())} - found
                found |= direct
                rest.extend(direct)
            self._older[package_id] = frozenset(found)
        return self._older[package_id]

    def holders(self, package: Package) -> tuple[Package, ...]:
        """Return the rollups that hold a package by its month, the newest first."""
        return self._holders.get(package.id, ())

    def newer(self, package: Package) -> list[Package]:
        """Return the packages that supersede one, directly or through others, in the order of the catalog."""
        found: dict[str, Package] = {}
        rest = [package.id]
        while rest:
            for one in self._catalog.superseders(rest.pop()):
                if one.id not in found:
                    found[one.id] = one
                    rest.append(one.id)
        return [one for one in self._catalog if one.id in found] if found else []


def contains(rollup: Package, other: Package) -> bool:
    """Say whether a monthly rollup holds another package by its month alone."""
    if rollup.kind is not Kind.MONTHLY_ROLLUP or not rollup.month or not other.month:
        return False
    same, later = other.kind in _SAME_MONTH, other.kind in _LATER_MONTH
    return (same and rollup.month >= other.month) or (later and rollup.month > other.month)


@functools.lru_cache(maxsize=4)
def succession_of(catalog: Catalog) -> Succession:
    """Return the relation of a catalog, made once."""
    return Succession(catalog)
