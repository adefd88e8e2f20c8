# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The update packages and what is known about each (private to this collection).

The records are YAML under ``data/catalog``, one file per kind; ``data/catalog.schema.json`` describes them. A user's
own records pass the same checks and may complete a shipped one (a hash that was not known, for example). What a
record leaves ``null`` is not known, and nothing here guesses it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from .errors import CatalogError, UnknownPackage
from .record_reading import parse_record
from .records import Architecture, Condition, Kind, Package, RegistryMark, nearest

SCHEMA = "sunset.ws2008/catalog/1"
DATA = Path(__file__).parent / "data" / "catalog"

Raw = dict[str, Any]


class Catalog:
    """All records, by id; iterate it for the packages in the order of their kind and month."""

    def __init__(self, packages: Sequence[Package]) -> None:
        ranks = {kind: rank for rank, kind in enumerate(Kind)}
        ordered = sorted(packages, key=lambda one: (ranks[one.kind], one.month or "", one.released or "", one.id))
        self._by_id = {one.id: one for one in ordered}
        self._by_kind = {kind: [one for one in ordered if one.kind is kind] for kind in Kind}
        self._superseders: dict[str, list[Package]] = {}
        for one in ordered:
            for older in one.supersedes:
                self._superseders.setdefault(older, []).append(one)

    def __iter__(self) -> Iterator[Package]:
        return iter(self._by_id.values())

    def __contains__(self, package_id: str) -> bool:
        return package_id in self._by_id

    def get(self, package_id: str) -> Package:
        """Return a record; raises `UnknownPackage` with the nearest id."""
        try:
            return self._by_id[package_id]
        except KeyError:
            raise UnknownPackage(
                f"the catalog has no record of {package_id}; {nearest(package_id, self._by_id)} "
                "(a record of your own can be added with catalog_extra)"
            ) from None

    def of_kind(self, kind: Kind) -> list[Package]:
        """Return the packages of one kind, oldest first."""
        return list(self._by_kind[kind])

    @property
    def registry_keys(self) -> list[str]:
        """The registry keys that a snapshot must hold for every mark of a package to be seen."""
        return sorted({mark.key for one in self for mark in one.marks if isinstance(mark, RegistryMark)})

    def stack_for(self, package: Package, architecture: Architecture) -> Package | None:
        """Return the newest servicing stack that was known when a package came out; the vendor asks for that one.

        Derived from the months of both, so a stack that no list names is missing here. None for a package without a
        month and for one that is older than every stack.
        """
        if package.month is None:
            return None
        older = [
            one
            for one in self.of_kind(Kind.SERVICING_STACK)
            if one.month and one.month <= package.month and architecture in one.architectures and not one.not_planned
        ]
        return older[-1] if older else None

    def superseders(self, package_id: str) -> list[Package]:
        """Return the packages that replace this one directly."""
        return self._superseders.get(package_id, [])


def load(extra: Sequence[Mapping[str, Any]] = (), folder: Path = DATA, files: Sequence[Path | str] = ()) -> Catalog:
    """Return the shipped records, completed and widened by the user's own ones: those of `files`, then `extra`.

    A record with the id of one that is known replaces the fields that it names, architecture by architecture; any
    other is a new record. `files` have the layout of the shipped ones. Raises `CatalogError` that names file, record
    and field.
    """
    if not extra and not files and folder == DATA:
        return _shipped()
    shipped, known = _shipped_records() if folder == DATA else _read_folder(folder)
    records, sources = dict(shipped), {*known, "own"}
    for path in map(Path, files):
        content = _read_file(path)
        sources.update(content.get("sources") or {})
        _refuse_twins(path, content)
        for index, raw in enumerate(content.get("packages") or []):
            _add_own(records, raw, str(path), f"{path}, record number {index + 1}")
    for index, raw in enumerate(extra):
        _add_own(records, raw, f"catalog_extra[{index}]", f"catalog_extra[{index}]")
    return _build(records, sources)


