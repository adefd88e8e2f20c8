# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Folders on the target that only SYSTEM and the administrators can touch (private to this collection).

Ordinary users may create files below ``%ProgramData%``, and what lies in our folders is run as SYSTEM or believed.
"""

from __future__ import annotations

import re

from .._target.session import CommandResult, Session, TargetError

BASE = "sunset.ws2008"
_SYSTEM, _ADMINISTRATORS = "*S-1-5-18", "*S-1-5-32-544"


class NoGround(TargetError):
    """A closed folder could not be had on the target; the sentence says what follows."""


def closed_folder(session: Session, name: str, so: str = "nothing was changed") -> str:
    r"""Make ``%ProgramData%\<name>`` and close its first part to all but SYSTEM and Administrators; return its path.

    `name` begins with ``sunset.ws2008``. The accounts are named by SID, because their names are translated, and whoever
    made the folder before us loses it: its owner could open it again. `so` says what follows from
    a failure; it is the end of the sentence of `NoGround`.
    """
    path = f"%ProgramData%\\{name}"
    made = session.run(f'mkdir "{path}" 2>nul & if exist "{path}" (echo {path}) else (exit 3)')
    full = made.stdout.strip()
    if made.rc != 0 or not re.fullmatch(r'[A-Za-z]:\\[^%\r\n"&|<>^]+', full):
        raise NoGround(f"the folder {path} cannot be made on the target: {said(made)}; {so}")
    base = full[: len(full) - len(name)] + BASE
    closed = session.run(_closing(base))
    if closed.rc != 0:
        raise NoGround(
            f"the folder {base} on the target cannot be closed to ordinary users (icacls ended in {closed.rc}: "
            f"{said(closed)}), and what SYSTEM runs is not kept in an open one; {so}"
        )
    return full


def _closing(folder: str) -> str:
    """Return the line that closes a folder to all but SYSTEM and Administrators, whoever owned it before."""
    return (
        f'icacls "{folder}" /setowner {_ADMINISTRATORS} /q >nul 2>&1 & '
        f'icacls "{folder}" /inheritance:r /grant:r {_SYSTEM}:(OI)(CI)F {_ADMINISTRATORS}:(OI)(CI)F /q'
    )


def said(done: CommandResult) -> str:
    """Return what a command printed as one line, for a sentence."""
    return " ".join((done.stderr + " " + done.stdout).split()) or f"no words, return code {done.rc}"
