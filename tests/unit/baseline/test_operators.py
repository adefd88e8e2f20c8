# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.operators import OPERATORS
from support.baseline_cases import cases

CASES = cases("operators")


def data(plain: Any) -> Any:
    return tuple(plain) if isinstance(plain, list) else plain


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_operator_compares_and_says_what_would_hold(case: list[Any]) -> None:
    name, wanted, observed, holds, goal = case
    operator = OPERATORS[name]
    assert operator.holds(data(observed), data(wanted)) is holds
    assert operator.goal(data(observed), data(wanted)) == data(goal)


@pytest.mark.parametrize("name", OPERATORS)
def test_what_an_operator_writes_holds(name: str) -> None:
    if name == "report":
        pytest.skip("it wants nothing and writes nothing")
    wanted: Any = {
        "le_number": "3",
        "ge_version": "3",
        **dict.fromkeys(("subset_of", "contains", "not_contains"), ("a",)),
    }.get(name, 3)
    for observed in (None, {str: "2", tuple: ("b", "A"), int: 9}[type(wanted)]):
        goal = OPERATORS[name].goal(observed, wanted)
        if goal is not None:
            assert OPERATORS[name].holds(goal, wanted)
        else:
            assert OPERATORS[name].absent or name == "ne_ci"


def test_every_operator_is_tested() -> None:
    assert {case[0] for case in CASES} == set(OPERATORS)
