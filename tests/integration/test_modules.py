# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each module and filter in a playbook, beside the main job that uses most of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._report.result import schema
from support.fleet import Fleet
from support.playing import Played, play, task

from .conftest import ROOT, demo_snapshot, frozen

Fleets = Callable[..., Fleet]


def run(machines: Fleet, tmp_path: Path, plays: Any, *arguments: str) -> Played:
    """Run plays on a fleet."""
    ran = play(plays, machines.write_inventory(tmp_path / "inventory.yml"), *arguments)
    assert ran.clean, ran.output
    return ran


def tasks(*steps: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a play of several tasks that goes on after failures."""
    named = [{"name": f"step {number}", "ignore_errors": True, **step} for number, step in enumerate(steps)]
    return [{"hosts": "all", "gather_facts": False, "tasks": named}]


def ends(ran: Played) -> list[str]:
    """Return how each task ended."""
    return ["changed" if one["result"].get("changed") else one["status"] for one in ran.results]


def command(**options: Any) -> dict[str, Any]:
    """Return a task that runs a command."""
    return {"sunset.ws2008.command": options}


# What the doctor looks at, at least.
STEPS = [
    *("name", "port", "tls", "login", "rights", "identify", "wmi", "family", "quotas", "shell", "codepage"),
    *("registry", "stdin", "certutil", "folders", "scheduler", "store", "clock", "disk"),
]


# -- doctor -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cerberus", "minos", "charon"])
def test_the_doctor_finds_the_road_open_and_keeps_answers_that_the_evidence_door_reads(
    fleet: Fleets, tmp_path: Path, name: str
) -> None:
    machines = fleet(name, speed=1.0)  # or its clock would run away from ours
    before = frozen(machines[name].machine)
    ran = run(machines, tmp_path, "sunset.ws2008.doctor", "-e", f"doctor_evidence={tmp_path / 'kept'}")
    assert ran.rc == 0, ran.output
    examined = ran.of("doctor")[0]
    results = {step["id"]: step["result"] for step in examined["steps"]}
    assert "failed" not in results.values(), examined["steps"]
    assert results["tls"] == "skipped", "it is not in use"
    warned = {step for step, result in results.items() if result == "warning"}
    assert warned <= {"quotas"}, "a stock host has two shells, and nothing else is worth a warning"
    assert [step for step in results if step in STEPS] == STEPS, "in the order a person would make them"
    assert "ok       Remote shell: " in ran.output, "each step is shown while it is made"
    assert frozen(machines[name].machine) == before, "it only looks"
    carried = tmp_path / "evidence.yml"
    host = {"ansible_connection": "sunset.ws2008.evidence", "ansible_evidence_path": examined["evidence"]}
    carried.write_text(yaml.safe_dump({"all": {"hosts": {name: host}}}), encoding="utf-8")
    judged = play(task("sunset.ws2008.facts"), carried).of("facts")[0]
    unknown = judged["snapshot"]["unknown"]
    assert all(one.startswith("registry:HKU\\Default\\") for one in unknown), "whoever only looks loads no hive"
    assert all("was not loaded when the answers were taken" in why for why in unknown.values())
    assert judged["host"]["identity"]["name"] == name.upper()


def test_a_blocked_road_names_the_line_to_type(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet("cerberus", speed=1.0)
    registry = machines["cerberus"].machine.registry
    services = "HKLM\\SYSTEM\\CurrentControlSet\\Services"
    registry.set(f"{services}\\TrustedInstaller", "Start", "REG_DWORD", 4)
    assert machines["cerberus"].machine.services.stop("Schedule") == 0
    ran = run(machines, tmp_path, task("sunset.ws2008.doctor"))
    assert ran.rc == 2, ran.output
    steps = {step["id"]: step for step in ran.of("doctor")[0]["steps"]}
    assert steps["scheduler"]["type_this"] == "sc config Schedule start= auto & net start Schedule"
    assert steps["store"]["type_this"] == "sc config TrustedInstaller start= demand"
    assert ran.message("cerberus").startswith("Task Scheduler: ")
    assert steps["scheduler"]["type_this"] in ran.message("cerberus")
    relaxed = run(machines, tmp_path, task("sunset.ws2008.doctor", strict=False))
    assert relaxed.rc == 0 and relaxed.of("doctor")[0]["verdict"] == "failed"
    machine = machines["cerberus"].machine
    for line in (steps["scheduler"]["type_this"], steps["store"]["type_this"]):
        assert machine.run(line)[0] == 0, "what it says to type works"
    assert run(machines, tmp_path, task("sunset.ws2008.doctor")).rc == 0


def test_a_closed_port_ends_the_examination_with_what_to_type(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet("cerberus")
    machines["cerberus"].stop()
    ran = run(machines, tmp_path, task("sunset.ws2008.doctor"))
    steps = {step["id"]: step for step in ran.of("doctor")[0]["steps"]}
    assert (steps["port"]["result"], steps["port"]["type_this"]) == ("failed", "winrm quickconfig")
    assert {step["result"] for name, step in steps.items() if name not in ("name", "port")} == {"skipped"}
    assert "type there: winrm quickconfig" in ran.message("cerberus")


# -- command ----------------------------------------------------------------------------------------------------


@pytest.mark.smoke
def test_a_command_returns_its_exit_code_text_and_change(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet("minos")
    ran = run(
        machines,
        tmp_path,
        tasks(
            command(command="ver", read_only=True),
            command(cmd="net user niemand", success_codes=[2], changed_codes=[]),
            command(command="echo x> C:\\x.txt"),
            command(command='findstr "^"', stdin="Größe\r\n", read_only=True),
            command(command="exit /b 5"),
            command(command="ping -n 3000 127.0.0.1 >nul", timeout=0.5, read_only=True),
        ),
    )
    ver, nobody, made, echoed, failed, late = ran.of("command")
    assert (ver["rc"], ver["changed"]) == (0, False) and "6.0.6003" in ver["stdout_lines"][-1]
    assert (nobody["rc"], nobody["changed"]) == (2, False) and "Benutzername konnte nicht" in nobody["stderr"]
    assert made["changed"] is True and machines["minos"].machine.files.exists("C:\\x.txt")
    assert echoed["stdout"] == "Größe\r\n"
    assert failed["rc"] == 5 and failed["msg"].startswith("the command ended with exit code 5")
    assert "did not end within 0.5 seconds" in late["msg"]


def test_conditions_of_a_command_hold_in_check_mode_too(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet("cerberus")
    plays = tasks(
        command(command="mkdir C:\\media", creates="C:\\media"),
        command(command="rmdir C:\\media", removes="C:\\media"),
        command(command="ver"),
        command(command="ver", read_only=True),
        command(command="mkdir C:\\Windows", creates="%SystemRoot%\\"),
    )
    before = frozen(machines["cerberus"].machine)
    foretold = run(machines, tmp_path, plays, "--check")
    assert frozen(machines["cerberus"].machine) == before
    assert ends(foretold) == ["changed", "skipped", "skipped", "ok", "skipped"]
    done = run(machines, tmp_path, plays)
    assert ends(done) == ["changed", "changed", "changed", "ok", "skipped"]


def test_a_line_that_cmd_could_not_run_is_refused(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet("cerberus")
    ran = run(machines, tmp_path, tasks(command(command="echo a\necho b"), command(command="echo " + "x" * 9000)))
    said = [one["msg"] for one in ran.of("command")]
    assert "line" in said[0] and "8000" in said[1], said
    assert machines.shells_open() == 0


# -- reboot -----------------------------------------------------------------------------------------------------


def test_a_restart_waits_until_the_machine_is_back(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet("cerberus", "charon")
    boots = {name: endpoint.machine.boot for name, endpoint in machines.endpoints.items()}
    reboot = {"sunset.ws2008.reboot": {"settle": 1, "message": "Change 4711: 100 % & more"}}
    foretold = run(machines, tmp_path, tasks(reboot), "--check").of("reboot")
    assert [(one["changed"], one["rebooted"]) for one in foretold] == [(True, False)] * 2
    assert {name: endpoint.machine.boot for name, endpoint in machines.endpoints.items()} == boots
    ran = run(machines, tmp_path, tasks(reboot, command(command="ver", read_only=True)))
    assert ran.rc == 0, ran.output
    done = ran.of("reboot", "cerberus")[0]
    assert (done["changed"], done["rebooted"], done["restarts"]) == (True, True, 1)
    assert done["boot_before"] < done["boot_after"]
    assert machines["cerberus"].machine.boot == boots["cerberus"] + 1
    assert "Change 4711" in machines["cerberus"].machine.restarts[-1][1]
    assert [one["rc"] for one in ran.of("command")] == [0, 0], "and the next task finds it ready"


def test_a_machine_that_does_not_come_back_is_a_sentence(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet(demo_snapshot("cerberus", restart_seconds=36000))
    ran = run(machines, tmp_path, task("sunset.ws2008.reboot", timeout=4, settle=1))
    assert ran.rc == 2 and "did not come back within 4 seconds" in ran.message("cerberus"), ran.output
    assert "Look at its console" in ran.message("cerberus")


# -- facts, filters, report ---------------------------------------------------------------------------------------


def test_facts_filters_and_report_tell_the_same_of_a_machine(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet("minos")
    before = frozen(machines["minos"].machine)
    asked = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
    failing = "findings[?status==`fail`].id"
    steps = tasks(
        {"sunset.ws2008.facts": {"registry_keys": [asked]}, "register": "assessed"},
        {
            "ansible.builtin.set_fact": {
                "judged": "{{ assessed.snapshot | sunset.ws2008.judge(name='minos') }}",
                "failing": f'{{{{ assessed.host | sunset.ws2008.query("{failing}") }}}}',
                "versions": "{{ assessed.snapshot | sunset.ws2008.query('answers.os.version') }}",
            }
        },
        {
            "sunset.ws2008.report": {
                "path": str(tmp_path / "report"),
                "formats": ["json", "html", "csv", "junit", "prometheus"],
                "after": ["{{ judged }}"],
                "expected": ["minos", "styx"],
            },
            "delegate_to": "localhost",
        },
    )
    for step in steps[0]["tasks"]:
        step.pop("ignore_errors")
    ran = run(machines, tmp_path, steps)
    assert ran.rc == 0, ran.output
    facts = ran.of("facts")[0]
    kept = ran.of("set_fact")[0]["ansible_facts"]
    jsonschema.validate(facts["snapshot"], yaml.safe_load((ROOT / SNAPSHOT_SCHEMA).read_text(encoding="utf-8")))
    assert (facts["host"]["build"]["verdict"], facts["host"]["build"]["month"]) == ("clean_6003", "2019-05")
    assert facts["snapshot"]["answers"]["registry"][asked]["CurrentBuildNumber"]["data"] == "6003"
    assert kept["judged"] == facts["host"]
    assert kept["failing"] == [one["id"] for one in facts["host"]["findings"] if one["status"] == "fail"] != []
    assert kept["versions"] == "6.0.6003"
    written = {Path(path).name for path in ran.of("report")[0]["files"]}
    assert written == {"report.json", "index.html", "findings.csv", "junit.xml", "sunset_ws2008.prom"}
    assert all((tmp_path / "report" / name).stat().st_size for name in written)
    report = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, schema())
    assert report["summary"]["unreached"] == ["styx"]
    assert frozen(machines["minos"].machine) == before


SNAPSHOT_SCHEMA = "plugins/plugin_utils/_host/data/snapshot.schema.json"


def test_filters_refuse_what_they_cannot_take_with_a_sentence(tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.yml"
    inventory.write_text("all: {hosts: {localhost: {ansible_connection: local}}}\n", encoding="ascii")
    words = {
        "{{ {'a': 1} | sunset.ws2008.judge }}": "judge takes a snapshot",
        "{{ {'schema': 'sunset.ws2008/snapshot/1'} | sunset.ws2008.judge(profile='sunsett') }}": "did you mean sunset?",
        "{{ {'a': 1} | sunset.ws2008.query('a[') }}": "cannot be applied",
    }
    steps = tasks(*({"ansible.builtin.debug": {"msg": text}} for text in words))
    ran = play(steps, inventory)
    assert ran.clean, ran.output
    said = [str(one["result"].get("msg", "")) for one in ran.results if one["status"] == "failed"]
    assert len(said) == len(words), ran.output
    for message, word in zip(said, words.values(), strict=True):
        assert word in message


# -- baseline -----------------------------------------------------------------------------------------------------


def test_the_baseline_judges_without_touching_and_fixes_what_it_is_told_to(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet("cerberus")
    machine = machines["cerberus"].machine
    before = frozen(machine)
    journal = tmp_path / "journal"
    judged = run(machines, tmp_path, task("sunset.ws2008.baseline", state="evaluated", areas=["smb"])).of("baseline")[0]
    assert judged["changed"] is False and {one["area"] for one in judged["findings"]} == {"smb"}
    assert "fail" in {one["status"] for one in judged["findings"]}
    one = {"state": "enforced", "controls": ["tls-ssl2-server-off"], "journal": str(journal)}
    foretold = run(machines, tmp_path, task("sunset.ws2008.baseline", **one), "--check", "--diff").of("baseline")[0]
    assert foretold["changed"] and foretold["diff"]
    assert frozen(machine) == before and not journal.exists()
    done = run(machines, tmp_path, task("sunset.ws2008.baseline", **one), "--diff").of("baseline")[0]
    assert done["changes"] == foretold["changes"] and done["diff"] == foretold["diff"]
    assert [one["status"] for one in done["findings"]] == ["pass"]
    assert Path(done["journal"]["controller"]).is_dir() and machine.files.is_dir(done["journal"]["target"])
    again = run(machines, tmp_path, task("sunset.ws2008.baseline", **one)).of("baseline")[0]
    assert again["changed"] is False and again["journal"] is None
