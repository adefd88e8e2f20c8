# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's chcp.com of NT 6.0 (private to this collection): shows and sets the code page of the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..process import Tool
from .texts import Text

if TYPE_CHECKING:
    from ..process import Process

ACTIVE = Text("Active code page: {0}", "Aktive Codepage: {0}.", "Текущая кодовая страница: {0}")
INVALID = Text("Invalid code page", "Ungültige Codepage", "Неверная кодовая страница")
BAD_PARAMETER = Text(
    "Parameter format not correct - {0}", "Parameterformat falsch - {0}", "Неправильный формат параметра - {0}"
)
UTF_8 = "65001"


def _codec(page: str) -> str | None:
    if page == UTF_8:
        return "utf-8"
    try:
        "".encode(f"cp{page}")
    except LookupError:
        return None
    return f"cp{page}"


def chcp(process: Process) -> int:
    """Run chcp.com: without an argument the number, with one another code page for everything on this console."""
    words = process.arguments
    if words and not (words[0].isascii() and words[0].isdigit()):
        process.say(BAD_PARAMETER(process, words[0]))
        return 1
    if words:
        codec = _codec(str(int(words[0])))
        if codec is None:
            process.say(INVALID(process))
            return 1
        process.codepage = codec
    process.say(ACTIVE(process, UTF_8 if process.codepage == "utf-8" else process.codepage.removeprefix("cp")))
    return 0


TOOLS: dict[str, Tool] = {"chcp": chcp}
