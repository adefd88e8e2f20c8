# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`systeminfo` of any language in any encoding (private to this collection), read by its shape alone.

systeminfo prints label and value in two columns; labels, dates and most values are translated, the columns and
the order are not. So the column is found by counting where values start, the version line is found by its value
(``6.0.6002 Service Pack 2 Build 6002``), and everything else is found by its place relative to that line. Lists are
lines ``[01]: value`` below their field.

Captures come broken in known ways, all of them met: a prompt or a code page message before the text, lines cut at
80 columns, lists cut short, UTF-16 from PowerShell, OEM code pages whose columns count bytes (936) and whose letters
include byte 0x85. The bytes are therefore read as Latin-1 first, where one byte is one column, and decoded for real
when the locale line has told the code page.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from .text import ConsoleError, codec_of, csv_fields, decode, is_prompt, is_unicode, split_lines
from .wmic import is_hotfix_id

_BLANKS = " \t"
_FIELD = re.compile(r"^(\S[^\r\n]*?:)([ \t]+)(\S.*)$")
_ITEM = re.compile(r"^[ \t]*\[(\d{2,4})\] ?: ?(.*)$")
# No date is a version: "12.03.2009, 14:05" and "6.1.2009 14:05" stand in the same column.
_VERSION = re.compile(r"^([3-6]|10)\.([0-4])\.(\d{4,5})(?![\d.,]|[ \t]+\d{1,2}[:.]\d\d)(.*)$")
_VERSION_LINE = re.compile(r"^(\S[^\r\n]*?:[ \t]+)(?:[3-6]|10)\.[0-4]\.\d{4,5}(?![\d.,]|[ \t]+\d{1,2}[:.]\d\d)")
_LOCALE = re.compile(r"^([a-z]{2,3})(?:-[A-Za-z]{2,4})*;")
_SYSTEM_TYPE = re.compile(r"^(x64|x86|itanium|ia64)\b", re.IGNORECASE)
_DIRECTORY = re.compile(r"^[A-Za-z]:\\[^\\]+$")
_SYSTEM_TYPE_INSIDE = re.compile(r"(?<![\w-])(x64|x86|itanium|ia64)(?![\w-])", re.IGNORECASE)
_SYSTEM_TYPE_PLACE = 10
"""The system type stands eleven fields behind the version: ten, counted from the field that follows it."""
_QUOTED = re.compile(r"^[ \t]*(?:[>|#*]|//)(?= |$)")
_DOMAIN = 12
"""The domain stands twelve fields behind the Windows folder, the logon server and the updates follow."""
_CODEPAGES = {
    "437": "en",
    "850": "de fr it es nl pt sv da nb no fi is",
    "852": "cs hu pl ro hr sk sl bs sq",
    "866": "ru uk be bg",
    "737": "el",
    "857": "tr az",
    "862": "he",
    "720": "ar fa ur",
    "775": "et lv lt",
    "874": "th",
    "1258": "vi",
    "932": "ja",
    "949": "ko",
    "936": "zh",
}
_TRADITIONAL = ("zh-tw", "zh-hk", "zh-mo")


class NotSystemInfo(ConsoleError):
    """The text does not have the shape of systeminfo output."""


@dataclass(frozen=True)
class SystemInfo:
    """What the text says. Texts are as printed; None means that the capture does not hold it.

    `hotfixes` is None when the list says N/A (which it also does for an account that may not read it), is missing, or
    was cut; what there was of a cut list is in `hotfixes_seen`, and `hotfix_note` says what is wrong with it.
    """

    host: str | None
    caption: str | None
    version: str
    build: int
    service_pack: int
    configuration: str | None
    arch: str | None
    windows_directory: str | None
    locale: str | None
    domain: str | None
    hotfixes: tuple[str, ...] | None
    hotfixes_seen: tuple[str, ...]
    hotfix_note: str | None
    codepage: str | None


@dataclass
class _Field:
    """One field: the value on its own line, the numbered items below it, and whether its last line was complete."""

    value: str
    items: list[tuple[int, str]]
    complete: bool = True


def parse(data: bytes) -> SystemInfo:
    """Read a capture. Raises `NotSystemInfo` when there is no version line where systeminfo has one.

    What ``systeminfo | findstr`` leaves over is read too, when the name of the system stands above its version.
    """
    unicode = is_unicode(data)
    text = decode(data) if unicode else data.decode("latin-1")
    fields, columns = _csv_fields(text), True
    if not fields:
        fields, columns = _fields(text, wide=unicode)
    place = next((number for number, field in enumerate(fields) if _VERSION.match(field.value)), None)
    if place is None:
        raise NotSystemInfo(
            "no line of the text has a Windows version for its value, as systeminfo has in its third line"
        )
    info = _read(fields, place, None if unicode else _codepage(fields))
    filtered = place == 1 and "windows" in fields[0].value.lower()
    if not filtered and (place < 2 or (info.arch is None and info.windows_directory is None and not columns)):
        raise NotSystemInfo("the text has a version, and neither the columns nor the fields that systeminfo prints")
    return info


