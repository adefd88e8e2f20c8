# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files over cmd.exe alone: base64 through stdin, decoded by certutil (private to this collection).

Up: ``findstr "^" > f`` stores what arrives on stdin (18 requests for 1 MiB, where echoing it takes 553), certutil
decodes it, and ``move /y`` puts it in its place, so that the name never holds half a file. Large files go in parts,
because certutil reads a whole file into a process that stock WinRM allows 80 MB. Down: certutil encodes, ``type``
prints. Patches should not travel this way at all; the target had better fetch them itself.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import re
import secrets
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from .session import CommandResult, TargetError

PART = 4 * 1024 * 1024
_LINE = 57  # bytes in a base64 line of 76 characters
_BLOCK = _LINE * 1260  # encoded 98,280 bytes: just under what fits one message
_SIZE = re.compile(r"^size=(\d+)\s*$", re.MULTILINE)
_SHA1 = re.compile(r"^((?:[0-9a-f]{2} ?){20})\s*$", re.MULTILINE | re.IGNORECASE)

# Should certutil be missing (it is not, on any edition known): the same in the one other language every NT 6.0 has.
DECODER = b"""\
Set element = CreateObject("MSXML2.DOMDocument").createElement("data")\r
element.dataType = "bin.base64"\r
element.text = CreateObject("Scripting.FileSystemObject").OpenTextFile(WScript.Arguments(0)).ReadAll\r
Set stream = CreateObject("ADODB.Stream")\r
stream.Type = 1\r
stream.Open\r
stream.Write element.nodeTypedValue\r
stream.SaveToFile WScript.Arguments(1), 2\r
"""


class Runner(Protocol):
    """What a transfer needs of a session."""

    def run(self, command_line: str, stdin: bytes | None = None, timeout: float | None = None) -> CommandResult:
        """Run one cmd.exe line."""

    def run_raw(
        self, command_line: str, stdin: Iterator[bytes] | None = None, timeout: float | None = None
    ) -> tuple[int, bytes, bytes]:
        """Run one cmd.exe line fed piece by piece."""


class TransferFailed(TargetError):
    """A file did not arrive; what was at its place before is still there."""


def upload(session: Runner, data: BinaryIO, path: str) -> None:
    """Write `data` to `path` on the target, whole or not at all; raises `TransferFailed`.

    `path` may hold %VARIABLES% of the target. Size is always verified, SHA-1 where the target's certutil can hash.
    """
    check_path(path)
    stem = f"{path}.{secrets.token_hex(4)}"
    try:
        size, digest = _arrive(session, data, stem)
        _verify(session, f"{stem}.tmp", path, size, digest)
        moved = session.run(f'move /y "{stem}.tmp" "{path}"')
        if moved.rc != 0:
            raise TransferFailed(f"{path} could not be put in its place: {_said(moved)}")
    except Exception:
        # A task time-out is no Exception and gets no clean-up: that would take time it does not have.
        with contextlib.suppress(TargetError):
            session.run(f'del /q /f "{stem}.b64" "{stem}.tmp" "{stem}.part" "{stem}.vbs" 2>nul')
        raise


def download(session: Runner, path: str) -> bytes:
    """Return the content of `path` on the target; raises `TransferFailed`."""
    check_path(path)
    encoded = f"%SystemRoot%\\Temp\\ws2008-{secrets.token_hex(4)}.b64"
    result = session.run(
        f'if exist "{path}" for %I in ("{path}") do @(echo size=%~zI& '
        f'certutil -f -encode "{path}" "{encoded}" >nul && type "{encoded}"& del /q "{encoded}" 2>nul)'
    )
    size = _SIZE.search(result.stdout)
    if not size:
        raise TransferFailed(f"there is no file {path} on the target{_unless_empty(result)}")
    if int(size[1]) == 0:
        return b""
    try:
        content = _unarmour(result.stdout)
    except binascii.Error as error:
        raise TransferFailed(f"reading {path}: what came back is not base64 ({error}): {_said(result)}") from error
    if len(content) != int(size[1]):
        raise TransferFailed(
            f"reading {path}: {len(content)} of {size[1]} bytes came back (the file is locked, or it is being written)"
            f"{_unless_empty(result)}"
        )
    return content


def check_path(path: str) -> None:
    """Raise `TransferFailed` for a path that no quotation marks can protect on a cmd.exe line."""
    bad = re.search(r'["<>|*?\x00-\x1f]', path)
    if bad or not path.strip() or path.endswith(("\\", "/")):
        raise TransferFailed(f"{path!r} is not the path of a file on Windows")


