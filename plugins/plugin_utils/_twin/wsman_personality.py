# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each WinRM version on NT 6.0 allows (private to this collection): quotas, defaults, quirks.

The numbers are the product-behaviour notes of MS-WSMV for Windows Server 2008: "1.1" is the stock
service, "2.0" comes with KB968930, "3.0" with WMF 3.0.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Personality:
    """One WinRM version. Sizes in bytes, times in seconds; None means no limit."""

    stack: str
    http_port: int
    https_port: int
    max_shells: int
    max_processes_per_shell: int
    max_connections: int
    max_operations: int
    max_batch_items: int
    max_commands_per_shell: int | None
    max_shell_run_time: float | None
    shell_idle: float | None
    max_envelope: int = 150 * 1024
    max_timeout: float = 60.0
    # An idle connection may count for up to two minutes after its last request (note 22).
    connection_memory: float = 120.0
    # Shells are listed and read at .../windows/shell from 2.0 on, at .../windows/shell/cmd before (notes 103, 114).
    lists_at_shell_root: bool = True
    # Receive with WSMAN_CMDSHELL_OPTION_KEEPALIVE is the only way to an idle limit on 1.1 (notes 23, 119).
    keepalive_idle: float | None = None
    describes_shells: bool = True


PERSONALITIES = {
    "1.1": Personality(
        stack="1.1",
        http_port=80,
        https_port=443,
        max_shells=2,
        max_processes_per_shell=5,
        max_connections=5,
        max_operations=15,
        max_batch_items=20,
        max_commands_per_shell=1,
        max_shell_run_time=8 * 3600.0,
        shell_idle=None,
        keepalive_idle=15 * 60.0,
        lists_at_shell_root=False,
        describes_shells=False,
    ),
    "2.0": Personality(
        stack="2.0",
        http_port=5985,
        https_port=5986,
        max_shells=5,
        max_processes_per_shell=15,
        max_connections=25,
        max_operations=15,
        max_batch_items=32000,
        max_commands_per_shell=None,
        max_shell_run_time=None,
        shell_idle=180.0,
    ),
    "3.0": Personality(
        stack="3.0",
        http_port=5985,
        https_port=5986,
        max_shells=30,
        max_processes_per_shell=25,
        max_connections=300,
        max_operations=1500,
        max_batch_items=32000,
        max_commands_per_shell=None,
        max_shell_run_time=None,
        shell_idle=7200.0,
        max_envelope=500 * 1024,
    ),
}


def personality(version: str) -> Personality:
    """Return the personality of a WinRM version.

    Raises ValueError with the versions that there are.
    """
    if version not in PERSONALITIES:
        known = ", ".join(sorted(PERSONALITIES))
        raise ValueError(f"there is no WinRM {version} on NT 6.0; a twin can be one of {known}")
    return PERSONALITIES[version]
