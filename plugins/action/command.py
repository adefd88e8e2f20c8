# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run one cmd.exe line."""

from __future__ import annotations

import time

from ansible_collections.sunset.ws2008.plugins.plugin_utils._action import BadOptions, Options, Result, TargetAction
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import ReadOnly, TargetError
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.transfer import check_path


class ActionModule(TargetAction):
    """Asks for `creates` and `removes` first, in check mode as well."""

    _supports_diff = False

    def perform(self, options: Options) -> Result:
        changing = set(options["success_codes"] if options["changed_codes"] is None else options["changed_codes"])
        if not changing <= set(options["success_codes"]):
            raise BadOptions("changed_codes names exit codes that success_codes does not; each must be in both")
        why_not = self._superfluous(options)
        if why_not:
            return {"changed": False, "skipped": True, "msg": why_not}
        if not options["read_only"]:
            if self.check:
                return self._foretell(options)
            if self.session.read_only:
                raise ReadOnly("this connection only reads; set read_only if the command changes nothing")
        return self._run(options, set() if options["read_only"] else changing)

    def _foretell(self, options: Options) -> Result:
        """As `ansible.builtin.command` does: only with a condition is it known that running means a change."""
        if options["creates"] or options["removes"]:
            return {"changed": True, "msg": "would run"}
        return {"changed": False, "skipped": True, "msg": "not run in check mode; set read_only if it changes nothing"}

    def _run(self, options: Options, changing: set[int]) -> Result:
        began = time.monotonic()
        done = self.session.run(options["command"], _stdin(options["stdin"], self.session), options["timeout"])
        result: Result = {
            "changed": done.rc in changing,
            "rc": done.rc,
            "stdout": done.stdout,
            "stdout_lines": done.stdout.splitlines(),
            "stderr": done.stderr,
            "stderr_lines": done.stderr.splitlines(),
            "elapsed": round(time.monotonic() - began, 3),
        }
        if done.rc not in options["success_codes"]:
            said = " ".join((done.stderr.strip() or done.stdout.strip() or "it wrote nothing").split())
            result |= {"failed": True, "msg": f"the command ended with exit code {done.rc}: {said[:400]}"}
        return result

    def _superfluous(self, options: Options) -> str | None:
        """Return why the command need not run, or None."""
        for option, wanted in (("creates", True), ("removes", False)):
            path = options[option]
            if path and self._exists(path) is wanted:
                return f"skipped, since {path} {'exists' if wanted else 'does not exist'}"
        return None

    def _exists(self, path: str) -> bool:
        check_path(path.rstrip("\\/"))
        answer = self.session.run(f'if exist "{path}" (echo yes) else (echo no)').stdout.strip()
        if answer not in ("yes", "no"):
            raise TargetError(f"asking whether {path} exists, the target answered {answer!r}")
        return answer == "yes"


def _stdin(text: str | None, session: object) -> bytes | None:
    if text is None:
        return None
    encode = getattr(session, "encode", None)
    data: bytes = encode(text) if callable(encode) else text.encode("cp437", "replace")
    return data
