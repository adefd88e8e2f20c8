# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The licence for Extended Security Updates in a playbook: the key is nowhere to be read, whatever is printed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.fleet import Fleet
from support.playing import Played, play

from .conftest import Media, frozen

Fleets = Callable[..., Fleet]
KEY = "-".join(["Q" * 5] * 5)  # of a key's form, and none
WRONG = "-".join(["W" * 5] * 5)
SIGNING = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Servicing\Codesigning\SHA2"


def prepared(name: str = "HADES", **twin: Any) -> dict[str, Any]:
    """Return a machine with everything that has to be there before a key."""
    dword = {"type": "REG_DWORD", "data": 1}
    packages = {"KB4493730": "6.0.1.0", "KB4474419": "6.0.4.0", "KB5016891": "6.0.1.0"}
    return {
        "schema": "sunset.ws2008/snapshot/1",
        "answers": {
            "os": {"version": "6.0.6002", "build": 6002, "arch": "x64"},
            "computer": {"name": name},
            "stack": ["6.0.6002.18005", "6.0.6003.20484"],
            "packages": [
                {"identity": f"Package_for_{kb}~31bf3856ad364e35~amd64~~{version}", "state": 7}
                for kb, version in packages.items()
            ],
            "registry": {SIGNING: {"SHA2-Codesigning-Support": dword, "SHA2-Core-Codesigning-Support": dword}},
        },
        "twin": {"esu_keys": {KEY: 1}, **twin},
    }


def esu(*tasks: dict[str, Any], **variables: Any) -> list[dict[str, Any]]:
    """Return a play of such tasks that goes on after failures."""
    steps = [
        {"name": f"step {number}", "sunset.ws2008.esu": options, "ignore_errors": True}
        for number, options in enumerate(tasks)
    ]
    return [{"hosts": "all", "gather_facts": False, "tasks": steps, "vars": variables}]


def run(machines: Fleet, folder: Path, plays: Any, *arguments: str, **environment: str) -> Played:
    ran = play(plays, machines.write_inventory(folder / "inventory.yml"), *arguments, **environment)
    assert ran.clean, ran.output
    return ran


def vault(folder: Path, key: str) -> str:
    """Return the argument that hands in the key by a file."""
    file = folder / "secrets.yml"
    file.write_text(json.dumps({"vault_key": key}), encoding="utf-8")
    return f"-e@{file}"


ACTIVATE = {"state": "activated", "key": "{{ vault_key }}"}


