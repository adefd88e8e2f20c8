# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The script with which the target fetches packages itself, from a share or a mirror (private to this collection).

It runs as SYSTEM like every job, and fetches *all* packages of a plan before the first is installed: a share that
cannot be read, a missing file, a file that arrives altered ends the run while Windows is still as it was. What has
arrived is kept in a folder of its own, with its SHA-1 in its name, so that the next run need not fetch it again.

From a share: ``copy``. From a web server, with what NT 6.0 has in the box:

* bitsadmin first. It is there on Vista and Server 2008 (the vendor's reference says so for each of the options used
  here), writes to disk as it goes and survives lost connections and restarts. ``/transfer`` is not used: it waits for
  ever on an error that BITS calls transient, such as a name that does not resolve (default: 14 days). The states that
  ``/rawreturn /getstate`` prints are not translated (its documentation shows them so; no NT 6.0 has confirmed it).
* certutil where BITS is disabled, or the server cannot do what it needs (ranges and a known length). It holds the file
  in memory and leaves a copy in the URL cache, which is deleted. That certutil of NT 6.0 takes files of hundreds of
  megabytes is not proven; some security products take it for an attack.

No script host and no PowerShell: the first is switched off on many hardened servers, the second is not there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .._console.task import system_task
from .job import (
    CLOSING,
    LIMIT,
    SCRIPT_FILE,
    STATE_FILE,
    TASK_PREFIX,
    TOOLS,
    encode,
    opening,
    phase,
    refuse_unsafe,
    report,
    verify,
)

NAME = "media"  # what this job is called where others have a KB number
_URL = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(/[A-Za-z0-9._~/%@+,=$()-]*)?", re.I)
_PATIENCE = 120  # seconds without a byte after which BITS gives an error up
_RETRY = 10  # seconds between its tries
_LOOK = 6  # pings of one second between two looks at it


@dataclass(frozen=True)
class Wanted:
    """One file to fetch: from `source` (a UNC path or a URL) to `path` on the target; `size` None is not known."""

    package: str
    source: str
    path: str
    sha1: str
    size: int | None

    def __post_init__(self) -> None:
        refuse_unsafe(self.package, self.path, self.sha1)
        if self.by_http:
            if not _URL.fullmatch(self.source):
                raise ValueError(f"{self.source!r} cannot be written into a batch file unchanged")
        else:
            refuse_unsafe(self.source)

    @property
    def by_http(self) -> bool:
        """Whether it comes from a web server."""
        return "://" in self.source


@dataclass(frozen=True)
class Pull:
    """The job that fetches; it looks like `Job` to whoever starts it and waits for it."""

    folder: str
    boot: str
    wanted: tuple[Wanted, ...]

    package = NAME
    task = TASK_PREFIX + NAME

    def path(self, name: str) -> str:
        """Return the full path of a file in the folder."""
        return f"{self.folder}\\{name}"

    def script(self) -> bytes:
        """Return the batch file; it ends at the first file that does not arrive as it should."""
        refuse_unsafe(self.folder, self.boot)
        lines = opening("Fetches update packages", self.folder, self.boot)
        for number, one in enumerate(self.wanted, 1):
            lines += self._one(one, number)
        return encode([*lines, *CLOSING])

    def _one(self, one: Wanted, number: int) -> list[str]:
        return [
            f">>{STATE_FILE} echo package {one.package}",
            *phase("fetch"),
            # left by an earlier run: looked at again below, as it may be half a file
            f'if not exist "{one.path}" goto get{number}',
            *_same_size(one, f"get{number}"),
            f">>{STATE_FILE} echo by earlier run",
            f"goto check{number}",
            f":get{number}",
            *(_http(one, number) if one.by_http else _copy(one)),
            *report("fetch"),
            *_size(one, number),
            f":check{number}",
            *phase("verify"),
            *_verify(one, number),
        ]

    def task_xml(self) -> bytes:
        """Return the task for ``schtasks /create /xml``."""
        return system_task(f"{self.task}: fetches update packages, once", self.path(SCRIPT_FILE), self.folder, LIMIT)


def url(base: str, name: str) -> str:
    """Return the address of a file below `base`."""
    return f"{base.rstrip('/')}/{''.join(map(_escaped, name))}"


