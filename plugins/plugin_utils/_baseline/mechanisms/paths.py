# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Controls about the command lines of services (private to this collection).

Windows tries each part of an unquoted path with blanks as a program, and appends ``.exe``: ``C:\\Program Files\\a.exe``
begins with ``C:\\Program.exe``. Whoever may write there is started with the rights of the service.
"""

from __future__ import annotations

import re

from ..answers import Answers, Unknown
from ..findings import Judged, Status
from ..records import Control
from .checks import CheckOnly

# The program is what comes before the first .exe that ends there; drivers are .sys, and are not started by a path.
_PROGRAM = re.compile(r"(?P<program>.*?\.exe)(?=\s|$)", re.IGNORECASE)


class ServicePathsMechanism(CheckOnly):
    """`service_paths`: no service is started by an unquoted path with blanks in it. See `mechanisms.Mechanism`."""

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Name every such service; one whose path WMI does not tell leaves it open."""
        found = answers.probe("services")
        loose = {name: str(one["path"]) for name, one in found.items() if one.get("path") and _loose(str(one["path"]))}
        hidden = sorted(name for name, one in found.items() if not one.get("path"))
        if not loose and hidden:
            raise Unknown(f"the path of the service {hidden[0]} is not known: WMI did not tell it")
        seen = tuple(f"{name}: {path}" for name, path in sorted(loose.items()))
        return Judged(
            Status.FAIL if loose else Status.PASS,
            ", ".join(sorted(loose)) or "none",
            "no path with blanks that is not in quotes",
            seen or (f"{len(found)} services were looked at",),
        )

    def obstacle(self, control: Control, answers: Answers) -> str:
        """A wrong path stops the service for good."""
        return "put quotes around the program of each ImagePath by hand, and change nothing else of it"


def _loose(path: str) -> bool:
    match = None if path.startswith('"') else _PROGRAM.match(path)
    return match is not None and bool(re.search(r"\s", match["program"]))
