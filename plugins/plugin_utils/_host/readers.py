# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From answers to the plain data of a snapshot (private to this collection): pure, one function a probe.

Each raises `ConsoleError` with the offending text when an answer is not what its question can bring.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from .._console import builtin, netstat, registry, whoami
from .._console.command import Reply
from .._console.text import ConsoleError, UnknownLine, content, split_lines
from .typed import Row, flag, moment, number, required, text

Plain = dict[str, object]
CBS = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing"

_VERSION = re.compile(r"^\d+(\.\d+){1,3}$")
_ITANIUM_SKU = 15
_STARTS = frozenset({"boot", "system", "auto", "manual", "disabled", "unknown"})
_PACKAGE = re.compile(r"^(Package_for_KB[^\s\\]+?|VistaSP[^\s\\]+?) {4}CurrentState {4}REG_DWORD {4}0x([0-9a-fA-F]+)$")
_WANTED = re.compile(r"^(?:Package_for_KB|VistaSP)", re.IGNORECASE)
_WITHHELD = frozenset({"digitalproductid", "digitalproductid4", "defaultpassword", "altdefaultpassword"})
_RENAMED = re.compile(r"^!?\\\?\?\\(.+)$")
_PACKAGE_FILES = {"mum", "cat"}
_SHOWN = 10
_FILE_VERSION = re.compile(r"^\d+\.\d+\.\d+\.\d+")


def one(rows: list[Row], class_name: str) -> Row:
    """Return the only row of a class that has one instance."""
    if len(rows) != 1:
        raise ConsoleError(f"WMI answered {len(rows)} rows for {class_name}, where there is one")
    return rows[0]


def operating_system(rows: list[Row]) -> Plain:
    """Read Win32_OperatingSystem. Only the version is indispensable: an evidence door may know nothing else."""
    row = one(rows, "Win32_OperatingSystem")
    version = required(row, "Version")
    if not _VERSION.match(version) or version.count(".") != 2:
        raise ConsoleError(f"WMI answered the version {version[:80]!r}, which is not x.y.build")
    sku = number(row, "OperatingSystemSKU")
    return {
        "caption": text(row, "Caption"),
        "version": version,
        "build": int(version.split(".")[2]),
        "service_pack": number(row, "ServicePackMajorVersion"),
        "product_type": number(row, "ProductType"),
        "sku": sku,
        "arch": _architecture(text(row, "OSArchitecture"), sku),
        "language": number(row, "OSLanguage"),
        "codeset": text(row, "CodeSet"),
        "last_boot": moment(row, "LastBootUpTime"),
        "local_time": moment(row, "LocalDateTime"),
        "windows_directory": text(row, "WindowsDirectory"),
        "system_drive": text(row, "SystemDrive"),
        "execution_prevention": number(row, "DataExecutionPrevention_SupportPolicy"),
    }


def _architecture(printed: str | None, sku: int | None) -> str | None:
    """Read "64-bit" in any language by its number; Itanium says 64 too and is known by its own edition."""
    if printed is None:
        return None
    if sku == _ITANIUM_SKU or "itanium" in printed.lower() or "ia64" in printed.lower():
        return "ia64"
    if "64" in printed:
        return "x64"
    if "32" in printed or "86" in printed:
        return "x86"
    raise ConsoleError(f"WMI answered the architecture {printed[:80]!r}")


def computer(rows: list[Row]) -> Plain:
    """Read Win32_ComputerSystem."""
    row = one(rows, "Win32_ComputerSystem")
    return {
        "name": required(row, "Name"),
        "domain": text(row, "Domain"),
        "part_of_domain": flag(row, "PartOfDomain"),
        "domain_role": number(row, "DomainRole"),
        "memory": number(row, "TotalPhysicalMemory"),
        "manufacturer": text(row, "Manufacturer"),
        "model": text(row, "Model"),
    }


def hotfixes(rows: list[Row]) -> list[str]:
    """Read the ids of Win32_QuickFixEngineering, verbatim and sorted; rows without an id are Windows' own litter."""
    ids = {identifier for row in rows if (identifier := text(row, "HotFixID"))}
    return sorted(ids, key=lambda identifier: (len(identifier), identifier))


