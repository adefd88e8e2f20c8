# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report: what a record becomes, that the page is safe to open, and that nothing is rounded up to good."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._report import html, result, text, write

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)


def record(name: str = "cerberus", **changes: Any) -> dict[str, Any]:
    """Return a host record at its last state, with `changes` laid over it."""
    base: dict[str, Any] = {
        "name": name,
        "door": "winrs",
        "taken": "2026-11-20T17:59:00Z",
        "identity": {
            "name": "CERBERUS",
            "os": "Windows Server 2008",
            "arch": "x64",
            "role": "standalone",
            "language": 1033,
            "winrm": "1.1",
        },
        "build": {
            "verdict": "clean_6003",
            "running": "6.0.6003",
            "registered": "6003",
            "on_disk": "6.0.6003.20706",
            "revision": 20706,
            "month": "2020-01",
            "stack": "6.0.6003.20484",
            "sentence": "It runs build 6003.",
            "evidence": ["Win32_OperatingSystem.Version = 6.0.6003"],
        },
        "servicing": {
            "rung": "rollup",
            "installed": ["KB4493730"],
            "missing": [],
            "plan": [],
            "pending_restart": False,
            "sentence": "Nothing is left to install.",
            "evidence": ["Codesigning\\SHA2 = 1"],
        },
        "lifecycle": {"sentence": "Extended support ended on 2020-01-14."},
        "findings": [
            {
                "id": "smb1-server-off",
                "title": "SMBv1 server off",
                "status": "pass",
                "observed": "0",
                "expected": "0",
                "evidence": [],
            },
        ],
        "unknown": {},
    }
    return base | changes


def failing() -> dict[str, Any]:
    """Return the same machine before anything was done."""
    bad = copy.deepcopy(record())
    bad["build"].update(verdict="clean_6002", running="6.0.6002", revision=18005, month=None)
    bad["servicing"].update(
        rung="sp2",
        missing=["KB4493730"],
        plan=[{"step": "install", "package": "KB4493730", "reason": "first"}, {"step": "restart", "reason": "then"}],
    )
    bad["findings"][0].update(status="fail", observed="absent")
    return bad


def test_a_report_fits_its_schema() -> None:
    report = result.combine([record()], [failing()], ["cerberus", "styx"], NOW)
    jsonschema.validate(json.loads(result.as_json(report)), result.schema())
    assert report["summary"]["unreached"] == ["styx"]
    assert report["hosts"][0]["before"]["findings"] == {"smb1-server-off": "fail"}


@pytest.mark.parametrize(
    "changes, state, words",
    [
        ({}, "good", "last reachable state"),
        ({"unknown": {"licences": "not answered"}}, "attention", "no answer to: licences"),
        ({"build": record()["build"] | {"verdict": "unknown"}}, "unknown", "could not be established"),
        ({"build": record()["build"] | {"verdict": "not_2008"}}, "unsupported", "never changed"),
        ({"servicing": record()["servicing"] | {"pending_restart": True}}, "attention", "a restart is outstanding"),
        ({"findings": [record()["findings"][0] | {"status": "notchecked"}]}, "attention", "1 not checked"),
        ({"findings": [record()["findings"][0] | {"status": "error"}]}, "attention", "1 control not met"),
    ],
)
def test_doubt_is_never_rounded_up_to_good(changes: dict[str, Any], state: str, words: str) -> None:
    summary = result.summarise(record(**changes))
    assert summary["state"] == state
    assert words in summary["sentence"]


def test_a_waived_control_does_not_spoil_the_state_and_is_not_hushed_up() -> None:
    summary = result.summarise(record(findings=[record()["findings"][0] | {"status": "waived"}]))
    assert summary["state"] == "good"
    assert summary["sentence"].endswith("every selected control met, but for 1 that is waived")


def test_a_host_lost_after_the_changes_keeps_its_first_record_and_is_named() -> None:
    report = result.combine([record("minos")], [failing(), record("minos")], [], NOW)
    assert report["summary"]["lost"] == ["cerberus"]
    assert "NOT REACHED AGAIN" in "\n".join(text.lines(report))
    assert "Not reached again after the changes" in html.page(report)


class Page(HTMLParser):
    """Collects every tag, to prove that foreign text made none."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


def test_foreign_text_never_becomes_markup() -> None:
    hostile = "</code><script>alert(1)</script><img src=x onerror=alert(1)>"
    bad = record(hostile, unknown={"os": hostile})
    bad["build"]["sentence"] = bad["identity"]["os"] = hostile
    bad["findings"][0].update(observed=hostile, evidence=[hostile], title=hostile)
    page = html.page(result.combine([bad], [bad], [hostile + "2"], NOW))
    seen = Page()
    seen.feed(page)
    assert not {"script", "img", "iframe", "link"} & set(seen.tags)
    assert "default-src 'none'" in page


def test_before_and_after_stand_side_by_side() -> None:
    report = result.combine([record()], [failing()], [], NOW)
    assert '6002<span class="arrow">&rarr;</span>6003' in html.page(report)
    assert text.lines(report) == [
        "cerberus  good        build 6002 -> 6003, patched to no rollup -> 2020-01, controls met 0 -> 1 of 1"
        "; at its last reachable state, every selected control met"
    ]


@pytest.mark.parametrize(
    "verdict, revision, month, says",
    [
        ("clean_6003", 20706, "2020-01", "2020-01"),
        ("clean_6002", 18005, None, "no rollup"),
        ("clean_6002", None, None, "unknown"),
        ("not_2008", None, None, "does not apply"),
    ],
)
def test_a_month_that_is_not_there_says_why(verdict: str, revision: int | None, month: str | None, says: str) -> None:
    assert html.patched({"verdict": verdict, "revision": revision, "month": month}) == says


def test_controls_that_do_not_apply_are_not_counted_and_open_ones_come_first() -> None:
    one = record()["findings"][0]
    mixed = [one | {"id": status, "status": status} for status in ("notapplicable", "pass", "error", "fail")]
    host = result.combine([record(findings=mixed)], [], [], NOW)["hosts"][0]
    assert html.met(host) == "1 of 3"
    assert [finding["id"] for finding in html.urgent_first(mixed)] == ["fail", "error", "pass", "notapplicable"]
    none = result.combine([record(findings=mixed[:1])], [], [], NOW)["hosts"][0]
    assert html.met(none) == "none applies"


def test_an_unwritable_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    report = result.combine([record()], [], [], NOW)
    with pytest.raises(write.ReportNotWritten, match="name a folder that this user may write to"):
        write.write(report, str(tmp_path / "file" / "report"), ["html"])


def test_a_dry_run_names_the_files_and_writes_none(tmp_path: Path) -> None:
    report = result.combine([record()], [], [], NOW)
    names = write.write(report, str(tmp_path / "report"), ["html"], dry_run=True)
    assert [Path(name).name for name in names] == ["report.json", "index.html"]
    assert not list(tmp_path.iterdir())
    write.write(report, str(tmp_path / "report"), ["html"])
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == ["index.html", "report.json"]
