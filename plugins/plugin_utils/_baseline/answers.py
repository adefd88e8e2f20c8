# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A snapshot as the baseline reads it: present, absent and unknown kept apart (private to this collection)."""

from __future__ import annotations

import ntpath
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .._change.values import BadValue, Change, Key, Kind, Value, canonical, value_in
from .._console import firewall
from .._console.firewall import Rule
from .._console.text import ConsoleError
from .._host import access, hives
from . import rooms, rule_states

Snapshot = Mapping[str, Any]

SERVICES = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"
# Where a snapshot keeps the settings of a kind, as place -> name -> value; the registry has its own way.
ROOMS = {
    Kind.SECURITY: "security",
    Kind.AUDIT: "audit",
    Kind.WINRM: "winrm",
    Kind.FILE_ACL: access.FILES,
    Kind.KEY_ACL: access.KEYS,
    Kind.BOOT: "boot",
}
_START, _DELAYED = "Start", "DelayedAutostart"
_STARTS = {0: "boot", 1: "system", 2: "auto", 3: "manual", 4: "disabled"}
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

    def setting(self, kind: Kind, key: str, name: str) -> Value | None:
        """Return a setting of any kind that a snapshot holds, or None where it is not there."""
        if kind is Kind.REGISTRY:
            return self.value(key, name)
        if kind is Kind.SERVICE:
            return self.start(key.removeprefix(SERVICES))
        if kind is Kind.STATE:
            state = self.state(key.removeprefix(SERVICES))
            return None if state is None else Value("TEXT", state)
        if kind is Kind.FIREWALL:
            words = [rule.words() for rule in self.firewall_rules(firewall.RULES) if rule.name == name]
            return Value("TEXT", words[0]) if words else None
        if kind is Kind.RULE_STATE:
            return rule_states.find(self.key(firewall.RULES) or {}, name)
        if kind in rooms.ROOMS:
            own = rooms.ROOMS[kind]
            return own.find(self.probe(own.answer), key, name)
        if kind not in ROOMS:
            raise Unknown(f"{key} {name} is not known: a snapshot has no room for settings of {kind.value}")
        room: Mapping[str, Any] = self.probe(ROOMS[kind])
        held = next((one for place, one in room.items() if canonical(place) == canonical(key)), None)
        if kind in (Kind.FILE_ACL, Kind.KEY_ACL) and (held is None or access.UNREAD in held):
            why = "it was not asked" if held is None else held[access.UNREAD]["data"]
            raise Unknown(f"the access list of {key} is not known: {why}")
        return value_in(held, name)

    def source_of(self, kind: Kind, key: str, name: str) -> str:
        """Return who rules a setting that is not the machine's own, ``GPO`` for Group Policy; "" where nobody does."""
        for place, held in self.probe(ROOMS[kind]).items():
            for found, one in held.items() if canonical(place) == canonical(key) else ():
                if found.casefold() == name.casefold():
                    return str(one.get("source") or "")
        return ""

    def now(self, change: Change) -> Value | None:
        """Return what is there at the place of a change."""
        return self.setting(change.kind, change.key, change.name)

    def start(self, service: str) -> Value | None:
        """Return how a service or driver starts, as text; None where there is none of that name.

        The numbers are the registry's, which also knows drivers, and automatic ones that wait (``delayed``).
        """
        number = self.value(SERVICES + service, _START)
        if number is None:
            return None
        word = _STARTS.get(number.data) if isinstance(number.data, int) else None
        if word is None:
            raise BadValue(f"the service {service} has the start type {number}, which Windows does not know")
        delayed = self.value(SERVICES + service, _DELAYED)
        waits = word == "auto" and delayed is not None and delayed.data not in (0, "")
        return Value("TEXT", "delayed" if waits else word)

    def state(self, service: str) -> str | None:
        """Return a service's state, ``running`` or another word of Win32_Service; None where there is none."""
        for name, about in self.probe("services").items():
            if name.casefold() == service.casefold():
                return str(about.get("state"))
        return None

    def profiles(self) -> list[Mapping[str, Any]]:
        """Return the profiles of people: sid, path, loaded."""
        return list(self.probe("profiles"))

    def members(self, group: str) -> list[str]:
        """Return the members of a group by its SID."""
        groups = self.probe("groups")
        if group not in groups:
            raise Unknown(f"the members of {group} are not known: they were not asked")
        return list(groups[group])

    def firewall_rules(self, *stores: str) -> list[Rule]:
        """Return the rules of both stores, or of those that are named."""
        texts = [
            (name, plain)
            for store in stores or (firewall.RULES, firewall.POLICY_RULES)
            for name, plain in (self.key(store) or {}).items()
        ]
        try:
            return [firewall.parse(str(plain["data"])) for name, plain in texts if name]
        except ConsoleError as error:
            raise BadValue(str(error)) from error

    def places(self, key: str) -> list[tuple[str, str]]:
        r"""Return where a key is: itself, or for one below HKCU the key and profile folder of every user."""
        (everyone, _others) = hives.apart([key])
        if not everyone:
            return [(key, "")]
        return [(hives.key_of(str(one["sid"]), everyone[0]), str(one["path"])) for one in self.profiles()]

    def file_version(self, name: str) -> str | None:
        """Return the version of a file in system32, by its bare name; None where the file is not there."""
        path = ntpath.join(self.probe("os").get("windows_directory") or "C:\\Windows", "system32", name)
        if path.casefold() not in self._files:
            raise Unknown(f"the version of {path} is not known: {self._unknown.get('files', 'it was not asked')}")
        version = self._files[path.casefold()]
        return None if version is None else str(version)

    def version_of(self, path: str) -> str | None:
        """Return the version of a file that was asked, by its path; ``%SystemRoot%`` is the Windows folder."""
        windows = self.probe("os").get("windows_directory") or "C:\\Windows"
        full = re.sub(r"^%(?:SystemRoot|windir)%", lambda _match: windows, path, flags=re.IGNORECASE).casefold()
        if full not in self._files:
            raise Unknown(f"the version of {path} is not known: {self._unknown.get('files', 'it was not asked')}")
        version = self._files[full]
        return None if version is None else str(version)

    def codepage(self) -> str:
        """Return the OEM code page, 437 where it is not known."""
        return str((self._answers.get("codepage") or {}).get("oem") or "437")

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
    for change in changes:
        if change.kind is Kind.STATE and change.after is not None:
            answers["services"] = with_state(answers.get("services") or {}, change.key, str(change.after.data))
        if change.kind is Kind.RULE_STATE:
            answers["registry"] = _with_rule_state(answers.get("registry") or {}, change)
        if change.kind in rooms.ROOMS:
            own = rooms.ROOMS[change.kind]
            answers[own.answer] = own.put(answers.get(own.answer) or own.empty, change)
        for room, key, name, value in _assignments(change):
            answers[room] = _with(dict(answers.get(room) or {}), key, name, value, room == "registry")
    return {**snapshot, "answers": answers}


