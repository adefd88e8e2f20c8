# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`schtasks /query /xml`: as whom the scheduled tasks run (private to this collection).

A fresh NT 6.0 has some sixty tasks and their XML is 200 KB, so the target sends only the lines about principals. The
element names are those of the Task Scheduler schema (MS-TSCH) in every language. The tool writes a comment with the
name before each task; where it does not, a principal has no name, which is still worth knowing.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from .text import UnknownLine, content

TASKS = 'schtasks /query /xml 2>&1 | findstr /i "Principal UserId GroupId LogonType /Tasks --" 2>&1'
_NAME = re.compile(r"^<!-- (\\.+?) -->")
_OPEN = re.compile(r"<Principal(?: [^>]*)?>")
_FIELD = re.compile(r"<(UserId|GroupId|LogonType)>([^<]*)</")
_CLOSE, _END = "</Principal>", "</Tasks>"


@dataclass(frozen=True)
class Principal:
    """Who a task runs as: an account (name or SID), or whoever of a group is logged on; `logon` as in the schema."""

    task: str | None
    user: str | None
    group: str | None
    logon: str | None

    def as_dict(self) -> dict[str, str | None]:
        """Return the shape that a snapshot carries."""
        return {"task": self.task, "user": self.user, "group": self.group, "logon": self.logon}


def parse(text: str) -> list[Principal]:
    """Read the chosen lines; a user in a trigger is none of a principal, and descriptions may hold any word.

    Raises `UnknownLine` where no line is about a principal, and the list of tasks does not come to its end either.
    """
    found: list[Principal] = []
    task: str | None = None
    fields: dict[str, str] | None = None
    lines = [one.strip() for one in content(text)]
    for line in lines:
        name = _NAME.match(line)
        if name:
            task, fields = name[1], None
            continue
        if _OPEN.search(line):
            fields = {}
        if fields is not None:
            fields.update((one, html.unescape(value).strip()) for one, value in _FIELD.findall(line))
            if _CLOSE in line:
                found.append(Principal(task, fields.get("UserId"), fields.get("GroupId"), fields.get("LogonType")))
                fields = None
    if not found and _END not in lines:
        raise UnknownLine("schtasks", " / ".join(lines[:3]))
    return found
