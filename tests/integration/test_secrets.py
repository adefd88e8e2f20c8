# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nothing that a run leaves behind holds a password or a key: output, file, journal, report, registry, command line."""

from __future__ import annotations

import base64
import json
import secrets
import string
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin import cmd_launch
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.shell import Interpreter
from support.fleet import Fleet
from support.playing import play

from .conftest import Media, demo_snapshot


def made_up_key() -> str:
    """Return five groups of five that no vendor ever gave out: made anew for every run."""
    letters = string.ascii_uppercase.replace("A", "") + "2346789"
    return "-".join("".join(secrets.choice(letters) for _letter in range(5)) for _group in range(5))


def spellings(secret: str) -> dict[str, bytes]:
    """Return the forms in which a secret could leak."""
    raw = {"utf-8": secret.encode(), "utf-16": secret.encode("utf-16-le")}
    spelt = dict(raw)
    for name, data in raw.items():
        # base64 of a longer text holds the secret at one of three offsets; the middle of each is the same everywhere
        for shift in range(3):
            inner = base64.b64encode(bytes(shift) + data)[4 if shift else 0 : -4]
            spelt[f"base64 of {name}, offset {shift}"] = inner
        spelt[f"hexadecimal of {name}"] = data.hex().encode()
    spelt["a URL"] = urllib.parse.quote(secret, safe="").encode()
    spelt["JSON"] = json.dumps(secret)[1:-1].encode()
    return spelt


def leaks(secret: str, places: Iterator[tuple[str, bytes]]) -> list[str]:
    """Return where a secret stands, and in which form."""
    forms = spellings(secret)
    found = []
    for where, content in places:
        lowered = content.lower()
        found += [
            f"{where} ({form})"
            for form, needle in forms.items()
            if needle in content or (form.startswith("hex") and needle in lowered)
        ]
    return found


def test_the_search_finds_what_is_there() -> None:
    secret = made_up_key()
    hidden = [
        secret.encode(),
        secret.encode("utf-16-le"),
        base64.b64encode(f"user:{secret}".encode()),
        base64.b64encode(f"x:{secret}".encode("utf-16-le")),
        secret.encode().hex().upper().encode(),
    ]
    for number, content in enumerate(hidden):
        assert leaks(secret, iter([("here", b"before " + content + b" after")])), number
    assert leaks(secret, iter([("here", made_up_key().encode())])) == []


def left_behind(work: Path, inventory: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file below a folder, but the inventory that holds the password to begin with."""
    for path in sorted(work.rglob("*")):
        if path.is_file() and path != inventory:
            yield str(path.relative_to(work)), path.read_bytes()


def on_the_machine(machine: Any, lines: list[str]) -> Iterator[tuple[str, bytes]]:
    """Yield what the machine keeps, and every command line that ever ran on it."""
    state = machine.to_state()
    for told in ("accounts", "knobs", "twin"):  # the machine itself has to know its passwords and keys
        state.pop(told, None)
    yield "the machine's files, registry, tasks and history", json.dumps(state, default=str).encode()
    for line in lines:
        yield f"the command line {line[:60]}", line.encode()


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list in which every command line of every machine is written down, typed or started."""
    seen: list[str] = []
    typed, started = Interpreter.line, cmd_launch.make_process

    def note_line(shell: Any, line: str) -> int:
        seen.append(line)
        return typed(shell, line)

    def note_program(shell: Any, path: str, program: str, arguments: str) -> Any:
        seen.append(f"{path} {arguments}")
        return started(shell, path, program, arguments)

    monkeypatch.setattr(Interpreter, "line", note_line)
    monkeypatch.setattr(cmd_launch, "make_process", note_program)
    return seen


def test_a_whole_run_leaves_no_secret_anywhere(
    fleet: Callable[..., Fleet], media: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str]
) -> None:
    password, key = f"Sunset-{secrets.token_urlsafe(12)}!", made_up_key()
    machines = fleet(demo_snapshot("cerberus", password=password, esu_keys={key: 1}))
    machine = machines["cerberus"].machine
    monkeypatch.setenv("ANSIBLE_HOME", str(tmp_path / "ansible"))
    monkeypatch.setenv("ANSIBLE_LOG_PATH", str(tmp_path / "ansible.log"))
    variables = media.variables(tmp_path) | {"esu_key": key, "esu_state": "activated", "updates_target": "last_public"}
    inventory = machines.write_inventory(tmp_path / "inventory.yml", **variables)
    ran = play("sunset.ws2008.site", inventory, "-e", f"report_path={tmp_path / 'report'}", "-vvvv", "--diff")
    assert ran.clean, ran.output
    assert (tmp_path / "report" / "report.json").exists() and list((tmp_path / "journal").rglob("journal.json"))
    assert any("pkgmgr" in line for line in lines), "command lines were watched"
    assert machine.licences, "the key was used"
    for name, secret in (("password", password), ("key", key)):
        assert leaks(secret, iter([("the output", ran.output.encode())])) == [], name
        assert leaks(secret, left_behind(tmp_path, inventory)) == [], name
        assert leaks(secret, on_the_machine(machine, lines)) == [], name


@pytest.mark.parametrize(
    "wrong",
    [
        {"ansible_winrm_transport": "basic"},
        {"ansible_port": 1},
        {"ansible_winrm_scheme": "https"},
        {"ansible_winrm_transport": "certificate"},
    ],
    ids=["login refused", "nobody there", "no TLS there", "no certificate"],
)
def test_a_failure_shows_no_secret_either(fleet: Callable[..., Fleet], tmp_path: Path, wrong: dict[str, Any]) -> None:
    password = f"Sunset-{secrets.token_urlsafe(12)}!"
    machines = fleet(demo_snapshot("cerberus"))
    machines.passwords["cerberus"] = password  # not the machine's
    variables = {key: value for key, value in wrong.items() if key != "ansible_port"}
    inventory = machines.write_inventory(tmp_path / "inventory.yml", **variables)
    extra = [f"-e{key}={value}" for key, value in wrong.items() if key == "ansible_port"]
    ran = play("sunset.ws2008.assess", inventory, "-vvvv", *extra)
    assert ran.rc != 0 and ran.clean, ran.output
    assert leaks(password, iter([("the output", ran.output.encode())])) == []
    assert leaks(password, left_behind(tmp_path, inventory)) == []
