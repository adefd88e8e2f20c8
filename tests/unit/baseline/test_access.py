# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Access lists of files, folders and keys: each record on a machine as it comes, on one somebody opened, and back."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.evidence.test_evidence import gather

from ansible_collections.sunset.ws2008.plugins.connection.twin import TwinSession, Wire
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.enforce import Enforcement, Outcome
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.evaluate import evaluate, reads_of, required
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.findings import Finding, Status
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.library import shipped
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.mechanisms.access_lists import (
    OF_FILES,
    OF_KEYS,
    Rule,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.records import LEVELS
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.reread import look
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import select
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.surroundings import Surroundings
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import journal as journals
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.rollback import Fate, roll_back
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.values import Kind
from ansible_collections.sunset.ws2008.plugins.plugin_utils._console.sddl import Acl, Entry
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.evidence import EvidenceSession
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.snapshot import take
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin import access
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import VirtualClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.twin import build
from support.baseline_breaks import STRANGER, break_on

NOW = dt.datetime(2026, 11, 20, 18, tzinfo=dt.UTC)
RECORDS = sorted(one.id for one in shipped().controls.values() if one.mechanism in ("file_acl", "registry_acl"))
SET = [one for one in RECORDS if shipped().controls[one].settings.keys() & {"sddl", "narrow"}]
MACHINES = [("en-US", "x64", "standalone"), ("de-DE", "x86", "member"), ("ru-RU", "x64", "standalone")]
WINLOGON = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon"
WINREG = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurePipeServers\winreg"
OURS = "sunset.ws2008"
ROLES = {"standalone": 2, "member": 3, "dc": 5}


def snapshot_of(session: Any, control: str) -> dict[str, Any]:
    reads = required(select(ids=[control]).every())
    taken = take(session, reads.keys, reads.questions())
    assert taken["unknown"] == {}
    return taken


def finding(session: Any, control: str) -> Finding:
    (found,) = evaluate(snapshot_of(session, control), select(ids=[control]), NOW.date())[:1]
    return found


def enforcement(session: Any, control: str, folder: Path) -> Enforcement:
    around = Surroundings(transport="ntlm", scheme="http", port=80)
    return Enforcement(session, select(ids=[control]), around, folder, "cerberus", NOW, fresh=lambda: session)


def enforce(session: Any, control: str, folder: Path) -> Outcome:
    return enforcement(session, control, folder).run(snapshot_of(session, control))


def lists(session: Any) -> dict[str, Any]:
    """Every own list of the machine but that of our journals."""
    state = json.loads(json.dumps(session.machine.to_state(), default=str))
    return {
        "keys": {key: one["acl"] for key, one in state["registry"]["keys"].items() if "acl" in one},
        "files": {
            path: one["acl"] for path, one in state["files"]["made"].items() if "acl" in one and OURS not in path
        },
    }


def without_reading(held: dict[str, Any]) -> dict[str, Any]:
    """Leave out that the stranger may read: where only writing is ruled, that is left to whoever gave it."""
    for reading in ("(A;CI;0x20019;;;", "(A;;0x1200a9;;;"):
        held = json.loads(json.dumps(held).replace(f"{reading}{STRANGER})", ""))
    return {
        kind: {name: one for name, one in some.items() if one not in ("D:AI", ["D:AI"])} for kind, some in held.items()
    }


@pytest.fixture(params=MACHINES, ids="-".join)
def machine(request: pytest.FixtureRequest, twin: Callable[..., Any]) -> Callable[[str], Any]:
    """Make a machine of the role that a record is for, in one of three languages."""

    def make(control: str) -> Any:
        locale, arch, role = request.param
        session = twin(locale=locale, arch=arch)
        role = role if role in shipped().controls[control].roles else "dc"
        session.machine.hardware.domain_role = ROLES[role]
        if role == "dc":
            access.controller(session.machine.registry, session.machine.files)
        return session

    return make


def test_every_record_says_how_it_is_set_or_why_it_is_not() -> None:
    assert len(RECORDS) == 7
    for one in RECORDS:
        words = shipped().controls[one].settings.keys() & {"sddl", "narrow", "left_alone"}
        assert len(words) == 1, (one, words)


@pytest.mark.parametrize("control", RECORDS)
def test_a_machine_as_it_comes_passes(machine: Callable[[str], Any], control: str) -> None:
    session = machine(control)
    found = finding(session, control)
    assert (found.status, found.observed) == (Status.PASS, "nobody beyond"), found


@pytest.mark.parametrize("control", SET)
def test_what_somebody_opened_is_closed_and_goes_back_entry_for_entry(
    machine: Callable[[str], Any], control: str, tmp_path: Path
) -> None:
    session = machine(control)
    if control == "acl-active-setup-key":
        for key in shipped().controls[control].settings["keys"]:
            session.machine.registry.create_key(key)
    as_it_comes = lists(session)
    assert break_on(session.machine, shipped().controls[control])
    opened = lists(session)
    found = finding(session, control)
    assert found.status is Status.FAIL and STRANGER in found.observed

    taken = snapshot_of(session, control)
    rehearsed = enforcement(session, control, tmp_path)
    planned = rehearsed.plan(taken)
    assert rehearsed.preview(taken, planned).changes
    (foreseen,) = evaluate(planned.result, select(ids=[control]), NOW.date())[:1]
    assert foreseen.status is Status.PASS
    assert lists(session) == opened, "check mode changes nothing"

    outcome = enforce(session, control, tmp_path)
    assert (outcome.failures, [one.status for one in outcome.after]) == ([], [Status.PASS])
    assert {one.kind for one in outcome.changes} <= {Kind.FILE_ACL, Kind.KEY_ACL}
    assert without_reading(lists(session)) == as_it_comes, "nothing but what was too much is gone"

    again = enforce(session, control, tmp_path)
    assert (again.changes, again.kept) == ([], None)

    assert outcome.kept is not None
    verdicts = roll_back(session, journals.load(outcome.kept.controller), outcome.kept, look)
    assert {one.fate for one in verdicts} == {Fate.RESTORE}
    assert lists(session) == opened


@pytest.mark.parametrize("locale", ["en-US", "de-DE", "ru-RU"])
def test_what_belongs_to_windows_is_for_a_person(twin: Callable[..., Any], locale: str, tmp_path: Path) -> None:
    session = twin(locale=locale)
    break_on(session.machine, shipped().controls["acl-system-files"])
    before = lists(session)
    outcome = enforce(session, "acl-system-files", tmp_path)
    (held,) = outcome.held
    assert "TrustedInstaller" in held.reasons[0] and "by hand" in held.reasons[0]
    assert (outcome.changes, lists(session)) == ([], before)


def test_what_comes_from_above_is_changed_there_by_a_person(twin: Callable[..., Any], tmp_path: Path) -> None:
    session = twin()
    registry = session.machine.registry
    above = WINLOGON.rpartition("\\")[0]
    access.set_key(registry, above, f"D:AI(A;CI;KA;;;{STRANGER})")
    found = finding(session, "acl-winlogon-key")
    assert found.status is Status.FAIL and STRANGER in found.observed
    (held,) = enforce(session, "acl-winlogon-key", tmp_path).held
    assert "comes from what is above it" in held.reasons[0]
    assert registry.acl(WINLOGON) is None


def test_more_than_the_default_of_winreg_fails_although_the_account_is_meant(
    twin: Callable[..., Any], tmp_path: Path
) -> None:
    session = twin()
    access.set_key(session.machine.registry, WINREG, "D:PAI(A;CI;KA;;;BA)(A;CI;KA;;;BO)(A;CI;KR;;;LS)")
    found = finding(session, "smb-winreg-acl")
    assert (found.status, found.observed) == (Status.FAIL, f"{WINREG}: S-1-5-32-551")
    assert [one.status for one in enforce(session, "smb-winreg-acl", tmp_path).after] == [Status.PASS]


def test_less_than_the_default_passes(twin: Callable[..., Any]) -> None:
    session = twin()
    access.set_key(session.machine.registry, WINREG, "D:PAI(A;CI;KA;;;BA)(D;;KA;;;AN)".replace("AN", "S-1-5-7"))
    assert finding(session, "smb-winreg-acl").status is Status.PASS


def test_a_list_that_is_not_there_lets_everybody_in(twin: Callable[..., Any], tmp_path: Path) -> None:
    """Win32_SecurityDescriptor: without a list, the descriptor allows full access to everyone."""
    session = twin()
    access.set_key(session.machine.registry, WINLOGON, "D:NO_ACCESS_CONTROL")
    found = finding(session, "acl-winlogon-key")
    assert (found.status, found.observed) == (Status.FAIL, f"{WINLOGON}: S-1-1-0")
    (held,) = enforce(session, "acl-winlogon-key", tmp_path).held
    assert "no access list at all" in held.reasons[0]


def test_a_list_that_windows_made_something_else_of_is_no_success(
    twin: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list that lets nobody in has nothing that is too much, and would stop every logon."""
    session = twin()
    registry = session.machine.registry
    break_on(session.machine, shipped().controls["acl-winlogon-key"])
    opened = registry.acl(WINLOGON)
    with monkeypatch.context() as patch:
        patch.setattr(access, "set_key", lambda _registry, path, _text: registry.set_acl(path, "D:PAI"))
        outcome = enforce(session, "acl-winlogon-key", tmp_path)
    assert [one.unfixed for one in outcome.groups] == [["acl-winlogon-key"]]
    assert "is D:PAI now" in outcome.failures[0] and "rollback and force" in outcome.failures[0]
    assert [one.status for one in outcome.after] == [Status.FAIL]
    assert len(outcome.changes) == 1, "it was changed, and that is not denied"
    (held,) = enforce(session, "acl-winlogon-key", tmp_path).held
    assert "lets nobody in" in held.reasons[0]
    assert outcome.kept is not None
    told = journals.load(outcome.kept.controller)
    assert {one.fate for one in roll_back(session, told, outcome.kept, look)} == {Fate.FOREIGN}
    roll_back(session, told, outcome.kept, look, force=["acl-winlogon-key"])
    assert registry.acl(WINLOGON) == opened


def test_a_key_that_keeps_everybody_out_fails_where_it_is_missing(twin: Callable[..., Any], tmp_path: Path) -> None:
    session = twin()
    session.machine.registry.delete_key(WINREG)
    assert finding(session, "smb-winreg-acl").status is Status.FAIL
    (held,) = enforce(session, "smb-winreg-acl", tmp_path).held
    assert "by hand" in held.reasons[0]


def test_a_call_that_fails_leaves_its_own_control_to_a_person_and_no_other(twin: Callable[..., Any]) -> None:
    session = twin()
    answer = session.run

    def deaf(line: str, stdin: bytes | None = None, timeout: float | None = None) -> Any:
        silent = (stdin or b"").replace(b'GetSecurityDescriptor hDefKey=^&H80000002 sSubKeyName="SYSTEM', b'Nothing "')
        spoken = line.replace('GetSecurityDescriptor hDefKey=^&H80000002 sSubKeyName="SYSTEM', 'Nothing "')
        return answer(spoken, stdin=silent or None, timeout=timeout)

    session.run = deaf
    selection = select(ids=["smb-winreg-acl", "acl-winlogon-key"])
    reads = required(selection.every())
    taken = take(session, reads.keys, reads.questions())
    found = {one.id: one for one in evaluate(taken, selection, NOW.date())}
    assert found["acl-winlogon-key"].status is Status.PASS
    assert found["smb-winreg-acl"].status is Status.NOTCHECKED
    assert "in regedit" in found["smb-winreg-acl"].evidence[-1]


def test_a_controller_whose_folders_are_elsewhere_is_read_there(twin: Callable[..., Any]) -> None:
    session = twin()
    machine = session.machine
    machine.hardware.domain_role = 5
    access.controller(machine.registry, machine.files)
    machine.files.make_dir("D:\\" if machine.files.drive == "D:" else "C:\\Directory data (old)")
    folder = "C:\\Directory data (old)"
    machine.files.put(f"{folder}\\edb.log", 4096, None)
    machine.registry.set(
        "HKLM\\SYSTEM\\CurrentControlSet\\Services\\NTDS\\Parameters", "Database log files path", "REG_SZ", folder
    )
    found = finding(session, "dc-ntds-acl")
    assert found.status is Status.FAIL, "users read what lies in a folder right below the drive"
    assert f"{folder}\\edb.log: S-1-5-32-545" in found.observed


@pytest.mark.parametrize(("winrm", "limit"), [("1.1", 40), ("2.0", 25)])
def test_on_a_controller_the_lists_cost_no_request_of_their_own(
    winrm: str, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Design, section 4: they ride in the conversation that asks for everything else."""
    answers = {"computer": {"domain_role": 5, "part_of_domain": True, "domain": "corp"}}
    whole = reads_of(select(levels=LEVELS))
    assert whole.listed and whole.named and whole.paths
    counts = []
    for reads in (whole, replace(whole, listed=(), named=(), paths=())):
        sent: list[int] = []
        with monkeypatch.context() as patch:
            answer = Wire.send_message
            patch.setattr(Wire, "send_message", lambda wire, message, a=answer, s=sent: s.append(1) or a(wire, message))
            machine = build({"answers": answers, "twin": {"winrm": winrm}}, clock=VirtualClock())
            session = TwinSession("x", machine, lambda _notice: None)
            assert take(session, reads.keys, reads.questions())["unknown"] == {}
            session.close()
        counts.append(len(sent) + 3)
    assert counts[0] == counts[1] <= limit


@pytest.mark.parametrize(("locale", "arch", "_role"), MACHINES)
def test_what_collect_cmd_captured_is_judged_alike(
    twin: Callable[..., Any], locale: str, arch: str, _role: str, tmp_path: Path
) -> None:
    machine = twin(locale=locale, arch=arch).machine
    machine.hardware.domain_role = 5
    access.controller(machine.registry, machine.files)
    access.set_key(machine.registry, WINLOGON, f"D:AI(A;CI;KA;;;{STRANGER})")
    selection = select(ids=RECORDS)
    reads = required(selection.every())
    captured = EvidenceSession(gather(machine, tmp_path, reads.keys, reads.questions()))
    found = evaluate(take(captured, reads.keys, reads.questions()), selection, NOW.date())
    status = {one.id: one.status for one in found if one.id in RECORDS}
    assert status == {one: Status.FAIL if one == "acl-winlogon-key" else Status.PASS for one in RECORDS}


def test_a_named_folder_that_cannot_be_listed_is_unknown(twin: Callable[..., Any]) -> None:
    session = twin()
    machine = session.machine
    machine.hardware.domain_role = 5
    access.controller(machine.registry, machine.files)
    machine.registry.set(
        "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Netlogon\\Parameters", "SysVol", "REG_SZ", "C:\\gone"
    )
    found = finding(session, "dc-sysvol-acl")
    assert found.status is Status.NOTCHECKED and "C:\\gone" in found.evidence[0]


SIDS = st.sampled_from(("S-1-1-0", "S-1-3-0", "S-1-5-18", "S-1-5-32-544", "S-1-5-32-545", STRANGER))
ENTRIES = st.builds(
    lambda sid, mask, allowed, flags: Entry(sid, mask, allowed, "IO" in flags, flags),
    SIDS,
    st.one_of(st.integers(0, 0x1F01FF), st.sampled_from((0x10000000, 0x40000000, 0xA0000000, 0x1F01FF))),
    st.booleans(),
    st.sampled_from(((), ("OI", "CI"), ("OI", "CI", "IO"), ("CI", "ID"))),
)
RULES = st.builds(
    Rule,
    st.sampled_from(("only", "write_only", "no_write_for")),
    st.lists(SIDS, min_size=1, max_size=3).map(tuple),
    st.sampled_from((OF_FILES, OF_KEYS)),
    st.one_of(st.none(), st.dictionaries(SIDS, st.integers(0, 0x1F01FF), max_size=3)),
)


@given(RULES, st.lists(ENTRIES, max_size=6).map(tuple), st.booleans())
def test_a_narrowed_list_has_nothing_beyond_and_lost_nothing_else(
    rule: Rule, entries: tuple[Entry, ...], root: bool
) -> None:
    acl = Acl(entries, protected=True)
    narrowed = rule.narrowed(acl, root)
    assert [*rule.excess(narrowed, root)] == []
    assert rule.narrowed(narrowed, root) == narrowed
    kept = iter(narrowed.entries)
    assert all(one in kept for one in entries if not rule.beyond(one, root)), "what was fine is there, in its order"
    for one in narrowed.entries:
        whole = [rule.rights.plain(other.mask) for other in entries if (other.sid, other.flags) == (one.sid, one.flags)]
        assert any(rule.rights.plain(one.mask) & ~mask == 0 for mask in whole), "nobody gets anything by it"
