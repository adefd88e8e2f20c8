# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings that only a tool of their own can change: set, seen, set again without a change, and put back exactly."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.enforce import Outcome
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.findings import Status
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.reread import look
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import journal as journals
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.rollback import Fate, roll_back
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.values import shown

from .test_mechanisms import LANGUAGES, enforce, finding

Twins = Callable[..., Any]
ROOMS = ("registry", "policy", "accounts", "knobs")


def state(session: Any) -> dict[str, Any]:
    """Return what a control may be about, by the twin's own model."""
    whole = json.loads(json.dumps(session.machine.to_state(), default=str))
    whole["knobs"].pop("nx_running", None)  # what a start took from the boot store, as long as it runs
    return {name: whole[name] for name in ROOMS}


def by_script(session: Any, outcome: Outcome) -> None:
    """Take a run back as a person at the machine does, and as the task of a trial does."""
    assert outcome.kept is not None
    done = session.run(f'"{outcome.kept.target}\\undo.cmd"')
    assert done.rc == 0, done.stdout + done.stderr


def by_module(session: Any, outcome: Outcome) -> None:
    """Take a run back with the rollback module's own hands."""
    assert outcome.kept is not None
    verdicts = roll_back(session, journals.load(outcome.kept.controller), outcome.kept, look)
    assert {one.fate for one in verdicts} == {Fate.RESTORE}


WAYS_BACK = pytest.mark.parametrize("back", [by_script, by_module], ids=["script", "module"])
EVERYWHERE = pytest.mark.parametrize("locale", LANGUAGES)


def there_and_back(session: Any, control: str, folder: Path, back: Callable[..., None], **options: Any) -> Outcome:
    """Enforce one control that fails, look again, enforce again, and take it back."""
    start = state(session)
    assert finding(session, control, **options).status is Status.FAIL
    outcome = enforce(session, control, folder, **options)
    assert (outcome.failures, outcome.held) == ([], [])
    assert [group.fixed for group in outcome.groups] == [[control]]
    hardened = state(session)
    assert hardened != start
    again = enforce(session, control, folder, **options)
    assert (again.changes, again.kept) == ([], None)
    back(session, outcome)
    assert state(session) == start
    back_again = enforce(session, control, folder, **options)
    assert state(session) == hardened, "what was put back can be set again"
    by_script(session, back_again)
    by_script(session, back_again)
    assert state(session) == start, "the way back may be gone twice"
    return outcome


# -- the boot option nx -------------------------------------------------------------------------------------------


@EVERYWHERE
@WAYS_BACK
@pytest.mark.parametrize("before", ["OptIn", "AlwaysOff"])
def test_memory_protection_is_set_for_the_next_start(
    twin: Twins, tmp_path: Path, locale: str, back: Callable[..., None], before: str
) -> None:
    session = twin(locale=locale)
    session.run(f"bcdedit /set {{current}} nx {before}")
    session.machine.restart()
    session.machine.clock.sleep(600)
    outcome = there_and_back(session, "sm-dep-optout", tmp_path, back)
    (change,) = outcome.changes
    assert (shown(change.before), shown(change.after)) == (before, "OptOut")
    assert outcome.restart == ["sm-dep-optout"]


def test_memory_protection_passes_from_the_order_on_and_says_what_is_in_force_until_the_restart(
    twin: Twins, tmp_path: Path
) -> None:
    session = twin()
    session.run("bcdedit /set {current} nx OptIn")
    session.machine.restart()
    session.machine.clock.sleep(600)
    enforce(session, "sm-dep-optout", tmp_path)
    found = finding(session, "sm-dep-optout")
    assert found.status is Status.PASS
    assert found.observed == "nx OptOut from the next start on, OptIn until then"
    session.machine.restart()
    session.machine.clock.sleep(600)
    assert finding(session, "sm-dep-optout").observed == "nx OptOut"


def test_an_entry_that_says_nothing_has_the_loaders_default(twin: Twins) -> None:
    session = twin()
    assert session.run("bcdedit /deletevalue {current} nx").rc == 0
    assert session.run("bcdedit /deletevalue {current} nx").rc == 1
    found = finding(session, "sm-dep-optout")
    assert (found.status, found.observed) == (Status.PASS, "nx OptOut")
    assert "the boot entry says nothing" in found.evidence[0]


# -- NetBIOS over TCP/IP ------------------------------------------------------------------------------------------


@EVERYWHERE
@WAYS_BACK
@pytest.mark.parametrize("before", [0, 1])
def test_netbios_is_switched_off_adapter_by_adapter(
    twin: Twins, tmp_path: Path, locale: str, back: Callable[..., None], before: int
) -> None:
    session = twin(locale=locale)
    session.run(f'wmic path Win32_NetworkAdapterConfiguration where "IPEnabled=TRUE" call SetTcpipNetbios {before}')
    outcome = there_and_back(session, "nr-netbios-off", tmp_path, back)
    assert [(shown(one.before), shown(one.after)) for one in outcome.changes] == [(str(before), "2")]
