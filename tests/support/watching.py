# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a program and watches how much memory each of its processes ever had (Linux: VmHWM)."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Watched:
    """What came of it: exit code, output, and the peak of each process in bytes."""

    rc: int = 0
    output: str = ""
    peaks: dict[int, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def peak(self) -> int:
        """The highest peak of one process."""
        return max(self.peaks.values())


def watch(command: Sequence[str], folder: Path, environment: Mapping[str, str], every: float = 0.1) -> Watched:
    """Run a command and look at it and every process that it started, again and again."""
    watched, began = Watched(), time.monotonic()
    with (folder / "output.txt").open("w+", encoding="utf-8") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=dict(environment),
            cwd=folder,
        )
        while process.poll() is None:
            for pid in _family(process.pid):
                watched.peaks[pid] = max(watched.peaks.get(pid, 0), _peak(pid))
            time.sleep(every)
        output.seek(0)
        watched.rc, watched.output = process.returncode, output.read()
    watched.seconds = time.monotonic() - began
    return watched


def _family(eldest: int) -> list[int]:
    """Return a process and all its descendants; ansible's workers are in sessions of their own."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [eldest]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def _peak(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    line = next((line for line in text.splitlines() if line.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(line.split()[1]) * 1024
