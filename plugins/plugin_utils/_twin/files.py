# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's file system (private to this collection): one volume, copy-on-write, with sizes and file versions.

Only what somebody reads or writes is held. A file of the template knows its size and its version and
has no content of its own; its bytes are made up when somebody reads them.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from .file_errors import BadName, Denied, DiskFull, Exists, FileError, NotAFolder, NotFound, is_remote, split_path

__all__ = [
    "BadName",
    "Denied",
    "DiskFull",
    "Entry",
    "Exists",
    "FileError",
    "FileSystem",
    "NotAFolder",
    "NotFound",
    "clusters",
    "is_remote",
    "split_path",
]
CLUSTER = 4096


@dataclass(frozen=True)
class Entry:
    """One line of a folder."""

    name: str
    is_dir: bool
    size: int
    modified: datetime
    version: str | None
    attributes: str = ""


class _Node:
    __slots__ = ("acl", "attributes", "children", "content", "modified", "name", "owner", "size", "version")

    def __init__(self, name: str, owner: object, modified: datetime, is_dir: bool) -> None:
        self.name = name
        self.owner = owner
        self.modified = modified
        self.children: dict[str, _Node] | None = {} if is_dir else None
        self.content: bytes | None = None
        self.size = 0
        self.version: str | None = None
        self.attributes = "" if is_dir else "A"
        self.acl: tuple[str, ...] | None = None

    @property
    def inside(self) -> dict[str, _Node]:
        """What a folder holds; raises `NotFound` (3) for a file."""
        if self.children is None:
            raise NotFound(self.name, 3)
        return self.children

    def copy(self, owner: object) -> _Node:
        twin = _Node(self.name, owner, self.modified, False)
        twin.children = None if self.children is None else dict(self.children)
        twin.content, twin.size, twin.version = self.content, self.size, self.version
        twin.attributes, twin.acl = self.attributes, self.acl
        return twin


class Remote(Protocol):
    """What the volume asks about paths of other computers; all raise `FileError`."""

    def entry(self, path: str) -> Entry:
        """Return a file or folder."""

    def entries(self, path: str) -> list[Entry]:
        """Return what a folder holds."""

    def read(self, path: str) -> bytes:
        """Return a file's content."""


