# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kerberos tickets from a password, as ``ansible_winrm_kinit_mode: managed`` promises (private to this collection)."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from .session import LoginRefused
from .settings import BadSettings, Login

KINIT_SECONDS = 60
_CACHE_VARIABLE = "KRB5CCNAME"


class Tickets:
    """A credential cache of one connection. Only this process sees it: a task has a process to itself."""

    def __init__(self, command: str, arguments: str | None) -> None:
        self._command = command
        self._arguments = arguments
        self._cache: Path | None = None
        self._before: str | None = None

    def obtain(self, login: Login) -> None:
        """Get a ticket with the password and make it the one that Kerberos finds; raises `TargetError`."""
        if not login.user or login.secret is None:
            raise BadSettings("a managed Kerberos login needs ansible_user (user@REALM) and ansible_password")
        extra = shlex.split(self._arguments) if self._arguments else ["-f"] if login.kerberos_delegation else []
        handle, name = tempfile.mkstemp(prefix="ws2008-krb5-")
        os.close(handle)
        self._cache = Path(name)
        self._before = os.environ.get(_CACHE_VARIABLE)
        os.environ[_CACHE_VARIABLE] = f"FILE:{name}"
        try:
            ended = subprocess.run(
                [self._command, *extra, login.user],
                input=login.secret + "\n",
                capture_output=True,
                text=True,
                timeout=KINIT_SECONDS,
                check=False,
            )
        except FileNotFoundError as error:
            self.forget()
            raise LoginRefused(
                f"there is no {self._command} on this control node: install the Kerberos client tools, or get a ticket "
                "yourself and set ansible_winrm_kinit_mode: manual"
            ) from error
        except subprocess.TimeoutExpired as error:
            self.forget()
            raise LoginRefused(f"{self._command} {login.user} did not end within {KINIT_SECONDS} seconds") from error
        if ended.returncode != 0:
            self.forget()
            said = " ".join(ended.stderr.split()).replace(login.secret, "***") if login.secret else ended.stderr
            raise LoginRefused(f"{self._command} {login.user} got no ticket: {said or f'exit code {ended.returncode}'}")

    def forget(self) -> None:
        """Remove the ticket and put the environment back; harmless when there is none."""
        cache, self._cache = self._cache, None
        if cache is None:
            return
        cache.unlink(missing_ok=True)
        if self._before is None:
            os.environ.pop(_CACHE_VARIABLE, None)
        else:
            os.environ[_CACHE_VARIABLE] = self._before
