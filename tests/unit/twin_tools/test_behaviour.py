# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the tools do to the machine beyond their words: restarts, licences, encodings, one truth for all."""

from __future__ import annotations

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.component_store import ESU_IDS

from .conftest import Bench

SLMGR = r"cscript //nologo C:\Windows\System32\slmgr.vbs"
YEAR_1 = "553673ed-6ddf-419c-a153-b760283472fd"
# made up: the twin takes only keys that its own knob names
KEY = "TWIN0-TWIN0-TWIN0-TWIN0-YEAR1"


def test_a_restart_comes_after_the_delay_and_not_when_it_is_called_off(bench: Bench) -> None:
    machine = bench.machine
    bench.run("shutdown /r /t 60 /d p:2:17")
    assert bench.run("shutdown /a").rc == 0
    machine.clock.sleep(120)
    assert machine.restarts == []
    boot = machine.boot
    bench.run('shutdown /r /t 60 /f /d p:2:17 /c "after patching"')
    machine.clock.sleep(50)
    assert machine.boot == boot
    machine.clock.sleep(20)
    assert machine.boot == boot + 1
    assert not machine.up
    machine.wait_until_up()
    assert machine.restarts[0][1] == "p:2:17 after patching"


def test_an_esu_key_needs_the_preparation_first(bench: Bench) -> None:
    machine = bench.machine
    machine.knobs["esu_keys"] = {KEY: next(year for year, text in ESU_IDS.items() if text == YEAR_1)}
    refused = bench.run(f"{SLMGR} /ipk {KEY}")
    assert refused.rc == 0xC004F050 - 2**32
    assert "0xC004F050" in refused.out
    machine.licences.append(
        {"id": YEAR_1, "name": "Windows Server(R), Server-ESU-Year1 add-on", "status": 0, "partial_key": None}
    )
    assert "This license is not in use." in bench.run(f"{SLMGR} /dli {YEAR_1}").out
    assert "0xC004F014" in bench.run(f"{SLMGR} /ato {YEAR_1}").out
    assert "successfully" in bench.run(f"{SLMGR} /ipk {KEY}").out
    assert "License Status: Unlicensed" in bench.run(f"{SLMGR} /dli {YEAR_1}").out
    assert "Product activated successfully." in bench.run(f"{SLMGR} /ato {YEAR_1}").out
    shown = bench.run(f"{SLMGR} /dli {YEAR_1}").out
    assert "License Status: Licensed" in shown
    assert "Partial Product Key: YEAR1" in shown
    rows = bench.run(f"wmic path SoftwareLicensingProduct where \"ID='{YEAR_1}'\" get LicenseStatus /value").out
    assert "LicenseStatus=1" in rows


@pytest.mark.parametrize(
    ("locale", "codepage", "word"), [("de-DE", "cp850", "für"), ("ru-RU", "cp866", "Учетные записи")]
)
def test_words_leave_in_the_oem_code_page(locale: str, codepage: str, word: str) -> None:
    bench = Bench(locale)
    bench.run(r"net user > C:\out.txt")
    assert word.encode(codepage) in bench.read(r"C:\out.txt")


def test_secedit_keeps_the_encoding_of_a_file_that_is_there(bench: Bench) -> None:
    bench.put(r"C:\old.inf", "old", "cp1252")
    bench.run(r"secedit /export /cfg C:\old.inf /quiet & secedit /export /cfg C:\new.inf /quiet")
    assert bench.read(r"C:\old.inf").startswith(b"[Unicode]\r\n")
    assert bench.read(r"C:\new.inf").startswith(b"\xff\xfe[\0U\0")


def test_the_security_log_grows_in_utf16(bench: Bench) -> None:
    for _turn in range(2):
        bench.run(r"secedit /export /cfg C:\x.inf /quiet")
    raw = bench.read(r"C:\Windows\security\logs\scesrv.log")
    assert raw.startswith(b"\xff\xfe")
    assert raw.decode("utf-16").count("Configuration engine was initialized") == 2


def test_a_service_has_one_truth(bench: Bench) -> None:
    bench.run("sc config spooler start= disabled")
    assert "StartMode=Disabled" in bench.run('wmic service where name="spooler" get startmode /value').out
    bench.run(r"reg add HKLM\SYSTEM\CurrentControlSet\Services\Spooler /v Start /t REG_DWORD /d 3 /f")
    assert "DEMAND_START" in bench.run("sc qc spooler").out


def test_an_exported_key_is_utf16_with_a_mark_and_ends_in_a_blank_line(bench: Bench) -> None:
    bench.run(r"reg add HKLM\SOFTWARE\X /v a /d b /f & reg export HKLM\SOFTWARE\X C:\x.reg")
    text = bench.read(r"C:\x.reg")[2:].decode("utf-16-le")
    assert bench.read(r"C:\x.reg").startswith(b"\xff\xfe")
    assert text == ('Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\X]\r\n"a"="b"\r\n\r\n')


def test_a_task_that_restarts_the_machine_is_cut_off(bench: Bench) -> None:
    bench.run(r'schtasks /create /tn job /tr "cmd /c shutdown /r /t 0 & echo on>C:\on.txt" /sc onstart /ru SYSTEM')
    bench.run("schtasks /run /tn job")
    bench.machine.clock.sleep(10)
    assert bench.machine.boot == 2


def test_disk_full_is_said_and_nothing_is_pretended(bench: Bench) -> None:
    files = bench.machine.files
    files.put(r"C:\big.bin", files.free - 4096, None)
    answer = bench.run(r"reg export HKLM\SYSTEM C:\all.reg")
    assert answer.rc == 1
    assert "There may be a disk or file system error." in answer.err
    assert bench.run(r"secedit /export /cfg C:\x.inf").rc == 1
    assert bench.run(r"auditpol /backup /file:C:\a.csv").rc == 112
