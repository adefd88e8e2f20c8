# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""wusa.exe 6.0 (private to this collection): the front end of the Windows Update Agent for .msu files.

The agent refuses its installer to remote callers, so in a network logon wusa ends in 5 (facts: servicing 4). The
switches of 6.0 are ``/quiet`` and ``/norestart``; ``/extract``, ``/uninstall`` and ``/kb`` came with 6.1.
"""

from __future__ import annotations

from ..cab import CabError, Cabinet
from ..files import FileError
from ..packages import STAND_IN, BadPackage, Package, from_folder, from_stand_in, stand_in_for
from ..process import Logon, Process, Tool
from ..servicing import INVALID_PACKAGE, REBOOT_REQUIRED, SERVICE_DISABLED, Refused
from ..standalone import signed
from .common import resolve

ACCESS_DENIED = 5
FILE_NOT_FOUND = 2
INVALID_ARGUMENT = 87


def wusa(process: Process) -> int:
    """Run wusa.exe: 0, 3010, 5, 2359302, or an HRESULT as a signed number."""
    switches = {argument.lower() for argument in process.arguments if argument[:1] in "/-"}
    names = [argument for argument in process.arguments if argument[:1] not in "/-"]
    if len(names) != 1 or switches - {"/quiet", "/norestart", "-quiet", "-norestart"}:
        return INVALID_ARGUMENT
    machine = process.machine
    if process.account.logon is Logon.NETWORK or not process.account.administrator:
        return ACCESS_DENIED
    agent = machine.services.get("wuauserv")
    if agent is None or agent.start == 4:
        return signed(SERVICE_DISABLED)
    try:
        data = machine.files.read(resolve(process, names[0]))
    except FileError:
        return FILE_NOT_FOUND
    machine.services.start("wuauserv")
    process.sleep(10)  # the agent reads WSUSSCAN.cab and evaluates
    code = 0
    try:
        for package in _packages(data, names[0]):
            code = machine.store.install(package, process.sleep, "WindowsUpdateAgent") or code
    except Refused as refused:
        return signed(refused.code)
    if code == REBOOT_REQUIRED and not switches & {"/norestart", "-norestart"}:
        machine.schedule_shutdown(0, True, "Windows Update Standalone Installer")
    return code


def _packages(data: bytes, name: str) -> list[Package]:
    found = []
    try:
        for member in (outer := Cabinet(data)).members:
            if not member.name.lower().endswith(".cab") or member.name.lower() == "wsusscan.cab":
                continue
            try:
                content = outer.read(member)
            except CabError:
                content = stand_in_for(member.name) or b""
            if content.startswith(STAND_IN):
                found.append(from_stand_in(content))
            else:
                found.append(from_folder({part.name.lower(): held for part, held in Cabinet(content).extract()}))
    except (CabError, BadPackage) as error:
        raise Refused(INVALID_PACKAGE, f"{name}: {error}") from None
    if not found:
        raise Refused(INVALID_PACKAGE, f"{name} holds no package")
    return found


TOOLS: dict[str, Tool] = {"wusa": wusa}
