# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Twins on which every record has something to look at, and what people do on them by hand."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.library import shipped
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.records import Control
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.accounts import User
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine

SERVICES = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"
POLICY = f"{SERVICES}SharedAccess\\Parameters\\FirewallPolicy\\"
RULES = f"{POLICY}FirewallRules"
OWN_PROCESS, AUTO, DISABLED = 16, 2, 4
# Products and roles that some records are about: key, name, data.
INSTALLED = (
    ("HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server", "TSAppCompat", 1),
    ("HKLM\\SOFTWARE\\Microsoft\\NET Framework Setup\\NDP\\v2.0.50727", "Install", 1),
    ("HKLM\\SOFTWARE\\Microsoft\\NET Framework Setup\\NDP\\v4\\Full", "Install", 1),
    ("HKLM\\SOFTWARE\\Microsoft\\NET Framework Setup\\NDP\\v4\\Full", "Release", 393297),
)
# What only a site can say.
SITE: dict[str, Any] = {
    "fw-mgmt-rule-any-profile": ["192.0.2.0/24"],
    "winrm-firewall-scope": ["192.0.2.0/24"],
    "fw-inbound-allow-list": ["sunset.ws2008 fw-mgmt-rule-any-profile"],
    "fw-isolation-egress": ["sunset.ws2008 out"],
    "acct-administrators-members": ["Administrator", "Администратор"],
    "acct-rdp-users-members": [],
    "acct-backup-operators-members": [],
    "ui-legal-caption": "Keep out",
    "ui-legal-text": "This machine is for its owners only.",
    "acct-admin-renamed": "keeper",
    "acct-guest-renamed": "nobody-home",
}
STRANGER = "stranger"


def equip(machine: Machine, controls: Iterable[Control]) -> None:
    """Install every service that a record names, and every product that one waits for."""
    for control in controls:
        rows = control.settings.get("services") or [control.settings]
        for row in rows if control.mechanism in ("service", "service_set") else ():
            _install(machine, row["name"])
        for one in control.only_if:
            for name in one.argument if one.condition == "service_present" else ():
                _install(machine, name)
    for key, name, data in INSTALLED:
        machine.registry.set(key, name, "REG_DWORD", data)


def _install(machine: Machine, name: str) -> None:
    if machine.services.get(name) is None:
        for value, kind, data in (
            ("Type", "REG_DWORD", OWN_PROCESS),
            ("Start", "REG_DWORD", AUTO),
            ("DisplayName", "REG_SZ", name),
            ("ObjectName", "REG_SZ", "LocalSystem"),
            ("ImagePath", "REG_EXPAND_SZ", "%SystemRoot%\\System32\\svchost.exe -k twin"),
        ):
            machine.registry.set(SERVICES + name, value, kind, data)


# -- by hand, beside what an enforcement does -------------------------------------------------------------------------


def _rules(machine: Machine, rules: Mapping[str, str]) -> None:
    machine.registry.delete_key(RULES)
    machine.registry.create_key(RULES)
    for name, text in rules.items():
        machine.registry.set(RULES, name, "REG_SZ", f"v2.0|Action=Allow|Active=TRUE|{text}|Name={name}|")


def _stranger(machine: Machine, groups: tuple[str, ...] = ("S-1-5-32-545",), **about: Any) -> None:
    with contextlib.suppress(ValueError):
        user = next((one for one in machine.accounts.users.values() if one.name == STRANGER), None)
        user = user or machine.accounts.add_user(User(STRANGER, machine.accounts.next_rid()), groups)
        for name, value in about.items():
            setattr(user, name, value)
        for group in groups:
            held = machine.accounts.members.setdefault(group, [])
            if machine.accounts.sid_of(user) not in held:
                held.append(machine.accounts.sid_of(user))


def _nobody(machine: Machine, group: str) -> None:
    administrator = machine.accounts.sid_of(machine.accounts.administrator())
    held = machine.accounts.members.get(group, [])
    machine.accounts.members[group] = [sid for sid in held if sid == administrator]


def _say(*lines: str) -> Callable[[Machine], None]:
    def act(machine: Machine) -> None:
        for line in lines:
            machine.run(line)

    return act


