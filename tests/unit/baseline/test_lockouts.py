# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each act that locks out: a guard stops it and lets it pass when lifted, or nothing here can do it."""

from __future__ import annotations

import ast
import dataclasses
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline import lockouts, plan
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.enforce import Enforcement, carry_out
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.evaluate import Judge
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.library import shipped
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.lockouts import BadForce, Stop
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.records import DATA, Control
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import select
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.surroundings import Surroundings
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import journal as journals
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.orders import assign
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.values import Change, Kind, Value
from support.baseline_cases import cases, machine

ROOT = Path(__file__).parents[3]
TODAY = dt.date(2026, 11, 20)
NOW = dt.datetime(2026, 11, 20, 18, tzinfo=dt.UTC)
BY_HTTP = Surroundings(transport="ntlm", scheme="http", port=80)
RECORDS = list(lockouts.shipped().values())
CASES = cases("lockouts")
SERVER = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\LanmanServer\\Parameters"
SCANNER = {"client": "10.0.0.9", "user": "scanner", "client_type": "Windows 2002 5.1", "dialect": "1"}


def value_of(plain: Any, kind: str) -> Value | None:
    if plain is None:
        return None
    return Value(kind, tuple(plain) if isinstance(plain, list) else plain)


def change_of(plain: dict[str, Any]) -> Change:
    kind = plain.get("type", "REG_DWORD")
    return Change(
        "made-up",
        plain["key"],
        plain["name"],
        value_of(plain.get("before"), kind),
        value_of(plain["after"], kind),
        Kind(plain.get("kind", "registry_value")),
    )


def some_control(name: str = "made-up") -> Control:
    """Return a control of a site's own, without guards: whatever it is called, its changes are watched."""
    return dataclasses.replace(shipped().controls["ntlm-no-lm-hash"], id=name, guards=(), prerequisites=())


def stopped(case: dict[str, Any]) -> list[Stop]:
    selection = select(site_values=case.get("site_values", {}))
    around = {"transport": "ntlm", "scheme": "http", "port": 80, **case.get("around", {})}
    around["tls12_proved"] = frozenset(around.get("tls12_proved", ()))
    surroundings = Surroundings(**around, observed=case.get("observed", {}))
    judge = Judge(machine(**case.get("answers", {})), selection.library, surroundings)
    return judge.stops(some_control(), [change_of(one) for one in case["changes"]])


@pytest.mark.parametrize("case", CASES, ids=[f"{one['guard']}: {one['case']}" for one in CASES])
def test_a_guard_stops_what_it_must_and_nothing_else(case: dict[str, Any]) -> None:
    found = [one for one in stopped(case) if one.guard == case["guard"]]
    if case["expect"] == "passes":
        assert found == []
        return
    assert found, "it was let through"
    holds = {one.outcome.holds for one in found}
    assert {"stopped": False in holds, "unknown": holds == {None}, "stopped_or_unknown": True}[case["expect"]]
    assert any(case.get("saw", "") in one.outcome.saw for one in found), [one.outcome.saw for one in found]
    for one in found:
        assert one.outcome.saw and one.outcome.lift and f"[guard {one.guard}]" in one.sentence()


