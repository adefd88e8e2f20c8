# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write the tables of servicing.md from the cases that the planner's tests hold: python docs/servicing.py [--check].

The text of the page is written by hand; what stands between the two marks of each table is made here. With --check
nothing is written, and the exit status is 1 when the page is out of date.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "servicing.md"
TABLE = ROOT / "tests" / "data" / "servicing" / "plan_table.yml"
CASES = ROOT / "tests" / "data" / "servicing" / "plan"


def main(arguments: list[str]) -> int:
    """Bring the page up to date, or with --check say whether it is."""
    page = PAGE.read_text(encoding="utf-8")
    fresh = rendered(page)
    if arguments == ["--check"]:
        if fresh != page:
            print("docs/servicing.md is out of date; run: python docs/servicing.py", file=sys.stderr)
        return int(fresh != page)
    PAGE.write_text(fresh, encoding="utf-8")
    return 0


def rendered(page: str) -> str:
    """Return the page with both tables made anew."""
    page = between(page, "ways", ways(yaml.safe_load(TABLE.read_text(encoding="utf-8"))))
    cases = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(CASES.glob("*.yml"))}
    return between(page, "cases", cases_table(cases))


def between(page: str, name: str, lines: list[str]) -> str:
    """Replace what stands between the marks of a table."""
    first, last = f"<!-- {name}: made by docs/servicing.py -->\n", f"<!-- {name}: end -->\n"
    head, _mark, rest = page.partition(first)
    _old, _mark, tail = rest.partition(last)
    return head + first + "\n".join(["", *lines, ""]) + "\n" + last + tail


def ways(table: Mapping[str, Any]) -> list[str]:
    """Return one table per start state: target, entitlement, steps."""
    titles = {name: one["title"] for name, one in table["entitlements"].items()}
    lines: list[str] = []
    for start, targets in table["ways"].items():
        lines += [
            f"### {table['starts'][start]['title']}",
            "",
            "| Target | Entitlement | Steps |",
            "| --- | --- | --- |",
        ]
        for target, way in targets.items():
            by_way: dict[str, list[str]] = {}
            for name, one in way.items() if isinstance(way, dict) else [("any", way)]:
                by_way.setdefault(steps(one), []).append(titles.get(name, name))
            for text, names in by_way.items():
                lines.append(f"| **{target}** | {'; '.join(names)} | {text} |")
        lines.append("")
    return lines[:-1]


def cases_table(cases: Mapping[str, Any]) -> list[str]:
    """Return one table of all single cases, with the reason why each is worth one."""
    lines = ["| Case | Target | Steps | Why |", "| --- | --- | --- | --- |"]
    for name, case in cases.items():
        wanted = " and ".join([f"**{case['target']}**", *case.get("also", ())])
        way = case["steps"] if "unreachable" not in case else f"cannot be reached: {case['unreachable']}"
        lines.append(f"| {name.replace('_', ' ')} | {wanted} | {steps(way)} | {case['why']} |")
    return lines


def steps(way: list[str] | str) -> str:
    """Write a way in one cell."""
    if isinstance(way, str):
        return way
    return ", ".join("*restart*" if one == "restart" else one for one in way) or "nothing to do"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
