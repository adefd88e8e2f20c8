# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which TLS the listeners of a machine speak, as seen from the control node (private to this collection).

Only ports that the machine says it listens on and that usually speak TLS are tried. A port that does not answer from
here is said to be that: a firewall in between proves nothing about those who are let in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .._host import in_use
from .._target import contact
from .._target.session import Session, Unreachable
from .._target.settings import Settings

USUAL = (443, 465, 636, 989, 990, 992, 993, 995, 1433, 3269, 5986, 8443)
Look = Callable[[str, int, bool], str]


def offered(session: Session, snapshot: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Try each TLS listener and return port and words; a door without a network to the machine sees none."""
    settings = getattr(session, "settings", None)
    if not isinstance(settings, Settings):
        return []
    return [{"port": port, "tls": look(settings.host, port, desktop)} for port, desktop in wanted(snapshot)]


def wanted(snapshot: Mapping[str, Any]) -> list[tuple[int, bool]]:
    """Return the ports worth a try, each with whether it is that of Remote Desktop."""
    listening = {int(one["port"]) for one in (snapshot.get("answers") or {}).get("listeners") or ()}
    desktop = in_use.rdp_port(snapshot)
    return [(port, port == desktop) for port in sorted(listening & {*USUAL, desktop})]


def look(host: str, port: int, remote_desktop: bool) -> str:
    """Offer each version of TLS to one port and return what came of it, in words."""
    try:
        contact.port_answers(host, port)
    except Unreachable as error:
        return f"not known from here: {error}"
    return contact.describe(contact.handshakes(host, port, remote_desktop=remote_desktop))
