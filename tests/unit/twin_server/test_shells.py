# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""WinRS shells: what each WinRM version allows, and how commands, streams and signals behave."""

from __future__ import annotations

import dataclasses
import time

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin import wsman_envelope as soap
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin import wsman_shells
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.accounts import ADMINISTRATORS, User
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.process import Logon
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_envelope import Fault
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_personality import PERSONALITIES, personality
from support.endpoint import machine, settled

from .conftest import CMD, NAMES, SHELL, Client

SHELLS = {"1.1": 2, "2.0": 5, "3.0": 30}
ENUMERATE = f"{NAMES['n']}/Enumerate"
ENUMERATE_ALL = "<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>20</w:MaxElements></n:Enumerate>"


def refused(call: object, *arguments: object, **options: object) -> Fault:
    with pytest.raises(Fault) as caught:
        call(*arguments, **options)  # type: ignore[operator]
    return caught.value


def test_the_versions_differ_as_documented() -> None:
    """MS-WSMV's product-behaviour notes for Windows Server 2008, without and with KB968930."""
    stock, updated = PERSONALITIES["1.1"], PERSONALITIES["2.0"]
    assert (stock.http_port, stock.https_port, updated.http_port, updated.https_port) == (80, 443, 5985, 5986)
    assert (stock.max_connections, updated.max_connections) == (5, 25)
    assert (stock.max_processes_per_shell, updated.max_processes_per_shell) == (5, 15)
    assert (stock.max_operations, updated.max_operations) == (15, 15)
    assert (stock.max_batch_items, updated.max_batch_items) == (20, 32000)
    assert stock.max_envelope == updated.max_envelope == 153600
    with pytest.raises(ValueError, match=r"one of 1\.1, 2\.0, 3\.0"):
        personality("5.1")


def test_a_command_answers_stdout_stderr_and_exit_code(winrm: str) -> None:
    client = Client(machine(winrm=winrm))
    client.open()
    assert client.run("echo out& echo err>&2& exit 3") == (b"out\r\n", b"err\r\n", 3)
    client.close()
    assert len(client.service.shells) == 0


def test_arguments_are_joined_with_spaces(stock: Client) -> None:
    stock.open()
    command = stock.start("echo", "a", "b  c")
    assert stock.receive(command)[0] == b"a b  c\r\n"


def test_as_many_shells_as_the_version_allows(winrm: str) -> None:
    client = Client(machine(winrm=winrm))
    opened = [client.open() for _turn in range(SHELLS[winrm])]
    fault = refused(client.open)
    assert fault.subcode == "w:QuotaLimit"
    assert fault.code == (soap.QUOTA_LIMIT if winrm == "1.1" else soap.QUOTA_MAX_SHELLS)
    client.close(opened[0])
    client.open()


@pytest.mark.parametrize("version", ["1.1", "2.0"])
def test_a_signal_gives_no_operation_back_but_a_new_shell_does(version: str) -> None:
    client = Client(machine(winrm=version))
    client.open()
    for _turn in range(15):
        client.run("rem")
    fault = refused(client.start, "rem")
    assert (fault.code, fault.subcode) == (2150859174, "w:QuotaLimit")
    client.close()
    client.open()
    assert client.run("ver")[2] == 0


def test_open_enumerations_count_as_operations_too(updated: Client) -> None:
    updated.open()
    for _turn in range(14):
        updated.enumerate("select * from Win32_Service", optimise=False)
    updated.start("rem")
    assert refused(updated.enumerate, "select * from Win32_Service").code == soap.QUOTA_MAX_OPERATIONS


def test_stock_winrm_takes_one_command_at_a_time(stock: Client) -> None:
    stock.open()
    first = stock.start("ver")
    assert refused(stock.start, "ver").subcode == "w:Concurrency"
    stdout, _stderr, code = stock.receive(first)
    assert b"6.0.6002" in stdout
    assert code == 0
    assert stock.receive(stock.start("echo next"))[0] == b"next\r\n", "a reported command stands in nobody's way"


def test_terminating_makes_room_for_the_next_command(stock: Client) -> None:
    stock.open()
    first = stock.start("findstr x", WINRS_CONSOLEMODE_STDIN="FALSE")
    stock.signal(first)
    assert stock.run("echo next")[0] == b"next\r\n"
    assert refused(stock.receive, first).code == soap.UNEXPECTED_SELECTORS


