# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""certutil.exe (private to this collection): -encode, -decode, -hashfile and -urlcache.

All of its text goes to standard output; a failure ends with its HRESULT as exit code. It maps its input
into memory, so an empty file is an error.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from ..files import DiskFull, FileError
from ..network import WebError
from ..process import Process
from .textfiles import full
from .texts import WIN32, Text, win32

_OK = Text(
    "CertUtil: -{0} command completed successfully.",
    "CertUtil: -{0}-Befehl wurde erfolgreich ausgeführt.",
    "CertUtil: -{0} - команда успешно выполнена.",
)
_FAILED = Text(
    "CertUtil: -{0} command FAILED: {1}",
    "CertUtil: -{0}-Befehl ist fehlgeschlagen: {1}",
    "CertUtil: -{0} - команда НЕ ВЫПОЛНЕНА: {1}",
)
_RETURNED = Text("{0} returned {1} {2}", "{0} hat {1} zurückgegeben. {2}", "{0} вернул {1} {2}")
_INPUT = Text("Input Length = {0}", "Eingabelänge = {0}", "Длина ввода = {0}")
_OUTPUT = Text("Output Length = {0}", "Ausgabelänge = {0}", "Длина вывода = {0}")
_HASH = Text("{0} hash of file {1}:", "{0}-Hash der Datei {1}:", "Хэш {0} файла {1}:")
_UNKNOWN = Text(
    "CertUtil: Unknown arg: {0}", "CertUtil: Unbekanntes Argument: {0}", "CertUtil: Неизвестный аргумент: {0}"
)
_EXPECTED = Text(
    "Expected at least {0} args, received {1}",
    "Mindestens {0} Argumente erwartet, {1} empfangen",
    "Ожидалось не менее {0} аргументов, получено {1}",
)
_FUNCTIONS = {"encode": "EncodeToFile", "decode": "DecodeToFile"}


class _Failure(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


def run(process: Process) -> int:
    """``certutil [-f] -encode|-decode in out``, ``certutil -hashfile file [algorithm]``."""
    force = False
    verb = ""
    names: list[str] = []
    for argument in process.arguments:
        option = argument[1:].lower() if argument[:1] in ("-", "/") else ""
        if option in ("f", "v", "split", "unicode"):
            force = force or option == "f"
        elif option in ("encode", "decode", "hashfile", "urlcache") and not verb:
            verb = option
        elif option:
            process.say(_UNKNOWN(process, argument))
            return _signed(0x80070057)
        else:
            names.append(argument)
    if not verb:
        return 0
    needed = 1 if verb in ("hashfile", "urlcache") else 2
    if len(names) < needed:
        process.say(_EXPECTED(process, needed, len(names)))
        return _fail(process, verb, 87)
    try:
        if verb == "urlcache":
            return _fetch(process, names)
        return _hash(process, names) if verb == "hashfile" else _convert(process, verb, names, force)
    except _Failure as problem:
        return _fail(process, verb, problem.code)


def _signed(code: int) -> int:
    return code - 0x100000000 if code >= 0x80000000 else code


def _fail(process: Process, verb: str, code: int) -> int:
    result = 0x80070000 | code
    shown = f"0x{result:08x} (WIN32: {code})"
    text = win32(process, code)
    if verb in _FUNCTIONS and code != 87:
        process.say(_RETURNED(process, _FUNCTIONS[verb], text, shown))
    process.say(_FAILED(process, verb, shown))
    process.say("CertUtil: " + text)
    return _signed(result)


def _read(process: Process, name: str) -> bytes:
    try:
        data = process.machine.files.read(full(process, name))
    except FileError as problem:
        raise _Failure(problem.code if problem.code in WIN32 else 3) from None
    if not data:
        raise _Failure(1006)
    return data


def _fetch(process: Process, names: list[str]) -> int:
    """``-urlcache [-split] [-f] URL [file]``: over WinINet's cache into a file; ``URL delete`` clears the cache."""
    if names[1:] == ["delete"]:
        process.say(_OK(process, "URLCache"))
        return 0
    try:
        answer = process.machine.network.fetch(names[0])
    except WebError as problem:
        return _fail_with(process, "URLCache", problem.code)
    process.say("****  Online  ****")
    process.sleep(answer.seconds)
    target = full(process, names[1] if len(names) > 1 else names[0].rpartition("/")[2])
    try:
        process.machine.files.write(target, answer.data)
    except FileError as problem:
        raise _Failure(problem.code) from None
    process.say("  000000  ...")
    process.say(f"  {len(answer.data):06x}")
    process.say(_OK(process, "URLCache"))
    return 0


def _fail_with(process: Process, verb: str, code: int) -> int:
    """Fail with an HRESULT: one of win32's is shown with its number, another one as a signed number."""
    if code >> 16 == 0x8007:
        return _fail(process, verb, code & 0xFFFF)
    process.say(_FAILED(process, verb, f"0x{code:08x} ({_signed(code)})"))
    process.say(f"CertUtil: HTTP status {code & 0xFFFF}")
    return _signed(code)


def _convert(process: Process, verb: str, names: list[str], force: bool) -> int:
    data = _read(process, names[0])
    target = full(process, names[1])
    if process.machine.files.exists(target) and not force:
        raise _Failure(80)
    result = encode(data) if verb == "encode" else decode(data)
    if result is None:
        raise _Failure(13)
    try:
        process.machine.files.write(target, result)
    except DiskFull:
        raise _Failure(112) from None
    except FileError as problem:
        raise _Failure(problem.code if problem.code in WIN32 else 3) from None
    process.say(_INPUT(process, len(data)))
    process.say(_OUTPUT(process, len(result)))
    process.say(_OK(process, verb))
    return 0


def encode(data: bytes) -> bytes:
    """Base64 in lines of 64 between certificate marks."""
    text = base64.b64encode(data)
    lines = [text[index : index + 64] for index in range(0, len(text), 64)]
    return b"\r\n".join([b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""])


def decode(data: bytes) -> bytes | None:
    """The bytes behind base64 with or without marks; None when it is none."""
    match = re.search(rb"-----BEGIN [^-]*-----(.*?)-----END [^-]*-----", data, re.DOTALL)
    body = re.sub(rb"\s+", b"", match[1] if match else data)
    try:
        return base64.b64decode(body, validate=True) or None
    except binascii.Error:
        return None


def _hash(process: Process, names: list[str]) -> int:
    algorithm = (names[1] if len(names) > 1 else "SHA1").upper()
    known = algorithm in process.machine.certutil_hash_algorithms
    if not known or algorithm.lower() not in hashlib.algorithms_available:
        process.say(_FAILED(process, "hashfile", "0xd00000bb (-805306181)"))
        return _signed(0xD00000BB)
    digest = hashlib.new(algorithm.lower(), _read(process, names[0]), usedforsecurity=False).hexdigest()
    process.say(_HASH(process, algorithm, names[0]))
    process.say(" ".join(digest[index : index + 2] for index in range(0, len(digest), 2)))
    process.say(_OK(process, "hashfile"))
    return 0


TOOLS = {"certutil": run}
