# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.regfile import HEADER, Edit, render
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.values import BadValue, Value

CASES = yaml.safe_load((Path(__file__).parents[2] / "data" / "change" / "regfile.yml").read_text(encoding="utf-8"))


def edits(case: dict[str, Any]) -> list[Edit]:
    return [Edit(one["key"], one["name"], Value.of(one["value"]) if "value" in one else None) for one in case["edits"]]


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_a_file_says_exactly_the_edits(case: dict[str, Any]) -> None:
    lines = render(edits(case)).decode("utf-16").split("\r\n")
    assert lines == [HEADER, "", *case["lines"], "", ""]


def test_reg_import_gets_the_encoding_that_it_needs() -> None:
    data = render([Edit("HKLM\\X", "a", None)])
    assert data.startswith(b"\xff\xfeW\0i\0n\0")
    assert b"\n\0" in data and b"\r\0\n\0" in data


def test_a_secret_is_known_to_be_there_and_never_written() -> None:
    secret = Value.of({"type": "REG_SZ", "data": "", "withheld": True})
    assert secret != Value("REG_SZ", "") and "secret" in str(secret)
    with pytest.raises(BadValue, match="was not read"):
        render([Edit("HKLM\\X", "DefaultPassword", secret)])


@pytest.mark.parametrize("name", ["a\nb", "a\0b"])
def test_a_name_that_would_break_out_of_its_line_is_refused(name: str) -> None:
    with pytest.raises(BadValue, match="cannot name"):
        render([Edit("HKLM\\X", name, Value("REG_DWORD", 1))])


@pytest.mark.parametrize(
    "plain",
    [
        {"type": "REG_DWORD", "data": "1"},
        {"type": "REG_DWORD", "data": True},
        {"type": "REG_DWORD", "data": -1},
        {"type": "REG_SZ", "data": 1},
        {"type": "REG_MULTI_SZ", "data": "a"},
        {"type": "REG_WHAT", "data": "a"},
    ],
)
def test_a_value_whose_type_and_data_do_not_fit_is_refused(plain: dict[str, Any]) -> None:
    with pytest.raises(BadValue):
        Value.of(plain)
