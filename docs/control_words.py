# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a control record says, in words: how it is read, what is wanted, how it is set. For docs/controls.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Record = Mapping[str, Any]
Words = tuple[str, str, str]
SIDS = {
    "S-1-1-0": "Everyone",
    "S-1-3-0": "Creator Owner",
    "S-1-5-6": "Service",
    "S-1-5-9": "Enterprise Domain Controllers",
    "S-1-5-11": "Authenticated Users",
    "S-1-5-18": "SYSTEM",
    "S-1-5-19": "LOCAL SERVICE",
    "S-1-5-20": "NETWORK SERVICE",
    "S-1-5-32-544": "Administrators",
    "S-1-5-32-545": "Users",
    "S-1-5-32-546": "Guests",
    "S-1-5-32-551": "Backup Operators",
    "S-1-5-32-555": "Remote Desktop Users",
    "S-1-5-80-880578595-1860270145-482643319-2788375705-1540778122": "the service EventLog",
    "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464": "TrustedInstaller",
}
_REGISTRATION = "one registration file for the whole step; what stands there goes to the journal first."
OPERATORS = {
    "eq": "is {}",
    "eq_or_absent": "is {}, or is not there",
    "ne_or_absent": "is anything but {}, or is not there",
    "ne_ci": "is anything but {}",
    "ge": "is at least {}",
    "ge_or_absent": "is at least {}, or is not there",
    "le": "is at most {}",
    "le_nonzero": "is at most {}, and not 0",
    "le_number": "is the number {} at most",
    "absent": "is not there",
    "subset_of": "holds nothing beside {}",
    "contains": "holds {}",
    "not_contains": "does not hold {}",
    "bits_set": "has the bits of {}",
    "bits_clear": "has none of the bits of {}",
    "not_empty": "is not empty",
    "starts_with_or_absent": "begins with {}, or is not there",
    "ge_version": "is version {} or later",
    "at_least": "includes {}",
    "in": "is one of {}",
    "report": "is shown, and not judged",
}
AUDIT = {0: "nothing", 1: "success", 2: "failure", 3: "success and failure"}


def site_value(allowed: Record) -> str:
    """Return what a site may choose."""
    if "minimum" in allowed:
        return f"a whole number from {allowed['minimum']} to {allowed['maximum']}"
    return {
        "text": "a text",
        "texts": "a list of names",
        "suites": "a list of cipher suites of NT 6.0",
        "sids": "a list of SIDs",
        "addresses": "a list of addresses",
    }[allowed["type"]]


def conditions(some: Iterable[Record] | None) -> str:
    """Return conditions in words."""
    return "; ".join(condition(name, argument) for one in some or () for name, argument in one.items())


def condition(name: str, argument: Any) -> str:
    """Return one condition in words."""
    words: dict[str, Callable[[Any], str]] = {
        "schannel_has_tls12": lambda _: "schannel.dll knows TLS 1.2 (6.0.6002.24129 or later)",
        "rdp_off_or_tls12_capable": lambda _: "Remote Desktop is off, or KB4074621 is installed",
        "tls10_on_or_rdp_tls12_capable": lambda _: "TLS 1.0 is allowed, or Remote Desktop is off or has KB4074621",
        "control_passes": lambda a: f"`{a}` passes",
        "update_installed": lambda a: f"{a} is installed",
        "update_or_later": lambda a: f"{' or '.join(a)} is installed, or known to be replaced",
        "tls_listeners_proved": lambda a: f"TLS 1.2 was spoken on each of {', '.join(map(str, a))} that listens",
        "transport_not_in_use": lambda a: "this connection does not use " + ", ".join(
            f"{key} {', '.join(value) if isinstance(value, list) else value}" for key, value in a.items()
        ),
        "product_absent": lambda a: f"{a['product']} is not installed ({a['proof']})",
        "registry_value": lambda a: f"`{a['key']}` `{a['name']}` is {listed(a['one_of'], 'or')} ({a['meaning']})",
        "service_present": lambda a: f"a service {listed(a, 'or')} is there",
        "winrm_at_least": lambda a: f"WinRM is {a} or later",
        "file_at_least": lambda a: f"{a['file']} is {a['version']} or later ({a['meaning']})",
        "account_in": lambda a: f"the account of this connection carries {listed(named(a), 'or')}",
        "account_not_in": lambda a: f"the account of this connection carries no {listed(named(a), 'or')}",
    }  # fmt: skip
    return words[name](argument)


# -- mechanisms: how it is read, what is wanted, how it is set ----------------------------------------------------


