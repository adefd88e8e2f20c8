# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lines of the security policy that are names: every language has its own for the accounts that Windows comes with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.enforce import Enforcement
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.evaluate import evaluate, required
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.findings import Finding, Status
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.reread import look
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import select
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.surroundings import Surroundings
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import journal as journals
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.rollback import roll_back
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.snapshot import take
from support.baseline_cases import machine as patched

NOW = dt.datetime(2026, 11, 20, 18, tzinfo=dt.UTC)
GUEST = {"en-US": "Guest", "de-DE": "Gast", "ru-RU": "Гость"}


def named(name: str, language: int) -> Finding:
    security = {"System Access": {"NewGuestName": {"type": "TEXT", "data": name}}}
    snapshot = patched(os={"language": language}, security=security)
    (found,) = evaluate(snapshot, select(ids=["acct-guest-renamed"]), NOW.date())
    return found


@pytest.mark.parametrize(
    ("name", "language", "status"),
    [
        ("Guest", 1033, Status.FAIL),
        ("GAST", 1031, Status.FAIL),
        ("Гость", 1049, Status.FAIL),
        ("Invité", 3084, Status.FAIL),
        ("Guest", 1031, Status.FAIL),
        ("visitor", 1049, Status.PASS),
        ("visitor", 2057, Status.PASS),
        ("Gość", 1045, Status.NOTCHECKED),
        ("Guest", 1045, Status.FAIL),
    ],
)
def test_no_language_makes_the_delivered_name_a_new_one(name: str, language: int, status: Status) -> None:
    found = named(name, language)
    assert found.status is status
    assert status is not Status.NOTCHECKED or "compare NewGuestName with it by hand" in " ".join(found.evidence)


@pytest.mark.parametrize("locale", GUEST)
def test_the_guest_gets_the_name_that_the_site_chose_and_goes_back(
    twin: Callable[..., Any], tmp_path: Path, locale: str
) -> None:
    session = twin(locale=locale)
    selection = select(ids=["acct-guest-renamed"], site_values={"acct-guest-renamed": "nobody-home"})
    around = Surroundings(transport="ntlm", scheme="http", port=80)

    def enforce() -> Any:
        reads = required(selection.every())
        run = Enforcement(session, selection, around, tmp_path, "cerberus", NOW, fresh=lambda: session)
        return run.run(take(session, reads.keys, reads.questions()))

    outcome = enforce()
    assert (outcome.failures, outcome.held) == ([], [])
    assert [one.before.data for one in outcome.changes if one.before] == [GUEST[locale]]
    assert {user.rid: name for name, user in names(session).items()}[501] == "nobody-home"
    assert enforce().changes == []
    roll_back(session, journals.load(outcome.kept.controller), outcome.kept, look)
    assert {user.rid: name for name, user in names(session).items()}[501] == GUEST[locale]


def names(session: Any) -> dict[str, Any]:
    return {user.name: user for user in session.machine.accounts.users.values()}
