# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""systeminfo: made-up captures in every language, encoding and state of damage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sunset.ws2008.plugins.plugin_utils._console import systeminfo

LABELS = yaml.safe_load((Path(__file__).parents[2] / "data/console/systeminfo_labels.yml").read_text(encoding="utf-8"))
ENGLISH, RUSSIAN, JAPANESE = (LABELS[language] for language in ("english", "russian", "japanese"))


@dataclass(frozen=True)
class Machine:
    """What a made-up capture says."""

    host: str = "PRESS3"
    caption: str = "Microsoftr Windows Serverr 2008 Standard"
    version: str = "6.0.6002"
    middle: str = "Service Pack 2 Build 6002"
    locale: str = "en-us;English (United States)"
    system_type: str = "x64-based PC"
    hotfixes: tuple[str, ...] = ("KB955430", "KB968930", "943729")
    labels: tuple[str, ...] = tuple(ENGLISH)
    counted: str = "{} Hotfix(s) Installed."


def columns(text: str, codec: str) -> int:
    """Return the width on the console: bytes for an OEM code page, double width letters in Unicode captures."""
    return len(text.encode(codec)) if codec.startswith("cp") else sum(2 if ord(one) > 0x2E7F else 1 for one in text)


def printed(machine: Machine, codec: str = "cp437", end: str = "\r\n") -> str:
    """Print like systeminfo: values in the column behind the longest label, lists below their field."""
    width = max(columns(label, codec) for label in machine.labels) + 2
    cpu = "Intel64 Family 6 Model 154 Stepping 3 GenuineIntel ~2496 Mhz"
    values: list[str | tuple[str, list[str]]] = [
        machine.host,
        machine.caption,
        f"{machine.version} {machine.middle}",
        *("Microsoft Corporation", "Standalone Server", "Multiprocessor Free", "Windows User", ""),
        *("92573-082-2500115-76924", "10/4/2025, 3:56:42 PM", "10/4/2025, 6:45:24 PM", "VMware, Inc.", "VMware"),
        machine.system_type,
        ("2 Processor(s) Installed.", [cpu, cpu]),
        *("Phoenix Technologies LTD 6.00", "C:\\Windows", "C:\\Windows\\system32", "\\Device\\HarddiskVolume1"),
        *(machine.locale, machine.locale, "(GMT-08:00) Pacific Time (US & Canada)"),
        *("8,190 MB", "6,829 MB", "15,803 MB", "14,511 MB", "1,292 MB", "C:\\pagefile.sys", "WORKGROUP", "N/A"),
        (machine.counted.format(len(machine.hotfixes)), list(machine.hotfixes)),
        ("1 NIC(s) Installed.", ["Intel(R) PRO/1000 MT Network Connection"]),
    ]
    lines = [""]
    for label, value in zip(machine.labels, values, strict=True):
        text, items = value if isinstance(value, tuple) else (value, [])
        lines.append(label + ":" + " " * (width - columns(label, codec) - 1) + text)
        lines += [" " * width + f"[{number:02}]: {item}" for number, item in enumerate(items, 1)]
    lines += [" " * (width + 6) + "Connection Name: Local Area Connection", " " * (width + 6) + "[01]: 192.168.40.129"]
    return end.join(lines) + end


GERMAN = Machine(
    locale="de;Deutsch (Deutschland)",
    middle="Service Pack 2 Build 6002",
    labels=tuple(f"{label} äöüß" for label in ENGLISH),
    counted="{} Hotfix(e) installiert.",
)
CAPTURES = {
    "437": (Machine(), "cp437"),
    "850": (GERMAN, "cp850"),
    "852": (
        Machine(host="GŁÓWNY", locale="pl;Polski (Polska)", labels=tuple(f"{one} ąćę" for one in ENGLISH)),
        "cp852",
    ),
    "866": (
        Machine(
            host="СЕРВЕР", locale="ru;Русский (Россия)", middle="Service Pack 2 Сборка 6002", labels=tuple(RUSSIAN)
        ),
        "cp866",
    ),
    "932": (
        Machine(host="サーバー", locale="ja;日本語 (日本)", labels=tuple(JAPANESE), counted="{} ホットフィックス"),
        "cp932",
    ),
    "936": (Machine(host="服务器", locale="zh-cn;中文(中国)", labels=tuple(f"{one} 系统" for one in ENGLISH)), "cp936"),
    "949": (
        Machine(host="서버", locale="ko;한국어 (대한민국)", labels=tuple(f"{one} 시스템" for one in ENGLISH)),
        "cp949",
    ),
    "950": (
        Machine(host="伺服器", locale="zh-tw;中文 (台灣)", labels=tuple(f"{one} 系統" for one in ENGLISH)),
        "cp950",
    ),
}


