# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings that only a tool of their own can change: set, seen, set again without a change, and put back exactly."""

from __future__ import annotations

import datetime as dt
import functools
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.enforce import (
    Enforcement,
    Interrupted,
    Outcome,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.findings import Status
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.reread import look
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import BadSelection, select
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.surroundings import Surroundings
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import journal as journals
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.readme import readme
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.rollback import Fate, roll_back
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.values import shown
from ansible_collections.sunset.ws2008.plugins.plugin_utils._console import firewall
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import Unreachable
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.accounts import User

from .test_enforce import Cut
from .test_mechanisms import AROUND, NOW, enforce, finding, snapshot_of

Twins = Callable[..., Any]
ROOMS = ("registry", "policy", "accounts", "knobs")


def state(session: Any) -> dict[str, Any]:
    """Return what a control may be about, by the twin's own model."""
    whole = json.loads(json.dumps(session.machine.to_state(), default=str))
    whole["knobs"].pop("nx_running", None)  # what a start took from the boot store, as long as it runs
    members = whole["accounts"]["members"]  # in no order of their own
    whole["accounts"]["members"] = {group: sorted(held) for group, held in members.items()}
    return {name: whole[name] for name in ROOMS}


def by_script(session: Any, outcome: Outcome) -> None:
    """Take a run back as a person at the machine does, and as the task of a trial does."""
    assert outcome.kept is not None
    done = session.run(f'"{outcome.kept.target}\\undo.cmd"')
    assert done.rc == 0, done.stdout + done.stderr


def by_module(session: Any, outcome: Outcome) -> None:
    """Take a run back with the rollback module's own hands."""
    assert outcome.kept is not None
    verdicts = roll_back(session, journals.load(outcome.kept.controller), outcome.kept, look)
    assert {one.fate for one in verdicts} == {Fate.RESTORE}


# Language, role (2 standalone, 3 member, 5 domain controller) and WinRM; none of them may matter.
EVERYWHERE = pytest.mark.parametrize(
    ("locale", "role", "winrm"),
    [("en-US", 2, "1.1"), ("de-DE", 3, "2.0"), ("ru-RU", 5, "1.1")],
    ids=["en-standalone", "de-member", "ru-dc"],
)


@pytest.fixture
def session(twin: Twins, locale: str, role: int, winrm: str) -> Any:
    """Return one of these machines."""
    made = twin(locale=locale)
    made.machine.hardware.domain_role = role
    made.machine.winrm = winrm
    return made


def there_and_back(session: Any, control: str, folder: Path, **options: Any) -> Outcome:
    """Enforce one control that fails, look again, enforce again, and take it back in both ways, one of them twice."""
    start = state(session)
    seen = {name: value for name, value in options.items() if name not in ("around", "over")}
    assert finding(session, control, **seen).status is Status.FAIL
    outcome = enforce(session, control, folder, **options)
    assert (outcome.failures, outcome.held) == ([], [])
    assert [group.fixed for group in outcome.groups] == [[control]]
    hardened = state(session)
    assert hardened != start
    again = enforce(session, control, folder, **options)
    assert (again.changes, again.kept) == ([], None)
    by_module(session, outcome)
    assert state(session) == start
    back_again = enforce(session, control, folder, **options)
    assert state(session) == hardened, "what was put back can be set again"
    by_script(session, back_again)
    by_script(session, back_again)
    assert state(session) == start, "the way back may be gone twice"
    return outcome


# -- the boot option nx -------------------------------------------------------------------------------------------


@EVERYWHERE
@pytest.mark.parametrize("before", ["OptIn", "AlwaysOff"])
def test_memory_protection_is_set_for_the_next_start(session: Any, tmp_path: Path, before: str) -> None:
    session.run(f"bcdedit /set {{current}} nx {before}")
    session.machine.restart()
    session.machine.clock.sleep(600)
    outcome = there_and_back(session, "sm-dep-optout", tmp_path)
    (change,) = outcome.changes
    assert (shown(change.before), shown(change.after)) == (before, "OptOut")
    assert outcome.restart == ["sm-dep-optout"]


def test_memory_protection_passes_from_the_order_on_and_says_what_is_in_force_until_the_restart(
    twin: Twins, tmp_path: Path
) -> None:
    session = twin()
    session.run("bcdedit /set {current} nx OptIn")
    session.machine.restart()
    session.machine.clock.sleep(600)
    enforce(session, "sm-dep-optout", tmp_path)
    found = finding(session, "sm-dep-optout")
    assert found.status is Status.PASS
    assert found.observed == "nx OptOut from the next start on, OptIn until then"
    session.machine.restart()
    session.machine.clock.sleep(600)
    assert finding(session, "sm-dep-optout").observed == "nx OptOut"


def test_an_entry_that_says_nothing_has_the_loaders_default(twin: Twins) -> None:
    session = twin()
    assert session.run("bcdedit /deletevalue {current} nx").rc == 0
    assert session.run("bcdedit /deletevalue {current} nx").rc == 1
    found = finding(session, "sm-dep-optout")
    assert (found.status, found.observed) == (Status.PASS, "nx OptOut")
    assert "the boot entry says nothing" in found.evidence[0]


@pytest.mark.parametrize("protected", [False, True])
def test_a_machine_that_would_ask_for_its_recovery_key_keeps_its_boot_entry(
    twin: Twins, tmp_path: Path, protected: bool
) -> None:
    session = twin()
    session.run("bcdedit /set {current} nx OptIn")
    session.machine.knobs["bitlocker"] = protected
    outcome = enforce(session, "sm-dep-optout", tmp_path)
    if not protected:
        assert len(outcome.changes) == 1
        return
    assert outcome.changes == [] and outcome.held[0].reasons[0].startswith("BitLocker protects a volume")


# -- NetBIOS over TCP/IP ------------------------------------------------------------------------------------------


@EVERYWHERE
@pytest.mark.parametrize("before", [0, 1])
def test_netbios_is_switched_off_adapter_by_adapter(session: Any, tmp_path: Path, before: int) -> None:
    session.run(f'wmic path Win32_NetworkAdapterConfiguration where "IPEnabled=TRUE" call SetTcpipNetbios {before}')
    outcome = there_and_back(session, "nr-netbios-off", tmp_path)
    assert [(shown(one.before), shown(one.after)) for one in outcome.changes] == [(str(before), "2")]


# -- what Group Policy rules --------------------------------------------------------------------------------------

CLIENT = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\WinRM\\Client"


@EVERYWHERE
def test_a_setting_of_winrm_that_group_policy_rules_is_held_with_a_sentence_and_no_order_is_given(
    session: Any, tmp_path: Path
) -> None:
    session.machine.registry.set(CLIENT, "TrustedHostsList", "REG_SZ", "*")
    control = "winrm-client-trustedhosts"
    assert finding(session, control).status is Status.FAIL
    outcome = enforce(session, control, tmp_path)
    assert (outcome.changes, outcome.kept, outcome.failures) == ([], None, [])
    (held,) = outcome.held
    assert held.reasons[0].startswith("Group Policy rules TrustedHosts at winrm/config/client")
    assert not [line for line in session.lines if "winrm set" in line]


# -- listeners of WinRM -------------------------------------------------------------------------------------------

HTTPS, HTTP = "winrm-https-listener", "winrm-http-listener-removed"


def give_certificate(session: Any, name: str, *, bits: int = 2048, key: bool = True, days: int = 365,
                     purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH) -> str:  # fmt: skip
    """Put a certificate into the store of the machine as Windows keeps it, and return its thumbprint."""
    now = session.machine.clock.now()
    private = private_key(bits)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder(subject, subject, private.public_key(), 1)
        .not_valid_before(now - dt.timedelta(days=400))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .sign(private, hashes.SHA256())
    )
    data = made.public_bytes(serialization.Encoding.DER)
    parts = {32: data} | ({2: b"container\0\0"} if key else {})
    blob = b"".join(struct.pack("<III", number, 1, len(held)) + held for number, held in parts.items())
    thumbprint = made.fingerprint(hashes.SHA1()).hex().upper()
    store = "HKLM\\SOFTWARE\\Microsoft\\SystemCertificates\\MY\\Certificates"
    session.machine.registry.set(f"{store}\\{thumbprint}", "Blob", "REG_BINARY", blob)
    return str(thumbprint)


