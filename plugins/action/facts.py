# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ask a machine every question once, and judge the answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.sunset.ws2008.plugins.plugin_utils._action import Options, Result, TargetAction
from ansible_collections.sunset.ws2008.plugins.plugin_utils._assessment import assess, question
from ansible_collections.sunset.ws2008.plugins.plugin_utils._dependencies import listeners, observations, questions, use
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.in_use import KEYS
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.settings import AUDIT
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.snapshot import take


class ActionModule(TargetAction):
    """Profile, target and waivers are checked before the first packet; then one snapshot, and everything from it."""

    def perform(self, options: Options) -> Result:
        against = question(
            profile=options["profile"],
            target=options["target"],
            levels=options["levels"],
            controls=options["controls"],
            waivers=options["waivers"],
            site_values=options["site_values"],
            entitlement=options["entitlement"],
            vulnerabilities=options["vulnerabilities"],
        )
        asked = [*against.reads.questions(), *((*questions.ALL, AUDIT) if options["dependencies"] else ())]
        keys = [*against.registry_keys, *options["registry_keys"], *(KEYS if options["dependencies"] else ())]
        snapshot = take(self.session, keys, list({one.id: one for one in asked}.values()))
        computer = (snapshot["answers"].get("computer") or {}).get("name")
        name = str(self.variables.get("inventory_hostname") or computer or "unknown")
        host = assess(snapshot, name, against)
        if options["dependencies"]:
            observed = self._observed(options, snapshot, name)
            host["dependencies"] = use.summary(snapshot, observed, listeners.offered(self.session, snapshot))
        return {"changed": False, "snapshot": snapshot, "host": host}

    def _observed(self, options: Options, snapshot: dict[str, Any], name: str) -> dict[str, Any]:
        """Return what was seen in use up to now; check mode looks it up, and keeps nothing."""
        folder = Path(options["observations"]).expanduser()
        if self.check:
            return observations.merge(observations.load(folder, name), snapshot, name)
        return observations.keep(folder, snapshot, name)