def check(machine: Machine, info: systeminfo.SystemInfo) -> None:
    """Compare what was read with what was printed."""
    assert (info.host, info.caption, info.version) == (machine.host, machine.caption, machine.version)
    assert (info.build, info.service_pack, info.arch) == (6002, 2, "x64")
    assert (info.windows_directory, info.domain) == ("C:\\Windows", "WORKGROUP")
    assert info.hotfixes == machine.hotfixes


@pytest.mark.parametrize("page", sorted(CAPTURES))
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_code_page_is_found_out_and_read(page: str, end: str) -> None:
    machine, codec = CAPTURES[page]
    info = systeminfo.parse(printed(machine, codec, end).encode(codec))
    check(machine, info)
    assert info.codepage in (page, None)


@pytest.mark.parametrize("page", sorted(CAPTURES))
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_unicode_form_is_read_with_and_without_its_mark(page: str, codec: str) -> None:
    machine, _language = CAPTURES[page]
    check(machine, systeminfo.parse(printed(machine, "utf-8").encode(codec)))


@pytest.mark.parametrize("page", sorted(CAPTURES))
def test_a_console_of_80_columns_is_put_together_again(page: str) -> None:
    machine, codec = CAPTURES[page]
    lines = printed(machine, codec).encode(codec).split(b"\r\n")
    wrapped = b"\r\n".join(line[start : start + 80] for line in lines for start in range(0, max(len(line), 1), 80))
    assert systeminfo.parse(wrapped).hotfixes == machine.hotfixes


def test_prompts_banners_and_what_follows_are_no_part_of_it() -> None:
    machine = Machine()
    before = "Active code page: 437\r\n\r\nC:\\>systeminfo\r\n"
    text = f"{before}{printed(machine)}\r\nC:\\>ver\r\n\r\nMicrosoft Windows [Version 9.9.9999]\r\n"
    check(machine, systeminfo.parse(text.encode("cp437")))


def test_an_indented_quotation_is_read() -> None:
    machine = Machine()
    check(machine, systeminfo.parse("".join(f"    {line}\n" for line in printed(machine).splitlines()).encode()))


def test_collapsed_blanks_are_read() -> None:
    machine = Machine()
    text = "\n".join(" ".join(line.split()) for line in printed(machine).splitlines())
    info = systeminfo.parse(text.encode())
    assert (info.host, info.version, info.arch, info.hotfixes) == ("PRESS3", "6.0.6002", "x64", machine.hotfixes)


def test_the_csv_form_is_read() -> None:
    row = ["PRESS3", "Microsoft Windows Server 2008", "6.0.6003 Service Pack 2 Build 6003", "M", "Standalone Server"]
    row += ["x"] * 8 + ["x64-based PC", "1,[01]: cpu", "bios", "C:\\Windows"] + ["y"] * 11 + ["WORKGROUP", "N/A"]
    row += ["2 Hotfix(s) Installed.,[01]: KB955430,[02]: KB4493730", "1 NIC(s),[01]: Intel"]
    info = systeminfo.parse(",".join(f'"{value}"' for value in row).encode())
    assert (info.host, info.build, info.arch, info.domain) == ("PRESS3", 6003, "x64", "WORKGROUP")
    assert info.hotfixes == ("KB955430", "KB4493730")


