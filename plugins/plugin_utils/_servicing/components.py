# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the component that a vulnerability is in is on a machine (private to this collection).

A fix for Internet Explorer 8 says nothing about a machine with 9, and one for the DNS server nothing about a machine
without the role. Which answer of a snapshot tells stands in ``data/vulnerabilities/components.yml``. Absence needs
evidence as much as presence does: what was not asked, and what nothing can tell, is unknown.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from .surroundings import FRAMEWORKS, dotnet, internet_explorer
from .vulnerability_records import DATA

CLIENT_PROFILE = f"{FRAMEWORKS}\\v4\\Client"
_DOMAIN_CONTROLLER = 2  # Win32_OperatingSystem.ProductType


@dataclass(frozen=True)
class Presence:
    """Whether a component is there (None: not known), why, and whether the component store lists its updates."""

    there: bool | None
    evidence: str
    in_store: bool = True


class Components:
    """Answers for one snapshot; every answer is remembered."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers
        services = answers.get("services")
        self._services = None if services is None else {name.lower() for name in services}
        self._known: dict[str, Presence] = {}

    def presence(self, component: str) -> Presence:
        """Judge a component by the name that the list of fixes uses."""
        if component not in self._known:
            self._known[component] = self._judge(component)
        return self._known[component]

    def _judge(self, component: str) -> Presence:
        optional, base = _shipped()
        if not component or component in base:
            return Presence(True, "part of every installation")
        record = optional.get(component)
        if record is None:
            return Presence(None, f"nothing that is asked tells whether {component.lstrip('~')} is there")
        there, evidence = self._optional(record)
        return Presence(there, evidence, not record.get("outside_store"))

    def _optional(self, record: Mapping[str, Any]) -> tuple[bool | None, str]:
        what = record["what"]
        if "services" in record:
            return self._by_service(what, record["services"])
        if "domain_controller" in record:
            return self._by_role()
        if "internet_explorer" in record:
            return self._by_browser(record["internet_explorer"])
        return self._by_framework(what, record["framework"])

    def _by_service(self, what: str, names: list[str]) -> tuple[bool | None, str]:
        if self._services is None:
            return None, f"whether {what} is there is not known: the services were not asked"
        found = [name for name in names if name.lower() in self._services]
        if found:
            return True, f"{what} is there (service {found[0]})"
        return False, f"{what} is not there (no service {' or '.join(names)})"

    def _by_role(self) -> tuple[bool | None, str]:
        kind = (self._answers.get("os") or {}).get("product_type")
        if kind is None:
            return None, "whether it is a domain controller is not known"
        yes = kind == _DOMAIN_CONTROLLER
        return yes, f"it is {'a' if yes else 'no'} domain controller (ProductType {kind})"

    def _by_browser(self, wanted: int) -> tuple[bool | None, str]:
        version = internet_explorer(self._answers)
        if version is None:
            return None, "which Internet Explorer it has is not known"
        if not version:
            return False, "it has no Internet Explorer"
        return version.split(".")[0] == str(wanted), f"its Internet Explorer is {version}"

    def _by_framework(self, what: str, wanted: list[str]) -> tuple[bool | None, str]:
        found = dotnet(self._answers)
        if found is None:
            return None, "which .NET Framework it has is not known"
        shown = f"its .NET Framework: {', '.join(sorted(found)) or 'none'}"
        if any(one.split()[0] in wanted or (one == "4.0" and "4" in wanted) for one in found):
            return True, shown
        asked = self._answers.get("registry") or {}
        if "4" in wanted and (CLIENT_PROFILE not in asked or asked[CLIENT_PROFILE]):
            # 4.0 comes as a client profile too, and 4.5 and later leave that key in place
            newer = any(one.startswith("4.") for one in found)
            return (False, shown) if newer else (None, f"{shown}; whether {what} is there as a client profile is open")
        return False, shown


@functools.cache
def _shipped() -> tuple[dict[str, Mapping[str, Any]], frozenset[str]]:
    content = yaml.load((DATA / "components.yml").read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    optional = {name: record for record in content["optional"] for name in record["components"]}
    return optional, frozenset(content["base"])
