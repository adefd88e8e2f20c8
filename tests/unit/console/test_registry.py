# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""reg query, read from data: see ``tests/data/console/registry.yml``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._console import registry
from ansible_collections.sunset.ws2008.plugins.plugin_utils._console.command import Reply
from ansible_collections.sunset.ws2008.plugins.plugin_utils._console.text import ConsoleError, UnknownLine

CASES = yaml.safe_load((Path(__file__).parents[2] / "data/console/registry.yml").read_text(encoding="utf-8"))
ABSENT = "ERROR: The system was unable to find the specified registry key or value.\r\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_an_answer_is_read_or_its_line_is_named(case: dict[str, Any], end: str) -> None:
    text = case["text"].replace("\r\n", "\n").replace("\n", end)
    if "error" in case:
        with pytest.raises(UnknownLine) as refused:
            registry.parse(text, search=case.get("search", False))
        assert case["error"] in refused.value.line
        return
    keys = registry.parse(text, search=case.get("search", False))
    plain = {key: {name: value.as_dict() for name, value in values.items()} for key, values in keys.items()}
    assert plain == case["expect"]


def test_a_key_is_absent_when_reg_says_what_it_says_about_one_that_is_nowhere() -> None:
    assert registry.read_key(r"HKLM\X", Reply(1, ABSENT.replace("\r\n", "\n") + "\n"), ABSENT) is None


@pytest.mark.parametrize("said", ["ERROR: Access is denied.\r\n", "FEHLER: Zugriff verweigert\r\n", ""])
def test_any_other_failure_is_not_absence(said: str) -> None:
    with pytest.raises(registry.KeyDenied, match=r"HKLM\\X"):
        registry.read_key(r"HKLM\X", Reply(1, said), ABSENT)


def test_without_a_reference_a_failure_is_never_absence() -> None:
    with pytest.raises(registry.KeyDenied):
        registry.read_key(r"HKLM\X", Reply(1, ABSENT), None)


def test_a_key_without_values_is_there_and_empty() -> None:
    listing = "\r\nHKEY_LOCAL_MACHINE\\X\\Sub\r\n"
    assert registry.read_key(r"HKLM\X", Reply(0, listing), ABSENT) == {}


def test_a_key_is_found_in_its_answer_however_it_is_spelled() -> None:
    listing = "HKEY_LOCAL_MACHINE\\Software\\x\r\n    V    REG_DWORD    0x1\r\n"
    assert registry.read_key("hkey_local_machine\\SOFTWARE\\X\\", Reply(0, listing), ABSENT) == {
        "V": registry.Value("REG_DWORD", 1)
    }


@pytest.mark.parametrize("key", ["SOFTWARE\\X", "", "HKXX\\A", "C:\\Windows"])
def test_a_key_without_a_hive_is_refused(key: str) -> None:
    with pytest.raises(ConsoleError, match="starts with HKLM"):
        registry.canonical(key)


def test_questions_are_quoted_as_they_need() -> None:
    assert registry.query("HKLM\\A b\\") == 'reg query "HKLM\\A b" 2>&1'
    assert registry.query("HKLM\\A", "x y") == 'reg query HKLM\\A /v "x y" 2>&1'
    assert registry.query("HKLM\\A", "") == "reg query HKLM\\A /ve 2>&1"
    assert registry.query("HKLM\\A", subtree=True) == "reg query HKLM\\A /s 2>&1"