def test_later_versions_take_several(updated: Client) -> None:
    updated.open()
    first, second = updated.start("echo one"), updated.start("echo two")
    assert updated.receive(second)[0] == b"two\r\n"
    assert updated.receive(first)[0] == b"one\r\n"


def test_too_many_processes_are_no_fault_but_a_line_on_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    """MS-WSMV note 32."""
    client = Client(machine(winrm="2.0"))
    limits = dataclasses.replace(personality("2.0"), max_processes_per_shell=1)
    monkeypatch.setattr(client.service.shells, "_limits", limits)
    client.open()
    waiting = client.start("findstr x")
    stdout, stderr, code = client.receive(client.start("ver"))
    assert (stdout, code) == (b"", 1)
    assert b"maximum number of processes" in stderr
    client.signal(waiting)


def test_stdin_arrives_in_pieces_and_ends(stock: Client) -> None:
    stock.open()
    command = stock.start('findstr "^"', WINRS_CONSOLEMODE_STDIN="FALSE")
    stock.give(command, b"first\r\nsec", end=False)
    stock.give(command, b"ond\r\n", end=True)
    stdout, _stderr, code = stock.receive(command)
    assert (stdout, code) == (b"first\r\nsecond\r\n", 0)


def test_input_for_a_command_that_is_over_meets_a_closed_pipe(stock: Client) -> None:
    stock.open()
    command = stock.start("ver")
    assert stock.receive(command)[2] == 0
    assert refused(stock.give, command, b"late").code == soap.PIPE_CLOSING


def test_output_comes_in_parts_that_may_cut_a_character_in_two() -> None:
    client = Client(machine(winrm="1.1", locale="de-DE"), receive_bytes=3)
    client.open()
    command = client.start("echo \u00e4\u00f6\u00fc\u00df 12345")
    parts, code = [], None
    while code is None:
        stdout, _stderr, code = client.receive(command)
        parts.append(stdout)
    assert max(map(len, parts)) <= 3
    assert b"".join(parts).decode("cp850") == "\u00e4\u00f6\u00fc\u00df 12345\r\n"


def test_a_receive_that_has_nothing_to_tell_times_out_and_the_command_goes_on(stock: Client) -> None:
    stock.open()
    command = stock.start("findstr x", WINRS_CONSOLEMODE_STDIN="FALSE")
    fault = refused(stock.receive, command, timeout="PT0.05S")
    assert (fault.code, fault.subcode) == (2150858793, "w:TimedOut")
    stock.give(command, b"x\r\n")
    assert stock.receive(command) == (b"x\r\n", b"", 0)


@pytest.mark.parametrize("signal", ["terminate", "ctrl_c", "ctrl_break"])
def test_a_signal_ends_a_command_that_waits_for_input(updated: Client, signal: str) -> None:
    updated.open()
    command = updated.start("findstr x")
    held = updated.service.shells.of(updated.account)[0].commands[command]
    updated.signal(command, signal)
    assert settled(lambda: held.finished, True) is True


def test_an_unknown_signal_is_refused(stock: Client) -> None:
    stock.open()
    assert refused(stock.signal, stock.start("ver"), "hup").code == soap.INVALID_PARAMETER


def test_deleting_a_shell_ends_its_commands(updated: Client) -> None:
    updated.open()
    command = updated.start("findstr x")
    held = updated.service.shells.of(updated.account)[0].commands[command]
    updated.close()
    assert settled(lambda: held.finished, True) is True
    assert refused(updated.start, "ver").code == 2150858843


def test_a_restart_ends_commands_and_shells(updated: Client) -> None:
    updated.open()
    command = updated.start("findstr x")
    held = updated.service.shells.of(updated.account)[0].commands[command]
    updated.machine.restart("test")
    updated.service.clear()
    assert settled(lambda: held.finished, True) is True
    assert len(updated.service.shells) == 0


@pytest.mark.parametrize("line", ["ipconfig", "C:\\x\\job.cmd", '"hostname"', "  whoami /groups", "start.cmd"])
def test_with_code_page_65001_nothing_starts(stock: Client, line: str) -> None:
    """WinRb/WinRM #232: no output, no error, success."""
    stock.open(WINRS_CODEPAGE="65001")
    assert stock.run(line) == (b"", b"", 0)


def test_with_code_page_65001_the_shells_own_commands_work(stock: Client) -> None:
    stock.open(WINRS_CODEPAGE="65001")
    assert stock.run("echo hi") == (b"hi\r\n", b"", 0)


