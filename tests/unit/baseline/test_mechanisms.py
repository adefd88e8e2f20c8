# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What single mechanisms have of their own: users who are not logged on, firewall rules, members, access lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
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
    assert taken["unknown"] == {}
    return merged(taken, {"answers": {"os": {"version": "6.0.6003"}, "files": machine()["answers"]["files"]}})


def finding(session: Any, control: str, **options: Any) -> Finding:
    selection = select(ids=[control], **options)
    (found,) = (one for one in evaluate(snapshot_of(session, selection), selection, NOW.date()) if one.id == control)
    return found


def enforce(session: Any, control: str, folder: Path, **options: Any) -> Outcome:
    selection = select(ids=[control], **options)
    around = Surroundings(transport="ntlm", scheme="http", port=80)
    run = Enforcement(session, selection, around, folder, "cerberus", NOW, fresh=lambda: session)
    return run.run(snapshot_of(session, selection))


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
    administrator = next(one["sid"] for one in taken["answers"]["profiles"] if one["sid"] != ANNA)
    good = {
        "ScreenSaveActive": {"type": "REG_SZ", "data": "1"},
        "ScreenSaverIsSecure": {"type": "REG_SZ", "data": "1"},
        "ScreenSaveTimeOut": {"type": "REG_SZ", "data": "900"},
        "SCRNSAVE.EXE": {"type": "REG_SZ", "data": "scrnsave.scr"},
    }
    taken = merged(taken, {"answers": {"registry": {f"HKU\\{administrator}\\{LOCK}": good}}})
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
    refused = {"site_values": {"acct-administrators-members": ["somebody"]}}
    found = finding(session, "acct-administrators-members", **refused)
    assert (found.status, found.observed) == (Status.FAIL, administrator)


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
