# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every control of the collection at once, on machines that break whatever a record lets one break.

What is broken fails, is fixed or held with a reason of its record, stays fixed, and goes back to what was there; and
nothing changes on the machine that no control names.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.connection.twin import TwinSession, Wire
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.enforce import Enforcement, Outcome
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.evaluate import evaluate, reads_of, required
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.findings import Finding, Status
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.library import shipped
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.records import LEVELS
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.reread import look
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import Selection, select
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.surroundings import Surroundings
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import journal as journals
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.rollback import Fate, roll_back
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.values import Kind
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.snapshot import take
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import VirtualClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.twin import build
from support.baseline_breaks import break_on
from support.baseline_cases import machine as patched
from support.baseline_cases import merged

NOW = dt.datetime(2026, 11, 20, 18, tzinfo=dt.UTC)
AROUND = Surroundings(transport="ntlm", scheme="http", port=80, tls12_proved=frozenset({443, 3389, 5986}))
# Small updates that no rollup replaces, and that some records wait for.
UPDATES = [
    "KB2264107",
    "KB2345886",
    "KB2661254",
    "KB2893294",
    "KB3154517",
    "KB4056564",
    "KB4074621",
    "KB5004955",
    "KB968389",
    "KB980436",
]
ROLES = {"standalone": 2, "member": 3, "dc": 5}


@dataclass
class Broken:
    """A twin on which the controls of `ids` are broken."""

    machine: Any
    session: Any
    role: str
    ids: list[str]
    selection: Selection

    def snapshot(self) -> dict[str, Any]:
        """Take it, with the files and updates of a patched machine: what a record waits for is there."""
        reads = required(self.selection.every())
        taken = take(self.session, reads.keys, reads.questions())
        assert taken["unknown"] == {}
        over = {
            "os": {"version": "6.0.6003", "build": 6003},
            "computer": {"domain_role": ROLES[self.role]},
            "files": patched()["answers"]["files"],
            "hotfixes": UPDATES,
        }
        return merged(taken, {"answers": over})

    def enforce(self, folder: Path) -> Outcome:
        run = Enforcement(self.session, self.selection, AROUND, folder, "broken", NOW, fresh=lambda: self.session)
        return run.run(self.snapshot())

    def findings(self) -> dict[str, Finding]:
        return {one.id: one for one in evaluate(self.snapshot(), self.selection, NOW.date())}

    def state(self) -> dict[str, Any]:
        """Everything that a control may be about, by the twin's own model; what is not there is as good as nothing."""
        state = json.loads(json.dumps(self.machine.to_state(), default=str))
        kept = {name: state[name] for name in ("registry", "policy", "audit", "accounts") if name in state}
        kept["winrm"] = copy.deepcopy(state["knobs"].get("winrm_config") or {})
        kept["policy"]["rights"] = {name: sorted(held) for name, held in kept["policy"]["rights"].items() if held}
        access = kept["policy"]["system_access"]
        if not access.get("LockoutBadCount"):
            for unused in ("LockoutDuration", "ResetLockoutCount"):
                access.pop(unused, None)  # without a lockout they mean nothing, and no export tells them
        return kept


@pytest.fixture(
    params=[("en-US", "x64", "standalone"), ("de-DE", "x64", "member"), ("ru-RU", "x86", "dc")],
    ids="-".join,
    scope="module",
)
def broken(request: pytest.FixtureRequest) -> Iterator[Broken]:
    locale, arch, role = request.param
    answers = {"os": {"version": "6.0.6003", "build": 6003, "arch": arch}}
    machine = build({"answers": answers, "twin": {"locale": locale, "winrm": "2.0"}}, clock=VirtualClock())
    library = shipped()
    ids = [one.id for one in library.controls.values() if role in one.roles and break_on(machine, one)]
    session = TwinSession("broken", machine, lambda _notice: None)
    yield Broken(machine, session, role, ids, Selection(tuple(library.controls.values()), {}, library))
    session.close()