def clusters(size: int) -> int:
    """Return the bytes a file of this size takes on the volume; NTFS keeps the smallest ones in the MFT."""
    return 0 if size <= 700 else -(-size // CLUSTER) * CLUSTER


class FileSystem:
    """One machine's system volume. Paths are absolute; names ignore case and keep their spelling."""

    def __init__(
        self,
        base: FileSystem | None = None,
        lock: Any = None,
        now: Callable[[], datetime] = lambda: datetime(2009, 4, 11, tzinfo=UTC),
        drive: str = "C:",
    ) -> None:
        self._owner = object()
        self._lock = lock or threading.RLock()
        self._now = now
        self.drive = drive
        self.size = 42949672960
        self.used = 0
        self.remote: Remote | None = None
        self._root: _Node = base._root.copy(self._owner) if base is not None else _Node(drive, self._owner, now(), True)
        if base is not None:
            self.drive, self.size, self.used = base.drive, base.size, base.used

    @property
    def free(self) -> int:
        """Bytes left on the volume."""
        return self.size - self.used

    # -- finding ---------------------------------------------------------------------------------

    def _find(self, path: str) -> _Node | None:
        drive, *names = split_path(path)
        if drive != self.drive:
            return None
        node = self._root
        for name in names:
            found = node.children.get(name.lower()) if node.children is not None else None
            if found is None:
                return None
            node = found
        return node

    def _need(self, path: str) -> _Node:
        node = self._find(path)
        if node is None:
            raise NotFound(path, 2 if self._find_parent(path) else 3)
        return node

    def _find_parent(self, path: str) -> _Node | None:
        parts = split_path(path)
        if parts[0] != self.drive:
            return None
        node = self._find("\\".join([parts[0], *parts[1:-1]]) + "\\")
        return node if node is not None and node.children is not None else None

    def _own(self, parts: list[str]) -> _Node:
        node = self._root
        for name in parts[1:]:
            found = node.inside[name.lower()]
            if found.owner is not self._owner:
                found = found.copy(self._owner)
                node.inside[name.lower()] = found
            node = found
        return node

    def _own_parent(self, path: str) -> tuple[_Node, str]:
        parts = split_path(path)
        if len(parts) < 2:
            raise Denied(path)
        if self._find_parent(path) is None:
            raise NotFound(path, 3)
        return self._own(parts[:-1]), parts[-1]

    # -- reading ---------------------------------------------------------------------------------

    def exists(self, path: str) -> bool:
        """Say whether a file or folder is there; a path that cannot be one is not."""
        try:
            if self.remote is not None and is_remote(path):
                return bool(self.remote.entry(path))
            with self._lock:
                return self._find(path) is not None
        except FileError:
            return False

    def is_dir(self, path: str) -> bool:
        """Say whether the path is a folder."""
        try:
            if self.remote is not None and is_remote(path):
                return self.remote.entry(path).is_dir
            with self._lock:
                node = self._find(path)
        except FileError:
            return False
        return node is not None and node.children is not None

    def read(self, path: str) -> bytes:
        """Return a file's bytes; raises `NotFound`, or `Denied` for a folder."""
        if self.remote is not None and is_remote(path):
            return self.remote.read(path)
        with self._lock:
            node = self._need(path)
            if node.children is not None:
                raise Denied(path)
            return node.content if node.content is not None else _made_up(node.size)

    def version(self, path: str) -> str | None:
        """Return the file version resource's text, None for a file without one; raises `NotFound`."""
        with self._lock:
            return self._need(path).version

    def entry(self, path: str) -> Entry:
        """Return what a folder listing says about this path; raises `NotFound`."""
        if self.remote is not None and is_remote(path):
            return self.remote.entry(path)
        with self._lock:
            return _entry(self._need(path))

    def list_dir(self, path: str) -> list[Entry]:
        """Return a folder's entries in NTFS order (by name, ignoring case); raises `NotFound`, `BadName` for a file."""
        if self.remote is not None and is_remote(path):
            return self.remote.entries(path)
        with self._lock:
            node = self._need(path)
            if node.children is None:
                raise BadName(path)
            return [_entry(child) for _low, child in sorted(node.children.items(), key=lambda item: item[0].upper())]

    def real_path(self, path: str) -> str:
        """Return the path spelled as its folders and files were created; what does not exist stays as given."""
        if is_remote(path):
            return path
        with self._lock:
            drive, *names = split_path(path)
            spelled = [drive]
            for depth in range(len(names)):
                node = self._find("\\".join([drive, *names[: depth + 1]]))
                spelled.append(node.name if node else names[depth])
            return "\\".join(spelled) if names else drive + "\\"

    def walk(self, path: str) -> Iterator[str]:
        """Yield every file below a folder, with full path."""
        for entry in self.list_dir(path):
            full = path.rstrip("\\") + "\\" + entry.name
            if entry.is_dir:
                yield from self.walk(full)
            else:
                yield full

    # -- writing ---------------------------------------------------------------------------------

    def _charge(self, path: str, before: int, after: int) -> None:
        cost = clusters(after) - clusters(before)
        if cost > self.free:
            raise DiskFull(path)
        self.used += cost

    def write(
        self, path: str, data: bytes, append: bool = False, version: str | None = None, size: int | None = None
    ) -> None:
        """Write a file whole or at its end.

        `size` lets a file weigh more than the bytes that are kept of it (payload of synthetic packages).
        Raises `NotFound` (3) without its folder, `Denied` over a folder, `DiskFull`.
        """
        with self._lock:
            parent, name = self._own_parent(path)
            node = parent.inside.get(name.lower())
            if node is not None and node.children is not None:
                raise Denied(path)
            old_size = node.size if node else 0
            if append and node is not None:
                data = (node.content if node.content is not None else _made_up(node.size)) + data
            self._charge(path, old_size, len(data) if size is None else size)
            if node is None or node.owner is not self._owner:
                node = node.copy(self._owner) if node else _Node(name, self._owner, self._now(), False)
                parent.inside[name.lower()] = node
            node.content, node.modified = data, self._now()
            node.size = len(data) if size is None else size
            node.version = version

    def put(self, path: str, size: int, version: str | None, modified: datetime | None = None) -> None:
        """Place a file that has a size and a version but no bytes of its own, making its folders."""
        with self._lock:
            self.make_dir(path.rpartition("\\")[0])
            parent, name = self._own_parent(path)
            old = parent.inside.get(name.lower())
            self._charge(path, old.size if old else 0, size)
            node = _Node(old.name if old else name, self._owner, modified or self._now(), False)
            node.size, node.version = size, version
            parent.inside[name.lower()] = node

    def set_version(self, path: str, version: str) -> None:
        """Replace an existing file's version, as an update does; raises `NotFound`."""
        with self._lock:
            self._need(path)
            node = self._own(split_path(path))
            node.version, node.modified = version, self._now()

    def set_attributes(self, path: str, attributes: str) -> None:
        """Replace the attribute letters (of ``ARHSI``) of a file or folder; raises `NotFound`."""
        with self._lock:
            self._need(path)
            self._own(split_path(path)).attributes = "".join(letter for letter in "ARHSI" if letter in attributes)

    def acl(self, path: str) -> tuple[str, ...] | None:
        """Return the own access entries as `set_acl` took them, None when all are inherited; raises `NotFound`."""
        with self._lock:
            return self._need(path).acl

    def set_acl(self, path: str, acl: tuple[str, ...] | None) -> None:
        """Keep a file's own access entries (text only icacls understands); raises `NotFound`."""
        with self._lock:
            self._need(path)
            self._own(split_path(path)).acl = acl

    def make_dir(self, path: str, parents: bool = True) -> bool:
        """Make a folder (and its parents); true when it is new. Raises `Exists` where a file stands."""
        with self._lock:
            parts = split_path(path)
            if parts[0] != self.drive:
                raise NotFound(path, 3)
            new = False
            for depth in range(2, len(parts) + 1):
                here = "\\".join(parts[:depth])
                node = self._find(here)
                if node is not None:
                    if node.children is None:
                        raise Exists(here)
                    continue
                if not parents and depth < len(parts):
                    raise NotFound(path, 3)
                parent, name = self._own_parent(here)
                parent.inside[name.lower()] = _Node(name, self._owner, self._now(), True)
                new = True
            return new

    def delete(self, path: str) -> None:
        """Delete one file; raises `NotFound`, or `Denied` for a folder."""
        with self._lock:
            node = self._need(path)
            if node.children is not None:
                raise Denied(path)
            self._unlink(path, node)

    def _unlink(self, path: str, node: _Node) -> None:
        parent, name = self._own_parent(path)
        del parent.inside[name.lower()]
        self.used -= _weight(node)

    def remove_dir(self, path: str, recursive: bool = False) -> None:
        """Remove a folder; raises `Exists` (145) when it is not empty and `recursive` is not asked for."""
        with self._lock:
            node = self._need(path)
            if node.children is None:
                raise NotAFolder(path)
            if node.children and not recursive:
                raise Exists(path, 145)
            self._unlink(path, node)

    def move(self, source: str, target: str, replace: bool = False) -> None:
        """Rename a file or folder; an existing file gives way only with `replace`."""
        with self._lock:
            node = self._need(source)
            if self.is_dir(target) and node is not self._find(target):
                target = target.rstrip("\\") + "\\" + node.name
            there = self._find(target)
            if there is not None and there is not node:
                if there.children is not None or node.children is not None:
                    raise Denied(target)
                if not replace:
                    raise Exists(target)
                self._unlink(target, there)
            if self._find_parent(target) is None:
                raise NotFound(target, 3)
            if (
                node.children is not None
                and split_path(target)[: len(split_path(source))] == split_path(source)
                and there is not node
            ):
                raise Denied(source)  # a folder does not go into itself
            old_parent, old_name = self._own_parent(source)
            del old_parent.inside[old_name.lower()]
            parent, name = self._own_parent(target)
            moved = node.copy(self._owner)
            moved.name = name
            parent.inside[name.lower()] = moved

    def copy(self, source: str, target: str) -> None:
        """Copy one file over whatever file is there; raises like `read` and `write`."""
        if self.remote is not None and is_remote(source):
            name = self.remote.entry(source).name
            where = target.rstrip("\\") + "\\" + name if self.is_dir(target) else target
            self.write(where, self.remote.read(source))
            return
        with self._lock:
            node = self._need(source)
            if node.children is not None:
                raise Denied(source)
            if self.is_dir(target):
                target = target.rstrip("\\") + "\\" + node.name
            modified = node.modified
            if node.content is None:
                self.put(target, node.size, node.version, modified)
                return
            self.write(target, node.content, version=node.version, size=node.size)
            self._own(split_path(target)).modified = modified

    # -- what differs from the template -------------------------------------------------------------

    def changes(self, base: FileSystem) -> dict[str, Any]:
        """Return what was done to this volume since `base`, as JSON."""
        gone: list[str] = []
        made: dict[str, Any] = {}
        with self._lock:
            _compare(base._root, self._root, self.drive, gone, made)
            return {"gone": gone, "made": made, "size": self.size, "used": self.used}

    def apply(self, changes: Mapping[str, Any]) -> None:
        """Do to this volume what `changes` found."""
        with self._lock:
            self.size, self.used = changes["size"], 0
            for path in changes["gone"]:
                self._unlink(path, self._need(path))
            self.used = -(1 << 60)  # nothing is refused while a state is restored
            for path, entry in changes["made"].items():
                if entry.get("dir"):
                    self.make_dir(path)
                    self._restore_security(path, entry)
                    continue
                modified = datetime.fromisoformat(entry["modified"])
                if "content" in entry:
                    self.make_dir(path.rpartition("\\")[0])
                    content = base64.b64decode(entry["content"])
                    self.write(path, content, version=entry.get("version"), size=entry["size"])
                    self._own(split_path(path)).modified = modified
                else:
                    self.put(path, entry["size"], entry.get("version"), modified)
                self._restore_security(path, entry)
            self.used = changes["used"]

    def _restore_security(self, path: str, entry: Mapping[str, Any]) -> None:
        if "attributes" in entry:
            self.set_attributes(path, entry["attributes"])
        if "acl" in entry:
            self.set_acl(path, tuple(entry["acl"]))


def _entry(node: _Node) -> Entry:
    return Entry(node.name, node.children is not None, node.size, node.modified, node.version, node.attributes)


def _weight(node: _Node) -> int:
    if node.children is None:
        return clusters(node.size)
    return sum(_weight(child) for child in node.children.values())


def _made_up(size: int) -> bytes:
    return b"MZ".ljust(size, b"\0")[:size]


def _note_security(node: _Node, entry: dict[str, Any]) -> None:
    if node.attributes != ("" if node.children is not None else "A"):
        entry["attributes"] = node.attributes
    if node.acl is not None:
        entry["acl"] = list(node.acl)


def _compare(old: _Node | None, new: _Node, path: str, gone: list[str], made: dict[str, Any]) -> None:
    if old is new:
        return
    if new.children is None:
        same = (
            old is not None
            and old.children is None
            and (old.size, old.version, old.modified, old.attributes, old.acl)
            == (new.size, new.version, new.modified, new.attributes, new.acl)
            and old.content == new.content
        )
        if not same:
            entry: dict[str, Any] = {"size": new.size, "modified": new.modified.isoformat()}
            if new.version is not None:
                entry["version"] = new.version
            _note_security(new, entry)
            if new.content is not None:
                entry["content"] = base64.b64encode(new.content).decode("ascii")
            made[path] = entry
        return
    before = (old.children or {}) if old else {}
    if old is None or (old.attributes, old.acl) != (new.attributes, new.acl):
        made[path] = {"dir": True}
        _note_security(new, made[path])
    gone.extend(f"{path}\\{node.name}" for low, node in before.items() if low not in new.children)
    for low, node in new.children.items():
        _compare(before.get(low), node, f"{path}\\{node.name}", gone, made)
