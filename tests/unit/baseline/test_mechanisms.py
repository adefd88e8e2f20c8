# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What single mechanisms have of their own: users who are not logged on, firewall rules, members, access lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.enforce import Enforcement, Outcome
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.evaluate import evaluate, required
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.findings import Finding, Status
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.reread import look
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import Selection, select
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.surroundings import Surroundings
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import journal as journals
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.rollback import roll_back
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.snapshot import take
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.accounts import User
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.tools import reg_hive
from support.baseline_cases import machine, merged

NOW = dt.datetime(2026, 11, 20, 18, tzinfo=dt.UTC)
PROFILES = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList"
ANNA = "S-1-5-21-1004336348-1177238915-682003330-1104"
LOCK = "Software\\Policies\\Microsoft\\Windows\\Control Panel\\Desktop"
LANGUAGES = ["en-US", "de-DE", "ru-RU"]


def snapshot_of(session: Any, selection: Selection) -> dict[str, Any]:
    reads = required(selection.every())
    taken = take(session, reads.keys, reads.questions())
    assert all(ANNA in one for one in taken["unknown"]), taken["unknown"]
    return merged(taken, {"answers": {"os": {"version": "6.0.6003"}, "files": machine()["answers"]["files"]}})


def finding(session: Any, control: str, **options: Any) -> Finding:
    selection = select(ids=[control], **options)
    (found,) = (one for one in evaluate(snapshot_of(session, selection), selection, NOW.date()) if one.id == control)
    return found


AROUND = Surroundings(transport="ntlm", scheme="http", port=80)


def enforce(
    session: Any,
    control: str,
    folder: Path,
    around: Surroundings = AROUND,
    over: dict[str, Any] | None = None,
    force: Collection[str] = (),
    **options: Any,
) -> Outcome:
    """Enforce one control; `over` are answers besides those that it asks for."""
    selection = select(ids=[control], **options)
    run = Enforcement(session, selection, around, folder, "cerberus", NOW, fresh=lambda: session, force=force)
    return run.run(merged(snapshot_of(session, selection), {"answers": over or {}}))


def give_profile(session: Any, folder: str, values: dict[str, dict[str, tuple[str, Any]]]) -> str:
    """Give Anna a profile with a hive in which these values are, and log her off; return the hive's file."""
    registry = session.machine.registry
    registry.mount(f"HKU\\{ANNA}")
    for key, held in values.items():
        registry.create_key(f"HKU\\{ANNA}\\{key}")
        for name, value in held.items():
            registry.set(f"HKU\\{ANNA}\\{key}", name, *value)
    file = f"C:\\Users\\{folder}\\NTUSER.DAT"
    session.machine.files.make_dir(f"C:\\Users\\{folder}")
    session.machine.files.write(file, reg_hive.hive_of(session.machine, f"HKU\\{ANNA}"))
    registry.delete_key(f"HKU\\{ANNA}")
    registry.set(f"{PROFILES}\\{ANNA}", "ProfileImagePath", "REG_EXPAND_SZ", f"%SystemDrive%\\Users\\{folder}")
    return file


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("folder", ["anna", "Анна", "anna b"])
def test_a_user_who_is_not_logged_on_is_judged_changed_and_put_back(
    twin: Callable[..., Any], tmp_path: Path, locale: str, folder: str
) -> None:
    if not folder.isascii() and locale != "ru-RU":
        pytest.skip("the console of this language has no such letters, and a folder of that name cannot be named")
    session = twin(locale=locale)
    file = give_profile(session, folder, {"Control Panel": {}, "Software\\Policies": {"x": ("REG_SZ", "kept")}})
    start, hive = session.machine.to_state()["registry"], session.machine.files.read(file)
    before = finding(session, "ui-screensaver-lock")
    assert before.status is Status.FAIL and any(ANNA in one for one in before.evidence)
    outcome = enforce(session, "ui-screensaver-lock", tmp_path)
    assert outcome.failures == [] and outcome.held == []
    assert {change.key.split("\\")[1] for change in outcome.changes} >= {ANNA}
    assert finding(session, "ui-screensaver-lock").status is Status.PASS
    assert session.machine.files.read(file) != hive
    assert enforce(session, "ui-screensaver-lock", tmp_path).changes == []
    assert outcome.kept is not None
    roll_back(session, journals.load(outcome.kept.controller), outcome.kept, look)
    assert session.machine.files.read(file) == hive
    assert session.machine.to_state()["registry"] == start, "no hive is left loaded"


