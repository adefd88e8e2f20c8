# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a package concerns a machine at all (private to this collection).

Some packages are for a component (a browser, a .NET Framework), for a role or for an installation that has a desktop.
Only what the snapshot answers is judged; the rest stays unknown, and unknown is neither yes nor no.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .records import Package, Role, Surroundings

# OperatingSystemSKU of the Server Core installations: 12-14 and 39-41 (without Hyper-V), 29 is the web edition
# (winnt.h, PRODUCT_*_SERVER_CORE*).
CORE_SKUS = frozenset({12, 13, 14, 29, 39, 40, 41})
_MSHTML = "\\system32\\mshtml.dll"
_DOMAIN_CONTROLLER = 2  # Win32_OperatingSystem.ProductType


@dataclass(frozen=True)
class Applicability:
    """Whether a package concerns a machine: yes, no, or None for not known; `sentence` says what was looked at."""

    verdict: bool | None
    sentence: str


def applies(package: Package, snapshot: Mapping[str, Any]) -> Applicability:
    """Judge whether a package concerns a machine; one condition that does not hold decides."""
    found = list(_conditions(package.only_where, snapshot.get("answers") or {}))
    if not found:
        return Applicability(True, "for every machine of its architecture")
    for verdict in (False, None, True):
        words = [sentence for held, sentence in found if held is verdict]
        if words:
            return Applicability(verdict, f"only for {'; '.join(words)}")
    raise AssertionError("a condition is met, not met or not known")


def _conditions(where: Surroundings, answers: Mapping[str, Any]) -> Iterator[tuple[bool | None, str]]:
    """Yield each stated condition: whether it holds (None: not known) and the words for it."""
    system = answers.get("os") or {}
    if where.service_pack is not None:
        level = system.get("service_pack")
        yield _is(level, where.service_pack, f"machines at service pack level {where.service_pack}")
    if where.feature is not None:
        features = answers.get("features")
        held = None if features is None else where.feature in features
        yield _said(held, f"machines with server feature {where.feature}")
    if where.role is Role.DOMAIN_CONTROLLER:
        yield _is(system.get("product_type"), _DOMAIN_CONTROLLER, "domain controllers")
    if where.full_installation:
        sku = system.get("sku")
        yield _said(None if sku is None else sku not in CORE_SKUS, "full installations, not for Server Core")
    if where.internet_explorer is not None:
        yield _browser(where.internet_explorer, answers)
    if where.dotnet:
        yield None, f".NET Framework {' or '.join(where.dotnet)} (which of them is installed is not asked)"
    if where.dotnet_at_least:
        yield None, f".NET Framework {where.dotnet_at_least} or later (which one is installed is not asked)"


def _browser(wanted: int, answers: Mapping[str, Any]) -> tuple[bool | None, str]:
    """The browser's version is that of its engine; a Server Core installation has none."""
    words = f"machines with Internet Explorer {wanted}"
    if (answers.get("os") or {}).get("sku") in CORE_SKUS:
        return _said(False, words)
    files = {path.lower(): version for path, version in (answers.get("files") or {}).items()}
    found = next((version for path, version in files.items() if path.endswith(_MSHTML)), "")
    if found == "":
        return _said(None, words)
    return _said(found is not None and found.split(".")[0] == str(wanted), words)


def _is(found: object, wanted: object, words: str) -> tuple[bool | None, str]:
    return _said(None if found is None else found == wanted, words)


def _said(held: bool | None, words: str) -> tuple[bool | None, str]:
    ending = {True: "", False: " (this machine is none)", None: " (not known of this machine)"}[held]
    return held, f"{words}{ending}"