def registry(mechanism: Record) -> Words:
    rows = mechanism["values"] if mechanism["kind"] == "registry_set" else [mechanism]
    keys = list(dict.fromkeys(row["key"] for row in rows))
    everyone = (
        "; below HKCU in the hive of every user, logged on or not" if any(k.startswith("HKCU") for k in keys) else ""
    )
    return (
        f"registry, {', '.join(f'`{key}`' for key in keys)}{everyone}.",
        "; ".join(rule(row, len(keys) > 1) for row in rows) + ".",
        "" if mechanism.get("check_only") else _REGISTRATION,
    )


def rule(row: Record, with_key: bool) -> str:
    place = f"`{row['name'] or '(unnamed)'}` ({row['type']}"
    place += f", in `{row['key'].rpartition(chr(92))[2]}`)" if with_key else ")"
    words = f"{place} {OPERATORS[row['operator']].format(value(row.get('value')))}"
    words += "".join(
        f", or {value(one['data'] if isinstance(one, Mapping) else one)}" for one in row.get("also_accept", ())
    )
    words += f", on a domain controller {value(row['value_dc'])}" if "value_dc" in row else ""
    words += f"; {value(row['set'])} is written" if "set" in row else ""
    words += f" (only on {row['only_on']})" if "only_on" in row else ""
    if "local" in row:
        unit = f", in units of 1/{row['local']['factor']}" if "factor" in row["local"] else ""
        words += f"; where it is not there `{row['local']['key']}` `{row['local']['name']}` counts{unit}"
    return words


def registry_list_empty(mechanism: Record) -> Words:
    return f"registry, {ticked(mechanism['keys'])}.", "there is no value in them.", ""


def access(mechanism: Record) -> Words:
    places = mechanism.get("keys") or mechanism.get("paths")
    where = ticked(places) if places else "what " + listed(
        f"`{one['key']} {one['name']}` names" + (" (each file in that folder)" if one.get("files") else "")
        for one in mechanism["paths_from"]
    )  # fmt: skip
    who = listed(named(mechanism["sids"]))
    by = "with `StdRegProv.GetSecurityDescriptor`" if "keys" in mechanism else "with `icacls /save`"
    how = f"the permissions of {where}, by SID, {by}."
    wanted = {
        "only": f"nobody but {who} is in them.",
        "write_only": f"nobody but {who} may write.",
        "no_write_for": f"none of {who} may write.",
    }[mechanism["operator"]]
    if "sddl" in mechanism:
        return (
            how,
            f"{wanted[:-1]}, and no more than in `{mechanism['sddl']}`.",
            "that list, with `secedit /configure`.",
        )
    if "narrow" in mechanism:
        return how, wanted, "what is too much is taken away, with `secedit /configure`."
    return how, wanted, f"{mechanism['left_alone']}." if "left_alone" in mechanism else ""


def file_version(mechanism: Record) -> Words:
    files = mechanism["files"]
    wanted = "; ".join(f"{one['at_least']} or later" for one in files) + "."
    return f"the version of {ticked(one['path'] for one in files)}.", wanted, ""


def service(mechanism: Record) -> Words:
    rows = mechanism["services"] if mechanism["kind"] == "service_set" else [mechanism]
    wanted = []
    for row in rows:
        words = [f"starts {' or '.join(row['start'])}"] if "start" in row else []
        words += [f"is {row['state']}"] if "state" in row else []
        words += ["(where it is installed)"] if row.get("if_present") else []
        words += [f"(on {' and '.join(row['roles'])})"] if "roles" in row else []
        wanted.append(
            f"`{row['name']}` {' and '.join(words[:2])} {' '.join(words[2:])}".replace(" and (", " (").strip()
        )
    return "the service's start type and state.", "; ".join(wanted) + ".", "its start type, then its state."


def any_service(mechanism: Record) -> Words:
    return "the services of known products.", f"one of {ticked(mechanism['services'])} is {mechanism['state']}.", ""


def service_paths(_mechanism: Record) -> Words:
    return "`PathName` of every service.", "none has blanks in its program without quotes.", "quotes and nothing else."


def policy(mechanism: Record) -> Words:
    section = {"secedit_system_access": "System Access", "secedit_kerberos": "Kerberos Policy"}[mechanism["kind"]]
    words = OPERATORS[mechanism["operator"]].format(value(mechanism["value"]))
    words += "".join(f", or {one} (until somebody lifts it)" for one in mechanism.get("also_accept", ()))
    names = dict.fromkeys(one["name"] for one in mechanism.get("elsewhere", ()))
    words += f", or its name in other languages ({', '.join(names)})" if names else ""
    return (
        f"`secedit /export`, section `[{section}]`, `{mechanism['name']}`.",
        f"it {words}.",
        "`secedit /configure` with this line, together with all others of the step.",
    )


