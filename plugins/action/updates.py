# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring a machine to a servicing state."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path

from ansible_collections.sunset.ws2008.plugins.plugin_utils._action import BadOptions, Options, Result, TargetAction
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import catalog
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.install import Host, Settings, bring
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.plan import check_hold, check_target
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.reboot import Patience, restart
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import ReadOnly


class ActionModule(TargetAction):
    """Everything is decided by `_servicing`: catalog and target before the first packet, then plan and install."""

    def perform(self, options: Options) -> Result:
        records = catalog.load(options["catalog_extra"])
        target = check_target(options["target"], records)
        check_hold(options["hold"], records)
        if self.session.read_only and not self.check:
            raise ReadOnly(
                "this connection only reads, so nothing can be installed through it; use check mode for the plan"
            )
        outcome = bring(self._host(options), records, self._settings(options, target), check=self.check)
        result: Result = outcome.to_json()
        result["msg"] = outcome.plan.sentence
        if self.diff:
            result["diff"] = outcome.difference()
        return result

    def _settings(self, options: Options, target: str) -> Settings:
        unc = options["source"] == "unc"
        if unc and not options["share"]:
            raise BadOptions("source is unc, so share must name the folder that the machine copies the packages from")
        now = datetime.now(UTC)
        return Settings(
            target=target,
            media=Path(options["media"]).expanduser() if options["media"] else None,
            share=options["share"] if unc else None,
            reboot=options["reboot"],
            hold=options["hold"],
            job_timeout=options["job_timeout"],
            poll_interval=options["poll_interval"],
            run=f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}",
        )

    def _host(self, options: Options) -> Host:
        patience = Patience(options["reboot_timeout"], options["reboot_settle"])
        return Host(
            session=lambda: self.session,
            restart=lambda reason, say: restart(self.fresh_session, say, reason, patience),
            say=self.progress,
        )
