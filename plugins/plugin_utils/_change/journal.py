# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journal of a run: what was there before, kept in two places before a change (private to this collection).

On the controller it is a folder per host and run, on the target ``%ProgramData%\\sunset.ws2008\\journal\\<run>``. Both
hold ``journal.json`` and what a person at the machine needs without us: ``undo.reg`` and ``undo.cmd``. `keep` returns
only when both are written and the target's copy has been read back. Each file of JSON carries a seal, and the journal
names the digests of the files beside it.

The controller's copy is forced to its disk. Nothing in cmd.exe of NT 6.0 can do that on the target; a copy that lost
its power there is noticed by its seal, and the other one is whole.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._target.session import Session, TargetError
from .ground import closed_folder, said
from .readme import FILE as README
from .readme import VERSION_LINE, readme
from .seal import Broken, digest, opened, sealed
from .undo import undo_files
from .values import Change, Key, Kind, canonical

SCHEMA = "sunset.ws2008/journal/1"
ROOT = "sunset.ws2008\\journal"
JOURNAL, OUTCOME = "journal.json", "outcome.json"
_EVERYWHERE = frozenset(
    canonical(key)
    for key in (
        "HKLM\\SYSTEM\\CurrentControlSet",
        "HKLM\\SYSTEM\\CurrentControlSet\\Control",
        "HKLM\\SYSTEM\\CurrentControlSet\\Services",
        "HKLM\\SOFTWARE\\Microsoft",
        "HKLM\\SOFTWARE\\Policies",
    )
)
_TIME, _MOMENT = "%Y%m%dT%H%M%SZ", len("20261120T180000Z")  # of the name of a run


class NoJournal(TargetError):
    """The before-values could not be kept, so nothing of their run was changed; or a journal cannot be read."""


