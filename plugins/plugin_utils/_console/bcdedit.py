# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`bcdedit`: options of the entry that this machine started from (private to this collection).

Headings are translated, and element names may be. What no language changes are the words that ``/set`` takes, and those
of the option nx are of no other option (BcdOSLoader_NxPolicy; BCDEdit /set, /deletevalue). An option that nobody set
has no line. A failure is a sentence and exit code 1.
"""

from __future__ import annotations

import re

from . import wmic
from .text import ConsoleError, content

ENTRY, NX = "{current}", "nx"
# Whether a change of the entry is noticed when the machine starts: with BitLocker it asks for its recovery key then
# (driver kit documentation, BCDEdit /set). Without the feature there is no such namespace.
ENCRYPTION = (
    "wmic /namespace:\\\\root\\cimv2\\security\\microsoftvolumeencryption path Win32_EncryptableVolume "
    "get ProtectionStatus /value <nul 2>&1"
)
_NO_NAMESPACE = (-2147217394, 2147749902)
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


def parse_encryption(rc: int, text: str) -> int | None:
    """Return the highest ProtectionStatus of a volume: 0 off, 1 on, 2 unknown (locked); None where it is not told."""
    if rc in _NO_NAMESPACE:
        return 0
    if rc != 0 or "ProtectionStatus=" not in text:
        return None
    found = [str(row.get("ProtectionStatus") or "") for row in wmic.parse_values(text)]
    return max((int(one) for one in found if one.isdecimal()), default=None)


def assign(name: str, value: str | None) -> str:
    """Return the line that sets an option of the running entry, or takes it out so that the default holds."""
    if name != NX or (value is not None and value not in POLICIES):
        raise ConsoleError(f"bcdedit is not told to set {name} to {value!r}")
    return f"bcdedit /set {ENTRY} {NX} {value}" if value is not None else f"bcdedit /deletevalue {ENTRY} {NX}"