@pytest.mark.parametrize("locale", ["en-US", "de-DE", "ru-RU"])
def test_a_key_goes_in_once_and_is_in_no_output_however_loud(fleet: Fleets, tmp_path: Path, locale: str) -> None:
    machines = fleet(prepared(locale=locale))
    loud = {"ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "true", "ANSIBLE_DEBUG": "false"}
    ran = run(machines, tmp_path, esu({}, ACTIVATE, ACTIVATE, {}), vault(tmp_path, KEY), "-vvvv", "--diff", **loud)
    first, second, third, last = ran.of("esu")
    assert [one["changed"] for one in (first, second, third, last)] == [False, True, False, False]
    assert first["verdict"]["verdict"] == "plain"
    assert second["done"] == ["install the key", "activate Extended Security Updates year 1"]
    assert last["entitlement"]["granted"] == ["esu_year_1"]
    assert KEY not in ran.output and KEY not in json.dumps(ran.results)
    state = machines["hades"].machine.to_state()
    state["knobs"].pop("esu_keys")
    assert KEY not in json.dumps(state, default=str)


def test_a_failure_does_not_show_the_key_and_check_mode_changes_nothing(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet(prepared())
    before = frozen(machines["hades"].machine)
    ran = run(machines, tmp_path, esu(ACTIVATE), vault(tmp_path, KEY), "--check", "-vvvv")
    assert ran.of("esu")[0]["done"] == ["install the key", "activate the add-on that it is for"]
    assert frozen(machines["hades"].machine) == before
    ran = run(machines, tmp_path, esu(ACTIVATE), vault(tmp_path, WRONG), "-vvvv")
    assert "0xC004F050" in ran.message("hades")
    assert WRONG not in ran.output and WRONG not in json.dumps(ran.results)


def test_bad_input_ends_before_anything_is_sent(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet(prepared())
    ran = run(
        machines,
        tmp_path,
        esu(
            {"state": "activated", "key": "{{ vault_key[:11] }}"},
            {"state": "activated", "key": KEY},
            {"state": "read", "key": "{{ vault_key }}"},
            {"state": "activated", "confirmation_id": "12-34"},
            {"state": "absent", "confirmation_id": "1"},
            {"state": "present"},
        ),
        vault(tmp_path, KEY),
    )
    says = [one["msg"] for one in ran.of("esu")]
    for text, expected in zip(
        says,
        ("five groups", "ansible-vault", "option key is for", "eight groups", "confirmation_id is for", "one of"),
        strict=True,
    ):
        assert expected in text
    assert machines["hades"].http_requests == 0
    told = run(machines, tmp_path, esu({"state": "activated", "key": "{{ mine }}"}), "-e", f"mine={KEY}")
    assert "command line" in told.message("hades")
    assert machines["hades"].http_requests == 0


def test_a_machine_that_is_not_prepared_says_what_to_run_first(fleet: Fleets, tmp_path: Path) -> None:
    bare = prepared()
    del bare["answers"]["packages"], bare["answers"]["registry"], bare["answers"]["stack"]
    machines = fleet(bare)
    before = frozen(machines["hades"].machine)
    ran = run(machines, tmp_path, esu(ACTIVATE), vault(tmp_path, KEY))
    assert "esu_preparation" in ran.message("hades")
    assert frozen(machines["hades"].machine) == before


def test_the_role_reads_by_default_and_then_activates_by_telephone(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet(prepared(activation="offline", confirmation_ids=["7" * 48]))

    def role(**variables: Any) -> list[dict[str, Any]]:
        step = {"ansible.builtin.include_role": {"name": "sunset.ws2008.esu"}, "vars": variables}
        return [{"hosts": "all", "gather_facts": False, "tasks": [step]}]

    assert run(machines, tmp_path, role()).of("esu")[0]["changed"] is False
    ran = run(machines, tmp_path, role(esu_state="activated", esu_key="{{ vault_key }}"), vault(tmp_path, KEY), "-vvvv")
    assert ran.status("hades") == "failed"
    assert ran.of("esu")[-1]["offline"] is True and ran.of("esu")[-1]["installation_id"].isdigit()
    assert KEY not in ran.output
    ran = run(machines, tmp_path, role(esu_state="activated", esu_confirmation_id="-".join(["7" * 6] * 8)))
    assert ran.of("esu")[-1]["after"][0]["active"] is True


def test_from_a_bare_machine_over_the_preparation_and_the_key_to_a_paid_rollup(
    fleet: Fleets, media: Media, tmp_path: Path
) -> None:
    bare = prepared()
    for part in ("packages", "registry", "stack"):
        del bare["answers"][part]
    machines = fleet(bare)
    inventory = machines.write_inventory(tmp_path / "inventory.yml", **media.variables(tmp_path))
    roles = [{"role": "sunset.ws2008.esu"}, {"role": "sunset.ws2008.rollup", "vars": {"rollup_target": "KB4537810"}}]
    plays = [
        {
            "hosts": "all",
            "gather_facts": False,
            "vars": {"esu_state": "activated", "esu_key": "{{ vault_key }}"},
            "roles": roles,
            "post_tasks": [{"name": "read", "sunset.ws2008.facts": {"target": "KB4537810"}}],
        }
    ]
    dry = play([plays[0] | {"roles": roles[:1]}], inventory, vault(tmp_path, KEY), "--check")
    assert dry.status("hades") != "failed", dry.message("hades")
    assert "KB5016891" in json.dumps(dry.of("updates")[0]["plan"])
    assert dry.of("esu")[-1].get("skipped") or "done" not in dry.of("esu")[-1]
    ran = play(plays, inventory, vault(tmp_path, KEY), "-v")
    assert ran.clean and ran.rc == 0, ran.output[-3000:]
    host = ran.of("facts")[-1]["host"]
    assert host["entitlement"]["verdict"] == "entitled" and host["entitlement"]["month"] > "2020-01"
    assert host["store"]["verdict"] == "healthy"
    assert KEY not in ran.output
    again = play(plays, inventory, vault(tmp_path, KEY))
    assert again.changed("hades") == 0
