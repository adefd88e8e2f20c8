# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's fltmc.exe of NT 6.0 (private to this collection): file system filters that run.

A filter is a file system driver with an ``Instances`` key that names its altitude; 320000-329998 is the
anti-virus band (facts hardening.md 10).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..process import Tool
from ..services import SERVICES
from .common import elevated
from .texts import Text, win32

if TYPE_CHECKING:
    from ..process import Process

DENIED = Text(
    "Filter List failed with error: 0x80070005\n{0}",
    "Fehler bei der Filterliste: 0x80070005\n{0}",
    "Ошибка получения списка фильтров: 0x80070005\n{0}",
)
HEADINGS = (
    Text("Filter Name", "Filtername", "Имя фильтра"),
    Text("Num Instances", "Anzahl Instanzen", "Экземпляров"),
    Text("Altitude", "Höhe", "Высота"),
    Text("Frame", "Rahmen", "Кадр"),
)
WIDTHS = (30, 13, 12, 5)
USAGE = ("Valid commands:", "    load, unload, filters, instances, volumes, attach, detach", "")


def filters(process: Process) -> list[tuple[str, str]]:
    """Name and altitude of every running filter, highest first."""
    registry = process.machine.registry
    found = []
    for service in process.machine.services.list():
        root = f"{SERVICES}\\{service.name}\\Instances"
        if not service.running or not service.is_driver:
            continue
        for instance in registry.subkeys(root) or []:
            altitude = registry.data(f"{root}\\{instance}", "Altitude")
            if altitude:
                found.append((service.name, str(altitude)))
                break
    return sorted(found, key=lambda item: -float(item[1]))


def fltmc(process: Process) -> int:
    """Run fltmc.exe: ``filters`` is what it does without arguments too."""
    words = [argument.casefold() for argument in process.arguments]
    if words not in ([], ["filters"], ["instances"]):
        for line in USAGE:
            process.say(line)
        return 1
    if not elevated(process):
        process.say(DENIED(process, win32(process, 5)))
        return 5
    process.say()
    process.say(
        "".join(f"{title(process):<{width + 2}}" for title, width in zip(HEADINGS, WIDTHS, strict=True)).rstrip()
    )
    process.say("  ".join("-" * width for width in WIDTHS))
    for name, altitude in filters(process):
        process.say(f"{name:<30}  {1:>13}  {altitude:>10}  {0:>7}")
    return 0


TOOLS: dict[str, Tool] = {"fltmc": fltmc}
