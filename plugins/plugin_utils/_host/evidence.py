# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Answers from captured files (private to this collection): the `evidence` door.

Three things are understood: a folder that `collect.cmd` wrote; a single text of a kind that tells who a machine is
(`systeminfo` above all); and a folder that holds such texts of one machine. What was not captured raises
`NotCaptured`: unknown, which is not the same as absent. Nothing can be changed through this door.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from .._console.command import Question, Reply
from .._console.text import ConsoleError, content, decode
from .._target.session import CIMV2, CommandResult, Identity, NotCaptured, ReadOnly, TargetError, WmiRow
from . import collect, probes, settings, texts
from .interview import rows_of
from .snapshot import Snapshot, take
from .texts import Testimony
from .typed import Row

_INDEX_LINE = re.compile(r'^(\S+) (-?\d+) "(.*)"$')
_LARGEST = 32 * 1024 * 1024
_MOST_FILES = 200
# What collect.cmd never asks, and why.
_NOT_COLLECTED = {settings.PROFILES.id: "collect.cmd takes nothing out of the registry of users; a live login does"}


class EvidenceError(TargetError):
    """The evidence cannot be read at all; the message says why and what would be readable."""


class EvidenceSession:
    """A conversation with files. Raises `EvidenceError` at once when there is nothing readable at `path`."""

    door = "evidence"
    read_only = True

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._testimony = _listen(self._path)

    def identify(self) -> Identity:
        """Return a captured Identify answer."""
        if self._testimony.identity is None:
            raise NotCaptured(f"{self._path} holds no WS-Man Identify answer")
        return self._testimony.identity

    def rows(self, probe: probes.RowsProbe, place: probes.Place) -> list[Row]:
        """Return the captured rows of a probe; part of being a `snapshot.Witness`."""
        rows = self._testimony.rows.get(probe.id)
        if rows is None:
            why = self._testimony.why.get(probe.id) or _NOT_COLLECTED.get(probe.id) or self._not_captured()
            raise NotCaptured(why)
        return rows

    def reply(self, question: Question) -> Reply:
        """Return the captured reply to a question; part of being a `snapshot.Witness`."""
        reply = self._testimony.replies.get(question.key)
        if reply is None:
            raise NotCaptured(self._testimony.why.get(question.key) or self._not_captured())
        return reply

    def partial(self) -> dict[str, Any]:
        """Return what a cut list still showed."""
        return dict(self._testimony.partial)

    def registry_keys(self) -> list[str]:
        """Return the registry keys that were captured."""
        return [key.removeprefix("registry:") for key in self._testimony.replies if key.startswith("registry:")]

    def query(self, wql: str, namespace: str = CIMV2) -> list[WmiRow]:
        """Return captured rows for a query that is a probe's own."""
        windows = (self._testimony.rows.get("os") or [{}])[0].get("WindowsDirectory")
        place = probes.Place(windows, windows[:2]) if isinstance(windows, str) else probes.Place()
        for probe in probes.ROWS:
            if probe.wql(place).casefold() == wql.casefold():
                return [dict(row) for row in self.rows(probe, place)]
        raise NotCaptured(f"the evidence holds answers to the probes only, not to: {wql[:160]}")

    def run(self, command_line: str, stdin: bytes | None = None, timeout: float | None = None) -> CommandResult:
        """Return a captured reply for a line that is a probe's own."""
        for question in probes.line_questions(()):
            if question.line == command_line:
                reply = self.reply(question)
                return CommandResult(reply.rc, reply.text, "")
        raise NotCaptured(f"the evidence holds answers to the probes only, not to: {command_line[:160]}")

    def get(self, class_name: str, selectors: Mapping[str, str], namespace: str = CIMV2) -> WmiRow:
        """Single instances are not captured."""
        raise NotCaptured(f"the evidence holds no single instance of {class_name}")

    def invoke(
        self,
        class_name: str,
        method: str,
        arguments: Mapping[str, object],
        selectors: Mapping[str, str] | None = None,
        namespace: str = CIMV2,
    ) -> WmiRow:
        """Refuse: a method does something, and there is nothing here to do it to."""
        self._refuse(f"{class_name}.{method}")

    def upload(self, data: bytes | BinaryIO, path: str) -> None:
        """Refuse."""
        self._refuse(f"writing {path}")

    def download(self, path: str) -> bytes:
        """Files of the target are not captured."""
        raise NotCaptured(f"the evidence does not hold {path}")

    def close(self) -> None:
        """There is nothing to close."""

    def _not_captured(self) -> str:
        return f"not captured in {self._path.name}; collect.cmd, run on the machine, answers it"

    def _refuse(self, what: str) -> NoReturn:
        raise ReadOnly(f"{what} is not possible: {self._path} is captured evidence, not a machine")


