# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A clock on which several act in turn: the order is that of machine time, and the same every time."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.process import Killed
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.stepped import SteppedClock

START = datetime(2026, 11, 20, 18, tzinfo=UTC)


@pytest.fixture
def clock():
    made = SteppedClock(START)
    yield made
    made.close()


def test_who_sleeps_gives_way_to_whoever_is_next(clock):
    seen = []

    def work(name, pause):
        for turn in range(3):
            seen.append((name, turn, clock.elapsed()))
            clock.sleep(pause)

    actors = [clock.spawn("slow", lambda: work("slow", 4)), clock.spawn("fast", lambda: work("fast", 3))]
    clock.call_at(START + timedelta(seconds=5), lambda: seen.append(("bell", 0, clock.elapsed())))
    for actor in actors:
        clock.wait_for(actor)
    assert seen == [
        ("slow", 0, 0.0),
        ("fast", 0, 0.0),
        ("fast", 1, 3.0),
        ("slow", 1, 4.0),
        ("bell", 0, 5.0),
        ("fast", 2, 6.0),
        ("slow", 2, 8.0),
    ]


def test_a_cancelled_sleeper_wakes_at_once_and_not_at_its_time(clock):
    down = []
    ended = []

    def work():
        try:
            clock.sleep(1000, lambda: bool(down))
        except Killed:
            ended.append(clock.elapsed())

    actor = clock.spawn("sleeper", work)
    clock.call_at(START + timedelta(seconds=10), lambda: down.append(True))
    clock.wait_for(actor)
    assert ended == [10.0]


def test_a_command_of_a_remote_shell_passes_time_for_its_caller(clock):
    rung = []
    clock.call_at(START + timedelta(seconds=2), lambda: rung.append(clock.elapsed()))
    helper = threading.Thread(target=clock.sleep, args=(5,))
    helper.start()
    helper.join(5)
    assert (clock.elapsed(), rung) == (5.0, [2.0])


def test_closing_ends_whoever_sleeps(clock):
    ended = threading.Event()

    def work():
        try:
            clock.sleep(1000)
        except Killed:
            ended.set()

    clock.spawn("sleeper", work)
    clock.sleep(1)
    clock.close()
    assert ended.wait(5)
    with pytest.raises(Killed):
        clock.sleep(1)


def test_a_job_runs_beside_whoever_started_it_and_dies_with_the_machine(clock):
    machine = Machine.pristine(clock=clock)
    line = 'cmd /c "ping -n 61 127.0.0.1 & echo done>C:\\done.txt"'
    program = machine.prepare([line], machine.accounts.system(), "C:\\Windows")
    program.start()
    assert not program.ended
    clock.sleep(30)
    machine.restart("power loss")
    assert clock.elapsed() == 30.0
    clock.sleep(1)
    assert program.ended
    machine.wait_until_up()
    clock.sleep(100)
    assert not machine.files.exists("C:\\done.txt")
