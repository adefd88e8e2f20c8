# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is calling (private to this collection): NTLM, SPNEGO and Basic on the twin's endpoint, and message encryption.

NTLM is pyspnego's acceptor. It looks credentials up in the file that the environment variable
``NTLM_USER_FILE`` names, by the domain exactly as the client spelled it. Twins in one process have
different accounts, so the file holds one line at a time: that of the user who is just logging on,
written and taken away again under a lock, and with the hash instead of the password.
"""

from __future__ import annotations

import atexit
import base64
import binascii
import contextlib
import os
import re
import shutil
import struct
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .doors import takes_ntlm1
from .process import Account

try:
    import spnego
    from spnego.exceptions import SpnegoError
except ImportError as error:  # `twin.py` says so when a server is started
    LACKING: ImportError | None = error
else:
    LACKING = None

if TYPE_CHECKING:
    from spnego import ContextProxy

    from .machine import Machine

LSA = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa"
PROTOCOL = "application/HTTP-SPNEGO-session-encrypted"
BOUNDARY = b"Encrypted Boundary"
_SIGNATURE = b"NTLMSSP\x00"
_UNICODE = 0x00000001
_BY_COLUMN = [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15]
_REVERSED = [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15]
_LENGTH = re.compile(rb"Length=(\d{1,9})")
MAX_TOKEN = 12 * 1024  # more than any NTLM or SPNEGO token; http.sys ends at 16 kB of headers


class Refused(Exception):
    """The login is not accepted; the client gets 401 and, like on Windows, no reason."""


class Undecryptable(Exception):
    """An encrypted message does not fit the state of this connection; Windows answers HTTP 400."""


def md4(data: bytes) -> bytes:
    """Return the MD4 digest (RFC 1320): OpenSSL 3 hides it, and an NT password hash is nothing else."""
    size = struct.pack("<Q", len(data) * 8)
    data += b"\x80" + b"\x00" * ((55 - len(data)) % 64) + size
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476]
    rounds: tuple[tuple[Sequence[int], tuple[int, ...], int, Callable[[int, int, int], int]], ...] = (
        (range(16), (3, 7, 11, 19), 0, lambda x, y, z: (x & y) | (~x & z)),
        (_BY_COLUMN, (3, 5, 9, 13), 0x5A827999, lambda x, y, z: (x & y) | (x & z) | (y & z)),
        (_REVERSED, (3, 9, 11, 15), 0x6ED9EBA1, lambda x, y, z: x ^ y ^ z),
    )
    for start in range(0, len(data), 64):
        block = struct.unpack("<16I", data[start : start + 64])
        a, b, c, d = state
        for order, shifts, constant, mix in rounds:
            for step, index in enumerate(order):
                total = (a + (mix(b, c, d) & 0xFFFFFFFF) + block[index] + constant) & 0xFFFFFFFF
                shift = shifts[step % 4]
                a, b, c, d = d, ((total << shift) | (total >> (32 - shift))) & 0xFFFFFFFF, b, c
        state = [(old + new) & 0xFFFFFFFF for old, new in zip(state, (a, b, c, d), strict=True)]
    return struct.pack("<4I", *state)


class _CredentialFile:
    """The one file of this process that pyspnego reads; made when the first login comes, gone at exit."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._path: Path | None = None

    def _ready(self) -> Path:
        if self._path is None or not self._path.exists():
            folder = tempfile.mkdtemp(prefix="twin-ntlm-")
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            self._path = Path(folder) / "users"
            self._path.touch(mode=0o600)
            os.environ["NTLM_USER_FILE"] = str(self._path)
        return self._path

    def context(self, wrapped: bool) -> ContextProxy:
        """Return a fresh acceptor, for SPNEGO-wrapped or for raw NTLM tokens."""
        with self._lock:
            self._ready()
            if wrapped:
                return spnego.server(protocol="negotiate", options=spnego.NegotiateOptions.use_negotiate)
            return spnego.server(protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm)

    def step(self, context: ContextProxy, token: bytes, user: str, domain: str, password: str) -> bytes | None:
        """Let the acceptor judge the last token against this one credential."""
        name = f"{domain}\\{user}" if domain else user
        digest = md4(password.encode("utf-16-le")).hex().upper()
        with self._lock:
            path = self._ready()
            path.write_text(f"{name}:500:{'0' * 32}:{digest}:[U]:LCT-00000000\n", encoding="utf-8")
            try:
                return context.step(token)
            finally:
                path.write_text("", encoding="utf-8")