def test_a_hive_that_cannot_be_loaded_is_unknown_and_never_a_pass(twin: Callable[..., Any]) -> None:
    session = twin()
    file = give_profile(session, "anna", {})
    session.machine.files.write(file, b"not a hive")
    selection = select(ids=["ui-screensaver-lock"])
    reads = required(selection.every())
    taken = take(session, reads.keys, reads.questions())
    assert [one for one in taken["unknown"] if ANNA in one]
    assert all("could not be loaded" in text for text in taken["unknown"].values())
    others = [one["sid"] for one in taken["answers"]["profiles"] if one["sid"] != ANNA]
    assert len(others) == 2, "the administrator, and whoever logs on for the first time"
    good = {
        "ScreenSaveActive": {"type": "REG_SZ", "data": "1"},
        "ScreenSaverIsSecure": {"type": "REG_SZ", "data": "1"},
        "ScreenSaveTimeOut": {"type": "REG_SZ", "data": "900"},
        "SCRNSAVE.EXE": {"type": "REG_SZ", "data": "scrnsave.scr"},
    }
    taken = merged(taken, {"answers": {"registry": {f"HKU\\{sid}\\{LOCK}": good for sid in others}}})
    (judged,) = evaluate(taken, selection, NOW.date())
    assert judged.status is Status.NOTCHECKED, "one user passes, the other is not known"


def test_a_hive_is_unloaded_also_when_the_conversation_breaks_off(twin: Callable[..., Any]) -> None:
    session = twin()
    give_profile(session, "anna", {})
    run = session.run

    def cut(line: str, stdin: bytes | None = None, timeout: float | None = None) -> Any:
        if stdin and b"reg load" in stdin:
            stdin = stdin[: stdin.index(b"reg unload") - 1].rpartition(b"\r\n")[0] + b"\r\n"
        return run(line, stdin, timeout)

    session.run = cut
    selection = select(ids=["ui-screensaver-lock"])
    take(session, required(selection.every()).keys)
    loaded = [name for name in session.machine.registry.subkeys("HKU") if name.startswith("sunset.")]
    assert loaded == []


DEFAULT = "C:\\Users\\Default\\NTUSER.DAT"


@pytest.mark.parametrize("locale", LANGUAGES)
def test_new_users_get_what_the_old_ones_have(twin: Callable[..., Any], tmp_path: Path, locale: str) -> None:
    session = twin(locale=locale)
    start = session.machine.files.read(DEFAULT)
    before = finding(session, "ie-keep-zone-information")
    assert before.status is Status.FAIL and "HKU\\Default\\" in " ".join(before.evidence)
    outcome = enforce(session, "ie-keep-zone-information", tmp_path)
    assert outcome.failures == [] and {one.key.split("\\")[1] for one in outcome.changes} >= {"Default"}
    held = session.machine.files.read(DEFAULT).decode("utf-16")
    assert '"SaveZoneInformation"=dword:00000002' in held
    assert enforce(session, "ie-keep-zone-information", tmp_path).changes == []
    assert outcome.kept is not None
    roll_back(session, journals.load(outcome.kept.controller), outcome.kept, look)
    assert session.machine.files.read(DEFAULT) == start


def test_the_script_on_the_machine_puts_new_users_back_without_us(twin: Callable[..., Any], tmp_path: Path) -> None:
    session = twin()
    give_profile(session, "anna", {"Software": {}})
    start, users = session.machine.files.read(DEFAULT), session.machine.files.read("C:\\Users\\anna\\NTUSER.DAT")
    outcome = enforce(session, "ie-keep-zone-information", tmp_path)
    assert outcome.kept is not None and session.machine.files.read(DEFAULT) != start
    assert session.run(f'"{outcome.kept.target}\\undo.cmd"').rc == 0
    assert session.machine.files.read(DEFAULT) == start
    assert session.machine.files.read("C:\\Users\\anna\\NTUSER.DAT") == users
    assert ours(session) == []


def ours(session: Any) -> list[str]:
    return [name for name in session.machine.registry.subkeys("HKU") if name.startswith("sunset.")]


