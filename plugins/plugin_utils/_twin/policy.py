# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's local security policy (private to this collection): what secedit, auditpol and netsh read and write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class SecurityPolicy:
    """The parts of a security template that do not live in the registry.

    `system_access` and `kerberos` map INF names to numbers or text, `rights` maps privilege
    constants to SIDs, `event_audit` maps the nine legacy categories to 0-3.
    """

    system_access: dict[str, int | str] = field(default_factory=dict)
    rights: dict[str, list[str]] = field(default_factory=dict)
    event_audit: dict[str, int] = field(default_factory=dict)
    kerberos: dict[str, int] = field(default_factory=dict)

    def to_state(self) -> dict[str, Any]:
        """Return the policy as JSON."""
        return {
            "system_access": dict(self.system_access),
            "rights": {name: list(sids) for name, sids in self.rights.items()},
            "event_audit": dict(self.event_audit),
            "kerberos": dict(self.kerberos),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> SecurityPolicy:
        """Build a policy from JSON (or from the template's YAML)."""
        return cls(
            dict(state.get("system_access", {})),
            {name: list(sids) for name, sids in state.get("rights", {}).items()},
            dict(state.get("event_audit", {})),
            dict(state.get("kerberos", {})),
        )
