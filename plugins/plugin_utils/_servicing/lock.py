# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Trust on first use for package files whose digest nobody published (private to this collection).

A ``media.lock.yml`` lies beside the files that it speaks for, so that it moves with them, whichever folder above is
named as the media folder. From the day on which a file was pinned, another file of the same package and architecture
in that folder is an error, under whatever name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from .errors import BadMedia
from .records import PACKAGE_ID, Architecture, nearest

LOCK = "media.lock.yml"
SCHEMA = "sunset.ws2008/media_lock/1"
_HEAD = """\
# Digests of package files as they were when somebody first trusted them, written by sunset.ws2008.media.
# Another file in the place of one of these is refused. Where the change is right, take its entry out.
"""
_DIGITS = frozenset("0123456789abcdef")
_FIELDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "name": ("a file name", lambda value: isinstance(value, str) and bool(value)),
    "package": ("a package id", lambda value: isinstance(value, str) and bool(PACKAGE_ID.fullmatch(value))),
    "architecture": ("x86, x64 or ia64", lambda value: value in [one.value for one in Architecture]),
    "size": ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0),
    "sha1": ("40 lower-case hexadecimal digits", lambda value: _is_digest(value, 40)),
    "sha256": ("64 lower-case hexadecimal digits", lambda value: _is_digest(value, 64)),
    "first_seen": ("a time such as 2026-11-20T18:00:00Z", lambda value: isinstance(value, str) and bool(value)),
}


@dataclass(frozen=True)
class Pin:
    """One file as it was when it was first trusted."""

    name: str
    package: str
    architecture: str
    size: int
    sha1: str
    sha256: str
    first_seen: str


@dataclass(frozen=True)
class Lock:
    """The pins of one folder; `path` is the lock file, which need not exist."""

    path: Path
    pins: tuple[Pin, ...] = ()

    def pin_of(self, package: str, architecture: Architecture) -> Pin | None:
        """Return the pin of a package for an architecture."""
        return next(
            (one for one in self.pins if (one.package, one.architecture) == (package, architecture.value)), None
        )

    def check(self, path: Path, package: str, architecture: Architecture, size: int, sha1: str, sha256: str) -> bool:
        """Say whether a file is pinned; raises `BadMedia` when it is not the file that was."""
        pin = self.pin_of(package, architecture)
        if pin is None:
            return False
        if (pin.size, pin.sha1, pin.sha256) != (size, sha1, sha256):
            raise BadMedia(
                f"{path} is not the file that was trusted on {pin.first_seen[:10]}: its SHA-256 is {sha256}, and "
                f"{self.path} says {pin.sha256}. Fetch it again; where the new file is right, take the entry of "
                f"{package} ({architecture.value}) out of {self.path.name}"
            )
        return True

    def text(self, more: Iterable[Pin] = ()) -> str:
        """Return the lock file's text with some pins more, in an order that keeps differences small.

        What is pinned already stays as it is.
        """
        kept = {(one.architecture, one.package): one for one in [*more, *self.pins]}
        pins = [kept[key] for key in sorted(kept)]
        document = {"schema": SCHEMA, "files": [asdict(one) for one in pins]}
        return _HEAD + yaml.safe_dump(document, sort_keys=False, default_flow_style=False, width=200)


def moment(now: datetime) -> str:
    """Return a time as it stands in a lock file."""
    return f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def read(folder: Path) -> Lock:
    """Return the lock of a folder, empty where there is none; raises `BadMedia` that names the file and the field."""
    path = folder / LOCK
    try:
        content = yaml.safe_load(path.read_bytes())
    except FileNotFoundError:
        return Lock(path)
    except OSError as error:
        raise BadMedia(f"{path} cannot be read: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise BadMedia(f"{path} cannot be read as YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict) or content.get("schema") != SCHEMA or not isinstance(content.get("files"), list):
        raise BadMedia(f"{path} is no lock of media files (schema: {SCHEMA}, and a list `files`)")
    pins = tuple(_pin(path, index, raw) for index, raw in enumerate(content["files"]))
    for index, pin in enumerate(pins):
        if any((pin.package, pin.architecture) == (other.package, other.architecture) for other in pins[:index]):
            raise BadMedia(f"{path}, files[{index}]: {pin.package} ({pin.architecture}) is pinned twice")
    return Lock(path, pins)


def _pin(path: Path, index: int, raw: object) -> Pin:
    if not isinstance(raw, dict):
        raise BadMedia(f"{path}, files[{index}]: a mapping belongs here, not {raw!r}")
    for key in raw:
        if key not in _FIELDS:
            raise BadMedia(f"{path}, files[{index}].{key}: there is no such field; {nearest(str(key), _FIELDS)}")
    for field, (meaning, right) in _FIELDS.items():
        if not right(raw.get(field)):
            raise BadMedia(f"{path}, files[{index}].{field}: {meaning} belongs here, not {raw.get(field)!r}")
    return Pin(**raw)


def _is_digest(value: object, digits: int) -> bool:
    return isinstance(value, str) and len(value) == digits and set(value) <= _DIGITS