def user_right(mechanism: Record) -> Words:
    who = listed(named(mechanism["sids"])) or "nobody"
    words = {
        "eq": f"exactly {who} hold it.",
        "subset_of": f"{who} at most hold it.",
        "contains": f"{who} is named, whoever else is." if mechanism["sids"] else "nobody in particular is asked for.",
        "report": "it is shown, and not judged.",
    }[mechanism["operator"]]
    if "sids_dc" in mechanism:
        words += f" On a domain controller: {listed(named(mechanism['sids_dc'])) or 'nobody'}."
    return (
        f"`secedit /export`, section `[Privilege Rights]`, `{mechanism['right']}`, by SID.",
        words,
        "`secedit /configure`; who is allowed and there stays.",
    )


def auditpol(mechanism: Record) -> Words:
    wanted = OPERATORS[mechanism["operator"]].format(AUDIT.get(mechanism.get("value", 0)))
    return f"the audit policy, subcategory `{mechanism['subcategory']}`.", f"it {wanted}.", "the audit policy, by GUID."


def auditpol_report(mechanism: Record) -> Words:
    return (
        f"the audit policy, subcategories {ticked(mechanism['subcategories'])}.",
        "they are shown, and not judged.",
        "",
    )


def winrm_config(mechanism: Record) -> Words:
    wanted = OPERATORS[mechanism["operator"]].format(value(mechanism["value"]))
    return (
        f"`winrm get {mechanism['path']}`, {ticked(mechanism['names'])}; one that this WinRM lacks means nothing.",
        f"{'each' if len(mechanism['names']) > 1 else 'it'} {wanted}.",
        f"`winrm set {mechanism['path']}`.",
    )


def winrm_listener(mechanism: Record) -> Words:
    port = f" on port {mechanism['port']}" if "port" in mechanism else ""
    wanted = f"a listener for {mechanism['transport']} is {mechanism['state']}{port}."
    if mechanism["state"] == "absent":
        return "`winrm enumerate winrm/config/listener`.", wanted, "`winrm delete winrm/config/Listener`, for each."
    return (
        "`winrm enumerate winrm/config/listener`, and the certificate's entry in the store of the machine.",
        f"{wanted[:-1]}, with the certificate that the site names.",
        "`winrm create winrm/config/Listener`, or `winrm set` where one is there.",
    )


def firewall_rule(mechanism: Record) -> Words:
    ports = ", ".join(map(str, mechanism["ports"]))
    wanted = f"{mechanism['protocol']} {ports}, as far as something listens there, is open to the site's addresses "
    wanted += f"in profile {mechanism['profile']}" + (", and to no others." if mechanism.get("exclusive") else ".")
    return "the rules in the registry, those of Group Policy too.", wanted, "`netsh advfirewall firewall add rule`."


def firewall_ruleset(mechanism: Record) -> Words:
    way = {"in": "comes in", "out": "goes out"}[mechanism["direction"]]
    return (
        "the rules in the registry, those of Group Policy too.",
        f"of what {way}, only rules that the site names allow something.",
        "`netsh advfirewall firewall set rule name=... new enable=no`, for each of the others.",
    )


def firewall_scope(mechanism: Record) -> Words:
    if "groups" in mechanism:
        sort = f"of the groups {ticked(mechanism['groups'])}"
    elif "ports" in mechanism:
        sort = f"for port {', '.join(map(str, mechanism['ports']))}"
    else:
        sort = "for any protocol or port, and no program or service in particular,"
    return "the rules in the registry.", f"no enabled rule {sort} is open to every address.", ""


def group_members(mechanism: Record) -> Words:
    group = named([mechanism["group"]])[0]
    return (
        f"the members of {group}, the group found by its SID.",
        "nobody beside those whom the site names.",
        "each of the others is put out (ADSI), never the account of this connection.",
    )


def wmi(mechanism: Record) -> Words:
    where = f" where {mechanism['where']}" if "where" in mechanism else ""
    query = f"`SELECT {mechanism['property']} FROM {mechanism['class']}{where}`."
    if mechanism["operator"] == "none":
        return query, "there is no row, but for those that the site names.", ""
    return query, f"of every row it {OPERATORS[mechanism['operator']].format(value(mechanism['value']))}.", ""


