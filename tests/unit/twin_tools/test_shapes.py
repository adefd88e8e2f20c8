# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's output against published captures of real machines: labels, columns, order and wording.

Values differ, so each comparison masks them. Publishers lost blank lines and blanks at line ends; both
sides are compared without them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from .conftest import Bench

Sample = Callable[[str], str]


def body(text: str) -> list[str]:
    """Lines without prompts, publishers' cuts, blank lines and blanks at line ends."""
    lines = (line.rstrip() for line in text.replace("\r", "").split("\n"))
    return [
        line
        for line in lines
        if line.strip() and not re.match(r"[A-Za-z]:\\[^>]*>|\.\.\.\[|\[\.\.\.|ipconfig /all", line)
    ]


def labels(lines: list[str], pattern: str = r"^(.*?:)\s") -> list[str]:
    """What stands before the value in each line, with its blanks."""
    return [match[1] for line in lines if (match := re.match(pattern, line + " "))]


def test_reg_prints_value_lines_like_the_captures(bench: Bench, sample: Sample) -> None:
    shape = re.compile(r"^    \S.*?    REG_[A-Z_]+    .*$")
    real = body(sample("reg_query/2008sp2_x86_dc_reg_query_search_data.txt"))
    real += body(sample("reg_query/2008sp2_x86_reg_query_search_f_s.txt"))
    bench.run(r'reg add HKLM\SOFTWARE\X /v "Inno Setup: Icon Group" /d "KeePass Password Safe 2" /f')
    bench.run(r'reg add HKLM\SOFTWARE\X /ve /d "&Open with KeePass Password Safe" /f')
    mine = body(bench.run(r"reg query HKLM\SOFTWARE\X /f password /t REG_SZ /s").out)
    for line in [*real, *mine]:
        assert shape.match(line) or line.startswith(("HKEY_", "End of search: ")), line
    assert "    Inno Setup: Icon Group    REG_SZ    KeePass Password Safe 2" in real
    assert "    Inno Setup: Icon Group    REG_SZ    KeePass Password Safe 2" in mine
    assert "    (Default)    REG_SZ    &Open with KeePass Password Safe" in mine
    assert mine[-1] == "End of search: 2 match(es) found."
    assert re.sub(r"\d+", "2", real[-1]) == mine[-1]


def test_sc_qc_has_the_labels_and_columns_of_the_capture(bench: Bench, sample: Sample) -> None:
    real = body(sample("sc/2008sp2_x86_dc_sc_qc_browser.txt"))
    bench.run("sc config browser start= disabled depend= LanmanWorkstation/LanmanServer group= NetworkProvider")
    mine = body(bench.run("sc qc browser").out)
    assert mine == real


def test_sc_query_of_a_stopped_service_is_the_capture(bench: Bench, sample: Sample) -> None:
    bench.run("sc stop browser")
    real = body(sample("sc/2008sp2_x86_dc_sc_query_browser_stopped.txt"))
    mine = body(bench.run("sc query browser").out)
    assert [re.sub(r"\d+  \(0x\w+\)", "n", line) for line in mine] == [
        re.sub(r"\d+  \(0x\w+\)", "n", line) for line in real
    ]


def test_net_accounts_has_the_labels_and_columns_of_the_capture(bench: Bench, sample: Sample) -> None:
    real = body(sample("net/2008sp2_x86_dc_net_accounts.txt"))
    mine = body(bench.run("net accounts").out)
    pattern = r"^(.*?:\s+)\S"
    assert labels(mine, pattern) == labels(real, pattern)
    assert mine[-1] == real[-1]


def test_net_user_and_net_share_have_the_columns_of_the_captures(bench: Bench, sample: Sample) -> None:
    real = body(sample("net/2008sp2_x86_dc_net_user.txt"))
    bench.run("net user krbtgt Abc123!x /add")
    mine = body(bench.run("net user").out)
    assert re.sub(r"\\\\.*", "", mine[0]) == re.sub(r"\\\\.*", "", real[0])
    assert mine[1] == real[1]
    assert mine[2].index("Guest") == real[2].index("Guest") == 25
    assert mine[-1] == real[-1]
    real = body(sample("net/2008sp2_x86_dc_net_share.txt"))
    mine = body(bench.run("net share").out)
    assert mine[:5] == real[:5]


def test_netstat_has_the_columns_of_the_capture(bench: Bench, sample: Sample) -> None:
    shape = re.compile(r"^  TCP    (?=.{23}\S)(\S+:\d+) +(0\.0\.0\.0:0|\[::\]:0) +LISTENING       \d+$")
    real = body(sample("netstat/2008sp2_x86_dc_netstat_nao_listening.txt"))
    mine = body(bench.run("netstat -nao | findstr /I listening").out)
    assert mine
    for line in [*real, *mine]:
        assert shape.match(line), line
    assert real[3] in [re.sub(r"\d+$", "4", line) for line in mine]


