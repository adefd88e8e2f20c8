# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Questions about who may do what to a file, a folder or a registry key (private to this collection).

Their answers have the form of `settings`: place -> ``dacl`` -> the list as SDDL; an empty place is not there. What
could not be read has its reason there instead, so that it costs no other its answer and is never taken for absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .._console import icacls, key_access
from .._console.command import Question, Reply
from .._console.text import ConsoleError
from .probes import LinesProbe, Replies
from .settings import DACL, Settings

FILES, KEYS = "acls", "key_acls"
UNREAD = "unread"
"""Name under which a place has the reason why its list was not read."""

_FILE = "sunset.ws2008.acl"


@dataclass(frozen=True)
class Named:
    """A registry value that names a file or a folder; `files` means every file in that folder."""

    key: str
    name: str
    files: bool = False

    @property
    def place(self) -> str:
        """Return under which name its reason is kept when nothing could be read."""
        return f"{self.key}\\{self.name}"


def of_files(paths: Iterable[str], named: Iterable[Named] = ()) -> LinesProbe:
    """Return the question about files and folders: by path, which may begin with ``%SystemRoot%`` etc., or by value.

    A folder that the registry names is looked up by the same line that reads its list, which costs no round trip more.
    """
    asked = {path: Question(f"acl:{path}", icacls.save(path, f"%temp%\\{_FILE}")) for path in paths}
    looked_up = {one: _lookup(one) for one in named}
    captured = (*asked.values(), *map(_captured, looked_up))

    def read(replies: Replies) -> Settings:
        found: Settings = {}
        for path, question in asked.items():
            found[path] = _tried(lambda reply: icacls.parse_saved(reply.text), replies[question.key])
        for one, question in looked_up.items():
            try:
                listed = icacls.parse_named(replies[question.key].text, one.files)
                found.update({path: _held(text) for path, text in listed.items()})
            except ConsoleError as error:
                found[one.place] = _reason(error)
        return found

    return LinesProbe(FILES, (*asked.values(), *looked_up.values()), read, captured if looked_up else ())


def of_keys(keys: Iterable[str]) -> LinesProbe:
    """Return the question about registry keys."""
    asked = {key: Question(f"key_acl:{key}", key_access.query(key)) for key in keys}

    def read(replies: Replies) -> Settings:
        return {key: _tried(key_access.parse, replies[question.key]) for key, question in asked.items()}

    return LinesProbe(KEYS, tuple(asked.values()), read)


def below(folder: str, places: Iterable[str]) -> Sequence[str]:
    """Return those of the places that are right in a folder."""
    start = folder.rstrip("\\").casefold() + "\\"
    return [one for one in places if one.casefold().startswith(start) and "\\" not in one[len(start) :]]


def _lookup(one: Named) -> Question:
    return Question(f"acl:{one.place}", icacls.save_named(one.key, one.name, f"!temp!\\{_FILE}", one.files), raw=True)


def _captured(one: Named) -> Question:
    """The same for a script, which has no delayed expansion, and a file for each answer."""
    line = icacls.save_named(one.key, one.name, f"%temp%\\{_FILE}", one.files, wide=True)
    return Question(f"acl:{one.place}", line)


def _tried(read: Callable[[Reply], str | None], reply: Reply) -> dict[str, Any]:
    try:
        return _held(read(reply))
    except ConsoleError as error:
        return _reason(error)


def _held(sddl: str | None) -> dict[str, Any]:
    return {} if sddl is None else {DACL: {"type": "SDDL", "data": sddl}}


def _reason(error: ConsoleError) -> dict[str, Any]:
    return {UNREAD: {"type": "TEXT", "data": str(error)}}