def _start(name: str, start: int) -> Callable[[Machine], None]:
    def act(machine: Machine) -> None:
        _install(machine, name)
        machine.registry.set(SERVICES + name, "Start", "REG_DWORD", start)

    return act


def _all_critical(machine: Machine) -> None:
    for name in ("NTDS", "DFSR", "Dnscache", "DNS", "gpsvc", "IsmServ", "Kdc", "LanmanServer", "LanmanWorkstation"):
        _start(name, AUTO)(machine)
    for name in ("Netlogon", "RpcSs", "SamSs", "W32Time", "NtFrs"):
        _start(name, AUTO)(machine)


def _product(machine: Machine) -> None:
    _install(machine, "ekrn")
    machine.services.start("ekrn")


def _no_product(machine: Machine) -> None:
    machine.registry.delete_key(f"{SERVICES}ekrn")


def _value(key: str, name: str, data: Any, kind: str = "REG_SZ") -> Callable[[Machine], None]:
    return lambda machine: machine.registry.set(key, name, kind, data)


def _without(key: str, name: str) -> Callable[[Machine], None]:
    return lambda machine: _take_away(machine, key, name)


def _take_away(machine: Machine, key: str, name: str) -> None:
    machine.registry.delete_value(key, name)


def _of_record(name: str) -> Callable[[Machine], None]:
    """Set the values that a record asks for, as a person does where nothing else here may."""

    def act(machine: Machine) -> None:
        control = shipped().controls[name]
        for row in control.settings.get("values", [control.settings]):
            if row["operator"] == "absent":
                machine.registry.delete_value(row["key"], row["name"])
            elif row.get("only_on", machine.arch) == machine.arch:
                machine.registry.set(row["key"], row["name"], row["type"], row["value"])

    return act


def _nothing(_machine: Machine) -> None:
    """It is broken already."""


_LIST = f"{POLICY}StandardProfile\\GloballyOpenPorts\\List"
_CONTROL = "HKLM\\SYSTEM\\CurrentControlSet\\Control"
_WSUS = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\WindowsUpdate"
_OPEN = "Dir=In|Protocol=6|LPort=445"
_ACL = 'icacls "%SystemRoot%\\System32" '
_LOG = 'icacls "%SystemRoot%\\System32\\winevt\\Logs\\System.evtx" '

_BY_A_PERSON = (
    "ie-version-9",
    "sm-speculative-mitigations",
    "svc-snmp-communities",
    "tls-winhttp-default-protocols",
)

