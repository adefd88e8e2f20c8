# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Controls that cannot hold together (private to this collection).

Two controls may look at one setting; what the one writes has then to please the other. And some values of the account
policy are ordered among themselves: Windows refuses, or forgets, what breaks the order (`data/conflicts.yml`).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .._change.values import Value, canonical
from .mechanisms.registry import Rule, rules_of
from .operators import OPERATORS
from .records import DATA, Control, read

_REGISTRY = ("registry", "registry_set")
_POLICY = ("secedit_system_access", "secedit_kerberos")


@dataclass(frozen=True)
class Order:
    """The value of `lesser` may be at most that of `greater`, `below` it where they must differ."""

    lesser: str
    greater: str
    below: bool
    why: str

    def broken(self, values: Mapping[str, Any]) -> bool:
        """Tell whether numbers of both are there and in the wrong order; -1 means for ever."""
        low, high = values.get(self.lesser), values.get(self.greater)
        if not isinstance(low, int) or not isinstance(high, int) or high == -1:
            return False
        return low >= high if self.below else low > high


@functools.cache
def orders() -> tuple[Order, ...]:
    """Return the known orders."""
    return tuple(Order(one["lesser"], one["greater"], one.get("below", False), one["why"]) for one in _data()["orders"])


@functools.cache
def disagreements() -> tuple[Mapping[str, Any], ...]:
    """Return where the published baselines contradict each other, for the documentation."""
    return tuple(_data()["disagreements"])


def among(controls: Iterable[Control]) -> Iterator[str]:
    """Yield a sentence for each contradiction among these controls."""
    chosen = tuple(controls)
    yield from _unordered(chosen)
    yield from _same_place(chosen)


def _data() -> Any:
    return read(DATA / "conflicts.yml")


def _unordered(controls: tuple[Control, ...]) -> Iterator[str]:
    values = {one.id: one.settings.get("value") for one in controls}
    for order in orders():
        if order.broken(values):
            word = "less than" if order.below else "at most"
            yield (
                f"{order.lesser} ({values[order.lesser]}) has to be {word} {order.greater} ({values[order.greater]}): "
                f"{order.why}; change one of the two site values"
            )


def _same_place(controls: tuple[Control, ...]) -> Iterator[str]:
    seen: dict[tuple[str, str], list[tuple[Control, Rule]]] = {}
    lines: dict[tuple[str, str], list[Control]] = {}
    for control in controls:
        if control.mechanism in _REGISTRY and not control.settings.get("check_only"):
            for rule in rules_of(control):
                seen.setdefault((canonical(rule.key), rule.name.casefold()), []).append((control, rule))
        if control.mechanism in _POLICY:
            lines.setdefault((control.mechanism, control.settings["name"].casefold()), []).append(control)
    for pairs in seen.values():
        yield from _quarrels(pairs)
    for holders in lines.values():
        yield from _policy_quarrels(holders)
    yield from _same_name(controls)
    yield from _given_and_denied(controls)


def _same_name(controls: tuple[Control, ...]) -> Iterator[str]:
    """Two accounts of a machine cannot have one name."""
    chosen: dict[str, Control] = {}
    for control in controls:
        name = control.settings.get("set") if control.settings.get("operator") == "ne_ci" else None
        if name is None:
            continue
        other = chosen.setdefault(str(name).casefold(), control)
        if other is not control and other.settings["name"] != control.settings["name"]:
            yield f"{other.id} and {control.id} both give the name {name!r}; two accounts need two names"


def _given_and_denied(controls: tuple[Control, ...]) -> Iterator[str]:
    """To deny a logon wins over to allow it, so an account that is given both has lost it."""
    held = {one.settings["right"]: one for one in controls if one.mechanism == "user_right"}
    for denied in held.values():
        given = held.get(str(denied.settings["right"]).replace("SeDeny", "Se", 1))
        if given is None or given is denied or not set(given.roles) & set(denied.roles):
            continue
        for sid in _must_hold(given) & _must_hold(denied):
            yield (
                f"{given.id} gives {sid} the right {given.settings['right']}, and {denied.id} denies it by "
                f"{denied.settings['right']}; take {sid} out of one of the two"
            )


def _must_hold(control: Control) -> set[str]:
    return {str(one) for name in ("sids", "site_sids") for one in control.settings.get(name, ())}


def _quarrels(pairs: list[tuple[Control, Rule]]) -> Iterator[str]:
    for at, (control, rule) in enumerate(pairs):
        for other, wish in pairs[at + 1 :]:
            if other.id == control.id or "report" in (rule.operator, wish.operator):
                continue
            if rule.only_on and wish.only_on and rule.only_on != wish.only_on:
                continue
            if not set(control.roles) & set(other.roles):
                continue
            if not _pleases(rule, wish) and not _pleases(wish, rule):
                yield (
                    f"{control.id} and {other.id} want different things of {rule.key} {rule.name}: "
                    f"{rule.expectation()}, and {wish.expectation()}; take one of the two, or change its site value"
                )


def _pleases(writer: Rule, reader: Rule) -> bool:
    """Tell whether the one passes on what the other writes on a machine that has nothing there yet."""
    written: Value | None = writer.goal(None)
    return reader.holds(written)


def _policy_quarrels(holders: list[Control]) -> Iterator[str]:
    for at, control in enumerate(holders):
        for other in holders[at + 1 :]:
            ours, theirs = control.settings, other.settings
            if not any(
                OPERATORS[reader["operator"]].holds(writer["value"], reader["value"])
                for writer, reader in ((ours, theirs), (theirs, ours))
            ):
                yield (
                    f"{control.id} ({ours['value']}) and {other.id} ({theirs['value']}) want different things of "
                    f"{ours['name']}; take one of the two, or change its site value"
                )
