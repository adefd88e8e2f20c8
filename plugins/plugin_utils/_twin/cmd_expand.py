# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The three expansions of cmd.exe (private to this collection): ``%percent%``, ``%%f`` and ``!delayed!``.

Percent expansion happens when a line is read and follows different rules in a batch file and on a
command line; FOR variables and delayed ones are replaced when the command runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

Lookup = Callable[[str], str | None]
Modify = Callable[[str, str], str]
MODIFIERS = "fdpnxsatz"


def percent_command_line(text: str, lookup: Lookup) -> str:
    """Expand as at the prompt: what is not defined stays as it was typed, and ``%%`` means nothing special."""
    out: list[str] = []
    position = 0
    while position < len(text):
        if text[position] != "%":
            stop = text.find("%", position)
            stop = len(text) if stop < 0 else stop
            out.append(text[position:stop])
            position = stop
            continue
        found = _reference(text, position, "%", lookup)
        if found is None or found[0] is None:
            out.append("%")
            position += 1
            continue
        out.append(found[0])
        position = found[1]
    return "".join(out)


def percent_batch(
    text: str, lookup: Lookup, arguments: Sequence[str], rest: str, modify: Modify, script: str = ""
) -> str:
    """Expand a line of a batch file: ``%%`` is one percent, ``%1 %* %~dp0`` are arguments, the undefined vanishes.

    `script` is the file's full path, which ``%~dpnx0`` means even inside CALL :label, where %0 is the label.
    """
    out: list[str] = []
    position = 0
    while position < len(text):
        character = text[position]
        if character != "%":
            stop = text.find("%", position)
            stop = len(text) if stop < 0 else stop
            out.append(text[position:stop])
            position = stop
            continue
        following = text[position + 1 : position + 2]
        if following == "%":
            out.append("%")
            position += 2
        elif following == "*":
            out.append(rest)
            position += 2
        elif following and following in "0123456789":
            out.append(_argument(arguments, int(following)))
            position += 2
        else:
            value, position = _batch_reference(text, position, lookup, arguments, modify, script)
            out.append(value)
    return "".join(out)


def _argument(arguments: Sequence[str], index: int) -> str:
    return arguments[index] if index < len(arguments) else ""


def _batch_reference(
    text: str, position: int, lookup: Lookup, arguments: Sequence[str], modify: Modify, script: str
) -> tuple[str, int]:
    tilde = re.compile(r"%~([a-zA-Z]*)(\$[^:%]+:)?([0-9])").match(text, position)
    if tilde and all(letter.lower() in MODIFIERS for letter in tilde[1]):
        modifiers, index = (tilde[1] or "") + (tilde[2] or ""), int(tilde[3])
        value = script if script and modifiers and tilde[3] == "0" else _argument(arguments, index)
        return modify(modifiers, value), tilde.end()
    found = _reference(text, position, "%", lookup)
    if found is None:
        return "", position + 1
    text_found, end = found
    return text_found or "", end


def _reference(text: str, position: int, mark: str, lookup: Lookup) -> tuple[str | None, int] | None:
    """Value and end of the reference that begins here; None when none does (no closing mark, a modifier that is none).

    An undefined variable gives ``(None, end)``; for ``%NAME:`` the end is just behind the colon, for that is
    how far a batch file drops the text.
    """
    close = text.find(mark, position + 1)
    if close < 0:
        colon = text.find(":", position + 1)
        if mark == "%" and colon > position + 1 and lookup(text[position + 1 : colon]) is None:
            return None, colon + 1
        return None
    name = text[position + 1 : close]
    if not name:
        return None, close + 1
    colon = name.find(":", 1)
    if colon < 0:
        return lookup(name), close + 1
    value = lookup(name[:colon])
    if value is None:
        return None, (position + colon + 2 if mark == "%" else close + 1)
    changed = substring_or_replace(value, name[colon + 1 :])
    return None if changed is None else (changed, close + 1)


def substring_or_replace(value: str, modifier: str) -> str | None:
    """``~n,m`` or ``[*]a=b`` applied to a value; None when it is neither."""
    if modifier.startswith("~"):
        return _substring(value, modifier[1:])
    old, sign, new = modifier.partition("=")
    if not sign or not old:
        return None
    lowered = value.lower()
    if old.startswith("*") and len(old) > 1:
        found = lowered.find(old[1:].lower())
        return value if found < 0 else new + value[found + len(old) - 1 :]
    if not value:
        return ""
    return re.sub(re.escape(old), lambda _: new, value, flags=re.IGNORECASE)


def _substring(value: str, text: str) -> str | None:
    number = r"\s*[+-]?(?:0[xX][0-9a-fA-F]+|\d+)"
    if not text or not re.fullmatch(rf"(?:{number})?(?:,(?:{number})?)?", text):
        return None
    first, comma, second = text.partition(",")
    start = _number(first)
    if start < 0:
        start = max(len(value) + start, 0)
    if not comma:
        return value[start:]
    length = _number(second)  # nothing behind the comma is a length of 0
    stop = len(value) + length if length < 0 else start + length
    return value[start : max(stop, start)]


def _number(text: str) -> int:
    match = re.match(r"\s*([+-]?)(0[xX][0-9a-fA-F]+|\d+)", text)
    if not match:
        return 0
    number = int(match[2], 16) if match[2][:2].lower() == "0x" else int(match[2])
    return -number if match[1] == "-" else number


def delayed(text: str, lookup: Lookup) -> str:
    """Expand ``!NAME!``; carets are only touched when the text holds an exclamation mark at all."""
    if "!" not in text:
        return text
    out: list[str] = []
    position = 0
    while position < len(text):
        character = text[position]
        if character == "^":
            out.append(text[position + 1 : position + 2])
            position += 2
        elif character == "!":
            found = _reference(text, position, "!", lookup)
            if found is None:
                position += 1
            else:
                out.append(found[0] or "")
                position = found[1]
        else:
            out.append(character)
            position += 1
    return "".join(out)


def for_variables(text: str, variables: Mapping[str, str], modify: Modify) -> str:
    """Replace ``%f`` and ``%~dpf`` by the values of the running FOR loops; everything else stays."""
    if "%" not in text or not variables:
        return text
    out: list[str] = []
    position = 0
    while position < len(text):
        if text[position] != "%":
            out.append(text[position])
            position += 1
            continue
        following = text[position + 1 : position + 2]
        if following == "~":
            found = _modified(text, position + 2, variables)
            if found:
                modifiers, name, position = found
                out.append(modify(modifiers, variables[name]))
                continue
        elif following and following in variables:
            out.append(variables[following])
            position += 2
            continue
        out.append("%")
        position += 1
    return "".join(out)


def _modified(text: str, start: int, variables: Mapping[str, str]) -> tuple[str, str, int] | None:
    """Modifiers, variable and end; the longest reading wins, so ``%~dpna`` is d, p, n of a."""
    end = start
    while end < len(text) and text[end].lower() in MODIFIERS:
        end += 1
    if end < len(text) and text[end] == "$":
        colon = text.find(":", end)
        if colon > 0 and text[colon + 1 : colon + 2] in variables and text[colon + 1 : colon + 2]:
            return text[start : colon + 1], text[colon + 1], colon + 2
    for index in range(min(end, len(text) - 1), start - 1, -1):
        if text[index] in variables:
            return text[start:index], text[index], index + 1
    return None