# Control -> how somebody breaks it, and how somebody mends it, where `baseline_breaks` and an enforcement do not.
BY_HAND: dict[str, tuple[Callable[[Machine], Any], Callable[[Machine], Any]]] = {
    "av-present": (_no_product, _product),
    "svc-no-unquoted-paths": (
        _value(f"{SERVICES}ekrn", "ImagePath", "C:\\Program Files\\A V\\ekrn.exe", "REG_EXPAND_SZ"),
        _value(f"{SERVICES}ekrn", "ImagePath", '"C:\\Program Files\\A V\\ekrn.exe"', "REG_EXPAND_SZ"),
    ),
    "fw-no-any-any": (lambda m: _rules(m, {"all": "Dir=In"}), lambda m: _rules(m, {})),
    "fw-smb-scoped": (lambda m: _rules(m, {"smb": _OPEN}), lambda m: _rules(m, {"smb": f"{_OPEN}|RA4=192.0.2.9"})),
    "fw-remote-admin-scoped": (
        lambda m: _rules(m, {"admin": "Dir=In|Protocol=6|LPort=RPC|EmbedCtxt=@FirewallAPI.dll,-29752"}),
        lambda m: _rules(m, {}),
    ),
    "fw-inbound-allow-list": (lambda m: _rules(m, {"smb": _OPEN}), lambda m: _rules(m, {})),
    "fw-isolation-egress": (lambda m: _rules(m, {"out": "Dir=Out"}), lambda m: _rules(m, {})),
    "winrm-firewall-scope": (
        lambda m: _rules(m, {"wide": "Dir=In|Protocol=6|LPort=5985"}),
        lambda m: _rules(m, {"own": "Dir=In|Protocol=6|LPort=5985|RA4=192.0.2.0/255.255.255.0"}),
    ),
    "fw-mgmt-rule-any-profile": (
        lambda m: _rules(m, {}),
        lambda m: _rules(m, {"own": "Dir=In|Protocol=6|LPort=5985|RA4=192.0.2.0/255.255.255.0"}),
    ),
    "fw-legacy-exceptions": (_value(_LIST, "99:TCP", "99:TCP:*:Enabled:x"), _without(_LIST, "99:TCP")),
    "upd-wsus-https": (_value(_WSUS, "WUServer", "http://wsus"), _without(_WSUS, "WUServer")),
    "acl-system-files": (_say(_ACL + "/grant *S-1-5-32-545:(OI)(CI)M"), _say(_ACL + "/remove:g *S-1-5-32-545")),
    "eventlog-acl": (_say(_LOG + "/grant *S-1-5-32-545:M"), _say(_LOG + "/remove:g *S-1-5-32-545")),
    "acct-no-password-not-required": (
        lambda m: _stranger(m, password_required=False),
        lambda m: _stranger(m, password_required=True),
    ),
    "acct-no-nonexpiring": (
        lambda m: _stranger(m, password_expires=False),
        lambda m: [setattr(user, "password_expires", True) for user in m.accounts.users.values()],
    ),
    "acct-guest-disabled": (lambda m: _set_guest(m, False), lambda m: _set_guest(m, True)),
    "acct-administrators-members": (
        lambda m: _stranger(m, ("S-1-5-32-544",)),
        lambda m: _nobody(m, "S-1-5-32-544"),
    ),
    "acct-rdp-users-members": (lambda m: _stranger(m, ("S-1-5-32-555",)), lambda m: _nobody(m, "S-1-5-32-555")),
    "acct-backup-operators-members": (
        lambda m: _stranger(m, ("S-1-5-32-551",)),
        lambda m: _nobody(m, "S-1-5-32-551"),
    ),
    "smb-shares-no-everyone": (
        lambda m: _share(m, "D:(A;;0x1200a9;;;WD)"),
        lambda m: _share(m, "D:(A;;0x1301bf;;;BU)"),
    ),
    "print-share-permissions": (
        lambda m: _printer(m, "D:(A;;0xf000c;;;BU)"),
        lambda m: _printer(m, "D:(A;;0x20008;;;BU)(A;;0xf000c;;;BA)"),
    ),
    **{name: (_nothing, _of_record(name)) for name in _BY_A_PERSON},
    "feature-no-risky-roles": (
        lambda m: m.hardware.features.extend((44, 59)),
        lambda m: m.hardware.features.clear(),
    ),
    "boot-no-debug": (
        _value(_CONTROL, "SystemStartOptions", " NOEXECUTE=OPTOUT  DEBUG=AUTOENABLE  TESTSIGNING"),
        _value(_CONTROL, "SystemStartOptions", " NOEXECUTE=OPTOUT  NODEBUG"),
    ),
    "svc-dps-kept": (_start("DPS", DISABLED), _start("DPS", AUTO)),
    "fw-service-running": (_start("MpsSvc", DISABLED), _start("MpsSvc", AUTO)),
    "winrm-service-running": (_start("EventLog", DISABLED), _start("EventLog", AUTO)),
    "svc-dc-critical-automatic": (_start("NTDS", DISABLED), _all_critical),
}


def _share(machine: Machine, acl: str) -> None:
    machine.registry.set(f"{SERVICES}LanmanServer\\Shares", "Data", "REG_MULTI_SZ", ["Path=C:\\Data", "Type=0"])
    machine.knobs["share_acls"] = {"Data": acl}


def _printer(machine: Machine, acl: str) -> None:
    _start("Spooler", AUTO)(machine)
    machine.services.start("Spooler")
    machine.knobs["printers"] = {"Laser": {"acl": acl}}


def _set_guest(machine: Machine, disabled: bool) -> None:
    next(user for user in machine.accounts.users.values() if user.rid == 501).disabled = disabled
