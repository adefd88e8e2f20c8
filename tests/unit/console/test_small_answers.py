# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The small answers: netstat, whoami, wmic, dir, chcp, ver; and what every parser does with garbage."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sunset.ws2008.plugins.plugin_utils._console import (
    builtin,
    netstat,
    registry,
    text,
    whoami,
    wmic,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._console.netstat import Listener
from ansible_collections.sunset.ws2008.plugins.plugin_utils._console.text import ConsoleError, UnknownLine

NETSTAT = """
Aktive Verbindungen

  Proto  Lokale Adresse         Remoteadresse          Status           PID
  TCP    0.0.0.0:445            0.0.0.0:0              ABHÖREN          4
  TCP    10.0.0.5:80            10.0.0.9:49800         HERGESTELLT      4
  TCP    [::]:135               [::]:0                 ABHÖREN          908
  TCP    127.0.0.1:53           0.0.0.0:0              EN ATTENTE       1756
  UDP    0.0.0.0:123            *:*                                     1056
"""
ON = "Verbindliche Gruppe, Standardmäßig aktiviert, Aktivierte Gruppe"
ADMIN = f"""
"Jeder","Bekannte Gruppe","S-1-1-0","{ON}"
"VORDEFINIERT\\Administratoren","Alias","S-1-5-32-544","{ON}, Gruppenbesitzer"
"Verbindliche Beschriftung\\Hohe Verbindlichkeitsstufe","Unbekannter SID-Typ","S-1-16-12288","{ON}"
"""
FILTERED = """
"BUILTIN\\Administrators","Alias","S-1-5-32-544","Group used for deny only"
"Mandatory Label\\Medium Mandatory Level","Unknown SID type","S-1-16-8192","Mandatory group, Enabled by default"
"""
TOKENS = yaml.safe_load((Path(__file__).parents[2] / "data/console/whoami.yml").read_text(encoding="utf-8"))


def token(words: dict[str, str], shape: str, administrators: str, integrity: int) -> str:
    """Print a token as whoami does: `shape` is ``csv``, ``table`` or ``list``."""
    rows = [
        (words["everyone"], words["well_known"], "S-1-1-0", words["enabled"]),
        ("BUILTIN\\Users", "Alias", "S-1-5-32-545", words["enabled"]),
        ("BUILTIN\\Administrators", "Alias", "S-1-5-32-544", administrators),
        ("Label\\Level", "Label", f"S-1-16-{integrity}", words["enabled"]),
    ]
    if shape == "csv":
        return "".join(",".join(f'"{field}"' for field in row) + "\r\n" for row in rows)
    if shape == "list":
        return "".join(
            "".join(f"{name}: {field}\r\n" for name, field in zip("NTSA", row, strict=True)) + "\r\n" for row in rows
        )
    return "".join(f"{row[0]:<30} {row[1]:<20} {row[2]:<13} {row[3]}\r\n" for row in rows)


TABLE = """
Caption     HotFixID  InstalledOn
http://a.b  KB955430  01d4dfd0fb4eb361
            943729
"""


def test_listeners_are_known_by_their_far_end_in_any_language() -> None:
    assert netstat.parse_listeners(NETSTAT) == [
        Listener(53, "127.0.0.1", 1756),
        Listener(135, "::", 908),
        Listener(445, "0.0.0.0", 4),
    ]


def test_the_programs_that_netstat_b_names_are_left_out() -> None:
    rows = "  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       908\n  RpcSs\n [svchost.exe]\n"
    rows += "  TCP    0.0.0.0:445            0.0.0.0:0              LISTENING       4\n Can not obtain the owner\n"
    assert [one.port for one in netstat.parse_listeners(rows)] == [135, 445]


def test_a_line_between_connections_that_is_none_is_named() -> None:
    with pytest.raises(UnknownLine, match="something else"):
        netstat.parse_listeners(NETSTAT + "  something else\n")


def test_an_administrator_is_known_by_sid_and_by_what_everyone_is_called() -> None:
    token = whoami.parse_groups(ADMIN)
    assert token.as_dict() == {"sids": ["S-1-1-0", "S-1-5-32-544"], "administrator": True, "high_integrity": True}


def test_a_group_that_only_denies_makes_nobody_an_administrator() -> None:
    assert whoami.parse_groups(FILTERED).as_dict() == {"sids": [], "administrator": False, "high_integrity": False}


