# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a site may choose, and what it is told when it may not; two values that contradict each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline import contradictions
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.answers import Answers
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.library import shipped
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import BadSelection, never_here, select

GOOD: list[tuple[str, Any, str, Any]] = [
    ("ntlm-lmcompat-level", "3", "value", 3),
    ("lsa-cached-logons", 0, "value", "0"),
    ("ui-legal-caption", "Keep out", "value", "Keep out"),
    ("acct-admin-renamed", "keeper", "set", "keeper"),
    ("acct-administrators-members", ["S-1-5-21-1-2-3-500", "CORP\\Domain Admins"], "value", None),
    ("right-batchlogon", ["S-1-5-32-551"], "site_sids", ["S-1-5-32-551"]),
    ("winrm-firewall-scope", ["10.1.2.3", "10.2.0.0/16", "10.3.0.1-10.3.0.9", "fd00::/8"], "value", None),
    ("tls-cipher-suite-order", "TLS_RSA_WITH_AES_128_CBC_SHA", "value", "TLS_RSA_WITH_AES_128_CBC_SHA"),
    ("tls-cipher-suite-order", ["TLS_RSA_WITH_AES_256_CBC_SHA", "TLS_RSA_WITH_AES_128_CBC_SHA"], "value", None),
]


@pytest.mark.parametrize(("control", "value", "field", "data"), GOOD, ids=lambda one: str(one)[:40])
def test_a_value_of_the_site_goes_where_the_record_says(control: str, value: Any, field: str, data: Any) -> None:
    (chosen,) = select(ids=[control], site_values={control: value}).controls
    expected = data if data is not None else ",".join(value) if control.startswith("tls") else value
    assert chosen.settings[field] == expected
    assert chosen.settings["site_value"] == shipped().controls[control].settings["site_value"]


