# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A control node that lacks a library: one sentence that says what to install, and never a traceback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.playing import play

PACKAGE = {
    "winrm": "pywinrm",
    "requests": "pywinrm",
    "xmltodict": "pywinrm",
    "spnego": "pyspnego",
    "cryptography": "pyspnego",
}
TASKS = {
    "command": {"sunset.ws2008.command": {"command": "ver"}},
    "doctor": {"sunset.ws2008.doctor": {}},
    "raw": {"ansible.builtin.raw": "ver"},
}
# pywinrm itself does without these two until somebody logs in by NTLM.
ONLY_FOR_NTLM = {"spnego", "cryptography"}
DOORS = ("winrs", "twin")


def hidden(module: str, folder: Path) -> dict[str, str]:
    """Return the environment of a Python that finds, in place of a module, only that it is not there."""
    folder.mkdir()
    (folder / f"{module}.py").write_text(
        f'raise ModuleNotFoundError("No module named {module!r}", name="{module}")\n', encoding="utf-8"
    )
    return {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}


@pytest.mark.parametrize("module", PACKAGE)
def test_a_door_says_in_one_sentence_what_to_install(module: str, tmp_path: Path) -> None:
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
        [{"hosts": "all", "gather_facts": False, "tasks": steps}],
        inventory,
        **hidden(module, tmp_path / "hidden"),
    )
    assert ran.clean, ran.output
    for door in DOORS:
        for task in TASKS:
            said = ran.message(f"{door}-{task}")
            if door == "winrs" and module in ONLY_FOR_NTLM:
                # nothing listens there, and the doctor knocks before it logs in
                expected = "nothing listens" if task == "doctor" else "cannot log in by ntlm: install requests-ntlm for"
                assert expected in said
                continue
            assert f"this control node lacks {PACKAGE[module]} (No module named '{module}')" in said, (door, task, said)
            assert f"-m pip install {PACKAGE[module]}" in said and "\n" not in said.strip(), said


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
