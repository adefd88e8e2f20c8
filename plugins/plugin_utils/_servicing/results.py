# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an installer's exit code means (private to this collection); the table is ``data/results.yml``."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

# The one code after which a restart and one more try are worth it (facts: servicing.md section 4).
RESTART_FIRST = 0x80240016
_DATA = Path(__file__).parent / "data" / "results.yml"


@dataclass(frozen=True)
class Meaning:
    """One code: what it says, where it comes from, and what to do. `retry` says that the facts allow to try again."""

    code: int
    name: str
    kind: str
    meaning: str
    cause: str
    next: str
    retry: bool = False

    def to_json(self) -> dict[str, object]:
        """Return plain values; `code` as it is looked up, `unsigned` and `signed` as programs and cmd.exe print it."""
        return {
            "code": spell(self.code),
            "unsigned": self.code,
            "signed": self.code - 2**32 if self.code >= 2**31 else self.code,
            "name": self.name,
            "meaning": self.meaning,
            "cause": self.cause,
            "next": self.next,
        }

    @property
    def sentence(self) -> str:
        """The code in words."""
        return f"{spell(self.code)} {self.name}: {self.meaning}; {self.cause}. Next: {self.next}"


def spell(code: int) -> str:
    """Write a code as people look it up: small ones in decimal, HRESULTs in hexadecimal."""
    number = unsigned(code)
    return str(number) if number < 0x10000 else f"0x{number:08X}"


def read(text: str) -> int:
    """Return a code however somebody wrote it down: ``0x80240017``, ``2149842967`` and ``-2145124329`` are one."""
    return unsigned(int(text.strip(), 0))


def unsigned(code: int) -> int:
    """Return a code as an unsigned 32-bit number; cmd.exe prints HRESULTs as negative ones."""
    return code & 0xFFFFFFFF


def explain(code: int) -> Meaning:
    """Return the meaning of a code; an unknown one says that it is."""
    number = unsigned(code)
    codes, ranges = _table()
    entry = codes.get(number) or next((one for one in ranges if one["from"] <= number <= one["to"]), None)
    if entry is None:
        return Meaning(
            number,
            "unknown code",
            "failure",
            "no source of this collection lists it",
            "the reason is in CBS.log, near the name of the package",
            "read the excerpt of CBS.log in this result",
        )
    words = {key: str(entry[key]) for key in ("name", "kind", "meaning", "cause", "next")}
    return Meaning(code=number, retry=bool(entry.get("retry")), **words)


@functools.cache
def _table() -> tuple[dict[int, dict[str, Any]], list[dict[str, Any]]]:
    content = yaml.safe_load(_DATA.read_bytes())
    return {entry["code"]: entry for entry in content["results"]}, content["ranges"]
