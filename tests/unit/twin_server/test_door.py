# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The in-process door: one model for all tasks of a play, in virtual time."""

from __future__ import annotations

import json
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.playbook.play_context import PlayContext

from ansible_collections.sunset.ws2008.plugins.connection.twin import Connection
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.reboot import restart
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import Session, TargetError, Unreachable
from ansible_collections.sunset.ws2008.plugins.shell.cmd_only import ShellModule

Opener = Callable[..., Connection]
SNAPSHOT = {
    "schema": "sunset.ws2008/snapshot/1",
    "answers": {
        "os": {"version": "6.0.6002", "build": 6002, "arch": "x86"},
        "computer": {"name": "CHARON"},
    },
    "twin": {"winrm": "2.0", "locale": "de-DE"},
}


@pytest.fixture
def door(tmp_path: Path) -> Opener:
    """Make connections as tasks do, one after the other; options default to one state file."""

    def make(**options: Any) -> Connection:
        given = {"host": "charon", "snapshot": None, "state": str(tmp_path / "state.json"), **options}
        made = Connection(PlayContext(), None, shell=ShellModule())
        made.get_option = given.__getitem__  # type: ignore[method-assign]
        return made

    return make


def test_it_is_a_session_like_the_live_one(door: Opener) -> None:
    connection = door()
    session = connection.session
    assert isinstance(session, Session)
    assert (session.door, session.read_only) == ("twin", False)
    assert session.identify().os == "6.0.6002"
    assert session.query("select Version from Win32_OperatingSystem") == [{"Version": "6.0.6002"}]
    assert session.run("exit 3").rc == 3
    assert connection.exec_command("ver")[0] == 0
    connection.close()
    connection.close()


def test_what_one_task_changes_the_next_one_sees(door: Opener) -> None:
    first = door()
    first.session.run("reg add HKLM\\SOFTWARE\\Test /v Mark /t REG_DWORD /d 7 /f & echo kept>C:\\kept.txt")
    first.close()
    second = door()
    arguments = {"hDefKey": 0x80000002, "sSubKeyName": "SOFTWARE\\Test", "sValueName": "Mark"}
    assert second.session.invoke("StdRegProv", "GetDWORDValue", arguments)["uValue"] == "7"
    assert second.session.download("C:\\kept.txt") == b"kept\r\n"
    second.close()


def test_files_go_in_and_out(door: Opener, tmp_path: Path) -> None:
    source, target = tmp_path / "in.bin", tmp_path / "out.bin"
    source.write_bytes(bytes(range(256)) * 100)
    connection = door()
    connection.put_file(str(source), "C:\\Windows\\Temp\\in.bin")
    connection.fetch_file("C:\\Windows\\Temp\\in.bin", str(target))
    connection.close()
    assert target.read_bytes() == source.read_bytes()


def test_a_snapshot_makes_the_machine_and_the_state_lies_beside_it(door: Opener, tmp_path: Path) -> None:
    snapshot = tmp_path / "charon.json"
    snapshot.write_text(json.dumps(SNAPSHOT))
    connection = door(snapshot=str(snapshot), state=None)
    assert connection.session.run("hostname").stdout == "CHARON\r\n"
    assert connection.session.identify().stack == "2.0"
    connection.close()
    state = tmp_path / "charon.json.twin.json"
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    snapshot.unlink()
    again = door(snapshot=str(snapshot), state=None)
    assert again.session.run("hostname").stdout == "CHARON\r\n"
    again.close()


def test_more_commands_than_a_shell_allows(door: Opener) -> None:
    connection = door()
    assert [connection.session.run(f"echo {number}").stdout for number in range(30)][-1] == "29\r\n"
    connection.close()


def test_a_restart_is_seen_and_takes_no_time(door: Opener) -> None:
    connection = door()
    session, began = connection.session, time.monotonic()
    query = "select LastBootUpTime from Win32_OperatingSystem"
    before = boot_time(connection, query)
    assert session.run("shutdown /r /t 0").rc == 0
    refused = 0
    while (after := boot_time(connection, query)) in ("", before):
        refused += not after
        assert time.monotonic() - began < 5
    assert refused > 0
    assert after > before
    connection.close()


def boot_time(connection: Connection, query: str) -> str:
    try:
        return str(connection.session.query(query)[0]["LastBootUpTime"])
    except Unreachable:
        return ""


def test_whoever_waits_by_its_clock_waits_in_virtual_time(door: Opener) -> None:
    connection = door()
    began = time.monotonic()
    done = restart(lambda: connection.session, lambda text: None)
    assert time.monotonic() - began < 5
    assert done.restarts == 1
    assert 30 <= done.seconds < 300
    connection.close()


def test_a_deadline_comes_in_virtual_time(door: Opener) -> None:
    connection = door()
    began = time.monotonic()
    with pytest.raises(TargetError, match="did not end within 1 seconds"):
        connection.session.run("findstr x", timeout=1)
    assert time.monotonic() - began < 5
    connection.close()


def test_become_is_refused(door: Opener) -> None:
    connection = door()
    connection.become = object()
    with pytest.raises(AnsibleError, match="become"):
        connection._connect()


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("snapshot", "{}", "its `schema` is not"),
        ("snapshot", "a: [", "neither YAML nor JSON"),
        (
            "snapshot",
            '{"schema": "sunset.ws2008/snapshot/1", "answers": {"os": {"build": 7601}}}',
            "no twin can be made",
        ),
        ("state", "{}", "delete it to begin again"),
        ("state", "rubbish", "delete it to begin again"),
        ("state", '{"schema": "other"}', "delete it to begin again"),
    ],
)
def test_files_that_cannot_be_used_are_a_sentence(
    door: Opener, tmp_path: Path, name: str, text: str, sentence: str
) -> None:
    file = tmp_path / "broken"
    file.write_text(text)
    connection = door(**{name: str(file)})
    with pytest.raises(AnsibleError, match=sentence):
        connection._connect()
    connection.close()


def test_a_missing_snapshot_and_an_unwritable_folder_are_sentences(door: Opener, tmp_path: Path) -> None:
    with pytest.raises(AnsibleError, match="cannot be read"):
        door(snapshot=str(tmp_path / "none.json"))._connect()
    with pytest.raises(AnsibleError, match="cannot be written"):
        door(state=str(tmp_path / "none" / "state.json"))._connect()


def test_a_machine_that_is_off_is_unreachable(door: Opener) -> None:
    connection = door()
    connection.session.run("shutdown /s /t 0")
    with pytest.raises(AnsibleConnectionFailure, match="is down"):
        for _turn in range(10):
            connection.exec_command("ver")
    connection.close()
