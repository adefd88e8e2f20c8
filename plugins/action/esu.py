# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read, activate or remove the licence for Extended Security Updates."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from ansible import context

from ansible_collections.sunset.ws2008.plugins.plugin_utils._action import BadOptions, Options, Result, TargetAction
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.journal import run_name
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.lock import PROMISE
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.snapshot import take
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import licence
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.esu import entitlement_of
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.licence_check import judge_entitlement
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import ReadOnly


class ActionModule(TargetAction):
    """Everything is decided by `_servicing.licence`; the key is checked for its form before the first packet."""

    secrets = ("key",)

    def perform(self, options: Options) -> Result:
        wish = self._wish(options)
        if options["state"] != "read" and self.session.read_only and not self.check:
            raise ReadOnly("this connection only reads, so no licence can be changed through it; use state: read")
        self.progress("reading the machine")
        snapshot = take(self.session)
        entitlement = entitlement_of(snapshot, options["entitlement"])
        result: Result = {"changed": False, "entitlement": entitlement.to_json()}
        result["verdict"] = judge_entitlement(snapshot, entitlement).as_dict()
        result["msg"] = result["verdict"]["sentence"]
        if options["state"] == "read":
            return result
        licence.refuse(snapshot, wish)
        licence.refuse_clear_text(self.session)
        outcome = licence.bring(self.session, wish, True, self.progress)
        if outcome.done and not self.check:
            with self.alone(run_name(datetime.now(UTC), secrets.token_hex(2)), options["break_lock"]) as claim:
                claim(PROMISE)
                outcome = licence.bring(self.session, wish, False, self.progress)
        result.update(outcome.to_json())
        if outcome.done:
            result["msg"] = f"{'would' if self.check else 'did'}: {', '.join(outcome.done)}"
        if outcome.installation_id:
            result["msg"] = "read installation_id to the telephone service, and give this task its answer"
        if self.diff:
            result["diff"] = outcome.difference(self.check)
        return result

    def _wish(self, options: Options) -> licence.Wish:
        """Refuse what does not belong together, and a key that stands where others can read it."""
        state, key, confirmation = options["state"], options["key"], options["confirmation_id"]
        for name, given in (("key", key), ("confirmation_id", confirmation)):
            if given and state != "activated":
                raise BadOptions(f"the option {name} is for state: activated, and the state here is {state}")
        if key and self._in_the_open(str(self._task.args["key"]).strip()):
            raise BadOptions(
                "the key stands in the playbook or on the command line, where others can read it: put it in a variable "
                "in a file encrypted by ansible-vault, and give this task the variable"
            )
        return licence.Wish(
            licence.ProductKey.of(key) if key else None,
            licence.confirmation_id(confirmation) if confirmation else None,
            options["telephone"],
            options["activation_id"],
            absent=state == "absent",
        )

    def _in_the_open(self, key: str) -> bool:
        written = [str(self._task.get_ds() or ""), *map(str, context.CLIARGS.get("extra_vars") or ())]
        return any(key in text for text in written)
