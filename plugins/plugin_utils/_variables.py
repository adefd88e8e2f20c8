# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds misspelt variables of the roles (private to this collection).

ansible-core checks the values of variables that a role knows, and passes over one that it does not know: a typing error
would quietly mean the default. The roles' own defaults are the list of names.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterable
from pathlib import Path

import yaml

ROLES = Path(__file__).parents[2] / "roles"
# So near that it is a slip of the finger: a prefix such as report_ is not ours alone, and the rest has other owners.
NEAR = 0.86
_SHARED = re.compile(r"\b(?:baseline|updates)_\w+")
# What the roles register, by their last word.
_RESULTS = ("_facts", "_result", "_written")


@functools.cache
def known() -> frozenset[str]:
    """Return every variable of every role, and those that several roles take their defaults from."""
    names: set[str] = set()
    for file in sorted(ROLES.glob("*/defaults/main.yml")):
        text = file.read_text(encoding="utf-8")
        names.update(yaml.safe_load(text) or {})
        names.update(name for name in _SHARED.findall(text) if not name.endswith("_"))
    return frozenset(names)


def misspelt(variables: Iterable[str]) -> str | None:
    """Return the sentence for the first variable that is nearly one of ours, None when there is none."""
    valid = known()
    prefixes = tuple(sorted({name.partition("_")[0] + "_" for name in valid}))
    for name in sorted(variables):
        if not name.startswith(prefixes) or name in valid or name.endswith(_RESULTS):
            continue
        close = difflib.get_close_matches(name, valid, n=1, cutoff=NEAR)
        if close:
            return f"there is no variable {name}; did you mean {close[0]}?"
    return None