def _read(fields: list[_Field], place: int, codepage: str | None) -> SystemInfo:
    match = _VERSION.match(fields[place].value)
    if match is None:
        raise NotSystemInfo("the version line has no version")
    before, after = fields[:place], fields[place + 1 :]

    def real(value: str | None) -> str | None:
        if value is None:
            return None
        text = value if codepage is None else value.encode("latin-1").decode(codec_of(codepage), "replace")
        return text.strip(_BLANKS) or None

    domain = _beyond_windows(after, _DOMAIN)
    hotfixes, seen, note = _hotfixes(after)
    version = f"{int(match[1])}.{int(match[2])}.{match[3]}"
    return SystemInfo(
        host=real(before[-2].value) if len(before) > 1 else None,
        caption=real(before[-1].value) if before else None,
        version=version,
        build=int(match[3]),
        service_pack=_service_pack(match[4], match[3]),
        configuration=real(after[1].value) if len(after) > 1 else None,
        arch=_arch_of(after),
        windows_directory=_first(after, lambda value: value if _DIRECTORY.match(value) else None),
        locale=_first(after, lambda value: value.split(";")[0] if _LOCALE.match(value) else None),
        domain=real(domain.value) if domain else None,
        hotfixes=hotfixes,
        hotfixes_seen=seen,
        hotfix_note=note,
        codepage=codepage,
    )


def _csv_fields(text: str) -> list[_Field]:
    """Read ``systeminfo /fo csv``: one line of quoted values in the same order, lists inside one value."""
    for line in split_lines(text):
        if not line.lstrip(_BLANKS).startswith('"'):
            continue
        values = csv_fields(line.strip(_BLANKS))
        if any(_VERSION.match(value) for value in values[:3]):
            return [_csv_field(value) for value in values]
    return []


def _csv_field(printed: str) -> _Field:
    value, *items = re.split(r",(?=\[\d{2,4}\] ?:)", printed)
    found = [match for item in items if (match := _ITEM.match(item))]
    return _Field(value.strip(_BLANKS), [(int(match[1]), match[2].strip(_BLANKS)) for match in found])


def _fields(text: str, wide: bool) -> tuple[list[_Field], bool]:
    """Group lines into fields, and tell whether the capture still has its columns.

    What comes before the first field is a prompt, a banner, or nothing.
    """
    lines = _unindented(split_lines(text))
    ended = text.endswith(("\n", "\r"))
    column = _column(lines, wide)
    fields: list[_Field] = []
    for number, line in enumerate(lines):
        stripped = line.strip(_BLANKS)
        if is_prompt(line) and any(_VERSION.match(field.value) for field in fields):
            break
        if not stripped or is_prompt(line):
            continue
        value = _value(line, column, wide)
        item = _ITEM.match(line)
        if value is not None:
            fields.append(_Field(value, []))
        elif item and fields and not _nested(line, fields[-1], column):
            fields[-1].items.append((int(item[1]), item[2].lstrip(_BLANKS)))
        elif fields and not line.startswith((" " * 8, "\t")):
            _join(fields[-1], line)
        elif fields and not fields[-1].items:
            fields[-1].value = f"{fields[-1].value.rstrip(_BLANKS)}\n{stripped}"
        if fields:
            fields[-1].complete = ended or number < len(lines) - 1
    return [_Field(*_stripped(field)) for field in fields], column is not None


def _stripped(field: _Field) -> tuple[str, list[tuple[int, str]], bool]:
    """Drop blanks at the ends only now: where the console cut a line, one of them parts two words."""
    items = [(number, value.rstrip(_BLANKS)) for number, value in field.items]
    return field.value.rstrip(_BLANKS), items, field.complete


def _unindented(lines: list[str]) -> list[str]:
    """Remove what all lines have in front (a code block, a quotation, a comment); a BOM or form feed is no text."""
    filled = [line for line in lines if line.strip(_BLANKS)]
    if filled and all(_QUOTED.match(line) for line in filled):
        lines = [_QUOTED.sub("", line) for line in lines]
    filled = [line for line in lines if line.strip(_BLANKS)]
    margin = min((len(line) - len(line.lstrip(_BLANKS)) for line in filled), default=0)
    return [line[margin:].replace("\x0c", "") for line in lines]


def _column(lines: list[str], wide: bool) -> int | None:
    """Return the column in which values start: that of the version, when the two lines above it agree.

    None means that the capture has no columns left (blanks were collapsed); then a value follows the first colon.
    """
    filled = [line for line in lines if line.strip(_BLANKS)]
    for number, line in enumerate(filled):
        match = _VERSION_LINE.match(line)
        if match:
            column = _width(match[1], wide)
            above = [_value(one, column, wide) for one in filled[max(number - 3, 0) : number]]
            if above and above[-1] is None:
                above.pop()  # the rest of a product name that the console cut at its right edge
            if above and all(above[-2:]):
                return column
    return None