def test_ipconfig_has_the_labels_of_the_captures(bench: Bench, sample: Sample) -> None:
    mine = labels(body(bench.run("ipconfig /all").out), r"^(   \S.*?[. ]*:) ")
    assert mine
    for name in ("ipconfig/2008sp2_x86_dc_ipconfig_all.txt", "ipconfig/2008sp2_6003_enus_ipconfig_all.txt"):
        real = labels(body(sample(name)), r"^(   \S.*?[. ]*:) ")
        assert [label for label in mine if label not in real] == []
        assert {label.index(":") for label in mine} == {label.index(":") for label in real}


@pytest.mark.parametrize(
    "name", ["systeminfo/2008sp1_x64_standard_enus_vm.txt", "systeminfo/2008sp2_x64_standard_enus_utf16_wmf3.txt"]
)
def test_systeminfo_has_the_labels_order_and_column_of_the_captures(bench: Bench, sample: Sample, name: str) -> None:
    # value column 27 in English; sub-lists are indented to it
    def shape(text: str) -> list[str]:
        lines = [line for line in body(text) if not line.startswith(" ")]
        return [re.match(r"^(?:Page File: )?[^:]+:\s*", line + " ")[0].ljust(27) for line in lines]  # type: ignore[index]

    real, mine = sample(name), bench.run("systeminfo").out
    assert shape(mine) == shape(real)
    nics = r"^ {27}(\[01\]:| {6}[A-Za-z ()]+:?)"
    assert [re.match(nics, line) is not None for line in body(mine) if "Connection Name" in line] == [True]
    assert "OS Name:                   Microsoftr Windows Serverr 2008 Standard " in real
    assert "OS Name:                   Microsoftr Windows Serverr 2008 Standard " in mine


def test_wmic_table_has_the_columns_of_the_capture(bench: Bench, sample: Sample) -> None:
    real = sample("wmic_qfe/vista_sp1_x64_enus_wmic_qfe_table_utf16.txt").split("\n")
    bench.run(r"wmic qfe > C:\qfe.txt")
    raw = bench.read(r"C:\qfe.txt")
    assert raw.startswith(b"\xff\xfe")
    mine = raw.decode("utf-16").split("\r\n")
    assert mine[0].split() == real[0].split()
    for lines in (real, mine):
        starts = [match.start() for match in re.finditer(r"\S+", lines[0])]
        assert all(lines[1][start - 1] == " " for start in starts[1:])
        assert lines[0].endswith("  ")
        assert len({len(line) for line in lines if line}) == 1


def test_wmic_lists_and_calls_are_worded_like_the_captures(bench: Bench, sample: Sample) -> None:
    real = body(sample("wmic_other/2008sp2_x86_dc_wmic_share_list_brief.txt"))
    mine = body(bench.run("wmic share list brief").out)
    assert [line.split("  ")[0] for line in mine] == [line.split("  ")[0] for line in real[:4]]
    real = body(sample("wmic_other/2008sp2_x86_dc_wmic_process_call_create.txt"))
    mine = body(bench.run("wmic process call create cmd.exe").out)
    assert [re.sub(r"\d+|\s+", " ", line).strip() for line in mine] == [
        re.sub(r"\d+|\s+", " ", line).strip() for line in real
    ]


@pytest.mark.parametrize(
    ("alias", "name"),
    [("bios", "2008sp2_x86_dc_wmic_bios_list_full.txt"), ("service", "2008sp2_x86_dc_wmic_service_list_full.txt")],
)
def test_wmic_list_full_has_the_properties_of_the_captures(bench: Bench, sample: Sample, alias: str, name: str) -> None:
    real = labels(body(sample(f"wmic_other/{name}")), r"^(\w+=)")
    mine = labels(body(bench.run(f"wmic {alias} list full").out), r"^(\w+=)")
    once = real[: real.index(real[0], 1)] if real[0] in real[1:] else real
    assert mine[: len(once)] == once


