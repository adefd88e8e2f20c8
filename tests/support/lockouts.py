# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The acts that lock out, done to a twin that minds them: with everything switched off, with guards, on trial.

Each act is a control of a site's own file, so that no guard of a shipped control stands before the one that is meant.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import select
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import confirm
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.accounts import ADMINISTRATORS, POLICIES, User
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.tools import firewall_store

from .hardening import Ward, differences, essence, scene, unreachable
from .transcripts import Way, Yard

_SERVICES = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"
_SCHANNEL = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\"
_WINRM = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\WinRM\\Service"
_SUITES = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Cryptography\\Configuration\\SSL\\00010002"
_FIREWALL = "HKLM\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall\\PublicProfile"
# What a file of a site may hold: some of the acts are refused there already. The act takes its place afterwards.
_HARMLESS = {"kind": "registry", "key": "HKLM\\SOFTWARE\\Vendor", "name": "Mode", "type": "REG_DWORD", "operator": "eq",
             "value": 1}  # fmt: skip
_HTTPS, _BASIC = Way(scheme="https"), Way("basic")


def _reg(key: str, name: str, value: int | str) -> dict[str, Any]:
    kind = "REG_DWORD" if isinstance(value, int) else "REG_SZ"
    return {"kind": "registry", "key": key, "name": name, "type": kind, "operator": "eq", "value": value}


def _unreached(ward: Ward) -> bool:
    return bool(unreachable(ward))


def _stopped(name: str) -> Callable[[Ward], bool]:
    def look(ward: Ward) -> bool:
        service = ward.yard.machine.services.get(name)
        return service is None or not service.running

    return look


def _one_profile_only(machine: Machine) -> None:
    """The firewall is off, and the rule that lets the controller in is one for the domain's profile."""
    machine.knobs["firewall"] = "enforced"
    firewall_store.set_profile(machine, "public", "EnableFirewall", 0)
    rule = firewall_store.Rule(firewall_store.new_key(machine, "WinRM"))
    for name, text in (("Action", "Allow"), ("Dir", "In"), ("Protocol", "6"), ("LPort", "5985"), ("Profile", "Domain")):
        rule.put(name, text)
    firewall_store.save(machine, rule)


def _second_administrator(machine: Machine) -> None:
    machine.accounts.add_user(User("ops", 1010, "Rehearsal-1"), (ADMINISTRATORS,))
    machine.registry.set(POLICIES, "LocalAccountTokenFilterPolicy", "REG_DWORD", 1)


def _service_of_a_person(machine: Machine) -> None:
    user = machine.accounts.add_user(User("svc-app", 1020, "Rehearsal-2"))
    machine.policy.rights["SeServiceLogonRight"] = [machine.accounts.sid_of(user)]
    machine.registry.set(_SERVICES + "Spooler", "ObjectName", "REG_SZ", ".\\svc-app")


def _nothing(_machine: Machine) -> None:
    """A fresh machine will do."""


@dataclass(frozen=True)
class Act:
    """One act. `at_restart`: it acts after a restart. `seen` says whether it has locked out or broken something.

    `confirmed`: the login still comes in, so that only the guard and the rollback can help. `also`: guards that have to
    be overruled with it.
    """

    id: str
    guard: str
    row: int
    words: str
    mechanism: dict[str, Any]
    happens: str
    way: Way = Way()
    prepare: Callable[[Machine], None] = _nothing
    at_restart: bool = False
    seen: Callable[[Ward], bool] = _unreached
    confirmed: bool = False
    also: tuple[str, ...] = ()


