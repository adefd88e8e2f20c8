# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The security template as the twin's secedit.exe reads and writes it (private to this collection).

Section and key names are English in every language; only names of accounts without a well-known SID
are the machine's own. Order and shape follow a published export.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..registry import RegistryError, RegValue

if TYPE_CHECKING:
    from ..machine import Machine

AREAS = ("SECURITYPOLICY", "GROUP_MGMT", "USER_RIGHTS", "REGKEYS", "FILESTORE", "SERVICES")
SECTIONS = {
    "system access": "SECURITYPOLICY",
    "event audit": "SECURITYPOLICY",
    "kerberos policy": "SECURITYPOLICY",
    "registry values": "SECURITYPOLICY",
    "system log": "SECURITYPOLICY",
    "security log": "SECURITYPOLICY",
    "application log": "SECURITYPOLICY",
    "privilege rights": "USER_RIGHTS",
    "group membership": "GROUP_MGMT",
    "registry keys": "REGKEYS",
    "file security": "FILESTORE",
    "service general setting": "SERVICES",
    "unicode": "",
    "version": "",
    "profile description": "",
}
_KINDS = {1: "REG_SZ", 2: "REG_EXPAND_SZ", 3: "REG_BINARY", 4: "REG_DWORD", 7: "REG_MULTI_SZ"}
_NUMBERS = {kind: number for number, kind in _KINDS.items()}
HIVES = {"MACHINE": "HKLM", "USERS": "HKU", "CLASSES_ROOT": "HKCR", "CURRENT_USER": "HKCU"}
ACCESS_ORDER = (
    "MinimumPasswordAge",
    "MaximumPasswordAge",
    "MinimumPasswordLength",
    "PasswordComplexity",
    "PasswordHistorySize",
    "LockoutBadCount",
    "ResetLockoutCount",
    "LockoutDuration",
    "RequireLogonToChangePassword",
    "ForceLogoffWhenHourExpire",
    "NewAdministratorName",
    "NewGuestName",
    "ClearTextPassword",
    "LSAAnonymousNameLookup",
    "EnableAdminAccount",
    "EnableGuestAccount",
)
_LSA = "System\\CurrentControlSet\\Control\\Lsa"
_POLICIES = "Software\\Microsoft\\Windows\\CurrentVersion\\Policies\\System"
_NT = "Software\\Microsoft\\Windows NT\\CurrentVersion"
_SERVICES = "System\\CurrentControlSet\\Services"
# The security options that an export of NT 6.0 lists, when the value is there (from the tool's own list).
OPTIONS = (
    f"{_NT}\\Setup\\RecoveryConsole\\SecurityLevel",
    f"{_NT}\\Setup\\RecoveryConsole\\SetCommand",
    f"{_NT}\\Winlogon\\AllocateCDRoms",
    f"{_NT}\\Winlogon\\AllocateDASD",
    f"{_NT}\\Winlogon\\AllocateFloppies",
    f"{_NT}\\Winlogon\\CachedLogonsCount",
    f"{_NT}\\Winlogon\\ForceUnlockLogon",
    f"{_NT}\\Winlogon\\PasswordExpiryWarning",
    f"{_NT}\\Winlogon\\ScRemoveOption",
    f"{_POLICIES}\\ConsentPromptBehaviorAdmin",
    f"{_POLICIES}\\ConsentPromptBehaviorUser",
    f"{_POLICIES}\\DisableCAD",
    f"{_POLICIES}\\DontDisplayLastUserName",
    f"{_POLICIES}\\EnableInstallerDetection",
    f"{_POLICIES}\\EnableLUA",
    f"{_POLICIES}\\EnableSecureUIAPaths",
    f"{_POLICIES}\\EnableUIADesktopToggle",
    f"{_POLICIES}\\EnableVirtualization",
    f"{_POLICIES}\\FilterAdministratorToken",
    f"{_POLICIES}\\LegalNoticeCaption",
    f"{_POLICIES}\\LegalNoticeText",
    f"{_POLICIES}\\PromptOnSecureDesktop",
    f"{_POLICIES}\\ScForceOption",
    f"{_POLICIES}\\ShutdownWithoutLogon",
    f"{_POLICIES}\\UndockWithoutLogon",
    f"{_POLICIES}\\ValidateAdminCodeSignatures",
    "Software\\Policies\\Microsoft\\Cryptography\\ForceKeyProtection",
    "Software\\Policies\\Microsoft\\Windows\\Safer\\CodeIdentifiers\\AuthenticodeEnabled",
    "Software\\Policies\\Microsoft\\Windows NT\\DCOM\\MachineAccessRestriction",
    "Software\\Policies\\Microsoft\\Windows NT\\DCOM\\MachineLaunchRestriction",
    f"{_LSA}\\AuditBaseObjects",
    f"{_LSA}\\CrashOnAuditFail",
    f"{_LSA}\\DisableDomainCreds",
    f"{_LSA}\\EveryoneIncludesAnonymous",
    f"{_LSA}\\FIPSAlgorithmPolicy\\Enabled",
    f"{_LSA}\\ForceGuest",
    f"{_LSA}\\FullPrivilegeAuditing",
    f"{_LSA}\\LimitBlankPasswordUse",
    f"{_LSA}\\LmCompatibilityLevel",
    f"{_LSA}\\MSV1_0\\NTLMMinClientSec",
    f"{_LSA}\\MSV1_0\\NTLMMinServerSec",
    f"{_LSA}\\NoLMHash",
    f"{_LSA}\\RestrictAnonymous",
    f"{_LSA}\\RestrictAnonymousSAM",
    f"{_LSA}\\SCENoApplyLegacyAuditPolicy",
    f"{_LSA}\\SubmitControl",
    "System\\CurrentControlSet\\Control\\Print\\Providers\\LanMan Print Services\\Servers\\AddPrinterDrivers",
    "System\\CurrentControlSet\\Control\\SecurePipeServers\\Winreg\\AllowedExactPaths\\Machine",
    "System\\CurrentControlSet\\Control\\SecurePipeServers\\Winreg\\AllowedPaths\\Machine",
    "System\\CurrentControlSet\\Control\\Session Manager\\Kernel\\ObCaseInsensitive",
    "System\\CurrentControlSet\\Control\\Session Manager\\Memory Management\\ClearPageFileAtShutdown",
    "System\\CurrentControlSet\\Control\\Session Manager\\ProtectionMode",
    "System\\CurrentControlSet\\Control\\Session Manager\\SubSystems\\optional",
    f"{_SERVICES}\\LanManServer\\Parameters\\AutoDisconnect",
    f"{_SERVICES}\\LanManServer\\Parameters\\EnableForcedLogOff",
    f"{_SERVICES}\\LanManServer\\Parameters\\EnableSecuritySignature",
    f"{_SERVICES}\\LanManServer\\Parameters\\NullSessionPipes",
    f"{_SERVICES}\\LanManServer\\Parameters\\NullSessionShares",
    f"{_SERVICES}\\LanManServer\\Parameters\\RequireSecuritySignature",
    f"{_SERVICES}\\LanManServer\\Parameters\\RestrictNullSessAccess",
    f"{_SERVICES}\\LanmanWorkstation\\Parameters\\EnablePlainTextPassword",
    f"{_SERVICES}\\LanmanWorkstation\\Parameters\\EnableSecuritySignature",
    f"{_SERVICES}\\LanmanWorkstation\\Parameters\\RequireSecuritySignature",
    f"{_SERVICES}\\LDAP\\LDAPClientIntegrity",
    f"{_SERVICES}\\Netlogon\\Parameters\\DisablePasswordChange",
    f"{_SERVICES}\\Netlogon\\Parameters\\MaximumPasswordAge",
    f"{_SERVICES}\\Netlogon\\Parameters\\RefusePasswordChange",
    f"{_SERVICES}\\Netlogon\\Parameters\\RequireSignOrSeal",
    f"{_SERVICES}\\Netlogon\\Parameters\\RequireStrongKey",
    f"{_SERVICES}\\Netlogon\\Parameters\\SealSecureChannel",
    f"{_SERVICES}\\Netlogon\\Parameters\\SignSecureChannel",
    f"{_SERVICES}\\NTDS\\Parameters\\LDAPServerIntegrity",
)


