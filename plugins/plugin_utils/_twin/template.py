# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Templates of freshly installed machines (private to this collection), built once and shared copy-on-write.

The data files say what Windows Server 2008 Standard is like; this module fills in build, architecture
and language and keeps one `Template` of each combination for the life of the process.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import access, people
from .data_files import read_data
from .files import FileSystem
from .registry import RegData, Registry

_SERVICES = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"
_START = {"boot": 0, "system": 1, "auto": 2, "delayed": 2, "manual": 3, "disabled": 4}
_TYPE = {"kernel": 1, "filesystem": 2, "own": 16, "share": 32}
_ACCOUNT = {"S": "LocalSystem", "L": "NT AUTHORITY\\LocalService", "N": "NT AUTHORITY\\NetworkService"}
_PROCESSOR = {
    "x64": ("AMD64", "Intel64 Family 6 Model 23 Stepping 10, GenuineIntel"),
    "ia64": ("IA64", "ia64 Family 32 Model 1 Stepping 1, GenuineIntel"),
    "x86": ("x86", "x86 Family 6 Model 23 Stepping 10, GenuineIntel"),
}
# build -> (file version, service pack text, its number, BuildLab); lh_sp2rtm is the branch of 6002.18005
_BUILDS = {
    6001: ("6.0.6001.18000", "Service Pack 1", 1, "longhorn_rtm.080118-1840"),
    6002: ("6.0.6002.18005", "Service Pack 2", 2, "lh_sp2rtm.090410-1830"),
}


@dataclass
class Template:
    """A pristine machine: never change it, machines copy from it on write."""

    build: int
    arch: str
    locale: str
    registry: Registry
    files: FileSystem
    policy: Mapping[str, Any]
    audit: Mapping[str, int]
    running: list[str]
    displays: Mapping[str, str]
    listeners: list[dict[str, Any]]
    trigger_started: list[str]
    version: str
    packages: dict[str, int] = field(default_factory=dict)


def typed(value: Any) -> tuple[str, RegData]:
    """Return type and data of a registry value as the data files (and overrides) write it."""
    if isinstance(value, bool):
        return "REG_DWORD", int(value)
    if isinstance(value, int):
        return "REG_DWORD", value
    if isinstance(value, str):
        return "REG_SZ", value
    if isinstance(value, list):
        return "REG_MULTI_SZ", [str(item) for item in value]
    if isinstance(value, Mapping) and "expand" in value:
        return "REG_EXPAND_SZ", str(value["expand"])
    if isinstance(value, Mapping) and "hex" in value:
        return "REG_BINARY", bytes.fromhex(str(value["hex"]))
    raise ValueError(f"{value!r} is no registry value of the twin's data files")


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for word, text in words.items():
            value = value.replace("{" + word + "}", text)
        return value
    if isinstance(value, list):
        return [_filled(item, words) for item in value]
    if isinstance(value, Mapping):
        return {key: _filled(item, words) for key, item in value.items()}
    return value


@functools.lru_cache(maxsize=16)
def template(build: int, arch: str, locale: str) -> Template:
    """Return the pristine machine of a build (6001, 6002), an architecture (x64, x86, ia64) and a language."""
    from .accounts import MACHINE_SID, names_of
    from .machine import ANSI_CODEPAGES, LANGUAGES, OEM_CODEPAGES

    version, csd, pack, lab = _BUILDS[build]
    processor, identifier = _PROCESSOR[arch]
    flavour = {"x64": "amd64fre", "ia64": "ia64fre"}.get(arch, "x86fre")
    words = {
        "build": str(build),
        "csd": csd,
        "csd_number": "",
        "lab": f"{build}.{version.rpartition('.')[2]}.{flavour}.{lab}",
        "lab_ex": f"{build}.{version.rpartition('.')[2]}.{flavour}.{lab}",
        "processor": processor,
        "identifier": identifier,
        "acp": ANSI_CODEPAGES[locale],
        "oemcp": OEM_CODEPAGES[locale],
        "language": f"{LANGUAGES[locale]:04x}",
        "locale_id": f"{LANGUAGES[locale]:08x}",
        "administrator": f"{MACHINE_SID}-500",
        "admin_name": names_of(locale)["500"],
        "name": "SERVER",
    }
    base = read_data("base.yml")
    registry = Registry()
    for key, values in base["registry"].items():
        key = _filled(key, words)
        registry.create_key(key)
        for name, value in values.items():
            kind, data = typed(_filled(value, words))
            registry.set(key, name, kind, data)
    registry.set("HKLM\\SYSTEM\\CurrentControlSet\\Control\\Windows", "CSDVersion", "REG_DWORD", pack << 8)
    files = FileSystem()
    files.size = 1 << 60
    for folder in base["folders"]:
        files.make_dir(_filled(folder, words))
    for name, entry in base["files"].items():
        about = entry if isinstance(entry, Mapping) else {"size": entry, "version": version}
        if "text" in about:
            files.write(f"C:\\Windows\\{name}", about["text"].encode("ascii"))
            continue
        shown = about["version"]
        if build == 6001 and shown and shown.endswith("6002.18005"):
            shown = shown.replace("6002.18005", "6001.18000")
        files.put(f"C:\\Windows\\{name}", about["size"], shown)
    running, displays = _services(registry, files, version)
    _packages(registry, files, build, arch, version)
    people.stock(files)
    access.stock(registry, files)
    files.size, files.used = 42949672960, 12884901888
    policy = read_data("policy.yml")
    return Template(
        build,
        arch,
        locale,
        registry,
        files,
        policy["policy"],
        policy.get("audit", {}),
        running,
        displays,
        base["listeners"],
        base["trigger_started"],
        version,
    )