@pytest.mark.parametrize("language", sorted(TOKENS))
@pytest.mark.parametrize("shape", ["csv", "table", "list"])
def test_a_filtered_token_is_known_in_any_language_and_shape(language: str, shape: str) -> None:
    words = TOKENS[language]
    full = whoami.parse_groups(token(words, shape, f"{words['enabled']}{words['owner']}", 12288))
    assert (full.administrator, full.integrity) == (True, 12288)
    assert full.sids == ("S-1-1-0", "S-1-5-32-545", "S-1-5-32-544")
    filtered = whoami.parse_groups(token(words, shape, words["deny"], 8192))
    assert (filtered.administrator, filtered.integrity) == (False, 8192)
    assert filtered.sids == ("S-1-1-0", "S-1-5-32-545")
    lowered = whoami.parse_groups(token(words, shape, words["enabled"], 8192))
    assert not lowered.administrator


@pytest.mark.parametrize("language", sorted(TOKENS))
def test_without_anything_to_compare_with_a_denial_is_still_one(language: str) -> None:
    words = TOKENS[language]
    row = '"a","b","S-1-5-32-544","{}"\r\n'
    assert not whoami.parse_groups(row.format(words["deny"])).administrator
    assert whoami.parse_groups(row.format(words["enabled"])).administrator


def test_the_system_account_is_an_administrator_though_its_group_is_not_mandatory() -> None:
    rows = '"Everyone","x","S-1-1-0","Mandatory group, Enabled by default, Enabled group"\r\n'
    rows += '"BUILTIN\\Administrators","Alias","S-1-5-32-544","Enabled by default, Enabled group, Group owner"\r\n'
    rows += '"Mandatory Label\\System","Label","S-1-16-16384",""\r\n'
    assert whoami.parse_groups(rows).administrator


def test_a_label_without_attributes_is_read_from_the_table() -> None:
    text = "Everyone  Well-known group S-1-1-0  Mandatory group, Enabled by default, Enabled group\n"
    text += "Mandatory Label\\High Mandatory Level  Label  S-1-16-12288\n"
    assert whoami.parse_groups(text).integrity == 12288


def test_the_header_line_may_be_there() -> None:
    assert whoami.parse_groups('"Group Name","Type","SID","Attributes"\n' + ADMIN).administrator


@pytest.mark.parametrize("bad", ["", "whoami: access denied\n", ADMIN + '"no","sid","here","at all"\n'])
def test_a_token_without_groups_is_no_token(bad: str) -> None:
    with pytest.raises(UnknownLine):
        whoami.parse_groups(bad)


@pytest.mark.parametrize("end", ["\r\n", "\r\r\n", "\n"])
def test_wmic_records_are_apart_by_blank_lines(end: str) -> None:
    printed = end.join(
        ["", "", "Name=ALG", "State=Stopped", "Codes={4,7}", "Who=", "", "", "Name=B=C", "State=Running", ""]
    )
    assert wmic.parse_values(printed) == [
        {"Name": "ALG", "State": "Stopped", "Codes": ["4", "7"], "Who": None},
        {"Name": "B=C", "State": "Running"},
    ]


def test_a_guid_is_no_list() -> None:
    assert wmic.parse_values("HotFixID={7A068575-C5DB-43D9-BE20-3895D0C69B17}\n")[0] == {
        "HotFixID": "{7A068575-C5DB-43D9-BE20-3895D0C69B17}"
    }


def test_what_is_no_property_is_named() -> None:
    with pytest.raises(UnknownLine, match="Invalid class"):
        wmic.parse_values("Description = Invalid class\n")


@pytest.mark.parametrize(
    "printed",
    [
        "HotFixID\nKB955430\n943729\n",
        "C:\\Users\\x>wmic qfe get hotfixid\nHotFixID  \r\r\nKB955430  \r\r\n943729    \r\r\n",
        TABLE,
        "\r\r\n\r\r\nHotFixID=KB955430\r\r\n\r\r\n\r\r\nHotFixID=943729\r\r\n",
        "\r\r\nNode,HotFixID,InstalledOn\r\r\nPRESS3,KB955430,01d4dfd0fb4eb361\r\r\nPRESS3,943729,\r\r\n",
        "HotFixID=KB955430\r\r\n\r\r\nHotFixID=\r\r\n\r\r\nHotFixID=943729\r\r\n",
    ],
)
def test_updates_are_read_from_each_form_of_wmic(printed: str) -> None:
    assert wmic.parse_hotfixes(printed) == ["KB955430", "943729"]


def test_odd_update_ids_are_kept_and_error_messages_are_none() -> None:
    odd = ["File 1", "S867460", "KB958488-v2", "{7A068575-C5DB-43D9-BE20-3895D0C69B17}.KB976769v2", "KB947821_x"]
    assert wmic.parse_hotfixes("HotFixID\n" + "".join(f"{one}  \n" for one in odd)) == odd
    with pytest.raises(UnknownLine, match="Access"):
        wmic.parse_hotfixes("HotFixID\nAccess is denied.\n")