def services(rows: list[Row]) -> dict[str, Plain]:
    """Read Win32_Service. State and start mode are WMI's own words, which no language changes."""
    result: dict[str, Plain] = {}
    for row in rows:
        start = (text(row, "StartMode") or "unknown").lower()
        if start not in _STARTS:
            raise ConsoleError(f"WMI answered the start mode {start[:80]!r} for {text(row, 'Name')}")
        result[required(row, "Name")] = {
            "state": (text(row, "State") or "unknown").lower(),
            "start": start,
            "account": text(row, "StartName"),
            "path": text(row, "PathName"),
        }
    if not result:
        raise ConsoleError("WMI answered no service at all")
    return dict(sorted(result.items(), key=lambda item: item[0].lower()))


def files(rows: list[Row], asked: Iterable[str]) -> dict[str, str | None]:
    """Read CIM_DataFile: the version of each asked file, None for one that is not there."""
    found = {required(row, "Name").lower(): text(row, "Version") for row in rows}
    result: dict[str, str | None] = {}
    for path in asked:
        version = found.get(path.lower())
        if path.lower() in found and version is None:
            continue  # there, but without a version: neither a version nor absent
        match = _FILE_VERSION.match(version) if version else None
        if version and match is None:
            raise ConsoleError(f"WMI answered the version {version[:80]!r} for {path}")
        result[path] = match[0] if match else None
    return result


def disk(rows: list[Row]) -> Plain:
    """Read Win32_LogicalDisk of the system drive, in bytes."""
    row = one(rows, "Win32_LogicalDisk")
    return {"drive": required(row, "DeviceID"), "free": number(row, "FreeSpace"), "size": number(row, "Size")}


def licences(rows: list[Row], known: Iterable[str]) -> list[Plain]:
    """Read the add-ons of SoftwareLicensingProduct: those `known` by id, and others that have a key.

    They exist only after a licensing preparation package. The row of Windows itself is left out, with its key's tail.
    """
    wanted = {identifier.lower() for identifier in known}
    return [
        {
            "id": identifier,
            "name": text(row, "Name"),
            "family": text(row, "LicenseFamily"),
            "status": number(row, "LicenseStatus"),
            "partial_key": text(row, "PartialProductKey"),
            "grace": number(row, "GracePeriodRemaining"),
        }
        for row in rows
        if (identifier := required(row, "ID").lower()) in wanted or flag(row, "LicenseIsAddon")
    ]


def enclosure(rows: list[Row]) -> Plain:
    """Read Win32_SystemEnclosure: the asset tag of the first chassis that has one."""
    tags = [tag for row in rows if (tag := text(row, "SMBIOSAssetTag"))]
    return {"asset_tag": tags[0] if tags else None}


def features(rows: list[Row]) -> list[int]:
    """Read the ids of Win32_ServerFeature."""
    return sorted({identifier for row in rows if (identifier := number(row, "ID")) is not None})


def stack(reply: Reply) -> list[str]:
    """Read the folder names of ``servicing\\Version``, lowest first. An error message is no version."""
    names = builtin.parse_names(reply.text)
    for name in names:
        if not _VERSION.match(name):
            raise UnknownLine("dir /b", name)
    if not names:
        raise ConsoleError("dir /b listed no servicing stack at all")
    return sorted(names, key=lambda name: [int(part) for part in name.split(".")])


def packages(reply: Reply, store: Reply) -> list[Plain]:
    """Read update packages with their raw CurrentState, from the filtered line or from a whole ``/s`` listing.

    An empty answer means "none" only when the store's own key could be read.
    """
    found = _listed(reply)
    if not found and store.rc != 0:
        raise ConsoleError(f"the component store could not be read: {' '.join(store.text.split())[:200]}")
    return [{"identity": identity, "state": state} for identity, state in sorted(found.items())]


def _listed(reply: Reply) -> dict[str, int]:
    if _is_listing(reply.text):
        return _whole_listing(reply)
    return {} if reply.rc != 0 and len(content(reply.text)) <= 1 else _filtered(reply)