def _escaped(character: str) -> str:
    """Return a character as an address may carry it; urllib would do, but the doors alone have the network's names."""
    plain = character.isascii() and (character.isalnum() or character in "/-._~")
    return character if plain else "".join(f"%{byte:02X}" for byte in character.encode())


def unc(base: str, name: str) -> str:
    """Return the full path of a file below the share `base`."""
    return base.rstrip("\\") + "\\" + name.replace("/", "\\")


def _copy(one: Wanted) -> list[str]:
    return [f'copy /y "{one.source}" "{one.path}" >fetch.log 2>&1']


def _verify(one: Wanted, number: int) -> list[str]:
    """Verify, and throw a file away that is not the one: the next run shall fetch it anew."""
    lines = verify(one.path, one.sha1, str(number))
    bad = lines.index("if not %code%==0 goto end")
    lines[bad] = f"if %code%==0 goto verified{number}"
    return [*lines[: bad + 1], f'del /q "{one.path}"', "goto end", *lines[bad + 2 :]]


def _same_size(one: Wanted, otherwise: str) -> list[str]:
    if one.size is None:
        return []
    return [f'for %%f in ("{one.path}") do set size=%%~zf', f'if not "%size%"=="{one.size}" goto {otherwise}']


def _size(one: Wanted, number: int) -> list[str]:
    """A file of another length is named as such: it is mostly a server's error page, or half of what was there."""
    if one.size is None:
        return []
    return [
        *_same_size(one, f"wrong{number}"),
        f"goto check{number}",
        f":wrong{number}",
        f">>{STATE_FILE} echo size %size%",
        f'del /q "{one.path}"',
        "goto end",
    ]


def _http(one: Wanted, number: int) -> list[str]:
    """Fetch by BITS, else by certutil; `%errorlevel%` tells at the end. In a batch file a percent sign is doubled."""
    name, address = f'"sunset.ws2008 {one.package}"', one.source.replace("%", "%%")
    bits = f"{TOOLS}bitsadmin.exe"
    states = ("QUEUED", "CONNECTING", "TRANSFERRING", "TRANSIENT_ERROR")
    return [
        f"{bits} /cancel {name} >nul 2>&1",
        f"{bits} /create /download {name} >fetch.log 2>&1",
        f"if not %errorlevel%==0 goto plain{number}",
        f'{bits} /addfile {name} "{address}" "{one.path}" >>fetch.log 2>&1',
        f"if not %errorlevel%==0 goto dropped{number}",
        f"{bits} /setpriority {name} FOREGROUND >>fetch.log 2>&1",
        f"{bits} /setnoprogresstimeout {name} {_PATIENCE} >>fetch.log 2>&1",
        f"{bits} /setminretrydelay {name} {_RETRY} >>fetch.log 2>&1",
        f"{bits} /resume {name} >>fetch.log 2>&1",
        f"if not %errorlevel%==0 goto dropped{number}",
        f":look{number}",
        "set bits=",
        f"for /f %%s in ('{bits} /rawreturn /getstate {name}') do set bits=%%s",
        f'if "%bits%"=="TRANSFERRED" goto taken{number}',
        *(f'if "%bits%"=="{state}" goto later{number}' for state in states),
        f"goto dropped{number}",
        f":later{number}",
        f"{TOOLS}ping.exe -n {_LOOK} 127.0.0.1 >nul",
        f"goto look{number}",
        f":taken{number}",
        f"{bits} /complete {name} >>fetch.log 2>&1",
        f'if exist "{one.path}" goto bits{number}',
        f":dropped{number}",
        f"{bits} /geterror {name} >>fetch.log 2>&1",
        f"{bits} /cancel {name} >nul 2>&1",
        f":plain{number}",
        f">>{STATE_FILE} echo by certutil",
        f'{TOOLS}certutil.exe -urlcache -split -f "{address}" "{one.path}" >>fetch.log 2>&1',
        "set code=%errorlevel%",
        f'{TOOLS}certutil.exe -urlcache "{address}" delete >nul 2>&1',
        f"{TOOLS}cmd.exe /d /c exit %code%",  # hands the code on to `report`
        f"goto came{number}",
        f":bits{number}",
        f">>{STATE_FILE} echo by bitsadmin",
        f"{TOOLS}cmd.exe /d /c exit 0",
        f":came{number}",
    ]
