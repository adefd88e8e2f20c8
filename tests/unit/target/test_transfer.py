# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files arrive whole or not at all, and in constant memory."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.sunset.ws2008.plugins.plugin_utils._target import transfer
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import (
    CommandResult,
    TargetError,
    Unreachable,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.transfer import TransferFailed


@dataclass
class Console:
    """The few commands that a transfer uses, over a dictionary of files."""

    files: dict[str, bytes] = field(default_factory=dict)
    certutil: bool = True
    hashes: bool = True
    spaced_hash: bool = True
    room: int = 1 << 60
    keep: bool = True  # False: count what arrives and forget it
    received: int = 0
    lines: list[str] = field(default_factory=list)
    fail: dict[str, Exception] = field(default_factory=dict)

    def run(self, command_line: str, stdin: bytes | None = None, timeout: float | None = None) -> CommandResult:
        """Run one line."""
        rc, out, err = self.run_raw(command_line)
        return CommandResult(rc, out.decode(), err.decode())

    def run_raw(
        self, command_line: str, stdin: Iterator[bytes] | None = None, timeout: float | None = None
    ) -> tuple[int, bytes, bytes]:
        """Run one line by its first word."""
        self.lines.append(command_line)
        for word, error in self.fail.items():
            if word in command_line:
                raise error
        paths = re.findall(r'"([^"]*)"', command_line)
        if command_line.startswith("findstr"):
            return self._store(paths[1], stdin or iter(()))
        if command_line.startswith("certutil") and self.certutil:
            return self._decode(paths[0], paths[1])
        if command_line.startswith("cscript"):
            return self._decode(paths[1], paths[2])
        if command_line.startswith("if exist") and "certutil.exe" in command_line:
            return 0, b"yes\r\n" if self.certutil else b"", b""
        if command_line.startswith("if exist"):
            return self._show(paths[0])
        if command_line.startswith("(for"):
            return self._size(paths[0])
        if command_line.startswith("move"):
            self.files[paths[1]] = self.files.pop(paths[0])
        elif command_line.startswith("copy"):
            self.files[paths[2]] = self.files[paths[0]] + self.files.pop(paths[1])
        elif command_line.startswith("type nul"):
            self.files[paths[0]] = b""
        elif command_line.startswith("del"):
            for path in paths:
                self.files.pop(path, None)
        else:
            return 1, b"", b"not recognized"
        return 0, b"", b""

    def _store(self, path: str, stdin: Iterator[bytes]) -> tuple[int, bytes, bytes]:
        pieces = []
        for piece in stdin:
            assert piece.endswith(b"\r\n"), "findstr of NT 6.0 hangs without a final line end"
            self.received += len(piece)
            if self.keep:
                pieces.append(piece)
        self.files[path] = b"".join(pieces)[: self.room]
        return 0, b"", b""

    def _decode(self, source: str, target: str) -> tuple[int, bytes, bytes]:
        self.files[target] = base64.b64decode(self.files.pop(source))
        return 0, b"", b""

    def _size(self, path: str) -> tuple[int, bytes, bytes]:
        if path not in self.files:
            return 1, b"size=\r\n", b""
        text = f"size={len(self.files[path]) if self.keep else self.received}\r\n"
        if self.hashes:
            digest = hashlib.sha1(self.files[path]).hexdigest()
            shown = " ".join(re.findall("..", digest)) if self.spaced_hash else digest
            text += f"SHA1 hash of file {path}:\r\n{shown}\r\nCertUtil: -hashfile command completed successfully.\r\n"
        return 0, text.encode(), b""

    def _show(self, path: str) -> tuple[int, bytes, bytes]:
        if path not in self.files:
            return 0, b"", b""
        content = base64.encodebytes(self.files[path]).replace(b"\n", b"\r\n")
        armour = b"-----BEGIN CERTIFICATE-----\r\n" + content + b"-----END CERTIFICATE-----\r\n"
        return 0, f"size={len(self.files[path])}\r\n".encode() + armour, b""


PATH = "C:\\Windows\\Temp\\a b.cab"


@given(st.binary(max_size=2000), st.booleans(), st.booleans())
@settings(max_examples=50, deadline=None)
def test_what_goes_up_comes_down(data: bytes, hashes: bool, spaced: bool) -> None:
    console = Console(hashes=hashes, spaced_hash=spaced)
    transfer.upload(console, io.BytesIO(data), PATH)
    assert console.files == {PATH: data}
    assert transfer.download(console, PATH) == data


def test_large_file_travels_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "PART", 200_000)
    data = bytes(range(256)) * 3000
    console = Console()
    transfer.upload(console, io.BytesIO(data), PATH)
    assert console.files == {PATH: data}
    assert sum(line.startswith("copy") for line in console.lines) == 3


