# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keep the raw answers of a live machine as an evidence folder (private to this collection).

The folder has the shape that ``collect.cmd`` writes, so that the evidence door reads it, and a report about a machine
that behaves in an unforeseen way can be answered from what it really said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from .._console.text import ConsoleError
from .._host import collect, probes
from .._host.interview import Interview
from .._host.typed import Row
from .._target.session import Session, TargetError


class EvidenceNotKept(TargetError):
    """The folder on the control node cannot be used; the sentence says why."""


def keep_answers(session: Session, below: str, name: str, registry_keys: Sequence[str] = ()) -> Path:
    """Ask every probe and write what came back below a folder of the control node; that folder's path comes back.

    A question that fails costs its own answer only, as everywhere; its sentence stands in the file ``failed.txt``.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    folder = Path(below) / f"sunset-evidence-{re.sub(r'[^A-Za-z0-9.-]', '_', name)}-{stamp}"
    try:
        folder.mkdir(parents=True)
        return _write(folder, Interview(session, registry_keys), registry_keys)
    except OSError as error:
        raise EvidenceNotKept(
            f"the raw answers cannot be kept in {folder}: {error.strerror}; name a folder that this user may write to"
        ) from error


def _write(folder: Path, interview: Interview, registry_keys: Sequence[str]) -> Path:
    index: list[str] = []
    failed: list[str] = []
    place = probes.Place()

    def keep(key: str, rc: int, text: str) -> None:
        file = f"q{len(index) + 1:03}.txt"
        # With a byte order mark, so that no reader has to guess the encoding.
        (folder / file).write_text(text, encoding="utf-8-sig", newline="")
        index.append(f'{file} {rc} "{key}"')

    for probe in probes.ROWS:
        try:
            rows = interview.rows(probe, place)
        except (TargetError, ConsoleError) as error:
            failed.append(f"{probe.id}: {error}")
            continue
        windows = rows[0].get("WindowsDirectory") if probe.id == "os" and rows else None
        if isinstance(windows, str):
            place = probes.Place(windows, windows[:2])
        keep(collect.ROWS + probe.id, 0, "".join(_record(row) for row in rows))
    for question in probes.line_questions(registry_keys):
        try:
            reply = interview.reply(question)
        except (TargetError, ConsoleError) as error:
            failed.append(f"{question.key}: {error}")
            continue
        keep(question.key, reply.rc, reply.text)
    (folder / collect.MARK).write_text(collect.FORMAT + "\r\n", encoding="ascii")
    (folder / collect.INDEX).write_text("".join(line + "\r\n" for line in index), encoding="utf-8-sig", newline="")
    if failed:
        (folder / "failed.txt").write_text("".join(line + "\n" for line in failed), encoding="utf-8")
    return folder


def _record(row: Row) -> str:
    """Write one WMI row as ``wmic ... /value`` does."""
    return "\r\n" + "".join(f"{name}={_value(value)}\r\n" for name, value in row.items())


def _value(value: str | Iterable[str] | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return "{" + ",".join(f'"{part}"' for part in value) + "}"
