# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Loaded into the peers' own pytest runs (``-p peer_plugin``): sends them to our endpoint and nowhere else.

pypsrp answers some of its tests from recordings; here all of them are asked of the endpoint. It knows
plain http on port 5985 only; PEER_SCHEME=http lifts that, so that its message encryption is used too.
"""

from __future__ import annotations

import os
import sys
import types
from typing import Any

import pytest

if os.environ.get("PYPSRP_SERVER"):
    # pypsrp's conftest imports this to compare recordings, which are not used here.
    compare = types.ModuleType("xmldiff")
    compare.main = types.ModuleType("xmldiff.main")  # type: ignore[attr-defined]
    sys.modules.setdefault("xmldiff", compare)
    sys.modules.setdefault("xmldiff.main", compare.main)

    from pypsrp.wsman import WSMan

    genuine = WSMan.__init__

    def begin(self: WSMan, server: str, **options: Any) -> None:
        """Open pypsrp's connection with the scheme that this run is about."""
        if os.environ.get("PEER_SCHEME") == "http":
            options["ssl"] = False
        genuine(self, server, **options)

    WSMan.__init__ = begin  # type: ignore[method-assign]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have every test of pypsrp talk to a real endpoint."""
    for item in items:
        call = getattr(item, "callspec", None)
        if call is not None and "wsman_conn" in call.params:
            call.params["wsman_conn"] = [True, call.params["wsman_conn"][1]]