def test_stream_that_gives_little_at_a_time_keeps_its_lines_whole() -> None:
    class Dripping(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 1, 7))

    console = Console()
    transfer.upload(console, Dripping(b"0123456789" * 100), PATH)
    assert console.files[PATH] == b"0123456789" * 100


def test_memory_stays_flat() -> None:
    class Endless(io.RawIOBase):
        left = 16 * 1024 * 1024

        def read(self, size: int = -1) -> bytes:
            size = min(size, self.left)
            self.left -= size
            return b"\0" * size

    class Forgetful(Console):
        def _decode(self, source: str, target: str) -> tuple[int, bytes, bytes]:
            self.files[target] = b""
            return 0, b"", b""

        def _size(self, path: str) -> tuple[int, bytes, bytes]:
            return 0, f"size={16 * 1024 * 1024}\r\n".encode(), b""

    tracemalloc.start()
    transfer.upload(Forgetful(keep=False), Endless(), PATH)  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * 1024 * 1024


@pytest.mark.parametrize("word", ["findstr", "certutil -f", "(for", "move"])
def test_failure_at_any_step_leaves_what_was_there(word: str) -> None:
    console = Console(files={PATH: b"old"}, fail={word: Unreachable("gone")})
    with pytest.raises(Unreachable, match="gone"):
        transfer.upload(console, io.BytesIO(b"new"), PATH)
    assert console.files == {PATH: b"old"}


def test_clean_up_that_fails_too_does_not_hide_the_reason() -> None:
    console = Console(fail={"move": TargetError("the reason"), "del /q /f": TargetError("another")})
    with pytest.raises(TargetError, match="the reason"):
        transfer.upload(console, io.BytesIO(b"new"), PATH)


def test_full_disk_is_noticed_by_the_size() -> None:
    console = Console(files={PATH: b"old"}, room=390, hashes=False)
    with pytest.raises(TransferFailed, match=r"of the 1000 bytes .* \d+ arrived"):
        transfer.upload(console, io.BytesIO(b"x" * 1000), PATH)
    assert console.files == {PATH: b"old"}


def test_changed_content_is_noticed_by_the_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    class Flipping(Console):
        def _decode(self, source: str, target: str) -> tuple[int, bytes, bytes]:
            super()._decode(source, target)
            self.files[target] = self.files[target][::-1]
            return 0, b"", b""

    with pytest.raises(TransferFailed, match="is not what was sent"):
        transfer.upload(Flipping(), io.BytesIO(b"abc"), PATH)


def test_without_certutil_the_script_host_decodes() -> None:
    console = Console(certutil=False, hashes=False)
    transfer.upload(console, io.BytesIO(b"abc"), PATH)
    assert console.files[PATH] == b"abc"
    assert any(line.startswith("cscript //nologo") for line in console.lines)


def test_missing_file_is_a_sentence() -> None:
    with pytest.raises(TransferFailed, match="there is no file"):
        transfer.download(Console(), PATH)


def test_short_answer_is_not_taken_for_the_file() -> None:
    class Cut(Console):
        def _show(self, path: str) -> tuple[int, bytes, bytes]:
            _rc, out, err = super()._show(path)
            return 1, out[:-80] + b"-----END CERTIFICATE-----", err

    with pytest.raises(TransferFailed):
        transfer.download(Cut(files={PATH: b"x" * 500}), PATH)


@pytest.mark.parametrize("path", ['a"b', "a|b", "", "C:\\folder\\", "a*", "a\nb"])
def test_path_that_no_quotes_protect_is_refused(path: str) -> None:
    console = Console()
    with pytest.raises(TransferFailed, match="not the path of a file"):
        transfer.upload(console, io.BytesIO(b""), path)
    with pytest.raises(TransferFailed, match="not the path of a file"):
        transfer.download(console, path)
    assert console.lines == []