@functools.cache
def private_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@EVERYWHERE
def test_a_listener_for_https_is_made_with_the_sites_certificate(session: Any, tmp_path: Path, winrm: str) -> None:
    thumbprint = give_certificate(session, session.machine.name)
    there_and_back(session, HTTPS, tmp_path, site_values={HTTPS: thumbprint.lower()})
    enforce(session, HTTPS, tmp_path, site_values={HTTPS: thumbprint})
    found = finding(session, HTTPS, site_values={HTTPS: thumbprint})
    assert (found.status, found.observed) == (Status.PASS, f"HTTP on port {PORTS[winrm]}; HTTPS on port 5986")
    assert finding(session, HTTPS).status is Status.NOTCHECKED, "nobody said which certificate it should have"


PORTS = {"1.1": 80, "2.0": 5985}


def test_a_listener_with_another_certificate_gets_the_sites_one_and_its_own_back(twin: Twins, tmp_path: Path) -> None:
    session = twin()
    old, new = (give_certificate(session, name) for name in ("old.example", "web.example"))
    session.run(
        "winrm create winrm/config/Listener?Address=*+Transport=HTTPS "
        f'@{{Port="8443";Hostname="old.example";CertificateThumbprint="{old}"}}'
    )
    outcome = there_and_back(session, HTTPS, tmp_path, site_values={HTTPS: f"{new} web.example"})
    (change,) = outcome.changes
    assert (
        old in shown(change.before) and new in shown(change.after) and 'Hostname="web.example"' in shown(change.after)
    )


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"key": False}, "the machine does not have its private key"),
        ({"bits": 1024}, "its key has 1024 bits, and 2048 are the least"),
        ({"days": -1}, "it is valid from"),
        ({"purpose": ExtendedKeyUsageOID.CLIENT_AUTH}, "it is not for server authentication"),
    ],
    ids=["no key", "short", "expired", "purpose"],
)
def test_a_certificate_that_would_not_do_holds_the_listener_back(
    twin: Twins, tmp_path: Path, wrong: dict[str, Any], sentence: str
) -> None:
    session = twin()
    values = {HTTPS: give_certificate(session, session.machine.name, **wrong)}
    outcome = enforce(session, HTTPS, tmp_path, site_values=values)
    assert outcome.changes == [] and sentence in outcome.held[0].reasons[0]


