# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The WMI classes of NT 6.0 that the twin answers (private to this collection).

A class lists every property it has, so that ``select *`` carries the NULLs a real machine sends; a row
fills in what the model knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .machine import Machine
    from .services import Service

Row = dict[str, object]
CIMV2 = "root/cimv2"


@dataclass(frozen=True)
class WmiClass:
    """A class: its own spelling, namespaces, keys, properties, and how its instances are found."""

    name: str
    keys: tuple[str, ...]
    properties: tuple[str, ...]
    rows: Callable[[Machine], Iterator[Row]]
    namespaces: tuple[str, ...] = (CIMV2,)
    singleton: bool = False

    def filled(self, row: Mapping[str, object]) -> Row:
        """Return the row with every property of the class, None where the model knows nothing."""
        return {name: row.get(name) for name in self.properties}


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _computer(machine: Machine) -> Iterator[Row]:
    hardware = machine.hardware
    yield {
        "Name": machine.name, "Caption": machine.name, "CreationClassName": "Win32_ComputerSystem", "DNSHostName": machine.name.lower(),
        "Domain": machine.domain, "DomainRole": hardware.domain_role, "PartOfDomain": machine.part_of_domain,
        "Workgroup": None if machine.part_of_domain else machine.domain, "TotalPhysicalMemory": hardware.memory,
        "Manufacturer": "VMware, Inc.", "Model": "VMware Virtual Platform", "NumberOfProcessors": 1, "NumberOfLogicalProcessors": 2,
        "SystemType": "x64-based PC" if machine.arch == "x64" else "X86-based PC", "Status": "OK", "BootupState": "Normal boot",
        "DaylightInEffect": False, "CurrentTimeZone": 0, "EnableDaylightSavingsTime": True, "PrimaryOwnerName": "Windows User",
        "Description": "AT/AT COMPATIBLE", "BootROMSupported": True, "InfraredSupported": False, "NetworkServerModeEnabled": True,
        "AdminPasswordStatus": 3, "ChassisBootupState": 3, "PCSystemType": 1, "PowerState": 0, "PowerSupplyState": 3, "ThermalState": 3,
        "WakeUpType": 6, "AutomaticManagedPagefile": True, "AutomaticResetBootOption": True, "AutomaticResetCapability": True,
        "Roles": ["LM_Workstation", "LM_Server", "NT", "Server_NT"], "UserName": None, "FrontPanelResetStatus": 3, "KeyboardPasswordStatus": 3,
        "PowerOnPasswordStatus": 0, "PauseAfterReset": -1, "ResetCapability": 1, "ResetCount": -1, "ResetLimit": -1,
    }


