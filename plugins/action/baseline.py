# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Judge a machine against the baseline, and make it pass."""

from __future__ import annotations

import dataclasses
import datetime as dt
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.sunset.ws2008.plugins.plugin_utils._action import Options, Result, TargetAction
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline import enforce, lockouts
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.answers import Answers
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.enforce import Enforcement, Outcome
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.evaluate import (
    evaluate,
    reads_of,
    reads_to_change,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.plan import differences
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import (
    BadSelection,
    Selection,
    never_here,
    select,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.surroundings import surroundings_of
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import ledger
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.journal import run_name
from ansible_collections.sunset.ws2008.plugins.plugin_utils._dependencies import observations
from ansible_collections.sunset.ws2008.plugins.plugin_utils._dependencies import questions as dependencies
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
            tags=options["tags"],
            baseline_file=options["baseline_file"],
        )
        now = dt.datetime.now(dt.UTC)
        force = lockouts.checked(options["force"], selection.library.controls.values())
        changing = options["state"] == "enforced"
        reads = reads_to_change(selection) if changing else reads_of(selection)
        snapshot = take(self.session, reads.keys, [*reads.questions(), *(dependencies.ALL if changing else ())])
        wrong = never_here(selection, Answers(snapshot))
        if wrong:
            raise BadSelection("; ".join(wrong))
        if not changing:
            findings = [one.plain() for one in evaluate(snapshot, selection, now.date())]
            return {"changed": False, "findings": findings}
        run = self._enforcement(options, selection, now)
        run.force = force
        run.prove(snapshot)
        if self.check:
            enforce.refuse(snapshot)
            outcome = run.preview(snapshot, run.plan(snapshot))
        else:
            with self.alone(run.run_name, options["break_lock"]) as run.claim:
                outcome = run.run(snapshot)
                if outcome.kept is not None:
                    warned = "; ".join(ledger.tidied(self.session, run.directory, run.host))
                    outcome.kept = dataclasses.replace(outcome.kept, warning=warned)
        outcome.handshakes = list(run.surroundings.handshakes.values())
        return self._shaped(outcome)

    def _enforcement(self, options: Options, selection: Selection, now: dt.datetime) -> Enforcement:
        return Enforcement(
            session=self.session,
            selection=selection,
            surroundings=replace(
                surroundings_of(self.session, options["tls12_proved"]), observed=self._observed(options)
            ),
            directory=Path(options["journal"]).expanduser(),
            host=str(self.variables.get("inventory_hostname", "host")),
            now=now,
            run_name=run_name(now, secrets.token_hex(2)),
            fresh=self.fresh_session,
            tell=self.progress,
            confirm_minutes=options["confirm_minutes"],
        )

    def _observed(self, options: Options) -> dict[str, Any]:
        folder = Path(options["observations"]).expanduser()
        return observations.load(folder, str(self.variables.get("inventory_hostname", "host"))) or {}

    def _shaped(self, outcome: Outcome) -> Result:
        result: Result = outcome.plain()
        if self.diff:
            result["diff"] = differences(outcome.changes)
        if outcome.failures:
            result.update(failed=True, msg="; ".join(outcome.failures))
        return result