def test_a_hive_that_another_program_holds_is_unknown_and_stops_nobody_else(
    twin: Callable[..., Any], tmp_path: Path
) -> None:
    session = twin()
    file = give_profile(session, "anna", {"Software": {}})
    assert session.run(f'reg load HKU\\other "{file}"').rc == 0
    found = finding(session, "ie-keep-zone-information")
    assert found.status is Status.FAIL, "the others fail, whatever she has"
    outcome = enforce(session, "ie-keep-zone-information", tmp_path)
    assert {one.key.split("\\")[1] for one in outcome.changes} & {ANNA} == set()
    assert any("was set and is notchecked" in one for one in outcome.failures)
    left = finding(session, "ie-keep-zone-information")
    assert left.status is Status.NOTCHECKED and "could not be loaded" in " ".join(left.evidence)
    assert session.run("reg unload HKU\\other").rc == 0
    again = enforce(session, "ie-keep-zone-information", tmp_path)
    assert {one.key.split("\\")[1] for one in again.changes} == {ANNA} and again.failures == []


def test_a_hive_that_a_killed_run_left_loaded_is_unknown_once(twin: Callable[..., Any]) -> None:
    session = twin()
    file = give_profile(session, "anna", {"Software": {}})
    assert session.run(f'reg load HKU\\sunset.{ANNA} "{file}"').rc == 0
    keys = required(select(ids=["ie-keep-zone-information"]).every()).keys
    unknown = take(session, keys)["unknown"]
    assert [one for one in unknown if ANNA in one] and "could not be loaded" in " ".join(unknown.values())
    assert ours(session) == [] and take(session, keys)["unknown"] == {}


def test_a_hive_that_another_run_unloads_meanwhile_is_unknown_and_not_absent(twin: Callable[..., Any]) -> None:
    """Two assessments at once: the second is refused the hive, and unloads it from under the first."""
    session = twin()
    give_profile(session, "anna", {"Software": {}})
    run = session.run

    load = f'reg load "HKU\\sunset.{ANNA}" "C:\\Users\\anna\\NTUSER.DAT"'
    both = f'{load} & reg unload "HKU\\sunset.{ANNA}"'

    def robbed(line: str, stdin: bytes | None = None, timeout: float | None = None) -> Any:
        told = stdin.replace(load.encode(), both.encode()) if stdin else stdin
        return run(line.replace(load, both), told, timeout)

    session.run = robbed
    taken = take(session, required(select(ids=["ie-keep-zone-information"]).every()).keys)
    (why,) = {text for name, text in taken["unknown"].items() if ANNA in name}
    assert "was unloaded by somebody else while it was read" in why
    assert not [key for key in taken["answers"]["registry"] if ANNA in key]


def test_a_hive_is_unloaded_when_what_goes_into_it_fails(twin: Callable[..., Any], tmp_path: Path) -> None:
    session = twin()
    file = give_profile(session, "anna", {"Software": {}})
    hive = session.machine.files.read(file)

    def spoil(line: str) -> None:
        for path in [name for name in session.uploads if name.endswith(f"{ANNA}.unloaded.reg") and "undo" not in name]:
            session.machine.files.write(path, b"not a registration file")

    session.before_run = spoil
    outcome = enforce(session, "ie-keep-zone-information", tmp_path)
    assert outcome.failures and "ie-keep-zone-information" not in [
        one for group in outcome.groups for one in group.fixed
    ]
    assert session.machine.files.read(file) == hive and ours(session) == []


def test_a_folder_that_no_line_can_carry_is_said_and_no_pass(twin: Callable[..., Any], tmp_path: Path) -> None:
    session = twin()
    give_profile(session, "100%a%", {"Software": {}})
    enforce(session, "ie-keep-zone-information", tmp_path)
    found = finding(session, "ie-keep-zone-information")
    assert found.status is Status.NOTCHECKED and "cannot name the profile folder" in " ".join(found.evidence)


