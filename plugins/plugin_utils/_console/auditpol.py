# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`auditpol /backup` and `/set`: the audit policy by GUID and number (private to this collection).

The names of subcategories and settings are translated; the backup carries the GUID and, in its last column, the number
0 none, 1 success, 2 failure, 3 both (facts: hardening.md 9). Its first line is a translated heading, and the lines of
the global options (CrashOnAuditFail and its company) have no GUID.
"""

from __future__ import annotations

import re

from .text import ConsoleError, UnknownLine, content, csv_fields

GUID = re.compile(r"^\{[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}\}$", re.IGNORECASE)
NONE, SUCCESS, FAILURE = 0, 1, 2
_FIELDS = 7
_GUID, _VALUE = 3, 6


def backup(path: str) -> str:
    """Return the line that prints the audit policy; `path` is the file that it needs for a moment."""
    return (
        f'(if exist "{path}" del "{path}") & auditpol /backup /file:"{path}" >nul 2>&1 & type "{path}" 2>&1 '
        f'& del "{path}"'
    )


def parse(text: str) -> dict[str, int]:
    """Read a backup: GUID in capitals -> number."""
    found: dict[str, int] = {}
    for number, line in enumerate(content(text)):
        fields = csv_fields(line)
        if len(fields) != _FIELDS:
            raise UnknownLine("auditpol /backup", line)
        if number == 0:
            continue
        guid, value = fields[_GUID].strip(), fields[_VALUE].strip()
        if not guid:
            continue  # a global option; each is a registry value of its own
        if not GUID.match(guid) or value not in ("0", "1", "2", "3"):
            raise UnknownLine("auditpol /backup", line)
        found[guid.upper()] = int(value)
    if not found:
        raise ConsoleError("auditpol wrote no subcategory into its backup")
    return found


def assign(guid: str, value: int) -> str:
    """Return the line that sets a subcategory."""
    if not GUID.match(guid) or value not in range(4):
        raise ConsoleError(f"auditpol cannot set {guid!r} to {value!r}")
    success, failure = ("enable" if value & bit else "disable" for bit in (SUCCESS, FAILURE))
    return f'auditpol /set /subcategory:"{guid}" /success:{success} /failure:{failure}'
