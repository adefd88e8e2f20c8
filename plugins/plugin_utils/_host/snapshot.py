# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One moment of one host as plain data (private to this collection): taking it, and reading from it.

A snapshot is a dict that JSON and YAML carry unchanged: ``schema taken door identity answers unknown``. Every probe
of `probes.IDS` is in ``answers``, or in ``unknown`` with the sentence why; never in neither. Single registry keys
that could not be read stand in ``unknown`` as ``registry:<key>``. Unknown is never absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol, runtime_checkable

from .._console import registry
from .._console.command import Question, Reply
from .._console.text import ConsoleError
from .._target.session import LoginRefused, NotCaptured, ProtocolFault, Session, TargetError, Unreachable
from . import hives, interview, probes, readers, settings
from .typed import Row, stamp

SCHEMA = "sunset.ws2008/snapshot/1"
Snapshot = dict[str, Any]


@runtime_checkable
class Witness(Protocol):
    """Whoever can answer probes: an interview of a live target, or captured evidence."""

    def rows(self, probe: probes.RowsProbe, place: probes.Place) -> list[Row]:
        """Return the rows of a WMI question. Raises `TargetError` or `ConsoleError`."""

    def reply(self, question: Question) -> Reply:
        """Return the reply to a cmd.exe question. Raises `TargetError` or `ConsoleError`."""

    def partial(self) -> dict[str, Any]:
        """Return what is known beside whole answers, under names of its own: ``hotfixes_seen`` of a cut list."""


@dataclass
class _Draft:
    """A snapshot while it is taken."""

    answers: dict[str, Any] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)

    def note(self, identifier: str, ask: Callable[[], Any]) -> None:
        """Keep an answer, or the sentence why there is none."""
        try:
            self.answers[identifier] = ask()
        except (ConsoleError, TargetError) as error:
            self.unknown[identifier] = str(error)


def take(
    session: Session, registry_keys: Iterable[str] = (), more: Sequence[probes.LinesProbe | probes.RowsProbe] = ()
) -> Snapshot:
    """Ask every question through `session` and return the snapshot.

    `registry_keys` are asked besides those of `probes.ALWAYS_ASKED`; one below HKCU is asked of every profile. `more`
    are questions besides those of `probes`, such as those of `settings`. A question that fails becomes an entry of
    ``unknown``. Raises `TargetError` when there was no conversation at all, or none of WS-Man, and before that
    `ConsoleError` for a registry key that names no hive or that no cmd.exe line can carry.
    """
    everyone, keys = hives.apart(_unique((*probes.ALWAYS_ASKED, *registry_keys)))
    lines = [one for one in more if isinstance(one, probes.LinesProbe)]
    rows = [one for one in more if isinstance(one, probes.RowsProbe)]
    identity = _identify(session)
    stack = identity["stack"] if identity else None
    witness: Witness = session if isinstance(session, Witness) else interview.Interview(session, keys, stack, more)
    draft = _Draft()
    _ask_rows(witness, draft, rows, partial(_meet, witness, draft, everyone) if everyone else _nobody)
    _ask_lines(witness, draft, lines)
    _ask_registry(witness, draft, keys)
    if everyone and "profiles" in draft.answers:
        _ask_users(session, witness, draft, everyone)
    return {
        "schema": SCHEMA,
        "taken": _taken(session.door, draft),
        "door": session.door,
        "identity": identity,
        "answers": {each: draft.answers[each] for each in _order(draft)} | witness.partial(),
        "unknown": draft.unknown,
    }


def _order(draft: _Draft) -> list[str]:
    return sorted(draft.answers, key=lambda each: probes.IDS.index(each) if each in probes.IDS else len(probes.IDS))


def _absent(witness: Witness) -> str:
    try:
        return readers.absent_text(witness.reply(Question(probes.REFERENCE, registry.query(registry.NO_SUCH_KEY))))
    except (ConsoleError, TargetError):
        return ""


def _identify(session: Session) -> dict[str, str | None] | None:
    try:
        identity = session.identify()
    except (ProtocolFault, NotCaptured):
        return None  # any other answer is none of WS-Man's, and no answer at all is no conversation: both end here
    return {
        "product_version": identity.product_version,
        "os": identity.os,
        "stack": identity.stack,
        "vendor": identity.vendor,
    }


def _nobody(_place: probes.Place) -> None:
    """No user is asked about."""


def _meet(witness: Witness, draft: _Draft, keys: Sequence[str], place: probes.Place) -> None:
    """Learn who has a profile, before the questions to cmd.exe go out, so that those about their hives go with them."""
    draft.note(settings.PROFILES.id, partial(_ask_one, witness, settings.PROFILES, place))
    if isinstance(witness, interview.Interview):
        for profile in filter(hives.speakable, draft.answers.get(settings.PROFILES.id) or ()):
            with suppress(ConsoleError):  # told when the answers are read
                witness.add(hives.questions(profile, keys))


