# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's registry (private to this collection): typed, case-preserving, copy-on-write.

All machines of one kind share the nodes of their template; a write copies only the keys on its own
path. A node says by `owner` which registry may change it in place.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

RegData = int | str | list[str] | bytes | None

HIVES = {
    "HKLM": "HKLM",
    "HKEY_LOCAL_MACHINE": "HKLM",
    "HKCU": "HKCU",
    "HKEY_CURRENT_USER": "HKCU",
    "HKU": "HKU",
    "HKEY_USERS": "HKU",
    "HKCR": "HKCR",
    "HKEY_CLASSES_ROOT": "HKCR",
    "HKCC": "HKCC",
    "HKEY_CURRENT_CONFIG": "HKCC",
}
LONG_HIVES = {
    "HKLM": "HKEY_LOCAL_MACHINE",
    "HKCU": "HKEY_CURRENT_USER",
    "HKU": "HKEY_USERS",
    "HKCR": "HKEY_CLASSES_ROOT",
    "HKCC": "HKEY_CURRENT_CONFIG",
}
# The numbers of winreg.h; StdRegProv.EnumValues returns them.
TYPE_NUMBERS = {
    "REG_NONE": 0,
    "REG_SZ": 1,
    "REG_EXPAND_SZ": 2,
    "REG_BINARY": 3,
    "REG_DWORD": 4,
    "REG_DWORD_BIG_ENDIAN": 5,
    "REG_LINK": 6,
    "REG_MULTI_SZ": 7,
    "REG_QWORD": 11,
}


class RegistryError(Exception):
    """A registry call that Windows would refuse; `code` is the win32 error number."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class RegValue:
    """A value's type name and its data: int for DWORD/QWORD, str, list[str], or bytes for everything else."""

    type: str
    data: RegData


class _Key:
    __slots__ = ("acl", "keys", "name", "owner", "values")

    def __init__(self, name: str, owner: object) -> None:
        self.name = name
        self.owner = owner
        self.acl: str | None = None
        self.values: dict[str, tuple[str, RegValue]] = {}
        self.keys: dict[str, _Key] = {}

    def copy(self, owner: object) -> _Key:
        twin = _Key(self.name, owner)
        twin.acl = self.acl
        twin.values = dict(self.values)
        twin.keys = dict(self.keys)
        return twin


def split_path(path: str) -> tuple[str, list[str]]:
    """Return the short hive name and the key names below it; raises `RegistryError` 87 for an unknown hive."""
    hive, names = _split(path)
    return hive, list(names)


# A machine is asked for the same few hundred keys all day.
@functools.lru_cache(maxsize=8192)
def _split(path: str) -> tuple[str, tuple[str, ...]]:
    parts = [part for part in path.strip().split("\\") if part]
    if not parts or parts[0].upper() not in HIVES:
        raise RegistryError(87, f"{path!r} does not begin with a registry hive")
    return HIVES[parts[0].upper()], tuple(parts[1:])


@functools.lru_cache(maxsize=8192)
def _resolved(path: str, user_sid: str) -> tuple[str, ...]:
    hive, names = _split(path)
    if hive == "HKCU":
        hive, names = "HKU", (user_sid, *names)
    elif hive == "HKCR":
        hive, names = "HKLM", ("SOFTWARE", "Classes", *names)
    elif hive == "HKCC":
        hive, names = "HKLM", ("SYSTEM", "CurrentControlSet", "Hardware Profiles", "Current", *names)
    if hive == "HKLM" and len(names) > 1 and names[0].upper() == "SYSTEM" and names[1].upper() == "CURRENTCONTROLSET":
        names = (names[0], "ControlSet001", *names[2:])
    if hive == "HKU" and names and names[0].upper() == "S-1-5-18":
        names = (".DEFAULT", *names[1:])  # LocalSystem's profile is the default user's hive
    return (hive, *names)


@functools.lru_cache(maxsize=8192)
def _steps(path: str, user_sid: str) -> tuple[str, ...]:
    return tuple(name.lower() for name in _resolved(path, user_sid))