def _operating_system(machine: Machine) -> Iterator[Row]:
    hardware, registry = machine.hardware, machine.registry
    version = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
    free_memory = hardware.memory // 1024 * 8 // 10
    pack = 1 if machine.build == 6001 else 2
    bits = "64" if machine.arch == "x64" else "32"
    yield {
        "BootDevice": "\\Device\\HarddiskVolume1", "BuildNumber": str(machine.build), "BuildType": "Multiprocessor Free",
        "Caption": hardware.caption, "CodeSet": machine.ansi_codepage, "CountryCode": {"de-DE": "49", "ru-RU": "7"}.get(machine.locale, "1"),
        "CreationClassName": "Win32_OperatingSystem", "CSCreationClassName": "Win32_ComputerSystem", "CSDVersion": f"Service Pack {pack}",
        "CSName": machine.name, "CurrentTimeZone": 0, "DataExecutionPrevention_32BitApplications": True,
        "DataExecutionPrevention_Available": True, "DataExecutionPrevention_Drivers": True, "DataExecutionPrevention_SupportPolicy": 3,
        "Debug": False, "Description": "", "Distributed": False, "EncryptionLevel": 256, "ForegroundApplicationBoost": 0,
        "FreePhysicalMemory": free_memory, "FreeSpaceInPagingFiles": 4194304, "FreeVirtualMemory": free_memory + 4194304,
        "InstallDate": datetime.fromtimestamp(int(registry.data(version, "InstallDate", 0)), timezone.utc),
        "LastBootUpTime": machine.booted_at, "LocalDateTime": machine.clock.now(), "Locale": f"{machine.language:04x}",
        "Manufacturer": "Microsoft Corporation", "MaxNumberOfProcesses": 0xFFFFFFFF,
        "MaxProcessMemorySize": 8589934464 if machine.arch == "x64" else 2097024, "MUILanguages": [machine.locale],
        "Name": f"{hardware.caption}|C:\\Windows|\\Device\\Harddisk0\\Partition1", "NumberOfLicensedUsers": 0,
        "NumberOfProcesses": len(machine.processes.list()), "NumberOfUsers": 1, "OperatingSystemSKU": hardware.sku,
        "Organization": str(registry.data(version, "RegisteredOrganization", "")),
        "OSArchitecture": {"ru-RU": f"{bits}-разрядная", "de-DE": f"{bits}-Bit"}.get(machine.locale, f"{bits}-bit"),
        "OSLanguage": machine.language, "OSProductSuite": 272, "OSType": 18, "PAEEnabled": machine.arch == "x86", "Primary": True,
        "ProductType": hardware.product_type, "RegisteredUser": str(registry.data(version, "RegisteredOwner", "")),
        "SerialNumber": str(registry.data(version, "ProductId", "")), "ServicePackMajorVersion": pack, "ServicePackMinorVersion": 0,
        "SizeStoredInPagingFiles": 4194304, "Status": "OK", "SuiteMask": 272, "SystemDevice": "\\Device\\HarddiskVolume1",
        "SystemDirectory": f"{machine.windows_directory}\\system32", "SystemDrive": machine.files.drive,
        "TotalVirtualMemorySize": hardware.memory // 1024 + 4194304, "TotalVisibleMemorySize": hardware.memory // 1024,
        "Version": machine.version, "WindowsDirectory": machine.windows_directory,
    }


def _hotfixes(machine: Machine) -> Iterator[Row]:
    for kb, installed in machine.store.hotfixes():
        yield {
            "Caption": f"http://support.microsoft.com/?kbid={kb[2:]}", "CSName": machine.name, "Description": "Update", "FixComments": "",
            "HotFixID": kb, "InstalledBy": "S-1-5-18", "ServicePackInEffect": "",
            # NT 6.0 writes a FILETIME in hexadecimal here, not a date (seen in a stored Vista listing)
            "InstalledOn": f"{_filetime(installed):016x}" if installed else "",
        }


def _filetime(moment: datetime) -> int:
    return int((moment - datetime(1601, 1, 1, tzinfo=timezone.utc)) / timedelta(microseconds=1)) * 10


_MODE = ("Boot", "System", "Auto", "Manual", "Disabled")
_ERROR = ("Ignore", "Normal", "Severe", "Critical")


def _service_row(machine: Machine, service: Service) -> Row:
    kind = service.type & 0xFF
    path = machine.expand_system(service.path)
    if service.is_driver and path and path[1:2] != ":":
        path = f"{machine.windows_directory}\\{path.removeprefix(chr(92) + 'SystemRoot' + chr(92))}"
    stoppable = service.running and service.name.lower() not in ("rpcss", "dcomlaunch", "samss", "plugplay", "gpsvc", "profsvc")
    return {
        "AcceptPause": False, "AcceptStop": stoppable, "Caption": service.display,
        "CreationClassName": "Win32_SystemDriver" if service.is_driver else "Win32_Service",
        "Description": (service.display if service.is_driver else service.description) or None, "DesktopInteract": bool(service.type & 0x100),
        "DisplayName": service.display, "ErrorControl": _ERROR[min(service.error_control, 3)], "ExitCode": service.exit_code,
        "Name": service.name, "PathName": path or None,
        "ServiceSpecificExitCode": service.service_exit_code, "Started": service.running, "StartMode": _MODE[min(service.start, 4)],
        "ServiceType": {1: "Kernel Driver", 2: "File System Driver", 16: "Own Process", 32: "Share Process"}.get(kind & 0x33, "Unknown"),
        "StartName": (service.account or None) if not service.is_driver else "", "State": "Running" if service.running else "Stopped",
        "Status": "OK", "SystemCreationClassName": "Win32_ComputerSystem", "SystemName": machine.name, "TagId": service.tag,
    }