def boot_option(mechanism: Record) -> Words:
    others = "".join(f" or {one}" for one in mechanism.get("also_accept", ()))
    return (
        "`bcdedit /enum {current}`, and `DataExecutionPrevention_SupportPolicy` of the running system.",
        f"`{mechanism['name']}` is {mechanism['value']}{others}.",
        f"`bcdedit /set {{current}} {mechanism['name']} {mechanism['value']}`.",
    )


def shared_folder_acl(mechanism: Record) -> Words:
    return (
        "`Win32_Share`, and `GetSecurityDescriptor` of `Win32_LogicalShareSecuritySetting`, by wmic. A share without an"
        f" answer is for a person: {flat(mechanism['procedure'])}",
        f"no shared folder allows {listed(named(mechanism['sids']))} anything, but those for administrators,"
        f" {ticked(mechanism['windows_own'])}, on a domain controller {ticked(mechanism['windows_own_dc'])}, and those"
        " that the site names.",
        "",
    )


def shared_printer_acl(mechanism: Record) -> Words:
    return (
        "`GetSecurityDescriptor` of every shared `Win32_Printer`, by wmic. A printer without an answer is for a person:"
        f" {flat(mechanism['procedure'])}",
        f"nobody beside {listed(named(mechanism['sids']))} manages a printer or jobs of others.",
        "",
    )


def netbios(mechanism: Record) -> Words:
    return (
        "`TcpipNetbiosOptions` of `Win32_NetworkAdapterConfiguration`, for each adapter that speaks IP.",
        f"it is `{mechanism['value']}` on all of them.",
        f"the method `SetTcpipNetbios({mechanism['value']})` of each that differs, known by its SettingID.",
    )


def feature_absent(mechanism: Record) -> Words:
    named = ", ".join(f"{one['name']} ({', '.join(map(str, one['ids']))})" for one in mechanism["features"])
    return (
        f"`ID` of `Win32_ServerFeature`. Where it does not tell (Server Core): {flat(mechanism['procedure'])}",
        f"none of these is there, but for those that the site names: {named}.",
        "",
    )


def start_options(mechanism: Record) -> Words:
    return (
        "`SystemStartOptions` below `HKLM\\SYSTEM\\CurrentControlSet\\Control`: what the system was started with.",
        f"it holds none of {ticked(mechanism['words'])}.",
        "",
    )


def manual(mechanism: Record) -> Words:
    return f"by a person. {flat(mechanism['procedure'])}", "as said there.", ""


READERS: dict[str, Callable[[Record], Words]] = {
    "registry": registry,
    "registry_set": registry,
    "registry_list_empty": registry_list_empty,
    "registry_acl": access,
    "file_acl": access,
    "file_version": file_version,
    "service": service,
    "service_set": service,
    "any_service": any_service,
    "service_paths": service_paths,
    "secedit_system_access": policy,
    "secedit_kerberos": policy,
    "user_right": user_right,
    "auditpol": auditpol,
    "auditpol_report": auditpol_report,
    "winrm_config": winrm_config,
    "winrm_listener": winrm_listener,
    "firewall_rule": firewall_rule,
    "firewall_ruleset": firewall_ruleset,
    "firewall_scope": firewall_scope,
    "group_members": group_members,
    "wmi": wmi,
    "boot_option": boot_option,
    "netbios": netbios,
    "shared_folder_acl": shared_folder_acl,
    "shared_printer_acl": shared_printer_acl,
    "feature_absent": feature_absent,
    "start_options": start_options,
    "manual": manual,
}


# -- parts --------------------------------------------------------------------------------------------------------


def value(data: Any) -> str:
    """Return the data of a setting as code."""
    if isinstance(data, list):
        return ", ".join(f"`{one}`" for one in data) or "nothing"
    return f"`{data}`" if str(data) else "an empty text"


def named(sids: Iterable[str]) -> list[str]:
    """Return the names of SIDs."""
    return [SIDS.get(one, one) for one in sids]


def listed(words: Iterable[Any], last: str = "and") -> str:
    """Return words as a list in a sentence."""
    *head, tail = [str(one) for one in words] or [""]
    return f"{', '.join(head)} {last} {tail}" if head else tail


def ticked(words: Iterable[str]) -> str:
    """Return words as a list of code."""
    return listed(f"`{one}`" for one in words)


def flat(text: object) -> str:
    """Return a text on one line."""
    return " ".join(str(text).split())
