# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Putting the questions to a live target with few round trips (private to this collection)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._console import wmic
from .._console.command import Question, Reply, batches, conversation
from .._console.text import ConsoleError, content
from .._target.session import LoginRefused, ProtocolFault, Session, TargetError, TimedOut, Unreachable
from . import probes
from .typed import Row

_NO_SUCH_CLASS = frozenset({0x80041010, 0x80041002, -2147217392, -2147217406})
"""WBEM_E_INVALID_CLASS and WBEM_E_NOT_FOUND: WMI works, the class is not there, and wmic would say the same."""

_MANY_UPDATES = 120
_WMIC_SECONDS = 300.0
"""How wmic behaves under WinRS on NT 6.0 is not proven; it must not cost more than its own answer."""


class Interview:
    """A conversation that remembers: the cmd.exe questions go out together when the first of them is wanted.

    WMI goes over WS-Man; when that does not work the same questions go to wmic, all in one batch where the very
    first one failed (facts: transport.md marks WMI over WS-Man on a stock host as unproven). Once the target is
    lost, every further question fails at once with the same sentence.
    """

    def __init__(
        self,
        session: Session,
        registry_keys: Sequence[str],
        stack: str | None = None,
        more: Sequence[probes.LinesProbe | probes.RowsProbe] = (),
    ) -> None:
        self._session = session
        self._small_pages = stack is not None and stack.startswith("1.")
        lines = [one for one in more if isinstance(one, probes.LinesProbe)]
        self._rows = (*probes.ROWS, *(one for one in more if isinstance(one, probes.RowsProbe)))
        self._questions = probes.line_questions(registry_keys, more=lines)
        self._replies: dict[str, Reply] | None = None
        self._failures: dict[str, TargetError] = {}
        self._lost: TargetError | None = None
        self._wmi_works: bool | None = None
        self._wmic: dict[str, Reply] = {}

    def rows(self, probe: probes.RowsProbe, place: probes.Place) -> list[Row]:
        """Return the rows of a WMI question, by WS-Man or by wmic."""
        self._raise_if_lost()
        if probe.id == "hotfixes" and self._wmi_works and self._long_list():
            try:
                return self._ask_wmic(probe, place, TargetError("one command is cheaper than many pages"))
            except (ConsoleError, TargetError):
                self._raise_if_lost()
        if self._wmi_works is not False:
            try:
                answered = self._session.query(probe.wql(place))
                self._wmi_works = True
                return list(answered)
            except (ProtocolFault, TimedOut) as error:
                if isinstance(error, ProtocolFault) and error.code in _NO_SUCH_CLASS:
                    self._wmi_works = True
                    raise
                fault: TargetError = error
            except (Unreachable, LoginRefused) as error:
                self._lost = error
                raise
            if self._wmi_works:
                return self._ask_wmic(probe, place, fault)
            self._wmi_works = False
            self._wmic = self._run([Question(each.id, each.line(place)) for each in self._rows], _WMIC_SECONDS)
        reply = self._wmic.get(probe.id)
        if reply is None:
            raise self._failures.get(probe.id) or ConsoleError(f"wmic did not answer about {probe.class_name}")
        return rows_of(reply, probe.class_name)

    def add(self, questions: Sequence[Question]) -> None:
        """Put questions to cmd.exe besides; they go out with the others, so before the first reply was wanted."""
        self._questions = [*(one for one in self._questions if not one.raw), *questions] + [
            one for one in self._questions if one.raw
        ]

    def reply(self, question: Question) -> Reply:
        """Return the reply to a cmd.exe question; the first call asks them all."""
        if self._replies is None:
            self._raise_if_lost()
            self._replies = self._run(self._questions)
        found = self._replies.get(question.key)
        if found is not None:
            return found
        raise self._failures.get(question.key) or ConsoleError(
            f"the target broke off before it answered: {question.line[:160]}"
        )

    def partial(self) -> dict[str, Any]:
        """A live target answers whole or not at all."""
        return {}

    def _ask_wmic(self, probe: probes.RowsProbe, place: probes.Place, fault: TargetError) -> list[Row]:
        reply = self._run([Question(probe.id, probe.line(place))], _WMIC_SECONDS).get(probe.id)
        if reply is None:
            raise self._failures.get(probe.id) or fault
        try:
            return rows_of(reply, probe.class_name)
        except ConsoleError as error:
            raise ConsoleError(f"{fault}; wmic did not help either: {error}") from None

    def _run(self, questions: Sequence[Question], timeout: float | None = None) -> dict[str, Reply]:
        """Ask in one conversation; what that left open, and what a few questions need, goes in lines of its own.

        That a program of NT 6.0 reads its standard input under WinRS is not proven (facts: transport.md 10).
        """
        replies = self._converse(questions, timeout) if len(batches(questions)) > 1 else {}
        for batch in batches([question for question in questions if question.key not in replies]):
            try:
                self._raise_if_lost()
                result = self._session.run(batch.line, timeout=timeout)
            except TargetError as error:
                if isinstance(error, (Unreachable, LoginRefused)):
                    self._lost = error
                self._failures.update(dict.fromkeys(batch.keys, error))
                continue
            answered = batch.replies(result.rc, result.stdout)
            replies.update(answered)
            if not answered:
                said = " ".join((result.stderr or result.stdout).split())[:200] or "nothing"
                failure = TargetError(f"cmd.exe on the target did not run the questions, it said: {said}")
                self._failures.update(dict.fromkeys(batch.keys, failure))
        return replies

    def _converse(self, questions: Sequence[Question], timeout: float | None) -> dict[str, Reply]:
        """Return what one cmd.exe answered that reads all questions from standard input; nothing where it does not."""
        try:
            talk = conversation(questions)
            self._raise_if_lost()
            result = self._session.run(talk.line, stdin=talk.stdin, timeout=timeout)
        except (Unreachable, LoginRefused) as error:
            self._lost = error
            return {}
        except (ConsoleError, TargetError):
            return {}
        return talk.replies(result.stdout)

    def _long_list(self) -> bool:
        """Tell whether the list of updates would fill so many pages of 20 that one wmic command is cheaper.

        A 2008 that was patched one update at a time lists 300 of them: 15 pages, of 40 requests that are allowed.
        """
        if not self._small_pages:
            return False
        try:
            packages = self.reply(probes.PACKAGES)
        except (ConsoleError, TargetError):
            self._raise_if_lost()
            return False
        return packages.text.count("Package_for_KB") > _MANY_UPDATES

    def _raise_if_lost(self) -> None:
        if self._lost is not None:
            raise self._lost


def rows_of(reply: Reply, class_name: str) -> list[Row]:
    """Read a wmic reply. No row is one translated sentence with exit code 0 ("No Instance(s) Available.")."""
    if reply.rc != 0:
        said = " ".join(reply.text.split())[:200] or "nothing"
        raise ConsoleError(f"wmic ended with {reply.rc} for {class_name} and said: {said}")
    lines = content(reply.text)
    if len(lines) <= 1 and not any("=" in line for line in lines):
        return []
    return list(wmic.parse_values(reply.text))
