# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine against a twin: its own cmd.exe and reg.exe decide what a change has done."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.enforce import (
    FOREIGN,
    Enforcement,
    Interrupted,
    Outcome,
    Refused,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.evaluate import required_registry_keys
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.findings import Status
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.library import shipped
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.reread import look, read_registry, refreshed
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import Selection, select
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.surroundings import Surroundings
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import journal as journals
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.readme import readme
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.rollback import (
    Fate,
    RollbackFailed,
    judge,
    roll_back,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import CommandResult, ReadOnly, Unreachable
from support.baseline_cases import CHANGED_IDS, failing_values, machine, merged

NOW = dt.datetime(2026, 11, 20, 18, tzinfo=dt.UTC)
PRODUCTS = {
    "HKLM\\SOFTWARE\\Microsoft\\NET Framework Setup\\NDP\\v2.0.50727": {"Install": 1},
    "HKLM\\SOFTWARE\\Microsoft\\NET Framework Setup\\NDP\\v4\\Full": {"Install": 1, "Release": 393297},
}
LANMAN = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\LanmanWorkstation"


def snapshot_of(session: Any, selection: Selection) -> dict[str, Any]:
    """Read the twin's registry; the rest is the patched machine."""
    arch = session.machine.arch
    keys = required_registry_keys(selection.every())
    base = machine(os={"arch": arch}, hotfixes=["KB3154517"])
    return dict(refreshed(base, keys, read_registry(session, keys)))


def enforcement(session: Any, selection: Selection, folder: Path, **over: Any) -> Enforcement:
    around = Surroundings(transport="ntlm", scheme="http", port=80)
    made = Enforcement(session, selection, around, folder, "cerberus", NOW, fresh=lambda: session)
    for name, value in over.items():
        setattr(made, name, value)
    return made


def enforce(session: Any, ids: Iterable[str], folder: Path, **over: Any) -> Outcome:
    selection = select(ids=ids)
    return enforcement(session, selection, folder, **over).run(snapshot_of(session, selection))


def registry_of(session: Any) -> dict[str, Any]:
    """Return everything below the two keys that controls live in, by the twin's own model."""
    found: dict[str, Any] = {}
    waiting = [
        "HKLM\\SYSTEM\\CurrentControlSet\\Control",
        "HKLM\\SYSTEM\\CurrentControlSet\\Services",
        "HKLM\\SOFTWARE",
    ]
    while waiting:
        key = waiting.pop()
        values = session.machine.registry.values(key) or {}
        found[key] = {name: (one.type, one.data) for name, one in values.items()}
        waiting += [f"{key}\\{name}" for name in session.machine.registry.subkeys(key) or []]
    return found


def workstation_after_restart(session: Any) -> str:
    session.machine.restart("test")
    session.machine.wait_until_up()
    state: str = session.machine.services.get("LanmanWorkstation").state
    return state


@pytest.fixture
def ready(twin: Callable[..., Any]) -> Callable[..., Any]:
    """Make a twin where every product is installed that some control is about."""

    def make(**options: Any) -> Any:
        session = twin(**options)
        for key, values in PRODUCTS.items():
            for name, data in values.items():
                session.machine.registry.set(key, name, "REG_DWORD", data)
        return session

    return make


@pytest.mark.parametrize(
    "options", [{}, {"locale": "de-DE"}, {"locale": "ru-RU", "arch": "x86"}], ids=["en-x64", "de-x64", "ru-x86"]
)
def test_every_record_fails_is_fixed_stays_fixed_and_goes_back(
    options: dict[str, Any], ready: Callable[..., Any], tmp_path: Path
) -> None:
    """The case of each record is made from the record: break each of its values, enforce, enforce again, roll back."""
    session = ready(**options)
    for name in CHANGED_IDS:
        for key, values in failing_values(shipped().controls[name]).items():
            for value, one in values.items():
                session.machine.registry.set(key, value, one["type"], one["data"])
    start = registry_of(session)
    outcome = enforce(session, CHANGED_IDS, tmp_path)
    assert {one.id: one.status for one in outcome.before} == dict.fromkeys(CHANGED_IDS, Status.FAIL)
    assert {one.id: one.status for one in outcome.after} == dict.fromkeys(CHANGED_IDS, Status.PASS)
    assert outcome.held == [] and outcome.failures == []
    assert sorted(one for group in outcome.groups for one in group.fixed) == sorted(CHANGED_IDS)
    changed = {(change.key, change.name) for change in outcome.changes}
    end = registry_of(session)
    named = {key for key, _name in changed}
    assert {key for key in start | end if start.get(key) != end.get(key)} == named
    again = enforce(session, CHANGED_IDS, tmp_path)
    assert (again.changes, again.kept) == ([], None)
    assert outcome.kept is not None
    roll_back(session, journals.load(outcome.kept.controller), outcome.kept, look)
    assert registry_of(session) == start


def test_rolling_back_a_fresh_machine_leaves_no_key_behind(ready: Callable[..., Any], tmp_path: Path) -> None:
    session = ready()
    start = registry_of(session)
    outcome = enforce(session, CHANGED_IDS, tmp_path)
    assert outcome.kept is not None and registry_of(session) != start
    verdicts = roll_back(session, journals.load(outcome.kept.controller), outcome.kept, look)
    assert {one.fate for one in verdicts} == {Fate.RESTORE}
    assert registry_of(session) == start


def test_the_script_on_the_target_does_the_same_without_us(ready: Callable[..., Any], tmp_path: Path) -> None:
    session = ready()
    start = registry_of(session)
    outcome = enforce(session, CHANGED_IDS, tmp_path)
    assert outcome.kept is not None
    assert session.run(f'"{outcome.kept.target}\\undo.cmd"').rc == 0
    assert registry_of(session) == start


def test_workstation_still_starts_after_the_restart(ready: Callable[..., Any], tmp_path: Path) -> None:
    session = ready()
    outcome = enforce(session, ["smb1-client-off"], tmp_path)
    assert outcome.restart == ["smb1-client-off"]
    assert workstation_after_restart(session) == "running"


def test_the_trap_is_real_on_the_twin(ready: Callable[..., Any]) -> None:
    """The test above could not fail if the twin did not mind a disabled driver that is still a dependency."""
    session = ready()
    session.machine.registry.set("HKLM\\SYSTEM\\CurrentControlSet\\Services\\mrxsmb10", "Start", "REG_DWORD", 4)
    assert workstation_after_restart(session) == "stopped"


def test_the_journal_is_complete_before_the_first_change(ready: Callable[..., Any], tmp_path: Path) -> None:
    session = ready()
    seen: list[dict[str, Any]] = []

    def look(line: str) -> None:
        if line.startswith("reg import") and not seen:
            (path,) = tmp_path.glob("cerberus/*/journal.json")
            there = session.files_named("journal.json")
            assert path.read_bytes() == there
            seen.append(json.loads(there))

    session.files_named = lambda name: next(data for path, data in session.uploads.items() if path.endswith(name))
    session.before_run = look
    outcome = enforce(session, CHANGED_IDS, tmp_path)
    journaled = [change for group in seen[0]["groups"] for change in group["changes"]]
    assert journaled == [change.plain() for change in outcome.changes]


def test_groups_go_in_order_and_risky_ones_log_in_again(ready: Callable[..., Any], tmp_path: Path) -> None:
    session = ready()
    logins: list[str] = []
    outcome = enforce(session, CHANGED_IDS, tmp_path, fresh=lambda: logins.append("login") or session)
    assert [group.id for group in outcome.groups] == ["additive", "programs", "values", "smb1", "ntlm", "tls10"]
    assert len(logins) == sum(group.risky for group in outcome.groups) == 3


def test_a_group_that_fails_is_said_and_does_not_stop_the_others(ready: Callable[..., Any], tmp_path: Path) -> None:
    session = ready()
    write = session.machine.files.write

    def spoil(line: str) -> None:
        if "-smb1" in line:
            write(line.split('"')[1], b"not a registration file")

    session.before_run = spoil
    outcome = enforce(session, ["smb1-server-off", "ntlm-lmcompat-level", "tls-ssl3-server-off"], tmp_path)
    by_id = {group.id: group for group in outcome.groups}
    assert by_id["smb1"].unfixed == ["smb1-server-off"] and by_id["smb1"].fixed == []
    assert any("reg import ended with 1" in one for one in by_id["smb1"].failures)
    assert by_id["ntlm"].fixed == ["ntlm-lmcompat-level"] and by_id["values"].fixed == ["tls-ssl3-server-off"]
    assert {change.control for change in outcome.changes} == {"ntlm-lmcompat-level", "tls-ssl3-server-off"}
    assert [one.split(":")[0] for one in outcome.failures] == ["smb1", "smb1"]


def test_what_waits_for_a_group_that_failed_is_held(ready: Callable[..., Any], tmp_path: Path) -> None:
    session = ready()
    session.before_run = lambda line: "1-additive" in line and session.machine.files.write(line.split('"')[1], b"no")
    outcome = enforce(session, ["tls-tls12-server-on", "tls-tls10-server-off"], tmp_path)
    assert [one.control for one in outcome.held] == ["tls-tls10-server-off"]
    assert outcome.changes == []


def test_a_value_that_somebody_changes_meanwhile_is_left_to_them(ready: Callable[..., Any], tmp_path: Path) -> None:
    session = ready()

    def meddle(line: str) -> None:
        if "-values" in line:
            key = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa"
            session.machine.registry.set(key, "LmCompatibilityLevel", "REG_DWORD", 1)

    session.before_run = meddle
    # The value belongs to a later group and is read again with the group before it.
    selection = select(ids=["ntlm-lmcompat-level", "ntlm-no-lm-hash"])
    session.machine.registry.set("HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa", "NoLMHash", "REG_DWORD", 0)
    outcome = enforcement(session, selection, tmp_path).run(snapshot_of(session, selection))
    assert [(one.control, one.reasons) for one in outcome.held] == [("ntlm-lmcompat-level", (FOREIGN,))]
    assert {change.control for change in outcome.changes} == {"ntlm-no-lm-hash"}


def test_a_broken_conversation_says_what_was_done_and_can_be_run_again(
    ready: Callable[..., Any], tmp_path: Path
) -> None:
    session = ready()

    def cut() -> Any:
        raise Unreachable("the connection is gone")

    with pytest.raises(Interrupted, match="connection is gone.*undo.cmd: C:") as caught:
        enforce(session, ["smb1-server-off", "ntlm-lmcompat-level"], tmp_path, fresh=cut)
    assert caught.value.details["changed"] is True
    assert Path(caught.value.details["journal"]["controller"]).is_dir()
    again = enforce(session, ["smb1-server-off", "ntlm-lmcompat-level"], tmp_path)
    assert {change.control for change in again.changes} == {"ntlm-lmcompat-level"}


@pytest.mark.parametrize(
    ("over", "error", "sentence"),
    [
        ({"os": {"version": "6.1.7601", "caption": "Windows Server 2008 R2"}}, Refused, "Windows Server 2008 R2"),
        ({"os": {"product_type": 1, "caption": "Windows Vista"}}, Refused, "this is Windows Vista"),
        ({"account": {"administrator": False}}, Refused, "no administrator rights"),
        ({"account": "unasked"}, Refused, "not known well enough"),
        ({}, ReadOnly, "cannot change anything"),
    ],
)
def test_a_machine_that_must_not_be_changed_is_not_touched(
    over: dict[str, Any], error: type[Exception], sentence: str, ready: Callable[..., Any], tmp_path: Path
) -> None:
    session = ready()
    session.read_only = not over
    selection = select()
    snapshot = merged(snapshot_of(session, selection), {"answers": over})
    session.lines.clear()
    with pytest.raises(error, match=sentence):
        enforcement(session, selection, tmp_path).run(snapshot)
    assert session.lines == [] and list(tmp_path.iterdir()) == []


def test_rolling_back_leaves_foreign_values_and_shows_all_three(ready: Callable[..., Any], tmp_path: Path) -> None:
    session = ready()
    outcome = enforce(session, ["ntlm-lmcompat-level", "smb1-server-off"], tmp_path)
    assert outcome.kept is not None
    lsa = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa"
    session.machine.registry.set(lsa, "LmCompatibilityLevel", "REG_DWORD", 4)
    journal = journals.load(outcome.kept.controller)
    verdicts = {one.change.control: one for one in roll_back(session, journal, outcome.kept, look)}
    foreign = verdicts["ntlm-lmcompat-level"]
    assert foreign.fate is Fate.FOREIGN
    assert [foreign.plain()[name] for name in ("before", "written", "now")] == [
        "absent",
        "REG_DWORD 5",
        "REG_DWORD 4",
    ]
    assert verdicts["smb1-server-off"].fate is Fate.RESTORE
    forced = roll_back(session, journal, outcome.kept, look, force=["ntlm-lmcompat-level"])
    assert {one.change.control: one.fate for one in forced}["ntlm-lmcompat-level"] is Fate.RESTORE
    assert session.machine.registry.get(lsa, "LmCompatibilityLevel") is None


def test_one_control_of_a_run_can_go_back_alone(ready: Callable[..., Any], tmp_path: Path) -> None:
    session = ready()
    outcome = enforce(session, ["ntlm-lmcompat-level", "smb1-client-off"], tmp_path)
    assert outcome.kept is not None
    journal = journals.load(outcome.kept.controller)
    roll_back(session, journal, outcome.kept, look, controls=["smb1-client-off"])
    assert "MRxSmb10" in session.machine.registry.get(LANMAN, "DependOnService").data
    assert (
        session.machine.registry.get("HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa", "LmCompatibilityLevel").data == 5
    )


def test_a_key_that_cannot_be_read_is_not_rolled_back_blindly(ready: Callable[..., Any], tmp_path: Path) -> None:
    outcome = enforce(ready(), ["ntlm-lmcompat-level"], tmp_path)
    assert outcome.kept is not None
    with pytest.raises(RollbackFailed, match="could not be read"):
        judge(journals.load(outcome.kept.controller), look(Silent(), outcome.changes))


class Silent:
    """A target that runs everything and says nothing."""

    def run(self, _line: str, **_named: Any) -> CommandResult:
        return CommandResult(0, "", "")


FEW = ["tls-ssl3-server-off", "smb1-client-off", "ntlm-lmcompat-level"]


class Cut:
    """A session that breaks at one operation, before it is done or after, and stays broken."""

    door, read_only = "twin", False

    def __init__(self, session: Any, at: int, done: bool) -> None:
        self.session, self.left, self.done, self.operations = session, at, done, 0

    def __getattr__(self, name: str) -> Any:
        def operation(*arguments: Any, **named: Any) -> Any:
            self.operations += 1
            if self.operations < self.left:
                return getattr(self.session, name)(*arguments, **named)
            if self.operations == self.left and self.done:
                getattr(self.session, name)(*arguments, **named)
            raise Unreachable("the connection is gone")

        return operation


@pytest.mark.parametrize("done", [False, True], ids=["before it was done", "after it was done"])
def test_cut_at_any_moment_the_next_run_ends_the_same_and_all_of_it_goes_back(
    done: bool, ready: Callable[..., Any], tmp_path: Path
) -> None:
    session, selection = ready(), select(ids=FEW)
    start, snapshot = registry_of(session), snapshot_of(session, selection)
    # Only the first run on a machine puts this there; every run here is to take the same steps.
    session.run('mkdir "%ProgramData%\\sunset.ws2008\\journal"')
    session.upload(readme(), "C:\\ProgramData\\sunset.ws2008\\journal\\README.txt")
    whole = Cut(session, 1000, done)
    kept = enforcement(whole, selection, tmp_path / "whole").run(snapshot).kept
    assert kept is not None
    end = registry_of(session)
    roll_back(session, journals.load(kept.controller), kept, look)
    assert registry_of(session) == start
    for at in range(1, whole.operations + 1):
        folder = tmp_path / str(at)
        with pytest.raises((Unreachable, Interrupted)):
            enforcement(cut := Cut(session, at, done), selection, folder, fresh=lambda: cut).run(snapshot)
        if not list(folder.glob("cerberus/*")):
            assert registry_of(session) == start, "changed without a journal"
        assert enforce(session, FEW, folder).failures == []
        assert registry_of(session) == end
        for path in sorted(folder.glob("cerberus/*"), key=lambda one: one.stat().st_mtime_ns, reverse=True):
            target = f"C:\\ProgramData\\sunset.ws2008\\journal\\{path.name}"
            roll_back(session, journals.load(path), journals.Kept(path, target), look)
        assert registry_of(session) == start, f"cut at operation {at}"
