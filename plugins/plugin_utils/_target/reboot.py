# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Restart a target and be sure that it did: LastBootUpTime before and after (private to this collection).

An open port proves nothing: WinRM answers until late in a shutdown, and NT 6.0 may spend a quarter of an hour with
"configuring updates", before it goes down and after it comes up, and then restart once more by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from .session import Clock, LoginRefused, ProtocolFault, Session, TargetError, TimedOut, Unreachable, clock_of, forget

# LastBootUpTime is computed from the uptime, so that two looks at the same boot may differ by a second.
JITTER = timedelta(seconds=2)
MAX_PAUSE = 10.0
STILL_EVERY = 60.0
# A machine that starts refuses logins until its own or its domain's authority is up; asking seldom keeps it calm.
REFUSED_PAUSE = 30.0
# An order that nobody answered may never have arrived: a machine that runs on this long is told once more.
UNHEARD = 60.0
# shutdown.exe: a shutdown is in progress; one has been scheduled already. Either is what we want.
_UNDER_WAY = (1115, 1190)
_DENIED = 5
_UPTIME = "select LastBootUpTime from Win32_OperatingSystem"
_DMTF = re.compile(r"^(\d{14})\.(\d{6})([+-]\d{3})$")

Progress = Callable[[str], None]
Ready = Callable[[Session], "str | None"]


class RestartFailed(TargetError):
    """The target did not restart, or did not come back, in the time it was given."""


