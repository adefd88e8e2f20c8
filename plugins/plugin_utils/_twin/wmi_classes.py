# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The WMI classes that the twin answers (private to this collection): instances from the model.

``data/wmi.yml`` lists keys, properties and the values that never differ; a row here adds what depends on the machine.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from . import boot_store, shared_access, usage
from .data_files import read_data
from .shares import shares

if TYPE_CHECKING:
    from .machine import Machine
    from .services import Service

Row = dict[str, object]
Rows = Callable[["Machine"], Iterator[Row]]

_VERSION_KEY = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
_PROCESSOR_KEY = "HKLM\\HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0"
PROFILE_LIST = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList"
NETBIOS = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\NetBT\\Parameters\\Interfaces"
_SYSTEM_TYPES = {"x64": "x64-based PC", "x86": "X86-based PC", "ia64": "Itanium(TM) 64-based PC"}
ADAPTER = "{6F2B9A31-0C0E-4B7D-9B25-1E7D7B3A8C11}"


@dataclass(frozen=True)
class WmiClass:
    """A class: its own spelling, namespaces, keys, properties, what all instances share, and how they are found."""

    name: str
    keys: tuple[str, ...]
    properties: tuple[str, ...]
    rows: Rows
    namespaces: tuple[str, ...]
    singleton: bool = False
    same: Mapping[str, object] = field(default_factory=dict)

    def instances(self, machine: Machine) -> Iterator[Row]:
        """Yield every instance with every property, None where the model knows nothing."""
        for row in self.rows(machine):
            full = {**self.same, **row}
            yield {name: full.get(name) for name in self.properties}


def _words(machine: Machine, bits: bool) -> str:
    size = "32" if machine.arch == "x86" else "64"
    return {"ru-RU": f"{size}-разрядная", "de-DE": f"{size}-Bit"}.get(machine.locale, f"{size}-bit") if bits else size


def _device(machine: Machine) -> str:
    return f"{machine.hardware.caption}|{machine.windows_directory}|\\Device\\Harddisk0\\Partition1"


def _computer(machine: Machine) -> Iterator[Row]:
    hardware = machine.hardware
    yield {
        "Name": machine.name,
        "Caption": machine.name,
        "DNSHostName": machine.name.lower(),
        "Domain": machine.domain,
        "DomainRole": hardware.domain_role,
        "PartOfDomain": machine.part_of_domain,
        "Workgroup": None if machine.part_of_domain else machine.domain,
        "TotalPhysicalMemory": hardware.memory,
        "SystemType": _SYSTEM_TYPES[machine.arch],
        **({"Manufacturer": hardware.manufacturer} if hardware.manufacturer else {}),
        **({"Model": hardware.model} if hardware.model else {}),
    }


def _operating_system(machine: Machine) -> Iterator[Row]:
    hardware, registry = machine.hardware, machine.registry
    free_memory = hardware.memory // 1024 * 8 // 10
    pack = 1 if machine.build == 6001 else 2
    yield {
        "BuildNumber": str(machine.build),
        "Caption": hardware.caption,
        "CodeSet": machine.ansi_codepage,
        "CountryCode": {"de-DE": "49", "ru-RU": "7"}.get(machine.locale, "1"),
        "CSDVersion": f"Service Pack {pack}",
        "CSName": machine.name,
        "DataExecutionPrevention_SupportPolicy": boot_store.support_policy(machine),
        "FreePhysicalMemory": free_memory,
        "FreeVirtualMemory": free_memory + 4194304,
        "InstallDate": datetime.fromtimestamp(int(registry.data(_VERSION_KEY, "InstallDate", 0)), UTC),
        "LastBootUpTime": machine.booted_at,
        "LocalDateTime": machine.clock.now(),
        "Locale": f"{machine.language:04x}",
        "MaxProcessMemorySize": 2097024 if machine.arch == "x86" else 8589934464,
        "MUILanguages": [machine.locale],
        "Name": _device(machine),
        "NumberOfProcesses": len(machine.processes.list()),
        "OperatingSystemSKU": hardware.sku,
        "Organization": str(registry.data(_VERSION_KEY, "RegisteredOrganization", "")),
        "OSArchitecture": _words(machine, bits=True),
        "OSLanguage": machine.language,
        "PAEEnabled": machine.arch == "x86",
        "ProductType": hardware.product_type,
        "RegisteredUser": str(registry.data(_VERSION_KEY, "RegisteredOwner", "")),
        "SerialNumber": str(registry.data(_VERSION_KEY, "ProductId", "")),
        "ServicePackMajorVersion": pack,
        "SystemDirectory": f"{machine.windows_directory}\\system32",
        "SystemDrive": machine.files.drive,
        "TotalVirtualMemorySize": hardware.memory // 1024 + 4194304,
        "TotalVisibleMemorySize": hardware.memory // 1024,
        "Version": machine.version,
        "WindowsDirectory": machine.windows_directory,
    }