def test_a_condition_that_would_leave_its_quotes_is_refused() -> None:
    with pytest.raises(ConsoleError, match="cmd.exe"):
        wmic.get("X", ["A"], 'Name="x" & del')


def test_names_and_versions() -> None:
    assert builtin.parse_names("6.0.6002.18005\r\n6.0.6003.20484\r\n") == ["6.0.6002.18005", "6.0.6003.20484"]
    assert builtin.parse_versions("\r\nMicrosoft Windows [Версия 6.0.6003]\r\n") == {"6.0.6003"}
    assert builtin.parse_yes_no("yes\r\n") is True
    with pytest.raises(UnknownLine):
        builtin.parse_yes_no("Syntax error")
    with pytest.raises(UnknownLine):
        builtin.parse_names("Error: the path C:\\x was not found")


def test_byte_85_ends_no_line() -> None:
    assert text.split_lines(b"mit\x85 Punkt\r\nzwei".decode("latin-1")) == ["mit\x85 Punkt", "zwei"]


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12)))
def test_lines_come_back_whatever_ends_them(lines: list[str]) -> None:
    for end in ("\n", "\r\n", "\r\r\n"):
        assert text.split_lines("".join(line + end for line in lines)) == [
            line.removeprefix("\ufeff") if not number else line for number, line in enumerate(lines)
        ]


PARSERS = [
    *(registry.parse, netstat.parse_listeners, whoami.parse_groups),
    *(wmic.parse_values, wmic.parse_table, wmic.parse_hotfixes),
    *(builtin.parse_names, builtin.parse_yes_no, builtin.parse_versions),
]
LIKELY_LINES = [
    *("HKEY_LOCAL_MACHINE\\A", "    A    REG_DWORD    0x", "    A    REG_MULTI_SZ    a\\0b"),
    *("  TCP    [::]:1  [::]:0 X 4", '"a","b","S-1-1-0","x, y"', "A={", "A=1", "HotFixID", "KB1"),
    *("\x00", "\x85", "C:\\>", "\t", '"'),
]
LIKELY = st.lists(st.sampled_from(LIKELY_LINES), max_size=8).map("\r\n".join)


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: f"{parser.__module__.rsplit('.')[-1]}.{parser.__name__}")
@given(printed=st.text(max_size=80) | LIKELY)
def test_garbage_gets_a_sentence_or_an_answer(parser: object, printed: str) -> None:
    try:
        parser(printed)  # type: ignore[operator]
    except ConsoleError as error:
        assert str(error)


@given(st.binary(max_size=200), st.sampled_from(["437", "850", "866", "932", "0", "junk", None]))
def test_any_bytes_are_decoded(data: bytes, codepage: str | None) -> None:
    assert isinstance(text.decode(data, codepage), str)


NAMES = st.text(
    st.characters(
        min_codepoint=33, max_codepoint=0x4FF, exclude_characters="\\\x7f\x85\xa0", exclude_categories=["Cs", "Cc"]
    ),
    min_size=1,
    max_size=10,
)
VALUES = st.one_of(
    st.tuples(st.just("REG_DWORD"), st.integers(0, 2**32 - 1)),
    st.tuples(st.just("REG_SZ"), st.text("ab \\%=:{}ß", max_size=12)),
    st.tuples(st.just("REG_BINARY"), st.binary(max_size=8).map(bytes.hex)),
    st.tuples(st.just("REG_MULTI_SZ"), st.lists(st.text("ab c", min_size=1, max_size=5), max_size=3)),
)


@given(
    st.dictionaries(
        NAMES.map(lambda name: "HKLM\\SOFTWARE\\" + name), st.dictionaries(NAMES, VALUES, max_size=4), max_size=4
    )
)
def test_a_printed_registry_is_read_back(keys: dict[str, dict[str, tuple[str, object]]]) -> None:
    lines = []
    for key, values in keys.items():
        lines += ["", key.replace("HKLM", "HKEY_LOCAL_MACHINE", 1)]
        for name, (kind, data) in values.items():
            shown = hex(data) if isinstance(data, int) else "\\0".join(data) if isinstance(data, list) else data
            lines.append(f"    {name}    {kind}    {shown}")
    expected = {
        key: {("" if name[0] + name[-1] in ("()", "<>") else name): value for name, value in values.items()}
        for key, values in keys.items()
    }
    found = registry.parse("\r\n".join(lines))
    if all(len(expected[key]) == len(keys[key]) for key in keys):
        assert {
            key: {name: (v.type, v.data) for name, v in values.items()} for key, values in found.items()
        } == expected
