# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""WMI methods of the twin (private to this collection), with the return values that their documentation lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import access, licensing, shared_access, wmi_stdregprov
from .process import Account
from .wmi_arguments import Arguments
from .wmi_classes import ADAPTER, NETBIOS
from .wmi_errors import ACCESS_DENIED, WmiError

if TYPE_CHECKING:
    from .machine import Machine

__all__ = ["Arguments", "Method", "find"]

Run = Callable[["Machine", Account, Mapping[str, object], Arguments], dict[str, object]]


@dataclass(frozen=True)
class Method:
    """A method: static ones are called on the class, the others on the instance that the selectors name."""

    run: Run
    on_instance: bool = True


def _result(code: int, **outputs: object) -> dict[str, object]:
    return {**outputs, "ReturnValue": code}


def _need_administrator(account: Account) -> None:
    if not account.administrator:
        raise WmiError(ACCESS_DENIED, "Access denied")


# -- Win32_Process -------------------------------------------------------------------------------------


def _create(machine: Machine, account: Account, _instance: Mapping[str, object], given: Arguments) -> dict[str, object]:
    line = (given.text("CommandLine") or "").strip()
    if not line:
        return _result(21, ProcessId=None)
    directory = given.text("CurrentDirectory") or f"{machine.windows_directory}\\system32"
    if not machine.files.is_dir(directory) or not _startable(machine, line):
        return _result(9, ProcessId=None)
    program = machine.prepare([line], account, directory)
    program.start()
    return _result(0, ProcessId=program.pid)


def _startable(machine: Machine, line: str) -> bool:
    """CreateProcess finds programs, not cmd's own commands; batch files start by themselves."""
    name = line.split('"')[1] if line.startswith('"') and line.count('"') > 1 else line.split(" ")[0]
    candidates = [name] if "." in name.rpartition("\\")[2] else [name + ".exe"]
    folders = (
        [""]
        if "\\" in name
        else [
            f"{machine.windows_directory}\\system32\\",
            f"{machine.windows_directory}\\",
            f"{machine.windows_directory}\\system32\\wbem\\",
        ]
    )
    return any(machine.files.exists(folder + candidate) for folder in folders for candidate in candidates)


def _terminate(
    machine: Machine, account: Account, instance: Mapping[str, object], _given: Arguments
) -> dict[str, object]:
    code = machine.processes.terminate(int(str(instance["ProcessId"])))
    return _result({0: 0, 5: 2}.get(code, 8))


# -- Win32_OperatingSystem ---------------------------------------------------------------------------------


def _reboot(
    machine: Machine, account: Account, _instance: Mapping[str, object], _given: Arguments
) -> dict[str, object]:
    _need_administrator(account)
    return _result(machine.schedule_shutdown(0, True, "WMI Reboot"))


def _shutdown(
    machine: Machine, account: Account, _instance: Mapping[str, object], _given: Arguments
) -> dict[str, object]:
    _need_administrator(account)
    return _result(machine.schedule_shutdown(0, False, "WMI Shutdown"))


def _win32_shutdown(
    machine: Machine, account: Account, _instance: Mapping[str, object], given: Arguments
) -> dict[str, object]:
    _need_administrator(account)
    flags = given.number("Flags") or 0
    if flags & ~0xF:
        return _result(87)
    if flags & 2:
        return _result(machine.schedule_shutdown(0, True, "WMI Win32Shutdown"))
    return _result(machine.schedule_shutdown(0, False, "WMI Win32Shutdown") if flags & 9 else 0)


# -- Win32_Service --------------------------------------------------------------------------------------------

# win32 error -> return value of the Win32_Service methods
_SERVICE_CODES = {
    0: 0,
    5: 2,
    1051: 3,
    1052: 5,
    1062: 6,
    1053: 7,
    2: 9,
    3: 9,
    1056: 10,
    1055: 11,
    1075: 12,
    1068: 13,
    1058: 14,
    1069: 15,
    1072: 16,
    1059: 18,
    1060: 8,
}
_MODES = {"boot": 0, "system": 1, "automatic": 2, "manual": 3, "disabled": 4}


def _start_service(
    machine: Machine, account: Account, instance: Mapping[str, object], _given: Arguments
) -> dict[str, object]:
    return _result(_SERVICE_CODES.get(machine.services.start(str(instance["Name"])), 8) if account.administrator else 2)


def _stop_service(
    machine: Machine, account: Account, instance: Mapping[str, object], _given: Arguments
) -> dict[str, object]:
    return _result(_SERVICE_CODES.get(machine.services.stop(str(instance["Name"])), 8) if account.administrator else 2)


def _start_mode(
    machine: Machine, account: Account, instance: Mapping[str, object], given: Arguments
) -> dict[str, object]:
    mode = (given.text("StartMode") or "").lower()
    service = machine.services.get(str(instance["Name"]))
    if mode not in _MODES or service is None or (_MODES[mode] < 2 and not service.is_driver):
        return _result(21)
    if not account.administrator:
        return _result(2)
    service.start = _MODES[mode]
    return _result(0)


