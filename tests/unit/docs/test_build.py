# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`make docs`: the reference is complete, its links lead somewhere, and no markup is left in it."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BUILD = runpy.run_path(str(ROOT / "docs" / "build.py"))


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("Set C(gather_facts) to C(false).", "Set `gather_facts` to `false`."),
        ("See M(sunset.ws2008.facts).", "See [sunset.ws2008.facts](module_facts.md)."),
        ("P(sunset.ws2008.winrs#connection)", "[sunset.ws2008.winrs](connection_winrs.md)"),
        ("like M(ansible.builtin.setup)", "like `ansible.builtin.setup`"),
        ("V(a\\)b) and O(state=enforced)", "`a)b` and `state=enforced`"),
        ("RV(sunset.ws2008.facts#module:host)", "`host`"),
        ("U(https://example.org/a) L(there,https://example.org/b)", "<https://example.org/a> [there](https://example.org/b)"),
        ("B(bold) I(slanted) HORIZONTALLINE", "**bold** *slanted* ---"),
        ("KB(1) stays", "KB(1) stays"),
    ],
)  # fmt: skip
def test_markup_becomes_markdown(text: str, markdown: str) -> None:
    assert BUILD["prose"](text) == markdown


def test_every_member_has_a_page_and_every_link_leads_to_one(tmp_path: Path) -> None:
    assert BUILD["main"]([str(tmp_path / "docs")]) == 0
    pages = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "docs").glob("*.md")}
    for kind, folder in BUILD["FOLDERS"].items():
        for path in (ROOT / folder).iterdir():
            if path.is_dir() != (kind == "role") or path.name.startswith("_"):
                continue
            assert f"{kind}_{path.stem}.md" in pages and f"({kind}_{path.stem}.md)" in pages["index.md"]
    for name, text in pages.items():
        prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        assert not re.search(r"\b(?:B|C|E|I|L|M|O|P|R|RV|U|V)\([^)]", re.sub("`[^`]*`", "", prose)), name
        assert all(target in pages or ":" in target for target in re.findall(r"\]\(([^)]+)\)", prose)), name
    assert "variable `ansible_winrs_codepage`" in pages["connection_winrs.md"]
    for record in BUILD["CONTROLS"].glob("*.yml"):
        for control in re.findall(r"^  - id: (\S+)", record.read_text(encoding="utf-8"), re.MULTILINE):
            assert f"## {control}\n" in pages["controls.md"]
