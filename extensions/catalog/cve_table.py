# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write the shipped CVE -> KB data anew from a table of CVEs.

``PYTHONPATH=build/collections python extensions/catalog/cve_table.py table.csv [--out folder]``

The table is a CSV with the columns CVE, KB, severity, impact, title, supersedes, affected_component, architectures
(one row per CVE, KB and component of Server 2008 SP2), or an export of wesng's definitions (CVE, BulletinKB, Severity,
Impact, Title, Supersedes, AffectedComponent, AffectedProduct), from which the rows of Server 2008 SP2 are taken.
``docs/vulnerabilities.md`` describes what comes out.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import vulnerability_records as records

SOURCE = "single:wesng"
HEADING = """\
Which updates fix which vulnerability of Windows Server 2008 SP2. Written by extensions/catalog/cve_table.py.
severity | impact | architectures | component | updates | vulnerabilities | confidence:source
- is an empty field; ~ before a component: the list names none, and the title of the bulletin does.
Source: the MSRC data as the project bitsadmin/wesng (GitHub) gives it. Its dates are days of revision: left out.
No row for a vulnerability means that this list has none. It does not mean that Server 2008 is safe from it."""
CHAINS = """Which update replaces which directly. Written by extensions/catalog/cve_table.py from the same list.
The list has gaps: that an update is not named here does not prove that nothing replaces it."""

PRODUCT = re.compile(
    r"Windows Server 2008 for (?P<arch>32-bit|x64-based|Itanium-[Bb]ased) Systems Service Pack 2"
    r"(?P<core> \(Server Core installation\))?"
)
ARCHITECTURE = {"32-bit": "x86", "x64-based": "x64", "itanium-based": "ia64"}
_TITLE = re.compile(
    r"(?:Cumulative )?(?:Security Update|Vulnerabilit(?:y|ies)) (?:for|in|of) (?P<what>.+?)"
    r"(?: (?:Could|could|to Address|that) .*)?"
)
_NAME = re.compile(r"CVE-\d{4}-\d{4,7}|ADV\d{6}")
# Titles that name the whole product say nothing about a component.
_WHOLE = {"windows", "microsoft windows", "windows components"}


class BadTable(Exception):
    """The table is not what this command reads; the message says where and why."""


@dataclass(frozen=True)
class Row:
    """One row of a table, its fields cleaned."""

    vulnerability: str
    update: str
    severity: str
    impact: str
    component: str
    architectures: frozenset[str]
    supersedes: frozenset[str]


@dataclass(frozen=True)
class _Line:
    """What the vulnerabilities of one line share."""

    severity: str
    impact: str
    component: str
    architectures: tuple[str, ...]
    updates: tuple[str, ...]