def test_without_a_certificate_the_listener_waits_for_the_site(twin: Twins, tmp_path: Path) -> None:
    session = twin()
    (held,) = enforce(session, HTTPS, tmp_path).held
    assert "give its thumbprint (certutil -store my) as the site value of winrm-https-listener" in held.reasons[0]
    (held,) = enforce(session, HTTPS, tmp_path, site_values={HTTPS: "AB" * 20}).held
    assert "it is not in the store of the machine" in held.reasons[0]
    thumbprint = give_certificate(session, "another.example")
    (held,) = enforce(session, HTTPS, tmp_path, site_values={HTTPS: thumbprint}).held
    assert f"it is made out to another.example, not to {session.machine.name}" in held.reasons[0]
    with pytest.raises(BadSelection, match="is not a text that fits there"):
        select(ids=[HTTPS], site_values={HTTPS: "no thumbprint"})


@EVERYWHERE
def test_the_listener_for_http_goes_when_the_connection_is_another(session: Any, tmp_path: Path, winrm: str) -> None:
    around = Surroundings(transport="ntlm", scheme="https", port=5986, tls="1.2")
    outcome = there_and_back(session, HTTP, tmp_path, around=around)
    assert shown(outcome.changes[0].after) == "absent" and f'Port="{PORTS[winrm]}"' in shown(outcome.changes[0].before)


@pytest.mark.parametrize("ends", ["one code", "number"])
def test_a_listener_that_is_gone_already_is_as_good_as_removed_however_the_script_ends(
    twin: Twins, tmp_path: Path, ends: str
) -> None:
    session = twin(locale="ru-RU")
    session.machine.knobs["winrm_exit"] = ends
    values = {HTTPS: give_certificate(session, session.machine.name)}
    outcome = enforce(session, HTTPS, tmp_path, site_values=values)
    session.run("winrm delete winrm/config/Listener?Address=*+Transport=HTTPS")
    by_script(session, outcome)
    session.machine.services.stop("WinRM")
    assert outcome.kept is not None
    assert session.run(f'"{outcome.kept.target}\\undo.cmd"').rc == 1, "any other failure is one"