def test_server_2003_lists_files_and_sorts_of_updates() -> None:
    ids = ("File 1", "Q147222", "KB2079403 - Update", "S867460 - Update", "KB925902-v2 - Update")
    machine = replace(Machine(), version="5.2.3790", middle="Service Pack 2 Build 3790", hotfixes=ids)
    info = systeminfo.parse(printed(machine).encode())
    assert (info.version, info.hotfixes) == ("5.2.3790", ("File 1", "Q147222", "KB2079403", "S867460", "KB925902-v2"))


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_a_cut_list_is_unknown_and_shows_what_there_was(kept: int) -> None:
    text = printed(Machine())
    cut = text[: text.index(f"[0{kept + 1}]: {Machine().hotfixes[kept]}")].rstrip(" ")
    info = systeminfo.parse(cut.encode())
    assert info.hotfixes is None
    assert info.hotfixes_seen == Machine().hotfixes[:kept]
    assert info.hotfix_note


def test_a_last_id_that_may_be_cut_in_its_middle_is_not_believed() -> None:
    machine = replace(Machine(), hotfixes=("KB955430", "KB4493730"))
    text = printed(machine)
    cut = text[: text.index("KB4493730") + 5]
    info = systeminfo.parse(cut.encode())
    assert (info.hotfixes, info.hotfixes_seen) == (None, ("KB955430",))


def test_a_hole_in_the_numbering_is_noticed() -> None:
    text = "".join(line + "\n" for line in printed(Machine()).splitlines() if "[02]: KB968930" not in line)
    info = systeminfo.parse(text.encode())
    assert info.hotfixes is None
    assert "cut: 2 of 3" in str(info.hotfix_note)


@pytest.mark.parametrize("word", ["N/A", "N/D", "Nicht zutreffend", "Н/Д", "暂缺"])
def test_not_applicable_is_not_no_updates(word: str) -> None:
    machine = replace(Machine(), hotfixes=(), counted=word)
    info = systeminfo.parse(printed(machine, "utf-8").encode())
    assert info.hotfixes is None
    assert "may not read it" in str(info.hotfix_note)


@pytest.mark.parametrize(
    ("middle", "service_pack"),
    [
        ("Service Pack 2 Build 6002", 2),
        ("Service Pack 1 version 6002", 1),
        ("N/D build 6002", 0),
        ("", 0),
        ("暂缺 Build 6002", 0),
    ],
)
def test_the_service_pack_is_the_number_between(middle: str, service_pack: int) -> None:
    text = printed(replace(Machine(), middle=middle), "utf-8").encode()
    assert systeminfo.parse(text).service_pack == service_pack


@pytest.mark.parametrize("printed_type", ["X86-based PC", "x86-basierter PC", "x64-based PC", "Itanium-based System"])
def test_the_architecture_is_the_first_word(printed_type: str) -> None:
    expected = {"X": "x86", "I": "ia64"}.get(printed_type[0], printed_type[:3])
    assert systeminfo.parse(printed(replace(Machine(), system_type=printed_type)).encode()).arch == expected


@given(st.binary(max_size=400))
def test_garbage_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(systeminfo.NotSystemInfo):
        systeminfo.parse(data)


@given(st.integers(0, 3000), st.binary(max_size=12))
def test_a_damaged_capture_is_read_or_refused(place: int, junk: bytes) -> None:
    whole = printed(Machine()).encode()
    damaged = whole[:place] + junk + whole[place + len(junk) :]
    try:
        info = systeminfo.parse(damaged)
    except systeminfo.NotSystemInfo:
        return
    assert info.version.count(".") == 2


@given(
    st.lists(
        st.sampled_from(["KB955430", "943729", "{7A068575-C5DB-43D9-BE20-3895D0C69B17}", "KB5073697"]),
        min_size=1,
        max_size=250,
    ),
    st.sampled_from(sorted(CAPTURES)),
)
def test_long_lists_come_back_whole(hotfixes: list[str], page: str) -> None:
    machine, codec = CAPTURES[page]
    machine = replace(machine, hotfixes=tuple(hotfixes))
    assert systeminfo.parse(printed(machine, codec).encode(codec)).hotfixes == tuple(hotfixes)
