# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Entitlement, component store, vulnerabilities and known risks: from a machine into its record and every report."""

from __future__ import annotations

import functools
import json
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest

from ansible_collections.sunset.ws2008.plugins.connection.twin import TwinSession
from ansible_collections.sunset.ws2008.plugins.plugin_utils._assessment import assess, question
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.snapshot import take
from ansible_collections.sunset.ws2008.plugins.plugin_utils._report import gaps, html, prometheus, result, text
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import VirtualClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.twin import build

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
GONE = "Package_for_KB4550951~31bf3856ad364e35~amd64~~6.0.1.0"
SIZES = {"store": 4, "entitlement": 4, "vulnerabilities": 20, "servicing": 8, "findings": 185}
"""Kilobytes that a part of a record may have: the result of facts goes through every callback of a run."""


@functools.cache
def taken() -> str:
    """Return a machine with a month of the paid time, without a licence, and with a hole in its component store."""
    answers = {
        "os": {"version": "6.0.6003", "build": 6003, "arch": "x64"},
        "files": {"C:\\Windows\\system32\\ntoskrnl.exe": "6.0.6003.20812"},
        "packages": [{"identity": GONE, "state": 7}, {"identity": GONE.replace("4550951", "4493730"), "state": 7}],
    }
    machine = build({"answers": answers, "twin": {"locale": "de-DE"}}, clock=VirtualClock())
    machine.files.delete(f"C:\\Windows\\servicing\\Packages\\{GONE}.cat")
    return json.dumps(take(TwinSession("hades", machine, lambda line: None), question().registry_keys))


def judged(**options: Any) -> dict[str, Any]:
    return assess(json.loads(taken()), "hades", question(**options))


def report(**options: Any) -> dict[str, Any]:
    made = result.combine([judged(**options)], [], ["hades"], NOW)
    jsonschema.validate(json.loads(result.as_json(made)), result.schema())
    return made


def test_what_nobody_can_explain_is_in_every_report_with_what_can_be_behind_it() -> None:
    made = report()
    summary = made["hosts"][0]["summary"]
    assert summary["state"] == "attention"
    for words in ("no entitlement explains the updates", "the component store is damaged"):
        assert words in summary["sentence"]
        assert words in text.lines(made)[0]
    page = html.page(made)
    for words in ("need Extended Security Updates", "Possible: the key was removed", "KB947821", GONE, "are open"):
        assert words in page
    gauges = prometheus.as_prometheus(made)
    assert 'sunset_ws2008_host_entitlement_finding{host="hades"} 1' in gauges
    assert 'sunset_ws2008_host_component_store{host="hades"} 2' in gauges
    assert 'sunset_ws2008_host_vulnerabilities{host="hades",verdict="open"}' in gauges


def test_what_the_operator_states_is_called_stated_wherever_it_counts() -> None:
    made = report(entitlement="azure")
    assert "no entitlement explains" not in made["hosts"][0]["summary"]["sentence"]
    assert made["hosts"][0]["entitlement"]["finding"] is False
    for shown in (made["hosts"][0]["summary"]["sentence"], text.lines(made)[0], html.page(made)):
        assert "stated by the operator, not proved" in shown
    assert "stated by the operator, not proved" in made["hosts"][0]["entitlement"]["basis"]


def test_a_record_stays_small_and_the_whole_list_is_there_when_asked_for() -> None:
    record = judged()
    for part, kilobytes in SIZES.items():
        assert len(json.dumps(record[part])) < kilobytes * 1024, part
    assert "vulnerabilities" not in record["vulnerabilities"]
    assert all(one["source"] for one in record["findings"] if one["status"] not in ("pass", "notapplicable"))
    left_out = [package for one in record["servicing"]["omitted"] for package in one["packages"]]
    assert len(left_out) == len(set(left_out)) > 10
    whole = judged(vulnerabilities="full")["vulnerabilities"]
    assert len(whole["vulnerabilities"]) == sum(whole["counts"].values())
    assert judged(vulnerabilities="none")["vulnerabilities"] is None


