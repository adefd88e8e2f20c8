# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A baseline that cannot be meant: one sentence before the first packet, and a machine that stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline import records
from support.fleet import Fleet

from .test_bad_input import lone, sentence, untouched

WRONG: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "does-nothing-by-id": (
        {"controls": ["na-lsa-runasppl"]},
        ("does nothing on NT 6.0", "Instead: limit who may debug"),
    ),
    "does-nothing-by-name": ({"controls": ["UseLogonCredential"]}, ("does nothing on NT 6.0", "KB2871997")),
    "tag": ({"tags": ["sining"]}, ("there is no tag 'sining'", "did you mean signing?")),
    "contradiction": (
        {"site_values": {"acct-password-min-age": 40, "acct-password-max-age": 30}},
        ("acct-password-min-age (40) has to be less than acct-password-max-age (30)",),
    ),
    "range": ({"site_values": {"acct-lockout-threshold": 50}}, ("is not a whole number from 3 to 10",)),
    "suites": (
        {"site_values": {"tls-cipher-suite-order": "TLS_AES_128_GCM_SHA256"}},
        ("there is no 'TLS_AES_128_GCM_SHA256' here",),
    ),
    "addresses": ({"site_values": {"winrm-firewall-scope": ["10.0.0.300"]}}, ("neither an address, nor a network",)),
    "waiver": (
        {"waivers": [{"control": "smb1-server-off", "reason": "r", "approver": "a", "expires": "soon"}]},
        ("write a date as 2027-01-31",),
    ),
    "waiver-of-nothing": (
        {"waivers": [{"control": "smb1-sever-off", "reason": "r", "approver": "a", "expires": "2027-01-31"}]},
        ("there is no control 'smb1-sever-off'; did you mean smb1-server-off?",),
    ),
    "waiver-without-approver": (
        {"waivers": [{"control": "smb1-server-off", "reason": "r", "approver": " ", "expires": "2027-01-31"}]},
        ("needs a reason and an approver",),
    ),
    "given-and-denied": (
        {"site_values": {"right-networklogon": ["S-1-5-32-546"]}},
        ("right-networklogon gives S-1-5-32-546", "right-denynetworklogon denies it"),
    ),
    "one-name-for-two": (
        {"site_values": {"acct-admin-renamed": "keeper", "acct-guest-renamed": "keeper"}},
        ("two accounts need two names",),
    ),
    "nobody": (
        {"site_values": {"right-interactivelogon": ["S-1-5-113"]}},
        ("S-1-5-113 does not exist on NT 6.0",),
    ),
    "no-file": ({"baseline_file": "gone.yml"}, ("gone.yml", "not a readable record file")),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_meant_is_refused_before_the_first_packet(
    fleet: Callable[..., Fleet], tmp_path: Path, name: str
) -> None:
    options, words = WRONG[name]
    machines = fleet("cerberus")
    with untouched(machines):
        ran = lone(machines, tmp_path, "baseline", state="enforced", journal=str(tmp_path / "journal"), **options)
    sentence(ran, "cerberus", *words)
    assert machines["cerberus"].http_requests == 0


def shipped(area: str, control: str, **over: Any) -> dict[str, Any]:
    """Return a record of the collection as a site would copy it, with changes."""
    plain = yaml.safe_load((records.DATA / "controls" / f"{area}.yml").read_text(encoding="utf-8"))
    (found,) = (one for one in plain["controls"] if one["id"] == control)
    return {**found, **over}


SMB1 = shipped("smb", "smb1-server-off")
FILES: dict[str, tuple[dict[str, Any], str]] = {
    "no-field": ({"controls": [{"id": "own-control"}]}, "own-control: the field title is missing"),
    "redefines": (
        {"controls": [SMB1]},
        "smb1-server-off: this id belongs to a control of the collection and keeps its meaning; choose another id",
    ),
    "wrong-field": (
        {"controls": [{**SMB1, "id": "own-control", "mechanism": {**SMB1["mechanism"], "operator": "equals"}}]},
        "own-control: mechanism.operator 'equals' is not known",
    ),
    "ends-tls": (
        {
            "controls": [
                {
                    **SMB1,
                    "id": "own-control",
                    "mechanism": {
                        "kind": "registry",
                        "key": "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Hashes\\SHA",
                        "name": "Enabled",
                        "type": "REG_DWORD",
                        "operator": "eq",
                        "value": 0,
                    },
                }
            ]
        },
        "own-control: it is refused. SCHANNEL\\Hashes\\SHA Enabled=0: it does harm on NT 6.0",
    ),
    "waits-for-ever": (
        {"controls": [{**SMB1, "id": "own-control", "prerequisites": [{"control_passes": "boot-single-os"}]}]},
        "own-control: control_passes boot-single-os: that one is looked at by hand or shown, and never passes",
    ),
    "unknown-id": (
        {"profiles": [{"id": "own", "title": "Ours", "levels": ["baseline"], "controls": ["smb1-servr-off"]}]},
        "profile own: there is no control 'smb1-servr-off'; did you mean smb1-server-off?",
    ),
    "taken-profile": (
        {"profiles": [{"id": "sunset", "title": "Ours", "levels": ["baseline"], "controls": ["smb1-server-off"]}]},
        "profile sunset: the id is a profile of the collection",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_the_site_is_held_against_the_schema_before_the_first_packet(
    fleet: Callable[..., Fleet], tmp_path: Path, name: str
) -> None:
    content, words = FILES[name]
    file = tmp_path / "own.yml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    machines = fleet("cerberus")
    with untouched(machines):
        ran = lone(machines, tmp_path, "baseline", state="evaluated", baseline_file=str(file))
    sentence(ran, "cerberus", "own.yml", words)
    assert machines["cerberus"].http_requests == 0


def test_a_named_control_that_can_never_hold_on_this_machine_changes_nothing(
    fleet: Callable[..., Fleet], tmp_path: Path
) -> None:
    machines = fleet("cerberus")
    with untouched(machines):
        ran = lone(
            machines,
            tmp_path,
            "baseline",
            state="enforced",
            journal=str(tmp_path / "journal"),
            controls=["krb-clock-skew", "ntlm-no-lm-hash"],
        )
    sentence(ran, "cerberus", "krb-clock-skew can never hold here: the machine is standalone, and it is for dc")