def _hotfixes(machine: Machine) -> Iterator[Row]:
    for kb, installed in machine.store.hotfixes():
        yield {
            "Caption": f"http://support.microsoft.com/?kbid={kb[2:]}",
            "CSName": machine.name,
            "HotFixID": kb,
            # NT 6.0 writes a FILETIME in hexadecimal here, not a date (seen in a stored Vista listing)
            "InstalledOn": f"{_filetime(installed):016x}" if installed else "",
        }


def _filetime(moment: datetime) -> int:
    return int((moment - datetime(1601, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1)) * 10


_MODE = ("Boot", "System", "Auto", "Manual", "Disabled")
_ERROR = ("Ignore", "Normal", "Severe", "Critical")
_KIND = {1: "Kernel Driver", 2: "File System Driver", 16: "Own Process", 32: "Share Process"}


def _service(machine: Machine, service: Service) -> Row:
    return {
        "AcceptStop": service.running and service.stoppable,
        "Caption": service.display,
        "Description": (service.display if service.is_driver else service.description) or None,
        "DesktopInteract": bool(service.type & 0x100),
        "DisplayName": service.display,
        "ErrorControl": _ERROR[min(service.error_control, 3)],
        "ExitCode": service.exit_code,
        "Name": service.name,
        "PathName": service.image or None,
        "ServiceSpecificExitCode": service.service_exit_code,
        "Started": service.running,
        "StartMode": _MODE[min(service.start, 4)],
        "ServiceType": _KIND.get(service.type & 0x33, "Unknown"),
        "State": "Running" if service.running else "Stopped",
        "SystemName": machine.name,
        "TagId": service.tag,
    }


def _services(machine: Machine) -> Iterator[Row]:
    for service in machine.services.list():
        if not service.is_driver:
            yield {**_service(machine, service), "ProcessId": service.pid, "StartName": service.account or None}


def _drivers(machine: Machine) -> Iterator[Row]:
    for service in machine.services.list():
        if service.is_driver:
            yield _service(machine, service)


_TYPES = {"exe": "Application", "dll": "Application Extension", "sys": "System file", "txt": "Text Document"}


def _data_files(machine: Machine) -> Iterator[Row]:
    for path in machine.files.walk(machine.files.drive + "\\"):
        entry = machine.files.entry(path)
        low = path.lower()  # WMI spells file names in lower case
        folder, _backslash, name = low[2:].rpartition("\\")
        stem, _dot, extension = name.rpartition(".")
        yield {
            **dict.fromkeys(("Caption", "Description", "EightDotThreeFileName", "Name"), low),
            **dict.fromkeys(("CreationDate", "InstallDate", "LastAccessed", "LastModified"), entry.modified),
            "CSName": machine.name,
            "Drive": low[:2],
            "Extension": extension,
            "FileName": stem or name,
            "FileSize": entry.size,
            "FileType": _TYPES.get(extension, f"{extension} File"),
            "Manufacturer": "Microsoft Corporation" if entry.version else None,
            "Path": folder + "\\",
            "Version": entry.version,
        }


def _directories(machine: Machine) -> Iterator[Row]:
    pending = [machine.files.drive + "\\"]
    while pending:
        folder = pending.pop()
        low = folder.lower().rstrip("\\")
        parent, _backslash, name = low[2:].rpartition("\\")
        modified = machine.files.entry(folder).modified
        yield {
            **{text: low or folder.lower() for text in ("Caption", "Description", "EightDotThreeFileName", "Name")},
            **dict.fromkeys(("CreationDate", "InstallDate", "LastAccessed", "LastModified"), modified),
            "CSName": machine.name,
            "Drive": low[:2],
            "FileName": name,
            "Path": parent + "\\",
        }
        pending += [f"{low}\\{entry.name}" for entry in machine.files.list_dir(folder) if entry.is_dir]


def _disks(machine: Machine) -> Iterator[Row]:
    drive = machine.files.drive
    floppy = {"Description": "3 1/2 Inch Floppy Drive", "DriveType": 2, "MediaType": 5}
    disk: Row = {
        "Description": "Local Fixed Disk",
        "DriveType": 3,
        "MediaType": 12,
        "FileSystem": "NTFS",
        "Size": machine.files.size,
        "FreeSpace": machine.files.free,
        "VolumeName": "",
        "VolumeSerialNumber": "5C3F21A7",
        "Compressed": False,
        "VolumeDirty": False,
        "MaximumComponentLength": 255,
        "SupportsDiskQuotas": True,
        "SupportsFileBasedCompression": True,
    }
    empty = {"Description": "CD-ROM Disc", "DriveType": 5, "MediaType": 11}  # no disc: sizes are NULL
    for name, about in (("A:", floppy), (drive, disk), ("D:", empty)):
        yield {"DeviceID": name, "Name": name, "Caption": name, "SystemName": machine.name, **about}


def _processes(machine: Machine) -> Iterator[Row]:
    for row in machine.processes.list():
        line = row.command_line
        path = line.split('"')[1] if line.startswith('"') else line.partition(" ")[0]
        yield {
            **dict.fromkeys(("Caption", "Description", "Name"), row.name),
            "CommandLine": line or None,
            "CreationDate": row.created,
            "CSName": machine.name,
            "ExecutablePath": path if ":" in path else None,
            "Handle": str(row.pid),
            "OSName": _device(machine),
            "ParentProcessId": row.parent,
            "ProcessId": row.pid,
            "WindowsVersion": machine.version,
        }


def _users(machine: Machine) -> Iterator[Row]:
    for user in machine.accounts.users.values():
        yield {
            "Caption": f"{machine.name}\\{user.name}",
            "Description": user.comment,
            "Disabled": user.disabled,
            "Domain": machine.name,
            "FullName": user.full_name,
            "Lockout": machine.accounts.is_locked(user),
            "Name": user.name,
            "PasswordExpires": user.password_expires,
            "PasswordRequired": user.password_required,
            "SID": machine.accounts.sid_of(user),
            "Status": "Degraded" if user.disabled else "OK",
        }


def _profiles(machine: Machine) -> Iterator[Row]:
    """The profiles that the registry lists; one is loaded when its hive hangs under its own SID."""
    drive = machine.windows_directory[:2]
    for sid in machine.registry.subkeys(PROFILE_LIST) or []:
        path = str(machine.registry.data(f"{PROFILE_LIST}\\{sid}", "ProfileImagePath", ""))
        path = re.sub("%SystemDrive%", lambda _match: drive, path, flags=re.IGNORECASE)
        path = re.sub("%SystemRoot%", lambda _match: machine.windows_directory, path, flags=re.IGNORECASE)
        special = not sid.startswith("S-1-5-21-")
        yield {
            "LocalPath": path,
            "Loaded": special or machine.registry.key_exists(f"HKU\\{sid}"),
            "SID": sid,
            "Special": special,
        }


def _groups(machine: Machine) -> Iterator[Row]:
    builtin = [sid for sid in machine.accounts.members if sid.startswith("S-1-5-32-")]
    for sid in [*builtin, *machine.accounts.local_groups]:
        _domain, name = machine.accounts.lookup(sid) or ("", sid)
        yield {"Caption": f"{machine.name}\\{name}", "Domain": machine.name, "Name": name, "SID": sid}


def _adapters(machine: Machine) -> Iterator[Row]:
    yield {
        "DNSDomain": machine.domain if machine.part_of_domain else "",
        "DNSHostName": machine.name.lower(),
        "SettingID": ADAPTER,
        "TcpipNetbiosOptions": int(machine.registry.data(f"{NETBIOS}\\Tcpip_{ADAPTER}", "NetbiosOptions", 0)),
    }


def _volumes(machine: Machine) -> Iterator[Row]:
    yield {"DriveLetter": machine.files.drive, "ProtectionStatus": int(bool(machine.knobs.get("bitlocker")))}


def _features(machine: Machine) -> Iterator[Row]:
    names = read_data("wmi.yml")["server_features"]
    for number in machine.hardware.features:
        yield {"ID": number, "Name": names.get(number, f"Feature {number}"), "ParentID": 0}


def _products(machine: Machine) -> Iterator[Row]:
    yield {
        "Description": "Windows Operating System - Windows Server(R), VOLUME_MAK channel",
        "ID": "ad2542d4-9154-4c6d-8a44-30f11ee96989",
        "LicenseFamily": "ServerStandard",
        "LicenseStatus": 1,
        "LicenseIsAddon": False,
        "Name": "Windows Server(R), ServerStandard edition",
        "PartialProductKey": "T8XC4",
        "ProductKeyID": str(machine.registry.data(_VERSION_KEY, "ProductId", "")),
    }
    for row in machine.licences:
        yield {
            "Description": "Windows Operating System - Windows Server(R), ESU add-on, VOLUME_MAK channel",
            "ID": row["id"],
            "GracePeriodRemaining": 0 if row.get("status") == 1 or not row.get("partial_key") else 43200,
            "LicenseFamily": "Server-ESU",
            "LicenseStatus": row.get("status", 0),
            "OfflineInstallationId": machine.licensing.installation_id(row),
            "LicenseIsAddon": True,
            "Name": row.get("name") or "Windows Server(R), Server-ESU add-on",
            "PartialProductKey": row.get("partial_key"),
        }


def _licensing(machine: Machine) -> Iterator[Row]:
    yield {"Version": machine.template.version}


def _shares(machine: Machine) -> Iterator[Row]:
    server = machine.services.get("LanmanServer")
    if server is None or not server.running:
        return
    for held in sorted(shares(machine), key=lambda share: share.name.casefold()):  # as WMI lists them, not as net does
        yield {
            "Caption": held.remark,
            "Description": held.remark,
            "Name": held.name,
            "Path": held.path,
            "Type": held.kind,
        }


def _enclosures(machine: Machine) -> Iterator[Row]:
    yield {"SMBIOSAssetTag": str(machine.knobs.get("asset_tag") or "No Asset Tag"), "Tag": "System Enclosure 0"}


def _bios(machine: Machine) -> Iterator[Row]:
    yield {"ReleaseDate": datetime(2008, 11, 13, tzinfo=UTC)}


def _processors(machine: Machine) -> Iterator[Row]:
    values = machine.registry.values(_PROCESSOR_KEY) or {}
    speed = values["~MHz"].data if "~MHz" in values else None
    yield {
        "AddressWidth": int(_words(machine, bits=False)),
        "Architecture": {"x64": 9, "ia64": 6}.get(machine.arch, 0),
        "Caption": values["Identifier"].data if "Identifier" in values else None,
        "CurrentClockSpeed": speed,
        "MaxClockSpeed": speed,
        "Name": values["ProcessorNameString"].data if "ProcessorNameString" in values else None,
        "SystemName": machine.name,
    }


def _zones(machine: Machine) -> Iterator[Row]:
    yield {}


def _nothing(machine: Machine) -> Iterator[Row]:
    return iter(())


_ROWS: dict[str, Rows] = {
    "Win32_OperatingSystem": _operating_system,
    "Win32_ComputerSystem": _computer,
    "Win32_QuickFixEngineering": _hotfixes,
    "Win32_Service": _services,
    "Win32_SystemDriver": _drivers,
    "CIM_DataFile": _data_files,
    "Win32_Directory": _directories,
    "Win32_LogicalDisk": _disks,
    "Win32_Process": _processes,
    "Win32_UserAccount": _users,
    "Win32_Group": _groups,
    "Win32_UserProfile": _profiles,
    "Win32_NetworkAdapterConfiguration": _adapters,
    "Win32_EncryptableVolume": _volumes,
    "Win32_ServerFeature": _features,
    "SoftwareLicensingProduct": _products,
    "SoftwareLicensingService": _licensing,
    "Win32_Share": _shares,
    "Win32_LogicalShareSecuritySetting": shared_access.shares,
    "Win32_Printer": shared_access.printers,
    "Win32_ServerSession": usage.sessions,
    "Win32_ServerConnection": usage.connections,
    "Win32_LogonSession": usage.logons,
    "Win32_BIOS": _bios,
    "Win32_SystemEnclosure": _enclosures,
    "Win32_Processor": _processors,
    "Win32_TimeZone": _zones,
    "StdRegProv": _nothing,
    "SystemRestore": _nothing,
}


@functools.cache
def classes() -> dict[tuple[str, str], WmiClass]:
    """Return every class by namespace and lower-case name."""
    found: dict[tuple[str, str], WmiClass] = {}
    for name, about in read_data("wmi.yml")["classes"].items():
        kind = WmiClass(
            name,
            tuple(about["keys"]),
            tuple(about.get("properties", "").split()),
            _ROWS[name],
            tuple(about.get("namespaces", ["root/cimv2"])),
            bool(about.get("singleton")),
            about.get("same", {}),
        )
        for namespace in kind.namespaces:
            found[namespace, name.lower()] = kind
    return found


def find(namespace: str, class_name: str) -> WmiClass | None:
    """Return a class of a namespace (lower case, slashes), None when it has none of this name."""
    return classes().get((namespace, class_name.lower())) if re.fullmatch(r"\w+", class_name) else None
