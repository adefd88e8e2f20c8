# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What contradicts itself is refused before the first packet, with the variable's name in the sentence."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._target import settings as door
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.settings import (
    Auth,
    BadSettings,
    Encryption,
    Login,
    Settings,
    Times,
    Tls,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.wsman_tls import tls_context

DATA = Path(__file__).parents[2] / "data" / "target"
CASES = yaml.safe_load((DATA / "settings.yml").read_text(encoding="utf-8"))


def build(spec: dict[str, Any]) -> Settings:
    spec = dict(spec)
    login = {"user": "admin", "secret": "x", **spec.pop("login", {})}
    login["auth"] = Auth(login.get("auth", "ntlm"))
    return Settings(
        host=spec.pop("host", "h"),
        login=Login(**login),
        encryption=Encryption(spec.pop("encryption", "auto")),
        tls=Tls(**spec.pop("tls", {})),
        times=Times(**spec.pop("times", {})),
        **spec,
    )


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: case["name"])
def test_contradiction_is_refused_with_a_sentence(case: dict[str, Any]) -> None:
    with pytest.raises(BadSettings) as caught:
        build(case["settings"])
    for word in case["says"]:
        assert word in str(caught.value)


@pytest.mark.parametrize("case", CASES["relaxed"], ids=lambda case: case["name"])
def test_every_protection_given_up_is_said(case: dict[str, Any]) -> None:
    said = " ".join(build(case["settings"]).relaxations())
    assert bool(said) is bool(case["says"])
    for word in case["says"]:
        assert word in said


def test_unset_port_means_the_modern_one_and_then_the_stock_one() -> None:
    assert build({}).ports == (5985, 80)
    assert build({"scheme": "https"}).ports == (5986, 443)
    assert build({"port": 8080}).ports == (8080,)


def test_endpoint_brackets_ipv6() -> None:
    assert build({"host": "fe80::1", "path": "/wsman/"}).endpoint(80) == "http://[fe80::1]:80/wsman"


def test_password_is_in_no_representation() -> None:
    assert "hunter2" not in repr(build({"login": {"secret": "hunter2"}}))


def test_default_context_keeps_every_protection() -> None:
    context = tls_context(Tls())
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_legacy_context_offers_what_nt60_has(recwarn: pytest.WarningsRecorder) -> None:
    context = tls_context(Tls(minimum="1.0", legacy_ciphers=True, validate=False))
    assert context.minimum_version is ssl.TLSVersion.TLSv1
    assert "AES128-SHA" in {cipher["name"] for cipher in context.get_ciphers()}
    assert context.verify_mode is ssl.CERT_NONE
    assert not recwarn.list


def test_ca_file_without_a_certificate_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "ca.pem"
    empty.write_text("nothing in here", encoding="utf-8")
    with pytest.raises(BadSettings, match="not a PEM file"):
        tls_context(Tls(ca_path=str(empty)))


def test_seals_says_which_logins_yield_keys() -> None:
    assert {auth for auth in door.Auth if auth.seals} == {Auth.NTLM, Auth.KERBEROS, Auth.CREDSSP}
