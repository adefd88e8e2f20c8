# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Installers that are programs of their own (private to this collection): the service pack's .exe.

Such a program is an executable with a cabinet behind it. A synthetic one holds ``twin.json``; of a real one
the twin reads the KB number in its name and the processor in its PE header.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from .cab import CabError, find_cabinet
from .files import FileError
from .packages import BadPackage, Identity, Package, described, from_folder, known_packages
from .process import Process, Tool
from .servicing import CBS_NOT_APPLICABLE, NOT_APPLICABLE, Refused

if TYPE_CHECKING:
    from .machine import Machine

_MACHINES = {0x8664: "amd64", 0x014C: "x86", 0x0200: "ia64"}
BAD_EXE_FORMAT = 193
ACCESS_DENIED = 5


def signed(code: int) -> int:
    """Return an exit code as cmd.exe shows it: 32 bits, signed."""
    code &= 0xFFFFFFFF
    return code - 0x100000000 if code & 0x80000000 else code


def pe_machine(data: bytes) -> str | None:
    """Return the processor of a PE program in CBS's words, None when it is no such program."""
    try:
        (start,) = struct.unpack_from("<I", data, 0x3C)
        signature, machine = struct.unpack_from("<4sH", data, start)
    except struct.error:
        return None
    return _MACHINES.get(machine) if data[:2] == b"MZ" and signature == b"PE\0\0" else None


def _package(data: bytes, path: str) -> Package | None:
    cabinet = find_cabinet(data)
    if cabinet is not None:
        try:
            held = {member.name.lower(): content for member, content in cabinet.extract()}
        except CabError:
            held = {}
        if "update.mum" in held:
            return from_folder(held)
    match = re.search(r"kb\d{6,7}", path.rpartition("\\")[2], re.IGNORECASE)
    kb = match[0].upper() if match else ""
    arch = pe_machine(data)
    if known_packages().get(kb, {}).get("kind") != "service_pack" or arch is None:
        return None
    return described(Identity(f"VistaSP2-{kb}", "6.0.1.18005", arch), known_packages()[kb])


def find_standalone(machine: Machine, path: str) -> Tool | None:
    """Return the program that an executable file of the twin's disk is, None when it is no installer the twin knows."""
    try:
        data = machine.files.read(path)
    except FileError:
        return None
    if data[:2] != b"MZ" or len(data) < 64:
        return None
    try:
        package = _package(data, path)
    except BadPackage:
        return None
    if package is None:
        return None

    def run(process: Process) -> int:
        return _install(process, package, pe_machine(data))

    return run


def _install(process: Process, package: Package, processor: str | None) -> int:
    machine = process.machine
    if processor == "amd64" and machine.arch == "x86":
        return BAD_EXE_FORMAT  # the loader does not even start it
    if not process.account.administrator:
        return ACCESS_DENIED
    options = {argument.lower().lstrip("-/") for argument in process.arguments}
    try:
        code = machine.store.install(package, process.sleep, "Service Pack Installer")
    except Refused as refused:
        return signed(NOT_APPLICABLE if refused.code == CBS_NOT_APPLICABLE else refused.code)
    if code == 3010 and "norestart" not in options:
        machine.schedule_shutdown(0, True, f"{package.kb} was installed")
        return 1641
    return code
