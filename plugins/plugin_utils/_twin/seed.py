# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a snapshot to a machine (private to this collection).

What the snapshot answers is laid over the template of the same build, architecture and language; what
it does not answer stays as on a freshly installed machine.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from . import access, mishaps, people, usage
from .accounts import User
from .clock import Clock
from .component_store import ARCHITECTURES, AUTO_UPDATE, CBS
from .machine import LANGUAGES, SESSION_MANAGER, Listener, Machine
from .packages import Identity
from .registry import RegData
from .seed_store import seed_kernel, seed_packages, seed_pending
from .services import SERVICES, START_WORDS
from .template import template, typed
from .wsman_personality import personality


def seed(snapshot: Mapping[str, Any], clock: Clock) -> Machine:
    """Return the machine that would give the snapshot's answers; raises `ValueError` for what no twin can be."""
    answers: Mapping[str, Any] = snapshot.get("answers") or {}
    knobs: Mapping[str, Any] = snapshot.get("twin") or {}
    system: Mapping[str, Any] = answers.get("os") or {}
    build = int(system.get("build") or 6002)
    arch = str(system.get("arch") or "x64")
    if build not in (6001, 6002, 6003) or arch not in ARCHITECTURES:
        raise ValueError(
            f"a twin is a Windows Server 2008 (6001, 6002 or 6003) on x64, x86 or ia64, not {build} on {arch}"
        )
    locale = str(knobs.get("locale") or _locale(system, answers))
    computer: Mapping[str, Any] = answers.get("computer") or {}
    name = str(computer.get("name") or "SERVER")
    machine = Machine(template(6001 if build == 6001 else 6002, arch, locale), name, locale, clock)
    _identity(machine, system, computer, build)
    _knobs(machine, knobs, answers)
    _store(machine, answers)
    seed_pending(machine, list(knobs.get("pending_packages") or []))
    _registry(machine, answers.get("registry") or {})
    for key, values in (
        knobs.get("values") or {}
    ).items():  # single values, where the snapshot does not hold the whole key
        for name_, value in values.items():
            kind, data = _value(value)
            machine.registry.set(key, name_, kind, data)
    people.seed(machine, answers)
    _services(machine, answers.get("services") or {})
    _files(machine, answers.get("files") or {})
    _disk(machine, answers.get("disk") or {})
    if answers.get("listeners"):
        machine.listeners = [Listener(row["port"], row.get("address", "0.0.0.0")) for row in answers["listeners"]]
    else:
        port = personality(machine.winrm).http_port  # it is reached, so it listens
        machine.listeners += [Listener(port, address) for address in ("0.0.0.0", "::")]
    if answers.get("features") is not None:
        machine.hardware.features = list(answers["features"])
    told = {str(row["id"]).lower(): dict(row) for row in answers.get("licences") or []}
    offered = [row for row in machine.licences if str(row["id"]).lower() not in told]
    machine.licences = [*told.values(), *offered]
    machine.store.begin()
    return machine


# Manual in a workgroup, automatic when joined (facts: controls.yml svc-time-sync says so of W32Time).
DOMAIN_SERVICES = ("Netlogon", "W32Time")


def _locale(system: Mapping[str, Any], answers: Mapping[str, Any]) -> str:
    for locale, number in LANGUAGES.items():
        if system.get("language") == number:
            return locale
    oem = (answers.get("codepage") or {}).get("oem")
    return {"850": "de-DE", "866": "ru-RU"}.get(str(oem), "en-US")


def moment(text: Any) -> datetime:
    """Return an ISO moment of a snapshot as an aware datetime."""
    return text if isinstance(text, datetime) else datetime.fromisoformat(str(text).replace("Z", "+00:00"))


