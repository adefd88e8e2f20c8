# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Virtual time for several who act at once (private to this collection).

On a `VirtualClock` a job is over before the call that started it returns. Here everybody who sleeps gives way to
whoever is next in machine time: a job, a second controller, a restart. One runs at a time, and in the same order every
time, so that a test of two controllers is as repeatable as one of none.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from .clock import Appointment, never
from .process import Killed


class Actor:
    """Somebody who acts in machine time; `ended` turns true when there is nothing left to do."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ended = False
        self.cancelled: Callable[[], bool] = never
        self.turn = threading.Event()


class SteppedClock:
    """Time that moves when everybody sleeps. The thread that made the clock is the first actor."""

    virtual = False

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime.now(UTC).replace(microsecond=0)
        self._began = self._now
        self._queue: list[tuple[datetime, int, Appointment | Actor]] = []
        self._numbers = itertools.count()
        self._lock = threading.RLock()
        self._here = threading.local()
        self._here.actor = Actor("test")
        self._closed = False

    def now(self) -> datetime:
        return self._now

    def set(self, moment: datetime) -> None:
        """Begin at another moment."""
        self._began += moment - self._now
        self._now = moment

    def elapsed(self) -> float:
        return (self._now - self._began).total_seconds()

    def jump(self, seconds: float) -> None:
        step = timedelta(seconds=seconds)
        with self._lock:
            self._now, self._began = self._now + step, self._began + step
            self._queue = [(when + step, number, held) for when, number, held in self._queue]
            for _when, _number, held in self._queue:
                if isinstance(held, Appointment):
                    held.when += step

    def sleep(self, seconds: float, cancelled: Callable[[], bool] = never) -> None:
        if cancelled() or self._closed:
            raise Killed
        end = self._now + timedelta(seconds=max(0.0, seconds))
        actor: Actor | None = getattr(self._here, "actor", None)
        if actor is None:
            self._pass_for_a_helper(end)
        else:
            actor.cancelled = cancelled
            self._enter(end, actor)
            if not self._hand_on(actor):
                actor.turn.wait()
                actor.turn.clear()
        if cancelled() or self._closed:
            raise Killed

    def call_at(self, when: datetime, action: Callable[[], None]) -> Appointment:
        appointment = Appointment(when, action)
        self._enter(when, appointment)
        return appointment

    def spawn(self, name: str, action: Callable[[], None]) -> Actor:
        """Have somebody else act from now on, as soon as this one sleeps."""
        actor = Actor(name)

        def act() -> None:
            actor.turn.wait()
            actor.turn.clear()
            self._here.actor = actor
            try:
                if not self._closed:
                    action()
            finally:
                actor.ended = True
                if not self._closed:
                    self._hand_on(None)

        self._enter(self._now, actor)
        threading.Thread(target=act, name=name, daemon=True).start()
        return actor

    def wait_for(self, actor: Actor, step: float = 1.0) -> None:
        """Sleep until somebody has ended."""
        while not actor.ended:
            self.sleep(step)

    def close(self) -> None:
        """Call everything off; whoever sleeps is ended."""
        with self._lock:
            self._closed = True
            waiting = [held for _when, _number, held in self._queue if isinstance(held, Actor)]
            self._queue.clear()
        for actor in waiting:
            actor.turn.set()

    def _enter(self, when: datetime, held: Appointment | Actor) -> None:
        with self._lock:
            heapq.heappush(self._queue, (when, next(self._numbers), held))

    def _next(self) -> Appointment | Actor | None:
        """Take out whoever is next; one who was cancelled meanwhile goes before all, and at once."""
        with self._lock:
            for entry in sorted(self._queue):
                if isinstance(entry[2], Actor) and entry[2].cancelled():
                    self._queue.remove(entry)
                    heapq.heapify(self._queue)
                    return entry[2]
            if not self._queue:
                return None
            when, _number, held = heapq.heappop(self._queue)
            self._now = max(self._now, when)
            return held

    def _hand_on(self, actor: Actor | None) -> bool:
        """Let the next one act; true when that is `actor` itself."""
        while (held := self._next()) is not None:
            if isinstance(held, Appointment):
                if not held.cancelled:
                    held.action()
            elif held is actor:
                return True
            else:
                held.turn.set()
                return False
        return False

    def _pass_for_a_helper(self, end: datetime) -> None:
        """A command of a remote shell sleeps while its caller waits for it: nobody else can act meanwhile."""
        while True:
            with self._lock:
                due = [entry for entry in self._queue if entry[0] <= end and isinstance(entry[2], Appointment)]
                if not due:
                    break
                entry = min(due)
                self._queue.remove(entry)
                heapq.heapify(self._queue)
                self._now = max(self._now, entry[0])
            held = entry[2]
            if isinstance(held, Appointment) and not held.cancelled:
                held.action()
        self._now = max(self._now, end)
