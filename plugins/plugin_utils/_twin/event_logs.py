# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much the twin's event logs hold (private to this collection), and what follows when one is full.

The policy counts in KB and wins; the local value counts in bytes (facts: hardening 1a #22). A log that is not to be
overwritten takes nothing more when it is full; `knobs` say so in ``log_bytes``, such as ``{Security: 20971520}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .machine import Machine

LSA = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa"
_LOCAL = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\eventlog"
_POLICY = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\EventLog"
_STOCK, _NEVER = 20971520, 0xFFFFFFFF
EVENT = 1024  # bytes that one event takes, about
HALTED, ADMINISTRATORS_ONLY = 1, 2  # what CrashOnAuditFail is before and after it struck


def limit(machine: Machine, log: str) -> int:
    """Return how many bytes a log may have."""
    by_policy = machine.registry.data(f"{_POLICY}\\{log}", "MaxSize", None)
    if isinstance(by_policy, int):
        return by_policy * 1024
    return int(machine.registry.data(f"{_LOCAL}\\{log}", "MaxSize", _STOCK))


def full(machine: Machine, log: str) -> bool:
    """Say whether a log has no room left and may not overwrite what it holds."""
    used = (machine.knobs.get("log_bytes") or {}).get(log, 0)
    by_policy = machine.registry.data(f"{_POLICY}\\{log}", "Retention", None)
    local = machine.registry.data(f"{_LOCAL}\\{log}", "Retention", 0)
    keeps = str(by_policy) == "1" if by_policy is not None else local == _NEVER
    return bool(keeps and used >= limit(machine, log))


def write(machine: Machine, event: Mapping[str, Any]) -> None:
    """Write an event, over the oldest ones where there is no room for all; ``wevtutil`` shows what is left."""
    log = str(event["log"])
    held = [*(machine.knobs.get("events") or []), dict(event)]
    mine = [one for one in held if one["log"] == log]
    lost = mine[: max(0, len(mine) - limit(machine, log) // EVENT)]
    machine.knobs["events"] = [one for one in held if one not in lost]


def logged_on(machine: Machine, administrator: bool) -> bool:
    """Write a logon down, and say whether it may come about.

    With CrashOnAuditFail 1 a machine that cannot write it down halts, and starts again with 2, which lets in nobody
    but administrators (facts: hardening 1a #15).
    """
    level = machine.registry.data(LSA, "CrashOnAuditFail", 0)
    if level == HALTED and full(machine, "Security"):
        machine.registry.set(LSA, "CrashOnAuditFail", "REG_DWORD", ADMINISTRATORS_ONLY)
        machine.restart("STATUS_AUDIT_FAILED")
        return False
    return administrator or level != ADMINISTRATORS_ONLY