def checked(kind: str, data: RegData) -> RegValue:
    """Return a value of this type, or raise `RegistryError` 87 when the data is not of it."""
    fits: bool
    if kind in ("REG_DWORD", "REG_DWORD_BIG_ENDIAN"):
        fits = isinstance(data, int) and 0 <= data <= 0xFFFFFFFF
    elif kind == "REG_QWORD":
        fits = isinstance(data, int) and 0 <= data <= 0xFFFFFFFFFFFFFFFF
    elif kind in ("REG_SZ", "REG_EXPAND_SZ", "REG_LINK"):
        fits = isinstance(data, str)
    elif kind == "REG_MULTI_SZ":
        fits = isinstance(data, list) and all(isinstance(item, str) for item in data)
    elif kind in ("REG_BINARY", "REG_NONE"):
        data = b"" if data is None else data
        fits = isinstance(data, bytes)
    else:
        raise RegistryError(87, f"{kind!r} is not a registry type")
    if not fits:
        raise RegistryError(87, f"{data!r} is not data of type {kind}")
    return RegValue(kind, list(data) if isinstance(data, list) else data)


class Registry:
    """One machine's registry. Paths are ``HKLM\\...`` with short or long hive names; names ignore case."""

    def __init__(self, base: Registry | None = None, lock: Any = None) -> None:
        self._owner = object()
        self._lock = lock or threading.RLock()
        self._root: _Key = base._root.copy(self._owner) if base is not None else _Key("", self._owner)
        self.current_user = "S-1-5-21-0-0-0-500"
        if base is None:
            for hive in ("HKLM", "HKU"):
                self._root.keys[hive.lower()] = _Key(hive, self._owner)
        else:
            self.current_user = base.current_user

    # -- where a path leads -------------------------------------------------------------------

    def resolve(self, path: str, user_sid: str | None = None) -> list[str]:
        """Return the real names under the root: links (CurrentControlSet, HKCU, HKCR, HKCC) followed."""
        return list(_resolved(path, user_sid or self.current_user))

    def _find(self, path: str) -> _Key | None:
        key = self._root
        for name in _steps(path, self.current_user):
            found = key.keys.get(name)
            if found is None:
                return None
            key = found
        return key

    def _own(self, path: str) -> _Key:
        """The key as this registry's own, made when it is not there."""
        key = self._root
        for name in self.resolve(path):
            found = key.keys.get(name.lower())
            if found is None:
                found = _Key(name, self._owner)
                key.keys[name.lower()] = found
            elif found.owner is not self._owner:
                found = found.copy(self._owner)
                key.keys[name.lower()] = found
            key = found
        return key

    # -- reading ------------------------------------------------------------------------------

    def key_exists(self, path: str) -> bool:
        """Say whether the key is there."""
        with self._lock:
            return self._find(path) is not None

    def get(self, path: str, name: str) -> RegValue | None:
        """Return a value, or None when the key or the value is absent; the unnamed value's name is empty."""
        with self._lock:
            key = self._find(path)
            held = key.values.get(name.lower()) if key else None
            return held[1] if held else None

    def data(self, path: str, name: str, default: Any = None) -> Any:
        """Return a value's data alone, or the default."""
        value = self.get(path, name)
        return default if value is None else value.data

    def values(self, path: str) -> dict[str, RegValue] | None:
        """Return the values of a key by name as spelled, or None when the key is absent."""
        with self._lock:
            key = self._find(path)
            return None if key is None else dict(key.values.values())

    def subkeys(self, path: str) -> list[str] | None:
        """Return the names of the keys directly below, sorted as the registry does, or None when the key is absent."""
        with self._lock:
            key = self._find(path)
            if key is None:
                return None
            names = [child.name for child in key.keys.values()]
            if [part.upper() for part in self.resolve(path)] == ["HKLM", "SYSTEM"]:
                names.append("CurrentControlSet")
            return sorted(names, key=str.upper)

    def real_name(self, path: str) -> str:
        """Return the path with every existing key spelled as it was created, the hive in its short form."""
        hive, names = split_path(path)
        with self._lock:
            spelled = [hive]
            for depth, name in enumerate(names, 1):
                found = self._find("\\".join([hive, *names[:depth]]))
                linked = name.upper() == "CURRENTCONTROLSET"
                spelled.append("CurrentControlSet" if linked else found.name if found else name)
            return "\\".join(spelled)

    def walk(self, path: str) -> Iterator[str]:
        """Yield the key and every key below it, parents first."""
        yield path
        for name in self.subkeys(path) or []:
            yield from self.walk(f"{path}\\{name}")

    # -- writing ------------------------------------------------------------------------------

    def create_key(self, path: str) -> bool:
        """Make the key and its parents; true when it was not there before."""
        with self._lock:
            hive, names = split_path(path)
            if hive in ("HKLM", "HKU") and len(names) == 1 and not self.key_exists(path) and self._sealed:
                raise RegistryError(87, f"Windows makes no new key directly under {hive}")
            new = not self.key_exists(path)
            self._own(path)
            return new

    def mount(self, path: str) -> None:
        """Make an empty key right under a hive, as loading a hive file does."""
        with self._lock:
            self._own(path)

    _sealed = False

    def seal(self) -> None:
        """Refuse new keys directly under a hive from now on, as Windows does."""
        self._sealed = True

    def set(self, path: str, name: str, kind: str, data: RegData) -> None:
        """Write a value, making its key when needed; raises `RegistryError` 87 for data that is not of the type."""
        value = checked(kind, data)
        with self._lock:
            if not self.key_exists(path):
                self.create_key(path)
            key = self._own(path)
            held = key.values.get(name.lower())
            key.values[name.lower()] = (held[0] if held else name, value)

    def delete_value(self, path: str, name: str) -> bool:
        """Remove a value; true when it was there."""
        with self._lock:
            found = self._find(path)
            if found is None or name.lower() not in found.values:
                return False
            key = self._own(path)
            del key.values[name.lower()]
            return True

    def delete_key(self, path: str) -> bool:
        """Remove a key with everything below it; true when it was there."""
        with self._lock:
            if self._find(path) is None:
                return False
            parts = self.resolve(path)
            if len(parts) < 2:
                raise RegistryError(5, f"a hive cannot be deleted: {path}")
            parent = self._own("\\".join(parts[:-1]))
            del parent.keys[parts[-1].lower()]
            return True

    def acl(self, path: str) -> str | None:
        """Return a key's own access entries as `set_acl` took them; None when all are inherited, or no key is there."""
        with self._lock:
            key = self._find(path)
            return key.acl if key else None

    def set_acl(self, path: str, acl: str | None) -> None:
        """Keep a key's own access entries (text that only `access` understands); `RegistryError` 2 without a key."""
        with self._lock:
            if self._find(path) is None:
                raise RegistryError(2, path)
            self._own(path).acl = acl

    # -- what differs from the template ----------------------------------------------------------

    def changes(self, base: Registry) -> dict[str, Any]:
        """Return what was done to this registry since `base`, as JSON: ``{"gone": [...], "keys": {path: ...}}``."""
        gone: list[str] = []
        keys: dict[str, Any] = {}
        with self._lock:
            _compare(base._root, self._root, "", gone, keys)
        return {"gone": gone, "keys": keys}

    def apply(self, changes: Mapping[str, Any]) -> None:
        """Do to this registry what `changes` found."""
        with self._lock:
            for path in changes["gone"]:
                self.delete_key(path)
            for path, entry in changes["keys"].items():
                self._own(path)
                for name in entry.get("unset", []):
                    self.delete_value(path, name)
                for name, (kind, data) in entry.get("set", {}).items():
                    binary = kind in ("REG_BINARY", "REG_NONE")
                    self.set(path, name, kind, bytes.fromhex(data) if binary else data)
                if "acl" in entry:
                    self.set_acl(path, entry["acl"])


def _compare(old: _Key | None, new: _Key, path: str, gone: list[str], keys: dict[str, Any]) -> None:
    if old is new:
        return
    before = old.values if old else {}
    entry: dict[str, Any] = {}
    changed = {name: value for low, (name, value) in new.values.items() if low not in before or before[low][1] != value}
    unset = [name for low, (name, _value) in before.items() if low not in new.values]
    if changed:
        entry["set"] = {
            name: [value.type, value.data.hex() if isinstance(value.data, bytes) else value.data]
            for name, value in changed.items()
        }
    if unset:
        entry["unset"] = unset
    if new.acl != (old.acl if old else None):
        entry["acl"] = new.acl
    if path and (entry or old is None):
        keys[path] = entry
    prefix = f"{path}\\" if path else ""
    if old:
        gone.extend(prefix + key.name for low, key in old.keys.items() if low not in new.keys)
    for low, key in new.keys.items():
        _compare(old.keys.get(low) if old else None, key, prefix + key.name, gone, keys)
