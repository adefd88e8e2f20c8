# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A restart is over when the boot time has changed and stays; everything in between is waited through and said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._target import reboot
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.reboot import Patience, RestartFailed, restart
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import (
    Clock,
    CommandResult,
    LoginRefused,
    ProtocolFault,
    TimedOut,
    Unreachable,
)

CASES = yaml.safe_load((Path(__file__).parents[2] / "data" / "target" / "restarts.yml").read_text(encoding="utf-8"))
OLD = datetime(2026, 11, 1, 6, tzinfo=UTC)
BOOTS = {
    "old": OLD,
    "jitter": OLD + timedelta(seconds=1),
    "new": OLD + timedelta(days=19),
    "newer": OLD + timedelta(days=19, minutes=4),
}
ERRORS = {"down": Unreachable("no"), "refuses": LoginRefused("no"), "deaf": ProtocolFault("no", 5)}


DONE = CommandResult(0, "", "")


class Machine:
    """A session factory over a list of looks; the last look stays for ever."""

    def __init__(self, looks: list[str], clock: Clock, result: CommandResult | Exception = DONE) -> None:
        self.looks = ["old", *looks]
        self.clock = clock
        self.result = result
        self.lines: list[str] = []
        self.wmi: dict[str, Any] | Exception = {"ReturnValue": "0"}
        self.closed = 0
        self.door, self.read_only = "winrs", False

    def open(self) -> Any:
        return self

    def query(self, wql: str) -> list[dict[str, str]]:
        look = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if look in ERRORS:
            raise ERRORS[look]
        return [{"LastBootUpTime": f"{BOOTS[look]:%Y-%m-%dT%H:%M:%SZ}"}]

    def run(self, line: str, timeout: float | None = None) -> CommandResult:
        self.lines.append(line)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result

    def invoke(self, class_name: str, method: str, arguments: dict[str, object]) -> dict[str, Any]:
        self.lines.append(f"{class_name}.{method}")
        if isinstance(self.wmi, Exception):
            raise self.wmi
        return self.wmi

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def ticking(clock: Any) -> Clock:
    return Clock(clock.sleep, clock.now)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_restart_is_seen_through(case: dict[str, Any], ticking: Clock) -> None:
    machine, said = Machine(case["looks"], ticking), []
    done = restart(machine.open, said.append, "patches", Patience(settle=3))
    assert done.restarts == case["restarts"]
    assert (done.before, done.after) == (OLD, BOOTS["newer" if "newer" in case["looks"] else "new"])
    assert machine.lines == ['shutdown /r /f /t 2 /d p:2:17 /c "patches"']
    text = "\n".join(said)
    position = 0
    for word in case["says"]:
        position = text.index(word, position) + 1
    assert "up again after" in said[-1]


def test_machine_that_never_goes_down_is_told_apart(ticking: Clock) -> None:
    with pytest.raises(RestartFailed, match="still runs since 2026-11-01.*something holds the shutdown up"):
        restart(Machine(["old"], ticking).open, lambda text: None, patience=Patience(timeout=600))


def test_machine_that_does_not_come_back_is_a_time_out_that_says_so(ticking: Clock) -> None:
    said: list[str] = []
    with pytest.raises(RestartFailed, match="did not come back within 600 seconds; last seen: the target is down"):
        restart(Machine(["down"], ticking).open, said.append, patience=Patience(timeout=600))
    assert 9 <= len(said) <= 12, "one line a minute"


def test_ready_holds_the_end_back(ticking: Clock) -> None:
    reasons = ["TrustedInstaller is still at work", "TrustedInstaller is still at work", None]
    said: list[str] = []
    restart(
        Machine(["down", "new"], ticking).open,
        said.append,
        patience=Patience(settle=1),
        ready=lambda session: reasons.pop(0) if reasons else None,
    )
    assert reasons == []
    assert "TrustedInstaller is still at work" in said


def test_machine_that_changed_at_the_last_look_is_given_the_settling_time(ticking: Clock, clock: Any) -> None:
    machine = Machine(["down", "new"], ticking)
    done = restart(machine.open, lambda text: None, patience=Patience(settle=45))
    assert done.seconds >= 45


