# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ask a machine every question once, and judge the answers."""

from __future__ import annotations

from ansible_collections.sunset.ws2008.plugins.plugin_utils._action import Options, Result, TargetAction
from ansible_collections.sunset.ws2008.plugins.plugin_utils._assessment import assess, question
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
        snapshot = take(self.session, [*against.registry_keys, *options["registry_keys"]], against.reads.questions())
        computer = (snapshot["answers"].get("computer") or {}).get("name")
        name = str(self.variables.get("inventory_hostname") or computer or "unknown")
        return {"changed": False, "snapshot": snapshot, "host": assess(snapshot, name, against)}