def _services(machine: Machine) -> Iterator[Row]:
    for service in machine.services.list():
        if not service.is_driver:
            yield {**_service_row(machine, service), "CheckPoint": 0, "WaitHint": 0, "ProcessId": service.pid}


def _drivers(machine: Machine) -> Iterator[Row]:
    for service in machine.services.list():
        if service.is_driver:
            yield _service_row(machine, service)


def _data_files(machine: Machine) -> Iterator[Row]:
    for path in machine.files.walk(machine.files.drive + "\\"):
        entry = machine.files.entry(path)
        low = path.lower()
        folder, _backslash, name = low[2:].rpartition("\\")
        stem, _dot, extension = name.rpartition(".")
        words = {"exe": "Application", "dll": "Application Extension", "sys": "System file", "log": "Text Document", "txt": "Text Document"}
        yield {
            "AccessMask": 18809343, "Archive": True, "Caption": low, "Compressed": False, "CreationClassName": "CIM_LogicalFile",
            "CreationDate": entry.modified, "CSCreationClassName": "Win32_ComputerSystem", "CSName": machine.name, "Description": low,
            "Drive": low[:2], "EightDotThreeFileName": low, "Encrypted": False, "Extension": extension, "FileName": stem or name,
            "FileSize": entry.size, "FileType": words.get(extension, f"{extension} File"), "FSCreationClassName": "Win32_FileSystem",
            "FSName": "NTFS", "Hidden": False, "InstallDate": entry.modified, "LastAccessed": entry.modified, "LastModified": entry.modified,
            "Manufacturer": "Microsoft Corporation" if entry.version else None, "Name": low, "Path": folder + "\\", "Readable": True,
            "Status": "OK", "System": False, "Version": entry.version, "Writeable": True,
        }


def _directories(machine: Machine) -> Iterator[Row]:
    pending = [machine.files.drive + "\\"]
    while pending:
        folder = pending.pop()
        low = folder.lower().rstrip("\\")
        parent, _backslash, name = low[2:].rpartition("\\")
        modified = machine.files.entry(folder).modified
        yield {
            "Caption": low, "CreationClassName": "CIM_LogicalFile", "CreationDate": modified, "CSName": machine.name, "Description": low,
            "Drive": low[:2], "FileName": name, "FileType": "File Folder", "FSName": "NTFS", "Hidden": False, "LastModified": modified,
            "Name": low or folder.lower(), "Path": parent + "\\", "Readable": True, "Status": "OK", "System": False, "Writeable": True,
        }
        pending += [folder.rstrip("\\") + "\\" + entry.name for entry in machine.files.list_dir(folder) if entry.is_dir]


def _disks(machine: Machine) -> Iterator[Row]:
    common: Row = {"CreationClassName": "Win32_LogicalDisk", "SystemCreationClassName": "Win32_ComputerSystem", "SystemName": machine.name}
    yield {**common, "DeviceID": "A:", "Name": "A:", "Caption": "A:", "Description": "3 1/2 Inch Floppy Drive", "DriveType": 2, "MediaType": 5}
    yield {
        **common, "DeviceID": machine.files.drive, "Name": machine.files.drive, "Caption": machine.files.drive,
        "Description": "Local Fixed Disk", "DriveType": 3, "MediaType": 12, "FileSystem": "NTFS", "Size": machine.files.size,
        "FreeSpace": machine.files.free, "VolumeName": "", "VolumeSerialNumber": "5C3F21A7", "Compressed": False, "VolumeDirty": False,
        "MaximumComponentLength": 255, "SupportsDiskQuotas": True, "SupportsFileBasedCompression": True, "QuotasDisabled": True,
        "QuotasIncomplete": False, "QuotasRebuilding": False,
    }
    yield {**common, "DeviceID": "D:", "Name": "D:", "Caption": "D:", "Description": "CD-ROM Disc", "DriveType": 5, "MediaType": 11}


