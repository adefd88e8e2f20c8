# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look at the places of some changes again, and at nothing else (private to this collection).

Between the steps of an enforcement and around a rollback: a registry change costs its key, one of a policy the whole
policy, which is one export whatever it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .._change.rollback import Lookup
from .._change.values import Change, Key, Kind, Value, canonical
from .._console import firewall, netbios
from .._console.command import Question, Reply, batches, conversation
from .._console.registry import NO_SUCH_KEY, query
from .._console.text import ConsoleError
from .._host import access, hives, probes, readers, settings
from .._host.probes import LinesProbe
from .._target.session import Session, TargetError
from . import rooms
from .answers import ROOMS, SERVICES, Answers, Snapshot, Unknown

_POLICIES = {
    Kind.SECURITY: settings.SECURITY,
    Kind.AUDIT: settings.AUDIT,
    Kind.WINRM: settings.WINRM,
    Kind.BOOT: settings.BOOT,
    Kind.LISTENER: settings.WINRM_LISTENERS,
}
_BY_PLACE: Mapping[Kind, Callable[[Iterable[str]], LinesProbe]] = {
    Kind.FILE_ACL: access.of_files,
    Kind.KEY_ACL: access.of_keys,
    Kind.MEMBER: settings.groups,
}
_PARTIAL = (access.FILES, access.KEYS, "groups")  # these answers hold what was asked for, and no more


def read_again(session: Session, snapshot: Snapshot, changes: Sequence[Change], keys: Iterable[str] = ()) -> Snapshot:
    """Return the snapshot with the places of `changes`, and `keys` besides, as they are now.

    What could not be read is unknown from here on. Raises `TargetError` when the conversation fails.
    """
    asked = list(dict.fromkeys((*keys, *(key for change in changes for key in _keys(change)))))
    found = read_registry(session, [key for key in asked if not _of_a_user(key)])
    found.update(_read_users(session, changes, [key for key in asked if _of_a_user(key)]))
    looked = _with_rooms(refreshed(snapshot, asked, found), _ask(session, _probes(changes)), changes)
    return _with_adapters(_with_states(looked, session, changes), session, changes)


def look(session: Session, changes: Sequence[Change]) -> Lookup:
    """Read the places of changes off a target: the `Reader` of a rollback."""
    answers = Answers(read_again(session, {"answers": {}, "unknown": {}}, changes))

    def now(change: Change) -> Value | None:
        try:
            return answers.now(change)
        except Unknown as error:
            raise TargetError(str(error)) from error

    return now


def read_registry(session: Session, keys: Sequence[str]) -> dict[str, Key]:
    """Return each key that could be read, None where it is not there; a key that could not be read is left out."""
    if not keys:
        return {}
    asked = {probes.registry_id(key): key for key in keys}
    questions = [Question(probes.REFERENCE, query(NO_SUCH_KEY)), *map(probes.registry_question, keys)]
    return _read(asked, _replies(session, questions))


def refreshed(snapshot: Snapshot, keys: Iterable[str], found: Mapping[str, Key]) -> Snapshot:
    """Return the snapshot with `keys` as they were found now; those that were not found are unknown from here on."""
    answers = dict(snapshot.get("answers") or {})
    asked = {canonical(key) for key in keys}
    registry = {key: one for key, one in (answers.get("registry") or {}).items() if canonical(key) not in asked}
    return {**snapshot, "answers": {**answers, "registry": {**registry, **found}}}


def _keys(change: Change) -> tuple[str, ...]:
    if change.kind in (Kind.REGISTRY, Kind.SERVICE):
        return (change.key,)
    return (firewall.RULES,) if change.kind in (Kind.FIREWALL, Kind.RULE_STATE) else ()


def _of_a_user(key: str) -> bool:
    return hives.is_of_a_user(key)


def _read_users(session: Session, changes: Iterable[Change], keys: Sequence[str]) -> dict[str, Key]:
    """Read keys of users, whose hives may have to be loaded; whether they are is asked again, people come and go."""
    if not keys:
        return {}
    folders = {change.key.split("\\")[1]: change.profile for change in changes if change.profile}
    questions = [Question(probes.REFERENCE, query(NO_SUCH_KEY)), Question("hives", query("HKU"))]
    replies = _replies(session, questions)
    absent, found = "", {}
    try:
        absent = readers.absent_text(replies[probes.REFERENCE])
        loaded = readers.subkeys("HKU", replies["hives"])
    except (KeyError, ConsoleError):
        return {}
    for sid, folder in folders.items():
        own = [key.split("\\", 2)[2] for key in keys if key.split("\\")[1] == sid and key.count("\\") > 1]
        profile = {"sid": sid, "path": folder, "loaded": sid.casefold() in loaded}
        found.update(hives.read(session, [profile], own, absent)[0])
    return dict(found)


