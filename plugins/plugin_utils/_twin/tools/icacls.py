# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""icacls.exe (private to this collection): shows and changes the access entries of files.

The own entries of a file are kept as SDDL (`access.kept`), or entry for entry as ``SID|flags|rights`` (``N`` in front
of the rights denies), ``P`` before them for a list that nothing is inherited into. What a file inherits is worked out
from the folders above it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from .. import access
from ..cmd_texts import win32_error
from ..process import Process
from ..winpath import split
from . import icacls_save
from .icacls_entries import SIMPLE, Ace
from .textfiles import expand, missing
from .texts import Text

_DONE = Text(
    "Successfully processed {0} files; Failed processing {1} files",
    "{0} Dateien erfolgreich verarbeitet, bei {1} Dateien ist ein Verarbeitungsfehler aufgetreten.",
    "Успешно обработано {0} файлов; не удалось обработать {1} файлов",
)
_PROCESSED = Text("processed file: {0}", "Bearbeitete Datei: {0}", "обработанный файл: {0}")
_INVALID = Text('Invalid parameter "{0}"', 'Ungültiger Parameter "{0}"', 'Недопустимый параметр "{0}"')
_NO_NAME = Text(
    "{0}: No mapping between account names and security IDs was done.",
    "{0}: Zuordnungen von Kontennamen und Sicherheitskennungen wurden nicht durchgeführt.",
    "{0}: Сопоставление между именами пользователей и идентификаторами безопасности не было произведено.",
)
_SPECIFIC = {"DE", "RC", "WDAC", "WO", "S", "AS", "MA", "GR", "GW", "GE", "GA"} | (
    {"RD", "WD", "AD", "REA", "WEA", "X", "DC", "RA", "WA"}
)
_INVALID_PARAMETER, _NONE_MAPPED = 87, 1332


# What setup leaves on the volume's root, and on ProgramData, of NT 6.0 (order as icacls prints it; from memory).
_ROOT = (
    Ace("S-1-5-32-544", (), "F"),
    Ace("S-1-5-32-544", ("OI", "CI", "IO"), "F"),
    Ace("S-1-5-18", (), "F"),
    Ace("S-1-5-18", ("OI", "CI", "IO"), "F"),
    Ace("S-1-5-32-545", ("OI", "CI"), "RX"),
    Ace("S-1-5-32-545", ("CI",), "AD"),
    Ace("S-1-5-32-545", ("CI", "IO"), "WD"),
    Ace("S-1-3-0", ("OI", "CI", "IO"), "F"),
)
_PROGRAM_DATA = (
    Ace("S-1-5-18", ("OI", "CI"), "F"),
    Ace("S-1-5-32-544", ("OI", "CI"), "F"),
    Ace("S-1-3-0", ("OI", "CI", "IO"), "F"),
    Ace("S-1-5-32-545", ("OI", "CI"), "RX"),
    Ace("S-1-5-32-545", ("CI",), "WD,AD,WEA,WA"),
)


def own_entries(process: Process, path: str) -> tuple[list[Ace], bool]:
    """The file's own entries and whether it is cut off from those above."""
    held = process.machine.files.acl(path)
    if held is None:
        if len(path) <= 3:
            return list(_ROOT), True
        return (list(_PROGRAM_DATA), True) if path.lower()[2:] == "\\programdata" else ([], False)
    if held[:1] and held[0].startswith("D:"):
        listed = icacls_save.read(held[0])
        return listed, icacls_save.is_protected(held[0]) or len(path) <= 3
    protected = held[:1] == ("P",)
    return [Ace.parse(text) for text in held[protected:]], protected or len(path) <= 3


def entries(process: Process, path: str) -> list[Ace]:
    """Own entries first, then the inherited ones."""
    own, protected = own_entries(process, path)
    if protected:
        return own
    to_folder = process.machine.files.is_dir(path)
    return own + [passed for ace in entries(process, split(path)[0]) for passed in ace.passed_on(to_folder)]


def _keep(process: Process, path: str, own: list[Ace], protected: bool) -> None:
    mine = [ace for ace in own if not ace.inherited]
    process.machine.files.set_acl(path, (access.kept(icacls_save.descriptor(mine, protected)),))


class _Wrong(Exception):
    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.text = text
        self.code = code


@dataclass
class _Call:
    pattern: str = ""
    recursive: bool = False
    quiet: bool = False
    go_on: bool = False
    actions: tuple[tuple[str, str, Ace | None], ...] = ()

    def add(self, kind: str, value: str, ace: Ace | None = None) -> None:
        self.actions += ((kind, value, ace),)


