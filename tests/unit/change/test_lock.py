# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One controller at a time; the dead and the silent lose the lock, the living do not."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.lock import (
    PROMISE,
    SLACK,
    Locked,
    LockLost,
    Owner,
    TargetLock,
    dead,
    myself,
)
from support.transcripts import Fault, Yard

NOW = dt.datetime(2026, 11, 20, 18, tzinfo=dt.UTC)
# WinRM 1.1 has operations enough for one controller, so two meet on 2.0.
SNAPSHOT = {"answers": {"os": {"build": 6002, "arch": "x64"}}, "twin": {"winrm": "2.0"}}
ELSEWHERE = Owner("run-a", "harden", "awx-7", "another-boot", "7-1", "2026-11-20T18:00:00Z")


@pytest.fixture
def yard() -> Iterator[Yard]:
    with Yard(SNAPSHOT) as made:
        yield made


def lock(yard: Yard, owner: Owner, *faults: Fault) -> TargetLock:
    session = yard.controller(owner.run, *faults).open()
    return TargetLock(lambda: session, owner)


def other(name: str = "run-b") -> Owner:
    return dataclasses.replace(ELSEWHERE, run=name, host="awx-8")


def test_the_second_is_refused_and_told_who_is_at_work(yard: Yard) -> None:
    first, second = lock(yard, ELSEWHERE), lock(yard, other())
    first.take()
    with pytest.raises(Locked, match="harden, run run-a on awx-7, since 2026-11-20T18:00:00Z"):
        second.take()
    first.release()
    second.take()
    assert second.held and not first.held


def test_nothing_is_left_when_it_is_given_back(yard: Yard) -> None:
    one = lock(yard, ELSEWHERE)
    one.take()
    one.release()
    assert yard.machine.files.list_dir("C:\\ProgramData\\sunset.ws2008") == []


def test_a_silent_owner_loses_it_after_what_it_announced(yard: Yard) -> None:
    first, second = lock(yard, ELSEWHERE), lock(yard, other())
    first.take()
    first.announce(3600)
    yard.rest(3600)
    with pytest.raises(Locked):
        second.take()
    yard.rest(SLACK + 10)
    second.take()
    with pytest.raises(LockLost):
        first.announce()
    first.release()
    second.announce()


def test_an_owner_that_goes_on_speaking_keeps_it(yard: Yard) -> None:
    first, second = lock(yard, ELSEWHERE), lock(yard, other())
    first.take()
    for _time in range(4):
        yard.rest(PROMISE)
        first.announce()
    with pytest.raises(Locked):
        second.take()


def test_a_controller_that_was_killed_and_starts_again_goes_on_at_once(yard: Yard) -> None:
    killed = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    gone = dataclasses.replace(myself("run-a", "updates", NOW), process=f"{int(killed.stdout)}-1")
    first, second = lock(yard, gone), lock(yard, myself("run-b", "updates", NOW))
    first.take()
    second.take()
    assert second.held


def test_force_takes_it_from_the_living(yard: Yard) -> None:
    first, second = lock(yard, ELSEWHERE), lock(yard, other())
    first.take()
    second.take(force=True)
    with pytest.raises(LockLost):
        first.announce()


@pytest.mark.parametrize("kind", ["unheard", "unanswered"])
def test_a_lost_answer_does_not_lock_the_owner_out(yard: Yard, kind: str) -> None:
    """Whatever message is lost: the same run takes it in the end, and another one does not."""
    with Yard(SNAPSHOT) as quiet:
        counted = quiet.controller("count")
        session = counted.open()
        TargetLock(lambda: session, ELSEWHERE).take()
        messages = counted.messages
    for number in range(1, messages + 1):
        with Yard(SNAPSHOT) as one:
            controller = one.controller("a", Fault(number, kind))
            session = controller.open()
            held = TargetLock(lambda session=session: session, ELSEWHERE)
            try:
                held.take()
            except Exception:  # noqa: BLE001 - the run breaks off here and is repeated
                again = one.controller("a2").open()
                held = TargetLock(lambda again=again: again, ELSEWHERE)
                held.take()
            assert held.held, number
            with pytest.raises(Locked):
                lock(one, other()).take()


def test_of_two_at_once_one_wins(yard: Yard) -> None:
    owners = [dataclasses.replace(ELSEWHERE, run=f"run-{number}", host=f"awx-{number}") for number in range(2)]
    locks = [lock(yard, owner) for owner in owners]
    outcomes: dict[str, str] = {}

    def attempt(one: TargetLock) -> None:
        try:
            one.take()
            outcomes[one.owner.run] = "took it"
        except Locked:
            outcomes[one.owner.run] = "refused"

    actors = [yard.clock.spawn(one.owner.run, lambda one=one: attempt(one)) for one in locks]
    for actor in actors:
        yard.clock.wait_for(actor)
    assert sorted(outcomes.values()) == ["refused", "took it"]


