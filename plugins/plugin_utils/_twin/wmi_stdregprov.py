# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""StdRegProv (private to this collection): the registry by WMI, in root/default and since Vista in root/cimv2.

Return values are win32 codes (0, 2 no such key or value, 5 denied, 6 bad hive), and the WBEM number of a
type mismatch when a value has another type than the method reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from . import access
from .process import Account
from .registry import TYPE_NUMBERS, RegData, RegistryError
from .wmi_arguments import Arguments
from .wmi_errors import TYPE_MISMATCH

if TYPE_CHECKING:
    from .machine import Machine

_HIVES = {0x80000000: "HKCR", 0x80000001: "HKCU", 0x80000002: "HKLM", 0x80000003: "HKU", 0x80000005: "HKCC"}
_MISSING, _DENIED, _BAD_HANDLE, _BAD_PARAMETER = 2, 5, 6, 87
Answer = dict[str, object]


class _Refused(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def _path(machine: Machine, account: Account, given: Arguments, write: bool = False) -> str:
    handle = given.number("hDefKey")
    hive = _HIVES.get(0x80000002 if handle is None else handle & 0xFFFFFFFF)
    if hive is None:
        raise _Refused(_BAD_HANDLE)
    name = (given.text("sSubKeyName") or "").strip("\\")
    path = f"{hive}\\{name}" if name else hive
    if hive == "HKCU":
        path = "\\".join(["HKU", account.sid, *([name] if name else [])])
    closed = path.upper().startswith(("HKLM\\SECURITY", "HKLM\\SAM\\SAM"))
    own = hive == "HKCU"
    if (closed and account.sid != "S-1-5-18") or (write and not account.administrator and not own):
        raise _Refused(_DENIED)
    return path


def _guarded(run: Callable[[Machine, Account, Arguments], Answer], *outputs: str) -> Callable[..., Answer]:
    def call(machine: Machine, account: Account, _instance: Mapping[str, object], given: Arguments) -> Answer:
        try:
            answer = run(machine, account, given)
        except _Refused as refused:
            answer = {"ReturnValue": refused.code}
        except RegistryError as error:
            answer = {"ReturnValue": error.code}
        return {**{name: answer.get(name) for name in outputs}, "ReturnValue": answer["ReturnValue"]}

    return call


def _reader(kinds: tuple[str, ...], output: str, shape: Callable[[Machine, RegData], object]) -> Callable[..., Answer]:
    def run(machine: Machine, account: Account, given: Arguments) -> Answer:
        path = _path(machine, account, given)
        value = machine.registry.get(path, given.text("sValueName") or "")
        if value is None:
            return {"ReturnValue": _MISSING}
        if value.type not in kinds:
            return {"ReturnValue": TYPE_MISMATCH}
        return {output: shape(machine, value.data), "ReturnValue": 0}

    return _guarded(run, output)


def _writer(kind: str, take: Callable[[Arguments], RegData]) -> Callable[..., Answer]:
    def run(machine: Machine, account: Account, given: Arguments) -> Answer:
        path = _path(machine, account, given, write=True)
        if not machine.registry.key_exists(path):
            return {"ReturnValue": _MISSING}  # the provider opens the key, it does not make it
        machine.registry.set(path, given.text("sValueName") or "", kind, take(given))
        return {"ReturnValue": 0}

    return _guarded(run)


def _create_key(machine: Machine, account: Account, given: Arguments) -> Answer:
    machine.registry.create_key(_path(machine, account, given, write=True))
    return {"ReturnValue": 0}


def _delete_key(machine: Machine, account: Account, given: Arguments) -> Answer:
    path = _path(machine, account, given, write=True)
    if machine.registry.subkeys(path):
        return {"ReturnValue": _DENIED}  # RegDeleteKey does not delete a key that has keys below it
    return {"ReturnValue": 0 if machine.registry.delete_key(path) else _MISSING}


def _delete_value(machine: Machine, account: Account, given: Arguments) -> Answer:
    path = _path(machine, account, given, write=True)
    return {"ReturnValue": 0 if machine.registry.delete_value(path, given.text("sValueName") or "") else _MISSING}


def _enum_key(machine: Machine, account: Account, given: Arguments) -> Answer:
    names = machine.registry.subkeys(_path(machine, account, given))
    return {"ReturnValue": _MISSING} if names is None else {"sNames": names or None, "ReturnValue": 0}


def _enum_values(machine: Machine, account: Account, given: Arguments) -> Answer:
    values = machine.registry.values(_path(machine, account, given))
    if values is None:
        return {"ReturnValue": _MISSING}
    numbers: list[object] = [TYPE_NUMBERS[value.type] for value in values.values()]
    return {"sNames": list(values) or None, "Types": numbers or None, "ReturnValue": 0}


def _check_access(machine: Machine, account: Account, given: Arguments) -> Answer:
    path = _path(machine, account, given)
    if not machine.registry.key_exists(path):
        return {"bGranted": False, "ReturnValue": _MISSING}
    wanted = given.number("uRequired") or 3
    granted = account.administrator or not wanted & 0x000D0006  # set value, create subkey, delete, write DAC and owner
    return {"bGranted": granted, "ReturnValue": 0 if granted else _DENIED}


def _get_security(machine: Machine, account: Account, given: Arguments) -> Answer:
    path = _path(machine, account, given)
    if not machine.registry.key_exists(path):
        return {"ReturnValue": _MISSING}

    def name_of(sid: str) -> tuple[str, str]:
        return machine.accounts.lookup(sid) or ("", "")

    return {"Descriptor": access.embedded(access.of_key(machine.registry, path), name_of), "ReturnValue": 0}


def _binary(given: Arguments) -> RegData:
    return bytes(number & 0xFF for number in given.numbers("uValue") or [])


def _dword(given: Arguments) -> RegData:
    number = given.number("uValue")
    return 3 if number is None else number  # the documented default of uValue


def _text(given: Arguments) -> RegData:
    return given.text("sValue") or ""


def _texts(given: Arguments) -> RegData:
    return list(given.texts("sValue") or [])


def _expanded(machine: Machine, data: RegData) -> object:
    return machine.expand_system(str(data))


def _plain(_machine: Machine, data: RegData) -> object:
    return list(data) if isinstance(data, bytes) else data


METHODS: dict[str, Callable[..., Answer]] = {
    "CreateKey": _guarded(_create_key),
    "DeleteKey": _guarded(_delete_key),
    "DeleteValue": _guarded(_delete_value),
    "EnumKey": _guarded(_enum_key, "sNames"),
    "EnumValues": _guarded(_enum_values, "sNames", "Types"),
    "GetSecurityDescriptor": _guarded(_get_security, "Descriptor"),
    "CheckAccess": _guarded(_check_access, "bGranted"),
    "GetDWORDValue": _reader(("REG_DWORD",), "uValue", _plain),
    "GetQWORDValue": _reader(("REG_QWORD",), "uValue", _plain),
    "GetStringValue": _reader(("REG_SZ",), "sValue", _plain),
    "GetExpandedStringValue": _reader(("REG_EXPAND_SZ",), "sValue", _expanded),
    "GetMultiStringValue": _reader(("REG_MULTI_SZ",), "sValue", _plain),
    "GetBinaryValue": _reader(("REG_BINARY",), "uValue", _plain),
    "SetDWORDValue": _writer("REG_DWORD", _dword),
    "SetQWORDValue": _writer("REG_QWORD", _dword),
    "SetStringValue": _writer("REG_SZ", _text),
    "SetExpandedStringValue": _writer("REG_EXPAND_SZ", _text),
    "SetMultiStringValue": _writer("REG_MULTI_SZ", _texts),
    "SetBinaryValue": _writer("REG_BINARY", _binary),
}
