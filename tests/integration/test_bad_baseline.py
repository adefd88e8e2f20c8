# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A baseline that cannot be meant: one sentence before the first packet, and a machine that stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

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


FILES: dict[str, tuple[dict[str, Any], str]] = {
    "redefines": (
        {"controls": [{"id": "smb1-server-off"}]},
        "smb1-server-off: the field title is missing",
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