@pytest.mark.parametrize("force", [False, True])
def test_of_two_that_find_the_same_stale_lock_the_second_does_not_break_that_of_the_first(
    yard: Yard, force: bool
) -> None:
    """The second one has looked at the old lock, and wants it away, when the first one has taken it over."""
    lock(yard, ELSEWHERE).take()
    yard.rest(PROMISE + SLACK + 10)
    first, second = lock(yard, other("run-1")), lock(yard, other("run-2"))
    remove = second._remove

    def late(root: str, holder: Owner | None) -> None:
        second._remove = remove  # type: ignore[method-assign]
        first.take()
        remove(root, holder)
        first.announce()

    second._remove = late  # type: ignore[method-assign]
    if force:
        second.take(force=True)
        with pytest.raises(LockLost):
            first.announce()
        return
    with pytest.raises(Locked, match="run run-1 on awx-8"):
        second.take()
    first.announce()
    first.release()
    assert yard.machine.files.list_dir("C:\\ProgramData\\sunset.ws2008") == []


def test_a_lock_that_was_moved_away_by_mistake_is_moved_back(yard: Yard) -> None:
    """Between the look and the move, in one command line, the owner changed after all."""
    first, second = lock(yard, other("run-1")), lock(yard, other("run-2"))
    first.take()
    run = second._run

    def blind(line: str) -> Any:
        """Nothing stands before the move."""
        _look, _and, rest = line.partition(" && ")
        return run(rest if "stale-" in rest else line)

    second._run = blind  # type: ignore[method-assign]
    second._remove("C:\\ProgramData\\sunset.ws2008", ELSEWHERE)
    first.announce()
    assert [entry.name for entry in yard.machine.files.list_dir("C:\\ProgramData\\sunset.ws2008")] == ["lock"]


def test_a_name_that_begins_like_another_is_not_that_one(yard: Yard) -> None:
    first, second = lock(yard, other("run-10")), lock(yard, other("run-1"))
    first.take()
    second._folder = first._folder
    with pytest.raises(LockLost):
        second.announce()


@pytest.mark.parametrize("days", [-400, 400])
def test_the_clocks_of_two_controllers_need_not_agree(yard: Yard, days: int) -> None:
    began = (NOW + dt.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    first, second = lock(yard, dataclasses.replace(ELSEWHERE, began=began)), lock(yard, other())
    first.take()
    with pytest.raises(Locked, match="Nothing was changed"):
        second.take()
    yard.rest(PROMISE + SLACK + 10)
    second.take()
    with pytest.raises(LockLost):
        first.announce()


def test_a_clock_that_was_set_back_does_not_make_the_dead_live_unsaid(yard: Yard) -> None:
    first, second = lock(yard, ELSEWHERE), lock(yard, other())
    first.take()
    yard.machine.set_time(-86400.0)
    with pytest.raises(Locked, match="clock was set back since, so nothing tells when it ended. Wait"):
        second.take()
    second.take(force=True)


def test_a_process_of_another_container_is_not_taken_for_dead() -> None:
    """A container may have the name and the kernel of its host, and sees other numbers of processes."""
    me = myself("x", "x", NOW)
    elsewhere = dataclasses.replace(me, boot=me.boot.partition(":")[0] + ":1", process=f"{os.getpid()}-1")
    assert ":" in me.boot and not dead(elsewhere)


def test_who_lives_is_known_by_more_than_a_number() -> None:
    me = myself("x", "x", NOW)
    assert not dead(me)
    assert dead(dataclasses.replace(me, process=f"{os.getpid()}-1")), "the number came again for another process"
    assert not dead(dataclasses.replace(me, host="elsewhere", process="1-1")), "nothing is known of another host"


def test_an_owner_reads_back_as_it_was_written() -> None:
    assert Owner.of("\r\n".join(ELSEWHERE.lines())) == ELSEWHERE
    assert Owner.of("run x") is None


@pytest.mark.parametrize("run", ["", "a&b", "a b\n", "%x%", '"'])
def test_an_owner_that_no_command_line_can_carry_is_refused(run: str) -> None:
    with pytest.raises(ValueError, match="cannot have the run"):
        dataclasses.replace(ELSEWHERE, run=run)