def snapshot_from_evidence(
    path: str | Path,
    registry_keys: Iterable[str] = (),
    more: Sequence[probes.LinesProbe | probes.RowsProbe] = (),
) -> Snapshot:
    """Turn captured evidence into a snapshot, with every registry key that was captured.

    `registry_keys` besides those, and `more` questions, make it say which of them were not. Raises `EvidenceError`, a
    sentence, when there is nothing to read.
    """
    session = EvidenceSession(path)
    return take(session, (*registry_keys, *session.registry_keys()), more)


def _listen(path: Path) -> Testimony:
    try:
        if path.is_dir():
            return _from_folder(path)
        return texts.recognise(_bytes(path), path.name)
    except OSError as error:
        raise EvidenceError(f"{path} cannot be read: {error.strerror or error}") from None
    except texts.NotRecognised as error:
        raise EvidenceError(f"{path} {error}") from None


def _bytes(path: Path) -> bytes:
    size = path.stat().st_size
    if size > _LARGEST:
        raise EvidenceError(f"{path} has {size} bytes: no console answer is that long")
    return path.read_bytes()


def _from_folder(folder: Path) -> Testimony:
    """Read what `collect.cmd` wrote here or in the only such folder below; else texts of one machine."""
    if (folder / collect.INDEX).is_file():
        return _collected(folder)
    below = sorted(entry for entry in folder.iterdir() if entry.is_dir() and (entry / collect.INDEX).is_file())
    if len(below) > 1:
        names = ", ".join(entry.name for entry in below[:5])
        raise EvidenceError(f"{folder} holds evidence of {len(below)} collections ({names}): name one of them")
    if below:
        return _collected(below[0])
    return _loose_texts(folder)


def _loose_texts(folder: Path) -> Testimony:
    found: dict[str, Testimony] = {}
    files = sorted(entry for entry in folder.iterdir() if entry.is_file())
    for file in files[:_MOST_FILES]:
        try:
            found[file.name] = texts.recognise(_bytes(file), file.name)
        except (texts.NotRecognised, EvidenceError):
            continue
    if not found:
        raise EvidenceError(
            f"{folder} is no evidence: it holds neither the {collect.INDEX} of collect.cmd nor a systeminfo text"
        )
    hosts = {host for testimony in found.values() if (host := testimony.host())}
    if len(hosts) > 1:
        raise EvidenceError(
            f"{folder} holds texts of {len(hosts)} machines ({', '.join(sorted(hosts)[:5])}): name one file"
        )
    return texts.together(list(found.values()))


def _collected(folder: Path) -> Testimony:
    """Read a folder of `collect.cmd`. A file that is missing or broken costs its own answer only."""
    entries = _index(folder)
    codepage = _codepage(folder, entries)
    testimony = Testimony()
    for key, (name, rc) in entries.items():
        file = folder / name
        if not file.is_file():
            testimony.why[key.removeprefix(collect.ROWS)] = f"{name} is missing from the evidence"
            continue
        reply = Reply(rc, decode(_bytes(file), codepage))
        if not key.startswith(collect.ROWS):
            testimony.replies[key] = reply
            continue
        identifier = key.removeprefix(collect.ROWS)
        try:
            testimony.rows[identifier] = rows_of(reply, identifier)
        except ConsoleError as error:
            testimony.why[identifier] = str(error)
    return _with_systeminfo(folder, entries, testimony)


def _index(folder: Path) -> dict[str, tuple[str, int]]:
    entries: dict[str, tuple[str, int]] = {}
    for line in content(decode(_bytes(folder / collect.INDEX))):
        match = _INDEX_LINE.match(line)
        if match is None or Path(match[1]).name != match[1]:
            raise EvidenceError(f"{folder / collect.INDEX} has a line that collect.cmd does not write: {line[:120]!r}")
        entries[match[3]] = (match[1], int(match[2]))
    if not entries:
        raise EvidenceError(f"{folder / collect.INDEX} is empty: collect.cmd was stopped before its first answer")
    return entries


def _codepage(folder: Path, entries: Mapping[str, tuple[str, int]]) -> str | None:
    """Return the code page of the files: the console's own, else that of the system. Its digits are ASCII in each."""
    for key in ("extra:codepage", "oem"):
        name, _rc = entries.get(key, ("", 0))
        if not name or not (folder / name).is_file():
            continue
        numbers = re.findall(r"(?<!\d)\d{3,5}(?!\d)", decode(_bytes(folder / name)))
        if len(numbers) == 1:
            return str(numbers[0])
    return None


def _with_systeminfo(folder: Path, entries: Mapping[str, tuple[str, int]], testimony: Testimony) -> Testimony:
    """Let systeminfo answer what WMI did not."""
    name, _rc = entries.get("extra:systeminfo", ("", 0))
    if not name or not (folder / name).is_file():
        return testimony
    try:
        return texts.together([testimony, texts.recognise(_bytes(folder / name), name)])
    except texts.NotRecognised:
        return testimony