def _add_own(records: dict[str, tuple[str, Raw]], raw: object, place: str, where: str) -> None:
    """Lay one record of the user's over what is known; raises `CatalogError` when it has no id."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get("id"), str):
        raise CatalogError(f"{where}: a record needs an id such as KB4493730, and {raw!r} has none")
    known = records.get(raw["id"])
    own = _merged(known[1], raw) if known else {"sources": ["own"], "confidence": "own", **raw}
    records[raw["id"]] = (place, own)


def _refuse_twins(path: Path, content: Raw) -> None:
    seen: set[str] = set()
    for raw in content.get("packages") or []:
        name = str(raw.get("id")) if isinstance(raw, Mapping) else ""
        if name and name in seen:
            raise CatalogError(f"{path}, record {name}: this file describes the package already, further up")
        seen.add(name)


@functools.cache
def _shipped() -> Catalog:
    return _build(*_shipped_records())


@functools.cache
def _shipped_records() -> tuple[dict[str, tuple[str, Raw]], set[str]]:
    """Return what `_read_folder` does of the shipped records; nobody changes it."""
    return _read_folder(DATA)


def _read_folder(folder: Path) -> tuple[dict[str, tuple[str, Raw]], set[str]]:
    """Return {id: (file name, raw record)} and the names of the sources."""
    records: dict[str, tuple[str, Raw]] = {}
    sources: set[str] = set()
    for path in sorted(folder.glob("*.yml")):
        content = _read_file(path)
        sources.update(content.get("sources") or {})
        for index, raw in enumerate(content.get("packages") or []):
            name = str(raw.get("id")) if isinstance(raw, Mapping) else f"number {index + 1}"
            if name in records:
                raise CatalogError(f"{path.name}, record {name}: {records[name][0]} describes this package already")
            records[name] = (path.name, raw)
    if not records:
        raise CatalogError(f"{folder} holds no catalog records")
    return records, sources


def _read_file(path: Path) -> Raw:
    try:
        content = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except OSError as error:
        raise CatalogError(f"the catalog file {path} cannot be read: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise CatalogError(f"{path.name} cannot be read as YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise CatalogError(f"{path.name} does not say that it is a catalog (schema: {SCHEMA})")
    _check_sections(path, content)
    return content


def _check_sections(path: Path, content: Raw) -> None:
    """Refuse a file whose parts are not what their names say."""
    sections = {"schema": str, "packages": list, "sources": dict}
    for name, part in content.items():
        if name not in sections:
            raise CatalogError(f"{path.name}, field {name}: there is no such field; {nearest(str(name), sections)}")
        if not isinstance(part, sections[name]):
            shape = "a list" if sections[name] is list else "a mapping"
            raise CatalogError(f"{path.name}, field {name}: {shape} belongs here, not {part!r}")


def _merged(shipped: Raw, own: Mapping[str, Any]) -> Raw:
    """Lay the user's fields over a shipped record; files are merged one architecture at a time."""
    merged = {**shipped, **own}
    if isinstance(own.get("architectures"), Mapping):
        files = dict(shipped.get("architectures") or {})
        for name, entry in own["architectures"].items():
            both = isinstance(files.get(name), Mapping) and isinstance(entry, Mapping)
            files[name] = _merged_file(files[name], entry) if both else entry
        merged["architectures"] = files
    return merged


def _merged_file(shipped: Mapping[str, Any], own: Mapping[str, Any]) -> Raw:
    """Lay the user's file over a shipped one; a file by another name does not lie where the vendor's does."""
    other = own.get("file") not in (None, shipped.get("file"))
    return {**shipped, **({"url": None} if other else {}), **own}


def _build(records: Mapping[str, tuple[str, Raw]], sources: set[str]) -> Catalog:
    packages = {name: parse_record(raw, place, index) for index, (name, (place, raw)) in enumerate(records.items())}
    for name, package in packages.items():
        _check_links(records[name][0], package, packages, sources)
    _check_cycles(records, packages)
    return Catalog(list(packages.values()))


def _check_links(place: str, package: Package, packages: Mapping[str, Package], sources: set[str]) -> None:
    for need in package.requires:
        if not isinstance(need.what, Condition) and need.what not in packages:
            raise CatalogError(
                f"{place}, record {package.id}, field requires: no record describes {need.what}; "
                f"{nearest(need.what, packages)}"
            )
    for source in package.sources:
        if source not in sources:
            raise CatalogError(
                f"{place}, record {package.id}, field sources: {source!r} is not described; {nearest(source, sources)}"
            )


def _check_cycles(records: Mapping[str, tuple[str, Raw]], packages: Mapping[str, Package]) -> None:
    """Refuse records that wait for each other, or replace each other, in a ring: no plan could ever end."""
    requires = {p.id: [n.what for n in p.requires if not isinstance(n.what, Condition)] for p in packages.values()}
    supersedes = {p.id: [older for older in p.supersedes if older in packages] for p in packages.values()}
    for field, links in (("requires", requires), ("supersedes", supersedes)):
        done: set[str] = set()
        for start in links:
            ring = _ring(start, links, [], done)
            if ring:
                raise CatalogError(
                    f"{records[ring[0]][0]}, record {ring[0]}, field {field}: a ring, {' -> '.join([*ring, ring[0]])}"
                )


def _ring(name: str, links: Mapping[str, Sequence[str]], path: list[str], done: set[str]) -> list[str]:
    if name in done:
        return []
    if name in path:
        return path[path.index(name) :]
    for following in links[name]:
        ring = _ring(following, links, [*path, name], done)
        if ring:
            return ring
    done.add(name)
    return []
