# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Controls about the members of a group, known by its SID (private to this collection).

Who may belong there only the site can say, by names as the machine lists them or by SIDs; without its list the members
are shown. Whoever is not in it is put out, one by one, and nobody else is touched. The built-in Administrator cannot
leave the Administrators (Windows refuses), so he is never in question there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..._change.values import Change, Kind, Value
from ..._console import localgroup
from ..answers import Answers, Unknown
from ..findings import Judged, Status
from ..records import Control
from ..rooms import MEMBER
from .reads import Reads

_BUILT_IN = "-500"


@dataclass(frozen=True)
class Sorted:
    """The members that the site's list does not name. `unsure`: one of its SIDs may be theirs."""

    strangers: tuple[str, ...]
    unsure: tuple[str, ...]
    unmatched: tuple[str, ...]


class MembersMechanism:
    """`group_members`. See `mechanisms.Mechanism`."""

    def check_record(self, control: Control) -> None:
        """The schema says it all."""

    def reads(self, control: Control) -> Reads:
        """Return the group, and for a site that has a list the SIDs of the machine's own users."""
        judged = control.settings.get("value") is not None
        return Reads(groups=(control.settings["group"],), settings=("local_users",) if judged else ())

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Compare the members with the site's list; a bare name is one of the machine itself."""
        group = control.settings["group"]
        members = [str(one) for one in answers.members(group)]
        seen = (f"{group}: {', '.join(members) or 'nobody'}",)
        allowed = control.settings.get("value")
        if allowed is None:
            return Judged(Status.NOTCHECKED, seen[0], "the site's own list, which it did not give", seen)
        found = _sorted(control, answers)
        own = "the built-in Administrator, " if group == localgroup.ADMINISTRATORS else ""
        expected = f"nobody beside {own}{', '.join(map(str, allowed)) or 'nobody'}"
        if not found.strangers and found.unsure:
            raise Unknown(_doubt(found))
        left = ", ".join((*found.strangers, *(f"perhaps {one}" for one in found.unsure)))
        return Judged(Status.FAIL if left else Status.PASS, left or seen[0], expected, seen)

    def changes(self, control: Control, answers: Answers) -> tuple[Change, ...]:
        """Return one change for each member who goes."""
        if control.settings.get("value") is None:
            return ()
        there = Value("TEXT", MEMBER)
        return tuple(
            Change(control.id, control.settings["group"], one, there, None, Kind.MEMBER)
            for one in _sorted(control, answers).strangers
        )

    def obstacle(self, control: Control, answers: Answers) -> str:
        """Say who might be meant by a SID of the list."""
        found = _sorted(control, answers)
        return _doubt(found) if found.unsure else ""


def _sorted(control: Control, answers: Answers) -> Sorted:
    group = control.settings["group"]
    wanted = {str(one).casefold() for one in control.settings["value"]}
    sids = _sids(answers)
    left, matched = [], set()
    for member in answers.members(group):
        sid = str(member) if localgroup.is_sid(str(member)) else sids.get(_bare(str(member), answers), "")
        if sid.casefold() in wanted:
            matched.add(sid.casefold())
        elif group == localgroup.ADMINISTRATORS and sid.endswith(_BUILT_IN) and sid in sids.values():
            continue
        elif str(member).casefold() not in wanted:
            left.append((str(member), sid))
    known = {one.casefold() for one in sids.values()}
    open_ = tuple(sorted(one for one in wanted - matched - known if localgroup.is_sid(one)))
    unsure = tuple(member for member, sid in left if open_ and not sid)
    return Sorted(tuple(member for member, _sid in left if member not in unsure), unsure, open_)


def _sids(answers: Answers) -> Mapping[str, str]:
    """Return the SIDs that are known: those of the machine's own users, and that of this login."""
    found = {name.casefold(): sid for name, sid in answers.probe("local_users").items()}
    try:
        login = answers.probe("login")
    except Unknown:
        return found
    return {**found, _bare(str(login["name"]), answers): str(login["sid"])}


def _bare(member: str, answers: Answers) -> str:
    """Return a name as it is compared: an account of the machine itself without the machine's name."""
    domain, _mark, name = member.rpartition("\\")
    own = str(answers.probe("computer").get("name") or "")
    return (name if domain.casefold() in ("", own.casefold()) else member).casefold()


def _doubt(found: Sorted) -> str:
    return (
        f"whether {', '.join(found.unsure)} has one of the SIDs {', '.join(one.upper() for one in found.unmatched)} of "
        "the site's list cannot be told from here; name who belongs there as net localgroup shows it"
    )
