# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Profiles of people on the twin (private to this collection): hives in files, and those that a snapshot saw.

Whoever logs on for the first time gets a copy of the folder that ProfileList calls Default, hive included ("User
profiles", Win32 documentation of ``userenv``). The hive of somebody who is not logged on lies in his folder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .files import FileSystem
from .registry import Registry
from .tools import reg_hive
from .tools.common import encode16
from .tools.regfile import HEADER

if TYPE_CHECKING:
    from .machine import Machine

_PERSON = re.compile(r"^S-1-5-21(-\d+){4}$", re.IGNORECASE)
DEFAULT = "Default"
# Keys that every profile has from the start, without values that anything here asks for.
_KEYS = ("Control Panel", "Control Panel\\Desktop", "Environment", "Software", "Software\\Microsoft")


def stock(files: FileSystem) -> None:
    """Put the profile of the next new user where Windows has it."""
    folder = f"{files.drive}\\Users\\{DEFAULT}"
    files.make_dir(folder)
    keys = "".join(f"[{reg_hive.ROOT}\\{key}]\r\n\r\n" for key in _KEYS)
    files.write(f"{folder}\\NTUSER.DAT", encode16(f"{HEADER}\r\n\r\n[{reg_hive.ROOT}]\r\n\r\n{keys}"))


def seed(machine: Machine, answers: Mapping[str, Any]) -> None:
    """Give the machine the profiles of a snapshot: what it saw below ``HKU`` of one not loaded goes into his file."""
    for profile in answers.get("profiles") or ():
        sid, path = str(profile["sid"]), str(profile["path"])
        folder = re.sub("^%SystemDrive%", lambda _match: machine.files.drive, path, flags=re.IGNORECASE)
        if _PERSON.match(sid):
            machine.registry.set(f"{reg_hive.PROFILE_LIST}\\{sid}", "ProfileImagePath", "REG_EXPAND_SZ", path)
        elif sid != DEFAULT:
            continue
        if not profile.get("loaded"):
            _put_away(machine, sid, folder)
        elif not machine.registry.key_exists(f"HKU\\{sid}"):
            machine.registry.mount(f"HKU\\{sid}")


def _put_away(machine: Machine, sid: str, folder: str) -> None:
    registry: Registry = machine.registry
    if not registry.key_exists(f"HKU\\{sid}"):
        registry.mount(f"HKU\\{sid}")
    machine.files.make_dir(folder)
    machine.files.write(f"{folder}\\NTUSER.DAT", reg_hive.hive_of(machine, f"HKU\\{sid}"))
    registry.delete_key(f"HKU\\{sid}")
