# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's boot store (private to this collection): options of its one entry, and what this start took from it.

A key of the twin's own holds them; the real store's elements are numbers. What is changed counts from the next start.
Where the entry says nothing about nx the loader of a server takes OptOut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .machine import Machine

BCD = "HKLM\\BCD00000000\\Objects\\Twin"
RUNNING = "nx_running"  # knob: what this start has, as long as the entry says something else
SETTINGS = {"nx": "OptOut", "bootstatuspolicy": "DisplayAllFailures", "recoveryenabled": "", "testsigning": ""}
# The words of the loader by the numbers of Win32_OperatingSystem.DataExecutionPrevention_SupportPolicy
POLICIES = {0: "AlwaysOff", 1: "AlwaysOn", 2: "OptIn", 3: "OptOut"}


def get(machine: Machine, name: str) -> str:
    """Return an option of the entry, "" where it says nothing."""
    return str(machine.registry.data(BCD, name, SETTINGS[name]))


def put(machine: Machine, name: str, value: str) -> None:
    """Set an option for the next start, or take it out with ""."""
    before = running_nx(machine)
    machine.registry.set(BCD, name, "REG_SZ", value)
    machine.knobs.pop(RUNNING, None)
    if _next_nx(machine) != before:
        machine.knobs[RUNNING] = {"boot": machine.boot, "policy": before}


def running_nx(machine: Machine) -> str:
    """Return the policy that this start has, as the entry was when the machine started."""
    held = machine.knobs.get(RUNNING) or {}
    return str(held["policy"]) if held.get("boot") == machine.boot else _next_nx(machine)


def support_policy(machine: Machine) -> int:
    """Return the same as WMI tells it."""
    return next(number for number, word in POLICIES.items() if word == running_nx(machine))


def _next_nx(machine: Machine) -> str:
    return get(machine, "nx") or SETTINGS["nx"]
