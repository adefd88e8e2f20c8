# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Security templates, as secedit of NT 6.0 exports and reads them (private to this collection).

Sections and names are English in every language, accounts are ``*SID`` or, where their SID is not a well-known one, a
bare name of that machine. The export is UTF-16LE with a byte order mark, which ``type`` of cmd.exe turns into the code
page of the console (facts: hardening.md 9).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .text import ConsoleError, UnknownLine, content

ACCESS, KERBEROS, RIGHTS = "System Access", "Kerberos Policy", "Privilege Rights"
FILES, KEYS = "File Security", "Registry Keys"
_SECTIONS = frozenset(
    (
        "Unicode",
        "Version",
        ACCESS,
        "Event Audit",
        "Registry Values",
        RIGHTS,
        KERBEROS,
        "Group Membership",
        "System Log",
        "Security Log",
        "Application Log",
        "Profile Description",
    )
)
_SECTION = re.compile(r"^\[([A-Za-z ]+)\]$")
_ENTRY = re.compile(r"^([^=]+?)[ \t]*=[ \t]*(.*)$")
_REGISTRY = "Registry Values"
_SDDL = re.compile(r"D:[A-Z_]*(?:\([^()\s\"]+\))*(?:S:[A-Z]*(?:\([^()\s\"]+\))*)?")

Template = dict[str, dict[str, str]]


def export(path: str) -> str:
    """Return the line that prints the local policy; `path` and a log beside it are there for a moment."""
    return (
        f'(if exist "{path}" del "{path}") & secedit /export /cfg "{path}" /areas SECURITYPOLICY USER_RIGHTS '
        f'/log "{path}.log" /quiet >nul 2>&1 & type "{path}" 2>&1 & del "{path}" "{path}.log"'
    )


def parse(text: str) -> Template:
    """Read a template: section -> name -> value as it is written. `UnknownLine` for anything that is none.

    The texts of the security options are left out: they are registry values, may run over several lines, and are read
    where they live.
    """
    template: Template = {}
    section = ""
    for line in content(text.replace("\0", "")):
        heading = _SECTION.match(line)
        if heading and heading[1] in _SECTIONS:
            section = heading[1]
            template.setdefault(section, {})
            continue
        if section == _REGISTRY:
            continue
        entry = _ENTRY.match(line)
        if not section or entry is None:
            raise UnknownLine("secedit /export", line)
        template[section][entry[1]] = entry[2]
    if ACCESS not in template and RIGHTS not in template:
        raise ConsoleError("secedit exported no policy: neither [System Access] nor [Privilege Rights] came")
    return template


def setting(value: str) -> int | str:
    """Return a value of [System Access] or [Kerberos Policy]: a number (-1 is never), or a text without its quotes."""
    if re.fullmatch(r"-?\d+", value):
        return int(value)
    if len(value) >= 2 and value[0] == value[-1] == '"':
        return value[1:-1]
    raise UnknownLine("secedit /export", value)


def accounts(value: str) -> tuple[str, ...]:
    """Return the accounts of a right: SIDs without their asterisk, and names as they are."""
    return tuple(one.strip().removeprefix("*") for one in value.split(",") if one.strip())


def account(name: str) -> str:
    """Return an account as a template names it: a SID with an asterisk, which no language translates."""
    if re.search(r'[,"=\r\n\0]', name) or name != name.strip() or not name:
        raise ConsoleError(f"a security template cannot name the account {name!r}")
    return f"*{name}" if re.fullmatch(r"S-1(-\d+)+", name) else name


def access(place: str, sddl: str) -> str:
    """Return the line that sets the access list of a file or key, and lets Windows pass on what is inheritable.

    Entries from above stay in the text although Windows works them out by itself: a list that had lost them to a
    misunderstanding would let nobody in, and Winlogon is one of those keys.
    """
    if not _SDDL.fullmatch(sddl) or not place.isprintable() or '"' in place or not place:
        raise ConsoleError(f"a security template cannot hold the access list {sddl!r} of {place!r}")
    return f'"{place}",0,"{sddl}"'


def render(sections: Mapping[str, Sequence[str]]) -> bytes:
    """Return a template with these lines, section by section, as secedit reads it: UTF-16LE with its mark."""
    lines = ["[Unicode]", "Unicode=yes", "[Version]", 'signature="$CHICAGO$"', "Revision=1"]
    for section, entries in sections.items():
        lines += [f"[{section}]", *entries]
    return b"\xff\xfe" + "".join(line + "\r\n" for line in lines).encode("utf-16-le", "surrogatepass")