def test_schtasks_messages_and_columns_are_those_of_the_capture(bench: Bench, sample: Sample) -> None:
    text = sample("schtasks_other_nt/nt61_7600_schtasks_messages.txt")
    name = re.search(r'task "(\w+)"', text)[1]  # type: ignore[index]
    real = body(text)
    said: list[str] = []
    for line in (
        f"schtasks /create /tn {name} /tr x.exe /sc once /st 13:04 /sd 11/21/2026 /ru SYSTEM",
        f"schtasks /query /tn {name}",
        f"schtasks /change /tn {name} /enable",
        f"schtasks /change /tn {name} /enable",
        f"schtasks /run /tn {name}",
        f"schtasks /delete /tn {name} /f",
    ):
        said += body(bench.run(line).out)
    mask = re.compile(r"\d+/\d+/\d+ [\d:]+ [AP]M *")
    assert [mask.sub("when ", line) for line in said] == [mask.sub("when ", line) for line in real]


def test_secedit_exports_in_the_shape_of_the_capture(bench: Bench, sample: Sample) -> None:
    bench.run(r"secedit /export /cfg C:\x.inf /quiet")
    raw = bench.read(r"C:\x.inf")
    assert raw.startswith(b"\xff\xfe")
    assert "\r\n" in raw[2:].decode("utf-16-le")
    mine, real = body(raw.decode("utf-16")), body(sample("secedit_other_nt/nt63_secedit_export_utf16.inf"))
    sections = re.compile(r"^\[.*\]$")
    assert [line for line in mine if sections.match(line)] == [line for line in real if sections.match(line)]

    def inside(lines: list[str], section: str) -> list[str]:
        start = lines.index(f"[{section}]") + 1
        end = next((n for n in range(start, len(lines)) if sections.match(lines[n])), len(lines))
        return lines[start:end]

    for section, shape in (
        ("System Access", r'^\w+ = (-?\d+|".*")$'),
        ("Event Audit", r"^Audit\w+ = [0-3]$"),
        ("Registry Values", r'^MACHINE\\[^=]+=([47],|1,"|3,).*$'),
        ("Privilege Rights", r"^Se\w+ = (\*S-1[-\d]+|\w+\$?)(,(\*S-1[-\d]+|\w+\$?))*$"),
    ):
        for line in [*inside(real, section), *inside(mine, section)]:
            assert re.match(shape, line), line
    first = [line.split(" = ")[0] for line in inside(real, "System Access")]
    assert [line.split(" = ")[0] for line in inside(mine, "System Access")] == first
    order = [line.partition("=")[0].lower() for line in inside(real, "Registry Values")]
    known = [key for line in inside(mine, "Registry Values") if (key := line.partition("=")[0].lower()) in order]
    assert known == [key for key in order if key in known]


def test_auditpol_csv_is_the_capture(bench: Bench, sample: Sample) -> None:
    real = body(sample("auditpol_other_nt/nt63_auditpol_r_one_row.csv"))
    mine = body(bench.run('auditpol /get /subcategory:"User Account Management" /r').out)
    assert mine[0] == real[0]
    assert mine[1].partition(",")[2] == real[1].partition(",")[2]


def test_netsh_profile_has_the_labels_and_columns_of_the_capture(bench: Bench, sample: Sample) -> None:
    def shape(text: str) -> list[str]:
        lines = text.replace("\r", "").rstrip("\n").split("\n")
        return [re.sub(r"^(\S[\w ]*? {2,}).*", r"\1", line) for line in lines]

    assert shape(bench.run("netsh advfirewall show currentprofile").out) == shape(
        sample("netsh_advfirewall_other_nt/nt10_currentprofile.txt")
    )


def test_slmgr_says_the_first_lines_of_the_capture(bench: Bench, sample: Sample) -> None:
    real = sample("slmgr/2008_standard_kms_slmgr_dli.txt").split("\n")
    mine = bench.run(r"cscript //nologo C:\Windows\System32\slmgr.vbs /dli").lines
    assert mine[:2] == real[:2] == ["", "Name: Windows Server(R), ServerStandard edition"]
    assert [line.partition(":")[0] for line in mine[2:5]] == ["Description", "Partial Product Key", "License Status"]
    assert [line.partition(":")[0] for line in real[2:6] if ":" in line] == [
        "Description",
        "Partial Product Key",
        "License Status",
    ]
    assert max(len(line) for line in real) == 80


def test_bcdedit_has_the_columns_of_the_capture(bench: Bench, sample: Sample) -> None:
    real, mine = body(sample("bcdedit/vista_enus_bcdedit_v_dualboot.txt")), body(bench.run("bcdedit /v").out)
    assert mine[:2] == real[:2]
    for line in [*real, *mine]:
        assert re.match(r"^(Windows Boot|Real-mode|-+$|\S+ +(?<=^.{24})\S|\s{24}\S)", line), line
    assert [line[:24] for line in mine[2:10]] == [line[:24] for line in real[2:10]]
