# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Break a twin so that a control must fail on it, made from the control's record without asking its mechanism."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.records import Control
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin import access
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine

SERVICES = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"
STARTS = {"boot": 0, "system": 1, "auto": 2, "manual": 3, "disabled": 4}
STRANGER = "S-1-5-32-547"
# What these look at decides whether the machine can be reached and judged at all, or somebody else's work.
NOT_BROKEN = ("check_only",)


def break_on(machine: Machine, control: Control) -> bool:
    """Break what a control is about; False for a kind or a record that nothing here could break and mend again."""
    breaker = _BREAKERS.get(control.mechanism)
    if breaker is None or any(name in control.settings for name in NOT_BROKEN):
        return False
    return bool(breaker(machine, control))


def _registry(machine: Machine, control: Control) -> bool:
    rows = control.settings["values"] if control.mechanism == "registry_set" else [control.settings]
    rows = [row for row in rows if row.get("only_on", machine.arch) == machine.arch and row["operator"] != "report"]
    done = False
    for row in rows:
        value = broken(row, rows)
        if value is not None:
            machine.registry.set(_place(machine, row["key"]), row["name"], *value)
            done = True
    return done


def _place(machine: Machine, key: str) -> str:
    """The first user of the machine stands for all of them."""
    sid = machine.accounts.sid_of(machine.accounts.administrator())
    return key.replace("HKCU\\", f"HKU\\{sid}\\", 1) if key.startswith("HKCU\\") else key


def broken(row: Mapping[str, Any], siblings: Iterable[Mapping[str, Any]]) -> tuple[str, Any] | None:
    kind, wanted = row["type"], row.get("value")
    accepted = [one["data"] if isinstance(one, Mapping) else one for one in row.get("also_accept", ())]
    accepted.append(row.get("value_dc", wanted))
    operator = row["operator"]
    if isinstance(wanted, list):
        forbidden = [one for other in siblings if other["operator"] == "not_contains" for one in other["value"]]
        return kind, [*forbidden, "Vendor"]
    numbers: dict[str, Any] = {
        "ge": lambda: wanted - 1,
        "ge_or_absent": lambda: wanted - 1,
        "le": lambda: wanted + 1,
        "le_nonzero": lambda: 0,
        "le_number": lambda: str(int(wanted) + 1),
        "ne_or_absent": lambda: wanted,
        "ne_ci": lambda: wanted,
        "bits_set": lambda: 0,
        "bits_clear": lambda: wanted,
        "absent": lambda: 1 if kind in ("REG_DWORD", "REG_QWORD") else "x",
    }
    if operator in numbers:
        return kind, numbers[operator]()
    if operator not in ("eq", "eq_or_absent", "starts_with_or_absent"):
        return None
    others: Iterable[Any] = range(8) if isinstance(wanted, int) else (b"\x07",) if kind == "REG_BINARY" else ("Vendor",)
    return kind, next(one for one in others if one != wanted and one not in accepted)


def _service(machine: Machine, control: Control) -> bool:
    """Give installed services a start type that the record does not want; none is started or stopped."""
    done = False
    for row in control.settings.get("services") or [control.settings]:
        service = machine.services.get(row["name"])
        if service is None or "start" not in row or service.is_driver:
            continue
        if row["start"][0] not in ("disabled", "manual"):
            continue  # a machine without its services says nothing any more
        machine.registry.set(SERVICES + row["name"], "Start", "REG_DWORD", STARTS["auto"])
        machine.services.start(row["name"])
        done = True
    return done


def _policy(machine: Machine, control: Control) -> bool:
    name, operator, wanted = (control.settings[field] for field in ("name", "operator", "value"))
    if operator == "ne_ci" or name in ("EnableAdminAccount", "EnableGuestAccount"):
        return False
    held = machine.policy.kerberos if control.mechanism == "secedit_kerberos" else machine.policy.system_access
    held[name] = {"ge": wanted - 1, "le": wanted + 1, "le_nonzero": 0, "eq": 1 - wanted}[operator]
    return True


def _right(machine: Machine, control: Control) -> bool:
    if control.settings["operator"] == "report":
        return False
    broken = [] if control.settings["operator"] == "contains" else [STRANGER, *control.settings["sids"]]
    machine.policy.rights[control.settings["right"]] = broken
    return True


def _audit(machine: Machine, control: Control) -> bool:
    if control.settings["operator"] == "report":
        return False
    bare = control.settings["subcategory"].strip("{}").upper()
    held = next((key for key in machine.audit if key.strip("{}").upper() == bare), control.settings["subcategory"])
    machine.audit[held] = 0
    return control.settings["value"] != 0


def _winrm(machine: Machine, control: Control) -> bool:
    told = machine.knobs.setdefault("winrm_config", {})
    path = control.settings["path"].removeprefix("winrm/config").strip("/")
    wanted = control.settings["value"]
    broken = wanted if control.settings["operator"] == "not_contains" else "true" if wanted == "false" else "None"
    for name in control.settings["names"]:
        told["/".join(filter(None, (path, name.casefold())))] = broken
    return not control.guard


def _key_access(machine: Machine, control: Control) -> bool:
    """Let a stranger do everything with the keys that are there, besides whoever may now."""
    there = [key for key in control.settings["keys"] if machine.registry.key_exists(key)]
    for key in there:
        access.set_key(machine.registry, key, (machine.registry.acl(key) or "D:AI") + f"(A;CI;KA;;;{STRANGER})")
    return bool(there)


def _file_access(machine: Machine, control: Control) -> bool:
    """The same for files; where the registry names them, the machine is a domain controller from now on."""
    settings = control.settings
    paths = [machine.expand_system(one) for one in settings.get("paths", ())]
    if "paths_from" in settings:
        if machine.registry.data(settings["paths_from"][0]["key"], settings["paths_from"][0]["name"]) is None:
            access.controller(machine.registry, machine.files)
        for one in settings["paths_from"]:
            named = str(machine.registry.data(one["key"], one["name"]))
            inside = machine.files.list_dir(named) if one.get("files") else ()
            paths += [f"{named}\\{entry.name}" for entry in inside] or [named]
    stranger = settings["sids"][0] if settings["operator"] == "no_write_for" else STRANGER
    for path in dict.fromkeys(paths):
        (held,) = machine.files.acl(path) or ("D:AI",)
        machine.files.set_acl(path, (access.kept(f"{held}(A;;FA;;;{stranger})"),))
    return True


_BREAKERS = {
    "registry_acl": _key_access,
    "file_acl": _file_access,
    "registry": _registry,
    "registry_set": _registry,
    "service": _service,
    "service_set": _service,
    "secedit_system_access": _policy,
    "secedit_kerberos": _policy,
    "user_right": _right,
    "auditpol": _audit,
    "winrm_config": _winrm,
}
