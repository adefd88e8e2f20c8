# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Controls about who may write where: files, folders and registry keys (private to this collection).

Lists of files are read as SDDL. No program of NT 6.0 prints the list of a registry key in a form that no language
changes, so those are for a person; a list is written only where the record says which one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..._change.values import Change, Kind, Value
from ..._console import sddl
from ..._host.settings import DACL
from ..answers import Answers, Unknown
from ..findings import Judged, Status
from ..records import Control
from .reads import Reads

# FILE_WRITE_DATA, _WRITE_EA, _DELETE_CHILD, _WRITE_ATTRIBUTES, DELETE, WRITE_DAC, WRITE_OWNER, GENERIC_WRITE and _ALL.
# Without FILE_APPEND_DATA: users may make folders in the root of the drive, and that is how Windows comes.
_WRITE = 0x2 | 0x10 | 0x40 | 0x100 | 0x10000 | 0x40000 | 0x80000 | 0x40000000 | 0x10000000
_ROOT = 3
_NOBODYS = ("S-1-3-0", "S-1-3-4")  # whoever made a thing below: no account by itself


class FileAccessMechanism:
    """`file_acl`. See `mechanisms.Mechanism`."""

    def check_record(self, control: Control) -> None:
        """The schema says it all."""

    def reads(self, control: Control) -> Reads:
        """Return the files and folders, and the registry values that name them."""
        named = tuple(one["key"] for one in control.settings.get("paths_from", ()))
        return Reads(keys=named, paths=tuple(control.settings.get("paths", ())))

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Look for entries that allow too much."""
        if "paths" not in control.settings:
            named = [answers.value(one["key"], one["name"]) for one in control.settings["paths_from"]]
            where = ", ".join(str(one.data) for one in named if one is not None) or "no folder"
            raise Unknown(f"the access list of {where} was not asked: the machine itself says where it is")
        bad: list[str] = []
        seen: list[str] = []
        for path in control.settings["paths"]:
            value = answers.setting(Kind.FILE_ACL, path, DACL)
            if value is None:
                continue
            seen.append(f"{path}: {value}")
            bad += [f"{path}: {entry.sid}" for entry in _excess(control, path, sddl.parse(str(value.data)))]
        if not seen:
            return Judged(Status.NOTAPPLICABLE, "not there", "nothing to set", ("no such file or folder is here",))
        observed = "; ".join(dict.fromkeys(bad)) or "nobody beyond"
        return Judged(Status.FAIL if bad else Status.PASS, observed, _wants(control), tuple(seen))

    def changes(self, control: Control, answers: Answers) -> tuple[Change, ...]:
        """Return the record's own list for each path, where it has one."""
        if self.obstacle(control, answers):
            return ()
        after = Value("SDDL", control.settings["sddl"])
        held = {path: answers.setting(Kind.FILE_ACL, path, DACL) for path in control.settings["paths"]}
        return tuple(
            Change(control.id, path, DACL, value, after, Kind.FILE_ACL)
            for path, value in held.items()
            if value is not None and value != after
        )

    def obstacle(self, control: Control, answers: Answers) -> str:
        """A list that somebody widened is for a person to narrow: what needs it is not known here."""
        if "sddl" in control.settings and "paths" in control.settings:
            return ""
        return "an access list is repaired by hand, for whoever widened it had a reason: see icacls /save and /restore"


class KeyAccessMechanism:
    """`registry_acl`: for a person to look at."""

    def check_record(self, control: Control) -> None:
        """The schema says it all."""

    def reads(self, control: Control) -> Reads:
        """Nothing that could be asked would answer."""
        return Reads()

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Say where to look."""
        keys = ", ".join(control.settings["keys"])
        procedure = f"look at the permissions of {keys} in regedit; wanted: {_wants(control)}"
        return Judged(Status.NOTCHECKED, "to be looked at by hand", _wants(control), (procedure,))

    def changes(self, control: Control, answers: Answers) -> tuple[Change, ...]:
        """Never: what is not read is not written."""
        return ()

    def obstacle(self, control: Control, answers: Answers) -> str:
        """Say so."""
        return "the permissions of a registry key are for a person"


def _excess(control: Control, path: str, entries: Sequence[sddl.Entry]) -> Iterator[sddl.Entry]:
    operator, sids = control.settings["operator"], control.settings["sids"]
    for entry in entries:
        if not entry.allowed or entry.sid in _NOBODYS or (len(path.rstrip("\\")) < _ROOT and entry.only_below):
            continue
        writes = bool(entry.mask & _WRITE)
        if operator == "no_write_for":
            excess = writes and entry.sid in sids
        else:
            excess = entry.sid not in sids and (writes or operator == "only")
        if excess:
            yield entry


def _wants(control: Control) -> str:
    says = {
        "only": "nobody beside {} holds anything",
        "write_only": "nobody beside {} may write",
        "no_write_for": "none of {} may write",
    }
    return says[control.settings["operator"]].format(", ".join(control.settings["sids"]))
