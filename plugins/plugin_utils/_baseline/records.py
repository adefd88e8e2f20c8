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
from . import schema

DATA = Path(__file__).parent / "data"
# The same loader in C is ten times as fast, where libyaml was there when PyYAML was built.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LEVELS = ("baseline", "strict", "opt-in", "report")
# How a control is read and set; `data/control.schema.json` says what each of them holds.
KINDS = (
    "registry",
    "registry_set",
    "registry_list_empty",
    "registry_acl",
    "file_acl",
    "shared_folder_acl",
    "shared_printer_acl",
    "file_version",
    "service",
    "service_set",
    "any_service",
    "service_paths",
    "secedit_system_access",
    "secedit_kerberos",
    "user_right",
    "auditpol",
    "auditpol_report",
    "winrm_config",
    "winrm_listener",
    "firewall_rule",
    "firewall_ruleset",
    "firewall_scope",
    "group_members",
    "wmi",
    "boot_option",
    "netbios",
    "feature_absent",
    "start_options",
    "manual",
)


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
    A `guard` control watches a setting that would do harm, and is reported but never changed. `by_hand`: what the
    machine's answer leaves open, so that a check which holds is still not a pass. `deviation`: where and why the chosen
    profile does not do what its document asks for.
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
    why: str = ""
    tags: tuple[str, ...] = ()
    by_hand: str = ""
    restart_note: str = ""
    lockout_note: str = ""
    note: str = ""
    deviation: str = ""
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


def checked(plain: Any, definition: str, file: str) -> None:
    """Hold one record against its definition in the schema; `RecordError` names file, record and field."""
    root = schema.load("control")
    name = plain.get("id") if isinstance(plain, Mapping) else None
    wrong = next(schema.faults(plain, root["$defs"][definition], root), None)
    if wrong:
        raise RecordError(f"{file}: {name or 'a record without an id'}: {wrong}")


def control_of(plain: Mapping[str, Any]) -> Control:
    """Read one record that follows the schema."""
    mechanism = dict(plain["mechanism"])
    lockout = plain["lockout"]
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
        lockout=lockout["risk"],
        references=tuple(plain["references"]),
        confidence=plain["confidence"],
        why=plain.get("why", ""),
        tags=tuple(plain.get("tags", ())),
        by_hand=plain.get("by_hand", ""),
        restart_note=plain.get("restart_note", ""),
        lockout_note=lockout.get("note", ""),
        note=plain.get("note", ""),
        guard=plain.get("guard", False),
        only_if=Requirement.all_of(plain.get("only_if", ())),
        prerequisites=Requirement.all_of(plain.get("prerequisites", ())),
        guards=Requirement.all_of(plain.get("guards", ())),
    )
