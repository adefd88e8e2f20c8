# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What reg.exe exports, it imports: any value of any type, any name."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.registry import Registry, RegValue
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.tools import regfile

KEY = "HKLM\\SOFTWARE\\Any"
# a NUL ends a registry string and a line end ends a line of the file
TEXT = st.text(st.characters(exclude_characters="\0\r\n", exclude_categories=["Cs"]), max_size=40)
VALUES = st.one_of(
    st.builds(RegValue, st.just("REG_SZ"), TEXT),
    st.builds(RegValue, st.just("REG_EXPAND_SZ"), TEXT),
    st.builds(RegValue, st.just("REG_DWORD"), st.integers(0, 2**32 - 1)),
    st.builds(RegValue, st.just("REG_QWORD"), st.integers(0, 2**64 - 1)),
    st.builds(RegValue, st.just("REG_BINARY"), st.binary(max_size=120)),
    st.builds(RegValue, st.just("REG_NONE"), st.binary(max_size=5)),
    st.builds(RegValue, st.just("REG_MULTI_SZ"), st.lists(TEXT.filter(bool), max_size=4)),
)


def _applied(text: str) -> Registry:
    registry = Registry()
    for edit in regfile.parse(text):
        if edit.name is None:
            registry.create_key(edit.key)
        elif edit.value is not None:
            registry.set(edit.key, edit.name, edit.value.type, edit.value.data)
    return registry


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_an_export_imports_as_it_was(values: dict[str, RegValue]) -> None:
    registry = Registry()
    registry.create_key(KEY)
    for name, value in values.items():
        registry.set(KEY, name, value.type, value.data)
    text = regfile.render(registry, KEY, "HKEY_LOCAL_MACHINE\\SOFTWARE\\Any")
    assert _applied(text).values(KEY) == registry.values(KEY)


def test_lines_stay_within_a_screen() -> None:
    registry = Registry()
    registry.set(KEY, "Blob", "REG_BINARY", bytes(range(200)))
    lines = regfile.render(registry, KEY, KEY).split("\r\n")
    assert max(len(line) for line in lines) <= 80
    assert sum(line.endswith("\\") for line in lines) == len(lines) - 6


def test_an_old_ansi_file_is_read_too() -> None:
    text = 'REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Old]\n"e"=hex(2):25,41,25,00\n'
    assert _applied(text).get("HKLM\\SOFTWARE\\Old", "e") == RegValue("REG_EXPAND_SZ", "%A%")


def test_something_else_is_refused() -> None:
    with pytest.raises(regfile.NotARegistryFile):
        regfile.parse("<?xml version='1.0'?>")
