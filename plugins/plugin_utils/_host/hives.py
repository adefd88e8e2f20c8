# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
r"""The registry of every user (private to this collection): HKCU of whoever asks is only the login's own.

A key ``HKCU\X`` is read as ``HKU\<SID>\X`` of every profile of a person, and as ``HKU\Default\X`` of the one that new
users get a copy of. The hive of someone who is not logged on is loaded for that moment under a name of its own (never
under the SID: Windows would take the profile for loaded), and unloaded in the same conversation, and once more in a new
one when that broke off.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._console import registry
from .._console.command import Question, Reply, batches, conversation
from .._console.text import ConsoleError
from .._target.session import Session, TargetError
from . import probes, readers

EVERYONE = "HKCU"
# The profile that whoever logs on for the first time gets a copy of. It has no SID and is never loaded by itself; the
# key HKU\.DEFAULT is another one, LocalSystem's.
NEWCOMER = "Default"
NEWCOMERS: Mapping[str, Any] = {"sid": NEWCOMER, "path": "%SystemDrive%\\Users\\Default", "loaded": False}
_OURS = "sunset."
_VARIABLE = re.compile(r"^%(?:SystemDrive|SystemRoot)%", re.IGNORECASE)
_A_USERS = re.compile(rf"^HKU\\(?:S-1-5-21-[\d-]+|{NEWCOMER})(?:\\|$)", re.IGNORECASE)
_Profiles = Sequence[Mapping[str, Any]]
_Found = dict[str, dict[str, dict[str, object]] | None]


def apart(keys: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the keys that every profile is asked for, without their hive, and the others."""
    everyone: list[str] = []
    others: list[str] = []
    for key in keys:
        hive, _separator, rest = key.partition("\\")
        if hive.upper() == EVERYONE:
            everyone.append(rest)
        else:
            others.append(key)
    return everyone, others


def key_of(sid: str, key: str) -> str:
    r"""Return where a key below ``HKCU`` is kept in a snapshot for one profile."""
    return f"HKU\\{sid}\\{key}"


def is_of_a_user(key: str) -> bool:
    """Tell whether a key is kept under a user, or under those to come, and may have to be loaded."""
    return bool(_A_USERS.match(key))


def mounted(sid: str) -> str:
    """Return the name under which a hive is loaded that is not loaded by itself."""
    return f"HKU\\{_OURS}{sid}"


def hive_file(path: str) -> str:
    """Return the hive of a profile folder, quoted; `ConsoleError` for a folder that a line cannot carry."""
    if re.search(r'["%!\r\n\0]', _VARIABLE.sub("", path)):
        raise ConsoleError(f"a line of cmd.exe cannot name the profile folder {path!r}")
    return '"' + path.rstrip("\\") + '\\NTUSER.DAT"'


def load(sid: str, path: str) -> str:
    """Return the line that loads a hive."""
    return f'reg load "{mounted(sid)}" {hive_file(path)}'


def unload(sid: str) -> str:
    """Return the line that unloads it again."""
    return f'reg unload "{mounted(sid)}"'


def speakable(profile: Mapping[str, Any]) -> bool:
    """Tell whether the hive of a profile can be asked about together with everything else."""
    return bool(profile["loaded"]) or str(profile["path"]).isascii()


def questions(profile: Mapping[str, Any], keys: Sequence[str]) -> list[Question]:
    """Return what to ask about the keys of one profile; `ConsoleError` for a folder that no line can carry."""
    sid = str(profile["sid"])
    asked = [Question(probes.registry_id(key_of(sid, key)), registry.query(_asked(profile, key))) for key in keys]
    if profile["loaded"]:
        return asked
    return [
        Question(f"load:{sid}", load(sid, str(profile["path"])) + " 2>&1"),
        *asked,
        # Another run that is told that the hive is loaded unloads it all the same: see `_raise_unloaded`.
        Question(f"there:{sid}", f'reg query "{mounted(sid)}" >nul 2>&1'),
        Question(f"unload:{sid}", unload(sid) + " 2>&1"),
    ]