def _with_rule_state(registry: Mapping[str, Any], change: Change) -> dict[str, Any]:
    place = next((one for one in registry if canonical(one) == canonical(firewall.RULES)), firewall.RULES)
    return {**registry, place: rule_states.with_state(registry.get(place) or {}, change)}


def with_state(services: Mapping[str, Any], key: str, state: str) -> dict[str, Any]:
    """Return Win32_Service's answer with another state for the service that has this registry key."""
    name = key.removeprefix(SERVICES).casefold()
    return {one: {**about, "state": state} if one.casefold() == name else about for one, about in services.items()}


def _assignments(change: Change) -> list[tuple[str, str, str, Value | None]]:
    if change.kind is Kind.SERVICE:
        word = change.after.data if change.after else "disabled"
        number = {text: number for number, text in _STARTS.items()} | {"delayed": 2}
        return [
            ("registry", change.key, _START, Value("REG_DWORD", number[str(word)])),
            ("registry", change.key, _DELAYED, Value("REG_DWORD", 1) if word == "delayed" else None),
        ]
    if change.kind is Kind.FIREWALL:
        rule = firewall.of_words(change.name, str(change.after.data)) if change.after else None
        text = Value("REG_SZ", rule.text()) if rule else None
        return [("registry", firewall.RULES, f"{{{change.name}}}", text)]
    room = ROOMS.get(change.kind, "registry" if change.kind is Kind.REGISTRY else "")
    return [(room, change.key, change.name, change.after)] if room else []


def _with(room: dict[str, Any], key: str, name: str, value: Value | None, may_lack: bool) -> dict[str, Any]:
    path = next((held for held in room if canonical(held) == canonical(key)), key)
    values = {held: one for held, one in (room.get(path) or {}).items() if held.casefold() != name.casefold()}
    if value is not None:
        values[name] = value.plain()
    room[path] = values if values or room.get(path) is not None or not may_lack else None
    return room
