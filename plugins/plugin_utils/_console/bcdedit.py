# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`bcdedit`: options of the entry that this machine started from (private to this collection).

Headings are translated, and element names may be. What no language changes are the words that ``/set`` takes, and those
of the option nx are of no other option (BcdOSLoader_NxPolicy; BCDEdit /set, /deletevalue). An option that nobody set
has no line. A failure is a sentence and exit code 1.
"""

from __future__ import annotations

import re

from .text import ConsoleError, content

ENTRY, NX = "{current}", "nx"
POLICIES = ("OptIn", "OptOut", "AlwaysOn", "AlwaysOff")
SHOW = f"bcdedit /enum {ENTRY} 2>&1"
_ROW = re.compile(r"^(\S(?:.*?\S)?) {2,}(\S.*)$")


def parse_nx(text: str) -> str | None:
    """Return how the entry sets nx, None where it does not; `ConsoleError` for a text that shows no entry.

    An entry has some ten rows, name and value apart by blanks; a sentence has none.
    """
    rows = [match for line in content(text) if (match := _ROW.match(line))]
    if len(rows) < 2:
        raise ConsoleError(f"bcdedit showed no boot entry: {' '.join(text.split())[:200] or 'nothing'}")
    found = [word for row in rows for word in POLICIES if row[2].strip().casefold() == word.casefold()]
    if len(found) > 1:
        raise ConsoleError(f"bcdedit showed more than one boot entry: {' '.join(text.split())[:200]}")
    return found[0] if found else None


def assign(name: str, value: str | None) -> str:
    """Return the line that sets an option of the running entry, or takes it out so that the default holds."""
    if name != NX or (value is not None and value not in POLICIES):
        raise ConsoleError(f"bcdedit is not told to set {name} to {value!r}")
    return f"bcdedit /set {ENTRY} {NX} {value}" if value is not None else f"bcdedit /deletevalue {ENTRY} {NX}"
