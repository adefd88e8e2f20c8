# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Controls about who may write where: files, folders and registry keys (private to this collection).

A record says how a list that allows too much is mended: `sddl` is the whole list, `narrow` takes away what is too much
and leaves the rest, `left_alone` says why it is for a person. With neither it is for a person.
"""

from __future__ import annotations

import functools
import ntpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..._change.values import Change, Kind, Value
from ..._console import sddl
from ..._console.text import ConsoleError
from ..._host import access
from ..._host.settings import DACL
from ..answers import Answers, Unknown
from ..findings import Judged, Status
from ..records import Control, RecordError
from .access_lists import OF_FILES, OF_KEYS, Rights, Rule, obstacle
from .reads import Reads

_BY_HAND = "an access list is repaired by hand, for whoever widened it had a reason: see icacls /save and /restore"


@dataclass(frozen=True)
class _List:
    """An access list that is there."""

    place: str
    text: str
    root: bool = False

    @functools.cached_property
    def acl(self) -> sddl.Acl:
        """Return what the text says."""
        return sddl.read(self.text)


class _AccessMechanism:
    """What files and keys share. See `mechanisms.Mechanism`."""

    kind: Kind
    rights: Rights
    tool: str

    def check_record(self, control: Control) -> None:
        """Raise `RecordError` for a list that is none, and for one that its own rule would not pass."""
        try:
            rule = Rule.of(control.settings, self.rights)
            wanted = sddl.read(control.settings["sddl"]) if "sddl" in control.settings else None
        except ConsoleError as error:
            raise RecordError(str(error)) from error
        if wanted and any(entry.sid not in rule.sids and entry.allowed for entry in wanted.entries):
            raise RecordError("the access list names an account that is not among its sids")

    def places(self, control: Control, answers: Answers) -> Iterable[str]:
        """Return what the record is about; raises `Unknown`."""
        raise NotImplementedError

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Look for entries that allow too much. What is not known is looked at by a person, and never passes."""
        rule = Rule.of(control.settings, self.rights)
        lists: list[_List] = []
        try:
            unknown = tuple(self._read(control, answers, lists))
        except Unknown as error:
            unknown = (str(error),)
        bad = [f"{one.place}: {entry.sid}" for one in lists for entry in rule.excess(one.acl, one.root)]
        bad += [f"{one.place}: nobody may use it" for one in lists if not _lets_anybody_in(one)]
        seen = tuple(f"{one.place}: {one.text}" for one in lists)
        if bad:
            return Judged(Status.FAIL, "; ".join(dict.fromkeys(bad)), rule.wants(), (*seen, *unknown))
        if unknown:
            procedure = f"look at the permissions {self.tool}; wanted: {rule.wants()}"
            return Judged(Status.NOTCHECKED, "not known", rule.wants(), (*seen, *unknown, procedure))
        if not lists:
            return self._none_there(control, rule)
        return Judged(Status.PASS, "nobody beyond", rule.wants(), seen)

    def changes(self, control: Control, answers: Answers) -> tuple[Change, ...]:
        """Return the record's own list, or the narrowed one, for each place that allows too much."""
        if self.obstacle(control, answers):
            return ()
        rule = Rule.of(control.settings, self.rights)
        lists: list[_List] = []
        list(self._read(control, answers, lists))
        return tuple(
            Change(control.id, one.place, DACL, Value("SDDL", one.text), _after(control, rule, one), self.kind)
            for one in lists
            if any(rule.excess(one.acl, one.root)) or not _lets_anybody_in(one)
        )

    def obstacle(self, control: Control, answers: Answers) -> str:
        """A list that somebody widened is mended only as the record says."""
        settings = control.settings
        if "left_alone" in settings or not settings.keys() & {"sddl", "narrow"}:
            return str(settings.get("left_alone") or _BY_HAND)
        rule = Rule.of(settings, self.rights)
        lists: list[_List] = []
        try:
            unknown = list(self._read(control, answers, lists))
        except Unknown as error:
            unknown = [str(error)]
        if not lists and not unknown:
            return "it is not there: make it by hand"
        return next(filter(None, (*unknown, *(_obstacle(settings.keys(), rule, one) for one in lists))), "")

    def _read(self, control: Control, answers: Answers, into: list[_List]) -> Iterator[str]:
        """Collect the lists, and yield a sentence for each that is not known."""
        for place in self.places(control, answers):
            try:
                value = answers.setting(self.kind, place, DACL)
            except Unknown as error:
                yield str(error)
                continue
            if value is not None:
                into.append(_List(place, str(value.data), self.kind is Kind.FILE_ACL and _is_root(place)))

    def _none_there(self, control: Control, rule: Rule) -> Judged:
        if control.settings.get("must_exist"):
            where = ", ".join(control.settings["keys"])
            return Judged(Status.FAIL, "not there", rule.wants(), (f"{where} is not there, so it keeps nobody out",))
        return Judged(Status.NOTAPPLICABLE, "not there", "nothing to set", ("nothing of that name is here",))


