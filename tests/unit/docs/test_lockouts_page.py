# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""docs/lockouts.md is what its generator makes of the records."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline import lockouts

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def generator() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "docs" / "lockouts.py"))


def test_the_page_is_as_the_records_say(generator: dict[str, Any]) -> None:
    assert generator["main"](["--check"]) == 0, "run: python docs/lockouts.py"


def test_every_guard_is_on_the_page_with_its_act_and_how_to_lift_it() -> None:
    text = (ROOT / "docs" / "lockouts.md").read_text(encoding="utf-8")
    for one in lockouts.shipped().values():
        assert one.act in text and one.happens in text
        assert one.never is not None or (f"### {one.id}\n" in text and one.lift[1:] in text)