@pytest.mark.parametrize("rc", [1115, 1190])
def test_shutdown_under_way_is_what_was_wanted(ticking: Clock, rc: int) -> None:
    machine = Machine(["down", "new"], ticking, CommandResult(rc, "", ""))
    assert restart(machine.open, lambda text: None, patience=Patience(settle=1)).restarts == 1


def test_denied_shutdown_is_a_sentence(ticking: Clock) -> None:
    machine = Machine(["old"], ticking, CommandResult(5, "", "Access is denied.(5)"))
    with pytest.raises(RestartFailed, match=r"Access is denied.*SeRemoteShutdownPrivilege"):
        restart(machine.open, lambda text: None)


@pytest.mark.parametrize("failure", [CommandResult(1, "", "no such thing"), ProtocolFault("no shell", 2150859173)])
def test_wmi_is_the_other_way(ticking: Clock, failure: Any) -> None:
    machine = Machine(["down", "new"], ticking, failure)
    restart(machine.open, lambda text: None, patience=Patience(settle=1))
    assert machine.lines[-1] == "Win32_OperatingSystem.Win32Shutdown"


@pytest.mark.parametrize("answer", [{"ReturnValue": "1314"}, ProtocolFault("denied", 5)])
def test_no_way_left_names_both(ticking: Clock, answer: Any) -> None:
    machine = Machine(["old"], ticking, CommandResult(1, "", "no such thing"))
    machine.wmi = answer
    with pytest.raises(RestartFailed, match="no such thing"):
        restart(machine.open, lambda text: None)


@pytest.mark.parametrize("error", [Unreachable("gone"), TimedOut("gone")])
def test_connection_lost_while_ordering_is_no_failure(ticking: Clock, error: Exception) -> None:
    machine = Machine(["down", "new"], ticking, error)
    assert restart(machine.open, lambda text: None, patience=Patience(settle=1)).restarts == 1


@pytest.mark.parametrize("second", [DONE, CommandResult(1190, "", "")], ids=["lost on its way", "heard all the same"])
def test_an_order_that_nobody_answered_is_given_again_to_a_machine_that_runs_on(
    ticking: Clock, second: CommandResult
) -> None:
    machine = Machine(["old"] * 12 + ["down", "new"], ticking, Unreachable("reset"))
    told: list[tuple[float, str]] = []
    began = ticking.now()

    def run(line: str, timeout: float | None = None) -> CommandResult:
        machine.lines.append(line)
        if len(machine.lines) == 1:
            raise Unreachable("reset")
        told.append((ticking.now() - began, line))
        return second

    machine.run = run  # type: ignore[method-assign]
    assert restart(machine.open, lambda _line: None).restarts == 1
    ((when, line),) = told
    assert when >= reboot.UNHEARD and line == machine.lines[0], "once, and not before it had time to go down"


def test_reason_cannot_break_out_of_its_quotes(ticking: Clock) -> None:
    machine = Machine(["down", "new"], ticking)
    restart(machine.open, lambda text: None, 'a" & del /q c:\\* %PATH%', Patience(settle=1))
    assert machine.lines[0].count('"') == 2
    assert "&" not in machine.lines[0]
    assert "%" not in machine.lines[0]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-20T18:00:00Z", "18:00:00"),
        ("2026-11-20T18:00:00+01:00", "17:00:00"),
        ("2026-11-20T18:00:00.25Z", "18:00:00"),
        ("2026-11-20T18:00:00", "18:00:00"),
        ("20261120180000.000000+060", "17:00:00"),
        ("20261120180000.500000-300", "23:00:00"),
    ],
)
def test_times_of_both_notations_are_read(text: str, utc: str) -> None:
    assert f"{reboot.moment(text):%H:%M:%S}" == utc


def test_time_that_is_none_is_a_sentence() -> None:
    with pytest.raises(RestartFailed, match="is no time"):
        reboot.moment("yesterday")