def _processes(machine: Machine) -> Iterator[Row]:
    for row in machine.processes.list():
        path = row.command_line.split('"')[1] if row.command_line.startswith('"') else row.command_line.partition(" ")[0]
        yield {
            "Caption": row.name, "CommandLine": row.command_line or None, "CreationClassName": "Win32_Process", "CreationDate": row.created,
            "CSCreationClassName": "Win32_ComputerSystem", "CSName": machine.name, "Description": row.name,
            "ExecutablePath": path if ":" in path else None, "Handle": str(row.pid), "HandleCount": 100, "Name": row.name,
            "OSCreationClassName": "Win32_OperatingSystem", "OSName": f"{machine.hardware.caption}|C:\\Windows|\\Device\\Harddisk0\\Partition1",
            "ParentProcessId": row.parent, "Priority": 8, "ProcessId": row.pid, "SessionId": 0, "ThreadCount": 5,
            "WindowsVersion": machine.version, "WorkingSetSize": 6291456,
        }


def _users(machine: Machine) -> Iterator[Row]:
    for user in machine.accounts.users.values():
        yield {
            "AccountType": 512, "Caption": f"{machine.name}\\{user.name}", "Description": user.comment, "Disabled": user.disabled,
            "Domain": machine.name, "FullName": user.full_name, "LocalAccount": True, "Lockout": user.locked, "Name": user.name,
            "PasswordChangeable": True, "PasswordExpires": user.password_expires, "PasswordRequired": user.password_required,
            "SID": machine.accounts.sid_of(user), "SIDType": 1, "Status": "Degraded" if user.disabled else "OK",
        }


def _groups(machine: Machine) -> Iterator[Row]:
    sids = [sid for sid in machine.accounts.members if sid.startswith("S-1-5-32-")] + list(machine.accounts.local_groups)
    for sid in sids:
        _domain, name = machine.accounts.lookup(sid) or ("", sid)
        yield {
            "Caption": f"{machine.name}\\{name}", "Description": "", "Domain": machine.name, "LocalAccount": True, "Name": name,
            "SID": sid, "SIDType": 4, "Status": "OK",
        }


NETBIOS = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\NetBT\\Parameters\\Interfaces"
ADAPTER = "{6F2B9A31-0C0E-4B7D-9B25-1E7D7B3A8C11}"


def _adapters(machine: Machine) -> Iterator[Row]:
    yield {
        "ArpAlwaysSourceRoute": None, "Caption": "[00000006] Intel(R) PRO/1000 MT Network Connection", "DatabasePath": "%SystemRoot%\\System32\\drivers\\etc",
        "DefaultIPGateway": ["192.0.2.1"], "Description": "Intel(R) PRO/1000 MT Network Connection", "DHCPEnabled": False,
        "DNSDomain": machine.domain if machine.part_of_domain else "", "DNSHostName": machine.name.lower(),
        "DNSServerSearchOrder": ["192.0.2.53"], "FullDNSRegistrationEnabled": True, "Index": 6, "InterfaceIndex": 10,
        "IPAddress": ["192.0.2.10", "fe80::191a:89f3:d5e3:785c"], "IPEnabled": True, "IPSubnet": ["255.255.255.0", "64"],
        "IPFilterSecurityEnabled": False, "MACAddress": "00:0C:29:3E:53:B3", "ServiceName": "E1G60", "SettingID": ADAPTER,
        "TcpipNetbiosOptions": int(machine.registry.data(f"{NETBIOS}\\Tcpip_{ADAPTER}", "NetbiosOptions", 0)),
        "WINSEnableLMHostsLookup": True, "DNSEnabledForWINSResolution": False,
    }


def _features(machine: Machine) -> Iterator[Row]:
    for number in machine.hardware.features:
        name, parent = _FEATURES.get(number, (f"Feature {number}", 0))
        yield {"ID": number, "Name": name, "ParentID": parent}


# Ids of the Win32_ServerFeature documentation; names are localised on real machines, ids are not.
_FEATURES = {
    1: ("Application Server", 0), 2: ("Web Server (IIS)", 0), 5: ("Fax Server", 0), 6: ("File Services", 0), 7: ("Print Services", 0),
    8: ("Active Directory Federation Services", 0), 9: ("Active Directory Lightweight Directory Services", 0),
    10: ("Active Directory Domain Services", 0), 11: ("UDDI Services", 0), 12: ("DHCP Server", 0), 13: ("DNS Server", 0),
    14: ("Network Policy and Access Services", 0), 16: ("Active Directory Certificate Services", 0),
    17: ("Active Directory Rights Management Services", 0), 18: ("Terminal Services", 0), 19: ("Windows Deployment Services", 0),
    20: ("Hyper-V", 0), 33: ("Failover Clustering", 0), 34: ("Network Load Balancing", 0), 35: ("Desktop Experience", 0),
    36: ("Windows PowerShell", 0), 38: ("Windows Server Backup Features", 0), 41: ("Telnet Server", 0), 42: ("Telnet Client", 0),
    58: ("SNMP Services", 0), 64: (".NET Framework 3.0 Features", 0), 66: ("WINS Server", 0), 67: ("Windows Process Activation Service", 0),
}


