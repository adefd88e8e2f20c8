# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The door of every twin in this process (private to this collection): one thread accepts for all of them."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable


class Doorman:
    """The one accepting thread of this process; lives as long as anybody listens."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._selector: selectors.BaseSelector | None = None
        self._wake: socket.socket | None = None
        self._changes: list[Callable[[selectors.BaseSelector], object]] = []

    def admit(self, listener: socket.socket, callback: Callable[[socket.socket, str], None]) -> None:
        """Begin to accept from a listener."""
        self._change(lambda selector: selector.register(listener, selectors.EVENT_READ, callback))

    def dismiss(self, listener: socket.socket) -> None:
        """Stop accepting from a listener and close it; it is closed when this returns."""
        done = threading.Event()

        def leave(selector: selectors.BaseSelector) -> None:
            with contextlib.suppress(KeyError):
                selector.unregister(listener)
            listener.close()
            done.set()

        self._change(leave)
        done.wait(5.0)

    def _change(self, change: Callable[[selectors.BaseSelector], object]) -> None:
        with self._lock:
            self._changes.append(change)
            if self._selector is None:
                self._selector = selectors.DefaultSelector()
                ours, theirs = socket.socketpair()
                ours.setblocking(False)
                self._selector.register(theirs, selectors.EVENT_READ, None)
                self._wake = ours
                threading.Thread(
                    target=self._run, args=(self._selector, theirs), name="twin-doorman", daemon=True
                ).start()
            elif self._wake is not None:
                with contextlib.suppress(BlockingIOError):
                    self._wake.send(b"x")

    def _run(self, selector: selectors.BaseSelector, waker: socket.socket) -> None:
        while True:
            with self._lock:
                changes, self._changes = self._changes, []
                for change in changes:
                    change(selector)
                if len(selector.get_map()) == 1:
                    if self._wake is not None:
                        self._wake.close()
                    self._selector = self._wake = None
                    break
            for key, _events in selector.select():
                if key.data is None:
                    waker.recv(4096)
                    continue
                with contextlib.suppress(OSError):
                    accepted, address = key.fileobj.accept()  # type: ignore[union-attr]
                    key.data(accepted, address[0])
        selector.close()
        waker.close()


DOORMAN = Doorman()


def bound(address: str, port: int) -> socket.socket:
    """Return a socket that is bound and does not listen; several of ours may share a port. Raises OSError."""
    listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except OSError:
        listener.close()
        raise
    return listener
