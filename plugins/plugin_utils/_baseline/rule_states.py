# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Firewall rules switched on and off by their name (private to this collection); pure.

netsh knows a rule by its name and direction, and changes every rule that has both (facts: hardening.md 9). So the place
of a change is all of them together: `BOTH` is a state that netsh cannot make.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .._change.values import Change, Value
from .._console import firewall
from .._console.firewall import Rule
from .._console.text import ConsoleError

ON, OFF, BOTH = "yes", "no", "yes and no"
Values = Mapping[str, Mapping[str, Any]]


def find(rules: Values, name: str) -> Value | None:
    """Return whether the rules of a `firewall.state_name` are on; None where there is none."""
    states = {ON if rule.active else OFF for _place, _text, rule in _meant(rules, name)}
    return Value("TEXT", states.pop() if len(states) == 1 else BOTH) if states else None


def with_state(rules: Values, change: Change) -> dict[str, Mapping[str, Any]]:
    """Return the rules with those of a change switched; a state that netsh cannot make is left as it is."""
    result = dict(rules)
    word = {ON: "TRUE", OFF: "FALSE"}.get(str(change.after.data)) if change.after is not None else None
    for place, text, _rule in _meant(rules, change.name) if word else ():
        fields = [f"Active={word}" if one.startswith("Active=") else one for one in text.split("|")]
        result[place] = {"type": "REG_SZ", "data": "|".join(fields)}
    return result


def _meant(rules: Values, name: str) -> Iterator[tuple[str, str, Rule]]:
    for place, plain in rules.items():
        try:
            rule = firewall.parse(str(plain["data"]))
        except ConsoleError:
            continue
        if firewall.state_name(rule).casefold() == name.casefold():
            yield place, str(plain["data"]), rule
