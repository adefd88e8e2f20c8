# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tree that a cmd.exe command line is read into (private to this collection)."""

from __future__ import annotations

from dataclasses import dataclass


class SyntaxProblem(Exception):
    """The line is not a command; `token` is what was unexpected, None for a plainly wrong syntax."""

    def __init__(self, token: str | None = None) -> None:
        super().__init__(token or "")
        self.token = token


class Incomplete(Exception):
    """The text ended inside a parenthesis: cmd.exe drops such a command without a word."""


@dataclass(frozen=True)
class Redirect:
    """One redirection: `mode` is ``<``, ``>``, ``>>``, ``<&`` or ``>&``; for the last two `target` is a digit."""

    handle: int
    mode: str
    target: str


@dataclass(frozen=True)
class Simple:
    """A command with its arguments as one string, carets removed and quotes kept."""

    text: str
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True)
class Label:
    """A line that begins with a colon: never executed."""

    text: str


@dataclass(frozen=True)
class Block:
    """Commands in parentheses."""

    nodes: tuple[Node, ...]
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True)
class Chain:
    """Two commands joined by ``&``, ``&&``, ``||`` or ``|``."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Quiet:
    """A command after ``@``: not echoed."""

    node: Node


@dataclass(frozen=True)
class Condition:
    """What IF asks: `kind` is ``exist errorlevel defined cmdextversion ==`` or a comparison word."""

    kind: str
    left: str
    right: str = ""
    negated: bool = False
    ignore_case: bool = False


@dataclass(frozen=True)
class If:
    """IF with its branches."""

    condition: Condition
    then: Node
    otherwise: Node | None = None
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True)
class For:
    """FOR: `kind` is empty, ``D``, ``R``, ``L`` or ``F``; `options` is the path of /R or the quoted words of /F."""

    kind: str
    variable: str
    items: str
    body: Node
    options: str = ""
    redirects: tuple[Redirect, ...] = ()


Node = Simple | Label | Block | Chain | Quiet | If | For
