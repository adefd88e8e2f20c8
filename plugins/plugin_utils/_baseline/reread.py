# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read some registry keys again, and nothing else, between the steps of an enforcement (private to this collection)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .._change.values import Key, canonical
from .._console.command import Question, Reply, batches
from .._console.registry import NO_SUCH_KEY, query
from .._console.text import ConsoleError
from .._host import probes, readers
from .._target.session import Session
from .answers import Snapshot


def read_registry(session: Session, keys: Sequence[str]) -> dict[str, Key]:
    """Return each key that could be read, None where it is not there; a key that could not be read is left out.

    A handful of keys are one WinRS command. Raises `TargetError` when the conversation fails.
    """
    asked = {probes.registry_id(key): key for key in keys}
    questions = [Question(probes.REFERENCE, query(NO_SUCH_KEY)), *map(probes.registry_question, keys)]
    replies: dict[str, Reply] = {}
    for batch in batches({one.key: one for one in questions}.values()):
        done = session.run(batch.line)
        replies.update(batch.replies(done.rc, done.stdout))
    return _read(asked, replies)


def refreshed(snapshot: Snapshot, keys: Iterable[str], found: Mapping[str, Key]) -> Snapshot:
    """Return the snapshot with `keys` as they were found now; those that were not found are unknown from here on."""
    answers = dict(snapshot.get("answers") or {})
    asked = {canonical(key) for key in keys}
    registry = {key: one for key, one in (answers.get("registry") or {}).items() if canonical(key) not in asked}
    return {**snapshot, "answers": {**answers, "registry": {**registry, **found}}}


def _read(asked: Mapping[str, str], replies: Mapping[str, Reply]) -> dict[str, Key]:
    found: dict[str, Key] = {}
    try:
        absent = readers.absent_text(replies[probes.REFERENCE])
    except (KeyError, ConsoleError):
        return found
    for name, key in asked.items():
        try:
            found[key] = readers.registry_key(key, replies[name], absent)
        except (KeyError, ConsoleError):
            continue
    return found