def read(session: Session, profiles: _Profiles, keys: Sequence[str], absent: str) -> tuple[_Found, dict[str, str]]:
    """Ask about the keys of profiles now, and return what `found` returns."""
    asked: list[Question] = []
    for profile in profiles:
        try:
            asked += questions(profile, keys)
        except ConsoleError:
            continue  # `found` says the same
    replies = _ask(session, asked)
    tidy(session, profiles, replies)
    return found(profiles, keys, replies, absent)


def found(
    profiles: _Profiles, keys: Sequence[str], replies: Mapping[str, Reply], absent: str
) -> tuple[_Found, dict[str, str]]:
    """Return the keys of all profiles, and a sentence for each that could not be read.

    `absent` is what reg.exe says about a key that is not there.
    """
    values: _Found = {}
    unknown: dict[str, str] = {}
    for profile in profiles:
        sid = str(profile["sid"])
        for key in keys:
            place = key_of(sid, key)
            name = probes.registry_id(place)
            try:
                questions(profile, [])
                _raise_unloaded(sid, replies.get(f"load:{sid}"), replies.get(f"there:{sid}"))
                values[place] = readers.registry_key(_asked(profile, key), replies[name], absent)
            except KeyError:
                unknown[name] = _unanswered(place, profile, replies)
            except ConsoleError as error:
                unknown[name] = str(error)
    return values, unknown


def _unanswered(place: str, profile: Mapping[str, Any], replies: Mapping[str, Reply]) -> str:
    """Evidence holds the hives that were loaded when it was taken: whoever only looks loads none."""
    if profile["loaded"] or f"load:{profile['sid']}" in replies:
        return f"the target did not answer about {place}"
    return f"the registry of {_whose(str(profile['sid']))} was not loaded when the answers were taken; ask the machine"


def tidy(session: Session, profiles: _Profiles, replies: Mapping[str, Reply]) -> None:
    """Unload what is still loaded because a conversation broke off."""
    for profile in profiles:
        sid = str(profile["sid"])
        loaded, unloaded = replies.get(f"load:{sid}"), replies.get(f"unload:{sid}")
        never = loaded is not None and loaded.rc != 0
        if profile["loaded"] or never or (unloaded is not None and unloaded.rc == 0):
            continue
        try:
            session.run(unload(sid))
        except TargetError:
            return  # the target is gone; a hive that is still loaded goes with its next restart


def _asked(profile: Mapping[str, Any], key: str) -> str:
    sid = str(profile["sid"])
    return key_of(sid, key) if profile["loaded"] else f"{mounted(sid)}\\{key}"


def _ask(session: Session, asked: Sequence[Question]) -> dict[str, Reply]:
    if not asked:
        return {}
    replies: dict[str, Reply] = {}
    try:
        talk = conversation(asked)
        return talk.replies(session.run(talk.line, stdin=talk.stdin).stdout)
    except ConsoleError:
        for batch in batches(asked):  # a folder in another script than ASCII: each line alone, in its code page
            done = session.run(batch.line)
            replies.update(batch.replies(done.rc, done.stdout))
    return replies


def _raise_unloaded(sid: str, loaded: Reply | None, there: Reply | None) -> None:
    """What is read of a hive that is not there, or not there to the end, says nothing: it would look absent."""
    whose = _whose(sid)
    if loaded is not None and loaded.rc != 0:
        said = " ".join(loaded.text.split())[:200]
        raise ConsoleError(f"the registry of {whose} could not be loaded, reg.exe said: {said}")
    if there is not None and there.rc != 0:
        raise ConsoleError(f"the registry of {whose} was unloaded by somebody else while it was read; ask again")


def _whose(sid: str) -> str:
    return "new users" if sid == NEWCOMER else f"the user {sid}"
