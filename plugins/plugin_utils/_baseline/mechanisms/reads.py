# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a control has to know of a machine (private to this collection), added up for all of them and asked at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..._host import access, settings
from ..._host.probes import LinesProbe, Place, RowsProbe
from ..records import RecordError

_TERM = re.compile(r"([A-Za-z]+)=(TRUE|FALSE|\d+)")


@dataclass(frozen=True)
class Rows:
    """Properties of a WMI class, of the rows where all of `terms` hold: (property, ``TRUE``, ``FALSE`` or a number)."""

    class_name: str
    properties: tuple[str, ...]
    terms: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Rows:
        """Read a record; `RecordError` for a condition that is more than equal signs and AND."""
        terms = []
        for part in str(settings["where"]).split(" AND ") if "where" in settings else ():
            match = _TERM.fullmatch(part)
            if match is None:
                raise RecordError(f"the condition {part!r} is not of the form Property=TRUE, FALSE or a number")
            terms.append((match[1], match[2]))
        return cls(settings["class"], (settings["property"],), tuple(terms))

    @property
    def id(self) -> str:
        """Return under which name the answer is in a snapshot: one for each class, whoever asks."""
        return f"wmi:{self.class_name}"

    def chosen(self, rows: Iterable[Mapping[str, str | None]]) -> list[str | None]:
        """Return the property of the rows that are meant."""
        return [row.get(self.properties[0]) for row in rows if all(_equals(row, *term) for term in self.terms)]


def _equals(row: Mapping[str, str | None], name: str, wanted: str) -> bool:
    return (row.get(name) or "").casefold() == wanted.casefold()


@dataclass(frozen=True)
class Reads:
    """Registry keys, ids of `settings.BY_ID`, files and folders (their access lists), SIDs of groups, rows of WMI.

    `named` are files and folders that the registry names, `listed` registry keys of which the access list is meant.
    """

    keys: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    rows: tuple[Rows, ...] = ()
    named: tuple[access.Named, ...] = ()
    listed: tuple[str, ...] = ()

    @classmethod
    def all_of(cls, every: Iterable[Reads]) -> Reads:
        """Add them up, each thing once, in the order in which it was first asked for."""
        held = list(every)
        keys, paths = ({one.casefold(): one for reads in held for one in part(reads)} for part in (_keys, _paths))
        return cls(
            tuple(keys.values()),
            tuple(dict.fromkeys(one for reads in held for one in reads.settings)),
            tuple(paths.values()),
            tuple(dict.fromkeys(one for reads in held for one in reads.groups)),
            tuple(dict.fromkeys(one for reads in held for one in reads.rows)),
            tuple(dict.fromkeys(one for reads in held for one in reads.named)),
            tuple(dict.fromkeys(one for reads in held for one in reads.listed)),
        )

    def questions(self) -> list[LinesProbe | RowsProbe]:
        """Return what to give to `_host.snapshot.take` besides the keys; a class of WMI is asked once for all."""
        asked: list[LinesProbe | RowsProbe] = [settings.BY_ID[name] for name in self.settings]
        if self.paths or self.named:
            asked.append(access.of_files(self.paths, self.named))
        if self.listed:
            asked.append(access.of_keys(self.listed))
        if self.groups:
            asked.append(settings.groups(self.groups))
        classes = dict.fromkeys(one.class_name for one in self.rows)
        return [*asked, *(_one_question([row for row in self.rows if row.class_name == name]) for name in classes)]


def _keys(reads: Reads) -> tuple[str, ...]:
    return reads.keys


def _paths(reads: Reads) -> tuple[str, ...]:
    return reads.paths


def _one_question(rows: Sequence[Rows]) -> RowsProbe:
    names = tuple(dict.fromkeys(name for row in rows for name in (*row.properties, *(term[0] for term in row.terms))))
    conditions = list(dict.fromkeys(" AND ".join(f"{name}={value}" for name, value in row.terms) for row in rows))
    where = "" if "" in conditions else " OR ".join(f"({one})" if len(conditions) > 1 else one for one in conditions)

    def parse(found: Sequence[Mapping[str, Any]], _place: Place) -> list[dict[str, str | None]]:
        return [{name: _plain(row.get(name)) for name in names} for row in found]

    return RowsProbe(rows[0].id, rows[0].class_name, names, parse, (lambda _place: where) if where else None)


def _plain(value: object) -> str | None:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return None if value is None else str(value).rstrip()
