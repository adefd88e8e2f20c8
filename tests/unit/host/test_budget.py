# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How many WS-Man messages a whole assessment costs, counted where they arrive (design: 40 on WinRM 1.1, 25 on 2.0)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.connection.twin import TwinSession, Wire
from ansible_collections.sunset.ws2008.plugins.plugin_utils._assessment import question
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.snapshot import take
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import VirtualClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.twin import build

LOGIN = 3
"""An NTLM login takes three HTTP requests before the first message (facts: transport.md 3.1)."""


def machine(winrm: str, updates: int) -> Any:
    """Return a machine with so many updates, each in the component store as well."""
    numbers = [900000 + number for number in range(updates)]
    answers = {
        "os": {"version": "6.0.6002", "build": 6002, "arch": "x64"},
        "hotfixes": [f"KB{number}" for number in numbers],
        "packages": [
            {"identity": f"Package_for_KB{number}~31bf3856ad364e35~amd64~~6.0.1.0", "state": 7} for number in numbers
        ],
    }
    return build({"answers": answers, "twin": {"winrm": winrm}}, clock=VirtualClock())


def keys(count: int) -> Iterable[str]:
    """Return registry keys as long as those of controls are."""
    return [rf"HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services\Some control {n}" for n in range(count)]


@pytest.mark.parametrize(
    ("winrm", "updates", "more_keys", "limit"),
    [
        ("1.1", 5, 0, 40),
        ("1.1", 300, 0, 40),
        ("1.1", 300, 150, 40),
        ("2.0", 5, 0, 25),
        ("2.0", 300, 0, 25),
        ("3.0", 300, 0, 25),
    ],
)
def test_a_whole_assessment_stays_within_its_budget(
    winrm: str,
    updates: int,
    more_keys: int,
    limit: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sent: list[int] = []
    answer = Wire.send_message
    monkeypatch.setattr(Wire, "send_message", lambda wire, message: sent.append(len(message)) or answer(wire, message))
    session = TwinSession("x", machine(winrm, updates), lambda notice: None)
    try:
        taken = take(session, [*question().registry_keys, *keys(more_keys)])
    finally:
        session.close()
    requests = len(sent) + LOGIN
    with capsys.disabled():
        print(f"\n  WinRM {winrm}, {updates} updates, {more_keys} more keys: {requests} requests of {limit}")
    assert taken["unknown"] == {}
    assert len(taken["answers"]["hotfixes"]) >= updates
    assert requests <= limit
