# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a snapshot's servicing answers to a component store (private to this collection)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .component_store import ARCHITECTURES, INSTALLED, PACKAGES, PENDING, number
from .packages import Identity, Package, described, known_packages

if TYPE_CHECKING:
    from .machine import Machine


def seed_packages(machine: Machine, rows: list[tuple[str, int]]) -> None:
    """Enter packages by identity and state number; what the twin knows of them has happened, or waits."""
    store = machine.store
    order = {kb: index for index, kb in enumerate(known_packages())}
    for identity, state in sorted(rows, key=lambda row: order.get(Identity.parse(row[0]).kb, -1)):
        name = Identity.parse(identity)
        store.register(identity, state, "WindowsUpdateAgent", machine.booted_at)
        if not name.name.startswith("Package_for_"):
            continue
        package = described(name, known_packages().get(name.kb, {}))
        if state in PENDING:
            store.leave_for_restart(package, "WindowsUpdateAgent")
            machine.registry.set(f"{PACKAGES}\\{identity}", "CurrentState", "REG_DWORD", state)
        elif state in INSTALLED:
            _installed(machine, package)


def _installed(machine: Machine, package: Package) -> None:
    store = machine.store
    store.place(package, package.files)
    store.undo.pop(package.identity)
    store.write_registry(package)
    if package.stack:
        store.add_stack(package.stack)
    if package.kind == "esu_prep":
        store.offer_licences()


def seed_kernel(machine: Machine, version: str) -> None:
    """Make the kernel on the disk at least this version, and the registered build that of the running one."""
    path = f"{machine.windows_directory}\\system32\\ntoskrnl.exe"
    if number(machine.files.version(path) or "0") < number(version):
        machine.files.set_version(path, version)
    machine.store.register_build(machine.build)


def seed_pending(machine: Machine, rows: list[Any]) -> None:
    """Put packages into the state "install pending": a KB number, or effects with ``identity`` or ``kb``."""
    for row in rows:
        about: Mapping[str, Any] = {"kb": row} if isinstance(row, str) else row
        kb = str(about.get("kb") or Identity.parse(str(about["identity"])).kb)
        default = Identity(f"Package_for_{kb}", "6.0.1.0", ARCHITECTURES[machine.arch])
        identity = Identity.parse(str(about["identity"])) if about.get("identity") else default
        given = {key: value for key, value in about.items() if key not in ("identity", "kb")}
        package = described(identity, {**known_packages().get(kb, {}), **given})
        for member in machine.store.members(package):
            machine.store.register(member, machine.store.codes()["staged"], "Package Manager", machine.clock.now())
        machine.store.leave_for_restart(package, "Package Manager")
