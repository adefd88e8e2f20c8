# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``reg load`` and ``reg unload`` of the twin (private to this collection): a hive in a file, hung under a root.

The twin's hive file is the text of a registration file. As on Windows a hive goes right below HKLM or HKU, one file can
be loaded once only, what is written while it is loaded is in the file when it is unloaded, and both need the privileges
of an administrator. A profile's own hive is in use while its user is logged on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..files import FileError
from . import texts
from .common import BOM16, elevated, encode16, resolve
from .reg_base import INVALID_KEY, NOT_FOUND, Refused, find_key
from .regfile import NotARegistryFile, parse, render
from .texts import win32

if TYPE_CHECKING:
    from ..machine import Machine
    from ..process import Process

ROOT = "HKEY_USERS\\hive"
PROFILE_LIST = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList"
_NO_PRIVILEGE, _IN_USE, _NOT_A_HIVE, _BAD_KEY = 1314, 32, 1009, 87


def _fail(process: Process, code: int) -> Refused:
    return Refused(texts.ERROR(process) + " " + win32(process, code))


def _place(process: Process, typed: str, operation: str) -> str:
    if not elevated(process):
        raise _fail(process, _NO_PRIVILEGE)
    key = find_key(process, typed, operation).real
    if key.count("\\") != 1 or key.partition("\\")[0] not in ("HKLM", "HKU"):
        raise Refused(INVALID_KEY(process, operation + " "))
    return key


def _loaded(process: Process) -> dict[str, str]:
    held: dict[str, str] = process.machine.knobs.setdefault("hives", {})
    return held


def _in_use(process: Process, path: str) -> bool:
    """Say whether a user who is logged on, or another load, holds the file."""
    registry = process.machine.registry
    folder = path.casefold().removesuffix("\\ntuser.dat")
    for sid in registry.subkeys(PROFILE_LIST) or []:
        named = str(registry.data(f"{PROFILE_LIST}\\{sid}", "ProfileImagePath", ""))
        named = named.replace("%SystemDrive%", process.machine.windows_directory[:2])
        if named.casefold() == folder and registry.key_exists(f"HKU\\{sid}"):
            return True
    return path.casefold() in (held.casefold() for held in _loaded(process).values())


def load(process: Process, arguments: Sequence[str]) -> int:
    """``REG LOAD key file``."""
    if len(arguments) != 2:
        raise Refused(INVALID_KEY(process, "LOAD "))
    key, path = _place(process, arguments[0], "LOAD"), resolve(process, arguments[1])
    registry = process.machine.registry
    if registry.key_exists(key) or _in_use(process, path):
        raise _fail(process, _IN_USE)
    try:
        edits = parse(process.machine.files.read(path).removeprefix(BOM16).decode("utf-16-le"))
    except FileError as error:
        raise _fail(process, error.code) from error
    except (NotARegistryFile, UnicodeDecodeError) as error:
        raise _fail(process, _NOT_A_HIVE) from error
    registry.mount(key)
    for edit in edits:
        below = key + edit.key.removeprefix(ROOT)
        if edit.name is None:
            registry.create_key(below)
        elif edit.value is not None:
            registry.set(below, edit.name, edit.value.type, edit.value.data)
    _loaded(process)[key] = path
    process.say(texts.DONE(process))
    return 0


def unload(process: Process, arguments: Sequence[str]) -> int:
    """``REG UNLOAD key``: the file gets what the hive holds now."""
    if len(arguments) != 1:
        raise Refused(INVALID_KEY(process, "UNLOAD "))
    key = _place(process, arguments[0], "UNLOAD")
    mounted = next((held for held in _loaded(process) if held.casefold() == key.casefold()), None)
    if mounted is None:
        raise Refused(NOT_FOUND(process)) if not process.machine.registry.key_exists(key) else _fail(process, _BAD_KEY)
    machine, path = process.machine, _loaded(process).pop(mounted)
    held = hive_of(machine, key)
    if machine.files.read(path) != held:  # a hive that nobody wrote to is not written back
        machine.files.write(path, held)
    machine.registry.delete_key(key)
    if not _loaded(process):
        del machine.knobs["hives"]
    process.say(texts.DONE(process))
    return 0


def hive_of(machine: Machine, key: str) -> bytes:
    """Return a key and all below it as the twin's hive file."""
    return encode16(render(machine.registry, key, ROOT))
