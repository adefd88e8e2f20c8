# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Restart a machine and wait until it is really back."""

from __future__ import annotations

from ansible_collections.sunset.ws2008.plugins.plugin_utils._action import Options, Result, TargetAction
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.reboot import Patience, restart
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import ReadOnly


class ActionModule(TargetAction):
    """Everything is in `_target.reboot`."""

    _supports_diff = False

    def perform(self, options: Options) -> Result:
        if self.check:
            return {"changed": True, "rebooted": False, "msg": "would restart"}
        if self.session.read_only:
            raise ReadOnly("this connection only reads, so nothing can be restarted through it")
        patience = Patience(options["timeout"], options["settle"])
        done = restart(self.fresh_session, self.progress, options["message"], patience)
        return {"changed": True, "rebooted": True, **done.to_json()}
