# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Help with misspelt names (private to this collection)."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, valid: Iterable[str], cutoff: float = 0.5) -> str:
    """Return the half sentence that helps with a misspelt name: the nearest valid one, or all of them.

    `cutoff` is how alike two names must be, from 0 to 1, to be taken for one another.
    """
    names = sorted(valid)
    close = difflib.get_close_matches(word, names, n=1, cutoff=cutoff)
    return f"did you mean {close[0]}?" if close else f"the valid names are {', '.join(names)}"
