# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Only listeners that usually speak TLS are tried, and only where there is a network to the machine."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._dependencies import listeners
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.in_use import RDP_TCP
from ansible_collections.sunset.ws2008.plugins.plugin_utils._report import html
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.settings import Login, Settings

MACHINE = {
    "answers": {
        "listeners": [{"port": port} for port in (80, 135, 443, 445, 4000, 5986)],
        "registry": {RDP_TCP: {"PortNumber": {"type": "REG_DWORD", "data": 4000}}},
    }
}


def test_the_usual_ports_are_tried_and_the_one_of_remote_desktop() -> None:
    assert listeners.wanted(MACHINE) == [(443, False), (4000, True), (5986, False)]
    assert listeners.wanted({"answers": {}}) == [], "who listens is not known"


def test_every_listener_is_told_with_what_it_spoke(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(host="192.0.2.1", login=Login(user="u", secret=""))
    monkeypatch.setattr(listeners, "look", lambda host, port, desktop: f"{host} {port} {desktop}")
    session: Any = SimpleNamespace(settings=settings)
    assert listeners.offered(session, MACHINE)[1] == {"port": 4000, "tls": "192.0.2.1 4000 True", "own": None}


def test_what_the_machine_says_of_itself_stands_beside_it_without_any_network() -> None:
    said = {"port": 443, "spoken": False, "said": "Schannel found no version or suite in common (0x80072F7D)"}
    seen = listeners.offered(SimpleNamespace(), {"answers": {**MACHINE["answers"], "own_tls": [said]}})  # type: ignore[arg-type]
    assert seen == [{"port": 443, "tls": listeners.NOT_TRIED, "own": said["said"]}]
    host = {"servicing": {}, "dependencies": {"sentence": "in use now: nothing", "uses": [], "listeners": seen}}
    assert html.judged(host)[0]["more"] == [f"Port 443: not tried from here; with the machine itself: {said['said']}."]


def test_a_rehearsal_has_no_network_to_look_over() -> None:
    session: Any = SimpleNamespace()
    assert listeners.offered(session, MACHINE) == []


def test_a_port_that_does_not_answer_from_here_proves_nothing() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
    assert listeners.look("127.0.0.1", port, False).startswith("not known from here: 127.0.0.1")


def test_a_page_tells_who_uses_the_machine_now_and_who_did() -> None:
    earlier = [{"what": "a", "last": "2026-11-19T06:00:00Z"}, {"what": "b", "last": "2026-11-01T06:00:00Z"}]
    uses = [{"now": ["a"], "earlier": earlier}, {"now": None, "earlier": []}]
    host = {"servicing": {}, "dependencies": {"sentence": "in use now: file sharing", "uses": uses}}
    (part,) = html.judged(host)
    assert part == {"sentence": "In use now: file sharing.", "more": ["A.", "B, last seen 2026-11-01."], "open": False}
