# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A control node that lacks a library: one sentence that says what to install, and never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.playing import Played, play

# All of them come with pywinrm.
NEEDED = ("winrm", "requests", "urllib3", "xmltodict")
# pywinrm does without these until somebody logs in by NTLM, and a rehearsal needs no login at all.
FOR_LOGINS = ("spnego", "cryptography")
TASKS = {
    "command": {"sunset.ws2008.command": {"command": "ver"}},
    "doctor": {"sunset.ws2008.doctor": {}},
    "raw": {"ansible.builtin.raw": "ver"},
}
DOORS = ("winrs", "twin")


def hidden(module: str, folder: Path) -> dict[str, str]:
    """Return the environment of a Python that finds, in place of a module, only that it is not there."""
    folder.mkdir()
    (folder / f"{module}.py").write_text(
        f'raise ModuleNotFoundError("No module named {module!r}", name="{module}")\n', encoding="utf-8"
    )
    return {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}


def try_doors(module: str, tmp_path: Path) -> Played:
    """Run every task through every door on a control node that lacks a module."""
    inventory = tmp_path / "inventory.yml"
    hosts = "".join(
        f"    {door}-{task}: {{ansible_connection: sunset.ws2008.{door}, ansible_host: 127.0.0.1, wanted: {task}}}\n"
        for door in DOORS
        for task in TASKS
    )
    account = "  vars: {ansible_user: Administrator, ansible_password: none, ansible_port: 9}\n"
    inventory.write_text(f"all:\n  hosts:\n{hosts}{account}", encoding="utf-8")
    steps = [{"name": name, **task, "when": f"wanted == '{name}'"} for name, task in TASKS.items()]
    ran = play(
        [{"hosts": "all", "gather_facts": False, "tasks": steps}], inventory, **hidden(module, tmp_path / "hidden")
    )
    assert ran.clean, ran.output
    return ran


@pytest.mark.parametrize("module", NEEDED)
def test_a_door_says_in_one_sentence_what_to_install(module: str, tmp_path: Path) -> None:
    ran = try_doors(module, tmp_path)
    for door in DOORS:
        for task in TASKS:
            said = ran.message(f"{door}-{task}")
            assert f"this control node lacks pywinrm (No module named '{module}')" in said, (door, task, said)
            assert "-m pip install pywinrm" in said and "\n" not in said.strip(), said


@pytest.mark.parametrize("module", FOR_LOGINS)
def test_only_a_login_and_a_rehearsal_server_need_the_rest(module: str, tmp_path: Path) -> None:
    ran = try_doors(module, tmp_path)
    for task in ("command", "raw"):
        assert ran.status(f"twin-{task}") in ("ok", "skipped"), ran.message(f"twin-{task}")
    for task in TASKS:
        # nothing listens there, and the doctor knocks before it logs in
        expected = "nothing listens" if task == "doctor" else "cannot log in by ntlm: install requests-ntlm for"
        assert expected in ran.message(f"winrs-{task}")
    server = subprocess.run(
        [sys.executable, "-m", "ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.twin"],
        capture_output=True, text=True, timeout=60, check=False, env=os.environ | hidden(module, tmp_path / "again"),
    )  # fmt: skip
    assert server.returncode == 2 and server.stderr.count("\n") == 1
    assert f"a rehearsal server needs pyspnego (No module named '{module}')" in server.stderr


def test_the_filter_says_so_too(tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.yml"
    inventory.write_text("all: {hosts: {here: {ansible_connection: local}}}\n", encoding="utf-8")
    shown = {"name": "select", "ansible.builtin.debug": {"msg": "{{ {'a': 1} | sunset.ws2008.query('a') }}"}}
    ran = play(
        [{"hosts": "all", "gather_facts": False, "tasks": [shown]}],
        inventory,
        **hidden("jmespath", tmp_path / "hidden"),
    )
    assert ran.clean, ran.output
    assert "this control node lacks jmespath (No module named 'jmespath')" in ran.output and ran.rc != 0
