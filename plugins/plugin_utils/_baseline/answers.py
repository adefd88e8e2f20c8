# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A snapshot as the baseline reads it: present, absent and unknown kept apart (private to this collection)."""

from __future__ import annotations

import ntpath
from collections.abc import Iterable, Mapping
from typing import Any

from .._change.values import Change, Key, Value, canonical, value_in

Snapshot = Mapping[str, Any]

# Win32_ComputerSystem.DomainRole and the roles of a control; the workstation numbers are Vista's and have no role here.
_ROLES = {2: "standalone", 3: "member", 4: "dc", 5: "dc"}


class Unknown(Exception):
    """The snapshot does not hold this answer; the text says which, and why as far as that is known."""


class Answers:
    """Typed access to one snapshot. Every method raises `Unknown` where the snapshot has no answer."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._answers: Mapping[str, Any] = snapshot.get("answers") or {}
        unknown: Mapping[str, str] = snapshot.get("unknown") or {}
        self._unknown = {name.casefold(): str(why) for name, why in unknown.items()}
        self._keys: dict[str, Key] = {
            canonical(key): found for key, found in (self._answers.get("registry") or {}).items()
        }
        self._files = {str(path).casefold(): version for path, version in (self._answers.get("files") or {}).items()}

    def probe(self, name: str) -> Any:
        """Return the answer of one probe."""
        if self._answers.get(name) is None:
            raise Unknown(f"{name} is not known: {self._unknown.get(name, 'it was not asked')}")
        return self._answers[name]

    def key(self, path: str) -> Key:
        """Return a registry key's values, or None where the key is not there."""
        if canonical(path) not in self._keys:
            reasons = (self._unknown.get(name) for name in (f"registry:{canonical(path)}", "registry"))
            why = next(filter(None, reasons), "it was not asked")
            raise Unknown(f"the registry key {path} is not known: {why}")
        return self._keys[canonical(path)]

    def value(self, key: str, name: str) -> Value | None:
        """Return a registry value, or None where the value or its key is not there."""
        return value_in(self.key(key), name)

    def file_version(self, name: str) -> str | None:
        """Return the version of a file in system32, by its bare name; None where the file is not there."""
        path = ntpath.join(self.probe("os").get("windows_directory") or "C:\\Windows", "system32", name)
        if path.casefold() not in self._files:
            raise Unknown(f"the version of {path} is not known: {self._unknown.get('files', 'it was not asked')}")
        version = self._files[path.casefold()]
        return None if version is None else str(version)

    def role(self) -> str:
        """Return standalone, member or dc."""
        number = self.probe("computer").get("domain_role")
        if number not in _ROLES:
            said = "was not captured" if number is None else f"is {number}"
            raise Unknown(f"the machine's role is not known: its DomainRole {said}, and 2 to 5 are servers")
        return _ROLES[number]

    def arch(self) -> str:
        """Return x86, x64 or ia64."""
        arch = self.probe("os").get("arch")
        if not arch:
            raise Unknown("the architecture is not known: the operating system did not name it")
        return str(arch)

    def listening_ports(self) -> frozenset[int]:
        """Return the TCP ports that something listens on."""
        return frozenset(int(one["port"]) for one in self.probe("listeners"))

    def has_update(self, kb: str) -> bool:
        """Tell whether a KB is installed, by the component store or by the hotfix list."""
        found = any(f"_for_{kb}~" in one["identity"] and _installed(one.get("state")) for one in self.probe("packages"))
        return found or kb in self.probe("hotfixes")


def _installed(state: object) -> bool:
    # Both numberings of CurrentState are met on NT 6.0: 7 and 8, and the newer 0x70 and 0x80 (facts, servicing).
    return state in (7, 8, 0x70, 0x80)


def projected(snapshot: Snapshot, changes: Iterable[Change]) -> Snapshot:
    """Return the snapshot as it would be after `changes`; the given one is left as it is."""
    answers = dict(snapshot.get("answers") or {})
    registry = dict(answers.get("registry") or {})
    spelled = {canonical(key): key for key in registry}
    for change in changes:
        path = spelled.setdefault(canonical(change.key), change.key)
        values = {
            name: one for name, one in (registry.get(path) or {}).items() if name.casefold() != change.name.casefold()
        }
        if change.after is not None:
            values[change.name] = change.after.plain()
        registry[path] = values if values or registry.get(path) is not None else None
    return {**snapshot, "answers": {**answers, "registry": registry}}