def test_what_is_broken_fails_is_fixed_stays_fixed_and_goes_back(broken: Broken, tmp_path: Path) -> None:
    before, start = broken.findings(), broken.state()
    about = {name for name in broken.ids if before[name].status is not Status.NOTAPPLICABLE}
    assert {name for name in about if before[name].status is not Status.FAIL} <= CANNOT_FAIL
    assert len(about) > 250

    outcome = broken.enforce(tmp_path)
    after = {one.id: one.status for one in outcome.after}
    held = {one.control: one.reasons for one in outcome.held}
    assert outcome.failures == []
    for name in about:
        assert after[name] is Status.PASS or name in held, (name, after[name])
    for name, reasons in held.items():
        control = shipped().controls[name]
        named = control.guard or control.requirements() or control.by_hand or control.level == "report"
        assert named or any(word in reasons[0] for word in UNCHANGEABLE), (name, reasons)
    assert sum(1 for name in about if after[name] is Status.PASS) > 240
    assert {change.kind for change in outcome.changes} >= {
        Kind.REGISTRY,
        Kind.SERVICE,
        Kind.SECURITY,
        Kind.AUDIT,
        Kind.WINRM,
    }

    again = broken.enforce(tmp_path)
    assert (again.changes, again.kept) == ([], None)

    named = {(change.key.casefold(), change.name.casefold()) for change in outcome.changes}
    assert {place for place in _touched(start, broken.state()) if not _is_named(place, named)} == set()

    assert outcome.kept is not None
    verdicts = roll_back(broken.session, journals.load(outcome.kept.controller), outcome.kept, look)
    assert {one.fate for one in verdicts} == {Fate.RESTORE}
    assert broken.state() == start


# A right that must be held by nobody in particular cannot be broken.
CANNOT_FAIL = {"right-denyservicelogon"}
UNCHANGEABLE = (
    "by hand",
    "looked at only",
    "site value",
    "for a person",
    "not installed",
    "installed by",
    "make it true",
    "[guard ",
)


def _touched(start: dict[str, Any], end: dict[str, Any]) -> set[tuple[str, str]]:
    """Return key and value of every registry value that differs."""
    keys = start["registry"]["keys"].keys() | end["registry"]["keys"].keys()
    found = set()
    for key in keys:
        old, new = (state["registry"]["keys"].get(key, {}).get("set", {}) for state in (start, end))
        differing = (name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
        found |= {(key.casefold(), name.casefold()) for name in differing}
    return found


def _is_named(place: tuple[str, str], named: set[tuple[str, str]]) -> bool:
    key, name = place[0].replace("controlset001", "currentcontrolset"), place[1]
    service = name in ("start", "delayedautostart") and (key, "start") in named
    return service or (key, name) in named or name == "" or _is_of_the_system(key)


def _is_of_the_system(key: str) -> bool:
    """What Windows writes by itself while it is changed: none that a control is about."""
    return key.endswith("\\eventlog\\state")


def counting(answer: Any, sent: list[int], received: list[int]) -> Any:
    """Return a sender that writes down how long each message and its answer are."""

    def counted(wire: Any, message: bytes) -> Any:
        sent.append(len(message))
        reply = answer(wire, message)
        received.append(len(reply))
        return reply

    return counted


def test_all_of_it_is_read_within_the_budget(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Design, section 4: 40 requests on WinRM 1.1 and 25 on 2.0, three of them for the login."""
    reads = reads_of(select(levels=LEVELS))
    for winrm, limit in (("1.1", 40), ("2.0", 25)):
        sent: list[int] = []
        received: list[int] = []
        with monkeypatch.context() as patch:
            patch.setattr(Wire, "send_message", counting(Wire.send_message, sent, received))
            answers = {"os": {"version": "6.0.6002", "build": 6002, "arch": "x64"}}
            machine = build({"answers": answers, "twin": {"winrm": winrm}}, clock=VirtualClock())
            session = TwinSession("x", machine, lambda _notice: None)
            taken = take(session, reads.keys, reads.questions())
            session.close()
        requests = len(sent) + 3
        with capsys.disabled():
            size = f"{sum(sent)} bytes up, {sum(received)} down"
            print(f"\n  all controls over WinRM {winrm}: {requests} requests, {size}")
        assert taken["unknown"] == {}
        assert requests <= limit
