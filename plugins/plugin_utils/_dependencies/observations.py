# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was seen in use over many runs (private to this collection): one file for each machine on the control node.

A scanner that sends once a week is not there while somebody looks. Each assessment that asks what is in use lays its
answers over those of the runs before; guards count what was seen in the last 30 days. The layout is
`data/observations.schema.json`; a file never grows past `MOST` entries of a kind, and says how many it left out.
"""

from __future__ import annotations

import copy
import fcntl
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .._host import in_use
from .._target.session import TargetError

SCHEMA = "sunset.ws2008/observations/1"
MOST = 200
_MOMENT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
Observations = dict[str, Any]


class BadObservations(TargetError):
    """A file of observations cannot be read or written; the sentence names it."""


def merge(earlier: Mapping[str, Any] | None, snapshot: Mapping[str, Any], host: str) -> Observations:
    """Return the observations with those of one more snapshot; a snapshot that is in already, or older, adds nothing.

    What the snapshot does not know changes nothing but the count of runs that could not tell.
    """
    taken = str(snapshot["taken"])
    if earlier is not None and taken <= str(earlier["last"]):
        return copy.deepcopy(dict(earlier))
    empty = {"schema": SCHEMA, "host": host, "since": taken, "runs": 0, "seen": {}, "not_known": {}, "left_out": {}}
    merged: Observations = copy.deepcopy(dict(earlier)) if earlier is not None else empty
    merged["last"] = taken
    merged["runs"] += 1
    for kind, look in in_use.SEEN.items():
        try:
            found = look(snapshot)
        except in_use.NotKnown:
            merged["not_known"][kind] = merged["not_known"].get(kind, 0) + 1
            continue
        rows = _with(merged["seen"].get(kind, []), found, taken)
        if len(rows) > MOST:
            merged["left_out"][kind] = merged["left_out"].get(kind, 0) + len(rows) - MOST
        if rows:
            merged["seen"][kind] = rows[:MOST]
    return merged


def _with(rows: list[dict[str, Any]], found: list[str], taken: str) -> list[dict[str, Any]]:
    """Return the rows with what was found now, the latest first."""
    held = {str(row["what"]): row for row in rows}
    for what in found:
        row = held.setdefault(what, {"what": what, "first": taken, "last": taken, "times": 0})
        row["last"] = taken
        row["times"] += 1
    return sorted(held.values(), key=lambda row: (row["last"], row["times"]), reverse=True)


def load(folder: Path, host: str) -> Observations | None:
    """Return what is known of a machine, None where nothing is yet; `BadObservations` for a file of anything else."""
    file = folder / file_name(host)
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _bad(file, str(error)) from error
    return read(plain, str(file))


def read(plain: Any, file: str) -> Observations:
    """Hold plain data against what a file of observations is; raises `BadObservations`."""
    wrong = _fault(plain)
    if wrong:
        raise _bad(Path(file), wrong)
    return dict(plain)


def keep(folder: Path, snapshot: Mapping[str, Any], host: str) -> Observations:
    """Lay a snapshot over what is known of its machine, and write that back whole or not at all; return it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(folder / f".{file_name(host)}.lock"):
            merged = merge(load(folder, host), snapshot, host)
            _write(folder / file_name(host), json.dumps(merged, ensure_ascii=False, indent=2) + "\n")
    except OSError as error:
        raise BadObservations(f"what was seen in use cannot be kept in {folder}: {error}") from error
    return merged


def file_name(host: str) -> str:
    """Return the file of a host: its name as one harmless part of a path."""
    return (re.sub(r"[^A-Za-z0-9._-]", "_", host).lstrip(".") or "host") + ".json"


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Let two runs about one machine follow one another, or the second would forget what the first saw."""
    with lock.open("w", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _write(file: Path, content: str) -> None:
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _fault(plain: Any) -> str:
    """Return what is wrong with plain data, or nothing; the schema says the same, and needs a library."""
    if not isinstance(plain, dict) or plain.get("schema") != SCHEMA:
        return f"its schema is not {SCHEMA}"
    moments = [plain.get("since"), plain.get("last")]
    if not isinstance(plain.get("host"), str) or not isinstance(plain.get("runs"), int):
        return "host or runs is missing"
    for name in ("not_known", "left_out"):
        counts = plain.get(name)
        if not isinstance(counts, dict) or not all(isinstance(one, int) for one in counts.values()):
            return f"{name} does not count"
    seen = plain.get("seen")
    if not isinstance(seen, dict) or not all(isinstance(rows, list) for rows in seen.values()):
        return "seen does not list"
    for row in (row for rows in seen.values() for row in rows):
        if not isinstance(row, dict) or not isinstance(row.get("what"), str) or not isinstance(row.get("times"), int):
            return "an entry lacks what or times"
        moments += [row.get("first"), row.get("last")]
    if not all(isinstance(one, str) and _MOMENT.match(one) for one in moments):
        return "a moment is not written as 2026-11-20T18:00:00Z"
    return ""


def _bad(file: Path, why: str) -> BadObservations:
    return BadObservations(f"{file} holds no observations that can be read ({why}); move it away, and they begin anew")
