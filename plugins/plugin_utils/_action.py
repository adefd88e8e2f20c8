# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every action plugin of this collection stands on (private to this collection).

The module of the same name under ``plugins/modules`` is only documentation, and that documentation *is* the argument
spec. An action says what it does with valid options, and nothing else::

    from ansible_collections.sunset.ws2008.plugins.plugin_utils._action import Options, Result, TargetAction

    class ActionModule(TargetAction):
        secrets = ("key",)                        # options whose values are taken out of every result
        required_one_of = (("kb", "target"),)     # what the documentation cannot say, as in AnsibleModule

        def perform(self, options: Options) -> Result:
            self.progress("asking 40 questions")  # shown while the task runs
            rows = self.session.query("select Version from Win32_OperatingSystem")
            if self.check: ...                    # `self.check` and `self.diff` are the task's modes
            return {"changed": False, "rows": rows}

`self.session` is the connection's session and belongs to the connection: never close it; `self.fresh_session()` drops
it and opens a new one (after a restart). An exception class that this collection defines is a sentence for the
operator, by the rule of the house: it becomes a failed result (`Unreachable` and `LoginRefused`: an unreachable one),
with the facts of its `details` mapping, where it has one. Anything else is a defect and may show as one.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ._baseline.trial import settle_earlier
from ._change.lock import TargetLock, myself
from ._target.names import nearest
from ._target.session import LoginRefused, Session, TargetError, Unreachable, session_of
from ._variables import misspelt

NAME = "sunset.ws2008"
COLLECTION = f"ansible_collections.{NAME}"
Options = dict[str, Any]
Result = dict[str, Any]
Spec = dict[str, dict[str, Any]]

ALIKE = 0.6  # option names are short; below this, a list of all of them helps more
# What an option of a documentation page shares with an argument spec; the rest of it is prose.
_SPEC_KEYS = ("type", "elements", "default", "choices", "required", "aliases")


class BadOptions(TargetError):
    """The task's options do not fit the module's documentation."""


class TargetAction(ActionBase):  # type: ignore[misc]
    """An action plugin whose options are validated and whose errors are sentences; see the head of this file."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_diff = True

    secrets: ClassVar[Sequence[str]] = ()
    mutually_exclusive: ClassVar[Sequence[Sequence[str]]] = ()
    required_together: ClassVar[Sequence[Sequence[str]]] = ()
    required_one_of: ClassVar[Sequence[Sequence[str]]] = ()
    required_if: ClassVar[Sequence[Sequence[Any]]] = ()
    required_by: ClassVar[Mapping[str, Sequence[str]]] = {}

    check: bool
    diff: bool
    variables: Mapping[str, Any]

    def perform(self, options: Options) -> Result:
        """Do the work with validated `options`; return a result of plain values."""
        raise NotImplementedError

    @property
    def session(self) -> Session:
        """The connection's session, opened when first asked for; `TargetError` when it is none of our doors."""
        return session_of(self._connection)

    def fresh_session(self) -> Session:
        """Drop the conversation, for example after a restart, and return a new one."""
        self._connection.reset()
        return self.session

    @contextlib.contextmanager
    def alone(self, run: str, break_lock: bool = False) -> Iterator[Callable[[float], None]]:
        """Yield a function that takes the target's lock when first called, and then says that this run goes on.

        It is called before whatever changes the target, with the seconds that nothing may be heard of this run, and it
        settles what earlier runs left on trial. Raises `Locked` when somebody else is at work there, and `LockLost`;
        `break_lock` takes the lock from the living. The lock is given back at the end.
        """
        name = type(self).__module__.rpartition(".")[2]
        lock = TargetLock(lambda: self.session, myself(run, name, datetime.now(UTC)), self.progress)

        def claim(silence: float) -> None:
            if not lock.held:
                lock.take(break_lock)
                for sentence in settle_earlier(self.session, self.progress):
                    Display().warning(f"{self.variables.get('inventory_hostname', '?')}: {sentence}")
            lock.announce(silence)

        try:
            yield claim
        finally:
            lock.release()

    def progress(self, text: str) -> None:
        """Show a line while the task still runs; silent under ``no_log``."""
        if not self._task.no_log:
            Display().display(f"  {self.variables.get('inventory_hostname', '?')}: {text}")

    def run(self, tmp: str | None = None, task_vars: Mapping[str, Any] | None = None) -> Result:
        """Called by ansible-core: validate, perform, and turn every error of ours into one sentence."""
        result: Result = super().run(None, task_vars)
        self.variables = task_vars or {}
        self.check = bool(self._task.check_mode)
        self.diff = bool(self._task.diff)
        hidden = {str(self._task.args[name]) for name in self.secrets if self._task.args.get(name)}
        try:
            self._refuse_misspelt()
            outcome = self.perform(self._validated(plain(self._task.args)))
        except Exception as error:
            if not is_ours(error):
                raise
            outcome = failure(error)
        result.update(outcome)
        return remove_values(result, hidden) if hidden else result

    def _refuse_misspelt(self) -> None:
        """Raise `BadOptions` for a misspelt variable of any role, before a role of ours does its first work."""
        role = getattr(self._task, "_role", None)
        if getattr(role, "_role_collection", None) == NAME:
            found = misspelt(str(name) for name in self.variables)
            if found:
                raise BadOptions(found)

    def _validated(self, given: Options) -> Options:
        spec = argument_spec(type(self).__module__.rpartition(".")[2])
        refuse_unknown(given, spec)
        validator = ArgumentSpecValidator(
            spec,
            mutually_exclusive=self.mutually_exclusive or None,
            required_together=self.required_together or None,
            required_one_of=self.required_one_of or None,
            required_if=self.required_if or None,
            required_by=self.required_by or None,
        )
        checked = validator.validate(given)
        if checked.error_messages:
            raise BadOptions("; ".join(checked.error_messages))
        return plain(checked.validated_parameters)  # type: ignore[no-any-return]