_CREDENTIALS = _CredentialFile()


def _field(message: bytes, at: int) -> bytes:
    length, _room, offset = struct.unpack_from("<HHI", message, at)
    if offset + length > len(message):
        raise Refused("an NTLM field points outside its message")
    return message[offset : offset + length]


class _Authenticate:
    """The fields of an NTLM AUTHENTICATE message that name the user and the strength of the answer."""

    def __init__(self, token: bytes) -> None:
        message = token[token.index(_SIGNATURE) :]
        try:
            flags = struct.unpack_from("<I", message, 60)[0]
            coding = "utf-16-le" if flags & _UNICODE else "cp437"
            self.domain = _field(message, 28).decode(coding)
            self.user = _field(message, 36).decode(coding)
            self.lm, self.nt = _field(message, 12), _field(message, 20)
        except (struct.error, UnicodeDecodeError) as error:
            raise Refused(f"not an NTLM AUTHENTICATE message: {error}") from error
        if any(mark in self.domain + self.user for mark in ":\r\n"):
            raise Refused("a user or domain name holds a character that no account name has")


def _message_type(token: bytes) -> int:
    at = token.find(_SIGNATURE)
    return token[at + 8] if at >= 0 and at + 8 < len(token) else 0


class Login:
    """The login of one TCP connection; NTLM authenticates the connection, not the request."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._context: ContextProxy | None = None
        self.account: Account | None = None
        self.sealed = False

    def negotiate(self, scheme: str, encoded: str) -> str | None:
        """Take the token of an Authorization header.

        Returns the value of WWW-Authenticate to answer with, None when there is nothing left to say.
        Afterwards `account` is set when the login is complete. Raises `Refused`.
        """
        try:
            token = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError) as error:
            raise Refused("the token is not base64") from error
        if not token or len(token) > MAX_TOKEN:
            raise Refused("the token has no acceptable size")
        try:
            answer = self._authenticate(token) if _message_type(token) == 3 else self._begin(token)
        except (SpnegoError, ValueError, struct.error, IndexError) as error:
            self._forget()
            raise Refused(str(error)) from error
        except Refused:
            self._forget()
            raise
        return f"{scheme} {base64.b64encode(answer).decode()}" if answer else None

    def _forget(self) -> None:
        self._context, self.account, self.sealed = None, None, False

    def _begin(self, token: bytes) -> bytes | None:
        """The first token, or a SPNEGO round in between; on a connection that is logged in it means: once more."""
        if self._context is None or self.account is not None or _message_type(token) == 1:
            self._forget()
            self._context = _CREDENTIALS.context(wrapped=not token.startswith(_SIGNATURE))
        return self._context.step(token)

    def _authenticate(self, token: bytes) -> bytes | None:
        context, said = self._context, _Authenticate(token)
        if context is None:
            raise Refused("an AUTHENTICATE message came without a CHALLENGE before it")
        self._check_strength(said)
        domain, password = self._password(said.user, said.domain)
        try:
            answer = _CREDENTIALS.step(context, token, said.user, said.domain, password)
        except SpnegoError:
            # The account database counts what pyspnego refused; no password can hold a NUL.
            self._machine.accounts.authenticate(said.user, domain, "\x00")
            raise
        self.account = admitted(self._machine, said.user, domain, password)
        self.sealed = True
        return answer

    def _check_strength(self, said: _Authenticate) -> None:
        """LmCompatibilityLevel 4 refuses LM, 5 refuses NTLM version 1 as well (both answers are 24 bytes)."""
        level = self._machine.registry.data(LSA, "LmCompatibilityLevel", 3)
        strong = len(said.nt) > 24
        if not strong and not takes_ntlm1(self._machine) or level >= 4 and not said.nt:
            raise Refused(f"LmCompatibilityLevel {level} does not accept this answer")

    def _password(self, user: str, domain: str) -> tuple[str, str]:
        """Return the domain to look in and the password that the account database holds."""
        accounts = self._machine.accounts
        if accounts.knows_domain(domain):
            held = accounts.domain_users.get(user.lower())
            if held is None:
                raise Refused("no such domain user")
            return domain, held[0]
        # A domain that the machine does not know means its own accounts: a workgroup server looks nowhere else.
        found = accounts.users.get(user.lower())
        if found is None:
            raise Refused("no such user")
        return "", found.password

    def basic(self, encoded: str) -> None:
        """Take the user and password of a Basic header; on Windows Basic knows local accounts only."""
        with contextlib.suppress(binascii.Error, ValueError):
            user, colon, password = base64.b64decode(encoded, validate=True).decode("utf-8", "strict").partition(":")
            if colon:
                self.account = admitted(self._machine, user.rpartition("\\")[2], "", password)
                return
        raise Refused("not a Basic token")

    def unseal(self, content_type: str, body: bytes) -> bytes:
        """Decrypt a multipart/encrypted message (MS-WSMV 2.2.9.1). Raises `Undecryptable`."""
        if self._context is None or not self.sealed or PROTOCOL.lower() not in content_type.lower():
            raise Undecryptable("there is no security context for this message")
        parts = body.split(b"--" + BOUNDARY)
        if len(parts) < 4:
            raise Undecryptable("the message has not the two parts of an encrypted one")
        marker = b"Content-Type: application/octet-stream\r\n"
        payload = body[body.find(marker) + len(marker) :] if marker in body else b""
        payload = payload.removesuffix(b"--" + BOUNDARY + b"--\r\n").removesuffix(b"--" + BOUNDARY + b"--")
        length = _LENGTH.search(parts[1])
        if length is None or len(payload) < 4:
            raise Undecryptable("the message lacks its length or its signature")
        size = struct.unpack_from("<I", payload)[0]
        if size > 1024:
            raise Undecryptable("the signature has no acceptable size")
        try:
            clear = self._context.unwrap_winrm(payload[4 : 4 + size], payload[4 + size :])
        except (SpnegoError, ValueError, struct.error) as error:
            raise Undecryptable(str(error)) from error
        if len(clear) != int(length.group(1)):
            raise Undecryptable("the message is not as long as it says")
        return clear

    def seal(self, message: bytes) -> tuple[str, bytes]:
        """Encrypt an answer; returns its content type and the body."""
        if self._context is None:
            raise AssertionError("an answer is sealed only where a message was unsealed")
        header, data, padding = self._context.wrap_winrm(message)
        length = len(message) + padding
        mark = b"--" + BOUNDARY
        body = (
            mark
            + b"\r\n\tContent-Type: "
            + PROTOCOL.encode()
            + b"\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length="
            + str(length).encode()
            + b"\r\n"
            + mark
            + b"\r\n\tContent-Type: application/octet-stream\r\n"
            + struct.pack("<I", len(header))
            + header
            + data
            + mark
            + b"--\r\n"
        )
        return f'multipart/encrypted;protocol="{PROTOCOL}";boundary="{BOUNDARY.decode()}"', body


def admitted(machine: Machine, user: str, domain: str, password: str) -> Account:
    """Return the account when WinRM's own access list lets it in: administrators with a full token, nobody else.

    A local administrator other than RID 500 arrives without the group unless
    LocalAccountTokenFilterPolicy lifts the filter (KB951016). Raises `Refused`.
    """
    account = machine.accounts.authenticate(user, domain, password)
    if account is None:
        raise Refused("wrong user or password")
    if not account.administrator:
        raise Refused("the account is no administrator on this machine, or UAC took the group from its token")
    return account
