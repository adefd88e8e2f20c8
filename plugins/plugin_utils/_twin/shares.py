# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the twin's Server service shares (private to this collection): one truth for ``net share`` and Win32_Share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .machine import Machine

LANMAN = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\LanmanServer"
ADMINISTRATIVE = 0x80000000  # beside 0 disk and 3 IPC, in Win32_Share.Type
# The remarks of the shares that the service makes for itself, in the machine's language.
REMARKS = {
    "C$": {"en-US": "Default share", "de-DE": "Standardfreigabe", "ru-RU": "Стандартный общий ресурс"},
    "IPC$": {"en-US": "Remote IPC", "de-DE": "Remote-IPC", "ru-RU": "Удаленный IPC"},
    "ADMIN$": {"en-US": "Remote Admin", "de-DE": "Remoteverwaltung", "ru-RU": "Удаленный Admin"},
}


@dataclass(frozen=True)
class Share:
    """One share; `kind` is that of Win32_Share.Type."""

    name: str
    path: str
    remark: str
    kind: int


def shares(machine: Machine) -> Iterator[Share]:
    """Yield what a running Server service shares: its own (AutoShareServer=0 leaves IPC$), then the registry's."""

    def own(name: str, path: str, kind: int) -> Share:
        texts = REMARKS[name]
        return Share(name, path, texts.get(machine.locale, texts["en-US"]), ADMINISTRATIVE + kind)

    automatic = bool(machine.registry.data(f"{LANMAN}\\Parameters", "AutoShareServer", 1))
    if automatic:
        yield own("C$", "C:\\", 0)
    yield own("IPC$", "", 3)
    if automatic:
        yield own("ADMIN$", machine.windows_directory, 0)
    for name, value in (machine.registry.values(f"{LANMAN}\\Shares") or {}).items():
        fields = dict(line.partition("=")[::2] for line in value.data) if isinstance(value.data, list) else {}
        kind = fields.get("Type", "0")
        yield Share(name, fields.get("Path", ""), fields.get("Remark", ""), int(kind) if kind.isdecimal() else 0)
