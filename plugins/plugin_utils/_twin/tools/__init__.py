# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The console programs of the twin (private to this collection): each module here exposes ``TOOLS``.

``TOOLS`` maps a lower-case program name without extension to its function. A program is found when its
name is registered here; the shell decides where on the disk it lives.
"""

from __future__ import annotations

import functools
import importlib
from pathlib import Path

from ..process import Tool


@functools.cache
def all_tools() -> dict[str, Tool]:
    """Every registered program by name."""
    found: dict[str, Tool] = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem.startswith("_"):
            continue
        module = importlib.import_module("." + path.stem, __package__)
        found.update(getattr(module, "TOOLS", {}))
    return found


def find_tool(name: str) -> Tool | None:
    """The program of this name (any case, with or without ``.exe``/``.com``), or None."""
    lowered = name.lower()
    for suffix in (".exe", ".com"):
        lowered = lowered.removesuffix(suffix)
    return all_tools().get(lowered)
