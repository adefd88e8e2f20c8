# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`make demo`: take three rehearsal servers from as-found to patched, hardened and verified, over real WinRM.

Starts three models of NT 6.0 machines behind WinRM endpoints on loopback, builds rehearsal packages, and runs the very
playbook that a site would run, twice: the second run has to change nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support import media as rehearsal  # noqa: E402  (found by the path that is set above)
from support.fleet import Fleet  # noqa: E402

SNAPSHOTS = Path(__file__).parent / "snapshots"
MACHINES = ("cerberus", "minos", "charon")
LAST_PUBLIC = "2020-01"
# TLS 1.0 for programs of the machine itself cannot be given up while its .NET 2.0 knows nothing newer. A site that
# knows this writes it down, with a name and an end, instead of looking at a red line for ever.
WAIVER = {
    "control": "tls-tls10-client-off",
    "reason": ".NET 2.0 on these machines needs KB3154517 before TLS 1.0 can go",
    "approver": "the owner of the rehearsal",
    "expires": "2099-12-31",
}


def main() -> int:
    """Run the demo; the exit code says whether all three ended where they should."""
    parser = argparse.ArgumentParser(
        description="three rehearsal servers, from as-found to patched, hardened and verified"
    )
    parser.add_argument(
        "--work", type=Path, default=ROOT / "build" / "demo", help="folder for inventory, media and report"
    )
    parser.add_argument("--once", action="store_true", help="leave out the second run")
    options = parser.parse_args()
    work: Path = options.work.resolve()
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    print("Building rehearsal packages (genuine cabinet files, made here; no vendor content)")
    media = work / "media"
    catalog = rehearsal.build(media)
    with Fleet([SNAPSHOTS / f"{name}.yml" for name in MACHINES], speed=600) as fleet:
        for name, endpoint in fleet.endpoints.items():
            print(f"  {name:<9} {fleet.describe(name)} at {endpoint.url}")
        inventory = fleet.write_inventory(
            work / "inventory.yml",
            updates_media=str(media),
            updates_catalog_extra=catalog,
            updates_pending_restart="complete",  # charon waits for one that somebody else left
            harden_journal=str(work / "journal"),
            harden_confirm_minutes=1440,  # of the machines' time, which runs 600 times as fast as ours
            baseline_levels=["baseline", "strict"],
            baseline_waivers=[WAIVER],
        )
        print("\nFirst run: assess, remediate, verify\n", flush=True)
        first = play(inventory, work / "first.log", work / "report")
        second = 0
        if not options.once:
            print("\nSecond run: nothing may change\n", flush=True)
            second = play(inventory, work / "second.log", work / "report-of-second-run")
        left = fleet.shells_open()
    return conclude(work, first, second, left, once=options.once)


def play(inventory: Path, log: Path, report: Path) -> int:
    """Run site.yml with its output on the terminal and in a file."""
    command = [
        "ansible-playbook",
        "-i",
        str(inventory),
        "sunset.ws2008.site",
        "-e",
        f"report_path={report}",
    ]
    settings = os.environ | {"ANSIBLE_FORCE_COLOR": "false", "ANSIBLE_DEPRECATION_WARNINGS": "true"}
    with (
        log.open("w", encoding="utf-8") as file,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=settings) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            file.write(line)
    return process.returncode


def conclude(work: Path, first: int, second: int, left: int, once: bool) -> int:
    """Say in plain words what came out, and return the exit code."""
    written = work / "report" / "report.json"
    if not written.exists():
        print("\nThe first run ended before it could write its report; see", work / "first.log", file=sys.stderr)
        return 1
    report = json.loads(written.read_text(encoding="utf-8"))
    hosts = report["hosts"]
    patched = [host for host in hosts if host["build"]["month"] == LAST_PUBLIC and host["servicing"]["plan"] == []]
    better = [host for host in hosts if met(host) > met(host["before"])]
    changed = changes((work / "second.log").read_text(encoding="utf-8")) if not once else {}
    checks = {
        "every machine is patched to the last public month": len(patched) == len(MACHINES),
        "every machine meets more controls than before, and the report shows both": len(better) == len(MACHINES),
        "both runs ended without an error": first == 0 and second == 0,
        "no remote shell was left open": left == 0,
    }
    if not once:
        checks["the second run changed nothing"] = len(changed) >= len(MACHINES) and not any(changed.values())
    print()
    for what, holds in checks.items():
        print(f"  {'yes' if holds else 'NO '}  {what}")
    print(f"\nReport: {work / 'report' / 'index.html'}")
    return 0 if all(checks.values()) else 1


def met(seen: dict[str, Any]) -> int:
    """Return how many controls pass."""
    return int(seen["summary"]["findings"]["pass"])


def changes(output: str) -> dict[str, int]:
    """Read how many changes ansible-playbook's recap counts for each machine."""
    return {name: int(count) for name, count in re.findall(r"^(\S+)\s*: ok=\d+\s+changed=(\d+)", output, re.MULTILINE)}


if __name__ == "__main__":
    sys.exit(main())
