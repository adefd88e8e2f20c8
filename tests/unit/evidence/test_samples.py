# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every captured sample, read through the evidence door: the table is ``tests/data/host/samples.yml``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._console import builtin, registry, text, wmic
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host import verdicts
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.evidence import EvidenceError, snapshot_from_evidence

ROOT = Path(__file__).parents[3]
SAMPLES = Path(os.environ.get("SUNSET_SAMPLES") or ROOT.parent / "shared" / "samples")
TABLE = yaml.safe_load((ROOT / "tests/data/host/samples.yml").read_text(encoding="utf-8"))

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no captured samples at {SAMPLES} (set SUNSET_SAMPLES)")


def sample(name: str) -> Path:
    """Return a sample, or skip: the collection of samples may grow and shrink."""
    path = SAMPLES / name
    if not path.exists():
        pytest.skip(f"the sample {name} is not there")
    return path


@pytest.mark.parametrize("row", [row for row in TABLE if "refused" not in row], ids=lambda row: row["file"])
def test_a_sample_tells_what_the_table_says(row: dict[str, Any]) -> None:
    snapshot = snapshot_from_evidence(sample(row["file"]))
    answers = snapshot["answers"]
    for probe in ("os", "computer", "account"):
        for name, value in row.get(probe, {}).items():
            assert (answers[probe].get(name)) == value, f"{probe}.{name}"
    if "hotfixes" in row:
        assert answers["hotfixes"] == row["hotfixes"]
    assert set(row.get("hotfixes_include", ())) <= set(answers.get("hotfixes", ()))
    if "hotfix_count" in row:
        assert len(answers["hotfixes"]) == row["hotfix_count"]
    if "listener_count" in row:
        assert len(answers["listeners"]) == row["listener_count"]
    for probe in row.get("unknown", ()):
        assert probe not in answers
        assert snapshot["unknown"][probe]
    if "identity" in row:
        assert snapshot["identity"] == row["identity"]
    build, family = verdicts.judge_build(snapshot), verdicts.judge_family(snapshot)
    assert build.verdict.value == row["verdict"]
    assert family.changes_allowed is row["changes"]
    assert family.name == row.get("product", family.name)
    assert verdicts.judge_ladder(snapshot).rung.value == row.get("rung", verdicts.judge_ladder(snapshot).rung.value)


@pytest.mark.parametrize("row", [row for row in TABLE if "refused" in row], ids=lambda row: row["file"])
def test_a_sample_that_tells_nothing_gets_one_sentence(row: dict[str, Any]) -> None:
    with pytest.raises(EvidenceError, match=row["refused"]):
        snapshot_from_evidence(sample(row["file"]))


def test_no_sample_at_all_makes_a_traceback() -> None:
    for path in SAMPLES.rglob("*"):
        try:
            snapshot_from_evidence(path)
        except EvidenceError as error:
            assert "\n" not in str(error)


def test_each_banner_is_read() -> None:
    chunks = sample("ver/en_banners.txt").read_text(encoding="utf-8").split("\n\n")
    assert [builtin.parse_versions(chunk) for chunk in chunks] == [{"6.0.6001"}, {"6.0.6002"}, {"6.0.6003"}]


def test_values_of_a_registry_search_are_read() -> None:
    captured = text.decode(sample("reg_query/2008sp2_x86_dc_reg_query_search_data.txt").read_bytes())
    values = registry.parse(captured)[""]
    assert values["LocalizedString"].data == r"@C:\Program Files\VMware\VMware Tools\VMwareHostOpen.exe,-1008"
    snipped = text.decode(sample("reg_query/2008sp2_x86_reg_query_search_f_s.txt").read_bytes())
    whole = "\n".join(line for line in snipped.splitlines() if "[snip]" not in line).replace("End of", "\nEnd of")
    keys = registry.parse(whole, search=True)
    assert keys[r"HKLM\SOFTWARE\Classes\kdbxfile\shell\open"][""].data == "&Open with KeePass Password Safe"
    uninstall = keys[r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\KeePassPasswordSafe2_is1"]
    assert uninstall["Inno Setup: Icon Group"].data == "KeePass Password Safe 2"


def test_services_and_the_bios_are_read_from_wmic() -> None:
    services = text.decode(sample("wmic_other/2008sp2_x86_dc_wmic_service_list_full.txt").read_bytes())
    rows = wmic.parse_values(services.replace("[...Truncated for brevity...]", ""))
    assert [(row["Name"], row["State"], row["StartMode"]) for row in rows] == [
        ("AeLookupSvc", "Running", "Auto"),
        ("ALG", "Stopped", "Manual"),
    ]
    bios = wmic.parse_values(text.decode(sample("wmic_other/2008sp2_x86_dc_wmic_bios_list_full.txt").read_bytes()))
    assert bios[0]["BiosCharacteristics"][:3] == ["4", "7", "8"]  # type: ignore[index]
