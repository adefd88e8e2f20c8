# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a machine lets in (private to this collection): the WinRM service's own settings, the firewall, the policy.

A policy value wins over ``winrm set``. The filters choose addresses that the machine listens on, its own, and an empty
one chooses none (Win32 documentation, WinRM installation and configuration). The firewall is asked only where the
knob ``firewall`` says ``enforced``: a fresh twin has the stock profiles, which are on, and none of the rules that
``winrm quickconfig`` would have made.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .services import DISABLED, NEVER_STARTED
from .tools import firewall_store

if TYPE_CHECKING:
    from .machine import Machine

SERVICE = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\WinRM\\Service"
FIREWALL = "HKLM\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall"
_POLICY_PROFILES = {"domain": "DomainProfile", "private": "PrivateProfile", "public": "PublicProfile"}
_SHOWN_PROFILES = {"domain": "Domain", "private": "Private", "public": "Public"}
_ADDRESS = "192.168.56.8"  # of a twin that names none


def setting(machine: Machine, policy: str, told: str, otherwise: Any) -> Any:
    """Return a setting of the WinRM service: by policy, by ``winrm set``, or as the listener was made."""
    by_policy = machine.registry.data(SERVICE, policy, None)
    if by_policy is not None:
        return by_policy
    return (machine.knobs.get("winrm_config") or {}).get(told, otherwise)


def allows(machine: Machine, policy: str, told: str, otherwise: bool) -> bool:
    """Return a switch of the WinRM service; see `setting`."""
    return str(setting(machine, policy, told, otherwise)).lower() in ("1", "true")


def refuses(machine: Machine, policy: str, told: str) -> bool:
    """Say whether somebody switched off what is on in every fresh WinRM."""
    return not allows(machine, policy, told, True)


def listens(machine: Machine) -> bool:
    """Say whether the WinRM service runs, and whether its filters leave it an address of this machine to listen on."""
    service = machine.services.get("WinRM")
    if service is not None and not service.running:
        return False
    if machine.registry.data(SERVICE, "AllowAutoConfig", 1) == 0:
        return False
    own = str(machine.knobs.get("address") or _ADDRESS)
    return _chosen(str(setting(machine, "IPv4Filter", "service/ipv4filter", "*")), own)


def _chosen(ranges: str, own: str) -> bool:
    """An asterisk chooses all, ``first-last`` those between; several stand apart by commas."""
    address = ipaddress.IPv4Address(own)
    for one in ranges.split(","):
        first, dash, last = (part.strip() for part in one.partition("-"))
        if first == "*":
            return True
        try:
            if ipaddress.IPv4Address(first) <= address <= ipaddress.IPv4Address(last if dash else first):
                return True
        except ValueError:
            continue
    return False


def passes(machine: Machine, port: int) -> bool:
    """Say whether the firewall lets a connection from another computer come in to this port.

    One profile holds for the whole machine (NT 6.0). A rule that blocks wins; who may come by a rule (its remote
    addresses) is not looked at. Filters of the start hold until the base filtering engine has started (Win32, About
    Windows Filtering Platform); where it never does they stay, and let nobody in (facts: hardening 1a #25, medium).
    """
    if machine.knobs.get("firewall") != "enforced":
        return True
    engine, service = machine.services.get("BFE"), machine.services.get("MpsSvc")
    if engine is not None and not engine.running and engine.exit_code in (NEVER_STARTED, DISABLED):
        return False
    if service is None or not service.running:
        return True
    profile = firewall_store.current_profile(machine)
    key = f"{FIREWALL}\\{_POLICY_PROFILES[profile]}"

    def value(name: str, stock: int) -> int:
        found = machine.registry.data(key, name, None)
        return found if isinstance(found, int) else firewall_store.profile_value(machine, profile, name, stock)

    if not value("EnableFirewall", 1):
        return True
    if value("DoNotAllowExceptions", 0):
        return False
    meant = [rule for rule in firewall_store.rules(machine) if _is_about(rule, port, profile)]
    local = bool(machine.registry.data(key, "AllowLocalPolicyMerge", 1))
    actions = {rule.get("Action") for rule in meant} if local else set()
    return "Block" not in actions and ("Allow" in actions or not value("DefaultInboundAction", 1))


def _is_about(rule: firewall_store.Rule, port: int, profile: str) -> bool:
    profiles = rule.every("Profile")
    return (
        rule.get("Active", "TRUE").upper() == "TRUE"
        and rule.get("Dir") == "In"
        and rule.get("Protocol", "6") == "6"
        and (not profiles or _SHOWN_PROFILES[profile] in profiles)
        and _holds(rule.every("LPort"), port)
    )


def _holds(ports: Iterable[str], port: int) -> bool:
    held = [part.strip() for one in ports for part in one.split(",")]
    spans = [one.partition("-") for one in held if one[:1].isdigit()]
    return not held or any(int(first) <= port <= int(last or first) for first, _dash, last in spans)