def read(path: Path) -> list[Row]:
    """Read a table; raises `BadTable`."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file)
            names = set(lines.fieldnames or ())
            if {"CVE", "KB", "affected_component", "architectures"} <= names:
                return [_own(line, number) for number, line in enumerate(lines, start=2)]
            if {"CVE", "BulletinKB", "AffectedProduct"} <= names:
                return list(_exported(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadTable(f"{path} cannot be read as a table: {error}") from None
    raise BadTable(f"{path} has the columns {', '.join(sorted(names)) or 'of nothing'}: neither layout is known")


def fixes(rows: Iterable[Row], source: str = SOURCE) -> list[records.Fix]:
    """Fold rows into fixes, in two steps.

    First per vulnerability: updates with the same architectures stand side by side, one without a number stands alone.
    Then vulnerabilities of which everything else is the same share a line.
    """
    facts: dict[tuple[str, str, str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in rows:
        facts[row.vulnerability, row.severity, row.impact, row.component][row.update] |= row.architectures
    lines: dict[_Line, set[str]] = defaultdict(set)
    for (name, severity, impact, where), updates in facts.items():
        together: dict[tuple[bool, frozenset[str]], set[str]] = defaultdict(set)
        for update, architectures in updates.items():
            together[bool(update), frozenset(architectures)].add(update)
        for (_numbered, architecture), numbers in together.items():
            named = tuple(sorted(numbers - {""}, key=records.update_number))
            lines[_Line(severity, impact, where, tuple(sorted(architecture)), named)].add(name)
    return [
        records.Fix(
            line.updates,
            line.component,
            line.severity,
            line.impact,
            line.architectures,
            tuple(sorted(names - {""}, key=records.vulnerability_order)),
            source,
        )
        for line, names in lines.items()
    ]


def supersedes(rows: Iterable[Row]) -> dict[str, set[str]]:
    """Return what each update replaces directly, over all its rows."""
    chains: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.update and row.supersedes:
            chains[row.update] |= row.supersedes - {row.update}
    return {update: older for update, older in chains.items() if older}


def component(named: str, title: str) -> str:
    """Return the component of a row; where it has none, the one that its title names, marked as derived."""
    name = " ".join(named.split())
    if name:
        return name
    match = _TITLE.fullmatch(title.strip())
    if not match or match["what"].lower() in _WHOLE:
        return ""
    return records.DERIVED + match["what"]


def _own(line: Mapping[str, str | None], number: int) -> Row:
    update = (line["KB"] or "").strip()
    if update and not update.isdigit():
        raise BadTable(f"line {number}: {update!r} is no KB number")
    return Row(
        _name(line["CVE"]),
        f"KB{update}" if update else "",
        _severity(line),
        _impact(line.get("impact")),
        component(line["affected_component"] or "", line.get("title") or ""),
        frozenset((line["architectures"] or "").split()),
        _numbers(line.get("supersedes")),
    )


def _exported(lines: Iterable[Mapping[str, str | None]]) -> Iterator[Row]:
    for line in lines:
        product = PRODUCT.search(line["AffectedProduct"] or "")
        if not product:
            continue
        update = (line["BulletinKB"] or "").strip()
        architecture = ARCHITECTURE[product["arch"].lower()] + ("-core" if product["core"] else "")
        yield Row(
            _name(line["CVE"]),
            f"KB{update}" if update.isdigit() else "",
            _severity({"severity": line.get("Severity")}),
            _impact(line.get("Impact")),
            component(line.get("AffectedComponent") or "", line.get("Title") or ""),
            frozenset({architecture}),
            _numbers(line.get("Supersedes")),
        )


def _name(text: str | None) -> str:
    """Return the number of a vulnerability; where the list has none, or the bare word CVE, the row keeps its update."""
    name = (text or "").strip()
    return name if _NAME.fullmatch(name) else ""


def _severity(line: Mapping[str, str | None]) -> str:
    word = (line.get("severity") or "").strip()
    return word or "-"


def _impact(text: str | None) -> str:
    """Return the impact in one spelling; the list has "Remote code execution" as well."""
    return " ".join(word if word in ("of", "in") else word.capitalize() for word in (text or "").split())


def _numbers(text: str | None) -> frozenset[str]:
    """Return the KB numbers of a field; the list writes None for nothing now and then."""
    return frozenset(f"KB{number}" for number in re.findall(r"\d{5,8}", text or ""))


def main(arguments: list[str] | None = None) -> int:
    """Write both files, or say why not."""
    parser = argparse.ArgumentParser(description="Write the shipped CVE -> KB data anew from a table of CVEs.")
    parser.add_argument("table", type=Path)
    parser.add_argument("--out", type=Path, default=records.DATA, help="folder to write to (the shipped one)")
    options = parser.parse_args(arguments)
    try:
        rows = read(options.table)
    except BadTable as error:
        print(error, file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    found, chains = fixes(rows), supersedes(rows)
    (options.out / "fixes.txt").write_text(records.write_fixes(found, HEADING), encoding="utf-8")
    (options.out / "supersedes.txt").write_text(records.write_supersedes(chains, CHAINS), encoding="utf-8")
    print(f"{len(rows)} rows became {len(found)} lines of fixes.txt and {len(chains)} of supersedes.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