def _identity(machine: Machine, system: Mapping[str, Any], computer: Mapping[str, Any], build: int) -> None:
    hardware = machine.hardware
    hardware.memory = int(computer.get("memory") or hardware.memory)
    hardware.caption = str(system.get("caption") or hardware.caption)
    hardware.sku = int(system.get("sku") or hardware.sku)
    hardware.product_type = int(system.get("product_type") or hardware.product_type)
    hardware.manufacturer = computer.get("manufacturer")
    hardware.model = computer.get("model")
    hardware.domain = str(computer.get("domain") or hardware.domain)
    hardware.part_of_domain = bool(computer.get("part_of_domain"))
    hardware.domain_role = int(computer.get("domain_role") or (3 if hardware.part_of_domain else 2))
    registry = machine.registry
    for key in ("ComputerName", "ActiveComputerName"):
        registry.set(
            f"HKLM\\SYSTEM\\CurrentControlSet\\Control\\ComputerName\\{key}", "ComputerName", "REG_SZ", machine.name
        )
    for value in ("Hostname", "NV Hostname"):
        registry.set(
            "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters", value, "REG_SZ", machine.name.lower()
        )
    machine.build = build
    if system.get("last_boot"):
        machine.booted_at = moment(system["last_boot"])
    joined = DOMAIN_SERVICES if hardware.part_of_domain else ()
    for name in joined:
        registry.set(f"{SERVICES}\\{name}", "Start", "REG_DWORD", 2)
    if hardware.domain_role in (4, 5):
        access.controller(registry, machine.files)
    registry.seal()
    machine.services.restore([*machine.template.running, *joined])


def _store(machine: Machine, answers: Mapping[str, Any]) -> None:
    store = machine.store
    arch = ARCHITECTURES[machine.arch]
    stacks = answers.get("stack")
    if stacks is not None:
        for version in store.stacks():
            if version not in stacks:
                machine.files.remove_dir(f"{machine.windows_directory}\\servicing\\Version\\{version}", recursive=True)
        for version in stacks:
            store.add_stack(str(version))
    packages = answers.get("packages")
    hotfixes = answers.get("hotfixes")
    if packages is None and hotfixes is not None:
        packages = [
            {"identity": str(Identity(f"Package_for_{kb}", "6.0.1.0", arch)), "state": 7}
            for kb in hotfixes
            if kb.startswith("KB")
        ]
        packages += [{"identity": name, "state": 7} for name in store.names() if name.startswith("VistaSP")]
    if packages is not None:
        for name in store.names():
            if name.startswith(("Package_", "VistaSP")):
                store.forget(name)
        seed_packages(machine, [(str(row["identity"]), int(row["state"])) for row in packages])
    if machine.build == 6003:
        seed_kernel(machine, "6.0.6003.20489")  # the first rollup of that build (facts: servicing 1)
    markers: Mapping[str, Any] = answers.get("markers") or {}
    for mark, key in (
        ("cbs_reboot_pending", "RebootPending"),
        ("cbs_packages_pending", "PackagesPending"),
        ("cbs_reboot_in_progress", "RebootInProgress"),
    ):
        if markers.get(mark):
            machine.registry.create_key(f"{CBS}\\{key}")
    if markers.get("execute_state") is not None:
        machine.registry.set(CBS, "ExecuteState", "REG_DWORD", int(markers["execute_state"]))
    if markers.get("update_reboot_required"):
        machine.registry.create_key(f"{AUTO_UPDATE}\\RebootRequired")
    if markers.get("pending_xml"):
        machine.files.put(f"{machine.windows_directory}\\winsxs\\pending.xml", 4096, None)
    if markers.get("file_renames"):
        machine.registry.set(
            SESSION_MANAGER, "PendingFileRenameOperations", "REG_MULTI_SZ", ["\\??\\C:\\Windows\\TEMP\\old.tmp", ""]
        )