def test_listeners_of_others_are_theirs(twin: Twins, tmp_path: Path) -> None:
    """Those for compatibility have the same address and transport, and go with their setting."""
    session = twin()
    session.machine.winrm = "2.0"
    session.machine.knobs["winrm_config"] = {
        "service/enablecompatibilityhttplistener": "true",
        "service/enablecompatibilityhttpslistener": "true",
    }
    values = {HTTPS: give_certificate(session, session.machine.name)}
    outcome = enforce(session, HTTPS, tmp_path, site_values=values)
    assert (outcome.held, outcome.failures) == ([], []) and shown(outcome.changes[0].before) == "absent"
    by_module(session, outcome)
    around = Surroundings(transport="ntlm", scheme="https", port=5986, tls="1.2")
    (held,) = enforce(session, HTTP, tmp_path, around=around).held
    assert "EnableCompatibilityHttpListener" in held.reasons[0]


def test_the_listener_that_we_come_in_through_is_never_removed(twin: Twins, tmp_path: Path) -> None:
    session = twin()
    (held,) = enforce(session, HTTP, tmp_path).held
    assert held.guards == ("winrm-login",)
    assert held.reasons[0].startswith("this connection uses http with ntlm; connect in another way")


# -- members of groups --------------------------------------------------------------------------------------------

ADMINISTRATORS, OPERATORS = "acct-administrators-members", "acct-backup-operators-members"
DOMAIN = "S-1-5-21-1004336348-1177238915-682003330"
ORPHAN = f"{DOMAIN}-4711"


def login(session: Any, name: str = "") -> dict[str, Any]:
    """Say who this connection is: a local account, or an administrator of the domain."""
    accounts = session.machine.accounts
    if name.startswith("CORP\\"):
        return {"login": {"name": name, "sid": f"{DOMAIN}-1105"}}
    user = accounts.users[name] if name else accounts.administrator()
    return {"login": {"name": f"{session.machine.name}\\{user.name}", "sid": accounts.sid_of(user)}}


def populate(session: Any) -> dict[str, str]:
    """Let strangers into two groups: a local user, a group of the domain, a known principal, and one who is no more."""
    accounts = session.machine.accounts
    named = {f"{DOMAIN}-1150": "CORP\\Operators of the northern sites", f"{DOMAIN}-1105": "CORP\\admin"}
    session.machine.knobs["domain_names"] = named
    anna = accounts.sid_of(accounts.add_user(User("anna b", 1007)))
    strangers = {"anna": anna, "north": f"{DOMAIN}-1150", "interactive": "S-1-5-4", "orphan": ORPHAN}
    for group in ("S-1-5-32-551", "S-1-5-32-544"):
        accounts.members[group] += strangers.values()
    return strangers


def held_of(session: Any, group: str) -> set[str]:
    return set(session.machine.accounts.members[group])


@EVERYWHERE
@pytest.mark.parametrize("control", [OPERATORS, ADMINISTRATORS], ids=["operators", "administrators"])
def test_whoever_the_site_does_not_name_is_put_out_one_by_one(session: Any, tmp_path: Path, control: str) -> None:
    strangers = populate(session)
    group = "S-1-5-32-551" if control == OPERATORS else "S-1-5-32-544"
    start = list(session.machine.accounts.members[group])
    listed = {"site_values": {control: ["anna b"]}, "over": login(session)}
    outcome = there_and_back(session, control, tmp_path, **listed)
    assert len(outcome.changes) == 3 and {shown(one.after) for one in outcome.changes} == {"absent"}
    assert held_of(session, group) == set(start)
    enforce(session, control, tmp_path, **listed)
    assert held_of(session, group) == set(start) - {strangers[one] for one in ("north", "interactive", "orphan")}


def test_a_site_may_name_its_people_by_sid_and_the_built_in_administrator_is_never_in_question(
    twin: Twins, tmp_path: Path
) -> None:
    session = twin(locale="ru-RU")
    strangers = populate(session)
    values = {ADMINISTRATORS: [strangers["anna"], ORPHAN, "CORP\\Operators of the northern sites"]}
    outcome = enforce(session, ADMINISTRATORS, tmp_path, site_values=values, over=login(session))
    assert [one.name for one in outcome.changes] == ["NT AUTHORITY\\ИНТЕРАКТИВНЫЕ"]
    assert finding(session, ADMINISTRATORS, site_values=values).status is Status.PASS


