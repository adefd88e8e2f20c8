# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a control compares what is there with what should be (private to this collection).

Each operator is two pure functions on data, type already compared: does it hold, and which data would make it hold.
Lists (services, SIDs, pipes) ignore case, because everything on NT 6.0 that reads them does. `report` wants nothing:
what is there is shown, and neither passes nor fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .._change.values import Data

Observed = Data | None


@dataclass(frozen=True)
class Operator:
    """`holds(observed, wanted)`; `goal(observed, wanted)` is the data to write, None to remove the value.

    `says` is the expectation in words, with ``{}`` for the wanted value. `absent` tells whether a missing value holds.
    """

    says: str
    holds: Callable[[Data, Data], bool]
    goal: Callable[[Observed, Data], Observed]
    absent: bool = False


def _is(observed: Data, wanted: Data) -> bool:
    if isinstance(observed, tuple) and isinstance(wanted, tuple):
        return _folded(observed) == _folded(wanted)
    return observed == wanted


def _integer(compare: Callable[[int, int], bool]) -> Callable[[Data, Data], bool]:
    return lambda observed, wanted: isinstance(observed, int) and isinstance(wanted, int) and compare(observed, wanted)


def _lists(compare: Callable[[set[str], set[str]], bool]) -> Callable[[Data, Data], bool]:
    return lambda observed, wanted: compare(set(_folded(observed)), set(_folded(wanted)))


def _folded(data: Data) -> list[str]:
    return [one.casefold() for one in _items(data)]


def _items(data: Observed) -> tuple[str, ...]:
    return data if isinstance(data, tuple) else ()


def _keep(observed: Observed, keep: Callable[[str], bool]) -> tuple[str, ...]:
    return tuple(one for one in _items(observed) if keep(one.casefold()))


def _plus(observed: Observed, wanted: Data) -> Data:
    """Keep the order on the machine and add what it lacks at the end."""
    there = set(_folded(_items(observed)))
    return (*_items(observed), *(one for one in _items(wanted) if one.casefold() not in there))


def _wanted(_observed: Observed, wanted: Data) -> Data:
    return wanted


def _bits(combine: Callable[[int, int], int]) -> Callable[[Observed, Data], Observed]:
    """Change single bits of a number and leave the others; where no number is there, begin with none."""
    return lambda observed, wanted: combine(
        observed if isinstance(observed, int) else 0, wanted if isinstance(wanted, int) else 0
    )


def _as_number(text: Data) -> int | None:
    """Winlogon keeps some numbers as text (CachedLogonsCount, ScreenSaverGracePeriod)."""
    return int(text) if isinstance(text, str) and text.strip().isdecimal() else None


def _version(text: Data) -> tuple[int, ...]:
    return tuple(int(part) for part in str(text).split(".") if part.isdecimal())


def _number_at_most(observed: Data, wanted: Data) -> bool:
    found, most = _as_number(observed), _as_number(wanted)
    return found is not None and most is not None and found <= most


def _removed(_observed: Observed, _wanted: Data) -> None:
    return None


def _different_text(observed: Data, wanted: Data) -> bool:
    return str(observed).casefold() != str(wanted).casefold()


OPERATORS: dict[str, Operator] = {
    "eq": Operator("{}", _is, _wanted),
    "eq_or_absent": Operator("{} or absent", _is, _wanted, absent=True),
    "ne_or_absent": Operator("anything but {}, or absent", lambda o, w: not _is(o, w), _removed, absent=True),
    "ne_ci": Operator("anything but {}", _different_text, _removed),
    "ge": Operator("at least {}", _integer(lambda o, w: o >= w), _wanted),
    "ge_or_absent": Operator("at least {}, or absent", _integer(lambda o, w: o >= w), _wanted, absent=True),
    "le": Operator("at most {}", _integer(lambda o, w: o <= w), _wanted),
    "le_number": Operator("at most {}", _number_at_most, _wanted),
    "le_nonzero": Operator("at most {}, and not 0", _integer(lambda o, w: 0 < o <= w), _wanted),
    "bits_set": Operator("with the bits of {}", _integer(lambda o, w: o & w == w), _bits(lambda o, w: o | w)),
    "bits_clear": Operator("without the bits of {}", _integer(lambda o, w: not o & w), _bits(lambda o, w: o & ~w)),
    "not_empty": Operator("not empty", lambda o, _w: bool(str(o).strip()), _wanted),
    "starts_with_or_absent": Operator(
        "beginning with {}, or absent",
        lambda o, w: str(o).casefold().startswith(str(w).casefold()),
        _wanted,
        absent=True,
    ),
    "ge_version": Operator("version {} or later", lambda o, w: _version(o) >= _version(w), _wanted),
    "report": Operator("shown only", lambda _o, _w: False, lambda o, _w: o),
    "absent": Operator("absent", lambda _o, _w: False, _removed, absent=True),
    "subset_of": Operator(
        "nothing beside {}",
        _lists(lambda o, w: o <= w),
        lambda o, w: _keep(o, lambda one: one in _folded(w)),
        absent=True,
    ),
    "contains": Operator("with {}", _lists(lambda o, w: o >= w), _plus),
    "not_contains": Operator(
        "without {}",
        _lists(lambda o, w: not o & w),
        lambda o, w: _keep(o, lambda one: one not in _folded(w)),
        absent=True,
    ),
}
