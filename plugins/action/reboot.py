# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Restart a machine and wait until it is really back."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime

from ansible_collections.sunset.ws2008.plugins.plugin_utils._action import BadOptions, Options, Result, TargetAction
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import confirm
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.journal import run_name
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.lock import PROMISE
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.reboot import Patience, restart
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import ReadOnly

# What stands between quotes in a batch file and is a full path.
_SCRIPT = re.compile(r'[A-Za-z]:\\[^"%&|<>^\r\n]+')


class ActionModule(TargetAction):
    """Restarting is in `_target.reboot`, and taking back what nobody confirms in `_change.confirm`."""

    _supports_diff = False

    def perform(self, options: Options) -> Result:
        script = options["undo_script"]
        if script and not _SCRIPT.fullmatch(script):
            raise BadOptions(f"undo_script must be the full path of a script on the machine, and {script!r} is none")
        if self.check:
            return {"changed": True, "rebooted": False, "msg": "would restart"}
        if self.session.read_only:
            raise ReadOnly("this connection only reads, so nothing can be restarted through it")
        run = run_name(datetime.now(UTC), secrets.token_hex(2))
        with self.alone(run, options["break_lock"]) as claim:
            claim(options["timeout"] + PROMISE)
            return self._restart(options, f"{run}.restart")

    def _restart(self, options: Options, name: str) -> Result:
        armed, minutes = None, options["confirm_minutes"]
        if options["undo_script"] and minutes and confirm.can_count(self.session):
            undo = f'@call "{options["undo_script"]}"\r\n'.encode()
            armed = confirm.arm(self.session, name, {confirm.UNDO: undo}, minutes, acts_at_restart=True)
        patience = Patience(options["timeout"], options["settle"])
        done = restart(self.fresh_session, self.progress, options["message"], patience)
        if armed:
            confirm.insist(self.session, armed)
        return {"changed": True, "rebooted": True, **done.to_json()}
