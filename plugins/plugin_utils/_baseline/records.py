# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Control records: one hardening rule each, read from YAML (private to this collection).

The layout is `data/control.schema.json`; the tests hold every shipped record against it. `library`
puts the records together and says what a schema cannot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .._target.session import TargetError

DATA = Path(__file__).parent / "data"
# The same loader in C is ten times as fast, where libyaml was there when PyYAML was built.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LEVELS = ("baseline", "strict", "opt-in", "report")


class RecordError(TargetError):
    """A control, group or profile record is wrong; the sentence names file, record and field."""


@dataclass(frozen=True)
class Requirement:
    """One condition of `conditions.CONDITIONS`, with the argument that the record gives it."""

    condition: str
    argument: Any

    @classmethod
    def all_of(cls, plain: Iterable[Mapping[str, Any]]) -> tuple[Requirement, ...]:
        """Read a record's list of conditions."""
        return tuple(cls(name, argument) for one in plain for name, argument in one.items())


@dataclass(frozen=True)
class Group:
    """A step of enforcement; groups come in the order of the facts' `apply_order`. A `risky` one goes alone."""

    id: str
    title: str
    risky: bool


@dataclass(frozen=True)
class Control:
    """One hardening rule. `settings` is the mechanism's own part of the record, as the mechanism reads it.

    `only_if`: the control means something only where these hold. `prerequisites`: without these the setting has no
    effect, so it neither passes nor is set. `guards`: these must hold before it may be changed; what is set stays.
    A `guard` control watches a setting that would do harm, and is reported but never changed.
    """

    id: str
    title: str
    area: str
    level: str
    roles: tuple[str, ...]
    group: str
    mechanism: str
    settings: Mapping[str, Any]
    default: str
    restart: str
    breaks: str
    look_first: str
    lockout: str
    references: tuple[str, ...]
    confidence: str
    note: str = ""
    guard: bool = False
    only_if: tuple[Requirement, ...] = ()
    prerequisites: tuple[Requirement, ...] = ()
    guards: tuple[Requirement, ...] = ()

    def requirements(self) -> tuple[Requirement, ...]:
        """Return every condition of the record."""
        return (*self.only_if, *self.prerequisites, *self.guards)

    def needs(self) -> tuple[str, ...]:
        """Return the ids of the controls that must pass before this one."""
        return tuple(str(one.argument) for one in self.requirements() if one.condition == "control_passes")


def read(file: Path) -> Any:
    """Read a YAML file of this room."""
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER)
    except (OSError, yaml.YAMLError) as error:
        raise RecordError(f"{file}: not a readable record file: {error}") from error


def control_of(plain: Mapping[str, Any], file: str) -> Control:
    name = plain.get("id", "a record without an id")
    try:
        mechanism = dict(plain["mechanism"])
        return Control(
            id=plain["id"],
            title=plain["title"],
            area=plain["area"],
            level=plain["level"],
            roles=tuple(plain["roles"]),
            group=plain["group"],
            mechanism=mechanism.pop("kind"),
            settings=mechanism,
            default=plain["default"],
            restart=plain["restart"],
            breaks=plain["breaks"],
            look_first=plain["look_first"],
            lockout=plain["lockout"]["risk"],
            references=tuple(plain["references"]),
            confidence=plain["confidence"],
            note=plain.get("note", ""),
            guard=plain.get("guard", False),
            only_if=Requirement.all_of(plain.get("only_if", ())),
            prerequisites=Requirement.all_of(plain.get("prerequisites", ())),
            guards=Requirement.all_of(plain.get("guards", ())),
        )
    except KeyError as error:
        raise RecordError(f"{file}: {name}: the field {error.args[0]} is missing") from error
