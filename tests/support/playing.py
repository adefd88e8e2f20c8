# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run the real ansible-playbook and look at what came out."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
TRACEBACK = re.compile(r"Traceback \(most recent call last\)")


@dataclass
class Played:
    """One run: exit code, terminal text, and every result by task."""

    rc: int
    output: str
    results: list[dict[str, Any]] = field(default_factory=list)

    def of(self, action: str, host: str | None = None) -> list[dict[str, Any]]:
        """Return the results of one action, by its full name or its last part, in order."""
        return [
            one["result"]
            for one in self.results
            if one["action"].rpartition(".")[2] == action.rpartition(".")[2] and host in (None, one["host"])
        ]

    def status(self, host: str) -> str:
        """Return how the last task of a host ended."""
        return next((one["status"] for one in reversed(self.results) if one["host"] == host), "never ran")

    def message(self, host: str) -> str:
        """Return the message of a host's last failure."""
        bad = [one for one in self.results if one["host"] == host and one["status"] in ("failed", "unreachable")]
        return str(bad[-1]["result"].get("msg", "")) if bad else ""

    def changed(self, host: str) -> int:
        """Return how many tasks changed a host."""
        return sum(
            bool(one["result"].get("changed")) for one in self.results if one["host"] == host and one["status"] == "ok"
        )

    @property
    def clean(self) -> bool:
        """Whether no traceback reached the user."""
        return not TRACEBACK.search(self.output)


def play(
    playbook: str | list[dict[str, Any]], inventory: Path, *arguments: str, timeout: float = 300, **environment: str
) -> Played:
    """Run a playbook (a name, a path, or plays as data) and return what came out."""
    work = inventory.parent
    if not isinstance(playbook, str):
        path = work / f"play-{len(list(work.glob('play-*.yml')))}.yml"
        path.write_text(yaml.safe_dump(playbook, sort_keys=False), encoding="utf-8")
        playbook = str(path)
    record = work / f"record-{len(list(work.glob('record-*.jsonl')))}.jsonl"
    settings = os.environ | {
        "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callbacks"),
        "ANSIBLE_CALLBACKS_ENABLED": "record",
        "ANSIBLE_NOCOLOR": "true",
        "ANSIBLE_RETRY_FILES_ENABLED": "false",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "RECORD_TO": str(record),
    } | environment  # fmt: skip
    runner = Path(sys.executable).with_name("ansible-playbook")
    done = subprocess.run(
        [str(runner), "-i", str(inventory), playbook, *arguments],
        capture_output=True, text=True, env=settings, cwd=work, timeout=timeout, check=False,
    )  # fmt: skip
    lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
    return Played(done.returncode, done.stdout + done.stderr, [json.loads(line) for line in lines])


def task(action: str, hosts: str = "all", **options: Any) -> list[dict[str, Any]]:
    """Return a play of one task."""
    return [{"hosts": hosts, "gather_facts": False, "tasks": [{"name": action, action: options}]}]
