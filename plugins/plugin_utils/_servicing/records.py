# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One catalog record: its shape and the checks it must pass (private to this collection).

The same rules stand in ``data/catalog.schema.json`` for editors and for the tests; they are repeated here in code
because jsonschema is no run-time dependency, and because a person who wrote a record by hand deserves the file, the
record, the field and the nearest valid name.
"""

from __future__ import annotations

import difflib
import enum
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from . import versions
from .errors import CatalogError

T = TypeVar("T")

KB_ID = re.compile(r"KB\d{5,8}")
MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
DAY = re.compile(r"20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
CONFIDENCE = re.compile(r"confirmed-\d+|single|memory|inferred|own")


class Kind(enum.Enum):
    """What sort of package a record describes; in the order in which they go in."""

    SERVICE_PACK = "service_pack"
    SERVICING_STACK = "servicing_stack"
    SHA2 = "sha2"
    ESU_PREPARATION = "esu_preparation"
    UPDATE = "update"
    SECURITY_ONLY = "security_only"
    MONTHLY_ROLLUP = "monthly_rollup"


class Architecture(enum.Enum):
    """The three architectures of the product, in the words of the file names."""

    X86 = "x86"
    X64 = "x64"
    IA64 = "ia64"

    @property
    def cbs(self) -> str:
        """The word that package identities use for it."""
        return "amd64" if self is Architecture.X64 else self.value


class Restart(enum.Enum):
    """Whether the ladder demands a restart after the package, or only where the machine asks for one."""

    ALWAYS = "always"
    IF_ASKED = "if_asked"


class Need(enum.Enum):
    """What entitlement a package wants; `UNKNOWN` says that no source tells."""

    NONE = "none"
    UNKNOWN = "unknown"
    ESU = "esu"
    ESU_YEAR_1 = "esu_year_1"
    ESU_YEAR_2 = "esu_year_2"
    ESU_YEAR_3 = "esu_year_3"
    ESU_YEAR_4 = "esu_year_4"
    PREMIUM_ASSURANCE = "premium_assurance"


class Condition(enum.Enum):
    """A requirement that is no package."""

    ESU_PREPARATION = "esu_preparation"
    ESU_LICENCE = "esu_licence"


@dataclass(frozen=True)
class File:
    """A package file as the vendor names it; None where that is not known."""

    name: str | None
    sha1: str | None = None
    sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class Requirement:
    """What must be in place first: a package or a condition; `feature` narrows it to machines with that server role."""

    what: str | Condition
    feature: int | None = None


@dataclass(frozen=True)
class ServicePackMark:
    """Seen when the service pack level is at least `level`."""

    level: int


@dataclass(frozen=True)
class StackMark:
    """Seen when the newest folder under ``%windir%\\servicing\\Version`` is at least `version`."""

    version: str


@dataclass(frozen=True)
class FileMark:
    """Seen when the file on disk has at least `version`; the path may begin with ``%windir%``."""

    path: str
    version: str


@dataclass(frozen=True)
class RegistryMark:
    """Seen when all `values` of `key` are numbers of at least `least`."""

    key: str
    values: tuple[str, ...]
    least: int


Mark = ServicePackMark | StackMark | FileMark | RegistryMark


@dataclass(frozen=True)
class Package:
    """One package of the catalog; what is None is not known.

    `marks` are ways to see the package's effect without its own entry in the component store; one of them is enough.
    """

    id: str
    kind: Kind
    title: str
    month: str | None
    released: str | None
    version: str | None
    package_version: str | None
    build: int | None
    optional: bool
    architectures: Mapping[Architecture, File]
    requires: tuple[Requirement, ...]
    supersedes: tuple[str, ...]
    need: Need
    restart: Restart
    marks: tuple[Mark, ...]
    confidence: str
    sources: tuple[str, ...]
    notes: str | None

    @property
    def number(self) -> str:
        """The digits of the KB number."""
        return self.id[2:]

    def __str__(self) -> str:
        return f"{self.id} ({self.title})"


FIELDS = (
    *("id", "kind", "title", "month", "released", "version", "package_version", "build", "optional"),
    *("architectures", "requires", "supersedes", "entitlement", "restart", "evidence"),
    *("confidence", "sources", "notes"),
)


def nearest(word: str, valid: Iterable[str]) -> str:
    """Return the half sentence that helps with a misspelt name: the nearest valid one, or all when they are few."""
    names = sorted(valid)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.5) if len(names) > 3 else []
    return f"did you mean {close[0]}?" if close else f"it is one of {', '.join(names)}"


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
        id=_matching(_needed(record, "id", place), KB_ID, "a package id such as KB4493730", place.at("id")),
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
        confidence=_matching(
            _needed(record, "confidence", place),
            CONFIDENCE,
            "confirmed-<number>, single, memory, inferred or own",
            place.at("confidence"),
        ),
        sources=tuple(_each(record.get("sources", []), place.at("sources"), _text)),
        notes=_optional(record, "notes", place, _text),
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
    try:
        versions.parse(text)
    except ValueError as error:
        raise place.error(str(error)) from None
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
    _known(entry, ("file", "sha1", "sha256", "size"), place)
    return File(
        name=_optional(entry, "file", place, _text),
        sha1=_optional(entry, "sha1", place, _digest(40)),
        sha256=_optional(entry, "sha256", place, _digest(64)),
        size=_optional(entry, "size", place, _number),
    )


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
        _known(entry, ("file", "at_least"), place)
        return FileMark(
            _text(entry["file"], place.at("file")), _version(_needed(entry, "at_least", place), place.at("at_least"))
        )
    if "registry" in entry:
        _known(entry, ("registry", "values", "at_least"), place)
        return RegistryMark(
            key=_text(entry["registry"], place.at("registry")),
            values=tuple(_each(_needed(entry, "values", place), place.at("values"), _text)),
            least=_number(_needed(entry, "at_least", place), place.at("at_least")),
        )
    raise place.error("one of service_pack, stack, file or registry must be there")
