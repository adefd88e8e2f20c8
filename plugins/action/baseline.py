# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Judge a machine against the baseline, and make it pass."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from ansible_collections.sunset.ws2008.plugins.plugin_utils._action import Options, Result, TargetAction
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline import enforce
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.enforce import Enforcement, Outcome
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.evaluate import evaluate, required
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.plan import differences
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import Selection, select
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.surroundings import surroundings_of
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.snapshot import take


class ActionModule(TargetAction):
    """Everything is decided by `_baseline`: selection before the first packet, then evaluate, plan, enforce."""

    def perform(self, options: Options) -> Result:
        selection = select(
            profile=options["profile"],
            levels=options["levels"],
            areas=options["areas"],
            ids=options["controls"],
            site_values=options["site_values"],
            waivers=options["waivers"],
        )
        now = dt.datetime.now(dt.UTC)
        reads = required(selection.every())
        snapshot = take(self.session, reads.keys, reads.questions())
        if options["state"] == "evaluated":
            findings = [one.plain() for one in evaluate(snapshot, selection, now.date())]
            return {"changed": False, "findings": findings}
        run = self._enforcement(options, selection, now)
        if self.check:
            enforce.refuse(snapshot)
            return self._shaped(enforce.preview(snapshot, selection, run.plan(snapshot), now.date()))
        return self._shaped(run.run(snapshot))

    def _enforcement(self, options: Options, selection: Selection, now: dt.datetime) -> Enforcement:
        return Enforcement(
            session=self.session,
            selection=selection,
            surroundings=surroundings_of(self.session, options["tls12_proved"]),
            directory=Path(options["journal"]).expanduser(),
            host=str(self.variables.get("inventory_hostname", "host")),
            now=now,
            fresh=self.fresh_session,
            tell=self.progress,
        )

    def _shaped(self, outcome: Outcome) -> Result:
        result: Result = outcome.plain()
        if self.diff:
            result["diff"] = differences(outcome.changes)
        if outcome.failures:
            result.update(failed=True, msg="; ".join(outcome.failures))
        return result
