# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The acts that lock out or break something, each with the machine on which it does harm, and how the harm is seen.

Most cut off the door that we use, WinRM. The others take a door or a service from somebody else; then a login of ours
still comes in, so a trial ends well, and the guard and the rollback are what there is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin import doors, event_logs, wsman_tls
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.accounts import ADMINISTRATORS, POLICIES, User
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.shares import shares
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.tools import firewall_store

from .hardening import Ward, unreachable
from .transcripts import Way

_SERVICES = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"
_SERVER = _SERVICES + "LanmanServer\\Parameters"
_LSA = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa"
_TERMINAL = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server"
_SCHANNEL = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\"
_WINRM = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\WinRM\\Service"
_SUITES = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Cryptography\\Configuration\\SSL\\00010002"
_FIREWALL = "HKLM\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall\\PublicProfile"
_HARDENED = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\NetworkProvider\\HardenedPaths"
_EVENT_LOG = _SERVICES + "eventlog\\Security"
_DOMAIN, _SYSVOL = "corp.example", "\\\\corp.example\\SYSVOL"
_DAY = 200  # events of a day on a quiet machine
_HTTPS, _BASIC, _OPS = Way(scheme="https"), Way("basic"), Way(user="ops")


def _reg(key: str, name: str, value: int | str | list[str]) -> dict[str, Any]:
    kind = "REG_DWORD" if isinstance(value, int) else "REG_SZ" if isinstance(value, str) else "REG_MULTI_SZ"
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
    _allow(machine, "Domain")


def _profile(machine: Machine, name: str) -> None:
    """Whoever logs on for the first time gets a profile."""
    machine.run(f'mkdir "C:\\Users\\{name}\\AppData\\Local\\Temp"')


def _second_administrator(machine: Machine) -> None:
    _profile(machine, "ops")
    machine.accounts.add_user(User("ops", 1010, "Rehearsal-1"), (ADMINISTRATORS,))
    machine.registry.set(POLICIES, "LocalAccountTokenFilterPolicy", "REG_DWORD", 1)


def _service_of_a_person(machine: Machine) -> None:
    user = machine.accounts.add_user(User("svc-app", 1020, "Rehearsal-2"))
    machine.policy.rights["SeServiceLogonRight"] = [machine.accounts.sid_of(user)]
    machine.registry.set(_SERVICES + "Spooler", "ObjectName", "REG_SZ", ".\\svc-app")


def _allow(machine: Machine, profile: str) -> None:
    rule = firewall_store.Rule(firewall_store.new_key(machine, "WinRM"))
    for name, text in (("Action", "Allow"), ("Dir", "In"), ("Protocol", "6"), ("LPort", "5985"), ("Profile", profile)):
        rule.put(name, text)
    firewall_store.save(machine, rule)


def _a_rule_for_us(machine: Machine) -> None:
    machine.knobs["firewall"] = "enforced"
    _allow(machine, "Public")


def _an_old_password(machine: Machine) -> None:
    user = machine.accounts.administrator()
    user.password_expires, user.password_set = True, (machine.clock.now() - dt.timedelta(days=400)).isoformat()
    machine.policy.system_access["MaximumPasswordAge"] = -1


def _a_wrong_password(ward: Ward) -> bool:
    """Somebody's saved password is an old one: it is tried once, and then a right one."""
    ward.yard.machine.accounts.authenticate("ops", "", "of last year")
    return _unreached(ward)


def _a_log_that_is_kept(machine: Machine) -> None:
    machine.accounts.add_user(User("clerk", 1030, "Rehearsal-3"))
    machine.registry.set(_EVENT_LOG, "Retention", "REG_DWORD", 0xFFFFFFFF)
    machine.knobs["log_bytes"] = {"Security": event_logs.limit(machine, "Security")}


def _clerk_stays_outside(ward: Ward) -> bool:
    return ward.yard.machine.accounts.authenticate("clerk", "", "Rehearsal-3") is None


def _member(machine: Machine) -> None:
    """A member of a domain whose controllers have the updates of July 2023; its administrator comes in."""
    hardware = machine.hardware
    hardware.domain, hardware.part_of_domain, hardware.domain_role = _DOMAIN, True, 3
    _profile(machine, "carol")
    machine.accounts.domain_users["carol"] = ("Rehearsal-4", True)
    machine.registry.set(_SERVICES + "Netlogon", "Start", "REG_DWORD", 2)
    machine.services.start("Netlogon")
    machine.knobs["domain_controllers"] = "2023-07"
    machine.knobs["network"] = {"shares": {_SYSVOL: {"folder": str(Path(__file__).parent)}}}