def _is_listing(printed: str) -> bool:
    return any(line.startswith("HKEY_") for line in split_lines(printed))


def _filtered(reply: Reply) -> dict[str, int]:
    found: dict[str, int] = {}
    lines = content(reply.text)
    for number_, line in enumerate(lines, 1):
        match = _PACKAGE.match(line)
        if match:
            found[match[1]] = int(match[2], 16)
        elif number_ < len(lines) or not any(line.startswith(identity) for identity in found):
            # Only the translated count line of the search may follow, glued to the last identity by the loop.
            raise UnknownLine("the package listing", line)
    return found


def _whole_listing(reply: Reply) -> dict[str, int]:
    found: dict[str, int] = {}
    for key, values in registry.parse(reply.text, search=True).items():
        identity = key.rsplit("\\", 1)[-1]
        state = values.get("CurrentState")
        if state is not None and isinstance(state.data, int) and _WANTED.match(identity):
            found[identity] = state.data
    return found


def markers(replies: Mapping[str, Reply]) -> Plain:
    """Read what says that a restart is pending. `execute_state` is None where the value does not exist.

    The first names of what waits to be renamed are kept, because they tell whose files they are. What was not answered
    of the optional questions is left out.
    """
    absent = absent_text(replies["reference"])
    store = registry.read_key(CBS, replies["key:"], absent)
    state = (store or {}).get("ExecuteState")
    return {
        "cbs_reboot_pending": _is_there(replies["key:RebootPending"], absent),
        "cbs_packages_pending": _has_content(replies["key:PackagesPending"], CBS + r"\PackagesPending", absent),
        "cbs_reboot_in_progress": _is_there(replies["key:RebootInProgress"], absent),
        "execute_state": state.data if state is not None and isinstance(state.data, int) else None,
        "update_reboot_required": _is_there(replies["update_restart"], absent),
        "pending_xml": builtin.parse_yes_no(replies["pending_xml"].text),
        "file_renames": _is_there(replies["renames"], absent),
        **_other_markers(replies),
    }


def _other_markers(replies: Mapping[str, Reply]) -> Plain:
    """Read the markers of others: single values, of which an unreadable one is as good as none."""
    found: Plain = {}
    if "renames2" in replies:
        found["file_renames_2"] = replies["renames2"].rc == 0
    waiting = [*_texts(replies.get("renames")), *_texts(replies.get("renames2"))]
    sources = list(dict.fromkeys(match[1] for one in waiting if (match := _RENAMED.match(one))))
    found["renamed"] = sources[:_SHOWN]
    found["renamed_count"] = len(sources)
    if "setup_execute" in replies:
        found["setup_execute"] = [one for one in _texts(replies["setup_execute"]) if one]
    if "update_exe" in replies:
        volatile = _value(replies["update_exe"])
        found["update_exe"] = volatile if isinstance(volatile, int) else None
    now, following = _value(replies.get("name_now")), _value(replies.get("name_next"))
    if isinstance(now, str) and isinstance(following, str):
        found["new_name"] = following if now.casefold() != following.casefold() else None
    return found


def _value(reply: Reply | None) -> registry.RegistryData | None:
    """Return the data of the one value that was asked for, None where it was not found or makes no sense."""
    if reply is None or reply.rc != 0:
        return None
    try:
        found = [value.data for values in registry.parse(reply.text).values() for value in values.values()]
    except ConsoleError:
        return None
    return found[0] if found else None


def _texts(reply: Reply | None) -> list[str]:
    data = _value(reply)
    return data if isinstance(data, list) else []


