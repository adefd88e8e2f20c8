# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rehearsal twin and Wine were written apart; where both hear the same file and line they have to say the same.

What they do not agree on stands in `DIFFERENCES` with the document that decides, and in docs/testing.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.reread import read_registry
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.regfile import Edit, render
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.values import Value

from .wine import Wine

KEY = "HKLM\\SOFTWARE\\sunset.ws2008.witness"
VALUES: Mapping[str, Value] = {
    "number": Value("REG_DWORD", 3),
    "large": Value("REG_DWORD", 0xFFFFFFFF),
    "text": Value("REG_SZ", "NTLMv2 only"),
    "path": Value("REG_EXPAND_SZ", "%SystemRoot%\\System32"),
    "quoted": Value("REG_SZ", 'a "quoted" \\ path'),
    "empty": Value("REG_SZ", ""),
    "list": Value("REG_MULTI_SZ", ("Bowser", "MRxSmb20", "NSI")),
    "single": Value("REG_MULTI_SZ", ("Bowser",)),
    "bytes": Value("REG_BINARY", "00ff10"),
    "": Value("REG_SZ", "the unnamed value"),
    "with blanks: and a colon": Value("REG_DWORD", 1),
    "wide": Value("REG_QWORD", 1 << 40),
}
# Wine 8.0 prints "(null)" for a REG_QWORD. The documentation of RegSetValueEx says that the type is a 64-bit number,
# and reg.exe of Windows prints it in hexadecimal, as the twin does. No control of the baseline is a REG_QWORD.
DIFFERENCES = {"wide"}


def plain(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.plain() if isinstance(value, Value) else value for name, value in found.items()}


@pytest.mark.parametrize("key", [KEY, f"{KEY}\\RC4 128/128", f"{KEY}\\with blanks (and parentheses)"])
def test_a_file_and_its_reading_mean_the_same_to_both(wine: Wine, twin: Any, key: str) -> None:
    file = render(Edit(key, name, value) for name, value in VALUES.items())
    said = []
    for session in (wine, twin):
        session.upload(file, "C:\\w\\witness.reg")
        assert session.run('reg import "C:\\w\\witness.reg"').rc == 0
        keep = [name for name in VALUES if name not in DIFFERENCES]
        drop = render(Edit(key, name, None) for name in DIFFERENCES)
        session.upload(drop, "C:\\w\\drop.reg")
        assert session.run('reg import "C:\\w\\drop.reg"').rc == 0
        found = read_registry(session, [key])[key]
        assert found is not None
        said.append(plain(found))
        assert set(found) == set(keep)
    assert said[0] == said[1]


def test_both_say_that_a_key_is_absent(wine: Wine, twin: Any) -> None:
    for session in (wine, twin):
        assert read_registry(session, [f"{KEY}\\nothing here"]) == {f"{KEY}\\nothing here": None}


def test_what_differs_differs_still(wine: Wine) -> None:
    """A difference that Wine has mended should leave the list."""
    wine.upload(render([Edit(KEY, "wide", VALUES["wide"])]), "C:\\w\\wide.reg")
    assert wine.run('reg import "C:\\w\\wide.reg"').rc == 0
    answer = wine.run(f'reg query "{KEY}" /v wide').stdout
    if "0x10000000000" in answer:
        pytest.fail("this Wine prints REG_QWORD as Windows does: take it out of DIFFERENCES")
