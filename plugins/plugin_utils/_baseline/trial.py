# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A risky group is on trial until a new login has come in after it (private to this collection).

The machine itself holds the way back, and takes it when nobody confirms in time (`_change.confirm`). So a group that
cuts off the controller costs some minutes and not the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from .._change import confirm
from .._change.confirm import GRACE, Armed, Fate, TakenBack
from .._change.journal import Journal
from .._change.runs import is_above
from .._change.undo import undo_files
from .._change.values import Change
from .._console import whoami
from .._console.command import Reply
from .._console.text import ConsoleError
from .._host import readers
from .._target.session import Clock, LoginRefused, ProtocolFault, Session, TargetError, TimedOut, Unreachable, clock_of
from .plan import Step

_PAUSE = 15.0  # seconds between two tries to come in


class LockedOut(TargetError):
    """A fresh login after a risky group is not what it was."""


@dataclass
class Trial:
    """How risky groups of one run are tried. `minutes` 0 means that the machine does not take anything back itself.

    `fresh` drops the conversation and logs in again; `let_in` raises `LockedOut` for a login that lost its rights.
    """

    minutes: int
    fresh: Callable[[], Session]
    let_in: Callable[[Session], None]
    tell: Callable[[str], None]

    def begin(self, session: Session, step: Step, journal: Journal) -> Armed | None:
        """Set up the way back before the group is changed; raises `NotArmed`, and then nothing may be changed."""
        if not self.minutes or not confirm.can_count(session):
            return None
        created = _created(journal, step.changes)
        name = f"{journal.run}.{step.group.id}"
        files = undo_files(f"{journal.run} ({step.group.id})", step.changes, created, journal.codepage)
        at_restart = any(control.restart == "yes" for control in step.controls)
        return confirm.arm(session, name, files, self.minutes, at_restart)

    def begin_run(self, session: Session, journal: Journal) -> Armed | None:
        """Set up the way back of everything that a run is about to change, as `begin` does for a group."""
        if not self.minutes or not confirm.can_count(session):
            return None
        files = undo_files(journal.run, journal.changes(), journal.created_keys, journal.codepage)
        return confirm.arm(session, journal.run, files, self.minutes, bool(journal.restart))

    def end(self, session: Session, armed: Armed | None) -> Session:
        """Come in again and confirm; return the new session.

        Raises `TakenBack` when the machine took the change back meanwhile, `SettledByOthers`, and what went wrong when
        it did neither yet.
        """
        if armed is None:
            came = self.fresh()
            self.let_in(came)
            return came
        clock = clock_of(session)
        came, trouble = self._come_in(clock)
        try:
            confirm.insist(came, armed)
        except TakenBack as error:
            raise TakenBack(f"{error} (before that: {trouble})" if trouble else str(error)) from error
        return came

    def _come_in(self, clock: Clock) -> tuple[Session, str]:
        """Try until the machine has had the time to take the group back; return what the first failure said as well."""
        until, trouble = clock.now() + 60.0 * self.minutes + GRACE, ""
        while True:
            try:
                session = self.fresh()
                self.let_in(session)
                return session, trouble
            except (Unreachable, TimedOut, LoginRefused, ProtocolFault, LockedOut) as error:
                if not trouble:
                    trouble = str(error)
                    self.tell(
                        f"a new login does not come in ({trouble}); the machine takes the change back by itself within "
                        f"{self.minutes} minutes, waiting for that"
                    )
                if clock.now() > until:
                    raise
            clock.sleep(_PAUSE)


def still_let_in(session: Session) -> None:
    """Raise `LockedOut` for a login that lost its rights: it comes in and can put nothing back."""
    done = session.run(whoami.GROUPS)
    try:
        account = readers.account(Reply(done.rc, done.stdout))
    except ConsoleError as error:
        raise LockedOut(f"the fresh login could not say who it is: {error}") from error
    if not account["administrator"]:
        raise LockedOut("the fresh login has lost its administrator rights; take this back at the machine")


def settle_earlier(session: Session, tell: Callable[[str], None]) -> list[str]:
    """Settle what earlier runs left on trial, and return sentences about what the machine took back.

    What still counts is confirmed: this login is new, and came in. Whoever calls this holds the lock of the machine.
    """
    sentences = []
    for armed, fate in confirm.left_behind(session):
        if fate is Fate.ARMED:
            fate = confirm.confirm(session, armed)
            if fate is Fate.CONFIRMED:
                tell(f"{armed.name} of an earlier run waited for its confirmation, and has it now")
        if fate is Fate.RESTORING:
            fate = confirm.wait_for_fate(session, armed, GRACE)
        confirm.clear(session, armed)
        if fate is Fate.CONFIRMED:
            continue
        sentences.append(f"{armed.name} of an earlier run was {fate.value}")
    return sentences


def _created(journal: Journal, changes: Sequence[Change]) -> Iterable[str]:
    """Of the keys that the run creates, only those above a change of this group may go with it."""
    return [key for key in journal.created_keys if any(is_above(key, change) for change in changes)]
