# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is known to go wrong with the packages of a plan on this very machine (private to this collection).

The records are ``data/known_bad.yml``: which package, what makes it dangerous, what happens, what helps. A risk whose
condition the snapshot cannot decide is put as a possibility and says what is open; one that surely does not apply is
not shown. Only a risk that applies for sure, and after which a machine may not start, stops an installation.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .catalog import Catalog
from .errors import ServicingError
from .records import Kind, Need, Package, nearest
from .standing import Judge, State, architecture_of
from .succession import contains

DATA = Path(__file__).parent / "data" / "known_bad.yml"
_DOMAIN_CONTROLLER = 2  # Win32_OperatingSystem.ProductType
# Packages from this month on are signed SHA-2 only, and may bring boot files that are (facts: servicing.md section 2).
SHA2_ONLY = "2019-10"


class Level(enum.Enum):
    """How bad it is: `STOP` wants the operator's word before anything is installed."""

    STOP = "stop"
    WARN = "warn"
    NOTE = "note"


class Applies(enum.Enum):
    """Whether the condition holds here; risks whose condition does not hold are never returned."""

    YES = "yes"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Risk:
    """A known risk of one package on one machine. `condition` says what makes it apply, or what is open."""

    id: str
    package: str
    level: Level
    applies: Applies
    condition: str
    effect: str
    remedy: str
    confidence: str
    note: str | None
    evidence: str | None = None
    """How it is known that the package is there; None for one that is planned."""
    waits: bool = False

    @property
    def text(self) -> str:
        """One sentence for the operator, and what to do."""
        who = self.package
        if self.evidence:
            who += f" {'goes in with the next restart' if self.waits else 'is installed'} ({self.evidence}) and"
        if self.applies is Applies.YES:
            said = f"{who} is known for this: {self.effect} ({self.condition})."
        else:
            said = f"{who} may bring this: {self.effect}. Whether it does here is open: {self.condition}."
        note = f" {self.note}" if self.note else ""
        return f"{said} What helps: {self.remedy}. Confidence: {self.confidence}.{note}"

    @property
    def stops(self) -> bool:
        """Whether the operator has to accept it by its id: it applies for sure, and the machine may not start."""
        return self.level is Level.STOP and self.applies is Applies.YES and self.evidence is None

    def to_json(self) -> dict[str, Any]:
        """Return plain values for a result."""
        return {
            "id": self.id,
            "package": self.package,
            "level": self.level.value,
            "applies": self.applies.value,
            "stops": self.stops,
            "text": self.text,
            "condition": self.condition,
            "effect": self.effect,
            "remedy": self.remedy,
            "confidence": self.confidence,
            "evidence": self.evidence,
        }


def warnings(packages: Sequence[Package], snapshot: Mapping[str, Any], catalog: Catalog) -> list[Risk]:
    """Return the known risks of packages that are to be installed in this order; the worst first.

    Pure. Of several packages that bring the same risk, the first is named.
    """
    scene = _Scene(packages, snapshot, catalog)
    return worst_first(risk for record in records() if (risk := scene.judge(record)))


def worst_first(risks: Iterable[Risk]) -> list[Risk]:
    """Return risks in the order in which a person should read them."""
    ranks = list(Level)
    return sorted(risks, key=lambda risk: (not risk.stops, ranks.index(risk.level), risk.applies.value != "yes"))


def unaccepted(risks: Sequence[Risk], accepted: Collection[str]) -> list[Risk]:
    """Return the risks that stop and that nobody accepted; raises `ServicingError` for an id that is none."""
    names = [record["id"] for record in records()]
    for name in accepted:
        if name not in names:
            raise ServicingError(f"accept_risks: there is no known risk {name!r}; {nearest(name, names)}")
    return [risk for risk in risks if risk.stops and risk.id not in accepted]


