# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be made to go wrong on the way to a twin (private to this collection)."""

from __future__ import annotations

import threading
from dataclasses import dataclass

KINDS = ("drop", "reset", "freeze", "delay", "fault", "answer")
ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>&b;</s:Body></s:Envelope>'
)
GARBAGE = b"\x00\x01 this is not XML <<<"


@dataclass(frozen=True)
class Trouble:
    """One thing that happens to message number `at` (counted from one, of all or of one `verb`) and `times` - 1 more.

    `kind`: ``drop`` closes without an answer, ``reset`` does so with RST, ``freeze`` keeps silent for
    `seconds`, ``delay`` answers `seconds` later, ``fault`` answers with `code` and `subcode`, ``answer``
    answers with `status` and `body` as they are. `after` means: the work was done, only the answer is lost.
    """

    kind: str
    at: int = 1
    verb: str | None = None
    times: int = 1
    after: bool = False
    seconds: float = 3600.0
    code: int = 2150859174
    subcode: str = "w:QuotaLimit"
    status: int = 500
    body: bytes = b""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"there is no trouble called {self.kind}; there is {', '.join(KINDS)}")


@dataclass(frozen=True)
class Knobs:
    """How the network in front of a twin behaves; all times in wall seconds.

    `idle_close`: an idle keep-alive connection is closed after this long (http.sys: 120 s).
    `receive_bytes`: at most so many octets of each answer to Receive are output, for clients that must join halves.
    `tls_versions`: "schannel" offers what the machine's keys and its schannel.dll say, and only SHA-1 suites, which
    hardly a client of today takes; "modern" what any client takes; or versions such as ("1.0", "1.2") as they are.
    `tls_ciphers`: in OpenSSL's words.
    """

    latency: float = 0.0
    idle_close: float = 120.0
    receive_bytes: int | None = None
    troubles: tuple[Trouble, ...] = ()
    tls_versions: str | tuple[str, ...] = "schannel"
    tls_ciphers: str | None = None


class Troubles:
    """Counts messages and says which trouble is due."""

    def __init__(self, troubles: tuple[Trouble, ...]) -> None:
        self._lock = threading.Lock()
        self._planned = list(troubles)
        self._seen: dict[str | None, int] = {}

    def add(self, trouble: Trouble) -> None:
        """Plan one more, counted from now on."""
        with self._lock:
            seen = self._seen.get(trouble.verb, 0)
            at = trouble.at + seen
            self._planned.append(Trouble(**{**trouble.__dict__, "at": at}))

    def next(self, verb: str) -> Trouble | None:
        """Count a message and return what shall happen to it."""
        with self._lock:
            for key in (None, verb):
                self._seen[key] = self._seen.get(key, 0) + 1
            for trouble in self._planned:
                if trouble.verb in (None, verb) and trouble.at <= self._seen[trouble.verb] < trouble.at + trouble.times:
                    return trouble
        return None