def _products(machine: Machine) -> Iterator[Row]:
    base: Row = {
        "ApplicationID": "55c92734-d682-4d71-983e-d6ec3f16059f", "Description": "Windows Operating System - Windows Server(R), VOLUME_MAK channel",
        "GracePeriodRemaining": 0, "ID": "ad2542d4-9154-4c6d-8a44-30f11ee96989", "LicenseFamily": "ServerStandard", "LicenseStatus": 1,
        "LicenseIsAddon": False, "Name": "Windows Server(R), ServerStandard edition", "PartialProductKey": "T8XC4", "ProductKeyID": "92573-029-0000095-76533",
    }
    yield base
    for row in machine.licences:
        yield {
            "ApplicationID": base["ApplicationID"], "Description": "Windows Operating System - Windows Server(R), ESU add-on, VOLUME_MAK channel",
            "GracePeriodRemaining": 0, "ID": row["id"], "LicenseFamily": "Server-ESU", "LicenseStatus": row.get("status", 0), "LicenseIsAddon": True,
            "Name": row.get("name") or "Windows Server(R), Server-ESU add-on", "PartialProductKey": row.get("partial_key"),
        }


def _licensing(machine: Machine) -> Iterator[Row]:
    yield {
        "ClientMachineID": None, "IsKeyManagementServiceMachine": 0, "KeyManagementServiceCurrentCount": 0, "KeyManagementServiceLicenseStatus": 0,
        "KeyManagementServiceMachine": "", "KeyManagementServicePort": 0, "PolicyCacheRefreshRequired": 0, "RequiredClientCount": 0,
        "RemainingWindowsReArmCount": 3, "TokenActivationGrantNumber": None, "VLActivationInterval": 120, "VLRenewalInterval": 10080,
        "Version": machine.template.version, "OA2xBiosMarkerMinorVersion": None,
    }


def _shares(machine: Machine) -> Iterator[Row]:
    server = machine.services.get("LanmanServer")
    if server is None or not server.running:
        return
    drive = machine.files.drive
    for name, path, kind, text in (
        ("ADMIN$", machine.windows_directory, 2147483648, "Remote Admin"), (f"{drive[0]}$", f"{drive}\\", 2147483648, "Default share"),
        ("IPC$", "", 2147483651, "Remote IPC"),
    ):
        yield {"AllowMaximum": True, "Caption": text, "Description": text, "Name": name, "Path": path, "Status": "OK", "Type": kind}


def _bios(machine: Machine) -> Iterator[Row]:
    yield {
        "Caption": "PhoenixBIOS 4.0 Release 6.0", "Description": "PhoenixBIOS 4.0 Release 6.0", "Manufacturer": "Phoenix Technologies LTD",
        "Name": "PhoenixBIOS 4.0 Release 6.0", "PrimaryBIOS": True, "ReleaseDate": datetime(2008, 11, 13, tzinfo=timezone.utc),
        "SerialNumber": "VMware-56 4d 00 00 00 00 00 00-00 00 00 00 00 00 00 00", "SMBIOSBIOSVersion": "6.00", "SMBIOSMajorVersion": 2,
        "SMBIOSMinorVersion": 4, "SMBIOSPresent": True, "SoftwareElementID": "PhoenixBIOS 4.0 Release 6.0", "SoftwareElementState": 3,
        "Status": "OK", "TargetOperatingSystem": 0, "Version": "INTEL  - 6040000",
    }