def _parse(process: Process) -> _Call:
    call = _Call()
    words = list(process.arguments)
    if not words:
        return call
    call.pattern = words.pop(0)
    mode = ""
    for word in words:
        lowered = word.lower()
        if lowered in ("/t", "/q", "/c", "/l"):
            call.recursive = call.recursive or lowered == "/t"
            call.quiet = call.quiet or lowered == "/q"
            call.go_on = call.go_on or lowered == "/c"
            mode = ""
        elif re.fullmatch(r"/inheritance:[edr]", lowered):
            call.add("inheritance", lowered[-1])
        elif lowered == "/reset":
            call.add("reset", "")
        elif re.fullmatch(r"/(grant(:r)?|deny|remove(:[gd])?|setowner|findsid|verify|save|restore)", lowered):
            mode = lowered
        elif word.startswith("/") or not mode:
            raise _Wrong(_INVALID(process, word), _INVALID_PARAMETER)
        elif mode.startswith(("/grant", "/deny")):
            call.add(mode, "", _ace(process, word, mode == "/deny"))
        elif mode.startswith("/remove"):
            call.add("remove", _sid(process, word))
        elif mode == "/save":
            call.add("save", word)
            mode = ""
        else:
            mode = ""  # an owner, or a file of saved entries to restore: accepted, not modelled
    return call


def _sid(process: Process, name: str) -> str:
    sid = process.machine.accounts.resolve(name)
    if sid is None:
        raise _Wrong(_NO_NAME(process, name), _NONE_MAPPED)
    return sid


def _ace(process: Process, text: str, deny: bool) -> Ace:
    match = re.fullmatch(r"(\*?[^:]+):((?:\((?:OI|CI|IO|NP|I)\))*)\(?([A-Za-z,]+)\)?", text, re.IGNORECASE)
    if not match:
        raise _Wrong(_INVALID(process, text), _INVALID_PARAMETER)
    rights = match[3].upper()
    known = rights in SIMPLE or all(part in _SPECIFIC for part in rights.split(","))
    if not known:
        raise _Wrong(_INVALID(process, text), _INVALID_PARAMETER)
    flags = re.findall(r"OI|CI|IO|NP", match[2].upper())
    return Ace(_sid(process, match[1]), tuple(flag for flag in ("OI", "CI", "IO", "NP") if flag in flags), rights, deny)


def run(process: Process) -> int:
    """``icacls path [/grant[:r] user:rights] [/deny ...] [/remove user] [/inheritance:e|d|r] [/reset] [/t]``."""
    try:
        call = _parse(process)
    except _Wrong as problem:
        process.complain(problem.text)
        if problem.code == _NONE_MAPPED:
            process.say(_DONE(process, 0, 1))
        return problem.code
    if not call.pattern:
        process.say("ICACLS name /save aclfile [/T] [/C] [/L] [/Q]")
        return 0
    found = expand(process, call.pattern, folders=True)
    if not found:
        code = missing(process, call.pattern)
        process.complain(f"{call.pattern}: {win32_error(process.machine.locale, code)}")
        process.say(_DONE(process, 0, 1))
        return code
    if call.recursive:
        found = [pair for shown, path in found for pair in _tree(process, shown, path)]
    for shown, path in found:
        process.sleep(0)
        if not call.actions:
            _show(process, shown, path)
            continue
        for action in call.actions:
            if action[0] == "save":
                icacls_save.save(process, action[1], path, entries(process, path), own_entries(process, path)[1])
            else:
                _change(process, path, *action)
        if not call.quiet:
            process.say(_PROCESSED(process, shown))
    if not call.quiet:
        process.say(_DONE(process, len(found), 0))
    return 0


def _tree(process: Process, shown: str, path: str) -> list[tuple[str, str]]:
    if not process.machine.files.is_dir(path):
        return [(shown, path)]
    return [(shown, path), *expand(process, path.rstrip("\\") + "\\*", recursive=True, folders=True)]


def _change(process: Process, path: str, kind: str, value: str, ace: Ace | None) -> None:
    own, protected = own_entries(process, path)
    if kind == "inheritance":
        if value == "d" and not protected:
            own = [replace(entry, inherited=False) for entry in entries(process, path)]
        protected = value != "e"
    elif kind == "reset":
        process.machine.files.set_acl(path, None)
        return
    elif kind == "remove":
        own = [entry for entry in own if entry.sid != value]
    elif ace is not None:
        if kind == "/grant:r":
            own = [entry for entry in own if entry.sid != ace.sid or entry.deny]
        own = [entry for entry in own if entry != ace]
        own.insert(0, ace)
    _keep(process, path, own, protected)


def _show(process: Process, shown: str, path: str) -> None:
    indent = " " * (len(shown) + 1)
    lines = [_name(process, ace.sid) + ":" + _flags(ace) for ace in entries(process, path)]
    if not lines:
        process.say(shown)
    for number, line in enumerate(lines):
        process.say((indent if number else shown + " ") + line)
    process.say()


def _name(process: Process, sid: str) -> str:
    found = process.machine.accounts.lookup(sid)
    if found is None:
        services = (one.name for one in process.machine.services.list())
        return next((f"NT SERVICE\\{name}" for name in services if access.service_sid(name) == sid), sid)
    return f"{found[0]}\\{found[1]}" if found[0] else found[1]


def _flags(ace: Ace) -> str:
    parts = ["I"] if ace.inherited else []
    parts += [*ace.flags]
    parts += ["DENY"] if ace.deny else []
    return "".join(f"({part})" for part in [*parts, "F" if ace.rights == "GA" else ace.rights])


TOOLS = {"icacls": run}