def is_ours(error: Exception) -> bool:
    """Whether an exception's text is a sentence for the operator: its class is defined in this collection."""
    return type(error).__module__.startswith(COLLECTION + ".")


def failure(error: Exception) -> Result:
    """Shape the failed (or, without a conversation, unreachable) result of one of our errors."""
    result: Result = dict(getattr(error, "details", None) or {})
    result["msg"] = str(error)
    result["unreachable" if isinstance(error, (Unreachable, LoginRefused)) else "failed"] = True
    result.setdefault("changed", False)
    return result


def plain(value: Any) -> Any:
    """Copy a value into builtin types: ansible-core 2.19 and later hand out tagged ones, which YAML writers refuse."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def refuse_unknown(given: Mapping[str, Any], spec: Spec, where: str = "") -> None:
    """Raise `BadOptions` for the first option, suboptions included, that the documentation does not know."""
    names = {alias: name for name, one in spec.items() for alias in (name, *one.get("aliases", ()))}
    for key, value in given.items():
        if key not in names:
            raise BadOptions(f"there is no option {where}{key}; {nearest(key, names, ALIKE)}")
        inner = spec[names[key]].get("options")
        if inner:
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, Mapping):
                    refuse_unknown(item, inner, f"{where}{key}.")


@functools.cache
def argument_spec(module: str) -> Spec:
    """Return the argument spec that the documentation of `module` (a plain name, such as ``command``) amounts to."""
    page = yaml.safe_load(importlib.import_module(f"{COLLECTION}.plugins.modules.{module}").DOCUMENTATION)
    options: dict[str, Any] = {}
    fragments = page.get("extends_documentation_fragment") or []
    for fragment in [fragments] if isinstance(fragments, str) else fragments:
        options.update(_fragment_options(fragment))
    options.update(page.get("options") or {})
    return _spec(options)


def _fragment_options(fragment: str) -> dict[str, Any]:
    """Return the options of ``sunset.ws2008.<file>[.<part>]``."""
    file, _dot, part = fragment.removeprefix("sunset.ws2008.").partition(".")
    holder = importlib.import_module(f"{COLLECTION}.plugins.doc_fragments.{file}").ModuleDocFragment
    page = yaml.safe_load(getattr(holder, part.upper() if part else "DOCUMENTATION", "")) or {}
    return dict(page.get("options") or {})


def _spec(options: Mapping[str, Mapping[str, Any]]) -> Spec:
    spec: Spec = {}
    for name, option in options.items():
        spec[name] = {key: option[key] for key in _SPEC_KEYS if key in option}
        if "suboptions" in option:
            spec[name]["options"] = _spec(option["suboptions"])
    return spec
