# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checks that one catalog record must pass (private to this collection).

The same rules stand in ``data/catalog.schema.json`` for editors and for the tests; they are repeated here in code
because jsonschema is no run-time dependency, and because a person who wrote a record by hand deserves the file, the
record, the field and the nearest valid name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from .errors import CatalogError
from .records import (
    CONFIDENCE,
    DAY,
    EVERYWHERE,
    KB_ID,
    MONTH,
    PACKAGE_ID,
    Architecture,
    Condition,
    File,
    FileMark,
    Issue,
    Kind,
    Mark,
    Need,
    Package,
    RegistryMark,
    Requirement,
    Restart,
    Role,
    ServicePackMark,
    StackMark,
    Surroundings,
    nearest,
)

T = TypeVar("T")

FIELDS = (
    *("id", "kind", "title", "month", "released", "released_basis", "version", "package_version", "build", "optional"),
    *("not_planned", "only_where", "architectures", "requires", "supersedes", "entitlement", "restart", "evidence"),
    *("fixed_builds", "issues", "confidence", "sources", "notes"),
)
_VERSION = re.compile(r"\d+(\.\d+)*", re.ASCII)
_URL = re.compile(r"https?://\S+")
_ISSUE_FIELDS = ("version", "released", "released_basis", "confidence", "sources", "notes")
_WHERE_FIELDS = (
    *("service_pack", "feature", "role", "full_installation"),
    *("internet_explorer", "dotnet", "dotnet_at_least"),
)
_FILE_FIELDS = ("file", "sha1", "sha256", "size", "url")


@dataclass(frozen=True)
class Place:
    """Where in which record the reader stands, for errors that name it."""

    source: str
    record: str
    path: str = ""

    def at(self, field: object) -> Place:
        """Step into a field or list entry."""
        step = f"[{field}]" if isinstance(field, int) else f".{field}" if self.path else str(field)
        return Place(self.source, self.record, self.path + step)

    def error(self, text: str) -> CatalogError:
        """Return the error that says what is wrong here."""
        where = f", field {self.path}" if self.path else ""
        return CatalogError(f"{self.source}, record {self.record}{where}: {text}")


def parse_record(raw: object, source: str, index: int) -> Package:
    """Check one record and return it; raises `CatalogError` that names file, record and field."""
    name = str(raw.get("id") or f"number {index + 1}") if isinstance(raw, Mapping) else f"number {index + 1}"
    place = Place(source, name)
    record = _mapping(raw, place)
    for key in record:
        if key not in FIELDS:
            raise place.at(key).error(f"there is no such field; {nearest(str(key), FIELDS)}")
    return Package(
        id=_matching(_needed(record, "id", place), PACKAGE_ID, "a package id such as KB4493730", place.at("id")),
        kind=_word(_needed(record, "kind", place), Kind, place.at("kind")),
        title=_text(_needed(record, "title", place), place.at("title")),
        month=_optional(record, "month", place, _month),
        released=_optional(record, "released", place, _day),
        version=_optional(record, "version", place, _text),
        package_version=_optional(record, "package_version", place, _version),
        build=_optional(record, "build", place, _number),
        optional=_flag(record.get("optional", False), place.at("optional")),
        architectures=_architectures(_needed(record, "architectures", place), place.at("architectures")),
        requires=tuple(_each(record.get("requires", []), place.at("requires"), _requirement)),
        supersedes=tuple(_each(record.get("supersedes", []), place.at("supersedes"), _kb)),
        need=_word(_needed(record, "entitlement", place), Need, place.at("entitlement")),
        restart=_word(_needed(record, "restart", place), Restart, place.at("restart")),
        marks=tuple(_each(record.get("evidence", []), place.at("evidence"), _mark)),
        confidence=_confidence(record, place),
        sources=_sources(record, place),
        notes=_optional(record, "notes", place, _text),
        released_basis=_optional(record, "released_basis", place, _text),
        fixed_builds=tuple(_each(record.get("fixed_builds", []), place.at("fixed_builds"), _version)),
        only_where=_optional(record, "only_where", place, _surroundings) or EVERYWHERE,
        not_planned=_optional(record, "not_planned", place, _text),
        issues=tuple(_each(record.get("issues", []), place.at("issues"), _issue)),
    )


def _confidence(record: Mapping[str, Any], place: Place) -> str:
    words = "confirmed-<number>, single, memory, inferred or own"
    return _matching(_needed(record, "confidence", place), CONFIDENCE, words, place.at("confidence"))


def _sources(record: Mapping[str, Any], place: Place) -> tuple[str, ...]:
    return tuple(_each(record.get("sources", []), place.at("sources"), _text))


def _issue(value: object, place: Place) -> Issue:
    entry = _mapping(value, place)
    _known(entry, _ISSUE_FIELDS, place)
    return Issue(
        version=_text(_needed(entry, "version", place), place.at("version")),
        released=_optional(entry, "released", place, _day),
        released_basis=_optional(entry, "released_basis", place, _text),
        confidence=_confidence(entry, place),
        sources=_sources(entry, place),
        notes=_optional(entry, "notes", place, _text),
    )


def _surroundings(value: object, place: Place) -> Surroundings:
    entry = _mapping(value, place)
    _known(entry, _WHERE_FIELDS, place)
    return Surroundings(
        service_pack=_optional(entry, "service_pack", place, _number),
        feature=_optional(entry, "feature", place, _number),
        role=_optional(entry, "role", place, lambda word, there: _word(word, Role, there)),
        full_installation=_flag(entry.get("full_installation", False), place.at("full_installation")),
        internet_explorer=_optional(entry, "internet_explorer", place, _number),
        dotnet=tuple(_each(entry.get("dotnet", []), place.at("dotnet"), _text)),
        dotnet_at_least=_optional(entry, "dotnet_at_least", place, _version),
    )


