# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Try the road to a machine, step by step."""

from __future__ import annotations

from typing import Any

from ansible_collections.sunset.ws2008.plugins.plugin_utils._action import Options, Result, TargetAction
from ansible_collections.sunset.ws2008.plugins.plugin_utils._assessment import question
from ansible_collections.sunset.ws2008.plugins.plugin_utils._doctor.examination import Record, examine, worst
from ansible_collections.sunset.ws2008.plugins.plugin_utils._doctor.examination import Result as Grade
from ansible_collections.sunset.ws2008.plugins.plugin_utils._doctor.keep import keep_answers
from ansible_collections.sunset.ws2008.plugins.plugin_utils._doctor.steps import STEPS, Patient
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.wsman import identify_stranger


class ActionModule(TargetAction):
    """Make every step, show it at once, and keep the raw answers where that is wanted."""

    _supports_diff = False

    def perform(self, options: Options) -> Result:
        patient = Patient(
            open_session=lambda: self.session,
            settings=getattr(self.session, "settings", None) if self.session.door == "winrs" else None,
            unauthenticated=identify_stranger,
        )
        records = [self._shown(record) for record in examine(patient, STEPS)]
        grade = worst(records)
        result: dict[str, Any] = {
            "changed": False,
            "verdict": grade.value,
            "steps": [record.as_dict() for record in records],
        }
        if options["evidence"] and any(one.id == "login" and one.outcome.result is Grade.OK for one in records):
            name = str(self.variables.get("inventory_hostname", "host"))
            reads = question().reads
            kept = keep_answers(self.session, options["evidence"], name, reads.keys, reads.questions())
            result["evidence"] = str(kept)
        if grade is Grade.FAILED and options["strict"]:
            first = next(record for record in records if record.outcome.result is Grade.FAILED)
            result |= {"failed": True, "msg": first.sentence()}
        return result

    def _shown(self, record: Record) -> Record:
        for line in record.lines():
            self.progress(line)
        return record
