# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the options of a stocktaking of package files to its result (private to this collection).

Everything that can be wrong with the options is said before a file is read; every text is made before one is written.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from .._report.write import replace as put
from . import lock
from .catalog import Catalog
from .errors import BadMedia, ServicingError
from .esu import entitlement_of
from .fetch_list import SUMS, check_suffix, read_if_there, render, sums
from .mirror import Needs, Shelf, Start, State, Wanted, bare, entitled, needs, survey
from .plan import check_also, check_hold, check_target, refuse_strangers
from .records import Architecture


@dataclass(frozen=True)
class Order:
    """What is asked for; `architectures`, `start` and `entitlement` describe bare machines, where no real one is."""

    target: str
    also: Sequence[str]
    architectures: Sequence[str]
    start: str
    entitlement: Sequence[str]
    hold: Sequence[str]
    media: Path | None
    fetch_list: Path | None
    pin: bool
    sums: bool

    def check(self, catalog: Catalog) -> None:
        """Raise `ServicingError` for the first thing that cannot be, with the nearest valid name."""
        check_target(self.target, catalog)
        check_also(self.also, catalog)
        check_hold(self.hold, catalog)
        if not self.architectures:
            raise ServicingError("architectures is empty; name at least one of x86, x64, ia64")
        for option in ("pin", "sums"):
            if getattr(self, option) and self.media is None:
                raise ServicingError(f"{option} writes into the media folder, so media must name that folder")
        if self.media is not None and not self.media.is_dir():
            raise BadMedia(
                f"the media folder {self.media} does not exist on the control node; make it, or name the folder that "
                "holds the packages"
            )
        if self.fetch_list:
            check_suffix(str(self.fetch_list))
            if not self.fetch_list.absolute().parent.is_dir():
                raise ServicingError(f"the folder of the fetch list {self.fetch_list} does not exist; make it first")


@dataclass(frozen=True)
class Written:
    """A file to write: its text as it was (None: no file) and as it shall be. `pins` are those that a lock gets."""

    path: Path
    before: str | None
    after: str
    pins: tuple[lock.Pin, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether there is anything to write."""
        return self.before != self.after


def needed(order: Order, catalog: Catalog, snapshot: Mapping[str, Any] | None) -> Needs:
    """Return what a machine needs, or what a bare one of each architecture would."""
    if snapshot is not None:
        if not str(snapshot.get("schema", "")).startswith("sunset.ws2008/snapshot/"):
            raise ServicingError("snapshot is none; hand in what sunset.ws2008.facts returned in `snapshot`")
        refuse_strangers(snapshot)
        return needs(snapshot, catalog, order.target, order.also, entitlement_of(snapshot), order.hold)
    entitlement, found = entitled(order.entitlement), Needs()
    for name in dict.fromkeys(order.architectures):
        machine = bare(Architecture(name), Start(order.start), catalog)
        found += needs(machine, catalog, order.target, order.also, entitlement, order.hold)
    return found


def take_stock(order: Order, catalog: Catalog, wanted: Sequence[Wanted], now: datetime) -> tuple[Shelf, list[Written]]:
    """Look at the files that are needed, and return what is known of them and the texts that are to be written."""
    shelf = survey(wanted, catalog, order.media, lock.moment(now))
    texts: dict[Path, str] = {}
    locks: list[Written] = []
    if order.pin:
        for folder, pins in shelf.new_pins.items():
            path = folder / lock.LOCK
            locks.append(Written(path, read_if_there(path), lock.read(folder).text(pins), pins))
        shelf = _as_pinned(shelf)
    if order.sums and order.media:
        texts.update({order.media / name: sums(shelf, kind) for name, kind in SUMS.items()})
    if order.fetch_list:
        texts[order.fetch_list] = render(shelf, check_suffix(str(order.fetch_list)))
    return shelf, [*locks, *(Written(path, read_if_there(path), text) for path, text in texts.items())]


def _as_pinned(shelf: Shelf) -> Shelf:
    """Return the shelf as it is once its new pins are written."""
    new = {pin for pins in shelf.new_pins.values() for pin in pins}
    entries = (
        replace(
            one,
            state=State.PINNED if one.state is State.UNPROVEN else one.state,
            proof=(*one.proof, "the lock, from now on"),
            pinned=True,
        )
        if one.pin in new
        else one
        for one in shelf.entries
    )
    return Shelf(tuple(entries), shelf.new_pins)


def write(files: Iterable[Written]) -> None:
    """Write what differs, each file whole or not at all; raises `BadMedia` that names the one that cannot be.

    The tasks of several hosts may pin files of one folder at the same time, so a lock is read again by the one that
    writes it, alone.
    """
    for one in files:
        if one.differs:
            try:
                with _alone(one.path.parent):
                    put(one.path, lock.read(one.path.parent).text(one.pins) if one.pins else one.after)
            except OSError as error:
                raise BadMedia(f"{one.path} cannot be written: {error.strerror}") from None


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other tasks of this control node out of a folder meanwhile."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def complaint(shelf: Shelf, complete: bool) -> str | None:
    """Return why the task fails, None when it does not: bad files always, missing ones where all are demanded."""
    bad = [str(one.trouble) for one in shelf.of(State.BAD)]
    if bad:
        return "; ".join(bad)
    if complete and shelf.lacking:
        return shelf.sentence
    return None
