# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Twins on the network, for tests, the bench and the demo.

``with serving(winrm="1.1") as endpoint:`` gives a running `Endpoint`; leaving the block stops it and
fails when the twin itself failed or a WinRS shell was left open.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.twin import PASSWORD, build
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.winrm_server import Endpoint
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_knobs import Knobs, Trouble

__all__ = ["PASSWORD", "Endpoint", "Knobs", "Trouble", "credentials", "host_vars", "machine", "serving", "settled"]

FRESH: dict[str, Any] = {"answers": {"os": {"version": "6.0.6002", "build": 6002, "arch": "x64"}}}


def machine(snapshot: Mapping[str, Any] | None = None, **twin: Any) -> Machine:
    """Build a machine; `twin` goes before the snapshot's own ``twin`` section. Time runs a thousand times faster."""
    return build(snapshot or FRESH, **{"speed": 1000.0, **twin})


@contextlib.contextmanager
def serving(
    snapshot: Mapping[str, Any] | Machine | None = None,
    *,
    tls: bool = False,
    allow_basic: bool = False,
    allow_unencrypted: bool = False,
    knobs: Knobs | None = None,
    may_leave_shells: bool = False,
    **twin: Any,
) -> Iterator[Endpoint]:
    """Run one endpoint on a free port; with `tls` and no `knobs`, one that clients of today reach."""
    knobs = knobs or (Knobs(tls_versions="modern") if tls else None)
    made = snapshot if isinstance(snapshot, Machine) else machine(snapshot, **twin)
    endpoint = Endpoint(made, 0, tls=tls, allow_basic=allow_basic, allow_unencrypted=allow_unencrypted, knobs=knobs)
    endpoint.start()
    try:
        yield endpoint
        left = settled(lambda: endpoint.shells_open, 0)
        assert endpoint.errors == [], "the twin itself failed:\n" + "\n".join(endpoint.errors)
        assert may_leave_shells or left == 0, f"{left} WinRS shells were left open"
    finally:
        endpoint.stop()
        made.close()


def settled(look: Any, wanted: object, seconds: float = 1.0) -> Any:
    """Return what `look` says as soon as it is `wanted`, else what it says at the end of a while."""
    end = time.monotonic() + seconds
    while (seen := look()) != wanted and time.monotonic() < end:
        time.sleep(0.01)
    return seen


def credentials(endpoint: Endpoint) -> tuple[str, str]:
    """Return name and password of the built-in administrator."""
    user = next(user for user in endpoint.machine.accounts.users.values() if user.rid == 500)
    return user.name, user.password


def host_vars(endpoint: Endpoint, **more: Any) -> dict[str, Any]:
    """Return the inventory variables with which ansible reaches an endpoint through the winrs door."""
    user, password = credentials(endpoint)
    variables: dict[str, Any] = {
        "ansible_connection": "sunset.ws2008.winrs",
        "ansible_host": endpoint.address,
        "ansible_port": endpoint.port,
        "ansible_winrm_scheme": "https" if endpoint.tls else "http",
        "ansible_user": user,
        "ansible_password": password,
    }
    if endpoint.tls:
        variables["ansible_winrm_server_cert_validation"] = "ignore"
    if endpoint.tls and endpoint.knobs.tls_versions != "modern":
        variables |= {"ansible_winrs_tls_minimum": "1.0", "ansible_winrs_legacy_ciphers": True}
    return {**variables, **more}
