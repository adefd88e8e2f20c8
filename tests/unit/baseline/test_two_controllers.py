# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two controllers whose clocks are far apart change one machine in turn: its history is in the order of the events."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.enforce import Enforcement
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.reread import look, read_registry
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import select
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.surroundings import Surroundings
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.trial import Trial
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import journal as journals
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import ledger
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.back import ALL, LAST, Back, Outcome, plan
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.rollback import Asked
from support.baseline_cases import machine

KEY = "HKLM\\SOFTWARE\\Vendor"
NOW = dt.datetime(2026, 11, 20, 18, tzinfo=dt.UTC)
YEAR = dt.timedelta(days=365)


class Controller:
    """A control node with a clock and a journal of its own."""

    def __init__(self, session: Any, folder: Path, ahead: dt.timedelta) -> None:
        self.session, self.folder, self.now = session, folder, NOW + ahead
        self.folder.mkdir()

    def set(self, value: int) -> str:
        """Enforce a control of a site that wants this value; return the name of the run."""
        mechanism = {"kind": "registry", "key": KEY, "name": "Mode", "type": "REG_DWORD", "operator": "eq",
                     "value": value}  # fmt: skip
        control = {
            "id": "own-mode", "title": "A mode", "why": "A rehearsal.", "area": "winrm", "level": "baseline",
            "roles": ["standalone", "member", "dc"], "group": "winrm", "mechanism": mechanism, "default": "Off.",
            "restart": "no", "breaks": "Nothing.", "look_first": "Twice.", "lockout": {"risk": "none"},
            "references": ["a rehearsal"], "confidence": "high",
        }  # fmt: skip
        file = self.folder / "own.yml"
        file.write_text(yaml.safe_dump({"controls": [control]}), encoding="utf-8")
        selection = select(ids=["own-mode"], baseline_file=str(file))
        around = Surroundings(transport="ntlm", scheme="http", port=80)
        run = Enforcement(
            self.session, selection, around, self.folder, "cerberus", self.now, fresh=lambda: self.session
        )
        outcome = run.run(machine(registry={KEY: read_registry(self.session, [KEY])[KEY]}))
        assert outcome.failures == [] and outcome.kept is not None
        return outcome.kept.controller.name

    def back(self, run: str) -> Outcome:
        trial = Trial(0, lambda: self.session, lambda _session: None, lambda _text: None)

        def planned() -> Outcome:
            return plan(self.session, ledger.read(self.session, self.folder, "cerberus"), run, Asked(), look)

        def now() -> dt.datetime:
            return self.now

        work = Back(self.session, self.folder, "cerberus", look, read_registry, trial, planned, now=now)
        return work.run(planned())


@pytest.mark.parametrize("first_ahead", [YEAR, -YEAR, dt.timedelta(0)], ids=["ahead", "behind", "alike"])
def test_the_last_run_is_the_one_that_came_last(
    first_ahead: dt.timedelta, twin: Callable[..., Any], tmp_path: Path
) -> None:
    session = twin()
    registry = session.machine.registry
    registry.set(KEY, "Mode", "REG_DWORD", 7)
    one = Controller(session, tmp_path / "one", first_ahead)
    two = Controller(session, tmp_path / "two", dt.timedelta(0))
    names = [one.set(1), two.set(2), one.set(3), two.set(4)]
    assert names == sorted(names) and len(set(names)) == 4
    assert [run.name for run in ledger.read(session, one.folder, "cerberus").history] == names
    outcome = one.back(LAST)
    assert [part.run.name for part in outcome.parts] == names[-1:] and outcome.refused() == []
    assert registry.data(KEY, "Mode") == 3
    assert two.back(ALL).refused() == []
    assert registry.data(KEY, "Mode") == 7, "nobody's value was lost, whatever the clocks say"


@pytest.mark.parametrize(
    ("known", "name"),
    [
        ([], "20261120T180000Z-one"),
        (["20261120T175959Z-0000"], "20261120T180000Z-one"),
        (["20261120T180000Z-0000"], "20261120T180001Z-one"),
        (["20271120T235959Z-0000", "20261121T180000Z-0000"], "20271121T000000Z-one"),
        (["notes of mine", "99999999T999999Z-0000", "20261120T180000Z"], "20261120T180000Z-one"),
    ],
)
def test_a_run_is_named_after_those_that_are_known(known: list[str], name: str) -> None:
    assert journals.later("20261120T180000Z-one", known) == name