def test_a_sid_of_the_domain_that_may_be_anybodys_puts_nobody_out(twin: Twins, tmp_path: Path) -> None:
    session = twin()
    strangers = populate(session)
    values = {OPERATORS: [strangers["north"]]}
    found = finding(session, OPERATORS, site_values=values)
    assert found.status is Status.FAIL, "the local user and the one who is no more are strangers, whoever is meant"
    outcome = enforce(session, OPERATORS, tmp_path, site_values=values, over=login(session))
    assert outcome.changes == []
    assert outcome.held[0].reasons[0].startswith("whether CORP\\Operators of the northern sites")
    for sid in (strangers["anna"], ORPHAN):
        session.machine.accounts.members["S-1-5-32-551"].remove(sid)
    assert finding(session, OPERATORS, site_values=values).status is Status.NOTCHECKED


@pytest.mark.parametrize(
    ("who", "listed", "saw"),
    [
        ("anna b", [], "anna b would no longer be in the group"),
        ("CORP\\admin", ["anna b"], "whether one of those who would go"),
        ("CORP\\admin", ["CORP\\admin"], ""),
        ("CORP\\admin", ["CORP\\Operators of the northern sites", "NT AUTHORITY\\INTERACTIVE"], ""),
        ("", [], ""),
    ],
    ids=["own account", "perhaps by a group", "named itself", "only accounts of the machine go", "built-in"],
)
def test_the_account_that_we_log_in_with_is_never_put_out(
    twin: Twins, tmp_path: Path, who: str, listed: list[str], saw: str
) -> None:
    session = twin()
    populate(session)
    session.machine.accounts.members["S-1-5-32-544"].append(f"{DOMAIN}-1105")
    if listed == ["anna b"] or len(listed) == 2:
        session.machine.accounts.members["S-1-5-32-544"].remove(f"{DOMAIN}-1105")
        session.machine.accounts.members["S-1-5-32-544"].remove(ORPHAN)
    start = held_of(session, "S-1-5-32-544")
    values = {ADMINISTRATORS: listed}
    outcome = enforce(session, ADMINISTRATORS, tmp_path, site_values=values, over=login(session, who))
    if not saw:
        assert outcome.held == [] and outcome.failures == [] and held_of(session, "S-1-5-32-544") < start
        return
    assert (outcome.changes, held_of(session, "S-1-5-32-544")) == ([], start)
    assert outcome.held[0].guards == ("own-account",) and saw in outcome.held[0].reasons[0]


def test_somebody_who_came_into_the_group_since_is_left_there(twin: Twins, tmp_path: Path) -> None:
    session = twin()
    strangers = populate(session)
    values = {OPERATORS: []}
    outcome = enforce(session, OPERATORS, tmp_path, site_values=values)
    session.run('net localgroup "Backup Operators" "anna b" /add')
    assert outcome.kept is not None
    verdicts = roll_back(session, journals.load(outcome.kept.controller), outcome.kept, look)
    assert {one.fate for one in verdicts} == {Fate.RESTORE, Fate.ALREADY}
    assert held_of(session, "S-1-5-32-551") == set(strangers.values())


# -- which rules of the firewall are on ---------------------------------------------------------------------------

INBOUND, EGRESS = "fw-inbound-allow-list", "fw-isolation-egress"
MANAGERS = {"fw-mgmt-rule-any-profile": ["192.0.2.0/24"]}


def open_firewall(session: Any, *names: str, profile: str = "any") -> None:
    """Leave no rule but those of these names, and one for the way in."""
    registry = session.machine.registry
    for name in list(registry.values(firewall.RULES) or {}):
        registry.delete_value(firewall.RULES, name)
    for way, name in (one.split(" ", 1) for one in names):
        session.run(
            f'netsh advfirewall firewall add rule name="{name}" dir={way} action=allow protocol=tcp localport=7'
        )
    session.run(
        'netsh advfirewall firewall add rule name="way in" dir=in action=allow protocol=tcp '
        f"localport=80,3389,5985 remoteip=192.0.2.0/24 profile={profile}"
    )


@EVERYWHERE
@pytest.mark.parametrize(("control", "way"), [(INBOUND, "in"), (EGRESS, "out")])
def test_rules_that_the_site_does_not_list_are_switched_off_and_on_again(
    session: Any, tmp_path: Path, control: str, way: str
) -> None:
    open_firewall(session, f"{way} Old agent", f"{way} Old agent", f"{way} backup (EU)", "in sunset.ws2008 of ours")
    values = MANAGERS | {control: ["backup (eu)", "way in"]}
    outcome = there_and_back(session, control, tmp_path, site_values=values)
    (change,) = outcome.changes
    assert (change.name, shown(change.before), shown(change.after)) == (f"{way} Old agent", "yes", "no")


