# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a control has to know of a machine (private to this collection), added up for all of them and asked at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..._host import settings
from ..._host.probes import LinesProbe, RowsProbe


@dataclass(frozen=True)
class Reads:
    """Registry keys, ids of `settings.BY_ID`, files and folders whose access list is asked, SIDs of groups, and WMI."""

    keys: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    rows: tuple[RowsProbe, ...] = ()

    @classmethod
    def all_of(cls, every: Iterable[Reads]) -> Reads:
        """Add them up, each thing once, in the order in which it was first asked for."""
        keys: dict[str, str] = {}
        names: dict[str, None] = {}
        paths: dict[str, str] = {}
        groups: dict[str, None] = {}
        rows: dict[str, RowsProbe] = {}
        for one in every:
            for key in one.keys:
                keys.setdefault(key.casefold(), key)
            names.update(dict.fromkeys(one.settings))
            for path in one.paths:
                paths.setdefault(path.casefold(), path)
            groups.update(dict.fromkeys(one.groups))
            for probe in one.rows:
                rows.setdefault(probe.id, probe)
        return cls(tuple(keys.values()), tuple(names), tuple(paths.values()), tuple(groups), tuple(rows.values()))

    def questions(self) -> list[LinesProbe | RowsProbe]:
        """Return what to give to `_host.snapshot.take` besides the keys."""
        asked: list[LinesProbe | RowsProbe] = [settings.BY_ID[name] for name in self.settings]
        if self.paths:
            asked.append(settings.acls(self.paths))
        if self.groups:
            asked.append(settings.groups(self.groups))
        return [*asked, *self.rows]
