# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every operation of the twin's reg.exe needs (private to this collection): keys, switches, refusals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..process import Logon
from ..registry import HIVES, LONG_HIVES, RegValue
from . import texts
from .common import elevated
from .texts import Text

if TYPE_CHECKING:
    from ..process import Process

INVALID_SYNTAX = Text(
    'ERROR: Invalid syntax.\nType "REG {0}/?" for usage.',
    'FEHLER: Ungültige Syntax.\nGeben Sie "REG {0}/?" ein, um die Syntax anzuzeigen.',
    'ОШИБКА: Неверный синтаксис.\nВведите "REG {0}/?" для получения справки по использованию.',
)
INVALID_KEY = Text(
    'ERROR: Invalid key name.\nType "REG {0}/?" for usage.',
    'FEHLER: Ungültiger Schlüsselname.\nGeben Sie "REG {0}/?" ein, um die Syntax anzuzeigen.',
    'ОШИБКА: Неверное имя раздела.\nВведите "REG {0}/?" для получения справки по использованию.',
)
NOT_FOUND = Text(
    "ERROR: The system was unable to find the specified registry key or value.",
    "FEHLER: Der angegebene Registrierungsschlüssel bzw. Wert wurde nicht gefunden.",
    "ОШИБКА: Не удается найти указанный раздел или параметр в реестре.",
)
DENIED = Text("ERROR: Access is denied.", "FEHLER: Zugriff verweigert", "ОШИБКА: Отказано в доступе.")
DEFAULT_NAME = Text("(Default)", "(Standard)", "(По умолчанию)")
TYPES = ("REG_SZ", "REG_MULTI_SZ", "REG_EXPAND_SZ", "REG_DWORD", "REG_QWORD", "REG_BINARY", "REG_NONE")
# Keys that not even an administrator may write on NT 6.0 (owner TrustedInstaller) or look into (SYSTEM only).
_GUARDED = ("SOFTWARE\\MICROSOFT\\WINDOWS\\CURRENTVERSION\\COMPONENT BASED SERVICING",)
_SECRET = ("SAM\\SAM", "SECURITY")


class Refused(Exception):
    """reg.exe ends with this message on stderr and code 1."""


@dataclass(frozen=True)
class Key:
    """A key as reg.exe prints it (long hive, otherwise as typed) and where it is in the registry."""

    shown: str
    real: str

    def below(self, name: str) -> Key:
        """A subkey."""
        return Key(f"{self.shown}\\{name}", f"{self.real}\\{name}")


def find_key(process: Process, typed: str, operation: str) -> Key:
    """Read a key argument; raises `Refused` for one that names no hive of this machine."""
    if typed.startswith("\\\\"):
        raise Refused(texts.ERROR(process) + " " + texts.win32(process, 53))
    hive, _separator, rest = typed.rstrip("\\").partition("\\")
    short = HIVES.get(hive.upper())
    if short is None or "\\\\" in rest:
        raise Refused(INVALID_KEY(process, operation + " "))
    tail = f"\\{rest}" if rest else ""
    real = f"HKU\\{process.account.sid}" if short == "HKCU" else short
    return Key(LONG_HIVES[short] + tail, real + tail)


def may_read(process: Process, key: Key) -> bool:
    """SAM and SECURITY open for LocalSystem alone."""
    hive, _separator, rest = key.real.upper().partition("\\")
    secret = hive == "HKLM" and any(rest == name or rest.startswith(name + "\\") for name in _SECRET)
    return not secret or process.account.logon is Logon.SYSTEM


def may_write(process: Process, key: Key) -> bool:
    """Machine keys need a full administrator token; the component store's keys belong to TrustedInstaller."""
    hive, _separator, rest = key.real.upper().partition("\\")
    if hive == "HKU" and rest.split("\\")[0] == process.account.sid.upper():
        return True
    guarded = any(rest == name or rest.startswith(name + "\\") for name in _GUARDED)
    return elevated(process) and not guarded and may_read(process, key)


def need(process: Process, key: Key, write: bool = False) -> Key:
    """The key when it exists and may be used so; raises `Refused` as reg.exe words it."""
    if not may_read(process, key):
        raise Refused(DENIED(process))
    if not process.machine.registry.key_exists(key.real):
        raise Refused(NOT_FOUND(process))
    if write and not may_write(process, key):
        raise Refused(DENIED(process))
    return key


def switches(process: Process, arguments: Sequence[str], allowed: dict[str, int], operation: str) -> dict[str, str]:
    """Read ``/x [value]`` switches. `allowed`: 0 no value, 1 a value, 2 a value unless a switch follows."""
    found: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        name = rest.pop(0).casefold()
        name = "/" + name[1:] if name.startswith("-") else name
        kind = allowed.get(name)
        if kind is None or name in found or (kind == 1 and not rest):
            raise Refused(INVALID_SYNTAX(process, operation + " "))
        takes = kind == 1 or (kind == 2 and bool(rest) and rest[0].casefold() not in allowed)
        found[name] = rest.pop(0) if takes else ""
    return found


def shown_data(value: RegValue) -> str:
    """A value's data as `reg query` prints it."""
    if isinstance(value.data, bytes):
        return value.data.hex().upper()
    if isinstance(value.data, int):
        return f"0x{value.data:x}"
    if isinstance(value.data, list):
        return "\\0".join(value.data)
    return value.data or ""


def shown_name(process: Process, name: str) -> str:
    """A value's name as people read it: the unnamed one has a localised name."""
    return name or DEFAULT_NAME(process)