def _processors(machine: Machine) -> Iterator[Row]:
    key = "HKLM\\HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0"
    yield {
        "AddressWidth": 64 if machine.arch == "x64" else 32, "Architecture": 9 if machine.arch == "x64" else 0, "DeviceID": "CPU0",
        "Caption": machine.registry.data(key, "Identifier"), "CurrentClockSpeed": machine.registry.data(key, "~MHz"), "DataWidth": 64,
        "Manufacturer": "GenuineIntel", "MaxClockSpeed": machine.registry.data(key, "~MHz"), "Name": machine.registry.data(key, "ProcessorNameString"),
        "NumberOfCores": 2, "NumberOfLogicalProcessors": 2, "Status": "OK", "SystemName": machine.name,
    }


def _zones(machine: Machine) -> Iterator[Row]:
    yield {"Bias": 0, "Caption": "(UTC) Coordinated Universal Time", "Description": "(UTC) Coordinated Universal Time",
           "StandardName": "Coordinated Universal Time", "DaylightName": "Coordinated Universal Time", "SettingID": None}


def _nothing(machine: Machine) -> Iterator[Row]:
    return iter(())


_SERVICE_PROPERTIES = (
    "AcceptPause AcceptStop Caption CheckPoint CreationClassName Description DesktopInteract DisplayName ErrorControl ExitCode InstallDate Name"
    " PathName ProcessId ServiceSpecificExitCode ServiceType Started StartMode StartName State Status SystemCreationClassName SystemName TagId WaitHint"
)

