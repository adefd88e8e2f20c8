# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The connection and the shell as ansible-core sees them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible import constants as C
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.playbook.play_context import PlayContext

from ansible_collections.sunset.ws2008.plugins.connection import winrs
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.kerberos import Tickets
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.live import LiveSession
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import (
    CommandResult,
    LoginRefused,
    TargetError,
    Unreachable,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.settings import Auth, BadSettings, Encryption, Login
from ansible_collections.sunset.ws2008.plugins.shell import cmd_only

PAGE = yaml.safe_load(winrs.DOCUMENTATION)


@pytest.fixture
def connection() -> Any:
    """The connection with a user and a password, put together as core's loader does it."""
    made = winrs.Connection(PlayContext(), shell=cmd_only.ShellModule())
    made._load_name = "sunset.ws2008.winrs"
    C.config.initialize_plugin_configuration_definitions("connection", made._load_name, PAGE["options"])
    made.set_options(var_options={"inventory_hostname": "cerberus", "ansible_user": "adm", "ansible_password": "pw"})
    return made


@pytest.mark.parametrize(
    ("variables", "check"),
    [
        ({"inventory_hostname": "a"}, lambda s: s.host == "a" and s.ports == (5985, 80)),
        ({"inventory_hostname": "a", "ansible_host": "b"}, lambda s: s.host == "b"),
        ({"ansible_host": "b", "ansible_port": "5986"}, lambda s: (s.scheme, s.port) == ("https", 5986)),
        ({"ansible_host": "b", "ansible_winrm_port": 443}, lambda s: (s.scheme, s.port) == ("https", 443)),
        ({"ansible_host": "b", "ansible_winrm_scheme": "https"}, lambda s: s.ports == (5986, 443)),
        ({"ansible_host": "b", "ansible_winrm_transport": "kerberos"}, lambda s: s.login.auth is Auth.KERBEROS),
        ({"ansible_host": "b", "ansible_winrm_transport": "credssp"}, lambda s: s.login.auth is Auth.CREDSSP),
        ({"ansible_host": "b", "ansible_winrm_transport": "ssl"}, lambda s: s.login.auth is Auth.BASIC),
        ({"ansible_host": "b", "ansible_winrm_transport": "ssl"}, lambda s: s.scheme == "https"),
        ({"ansible_host": "b", "ansible_winrm_user": "u", "ansible_user": None}, lambda s: s.login.user == "u"),
        ({"ansible_host": "b", "ansible_winrm_pass": "s", "ansible_password": None}, lambda s: s.login.secret == "s"),
        (
            {"ansible_host": "b", "ansible_winrm_message_encryption": "never"},
            lambda s: s.encryption is Encryption.NEVER,
        ),
        (
            {"ansible_host": "b", "ansible_winrm_server_cert_validation": "ignore"},
            lambda s: s.tls.validate is False,
        ),
        (
            {"ansible_host": "b", "ansible_winrs_tls_minimum": "1.0", "ansible_winrs_legacy_ciphers": "yes"},
            lambda s: (s.tls.minimum, s.tls.legacy_ciphers) == ("1.0", True),
        ),
        (
            {"ansible_host": "b", "ansible_winrm_operation_timeout_sec": "60"},
            lambda s: (s.times.operation, s.times.read) == (60, 70),
        ),
        (
            {"ansible_host": "b", "ansible_winrm_read_timeout_sec": 90, "ansible_winrm_connection_timeout": 3},
            lambda s: (s.times.read, s.times.connect) == (90, 3),
        ),
        ({"ansible_host": "b", "ansible_winrm_path": "other"}, lambda s: s.endpoint(80) == "http://b:80/other"),
        (
            {"ansible_host": "b", "ansible_winrm_kerberos_delegation": "true", "ansible_winrm_service": "WSMAN"},
            lambda s: (s.login.kerberos_delegation, s.login.service) == (True, "WSMAN"),
        ),
        ({"ansible_host": "b", "ansible_winrs_codepage": "850"}, lambda s: s.codepage == 850),
    ],
)  # fmt: skip
def test_the_usual_variables_work(connection: Any, variables: dict[str, Any], check: Any) -> None:
    given = {key: value for key, value in variables.items() if value is not None}
    base = {"ansible_user": "adm", "ansible_password": "pw"}
    connection.set_options(var_options={**{k: v for k, v in base.items() if k not in variables}, **given})
    assert check(connection.settings)


def test_values_are_plain_strings(connection: Any) -> None:
    login = connection.settings.login
    assert {type(connection.settings.host), type(login.user), type(login.secret)} == {str}


def test_every_option_is_described_and_none_has_two_meanings() -> None:
    variables = [entry["name"] for option in PAGE["options"].values() for entry in option.get("vars", [])]
    assert len(variables) == len(set(variables))
    assert all(option["description"] for option in PAGE["options"].values())
    assert "password" in PAGE["options"], "core hands --ask-pass to an option of this name"


def test_become_is_refused_loudly(connection: Any) -> None:
    connection.become = object()
    with pytest.raises(BadSettings, match="become cannot work"):
        connection.session  # noqa: B018 - asking is the test
    with pytest.raises(AnsibleError, match="become cannot work"):
        connection.exec_command("ver")


class Recorder:
    """A session that remembers what it was asked."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls: list[Any] = []
        self.error = error

    def run(self, line: str, stdin: bytes | None = None) -> CommandResult:
        self.calls.append((line, stdin))
        if self.error:
            raise self.error
        return CommandResult(7, "Grün", "oh")

    def upload(self, data: Any, path: str) -> None:
        self.calls.append((data.read(), path))

    def download(self, path: str) -> bytes:
        return path.encode()

    def close(self) -> None:
        self.calls.append("close")


def opened(connection: Any, session: Recorder) -> Any:
    connection._session = session
    connection._connected = True
    return connection


def test_command_comes_back_in_utf8(connection: Any) -> None:
    assert opened(connection, Recorder()).exec_command("ver", b"in") == (7, "Grün".encode(), b"oh")
    assert connection._session.calls == [("ver", b"in")]


def test_files_go_both_ways(connection: Any, tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"data")
    session = Recorder()
    opened(connection, session).put_file(str(tmp_path / "in"), "C:\\x")
    connection.fetch_file("C:\\y", str(tmp_path / "out"))
    assert session.calls == [(b"data", "C:\\x")]
    assert (tmp_path / "out").read_bytes() == b"C:\\y"


@pytest.mark.parametrize(
    ("error", "core"),
    [
        (Unreachable("x"), AnsibleConnectionFailure),
        (LoginRefused("x"), AnsibleConnectionFailure),
        (TargetError("x"), AnsibleError),
    ],
)
def test_our_errors_become_those_of_core(connection: Any, error: Exception, core: type[Exception]) -> None:
    with pytest.raises(AnsibleError) as caught:
        opened(connection, Recorder(error)).exec_command("ver")
    # exactly this class: AnsibleConnectionFailure is an AnsibleError too, and means that the host is unreachable
    assert caught.value.__class__ is core


def test_reset_only_closes_and_does_nothing_when_nothing_is_open(connection: Any) -> None:
    connection.reset()
    assert connection.connected is False
    session = Recorder()
    opened(connection, session).reset()
    connection.close()
    assert session.calls == ["close"]
    assert connection.connected is False


def test_connection_counts_as_connected_once_asked_so_that_loops_share_it(connection: Any) -> None:
    first = connection.session
    assert isinstance(first, LiveSession)
    assert connection.connected is True
    assert connection.session is first
    connection.close()


@pytest.mark.parametrize(
    "ask", ["mkdtemp", "_mkdtemp2", "build_module_command", "expand_user", "remove", "exists", "checksum"]
)
def test_whatever_prepares_a_module_ends_in_one_sentence(connection: Any, ask: str) -> None:
    with pytest.raises(AnsibleError, match=r"sunset\.ws2008.*gather_facts: false"):
        getattr(connection._shell, ask)("x")


def test_shell_joins_windows_paths(connection: Any) -> None:
    assert connection._shell.join_path("C:\\a\\", "\\b\\", "c") == "C:\\a\\b\\c"
    assert connection._shell.get_remote_filename("C:/a\\b.txt") == "b.txt"


# --- Kerberos tickets ---


@pytest.fixture
def kinit(tmp_path: Path) -> Any:
    """Return a function that writes a stand-in for kinit."""

    def write(script: str) -> str:
        path = tmp_path / "kinit"
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)
        return str(path)

    return write


def test_managed_ticket_lives_in_a_cache_of_its_own(
    kinit: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.setenv("KRB5CCNAME", "FILE:/before")
    command = kinit(f'read password; echo "$@ $password" > "{tmp_path}/seen"; echo ticket > "${{KRB5CCNAME#FILE:}}"')
    tickets = Tickets(command, None)
    tickets.obtain(Login(auth=Auth.KERBEROS, user="adm@CORP", secret="pw", kerberos_delegation=True))
    cache = Path(os.environ["KRB5CCNAME"].removeprefix("FILE:"))
    assert (tmp_path / "seen").read_text() == "-f adm@CORP pw\n"
    assert cache.read_text() == "ticket\n"
    assert cache.stat().st_mode & 0o077 == 0
    tickets.forget()
    tickets.forget()
    assert not cache.exists()
    assert os.environ["KRB5CCNAME"] == "FILE:/before"


@pytest.mark.parametrize(
    ("script", "says"),
    [("echo 'Password incorrect for pw' >&2; exit 1", r"got no ticket: Password incorrect for \*\*\*")],
)
def test_kinit_that_fails_is_a_sentence_without_the_password(kinit: Any, script: str, says: str) -> None:
    with pytest.raises(LoginRefused, match=says):
        Tickets(kinit(script), None).obtain(Login(auth=Auth.KERBEROS, user="adm@CORP", secret="pw"))


def test_kinit_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(LoginRefused, match="Kerberos client tools"):
        Tickets("/no/such/kinit", None).obtain(Login(auth=Auth.KERBEROS, user="adm@CORP", secret="pw"))
