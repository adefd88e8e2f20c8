# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Features that nobody should need, and what the running system was started with: looked at, never changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.evaluate import evaluate, required
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.findings import Finding, Status
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import BadSelection, select
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.snapshot import take
from support.baseline_cases import machine, merged

NOW = dt.date(2026, 11, 20)
FEATURES, BOOT = "feature-no-risky-roles", "boot-no-debug"
CONTROL = "HKLM\\SYSTEM\\CurrentControlSet\\Control"
FULL, CORE = 7, 13


def finding(control: str, snapshot: dict[str, Any], used: list[str] | None = None) -> Finding:
    selection = select(ids=[control], site_values={} if used is None else {control: used})
    (found,) = (one for one in evaluate(snapshot, selection, NOW) if one.id == control)
    return found


def installed(*ids: int, sku: int | None = FULL) -> dict[str, Any]:
    return machine(features=list(ids), os={"sku": sku})


# learn.microsoft.com, Win32_ServerFeature, property ID.
@pytest.mark.parametrize(
    ("number", "name"),
    [
        (43, "Simple TCP/IP Services"),
        (44, "Telnet Client"),
        (45, "Telnet Server"),
        (46, "Subsystem for UNIX-based Applications"),
        (47, "RPC over HTTP Proxy"),
        (48, "SMTP Server"),
        (51, "Windows Internal Database"),
        (53, "LPR Port Monitor"),
        (58, "TFTP Client"),
        (59, "SNMP Services"),
        (63, "Internet Printing Client"),
        (64, "Peer Name Resolution Protocol"),
        (136, "Internet Printing"),
        (224, "SNMP Services"),
        (225, "SNMP Services"),
    ],
)
@pytest.mark.parametrize("sku", [FULL, CORE, None])
def test_each_number_of_the_vendor_fails_by_its_name(number: int, name: str, sku: int | None) -> None:
    found = finding(FEATURES, installed(6, number, sku=sku))
    assert found.status is Status.FAIL
    assert found.observed.startswith(f"{name} (") and str(number) in found.observed


@pytest.mark.parametrize("ids", [(), (6, 20, 41, 42, 66)])
def test_roles_that_the_record_does_not_name_pass(ids: tuple[int, ...]) -> None:
    assert finding(FEATURES, installed(*ids)).status is Status.PASS


@pytest.mark.parametrize("sku", [12, 13, 14, 29, 39, 40, 41, None])
def test_server_core_without_them_is_left_to_a_person(sku: int | None) -> None:
    found = finding(FEATURES, installed(6, sku=sku))
    assert found.status is Status.NOTCHECKED
    assert any("oclist" in one for one in found.evidence)


def test_features_that_were_not_told_are_left_to_a_person() -> None:
    snapshot = merged(machine(os={"sku": FULL}), {"unknown": {"features": "the class does not exist"}})
    snapshot["answers"].pop("features", None)
    found = finding(FEATURES, snapshot)
    assert found.status is Status.NOTCHECKED
    assert any("the class does not exist" in one for one in found.evidence)
    assert any("servermanagercmd" in one for one in found.evidence)


def test_what_the_site_uses_passes_and_is_named_and_nothing_else_passes_with_it() -> None:
    found = finding(FEATURES, installed(59, 224), ["snmp services"])
    assert (found.status, found.observed) == (Status.PASS, "none beside those that the site uses")
    assert "the site uses SNMP Services (59, 224, 225)" in found.evidence
    found = finding(FEATURES, installed(44, 59), ["SNMP Services"])
    assert (found.status, found.observed) == (Status.FAIL, "Telnet Client (44)")


def test_a_feature_that_the_record_does_not_name_is_refused() -> None:
    with pytest.raises(BadSelection, match="looks at no feature 'Telnet Servr'; did you mean Telnet Server"):
        select(ids=[FEATURES], site_values={FEATURES: ["Telnet Servr"]})


def started(text: str | None) -> dict[str, Any]:
    values = {} if text is None else {"SystemStartOptions": {"type": "REG_SZ", "data": text}}
    snapshot = machine()
    snapshot["answers"]["registry"][CONTROL] = values
    return snapshot


# Microsoft KB 244876, of NT 4.0 and 2000: the debugger's switches stand in the value, there with a slash.
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (" NOEXECUTE=OPTOUT  DEBUG", "DEBUG"),
        (" NOEXECUTE=OPTOUT  debug=autoenable", "DEBUG"),
        ("/debug /debugport=com1", "DEBUG"),
        (" TESTSIGNING  NOEXECUTE=OPTOUT", "TESTSIGNING"),
        (" DISABLE_INTEGRITY_CHECKS TESTSIGNING", "TESTSIGNING, DISABLE_INTEGRITY_CHECKS"),
    ],
)
def test_what_the_system_was_started_with_fails(text: str, words: str) -> None:
    found = finding(BOOT, started(text))
    assert (found.status, found.observed) == (Status.FAIL, f"started with {words}")


@pytest.mark.parametrize("text", ["", " NOEXECUTE=OPTOUT", " NOEXECUTE=ALWAYSON  NODEBUG  FVEBOOT=1"])
def test_a_clean_start_never_passes_because_the_next_one_is_not_told(text: str) -> None:
    found = finding(BOOT, started(text))
    assert (found.status, found.observed) == (Status.NOTCHECKED, "started without them")
    assert any("bcdedit" in one for one in found.evidence)


def test_a_machine_without_the_value_is_not_judged() -> None:
    found = finding(BOOT, started(None))
    assert found.status is Status.NOTCHECKED
    assert any("has no SystemStartOptions" in one for one in found.evidence)


@pytest.mark.parametrize("locale", ["en-US", "de-DE", "ru-RU"])
def test_a_twin_tells_both_in_every_language(twin: Callable[..., Any], locale: str) -> None:
    session = twin(locale=locale)
    reads = required(select(ids=[FEATURES, BOOT]).every())

    def findings() -> list[Status]:
        snapshot = take(session, reads.keys, reads.questions())
        return [finding(name, snapshot).status for name in (FEATURES, BOOT)]

    assert findings() == [Status.PASS, Status.NOTCHECKED]
    assert session.run("servermanagercmd -install Telnet-Client TFTP-Client").rc == 0
    session.machine.registry.set(CONTROL, "SystemStartOptions", "REG_SZ", " NOEXECUTE=OPTOUT  TESTSIGNING")
    assert findings() == [Status.FAIL, Status.FAIL]
    assert session.run("servermanagercmd -remove Telnet-Client TFTP-Client").rc == 0
    assert findings() == [Status.PASS, Status.FAIL]