def test_output_is_in_the_code_page_that_was_asked_for() -> None:
    client = Client(machine(winrm="1.1", locale="ru-RU"))
    client.open(WINRS_CODEPAGE="1251")
    assert (
        client.run("echo \u041f\u0440\u0438\u0432\u0435\u0442")[0].decode("cp1251")
        == "\u041f\u0440\u0438\u0432\u0435\u0442\r\n"
    )
    client.open()
    assert (
        client.run("echo \u041f\u0440\u0438\u0432\u0435\u0442")[0].decode("cp866")
        == "\u041f\u0440\u0438\u0432\u0435\u0442\r\n"
    )


@pytest.mark.parametrize("page", ["99999", "utf-8", "../437"])
def test_a_code_page_that_is_none(stock: Client, page: str) -> None:
    assert refused(stock.open, WINRS_CODEPAGE=page).subcode == "w:InvalidOptions"


def test_a_shell_has_its_environment_and_folder(stock: Client) -> None:
    stock.open(
        "<rsp:Environment><rsp:Variable Name='Greeting'>hi mom</rsp:Variable></rsp:Environment>"
        "<rsp:WorkingDirectory>C:\\Windows</rsp:WorkingDirectory>"
    )
    assert stock.run("echo %GREETING% %CD%")[0] == b"hi mom C:\\Windows\r\n"
    assert stock.run("set GREETING=changed&cd \\")[2] == 0
    assert stock.run("echo %GREETING% %CD%")[0] == b"hi mom C:\\Windows\r\n", "every command is a cmd.exe of its own"


def test_a_folder_that_is_not_there(stock: Client) -> None:
    fault = refused(stock.open, "<rsp:WorkingDirectory>C:\\nowhere</rsp:WorkingDirectory>")
    assert "directory name is invalid" in fault.reason


def test_without_a_profile_the_default_one_stands_in(stock: Client) -> None:
    stock.open(WINRS_NOPROFILE="TRUE")
    assert stock.run("echo %USERPROFILE%")[0] == b"C:\\Users\\Default\r\n"


def test_without_cmd_exe_only_the_full_name_of_a_file_runs(stock: Client) -> None:
    stock.open()
    assert refused(stock.start, "hostname", WINRS_SKIP_CMD_SHELL="TRUE").code == 2147942402
    full = "C:\\Windows\\System32\\hostname.exe"
    stock.machine.files.write(full, b"MZ")
    assert stock.run(full, WINRS_SKIP_CMD_SHELL="TRUE")[0] == b"SERVER\r\n"


def test_a_quick_command_is_answered_in_one_receive(stock: Client) -> None:
    stock.open()
    for _turn in range(5):
        command = stock.start("ver")
        assert stock.receive(command)[2] == 0
        stock.signal(command)


def test_much_output_fills_several_answers_and_no_envelope(updated: Client) -> None:
    updated.machine.files.write("C:\\big.txt", b"0123456789" * 30000)
    updated.open()
    command = updated.start("type C:\\big.txt")
    sizes, code = [], None
    while code is None:
        stdout, _stderr, code = updated.receive(command)
        sizes.append(len(stdout))
    assert sum(sizes) == 300000
    assert len(sizes) >= 3


