# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""WMI of the twin (private to this collection): query, get and invoke; no wire, no XML.

Values are str, int, bool, None, list or datetime. Numbers of `WmiError` are the WBEM_E_* codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import wmi_classes, wmi_methods, wql
from .process import Account
from .wmi_errors import (
    INVALID_CLASS,
    INVALID_METHOD,
    INVALID_NAMESPACE,
    INVALID_PARAMETER,
    INVALID_QUERY,
    NOT_FOUND,
    WmiError,
)

if TYPE_CHECKING:
    from .machine import Machine

__all__ = ["WmiError", "WmiResult", "get", "invoke", "query"]

_NAMESPACES = ("root", "root/cimv2", "root/default", "root/wmi", "root/cimv2/terminalservices", "root/securitycenter")
# The feature BitLocker brings it (Win32_EncryptableVolume); a twin has that with the knob ``bitlocker``.
_ENCRYPTION = "root/cimv2/security/microsoftvolumeencryption"


@dataclass(frozen=True)
class WmiResult:
    """Rows of a query; `projected` when columns were named, then rows hold only these."""

    class_name: str
    projected: bool
    rows: list[dict[str, object]]


def _space(namespace: str, machine: Machine | None = None) -> str:
    name = namespace.replace("\\", "/").strip("/").lower()
    extra = name == _ENCRYPTION and machine is not None and "bitlocker" in machine.knobs
    if name not in _NAMESPACES and not extra:
        raise WmiError(INVALID_NAMESPACE, f"Invalid namespace: {namespace}")
    return name


def _class(machine: Machine, namespace: str, class_name: str) -> wmi_classes.WmiClass:
    found = wmi_classes.find(_space(namespace, machine), class_name)
    if found is None or (found.name == "StdRegProv" and not _provider_here(machine, namespace)):
        raise WmiError(INVALID_CLASS, f"Invalid class: {class_name}")
    return found


def _provider_here(machine: Machine, namespace: str) -> bool:
    """StdRegProv in root/cimv2 over WS-Man is unproven on NT 6.0 (facts: transport 3.4), so a knob takes it away."""
    return _space(namespace) == "root/default" or bool(machine.knobs.get("stdregprov_in_cimv2", True))


def query(machine: Machine, namespace: str, text: str) -> WmiResult:
    """Run a WQL data query; raises `WmiError` (invalid query, class or namespace)."""
    _space(namespace, machine)
    try:
        parsed = wql.parse(text)
    except wql.QueryError as error:
        raise WmiError(INVALID_QUERY, f"Invalid query: {error}") from None
    kind = _class(machine, namespace, parsed.class_name)
    spelled = {name.lower(): name for name in kind.properties}
    unknown = [name for name in (*(parsed.columns or ()), *parsed.properties) if name.lower() not in spelled]
    if unknown:
        raise WmiError(INVALID_QUERY, f"Invalid query: {kind.name} has no property {unknown[0]}")
    with machine.lock:
        rows = list(kind.instances(machine))
    asked = {name.lower(): spelled[name.lower()] for name in parsed.properties}
    if asked:
        rows = [row for row in rows if parsed.test({low: row[name] for low, name in asked.items()})]
    if parsed.columns is None:
        return WmiResult(kind.name, False, rows)
    names = list(dict.fromkeys(spelled[name.lower()] for name in parsed.columns))
    return WmiResult(kind.name, True, [{name: row[name] for name in names} for row in rows])


def get(
    machine: Machine, namespace: str, class_name: str, selectors: Mapping[str, str]
) -> tuple[str, dict[str, object]]:
    """Return class name and the one instance that the key properties name; raises `WmiError`."""
    kind = _class(machine, namespace, class_name)
    return kind.name, _instance(machine, kind, selectors)


def _instance(machine: Machine, kind: wmi_classes.WmiClass, selectors: Mapping[str, str]) -> dict[str, object]:
    keys = {name.lower() for name in kind.keys}
    wanted = {name.lower(): str(value) for name, value in selectors.items() if name.lower() != "__cimnamespace"}
    if any(name not in keys for name in wanted) or (not wanted and not kind.singleton):
        raise WmiError(INVALID_PARAMETER, f"The selectors {sorted(selectors)} are not the keys of {kind.name}.")
    with machine.lock:
        for row in kind.instances(machine):
            held = {name.lower(): value for name, value in row.items()}
            if all(str(held.get(name, "")).casefold() == value.casefold() for name, value in wanted.items()):
                return row
    raise WmiError(NOT_FOUND, f"Not found: there is no {kind.name} with {dict(selectors)}")


def invoke(
    machine: Machine,
    account: Account,
    namespace: str,
    class_name: str,
    method: str,
    arguments: Mapping[str, object],
    selectors: Mapping[str, str],
) -> dict[str, object]:
    """Call a method of a class or of the instance the selectors name; the result holds ``ReturnValue``."""
    kind = _class(machine, namespace, class_name)
    call = wmi_methods.find(kind.name, method)
    if call is None:
        raise WmiError(INVALID_METHOD, f"Invalid method: {kind.name} has no method {method}")
    instance: dict[str, object] = {}
    if call.on_instance:
        instance = _instance(machine, kind, selectors)
    given = wmi_methods.Arguments(arguments)
    return call.run(machine, account, instance, given)
