# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a machine shares: open to everybody, closed, known to the site, not told, and not shared at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from unit.evidence.test_evidence import gather

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.evaluate import evaluate, required
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.findings import Finding, Status
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import select
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.evidence import EvidenceSession
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.snapshot import take
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine

TODAY = dt.date(2026, 11, 20)
FOLDERS, PRINTERS = "smb-shares-no-everyone", "print-share-permissions"
EVERYBODY_READS, USERS_CHANGE = "D:(A;;0x1200a9;;;WD)", "D:(A;;0x1301bf;;;BU)"
LOCALES = ["en-US", "de-DE", "ru-RU"]


def share(machine: Machine, name: str, acl: str = "", kind: int = 0) -> None:
    fields = [f"Path=C:\\{name}", "Remark=x", f"Type={kind}"]
    machine.registry.set(
        "HKLM\\SYSTEM\\CurrentControlSet\\Services\\LanmanServer\\Shares", name, "REG_MULTI_SZ", fields
    )
    if acl:
        machine.knobs.setdefault("share_acls", {})[name] = acl


def finding(session: Any, control: str, site: Mapping[str, Any] | None = None) -> Finding:
    selection = select(ids=[control], site_values={control: site} if site is not None else {})
    reads = required(selection.every())
    taken = take(session, reads.keys, reads.questions())
    assert taken["unknown"] == {}
    return evaluate(taken, selection, TODAY)[0]


@pytest.mark.parametrize("locale", LOCALES)
def test_a_share_as_windows_makes_it_is_open_to_everybody(twin: Callable[..., Any], locale: str) -> None:
    session = twin(locale=locale)
    share(session.machine, "Data & more")
    share(session.machine, "Staff", USERS_CHANGE)
    share(session.machine, "Queue", EVERYBODY_READS, kind=1)
    found = finding(session, FOLDERS)
    assert (found.status, found.observed) == (Status.FAIL, "Data & more: S-1-1-0 holds 0x1200a9")
    assert any(one.startswith("Staff: D:") for one in found.evidence)
    assert not any("Queue" in one or "ADMIN$" in one for one in found.evidence)


@pytest.mark.parametrize("locale", LOCALES)
def test_closed_shares_pass_and_so_do_none(twin: Callable[..., Any], locale: str) -> None:
    session = twin(locale=locale)
    assert finding(session, FOLDERS).status is Status.PASS
    share(session.machine, "Staff", USERS_CHANGE + "(D;;0x1f01ff;;;WD)")
    assert finding(session, FOLDERS).status is Status.PASS, "an entry that denies allows nothing"


def test_a_share_without_a_list_is_open_to_everybody(twin: Callable[..., Any]) -> None:
    session = twin()
    share(session.machine, "Staff", "D:NO_ACCESS_CONTROL")
    assert finding(session, FOLDERS).status is Status.FAIL


def test_a_share_that_the_site_wants_is_left_alone(twin: Callable[..., Any]) -> None:
    session = twin()
    share(session.machine, "Software")
    assert finding(session, FOLDERS, ["software"]).status is Status.PASS
    share(session.machine, "Other")
    assert finding(session, FOLDERS, ["software"]).observed == "Other: S-1-1-0 holds 0x1200a9"


@pytest.mark.parametrize(("role", "status"), [(5, Status.PASS), (3, Status.FAIL)])
def test_what_windows_shares_on_a_domain_controller_is_its_own(
    twin: Callable[..., Any], role: int, status: Status
) -> None:
    session = twin()
    session.machine.hardware.domain_role = role
    for name in ("SYSVOL", "NETLOGON"):
        share(session.machine, name)
    assert finding(session, FOLDERS).status is status


def test_a_hidden_share_that_is_not_told_never_passes(twin: Callable[..., Any]) -> None:
    """The page of the method: it may not be able to retrieve hidden shares."""
    session = twin()
    share(session.machine, "Secret$", USERS_CHANGE)
    found = finding(session, FOLDERS)
    assert (found.status, found.observed) == (Status.NOTCHECKED, "not known")
    assert "Secret$: WMI did not tell its list" in found.evidence and "net share" in found.evidence[-1]
    session.machine.knobs["hidden_share_acls"] = True
    assert finding(session, FOLDERS).status is Status.PASS
    share(session.machine, "Open", EVERYBODY_READS)
    session.machine.knobs["hidden_share_acls"] = False
    assert finding(session, FOLDERS).status is Status.FAIL, "what is known to be open is told, whatever else is not"