@dataclass
class Template:
    """A parsed template: section name in lower case -> lines as (key, value); value None for a bare line."""

    sections: dict[str, list[tuple[str, str | None]]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def pairs(self, section: str) -> Iterator[tuple[str, str]]:
        """The ``key = value`` lines of a section."""
        for key, value in self.sections.get(section, []):
            if value is not None:
                yield key, value

    def merge(self, other: Template) -> None:
        """Add another template's lines; the same key is replaced, as in the database."""
        for section, lines in other.sections.items():
            mine = self.sections.setdefault(section, [])
            for key, value in lines:
                mine[:] = [line for line in mine if value is None or line[0].casefold() != key.casefold()]
                mine.append((key, value))


def parse(text: str) -> Template:
    """Read a template; what makes no sense is listed in `errors` with its line number."""
    template = Template()
    section = ""
    for number, raw in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        line = raw.strip().strip("\0")
        if not line or line.startswith(";"):
            continue
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip().casefold()
            template.sections.setdefault(section, [])
            if section not in SECTIONS:
                template.errors.append(f"line {number}: unknown section {line}")
            continue
        if not section:
            template.errors.append(f"line {number}: text outside of a section")
            continue
        if section in ("service general setting", "registry keys", "file security"):
            template.sections[section].append((line, None))
            continue
        key, mark, value = line.partition("=")
        if not mark:
            template.errors.append(f"line {number}: no equal sign")
            continue
        template.sections[section].append((key.strip(), value.strip()))
    signature = dict(template.pairs("version")).get("signature", "")
    if signature.strip('"').upper() != "$CHICAGO$":
        template.errors.append('section [Version] has no signature="$CHICAGO$"')
    return template


def render(template: Template) -> str:
    """The text of a template: what the database file of a twin holds."""
    parts: list[str] = []
    for section, lines in template.sections.items():
        parts.append(f"[{section}]")
        parts += [key if value is None else f"{key} = {value}" for key, value in lines]
    return "\r\n".join([*parts, ""])


# -- registry values ---------------------------------------------------------------------------------


def split_list(text: str) -> list[str]:
    """Pieces of a comma list, quotes taken off."""
    pieces = re.findall(r'"((?:[^"]|"")*)"|([^,]*)(?:,|$)', text)
    found = [(quoted.replace('""', '"') if quoted else plain.strip()) for quoted, plain in pieces]
    while found and not found[-1]:
        found.pop()
    return found


def registry_path(key: str) -> tuple[str, str] | None:
    """Key and value name of a ``MACHINE\\...`` line, None for another root."""
    root, _separator, rest = key.strip('"').partition("\\")
    hive = HIVES.get(root.upper())
    path, _separator, name = rest.rpartition("\\")
    return (f"{hive}\\{path}", name) if hive and path and name else None


def read_registry_value(text: str) -> RegValue | None:
    """``4,1`` or ``1,"10"`` or ``7,a,b`` as a typed value, None when it makes no sense."""
    number, _separator, data = text.partition(",")
    kind = _KINDS.get(int(number)) if number.strip().isdigit() else None
    data = data.strip()
    try:
        if kind == "REG_DWORD":
            return RegValue(kind, int(data, 0))
        if kind == "REG_BINARY":
            return RegValue(kind, bytes(int(piece, 16) for piece in data.split(",") if piece.strip()))
    except ValueError:
        return None
    if kind == "REG_MULTI_SZ":
        return RegValue(kind, split_list(data))
    return RegValue(kind, data[1:-1] if len(data) > 1 and data[0] == data[-1] == '"' else data) if kind else None


def registry_value_text(value: RegValue) -> str | None:
    """A value as an export spells it, None for a type that templates do not know."""
    number = _NUMBERS.get(value.type)
    if number is None:
        return None
    if isinstance(value.data, bytes):
        return f"{number},{','.join(f'{byte:x}' for byte in value.data)}"
    if isinstance(value.data, list):
        return f"{number}," + ",".join(f'"{item}"' if "," in item else item for item in value.data)
    return f"{number},{value.data}" if isinstance(value.data, int) else f'{number},"{value.data}"'


# -- export --------------------------------------------------------------------------------------------


def account_text(machine: Machine, sid: str) -> str:
    """``*SID`` for well-known accounts and strangers, the bare name for an account of this machine."""
    found = machine.accounts.lookup(sid)
    return found[1] if found and found[0].casefold() == machine.name.casefold() else f"*{sid}"


def system_access(machine: Machine) -> dict[str, int | str]:
    """[System Access] with what really lives in the account database."""
    held: dict[str, int | str] = dict(machine.policy.system_access)
    for rid, name, enabled in (
        (500, "NewAdministratorName", "EnableAdminAccount"),
        (501, "NewGuestName", "EnableGuestAccount"),
    ):
        user = next((user for user in machine.accounts.users.values() if user.rid == rid), None)
        if user is not None:
            held[name], held[enabled] = user.name, int(not user.disabled)
    return held


def export(machine: Machine, areas: frozenset[str]) -> str:
    """The local policy as a template of the chosen areas."""
    parts = ["[Unicode]", "Unicode=yes"]
    if "SECURITYPOLICY" in areas:
        parts += _export_policy(machine)
    if "USER_RIGHTS" in areas:
        parts.append("[Privilege Rights]")
        for name, sids in machine.policy.rights.items():
            if sids:
                parts.append(f"{name} = {','.join(account_text(machine, sid) for sid in sids)}")
    if "GROUP_MGMT" in areas:
        parts.append("[Group Membership]")
        for sid, members in machine.accounts.members.items():
            parts.append(f"*{sid}__Memberof =")
            parts.append(f"*{sid}__Members = {','.join(account_text(machine, member) for member in members)}".rstrip())
    if "SERVICES" in areas:
        parts.append("[Service General Setting]")
        parts += [
            f'"{service.name}",{service.start},""' for service in machine.services.list() if not service.is_driver
        ]
    return "\r\n".join([*parts, "[Version]", 'signature="$CHICAGO$"', "Revision=1", ""])


def _export_policy(machine: Machine) -> list[str]:
    parts = ["[System Access]"]
    access = system_access(machine)
    # Without a lockout there is no duration to tell, as the published exports show.
    unused = ("ResetLockoutCount", "LockoutDuration") if not access.get("LockoutBadCount") else ()
    for name in [*(n for n in ACCESS_ORDER if n in access), *(n for n in access if n not in ACCESS_ORDER)]:
        if name in unused:
            continue
        value = access[name]
        parts.append(f"{name} = {value}" if isinstance(value, int) else f'{name} = "{value}"')
    parts.append("[Event Audit]")
    parts += [f"{name} = {value}" for name, value in machine.policy.event_audit.items()]
    if machine.policy.kerberos:
        parts.append("[Kerberos Policy]")
        parts += [f"{name} = {value}" for name, value in machine.policy.kerberos.items()]
    parts.append("[Registry Values]")
    for option in OPTIONS:
        path, _separator, name = option.rpartition("\\")
        held = _registry_get(machine, f"HKLM\\{path}", name)
        text = registry_value_text(held) if held else None
        if text is not None:
            parts.append(f"MACHINE\\{option}={text}")
    return parts


def _registry_get(machine: Machine, path: str, name: str) -> RegValue | None:
    try:
        return machine.registry.get(path, name)
    except RegistryError:
        return None
