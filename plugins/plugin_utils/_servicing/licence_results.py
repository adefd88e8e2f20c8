# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the licensing service's codes mean (private to this collection); the table is ``data/licensing_results.yml``."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_DATA = Path(__file__).parent / "data" / "licensing_results.yml"


@dataclass(frozen=True)
class Refusal:
    """One code: why, and what to do next. `offline`: the machine has no way to the activation servers."""

    code: int
    name: str
    cause: str
    next: str
    offline: bool = False

    @property
    def sentence(self) -> str:
        """The code in words."""
        return f"0x{self.code:08X} {self.name}: {self.cause}. Next: {self.next}"


def explain(code: int) -> Refusal:
    """Return what a code of the licensing service means; an unknown one says that it is."""
    number = code & 0xFFFFFFFF
    entry = _table().get(number)
    if entry is None:
        return Refusal(
            number,
            "unknown code",
            "no source of this collection lists it",
            f"look it up on the machine: slui.exe 0x2a 0x{number:08X} shows its text",
        )
    return Refusal(number, entry["name"], entry["cause"], entry["next"], bool(entry.get("offline")))


@functools.cache
def _table() -> dict[int, dict[str, Any]]:
    return {entry["code"]: entry for entry in yaml.safe_load(_DATA.read_bytes())["results"]}
