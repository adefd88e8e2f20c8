# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every connection plugin of this collection has in common (private to this collection).

A door is a connection that hands out a `Session`. ansible-core asks it for commands and files; the session answers, and
our errors become the ones that ansible-core knows.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.connection import ConnectionBase

from ._target.session import LoginRefused, Session, TargetError, Unreachable


class as_core_errors(contextlib.AbstractContextManager[None]):
    """Turn our errors into those that ansible-core knows: a broken conversation makes the host unreachable."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (Unreachable, LoginRefused)):
            raise AnsibleConnectionFailure(str(error)) from error
        if isinstance(error, TargetError):
            raise AnsibleError(str(error)) from error


class Door(ConnectionBase):  # type: ignore[misc]
    """A connection over a session. A subclass says what `session` is, and what `reset` and `close` leave behind."""

    module_implementation_preferences = ("",)
    allow_executable = False
    has_tty = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._shell_type = "sunset.ws2008.cmd_only"
        super().__init__(*args, **kwargs)

    @property
    def session(self) -> Session:
        """The session; made when first asked for, and then kept. Raises `TargetError`."""
        raise NotImplementedError

    def _connect(self) -> Door:
        with as_core_errors():
            self.session  # noqa: B018 - made by being asked for
        return self

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run one cmd.exe line. Output comes back in UTF-8, as ansible-core expects it."""
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        with as_core_errors():
            result = self.session.run(str(cmd), in_data)
        return result.rc, result.stdout.encode(), result.stderr.encode()

    def put_file(self, in_path: str, out_path: str) -> None:
        """Bring a file of this machine to the target, in constant memory."""
        super().put_file(in_path, out_path)
        with as_core_errors(), Path(in_path).open("rb") as data:
            self.session.upload(data, out_path)

    def fetch_file(self, in_path: str, out_path: str) -> None:
        """Bring a file of the target to this machine."""
        super().fetch_file(in_path, out_path)
        with as_core_errors():
            Path(out_path).write_bytes(self.session.download(in_path))
