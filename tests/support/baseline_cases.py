# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Snapshots for the baseline's tests, and cases made from the records themselves."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.evaluate import required_registry_keys
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.library import shipped
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.mechanisms.registry import Rule, rules_of
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.records import Control

DATA = Path(__file__).parents[1] / "data" / "baseline"
# The controls whose single cases are made here; all of them together are in tests/integration/test_whole_baseline.py.
ALL_IDS = sorted(
    [
        "tls-tls12-server-on",
        "tls-tls12-client-on",
        "tls-hash-sha1-must-stay",
        "tls-ssl2-server-off",
        "tls-ssl2-client-off",
        "tls-ssl3-server-off",
        "tls-ssl3-client-off",
        "tls-tls11-server-off",
        "tls-tls11-client-off",
        "tls-dotnet-v2-strong",
        "tls-dotnet-v4-strong",
        "tls-tls10-server-off",
        "tls-tls10-client-off",
        "smb2-must-stay-on",
        "smb1-server-off",
        "smb1-client-off",
        "ntlm-no-lm-hash",
        "ntlm-lmcompat-level",
    ]
)
CHANGED_IDS = [one for one in ALL_IDS if not shipped().controls[one].guard]


def cases(name: str) -> list[dict[str, Any]]:
    """Return the cases of a data file."""
    loaded: list[dict[str, Any]] = yaml.safe_load((DATA / f"{name}.yml").read_text(encoding="utf-8"))
    return loaded


def machine(**answers: Any) -> dict[str, Any]:
    """Return the snapshot of a patched 6003 x64 with nothing hardened; keyword arguments merge into its answers."""
    return merged(_machine(), {"answers": answers})


@functools.cache
def _machine() -> dict[str, Any]:
    snapshot: dict[str, Any] = yaml.safe_load((DATA / "machine.yml").read_text(encoding="utf-8"))
    registry = snapshot["answers"]["registry"]
    for key in required_registry_keys(shipped().controls.values()):
        registry.setdefault(key, None)
    return snapshot


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one snapshot over another; mappings merge, all else replaces. The word ``unasked`` removes."""
    result = copy.deepcopy(dict(base))
    for name, value in over.items():
        if value == "unasked":
            result.pop(name, None)
        elif isinstance(value, Mapping) and isinstance(result.get(name), Mapping):
            result[name] = merged(result[name], value)
        else:
            result[name] = copy.deepcopy(value)
    return result


def failing_values(control: Control) -> dict[str, dict[str, Any]]:
    """Return registry values, key by key, with which a control must fail: each of its rules is broken."""
    keys: dict[str, dict[str, Any]] = {}
    for rule in rules_of(control):
        keys.setdefault(rule.key, {})[rule.name] = {"type": rule.type, "data": _broken(rule, rules_of(control))}
    return keys


def _broken(rule: Rule, siblings: Iterable[Rule]) -> Any:
    """Break a rule without asking its operator."""
    if isinstance(rule.wanted, tuple):
        forbidden = [one for other in siblings if other.operator == "not_contains" for one in other.wanted]  # type: ignore[union-attr]
        return [*forbidden, "Vendor"]
    assert isinstance(rule.wanted, int)
    return {
        "eq": lambda wanted: wanted + 1 if wanted == 0 else wanted - 1,
        "ge": lambda wanted: wanted - 1,
        "le": lambda wanted: wanted + 1,
        "ne_or_absent": lambda wanted: wanted,
    }[rule.operator](rule.wanted)
