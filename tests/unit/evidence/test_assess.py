# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`make assess`: every kind of evidence gets a report that fits its schema, and no verdict that nothing carries."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from unit.evidence.test_evidence import gather, machine

from ansible_collections.sunset.ws2008.plugins.plugin_utils._assessment import question
from ansible_collections.sunset.ws2008.plugins.plugin_utils._report import result

ROOT = Path(__file__).parents[3]
CASES = yaml.safe_load((ROOT / "tests/data/host/assess.yml").read_text(encoding="utf-8"))
ENGLISH = yaml.safe_load((ROOT / "tests/data/console/systeminfo_labels.yml").read_text(encoding="utf-8"))["english"]


def assess(monkeypatch: pytest.MonkeyPatch, evidence: Path, out: Path) -> int:
    """Run the script as `make assess` does."""
    spec = importlib.util.spec_from_file_location("assess_script", ROOT / "extensions/evidence/assess.py")
    assert spec and spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    monkeypatch.setattr(sys, "argv", ["assess.py", str(evidence), "--out", str(out)])
    return int(script.main())


def systeminfo(system: dict[str, str]) -> str:
    """Return a systeminfo text in English."""
    updates = system.get("updates", "2 Hotfix(s) Installed.\n[01]: KB955430\n[02]: KB4493730")
    values = ["PRESS3", system["caption"], system["version"], *["x"] * 10, "x64-based PC", "1\n[01]: Intel64", "BIOS"]
    values += ["C:\\Windows", *["y"] * 11, "WORKGROUP", "N/A", updates, "1 NIC(s) Installed.\n[01]: Intel"]
    lines = [f"{label + ':':<27}{value}" for label, value in zip(ENGLISH, values, strict=True)]
    return "\n".join(lines).replace("\n[", "\n" + " " * 27 + "[") + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_each_kind_of_evidence_gets_its_report(
    case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "evidence.txt"
    file.write_bytes((case.get("text") or systeminfo(case["system"])).encode())
    assert assess(monkeypatch, file, tmp_path / "out") == 0
    said = capsys.readouterr().out
    report = json.loads((tmp_path / "out/report.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, result.schema())
    host, expect = report["hosts"][0], case["expect"]
    assert (host["summary"]["state"], host["build"]["verdict"]) == (expect["state"], expect["verdict"])
    assert host["lifecycle"]["product"] == expect["product"]
    assert {finding["status"] for finding in host["findings"]} == set(expect["controls"])
    for words in case.get("says", ()):
        assert words in said
    if expect["product"] != "Windows Server 2008":
        assert (host["servicing"]["plan"], host["servicing"]["missing"], host["servicing"]["rung"]) == ([], [], None)
    page = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert host["summary"]["state"] in page
    assert "None" not in said + page


def test_what_was_not_captured_is_never_met_and_never_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older collect.cmd did not ask for every key of today: those are not checked, each with its own reason."""
    folder = tmp_path / "sunset-evidence-PRESS3-1"
    folder.mkdir()
    absent = "ERROR: The system was unable to find the specified registry key or value.\r\n"
    system = "Version=6.0.6002\r\nProductType=3\r\nServicePackMajorVersion=2\r\nOSArchitecture=64-bit\r\n"
    answers = {
        "rows:os": (0, system),
        "reference": (1, absent),
        "rows:computer": (0, "Name=PRESS3\r\nDomainRole=2\r\n"),
    }
    index = ""
    for number, (key, (rc, text)) in enumerate(answers.items(), 1):
        (folder / f"q{number:03}.txt").write_bytes(text.encode())
        index += f'q{number:03}.txt {rc} "{key}"\r\n'
    (folder / "index.txt").write_bytes(index.encode())
    assert assess(monkeypatch, folder, tmp_path / "out") == 0
    host = json.loads((tmp_path / "out/report.json").read_text(encoding="utf-8"))["hosts"][0]
    told = [finding for finding in host["findings"] if finding["status"] not in ("notchecked", "notapplicable")]
    assert [(one["status"], one["evidence"]) for one in told] == [("pass", ["ServicePackMajorVersion = 2"])]
    assert any(probe.startswith("registry:HKLM\\SYSTEM") for probe in host["unknown"])


def test_whatever_the_script_captured_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reads = question().reads
    folder = gather(machine(), tmp_path, reads.keys, reads.questions())
    assert assess(monkeypatch, folder, tmp_path / "out") == 0
    host = json.loads((tmp_path / "out/report.json").read_text(encoding="utf-8"))["hosts"][0]
    assert set(host["unknown"]) == {"profiles"}
    assert not [one["id"] for one in host["findings"] if "it was not asked" in "".join(one["evidence"])]
    said = capsys.readouterr().out
    assert "Unknown: profiles: collect.cmd takes nothing out of the registry of users" in said


def test_evidence_that_is_none_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.txt").write_text("nothing of the kind, on 12.03.2009\nDatum: 12.03.2009\n[12.03.2009]\n")
    assert assess(monkeypatch, tmp_path / "x.txt", tmp_path / "out") == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "no evidence that is known here" in printed.err
    assert not (tmp_path / "out").exists()