class FileAccessMechanism(_AccessMechanism):
    """`file_acl`. See `mechanisms.Mechanism`."""

    kind, rights, tool = Kind.FILE_ACL, OF_FILES, "with icacls"

    def reads(self, control: Control) -> Reads:
        """Return the files and folders, and the registry values that name them."""
        named = _named(control)
        return Reads(
            keys=tuple(one.key for one in named), paths=tuple(control.settings.get("paths", ())), named=tuple(named)
        )

    def places(self, control: Control, answers: Answers) -> Iterable[str]:
        """Return the paths; those that the registry names come with the answer."""
        yield from control.settings.get("paths", ())
        for one in _named(control):
            value = answers.value(one.key, one.name)
            if value is None:
                continue
            held = answers.probe(access.FILES)
            if one.place in held:
                raise Unknown(f"the access list of {value.data} is not known: {held[one.place][access.UNREAD]['data']}")
            found = access.below(str(value.data), held) if one.files else [str(value.data)]
            if not found:
                raise Unknown(f"the access lists of the files in {value.data} are not known: none was told")
            yield from found


class KeyAccessMechanism(_AccessMechanism):
    """`registry_acl`. See `mechanisms.Mechanism`."""

    kind, rights, tool = Kind.KEY_ACL, OF_KEYS, "in regedit"

    def reads(self, control: Control) -> Reads:
        """Return the keys."""
        return Reads(listed=tuple(control.settings["keys"]))

    def places(self, control: Control, answers: Answers) -> Iterable[str]:
        """Return the keys."""
        return tuple(control.settings["keys"])


def _named(control: Control) -> list[access.Named]:
    rows = control.settings.get("paths_from", ())
    return [access.Named(one["key"], one["name"], bool(one.get("files"))) for one in rows]


def _lets_anybody_in(one: _List) -> bool:
    """A list without an entry that allows something is no default of any object, and stops what needs it."""
    return any(entry.allowed and not entry.only_below for entry in one.acl.entries)


def _is_root(path: str) -> bool:
    drive, rest = ntpath.splitdrive(path)
    return (not rest.strip("\\") and bool(drive)) or path.rstrip("\\").casefold() == "%systemdrive%"


def _after(control: Control, rule: Rule, one: _List) -> Value:
    whole = control.settings.get("sddl")
    return Value("SDDL", str(whole) if whole else sddl.render(rule.narrowed(one.acl, one.root)))


def _obstacle(words: Iterable[str], rule: Rule, one: _List) -> str:
    """What stands in the way of mending one list; the whole list of a record needs nothing of the one before it."""
    if "sddl" in words and one.text != sddl.NO_LIST:
        return ""
    if not _lets_anybody_in(one):
        return f"the access list of {one.place} lets nobody in, and what belongs there is not known here: by hand"
    return obstacle(rule, one.place, one.text, one.root)