def _no_group_policy(ward: Ward) -> bool:
    machine = ward.yard.machine
    return machine.run(f"type {_SYSVOL}\\{Path(__file__).name}", machine.accounts.system())[0] != 0


def _first_event_is_gone(ward: Ward) -> bool:
    """Write the events of a day, look whether the first one is still there, and leave the log as it was."""
    machine, moment = ward.yard.machine, ward.yard.machine.clock.now()
    before = machine.knobs.get("events")
    for number in range(_DAY):
        at = (moment + dt.timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
        event = {"log": "Security", "provider": "a rehearsal", "id": 4624, "at": at, "data": {"Number": number}}
        event_logs.write(machine, event)
    _rc, text, _errors = machine.run('wevtutil qe Security /q:"*[System[(EventID=4624)]]"')
    machine.knobs["events"] = before or []
    return "<Data Name='Number'>0</Data>" not in text


def _no_log(machine: Machine) -> None:
    machine.knobs["events"] = []


def _start_is_slow(ward: Ward) -> bool:
    """Restart, and measure."""
    yard = ward.yard
    yard.machine.restart("to measure it")
    began = yard.clock.elapsed()
    while not yard.machine.up:
        yard.rest(0.5)
    return bool(yard.clock.elapsed() - began >= yard.machine.restart_seconds + doors.DELAY)


def _remote_desktop_on(machine: Machine) -> None:
    machine.registry.set(_TERMINAL, "fDenyTSConnections", "REG_DWORD", 0)


def _remote_desktop_without_tls10(machine: Machine) -> None:
    _remote_desktop_on(machine)
    machine.registry.set(_SCHANNEL + "Protocols\\TLS 1.0\\Server", "Enabled", "REG_DWORD", 0)


def _somebody_at_the_desktop(machine: Machine) -> None:
    _remote_desktop_on(machine)
    machine.knobs["remote_logons"] = 1


def _smb2_off(machine: Machine) -> None:
    machine.registry.set(_SERVER, "SMB2", "REG_DWORD", 0)


def _a_scanner(machine: Machine) -> None:
    about = {"client": "\\\\10.0.0.9", "user": "scanner", "client_type": "Windows 2002 5.1", "share": "C$"}
    machine.knobs["smb_sessions"] = [about]


def _old_clients(machine: Machine) -> None:
    """One logs on with NTLMv1, and one shakes hands with TLS 1.0."""
    at = machine.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    logon = {"TargetUserName": "copier", "TargetDomainName": "-", "WorkstationName": "C1", "IpAddress": "10.0.0.9",
             "LmPackageName": "NTLM V1"}  # fmt: skip
    machine.knobs["events"] = [
        {"log": "Security", "provider": "Microsoft-Windows-Security-Auditing", "id": 4624, "at": at, "data": logon},
        {"log": "System", "provider": "Schannel", "id": 36880, "at": at, "data": {"Protocol": "TLS 1.0"}},
    ]


def _machine(look: Callable[[Machine], object]) -> Callable[[Ward], bool]:
    """Look at the machine only."""
    return lambda ward: bool(look(ward.yard.machine))


def _nothing(_machine: Machine) -> None:
    """A fresh machine will do."""


@dataclass(frozen=True)
class Act:
    """One act. `at_restart`: it acts after a restart. `seen` says whether it has locked out or broken something.

    `confirmed`: the login still comes in, so that only the guard and the rollback can help. `also`: guards that have to
    be overruled with it. `forced`: Windows itself has changed the value since, so that the rollback has to be forced.
    `patience`: minutes after which a person comes in again.
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
    forced: bool = False
    patience: float = 0.0


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
        _OPS, _second_administrator),
    Act("approval", "token-filter", 10, "the built-in Administrator is filtered, too",
        _reg(POLICIES, "FilterAdministratorToken", 1), "the login is refused"),
    Act("basic", "winrm-login", 11, "Basic is refused while it is in use", _reg(_WINRM, "AllowBasic", 0),
        "the login is refused", _BASIC),
    Act("unencrypted", "winrm-login", 11, "unencrypted messages are refused while they are in use",
        _reg(_WINRM, "AllowUnencryptedTraffic", 0), "every message is refused", _BASIC),
    Act("negotiate", "winrm-login", 11, "Negotiate is refused while it is in use", _reg(_WINRM, "AllowNegotiate", 0),
        "the login is refused"),
    Act("listener", "winrm-login", 11, "the listener in use is removed",
        {"kind": "winrm_listener", "transport": "HTTP", "state": "absent"}, "nothing listens"),
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
        _reg(_LSA, "ForceGuest", 1), "the login is refused"),
    Act("none", "smb-none-left", 2, "SMB 1 is switched off where SMB 2 was before", _reg(_SERVER, "SMB1", 0),
        "file sharing has no dialect left", prepare=_smb2_off, at_restart=True,
        seen=_machine(lambda one: not doors.dialects(one)), confirmed=True),
    Act("layer", "rdp-no-protocol", 6, "Remote Desktop insists on TLS, and TLS 1.0 is off",
        _reg(_TERMINAL + "\\WinStations\\RDP-Tcp", "SecurityLayer", 2), "Remote Desktop has no protocol left",
        prepare=_remote_desktop_without_tls10, seen=_machine(lambda one: not doors.remote_desktop(one)),
        confirmed=True),
    Act("fips", "fips-on", 7, "the FIPS policy is switched on", _reg(_LSA + "\\FIPSAlgorithmPolicy", "Enabled", 1),
        "a Remote Desktop client without the level FIPS stays outside", prepare=_remote_desktop_on, at_restart=True,
        seen=_machine(lambda one: not doors.remote_desktop(one, tls=(), fips=False)), confirmed=True),
    Act("renamed", "own-account", 14, "the account in use is renamed",
        {"kind": "secedit_system_access", "name": "NewAdministratorName", "operator": "eq", "value": "keeper"},
        "the login is refused"),
    Act("member", "own-account", 14, "the account in use is put out of the Administrators",
        {"kind": "group_members", "group": "S-1-5-32-544", "value": []}, "the login is refused", _OPS,
        _second_administrator),
    Act("expired", "own-account", 14, "passwords end, and the one in use is older",
        {"kind": "secedit_system_access", "name": "MaximumPasswordAge", "operator": "eq", "value": 60},
        "the login is refused", prepare=_an_old_password),
    Act("locked", "own-account", 14, "one wrong password locks an account, and somebody's saved one is wrong",
        {"kind": "secedit_system_access", "name": "LockoutBadCount", "operator": "eq", "value": 1},
        "the login is refused for half an hour", _OPS, _second_administrator, seen=_a_wrong_password, confirmed=True,
        patience=31.0),
    Act("audit", "crash-on-audit-fail", 15, "the machine is to halt when the Security log is full, and it is",
        _reg(_LSA, "CrashOnAuditFail", 1), "it halts at the next logon, and then lets administrators in only",
        prepare=_a_log_that_is_kept, seen=_clerk_stays_outside, confirmed=True, forced=True),
    Act("packages", "security-packages", 17, "msv1_0 is no security package any more",
        _reg(_LSA, "Security Packages", ["kerberos", "schannel", "wdigest", "tspkg"]), "the login is refused",
        at_restart=True),
    Act("channel", "secure-channel", 18, "the secure channel is not sealed, the controllers are those of July 2023",
        _reg(_SERVICES + "Netlogon\\Parameters", "SealSecureChannel", 0), "the login of the domain is refused",
        Way(user="carol", domain=_DOMAIN), _member),
    Act("signed", "signed-only", 19, "only signed programs may elevate",
        _reg(POLICIES, "ValidateAdminCodeSignatures", 1), "an unsigned tool does not start",
        seen=_machine(lambda one: doors.elevate(one, signed=False)), confirmed=True),
    Act("privacy", "unc-privacy", 20, "SYSVOL is to be encrypted",
        _reg(_HARDENED, "\\\\*\\SYSVOL", "RequireMutualAuthentication=1, RequireIntegrity=1, RequirePrivacy=1"),
        "Group Policy cannot be read", Way(user="carol", domain=_DOMAIN), _member, seen=_no_group_policy,
        confirmed=True),
    Act("ipv6", "ipv6-components", 21, "all components of IPv6 are disabled by 0xFFFFFFFF",
        _reg(_SERVICES + "Tcpip6\\Parameters", "DisabledComponents", 0xFFFFFFFF),
        "each start takes five seconds longer", seen=_start_is_slow, confirmed=True),
    Act("unit", "event-log-unit", 22, "the size of a log is given in KB where bytes count",
        _reg(_EVENT_LOG, "MaxSize", 32768), "the log does not hold one day", prepare=_no_log, seen=_first_event_is_gone,
        confirmed=True),
    Act("engine", "firewall-service", 25, "the base filtering engine is disabled",
        _reg(_SERVICES + "BFE", "Start", 4), "the filters of the start let nobody in", prepare=_a_rule_for_us,
        at_restart=True),
    Act("service", "way-in-service", 0, "WinRM is disabled", _reg(_SERVICES + "WinRM", "Start", 4), "nothing listens",
        at_restart=True),
    Act("scanner", "smb1-in-use", 0, "SMB 1 is switched off while a scanner uses it", _reg(_SERVER, "SMB1", 0),
        "the scanner loses its share", prepare=_a_scanner, at_restart=True,
        seen=_machine(lambda one: "NT LM 0.12" not in doors.dialects(one)), confirmed=True),
    Act("shares", "admin-shares-in-use", 0, "the administrative shares go while somebody uses them",
        _reg(_SERVER, "AutoShareServer", 0), "C$ is gone", prepare=_a_scanner, at_restart=True,
        seen=_machine(lambda one: "C$" not in [share.name for share in shares(one)]), confirmed=True),
    Act("desktop", "rdp-in-use", 0, "Remote Desktop is switched off while somebody works there",
        _reg(_TERMINAL, "fDenyTSConnections", 1), "nobody comes in any more", prepare=_somebody_at_the_desktop,
        seen=_machine(lambda one: not doors.remote_desktop(one)), confirmed=True),
    Act("ntlm", "ntlmv1-in-use", 0, "NTLMv1 is refused while somebody logs on with it",
        _reg(_LSA, "LmCompatibilityLevel", 5), "the logon is refused", prepare=_old_clients,
        seen=_machine(lambda one: not doors.takes_ntlm1(one)), confirmed=True),
    Act("old-tls", "tls10-in-use", 0, "TLS 1.0 is switched off while somebody uses it",
        _reg(_SCHANNEL + "Protocols\\TLS 1.0\\Server", "Enabled", 0), "the client is refused", prepare=_old_clients,
        at_restart=True, also=("tls10-unproved",), seen=_machine(lambda one: "1.0" not in wsman_tls.offered(one)),
        confirmed=True),
)  # fmt: skip


@dataclass(frozen=True)
class ByHand:
    """What breaks something when a person does it, and nothing of ours can do: `hand` does it, `control` is our way.

    `seen` says whether it has broken something, `works` whether our way did what it should.
    """

    id: str
    row: int
    words: str
    happens: str
    ours: str
    hand: Callable[[Machine], object]
    control: str
    seen: Callable[[Machine], bool]
    works: Callable[[Machine], bool]
    prepare: Callable[[Machine], None] = _nothing


_RC4 = _SCHANNEL + "Ciphers\\RC4 128/128"


def _with_new_item(machine: Machine) -> None:
    """The PowerShell provider takes a slash for a backslash."""
    machine.registry.set(_RC4.replace("/", "\\"), "Enabled", "REG_DWORD", 0)


def _rc4_is_hardened(machine: Machine) -> bool:
    return "RC4 128/128" not in doors.ciphers(machine)


def _bogus_key(machine: Machine) -> bool:
    return machine.registry.key_exists(_RC4.replace("/", "\\"))


def _configure_all(machine: Machine) -> None:
    """A template that somebody exported elsewhere is configured, for one line of it, and the database begun anew."""
    stock = Machine.pristine()
    stock.policy.system_access["MinimumPasswordLength"] = 14
    stock.run("secedit /export /cfg C:\\all.inf")
    machine.files.write("C:\\all.inf", stock.files.read("C:\\all.inf"))
    machine.run("secedit /configure /db C:\\all.sdb /cfg C:\\all.inf /overwrite /quiet")


def _task_of_a_person(machine: Machine) -> None:
    user = machine.accounts.add_user(User("backup", 1040, "Rehearsal-5"))
    machine.policy.rights["SeBatchLogonRight"] += [machine.accounts.sid_of(user)]


def _task_lost_its_right(machine: Machine) -> bool:
    user = machine.accounts.users["backup"]
    return machine.accounts.sid_of(user) not in machine.policy.rights["SeBatchLogonRight"]


BY_HAND = (
    ByHand("slash", 23, "a key with a slash in its name is made in PowerShell", "RC4 stays on, and a bogus key stays",
           "keys are written by reg import, and RC4 is off", _with_new_item, "tls-cipher-rc4-128-off",
           lambda one: not _rc4_is_hardened(one) and _bogus_key(one), _rc4_is_hardened),
    ByHand("template", 24, "a full template is configured for one line of it", "the account of a task loses its right",
           "a template holds the changed line only, and the account keeps its right", _configure_all,
           "acct-password-length", _task_lost_its_right,
           lambda one: one.policy.system_access["MinimumPasswordLength"] >= 14, _task_of_a_person),
)  # fmt: skip
