# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Show what documents of the MSRC security update API have that the shipped catalog has not.

``PYTHONPATH=build/collections python extensions/catalog/refresh.py document.json [...] [--out folder] [--merge]``

A document is a file, or an https address (``https://api.msrc.microsoft.com/cvrf/v2.0/cvrf/2026-Jan``); nothing is
fetched that was not named. New and changed records are printed as YAML in the layout of the catalog, with the
confidence ``single`` and the source ``msrc``; what a document does not say is null or missing. ``--out`` writes them
and the new lines of fixes.txt and supersedes.txt into a new folder; ``--merge`` adds the new lines to the shipped
files. Neither ever changes a record or a line that is there.
"""

from __future__ import annotations

import argparse
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cve_table
import msrc
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import catalog as catalogs
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import vulnerability_records as records
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.errors import CatalogError
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.records import Kind, Package, Restart

SOURCE = "single:msrc"
_ABOUT = "the MSRC security update API, as extensions/catalog/refresh.py read it"
_LIMIT = 64 * 2**20
_SECONDS = 60
# `SubType` of a remediation -> the kind of our record; .NET is told by the product.
_KINDS = {
    "monthly rollup": Kind.MONTHLY_ROLLUP,
    "security only": Kind.SECURITY_ONLY,
    "ie cumulative": Kind.IE_CUMULATIVE,
    "servicing stack update": Kind.SERVICING_STACK,
}
_TITLES = {
    Kind.MONTHLY_ROLLUP: "Monthly rollup",
    Kind.SECURITY_ONLY: "Security-only update",
    Kind.IE_CUMULATIVE: "Cumulative update for Internet Explorer",
    Kind.SERVICING_STACK: "Servicing stack update",
    Kind.DOTNET: "Update for .NET Framework",
    Kind.UPDATE: "Update",
}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


@dataclass
class Findings:
    """What documents have that the shipped data has not."""

    new: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    rows: list[cve_table.Row] = field(default_factory=list)
    supersedes: dict[str, set[str]] = field(default_factory=dict)

    @property
    def packages(self) -> list[dict[str, Any]]:
        """Return all records, new ones first."""
        return [*self.new, *self.changed]

    @property
    def fixes(self) -> list[records.Fix]:
        """Return the new lines of fixes.txt."""
        return cve_table.fixes(self.rows, SOURCE)


def compare(documents: Iterable[msrc.Document], shipped: catalogs.Catalog, knowledge: records.Knowledge) -> Findings:
    """Compare documents with what is shipped. Pure."""
    found = Findings()
    known = _known_fixes(knowledge)
    done: dict[str, dict[str, Any]] = {}
    for document in documents:
        for number in sorted(document.updates, key=records.update_number):
            update = document.updates[number]
            if number in shipped:
                _compare_record(update, document, shipped.get(number), done, found)
            elif number not in done:
                done[number] = _new_record(update, document)
                found.new.append(done[number])
            else:
                _widen(done[number], update)
            older = update.supersedes - set(knowledge.supersedes.get(number, ()))
            if older:
                found.supersedes.setdefault(number, set()).update(older)
        _compare_rows(document, known, found)
    return found


def _known_fixes(knowledge: records.Knowledge) -> dict[tuple[str, str], tuple[set[str], set[str]]]:
    """Return {(vulnerability, update): (architectures, severities)} of the shipped list."""
    known: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
    for fix in knowledge.fixes:
        for update in fix.updates:
            for name in fix.vulnerabilities:
                architectures, severities = known.setdefault((name, update), (set(), set()))
                architectures.update(fix.architectures)
                severities.add(fix.severity)
    return known


def _compare_rows(
    document: msrc.Document, known: Mapping[tuple[str, str], tuple[set[str], set[str]]], found: Findings
) -> None:
    for (name, update), rows in msrc.rows_by_pair(document.rows).items():
        architectures, severities = known.get((name, update), (set(), set()))
        found.rows += [row for row in rows if not row.architectures <= architectures and row not in found.rows]
        said = {row.severity for row in rows} - {"-"}
        if severities and said and not said <= severities:
            found.differences.append(
                f"{name} by {update}: severity shipped {msrc.plain(sorted(severities))}, "
                f"{document.name} {msrc.plain(sorted(said))}"
            )


def _new_record(update: msrc.Update, document: msrc.Document) -> dict[str, Any]:
    kind = _kind(update)
    year, month = document.month.split("-")
    return {
        "id": update.number,
        "kind": kind.value,
        "title": f"{_TITLES[kind]}, {_MONTHS[int(month) - 1]} {year}",
        "month": document.month,
        "released": document.released,
        **({"released_basis": f"first issue of the document {document.name}"} if document.released else {}),
        "not_planned": f"read from the document {document.name} and not reviewed: what it requires is not known",
        "architectures": dict.fromkeys(sorted(update.architectures)),
        "supersedes": sorted(update.supersedes, key=records.update_number),
        "entitlement": "unknown",
        "restart": _restart(update).value,
        "fixed_builds": sorted(update.builds),
        "confidence": "single",
        "sources": ["msrc"],
    }


def _widen(record: dict[str, Any], update: msrc.Update) -> None:
    """Add what a second document says about an update that the first one brought."""
    record["architectures"] = dict.fromkeys(sorted({*record["architectures"], *update.architectures}))
    record["supersedes"] = sorted({*record["supersedes"], *update.supersedes}, key=records.update_number)
    record["fixed_builds"] = sorted({*record["fixed_builds"], *update.builds})


def _compare_record(
    update: msrc.Update,
    document: msrc.Document,
    package: Package,
    done: dict[str, dict[str, Any]],
    found: Findings,
) -> None:
    """Note what a document says otherwise; only what it has beyond the record becomes a changed one."""
    shipped = {
        "architectures": {one.value for one in package.architectures},
        "supersedes": set(package.supersedes),
        "fixed_builds": set(package.fixed_builds),
    }
    said = {"architectures": update.architectures, "supersedes": update.supersedes, "fixed_builds": update.builds}
    more = {name: said[name] - shipped[name] for name in said if said[name] - shipped[name]}
    for name, values in more.items():
        has = msrc.plain(sorted(shipped[name])) or "nothing"
        found.differences.append(
            f"{package.id}: {name} shipped {has}, {document.name} has {msrc.plain(sorted(values))} as well"
        )
    kind = _kind(update)
    if kind is not Kind.UPDATE and kind is not package.kind:
        found.differences.append(f"{package.id}: kind shipped {package.kind.value}, {document.name} {kind.value}")
    if update.restarts == {"Yes"} and package.restart is Restart.IF_ASKED:
        found.differences.append(f"{package.id}: restart shipped if_asked, {document.name} says it is required")
    if more:
        record = done.setdefault(package.id, {"id": package.id})
        for name in more:
            both = shipped[name] | said[name] | set(record.get(name, ()))
            record[name] = dict.fromkeys(sorted(both)) if name == "architectures" else sorted(both)
        record.update(confidence="single", sources=list(dict.fromkeys((*package.sources, "msrc"))))
        if record not in found.changed:
            found.changed.append(record)


def _kind(update: msrc.Update) -> Kind:
    if any(".NET" in one for one in update.components):
        return Kind.DOTNET
    kinds = {_KINDS[word.lower()] for word in update.types if word.lower() in _KINDS}
    return kinds.pop() if len(kinds) == 1 else Kind.UPDATE


def _restart(update: msrc.Update) -> Restart:
    """Only a plain yes is one; `Maybe` and silence leave it to the machine's own markers."""
    return Restart.ALWAYS if update.restarts == {"Yes"} else Restart.IF_ASKED


def as_yaml(packages: Sequence[Mapping[str, Any]]) -> str:
    """Return records as a catalog file."""
    content = {"schema": catalogs.SCHEMA, "sources": {"msrc": _ABOUT}, "packages": list(packages)}
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
    return f"---\n{text}"


def fetch(address: str) -> str:
    """Fetch a document over TLS that validates; raises `BadDocument`."""
    request = urllib.request.Request(address, headers={"Accept": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS, context=ssl.create_default_context()) as reply:
            content = reply.read(_LIMIT + 1)
    except (OSError, urllib.error.URLError, ValueError) as error:
        raise msrc.BadDocument(f"{address} could not be fetched: {error}") from None
    return _decoded(content, address)


def load(source: str) -> msrc.Document:
    """Read a document from a file or an https address; raises `BadDocument`."""
    if source.lower().startswith("https://"):
        return msrc.read(fetch(source), source)
    if "://" in source:
        raise msrc.BadDocument(f"{source}: only https addresses and files are read")
    try:
        content = Path(source).read_bytes()
    except OSError as error:
        raise msrc.BadDocument(f"{source} cannot be read: {error.strerror or error}") from None
    return msrc.read(_decoded(content, source), source)


def _decoded(content: bytes, source: str) -> str:
    if len(content) > _LIMIT:
        raise msrc.BadDocument(f"{source} has more than {_LIMIT // 2**20} MB: that is no such document")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise msrc.BadDocument(f"{source} is no UTF-8 text: {error.reason} at byte {error.start}") from None


def report(documents: Sequence[msrc.Document], found: Findings) -> Iterable[str]:
    """Yield what a person has to know, a line each."""
    for document in documents:
        names = {row.vulnerability for row in document.rows}
        yield f"{document.name}: {len(names)} vulnerabilities, {len(document.updates)} updates for Server 2008 SP2"
        yield from (f"  {text}" for text in document.left_out)
    yield from (f"new: {one['id']} ({one['title']})" for one in found.new)
    yield from (f"differs: {text}" for text in found.differences)
    pairs = sorted({(row.update, row.vulnerability, row.component or "no component") for row in found.rows})
    yield from (f"new: {name} by {update} ({component})" for update, name, component in pairs)
    for update, older in found.supersedes.items():
        yield f"new: {update} replaces {msrc.plain(sorted(older))}"
    if not (found.packages or found.rows or found.supersedes or found.differences):
        yield "Nothing that is not shipped already."


def write(folder: Path, found: Findings) -> None:
    """Write the findings into a folder of their own; raises `CatalogError` where one of the files is there already."""
    texts = {
        "packages.yml": as_yaml(found.packages),
        "fixes.txt": records.write_fixes(found.fixes, "New lines for fixes.txt, to be reviewed."),
        "supersedes.txt": records.write_supersedes(found.supersedes, "New lines for supersedes.txt, to be reviewed."),
    }
    folder.mkdir(parents=True, exist_ok=True)
    there = [name for name in texts if (folder / name).exists()]
    if there:
        raise CatalogError(f"{folder} has {' and '.join(there)} already; name another folder, or move them away")
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def merge(folder: Path, found: Findings) -> None:
    """Add the new lines to fixes.txt and supersedes.txt of a folder; what is there stays as it is."""
    known = records.load(folder)
    chains = {update: {*older} for update, older in known.supersedes.items()}
    for update, older in found.supersedes.items():
        chains.setdefault(update, set()).update(older)
    both = records.Knowledge(
        tuple({*known.fixes, *found.fixes}), {update: tuple(older) for update, older in chains.items()}
    )
    wrong = records.faults(both)
    if wrong:
        raise CatalogError(f"nothing was merged: {'; '.join(wrong[:5])}")
    (folder / "fixes.txt").write_text(records.write_fixes(both.fixes, cve_table.HEADING), encoding="utf-8")
    (folder / "supersedes.txt").write_text(records.write_supersedes(chains, cve_table.CHAINS), encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Compare, show, and write where that was asked for."""
    parser = argparse.ArgumentParser(description="Show what MSRC documents have that the shipped catalog has not.")
    parser.add_argument("documents", nargs="+", metavar="document", help="a JSON file, or an https address")
    parser.add_argument("--out", type=Path, help="write new records and lines into this folder")
    parser.add_argument("--merge", action="store_true", help="add the new lines to the shipped CVE data")
    parser.add_argument("--data", type=Path, default=records.DATA, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        documents = [load(source) for source in options.documents]
        found = compare(documents, catalogs.load(), records.load(options.data))
        for line in report(documents, found):
            print(line)
        if found.packages and not options.out:
            print(as_yaml(found.packages), end="")
        if options.out:
            write(options.out, found)
            print(f"written to {options.out}: review them; a record of a user's own goes into catalog_files")
        if options.merge:
            merge(options.data, found)
            print("The new lines are in fixes.txt and supersedes.txt; the records are not: they need a review.")
    except (msrc.BadDocument, CatalogError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
