# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Controls that are registry values, one (`registry`) or several (`registry_set`) (private to this collection).

All values of a group go in as one registration file: keys whose names hold a slash are no trap there (hardening
facts, row 23), lists keep their type, and an import works from top to bottom, so the order of a record is the order on
the machine (DependOnService of the Workstation service before the driver that it named; facts, row 1). A key below
HKCU stands for that key of every user of the machine, logged on or not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..._change.values import Change, Data, Value, shown
from ..._target.names import nearest
from ..answers import Answers, Unknown
from ..findings import Judged, Status
from ..operators import OPERATORS
from ..records import Control, RecordError
from .reads import Reads

_NO_ARGUMENT = ("absent", "not_empty", "report")
_REPORT = "report"
CHECK_ONLY = "no value that could be written would make it true; see what it breaks and how to look first"
NOBODY_CHOSE = "what is to stand there is for the site to say; give it as a site value"


@dataclass(frozen=True)
class Local:
    """The machine's own value, which counts where the policy value is absent; `factor` is its unit in the policy's."""

    key: str
    name: str
    factor: int


@dataclass(frozen=True)
class Rule:
    """One value of a control. `only_on` is an architecture; `existing_key` says never to create the key.

    `written` is what to write where that is not what is compared. `profile` is the folder of its user.
    """

    key: str
    name: str
    type: str
    operator: str
    wanted: Data
    also_accept: tuple[Value, ...]
    only_on: str
    existing_key: bool
    written: Data | None = None
    wanted_dc: Data | None = None
    local: Local | None = None
    profile: str = ""

    def holds(self, value: Value | None) -> bool:
        """Compare type and data."""
        operator = OPERATORS[self.operator]
        if value is None:
            return operator.absent
        if value in self.also_accept:
            return True
        return value.type == self.type and operator.holds(value.data, self.wanted)

    def goal(self, value: Value | None) -> Value | None:
        """Return what to write; data of the wrong type counts for nothing."""
        if self.written is not None:
            return Value(self.type, self.written)
        observed = value.data if value is not None and value.type == self.type else None
        data = OPERATORS[self.operator].goal(observed, self.wanted)
        return None if data is None else Value(self.type, data)

    def expectation(self) -> str:
        """Return what is wanted, in words."""
        says = OPERATORS[self.operator].says.format(Value(self.type, self.wanted))
        others = "".join(f" or {one}" for one in self.also_accept)
        return f"{self.name} {'= ' if says.startswith('REG_') else ''}{says}{others}"

    def effective(self, answers: Answers) -> Value | None:
        """Return the value that counts: the policy's own, else the machine's in the unit of the policy."""
        value = answers.value(self.key, self.name)
        if value is not None or self.local is None:
            return value
        own = answers.value(self.local.key, self.local.name)
        if own is not None and isinstance(own.data, int):
            return Value(own.type, own.data // self.local.factor)
        return own


class RegistryMechanism:
    """See `mechanisms.Mechanism`."""

    def check_record(self, control: Control) -> None:
        """Raise `RecordError` for unknown operators, types and values."""
        for rule in rules_of(control):
            if rule.operator not in OPERATORS:
                raise RecordError(f"operator {rule.operator!r} is not known; {nearest(rule.operator, OPERATORS)}")
            if rule.operator not in _NO_ARGUMENT:
                Value.of(Value(rule.type, rule.wanted).plain())
            for value in rule.also_accept:
                Value.of(value.plain())

    def reads(self, control: Control) -> Reads:
        """Return the keys of the control's values, each once."""
        rules = rules_of(control)
        local = (rule.local.key for rule in rules if rule.local)
        return Reads(keys=tuple(dict.fromkeys((*(rule.key for rule in rules), *local))))

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Compare every value of the control, for every user where it is one of theirs; all must hold."""
        rules = _rules_here(control, answers)
        if not rules:
            return Judged(Status.NOTAPPLICABLE, "not there", "nothing to set", ("none of its keys exists here",))
        found, unknown = _found(rules, answers)
        observed = dict.fromkeys(f"{rule.name} {_equals(value)}" for rule, value in found)
        evidence = dict.fromkeys(f"{rule.key} {rule.name} {_equals(value)}" for rule, value in found)
        judged = [rule.holds(value) for rule, value in found if rule.operator != _REPORT]
        if all(judged) and unknown:
            raise unknown[0]
        status = Status.NOTCHECKED if not judged else Status.PASS if all(judged) else Status.FAIL
        return Judged(
            status=status,
            observed="; ".join(observed),
            expected="; ".join(dict.fromkeys(rule.expectation() for rule in rules)),
            evidence=(*evidence, *map(str, unknown)),
        )

    def changes(self, control: Control, answers: Answers) -> tuple[Change, ...]:
        """Return one change per value; several rules about one value build on each other."""
        if control.settings.get("check_only"):
            return ()
        before: dict[tuple[str, str, str], Value | None] = {}
        after: dict[tuple[str, str, str], Value | None] = {}
        for rule in _rules_here(control, answers):
            place = (rule.key, rule.name, rule.profile)
            try:
                if place not in before:
                    before[place] = after[place] = answers.value(rule.key, rule.name)
                effective = rule.effective(answers) if after[place] == before[place] else after[place]
            except Unknown:
                continue  # a hive that could not be loaded: it is judged as unknown, and cannot be written either
            if not rule.holds(effective) and rule.operator != _REPORT:
                after[place] = rule.goal(after[place])
        return tuple(
            Change(control.id, key, name, before=value, after=after[key, name, profile], profile=profile)
            for (key, name, profile), value in before.items()
            if value != after[key, name, profile]
        )

    def obstacle(self, control: Control, answers: Answers) -> str:
        """Say that nobody chose the text, where the record leaves it to the site."""
        if control.settings.get("check_only"):
            return CHECK_ONLY
        rules = _rules_here(control, answers)
        return NOBODY_CHOSE if any(rule.operator == "not_empty" and not rule.wanted for rule in rules) else ""


def rules_of(control: Control) -> tuple[Rule, ...]:
    """Read the settings of a `registry` or `registry_set` record."""
    settings = control.settings
    rows: Sequence[Mapping[str, Any]] = settings["values"] if control.mechanism == "registry_set" else [settings]
    return tuple(_rule(row) for row in rows)


def _rule(row: Mapping[str, Any]) -> Rule:
    try:
        kind = row["type"]
        local = row.get("local")
        return Rule(
            key=row["key"],
            name=row["name"],
            type=kind,
            operator=row["operator"],
            wanted=_data(row.get("value", "")),
            also_accept=tuple(_accepted(one, kind) for one in row.get("also_accept", ())),
            only_on=row.get("only_on", ""),
            existing_key=row.get("existing_key", False),
            written=_data(row["set"]) if "set" in row else None,
            wanted_dc=_data(row["value_dc"]) if "value_dc" in row else None,
            local=Local(local["key"], local["name"], local.get("factor", 1)) if local else None,
        )
    except KeyError as error:
        raise RecordError(f"the field mechanism.{error.args[0]} is missing") from error


def _accepted(plain: Any, kind: str) -> Value:
    if isinstance(plain, Mapping):
        return Value(plain["type"], _data(plain["data"]))
    return Value(kind, _data(plain))


def _data(plain: Any) -> Data:
    data: Data = tuple(plain) if isinstance(plain, list) else plain
    return data


def _rules_here(control: Control, answers: Answers) -> tuple[Rule, ...]:
    """Leave out what is for another architecture or must not create its key; take each user, and a DC's own value."""
    rules = [rule for rule in rules_of(control) if not rule.only_on or rule.only_on == answers.arch()]
    if any(rule.wanted_dc is not None for rule in rules) and answers.role() == "dc":
        rules = [rule if rule.wanted_dc is None else replace(rule, wanted=rule.wanted_dc) for rule in rules]
    placed = [replace(rule, key=key, profile=profile) for rule in rules for key, profile in answers.places(rule.key)]
    return tuple(rule for rule in placed if not rule.existing_key or answers.key(rule.key) is not None)


def _found(rules: Sequence[Rule], answers: Answers) -> tuple[list[tuple[Rule, Value | None]], list[Unknown]]:
    """Look each value up. What is unknown of one user hides no other user's failure."""
    found: list[tuple[Rule, Value | None]] = []
    unknown: list[Unknown] = []
    for rule in rules:
        try:
            found.append((rule, rule.effective(answers)))
        except Unknown as error:
            if not rule.profile:
                raise
            unknown.append(error)
    return found, unknown


def _equals(value: Value | None) -> str:
    return shown(value) if value is None else f"= {value}"
