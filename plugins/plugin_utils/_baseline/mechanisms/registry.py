# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Controls that are registry values, one (`registry`) or several (`registry_set`) (private to this collection).

All values of a group go in as one registration file: keys whose names hold a slash are no trap there (hardening
facts, row 23), lists keep their type, and an import works from top to bottom, so the order of a record is the order on
the machine (DependOnService of the Workstation service before the driver that it named; facts, row 1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..._change.regfile import Edit, render
from ..._change.values import Change, Data, Value, shown
from ..._target.names import nearest
from ..._target.session import Session, TargetError
from ..answers import Answers
from ..findings import Judged, Status
from ..operators import OPERATORS
from ..records import Control, RecordError

_NO_ARGUMENT = ("absent",)


class ImportFailed(TargetError):
    """``reg import`` did not accept a file, or only a part of it."""


@dataclass(frozen=True)
class Rule:
    """One value of a control. `only_on` is an architecture; `existing_key` says never to create the key."""

    key: str
    name: str
    type: str
    operator: str
    wanted: Data
    also_accept: tuple[Data, ...]
    only_on: str
    existing_key: bool

    def holds(self, value: Value | None) -> bool:
        """Compare type and data."""
        operator = OPERATORS[self.operator]
        if value is None:
            return operator.absent
        if value.type != self.type:
            return False
        return operator.holds(value.data, self.wanted) or value.data in self.also_accept

    def goal(self, value: Value | None) -> Value | None:
        """Return what to write; data of the wrong type counts for nothing."""
        observed = value.data if value is not None and value.type == self.type else None
        data = OPERATORS[self.operator].goal(observed, self.wanted)
        return None if data is None else Value(self.type, data)

    def expectation(self) -> str:
        """Return what is wanted, in words."""
        says = OPERATORS[self.operator].says.format(Value(self.type, self.wanted))
        others = "".join(f" or {Value(self.type, one)}" for one in self.also_accept)
        return f"{self.name} {'= ' if says.startswith('REG_') else ''}{says}{others}"


class RegistryMechanism:
    """See `mechanisms.Mechanism`."""

    name = "registry"

    def check_record(self, control: Control) -> None:
        """Raise `RecordError` for unknown operators, types and values."""
        for rule in rules_of(control):
            if rule.operator not in OPERATORS:
                raise RecordError(f"operator {rule.operator!r} is not known; {nearest(rule.operator, OPERATORS)}")
            for data in (rule.wanted, *rule.also_accept) if rule.operator not in _NO_ARGUMENT else ():
                Value.of(Value(rule.type, data).plain())

    def registry_keys(self, control: Control) -> tuple[str, ...]:
        """Return the keys of the control's values, each once."""
        return tuple(dict.fromkeys(rule.key for rule in rules_of(control)))

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Compare every value of the control; all must hold."""
        rules = _rules_here(control, answers)
        if not rules:
            return Judged(Status.NOTAPPLICABLE, "not there", "nothing to set", ("none of its keys exists here",))
        found = [(rule, answers.value(rule.key, rule.name)) for rule in rules]
        observed = dict.fromkeys(f"{rule.name} {_equals(value)}" for rule, value in found)
        evidence = dict.fromkeys(f"{rule.key} {rule.name} {_equals(value)}" for rule, value in found)
        return Judged(
            status=Status.PASS if all(rule.holds(value) for rule, value in found) else Status.FAIL,
            observed="; ".join(observed),
            expected="; ".join(dict.fromkeys(rule.expectation() for rule in rules)),
            evidence=tuple(evidence),
        )

    def changes(self, control: Control, answers: Answers) -> tuple[Change, ...]:
        """Return one change per value; several rules about one value build on each other."""
        before: dict[tuple[str, str], Value | None] = {}
        after: dict[tuple[str, str], Value | None] = {}
        for rule in _rules_here(control, answers):
            place = (rule.key, rule.name)
            if place not in before:
                before[place] = after[place] = answers.value(*place)
            if not rule.holds(after[place]):
                after[place] = rule.goal(after[place])
        return tuple(
            Change(control.id, *place, before=value, after=after[place])
            for place, value in before.items()
            if value != after[place]
        )

    def with_site_value(self, control: Control, value: object) -> Control:
        """Put the site's value where the record says `site_value`, inside the range that the record allows."""
        allowed = control.settings.get("site_value")
        if not allowed:
            raise RecordError(f"{control.id} takes no site value; its value is fixed by its sources")
        low, high = int(allowed["minimum"]), int(allowed["maximum"])
        number = _number(value)
        if number is None or not low <= number <= high:
            raise RecordError(f"the site value {value!r} of {control.id} is not a whole number from {low} to {high}")
        return replace(control, settings={**control.settings, "value": number})

    def apply(self, session: Session, changes: Sequence[Change], folder: str, label: str) -> None:
        """Upload one registration file and import it; the exit code judges, the localised text is only quoted."""
        path = f"{folder}\\{label}.reg"
        session.upload(render(Edit(change.key, change.name, change.after) for change in changes), path)
        done = session.run(f'reg import "{path}"')
        if done.rc != 0:
            said = " ".join((done.stderr + " " + done.stdout).split())
            raise ImportFailed(f"reg import ended with {done.rc} and said {said!r}; it read {path} on the target")


def rules_of(control: Control) -> tuple[Rule, ...]:
    """Read the settings of a `registry` or `registry_set` record."""
    settings = control.settings
    rows: Sequence[Mapping[str, Any]] = settings["values"] if control.mechanism == "registry_set" else [settings]
    return tuple(_rule(row) for row in rows)


def _rule(row: Mapping[str, Any]) -> Rule:
    try:
        return Rule(
            key=row["key"],
            name=row["name"],
            type=row["type"],
            operator=row["operator"],
            wanted=_data(row.get("value", "")),
            also_accept=tuple(_data(one) for one in row.get("also_accept", ())),
            only_on=row.get("only_on", ""),
            existing_key=row.get("existing_key", False),
        )
    except KeyError as error:
        raise RecordError(f"the field mechanism.{error.args[0]} is missing") from error


def _data(plain: Any) -> Data:
    data: Data = tuple(plain) if isinstance(plain, list) else plain
    return data


def _rules_here(control: Control, answers: Answers) -> tuple[Rule, ...]:
    """Leave out what is for another architecture, and what must not create the key that it needs."""
    rules = tuple(rule for rule in rules_of(control) if not rule.only_on or rule.only_on == answers.arch())
    return tuple(rule for rule in rules if not rule.existing_key or answers.key(rule.key) is not None)


def _equals(value: Value | None) -> str:
    return shown(value) if value is None else f"= {value}"


def _number(value: object) -> int | None:
    """Read a whole number, also as text: values from ``-e`` and from Jinja arrive as text."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    text = str(value).strip()
    return int(text) if text.isdecimal() else None