@pytest.mark.parametrize("record", RECORDS, ids=[one.id for one in RECORDS])
def test_each_act_is_stopped_and_lifted_in_a_case_or_proved_impossible(record: lockouts.Lockout) -> None:
    if record.never is not None:
        path, _colons, name = record.never["test"].partition("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert name in {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}
        return
    expected = {case["expect"] for case in CASES if case["guard"] == record.id}
    assert expected & {"stopped", "stopped_or_unknown"} and "passes" in expected
    if any(watch.unless for watch in record.watches):
        assert expected & {"unknown", "stopped_or_unknown"} or record.id in ("suites-unknown", "security-packages"), (
            "a guard that asks the machine has to hold where there is no answer"
        )


def test_every_row_of_the_facts_has_its_guard() -> None:
    assert {one.row for one in RECORDS} == set(range(26))
    assert len({one.id for one in RECORDS}) == len(RECORDS)


def test_the_records_follow_their_schema() -> None:
    plain = yaml.safe_load((DATA / "lockouts.yml").read_text(encoding="utf-8"))
    jsonschema.validate(plain, json.loads((DATA / "lockouts.schema.json").read_text(encoding="utf-8")))


def test_the_guards_of_every_control_belong_to_one_record() -> None:
    own = [control for record in RECORDS for control in record.own]
    assert len(own) == len(set(own))
    assert set(own) == {one.id for one in shipped().controls.values() if one.guards}


def held(force: tuple[str, ...] = (), **answers: Any) -> plan.Plan:
    return plan.plan(machine(**answers), select(ids=["smb1-server-off"]), BY_HTTP, TODAY, force)


def test_a_guard_holds_its_control_and_names_itself() -> None:
    (one,) = held(smb_sessions=[SCANNER]).held
    assert one.control == "smb1-server-off" and one.guards == ("smb1-in-use",)
    assert "scanner from 10.0.0.9" in one.reasons[0] and one.reasons[0].endswith("[guard smb1-in-use]")


def test_a_forced_guard_lets_its_control_go_and_no_other_guard() -> None:
    forced = held(("smb1-in-use",), smb_sessions=[SCANNER])
    assert forced.held == () and [one.plain()["guard"] for one in forced.lifted()] == ["smb1-in-use"]
    both = held(("smb1-in-use",), smb_sessions=[SCANNER], registry={SERVER: {"SMB2": {"type": "REG_DWORD", "data": 0}}})
    assert both.lifted() == () and both.held[0].guards == ("smb-none-left",)


def test_force_is_loud_in_the_result_and_in_the_journal(twin: Callable[..., Any], tmp_path: Path) -> None:
    session = twin()
    selection = select(ids=["smb1-server-off"])
    said: list[str] = []
    run = Enforcement(session, selection, BY_HTTP, tmp_path, "cerberus", NOW, fresh=lambda: session, tell=said.append)
    run.force = lockouts.checked(["smb1-in-use", "rdp-in-use"], selection.library.controls.values())
    outcome = run.run(machine(smb_sessions=[SCANNER]))
    saw = "in use: SMB 1 session of scanner from 10.0.0.9 (Windows 2002 5.1)"
    entry = {"guard": "smb1-in-use", "control": "smb1-server-off", "saw": saw}
    result = outcome.plain()
    assert result["forced"] == [entry] and result["groups"][0]["fixed"] == ["smb1-server-off"]
    loud, idle = result["warnings"]
    assert loud.startswith("FORCED: smb1-server-off") and saw in loud and any(loud == line for line in said)
    assert "rdp-in-use" in idle and "no control of this run was held by it" in idle
    assert outcome.kept is not None
    assert [dict(one) for one in journals.load(outcome.kept.controller).forced] == [entry]
    assert json.loads(session.download(f"{outcome.kept.target}\\journal.json"))["forced"] == [entry]


def test_check_mode_says_what_force_would_overrule(twin: Callable[..., Any], tmp_path: Path) -> None:
    session = twin()
    run = Enforcement(session, select(ids=["smb1-server-off"]), BY_HTTP, tmp_path, "c", NOW, fresh=lambda: session)
    run.force = frozenset({"smb1-in-use"})
    snapshot = machine(smb_sessions=[SCANNER])
    result = run.preview(snapshot, run.plan(snapshot)).plain()
    assert [one["guard"] for one in result["forced"]] == ["smb1-in-use"] and session.lines == []


def test_a_guard_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(BadForce, match="did you mean smb1-in-use"):
        lockouts.checked(["smb1-inuse"], ())


def test_a_control_of_a_sites_own_file_has_a_guard_of_its_own_name() -> None:
    guarded = dataclasses.replace(shipped().controls["smb1-server-off"], id="acme-no-smb1")
    assert lockouts.checked(["acme-no-smb1"], [guarded]) == {"acme-no-smb1"}
    snapshot = machine(registry={SERVER: {"SMB2": {"type": "REG_DWORD", "data": 0}}})
    found = Judge(snapshot, shipped(), BY_HTTP).stops(guarded, ())
    assert [one.guard for one in found] == ["acme-no-smb1"]


# -- what cannot happen --------------------------------------------------------------------------------------------


def test_a_slash_stays_in_its_key(twin: Callable[..., Any]) -> None:
    session = twin()
    ciphers = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Ciphers"
    before = set(session.machine.registry.subkeys(ciphers) or ())
    change = Change("c", f"{ciphers}\\RC4 128/128", "Enabled", None, Value("REG_DWORD", 0))
    session.machine.files.make_dir("C:\\w")
    carry_out(session, Kind.REGISTRY, [change], "C:\\w", "1")
    assert set(session.machine.registry.subkeys(ciphers) or ()) - before == {"RC4 128/128"}
    assert session.machine.registry.data(f"{ciphers}\\RC4 128/128", "Enabled") == 0
    assert session.machine.registry.subkeys(f"{ciphers}\\RC4 128/128") == []


def test_a_security_template_holds_the_changed_lines_only() -> None:
    change = Change(
        "c", "System Access", "MinimumPasswordLength", Value("NUMBER", 0), Value("NUMBER", 14), Kind.SECURITY
    )
    orders = assign(Kind.SECURITY, [change], "1")
    lines = [order.line for order in orders.lines]
    assert any("secedit /configure" in line for line in lines)
    assert not any("/overwrite" in line.casefold() or "/mergedpolicy" in line.casefold() for line in lines)
    (template,) = [data.decode("utf-16") for name, data in orders.files.items() if name.endswith(".inf")]
    told = [
        line for line in template.split() if "=" in line and line.split("=")[0].strip() not in ("Unicode", "Revision")
    ]
    assert "MinimumPasswordLength" in template
    for foreign in ("PasswordComplexity", "Se", "LockoutBadCount"):
        assert not any(line.startswith(foreign) for line in told)
