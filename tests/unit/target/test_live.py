# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One shell, renewed in time, deleted whatever happens; questions that survive, commands that are never repeated."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import requests

from ansible_collections.sunset.ws2008.plugins.plugin_utils._target import live, shells
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.live import LiveSession
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import (
    ProtocolFault,
    Session,
    TargetError,
    TimedOut,
    Unreachable,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.settings import Login

LOST = requests.ConnectionError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer"))


class TaskTimeout(BaseException):
    """As ansible-core raises it out of a signal handler."""


def test_it_is_a_session(session: LiveSession) -> None:
    assert isinstance(session, Session)


def test_nothing_is_sent_before_the_first_question(session: LiveSession, target: Any) -> None:
    session.close()
    assert target.verbs == []


def test_identity_is_asked_once(session: LiveSession, target: Any) -> None:
    assert session.identify().os == "6.0.6002"
    assert session.identify().stack == "1.1"
    assert target.verbs == ["Identify"]


# --- commands ---


def test_command_brings_exit_code_and_text_in_the_code_page_of_the_target(session: LiveSession, target: Any) -> None:
    target.answers = lambda line, stdin: target.Command(5, "Grün\r\n".encode("cp850"), b"oops")
    result = session.run("ver")
    assert (result.rc, result.stdout, result.stderr) == (5, "Grün\r\n", "oops")
    assert target.codepages == ["850"]


@pytest.mark.parametrize(("wire", "seen"), [(2147942405, -2147024891), (-2147024891, -2147024891), (3010, 3010)])
def test_exit_code_is_signed_as_cmd_shows_it(session: LiveSession, target: Any, wire: int, seen: int) -> None:
    target.answers = lambda line, stdin: target.Command(wire)
    assert session.run("x").rc == seen


def test_output_in_pieces_is_joined_before_it_is_decoded(session: LiveSession, target: Any) -> None:
    target.oemcp = "932"
    text = "日本語" * 20
    target.answers = lambda line, stdin: target.Command(0, text.encode("cp932"), pieces=7)
    assert session.run("x").stdout == text


def test_stdin_goes_in_pieces_that_fit_an_envelope(session: LiveSession, target: Any) -> None:
    target.answers = lambda line, stdin: target.Command(0, str(len(stdin)).encode())
    assert session.run("sort", stdin=b"x" * 250_000).stdout == "250000"
    sends = [message for message in target.messages if "windows/shell/Send" in message]
    assert len(sends) == 3
    assert max(len(message) for message in sends) < 150 * 1024
    assert ['End="true"' in message for message in sends] == [False, False, True]


def test_empty_stdin_is_an_end_and_not_a_wait(session: LiveSession, target: Any) -> None:
    session.run("sort", stdin=b"")
    assert target.verbs.count("Send") == 1


def test_input_that_is_refused_lets_the_command_explain_itself(session: LiveSession, target: Any) -> None:
    def answer(line: str, stdin: bytes) -> Any:
        return target.Command(1, b"", b"The system cannot find the path specified.")

    target.answers = answer
    original = target._send

    def refuse(root: Any, message: str) -> bytes:
        original(root, message)
        raise target.fault(0x800700E8, "w:InternalError", "The pipe is being closed.")

    target._send = refuse
    result = session.run("findstr x > q:\\y", stdin=b"a")
    assert (result.rc, result.stderr) == (1, "The system cannot find the path specified.")


@pytest.mark.parametrize(
    ("line", "says"),
    [("", "empty"), ("a\nb", "line break"), ("x" * 8001, "8001 characters"), ("a\x00b", "no WS-Man message can carry")],
)
def test_line_that_cmd_would_misread_is_refused_unsent(session: LiveSession, target: Any, line: str, says: str) -> None:
    with pytest.raises(TargetError, match=says):
        session.run(line)
    assert target.verbs == []


def test_code_page_that_is_set_is_not_asked_for(settings: Any, link: Any, target: Any, notices: list[str]) -> None:
    LiveSession(replace(settings, codepage=437), notices.append, link).run("ver")
    assert "GetStringValue" not in target.verbs
    assert target.codepages == ["437"]


@pytest.mark.parametrize("oemcp", [None, "65001", "rubbish", "99999"])
def test_unusable_code_page_means_437_and_a_notice(
    session: LiveSession, target: Any, notices: list[str], oemcp: str | None
) -> None:
    target.oemcp = oemcp
    session.run("ver")
    assert target.codepages == ["437"]
    assert "ansible_winrs_codepage" in notices[0]


def test_registry_provider_is_looked_for_in_its_old_namespace_too(session: LiveSession, target: Any) -> None:
    target.trouble("GetStringValue", target.fault(0x80041010, "wsa:DestinationUnreachable"))
    session.run("ver")
    assert target.codepages == ["850"]
    assert "root/default/StdRegProv" in target.messages[target.verbs.index("Create") - 1]


def test_text_for_stdin_is_encoded_or_refused(session: LiveSession) -> None:
    assert session.encode("Grün") == "Grün".encode("cp850")
    with pytest.raises(TargetError, match="cp850 of the target has no character"):
        session.encode("日")


# --- the shell ---


def test_shell_is_renewed_before_the_operation_counter_runs_out(session: LiveSession, target: Any) -> None:
    for _number in range(25):
        session.run("ver")
    assert target.verbs.count("Create") == 3
    assert len(target.shells) == 1
    session.close()
    assert target.shells == {}


@pytest.mark.parametrize("code", shells.RECYCLE)
def test_shell_that_starts_no_more_commands_is_replaced(session: LiveSession, target: Any, code: int) -> None:
    session.run("first")
    target.trouble("Command", target.fault(code))
    session.run("second")
    assert target.lines == ["first", "second"]
    assert target.verbs.count("Create") == 2


def test_shell_that_starts_none_again_is_an_error(session: LiveSession, target: Any) -> None:
    target.trouble("Command", target.fault(shells.SHELL_GONE), target.fault(shells.SHELL_GONE))
    with pytest.raises(ProtocolFault):
        session.run("ver")
    session.close()
    assert target.shells == {}


def test_lost_connection_never_runs_a_command_twice(session: LiveSession, target: Any) -> None:
    session.run("first")
    target.trouble("Receive", LOST)
    with pytest.raises(Unreachable, match="may have been carried out"):
        session.run("second")
    session.run("third")
    assert target.lines == ["first", "second", "third"]
    session.close()
    assert target.shells == {}


def test_task_time_out_leaves_no_shell(session: LiveSession, target: Any) -> None:
    target.trouble("Receive", TaskTimeout())
    with pytest.raises(TaskTimeout):
        session.run("ping -n 600 127.0.0.1")
    session.close()
    assert target.shells == {}


def test_close_survives_a_target_that_is_gone(session: LiveSession, target: Any, notices: list[str]) -> None:
    session.run("ver")
    target.trouble("Delete", LOST, LOST)
    session.close()
    session.close()
    assert "a shell may be left" in notices[0]


def test_shell_that_a_restart_took_away_is_not_mourned(session: LiveSession, target: Any, notices: list[str]) -> None:
    session.run("ver")
    target.trouble("Delete", target.fault(shells.SHELL_GONE))
    session.close()
    assert notices == []


def test_command_that_takes_too_long_is_stopped_and_its_shell_goes(
    session: LiveSession, target: Any, clock: Any
) -> None:
    def wait(root: Any, message: str) -> bytes:
        clock.time += 10
        raise target.fault(2150858793, "w:TimedOut")

    target._receive = wait
    with pytest.raises(TimedOut, match="did not end within 25 seconds"):
        session.run("ping -n 600 127.0.0.1", timeout=25)
    assert target.verbs.count("Receive") == 3
    assert target.verbs[-1] == "Signal"
    session.close()
    assert target.shells == {}


def test_receive_asks_for_no_longer_than_is_left(session: LiveSession, target: Any) -> None:
    session.run("ver", timeout=3)
    receive = next(message for message in target.messages if "windows/shell/Receive" in message)
    assert "<w:OperationTimeout>PT4S<" in receive
    session.run("ver")
    assert "<w:OperationTimeout>PT20S<" in target.messages[-2]


def test_endless_output_is_stopped(session: LiveSession, target: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shells, "MAX_OUTPUT", 1000)
    target.answers = lambda line, stdin: target.Command(0, b"x" * 5000, pieces=10)
    with pytest.raises(TargetError, match="let it write to a file"):
        session.run("type big")
    session.close()
    assert target.shells == {}


# --- left-over shells ---


def shell(identifier: str, owner: str, idle: str | None) -> str:
    inactivity = f"<rsp:ShellInactivity>{idle}</rsp:ShellInactivity>" if idle else ""
    return f"<rsp:Shell><rsp:ShellId>{identifier}</rsp:ShellId><rsp:Owner>{owner}</rsp:Owner>{inactivity}</rsp:Shell>"


def no_shell_free(target: Any, times: int = 30) -> None:
    target.trouble("Create", *[target.fault(shells.QUOTA_SHELLS, "w:QuotaLimit") for _number in range(times)])


@pytest.fixture
def named(settings: Any, link: Any, clock: Any, notices: list[str]) -> LiveSession:
    """A session of CERBERUS\\Administrator."""
    mine = replace(settings, login=Login(user="CERBERUS\\Administrator", secret="x"), codepage=437)
    return LiveSession(mine, notices.append, link, clock.sleep, clock.now)


def test_left_over_shell_of_this_user_makes_room(named: LiveSession, target: Any, notices: list[str]) -> None:
    target.left_over = shell("DEAD", "cerberus\\administrator", "P0DT0H5M0S")
    no_shell_free(target)
    named.run("ver")
    assert "deleted a shell that an earlier run" in notices[0]


@pytest.mark.parametrize(
    ("owner", "idle"),
    [("CERBERUS\\operator", "P0DT1H0M0S"), ("OTHER\\Administrator", "P0DT1H0M0S")],
    ids=["name", "domain"],
)
def test_shell_of_somebody_else_is_left_alone(named: LiveSession, target: Any, owner: str, idle: str) -> None:
    target.left_over = shell("THEIRS", owner, idle)
    no_shell_free(target)
    with pytest.raises(ProtocolFault, match="close other runs"):
        named.run("ver")
    assert "Delete" not in target.verbs


def test_shell_in_use_by_another_run_is_left_alone(named: LiveSession, target: Any, clock: Any) -> None:
    target.left_over = shell("BUSY", "CERBERUS\\Administrator", "P0DT0H0M3S")
    no_shell_free(target, 2)
    named.run("ver")
    assert "Delete" not in target.verbs
    assert len(clock.slept) == 2


def test_stock_target_that_tells_nothing_is_given_time_and_loses_one_shell(
    named: LiveSession, target: Any, clock: Any
) -> None:
    target.left_over = shell("A", "", None) + shell("B", "", None)
    no_shell_free(target)
    named.run("ver")
    assert target.verbs.count("Delete") == 1
    assert len(clock.slept) == shells.PATIENT_ATTEMPTS


def test_stock_target_with_shells_of_others_loses_none(named: LiveSession, target: Any) -> None:
    target.left_over = shell("A", "", None) + shell("B", "", None) + shell("C", "", None)
    no_shell_free(target)
    with pytest.raises(ProtocolFault):
        named.run("ver")
    assert "Delete" not in target.verbs


@pytest.mark.parametrize(
    ("user", "owner", "mine"),
    [
        ("Administrator", "CERBERUS\\Administrator", True),
        ("Administrator", "administrator", True),
        (".\\Administrator", "CERBERUS\\Administrator", True),
        ("CERBERUS\\Administrator", "Administrator", True),
        ("Administrator", "CORP\\Administrator", False),
        ("adm@corp.example", "CORP\\adm", True),
        ("adm@corp.example", "CERBERUS\\adm", False),
        ("CORP\\adm", "adm", False),
        ("", "", False),
    ],
)
def test_owner_is_compared_in_every_spelling(
    settings: Any, link: Any, target: Any, notices: list[str], user: str, owner: str, mine: bool
) -> None:
    named = page(target, "Enumerate", ["CERBERUS"], "")
    target.trouble("Enumerate", named)
    login = Login(user=user or None, secret="x")
    session = LiveSession(replace(settings, login=login) if user else settings, notices.append, link)
    assert session._shells._is_mine(owner) is mine


# --- WMI ---


def page(target: Any, verb: str, names: list[str], context: str) -> bytes:
    items = "".join(f"<w:XmlFragment><Name>{name}</Name></w:XmlFragment>" for name in names)
    space = "w" if verb == "Enumerate" else "n"
    end = "" if context else f"<{space}:EndOfSequence/>"
    answer: bytes = target.envelope(
        f"<n:{verb}Response><n:EnumerationContext>{context}</n:EnumerationContext>"
        f"<{space}:Items>{items}</{space}:Items>{end}</n:{verb}Response>"
    )
    return answer


def test_query_reads_all_pages(session: LiveSession, target: Any) -> None:
    target.trouble("Enumerate", page(target, "Enumerate", ["a", "b"], "uuid:1"))
    target.trouble("Pull", page(target, "Pull", ["c"], "uuid:2"), page(target, "Pull", ["d"], ""))
    assert [row["Name"] for row in session.query("select Name from Win32_Service")] == ["a", "b", "c", "d"]
    assert target.verbs == ["Enumerate", "Pull", "Pull"]
    assert "<w:MaxElements>20</w:MaxElements>" in target.messages[0]
    assert "uuid:2" in target.messages[2]


def test_query_that_lost_a_page_begins_again(session: LiveSession, target: Any) -> None:
    first = page(target, "Enumerate", ["a"], "uuid:1")
    target.trouble("Enumerate", first, first)
    target.trouble("Pull", LOST, page(target, "Pull", ["b"], ""))
    assert [row["Name"] for row in session.query("select Name from Win32_Service")] == ["a", "b"]


def test_page_too_large_for_the_envelope_is_asked_for_in_smaller_ones(session: LiveSession, target: Any) -> None:
    target.trouble("Enumerate", target.fault(1, "w:EncodingLimit"), page(target, "Enumerate", ["a"], ""))
    assert session.query("select * from X") == [{"Name": "a"}]
    assert "<w:MaxElements>4</w:MaxElements>" in target.messages[1]


def test_enumeration_without_end_is_refused(session: LiveSession, target: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MAX_PAGES", 3)
    target.trouble("Enumerate", page(target, "Enumerate", [], "uuid:1"))
    target.trouble("Pull", *[page(target, "Pull", [], "uuid:1") for _number in range(9)])
    with pytest.raises(TargetError, match="last page"):
        session.query("select * from X")


def test_method_that_changes_is_not_called_twice(session: LiveSession, target: Any) -> None:
    target.trouble("Create", LOST)
    with pytest.raises(Unreachable, match="may have been carried out"):
        session.invoke("Win32_Process", "Create", {"CommandLine": "x"})
    assert target.verbs == ["Identify", "Create"]


def test_method_that_asks_is_called_again(session: LiveSession, target: Any) -> None:
    session.identify()
    target.trouble("GetStringValue", LOST)
    arguments = {"hDefKey": 1, "sSubKeyName": "a", "sValueName": "b"}
    assert session.invoke("StdRegProv", "GetStringValue", arguments) == {"sValue": "850", "ReturnValue": "0"}


def test_get_names_the_instance(session: LiveSession, target: Any) -> None:
    target.trouble("Get", target.envelope('<p:S xmlns:p="urn:x"><p:Name>wuauserv</p:Name></p:S>'))
    assert session.get("Win32_Service", {"Name": "wuauserv"}) == {"Name": "wuauserv"}
    assert '<w:Selector Name="Name">wuauserv</w:Selector>' in target.messages[0]