def store(replies: Mapping[str, Reply]) -> Plain:
    """Compare the update packages that the component store lists with their files in ``servicing\\Packages``.

    `missing` are packages of which a file is not there, `strays` files of packages that are not listed, both cut after
    a few and counted in full. `check_found` and `check_fixed` are what the last run of the System Update Readiness tool
    wrote down, None where it never ran.
    """
    listed = _listed(replies["packages"])
    wanted = {
        name.casefold(): name for name, state in listed.items() if state != 0 and name.lower().startswith("package_")
    }
    files = replies["package_files"]
    if wanted and files.rc != 0:
        raise ConsoleError(f"the folder of package files could not be listed: {' '.join(files.text.split())[:200]}")
    seen: dict[str, set[str]] = {}
    for name in builtin.parse_names(files.text) if files.rc == 0 else ():
        stem, _dot, ending = name.rpartition(".")
        if ending.lower() in _PACKAGE_FILES:
            seen.setdefault(stem.casefold(), set()).add(ending.lower())
    missing = sorted(wanted[one] for one in wanted if seen.get(one) != _PACKAGE_FILES)
    known = {name.casefold() for name in listed}
    strays = sorted(one for one in seen if one not in known)
    return {
        "checked": len(wanted),
        "missing": missing[:_SHOWN],
        "missing_count": len(missing),
        "strays": strays[:_SHOWN],
        "strays_count": len(strays),
        "check_found": _counted(replies.get("check_found")),
        "check_fixed": _counted(replies.get("check_fixed")),
    }


def _counted(reply: Reply | None) -> int | None:
    """Return how many lines `find` counted; it ends with 1 when it counted none, and when there is no such file."""
    try:
        return builtin.parse_count(reply.text) if reply is not None else None
    except ConsoleError:
        return None


def _is_there(reply: Reply, absent: str) -> bool:
    """Tell whether a key or value exists, whatever is in it."""
    return reply.rc == 0 or registry.read_key("HKLM", reply, absent) is not None


def _has_content(reply: Reply, key: str, absent: str) -> bool:
    """Tell whether a key has subkeys or values: finished work leaves an empty PackagesPending behind."""
    if not _is_there(reply, absent):
        return False
    keys = registry.parse(reply.text)
    return any(values or name.casefold() != key.casefold() for name, values in keys.items())


def absent_text(reference: Reply) -> str:
    """Return how this reg.exe says that a key does not exist."""
    if reference.rc == 0 or not reference.text.strip():
        raise ConsoleError("reg.exe did not say what it says about a key that does not exist")
    return reference.text


def account(reply: Reply) -> Plain:
    """Read the token of the login that asks."""
    if reply.rc != 0:
        raise ConsoleError(f"whoami ended with {reply.rc}: {' '.join(reply.text.split())[:200]}")
    return whoami.parse_groups(reply.text).as_dict()


def codepage(oem: Reply, ansi: Reply) -> Plain:
    """Read the code pages that console text and ANSI text of this system are in."""
    return {"oem": _single_value(oem, "OEMCP"), "ansi": _single_value(ansi, "ACP")}


def _single_value(reply: Reply, name: str) -> str:
    if reply.rc == 0:
        for values in registry.parse(reply.text).values():
            if name in values and isinstance(values[name].data, str):
                return str(values[name].data)
    raise ConsoleError(f"reg.exe did not answer {name}: {' '.join(reply.text.split())[:200]}")


def listeners(reply: Reply) -> list[Plain]:
    """Read the listening TCP sockets. A machine that answered has at least one."""
    found = [listener.as_dict() for listener in netstat.parse_listeners(reply.text)]
    if not found:
        raise ConsoleError(f"netstat listed no listener: {' '.join(reply.text.split())[:200]}")
    return found


def subkeys(key: str, reply: Reply) -> frozenset[str]:
    """Read the names of the keys right below one, folded."""
    if reply.rc != 0:
        raise ConsoleError(f"reg.exe could not list {key}: {' '.join(reply.text.split())[:200]}")
    return frozenset(one.rpartition("\\")[2].casefold() for one in registry.parse(reply.text))


def registry_key(key: str, reply: Reply, absent: str) -> dict[str, Plain] | None:
    """Read one registry key for a snapshot; values that hold a secret keep their name and type and lose their data."""
    values = registry.read_key(key, reply, absent)
    if values is None:
        return None
    return {name: _plain(name, value) for name, value in values.items()}


def _plain(name: str, value: registry.Value) -> Plain:
    if name.lower() in _WITHHELD:
        return {"type": value.type, "data": "", "withheld": True}
    return value.as_dict()
