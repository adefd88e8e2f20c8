# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's time (private to this collection): real and hurried, or virtual and jumped over.

All durations are *machine* seconds. `RealClock` maps them to wall time by its speed factor and runs
appointments in background threads; `VirtualClock` runs them inside `sleep`, so that a test of an
hour takes no time and no thread.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from .process import Killed

_POLL = (
    0.02  # wall seconds between two looks at `cancelled`; short enough that a killed tool ends before a test notices
)


def never() -> bool:
    """Say that nobody cancelled."""
    return False


class Appointment:
    """Something that will happen at a moment of machine time unless it is called off."""

    __slots__ = ("action", "cancelled", "when")

    def __init__(self, when: datetime, action: Callable[[], None]) -> None:
        self.when = when
        self.action = action
        self.cancelled = False

    def cancel(self) -> None:
        """Call it off; harmless when it has happened already."""
        self.cancelled = True


def _moved(queue: list[tuple[datetime, int, Appointment]], step: timedelta) -> list[tuple[datetime, int, Appointment]]:
    for _when, _number, appointment in queue:
        appointment.when += step
    return [(when + step, number, appointment) for when, number, appointment in queue]


class Clock(Protocol):
    """What the machine needs of time."""

    virtual: bool

    def now(self) -> datetime:
        """Return machine time, aware, in UTC."""

    def sleep(self, seconds: float, cancelled: Callable[[], bool] = never) -> None:
        """Let machine time pass; raises `Killed` when `cancelled` turns true meanwhile."""

    def call_at(self, when: datetime, action: Callable[[], None]) -> Appointment:
        """Have `action` called once when machine time reaches `when`."""

    def set(self, moment: datetime) -> None:
        """Begin at another moment."""

    def elapsed(self) -> float:
        """Return the machine seconds since the clock began; somebody who sets the clock does not change them."""

    def jump(self, seconds: float) -> None:
        """Set the clock forward or, below zero, back; what was to happen in an hour still happens in an hour."""

    def spawn(self, name: str, action: Callable[[], None]) -> object:
        """Have `action` run in its own time: beside the caller, or within this call where time is virtual."""

    def close(self) -> None:
        """Call off everything that has not happened yet."""


class VirtualClock:
    """Time that stands still unless somebody sleeps; appointments happen inside `sleep`, in order."""

    virtual = True

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime.now(UTC).replace(microsecond=0)
        self._began = self._now
        self._queue: list[tuple[datetime, int, Appointment]] = []
        self._numbers = itertools.count()
        self._lock = threading.RLock()

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float, cancelled: Callable[[], bool] = never) -> None:
        if cancelled():
            raise Killed
        end = self._now + timedelta(seconds=max(0.0, seconds))
        while True:
            with self._lock:
                if not self._queue or self._queue[0][0] > end:
                    break
                when, _number, appointment = heapq.heappop(self._queue)
                self._now = max(self._now, when)
            if not appointment.cancelled:
                appointment.action()
            if cancelled():
                raise Killed
        self._now = max(self._now, end)
        if cancelled():
            raise Killed

    def call_at(self, when: datetime, action: Callable[[], None]) -> Appointment:
        appointment = Appointment(when, action)
        with self._lock:
            heapq.heappush(self._queue, (when, next(self._numbers), appointment))
        return appointment

    def set(self, moment: datetime) -> None:
        """Begin at another moment (a machine that goes on from a saved state)."""
        self._began += moment - self._now
        self._now = moment

    def elapsed(self) -> float:
        return (self._now - self._began).total_seconds()

    def jump(self, seconds: float) -> None:
        step = timedelta(seconds=seconds)
        with self._lock:
            self._now, self._began = self._now + step, self._began + step
            self._queue = _moved(self._queue, step)

    def spawn(self, name: str, action: Callable[[], None]) -> object:
        action()
        return None

    def close(self) -> None:
        with self._lock:
            self._queue.clear()


class RealClock:
    """Wall time times `speed`; one daemon thread, started on the first appointment, keeps them all."""

    virtual = False

    def __init__(self, speed: float = 1.0, start: datetime | None = None) -> None:
        if speed <= 0:
            raise ValueError(f"the speed of a twin's clock must be positive, not {speed}")
        self.speed = speed
        self._start = start or datetime.now(UTC)
        self._zero = time.monotonic()
        self._queue: list[tuple[datetime, int, Appointment]] = []
        self._numbers = itertools.count()
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def now(self) -> datetime:
        return self._start + timedelta(seconds=(time.monotonic() - self._zero) * self.speed)

    def sleep(self, seconds: float, cancelled: Callable[[], bool] = never) -> None:
        end = time.monotonic() + max(0.0, seconds) / self.speed
        while True:
            if cancelled() or self._closed:
                raise Killed
            left = end - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(_POLL, left))

    def call_at(self, when: datetime, action: Callable[[], None]) -> Appointment:
        appointment = Appointment(when, action)
        with self._condition:
            heapq.heappush(self._queue, (when, next(self._numbers), appointment))
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._keep, name="twin-clock", daemon=True)
                self._thread.start()
            self._condition.notify()
        return appointment

    def set(self, moment: datetime) -> None:
        """Begin at another moment (a machine that goes on from a saved state)."""
        self._start, self._zero = moment, time.monotonic()

    def elapsed(self) -> float:
        return (time.monotonic() - self._zero) * self.speed

    def jump(self, seconds: float) -> None:
        step = timedelta(seconds=seconds)
        with self._condition:
            self._start += step
            self._queue = _moved(self._queue, step)
            self._condition.notify()

    def spawn(self, name: str, action: Callable[[], None]) -> object:
        thread = threading.Thread(target=action, name=name, daemon=True)
        thread.start()
        return thread

    def close(self) -> None:
        with self._condition:
            self._closed = True
            self._queue.clear()
            self._condition.notify()

    def _keep(self) -> None:
        while True:
            with self._condition:
                while not self._closed and not self._queue:
                    self._condition.wait()
                if self._closed:
                    return
                when, _number, appointment = self._queue[0]
                left = (when - self.now()).total_seconds() / self.speed
                if left > 0 and not appointment.cancelled:
                    self._condition.wait(min(left, 1.0))
                    continue
                heapq.heappop(self._queue)
            if not appointment.cancelled:
                # its own thread: a task that runs for an hour must not hold up the next appointment
                threading.Thread(target=appointment.action, name="twin-appointment", daemon=True).start()
