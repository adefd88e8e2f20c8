# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`make assess EVIDENCE=path`: a first answer from captured evidence, without Ansible and without a network."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from ansible_collections.sunset.ws2008.plugins.plugin_utils._action import is_ours
from ansible_collections.sunset.ws2008.plugins.plugin_utils._assessment import assess, question
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.evidence import snapshot_from_evidence
from ansible_collections.sunset.ws2008.plugins.plugin_utils._report import gaps, result, write
from ansible_collections.sunset.ws2008.plugins.plugin_utils._report.html import judged


def main() -> int:
    """Judge, write the report, print the verdict; 2 when the evidence cannot be read."""
    parser = argparse.ArgumentParser(description="judge a Windows Server 2008 from captured evidence")
    parser.add_argument("evidence", help="a folder that collect.cmd made, or a text that systeminfo printed")
    parser.add_argument("--out", default="build/assess", help="folder for report.json and index.html")
    options = parser.parse_args()
    if not options.evidence:
        print("say what to judge: make assess EVIDENCE=folder-or-systeminfo.txt", file=sys.stderr)
        return 2
    try:
        against = question()
        snapshot = snapshot_from_evidence(options.evidence, against.registry_keys, against.reads.questions())
        computer = (snapshot["answers"].get("computer") or {}).get("name")
        record = assess(snapshot, computer or Path(options.evidence).resolve().name, against)
        report = result.combine([record], [], [], datetime.now(UTC))
        files = write.write(report, options.out, ["json", "html"])
    except Exception as error:
        if not is_ours(error):
            raise
        print(error, file=sys.stderr)
        return 2
    for line in (
        record["name"],
        record["build"]["sentence"],
        record["servicing"]["sentence"],
        record["lifecycle"]["sentence"],
        *(part["sentence"] for part in judged(record)),
    ):
        print(line)
    counts = ", ".join(f"{count} {status}" for status, count in record["summary"]["findings"].items() if count)
    print(f"Controls: {counts or 'none applies'}.")
    open_ = gaps.lines(record)
    for line in open_:
        print(f"Unknown: {line}")
    if open_:
        print(f"Each single one is listed under unknown in {Path(options.out) / 'report.json'}.")
    print("Report:", *files)
    return 0


if __name__ == "__main__":
    sys.exit(main())