@dataclass(frozen=True)
class JournalGroup:
    """The changes that a run means to make in one step, in order."""

    id: str
    title: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Journal:
    """What a run means to change. `created_keys` are the keys that it brings into being, parents first.

    `codepage` is the OEM code page of the machine, in which it reads its scripts. `restart` are the controls that act
    only after a restart. A run that takes another one back names it in `undoes`. `forced`: guards that were overruled,
    each with the control and what the guard saw.
    """

    run: str
    host: str
    started: str
    groups: tuple[JournalGroup, ...]
    created_keys: tuple[str, ...]
    codepage: str = "437"
    restart: tuple[str, ...] = ()
    undoes: str = ""
    forced: tuple[Mapping[str, str], ...] = ()

    def changes(self) -> tuple[Change, ...]:
        """Return every change, in order."""
        return tuple(change for group in self.groups for change in group.changes)

    def plain(self) -> dict[str, Any]:
        """Return the form of ``journal.json``."""
        return {
            "schema": SCHEMA,
            "run": self.run,
            "host": self.host,
            "started": self.started,
            "groups": [
                {"id": one.id, "title": one.title, "changes": [change.plain() for change in one.changes]}
                for one in self.groups
            ],
            "created_keys": list(self.created_keys),
            "codepage": self.codepage,
            "restart": list(self.restart),
            "undoes": self.undoes,
            "forced": [dict(one) for one in self.forced],
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Journal:
        """Read ``journal.json``; `NoJournal` for anything else."""
        if plain.get("schema") != SCHEMA:
            raise NoJournal(f"this is no journal that this version can read: its schema is {plain.get('schema')!r}")
        try:
            groups = tuple(
                JournalGroup(one["id"], one["title"], tuple(Change.of(change) for change in one["changes"]))
                for one in plain["groups"]
            )
            return cls(
                plain["run"],
                plain["host"],
                plain["started"],
                groups,
                tuple(plain["created_keys"]),
                plain.get("codepage", "437"),
                tuple(plain.get("restart", ())),
                plain.get("undoes", ""),
                tuple(dict(one) for one in plain.get("forced", ())),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise NoJournal(f"the journal is damaged: {error!r} while it was read") from error


@dataclass(frozen=True)
class Kept:
    """Where a journal is; `warning` is what a person should know about it."""

    controller: Path
    target: str
    warning: str = ""

    def plain(self) -> dict[str, str]:
        """Return the form of a result; `undo` is the script on the target that takes all of it back."""
        return {"controller": str(self.controller), "target": self.target, "undo": f"{self.target}\\undo.cmd"}


def run_name(now: dt.datetime, token: str) -> str:
    """Return the name of a run: its UTC time, sortable, and a token against two in one second."""
    return f"{now.astimezone(dt.UTC):{_TIME}}-{token}"


def later(name: str, known: Iterable[str]) -> str:
    """Return the name of a run, moved on where its clock is behind: it comes after every run that is known.

    The runs of a machine are in the order of their times, and its controllers need not have the same one.
    """
    newest = max((one[:_MOMENT] for one in known if _times(one)), default="")
    if not _times(name) or newest < name[:_MOMENT]:
        return name
    moment = dt.datetime.strptime(newest, _TIME).replace(tzinfo=dt.UTC) + dt.timedelta(seconds=1)
    return run_name(moment, name[_MOMENT + 1 :])


def began(name: str, otherwise: dt.datetime) -> str:
    """Return when a run began, by its name where that is one of ours."""
    moment = dt.datetime.strptime(name[:_MOMENT], _TIME) if _times(name) else otherwise.astimezone(dt.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def names(session: Session, directory: Path, host: str) -> list[str]:
    """Return the names of the runs in the journals of both sides, without reading any."""
    here = directory / file_name(host)
    there = session.run(f'for /d %r in ("%ProgramData%\\{ROOT}\\*") do @echo %~nxr').stdout.split()
    return [*there, *(one.name for one in (here.iterdir() if here.is_dir() else ()))]


def _times(name: str) -> bool:
    try:
        dt.datetime.strptime(name[:_MOMENT], _TIME)
    except ValueError:
        return False
    return name[_MOMENT : _MOMENT + 1] == "-"


def parents(keys: Iterable[str]) -> list[str]:
    """Return every key above `keys` that some machine may lack; those that none lacks are long to list."""
    found: dict[str, str] = {}
    for key in keys:
        parts = key.rstrip("\\").split("\\")
        for length in range(3, len(parts)):
            above = "\\".join(parts[:length])
            if canonical(above) not in _EVERYWHERE:
                found.setdefault(canonical(above), above)
    return list(found.values())


def created_keys(changes: Iterable[Change], registry: Mapping[str, Key]) -> tuple[str, ...]:
    """Return the keys that `changes` bring into being, parents first; `registry` holds them and their `parents`."""
    absent = {canonical(key) for key, values in registry.items() if values is None}
    written = [one.key for one in changes if one.after is not None and one.kind is Kind.REGISTRY]
    asked = {canonical(key): key for key in (*parents(written), *written)}
    return tuple(sorted((key for folded, key in asked.items() if folded in absent), key=lambda key: key.count("\\")))


def keep(journal: Journal, session: Session, directory: Path) -> Kept:
    """Write the journal on the controller, then on the target, and read it back; raises `NoJournal` when that fails."""
    undo = undo_files(journal.run, journal.changes(), journal.created_keys, journal.codepage)
    content = {**journal.plain(), "files": {name: digest(data) for name, data in undo.items()}}
    files = {**undo, JOURNAL: sealed(content)}  # the journal last: where it is, the rest is as well
    here = directory / file_name(journal.host) / journal.run
    try:
        _write(here, files)
    except OSError as error:
        raise NoJournal(
            f"the journal cannot be written to {here}: {error}; nothing of run {journal.run} was changed"
        ) from error
    there = folder_on_target(session, journal.run)
    for name, data in files.items():
        session.upload(data, f"{there}\\{name}")
    _copy_whole(session, {change.kind for change in journal.changes()}, there)
    if session.download(f"{there}\\{JOURNAL}") != files[JOURNAL]:
        raise NoJournal(f"{there}\\{JOURNAL} on the target reads back differently; nothing of that run was changed")
    return Kept(here, there)


# What a change of one part can never lose: the whole policy, in the tool's own format, for a person to restore.
_WHOLE = {
    Kind.AUDIT: 'auditpol /backup /file:"{0}\\audit.csv"',
    Kind.FIREWALL: 'netsh advfirewall export "{0}\\firewall.wfw"',
    Kind.RULE_STATE: 'netsh advfirewall export "{0}\\firewall.wfw"',
    Kind.SECURITY: 'secedit /export /cfg "{0}\\security.inf" /areas SECURITYPOLICY USER_RIGHTS /quiet',
}


def _copy_whole(session: Session, kinds: Collection[Kind], there: str) -> None:
    for line, kind in {line: kind for kind, line in _WHOLE.items() if kind in kinds}.items():
        done = session.run(line.format(there))
        if done.rc != 0:
            raise NoJournal(f"the {kind.value} policy as it is could not be kept: {said(done)}; nothing was changed")


def note(kept: Kept, session: Session | None, name: str, content: Mapping[str, Any]) -> None:
    """Add a file to a journal that is kept already, for example the outcome of the run."""
    data = sealed(content)
    try:
        _write(kept.controller, {name: data})
    except OSError as error:
        raise NoJournal(f"{kept.controller / name} cannot be written: {error}") from error
    if session is not None:
        session.upload(data, f"{kept.target}\\{name}")


def load(folder: Path) -> Journal:
    """Read a journal that was kept on the controller; raises `NoJournal`."""
    try:
        data = (folder / JOURNAL).read_bytes()
    except OSError as error:
        raise NoJournal(f"there is no readable journal in {folder}: {error}") from error
    return read(data, str(folder))


def read(data: bytes, where: str) -> Journal:
    """Read ``journal.json``; raises `NoJournal` for one that is torn, edited or from another version."""
    try:
        content = opened(data)
    except Broken as error:
        raise NoJournal(f"the journal in {where} cannot be relied on: {error}") from error
    return Journal.of(content)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write through to the disk, folder entry included: a controller that loses power must not lose a before-value.

    A file appears under its name when it is whole, so that nothing ever reads half of one.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, data in files.items():
        descriptor = os.open(folder / f"{name}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        (folder / f"{name}.new").replace(folder / name)
    for entry in (folder, folder.parent):
        descriptor = os.open(entry, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def folder_on_target(session: Session, run: str) -> str:
    """Make the run's folder, closed to all but SYSTEM and Administrators, and return its path; raises `NoGround`.

    Whoever finds the folder at the console finds a text beside it that says what this is.
    """
    full = closed_folder(session, f"{ROOT}\\{run}", so=f"nothing of run {run} was changed")
    text = f"{full.rpartition(chr(92))[0]}\\{README}"
    if session.run(f'findstr /b /c:"{VERSION_LINE}" "{text}" >nul 2>&1').rc != 0:
        session.upload(readme(), text)
    return full


def file_name(host: str) -> str:
    """Return a host's name as one harmless part of a path."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", host).lstrip(".") or "host"
