# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Machines whose time stands still unless somebody waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import VirtualClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine

START = datetime(2026, 11, 20, 18, tzinfo=UTC)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
def machine(clock: VirtualClock) -> Machine:
    """A freshly installed 6002 x64."""
    return Machine.pristine(clock=clock)


@pytest.fixture
def make() -> Callable[..., Machine]:
    """Build a freshly installed machine of another kind."""

    def build(build: int = 6002, arch: str = "x64", **twin: Any) -> Machine:
        return Machine.pristine(build, arch, VirtualClock(START), **twin)

    return build
