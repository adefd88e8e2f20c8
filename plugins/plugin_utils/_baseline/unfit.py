# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Own records that ask for what NT 6.0 does not have (private to this collection).

A record copied from a baseline for a newer Windows follows the schema, and does nothing here, or ends TLS. What it
would write is held against the settings without effect, and against the words that this system knows: cipher suites,
audit subcategories, user rights, lines of a security template, accounts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from .._change.values import Value, canonical
from .._target.names import nearest
from . import do_nothing, site_values
from .mechanisms.registry import Rule, rules_of
from .records import Control

# The policy's own list of suites, and the machine's (facts 2.3).
_SUITES = tuple(
    canonical(f"HKLM\\{folder}\\SSL\\00010002")
    for folder in (
        "SOFTWARE\\Policies\\Microsoft\\Cryptography\\Configuration",
        "SYSTEM\\CurrentControlSet\\Control\\Cryptography\\Configuration\\Local",
    )
)
_SUBCATEGORY = re.compile(r"\{0CCE92([0-9A-F]{2})-69AE-11D9-BED3-505054503030\}", re.IGNORECASE)
_FIRST, _LAST = 0x10, 0x43
# What [System Access] and [Kerberos Policy] of a security template hold here.
_LINES: Mapping[str, Collection[str]] = {
    "secedit_system_access": (
        "MinimumPasswordAge",
        "MaximumPasswordAge",
        "MinimumPasswordLength",
        "PasswordComplexity",
        "PasswordHistorySize",
        "LockoutBadCount",
        "ResetLockoutCount",
        "LockoutDuration",
        "RequireLogonToChangePassword",
        "ForceLogoffWhenHourExpire",
        "NewAdministratorName",
        "NewGuestName",
        "ClearTextPassword",
        "LSAAnonymousNameLookup",
        "EnableAdminAccount",
        "EnableGuestAccount",
    ),
    "secedit_kerberos": (
        "MaxTicketAge",
        "MaxRenewAge",
        "MaxServiceAge",
        "MaxClockSkew",
        "TicketValidateClient",
    ),
}


def faults(control: Control, known: Iterable[Control]) -> Iterator[str]:
    """Yield a sentence for everything that the record asks for in vain; `known` are the shipped controls."""
    idle = _idle(control)
    if idle is not None:
        yield f"it is refused. {idle.sentence()}"
        return
    check = _CHECKS.get(control.mechanism)
    if check is not None:
        yield from check(control, known)


def _idle(control: Control) -> do_nothing.DoNothing | None:
    asked = [control.id]
    settings = control.settings
    if control.mechanism in ("service", "service_set"):
        asked += [str(one["name"]) for one in settings.get("services") or [settings]]
    if control.mechanism == "auditpol":
        asked.append(str(settings["subcategory"]))
    asked += [str(one.argument) for one in control.requirements() if one.condition == "update_installed"]
    found = (do_nothing.asked_for(word) for word in asked)
    written = (do_nothing.written_by(rule.key, rule.name, one.data) for rule, one in _written(control))
    return next((one for one in (*found, *written) if one is not None), None)


def _written(control: Control) -> Iterator[tuple[Rule, Value]]:
    """Yield what the record would write; one that only takes away writes nothing."""
    if control.mechanism not in ("registry", "registry_set"):
        return
    for rule in rules_of(control):
        if rule.operator == "report":
            continue
        goals = [rule.goal(None)] + ([Value(rule.type, rule.wanted_dc)] if rule.wanted_dc is not None else [])
        yield from ((rule, goal) for goal in goals if goal is not None)


def _registry(control: Control, _known: Iterable[Control]) -> Iterator[str]:
    for rule, goal in _written(control):
        if canonical(do_nothing.current(rule.key)) in _SUITES and rule.name.casefold() == "functions":
            fault = site_values.suites_refused(goal.data)
            if fault:
                yield f"what it writes to {rule.key} {rule.name} is not {fault}"
        if rule.type == "REG_DWORD" and isinstance(goal.data, int) and goal.data > 0xFFFFFFFF:
            yield f"{rule.name}: {goal.data} does not fit in a REG_DWORD, which ends at 4294967295"
        elif rule.operator != "not_empty" and goal == rule.goal(None) and not rule.holds(goal):
            yield f"it would write {goal} and could never pass, for that is not {rule.expectation()}"


def _audit(control: Control, _known: Iterable[Control]) -> Iterator[str]:
    match = _SUBCATEGORY.fullmatch(control.settings["subcategory"])
    if match is None or not _FIRST <= int(match[1], 16) <= _LAST:
        yield (
            f"there is no audit subcategory {control.settings['subcategory']} on NT 6.0: its subcategories are "
            "{0CCE9210-69AE-11D9-BED3-505054503030} to {0CCE9243-69AE-11D9-BED3-505054503030}"
        )


def _right(control: Control, known: Iterable[Control]) -> Iterator[str]:
    rights = sorted({str(one.settings["right"]) for one in known if one.mechanism == "user_right"})
    if control.settings["right"] not in rights:
        right = control.settings["right"]
        yield f"there is no user right {right!r} on NT 6.0; {nearest(right, rights)}"
    held = [*control.settings["sids"], *control.settings.get("sids_dc", ())]
    yield from (site_values.no_account(sid) for sid in held if site_values.no_account(sid))


def _line(control: Control, _known: Iterable[Control]) -> Iterator[str]:
    lines, name = _LINES[control.mechanism], control.settings["name"]
    if name not in lines:
        yield f"a security template of NT 6.0 has no line {name!r}; {nearest(name, lines)}"


_CHECKS: Mapping[str, Callable[[Control, Iterable[Control]], Iterator[str]]] = {
    "registry": _registry,
    "registry_set": _registry,
    "auditpol": _audit,
    "user_right": _right,
    "secedit_system_access": _line,
    "secedit_kerberos": _line,
}


def first(control: Control, known: Mapping[str, Any]) -> str:
    """Return the first of them, or ""."""
    return next(faults(control, known.values()), "")
