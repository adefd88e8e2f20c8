# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Controls about the members of a group, known by its SID (private to this collection).

Who belongs there only the site can say; without its list the members are shown. Nobody is put out from here: the
account of this very connection is one of them.
"""

from __future__ import annotations

from ..answers import Answers
from ..findings import Judged, Status
from ..records import Control
from .checks import CheckOnly
from .reads import Reads


class MembersMechanism(CheckOnly):
    """`group_members`. See `mechanisms.Mechanism`."""

    def reads(self, control: Control) -> Reads:
        """Return the group."""
        return Reads(groups=(control.settings["group"],))

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Compare the members with the site's list; a bare name is one of the machine itself."""
        group = control.settings["group"]
        members = [str(one) for one in answers.members(group)]
        seen = (f"{group}: {', '.join(members) or 'nobody'}",)
        allowed = control.settings.get("value")
        if allowed is None:
            return Judged(Status.NOTCHECKED, seen[0], "the site's own list, which it did not give", seen)
        known = {str(one).casefold() for one in allowed}
        left = [one for one in members if one.casefold() not in known]
        return Judged(
            Status.FAIL if left else Status.PASS,
            ", ".join(left) if left else seen[0],
            f"nobody beside {', '.join(map(str, allowed)) or 'nobody'}",
            seen,
        )

    def obstacle(self, control: Control, answers: Answers) -> str:
        """Say how."""
        return 'members are put out by hand, never the account in use: net localgroup "<group>" "<member>" /delete'