def _packages(registry: Registry, files: FileSystem, build: int, arch: str, version: str) -> None:
    """Enter what Setup leaves in the component store; SP2 media bring KB955430 along (facts: servicing 2)."""
    cpu = "amd64" if arch == "x64" else arch
    names = {
        f"Microsoft-Windows-Server-Foundation-Package~31bf3856ad364e35~{cpu}~~{version}": 8,
        f"Microsoft-Windows-ServerStandardEdition~31bf3856ad364e35~{cpu}~~{version}": 7,
        f"VistaSP1-KB936330~31bf3856ad364e35~{cpu}~~6.0.1.18000": 8,
    }
    if build >= 6002:
        names[f"VistaSP2-KB948465~31bf3856ad364e35~{cpu}~~6.0.1.18005"] = 7
        names[f"Package_for_KB955430~31bf3856ad364e35~{cpu}~~6.0.1.0"] = 7
    base = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages\\"
    for name, state in names.items():
        registry.set(base + name, "CurrentState", "REG_DWORD", state)
        registry.set(base + name, "InstallName", "REG_SZ", "update.mum")
        registry.set(base + name, "InstallClient", "REG_SZ", "CbsTask")
        files.put(f"C:\\Windows\\servicing\\Packages\\{name}.mum", 2048, None)
        files.put(f"C:\\Windows\\servicing\\Packages\\{name}.cat", 8192, None)
    files.make_dir(f"C:\\Windows\\servicing\\Version\\{version}")


def _services(registry: Registry, files: FileSystem, version: str) -> tuple[list[str], dict[str, str]]:
    data = read_data("services.yml")
    running: list[str] = []
    displays: dict[str, str] = {}
    for name, display, kind, start, account, image, needs, runs in data["services"]:
        if image.startswith("-k "):
            image = "%SystemRoot%\\System32\\svchost.exe " + image
        _service(registry, name, display, _TYPE[kind], start, image, needs)
        registry.set(_SERVICES + name, "ObjectName", "REG_SZ", _ACCOUNT[account])
        if start == "delayed":
            registry.set(_SERVICES + name, "DelayedAutostart", "REG_DWORD", 1)
        displays[name.lower()] = display
        running += [name] if runs else []
    for name, display, kind, start, group, image, needs, runs in data["drivers"]:
        path = image if "\\" in image or not image else f"system32\\drivers\\{image}"
        _service(registry, name, display, _TYPE[kind], start, path, needs)
        if group:
            registry.set(_SERVICES + name, "Group", "REG_SZ", group)
        if image and "\\" not in image and not files.exists(f"C:\\Windows\\{path}"):
            files.put(f"C:\\Windows\\{path}", 65536, version)
        displays[name.lower()] = display
        running += [name] if runs else []
    return running, displays


def _service(registry: Registry, name: str, display: str, kind: int, start: str, image: str, needs: list[str]) -> None:
    key = _SERVICES + name
    registry.set(key, "DisplayName", "REG_SZ", display)
    registry.set(key, "ErrorControl", "REG_DWORD", 1)
    if image:
        registry.set(key, "ImagePath", "REG_EXPAND_SZ", image)
    registry.set(key, "Start", "REG_DWORD", _START[start])
    registry.set(key, "Type", "REG_DWORD", kind)
    if needs:
        registry.set(key, "DependOnService", "REG_MULTI_SZ", list(needs))
