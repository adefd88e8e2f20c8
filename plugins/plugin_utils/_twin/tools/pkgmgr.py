# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""pkgmgr.exe 6.0 (private to this collection): the package manager that NT 6.0 has instead of DISM.

``/n:<answer file> [/s:<sandbox>]``, ``/ip /m:<folder or .mum or .cab>``, ``/up:<package name>``, ``/quiet``,
``/norestart``, ``/l:<log>``. It writes nothing to the console. The sandbox is used as it is found: a second package
in the same one does not replace the files of the first, and is lost (KB 932224).
"""

from __future__ import annotations

import contextlib
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

from ..cab import CabError, Cabinet
from ..files import DiskFull, FileError
from ..mishaps import FOR_EVER, Mishap
from ..packages import STAND_IN, BadPackage, Identity, Package, from_folder, from_stand_in, identity_of
from ..process import Process, Tool
from ..servicing import (
    ALREADY_INSTALLED,
    CBS_NOT_APPLICABLE,
    DISK_FULL,
    INVALID_PACKAGE,
    NOT_APPLICABLE,
    REBOOT_REQUIRED,
    UNKNOWN_PACKAGE,
    Refused,
)
from ..standalone import signed
from .common import resolve

_UNATTEND = "urn:schemas-microsoft-com:unattend"
_ASM3 = "urn:schemas-microsoft-com:asm.v3"
INVALID_PARAMETER = 0x80070057
FILE_NOT_FOUND = 0x80070002
PATH_NOT_FOUND = 0x80070003
ACCESS_DENIED = 0x80070005
INVALID_DATA = 0x8007000D


@dataclass
class _Options:
    switches: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Order:
    action: str
    identity: Identity | None
    source: str


def pkgmgr(process: Process) -> int:
    """Run pkgmgr.exe: 0, 3010, or an HRESULT as a signed number."""
    options = _read(process.arguments)
    if options is None:
        return signed(INVALID_PARAMETER)
    try:
        if not process.account.administrator:
            raise Refused(ACCESS_DENIED, "the operation requires elevation")
        code = _run(process, options)
    except Refused as refused:
        code = refused.code
        _log(process, options, f"Failed. Error code = 0x{refused.code:08X}: {refused}")
    _log(process, options, f"The return code is 0x{code:08X}.")
    if code == REBOOT_REQUIRED and "norestart" not in options.switches:
        process.machine.schedule_shutdown(0, True, "Package Manager")
    return signed(_as_reported(process, code))


def _as_reported(process: Process, code: int) -> int:
    """LegacyUpdate reads update-agent codes from pkgmgr (facts: servicing 4); CBS has its own: a knob decides."""
    if process.machine.knobs.get("pkgmgr_codes", "wua") == "cbs":
        return {ALREADY_INSTALLED: 0, NOT_APPLICABLE: CBS_NOT_APPLICABLE}.get(code, code)
    return code


def _read(arguments: list[str]) -> _Options | None:
    options = _Options()
    for argument in arguments:
        match = re.fullmatch(r"[/-]([a-zA-Z]+)(?::(.*))?", argument, re.DOTALL)
        if match is None:
            return None
        name, value = match[1].lower(), match[2]
        if name in ("quiet", "norestart", "ip") and value is None:
            options.switches.add(name)
        elif name in ("n", "s", "m", "p", "l", "up") and value:
            options.values[name] = value.strip('"')
        else:
            return None
    wanted = [name for name in ("n", "up") if name in options.values] + ["ip"] * ("ip" in options.switches)
    if len(wanted) != 1 or ("ip" in options.switches and "m" not in options.values):
        return None
    return options


def _log(process: Process, options: _Options, text: str) -> None:
    path = options.values.get("l")
    if not path:
        return
    line = f"{process.machine.clock.now():%Y-%m-%d %H:%M:%S}, Info                  PKGMGR {text}\r\n"
    with contextlib.suppress(FileError):
        process.machine.files.write(resolve(process, path), line.encode("utf-8"), append=True)


def _run(process: Process, options: _Options) -> int:
    if "up" in options.values:
        return process.machine.store.uninstall(options.values["up"], process.sleep)
    if "ip" in options.switches:
        path = resolve(process, options.values["m"])
        return _install(process, options, _load(process, path, None), None)
    answer = resolve(process, options.values["n"])
    return _answer(process, options, answer)


def _answer(process: Process, options: _Options, answer: str) -> int:
    try:
        data = process.machine.files.read(answer)
    except FileError as error:
        raise Refused(
            PATH_NOT_FOUND if error.code == 3 else FILE_NOT_FOUND, f"the answer file {answer} cannot be read"
        ) from None
    folder = answer.rpartition("\\")[0]
    sandbox = (
        resolve(process, options.values["s"])
        if "s" in options.values
        else f"{process.machine.windows_directory}\\TEMP\\pkgmgr"
    )
    result = 0
    orders = read_answer(data)
    for index, order in enumerate(orders):
        if order.action in ("remove", "uninstall"):
            if order.identity is None:
                raise Refused(INVALID_DATA, "the answer file names no package")
            code = process.machine.store.uninstall(str(order.identity), process.sleep)
        else:
            place = sandbox if len(orders) == 1 else f"{sandbox}\\{index}"
            source = re.sub(r"%configsetroot%", lambda _match: folder, order.source, flags=re.IGNORECASE)
            code = _install(process, options, _load(process, resolve(process, source), place), order.identity)
        result = code or result
    return result


def _mishap(process: Process, package: Package) -> Mishap | None:
    """Let go wrong what is due: a hang, or a code that comes instead of the work (or, `done`, beside it)."""
    if process.machine.mishaps.take("hang", package.kb):
        process.sleep(FOR_EVER)
    return process.machine.mishaps.take("pkgmgr", package.kb)


def read_answer(data: bytes) -> list[_Order]:
    """Return what an answer file orders; raises `Refused` for one that is none."""
    try:
        root = ET.fromstring(data)
    except ET.ParseError as error:
        raise Refused(INVALID_DATA, f"the answer file is no XML: {error}") from None
    orders = []
    for element in root.iter(f"{{{_UNATTEND}}}package"):
        found = element.find(f"{{{_UNATTEND}}}assemblyIdentity")
        found = found if found is not None else element.find(f"{{{_ASM3}}}assemblyIdentity")
        source = element.find(f"{{{_UNATTEND}}}source")
        try:
            identity = identity_of(found) if found is not None else None
        except BadPackage as error:
            raise Refused(INVALID_DATA, str(error)) from None
        orders.append(
            _Order(
                element.get("action", "install").lower(),
                identity,
                source.get("location", "") if source is not None else "",
            )
        )
    if not orders:
        raise Refused(INVALID_DATA, "the answer file orders nothing")
    return orders


def _load(process: Process, path: str, sandbox: str | None) -> Package:
    """Return the package at a path: a .cab, a folder with an expanded one, or its .mum."""
    files = process.machine.files
    try:
        if files.is_dir(path):
            return from_folder(_folder(process, path))
        if path.lower().endswith(".mum"):
            return from_folder(_folder(process, path.rpartition("\\")[0]))
        data = files.read(path)
    except FileError as error:
        raise Refused(PATH_NOT_FOUND if error.code == 3 else FILE_NOT_FOUND, f"{path} cannot be read") from None
    except BadPackage as error:
        raise Refused(INVALID_PACKAGE, str(error)) from None
    try:
        if data.startswith(STAND_IN):
            return from_stand_in(data)
        held = _unpack(process, Cabinet(data), sandbox) if sandbox else dict(_members(Cabinet(data)))
        return from_folder(held)
    except CabError as error:
        raise Refused(INVALID_PACKAGE, f"{path}: {error}") from None
    except BadPackage as error:
        raise Refused(INVALID_PACKAGE, f"{path}: {error}") from None


def _members(cabinet: Cabinet) -> list[tuple[str, bytes]]:
    return [(member.name.lower(), content) for member, content in cabinet.extract()]


def _folder(process: Process, path: str) -> dict[str, bytes]:
    files = process.machine.files
    names = [entry.name for entry in files.list_dir(path) if not entry.is_dir]
    return {
        name.lower(): files.read(f"{path}\\{name}") for name in names if name.lower() in ("update.mum", "twin.json")
    }


def _unpack(process: Process, cabinet: Cabinet, sandbox: str) -> dict[str, bytes]:
    """Unpack into the sandbox as it is found: what lies there already stays, and is what gets installed."""
    files = process.machine.files
    try:
        files.make_dir(sandbox)
        for name, content in _members(cabinet):
            path = f"{sandbox}\\{name}"
            if not files.exists(path):
                files.make_dir(path.rpartition("\\")[0])
                files.write(path, content)
    except DiskFull:
        raise Refused(DISK_FULL, "there is not enough space on the disk for the sandbox") from None
    except FileError as error:
        raise Refused(0x80070000 | error.code, f"the sandbox {sandbox} cannot be used") from None
    return _folder(process, sandbox)


def _install(process: Process, options: _Options, package: Package, wanted: Identity | None) -> int:
    if wanted is not None and str(wanted) != package.identity:
        _log(process, options, f"The package in the sandbox is {package.identity}, not {wanted}.")
        if wanted.kb == package.kb:
            raise Refused(UNKNOWN_PACKAGE, f"the answer file names {wanted} and the cabinet holds {package.identity}")
    _log(process, options, f"Installing {package.identity}.")
    mishap = _mishap(process, package)
    if mishap is None:
        return process.machine.store.install(package, process.sleep)
    if mishap.done:
        process.machine.store.install(package, process.sleep)
    raise Refused(mishap.code, "the package manager lost its service")


TOOLS: dict[str, Tool] = {"pkgmgr": pkgmgr}