def _ask_users(session: Session, witness: Witness, draft: _Draft, keys: Sequence[str]) -> None:
    profiles = draft.answers[settings.PROFILES.id]
    absent = _absent(witness)
    replies: dict[str, Reply] = {}
    for profile in filter(hives.speakable, profiles):
        with suppress(ConsoleError):
            for question in hives.questions(profile, keys):
                with suppress(ConsoleError, TargetError):
                    replies[question.key] = witness.reply(question)
    values, unknown = hives.found(profiles, keys, replies, absent)
    if not session.read_only:
        hives.tidy(session, [one for one in profiles if hives.speakable(one)], replies)
        others = [one for one in profiles if not hives.speakable(one)]
        later, why = hives.read(session, others, keys, absent)
        values |= later
        unknown = {name: text for name, text in (unknown | why).items() if not _is_known(name, values)}
    draft.answers.setdefault("registry", {}).update(values)
    draft.unknown.update(unknown)


def _is_known(name: str, values: Mapping[str, Any]) -> bool:
    return any(probes.registry_id(key) == name for key in values)


def _ask_rows(
    witness: Witness,
    draft: _Draft,
    more: Sequence[probes.RowsProbe],
    meet: Callable[[probes.Place], None],
) -> None:
    """Ask WMI. The first question also tells where Windows is, and whether the login is good."""
    place = probes.Place()
    first, *others = probes.ROWS
    try:
        draft.answers[first.id] = first.parse(witness.rows(first, place), place)
    except (Unreachable, LoginRefused):
        raise
    except (ConsoleError, TargetError) as error:
        draft.unknown[first.id] = str(error)
    windows = (draft.answers.get(first.id) or {}).get("windows_directory")
    if windows:
        place = probes.Place(windows, windows[:2])
    meet(place)
    for probe in (*others, *more):
        draft.note(probe.id, partial(_ask_one, witness, probe, place))


def _ask_one(witness: Witness, probe: probes.RowsProbe, place: probes.Place) -> Any:
    return probe.parse(witness.rows(probe, place), place)


def _ask_lines(witness: Witness, draft: _Draft, more: Sequence[probes.LinesProbe]) -> None:
    for probe in (*probes.LINES, *more):
        draft.note(probe.id, partial(_ask_line, witness, probe))


def _ask_line(witness: Witness, probe: probes.LinesProbe) -> Any:
    replies = {question.key: witness.reply(question) for question in probe.questions}
    for question in probe.optional:
        try:
            replies[question.key] = witness.reply(question)
        except (NotCaptured, ConsoleError):
            continue
    return probe.parse(replies)


def _ask_registry(witness: Witness, draft: _Draft, keys: Iterable[str]) -> None:
    """Read each key on its own: one that may not be read costs no other its answer."""
    reference = Question(probes.REFERENCE, registry.query(registry.NO_SUCH_KEY))
    try:
        absent = readers.absent_text(witness.reply(reference))
    except (ConsoleError, TargetError) as error:
        draft.unknown["registry"] = str(error)
        return
    found = _Draft()
    for key in keys:
        found.note(key, partial(_ask_key, witness, key, absent))
    draft.answers["registry"] = found.answers
    draft.unknown.update({probes.registry_id(key): reason for key, reason in found.unknown.items()})


def _ask_key(witness: Witness, key: str, absent: str) -> Any:
    return readers.registry_key(key, witness.reply(probes.registry_question(key)), absent)


def _taken(door: str, draft: _Draft) -> str:
    """Return when the answers were given: by our own clock, and for evidence by the clock of the machine itself."""
    captured = (draft.answers.get("os") or {}).get("local_time") if door == "evidence" else None
    return str(captured) if captured else stamp(datetime.now(UTC))


def answer(snapshot: Mapping[str, Any], probe: str) -> Any:
    """Return what a probe answered, or None when it is unknown."""
    return snapshot.get("answers", {}).get(probe)


def why_unknown(snapshot: Mapping[str, Any], probe: str) -> str:
    """Return the sentence why a probe has no answer."""
    reason = snapshot.get("unknown", {}).get(probe)
    return str(reason) if reason else f"{probe} was not asked"


def registry_key(snapshot: Mapping[str, Any], key: str) -> dict[str, Any] | None:
    """Return the values of a registry key, None when the key is absent; raises `KeyError` when it is unknown."""
    wanted = registry.canonical(key).casefold()
    for asked, values in (answer(snapshot, "registry") or {}).items():
        if asked.casefold() == wanted:
            return dict(values) if values is not None else None
    raise KeyError(key)


def registry_data(snapshot: Mapping[str, Any], key: str, name: str) -> Any:
    """Return the data of one value, None when it or its key is absent; raises `KeyError` when the key is unknown."""
    values = registry_key(snapshot, key) or {}
    return next((value["data"] for found, value in values.items() if found.casefold() == name.casefold()), None)


def _unique(keys: Iterable[str]) -> list[str]:
    found: dict[str, str] = {}
    for key in keys:
        canonical = registry.canonical(key)
        registry.query(canonical)
        found.setdefault(canonical.casefold(), canonical)
    return list(found.values())
