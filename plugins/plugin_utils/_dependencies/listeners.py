# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which TLS the listeners of a machine speak, from the control node and from the machine (private to this collection).

Only ports that the machine says it listens on and that usually speak TLS are tried. A port that does not answer from
here is said to be that: a firewall in between proves nothing about those who are let in. The machine's own view is what
its own programs come to (`_console.handshake`): the version is theirs to choose.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._host import in_use
from .._target import contact
from .._target.session import Session, Unreachable
from .._target.settings import Settings
from .questions import TLS_PORTS

NOT_TRIED = "not tried from here"


def offered(session: Session, snapshot: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each TLS listener with ``tls``, what it spoke with us, and ``own``, what with the machine itself.

    A door without a network to the machine sees none with us; ``own`` is null where the machine was not asked.
    """
    settings = getattr(session, "settings", None)
    far = {}
    if isinstance(settings, Settings):
        far = {port: look(settings.host, port, desktop) for port, desktop in wanted(snapshot)}
    own = {int(one["port"]): str(one["said"]) for one in (snapshot.get("answers") or {}).get("own_tls") or ()}
    return [{"port": port, "tls": far.get(port, NOT_TRIED), "own": own.get(port)} for port in sorted({*far, *own})]


def wanted(snapshot: Mapping[str, Any]) -> list[tuple[int, bool]]:
    """Return the ports worth a try, each with whether it is that of Remote Desktop."""
    listening = {int(one["port"]) for one in (snapshot.get("answers") or {}).get("listeners") or ()}
    desktop = in_use.rdp_port(snapshot)
    return [(port, port == desktop) for port in sorted(listening & {*TLS_PORTS, desktop})]


def look(host: str, port: int, remote_desktop: bool) -> str:
    """Offer each version of TLS to one port and return what came of it, in words."""
    try:
        contact.port_answers(host, port)
    except Unreachable as error:
        return f"not known from here: {error}"
    return contact.describe(contact.handshakes(host, port, remote_desktop=remote_desktop))
