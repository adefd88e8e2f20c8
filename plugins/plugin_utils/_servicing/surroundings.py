# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a package concerns a machine at all: what a record states under `only_where` (private to this collection).

An answer that the snapshot does not hold is no answer: such a package may concern the machine or not, and the verdict
says which question is open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import versions
from .records import FileMark, Kind, Package, Role, Surroundings

EXPLORER = "HKLM\\SOFTWARE\\Microsoft\\Internet Explorer"
FRAMEWORKS = "HKLM\\SOFTWARE\\Microsoft\\NET Framework Setup\\NDP"
REGISTRY_KEYS = (EXPLORER, *(f"{FRAMEWORKS}\\{name}" for name in ("v2.0.50727", "v3.0", "v3.5", "v4\\Full")))
_MSHTML = "\\system32\\mshtml.dll"
# OperatingSystemSKU of the Server Core editions (Win32_OperatingSystem): 12 datacenter, 13 standard, 14 enterprise,
# 29 web, 39 to 41 the three without Hyper-V.
_CORE = frozenset({12, 13, 14, 29, 39, 40, 41})
_DOMAIN_CONTROLLER = 2  # Win32_OperatingSystem.ProductType
# `Release` of .NET Framework 4.5 and later, the lowest number of each (394806 is 4.6.2: facts, section 5; rest memory).
_RELEASES = (
    (394802, "4.6.2"),
    (394254, "4.6.1"),
    (393295, "4.6"),
    (379893, "4.5.2"),
    (378675, "4.5.1"),
    (378389, "4.5"),
)


@dataclass(frozen=True)
class Fit:
    """Whether a package concerns a machine: True, False, or None where the snapshot does not tell; and why."""

    concerned: bool | None
    evidence: str


WILL_BE = Fit(True, "a package of the same plan brings what it is for")


def judge(where: Surroundings, snapshot: Mapping[str, Any]) -> Fit:
    """Judge everything that a record states; one thing that is not so decides, one that is open leaves it open."""
    fits = list(_each(where, snapshot.get("answers") or {}))
    wrong = [fit.evidence for fit in fits if fit.concerned is False]
    if wrong:
        return Fit(False, "; ".join(wrong))
    open_ = [fit.evidence for fit in fits if fit.concerned is None]
    if open_:
        return Fit(None, "; ".join(open_))
    return Fit(True, "; ".join(fit.evidence for fit in fits))


def _each(where: Surroundings, answers: Mapping[str, Any]) -> Iterator[Fit]:
    system = answers.get("os") or {}
    if where.service_pack is not None:
        yield _fit(system.get("service_pack"), lambda level: level == where.service_pack, "service pack level")
    if where.feature is not None:
        known = answers.get("features")
        yield _fit(known, lambda ids: where.feature in ids, f"server role {where.feature} among the roles")
    if where.role is Role.DOMAIN_CONTROLLER:
        kind = system.get("product_type")
        if kind is None:
            yield Fit(None, "whether it is a domain controller is not known")
        else:
            yes = kind == _DOMAIN_CONTROLLER
            yield Fit(yes, "it is a domain controller" if yes else "it is no domain controller")
    if where.full_installation:
        sku = system.get("sku")
        if sku is None:
            yield Fit(None, "whether it is a Server Core installation is not known")
        else:
            yield Fit(sku not in _CORE, "it is a Server Core installation" if sku in _CORE else "a full installation")
    if where.internet_explorer is not None:
        yield _explorer(where.internet_explorer, answers)
    if where.dotnet or where.dotnet_at_least:
        yield _dotnet(where, answers)


def _fit(found: Any, right: Callable[[Any], bool], what: str) -> Fit:
    if found is None:
        return Fit(None, f"{what} not known")
    return Fit(right(found), f"{what}: {', '.join(map(str, found)) if isinstance(found, list) else found}")


def _explorer(wanted: int, answers: Mapping[str, Any]) -> Fit:
    version = internet_explorer(answers)
    if version is None:
        return Fit(None, "which Internet Explorer it has is not known")
    if not version:
        return Fit(False, "it has no Internet Explorer")
    return Fit(versions.parse(version)[0] == wanted, f"its Internet Explorer is {version}")


def internet_explorer(answers: Mapping[str, Any]) -> str | None:
    """Return the version of Internet Explorer, an empty text where there is none, None where nothing tells."""
    windows = str((answers.get("os") or {}).get("windows_directory") or "C:\\Windows")
    files = {path.lower(): version for path, version in (answers.get("files") or {}).items()}
    library = (windows + _MSHTML).lower()
    if library in files:
        return files[library] or ""
    registry = answers.get("registry") or {}
    if EXPLORER not in registry:
        return None
    values = registry[EXPLORER] or {}
    # IE 10 and later write their number into svcVersion and leave 9 in Version; this system never gets them
    return str((values.get("svcVersion") or values.get("Version") or {}).get("data") or "")


def brings_explorer(package: Package) -> int | None:
    """Return the version of Internet Explorer that a package brings, by the library that it leaves."""
    marks = [one for one in package.marks if isinstance(one, FileMark) and one.path.lower().endswith(_MSHTML)]
    return versions.parse(marks[0].version)[0] if marks and package.kind is Kind.ENABLER else None


def _dotnet(where: Surroundings, answers: Mapping[str, Any]) -> Fit:
    found = dotnet(answers)
    if found is None:
        return Fit(None, "which .NET Framework it has is not known")
    shown = f"its .NET Framework: {', '.join(sorted(found)) or 'none'}"
    right = not where.dotnet or any(one in found for one in where.dotnet)
    if where.dotnet_at_least:
        right = right and any(versions.reaches(one.split()[0], where.dotnet_at_least) for one in found)
    return Fit(right, shown)


def dotnet(answers: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the .NET Framework versions that are installed, such as ``2.0 SP2`` and ``4.6.2``; None: not asked."""
    registry = answers.get("registry") or {}
    keys = [key for key in REGISTRY_KEYS if key.startswith(FRAMEWORKS)]
    if not any(key in registry for key in keys):
        return None
    found: set[str] = set()
    for key in keys:
        values = {name: entry.get("data") for name, entry in (registry.get(key) or {}).items()}
        if values.get("Install") == 1:
            found.add(_four(values) if key.endswith("Full") else _early(key, values))
    return frozenset(found)


def _four(values: Mapping[str, Any]) -> str:
    release = values.get("Release")
    if isinstance(release, int):
        return next((name for least, name in _RELEASES if release >= least), "4.5")
    return "4.0"


def _early(key: str, values: Mapping[str, Any]) -> str:
    number = key.rpartition("\\v")[2][:3]
    return f"{number} SP{values['SP']}" if values.get("SP") else number
