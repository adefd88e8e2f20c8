# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""expand.exe 6.0 (private to this collection): lists and unpacks cabinets, .msu files among them.

Genuine cabinets are really unpacked. Where the vendor's own compression (LZX) stands in the way, the twin writes
stand-ins for a package file's parts, so that a rehearsal with real media can go on.
"""

from __future__ import annotations

import fnmatch
import re

from ..cab import CabError, Cabinet, Unsupported
from ..files import DiskFull, FileError
from ..packages import stand_in_for
from ..process import Process, Tool
from .common import resolve

_BANNER = (
    "Microsoft (R) File Expansion Utility  Version {version}",
    "Copyright (c) Microsoft Corporation. All rights reserved.",
    "",
)
_USAGE = (
    "Expands one or more compressed files.",
    "",
    "EXPAND [-r] Source Destination",
    "EXPAND -r Source [Destination]",
    "EXPAND -I Source [Destination]",
    "EXPAND -D Source.cab [-F:Files]",
    "EXPAND Source.cab -F:Files Destination",
    "",
    "  -r            Rename expanded files.",
    "  -I            Rename expanded files but ignore directory structure.",
    "  -D            Display list of files in source.",
    "  Source        Source file specification.  Wildcards may be used.",
    "  -F:Files      Name of files to expand from a .CAB.",
    "  Destination   Destination file | path specification.",
    "                Destination may be a directory.",
    "                If Source is multiple files and -r is not specified,",
    "                Destination must be a directory.",
    "",
)


def expand(process: Process) -> int:
    """Run expand.exe; 0, or 1 with a sentence on the console."""
    for line in _BANNER:
        process.say(
            line.format(
                version=process.machine.files.version(f"{process.machine.windows_directory}\\system32\\expand.exe")
                or ""
            )
        )
    pattern, display, names = _arguments(process.arguments)
    if not names or "?" in display:
        for line in _USAGE:
            process.say(line)
        return 0 if "?" in display else 1
    source = resolve(process, names[0])
    try:
        data = process.machine.files.read(source)
    except FileError:
        process.say(f"Can't open input file: {names[0]}.")
        process.say()
        return 1
    try:
        cabinet = Cabinet(data)
    except CabError:
        return _plain(process, names, data)
    if "d" in display:
        return _display(process, names[0], cabinet, pattern)
    if len(names) < 2:
        process.say(f"No destination specified for: {names[0]}.")
        return 1
    return _unpack(process, source, cabinet, pattern, resolve(process, names[1]))


def _arguments(arguments: list[str]) -> tuple[str | None, str, list[str]]:
    pattern, letters, names = None, "", []
    for argument in arguments:
        if re.match(r"[-/][fF]:", argument):
            pattern = argument[3:].strip('"')
        elif argument[:1] in "-/" and len(argument) == 2:
            letters += argument[1].lower()
        else:
            names.append(argument)
    return pattern, letters, names


def _chosen(name: str, pattern: str | None) -> bool:
    if pattern is None or pattern in ("*", "*.*"):
        return True
    return fnmatch.fnmatch(name.lower(), pattern.lower())


def _display(process: Process, source: str, cabinet: Cabinet, pattern: str | None) -> int:
    members = [member for member in cabinet.members if _chosen(member.name, pattern)]
    for member in members:
        process.say(f"{source}: {member.name}")
    process.say(f"{len(members)} files total.")
    return 0


def _plain(process: Process, names: list[str], data: bytes) -> int:
    """A file that is no cabinet is copied, whatever it is; a damaged package ends so as well."""
    if len(names) < 2 or data[:4] == b"MSCF" or process.machine.files.is_dir(resolve(process, names[1])):
        process.say(f"Can't expand file: {names[0]}. It is not a valid cabinet, or it is damaged.")
        return 1
    try:
        process.machine.files.write(resolve(process, names[1]), data)
    except FileError:
        process.say(f"Can't open output file: {names[1]}.")
        return 1
    process.say(f"Copying {names[0]} to {names[1]}.")
    process.say(f"{names[0]}: {len(data)} bytes copied.")
    return 0


def _unpack(process: Process, source: str, cabinet: Cabinet, pattern: str | None, target: str) -> int:
    files = process.machine.files
    members = [member for member in cabinet.members if _chosen(member.name, pattern)]
    if pattern is None and len(cabinet.members) > 1:
        process.say(f"Can't expand cabinet file {source} with multiple files; use -F.")
        return 1
    if not members:
        process.say(f"Can't find file {pattern} in {source}.")
        return 1
    if not files.is_dir(target) and (len(members) > 1 or "*" in (pattern or "")):
        process.say(f"Destination directory {target} does not exist.")
        return 1
    for member in members:
        process.say(f"Adding {_target(files.is_dir(target), target, member.name)} to Extraction Queue")
    process.say()
    process.say("Expanding Files ....")
    try:
        for member in members:
            process.sleep(0.5 + member.size / 20_000_000)
            path = _target(files.is_dir(target), target, member.name)
            if "\\" in member.name:
                files.make_dir(path.rpartition("\\")[0])
            try:
                content = cabinet.read(member)
            except Unsupported:
                content = stand_in_for(member.name, source) or b""
            files.write(path, content, size=max(member.size, len(content)))
    except DiskFull:
        process.say("There is not enough space on the disk.")
        return 1
    except CabError:
        process.say(f"Can't expand file: {source}. It is damaged.")
        return 1
    except FileError as error:
        process.say(f"Can't open output file: {error.path}.")
        return 1
    process.say()
    process.say("Expanding Files Complete ...")
    process.say(f"{len(members)} files total.")
    return 0


def _target(folder: bool, target: str, name: str) -> str:
    return target.rstrip("\\") + "\\" + name if folder else target


TOOLS: dict[str, Tool] = {"expand": expand}
