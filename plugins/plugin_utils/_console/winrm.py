# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`winrm get` and `winrm enumerate`: the settings of WinRM (private to this collection).

The names are those of the XML that the service answers, so no language changes them: a line is four blanks for each
level, a name, and ``= value`` unless it is empty or a level of its own. A setting that Group Policy rules carries
``[Source="GPO"]``. A failure is translated text, and no line of it has this shape at the first level.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .text import ConsoleError, UnknownLine, content

CONFIG = "call winrm get winrm/config 2>&1"
LISTENERS = "call winrm enumerate winrm/config/listener 2>&1"
ROOT, LISTENER = "winrm/config", "winrm/config/Listener"
# What a listener is made with (Win32 documentation, WinRM installation and configuration).
LISTENER_NAMES = ("Port", "Hostname", "Enabled", "URLPrefix", "CertificateThumbprint")
NOT_THERE = "0x80338000"  # ERROR_WSMAN_RESOURCE_NOT_FOUND
_SELECTOR = re.compile(r"^Address=([A-Za-z0-9.:*_-]+)\+Transport=(HTTPS?)$", re.IGNORECASE)
_PAIRS = re.compile(";".join(f'{name}="([^"]*)"' for name in LISTENER_NAMES))
_LINE = re.compile(r'^((?: {4})*)([A-Za-z][A-Za-z0-9]*)(?: \[Source="([A-Za-z]+)"\])?(?: = (.*))?$')
_SOURCED = re.compile(r'^(.*?) \[Source="([A-Za-z]+)"\]$')

Settings = dict[str, dict[str, str]]
SOURCE = "Source"


def parse_config(text: str) -> Settings:
    """Read the configuration: path in lower case (``winrm/config/service/auth``) -> name -> value; empty is ``""``."""
    return parse_ruled(text)[0]


def parse_ruled(text: str) -> tuple[Settings, Settings]:
    """Read the configuration, and who rules what of it: path -> name -> source, ``GPO`` for Group Policy."""
    settings: Settings = {}
    ruled: Settings = {}
    above: list[str] = []
    lines = [_matched(line) for line in content(text)]
    if not lines or (lines[0][0], lines[0][1]) != (0, "Config"):
        raise ConsoleError(f"winrm showed no configuration: {' '.join(text.split())[:200] or 'nothing'}")
    for number, (depth, name, value, source) in enumerate(lines):
        below = number + 1 < len(lines) and lines[number + 1][0] > depth
        del above[depth:]
        if depth > len(above) or (below and value is not None) or not (below or above):
            raise UnknownLine("winrm get", name)
        if below:
            above.append(name)
            settings[_path(above)] = {}
        else:
            settings[_path(above)][name] = value or ""
            if source:
                ruled.setdefault(_path(above), {})[name] = source
    return settings, ruled


def parse_listeners(text: str) -> list[dict[str, str]]:
    """Read the listeners: Address, Transport, Port, Enabled, CertificateThumbprint and more, as text.

    One that Group Policy makes has a ``Source`` as well.
    """
    found: list[dict[str, str]] = []
    for depth, name, value, source in map(_matched, content(text)):
        if depth == 0 and name == "Listener":
            found.append({SOURCE: source} if source else {})
        elif depth == 1 and found:
            found[-1][name] = value or ""
        else:
            raise UnknownLine("winrm enumerate", name)
    return found


def assign(path: str, name: str, value: str) -> str:
    """Return the line that sets one setting; ``call``, because winrm is a batch file itself."""
    if not re.fullmatch(r"winrm/config(?:/[a-z]+)*", path, re.IGNORECASE) or not re.fullmatch(r"[A-Za-z0-9]+", name):
        raise ConsoleError(f"winrm has no setting {path} {name}")
    if re.search(r'["%!;\r\n\0]', value):
        raise ConsoleError(f"a line of cmd.exe cannot give winrm the value {value!r}")
    return f'call winrm set {path} @{{{name}="{value}"}}'


def selector(listener: Mapping[str, str]) -> str:
    """Return what tells one listener from another."""
    return f"Address={listener.get('Address', '')}+Transport={listener.get('Transport', '')}"


def listener_words(listener: Mapping[str, str]) -> str:
    """Return what a listener is made with, always in the same order and spelling, so that two can be compared."""
    held = {**listener, "CertificateThumbprint": thumbprint(listener.get("CertificateThumbprint", ""))}
    return ";".join(f'{name}="{held.get(name, "")}"' for name in LISTENER_NAMES)


def thumbprint(text: str) -> str:
    """Return a thumbprint in one spelling: the certificate console shows blanks, and an invisible mark before it."""
    return re.sub(r"[^0-9A-F]", "", text.upper())


def listener_of(key: str, words: str) -> dict[str, str]:
    """Read what `selector` and `listener_words` wrote; `ConsoleError` for anything else."""
    place, held = _SELECTOR.match(key), _PAIRS.fullmatch(words)
    if place is None or held is None:
        raise ConsoleError(f"{key} {words} is no listener of WinRM")
    return {"Address": place[1], "Transport": place[2], **dict(zip(LISTENER_NAMES, held.groups(), strict=True))}


def make_listener(key: str, words: str) -> str:
    """Return the line that makes a listener, or lets the one that is there have these values.

    An empty value is left out: winrm takes the default of its version then. A listener over HTTP has no certificate.
    """
    listener = listener_of(key, words)
    given = {name: listener[name] for name in LISTENER_NAMES if listener[name]}
    if any(re.search(r'["%!;\r\n\0&|<>^]', one) for one in (key, *given.values())):
        raise ConsoleError(f"a line of cmd.exe cannot give winrm the listener {key} {words}")
    values = ";".join(f'{name}="{value}"' for name, value in given.items())
    place = f"{LISTENER}?{key}"
    return (
        f"(call winrm get {place} >nul 2>&1 && call winrm set {place} @{{{values}}}) || "
        f"call winrm create {place} @{{{values}}}"
    )


def remove_listener(key: str, file: str) -> str:
    """Return the line that removes a listener; one that is not there is as good as removed.

    The script tells every failure by the same exit code, and by a number in its text, which no language changes. The
    text goes through `file`.
    """
    if not _SELECTOR.match(key):
        raise ConsoleError(f"{key!r} is no listener of WinRM")
    return (
        f'call winrm delete {LISTENER}?{key} >"{file}" 2>&1 || find "{NOT_THERE}" "{file}" >nul || '
        f'(type "{file}" & cmd /c exit 1)'
    )


def _matched(line: str) -> tuple[int, str, str | None, str]:
    match = _LINE.match(line)
    if match is None:
        raise UnknownLine("winrm", line)
    value = match[4]
    sourced = _SOURCED.match(value) if value else None
    source = match[3] or (sourced[2] if sourced else "")
    return len(match[1]) // 4, match[2], sourced[1] if sourced else value, source


def _path(above: list[str]) -> str:
    return "/".join(["winrm", *above]).casefold()
