# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Answers about who uses a machine: events, principals of tasks, connections, the login."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._console import (
    events,
    handshake,
    netstat,
    principals,
    whoami,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._console.command import Question, can_be_batched
from ansible_collections.sunset.ws2008.plugins.plugin_utils._console.text import UnknownLine

DATA = Path(__file__).parents[2] / "data" / "console" / "dependencies.yml"
READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "events": ("events", lambda text: [vars(one) for one in events.parse(text)]),
    "principals": ("principals", lambda text: [one.as_dict() for one in principals.parse(text)]),
    "peers": ("peers", lambda text: [list(one.as_dict().values()) for one in netstat.parse_peers(text)]),
    "handshakes": ("own", lambda text: vars(own) if (own := handshake.parse(text)) else None),
    "users": ("user", lambda text: list(whoami.parse_user(text))),
}
CASES = [(kind, case) for kind, found in yaml.safe_load(DATA.read_text(encoding="utf-8")).items() for case in found]


@pytest.mark.parametrize(("kind", "case"), CASES, ids=[f"{kind}: {case['case']}" for kind, case in CASES])
def test_answers_are_read_or_refused_with_the_line(kind: str, case: dict[str, Any]) -> None:
    field, read = READERS[kind]
    if "raises" in case:
        with pytest.raises(UnknownLine, match=case["raises"]):
            read(case["text"])
        return
    assert read(case["text"]) == case[field]


@pytest.mark.parametrize(
    "line",
    [
        netstat.PEERS,
        principals.TASKS,
        events.newest("Security", events.NTLM_V1, 20),
        events.newest("System", events.SCHANNEL, 20),
        whoami.USER,
        handshake.line(443),
    ],
)
def test_the_lines_travel_with_all_others(line: str) -> None:
    assert can_be_batched(Question("x", line)) and line.isascii() and len(line) < 1000