def _probes(changes: Sequence[Change]) -> list[LinesProbe]:
    kinds = {change.kind for change in changes}
    asked = [probe for kind, probe in _POLICIES.items() if kind in kinds]
    for kind, asking in _BY_PLACE.items():
        places = dict.fromkeys(change.key for change in changes if change.kind is kind)
        asked += [asking(places)] if places else []
    return asked


def _ask(session: Session, asked: Sequence[LinesProbe]) -> dict[str, Any]:
    if not asked:
        return {}
    replies = _replies(session, [question for probe in asked for question in (*probe.questions, *probe.optional)])
    found: dict[str, Any] = {}
    for probe in asked:
        try:
            found[probe.id] = probe.parse(replies)
        except (KeyError, ConsoleError):
            continue
    return found


def _with_rooms(snapshot: Snapshot, found: Mapping[str, Any], changes: Iterable[Change]) -> Snapshot:
    answers = dict(snapshot["answers"])
    places = {(_room(change.kind), canonical(change.key)) for change in changes}
    for room in {room for room, _place in places} - {""}:
        held = answers.pop(room, None)
        if room in _PARTIAL and held:
            answers[room] = {place: one for place, one in held.items() if (room, canonical(place)) not in places}
        if room in found:
            answers[room] = {**answers.get(room, {}), **found[room]} if room in _PARTIAL else found[room]
    return {**snapshot, "answers": answers}


def _room(kind: Kind) -> str:
    """Return the answer that a line of cmd.exe gives; adapters are asked of WMI."""
    if kind in (Kind.LISTENER, Kind.MEMBER):
        return rooms.ROOMS[kind].answer
    return ROOMS.get(kind, "")


def _with_adapters(snapshot: Snapshot, session: Session, changes: Iterable[Change]) -> Snapshot:
    """An adapter that has gone meanwhile has no row."""
    asked = {change.key.casefold(): change.key for change in changes if change.kind is Kind.NETBIOS}
    if not asked:
        return snapshot
    answers = dict(snapshot["answers"])
    held = {str(row.get(netbios.KEY)).casefold(): row for row in answers.get(rooms.ADAPTERS) or ()}
    found = {str(row.get(netbios.KEY)).casefold(): row for row in session.query(netbios.reading([*asked.values()]))}
    others = [row for place, row in held.items() if place not in asked]
    fresh = [{**held.get(place, {}), **row} for place, row in found.items()]
    return {**snapshot, "answers": {**answers, rooms.ADAPTERS: [*others, *fresh]}}


def _with_states(snapshot: Snapshot, session: Session, changes: Iterable[Change]) -> Snapshot:
    names = [change.key.removeprefix(SERVICES) for change in changes if change.kind is Kind.STATE]
    if not names:
        return snapshot
    answers = dict(snapshot["answers"])
    services: dict[str, Any] = dict(answers.get("services") or {})
    rows = session.query("SELECT Name,State FROM Win32_Service WHERE " + " OR ".join(f"Name='{one}'" for one in names))
    for row in rows:
        name, state = str(row.get("Name")), str(row.get("State")).casefold()
        held = next((one for one in services if one.casefold() == name.casefold()), name)
        services[held] = {**services.get(held, {}), "state": state}
    return {**snapshot, "answers": {**answers, "services": services}}


def _replies(session: Session, questions: Sequence[Question]) -> dict[str, Reply]:
    """One line where it holds all of them; a conversation where it does not; then alone what that left open."""
    unique = list({one.key: one for one in questions}.values())
    replies: dict[str, Reply] = {}
    if len(batches(unique)) > 1:
        talk = conversation(unique)
        replies = talk.replies(session.run(talk.line, stdin=talk.stdin).stdout)
    for batch in batches([one for one in unique if one.key not in replies]):
        done = session.run(batch.line)
        replies.update(batch.replies(done.rc, done.stdout))
    return replies


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


Again = Callable[[Session, Snapshot, Sequence[Change], Iterable[str]], Snapshot]