def _knobs(machine: Machine, knobs: Mapping[str, Any], answers: Mapping[str, Any]) -> None:
    machine.knobs = copy.deepcopy(dict(knobs))
    for row in machine.knobs.get("mishaps") or []:
        mishaps.check(row)
    usage.seed(machine.knobs, answers)
    tag = (answers.get("enclosure") or {}).get("asset_tag")
    if tag:
        machine.knobs.setdefault("asset_tag", tag)
    if knobs.get("clock"):
        machine.clock.set(moment(knobs["clock"]))
    machine.winrm = str(knobs.get("winrm") or machine.winrm)
    machine.restart_seconds = float(knobs.get("restart_seconds", machine.restart_seconds))
    if knobs.get("certutil_hash_algorithms") is not None:
        machine.certutil_hash_algorithms = tuple(str(name).upper() for name in knobs["certutil_hash_algorithms"])
    accounts = machine.accounts
    user = str(knobs.get("user") or accounts.administrator().name)
    held = accounts.users.get(user.lower())
    if held is None:
        # A name that nobody has is the built-in administrator's new one, as hardened machines have it: another
        # local administrator would not get in over the network (KB951016).
        held = accounts.rename(accounts.administrator(), user)
    held.password = str(knobs.get("password") or "Sunset-2008!")
    for row in knobs.get("users") or []:
        groups = tuple(row.get("groups") or ("S-1-5-32-545",))
        accounts.add_user(
            User(row["name"], accounts.next_rid(), str(row.get("password", "")), bool(row.get("disabled"))), groups
        )
    for row in knobs.get("domain_users") or []:
        accounts.domain_users[str(row["name"]).lower()] = (str(row["password"]), bool(row.get("administrator")))


def _registry(machine: Machine, answers: Mapping[str, Any]) -> None:
    for key, values in answers.items():
        if values is None:
            machine.registry.delete_key(key)
            continue
        machine.registry.create_key(key)
        for name in machine.registry.values(key) or {}:
            if name not in values:
                machine.registry.delete_value(key, name)
        for name, value in values.items():
            kind, data = _value(value)
            machine.registry.set(key, name, kind, data)


def _value(value: Any) -> tuple[str, RegData]:
    if not isinstance(value, Mapping) or "type" not in value:
        return typed(value)
    kind, data = str(value["type"]), value.get("data")
    if kind in ("REG_BINARY", "REG_NONE") and isinstance(data, str):
        return kind, bytes.fromhex(data)
    return kind, data


def _program(line: str) -> str:
    """Return the program of a service: what is in quotes, what ends with .exe, or the first word."""
    quoted = re.match(r'"([^"]+)"', line)
    plain = re.match(r".*?\.(?:exe|sys)(?=\s|$)", line, re.IGNORECASE)
    name = quoted[1] if quoted else plain[0] if plain else line.split(" ")[0]
    return name if re.search(r"\.\w+$", name) else f"{name}.exe"


def _services(machine: Machine, answers: Mapping[str, Any]) -> None:
    running = {service.name.lower() for service in machine.services.list() if service.running}
    for name, about in answers.items():
        key = f"{SERVICES}\\{name}"
        if about is None:
            machine.registry.delete_key(key)
            running.discard(name.lower())
            continue
        if machine.services.get(name) is None:
            machine.registry.set(key, "Type", "REG_DWORD", 16)
            machine.registry.set(key, "DisplayName", "REG_SZ", about.get("display", name))
        if about.get("start") in START_WORDS:
            machine.registry.set(key, "Start", "REG_DWORD", START_WORDS.index(about["start"]))
        if about.get("account"):
            machine.registry.set(key, "ObjectName", "REG_SZ", about["account"])
        if about.get("path"):
            machine.registry.set(key, "ImagePath", "REG_EXPAND_SZ", about["path"])
            program = _program(machine.expand_system(about["path"]))
            if not machine.files.exists(program) and program[1:3] == ":\\":
                machine.files.put(program, 65536, None)
        if about.get("state") == "running":
            running.add(name.lower())
        elif about.get("state"):
            running.discard(name.lower())
    machine.services.restore(sorted(running))


def _files(machine: Machine, answers: Mapping[str, Any]) -> None:
    for path, version in answers.items():
        if version is None:
            if machine.files.exists(path) and not machine.files.is_dir(path):
                machine.files.delete(path)
        elif machine.files.exists(path):
            machine.files.set_version(path, version)
        else:
            machine.files.put(path, 131072, version)


def _disk(machine: Machine, answers: Mapping[str, Any]) -> None:
    if answers.get("size"):
        machine.files.size = int(answers["size"])
        machine.files.used = machine.files.size - int(answers.get("free") or 0)
