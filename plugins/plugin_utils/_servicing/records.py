# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shape of a catalog record (private to this collection); `record_reading` checks and builds it."""

from __future__ import annotations

import difflib
import enum
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from . import versions

KB_ID = re.compile(r"KB\d{5,8}")
# Two things of the facts have no KB number: a stand-alone installer, and a stack whose number nobody has written down.
PACKAGE_ID = re.compile(r"KB\d{5,8}|[A-Z]{2,}(-[A-Z0-9][A-Z0-9.]*)+")
MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
DAY = re.compile(r"20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
CONFIDENCE = re.compile(r"confirmed-\d+|single|memory|inferred|own")
_LDR = 0x5000  # the first number of the limited-distribution branch (facts: servicing.md section 1)


class Kind(enum.Enum):
    """What sort of package a record describes; in the order in which they go in."""

    SERVICE_PACK = "service_pack"
    SERVICING_STACK = "servicing_stack"
    SHA2 = "sha2"
    ESU_PREPARATION = "esu_preparation"
    UPDATE = "update"
    ENABLER = "enabler"
    TLS = "tls"
    DOTNET = "dotnet"
    IE_CUMULATIVE = "ie_cumulative"
    SECURITY_ONLY = "security_only"
    PREVIEW_ROLLUP = "preview_rollup"
    MONTHLY_ROLLUP = "monthly_rollup"
    OUT_OF_BAND = "out_of_band"


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
    """When the machine has to restart for a package.

    `BARRIER`: before anything else goes in. `ALWAYS`: at the end, and other packages may go in before it. `IF_ASKED`:
    only where the machine asks for one.
    """

    BARRIER = "barrier"
    ALWAYS = "always"
    IF_ASKED = "if_asked"

    @property
    def demanded(self) -> bool:
        """Say whether the package takes effect only with a restart, whatever the machine's markers say."""
        return self is not Restart.IF_ASKED


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
    url: str | None = None


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
    """Seen when the file on disk has at least `version`; the path may begin with ``%windir%``.

    `ldr` is the threshold of the other branch of build 6002, where the fix has one in each: a general release (last
    number below 20480) and a limited one are numbered independently, so a higher number there proves nothing here.
    """

    path: str
    version: str
    ldr: str | None = None

    def reached(self, found: str) -> bool:
        """Say whether a file version on disk is as new as the mark demands in its branch."""
        last = (*versions.parse(found), 0, 0, 0, 0)[3]
        return versions.reaches(found, self.ldr if self.ldr and last >= _LDR else self.version)


@dataclass(frozen=True)
class RegistryMark:
    """Seen when all `values` of `key` are numbers of at least `least`."""

    key: str
    values: tuple[str, ...]
    least: int


Mark = ServicePackMark | StackMark | FileMark | RegistryMark


class Role(enum.Enum):
    """A role of the machine that a package is meant for."""

    DOMAIN_CONTROLLER = "domain_controller"


@dataclass(frozen=True)
class Surroundings:
    """What must be on a machine for a package to concern it at all; everything that is stated must hold.

    `dotnet` names .NET Framework versions of which one is enough, `dotnet_at_least` the lowest that will do.
    """

    service_pack: int | None = None
    feature: int | None = None
    role: Role | None = None
    full_installation: bool = False
    internet_explorer: int | None = None
    dotnet: tuple[str, ...] = ()
    dotnet_at_least: str | None = None


EVERYWHERE = Surroundings()


@dataclass(frozen=True)
class Issue:
    """An earlier issue of a package that was published several times under one number; never planned."""

    version: str
    released: str | None
    released_basis: str | None
    confidence: str
    sources: tuple[str, ...]
    notes: str | None


@dataclass(frozen=True)
class Package:
    """One package of the catalog; what is None is not known.

    `marks` are ways to see the package's effect without its own entry in the component store; one of them is enough.
    `fixed_builds` are the builds that CVE records name as fixed; they can be a few numbers above every file on disk.
    `not_planned` says why no plan may ever hold the package.
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
    released_basis: str | None = None
    fixed_builds: tuple[str, ...] = ()
    only_where: Surroundings = EVERYWHERE
    not_planned: str | None = None
    issues: tuple[Issue, ...] = ()

    def __str__(self) -> str:
        return f"{self.id} ({self.title})"


def nearest(word: str, valid: Iterable[str]) -> str:
    """Return the half sentence that helps with a misspelt name: the nearest valid one, or all when they are few."""
    names = sorted(valid)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.5) if len(names) > 3 else []
    return f"did you mean {close[0]}?" if close else f"it is one of {', '.join(names)}"
