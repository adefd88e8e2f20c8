# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keep the raw answers of a live machine as an evidence folder (private to this collection).

The folder has the shape that ``collect.cmd`` writes, so that the evidence door reads it, and a report about a machine
that behaves in an unforeseen way can be answered from what it really said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .._console.command import Question
from .._console.text import ConsoleError
from .._host import collect, hives, probes, settings
from .._host.interview import Interview
from .._host.typed import Row
from .._target.session import Session, TargetError

Probe = probes.LinesProbe | probes.RowsProbe


class EvidenceNotKept(TargetError):
    """The folder on the control node cannot be used; the sentence says why."""


def keep_answers(
    session: Session, below: str, name: str, registry_keys: Sequence[str] = (), more: Sequence[Probe] = ()
) -> Path:
    """Ask every probe and write what came back below a folder of the control node; that folder's path comes back.

    `more` are questions besides; a key below HKCU is asked of every user who is logged on. A question that fails costs
    its own answer only, as everywhere; its sentence stands in the file ``failed.txt``.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    folder = Path(below) / f"sunset-evidence-{re.sub(r'[^A-Za-z0-9.-]', '_', name)}-{stamp}"
    try:
        folder.mkdir(parents=True)
        everyone, keys = hives.apart(registry_keys)
        return _Kept(folder).write(Interview(session, keys, more=more), keys, everyone, more)
    except OSError as error:
        raise EvidenceNotKept(
            f"the raw answers cannot be kept in {folder}: {error.strerror}; name a folder that this user may write to"
        ) from error


class _Kept:
    """A folder of answers while it is written: a file for each, an index, and the sentences for what failed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._index: list[str] = []
        self._failed: list[str] = []

    def write(self, interview: Interview, keys: Sequence[str], everyone: Sequence[str], more: Sequence[Probe]) -> Path:
        """Ask, and keep what came back; the hives of users are asked with everything else."""
        asked = self._rows(interview, more, everyone)
        lines = [one for one in more if isinstance(one, probes.LinesProbe)]
        for question in [*probes.line_questions(keys, more=lines), *asked]:
            try:
                reply = interview.reply(question)
            except (TargetError, ConsoleError) as error:
                self._failed.append(f"{question.key}: {error}")
                continue
            self._keep(question.key, reply.rc, reply.text)
        return self._done()

    def _rows(self, interview: Interview, more: Sequence[Probe], everyone: Sequence[str]) -> list[Question]:
        place = probes.Place()
        hive_questions: list[Question] = []
        first, *others = probes.ROWS
        wanted = [one for one in more if isinstance(one, probes.RowsProbe)]
        for probe in (first, *([settings.PROFILES] if everyone else []), *others, *wanted):
            try:
                rows = interview.rows(probe, place)
            except (TargetError, ConsoleError) as error:
                self._failed.append(f"{probe.id}: {error}")
                continue
            windows = rows[0].get("WindowsDirectory") if probe.id == "os" and rows else None
            if isinstance(windows, str):
                place = probes.Place(windows, windows[:2])
            if probe is settings.PROFILES:
                hive_questions = self._hives(interview, settings.profiles(rows), everyone)
            self._keep(collect.ROWS + probe.id, 0, "".join(_record(row) for row in rows))
        return hive_questions

    def _hives(
        self, interview: Interview, profiles: Sequence[Mapping[str, Any]], everyone: Sequence[str]
    ) -> list[Question]:
        """Ask about users who are logged on; the hive of another one is not loaded for a folder of answers."""
        asked = [one for profile in profiles if profile["loaded"] for one in hives.questions(profile, everyone)]
        interview.add(asked)
        return asked

    def _keep(self, key: str, rc: int, text: str) -> None:
        file = f"q{len(self._index) + 1:03}.txt"
        # With a byte order mark, so that no reader has to guess the encoding.
        (self._folder / file).write_text(text, encoding="utf-8-sig", newline="")
        self._index.append(f'{file} {rc} "{key}"')

    def _done(self) -> Path:
        (self._folder / collect.MARK).write_text(collect.FORMAT + "\r\n", encoding="ascii")
        index = "".join(line + "\r\n" for line in self._index)
        (self._folder / collect.INDEX).write_text(index, encoding="utf-8-sig", newline="")
        if self._failed:
            failed = "".join(line + "\n" for line in self._failed)
            (self._folder / "failed.txt").write_text(failed, encoding="utf-8")
        return self._folder


def _record(row: Row) -> str:
    """Write one WMI row as ``wmic ... /value`` does."""
    return "\r\n" + "".join(f"{name}={_value(value)}\r\n" for name, value in row.items())


def _value(value: str | Iterable[str] | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return "{" + ",".join(f'"{part}"' for part in value) + "}"
