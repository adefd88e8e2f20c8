# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a package is on a machine, judged from a snapshot (private to this collection).

A KB number that is missing from a list proves nothing: superseded packages vanish from the lists, and a later rollup
brings the same files. So the judgement looks at the component store (in both numberings of CurrentState), at packages
that replace the one in question, and at what the package leaves behind: file versions, the stack folder, the SHA-2
values.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._host.package_state import PackageState, decode
from . import versions
from .catalog import Catalog
from .records import Architecture, FileMark, Kind, Mark, Package, RegistryMark, ServicePackMark, StackMark
from .succession import succession_of


class State(enum.Enum):
    """Where a package stands."""

    INSTALLED = "installed"
    PENDING = "pending"  # goes in with the next restart
    LEAVING = "leaving"  # goes out with the next restart
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Standing:
    """A package's state and the one fact that decided it; `by` is the package that has taken its place, if one has."""

    package: str
    state: State
    evidence: str
    by: str | None = None

    @property
    def there(self) -> bool:
        """Nothing needs to be installed any more (a restart may still be owed)."""
        return self.state in (State.INSTALLED, State.PENDING)

    def to_json(self) -> dict[str, str]:
        """Return plain values for a result."""
        return {"package": self.package, "state": self.state.value, "evidence": self.evidence}


LISTED = "listed by Win32_QuickFixEngineering"
"""The evidence of a package that nothing but its number in that list shows."""

# The service pack's own package is named VistaSP2-KB948465; of an update there are parts beside the whole.
_IDENTITY = re.compile(
    r"(?:Package_(?:(?P<part>\d+)_)?for_|VistaSP\d-)(?P<kb>KB\d+)~[^~]*~(?P<arch>[^~]*)~[^~]*~(?P<version>[\d.]+)", re.I
)


def decode_state(number: int) -> State:
    """Translate a raw CurrentState; staged, resolved and partly installed packages still have to be installed."""
    state = decode(number)
    if state.there:
        return State.INSTALLED
    return {PackageState.PENDING: State.PENDING, PackageState.LEAVING: State.LEAVING}.get(state, State.ABSENT)


