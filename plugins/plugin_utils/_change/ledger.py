# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journals of one machine, read on the controller and on the target and laid together (private to this collection).

Either copy is enough. A copy that a power loss has torn, or that somebody has edited, is told by its seal and the other
one is used. Two whole copies of one journal that differ are two different stories: neither is believed.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .._console.command import quote
from .._target.session import Session, TargetError
from .._target.transfer import TransferFailed
from .bounds import MEGABYTES, RUNS, forget
from .journal import JOURNAL, OUTCOME, ROOT, Journal, NoJournal, file_name
from .runs import CONTROLLER, TARGET, Run, in_order
from .seal import PATTERN, SEAL, Broken, opened
from .values import BadValue

SETTLED, SERVICING = "settled.json", "servicing.json"
FILES = (JOURNAL, OUTCOME, SETTLED, SERVICING)
_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")
_RUN, _FILE = "#run#", "#file#"
_SEAL_LINE = re.compile(rf'([^\\/:]+\.json):  "{SEAL}": "([0-9a-f]{{64}})"')


@dataclass
class Folder:
    """A run's folder on one side: where it is, its bytes, and the JSON in it with the seal that each shows.

    `content` holds what has been read, by name.
    """

    path: str
    size: int = 0
    seals: dict[str, str] = field(default_factory=dict)
    content: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Ledger:
    """All runs on one machine, oldest first, and where its journals are; `here` and `there` name the runs of a side."""

    history: tuple[Run, ...]
    directory: Path
    here: frozenset[str] = frozenset()
    there: Mapping[str, str] = field(default_factory=dict)


def on_controller(directory: Path, host: str) -> dict[str, Folder]:
    """Return the folders of a host's runs on the controller."""
    found = {}
    base = directory / file_name(host)
    for path in sorted(base.iterdir()) if base.is_dir() else []:
        if not path.is_dir() or not _NAME.fullmatch(path.name):
            continue
        folder = Folder(str(path), sum(one.stat().st_size for one in path.rglob("*") if one.is_file()))
        for name in FILES:
            try:
                folder.content[name] = (path / name).read_bytes()
            except FileNotFoundError:
                continue
            except OSError:
                folder.content[name] = b""  # there, and not to be read: as good as torn
        found[path.name] = folder
    return found


def on_target(session: Session) -> dict[str, Folder]:
    """Return the folders of the target's journal; one command, which reads no more of them than their seals."""
    answer = session.run(
        f'for /d %r in ("%ProgramData%\\{ROOT}\\*") do @(echo {_RUN}%r& '
        f'(for %f in ("%r\\*" "%r\\rollback\\*") do @echo {_FILE}%~zf %f)& '
        f'findstr /r /c:"{PATTERN}" "%r\\*.json" 2>nul)'
    )
    found: dict[str, Folder] = {}
    folder: Folder | None = None
    for line in answer.stdout.splitlines():
        if line.startswith(_RUN):
            path = line[len(_RUN) :].strip()
            name = path.rpartition("\\")[2]
            folder = Folder(path)
            if _NAME.fullmatch(name):
                found[name] = folder
        elif folder is not None and line.startswith(_FILE):
            size, _blank, file = line[len(_FILE) :].strip().partition(" ")
            folder.size += int(size) if size.isdecimal() else 0
            if file.rpartition("\\")[2] in FILES:
                folder.seals.setdefault(file.rpartition("\\")[2], "")
        elif folder is not None and (seal := _SEAL_LINE.search(line)):
            folder.seals[seal[1]] = seal[2]
    return found


def read(session: Session, directory: Path, host: str) -> Ledger:
    """Return everything that the two sides know of a machine; the target's files are fetched where they are news."""
    here, there = on_controller(directory, host), on_target(session)
    for name, folder in there.items():
        known = here.get(name, Folder("")).content
        for file in FILES:
            if file not in folder.seals:
                continue
            same = file in known and folder.seals[file] != "" and _seal_of(known[file]) == folder.seals[file]
            folder.content[file] = known[file] if same else session.download(f"{folder.path}\\{file}")
    runs = [_merged(name, here.get(name), there.get(name)) for name in {**here, **there}]
    return Ledger(
        tuple(in_order(runs)), directory / file_name(host), frozenset(here), {one: there[one].path for one in there}
    )