def test_another_windows_gets_no_verdict_about_what_is_not_for_it() -> None:
    stranger = json.loads(taken())
    stranger["answers"]["os"].update(version="6.1.7601", build=7601)
    record = assess(stranger, "hades", question())
    assert record["store"] is None and record["entitlement"] is None
    assert record["vulnerabilities"]["judged"] is False
    jsonschema.validate(json.loads(result.as_json(result.combine([record], [], [], NOW))), result.schema())


@pytest.mark.parametrize("target", ["last_public", "latest"])
def test_the_known_risks_of_a_plan_stand_beside_it(target: str) -> None:
    answers = {"os": {"version": "6.0.6002", "build": 6002, "arch": "x64"}}
    machine = build({"answers": answers, "twin": {}}, clock=VirtualClock())
    against = question(target=target)
    record = assess(take(TwinSession("x", machine, lambda line: None), against.registry_keys), "x", against)
    warned = record["servicing"]["warnings"]
    assert warned and {one["package"] for one in warned} <= set(record["servicing"]["missing"])
    page = html.page(result.combine([record], [], [], NOW))
    assert "Known to go wrong with these packages" in page


def test_an_installed_update_that_does_harm_is_in_every_report_with_what_to_do() -> None:
    taken_ = json.loads(taken())
    taken_["answers"]["os"]["product_type"] = 2
    bad = GONE.replace("4550951", "5007263")
    taken_["answers"]["packages"].append({"identity": bad, "state": 7})
    made = result.combine([assess(taken_, "hades", question())], [], ["hades"], NOW)
    jsonschema.validate(json.loads(result.as_json(made)), result.schema())
    (risk,) = (one for one in made["hosts"][0]["servicing"]["known_bad"] if one["id"] == "dc_sso_2021_11")
    assert risk["evidence"] == "component store: 6.0.1.0, CurrentState 7"
    assert "KB5007263 is there and known to do harm here" in text.lines(made)[0]
    page = html.page(made)
    assert "install KB5008606 as well, or a later month" in page
    assert "printing over RPC" in page and "open for this machine" in page
    assert 'sunset_ws2008_host_known_bad{host="hades"} 1' in prometheus.as_prometheus(made)


def test_what_is_unknown_is_put_together_by_reason_and_keys_are_counted() -> None:
    keys = {f"registry:HKLM\\SOFTWARE\\{number}": "not captured" for number in range(5)}
    record = judged() | {"unknown": {"os": "not captured", **keys, "disk": "access denied", "registry:HKLM\\A": "odd"}}
    assert gaps.gaps(record) == [
        ("os, 5 registry keys", "not captured"),
        ("disk", "access denied"),
        ("registry:HKLM\\A", "odd"),
    ]
    assert "5 registry keys" in html.page(result.combine([record], [], [], NOW))


def test_a_terminal_gets_a_line_for_each_reason_whatever_name_is_in_it() -> None:
    denied = {f"registry:HKLM\\A\\{one}": f"reg.exe ended with 1 for HKLM\\A\\{one}" for one in range(150)}
    missing = {name: f"q{number:03}.txt is missing" for number, name in enumerate("abcdefghij", 40)}
    one_each = {f"question{number}": f"reason {number}" for number in range(6)}
    told = gaps.lines({"unknown": {**missing, **denied, **one_each}})
    assert told == [
        "150 registry keys: reg.exe ended with 1 for <key>",
        "10 questions (a, b, c, d, e, f, 4 more): <file> is missing",
        *(f"question{number}: reason {number}" for number in range(3)),
        "3 questions more, for 3 other reasons",
    ]
    assert gaps.lines({"unknown": {"registry:HKLM\\A": "no right to HKLM\\A"}}) == ["HKLM\\A: no right to HKLM\\A"]
    assert gaps.lines({"unknown": {}}) == []