def test_a_rehearsal_has_the_users_of_its_snapshot(twin: Callable[..., Any]) -> None:
    session = twin()
    give_profile(session, "anna", {LOCK: {"ScreenSaveActive": ("REG_SZ", "0")}})
    seen = finding(session, "ui-screensaver-lock")
    reads = required(select(ids=["ui-screensaver-lock"]).every())
    snapshot = take(session, reads.keys, reads.questions())
    copy = Machine.from_snapshot(snapshot, session.machine.clock)
    try:
        again = finding(type(session)(copy), "ui-screensaver-lock")
        assert copy.registry.subkeys("HKU") == session.machine.registry.subkeys("HKU")
    finally:
        copy.close()
    hers = [[line for line in one.evidence if ANNA in line] for one in (seen, again)]
    assert hers[0] == hers[1] and len(hers[0]) == 4


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_way_back_in_is_opened_in_the_firewall_for_the_sites_addresses(
    twin: Callable[..., Any], tmp_path: Path, locale: str
) -> None:
    session = twin(locale=locale)
    name = "fw-mgmt-rule-any-profile"
    assert finding(session, name).status is Status.NOTCHECKED, "the site did not say who manages it"
    options = {"site_values": {name: ["192.0.2.0/24", "198.51.100.7"]}}
    rules = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules"
    session.machine.registry.create_key(rules)
    for rule in session.machine.registry.values(rules):
        session.machine.registry.delete_value(rules, rule)
    start = session.machine.to_state()["registry"]
    found = finding(session, name, **options)
    assert (found.status, found.observed) == (Status.FAIL, "no rule for port 80"), "where WinRM 1.1 listens"
    outcome = enforce(session, name, tmp_path, **options)
    assert outcome.failures == [] and outcome.held == []
    assert finding(session, name, **options).status is Status.PASS
    assert enforce(session, name, tmp_path, **options).changes == []
    assert outcome.kept is not None
    assert session.machine.files.exists(f"{outcome.kept.target}\\firewall.wfw"), "the whole policy is kept as well"
    roll_back(session, journals.load(outcome.kept.controller), outcome.kept, look)
    assert session.machine.to_state()["registry"] == start


@pytest.mark.parametrize("locale", LANGUAGES)
def test_members_are_shown_and_held_against_the_sites_list(twin: Callable[..., Any], locale: str) -> None:
    session = twin(locale=locale)
    administrator = session.machine.accounts.administrator().name
    shown = finding(session, "acct-administrators-members")
    assert shown.status is Status.NOTCHECKED and administrator in shown.observed
    allowed = {"site_values": {"acct-administrators-members": [administrator]}}
    assert finding(session, "acct-administrators-members", **allowed).status is Status.PASS
    others = {"site_values": {"acct-administrators-members": ["somebody"]}}
    found = finding(session, "acct-administrators-members", **others)
    assert found.status is Status.PASS, "Windows does not let the built-in Administrator go, so he need not be named"
    session.machine.accounts.add_user(User("anna", 1007), ("S-1-5-32-544",))
    found = finding(session, "acct-administrators-members", **others)
    assert (found.status, found.observed) == (Status.FAIL, "anna")


@pytest.mark.parametrize("locale", LANGUAGES)
def test_a_folder_that_users_may_write_to_fails(twin: Callable[..., Any], locale: str) -> None:
    session = twin(locale=locale)
    session.run('icacls "C:\\Windows\\System32" /grant *S-1-5-32-545:(OI)(CI)M')
    found = finding(session, "acl-system-files")
    assert found.status is Status.FAIL and "S-1-5-32-545" in found.observed and "System32" in found.observed
    session.run('icacls "C:\\Windows\\System32" /inheritance:r /grant:r *S-1-5-32-545:(OI)(CI)RX')
    assert "System32" not in finding(session, "acl-system-files").observed


def test_a_policy_that_is_refused_stops_no_other_kind_of_setting(twin: Callable[..., Any], tmp_path: Path) -> None:
    session = twin()
    write = session.machine.files.write

    def spoil(line: str) -> None:
        if "secedit /configure" in line:
            (path,) = (name for name in session.uploads if name.endswith(".inf") and "undo" not in name)
            write(path, b"\xff\xfe" + "not a template".encode("utf-16-le"))

    session.before_run = spoil
    names = ["acct-password-length", "audit-force-subcategories", "audit-system-ipsec-driver", "right-debug"]
    selection = select(ids=names)
    run = Enforcement(
        session, selection, Surroundings(transport="ntlm"), tmp_path, "cerberus", NOW, fresh=lambda: session
    )
    outcome = run.run(snapshot_of(session, selection))
    after = {one.id: one.status for one in outcome.after}
    assert after["acct-password-length"] is Status.FAIL
    assert after["audit-system-ipsec-driver"] is Status.PASS
    assert any("secedit /configure ended with 1" in one for one in outcome.failures)
    assert any("acct-password-length was set and is fail" in one for one in outcome.failures)
    assert "acct-password-length" not in {change.control for change in outcome.changes}


def test_a_registry_text_is_no_number(twin: Callable[..., Any]) -> None:
    session = twin()
    lsa = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa"
    session.machine.registry.set(lsa, "NoLMHash", "REG_SZ", "1")
    found = finding(session, "ntlm-no-lm-hash")
    assert (found.status, found.observed) == (Status.FAIL, 'NoLMHash = REG_SZ "1"')