class Judge:
    """Judges the packages of one snapshot; every answer is remembered."""

    def __init__(self, snapshot: Mapping[str, Any], catalog: Catalog) -> None:
        self._answers: Mapping[str, Any] = snapshot.get("answers") or {}
        self._catalog = catalog
        self._succession = succession_of(catalog)
        self._known: dict[str, Standing] = {}
        self._store = _by_kb(self._answers.get("packages"))
        self._files = {path.lower(): version for path, version in (self._answers.get("files") or {}).items()}
        self._registry = {key.lower(): values for key, values in (self._answers.get("registry") or {}).items()}
        # security-only updates in the store: they bring files of a rollup, before their restart too, and not its rest
        coming = (State.INSTALLED, State.PENDING)
        self._singles = [
            one
            for one in catalog.of_kind(Kind.SECURITY_ONLY)
            if one.month and any(decode_state(entry[2]) in coming for entry in self._store.get(one.id, ()))
        ]

    def standing(self, package: Package) -> Standing:
        """Return where a package stands and why."""
        if package.id not in self._known:
            self._known[package.id] = self._judge(package)
        return self._known[package.id]

    def in_store(self, kb: str) -> bool:
        """Say whether the component store itself lists a KB number as installed."""
        return any(decode_state(number) is State.INSTALLED for _part, _version, number in self._store.get(kb, ()))

    def stored(self, kb: str) -> Standing | None:
        """Return what the component store, or the list of updates, says about any KB number; None for nothing."""
        entries = self._store.get(kb)
        if entries:
            return _of_store(kb, entries)
        return Standing(kb, State.INSTALLED, LISTED) if kb in (self._answers.get("hotfixes") or ()) else None

    def replacement(self, package: Package) -> Standing | None:
        """Return the standing that a package has through a newer one, whatever it has itself; None without such."""
        return self._replaced(package)

    def waiting_in_store(self) -> list[str]:
        """Return the KB numbers that the component store brings in or takes out at the next restart."""
        half = (State.PENDING, State.LEAVING)
        return sorted(kb for kb, entries in self._store.items() if any(decode_state(one[2]) in half for one in entries))

    def file(self, path: str) -> str | None:
        """Return the version of a file on disk, None where it is not there or nobody looked."""
        return self._files.get(self._place(path))

    def _judge(self, package: Package) -> Standing:
        own = self._from_store(package)
        if own and own.state in (State.INSTALLED, State.PENDING, State.LEAVING):
            return own
        newer = self._replaced(package)
        if newer:
            return newer
        if own and self._outdated(package):
            return own  # its marks may be those of the earlier issue, so they prove nothing
        seen = [(self._mark(mark), mark) for mark in package.marks]
        for answer, mark in seen:
            if answer and answer[0] and not self._explained(package, mark):
                return Standing(package.id, State.INSTALLED, answer[1])
        if package.id in (self._answers.get("hotfixes") or ()) and not package.package_version:
            return Standing(package.id, State.INSTALLED, LISTED)
        return self._without_proof(package, own, [answer for answer, _mark in seen])

    def _replaced(self, package: Package) -> Standing | None:
        """Return the standing that a package has through a newer one, None where none is there."""
        for newer in self._catalog.superseders(package.id):
            if self.standing(newer).there:
                return self._through(package, newer, "replaced by")
        for rollup in self._succession.holders(package):
            if self.standing(rollup).there:
                return self._through(package, rollup, "contained in")
        return None

    def _through(self, package: Package, newer: Package, word: str) -> Standing:
        """Return the standing that a newer package lends; of a long line only the last one is named."""
        last = self.standing(newer)
        if last.by:
            word, last = "replaced by", self.standing(self._catalog.get(last.by))
        return Standing(package.id, last.state, f"{word} {last.package}: {last.evidence}", last.package)

    def _without_proof(
        self, package: Package, own: Standing | None, seen: Sequence[tuple[bool, str] | None]
    ) -> Standing:
        """Nothing shows the package: tell a proven absence from a question that nobody answered."""
        negative = [answer[1] for answer in seen if answer]
        if own:
            return Standing(package.id, State.ABSENT, "; ".join([own.evidence, *negative]))
        stored = self._answers.get("packages") is not None
        if None in seen or not (stored or negative):
            looked = "; ".join(negative) or "nothing that was asked tells"
            return Standing(package.id, State.UNKNOWN, f"not known: {looked}")
        in_store = ["not in the component store"] if stored else []
        return Standing(package.id, State.ABSENT, "; ".join([*in_store, *negative]))

    def _from_store(self, package: Package) -> Standing | None:
        entries = self._store.get(package.id)
        if not entries:
            return None
        least = package.package_version
        fitting = [one for one in entries if least is None or versions.reaches(one[1], least)]
        if not fitting:
            newest = max(entries, key=lambda one: versions.parse(one[1]))[1]
            return Standing(
                package.id, State.ABSENT, f"only an earlier issue is in the component store ({newest}, wanted {least})"
            )
        return _of_store(package.id, fitting)

    def _outdated(self, package: Package) -> bool:
        """Say whether the component store has only earlier issues of a re-issued package."""
        least, entries = package.package_version, self._store.get(package.id, [])
        return least is not None and not any(versions.reaches(version, least) for _part, version, _number in entries)

    def _explained(self, package: Package, mark: Mark) -> bool:
        """Say whether another package accounts for the file version that this one would leave.

        A security-only update brings the files of its month's rollup and nothing of the months before. So a rollup is
        not proved by a file that a security-only update in the store may have brought, and a security-only update is
        not proved by a file that is newer than its own.
        """
        if not isinstance(mark, FileMark) or package.kind not in (Kind.MONTHLY_ROLLUP, Kind.SECURITY_ONLY):
            return False
        found = self._files.get(self._place(mark.path))
        if found is None or not package.month:
            return False
        if package.kind is Kind.SECURITY_ONLY:
            return versions.parse(found) != versions.parse(mark.version)
        later = [one for one in self._singles if one.month and one.month >= package.month]
        return any(self._may_bring(one, mark, found) for one in later)

    @staticmethod
    def _may_bring(single: Package, mark: FileMark, found: str) -> bool:
        """Say whether a security-only update can have brought a file version; one whose files are not known can."""
        own = [one for one in single.marks if isinstance(one, FileMark) and one.path.lower() == mark.path.lower()]
        return not own or any(versions.parse(found) <= versions.parse(one.version) for one in own)

    def _mark(self, mark: Mark) -> tuple[bool, str] | None:
        """Return whether a mark is there and the words for it; None when the snapshot does not tell."""
        if isinstance(mark, ServicePackMark):
            return self._service_pack(mark)
        if isinstance(mark, StackMark):
            return self._stack(mark)
        if isinstance(mark, FileMark):
            return self._file(mark)
        return self._values(mark)

    def _service_pack(self, mark: ServicePackMark) -> tuple[bool, str] | None:
        level = (self._answers.get("os") or {}).get("service_pack")
        return None if level is None else (level >= mark.level, f"service pack level {level}")

    def _stack(self, mark: StackMark) -> tuple[bool, str] | None:
        folders = self._answers.get("stack")
        if not folders:
            return None
        newest = max(folders, key=versions.parse)
        return versions.reaches(newest, mark.version), f"servicing stack {newest}"

    def _file(self, mark: FileMark) -> tuple[bool, str] | None:
        path = self._place(mark.path)
        if path not in self._files:
            return None
        name, found = mark.path.rpartition("\\")[2], self._files[path]
        if found is None:
            return False, f"{name} is not there"
        return mark.reached(found), f"{name} {found}"

    def _place(self, path: str) -> str:
        windows = (self._answers.get("os") or {}).get("windows_directory") or "C:\\Windows"
        return path.lower().replace("%windir%", str(windows).lower())

    def _values(self, mark: RegistryMark) -> tuple[bool, str] | None:
        key = mark.key.lower()
        if key not in self._registry:
            return None
        values = {name.lower(): entry.get("data") for name, entry in (self._registry[key] or {}).items()}
        found = [values.get(name.lower()) for name in mark.values]
        shown = ", ".join(
            f"{name} {'missing' if data is None else data}" for name, data in zip(mark.values, found, strict=True)
        )
        return all(isinstance(data, int) and data >= mark.least for data in found), shown


def _of_store(kb: str, entries: Sequence[tuple[str | None, str, int]]) -> Standing:
    """Return what entries of the component store amount to."""
    # the umbrella package (no part number) carries the verdict; its parts only where it is not listed
    whole = [one for one in entries if not one[0]] or entries
    _part, version, number = max(whole, key=lambda one: (versions.parse(one[1]), one[2]))
    return Standing(kb, decode_state(number), f"component store: {version}, CurrentState {number}")


def _by_kb(packages: Sequence[Mapping[str, Any]] | None) -> dict[str, list[tuple[str | None, str, int]]]:
    """Return {KB number: [(part, version, CurrentState)]} of the component store's update packages."""
    store: dict[str, list[tuple[str | None, str, int]]] = {}
    for entry in packages or ():
        match = _IDENTITY.fullmatch(str(entry["identity"]))
        if match:
            store.setdefault(match["kb"].upper(), []).append((match["part"], match["version"], int(entry["state"])))
    return store


def architecture_of(snapshot: Mapping[str, Any]) -> Architecture | None:
    """Return the machine's architecture, None where the snapshot does not tell."""
    word = ((snapshot.get("answers") or {}).get("os") or {}).get("arch")
    return Architecture(word) if word in [one.value for one in Architecture] else None
