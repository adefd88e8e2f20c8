# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline import do_nothing
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.answers import Answers
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.findings import Status
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import BadSelection, select

SHOWING = [one for one in do_nothing.shipped() if one.traces]


def answers(registry: dict[str, Any]) -> Answers:
    return Answers({"answers": {"registry": {**dict.fromkeys(do_nothing.registry_keys()), **registry}}})


def one_that_shows(trace: do_nothing.Trace) -> dict[str, Any]:
    """Return a registry in which a trace is seen."""
    if trace.name is None:
        return {trace.key: {}}
    if trace.data:
        return {trace.key: {trace.name: {"type": "REG_DWORD", "data": trace.data[0]}}}
    texts = ("TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "10.0.0.1-10.0.0.9")
    fitting = [text for text in texts if trace.seen(answers({trace.key: {trace.name: sz(text)}}))]
    assert fitting, trace
    return {trace.key: {trace.name: sz(fitting[0])}}


def sz(text: str) -> dict[str, str]:
    return {"type": "REG_SZ", "data": text}


@pytest.mark.parametrize("setting", SHOWING, ids=lambda one: one.id)
def test_a_setting_without_effect_is_reported_with_what_to_do_instead(setting: do_nothing.DoNothing) -> None:
    assert do_nothing.findings(answers({}), [setting]) == []
    for trace in setting.traces:
        (finding,) = do_nothing.findings(answers(one_that_shows(trace)), [setting])
        assert (finding.id, finding.status) == (setting.id, Status.FAIL if setting.harmful else Status.NOTAPPLICABLE)
        assert ("may stay" in finding.expected) is not setting.harmful
        assert trace.key in finding.observed and setting.why in finding.evidence
        assert not setting.instead or f"instead: {setting.instead}" in finding.evidence


def test_other_data_of_the_same_value_are_no_sign() -> None:
    lsa = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa"
    assert do_nothing.findings(answers({lsa: {"RestrictAnonymous": {"type": "REG_DWORD", "data": 1}}})) == []
    (found,) = do_nothing.findings(answers({lsa: {"RestrictAnonymous": {"type": "REG_DWORD", "data": 2}}}))
    assert found.id == "na-restrict-anonymous-2"


def test_what_was_not_asked_or_cannot_be_read_is_not_reported() -> None:
    assert do_nothing.findings(Answers({"answers": {}})) == []
    nonsense = {"HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa": {"RunAsPPL": {"type": "REG_DWORD", "data": "x"}}}
    assert do_nothing.findings(answers(nonsense)) == []


@pytest.mark.parametrize("setting", do_nothing.shipped(), ids=lambda one: one.id)
def test_who_asks_for_one_is_refused_by_id_and_by_name(setting: do_nothing.DoNothing) -> None:
    for word in (setting.id, *setting.names):
        assert do_nothing.asked_for(word.upper()) is setting, f"{word} means another one"
        with pytest.raises(BadSelection) as caught:
            select(ids=[word])
        does = "does harm on NT 6.0" if setting.harmful else "does nothing on NT 6.0"
        assert does in str(caught.value) and setting.why in str(caught.value)
        with pytest.raises(BadSelection):
            select(site_values={word: 1})


def test_a_run_about_single_controls_looks_for_nothing_else() -> None:
    assert select(ids=["smb1-server-off"]).watched == ()
    assert select().watched == do_nothing.shipped()
