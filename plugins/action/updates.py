# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring a machine to a servicing state."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ansible_collections.sunset.ws2008.plugins.plugin_utils._action import BadOptions, Options, Result, TargetAction
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.journal import run_name
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import catalog, preflight
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.install import Host, Settings, bring
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.plan import check_also, check_hold, check_target
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.window import window_of
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.reboot import Patience, restart
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import ReadOnly

# Which option says where the machine gets the packages from.
PLACES = {"unc": "share", "http": "mirror"}


class ActionModule(TargetAction):
    """Everything is decided by `_servicing`: catalog and target before the first packet, then plan and install."""

    def perform(self, options: Options) -> Result:
        records = catalog.load(options["catalog_extra"], files=options["catalog_files"])
        target = check_target(options["target"], records)
        check_hold(options["hold"], records)
        also = check_also(options["also"], records)
        preflight.check_risks(options["accept_risks"])
        settings = self._settings(options, target, also)
        if self.session.read_only and not self.check:
            raise ReadOnly(
                "this connection only reads, so nothing can be installed through it; use check mode for the plan"
            )
        with self.alone(settings.run, options["break_lock"]) as claim:
            outcome = bring(self._host(options, claim), records, settings, check=self.check)
        result: Result = outcome.to_json()
        result["msg"] = outcome.plan.sentence
        if outcome.warnings:
            result["warnings"] = outcome.warnings
        if self.diff:
            result["diff"] = outcome.difference()
        return result

    def _settings(self, options: Options, target: str, also: tuple[str, ...]) -> Settings:
        source, now = options["source"], datetime.now(UTC)
        place = options[PLACES[source]] if source in PLACES else None
        if source in PLACES and not place:
            raise BadOptions(
                f"source is {source}, so {PLACES[source]} must say where the machine gets the packages from"
            )
        return Settings(
            target=target,
            media=Path(options["media"]).expanduser() if options["media"] else None,
            source=source,
            share=place,
            reboot=options["reboot"],
            pending_restart=options["pending_restart"],
            hold=options["hold"],
            also=also,
            accept=options["accept_risks"],
            entitlement=options["entitlement"],
            window=window_of(options["window_end"], options["window_minutes"], options["window_estimates"], now),
            journal=Path(options["journal"]).expanduser(),
            job_timeout=options["job_timeout"],
            poll_interval=options["poll_interval"],
            run=run_name(now, secrets.token_hex(2)),
        )

    def _host(self, options: Options, claim: Callable[[float], None]) -> Host:
        patience = Patience(options["reboot_timeout"], options["reboot_settle"])
        return Host(
            session=lambda: self.session,
            restart=lambda reason, say: restart(self.fresh_session, say, reason, patience),
            say=self.progress,
            name=str(self.variables.get("inventory_hostname", "host")),
            claim=claim,
        )