def test_the_rule_that_lets_us_in_is_never_switched_off(twin: Twins, tmp_path: Path) -> None:
    session = twin()
    open_firewall(session, "in Old agent")
    outcome = enforce(session, INBOUND, tmp_path, site_values=MANAGERS | {INBOUND: ["Old agent"]})
    assert outcome.changes == [] and outcome.held[0].guards == ("firewall-profile",)
    assert "no rule for every profile would be left that lets in port 80" in " ".join(outcome.held[0].reasons)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("translated", "Action=Allow|Active=TRUE|Dir=In|Protocol=6|Name=@FirewallAPI.dll,-28753|", "a translated name"),
        ("blocking", "Action=Block|Active=TRUE|Dir=In|Protocol=6|Name=Old agent|", "would be switched as well"),
        ("off", "Action=Allow|Active=FALSE|Dir=In|Protocol=6|Name=OLD AGENT|", "would be switched as well"),
    ],
)
def test_what_netsh_would_switch_wrongly_is_for_a_person(
    twin: Twins, tmp_path: Path, name: str, text: str, sentence: str
) -> None:
    session = twin()
    open_firewall(session, "in Old agent")
    session.machine.registry.set(firewall.RULES, f"{{{name}}}", "REG_SZ", f"v2.0|{text}")
    outcome = enforce(session, INBOUND, tmp_path, site_values=MANAGERS | {INBOUND: ["way in"]})
    assert outcome.changes == [] and sentence in " ".join(outcome.held[0].reasons)


def test_a_rule_of_group_policy_is_switched_off_there(twin: Twins, tmp_path: Path) -> None:
    session = twin()
    open_firewall(session)
    rule = "v2.0|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=7|Name=By policy|"
    session.machine.registry.set(firewall.POLICY_RULES, "{1}", "REG_SZ", rule)
    outcome = enforce(session, INBOUND, tmp_path, site_values=MANAGERS | {INBOUND: ["way in"]})
    assert outcome.changes == [] and "come from Group Policy" in outcome.held[0].reasons[0]


# -- interruptions ------------------------------------------------------------------------------------------------


def test_cut_at_any_moment_the_next_run_ends_the_same_and_all_of_it_goes_back(twin: Twins, tmp_path: Path) -> None:
    """A sample of the moments, before an order and after it in turn, with an order of every sort in one run."""
    session = twin(locale="de-DE")
    populate(session)
    open_firewall(session, "in Old agent")
    session.run("bcdedit /set {current} nx OptIn")
    ids = [OPERATORS, "nr-netbios-off", "sm-dep-optout", HTTPS, INBOUND]
    values = MANAGERS | {OPERATORS: ["anna b"], INBOUND: ["way in"]}
    values[HTTPS] = give_certificate(session, session.machine.name)
    selection = select(ids=ids, site_values=values)
    snapshot = snapshot_of(session, selection)
    # Only the first run on a machine puts this there; every run here is to take the same steps.
    session.run('mkdir "%ProgramData%\\sunset.ws2008\\journal"')
    session.upload(readme(), "C:\\ProgramData\\sunset.ws2008\\journal\\README.txt")
    start = state(session)

    def run(over: Any, folder: Path, held: dict[str, Any]) -> Outcome:
        return Enforcement(over, selection, AROUND, folder, "cerberus", NOW, fresh=lambda: over).run(held)

    whole = Cut(session, 1000, True)
    first = run(whole, tmp_path / "whole", snapshot)
    assert (first.failures, first.held) == ([], [])
    assert {one.control for one in first.changes} == set(ids)
    end = state(session)
    by_module(session, first)
    assert state(session) == start
    for at in range(1, whole.operations + 1, 5):
        folder = tmp_path / str(at)
        with pytest.raises((Unreachable, Interrupted)):
            run(Cut(session, at, at % 2 == 0), folder, snapshot)
        if not list(folder.glob("cerberus/*")):
            assert state(session) == start, "changed without a journal"
        assert run(session, folder, snapshot_of(session, selection)).failures == []
        assert state(session) == end
        for path in sorted(folder.glob("cerberus/*"), key=lambda one: one.stat().st_mtime_ns, reverse=True):
            target = f"C:\\ProgramData\\sunset.ws2008\\journal\\{path.name}"
            roll_back(session, journals.load(path), journals.Kept(path, target), look)
        assert state(session) == start, f"cut at operation {at}"