def _arrive(session: Runner, data: BinaryIO, stem: str) -> tuple[int, str]:
    """Bring all parts into ``<stem>.tmp``; return the size and the SHA-1 of what was sent."""
    counter = _Counter(data)
    target = f"{stem}.tmp"
    while counter.more():
        rc, _out, err = session.run_raw(f'findstr "^" > "{stem}.b64"', counter.encoded(PART))
        if rc != 0:
            raise TransferFailed(
                f"writing {stem}.b64 failed with exit code {rc} ({err.decode('ascii', 'replace').strip() or 'no text'})"
                ": is there such a folder, is the disk full?"
            )
        _decode(session, stem, target)
        if target.endswith(".part"):
            _checked(session, f'copy /b /y "{stem}.tmp"+"{target}" "{stem}.tmp" >nul && del /q "{target}"')
        target = f"{stem}.part"
    if counter.size == 0:
        _checked(session, f'type nul > "{stem}.tmp"')
    return counter.size, counter.sha1.hexdigest()


def _decode(session: Runner, stem: str, target: str) -> None:
    result = session.run(f'certutil -f -decode "{stem}.b64" "{target}" && del /q "{stem}.b64"')
    if result.rc != 0 and not _has_certutil(session):
        session.run_raw(f'findstr "^" > "{stem}.vbs"', iter((DECODER,)))
        result = session.run(
            f'cscript //nologo "{stem}.vbs" "{stem}.b64" "{target}" && del /q "{stem}.b64" "{stem}.vbs"'
        )
    if result.rc != 0:
        raise TransferFailed(f"decoding {stem}.b64 failed: {_said(result)}; is the disk full?")


def _has_certutil(session: Runner) -> bool:
    """Ask for the file: ``cmd /c`` ends in 1 for an unknown command, as it does for most else."""
    return "yes" in session.run('if exist "%SystemRoot%\\System32\\certutil.exe" (echo yes)').stdout


def _verify(session: Runner, arrived: str, path: str, size: int, digest: str) -> None:
    result = session.run(f'(for %I in ("{arrived}") do @echo size=%~zI)& certutil -hashfile "{arrived}" SHA1 2>nul')
    found = _SIZE.search(result.stdout)
    if not found or int(found[1]) != size:
        raise TransferFailed(
            f"of the {size} bytes for {path}, {found[1] if found else 'none'} arrived: {_said(result)}; is there room?"
        )
    # The first certutil of NT 6.0 may not know -hashfile: then the size must do.
    hashed = _SHA1.search(result.stdout)
    if hashed and hashed[1].replace(" ", "").lower() != digest:
        raise TransferFailed(f"what arrived for {path} is not what was sent (SHA-1 {hashed[1]} instead of {digest})")


def _checked(session: Runner, line: str) -> None:
    result = session.run(line)
    if result.rc != 0:
        raise TransferFailed(f"{line}: {_said(result)}")


def _said(result: CommandResult) -> str:
    text = " ".join(f"{result.stdout} {result.stderr}".split())[:300]
    return f"exit code {result.rc}, {text or 'no text'}"


def _unless_empty(result: CommandResult) -> str:
    return f": {' '.join(result.stderr.split())}" if result.stderr.strip() else ""


def _unarmour(text: str) -> bytes:
    """Return what certutil -encode put between its BEGIN and END lines."""
    inner = text.partition("-----BEGIN CERTIFICATE-----")[2].partition("-----END")[0]
    return base64.b64decode("".join(inner.split()), validate=True)


class _Counter:
    """Reads a stream once, part by part, and keeps its size and SHA-1."""

    def __init__(self, data: BinaryIO) -> None:
        self._data = data
        self._next = self._read(_BLOCK)
        self.size = 0
        self.sha1 = hashlib.sha1(usedforsecurity=False)

    def more(self) -> bool:
        """Whether anything is left to send."""
        return bool(self._next)

    def encoded(self, limit: int) -> Iterator[bytes]:
        """Yield about `limit` bytes of the stream as base64 lines, each ended by CR LF.

        The last one as well: findstr of that time hangs on piped input without a final line end.
        """
        sent = 0
        while self._next and sent < limit:
            block, self._next = self._next, self._read(_BLOCK)
            sent += len(block)
            self.size += len(block)
            self.sha1.update(block)
            yield base64.encodebytes(block).replace(b"\n", b"\r\n")

    def _read(self, size: int) -> bytes:
        """Read exactly `size` bytes unless the stream ends: only then do lines stay whole across blocks."""
        pieces = bytearray()
        while len(pieces) < size:
            piece = self._data.read(size - len(pieces))
            if not piece:
                break
            pieces += piece
        return bytes(pieces)
