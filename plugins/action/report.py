# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write the report of a run on the control node."""

from __future__ import annotations

from datetime import UTC, datetime

from ansible_collections.sunset.ws2008.plugins.plugin_utils._action import Options, Result, TargetAction
from ansible_collections.sunset.ws2008.plugins.plugin_utils._report import result, text, write


class ActionModule(TargetAction):
    """Combine host records and write the formats that were asked for."""

    _supports_diff = False

    def perform(self, options: Options) -> Result:
        report = result.combine(options["after"], options["before"], options["expected"], datetime.now(UTC))
        files = write.write(report, options["path"], options["formats"], dry_run=self.check)
        return {
            "changed": False,  # a report is not a change of a machine
            "files": files,
            "summary": report["summary"],
            "lines": text.lines(report),
        }