@functools.cache
def records() -> tuple[Mapping[str, Any], ...]:
    """Return the shipped records."""
    content = yaml.load(DATA.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return tuple(content["known_bad"])


# A part of a condition: True, False or None (open), and the words for it.
_Part = tuple[bool | None, str]


class _Scene:
    """The machine and the packages that are to go in."""

    def __init__(self, packages: Sequence[Package], snapshot: Mapping[str, Any], catalog: Catalog) -> None:
        self._packages = packages
        self._catalog = catalog
        self._judge = Judge(snapshot, catalog)
        self._conditions = Conditions(snapshot, catalog, self._judge)

    def judge(self, record: Mapping[str, Any]) -> Risk | None:
        """Return the risk of a record, None where no package brings it or its condition does not hold."""
        package = next((one for one in self._packages if self._brings(one, record)), None)
        if package is None or self._cured(record):
            return None
        before = [one.id for one in self._packages[: self._packages.index(package)]]
        return self._conditions.risk(record, package.id, before=before)

    def _brings(self, package: Package, record: Mapping[str, Any]) -> bool:
        if package.id in record["packages"]:
            return True
        if record.get("signed_sha2_only"):
            return package.month is not None and package.month >= SHA2_ONLY
        if record.get("paid_updates"):
            return package.need not in (Need.NONE, Need.UNKNOWN)
        return bool(record.get("later_rollups")) and self._later(package, record["packages"])

    def _later(self, package: Package, first: Sequence[str]) -> bool:
        """Say whether a rollup holds one of the packages, on a machine that has none of them yet."""
        if package.kind is not Kind.MONTHLY_ROLLUP:
            return False
        known = [self._catalog.get(one) for one in first if one in self._catalog]
        if any(self._judge.standing(one).there for one in known):
            return False
        return any(contains(package, one) for one in known)

    def _cured(self, record: Mapping[str, Any]) -> bool:
        cures = record.get("unless") or ()
        if any(package.id in cures for package in self._packages):
            return True
        return any(self._judge.standing(self._catalog.get(one)).there for one in cures if one in self._catalog) or any(
            self._judge.in_store(one) for one in cures
        )


class Conditions:
    """What makes a package dangerous, looked up on one machine."""

    def __init__(self, snapshot: Mapping[str, Any], catalog: Catalog, judge: Judge) -> None:
        self._catalog = catalog
        self._judge = judge
        self._answers: Mapping[str, Any] = snapshot.get("answers") or {}
        architecture = architecture_of(snapshot)
        self._architecture = architecture.value if architecture else None

    def risk(
        self, record: Mapping[str, Any], package: str, before: Sequence[str] = (), doubts: Sequence[str] = ()
    ) -> Risk | None:
        """Return the risk that a package brings by a record; None where its condition does not hold.

        `before` are packages that go in ahead of it; `doubts` leave open whether the machine is concerned.
        """
        parts = list(self._parts(record.get("when") or {}, package, before))
        if any(holds is False for holds, _text in parts):
            return None
        open_ = [*(text for holds, text in parts if holds is None), *doubts]
        sure = [text for holds, text in parts if holds]
        if record.get("cannot_tell"):
            open_.append(f"nothing shows {record['cannot_tell']}")
            open_ = [*sure, *open_]
        return Risk(
            record["id"],
            package,
            Level(record["level"]),
            Applies.UNKNOWN if open_ else Applies.YES,
            "; ".join(open_ or sure) or "on every machine",
            record["effect"],
            record["remedy"],
            record["confidence"],
            record.get("note"),
        )

    def _parts(self, when: Mapping[str, Any], package: str, before: Sequence[str]) -> Iterator[_Part]:
        if "services" in when:
            yield self._services(when["services"], running=False)
        if "services_running" in when:
            yield self._services(when["services_running"], running=True)
        if "domain_controller" in when:
            yield self._domain_controller()
        if "manufacturer" in when:
            yield self._manufacturer(when["manufacturer"])
        if "architecture" in when:
            known = self._architecture
            yield (
                None if known is None else known == when["architecture"],
                f"it is {known or 'of unknown architecture'}",
            )
        if "missing" in when:
            yield self._missing(when["missing"], package, before)

    def _services(self, names: Sequence[str], running: bool) -> _Part:
        known = self._answers.get("services")
        if known is None:
            return None, f"the services were not asked, so whether {' or '.join(names)} is there is not known"
        states = {name.lower(): (service or {}).get("state") for name, service in known.items()}
        found = [
            name for name in names if name.lower() in states and (not running or states[name.lower()] == "running")
        ]
        return bool(found), f"service {found[0]} {'runs' if running else 'is there'}" if found else "no such service"

    def _domain_controller(self) -> _Part:
        kind = (self._answers.get("os") or {}).get("product_type")
        if kind is None:
            return None, "whether it is a domain controller is not known"
        return kind == _DOMAIN_CONTROLLER, "it is a domain controller"

    def _manufacturer(self, begins: str) -> _Part:
        maker = (self._answers.get("computer") or {}).get("manufacturer")
        if not maker:
            return None, f"the maker of the machine was not asked, so whether it is {begins} is not known"
        return str(maker).lower().startswith(begins.lower()), f"its maker is {maker}"

    def _missing(self, wanted: str, package: str, before: Sequence[str]) -> _Part:
        """Judge whether a package is missing when `package` goes in; one that goes in before is not."""
        if wanted in before or package == wanted or wanted not in self._catalog:
            return False, f"{wanted} goes in before"
        standing = self._judge.standing(self._catalog.get(wanted))
        if standing.state is State.PENDING:
            return None, f"{wanted} waits for its restart"
        if standing.state is State.UNKNOWN:
            return None, f"whether {wanted} is there is not known"
        return standing.state is not State.INSTALLED, f"{wanted} is not there ({standing.evidence})"