CLASSES = (
    WmiClass("Win32_OperatingSystem", ("Name",), _names(
        "BootDevice BuildNumber BuildType Caption CodeSet CountryCode CreationClassName CSCreationClassName CSDVersion CSName CurrentTimeZone"
        " DataExecutionPrevention_32BitApplications DataExecutionPrevention_Available DataExecutionPrevention_Drivers"
        " DataExecutionPrevention_SupportPolicy Debug Description Distributed EncryptionLevel ForegroundApplicationBoost FreePhysicalMemory"
        " FreeSpaceInPagingFiles FreeVirtualMemory InstallDate LargeSystemCache LastBootUpTime LocalDateTime Locale Manufacturer"
        " MaxNumberOfProcesses MaxProcessMemorySize MUILanguages Name NumberOfLicensedUsers NumberOfProcesses NumberOfUsers OperatingSystemSKU"
        " Organization OSArchitecture OSLanguage OSProductSuite OSType OtherTypeDescription PAEEnabled PlusProductID PlusVersionNumber Primary"
        " ProductType RegisteredUser SerialNumber ServicePackMajorVersion ServicePackMinorVersion SizeStoredInPagingFiles Status SuiteMask"
        " SystemDevice SystemDirectory SystemDrive TotalSwapSpaceSize TotalVirtualMemorySize TotalVisibleMemorySize Version WindowsDirectory"),
        _operating_system, singleton=True),
    WmiClass("Win32_ComputerSystem", ("Name",), _names(
        "AdminPasswordStatus AutomaticManagedPagefile AutomaticResetBootOption AutomaticResetCapability BootOptionOnLimit BootOptionOnWatchDog"
        " BootROMSupported BootupState Caption ChassisBootupState CreationClassName CurrentTimeZone DaylightInEffect Description DNSHostName Domain"
        " DomainRole EnableDaylightSavingsTime FrontPanelResetStatus InfraredSupported InitialLoadInfo InstallDate KeyboardPasswordStatus LastLoadInfo"
        " Manufacturer Model Name NameFormat NetworkServerModeEnabled NumberOfLogicalProcessors NumberOfProcessors OEMLogoBitmap OEMStringArray"
        " PartOfDomain PauseAfterReset PCSystemType PowerManagementCapabilities PowerManagementSupported PowerOnPasswordStatus PowerState"
        " PowerSupplyState PrimaryOwnerContact PrimaryOwnerName ResetCapability ResetCount ResetLimit Roles Status SupportContactDescription"
        " SystemStartupDelay SystemStartupOptions SystemStartupSetting SystemType ThermalState TotalPhysicalMemory UserName WakeUpType Workgroup"),
        _computer, singleton=True),
    WmiClass("Win32_QuickFixEngineering", ("CSName", "HotFixID", "ServicePackInEffect"), _names(
        "Caption CSName Description FixComments HotFixID InstallDate InstalledBy InstalledOn Name ServicePackInEffect Status"), _hotfixes),
    WmiClass("Win32_Service", ("Name",), _names(_SERVICE_PROPERTIES), _services),
    WmiClass("Win32_SystemDriver", ("Name",), tuple(
        name for name in _names(_SERVICE_PROPERTIES) if name not in ("CheckPoint", "ProcessId", "WaitHint")), _drivers),
    WmiClass("CIM_DataFile", ("Name",), _names(
        "AccessMask Archive Caption Compressed CompressionMethod CreationClassName CreationDate CSCreationClassName CSName Description Drive"
        " EightDotThreeFileName Encrypted EncryptionMethod Extension FileName FileSize FileType FSCreationClassName FSName Hidden InstallDate InUseCount"
        " LastAccessed LastModified Manufacturer Name Path Readable Status System Version Writeable"), _data_files),
    WmiClass("Win32_Directory", ("Name",), _names(
        "AccessMask Archive Caption Compressed CompressionMethod CreationClassName CreationDate CSCreationClassName CSName Description Drive"
        " EightDotThreeFileName Encrypted EncryptionMethod Extension FileName FileSize FileType FSCreationClassName FSName Hidden InstallDate InUseCount"
        " LastAccessed LastModified Name Path Readable Status System Writeable"), _directories),
    WmiClass("Win32_LogicalDisk", ("DeviceID",), _names(
        "Access Availability BlockSize Caption Compressed ConfigManagerErrorCode ConfigManagerUserConfig CreationClassName Description DeviceID DriveType"
        " ErrorCleared ErrorDescription ErrorMethodology FileSystem FreeSpace InstallDate LastErrorCode MaximumComponentLength MediaType Name NumberOfBlocks"
        " PNPDeviceID PowerManagementCapabilities PowerManagementSupported ProviderName Purpose QuotasDisabled QuotasIncomplete QuotasRebuilding Size Status"
        " StatusInfo SupportsDiskQuotas SupportsFileBasedCompression SystemCreationClassName SystemName VolumeDirty VolumeName VolumeSerialNumber"), _disks),
    WmiClass("Win32_Process", ("Handle",), _names(
        "Caption CommandLine CreationClassName CreationDate CSCreationClassName CSName Description ExecutablePath ExecutionState Handle HandleCount"
        " InstallDate KernelModeTime MaximumWorkingSetSize MinimumWorkingSetSize Name OSCreationClassName OSName OtherOperationCount OtherTransferCount"
        " PageFaults PageFileUsage ParentProcessId PeakPageFileUsage PeakVirtualSize PeakWorkingSetSize Priority PrivatePageCount ProcessId"
        " QuotaNonPagedPoolUsage QuotaPagedPoolUsage ReadOperationCount ReadTransferCount SessionId Status TerminationDate ThreadCount UserModeTime"
        " VirtualSize WindowsVersion WorkingSetSize WriteOperationCount WriteTransferCount"), _processes),
    WmiClass("Win32_UserAccount", ("Domain", "Name"), _names(
        "AccountType Caption Description Disabled Domain FullName InstallDate LocalAccount Lockout Name PasswordChangeable PasswordExpires"
        " PasswordRequired SID SIDType Status"), _users),
    WmiClass("Win32_Group", ("Domain", "Name"), _names("Caption Description Domain InstallDate LocalAccount Name SID SIDType Status"), _groups),
    WmiClass("Win32_NetworkAdapterConfiguration", ("Index",), _names(
        "ArpAlwaysSourceRoute ArpUseEtherSNAP Caption DatabasePath DeadGWDetectEnabled DefaultIPGateway DefaultTOS DefaultTTL Description DHCPEnabled"
        " DHCPLeaseExpires DHCPLeaseObtained DHCPServer DNSDomain DNSDomainSuffixSearchOrder DNSEnabledForWINSResolution DNSHostName DNSServerSearchOrder"
        " DomainDNSRegistrationEnabled ForwardBufferMemory FullDNSRegistrationEnabled GatewayCostMetric IGMPLevel Index InterfaceIndex IPAddress"
        " IPConnectionMetric IPEnabled IPFilterSecurityEnabled IPPortSecurityEnabled IPSecPermitIPProtocols IPSecPermitTCPPorts IPSecPermitUDPPorts IPSubnet"
        " IPUseZeroBroadcast IPXAddress IPXEnabled IPXFrameType IPXMediaType IPXNetworkNumber IPXVirtualNetNumber KeepAliveInterval KeepAliveTime MACAddress"
        " MTU NumForwardPackets PMTUBHDetectEnabled PMTUDiscoveryEnabled ServiceName SettingID TcpipNetbiosOptions TcpMaxConnectRetransmissions"
        " TcpMaxDataRetransmissions TcpNumConnections TcpUseRFC1122UrgentPointer TcpWindowSize WINSEnableLMHostsLookup WINSHostLookupFile"
        " WINSPrimaryServer WINSScopeID WINSSecondaryServer"), _adapters),
    WmiClass("Win32_ServerFeature", ("ID",), _names("ID Name ParentID"), _features),
    WmiClass("SoftwareLicensingProduct", ("ID",), _names(
        "ApplicationID Description EvaluationEndDate ExtendedGrace GracePeriodRemaining ID IsKeyManagementServiceMachine KeyManagementServiceCurrentCount"
        " KeyManagementServiceMachine KeyManagementServicePort KeyManagementServiceProductKeyID LicenseFamily LicenseIsAddon LicenseStatus"
        " LicenseStatusReason MachineURL Name OfflineInstallationId PartialProductKey ProcessorURL ProductKeyID ProductKeyURL RequiredClientCount"
        " UseLicenseURL VLActivationInterval VLRenewalInterval"), _products),
    WmiClass("SoftwareLicensingService", ("Version",), _names(
        "ClientMachineID IsKeyManagementServiceMachine KeyManagementServiceCurrentCount KeyManagementServiceLicenseStatus KeyManagementServiceMachine"
        " KeyManagementServicePort KeyManagementServiceProductKeyID OA2xBiosMarkerMinorVersion PolicyCacheRefreshRequired RemainingWindowsReArmCount"
        " RequiredClientCount TokenActivationGrantNumber Version VLActivationInterval VLRenewalInterval"), _licensing, singleton=True),
    WmiClass("Win32_Share", ("Name",), _names("AccessMask AllowMaximum Caption Description InstallDate MaximumAllowed Name Path Status Type"), _shares),
    WmiClass("Win32_BIOS", ("Name", "SoftwareElementID", "SoftwareElementState", "TargetOperatingSystem", "Version"), _names(
        "BiosCharacteristics BIOSVersion BuildNumber Caption CodeSet CurrentLanguage Description IdentificationCode InstallableLanguages InstallDate"
        " LanguageEdition ListOfLanguages Manufacturer Name OtherTargetOS PrimaryBIOS ReleaseDate SerialNumber SMBIOSBIOSVersion SMBIOSMajorVersion"
        " SMBIOSMinorVersion SMBIOSPresent SoftwareElementID SoftwareElementState Status TargetOperatingSystem Version"), _bios, singleton=True),
    WmiClass("Win32_Processor", ("DeviceID",), _names(
        "AddressWidth Architecture Availability Caption CpuStatus CurrentClockSpeed DataWidth Description DeviceID Manufacturer MaxClockSpeed Name"
        " NumberOfCores NumberOfLogicalProcessors ProcessorId Status SystemName"), _processors),
    WmiClass("Win32_TimeZone", ("StandardName",), _names(
        "Bias Caption DaylightBias DaylightName Description SettingID StandardBias StandardName"), _zones, singleton=True),
    WmiClass("StdRegProv", (), (), _nothing, (CIMV2, "root/default"), singleton=True),
    WmiClass("SystemRestore", ("SequenceNumber",), _names("CreationTime Description EventType RestorePointType SequenceNumber"), _nothing, ("root/default",)),
)
_BY_NAME = {(space, kind.name.lower()): kind for kind in CLASSES for space in kind.namespaces}


def find(namespace: str, class_name: str) -> WmiClass | None:
    """Return a class of a namespace (lower case, slashes), None when it has none of this name."""
    if not re.fullmatch(r"\w+", class_name):
        return None
    return _BY_NAME.get((namespace, class_name.lower()))
