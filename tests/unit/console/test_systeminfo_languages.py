# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""systeminfo in nine languages, each in its OEM code page and in Unicode, whole, cut at the right edge, and damaged."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._console import systeminfo

LANGUAGES: dict[str, dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[2] / "data/console/systeminfo_languages.yml").read_text(encoding="utf-8")
)
HOTFIXES = ("KB955430", "{7A068575-C5DB-43D9-BE20-3895D0C69B17}", "943729", "KB958488-v2", "Q147222", "KB4493730")
LONG = "Microsoft\u00ae Windows Server\u00ae 2008 Enterprise without Hyper-V"
EVERY = pytest.mark.parametrize("language", sorted(LANGUAGES))


def width(text: str) -> int:
    """Return how many columns a console gives a text."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def printed(words: dict[str, Any], hotfixes: tuple[str, ...] = HOTFIXES, caption: str = LONG) -> list[str]:
    """Return the lines of a capture from a 6002 on x86, with the dates of a German or a Swiss: 12.03.2009."""
    labels: list[str] = words["labels"]
    column = max(map(width, labels)) + 2
    processor = "x64 Family 6 Model 26 Stepping 5 GenuineIntel ~2266 Mhz"
    values: list[list[str]] = [
        *(
            ["PRESS3"],
            [f"{caption} "],
            [f"6.0.6002 {words['version']} 6002"],
            ["Microsoft Corporation"],
            [words["role"]],
        ),
        *(["Multiprocessor Free"], ["Windows"], [""], ["92573-029-0000095-76312"], ["12.03.2009, 14:05:11"]),
        *(["6.1.2009 9:12:00"], ["HP"], ["ProLiant DL380 G5"], [words["type"]], ["1", f"[01]: {processor}"]),
        *(["HP P56, 24.01.2008"], ["C:\\Windows"], ["C:\\Windows\\system32"], ["\\Device\\HarddiskVolume1"]),
        *([words["locale"]], [words["locale"]], ["(GMT+01:00) Amsterdam, Berlin, Bern, Rom, Stockholm, Wien"]),
        *([f"{size} MB"] for size in ("8.190", "6.829", "15.803", "14.511", "1.292")),
        *(["C:\\pagefile.sys", "D:\\pagefile.sys"], ["WORKGROUP"], ["\\\\PRESS3"]),
        [words["counted"].format(len(hotfixes)), *(f"[{n:02}]: {one}" for n, one in enumerate(hotfixes, 1))]
        if hotfixes
        else [words["none"]],
        ["1 NIC", "[01]: HP NC373i Multifunction Gigabit Server Adapter"],
    ]
    lines = [""]
    for label, (first, *rest) in zip(labels, values, strict=True):
        lines.append(f"{label}:{' ' * (column - width(label) - 1)}{first}")
        lines += [" " * column + one for one in rest]
    return [*lines, " " * (column + 6) + "[01]: 192.168.40.129"]


def wrapped(lines: list[str], edge: int = 80) -> list[str]:
    """Cut lines where a console ends."""
    result = []
    for line in lines:
        part = ""
        for letter in line:
            if width(part + letter) > edge:
                result.append(part)
                part = ""
            part += letter
        result.append(part)
    return result


def check(data: bytes, hotfixes: tuple[str, ...] | None = HOTFIXES) -> None:
    """Compare what is read with what was printed."""
    info = systeminfo.parse(data)
    assert (info.host, info.version, info.service_pack, info.arch) == ("PRESS3", "6.0.6002", 2, "x86")
    assert (info.windows_directory, info.domain) == ("C:\\Windows", "WORKGROUP")
    assert str(info.caption).endswith("2008 Enterprise without Hyper-V")
    assert info.hotfixes == hotfixes


def oem(lines: list[str], words: dict[str, Any], end: str = "\r\n") -> bytes:
    """Encode as the console does, which writes the registered sign as a letter."""
    return (end.join(lines) + end).replace("\u00ae", "r").encode(words["codec"], "replace")


@EVERY
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n"])
def test_it_is_read_in_its_code_page_whole_and_cut_at_80_columns(language: str, end: str) -> None:
    words = LANGUAGES[language]
    check(oem(printed(words), words, end))
    check(oem(wrapped(printed(words)), words, end))
    prompt = ["C:\\Users\\Administrator>systeminfo"]
    check(oem([*prompt, *wrapped(printed(words)), "", "C:\\Users\\Administrator>"], words, end))


@EVERY
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_it_is_read_in_unicode_whole_and_cut_at_80_columns(language: str, codec: str) -> None:
    for lines in (printed(LANGUAGES[language]), wrapped(printed(LANGUAGES[language]))):
        check("\r\n".join(lines).encode(codec))


@EVERY
def test_a_paste_that_lost_its_columns_takes_no_date_for_a_version(language: str) -> None:
    check("\n".join(" ".join(line.split()) for line in printed(LANGUAGES[language])).encode())


@EVERY
@pytest.mark.parametrize("mark", ["> ", "# ", "| ", "    "])
def test_a_quotation_is_read(language: str, mark: str) -> None:
    check("".join(f"{mark}{line}\n" for line in printed(LANGUAGES[language])).encode())


@EVERY
def test_no_list_and_a_cut_list_stay_unknown(language: str) -> None:
    words = LANGUAGES[language]
    check(oem(printed(words, hotfixes=()), words), None)
    whole = printed(words)
    check(oem(whole[: next(n for n, line in enumerate(whole) if "[03]: 943729" in line)], words), None)


@EVERY
def test_old_entries_do_not_hide_the_list(language: str) -> None:
    words = LANGUAGES[language]
    old = ("File 1",) * 9 + ("Q147222", "KB955430")
    check(oem(printed(words, hotfixes=old), words), old)


@EVERY
def test_what_findstr_leaves_over_is_read(language: str) -> None:
    words = LANGUAGES[language]
    info = systeminfo.parse(oem(printed(words)[2:4], words))
    assert (info.host, info.version, info.hotfixes) == (None, "6.0.6002", None)
    assert "Server" in str(info.caption)
