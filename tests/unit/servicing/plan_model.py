# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A machine small enough to be obviously right: it takes packages only in a lawful order, and shows its state.

It knows the catalog's records and none of the planner's code, so a plan that it accepts is lawful by two readings.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from unit.servicing.servicing_support import SHA2_KEY, snapshot

from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import catalog
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.records import (
    Architecture,
    Condition,
    FileMark,
    Kind,
    Need,
    Package,
    RegistryMark,
    Restart,
    StackMark,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.surroundings import EXPLORER, FRAMEWORKS

CATALOG = catalog.load()
KERNEL = "%windir%\\system32\\ntoskrnl.exe"
YEARS = {
    "553673ed-6ddf-419c-a153-b760283472fd": Need.ESU_YEAR_1,
    "04fa0286-fa74-401e-bbe9-fbfbb158010d": Need.ESU_YEAR_2,
    "16c08c85-0c8b-4009-9b2b-f1f7319e45f9": Need.ESU_YEAR_3,
    "8e7bfb1e-acc1-4f56-abae-b80fce56cd4b": Need.PREMIUM_ASSURANCE,
}
ALONE = (Kind.SERVICE_PACK, Kind.SERVICING_STACK)
HEAVY = (Kind.MONTHLY_ROLLUP, Kind.PREVIEW_ROLLUP)
NUMBERS = {"old": {"installed": 7, "pending": 6, "gone": 4}, "new": {"installed": 0x70, "pending": 0x60, "gone": 0x50}}


class Unlawful(Exception):
    """The machine does not take this package now."""


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def older(package: Package) -> set[str]:
    """Return everything that a package stands for: what it supersedes, and what a rollup holds by its month."""
    found: set[str] = set()
    rest = [package.id]
    while rest:
        one = rest.pop()
        record = CATALOG.get(one) if one in CATALOG else None
        held = _HELD[record.month or ""] if record and record.kind is Kind.MONTHLY_ROLLUP else set()
        direct = {*(record.supersedes if record else ()), *held} - found
        found |= direct
        rest += direct
    return found


def _held(month: str) -> set[str]:
    same, later = (Kind.SECURITY_ONLY, Kind.IE_CUMULATIVE), (Kind.PREVIEW_ROLLUP, Kind.OUT_OF_BAND)
    months = [(one.id, one.kind, one.month) for one in CATALOG if one.month]
    return {name for name, kind, at in months if (kind in same and at <= month) or (kind in later and at < month)}


_HELD = {one.month: _held(one.month) for one in CATALOG.of_kind(Kind.MONTHLY_ROLLUP) if one.month}
OLDER = {one.id: older(one) for one in CATALOG}


class Model:
    """`unmarked`: packages that the store calls installed at once although their restart is owed (owed() tells)."""

    def __init__(
        self,
        arch: str = "x64",
        build: int = 6002,
        licences: Collection[str] = (),
        features: Collection[int] = (),
        kernel: str = "6.0.6002.18005",
        numbering: str = "old",
        unmarked: Collection[str] = (),
        explorer: str = "7.0.6002.18005",
        frameworks: Collection[str] = (),
    ) -> None:
        self.arch, self.build, self.licences, self.features = Architecture(arch), build, licences, features
        self.files: dict[str, str] = {KERNEL: kernel, "%windir%\\system32\\mshtml.dll": explorer}
        self.stacks = ["6.0.6002.18005"]
        self.registry: dict[str, dict[str, int]] = {}
        self.numbering, self.unmarked, self.frameworks = NUMBERS[numbering], unmarked, frameworks
        self.installed: set[str] = set()
        self.gone: set[str] = set()  # superseded: staged leftovers of the store
        self.waiting: list[str] = []

    def __repr__(self) -> str:
        shown = {
            name: value
            for name, value in vars(self).items()
            if value and name not in ("numbering", "files", "registry")
        }
        return f"Model({shown})"

    # -- asking -----------------------------------------------------------------------------------

    def in_force(self, name: str) -> bool:
        """Say whether a package, or what stands for it, is installed and its restart done."""
        done = self.installed - set(self.waiting)
        if name == "KB948465":
            return self.build >= 6002
        package = CATALOG.get(name)
        if any(isinstance(one, StackMark) and number(self.stacks[-1]) >= number(one.version) for one in package.marks):
            return True
        if package.kind in (Kind.ENABLER, Kind.DOTNET) and self._seen(package):
            return True
        return name in done or any(name in OLDER[one] for one in done)

    def _seen(self, package: Package) -> bool:
        """Say whether a product that others put on the machine shows as this package."""
        files = [one for one in package.marks if isinstance(one, FileMark)]
        newer = any(number(self.files.get(one.path, "0")) >= number(one.version) for one in files)
        return newer or (package.id == "KB3151800" and "4.6.2" in self.frameworks)

    def entitled(self, need: Need) -> bool:
        own = {YEARS[one] for one in self.licences}
        if need in (Need.NONE, Need.UNKNOWN) or Need.PREMIUM_ASSURANCE in own:
            return True
        return bool(own) if need is Need.ESU else need in own

    def owed(self) -> list[str]:
        return [one for one in self.waiting if one in self.unmarked]

    # -- changing ---------------------------------------------------------------------------------

    def install(self, package: Package, law: bool = True) -> None:
        """Take a package, or raise `Unlawful`; without `law` nobody asks for a licence: it may have lapsed since."""
        self._admit(package, law)
        if package.restart is Restart.IF_ASKED or package.id in self.unmarked:
            self._complete(package)
        if package.restart is not Restart.IF_ASKED:
            self.waiting.append(package.id)
            kernel = [one.version for one in package.marks if isinstance(one, FileMark) and one.path == KERNEL]
            self.files[KERNEL] = max([self.files[KERNEL], *kernel], key=number)

    def _admit(self, package: Package, law: bool) -> None:
        waiting = [CATALOG.get(one) for one in self.waiting]
        closed = [
            one.id
            for one in waiting
            if one.restart is Restart.BARRIER or one.kind in (*HEAVY, *ALONE) or (one.build or 0) > self.build
        ]
        if self.arch not in package.architectures:
            raise Unlawful(f"{package.id} is not for {self.arch.value}")
        if package.not_planned:
            raise Unlawful(f"{package.id} may not be planned")
        if package.id in self.waiting or self.in_force(package.id):
            raise Unlawful(f"{package.id} is there")
        if closed:
            raise Unlawful(f"{package.id} before the restart of {closed}")
        if waiting and (package.kind in ALONE or package.restart is Restart.BARRIER):
            raise Unlawful(f"{package.id} while {self.waiting} wait")
        if law and package.kind is not Kind.ESU_PREPARATION and not self.entitled(package.need):
            raise Unlawful(f"{package.id} without {package.need}")
        for need in package.requires:
            if not self._met(need.what, need.feature, law):
                raise Unlawful(f"{package.id} before {need.what}")
        if package.only_where.service_pack is not None and package.only_where.service_pack != self.build - 6000:
            raise Unlawful(f"{package.id} is for another service pack")

    def _met(self, what: str | Condition, feature: int | None, law: bool) -> bool:
        if feature is not None and feature not in self.features:
            return True
        if what is Condition.ESU_LICENCE:
            return not law or self.entitled(Need.ESU)
        if what is Condition.ESU_PREPARATION:
            return any(self.in_force(one.id) for one in CATALOG.of_kind(Kind.ESU_PREPARATION))
        assert isinstance(what, str)
        return self.in_force(what)

    def restart(self) -> None:
        for name in self.waiting:
            self._complete(CATALOG.get(name))
        self.waiting = []
        if number(self.files[KERNEL])[2] == 6003:
            self.build = 6003

    def _complete(self, package: Package) -> None:
        self.gone |= self.installed & OLDER[package.id]
        self.installed = (self.installed - OLDER[package.id]) | {package.id}
        for mark in package.marks:
            if isinstance(mark, FileMark):
                self.files[mark.path] = max(self.files.get(mark.path, "0"), mark.version, key=number)
            if isinstance(mark, StackMark):
                self.stacks = sorted({*self.stacks, mark.version}, key=number)
            if isinstance(mark, RegistryMark):
                self.registry[mark.key] = dict.fromkeys(mark.values, mark.least)
        self.build = max(self.build, package.build or 0)
        if self.build == 6003 and number(self.files[KERNEL])[2] < 6003:
            self.files[KERNEL] = "6.0.6003.20489"

    # -- showing ----------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        pending = {one for one in self.waiting if one not in self.unmarked}
        states = {
            **dict.fromkeys(self.gone, self.numbering["gone"]),
            **dict.fromkeys(self.installed, self.numbering["installed"]),
            **dict.fromkeys(pending, self.numbering["pending"]),
        }
        sha2 = self.registry.get(SHA2_KEY)
        values = {name: {"type": "REG_DWORD", "data": data} for name, data in (sha2 or {}).items()}
        early = {f"{FRAMEWORKS}\\v2.0.50727": None, f"{FRAMEWORKS}\\v3.0": None, f"{FRAMEWORKS}\\v3.5": None}
        four = {"Install": {"type": "REG_DWORD", "data": 1}, "Release": {"type": "REG_DWORD", "data": 394806}}
        return snapshot(
            {
                "os": {
                    "arch": self.arch.value,
                    "version": f"6.0.{self.build}",
                    "build": self.build,
                    "service_pack": 1 if self.build == 6001 else 2,
                },
                "packages": [{"identity": identity(name, self.arch), "state": state} for name, state in states.items()],
                "files": {path.replace("%windir%", "C:\\Windows"): version for path, version in self.files.items()},
                "stack": self.stacks,
                "registry": {
                    SHA2_KEY: values or None,
                    EXPLORER: None,
                    **early,
                    f"{FRAMEWORKS}\\v4\\Full": four if "4.6.2" in self.frameworks else None,
                },
                "markers": {"cbs_reboot_pending": bool(pending), "cbs_packages_pending": bool(pending)},
                "features": list(self.features),
                "licences": [{"id": one, "name": "x", "status": 1, "partial_key": "12345"} for one in self.licences],
            }
        )


def identity(name: str, arch: Architecture) -> str:
    version = CATALOG.get(name).package_version or "6.0.1.0"
    prefix = "VistaSP2-" if name == "KB948465" else "Package_for_"
    return f"{prefix}{name}~31bf3856ad364e35~{arch.cbs}~~{version}"


def grown(model: Model, names: Iterable[str], last_waits: bool) -> Model:
    """Give a machine those of the packages that it lawfully takes, each with its restart, the last one perhaps not."""
    for name in names:
        try:
            model.install(CATALOG.get(name), law=False)
        except Unlawful:
            continue
        if not last_waits or name != [*names][-1]:
            model.restart()
    return model