def _value(line: str, column: int | None, wide: bool) -> str | None:
    """Return the value of a line that begins a field, empty where it has none; None for every other line."""
    if line[0] in _BLANKS or _ITEM.match(line):
        return None
    if column is None:
        match = _FIELD.match(line)
        return match[3] if match else ("" if line.rstrip(_BLANKS).endswith(":") else None)
    cut = _cut(line, column, wide)
    label, value = line[:cut], line[cut:]
    if not label.rstrip(_BLANKS).endswith(":"):
        return None
    if value and (label[-1] not in _BLANKS or value[0] in _BLANKS):
        return None
    return value


def _nested(line: str, field: _Field, column: int | None) -> bool:
    """Tell an address of a network card, which is indented deeper than the cards, from an item of the field."""
    return bool(field.items) and column is not None and len(line) - len(line.lstrip(_BLANKS)) > column


def _join(field: _Field, line: str) -> None:
    """Glue the rest of a line that the console cut at its right edge to where it was cut."""
    if field.items:
        number, value = field.items[-1]
        field.items[-1] = (number, value + line)
    else:
        field.value += line


def _width(text: str, wide: bool) -> int:
    """Return how many columns text takes: two for East Asian letters, where they are letters and not bytes."""
    if not wide or text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _cut(line: str, column: int, wide: bool) -> int:
    """Return the index of the character that stands in `column`."""
    if not wide or line.isascii():
        return column
    taken = 0
    for index, letter in enumerate(line):
        if taken >= column:
            return index
        taken += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
    return len(line)


def _service_pack(rest: str, build: str) -> int:
    """Read the number between version and build: " Service Pack 2 Build 6002", " N/D build 17134", or nothing."""
    numbers = [number for number in re.findall(r"\d+", rest) if number != build]
    return int(numbers[0]) if numbers and len(numbers[0]) == 1 else 0


def _arch_of(fields: list[_Field]) -> str | None:
    """Read "x64-based PC" where it stands, in whatever order a language puts it; else any value that begins so."""
    if len(fields) > _SYSTEM_TYPE_PLACE:
        found = _SYSTEM_TYPE_INSIDE.search(fields[_SYSTEM_TYPE_PLACE].value)
        if found:
            return _arch(found[1])
    return _first(fields, _arch)


def _arch(value: str) -> str | None:
    match = _SYSTEM_TYPE.match(value)
    if match is None:
        return None
    return {"x64": "x64", "x86": "x86"}.get(match[1].lower(), "ia64")


def _first(fields: list[_Field], read: Callable[[str], str | None]) -> str | None:
    return next((found for field in fields if (found := read(field.value)) is not None), None)


def _codepage(fields: list[_Field]) -> str:
    """Return the OEM code page of the system locale, which is printed in ASCII (``ru;...``, ``zh-tw;...``)."""
    locale = _first(fields, lambda value: value.split(";")[0] if _LOCALE.match(value) else None)
    if locale is None:
        return "437"
    if locale.lower() in _TRADITIONAL:
        return "950"
    language = locale.split("-")[0].lower()
    return next((page for page, languages in _CODEPAGES.items() if language in languages.split()), "437")


def _beyond_windows(fields: list[_Field], distance: int) -> _Field | None:
    """Return the field so many places behind the Windows folder, where the order of fields is the same everywhere."""
    place = next((number for number, field in enumerate(fields) if _DIRECTORY.match(field.value)), None)
    if place is None or place + distance >= len(fields):
        return None
    return fields[place + distance]


def _hotfixes(fields: list[_Field]) -> tuple[tuple[str, ...] | None, tuple[str, ...], str | None]:
    """Find the list whose items are update ids, and check it against its own numbering and count."""
    number = next((n for n, field in enumerate(fields) if _is_hotfix_list(field)), None)
    if number is None:
        said = _beyond_windows(fields, _DOMAIN + 2)
        if said is None:
            return None, (), "the capture ends before the list of updates"
        words = (
            f"the list of updates says {said.value[:80]!r}" if said.value.isascii() else "the list of updates is empty"
        )
        return None, (), f"{words}, which it also does when the account may not read it"
    field = fields[number]
    ids = tuple(_hotfix_id(value) for _index, value in field.items)
    expected = next((int(count) for count in re.findall(r"\d+", field.value)), None)
    whole = [index for index, _value in field.items] == list(range(1, len(ids) + 1))
    last = number == len(fields) - 1
    broken_off = last and not field.complete and not re.search(r"\d{6}|\}$", ids[-1] if ids else "")
    if expected is not None and expected == len(ids) and whole and not broken_off:
        return ids, ids, None
    if expected is None and whole and not last:
        return ids, ids, None
    found = len(ids) - int(broken_off)
    return (
        None,
        ids[:found],
        f"the list of updates is cut: {found} of {expected if expected is not None else 'unknown'}",
    )


def _is_hotfix_list(field: _Field) -> bool:
    """Recognise the list by most of its items: Server 2003 lists ``File 1`` too, and a cut capture half an id."""
    items = field.items if field.complete or len(field.items) < 2 else field.items[:-1]
    known = sum(is_hotfix_id(_hotfix_id(value)) for _index, value in items)
    return known * 2 > len(items)


def _hotfix_id(value: str) -> str:
    """Drop what XP and 2003 print behind an id (" - Update")."""
    return value.split(" - ")[0].strip(_BLANKS)
