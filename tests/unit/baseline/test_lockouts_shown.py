# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each act that locks out does so on the twin; a guard holds it, and on trial the machine takes it back by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline import lockouts
from support.lockout_acts import BY_HAND, ByHand
from support.lockouts import ACTS, Act, is_held, is_not_ours, is_taken_back, locks_out

# Where a login still comes in, a trial changes nothing, and the way back is a rollback like any other.
ON_TRIAL = [pytest.param(act, id=act.id, marks=[pytest.mark.long] if act.confirmed else []) for act in ACTS]
EACH = pytest.mark.parametrize("act", ACTS, ids=lambda act: act.id)


@EACH
def test_it_locks_out_with_everything_switched_off(act: Act, tmp_path: Path) -> None:
    assert locks_out(act, tmp_path) == []


@EACH
def test_its_guard_holds_it(act: Act, tmp_path: Path) -> None:
    assert is_held(act, tmp_path) == []


@pytest.mark.parametrize("act", ON_TRIAL)
def test_on_trial_the_machine_takes_it_back(act: Act, tmp_path: Path) -> None:
    assert is_taken_back(act, tmp_path) == []


@pytest.mark.parametrize("act", BY_HAND, ids=lambda act: act.id)
def test_what_only_a_hand_can_do_breaks_something_and_ours_does_not(act: ByHand, tmp_path: Path) -> None:
    assert is_not_ours(act, tmp_path) == []


def test_every_row_of_the_facts_and_every_guard_is_shown() -> None:
    records = lockouts.shipped().values()
    assert {act.row for act in (*ACTS, *BY_HAND)} == set(range(26))
    assert {act.guard for act in ACTS} == {one.id for one in records if not one.never}
    assert {act.row for act in BY_HAND} == {one.row for one in records if one.never}
