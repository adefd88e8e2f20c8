# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whom a package concerns: what is there, what is not, and what nobody asked."""

from __future__ import annotations

from typing import Any

import pytest
from unit.servicing.servicing_support import snapshot

from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.records import Role, Surroundings
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.surroundings import (
    EXPLORER,
    FRAMEWORKS,
    dotnet,
    judge,
)

MSHTML = "C:\\Windows\\system32\\mshtml.dll"


def word(data: int) -> dict[str, Any]:
    return {"type": "REG_DWORD", "data": data}


def text(data: str) -> dict[str, Any]:
    return {"type": "REG_SZ", "data": data}


CASES: list[tuple[str, Surroundings, dict[str, Any], bool | None, str]] = [
    ("everywhere", Surroundings(), {}, True, ""),
    ("level", Surroundings(service_pack=1), {}, False, "service pack level: 2"),
    ("role", Surroundings(feature=20), {"features": [14, 20]}, True, "server role 20 among the roles: 14, 20"),
    ("no role", Surroundings(feature=20), {}, False, "server role 20 among the roles: 14"),
    ("member", Surroundings(role=Role.DOMAIN_CONTROLLER), {}, False, "it is no domain controller"),
    ("dc", Surroundings(role=Role.DOMAIN_CONTROLLER), {"os": {"product_type": 2}}, True, "it is a domain controller"),
    ("dc?", Surroundings(role=Role.DOMAIN_CONTROLLER), {"os": {"product_type": None}}, None, "is not known"),
    ("core", Surroundings(full_installation=True), {"os": {"sku": 40}}, False, "it is a Server Core installation"),
    ("full", Surroundings(full_installation=True), {}, True, "a full installation"),
    ("ie file", Surroundings(internet_explorer=9), {"files": {MSHTML: "9.0.8112.16421"}}, True, "9.0.8112.16421"),
    ("ie gone", Surroundings(internet_explorer=9), {"files": {MSHTML: None}}, False, "it has no Internet Explorer"),
    ("ie key", Surroundings(internet_explorer=9), {"registry": {EXPLORER: {"Version": text("7.0.6002.18005")}}}, False,
        "its Internet Explorer is 7.0.6002.18005"),
    ("ie?", Surroundings(internet_explorer=9), {}, None, "which Internet Explorer it has is not known"),
    ("net?", Surroundings(dotnet=("4.6.2",)), {}, None, "which .NET Framework it has is not known"),
    ("net", Surroundings(dotnet=("2.0 SP2", "4.6.2")), {"registry": {f"{FRAMEWORKS}\\v4\\Full": None}}, False,
        "its .NET Framework: none"),
    ("both", Surroundings(feature=20, dotnet=("3.5",)), {"features": [14]}, False, "server role 20"),
]  # fmt: skip


@pytest.mark.parametrize(("_name", "where", "changes", "concerned", "evidence"), CASES, ids=[one[0] for one in CASES])
def test_a_package_concerns_a_machine_by_what_is_on_it(
    _name: str, where: Surroundings, changes: dict[str, Any], concerned: bool | None, evidence: str
) -> None:
    fit = judge(where, snapshot(changes))
    assert fit.concerned is concerned
    assert evidence in fit.evidence


RELEASES = [
    (378389, "4.5"), (378675, "4.5.1"), (379893, "4.5.2"), (393297, "4.6"), (394271, "4.6.1"), (394806, "4.6.2"),
]  # fmt: skip


@pytest.mark.parametrize(("release", "version"), RELEASES)
def test_a_release_number_names_the_framework(release: int, version: str) -> None:
    keys = {f"{FRAMEWORKS}\\v4\\Full": {"Install": word(1), "Release": word(release)}}
    assert dotnet({"registry": keys}) == {version}


def test_the_earlier_frameworks_are_named_with_their_service_pack() -> None:
    keys: dict[str, Any] = {
        f"{FRAMEWORKS}\\v2.0.50727": {"Install": word(1), "SP": word(2)},
        f"{FRAMEWORKS}\\v3.0": {"Install": word(1), "SP": word(2)},
        f"{FRAMEWORKS}\\v3.5": {"Install": word(1), "SP": word(0)},
        f"{FRAMEWORKS}\\v4\\Full": {"Install": word(1), "Version": text("4.0.30319")},
    }
    assert dotnet({"registry": keys}) == {"2.0 SP2", "3.0 SP2", "3.5", "4.0"}
    assert dotnet({"registry": {name: {**values, "Install": word(0)} for name, values in keys.items()}}) == frozenset()
    seen = snapshot({"registry": keys})
    assert judge(Surroundings(dotnet_at_least="4.0"), seen).concerned is True
    assert judge(Surroundings(dotnet_at_least="4.5"), seen).concerned is False
