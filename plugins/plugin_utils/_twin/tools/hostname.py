# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""hostname.exe (private to this collection)."""

from __future__ import annotations

from ..process import Process


def run(process: Process) -> int:
    """Print the host name; it cannot be set here."""
    if process.arguments:
        process.complain("sethostname: Use the Network Control Panel Applet to set hostname.")
        process.complain("hostname -s is not supported.")
        return 1
    process.say(process.machine.name)
    return 0


TOOLS = {"hostname": run}
