# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""docs/controls: made from the records, up to date, and nothing of a record is left out."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.mechanisms import MECHANISMS
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.mechanisms.checks import CheckOnly

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "docs" / "controls"
DATA = ROOT / "plugins" / "plugin_utils" / "_baseline" / "data"


@pytest.fixture
def controls(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    return runpy.run_path(str(ROOT / "docs" / "controls.py"))


def test_the_pages_are_up_to_date(controls: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert controls["main"](["--check"]) == 0, "run: python docs/controls.py"


def test_a_stale_page_is_noticed_and_mended(controls: dict[str, Any], tmp_path: Path) -> None:
    main = controls["main"]
    main.__globals__["PAGES"] = tmp_path / "controls"
    assert main(["--check"]) == 1
    assert main([]) == 0 and main(["--check"]) == 0
    (tmp_path / "controls" / "gone.md").write_text("an area that is no more", encoding="utf-8")
    assert main(["--check"]) == 1
    assert main([]) == 0 and not (tmp_path / "controls" / "gone.md").exists()


def test_every_control_has_its_part_and_every_link_leads_there(controls: dict[str, Any]) -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in PAGES.glob("*.md")}
    for path in (DATA / "controls").glob("*.yml"):
        for record in controls["load"](path)["controls"]:
            part = texts[f"{path.stem}.md"].partition(f"\n## {record['id']}\n")[2].partition("\n## ")[0]
            for word in (
                "Read: ",
                "Wanted: ",
                "As delivered: ",
                "May break: ",
                "Look first: ",
                "Sources: ",
                "Confidence: ",
            ):
                assert f"\n- {word}" in part, (record["id"], word)
    for name, text in texts.items():
        for page, anchor in re.findall(r"\]\(([a-z_]*\.md|README\.md)?(?:#([a-z0-9-]+))?\)", text):
            target = texts[page or name]
            assert not anchor or f"\n## {anchor}\n" in target, (name, page, anchor)


def test_the_numbers_are_those_of_the_data(controls: dict[str, Any]) -> None:
    text = (PAGES / "README.md").read_text(encoding="utf-8")
    every = [one for path in (DATA / "controls").glob("*.yml") for one in controls["load"](path)["controls"]]
    assert f"{len(every)} controls in " in text
    for heading in ("## By area", "## By what is done", "## By mechanism"):
        table = text.partition(heading)[2].partition("\n## ")[0]
        assert sum(int(row) for row in re.findall(r"^\| [^|]+ \| (\d+) \|", table, re.MULTILINE)) == len(every), heading


def test_what_is_said_to_be_set_is_what_the_engine_sets(controls: dict[str, Any]) -> None:
    for path in (DATA / "controls").glob("*.yml"):
        for record in controls["load"](path)["controls"]:
            changes = type(MECHANISMS[record["mechanism"]["kind"]]).changes
            assert not (changes is CheckOnly.changes and controls["doing"](record) == "set"), record["id"]


def test_the_words_know_everything_that_the_schema_knows(controls: dict[str, Any]) -> None:
    definitions = json.loads((DATA / "control.schema.json").read_text(encoding="utf-8"))["$defs"]
    words = controls["described"].__globals__["READERS"]
    assert set(words) == {one["$ref"].rpartition("/")[2] for one in definitions["mechanism"]["oneOf"]}
    operators = words["registry"].__globals__["OPERATORS"]
    assert set(definitions["rule"]["properties"]["operator"]["enum"]) <= set(operators)
