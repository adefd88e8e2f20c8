# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a running cmd.exe remembers (private to this collection): environment, batch frames, budget, jumps."""

from __future__ import annotations

from dataclasses import dataclass, field

from .process import Killed

MAX_STEPS = 400_000
MAX_DEPTH = 24
MAX_LINE = 8191


class Environment(dict[str, str]):
    """Variables by upper-case name; `spelling` keeps how each name was first written, for SET."""

    def __init__(self, values: dict[str, str] | None = None) -> None:
        super().__init__()
        self.spelling: dict[str, str] = {}
        if isinstance(values, Environment):
            self.spelling = dict(values.spelling)
            super().update(values)
        else:
            for name, value in (values or {}).items():
                self.put(name, value)

    def put(self, name: str, value: str) -> None:
        """Set a variable; an empty value removes it, as in Windows."""
        key = name.upper()
        if value == "":
            self.pop(key, None)
            self.spelling.pop(key, None)
            return
        self.spelling.setdefault(key, name)
        self[key] = value

    def named(self) -> list[tuple[str, str]]:
        """Name as spelled and value, in the order SET prints."""
        return [(self.spelling.get(key, key), self[key]) for key in sorted(self)]


@dataclass
class Budget:
    """How many commands one command line may still run; the twin's guard against endless loops."""

    steps: int = MAX_STEPS

    def spend(self) -> None:
        """Count one command; raises `Killed` when the budget is used up."""
        self.steps -= 1
        if self.steps < 0:
            raise Killed("a command line ran for longer than the twin lets it")


@dataclass
class Saved:
    """What SETLOCAL keeps for ENDLOCAL."""

    environment: Environment
    directory: str
    drive_directories: dict[str, str]
    delayed: bool
    extensions: bool = True


@dataclass
class Frame:
    """One batch file, or one CALL :label inside it."""

    path: str
    arguments: list[str]
    rest: str
    lines: list[str]
    position: int = 0
    saved: list[Saved] = field(default_factory=list)

    def next_line(self) -> str | None:
        """The next line of the file, None at its end."""
        if self.position >= len(self.lines):
            return None
        line = self.lines[self.position]
        self.position += 1
        return line


class Leave(Exception):
    """EXIT /B or GOTO :EOF: ends the innermost batch frame with a return code."""

    def __init__(self, code: int = 0) -> None:
        super().__init__(code)
        self.code = code


class Quit(Exception):
    """EXIT: ends this cmd.exe."""


class Jump(Exception):
    """GOTO: go on behind a label (the frame's position is already there)."""


class Abort(Exception):
    """A fatal error: every batch file of this cmd.exe ends."""
