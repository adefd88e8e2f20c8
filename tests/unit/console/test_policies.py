# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tools that tell of policies, in every language: what they print is read exactly or refused with the line."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sunset.ws2008.plugins.plugin_utils._console import (
    auditpol,
    bcdedit,
    certificates,
    firewall,
    icacls,
    localgroup,
    sddl,
    secedit,
    winrm,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._console.text import ConsoleError, decode

CASES = yaml.safe_load((Path(__file__).parents[2] / "data/console/policies.yml").read_text(encoding="utf-8"))
READERS: dict[str, Callable[[str], Any]] = {
    "secedit": secedit.parse,
    "auditpol": auditpol.parse,
    "winrm": winrm.parse_config,
    "listeners": winrm.parse_listeners,
    "icacls": icacls.parse_saved,
    "members": localgroup.parse,
    "users": localgroup.parse_users,
    "boot": bcdedit.parse_nx,
    "certificate": lambda text: list(certificates.parse(text).names),
    "firewall": lambda text: firewall.parse(text).words(),
    "sddl": lambda text: [[one.sid, one.mask, one.allowed, one.only_below] for one in sddl.parse(text)],
}
EVERY = [(tool, case) for tool, cases in CASES.items() for case in cases]


@pytest.mark.parametrize(("tool", "case"), EVERY, ids=[f"{tool}: {case['name']}" for tool, case in EVERY])
def test_an_answer_is_read_or_refused_with_its_line(tool: str, case: dict[str, Any]) -> None:
    if "refused" in case:
        with pytest.raises(ConsoleError) as caught:
            READERS[tool](case["text"])
        assert case["refused"] in str(caught.value)
    else:
        assert READERS[tool](case["text"]) == case["read"]


def test_every_reader_has_cases_of_both_kinds() -> None:
    assert CASES.keys() == READERS.keys()
    for cases in CASES.values():
        assert {"refused" in case for case in cases} == {True, False}


@given(st.sampled_from(sorted(READERS)), st.text(max_size=200))
def test_anything_else_is_an_error_of_ours(tool: str, text: str) -> None:
    try:
        READERS[tool](text)
    except ConsoleError as error:
        assert len(str(error)) < 600


def test_a_real_export_is_read_whole() -> None:
    samples = Path(os.environ.get("SUNSET_SAMPLES", Path(__file__).parents[3].parent / "shared" / "samples"))
    file = samples / "secedit_other_nt" / "nt63_secedit_export_utf16.inf"
    if not file.exists():
        pytest.skip("the captured samples are not here; SUNSET_SAMPLES may name their folder")
    template = secedit.parse(decode(file.read_bytes()))
    assert secedit.setting(template["System Access"]["MaximumPasswordAge"]) == 42
    assert secedit.setting(template["System Access"]["NewGuestName"]) == "Guest"
    rights = {name: secedit.accounts(value) for name, value in template["Privilege Rights"].items()}
    assert rights["SeDenyInteractiveLogonRight"] == ("HomeGroupUser$", "Guest")
    assert rights["SeBackupPrivilege"] == ("S-1-5-32-544", "S-1-5-32-551")
    assert len(rights) > 30


def test_a_rule_survives_the_words_of_netsh_and_the_text_of_the_registry() -> None:
    words = "dir=in action=allow protocol=tcp localport=3389,5985 remoteip=192.0.2.0/24,198.51.100.7 profile=any"
    rule = firewall.of_words("ours", words)
    assert rule.words() == words
    assert firewall.parse(rule.text()) == rule


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("10.1.2.3/255.255.255.255", "10.1.2.3"),
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("10.0.0.1-10.0.0.9", "10.0.0.1-10.0.0.9"),
        ("LocalSubnet", "LocalSubnet"),
    ],
)
def test_an_address_has_one_spelling(written: str, told: str) -> None:
    assert firewall.address(written) == told


@pytest.mark.parametrize(
    "line",
    [
        lambda: auditpol.assign("{0CCE9215}", 3),
        lambda: auditpol.assign("{0CCE9215-69AE-11D9-BED3-505054503030}", 4),
        lambda: winrm.assign("winrm/config & calc", "Basic", "false"),
        lambda: winrm.assign("winrm/config", "Basic", 'x" & calc'),
        lambda: icacls.save('C:\\a" & calc "', "f"),
        lambda: localgroup.members("S-1-5-21-1-2-3-512"),
        lambda: secedit.account('a"b'),
        lambda: secedit.account("a,b"),
    ],
)
def test_what_a_line_cannot_carry_is_not_sent(line: Callable[[], str]) -> None:
    with pytest.raises(ConsoleError):
        line()
