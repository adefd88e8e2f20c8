# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who may use what the twin shares (private to this collection): knobs of the snapshot's ``twin``, as SDDL.

::

    share_acls: {Data: "D:(A;;FA;;;BA)"}                       # a share that is not named lets everybody read
    printers: {Laser: {shared: true, acl: "D:(A;;0x8;;;WD)"}}  # without a list of its own it has that of a new one

A share that people hid (``Data$``) is no instance, as the page of the method warns; with ``hidden_share_acls`` it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from . import access
from .shares import ADMINISTRATIVE
from .shares import shares as every_share

if TYPE_CHECKING:
    from .machine import Machine

_NEW_SHARE = "D:(A;;0x1200a9;;;WD)"
# PRINTER_EXECUTE for everybody, PRINTER_ALL_ACCESS for administrators, JOB_ALL_ACCESS for whoever prints (winspool.h).
_NEW_PRINTER = "D:(A;;0x20008;;;WD)(A;OIIO;0xf0030;;;CO)(A;;0xf000c;;;BA)(A;OIIO;0xf0030;;;BA)"


def _runs(machine: Machine, name: str) -> bool:
    service = machine.services.get(name)
    return service is not None and service.running


def shares(machine: Machine) -> Iterator[dict[str, object]]:
    """Yield the rows of Win32_LogicalShareSecuritySetting."""
    hidden = bool(machine.knobs.get("hidden_share_acls"))
    for one in every_share(machine) if _runs(machine, "LanmanServer") else ():
        if not one.kind & ADMINISTRATIVE and (hidden or not one.name.endswith("$")):
            yield {"Name": one.name, "Caption": f"Security settings of {one.name}", "ControlFlags": 0x8004}


def printers(machine: Machine) -> Iterator[dict[str, object]]:
    """Yield the rows of Win32_Printer; a spooler that does not run knows none."""
    held: Mapping[str, Mapping[str, object]] = machine.knobs.get("printers") or {}
    for name, about in held.items() if _runs(machine, "Spooler") else ():
        shared = bool(about.get("shared", True))
        yield {"DeviceID": name, "Name": name, "Caption": name, "Shared": shared, "ShareName": name if shared else None}


def of_share(machine: Machine, row: Mapping[str, object]) -> access.Descriptor:
    """Return the list of a share."""
    held: Mapping[str, str] = machine.knobs.get("share_acls") or {}
    return access.parse(held.get(str(row["Name"]), _NEW_SHARE))


def of_printer(machine: Machine, row: Mapping[str, object]) -> access.Descriptor:
    """Return the list of a printer."""
    held: Mapping[str, Mapping[str, object]] = machine.knobs.get("printers") or {}
    return access.parse(str(held[str(row["DeviceID"])].get("acl") or _NEW_PRINTER))