def test_idle_shells_go_with_2_0_and_stay_with_1_1(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic()
    clients = {version: Client(machine(winrm=version)) for version in ("1.1", "2.0")}
    for client in clients.values():
        client.open()
    monkeypatch.setattr(wsman_shells.time, "monotonic", lambda: now + 200)
    assert {version: len(client.service.shells) for version, client in clients.items()} == {"1.1": 1, "2.0": 0}


def test_on_1_1_a_receive_with_keepalive_lets_the_shell_grow_idle(
    stock: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MS-WSMV notes 23, 27 and 119."""
    stock.open()
    stock.receive(stock.start("ver"), options={"WSMAN_CMDSHELL_OPTION_KEEPALIVE": "TRUE"})
    now = time.monotonic()
    monkeypatch.setattr(wsman_shells.time, "monotonic", lambda: now + 890)
    assert len(stock.service.shells) == 1
    monkeypatch.setattr(wsman_shells.time, "monotonic", lambda: now + 910)
    assert len(stock.service.shells) == 0


def test_an_idle_time_below_a_minute_is_a_minute(updated: Client) -> None:
    updated.open("<rsp:IdleTimeOut>PT1S</rsp:IdleTimeOut>")
    assert updated.service.shells.of(updated.account)[0].idle == 60.0


def test_after_eight_hours_stock_winrm_ends_the_command(stock: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    stock.open()
    command = stock.start("findstr x")
    held = stock.service.shells.of(stock.account)[0].commands[command]
    assert not held.cancelled()
    now = time.monotonic()
    monkeypatch.setattr(wsman_shells.time, "monotonic", lambda: now + 8 * 3600 + 1)
    assert held.cancelled()
    monkeypatch.undo()
    stock.close()


@pytest.mark.parametrize(("version", "resource", "other"), [("1.1", CMD, SHELL), ("2.0", SHELL, CMD)])
def test_shells_are_listed_where_the_version_lists_them(version: str, resource: str, other: str) -> None:
    client = Client(machine(winrm=version))
    opened = client.open()
    listed = client.ask(ENUMERATE, resource, ENUMERATE_ALL)
    assert [found.text for found in listed.iter(f"{{{SHELL}}}ShellId")] == [opened]
    owners = [found.text for found in listed.iter(f"{{{SHELL}}}Owner")]
    assert owners == ([] if version == "1.1" else ["Administrator"])
    assert refused(client.ask, ENUMERATE, other, ENUMERATE_ALL).code == soap.INVALID_RESOURCE_URI
    found = client.ask(f"{NAMES['x']}/Get", resource, selectors={"SHELLID": opened.lower()})
    assert found.findtext(".//rsp:ShellId", None, NAMES) == opened


def test_nobody_touches_another_users_shell(updated: Client) -> None:
    updated.machine.accounts.add_user(User("deputy", 1001, "x"), (ADMINISTRATORS,))
    theirs = updated.open()
    updated.account = updated.machine.accounts.token("deputy", Logon.NETWORK)
    assert refused(updated.start, "ver").code == soap.UNEXPECTED_SELECTORS
    assert refused(updated.close, theirs).code == soap.UNEXPECTED_SELECTORS
    mine = updated.open()
    listed = updated.ask(ENUMERATE, SHELL, ENUMERATE_ALL)
    assert [found.text for found in listed.iter(f"{{{SHELL}}}ShellId")] == [mine]


def test_no_more_than_five_users_at_a_time(updated: Client) -> None:
    for number in range(5):
        updated.machine.accounts.add_user(User(f"admin{number}", 1001 + number, "x"), (ADMINISTRATORS,))
        updated.account = updated.machine.accounts.token(f"admin{number}")
        updated.open()
    updated.account = updated.machine.accounts.token("Administrator")
    assert "maximum number of users" in refused(updated.open).reason


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("Command", "<rsp:CommandLine/>"),
        ("Command", "<rsp:CommandLine><rsp:Command> </rsp:Command></rsp:CommandLine>"),
        ("Command", ""),
        ("Receive", "<rsp:Receive/>"),
        ("Receive", "<rsp:Receive><rsp:DesiredStream CommandId='1'>pr</rsp:DesiredStream></rsp:Receive>"),
        ("Receive", "<rsp:Receive><rsp:DesiredStream>stdout</rsp:DesiredStream></rsp:Receive>"),
        ("Send", "<rsp:Send><rsp:Stream Name='stdin' CommandId='1'>no base64!</rsp:Stream></rsp:Send>"),
        ("Send", "<rsp:Send><rsp:Stream Name='pr' CommandId='1'/></rsp:Send>"),
        ("Signal", "<rsp:Signal/>"),
        ("Connect", "<rsp:Connect/>"),
        ("Disconnect", "<rsp:Disconnect/>"),
    ],
)
def test_messages_that_make_no_sense_are_faults(stock: Client, verb: str, body: str) -> None:
    stock.open()
    assert refused(stock.on_shell, verb, body).code


def test_other_shells_do_not_exist(stock: Client) -> None:
    """PowerShell's own shell is what stock connections ask for."""
    for resource in ("http://schemas.microsoft.com/powershell/Microsoft.PowerShell", f"{SHELL}/other"):
        assert refused(stock.ask, f"{NAMES['x']}/Create", resource, "<rsp:Shell/>").code == soap.INVALID_RESOURCE_URI


def test_the_configuration_cannot_be_read_from_afar(stock: Client) -> None:
    """WinRb/WinRM #197."""
    config = "http://schemas.microsoft.com/wbem/wsman/1/config"
    assert refused(stock.ask, f"{NAMES['x']}/Get", config).subcode == "w:AccessDenied"
