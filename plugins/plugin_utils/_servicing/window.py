# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The maintenance window (private to this collection): a step that cannot be finished within it is not begun.

How long a step takes is an estimate of this collection's authors for a slow machine; no published figure was found.
Whoever knows better says so by kind. A package counts together with the restart that it leads to, because a machine
that waits for a restart when the window closes is worse off than one without the package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .errors import ServicingError
from .records import Kind, nearest
from .steps import InstallStep, Step

RESTART = "restart"
# Minutes; own estimates. A restart includes "configuring updates" before it and after it.
ESTIMATES: Mapping[str, int] = {
    Kind.SERVICE_PACK.value: 90,
    Kind.SERVICING_STACK.value: 10,
    Kind.SHA2.value: 15,
    Kind.ESU_PREPARATION.value: 10,
    Kind.UPDATE.value: 15,
    Kind.SECURITY_ONLY.value: 30,
    Kind.MONTHLY_ROLLUP.value: 45,
    RESTART: 20,
}
_OTHER = 30  # of a kind that the table above does not know


@dataclass(frozen=True)
class Window:
    """When the run must be over: `ends` in UTC, None for never. `minutes` are the estimates by kind."""

    ends: datetime | None = None
    minutes: Mapping[str, int] = field(default_factory=lambda: dict(ESTIMATES))

    def deadline(self, today: datetime, now: float) -> float | None:
        """Return the end in the seconds of a clock that shows `now` at the moment `today`."""
        return None if self.ends is None else now + (self.ends - today).total_seconds()

    def seconds(self, step: Step, with_restart: bool) -> float:
        """Return how long a step may take."""
        restart = self.minutes.get(RESTART, _OTHER)
        if not isinstance(step, InstallStep):
            return 60.0 * restart
        own = self.minutes.get(step.package.kind.value, _OTHER)
        return 60.0 * (own + (restart if with_restart else 0))


NO_WINDOW = Window()


def window_of(end: str | None, minutes: int | None, estimates: Mapping[str, object], now: datetime) -> Window:
    """Read the options of a window; raises `ServicingError` for an end without a zone, or an unknown kind.

    `end` is a moment in ISO 8601 with its offset, `minutes` count from `now`; the earlier one closes the window.
    """
    ends = [] if minutes is None else [datetime.fromtimestamp(now.timestamp() + 60 * minutes, UTC)]
    if end:
        ends.append(_moment(end))
    return Window(min(ends, default=None), {**ESTIMATES, **_checked(estimates)})


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip().replace("Z", "+00:00").replace("z", "+00:00"))
    except ValueError:
        raise ServicingError(
            f"{text!r} is no moment at which a window could end; write it as 2026-11-21T04:00:00+01:00"
        ) from None
    if found.tzinfo is None:
        raise ServicingError(
            f"the end of the window, {text!r}, has no time zone, and controller and machine may be in different ones; "
            "write it as 2026-11-21T04:00:00+01:00, or with Z for UTC"
        )
    return found.astimezone(UTC)


def _checked(estimates: Mapping[str, object]) -> dict[str, int]:
    checked: dict[str, int] = {}
    for kind, value in estimates.items():
        if kind not in ESTIMATES:
            raise ServicingError(f"there is no estimate for {kind!r}; {nearest(str(kind), ESTIMATES)}")
        try:
            checked[kind] = int(str(value))
        except ValueError:
            raise ServicingError(f"the estimate for {kind} is a number of minutes, not {value!r}") from None
        if checked[kind] < 0:
            raise ServicingError(f"the estimate for {kind} is a number of minutes, not {value!r}")
    return checked