ACTS = (
    Act("dependency", "smb1-dependency", 1, "mrxsmb10 is disabled, and Workstation depends on it",
        _reg(_SERVICES + "mrxsmb10", "Start", 4), "Workstation does not start",
        at_restart=True, seen=_stopped("LanmanWorkstation"), confirmed=True),
    Act("sha", "sha1-off", 3, "the hash SHA is switched off", _reg(_SCHANNEL + "Hashes\\SHA", "Enabled", 0),
        "no handshake comes about", _HTTPS, at_restart=True),
    Act("suites", "suites-unknown", 4, "the suites are those of a newer Windows",
        _reg(_SUITES, "Functions", "TLS_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
        "no handshake comes about", _HTTPS, at_restart=True),
    Act("tls10", "tls10-unproved", 5, "TLS 1.0 is switched off where there is no other",
        _reg(_SCHANNEL + "Protocols\\TLS 1.0\\Server", "Enabled", 0), "no handshake comes about",
        _HTTPS, at_restart=True, also=("tls10-in-use",)),
    Act("filter", "winrm-filter", 8, "the filter of WinRM names clients",
        _reg(_WINRM, "IPv4Filter", "10.0.0.0-10.0.0.255"), "nothing listens"),
    Act("firewall", "firewall-profile", 9, "the firewall is switched on, its rule is for another profile",
        _reg(_FIREWALL, "EnableFirewall", 1), "no connection comes about", prepare=_one_profile_only),
    Act("token", "token-filter", 10, "the token of a local administrator is filtered",
        _reg(POLICIES, "LocalAccountTokenFilterPolicy", 0), "the login is refused",
        Way(user="ops"), _second_administrator),
    Act("approval", "token-filter", 10, "the built-in Administrator is filtered, too",
        _reg(POLICIES, "FilterAdministratorToken", 1), "the login is refused"),
    Act("basic", "winrm-login", 11, "Basic is refused while it is in use", _reg(_WINRM, "AllowBasic", 0),
        "the login is refused", _BASIC),
    Act("unencrypted", "winrm-login", 11, "unencrypted messages are refused while they are in use",
        _reg(_WINRM, "AllowUnencryptedTraffic", 0), "every message is refused", _BASIC),
    Act("negotiate", "winrm-login", 11, "Negotiate is refused while it is in use", _reg(_WINRM, "AllowNegotiate", 0),
        "the login is refused"),
    Act("deny", "login-right", 12, "network logon is denied to administrators",
        {"kind": "user_right", "right": "SeDenyNetworkLogonRight", "operator": "eq", "sids": ["S-1-5-32-544"]},
        "the login is refused"),
    Act("grant", "login-right", 12, "network logon is left to others",
        {"kind": "user_right", "right": "SeNetworkLogonRight", "operator": "eq", "sids": ["S-1-5-32-551"]},
        "the login is refused"),
    Act("services", "service-rights", 13, "the right to log on as a service is taken from an account in use",
        {"kind": "user_right", "right": "SeServiceLogonRight", "operator": "eq", "sids": ["S-1-5-20"]},
        "the service does not start", prepare=_service_of_a_person, at_restart=True, seen=_stopped("Spooler"),
        confirmed=True),
    Act("disabled", "own-account", 14, "the account in use is disabled",
        {"kind": "secedit_system_access", "name": "EnableAdminAccount", "operator": "eq", "value": 0},
        "the login is refused"),
    Act("guest", "force-guest", 16, "local accounts come in as Guest",
        _reg("HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa", "ForceGuest", 1), "the login is refused"),
)  # fmt: skip

# Rows of the facts that no twin shows, and why.
NOT_SHOWN = {
    2: "no door of ours uses SMB, and the twin serves no files to others; the guard smb-none-left is tested on its own",
    6: "the twin speaks no Remote Desktop; the guard rdp-no-protocol is tested on its own",
    7: "what FIPS breaks are programs, and the twin has none; the guard fips-on is tested on its own",
    15: "the twin writes no Security log that could fill; the guard crash-on-audit-fail is tested on its own",
    17: "which package breaks which logon is not documented; the guard security-packages is tested on its own",
    18: "the twin has no domain controller of July 2023; the guard secure-channel is tested on its own",
    19: "nothing here elevates; the guard signed-only is tested on its own",
    20: "the twin has no SYSVOL; the guard unc-privacy is tested on its own",
    21: "it costs five seconds of a start and breaks routing, not the way in; the guard ipv6-components is tested",
    22: "a log that is too small or too large does not lock out; the guard event-log-unit is tested",
    23: "nothing of ours can do it: a test shows that a slash stays in its key",
    24: "nothing of ours can do it: a test shows that a template holds the changed lines only",
    25: "what Windows then does is not documented ('may block'); the guard firewall-service is tested on its own",
}


def ward_of(act: Act, yard: Yard, folder: Path, minutes: int = 0, force: bool = False) -> Ward:
    """Return the machine of an act, with the control that does it."""
    control = {
        "id": f"own-{act.id}", "title": "What locks out", "why": "A rehearsal.", "area": "winrm", "level": "baseline",
        "roles": ["standalone", "member", "dc"], "group": "winrm", "mechanism": _HARMLESS, "default": "Off.",
        "restart": "yes" if act.at_restart else "no", "breaks": "The way in.", "look_first": "Twice.",
        "lockout": {"risk": "high"}, "references": ["a rehearsal"], "confidence": "high",
    }  # fmt: skip
    file = folder / "own.yml"
    file.write_text(yaml.safe_dump({"controls": [control]}), encoding="utf-8")
    selection = select(ids=[str(control["id"])], baseline_file=str(file))
    settings = {name: one for name, one in act.mechanism.items() if name != "kind"}
    (harmless,) = selection.controls
    meant = dataclasses.replace(harmless, mechanism=act.mechanism["kind"], settings=settings)
    library = dataclasses.replace(selection.library, controls={**selection.library.controls, meant.id: meant})
    selection = dataclasses.replace(selection, controls=(meant,), library=library)
    options = {"force": [act.guard, *act.also]} if force else {}
    return Ward(yard, folder / "journal", selection, minutes, options, broken=True)


def yard_of(act: Act) -> Yard:
    """Return a machine on which the act does harm, reached in the way that it cuts off."""
    with Yard(scene()) as seed:
        act.prepare(seed.machine)
        state = seed.machine.to_state()
    return Yard(scene(), state, act.way)


def locks_out(act: Act, folder: Path) -> list[str]:
    """Do the act with its guard overruled and nothing on trial; return what is wrong, nothing when it locks out."""
    with yard_of(act) as yard:
        ward = ward_of(act, yard, folder, force=True)
        before = act.seen(ward)
        ended = ward.harden(yard.controller("one"))
        if act.at_restart:
            yard.machine.restart("the change wants it")
        yard.settle()
        wrong = ["it was locked out before"] if before else []
        return wrong + ([] if act.seen(ward) else [f"nothing happened: {ended}"])


def is_held(act: Act, folder: Path) -> list[str]:
    """Do the act with the guards on; return what is wrong, nothing when it is held and all is as it was."""
    with yard_of(act) as yard:
        ward = ward_of(act, yard, folder)
        start = essence(yard)
        ended = ward.harden(yard.controller("one"))
        held = [guard for one in ward.outcome.held for guard in one.guards] if ward.outcome else []
        yard.settle()
        wrong = [] if act.guard in held else [f"held by {held}, ended in {ended}"]
        return wrong + differences(start, essence(yard)) + (["it is locked out"] if act.seen(ward) else [])


def is_taken_back(act: Act, folder: Path) -> list[str]:
    """Do the act with its guard overruled, and on trial; return what is wrong, nothing when the machine takes it back.

    What acts at a restart is on trial when the machine restarts, as the module ``reboot`` does it. Where a login still
    comes in, a trial ends well, and a person takes the run back.
    """
    with yard_of(act) as yard:
        ward = ward_of(act, yard, folder, minutes=2, force=True)
        start = essence(yard)
        one = yard.controller("one")
        ended = ward.harden(one)
        if act.at_restart and not act.confirmed:
            undo = f'@call "{ward.outcome.kept.target}\\{confirm.UNDO}"\r\n'.encode()
            confirm.arm(one.session, "run.restart", {confirm.UNDO: undo}, 2, acts_at_restart=True)
        if act.at_restart:
            yard.machine.restart("the change wants it")
        ward.wait()
        if act.confirmed:
            ended = ward.take_back(yard.controller("two")) if act.seen(ward) else "nothing happened"
            yard.machine.restart("the way back wants it")
            yard.settle()
        wrong = ["it is still locked out"] if act.seen(ward) else []
        return [f"{one} ({ended})" for one in (*wrong, *differences(start, essence(yard)), *unreachable(ward))]
