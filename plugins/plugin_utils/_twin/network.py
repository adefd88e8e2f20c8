# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the twin reaches beyond itself (private to this collection): shares and web servers of a snapshot's ``network``.

Nothing of it is a real network: a share or a web folder is a folder of the computer that the twin runs on.

    network:
      shares: {"\\\\nas\\ws2008": {folder: /srv/ws2008, access: machine, seconds: 0}}
      http:   {"http://mirror/ws2008": {folder: /srv/ws2008, status: 200, seconds: 0}}

`access` of a share: ``machine`` takes SYSTEM, which comes as the machine's own account; ``nobody`` refuses it too. A
network logon, as WinRM makes one, carries no credentials that a second computer would take, and is always refused.
`status` other than 200 is what the server answers to everything; `seconds` is how long each file takes. A server
that is not named cannot be found; one with ``down: true`` can, and does not answer.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .files import Denied, Entry, FileError, NotFound
from .process import Account, Logon

if TYPE_CHECKING:
    from .machine import Machine

HARDENED = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\NetworkProvider\\HardenedPaths"
NO_SERVER, NO_SHARE = 53, 67  # ERROR_BAD_NETPATH, ERROR_BAD_NET_NAME
NAME_NOT_RESOLVED, CANNOT_CONNECT, TIMED_OUT = 0x80072EE7, 0x80072EFD, 0x80072EE2
NOT_FOUND_STATUS = 404

# Who opens a path, for the duration of a program: a share wants to know.
ACTING: ContextVar[Account | None] = ContextVar("twin_acting", default=None)


class WebError(Exception):
    """A download that does not come about; `code` is the HRESULT that WinINet, WinHTTP and BITS give it."""

    def __init__(self, code: int) -> None:
        super().__init__(f"0x{code:08X}")
        self.code = code


@dataclass(frozen=True)
class Answer:
    """A file that a web server hands out, and the machine seconds that it takes."""

    data: bytes
    seconds: float


class Network:
    """Shares and web servers within reach of one machine."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def _known(self, what: str) -> Mapping[str, Mapping[str, Any]]:
        return (self._machine.knobs.get("network") or {}).get(what) or {}

    # -- shares ------------------------------------------------------------------------------------------

    def share(self, path: str, account: Account | None) -> tuple[Path, float]:
        """Return the real file or folder behind a UNC path, and what a copy costs; raises `FileError`."""
        parts = path.replace("/", "\\").strip("\\").split("\\")
        if len(parts) < 2:
            raise NotFound(path, NO_SERVER)
        server, name = parts[0].lower(), parts[1].lower()
        shares = {key.strip("\\").lower(): about for key, about in self._known("shares").items()}
        about = shares.get(f"{server}\\{name}")
        if about is None:
            there = any(key.startswith(server + "\\") for key in shares)
            raise NotFound(path, NO_SHARE if there else NO_SERVER)
        if about.get("down"):
            raise NotFound(path, NO_SERVER)
        if self._wants_privacy(server, name):
            raise Denied(path)
        welcome = account is not None and account.logon is not Logon.NETWORK and about.get("access") != "nobody"
        if not welcome:
            raise Denied(path)
        return _below(Path(str(about["folder"])), parts[2:], path), float(about.get("seconds", 0.0))

    def _wants_privacy(self, server: str, name: str) -> bool:
        """Say whether a hardened path asks for encryption: that is SMB 3, which NT 6.0 has not (hardening 1a #20)."""
        for pattern, value in (self._machine.registry.values(HARDENED) or {}).items():
            one, _slash, other = pattern.lower().replace("/", "\\").strip("\\").partition("\\")
            asked = "requireprivacy=1" in "".join(str(value.data).lower().split())
            if asked and fnmatch.fnmatchcase(server, one) and fnmatch.fnmatchcase(name, other or "*"):
                return True
        return False

    def entries(self, path: str) -> list[Entry]:
        """Return what a folder of a share holds; raises `FileError`."""
        folder, _seconds = self.share(path, ACTING.get())
        if not folder.is_dir():
            raise NotFound(path, 3)
        return [self._entry(one) for one in sorted(folder.iterdir(), key=lambda one: one.name.upper())]

    def entry(self, path: str) -> Entry:
        """Return a file or folder of a share; raises `FileError`."""
        found, _seconds = self.share(path, ACTING.get())
        if not found.exists():
            raise NotFound(path, 2 if found.parent.is_dir() else 3)
        return self._entry(found)

    def read(self, path: str) -> bytes:
        """Return the content of a file of a share; raises `FileError`."""
        if self.entry(path).is_dir:
            raise Denied(path)
        return self.share(path, ACTING.get())[0].read_bytes()

    def _entry(self, found: Path) -> Entry:
        return Entry(found.name, found.is_dir(), found.stat().st_size, self._machine.clock.now(), None, "A")

    def trouble(self, path: str) -> int:
        """Return the win32 error that opening this path gives, 0 for none."""
        try:
            self.entry(path)
        except FileError as error:
            return error.code
        return 0

    def seconds(self, path: str) -> float:
        """Return how many machine seconds a copy of this file takes; raises `FileError`."""
        return self.share(path, ACTING.get())[1]

    # -- web servers ---------------------------------------------------------------------------------------

    def fetch(self, url: str) -> Answer:
        """Return what a web server answers to a GET; raises `WebError`."""
        scheme, _colon, rest = url.partition("://")
        host = rest.partition("/")[0].lower()
        servers = self._known("http")
        mine = {key.rstrip("/"): about for key, about in servers.items() if _host(key) == (scheme.lower(), host)}
        if not mine:
            raise WebError(NAME_NOT_RESOLVED)
        if any(about.get("down") for about in mine.values()):
            raise WebError(CANNOT_CONNECT)
        for prefix in sorted(mine, key=len, reverse=True):
            if url == prefix or url.startswith(prefix + "/"):
                return self._answer(mine[prefix], url[len(prefix) + 1 :].partition("?")[0])
        raise WebError(_status(NOT_FOUND_STATUS))

    @staticmethod
    def _answer(about: Mapping[str, Any], rest: str) -> Answer:
        status = int(about.get("status", 200))
        if status != 200:
            raise WebError(_status(status))
        try:
            found = _below(Path(str(about["folder"])), _unquoted(rest).split("/"), rest)
        except FileError:
            raise WebError(_status(NOT_FOUND_STATUS)) from None
        if not found.is_file():
            raise WebError(_status(NOT_FOUND_STATUS))
        return Answer(found.read_bytes(), float(about.get("seconds", 0.0)))


def _unquoted(text: str) -> str:
    """Return a path with its %20 and the like put back."""
    data = re.sub(rb"%([0-9A-Fa-f]{2})", lambda match: bytes([int(match[1], 16)]), text.encode("utf-8"))
    return data.decode("utf-8", "replace")


def _status(status: int) -> int:
    return 0x80190000 | status  # HTTP_E_STATUS_...


def _host(url: str) -> tuple[str, str]:
    scheme, _colon, rest = url.partition("://")
    return scheme.lower(), rest.partition("/")[0].lower()


def _below(folder: Path, names: list[str], path: str) -> Path:
    """Walk down a real folder without looking at the case of names; never out of it."""
    here = folder
    for name in names:
        if name in ("", "."):
            continue
        if name == "..":
            raise NotFound(path, 3)
        held = here / name
        if not held.exists() and here.is_dir():
            held = next((one for one in here.iterdir() if one.name.lower() == name.lower()), held)
        here = held
    return here
