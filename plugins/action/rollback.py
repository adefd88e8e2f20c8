# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""List the runs in the journals of a machine, and take them back."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from ansible_collections.sunset.ws2008.plugins.plugin_utils._action import Options, Result, TargetAction
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.plan import differences
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.reread import look, read_registry
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.trial import Trial, still_let_in
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import ledger
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.back import ALL, Back, Outcome, plan, staying
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.journal import run_name
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.ledger import Ledger
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.listing import lines, listing
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.lock import PROMISE
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.rollback import Asked


class ActionModule(TargetAction):
    """Everything is decided by `_change`: the ledger says what there is, a plan what would go back, `Back` does it."""

    required_if = (("state", "rolled_back", ("run",)),)

    def perform(self, options: Options) -> Result:
        found = self._read(options)
        if options["state"] == "listed":
            runs = listing(found.history)
            for line in lines(runs):
                self.progress(line)
            return {"changed": False, "runs": runs}
        if options["state"] == "tidied":
            with self._alone(options) as claim:
                if not self.check:
                    claim(PROMISE)
                removed, warning = ledger.tidy(
                    self.session, found, options["keep_runs"], options["keep_megabytes"], remove=not self.check
                )
            return {"changed": bool(removed), "removed": removed, "warnings": [warning] if warning else []}
        return self._rolled_back(options, found)

    def _rolled_back(self, options: Options, found: Ledger) -> Result:
        warnings = self._beforehand(options["run"], found)
        outcome, whole = self._planned(options, found), options["all_or_nothing"]
        for line in () if whole and outcome.refused() else outcome.loud(options["force"]):
            self.progress(line)
        if outcome.parts and not self.check and not (whole and outcome.refused()):
            back = self._back(options)
            with self._alone(options) as back.claim:
                outcome = back.run(outcome, whole)
                if outcome.done:
                    bounds = options["keep_runs"], options["keep_megabytes"]
                    warnings += ledger.tidied(self.session, self._directory(options), self._host, *bounds)
        refused = outcome.sentence()
        nothing = whole and bool(refused)
        warnings += [] if nothing else outcome.loud(options["force"])
        return self._shaped(outcome, refused, nothing, warnings)

    def _planned(self, options: Options, found: Ledger) -> Outcome:
        asked = Asked(options["controls"] or None, options["groups"] or None, options["force"])
        return plan(self.session, found, options["run"], asked, look)

    def _beforehand(self, wanted: str, found: Ledger) -> list[str]:
        """Say what stays, and which copies were not relied on, before anything is done."""
        stays = staying(found, wanted)
        notes = [note for run in found.history if wanted in (ALL, run.name) for note in run.notes]
        for line in (*stays, *notes):
            self.progress(line)
        return [*stays, *notes]

    def _shaped(self, outcome: Outcome, refused: str, whole: bool, warnings: list[str]) -> Result:
        result: Result = {**outcome.plain(), "warnings": warnings}
        if self.diff:
            result["diff"] = differences([] if whole else outcome.changes())
        if whole:
            result.update(changed=False, restored=[], restart_required=False, restart_for=[])
        if refused:
            result.update(failed=True, msg=refused + (". Nothing was changed" if whole else ""))
        return result

    def _back(self, options: Options) -> Back:
        return Back(
            session=self.session,
            directory=self._directory(options),
            host=self._host,
            read=look,
            keys=read_registry,
            trial=Trial(options["confirm_minutes"], self.fresh_session, still_let_in, self.progress),
            again=lambda: self._planned(options, self._read(options)),
            tell=self.progress,
        )

    def _alone(self, options: Options) -> AbstractContextManager[Callable[[float], None]]:
        return self.alone(run_name(dt.datetime.now(dt.UTC), secrets.token_hex(2)), options["break_lock"])

    def _read(self, options: Options) -> Ledger:
        return ledger.read(self.session, self._directory(options), self._host)

    @property
    def _host(self) -> str:
        return str(self.variables.get("inventory_hostname", "host"))

    @staticmethod
    def _directory(options: Options) -> Path:
        return Path(options["journal"]).expanduser()
