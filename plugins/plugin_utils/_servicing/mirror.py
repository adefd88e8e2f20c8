# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which package files a target takes, and which of them are at hand and proven (private to this collection).

Works on the control node alone. What is needed is what the planner says for a machine: a real one by its snapshot, or
a bare one of the named architecture, so that a library can be filled before the first machine is seen. A local mirror
has one folder for each architecture (``x64/<file>``), which serves as media folder, as share and as web root alike.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import lock, media
from .catalog import Catalog
from .errors import BadMedia, ServicingError
from .esu import Entitlement
from .plan import InstallStep, Omission, plan
from .records import Architecture, File, FileMark, Kind, Need, Package, RegistryMark

_WINDOWS = "C:\\Windows"
_HYPER_V = 20  # its id in Win32_ServerFeature (memory); an x64 host of 6001 with that role needs one package more

_COMPONENTS = (Kind.ENABLER, Kind.DOTNET)


class Start(enum.Enum):
    """The bare machine that a library is filled for, where no real one is given."""

    RTM_6001 = "rtm_6001"
    CLEAN_6002 = "clean_6002"


class State(enum.Enum):
    """What is known of a file."""

    MISSING = "missing"
    BAD = "bad"
    UNPROVEN = "unproven"  # whole and what it claims to be, but nobody published a digest to hold it against
    PINNED = "pinned"  # as it was when it was first trusted
    CHECKED = "checked"  # has a digest that the catalog, or its own name, states


@dataclass(frozen=True)
class Wanted:
    """A package that a plan needs on one architecture, and why."""

    package: Package
    architecture: Architecture
    reason: str

    @property
    def known(self) -> File:
        """What the catalog knows of the file."""
        return self.package.architectures.get(self.architecture) or File(None)


@dataclass(frozen=True)
class Entry:
    """One wanted file: where it is or belongs, below the media folder, and what is known of it.

    `proof` names what the digest was held against, `trouble` says why a file is bad. `pin` is the pin of a file that
    is `pinned`, and of any other the one that it could get.
    """

    wanted: Wanted
    folder: str
    state: State
    path: Path | None = None
    proof: tuple[str, ...] = ()
    trouble: str | None = None
    pin: lock.Pin | None = None
    pinned: bool = False

    @property
    def name(self) -> str | None:
        """The name of the file at hand, else the vendor's; None where neither is known."""
        return self.path.name if self.path else self.wanted.known.name

    @property
    def pattern(self) -> str:
        """How the vendor names the file, as far as that is known."""
        known, package = self.wanted.known.name, self.wanted.package
        return known or f"windows6.0-{package.id.lower()}-{self.wanted.architecture.value}_<sha1>.msu"

    @property
    def relative(self) -> str | None:
        """The path below the media folder, with ``/`` between its parts."""
        return f"{self.folder}{self.name}" if self.name else None

    def digest(self, kind: str) -> str | None:
        """Return the SHA-1 or SHA-256 that the file should have; None where nobody knows."""
        stated: str | None = getattr(self.wanted.known, kind)
        if stated or self.pin is None:
            return stated
        digest: str = getattr(self.pin, kind)
        return digest if self.pinned or digest in self.pin.name.lower() else None

    def to_json(self) -> dict[str, object]:
        """Return plain values for a result."""
        known, package = self.wanted.known, self.wanted.package
        return {
            "package": package.id,
            "title": package.title,
            "architecture": self.wanted.architecture.value,
            "reason": self.wanted.reason,
            "optional": package.optional,
            "state": self.state.value,
            "name": self.name,
            "vendor_name": self.pattern,
            "folder": self.folder,
            "path": str(self.path) if self.path else None,
            "size": self.pin.size if known.size is None and self.pin and self.pinned else known.size,
            "sha1": self.digest("sha1"),
            "sha256": self.digest("sha256"),
            "url": known.url,
            "proof": list(self.proof),
            "trouble": self.trouble,
            "confidence": package.confidence,
        }


@dataclass(frozen=True)
class Shelf:
    """All wanted files. `new_pins` holds, by folder, the pins for files that nothing else proves by a SHA-256."""

    entries: tuple[Entry, ...]
    new_pins: Mapping[Path, tuple[lock.Pin, ...]] = field(default_factory=dict)

    def of(self, *states: State) -> list[Entry]:
        """Return the entries in these states."""
        return [one for one in self.entries if one.state in states]

    @property
    def sentence(self) -> str:
        """Say in one sentence what there is and what is not."""
        if not self.entries:
            return "Nothing is needed: no package is to be installed."
        words = [f"{len(self.of(state))} {state.value}" for state in reversed(State) if self.of(state)]
        missing = ", ".join(_called(one) for one in self.lacking)
        better = ", ".join(_called(one) for one in self.of(State.MISSING) if one.wanted.package.optional)
        rest = f"; still to be fetched: {missing}" if missing else ""
        rest += f"; not demanded, but worth having: {better}" if better else ""
        count = len(self.entries)
        return f"{count} {'file is' if count == 1 else 'files are'} listed: {', '.join(words)}{rest}."

    @property
    def lacking(self) -> list[Entry]:
        """The missing files without which the target cannot be reached."""
        return [one for one in self.of(State.MISSING) if not one.wanted.package.optional]


def _called(entry: Entry) -> str:
    return f"{entry.wanted.package.id} ({entry.wanted.architecture.value})"


# -- what is needed -----------------------------------------------------------------------------------------------


