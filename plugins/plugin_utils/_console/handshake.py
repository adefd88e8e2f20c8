# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`winrm identify` from the machine to itself: do its own programs find TLS there (private to this collection).

WinRM's client goes through WinHTTP and Schannel, as most programs of Windows do. It chooses the version itself: NT 6.0
has no program that offers one version alone. Certificates are not judged. Numbers of errors tell what came of it, in
every language (Win32 documentation, WinHTTP Error Messages; winerror.h, facility 0x33 for WS-Management).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

WAIT = 5000
"""Milliseconds until a listener that says nothing is left alone."""
_NUMBER = re.compile(r"\b0x([0-9A-Fa-f]{8})\b")
_IDENTITY = "IdentifyResponse"
_NOTHING_IN_COMMON = 0x80072F7D
_CERTIFICATE = 0x80072F8F
_NO_HTTP = 0x80072F78
# What WinRM makes of an answer in HTTP that is not one of WS-Management: the bytes came through TLS.
_HTTP = {
    *(0x803380F5, 0x803380F7, 0x803380F8),
    *(0x8033810F, 0x80338110, 0x80338111, 0x80338112, 0x80338113),
    *(0x80338170, 0x80338171, 0x80338173),
}
_UNHEARD = {
    0x80072EE2: "it did not answer in time",
    0x80072EFD: "no connection came about",
    0x80338012: "no connection came about",
    0x80072EFE: "the connection broke off: a version that both lack, or a program that expects something else first",
}


@dataclass(frozen=True)
class Own:
    """What came of one listener; `spoken` is None where it cannot be told, and `said` says why or by what."""

    spoken: bool | None
    said: str


def line(port: int) -> str:
    """Build the line that asks one port, only when something listens there: a closed one would cost a second."""
    listens = f'netstat -nao | findstr /r /c:":{port} .*:0 " >nul'
    switches = f"-authentication:none -skipcacheck -skipcncheck -timeout:{WAIT}"
    return f"{listens} && call winrm identify -remote:https://127.0.0.1:{port} {switches} 2>&1"


def parse(text: str) -> Own | None:
    """Read what a line said; None when nothing listens on the port."""
    if not text.strip():
        return None
    if _IDENTITY in text:
        return Own(True, "WS-Management answers over TLS")
    numbers = [int(one, 16) for one in _NUMBER.findall(text)]
    if not numbers:
        return Own(None, f"winrm said: {' '.join(text.split())[:160]}")
    number = numbers[-1]
    shown = f"0x{number:08X}"
    if number in _HTTP:
        return Own(True, f"a web server answers over TLS ({shown})")
    if number == _NO_HTTP:
        return Own(True, f"something that is no web server answers over TLS ({shown})")
    if number == _CERTIFICATE:
        return Own(True, f"the handshake came as far as the certificate, which is not in order ({shown})")
    if number == _NOTHING_IN_COMMON:
        return Own(False, f"Schannel found no version or suite in common ({shown})")
    return Own(None, f"{_UNHEARD.get(number, 'winrm ended with an error that says nothing about TLS')} ({shown})")
