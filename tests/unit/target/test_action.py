# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The base of every action: documentation is the argument spec, our errors are results, defects stay defects."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.modules import command as command_page
from ansible_collections.sunset.ws2008.plugins.modules import reboot as reboot_page
from ansible_collections.sunset.ws2008.plugins.plugin_utils import _action
from ansible_collections.sunset.ws2008.plugins.plugin_utils._action import TargetAction, argument_spec, plain
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.names import nearest
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import (
    LoginRefused,
    TargetError,
    Unreachable,
)

PAGE = """
options:
  name: {type: str, required: true, aliases: [label], description: x}
  count: {type: int, default: 3, description: x}
  mode: {type: str, choices: [fast, slow], description: x}
  secret: {type: str, description: x}
  rules:
    type: list
    elements: dict
    description: x
    suboptions:
      port: {type: int, description: x}
"""


class Task:
    def __init__(self, **args: Any) -> None:
        self.args = args
        self.check_mode = False
        self.diff = True
        self.async_val = 0
        self.no_log = False
        self.action = "probe"


class Shell:
    tmpdir = None


class Connection:
    _shell = Shell()
    transport = "ssh"


class Probe(TargetAction):
    """Returns its options, or raises what it is told to."""

    secrets = ("secret",)
    error: Exception | None = None

    def perform(self, options: dict[str, Any]) -> dict[str, Any]:
        if self.error:
            raise self.error
        return {"changed": False, "options": options, "diff_mode": self.diff, "check_mode": self.check}


@pytest.fixture(autouse=True)
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    module = types.ModuleType("probe")
    module.DOCUMENTATION = PAGE  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, f"{_action.COLLECTION}.plugins.modules.probe", module)
    monkeypatch.setattr(Probe, "__module__", f"{_action.COLLECTION}.plugins.action.probe")
    argument_spec.cache_clear()
    yield
    argument_spec.cache_clear()


def probe(error: Exception | None = None, **args: Any) -> dict[str, Any]:
    action = Probe(Task(**args), Connection(), None, None, None, None)
    action.error = error
    result: dict[str, Any] = action.run(task_vars={"inventory_hostname": "cerberus"})
    return result


def test_options_are_completed_and_typed_by_the_documentation() -> None:
    options = probe(label="x", count="7", rules=[{"port": "80"}])["options"]
    assert (options["name"], options["count"], options["mode"], options["rules"]) == ("x", 7, None, [{"port": 80}])


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"name": "x", "cuont": 1}, "there is no option cuont; did you mean count?"),
        ({"name": "x", "zzz": 1}, "the valid names are count, label, mode, name, rules, secret"),
        ({"name": "x", "rules": [{"prot": 1}]}, "there is no option rules.prot; did you mean port?"),
        ({}, "missing required arguments: name"),
        ({"name": "x", "count": "many"}, "count"),
        ({"name": "x", "mode": "medium"}, "fast, slow"),
    ],
)
def test_options_that_do_not_fit_are_a_failed_result(args: dict[str, Any], says: str) -> None:
    result = probe(**args)
    assert result["failed"] is True
    assert says in result["msg"]


def test_our_errors_are_failed_results_with_their_details() -> None:
    error = TargetError("a sentence")
    error.details = {"plan": [1]}  # type: ignore[attr-defined]
    assert probe(error, name="x") == {"msg": "a sentence", "failed": True, "changed": False, "plan": [1]}


@pytest.mark.parametrize("error", [Unreachable("gone"), LoginRefused("no")])
def test_no_conversation_means_unreachable(error: Exception) -> None:
    result = probe(error, name="x")
    assert result["unreachable"] is True
    assert "failed" not in result


def test_defects_are_not_dressed_up() -> None:
    with pytest.raises(KeyError):
        probe(KeyError("defect"), name="x")


def test_secrets_are_in_no_result() -> None:
    assert "hunter2" not in str(probe(TargetError("the key hunter2 was refused"), name="x", secret="hunter2"))


def test_foreign_connection_is_one_sentence() -> None:
    class Asking(Probe):
        def perform(self, options: dict[str, Any]) -> dict[str, Any]:
            return {"os": self.session.identify().os}

    Asking.__module__ = Probe.__module__
    result = Asking(Task(name="x"), Connection(), None, None, None, None).run(task_vars={})
    assert result["failed"] is True
    assert "the connection ssh" in result["msg"]
    assert "sunset.ws2008.winrs" in result["msg"]


def test_progress_is_shown_with_the_host_and_silent_under_no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(_action.Display, "display", lambda self, text, *args, **kwargs: shown.append(text))
    action = Probe(Task(name="x"), Connection(), None, None, None, None)
    action.run(task_vars={"inventory_hostname": "cerberus"})
    action.progress("one")
    action._task.no_log = True
    action.progress("two")
    assert shown == ["  cerberus: one"]


def test_values_become_plain_whatever_core_wraps_them_in() -> None:
    class Tagged(str):
        pass

    value = plain({Tagged("a"): [Tagged("b"), (Tagged("c"), 1, None, True)]})
    assert value == {"a": ["b", ["c", 1, None, True]]}
    assert yaml.safe_dump(value)


def test_fragment_options_are_part_of_the_spec() -> None:
    argument_spec.cache_clear()
    assert set(argument_spec("reboot")) == {
        "timeout",
        "settle",
        "message",
        "undo_script",
        "confirm_minutes",
        "break_lock",
    }
    assert argument_spec("command")["command"] == {"type": "str", "required": True, "aliases": ["cmd"]}


@pytest.mark.parametrize("page", [command_page, reboot_page], ids=["command", "reboot"])
def test_pages_are_complete(page: Any) -> None:
    documentation = yaml.safe_load(page.DOCUMENTATION)
    assert {"module", "short_description", "description", "options", "author", "attributes"} <= set(documentation)
    assert yaml.safe_load(page.EXAMPLES)
    assert yaml.safe_load(page.RETURN)


def test_nearest_name_or_all_of_them() -> None:
    assert nearest("seting", ["setting", "other"]) == "did you mean setting?"
    assert nearest("xyz", ["b", "a"]) == "the valid names are a, b"