def bare(architecture: Architecture, start: Start, catalog: Catalog) -> dict[str, Any]:
    """Return the snapshot of a machine that has no update.

    Which role, browser and .NET Framework it has is left open: a package for one of them is listed when asked for.
    """
    old = start is Start.RTM_6001
    marks = [mark for package in catalog if package.kind not in _COMPONENTS for mark in package.marks]
    files = {mark.path.replace("%windir%", _WINDOWS): None for mark in marks if isinstance(mark, FileMark)}
    return {
        "schema": "sunset.ws2008/snapshot/1",
        "door": "none",
        "answers": {
            "os": {
                "caption": "Microsoft Windows Server 2008",
                "version": "6.0.6001" if old else "6.0.6002",
                "build": 6001 if old else 6002,
                "service_pack": 1 if old else 2,
                "arch": architecture.value,
                "windows_directory": _WINDOWS,
            },
            "hotfixes": [],
            "packages": [],
            "stack": ["6.0.6001.18000" if old else "6.0.6002.18005"],
            "files": files,
            "registry": {mark.key: None for mark in marks if isinstance(mark, RegistryMark)},
            "markers": {},
            "licences": [],
            "features": [_HYPER_V] if old and architecture is Architecture.X64 else [],
        },
        "unknown": {},
    }


def entitled(names: Iterable[str]) -> Entitlement:
    """Return the entitlement that somebody states for machines that nobody has asked."""
    granted = frozenset(Need(name) for name in names)
    stated = ", ".join(sorted(one.value for one in granted)) or "none"
    return Entitlement(granted, f"the entitlement stated for this library is: {stated}")


@dataclass(frozen=True)
class Needs:
    """What a machine needs; `left_out` are packages that were asked for by number and are not needed, and why."""

    wanted: tuple[Wanted, ...] = ()
    left_out: tuple[Omission, ...] = ()

    def __add__(self, other: Needs) -> Needs:
        return Needs(self.wanted + other.wanted, self.left_out + other.left_out)


def needs(
    snapshot: Mapping[str, Any],
    catalog: Catalog,
    target: str,
    also: Collection[str],
    entitlement: Entitlement,
    hold: Collection[str] = (),
) -> Needs:
    """Return the packages that lead a machine to a target, in installing order, as if every file were at hand.

    Raises `ServicingError` for a target, or a package beside it, that the machine cannot reach, in the planner's words.
    """
    every = {one.id: one.id for one in catalog if not one.not_planned}
    made = plan(snapshot, catalog, target, every, entitlement, hold, also=also)
    if made.unreachable:
        architecture = ((snapshot.get("answers") or {}).get("os") or {}).get("arch")
        raise ServicingError(f"for {architecture}: {made.sentence}")
    return Needs(
        tuple(
            Wanted(step.package, step.architecture, step.reason) for step in made.steps if isinstance(step, InstallStep)
        ),
        tuple(one for one in made.omitted if one.package in made.also),
    )


# -- what is there ------------------------------------------------------------------------------------------------


def survey(wanted: Sequence[Wanted], catalog: Catalog, folder: Path | None, seen: str) -> Shelf:
    """Look for the files below the media folder and check each that is there; `seen` is the time for new pins.

    A file that is not what it claims to be becomes a `BAD` entry. Raises `BadMedia` for a folder that cannot be used
    and for two files of one package.
    """
    at_hand = {
        architecture: media.look(folder, catalog, architecture) if folder else {}
        for architecture in dict.fromkeys(one.architecture for one in wanted)
    }
    entries: list[Entry] = []
    pins: dict[Path, list[lock.Pin]] = {}
    for one in wanted:
        path = at_hand[one.architecture].get(one.package.id)
        if path is None or folder is None:
            entries.append(Entry(one, _place(folder, one.architecture), State.MISSING))
            continue
        entry = _examine(one, path, folder, seen)
        entries.append(entry)
        if entry.pin and not entry.pinned and not one.known.sha256:
            pins.setdefault(path.parent, []).append(entry.pin)
    return Shelf(tuple(entries), {place: tuple(some) for place, some in pins.items()})


def _place(folder: Path | None, architecture: Architecture) -> str:
    """Where a file of an architecture belongs: in its folder of the mirror, unless the media folder is that already."""
    return "" if folder and folder.name.lower() == architecture.value else f"{architecture.value}/"


def _examine(one: Wanted, path: Path, folder: Path, seen: str) -> Entry:
    """Check a file that is there, by its record, its own name, its contents and the lock beside it."""
    place = path.parent.relative_to(folder).as_posix()
    below = "" if place == "." else f"{place}/"
    try:
        file = media.check(path, one.package, one.architecture)
        pinned = lock.read(path.parent).pin_of(one.package.id, one.architecture)
    except BadMedia as error:
        return Entry(one, below, State.BAD, path, trouble=str(error))
    proof = [
        *(["the SHA-256 of the catalog"] if one.known.sha256 else []),
        *(["the SHA-1 of the catalog"] if one.known.sha1 else []),
        *(["the SHA-1 in its own name"] if file.sha1 in path.name.lower() else []),
    ]
    state = State.CHECKED if proof else State.PINNED if pinned else State.UNPROVEN
    if pinned:
        proof.append(f"the lock of {pinned.first_seen[:10]}")
    pin = pinned or _pin_for(one, file, seen)
    return Entry(one, below, state, path, tuple(proof), pin=pin, pinned=pinned is not None)


def _pin_for(one: Wanted, file: media.MediaFile, seen: str) -> lock.Pin | None:
    """Return the pin that a file could get; None for one whose size or digest was not read."""
    if file.size is None or file.sha256 is None:
        return None
    return lock.Pin(file.name, one.package.id, one.architecture.value, file.size, file.sha1, file.sha256, seen)
