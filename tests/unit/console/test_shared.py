# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who may use what is shared: each answer is read exactly, or has its own reason why it is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._console import shared_access
from ansible_collections.sunset.ws2008.plugins.plugin_utils._console.command import Question, Reply, can_be_batched
from ansible_collections.sunset.ws2008.plugins.plugin_utils._console.text import ConsoleError

CASES = yaml.safe_load((Path(__file__).parents[2] / "data/console/shared.yml").read_text(encoding="utf-8"))
READERS: dict[str, Any] = {"folders": shared_access.folders, "printers": shared_access.printers}
EVERY = [(kind, case) for kind, cases in CASES.items() for case in cases]


def reply(text: str, rc: int = 0) -> Reply:
    return Reply(rc, text.replace("\n", "\r\r\n"))


@pytest.mark.parametrize(("kind", "case"), EVERY, ids=[f"{kind}: {case['name']}" for kind, case in EVERY])
def test_an_answer_is_read_or_refused(kind: str, case: dict[str, Any]) -> None:
    listed, told = reply(case["listed"], case.get("rc", 0)), reply(case["told"])
    if "refused" in case:
        with pytest.raises(ConsoleError, match=case["refused"]):
            READERS[kind](listed, told)
        return
    found = READERS[kind](listed, told)
    if case["read"] is None:
        assert found is None
        return
    assert {one.name for one in found} == set(case["read"])
    for one in found:
        wanted = case["read"][one.name]
        if isinstance(wanted, list):
            assert one.sddl is None and wanted[0] in one.reason
        else:
            assert (one.sddl, one.reason) == (wanted, "")


@pytest.mark.parametrize("name", ["SHARES", "SHARE_LISTS", "PRINTERS", "PRINTER_LISTS"])
def test_the_questions_fit_into_a_batch(name: str) -> None:
    assert can_be_batched(Question("a", getattr(shared_access, name)))
