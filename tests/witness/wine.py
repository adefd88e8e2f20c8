# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A door to Wine: its cmd.exe, its reg.exe and its registry answer what the engine sends.

Wine is an independent implementation that nobody of this project wrote. It gets the very lines and files that a target
would get. A line goes in as a batch file, because the way from a Unix argument list to a Windows command line escapes
quotes that cmd.exe would not; the one difference, a percent sign before a letter of ``for``, is written twice there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import BinaryIO

from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import CommandResult

PROGRAM = shutil.which("wine") or shutil.which("wine64")
SERVER = shutil.which("wineserver") or shutil.which("wineserver64", path="/usr/lib/wine")
SERVER_2008 = "win2008"
_FOR = re.compile(r"%(?=[a-z](?![\w%])|~)")


class Wine:
    """One prefix of its own, set to Windows Server 2008; `close` ends its server and nobody else's."""

    door = "wine"
    read_only = False

    def __init__(self, prefix: Path) -> None:
        self.prefix = prefix
        self.drive = prefix / "drive_c"
        self._lines = 0
        self._environment = {
            **os.environ,
            "WINEPREFIX": str(prefix),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml=;winemenubuilder.exe=d",
            "DISPLAY": "",
        }
        self._server("-p")  # else every line pays for a start of the server
        self._wine("wineboot", "--init", timeout=300)
        self._wine("reg", "add", r"HKCU\Software\Wine", "/v", "Version", "/d", SERVER_2008, "/f")
        (self.drive / "w").mkdir()
        self.user = self._user()

    def _user(self) -> str:
        """Return the SID of the one user that a prefix has."""
        said = self.script("users.cmd", "@reg query HKU\r\n").stdout
        return next(line.rpartition("\\")[2].strip() for line in said.splitlines() if "S-1-5-21-" in line)

    def _wine(self, *words: str, stdin: bytes = b"", timeout: float = 120) -> CommandResult:
        """Run a program of the prefix. Its output goes to files: Wine's services would keep a pipe open for seconds."""
        assert PROGRAM is not None
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            given.write(stdin)
            given.seek(0)
            done = subprocess.run(
                [PROGRAM, *words],
                env=self._environment, stdin=given, stdout=out, stderr=err, timeout=timeout, check=False,
            )  # fmt: skip
            texts = []
            for stream in (out, err):
                stream.seek(0)
                texts.append(stream.read().decode("cp437"))
        return CommandResult(done.returncode, *texts)

    def run(self, command_line: str, stdin: bytes | None = None, timeout: float | None = None) -> CommandResult:
        """Run one cmd.exe line; one that reads questions from its input is given them."""
        if stdin is not None:
            return self._wine(*command_line.split(), stdin=stdin, timeout=300)
        if command_line.startswith("icacls "):  # Wine has none, and is no witness of who may open a folder
            return CommandResult(0, "", "")
        self._lines += 1
        line = _FOR.sub("%%", command_line) if command_line.lower().startswith("for ") else command_line
        return self.script(f"line-{self._lines}.cmd", f"@echo off\r\n{line}\r\n")

    def script(self, name: str, text: str) -> CommandResult:
        """Run a batch file."""
        (self.drive / "w" / name).write_text(text, encoding="ascii", newline="")
        return self._wine("cmd", "/c", f"C:\\w\\{name}", timeout=300)

    def upload(self, data: bytes | BinaryIO, path: str) -> None:
        """Put a file where the target would have it."""
        place = self._place(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data if isinstance(data, bytes) else data.read())

    def download(self, path: str) -> bytes:
        """Read a file of the prefix."""
        return self._place(path).read_bytes()

    def _place(self, path: str) -> Path:
        drive, _colon, rest = path.partition(":")
        assert drive.upper() == "C", path
        return self.drive.joinpath(*rest.replace("/", "\\").strip("\\").split("\\"))

    def close(self) -> None:
        """End the server of this prefix."""
        self._server("-k")

    def _server(self, option: str) -> None:
        """Tell the server of this prefix to stay, or to end."""
        assert SERVER is not None
        subprocess.run([SERVER, option], env=self._environment, capture_output=True, timeout=60, check=False)
