# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What all verdicts share (private to this collection): their shape, version numbers, and the data files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from .package_state import PackageState, decode

Version = tuple[int, ...]
_DATA = Path(__file__).parent / "data"
_ARCHES = {"amd64": "x64", "x86": "x86", "ia64": "ia64"}
_UPDATE = re.compile(r"^Package_for_(KB\d+)~[^~]*~(\w*)~[^~]*~([\d.]+)$", re.IGNORECASE)


@dataclass(frozen=True)
class Verdict:
    """A judgement from a snapshot alone: a plain `sentence`, the `evidence` it rests on, and what was `unknown`."""

    sentence: str
    evidence: tuple[str, ...]
    unknown: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain data: enums by value, tuples as lists."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


@dataclass(frozen=True)
class Update:
    """An update as the component store names it; the next restart brings a `pending` one and takes a `leaving` one."""

    kb: str
    arch: str
    version: str
    installed: bool
    pending: bool
    leaving: bool = False


@cache
def data(name: str) -> Any:
    """Return the content of a YAML file of this room."""
    return yaml.safe_load((_DATA / name).read_text(encoding="utf-8"))


def parts(version: str) -> Version:
    """Split ``6.0.6003.20489`` into numbers, which compare as versions do."""
    return tuple(int(number) for number in re.findall(r"\d+", version))


def file_version(answers: Mapping[str, Any], name: str) -> tuple[bool, str | None]:
    """Return whether a watched file was asked for, and its version (None: it is not there), by its bare name."""
    for path, version in (answers.get("files") or {}).items():
        if path.rsplit("\\", 1)[-1].lower() == name.lower():
            return True, version
    return False, None


def updates(answers: Mapping[str, Any]) -> list[Update]:
    """Return the updates of the component store; CurrentState is read in both numberings (facts: servicing.md 4)."""
    found = []
    for package in answers.get("packages") or ():
        match = _UPDATE.match(package["identity"])
        if match:
            state = decode(package["state"])
            arch = _ARCHES.get(match[2].lower(), match[2])
            standing = (state.there, state is PackageState.PENDING, state is PackageState.LEAVING)
            found.append(Update(match[1].upper(), arch, match[3], *standing))
    return found


def has_update(answers: Mapping[str, Any], kb: str) -> bool | None:
    """Tell whether an update is installed by any list there is; None when no complete list was captured.

    A listed update is there. One that is on no list may still be superseded: this is a hint, never a proof of absence.
    """
    if any(update.kb == kb and update.installed for update in updates(answers)):
        return True
    if kb in (answers.get("hotfixes") or ()) or kb in (answers.get("hotfixes_seen") or ()):
        return True
    return False if "packages" in answers or "hotfixes" in answers else None


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Verdict):
        return value.as_dict()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
