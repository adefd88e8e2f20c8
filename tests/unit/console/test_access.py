# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Access lists: what wmic and icacls print is read exactly or refused, and a list survives being written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sunset.ws2008.plugins.plugin_utils._console import icacls, key_access, mof, sddl, secedit
from ansible_collections.sunset.ws2008.plugins.plugin_utils._console.command import Question, Reply, can_be_batched
from ansible_collections.sunset.ws2008.plugins.plugin_utils._console.sddl import Acl, Entry
from ansible_collections.sunset.ws2008.plugins.plugin_utils._console.text import ConsoleError
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin import access
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.tools.wmic import object_text

CASES = yaml.safe_load((Path(__file__).parents[2] / "data/console/access.yml").read_text(encoding="utf-8"))
READERS: dict[str, Callable[[str], Any]] = {
    "keys": lambda text: key_access.parse(Reply(0, text.replace("\n", "\r\r\n"))),
    "named": icacls.parse_named,
    "files": lambda text: icacls.parse_named(text, contents=True),
}
EVERY = [(kind, case) for kind, cases in CASES.items() for case in cases]
FLAGS = st.lists(st.sampled_from(("OI", "CI", "NP", "IO", "ID")), unique=True).map(
    lambda found: tuple(one for one in ("OI", "CI", "NP", "IO", "ID") if one in found)
)
SIDS = st.sampled_from(("S-1-1-0", "S-1-3-0", "S-1-5-18", "S-1-5-32-545", "S-1-5-21-1-2-3-1104", "S-1-5-80-1-2-3-4-5"))
ENTRIES = st.builds(
    lambda sid, mask, allowed, flags: Entry(sid, mask, allowed, "IO" in flags, flags),
    SIDS,
    st.one_of(st.integers(0, 0xFFFFFFFF), st.sampled_from((0xF003F, 0x20019, 0x1F01FF, 0x10000000))),
    st.booleans(),
    FLAGS,
)
LISTS = st.builds(Acl, st.lists(ENTRIES, max_size=6).map(tuple), st.booleans(), st.booleans())


@pytest.mark.parametrize(("kind", "case"), EVERY, ids=[f"{kind}: {case['name']}" for kind, case in EVERY])
def test_an_answer_is_read_or_refused(kind: str, case: dict[str, Any]) -> None:
    if "refused" in case:
        with pytest.raises(ConsoleError) as caught:
            READERS[kind](case["text"])
        assert case["refused"] in str(caught.value)
    else:
        assert READERS[kind](case["text"]) == case["read"]


@given(LISTS)
def test_a_list_is_the_same_after_it_was_written(acl: Acl) -> None:
    text = sddl.render(acl)
    assert sddl.read(text) == acl
    assert sddl.same(text, text)
    assert secedit.access("MACHINE\\SOFTWARE\\X", text).endswith(f',0,"{text}"')


@given(LISTS, LISTS)
def test_lists_are_the_same_when_their_entries_are(one: Acl, other: Acl) -> None:
    alike = (one.entries, one.protected) == (other.entries, other.protected)
    assert sddl.same(sddl.render(one), sddl.render(other)) == alike


@given(LISTS)
def test_what_the_twin_tells_of_a_list_is_that_list(acl: Acl) -> None:
    """The twin reads the text with its own parser, and tells it as WMI does; nothing of it is shared."""
    told = access.embedded(access.parse(sddl.render(acl)), lambda _sid: ('a "domain"', "имя \\ {;}"))
    text = "\r\r\n".join(object_text("__PARAMETERS", {"Descriptor": told, "ReturnValue": 0}))
    found = key_access.parse(Reply(0, text))
    assert found is not None
    assert sddl.same(found, sddl.render(acl))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("D:AI(A;;KA;;;BA)", "D:(A;;0xf003f;;;S-1-5-32-544)"),
        ("D:PAI(A;CIOI;GA;;;SY)", "D:PAR(A;OICI;0x10000000;;;SY)"),
    ],
)
def test_spelling_makes_no_difference(one: str, other: str) -> None:
    assert sddl.same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("D:(A;;KA;;;BA)", "D:P(A;;KA;;;BA)"),
        ("D:(A;;KA;;;BA)(A;;KR;;;BU)", "D:(A;;KR;;;BU)(A;;KA;;;BA)"),
        ("D:(A;;KA;;;BA)", "D:(A;ID;KA;;;BA)"),
        ("D:(A;;KA;;;BA)", "D:(D;;KA;;;BA)"),
        (sddl.NO_LIST, "D:(A;;GA;;;WD)"),
        ("D:", sddl.NO_LIST),
    ],
)
def test_what_allows_something_else_is_another_list(one: str, other: str) -> None:
    assert not sddl.same(one, other)


def test_the_question_fits_into_a_batch_and_names_only_keys_that_a_line_can_carry() -> None:
    """A hive by number, as the vendor's own example of StdRegProv has it; the caret is for cmd.exe."""
    line = key_access.query("HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT")
    assert line.endswith('hDefKey=^&H80000002 sSubKeyName="SOFTWARE\\Microsoft\\Windows NT" <nul 2>&1')
    assert can_be_batched(Question("a", line))
    for wrong in ("HKCU\\Software", 'HKLM\\a" & calc "', "HKLM\\100%", "HKLM\\a!b", "HKLM\\a&b"):
        with pytest.raises(ConsoleError):
            key_access.query(wrong)


@pytest.mark.parametrize("key", ["HKLM\\S", "HKLM\\a b"])
def test_the_words_of_a_value_are_counted(key: str) -> None:
    line = icacls.save_named(key, "Database log files path", "!temp!\\a", contents=True)
    assert '"tokens=5*" %a' in line and '"%b\\*" /save' in line
    with pytest.raises(ConsoleError):
        icacls.save_named(key, "a%b", "f")


@pytest.mark.parametrize("text", ['D:(A;;FA;;;WD)"', "D:(A;;FA;;;WD)\r\n[Event Audit]", "O:BAD:(A;;FA;;;WD)", ""])
def test_a_template_takes_nothing_but_a_list(text: str) -> None:
    with pytest.raises(ConsoleError):
        secedit.access("MACHINE\\SOFTWARE", text)


def test_an_object_too_deep_to_be_one_of_windows_is_refused() -> None:
    with pytest.raises(ConsoleError, match="deeper"):
        mof.parse_parameters("instance of __PARAMETERS {a = " + "{" * 10_000)
