# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lists for the person who carries package files from a machine with internet (private to this collection).

A fetch list names what is still missing, for people (``.txt``), for a spreadsheet (``.csv``) or for a program
(``.json``). ``SHA256SUMS`` and ``SHA1SUMS`` hold every digest that is known, in the form that ``sha256sum --check``
reads, so that the files can be proven where they were fetched.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from .errors import BadMedia, ServicingError
from .mirror import Entry, Shelf, State

SCHEMA = "sunset.ws2008/fetch_list/1"
SUMS: Mapping[str, str] = {"SHA256SUMS": "sha256", "SHA1SUMS": "sha1"}
_COLUMNS = (
    "package",
    "architecture",
    "folder",
    "name",
    "url",
    "size",
    "sha1",
    "sha256",
    "state",
    "optional",
    "title",
    "confidence",
)
_HEAD = """\
Package files to fetch for Windows Server 2008 (NT 6.0)
Put each file into the folder that stands before its name. What is not known is not written here: such a file is found
in the vendor's update catalog by its number, and its name there ends in its SHA-1.
"""


def render(shelf: Shelf, suffix: str) -> str:
    """Return the fetch list of what is missing or bad in the form that a file's suffix names."""
    return _FORMS[suffix]([one for one in shelf.entries if one.state in (State.MISSING, State.BAD)])


def check_suffix(path: str) -> str:
    """Return the suffix of a fetch list; raises `ServicingError` for one that is no form."""
    suffix = Path(path).suffix.lower()
    if suffix not in _FORMS:
        raise ServicingError(
            f"the fetch list {path} must end in one of {', '.join(_FORMS)}: the suffix says which form is written"
        )
    return suffix


def sums(shelf: Shelf, kind: str) -> str:
    """Return the known digests of all wanted files, one line each, as ``sha256sum`` and ``sha1sum`` write them."""
    lines = set()
    for entry in shelf.entries:
        digest, path = entry.digest(kind), entry.relative
        if digest and path:
            # their way to write a name with a backslash in it; a line break in a name comes out the same way
            odd = path.replace("\\", "\\\\").replace("\n", "\\n")
            lines.add(f"{'' if odd == path else chr(92)}{digest}  {odd}")
    return "".join(f"{line}\n" for line in sorted(lines, key=lambda line: line.split("  ", 1)[1]))


def read_if_there(path: Path) -> str | None:
    """Return a file's text, None where there is none; raises `BadMedia` when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise BadMedia(f"{path} is there and cannot be read as text ({error}); move it away") from None


def _text(entries: Iterable[Entry]) -> str:
    blocks = [_HEAD]
    for one in entries:
        known, package = one.wanted.known, one.wanted.package
        name = one.wanted.known.name or one.pattern
        lines = [
            f"{one.folder}{name}",
            f"    what:   {package.id}, {package.title} ({one.wanted.architecture.value})",
            f"    from:   {known.url or 'not known; search the update catalog for ' + package.id}",
            f"    size:   {known.size if known.size is not None else 'not known'}",
            f"    sha1:   {known.sha1 or 'not known'}",
            f"    sha256: {known.sha256 or 'not known'}",
        ]
        if package.optional:
            lines.append("    note:   the target can be reached without it; it is worth having")
        if one.trouble:
            lines.append(f"    why:    the file at hand is bad: {one.trouble}")
        blocks.append("".join(f"{line}\n" for line in lines))
    if len(blocks) == 1:
        blocks.append("Nothing is missing.\n")
    return "\n".join(blocks)


def _csv(entries: Iterable[Entry]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for one in entries:
        row = one.to_json()
        row["name"] = one.wanted.known.name
        writer.writerow(row)
    return text.getvalue()


def _json(entries: Iterable[Entry]) -> str:
    return json.dumps({"schema": SCHEMA, "files": [one.to_json() for one in entries]}, indent=2) + "\n"


_FORMS: Mapping[str, Callable[[Iterable[Entry]], str]] = {".txt": _text, ".csv": _csv, ".json": _json}
