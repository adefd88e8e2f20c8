# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the controller knows beside the snapshot (private to this collection)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .._target import contact
from .._target.session import Session
from .._target.settings import Settings

REHEARSAL = "rehearsal"


@dataclass(frozen=True)
class Surroundings:
    """The connection in use, and the ports where TLS 1.2 is known to be spoken.

    `scheme` is http, https, or rehearsal for a twin in this process. `tls` is the least version that the connection can
    have negotiated ("1.2"), None where it is not known or not TLS. None elsewhere means unknown, too. `handshakes` are
    what was seen on each port that was tried, in words; `observed` is what earlier runs saw in use (`_dependencies`).
    """

    transport: str | None = None
    scheme: str | None = None
    port: int | None = None
    tls: str | None = None
    tls12_proved: frozenset[int] = field(default_factory=frozenset)
    handshakes: Mapping[int, str] = field(default_factory=dict)
    observed: Mapping[str, Any] = field(default_factory=dict)

    def proved_ports(self) -> frozenset[int]:
        """Return the ports with a live TLS 1.2 handshake; a connection in use over TLS 1.2 is one."""
        own = {self.port} if self.port and self.tls and version(self.tls) >= (1, 2) else set()
        return self.tls12_proved | own


def surroundings_of(session: Session, tls12_proved: Iterable[int] = ()) -> Surroundings:
    """Read a session's own way to the target, where it tells one."""
    settings = getattr(session, "settings", None)
    if not isinstance(settings, Settings):
        scheme = REHEARSAL if session.door == "twin" else None
        return Surroundings(scheme=scheme, tls12_proved=frozenset(tls12_proved))
    return Surroundings(
        transport=settings.login.auth.value,
        scheme=settings.scheme,
        port=settings.port,
        tls=settings.tls.minimum if settings.scheme == "https" else None,
        tls12_proved=frozenset(tls12_proved),
    )


def with_handshakes(around: Surroundings, session: Session, ports: Iterable[int], remote_desktop: int) -> Surroundings:
    """Offer TLS 1.2 to each port, from here to the machine itself; a door without a network proves nothing.

    `remote_desktop` is the port of Remote Desktop, which speaks TLS only when it is asked.
    """
    settings = getattr(session, "settings", None)
    if not isinstance(settings, Settings):
        return around
    proved, seen = set(around.tls12_proved), dict(around.handshakes)
    for port in sorted(set(ports)):
        found = contact.tls12(settings.host, port, port == remote_desktop)
        seen[port] = f"port {port}: TLS 1.2 " + (
            f"with {found.cipher}" if found.cipher else f"refused: {found.refused}"
        )
        if found.cipher:
            proved.add(port)
    return replace(around, tls12_proved=frozenset(proved), handshakes=seen)


def version(text: str) -> tuple[int, ...]:
    """Return a dotted version as numbers that compare."""
    return tuple(int(part) for part in text.split(".") if part.isdecimal())
