# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read a document of the MSRC security update API: what it says about Windows Server 2008 SP2.

The document is the JSON form of CVRF: a product tree, and vulnerabilities with threats (severity, impact) and
remediations (the updates). The numbers of `Type` are those of that form. Nothing is taken on trust: whatever is not
what the form says ends in a `BadDocument` that names the place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cve_table import ARCHITECTURE, PRODUCT, Row

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ID = re.compile(rf"(20\d\d)-({'|'.join(_MONTHS)})")
_DAY = re.compile(r"(20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))(?:T.*)?")
_UPDATE = re.compile(r"(?:KB)?(\d{6,7})", re.IGNORECASE)
_BUILD = re.compile(r"\d{1,5}(?:\.\d{1,5}){2,3}")
_NAME = re.compile(r"CVE-\d{4}-\d{4,7}|ADV\d{6}")
# `Type` of a remediation, a threat and a note.
_VENDOR_FIX, _IMPACT, _SEVERITY, _TAG = 2, 0, 3, 7
_SEVERITIES = ("Critical", "Important", "Moderate", "Low")


class BadDocument(Exception):
    """The text is no such document; the message says which, where and what would belong there."""


@dataclass
class Update:
    """What a document says about one update."""

    number: str
    types: set[str] = field(default_factory=set)
    components: set[str] = field(default_factory=set)
    architectures: set[str] = field(default_factory=set)
    supersedes: set[str] = field(default_factory=set)
    builds: set[str] = field(default_factory=set)
    restarts: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Document:
    """What a document says about this product. `month` is like 2026-01, `released` the day of its first issue."""

    name: str
    month: str
    released: str | None
    updates: Mapping[str, Update]
    rows: tuple[Row, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class _Product:
    """A product of the tree; `component` is what stands before "on Windows Server 2008"."""

    architecture: str
    component: str


def read(text: str, source: str) -> Document:
    """Read a document; raises `BadDocument`. Pure."""
    top = _Place(source, "", _parsed(text, source)).mapping()
    number = top.at("DocumentTracking").at("Identification").at("ID").at("Value").text()
    match = _ID.fullmatch(number)
    if not match:
        raise BadDocument(f"{source}: the document is called {number[:40]!r}, where a month such as 2026-Jan belongs")
    products = _products(top)
    if not products:
        raise BadDocument(f"{source}: no product of this document is Windows Server 2008 SP2; there is nothing to read")
    reader = _Reader(products)
    for vulnerability in top.at("Vulnerability").each():
        reader.read(vulnerability)
    return Document(
        number,
        f"{match[1]}-{_MONTHS.index(match[2]) + 1:02}",
        _first_day(top),
        reader.updates,
        tuple(reader.rows),
        tuple(dict.fromkeys(reader.left_out)),
    )


def _parsed(text: str, source: str) -> object:
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        raise BadDocument(f"{source} is XML or a web page; ask the API for JSON (Accept: application/json)")
    try:
        return json.loads(text.lstrip("\ufeff"))
    except ValueError as error:
        raise BadDocument(f"{source} is no JSON: {error}") from None
    except RecursionError:
        raise BadDocument(f"{source} is no such document: it is nested too deeply") from None


@dataclass(frozen=True)
class _Place:
    """A value of the document and where it stands, for errors that name it."""

    source: str
    path: str
    value: object

    def wrong(self, wanted: str) -> BadDocument:
        """Return the error that says what belongs here."""
        found = "nothing" if self.value is None else f"{str(self.value)[:40]!r}"
        return BadDocument(f"{self.source}: at {self.path or 'the top'} {wanted} belongs, and there is {found}")

    def mapping(self) -> _Place:
        """Make sure that this is a mapping."""
        if not isinstance(self.value, dict):
            raise self.wrong("a mapping")
        return self

    def at(self, name: str) -> _Place:
        """Step into a field; a missing one is None."""
        self.mapping()
        assert isinstance(self.value, dict)
        return _Place(self.source, f"{self.path}.{name}" if self.path else name, self.value.get(name))

    def each(self) -> Iterator[_Place]:
        """Step into every entry of a list; a missing list is empty."""
        if self.value is None:
            return
        if not isinstance(self.value, list):
            raise self.wrong("a list")
        for index, entry in enumerate(self.value):
            yield _Place(self.source, f"{self.path}[{index}]", entry)

    def text(self) -> str:
        """Return a text in one line; raises for anything else, and for one without a letter or number."""
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.wrong("a text")
        line = " ".join(self.value.split())
        if not line.isprintable() or " | " in line:
            raise self.wrong("a text without control characters")
        return line

    def optional(self) -> str:
        """Return a text, empty where there is none."""
        if self.value is None or (isinstance(self.value, str) and not self.value.strip()):
            return ""
        return self.text()

    def value_text(self) -> str:
        """Return the text of a field that is written as ``{"Value": text}``."""
        return "" if self.value is None else self.at("Value").optional()


def _products(top: _Place) -> dict[str, _Product]:
    found: dict[str, _Product] = {}
    for entry in top.at("ProductTree").at("FullProductName").each():
        name = entry.at("Value")
        match = PRODUCT.search(name.value) if isinstance(name.value, str) else None
        if match or not isinstance(name.value, str):
            name.text()  # ours has to be sound; what others are called is theirs
        if match:
            architecture = ARCHITECTURE[match["arch"].lower()] + ("-core" if match["core"] else "")
            component = name.text()[: match.start()].removesuffix(" on ").strip()
            found[entry.at("ProductID").text()] = _Product(architecture, component)
    return found


def _first_day(top: _Place) -> str | None:
    match = _DAY.fullmatch(top.at("DocumentTracking").at("InitialReleaseDate").optional())
    return match[1] if match else None


class _Reader:
    """Collects what the vulnerabilities of a document say about our products."""

    def __init__(self, products: Mapping[str, _Product]) -> None:
        self._products = products
        self.updates: dict[str, Update] = {}
        self.rows: list[Row] = []
        self.left_out: list[str] = []

    def read(self, place: _Place) -> None:
        """Read one vulnerability."""
        name = place.at("CVE").text()
        fixes = [fix for fix in place.at("Remediations").each() if fix.at("Type").value == _VENDOR_FIX]
        concerned = [(fix, ids) for fix in fixes if (ids := self._ours(fix))]
        if not concerned:
            return
        if not _NAME.fullmatch(name):
            self.left_out.append(f"{name[:40]!r} is no CVE or ADV number: left out")
            return
        tag = next(
            (note.at("Title").optional() for note in place.at("Notes").each() if note.at("Type").value == _TAG), ""
        )
        severities, impacts = self._threats(place, _SEVERITY), self._threats(place, _IMPACT)
        for fix, ids in concerned:
            self._fix(name, fix, ids, tag, severities, impacts)

    def _ours(self, place: _Place) -> list[str]:
        """Return those of our products that an entry of the document is about."""
        ids = [one.text() for one in place.at("ProductID").each()]
        return [one for one in ids if one in self._products]

    def _threats(self, place: _Place, kind: int) -> dict[str, str]:
        """Return {product id: word}; a threat that names no product is for all that have none of their own."""
        found: dict[str, str] = {}
        for threat in place.at("Threats").each():
            if threat.at("Type").value != kind:
                continue
            word = threat.at("Description").value_text()
            for one in [product.text() for product in threat.at("ProductID").each()] or [""]:
                found[one] = word
        return found

    def _fix(
        self,
        name: str,
        fix: _Place,
        ids: list[str],
        tag: str,
        severities: Mapping[str, str],
        impacts: Mapping[str, str],
    ) -> None:
        said = fix.at("Description").value_text()
        match = _UPDATE.fullmatch(said)
        if not match:
            self.left_out.append(f"{name}: the remedy {said[:60]!r} is no update number: left out")
            return
        update = self.updates.setdefault(f"KB{match[1]}", Update(f"KB{match[1]}"))
        self._note(update, fix, ids)
        older = frozenset(f"KB{number}" for number in re.findall(r"\d{6,7}", fix.at("Supercedence").optional()))
        update.supersedes |= older - {update.number}
        for one in ids:
            product = self._products[one]
            severity = severities.get(one, severities.get("", ""))
            self.rows.append(
                Row(
                    name,
                    update.number,
                    severity if severity in _SEVERITIES else "-",
                    impacts.get(one, impacts.get("", "")),
                    product.component or tag,
                    frozenset({product.architecture}),
                    older,
                )
            )

    def _note(self, update: Update, fix: _Place, ids: list[str]) -> None:
        """Keep what the entry says about the update itself."""
        update.types.add(fix.at("SubType").optional())
        update.components |= {self._products[one].component for one in ids}
        update.architectures |= {self._products[one].architecture.removesuffix("-core") for one in ids}
        build = fix.at("FixedBuild").optional()
        if _BUILD.fullmatch(build):
            update.builds.add(build)
        elif build:
            self.left_out.append(f"{update.number}: the fixed build {build[:60]!r} is no version number: left out")
        restart = fix.at("RestartRequired").value_text()
        if restart:
            update.restarts.add(restart)


def rows_by_pair(rows: tuple[Row, ...]) -> dict[tuple[str, str], list[Row]]:
    """Return {(vulnerability, update): its rows}."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row.vulnerability, row.update), []).append(row)
    return found


def plain(value: Any) -> str:
    """Return a value for a sentence."""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple | set) else str(value)
