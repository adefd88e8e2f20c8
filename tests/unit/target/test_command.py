# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The `command` action says what happened, and in check mode what would."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.action.command import ActionModule
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import ReadOnly, TargetError


@pytest.fixture
def act(session: Any, target: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that performs the action over the fake target."""
    monkeypatch.setattr(ActionModule, "session", session)

    def perform(check: bool = False, **options: Any) -> dict[str, Any]:
        action = ActionModule.__new__(ActionModule)
        action.check = check
        given = {"stdin": None, "timeout": None, "creates": None, "removes": None, "success_codes": [0]}
        result: dict[str, Any] = action.perform({**given, "changed_codes": None, "read_only": False, **options})
        return result

    return perform


@pytest.mark.parametrize(
    ("rc", "options", "changed", "failed"),
    [
        (0, {}, True, False),
        (1, {}, False, True),
        (3010, {"success_codes": [0, 3010]}, True, False),
        (1062, {"success_codes": [0, 1062], "changed_codes": [0]}, False, False),
        (0, {"read_only": True}, False, False),
        (0, {"changed_codes": []}, False, False),
    ],
)
def test_exit_code_decides(
    act: Any, target: Any, rc: int, options: dict[str, Any], changed: bool, failed: bool
) -> None:
    target.answers = lambda line, stdin: target.Command(rc, b"a\r\nb\r\n", b"why")
    result = act(command="sc stop x", **options)
    assert (result["rc"], result["changed"], result.get("failed", False)) == (rc, changed, failed)
    assert result["stdout_lines"] == ["a", "b"]
    if failed:
        assert result["msg"] == "the command ended with exit code 1: why"


def test_check_mode_runs_nothing_that_may_change(act: Any, target: Any) -> None:
    assert act(check=True, command="del x") | {"msg": ""} == {"changed": False, "skipped": True, "msg": ""}
    assert target.lines == []


def test_check_mode_runs_what_only_reads(act: Any, target: Any) -> None:
    assert act(check=True, command="ver", read_only=True)["rc"] == 0
    assert target.lines == ["ver"]


@pytest.mark.parametrize(
    ("option", "answer", "check", "runs", "changed"),
    [
        ("creates", b"yes\r\n", False, False, False),
        ("creates", b"no\r\n", False, True, True),
        ("removes", b"no\r\n", False, False, False),
        ("removes", b"yes\r\n", False, True, True),
        ("creates", b"yes\r\n", True, False, False),
        ("creates", b"no\r\n", True, False, True),
    ],
)
def test_conditions_are_looked_at_first(
    act: Any, target: Any, option: str, answer: bytes, check: bool, runs: bool, changed: bool
) -> None:
    target.answers = lambda line, stdin: target.Command(0, answer if line.startswith("if exist") else b"")
    result = act(check=check, command="mkdir C:\\x", **{option: "C:\\x\\"})
    assert ("mkdir C:\\x" in target.lines) is runs
    assert result["changed"] is changed


def test_stdin_is_encoded_in_the_code_page_of_the_target(act: Any, target: Any) -> None:
    target.answers = lambda line, stdin: target.Command(0, stdin)
    assert act(command="sort", stdin="Grün")["stdout"] == "Grün"


def test_unreadable_answer_to_a_condition_is_no_guess(act: Any, target: Any) -> None:
    target.answers = lambda line, stdin: target.Command(0, b"maybe")
    with pytest.raises(TargetError, match="answered 'maybe'"):
        act(command="x", creates="C:\\x")


def test_changed_code_that_is_no_success_is_refused(act: Any) -> None:
    with pytest.raises(TargetError, match="each must be in both"):
        act(command="x", changed_codes=[7])


def test_door_that_only_reads_runs_nothing_that_may_change(act: Any, target: Any, session: Any) -> None:
    session.read_only = True
    with pytest.raises(ReadOnly):
        act(command="x")
    assert target.lines == []
