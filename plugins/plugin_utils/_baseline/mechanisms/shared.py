# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Controls about who may use what a machine shares, folders and printers (private to this collection).

They are looked at only. What is not known is for a person, and never passes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ..._console import sddl
from ..._console.sddl import Entry
from ..._host import shared
from ..answers import Answers, Unknown
from ..findings import Judged, Status
from ..records import Control
from .checks import CheckOnly
from .reads import Reads

_SERVER, _SPOOLER = "LanmanServer", "Spooler"
_CREATOR = "S-1-3-0"
# GENERIC_ALL, DELETE, WRITE_DAC, WRITE_OWNER; PRINTER_ACCESS_ADMINISTER; JOB_ACCESS_ADMINISTER (winnt.h, winspool.h).
_OWNS, _MANAGES_PRINTER, _MANAGES_JOBS = 0x100D0000, 0x4, 0x10


class _SharedMechanism(CheckOnly):
    """What both have in common. See `mechanisms.Mechanism`."""

    answer: str
    service: str

    def reads(self, control: Control) -> Reads:
        """Return the question."""
        return Reads(settings=(self.answer,))

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Name every entry that allows too much, with the share, the account and the rights."""
        wanted = self._wants(control)
        if self._state(answers) != "running":
            why = f"the service {self.service} does not run, so that nothing is shared"
            return Judged(Status.NOTAPPLICABLE, "nothing is shared", wanted, (why,))
        try:
            answer = answers.probe(self.answer)
            left = self._left_alone(control, answers)
        except Unknown as error:
            return self._by_hand(control, (str(error),))
        lists = [one for one in answer["lists"] if str(one["name"]).casefold() not in left]
        bad = [f"{one['name']}: {found}" for one in lists if "dacl" in one for found in self._excess(control, one)]
        seen = tuple(f"{one['name']}: {one.get('dacl') or one['unread']}" for one in answer["lists"])
        if bad:
            return Judged(Status.FAIL, "; ".join(dict.fromkeys(bad)), wanted, seen)
        if any("unread" in one for one in lists):
            return self._by_hand(control, seen)
        return self._nothing_beyond(control, answer, seen)

    def _state(self, answers: Answers) -> str | None:
        return answers.state(self.service)

    def _by_hand(self, control: Control, seen: tuple[str, ...]) -> Judged:
        procedure = str(control.settings["procedure"])
        return Judged(Status.NOTCHECKED, "not known", self._wants(control), (*seen, procedure))

    def _excess(self, control: Control, one: Mapping[str, Any]) -> Iterator[str]:
        for entry in sddl.read(one["dacl"]).entries:
            if entry.allowed and self._is_beyond(entry, control.settings["sids"]):
                yield f"{entry.sid} holds 0x{entry.mask:x}"

    def _wants(self, control: Control) -> str:
        raise NotImplementedError

    def _left_alone(self, control: Control, answers: Answers) -> set[str]:
        """Return names that are not judged, in lower case."""
        raise NotImplementedError

    def _is_beyond(self, entry: Entry, sids: Collection[str]) -> bool:
        raise NotImplementedError

    def _nothing_beyond(self, control: Control, answer: Mapping[str, Any], seen: tuple[str, ...]) -> Judged:
        raise NotImplementedError


class SharedFolderMechanism(_SharedMechanism):
    """`shared_folder_acl`: none of `sids` is named on a shared folder that people made. See `mechanisms.Mechanism`."""

    answer, service = shared.FOLDERS, _SERVER

    def _wants(self, control: Control) -> str:
        return f"no shared folder allows {', '.join(control.settings['sids'])} anything"

    def _left_alone(self, control: Control, answers: Answers) -> set[str]:
        """Shares that Windows makes for itself, and those that the site knows and wants."""
        settings = control.settings
        of_role = settings.get("windows_own_dc", ()) if answers.role() == "dc" else ()
        names = (*settings.get("windows_own", ()), *of_role, *(settings.get("value") or ()))
        return {str(one).casefold() for one in names}

    def _is_beyond(self, entry: Entry, sids: Collection[str]) -> bool:
        return entry.mask != 0 and entry.sid in sids

    def _nothing_beyond(self, control: Control, answer: Mapping[str, Any], seen: tuple[str, ...]) -> Judged:
        if not answer["any"]:  # a Server service that runs has IPC$ at least
            return self._by_hand(control, ("the Server service runs, and WMI listed no share at all",))
        seen = seen or ("no folder is shared but those for administrators",)
        return Judged(Status.PASS, "none", self._wants(control), seen)


class SharedPrinterMechanism(_SharedMechanism):
    """`shared_printer_acl`: nobody beside `sids` manages a shared printer, or jobs of others on it."""

    answer, service = shared.PRINTERS, _SPOOLER

    def _wants(self, control: Control) -> str:
        return f"nobody beside {', '.join(control.settings['sids'])} manages a shared printer or jobs of others"

    def _left_alone(self, control: Control, answers: Answers) -> set[str]:
        return set()

    def _is_beyond(self, entry: Entry, sids: Collection[str]) -> bool:
        """An entry for what is below is about jobs; there CREATOR OWNER is whoever prints."""
        if entry.sid in sids:
            return False
        printer = not entry.only_below and bool(entry.mask & (_OWNS | _MANAGES_PRINTER))
        jobs = "OI" in entry.flags and entry.sid != _CREATOR and bool(entry.mask & (_OWNS | _MANAGES_JOBS))
        return printer or jobs

    def _nothing_beyond(self, control: Control, answer: Mapping[str, Any], seen: tuple[str, ...]) -> Judged:
        if not answer["any"]:
            return Judged(Status.NOTAPPLICABLE, "none there", "nothing to set", ("no printer is shared",))
        return Judged(Status.PASS, "nobody beyond", self._wants(control), seen)