@dataclass(frozen=True)
class RestartResult:
    """What was seen. Times are UTC; `restarts` counts boots, of which the target may add one by itself."""

    before: datetime
    after: datetime
    seconds: float
    restarts: int

    def to_json(self) -> dict[str, object]:
        """Return plain values for a task's result."""
        return {
            "boot_before": f"{self.before:%Y-%m-%dT%H:%M:%SZ}",
            "boot_after": f"{self.after:%Y-%m-%dT%H:%M:%SZ}",
            "elapsed": round(self.seconds, 1),
            "restarts": self.restarts,
        }


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds: for everything, and for the machine to stay as it is before it is called up."""

    timeout: float = 3600.0
    settle: float = 10.0


def restart(
    open_session: Callable[[], Session],
    progress: Progress,
    reason: str = "",
    patience: Patience = Patience(),
    ready: Ready | None = None,
) -> RestartResult:
    """Restart a target and return when it is up again and stays up.

    `open_session` returns a new session each time. `ready` is asked of a machine that is up, and says why it cannot be
    used yet, or None. Raises `RestartFailed` for a target that refuses or does not come back.
    """
    session = open_session()
    began = clock_of(session).now()
    before = boot_time(session)
    progress(f"restarting (up since {before:%Y-%m-%d %H:%M:%S} UTC)")
    heard = order(session, reason)
    forget(session)
    clock = clock_of(session)
    asked = None if heard else clock.now()
    watch = _Watch(open_session, progress, before, began + patience.timeout, patience, clock, reason, asked)
    after, boots = watch.until_up(ready)
    seconds = watch.clock.now() - began
    progress(f"up again after {seconds:.0f} s")
    return RestartResult(before, after, seconds, boots)


def order(session: Session, reason: str = "") -> bool:
    """Tell a target to restart, and return whether it is known to have heard; raises `RestartFailed` when it refuses.

    shutdown.exe first; over WMI the same takes a privilege that a network logon holds but may not have switched on.
    """
    comment = re.sub(r'["%^&|<>\r\n]', " ", reason)[:120]
    line = "shutdown /r /f /t 2 /d p:2:17" + (f' /c "{comment}"' if comment.strip() else "")
    try:
        result = session.run(line, timeout=120)
    except ProtocolFault as fault:
        return _order_by_wmi(session, str(fault))
    except (Unreachable, TimedOut):
        return False  # it may be going down already; the boot time will tell
    if result.rc == 0 or result.rc in _UNDER_WAY:
        return True
    said = " ".join(f"{result.stdout} {result.stderr}".split())
    if result.rc == _DENIED:
        raise RestartFailed(
            f"the target refuses to restart: {said or 'access denied'}; the account needs the right to shut it down "
            "(SeRemoteShutdownPrivilege), which administrators have"
        )
    return _order_by_wmi(session, f"shutdown ended with exit code {result.rc}: {said or 'no text'}")


def _order_by_wmi(session: Session, why: str) -> bool:
    try:
        answer = session.invoke("Win32_OperatingSystem", "Win32Shutdown", {"Flags": 6, "Reserved": 0})
    except (Unreachable, TimedOut):
        return False
    except ProtocolFault as fault:
        raise RestartFailed(
            f"the target could not be told to restart, neither by command ({why}) nor by WMI ({fault})"
        ) from fault
    if answer.get("ReturnValue") != "0":
        raise RestartFailed(
            f"the target could not be told to restart: {why}; WMI's Win32Shutdown returned {answer.get('ReturnValue')}"
        )
    return True


def boot_time(session: Session) -> datetime:
    """Return when the target was started, in UTC."""
    rows = session.query(_UPTIME)
    text = rows[0].get("LastBootUpTime") if rows else None
    if not isinstance(text, str):
        raise RestartFailed("the target does not say when it was started (Win32_OperatingSystem.LastBootUpTime)")
    return moment(text)


def moment(text: str) -> datetime:
    """Return a WMI time in UTC, written as in WS-Man (ISO 8601) or as in WMI (``20261120180000.000000+060``)."""
    dmtf = _DMTF.match(text)
    if dmtf:
        local = datetime.strptime(dmtf[1], "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc)  # noqa: UP017 - as everywhere
        return local - timedelta(minutes=int(dmtf[3]))
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise RestartFailed(f"the target gives {text!r} as the time of its start, which is no time") from error
    return found.astimezone(timezone.utc) if found.tzinfo else found.replace(tzinfo=timezone.utc)  # noqa: UP017


@dataclass
class _Watch:
    """Waits for a boot after `before`, through everything that a machine does in between."""

    open_session: Callable[[], Session]
    progress: Progress
    before: datetime
    deadline: float
    patience: Patience
    clock: Clock
    reason: str
    unheard: float | None  # when an order was given that nobody answered
    state: str = "shutting down"
    said: float = field(default=0.0)

    def until_up(self, ready: Ready | None) -> tuple[datetime, int]:
        """Return the new boot time and how many boots were seen, once nothing has changed for the settling time."""
        last, boots, since, attempt = self.before, 0, 0.0, 0
        while True:
            found, pause = self._look(ready, last)
            if found is not None and found - last > JITTER:
                last, boots, since = found, boots + 1, self.clock.now()
            elif found is None:
                since = 0.0
            elif boots and since == 0.0:
                since = self.clock.now()
            if boots and since and self.clock.now() - since >= self.patience.settle:
                return last, boots
            attempt += 1
            self._pause(min(pause or min(float(attempt), MAX_PAUSE), self._settling(since)))

    def _settling(self, since: float) -> float:
        return max(0.2, self.patience.settle - (self.clock.now() - since)) if since else MAX_PAUSE * 6

    def _look(self, ready: Ready | None, last: datetime) -> tuple[datetime | None, float]:
        """Return the boot time of a machine that can be used, or None, and how long to wait if not the usual."""
        try:
            session = self.open_session()
            self.clock = clock_of(session)
            try:
                found = boot_time(session)
                self._order_again(session, found)
                unready = ready(session) if ready and found - self.before > JITTER else None
            finally:
                session.close()
        except LoginRefused:
            self._say("the target answers and refuses logins: it is starting")
            return None, REFUSED_PAUSE
        except Unreachable:
            self._say("the target is down, or configuring updates")
            return None, 0.0
        except TargetError:
            # WMI and the registry answer with all kinds of faults while a machine starts or stops.
            self._say("the target answers, its services do not yet")
            return None, 0.0
        if unready:
            self._say(unready)
            return None, 0.0
        self._say("shutting down" if found - self.before <= JITTER else "the target is up, waiting whether it stays so")
        return found, 0.0

    def _order_again(self, session: Session, found: datetime) -> None:
        """A second order does no harm: a machine that is going down says so, and goes on."""
        now = self.clock.now()
        if self.unheard is None or found - self.before > JITTER or now - self.unheard < UNHEARD:
            return
        self.progress("the order to restart seems not to have arrived; giving it again")
        self.unheard = now
        if order(session, self.reason):
            self.unheard = None

    def _say(self, state: str) -> None:
        """Show a line when something changed, and once a minute that it did not."""
        if state != self.state or self.clock.now() - self.said >= STILL_EVERY:
            self.state, self.said = state, self.clock.now()
            self.progress(state)

    def _pause(self, seconds: float) -> None:
        left = self.deadline - self.clock.now()
        if left <= 0:
            raise RestartFailed(self._too_late())
        self.clock.sleep(min(seconds, left))

    def _too_late(self) -> str:
        limit = f"{self.patience.timeout:g} seconds"
        if self.state == "shutting down":
            return (
                f"the target still runs since {self.before:%Y-%m-%d %H:%M:%S} UTC, {limit} after it was told "
                "to restart: something holds the shutdown up (updates, a hanging service); see its console"
            )
        return (
            f"the target did not come back within {limit}; last seen: {self.state}. Look at its console: "
            "it may still be configuring updates; the next run goes on from there"
        )
