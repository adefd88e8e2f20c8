# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every case of tests/data/twin_tools: what is typed, what comes back, on which stream, with which code.

A case is a list of steps on one machine. ``out`` and ``err`` are compared line by line, blanks at line
ends aside; ``out_has``/``out_lacks`` look for texts; ``as`` is who types; ``files`` are written first.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import Answer, Bench

DATA = Path(__file__).resolve().parents[2] / "data" / "twin_tools"
CASES = [
    pytest.param(case, id=f"{path.stem}: {case['name']}")
    for path in sorted(DATA.glob("*.yml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]
KNOWN = {"run", "as", "rc", "out", "err", "out_has", "err_has", "out_lacks", "stdin"}


def _trimmed(text: str) -> list[str]:
    return [line.rstrip() for line in text.replace("\r\r\n", "\n").replace("\r\n", "\n").rstrip("\n").split("\n")]


def _check(step: dict[str, Any], answer: Answer) -> None:
    assert answer.rc == step.get("rc", 0), answer
    for stream in ("out", "err"):
        if stream in step:
            assert _trimmed(getattr(answer, stream)) == _trimmed(step[stream])
        for text in step.get(f"{stream}_has", []):
            assert text in getattr(answer, stream)
    for text in step.get("out_lacks", []):
        assert text not in answer.out
    if "err" not in step and "err_has" not in step:
        assert answer.err == ""


def test_there_are_cases() -> None:
    assert len(CASES) > 40


@pytest.mark.parametrize("case", CASES)
def test_case(case: dict[str, Any]) -> None:
    bench = Bench(case.get("locale", "en-US"))
    for path, text in case.get("files", {}).items():
        bench.put(path, text)
    for step in case["steps"]:
        assert not step.keys() - KNOWN, f"unknown words in the case: {step.keys() - KNOWN}"
        _check(step, bench.run(step["run"], step.get("as", "administrator"), step.get("stdin", "")))
