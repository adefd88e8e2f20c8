# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The local firewall store of NT 6.0 as it lies in the registry (private to this collection).

``StandardProfile`` is the private profile. A rule is one REG_SZ under ``FirewallRules``, fields apart by
bars: ``v2.0|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80|Name=...|``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import NAMESPACE_OID, uuid5

if TYPE_CHECKING:
    from ..machine import Machine

POLICY = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy"
RULES = f"{POLICY}\\FirewallRules"
PROFILES = {"domain": "DomainProfile", "private": "StandardProfile", "public": "PublicProfile"}
VERSION = "v2.0"
DEFAULT_LOG = "%systemroot%\\system32\\LogFiles\\Firewall\\pfirewall.log"
PROTOCOLS = {"any": "", "icmpv4": "1", "tcp": "6", "udp": "17", "icmpv6": "58"}
# names of FirewallAPI.dll that a fresh 2008 has in its rules; the rest is shown as it is stored
RESOURCES = {
    "-28752": "Remote Desktop",
    "-28753": "Remote Desktop (TCP-In)",
    "-28502": "File and Printer Sharing",
    "-28511": "File and Printer Sharing (SMB-In)",
    "-30252": "Windows Remote Management",
    "-30253": "Windows Remote Management (HTTP-In)",
    "-35001": "Windows Remote Management - Compatibility Mode (HTTP-In)",
    "-25000": "Core Networking",
}


@dataclass
class Rule:
    """One rule: `fields` keep their order and repeat (``LPort``, ``RA4``, ``Profile``)."""

    key: str
    fields: list[tuple[str, str]] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        """The first value of a field."""
        return next((value for held, value in self.fields if held == name), default)

    def every(self, *names: str) -> list[str]:
        """All values of fields, in order."""
        return [value for held, value in self.fields if held in names]

    def put(self, name: str, *values: str) -> None:
        """Replace a field by these values, in its place; none removes it."""
        at = next((number for number, pair in enumerate(self.fields) if pair[0] == name), len(self.fields))
        others = [[pair for pair in part if pair[0] != name] for part in (self.fields[:at], self.fields[at:])]
        self.fields = [*others[0], *((name, value) for value in values if value), *others[1]]

    @property
    def name(self) -> str:
        """The name as shown, resource references resolved."""
        return shown(self.get("Name"))

    def text(self) -> str:
        """What the registry holds."""
        return "|".join([VERSION, *(f"{name}={value}" for name, value in self.fields), ""])


def shown(text: str) -> str:
    """A text or the resource it refers to."""
    return RESOURCES.get(text.rpartition(",")[2], text) if text.startswith("@") else text


def rules(machine: Machine) -> Iterator[Rule]:
    """All rules of the local store."""
    for key, value in (machine.registry.values(RULES) or {}).items():
        if isinstance(value.data, str):
            fields = [part.partition("=") for part in value.data.split("|")[1:] if "=" in part]
            yield Rule(key, [(name, text) for name, _equals, text in fields])


def save(machine: Machine, rule: Rule) -> None:
    """Write a rule."""
    machine.registry.set(RULES, rule.key, "REG_SZ", rule.text())


def new_key(machine: Machine, name: str) -> str:
    """A GUID for a new rule, the same for the same machine and sequence so that tests can compare."""
    taken = machine.registry.values(RULES) or {}
    number = len(taken)
    while True:
        key = "{" + str(uuid5(NAMESPACE_OID, f"{machine.name}/{name}/{number}")).upper() + "}"
        if key not in taken:
            return key
        number += 1


def profile_value(machine: Machine, profile: str, name: str, default: int) -> int:
    """A number of a profile (``Logging\\name`` too)."""
    path, _separator, leaf = name.rpartition("\\")
    key = f"{POLICY}\\{PROFILES[profile]}" + (f"\\{path}" if path else "")
    data = machine.registry.data(key, leaf, default)
    return data if isinstance(data, int) else default


def set_profile(machine: Machine, profile: str, name: str, data: int | str) -> None:
    """Write a value of a profile."""
    path, _separator, leaf = name.rpartition("\\")
    key = f"{POLICY}\\{PROFILES[profile]}" + (f"\\{path}" if path else "")
    machine.registry.set(key, leaf, "REG_SZ" if isinstance(data, str) else "REG_DWORD", data)


def current_profile(machine: Machine) -> str:
    """The one profile that is active on NT 6.0: domain for a member, else what knob ``network_profile`` declares."""
    if machine.part_of_domain:
        return "domain"
    declared = str(machine.knobs.get("network_profile", "public"))
    return declared if declared in PROFILES else "public"
