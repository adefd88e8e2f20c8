# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DIR and VOL of cmd.exe (private to this collection)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import winpath
from .cmd_files import split_switches
from .cmd_texts import text as message
from .cmd_variables import file_time
from .files import Entry, FileError

if TYPE_CHECKING:
    from .shell import Interpreter


@dataclass
class Options:
    """Switches of DIR: `attributes` and `order` are the letters behind /A and /O, None when not given."""

    bare: bool = False
    recursive: bool = False
    lower: bool = False
    wide: bool = False
    attributes: str | None = None
    order: str | None = None


@dataclass
class Totals:
    """What the last lines count."""

    files: int = 0
    folders: int = 0
    size: int = 0
    matched: bool = field(default=False)


def dir_(shell: Interpreter, arguments: str) -> int:
    """DIR: listings go to standard output, "File Not Found" to standard error."""
    switches, names = split_switches(arguments)
    options = Options()
    for switch in switches:
        if not _take(options, switch):
            shell.complain_syntax()
            return shell.fail(1)
    totals = Totals()
    previous = ""
    listed = False
    for name in names or ["."]:
        listed = _list_argument(shell, name, options, totals, previous) == 0 or listed
        previous = shell.full_path(name)[:2]
    if not listed:
        return shell.fail(1)
    if not options.bare:
        _say_totals(shell, options, totals, len(names))
    return shell.fail(0)


def _take(options: Options, switch: str) -> bool:
    letter, rest = switch[:1], switch[1:].lstrip(":")
    if letter == "b":
        options.bare = True
    elif letter == "s":
        options.recursive = True
    elif letter == "l":
        options.lower = True
    elif letter in "wd" and letter:
        options.wide = True
    elif letter == "a":
        options.attributes = rest
    elif letter == "o":
        options.order = rest or "gn"
    elif switch not in ("p", "q", "n", "x", "c", "-c", "4", "r") and letter not in ("t", "-"):
        return False
    return True


def volume(shell: Interpreter, drive: str) -> None:
    """The two lines about label and serial number."""
    shell.say(message(shell.locale, "volume_no_label", drive[:1].upper()))
    serial = zlib.crc32(shell.machine.name.encode())
    shell.say(message(shell.locale, "volume_serial", f"{serial >> 16:04X}-{serial & 0xFFFF:04X}"))


def _list_argument(shell: Interpreter, name: str, options: Options, totals: Totals, previous: str) -> int:
    files = shell.machine.files
    path = shell.full_path(name)
    folder, mask = (path, "*") if files.is_dir(path) else winpath.split(path)
    drive_known = files.is_dir(path[:2] + "\\")
    if not drive_known:
        shell.complain_error(3)
        return 1
    if not options.bare and path[:2] != previous:
        volume(shell, path)
    if not files.is_dir(folder):
        if options.bare or options.recursive:
            shell.complain(message(shell.locale, "file_not_found"))
        else:
            shell.say()
            shell.complain(message(shell.locale, "file_not_found"))
        return 1
    if _list_folder(shell, files.real_path(folder), mask, options, totals) or options.recursive and totals.matched:
        return 0
    if not options.bare and not options.recursive:
        shell.say()
        shell.say(message(shell.locale, "directory_of", files.real_path(folder)))
        shell.say()
    shell.complain(message(shell.locale, "file_not_found"))
    return 1


def _list_folder(shell: Interpreter, folder: str, mask: str, options: Options, totals: Totals) -> bool:
    try:
        everything = shell.machine.files.list_dir(folder)
    except FileError:
        return False
    entries = [entry for entry in everything if winpath.matches(entry.name, mask) and _wanted(entry, options)]
    entries = _ordered(entries, options)
    dots = _dots(shell, folder, mask, options)
    if entries or (dots and not options.bare):
        totals.matched = True
        _say_entries(shell, folder, dots + entries, options, totals)
    if options.recursive:
        for entry in everything:
            if entry.is_dir:
                _list_folder(shell, winpath.join(folder, entry.name), mask, options, totals)
    return bool(entries) or bool(dots)


def _dots(shell: Interpreter, folder: str, mask: str, options: Options) -> list[Entry]:
    """The entries ``.`` and ``..`` of every folder but a root."""
    if len(folder) <= 3 or mask not in ("*", "*.*"):
        return []
    own = shell.machine.files.entry(folder)
    dots = [Entry(".", True, 0, own.modified, None), Entry("..", True, 0, own.modified, None)]
    return [entry for entry in dots if _wanted(entry, options)]


def _wanted(entry: Entry, options: Options) -> bool:
    if options.attributes is None:
        return not set("HS") & set(entry.attributes)
    negative = False
    for letter in options.attributes:
        if letter == "-":
            negative = True
            continue
        has = entry.is_dir if letter == "d" else letter.upper() in entry.attributes
        if has == negative:
            return False
        negative = False
    return True


def _ordered(entries: list[Entry], options: Options) -> list[Entry]:
    if options.order is None:
        return entries
    keys = {
        "n": lambda entry: entry.name.lower(),
        "e": lambda entry: winpath.extension(entry.name).lower(),
        "s": lambda entry: entry.size,
        "d": lambda entry: entry.modified,
        "g": lambda entry: not entry.is_dir,
    }
    steps: list[tuple[str, bool]] = []
    descending = False
    for letter in options.order:
        if letter == "-":
            descending = True
        elif letter in keys:
            steps.append((letter, descending))
            descending = False
    for letter, reverse in reversed(steps):
        entries = sorted(entries, key=keys[letter], reverse=reverse)
    return entries


def _say_entries(shell: Interpreter, folder: str, entries: list[Entry], options: Options, totals: Totals) -> None:
    if options.bare:
        for entry in entries:
            if entry.name not in (".", ".."):
                name = winpath.join(folder, entry.name) if options.recursive else entry.name
                shell.say(name.lower() if options.lower else name)
        return
    shell.say()
    shell.say(message(shell.locale, "directory_of", folder))
    shell.say()
    count = size = 0
    for entry in entries:
        name = entry.name.lower() if options.lower else entry.name
        column = "<DIR>         " if entry.is_dir else f"{grouped(shell, entry.size):>17}"
        column = f"   {column}" if entry.is_dir else column
        shell.say(f"{file_time(shell.locale, entry.modified)} {column} {name}" if not options.wide else name)
        if entry.is_dir:
            totals.folders += 1
        else:
            count += 1
            size += entry.size
    totals.files += count
    totals.size += size
    if options.recursive:
        shell.say(message(shell.locale, "dir_files", count, grouped(shell, size)))


def grouped(shell: Interpreter, number: int) -> str:
    """A number with the language's thousands separator."""
    separator = {"de-DE": ".", "ru-RU": "\xa0"}.get(shell.locale, ",")
    return f"{number:,}".replace(",", separator)


def _say_totals(shell: Interpreter, options: Options, totals: Totals, arguments: int) -> None:
    if options.recursive or arguments > 1:
        shell.say()
        shell.say(message(shell.locale, "dir_total"))
    shell.say(message(shell.locale, "dir_files", totals.files, grouped(shell, totals.size)))
    shell.say(message(shell.locale, "dir_free", totals.folders, grouped(shell, shell.machine.files.free)))
