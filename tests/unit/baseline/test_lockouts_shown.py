# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each act that locks out does so on the twin; a guard holds it, and on trial the machine takes it back by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline import lockouts
from support.lockouts import ACTS, NOT_SHOWN, Act, is_held, is_taken_back, locks_out

EACH = pytest.mark.parametrize("act", ACTS, ids=lambda act: act.id)


@EACH
def test_it_locks_out_with_everything_switched_off(act: Act, tmp_path: Path) -> None:
    assert locks_out(act, tmp_path) == []


@EACH
def test_its_guard_holds_it(act: Act, tmp_path: Path) -> None:
    assert is_held(act, tmp_path) == []


@EACH
def test_on_trial_the_machine_takes_it_back(act: Act, tmp_path: Path) -> None:
    assert is_taken_back(act, tmp_path) == []


def test_every_row_of_the_facts_is_shown_or_has_a_reason() -> None:
    rows = {one.row for one in lockouts.shipped().values() if one.row}
    assert {act.row for act in ACTS} | NOT_SHOWN.keys() == rows == set(range(1, 26))
    assert not {act.row for act in ACTS} & NOT_SHOWN.keys()
    assert {act.guard for act in ACTS} <= lockouts.shipped().keys()