def _change(machine: Machine, account: Account, instance: Mapping[str, object], given: Arguments) -> dict[str, object]:
    service = machine.services.get(str(instance["Name"]))
    if service is None or not account.administrator:
        return _result(2)
    mode = (given.text("StartMode") or "").lower()
    if mode:
        if mode not in _MODES or (_MODES[mode] < 2 and not service.is_driver):
            return _result(21)
        service.start = _MODES[mode]
    key = f"HKLM\\SYSTEM\\CurrentControlSet\\Services\\{service.name}"
    for argument, value, kind in (
        ("DisplayName", "DisplayName", "REG_SZ"),
        ("PathName", "ImagePath", "REG_EXPAND_SZ"),
        ("StartName", "ObjectName", "REG_SZ"),
    ):
        text = given.text(argument)
        if text is not None:
            machine.registry.set(key, value, kind, text)
    needs = given.texts("ServiceDependencies")
    if needs is not None:
        machine.registry.set(key, "DependOnService", "REG_MULTI_SZ", [need for need in needs if need])
    return _result(0)


# -- licensing and network ------------------------------------------------------------------------------------------


def _licensed(machine: Machine, code: int) -> dict[str, object]:
    """Report a licensing error as the provider does: as WMI's own error (or, by a knob, as return value)."""
    if code and machine.knobs.get("licensing_errors", "fault") == "fault":
        raise WmiError(code, licensing.TEXTS.get(code, "The Software Licensing Service reported an error."))
    return _result(code)


def _licence_call(call: Callable[[licensing.Licensing, Mapping[str, object], Arguments], int]) -> Run:
    def run(machine: Machine, account: Account, instance: Mapping[str, object], given: Arguments) -> dict[str, object]:
        if not account.administrator:
            return _licensed(machine, licensing.NEEDS_RIGHTS)
        return _licensed(machine, call(machine.licensing, instance, given))

    return run


_install_key = _licence_call(lambda service, _row, given: service.install((given.text("ProductKey") or "").strip()))
_uninstall_key = _licence_call(lambda service, row, _given: service.uninstall(str(row["ID"])))
_activate = _licence_call(lambda service, row, _given: service.activate(str(row["ID"])))
_refresh = _licence_call(lambda _service, _row, _given: 0)
_confirm = _licence_call(
    lambda service, row, given: service.confirm(
        str(row["ID"]), given.text("InstallationId") or "", given.text("ConfirmationId") or ""
    )
)


def _netbios(
    machine: Machine, account: Account, _instance: Mapping[str, object], given: Arguments
) -> dict[str, object]:
    option = given.number("TcpipNetbiosOptions")
    if option not in (0, 1, 2):
        return _result(70)
    if not account.administrator:
        return _result(91)
    machine.registry.set(f"{NETBIOS}\\Tcpip_{ADAPTER}", "NetbiosOptions", "REG_DWORD", option)
    return _result(0)


# -- what is shared ---------------------------------------------------------------------------------------------------


def _list_of(find: Callable[[Machine, Mapping[str, object]], access.Descriptor]) -> Run:
    """Tell the list of a share or a printer; without rights on it the methods return 2 (their pages)."""

    def run(machine: Machine, account: Account, instance: Mapping[str, object], _given: Arguments) -> dict[str, object]:
        if not account.administrator:
            return _result(2)
        told = access.embedded(find(machine, instance), lambda sid: machine.accounts.lookup(sid) or ("", ""))
        return _result(0, Descriptor=told)

    return run


_METHODS: dict[tuple[str, str], Method] = {
    ("win32_process", "create"): Method(_create, on_instance=False),
    ("win32_process", "terminate"): Method(_terminate),
    ("win32_operatingsystem", "reboot"): Method(_reboot),
    ("win32_operatingsystem", "shutdown"): Method(_shutdown),
    ("win32_operatingsystem", "win32shutdown"): Method(_win32_shutdown),
    ("win32_service", "startservice"): Method(_start_service),
    ("win32_service", "stopservice"): Method(_stop_service),
    ("win32_service", "changestartmode"): Method(_start_mode),
    ("win32_service", "change"): Method(_change),
    ("win32_systemdriver", "startservice"): Method(_start_service),
    ("win32_systemdriver", "stopservice"): Method(_stop_service),
    ("win32_systemdriver", "changestartmode"): Method(_start_mode),
    ("softwarelicensingservice", "installproductkey"): Method(_install_key),
    ("softwarelicensingservice", "refreshlicensestatus"): Method(_refresh),
    ("softwarelicensingproduct", "activate"): Method(_activate),
    ("softwarelicensingproduct", "uninstallproductkey"): Method(_uninstall_key),
    ("softwarelicensingproduct", "depositofflineconfirmationid"): Method(_confirm),
    ("win32_networkadapterconfiguration", "settcpipnetbios"): Method(_netbios),
    ("win32_logicalsharesecuritysetting", "getsecuritydescriptor"): Method(_list_of(shared_access.of_share)),
    ("win32_printer", "getsecuritydescriptor"): Method(_list_of(shared_access.of_printer)),
    **{("stdregprov", name.lower()): Method(run, on_instance=False) for name, run in wmi_stdregprov.METHODS.items()},
}


def find(class_name: str, method: str) -> Method | None:
    """Return a method by class and name, None when the twin's class has none of this name."""
    return _METHODS.get((class_name.lower(), method.lower()))