def compared(session: Session, run: Run) -> Run:
    """Return a run after its journal on the target has been read in full, not only its seal."""
    if run.journal is None or TARGET not in run.where or CONTROLLER not in run.where or run.refusal:
        return run
    try:
        theirs = opened(session.download(f"{run.folder}\\{JOURNAL}"))
    except (Broken, TransferFailed) as error:  # the run may have broken off before the target's was there
        return replace(run, notes=(*run.notes, _torn(TARGET, JOURNAL, error, "the controller's is used")))
    if Journal.of(theirs) != run.journal:
        return replace(run, refusal=_differs(run.name))
    return run


def tidy(
    session: Session | None, ledger: Ledger, runs: int = RUNS, megabytes: int = MEGABYTES, remove: bool = True
) -> tuple[list[str], str]:
    """Remove what the bounds of the journal let go, on both sides; return the runs, and a sentence if that is too few.

    Each side is judged by what it holds itself; without `remove` that is all. Raises `NoJournal` when the target does
    not do it.
    """
    size = megabytes * 1_000_000
    here = forget([run for run in ledger.history if run.name in ledger.here], runs, size)
    there = forget([run for run in ledger.history if run.name in ledger.there], runs, size)
    for name in here.runs if remove else ():
        shutil.rmtree(ledger.directory / name)
    if session is not None and there.runs and remove:
        done = session.run("& ".join(f"rmdir /s /q {quote(ledger.there[name])}" for name in there.runs))
        if done.rc != 0:
            raise NoJournal(f"old runs could not be removed from the target's journal: {' '.join(done.stderr.split())}")
    over = max(here.over, there.over)
    sentence = (
        f"the journal of this machine holds {over} runs more than the {runs} that are kept, because each of them is "
        "the only one that remembers a value; roll back what is no longer wanted, or let more be kept"
    )
    return list(dict.fromkeys((*here.runs, *there.runs))), sentence if over else ""


def tidied(session: Session, directory: Path, host: str, runs: int = RUNS, megabytes: int = MEGABYTES) -> list[str]:
    """Keep the journals of a machine within their bounds after a run; return what a person should know.

    A run that worked does not fail for that. Only a journal that is too large is read.
    """
    try:
        here, there = on_controller(directory, host), on_target(session)
        sides = [list(side.values()) for side in (here, there)]
        if all(len(side) <= runs and sum(one.size for one in side) <= megabytes * 1_000_000 for side in sides):
            return []
        sentence = tidy(session, read(session, directory, host), runs, megabytes)[1]
    except (TargetError, OSError) as error:
        sentence = f"the journal could not be kept within its bounds: {error}"
    return [sentence] if sentence else []


def _merged(name: str, here: Folder | None, there: Folder | None) -> Run:
    sides = {CONTROLLER: here, TARGET: there}
    where = tuple(side for side, folder in sides.items() if folder is not None)
    copies: dict[str, dict[str, dict[str, Any]]] = {}  # file -> side -> content
    notes: list[str] = []
    broken: set[str] = set()
    for side, folder in sides.items():
        for file, data in (folder.content if folder else {}).items():
            try:
                copies.setdefault(file, {})[side] = opened(data)
            except Broken as error:
                broken.add(file)
                notes.append(_torn(side, file, error, "the other copy is used, where there is one"))
    found = {file: _longest(list(some.values())) for file, some in copies.items()}
    run = Run(
        name,
        where,
        outcome=found.get(OUTCOME),
        settled=found.get(SETTLED),
        servicing=found.get(SERVICING),
        folder=there.path if there else "",
        size=max(folder.size for folder in sides.values() if folder),
    )
    refusal = ""
    if len({content[SEAL] for content in copies.get(JOURNAL, {}).values()}) > 1:
        refusal = _differs(name)
    elif JOURNAL in broken and JOURNAL not in copies:
        refusal = f"the journal of run {name} cannot be relied on, and there is no other copy of it: {notes[0]}"
    elif JOURNAL in found:
        try:
            run = replace(run, journal=Journal.of(found[JOURNAL]))
        except (NoJournal, BadValue) as error:
            refusal = str(error)
    return replace(run, notes=tuple(notes), refusal=refusal)


def _longest(contents: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Of files that a run writes again and again, a copy may have missed the last time."""
    return max(contents, key=lambda one: (len(one.get("events") or []), contents[0] is one))


def _seal_of(data: bytes) -> str:
    try:
        return str(opened(data)[SEAL])
    except Broken:
        return ""


def _torn(side: str, file: str, error: Exception, then: str) -> str:
    return f"{file} on the {side} cannot be relied on: {error}; {then}"


def _differs(name: str) -> str:
    return (
        f"the journals of run {name} on the controller and on the target are both whole and differ, so one of them is "
        "not of this machine, or was written anew; compare the two and move the wrong one away"
    )