@pytest.mark.parametrize(
    ("control", "service", "answer"),
    [(FOLDERS, "LanmanServer", "share_acls"), (PRINTERS, "Spooler", "printer_acls")],
)
def test_a_service_that_does_not_run_shares_nothing_and_no_answer_is_no_pass(
    twin: Callable[..., Any], control: str, service: str, answer: str
) -> None:
    session = twin()
    selection = select(ids=[control])
    reads = required(selection.every())
    taken = take(session, reads.keys, reads.questions())
    running = taken["answers"]["services"][service]["state"] == "running"
    assert running
    unanswered = {**taken, "answers": {**taken["answers"], answer: None}, "unknown": {answer: "wmic ended with 1"}}
    found = evaluate(unanswered, selection, TODAY)[0]
    assert found.status is Status.NOTCHECKED and "wmic ended with 1" in found.evidence[0]
    if control == FOLDERS:
        nothing = {**taken, "answers": {**taken["answers"], answer: {"any": False, "lists": []}}}
        assert evaluate(nothing, selection, TODAY)[0].status is Status.NOTCHECKED, "IPC$ is always there"
    session.machine.services.stop(service)
    assert finding(session, control).status is Status.NOTAPPLICABLE


@pytest.mark.parametrize("locale", LOCALES)
def test_printers_are_managed_by_administrators(twin: Callable[..., Any], locale: str) -> None:
    session = twin(locale=locale)
    assert finding(session, PRINTERS).status is Status.NOTAPPLICABLE
    printers = session.machine.knobs.setdefault("printers", {})
    printers["Private"] = {"shared": False, "acl": "D:(A;;0xf000c;;;WD)"}
    assert finding(session, PRINTERS).status is Status.NOTAPPLICABLE
    printers["\\\\nas\\Laser {1}"] = {}
    assert finding(session, PRINTERS).status is Status.PASS
    printers["Ink"] = {"acl": "D:(A;;0xf000c;;;BU)(A;;0x20008;;;WD)"}
    assert finding(session, PRINTERS).observed == "Ink: S-1-5-32-545 holds 0xf000c"
    assert finding(session, PRINTERS, ["S-1-5-32-544", "S-1-5-32-545"]).status is Status.PASS


@pytest.mark.parametrize(
    ("acl", "status"),
    [
        ("D:(A;OIIO;0xf0030;;;WD)", Status.FAIL),
        ("D:(A;OIIO;0xf0030;;;CO)", Status.PASS),
        ("D:(A;OIIO;0x20020;;;WD)", Status.PASS),
        ("D:(A;CIIO;0x20000;;;CO)", Status.PASS),
        ("D:(A;;GA;;;AU)", Status.FAIL),
        ("D:(A;;0x40008;;;AU)", Status.FAIL),
        ("D:(A;;0x20008;;;AU)", Status.PASS),
        ("D:NO_ACCESS_CONTROL", Status.FAIL),
    ],
)
def test_printing_is_no_managing(twin: Callable[..., Any], acl: str, status: Status) -> None:
    session = twin()
    session.machine.knobs["printers"] = {"Ink": {"acl": acl}}
    assert finding(session, PRINTERS).status is status


def test_a_captured_machine_is_judged_the_same(twin: Callable[..., Any], tmp_path: Path) -> None:
    machine = twin().machine
    share(machine, "Data & more")
    machine.knobs["printers"] = {"Ink": {"acl": "D:(A;;0xf000c;;;BU)"}}
    selection = select(ids=[FOLDERS, PRINTERS])
    reads = required(selection.every())
    captured = EvidenceSession(gather(machine, tmp_path, reads.keys, reads.questions()))
    found = evaluate(take(captured, reads.keys, reads.questions()), selection, TODAY)
    assert {one.id: one.status for one in found if one.id in (FOLDERS, PRINTERS)} == {
        FOLDERS: Status.FAIL,
        PRINTERS: Status.FAIL,
    }
