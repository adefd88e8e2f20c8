# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The formats for machines: each is read back by a parser that is not ours; doubt and foreign text stay in place."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._report import junit, prometheus, result, table, write

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[3]
SAMPLE = re.compile(r'^([a-z_0-9]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (-?\d+)$')


def finding(identifier: str, status: str, **changes: Any) -> dict[str, Any]:
    """Return one finding of a record."""
    own = {"id": identifier, "title": f"The {identifier}", "area": "smb", "level": "baseline", "status": status}
    return own | {"observed": "1", "expected": "0", "evidence": ["seen"], "restart": "no"} | changes


def record(name: str, findings: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """Return the record of a machine at 6003."""
    build = {"verdict": "clean_6003", "running": "6.0.6003", "revision": 20706, "month": "2020-01", "stack": None}
    servicing = {"rung": "sha2", "plan": [], "missing": [], "pending_restart": None, "unreachable": None}
    own = {"name": name, "taken": "2026-11-20T17:59:00Z", "build": build, "servicing": servicing, "unknown": {}}
    return own | {"findings": findings} | changes


def report() -> dict[str, Any]:
    """Return a fleet with every status, a lost machine, an unreached one, and text that wants to be markup."""
    all_of_them = [finding(status, status) for status in result.STATUSES]
    hostile = finding(
        "=cmd|calc", "fail", title='<b a="1">&\x07', observed='=HYPERLINK("x")', evidence=["]]>\x00 \\ \n"]
    )
    lost = record(
        'we"ird\\name\n', [], servicing=record("", [])["servicing"] | {"unreachable": "no", "pending_restart": True}
    )
    return result.combine([record("cerberus", [*all_of_them, hostile])], [record("cerberus", []), lost], ["styx"], NOW)


def test_the_table_has_a_row_for_each_finding_and_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(table.as_csv(report()), newline="")))
    assert [row["status"] for row in rows[:6]] == list(result.STATUSES)
    assert (rows[6]["control"], rows[6]["observed"]) == ("'=cmd|calc", '\'=HYPERLINK("x")')
    assert (rows[7]["state"], rows[7]["control"]) == ("lost", "")
    assert (rows[8]["host"], rows[8]["state"]) == ("styx", "unreached")
    assert not any(value.startswith(("=", "+", "-", "@")) for row in rows for value in row.values())


def test_a_build_server_sees_failures_and_never_takes_silence_for_success() -> None:
    root = ElementTree.fromstring(junit.as_junit(report()))
    cases = {case.get("name", "").split(":")[0]: [child.tag for child in case] for case in root.iter("testcase")}
    assert {name: tags for name, tags in cases.items() if name in result.STATUSES} == {
        "pass": [],
        "fail": ["failure"],
        "error": ["error"],
        "notchecked": ["skipped"],
        "notapplicable": ["skipped"],
        "waived": ["skipped"],
    }
    assert cases["reached"] == ["error"]
    counted = {name: int(root.get(name, "")) for name in ("tests", "failures", "errors", "skipped")}
    assert counted == {"tests": 9, "failures": 2, "errors": 3, "skipped": 3}
    assert [suite.get("name") for suite in root][-1] == "styx"


def test_monitoring_gets_well_formed_samples_and_nothing_for_what_is_unknown() -> None:
    lines = prometheus.as_prometheus(report()).splitlines()
    samples = [SAMPLE.match(line) for line in lines if not line.startswith("# ")]
    assert all(samples)
    seen = {(match[1], match[2]): int(match[3]) for match in samples if match}
    assert seen["sunset_ws2008_host_reached", 'host="cerberus"'] == 1
    assert seen["sunset_ws2008_host_reached", 'host="styx"'] == 0
    assert seen["sunset_ws2008_host_reached", 'host="we\\"ird\\\\name\\n"'] == 0
    assert seen["sunset_ws2008_host_findings", 'host="cerberus",status="fail"'] == 2
    assert ("sunset_ws2008_host_pending_restart", 'host="cerberus"') not in seen
    assert ("sunset_ws2008_host_servicing_steps", 'host="we\\"ird\\\\name\\n"') not in seen
    typed = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(typed) == len(set(typed)) and {name for name, _value in seen} == set(typed)


def test_an_empty_fleet_has_every_format(tmp_path: Path) -> None:
    empty = result.combine([], [], [], NOW)
    names = write.write(empty, str(tmp_path), [name for name in write.WRITERS if name != "html"])
    assert [Path(name).name for name in names] == ["report.json", "findings.csv", "junit.xml", "sunset_ws2008.prom"]


def test_the_module_and_the_role_offer_every_format() -> None:
    page = (ROOT / "plugins/modules/report.py").read_text(encoding="utf-8")
    documented = yaml.safe_load(page.split('DOCUMENTATION = r"""')[1].split('"""')[0])
    assert documented["options"]["formats"]["choices"] == list(write.WRITERS)
    role = yaml.safe_load((ROOT / "roles/report/meta/argument_specs.yml").read_text(encoding="utf-8"))
    assert role["argument_specs"]["main"]["options"]["report_formats"].get("choices") == list(write.WRITERS)