@pytest.mark.parametrize(
    ("control", "value", "sentence"),
    [
        ("ntlm-lmcompat-level", 6, "6 of ntlm-lmcompat-level is not a whole number from 3 to 5"),
        ("ntlm-lmcompat-level", 3.0, "is not a whole number"),
        ("ntlm-lmcompat-level", "٣", "is not a whole number"),
        ("lsa-cached-logons", 25, "is not a whole number from 0 to 2"),
        ("ui-legal-caption", "  ", "is not a text"),
        ("ui-legal-caption", ["a"], "is not a text"),
        ("ui-legal-text", "a\0b", "is not a text that fits there"),
        ("acct-admin-renamed", "a/b", "is not a text that fits there: "),
        ("acct-admin-renamed", "ADMINISTRATEUR", "is a name that Windows comes with; choose another"),
        ("acct-guest-renamed", "Гость", "is a name that Windows comes with; choose another"),
        ("acct-admin-renamed", "x" * 21, "is not a text that fits there: "),
        ("acct-administrators-members", "me", "is not a list of names"),
        ("right-batchlogon", ["BACKUP\\agent"], "'BACKUP\\\\agent' is none"),
        ("right-batchlogon", [], "is not a list of SIDs such as S-1-5-32-544"),
        ("winrm-firewall-scope", [], "an empty one would shut everybody out"),
        ("winrm-firewall-scope", "10.0.0.1", "is not a list of addresses"),
        (
            "winrm-firewall-scope",
            ["10.0.0.256"],
            "'10.0.0.256' is neither an address, nor a network such as 10.1.0.0/16",
        ),
        ("winrm-firewall-scope", ["10.0.0.9-10.0.0.1"], "'10.0.0.9-10.0.0.1' is neither an address"),
        ("winrm-firewall-scope", ["10.0.0.9-fd00::1"], "is neither an address"),
        (
            "tls-cipher-suite-order",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256_P256,TLS_RSA_WITH_AES_128_CBC_SHA",
            "there is no 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256_P256' here; did you mean TLS_ECDHE_RSA",
        ),
        (
            "tls-cipher-suite-order",
            "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
            "did you mean TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA_P",
        ),
        (
            "tls-cipher-suite-order",
            ["TLS_RSA_WITH_RC4_128_SHA"],
            "without a suite of RSA or ECDHE_RSA with AES no peer",
        ),
        ("tls-cipher-suite-order", ["TLS_RSA_WITH_AES_128_CBC_SHA"] * 40, "1159 characters, and 1023 is all that fits"),
        ("tls-cipher-suite-order", ["TLS_RSA_WITH_AES_128_CBC_SHA"] * 2, "names TLS_RSA_WITH_AES_128_CBC_SHA twice"),
        ("right-interactivelogon", ["S-1-5-114"], "S-1-5-114 does not exist on NT 6.0 and would mean nobody"),
        ("smb1-server-off", 1, "smb1-server-off takes no site value; its value is fixed by its sources"),
    ],
)
def test_a_value_that_does_not_fit_is_a_sentence(control: str, value: Any, sentence: str) -> None:
    with pytest.raises(BadSelection) as caught:
        select(site_values={control: value})
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"acct-password-min-age": 40, "acct-password-max-age": 30},
            "acct-password-min-age (40) has to be less than acct-password-max-age (30): a password has to live longer",
        ),
        ({"acct-password-min-age": 30, "acct-password-max-age": 30}, "has to be less than acct-password-max-age (30)"),
        (
            {"acct-lockout-window": 60, "acct-lockout-duration": 30},
            "acct-lockout-window (60) has to be at most acct-lockout-duration (30)",
        ),
        (
            {"acct-admin-renamed": "Keeper", "acct-guest-renamed": "keeper"},
            "acct-guest-renamed and acct-admin-renamed both give the name 'Keeper'; two accounts need two names",
        ),
        (
            {"right-networklogon": ["S-1-5-32-546"]},
            "right-networklogon gives S-1-5-32-546 the right SeNetworkLogonRight, and right-denynetworklogon denies it",
        ),
        ({"acct-password-min-age": 61}, "acct-password-min-age (61) has to be less than acct-password-max-age (60)"),
    ],
)
def test_two_values_that_cannot_both_hold_are_refused(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadSelection) as caught:
        select(site_values=values)
    assert sentence in str(caught.value)


def test_two_controls_that_want_different_things_of_one_value_are_refused() -> None:
    control = shipped().controls["smb1-server-off"]
    other = replace(control, id="own-smb1-on", settings={**control.settings, "value": 1})
    (sentence,) = contradictions.among([control, other])
    assert "smb1-server-off and own-smb1-on want different things of HKLM\\SYSTEM" in sentence and "SMB1" in sentence
    assert list(contradictions.among([control, replace(other, settings=control.settings)])) == []
    assert list(contradictions.among([replace(control, roles=("dc",)), replace(other, roles=("member",))])) == []
    policy = shipped().controls["acct-password-length"]
    most = replace(policy, id="own-short", settings={**policy.settings, "operator": "le", "value": 8})
    (sentence,) = contradictions.among([policy, most])
    assert "acct-password-length (14) and own-short (8) want different things of MinimumPasswordLength" in sentence


def test_a_named_control_that_can_never_hold_here_is_said_before_a_change() -> None:
    member = Answers({"answers": {"computer": {"domain_role": 3}, "os": {"arch": "x64"}}})
    sentences = never_here(select(ids=["krb-clock-skew", "compat-no-16bit", "smb1-server-off"]), member)
    assert sorted(sentences) == [
        "compat-no-16bit can never hold here: the machine is x64, and it is for x86",
        "krb-clock-skew can never hold here: the machine is member, and it is for dc",
    ]
    assert never_here(select(), member) == [], "a profile is not a promise about each of its controls"
    assert never_here(select(ids=["krb-clock-skew"]), Answers({"answers": {}})) == [], "unknown is no reason"
