# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A stock WinRM 1.1 admits five connections: a closed session must not keep one until somebody collects garbage."""

from __future__ import annotations

import gc
import time

from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.live import LiveSession
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.settings import Login, Settings
from support.fleet import Fleet


def test_a_closed_session_holds_no_connection() -> None:
    with Fleet([{"answers": {"os": {"build": 6002, "arch": "x64"}, "computer": {"name": "STYX"}}}]) as fleet:
        endpoint = fleet["styx"]
        login = Login(user=fleet.users["styx"], secret=fleet.passwords["styx"])
        gc.disable()
        try:
            for _login in range(7):
                session = LiveSession(Settings(host="127.0.0.1", login=login, port=endpoint.port), print)
                assert session.run("echo hi").stdout.strip() == "hi"
                session.close()
            until = time.monotonic() + 5
            while endpoint.connections_open and time.monotonic() < until:
                time.sleep(0.02)
            assert endpoint.connections_open == 0
        finally:
            gc.enable()
