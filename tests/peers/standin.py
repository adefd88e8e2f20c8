# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A stand-in for powershell.exe, for these tests alone.

The twin has no PowerShell, as the machines it models have none. Some of the peers' tests use it only
to produce output, to wait or to read stdin; with this in its place they judge the wire as they were
meant to. It knows four statements and nothing else.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.process import Process
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.tools import all_tools

PATH = "C:\\Windows\\system32\\WindowsPowerShell\\v1.0\\powershell.exe"
_STATEMENT = re.compile(
    r'^(?P<verb>Write-Host|Start-Sleep|\(pwd\)\.Path)\s*(?:-s\s+)?"?(?P<rest>[^"]*)"?$', re.IGNORECASE
)


def powershell(process: Process) -> int:
    """Run the statements of the command line, or with ``-`` those of stdin."""
    words = [word for word in process.arguments if word.lower() != "-command"]
    text = process.stdin.read().decode(process.codepage) if words == ["-"] else " ".join(words)
    for statement in filter(None, (part.strip() for part in text.split(";"))):
        match = _STATEMENT.match(statement)
        if match is None:
            process.complain(f"the stand-in does not know: {statement}")
            return 1
        if match["verb"].lower() == "start-sleep":
            process.sleep(float(match["rest"]))
        elif match["verb"].lower() == "write-host":
            process.say(match["rest"], end="\n")
        else:
            process.say(process.directory)
    return 0


@contextlib.contextmanager
def installed(machine: Machine) -> Iterator[None]:
    """Give one machine a file of that name, and this process the program."""
    machine.files.make_dir(PATH.rpartition("\\")[0])
    machine.files.write(PATH, b"MZ")
    all_tools()["powershell"] = powershell
    try:
        yield
    finally:
        del all_tools()["powershell"]
