# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``make twin``: what it prints, and what it says to a wrong call."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from winrm.protocol import Protocol

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin import twin
from support.endpoint import Endpoint, machine, serving

MODULE = "ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.twin"


def test_the_greeting_names_endpoint_user_and_password() -> None:
    with serving(winrm="2.0", password="Secret 1") as endpoint:
        text = twin.greeting(endpoint, "Administrator", "Secret 1")
        assert endpoint.url in text
        assert re.search(r"^user +Administrator$", text, re.MULTILINE)
        assert re.search(r"^password +Secret 1$", text, re.MULTILINE)
        assert f"ansible_port={endpoint.port}" in text
        assert "WinRM 2.0" in text
    assert "server_cert_validation=ignore" in twin.greeting(Endpoint(machine(), tls=True), "a", "b")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_twin_answers_until_it_is_interrupted_even_when_a_script_started_it(number: signal.Signals) -> None:
    with subprocess.Popen(
        # A script's background process begins with SIGINT ignored; that is inherited.
        [
            "sh",
            "-c",
            'trap "" INT; exec "$@"',
            "sh",
            sys.executable,
            "-m",
            MODULE,
            "--port",
            "0",
            "--winrm",
            "2.0",
            "--log",
        ],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        url = password = ""
        while not password:
            line = process.stdout.readline()
            assert line, "it ended too soon"
            url = line.split()[1] if line.startswith("endpoint") else url
            password = line.split()[1] if line.startswith("password") else ""
        client = Protocol(url, transport="ntlm", username="Administrator", password=password)
        client.close_shell(client.open_shell())
        process.send_signal(number)
        rest, _errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "0 shells open" in rest


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "cannot be read"),
        ("[]", "is not a snapshot"),
        ("a: [", "neither YAML nor JSON"),
        (json.dumps({"schema": "sunset.ws2008/snapshot/1", "answers": {"os": {"build": 9200}}}), "no twin can be made"),
    ],
)
def test_a_snapshot_that_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, sentence: str
) -> None:
    file = tmp_path / "snapshot.json"
    if text is not None:
        file.write_text(text)
    assert twin.main(["--port", "0", "--snapshot", str(file)]) == 2
    assert sentence in capsys.readouterr().err


def test_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with serving() as endpoint:
        assert twin.main(["--port", str(endpoint.port)]) == 2
    assert "cannot be used" in capsys.readouterr().err