def _needed(record: Mapping[str, Any], field: str, place: Place) -> Any:
    if record.get(field) is None:
        raise place.at(field).error("this field is needed and is missing")
    return record[field]


def _optional(record: Mapping[str, Any], field: str, place: Place, read: Callable[[Any, Place], T]) -> T | None:
    return None if record.get(field) is None else read(record[field], place.at(field))


def _mapping(value: object, place: Place) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise place.error(f"a mapping belongs here, not {value!r}")
    return value


def _each(value: object, place: Place, read: Callable[[Any, Place], T]) -> list[T]:
    if not isinstance(value, (list, tuple)):
        raise place.error(f"a list belongs here, not {value!r}")
    return [read(item, place.at(index)) for index, item in enumerate(value)]


def _text(value: object, place: Place) -> str:
    if not isinstance(value, str) or not value.strip():
        raise place.error(f"a text belongs here, not {value!r}")
    return value


def _number(value: object, place: Place) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise place.error(f"a whole number belongs here, not {value!r}")
    return value


def _flag(value: object, place: Place) -> bool:
    if not isinstance(value, bool):
        raise place.error(f"true or false belongs here, not {value!r}")
    return value


def _matching(value: object, pattern: re.Pattern[str], meaning: str, place: Place) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise place.error(f"{meaning} belongs here, not {value!r}")
    return value


def _month(value: object, place: Place) -> str:
    return _matching(value, MONTH, "a month such as 2019-04", place)


def _day(value: object, place: Place) -> str:
    return _matching(str(value), DAY, "a day such as 2019-04-09", place)


def _kb(value: object, place: Place) -> str:
    return _matching(value, KB_ID, "a package id such as KB4493730", place)


def _version(value: object, place: Place) -> str:
    text = _text(value, place)
    if not _VERSION.fullmatch(text):
        raise place.error(f"{text!r} is not a dotted version number")
    return text


def _digest(digits: int) -> Callable[[Any, Place], str]:
    pattern = re.compile(rf"[0-9a-f]{{{digits}}}")
    return lambda value, place: _matching(value, pattern, f"{digits} lower-case hexadecimal digits", place)


def _word(value: object, words: type[T], place: Place) -> T:
    valid = [str(one.value) for one in words]  # type: ignore[attr-defined]
    if value not in valid:
        raise place.error(f"{value!r} is not known; {nearest(str(value), valid)}")
    return words(value)  # type: ignore[call-arg]


def _known(entry: Mapping[str, Any], fields: Iterable[str], place: Place) -> None:
    for key in entry:
        if key not in fields:
            raise place.at(key).error(f"there is no such field; {nearest(str(key), fields)}")


def _architectures(value: object, place: Place) -> dict[Architecture, File]:
    return {
        _word(name, Architecture, place): _file(entry, place.at(name)) for name, entry in _mapping(value, place).items()
    }


def _file(value: object, place: Place) -> File:
    if value is None:
        return File(None)
    entry = _mapping(value, place)
    _known(entry, _FILE_FIELDS, place)
    name, url = _optional(entry, "file", place, _text), _optional(entry, "url", place, _url)
    if url and url.endswith("/"):
        url = f"{url}{name}" if name else None  # the folder that the vendor's file lies in
    return File(
        name=name,
        sha1=_optional(entry, "sha1", place, _digest(40)),
        sha256=_optional(entry, "sha256", place, _digest(64)),
        size=_optional(entry, "size", place, _number),
        url=url,
    )


def _url(value: object, place: Place) -> str:
    return _matching(value, _URL, "an address that begins with http:// or https://", place)


def _requirement(value: object, place: Place) -> Requirement:
    if isinstance(value, str):
        return Requirement(_what(value, place))
    entry = _mapping(value, place)
    _known(entry, ("package", "when"), place)
    feature = None
    if entry.get("when") is not None:
        when = _mapping(entry["when"], place.at("when"))
        _known(when, ("feature",), place.at("when"))
        feature = _number(_needed(when, "feature", place.at("when")), place.at("when").at("feature"))
    return Requirement(_what(_needed(entry, "package", place), place.at("package")), feature)


def _what(value: object, place: Place) -> str | Condition:
    conditions = [one.value for one in Condition]
    if value in conditions:
        return Condition(value)
    return _matching(value, KB_ID, f"a package id such as KB4493730, or {' or '.join(conditions)},", place)


def _mark(value: object, place: Place) -> Mark:
    entry = _mapping(value, place)
    if "service_pack" in entry:
        _known(entry, ("service_pack",), place)
        return ServicePackMark(_number(entry["service_pack"], place.at("service_pack")))
    if "stack" in entry:
        _known(entry, ("stack",), place)
        return StackMark(_version(entry["stack"], place.at("stack")))
    if "file" in entry:
        _known(entry, ("file", "at_least", "ldr_at_least"), place)
        return FileMark(
            _text(entry["file"], place.at("file")),
            _version(_needed(entry, "at_least", place), place.at("at_least")),
            _optional(entry, "ldr_at_least", place, _version),
        )
    if "registry" in entry:
        _known(entry, ("registry", "values", "at_least"), place)
        values = tuple(_each(_needed(entry, "values", place), place.at("values"), _text))
        if not values:  # no value at all would be there on every machine
            raise place.at("values").error("at least one name belongs here")
        return RegistryMark(
            key=_text(entry["registry"], place.at("registry")),
            values=values,
            least=_number(_needed(entry, "at_least", place), place.at("at_least")),
        )
    raise place.error("one of service_pack, stack, file or registry must be there")
