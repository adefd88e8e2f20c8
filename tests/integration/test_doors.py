# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The three doors as a playbook meets them: the live one with its options, the evidence, and the rehearsal."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_knobs import Knobs, Trouble
from support.fleet import Fleet
from support.playing import Played, play, task

from .conftest import SNAPSHOTS, Media, frozen
from .test_main_job import held, not_met

Fleets = Callable[..., Fleet]
INSTEAD = "no ansible-core can do that on Windows Server 2008"


def tasks(*steps: dict[str, Any], **keywords: Any) -> list[dict[str, Any]]:
    """Return a play of several tasks."""
    return [{"hosts": "all", "gather_facts": False, **keywords, "tasks": list(steps)}]


def run(machines: Fleet, tmp_path: Path, plays: Any, *arguments: str, **variables: Any) -> Played:
    """Run plays on a fleet."""
    inventory = machines.write_inventory(tmp_path / "inventory.yml", **variables)
    ran = play(plays, inventory, *arguments)
    assert ran.clean, ran.output
    return ran


def shells_made(machines: Fleet, name: str) -> int:
    """Return how many remote shells a machine was asked for."""
    return sum(exchange.verb == "Create" for exchange in machines[name].log)


# -- winrs: what runs -------------------------------------------------------------------------------------------


@pytest.mark.smoke
def test_raw_runs_a_line_and_fails_with_its_exit_code(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet("cerberus", "minos")
    ran = run(
        machines,
        tmp_path,
        tasks(
            {"name": "say", "ansible.builtin.raw": "echo one& echo two 1>&2"},
            {"name": "fail", "ansible.builtin.raw": "exit /b 3", "ignore_errors": True},
            {"name": "miss", "ansible.builtin.raw": "nosuchprogram.exe"},
        ),
    )
    said, failed, missed = ran.of("raw", "cerberus")
    assert (said["rc"], said["stdout"], said["stderr"].strip()) == (0, "one\r\n", "two")
    assert failed["rc"] == 3
    assert missed["rc"] == 9009 and ran.rc == 2 and ran.status("cerberus") == "failed"
    assert "konnte nicht gefunden werden" in ran.of("raw", "minos")[-1]["stderr"], "umlauts and all"


STOCK: dict[str, dict[str, Any]] = {
    "ping": {"ansible.builtin.ping": {}},
    "command": {"ansible.builtin.command": {"cmd": "ver"}},
    "shell": {"ansible.builtin.shell": {"cmd": "ver"}},
    "copy": {"ansible.builtin.copy": {"content": "x", "dest": "C:\\x.txt"}},
    "fetch": {"ansible.builtin.fetch": {"src": "C:\\Windows\\win.ini", "dest": "kept/"}},
    "file": {"ansible.builtin.file": {"path": "C:\\x", "state": "directory"}},
    "template": {"ansible.builtin.template": {"src": "x.j2", "dest": "C:\\x.txt"}},
    "script": {"ansible.builtin.script": {"cmd": "x.cmd"}},
    "service": {"ansible.builtin.service": {"name": "w32time", "state": "started"}},
    "slurp": {"ansible.builtin.slurp": {"src": "C:\\x"}},
    "reboot": {"ansible.builtin.reboot": {}},
    "wait_for_connection": {"ansible.builtin.wait_for_connection": {"timeout": 2, "sleep": 1}},
}


def test_stock_modules_fail_with_a_sentence_that_says_what_to_use_instead(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet("cerberus")
    before = frozen(machines["cerberus"].machine)
    for name in ("x.j2", "x.cmd"):
        (tmp_path / name).write_text("x\n", encoding="ascii")
    steps = [{"name": name, **step, "ignore_errors": True} for name, step in STOCK.items()]
    ran = run(machines, tmp_path, tasks(*steps, {"name": "after", "ansible.builtin.raw": "ver"}))
    said = {one["task"]: str(one["result"].get("msg", "")) for one in ran.results if one["status"] == "failed"}
    assert [name for name in STOCK if INSTEAD not in said.get(name, "")] == [], said
    assert ran.of("raw")[-1]["rc"] == 0, "the connection is as good as before"
    assert frozen(machines["cerberus"].machine) == before


def test_gathering_facts_fails_with_the_sentence_that_names_it(fleet: Fleets, tmp_path: Path) -> None:
    ran = run(fleet("cerberus"), tmp_path, [{"hosts": "all", "gather_facts": True, "tasks": []}])
    assert ran.rc == 2 and "`gather_facts: false`" in ran.output


def test_become_is_refused_loudly(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet("cerberus")
    for step in ({"ansible.builtin.raw": "whoami"}, {"sunset.ws2008.command": {"command": "whoami"}}):
        ran = run(
            machines,
            tmp_path,
            tasks({"name": "as somebody else", **step}, become=True, become_method="runas", become_user="SYSTEM"),
        )
        assert ran.status("cerberus") in ("failed", "unreachable")
        assert "become cannot work over sunset.ws2008.winrs" in ran.message("cerberus")
    assert machines["cerberus"].http_requests == 0


# -- winrs: shells ------------------------------------------------------------------------------------------------


def test_a_loop_reuses_one_shell_and_a_reset_only_closes_it(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet("cerberus")
    loop = {"name": "loop", "sunset.ws2008.command": {"command": "echo {{ item }}"}, "loop": list(range(8))}
    ran = run(
        machines,
        tmp_path,
        tasks(loop, {"name": "reset", "ansible.builtin.meta": "reset_connection"}, {**loop, "name": "again"}),
    )
    assert ran.rc == 0, ran.output
    assert [one["stdout"].strip() for one in ran.of("command")[0]["results"]] == [str(number) for number in range(8)]
    assert shells_made(machines, "cerberus") == 2, "one for each task"


def test_forty_commands_in_a_loop_outlive_the_operation_counter_of_a_stock_host(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet("cerberus")
    step = {"name": "loop", "ansible.builtin.raw": "echo {{ item }}", "loop": list(range(40))}
    ran = run(machines, tmp_path, tasks(step))
    assert ran.rc == 0 and len(ran.of("raw")[0]["results"]) == 40, ran.output


def test_a_task_that_takes_too_long_is_called_so_and_leaves_no_shell(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet("cerberus", speed=1.0)
    slow = "ping -n 60 127.0.0.1 >nul"
    ran = run(machines, tmp_path, tasks({"name": "slow", "ansible.builtin.raw": slow, "timeout": 2}))
    said = ran.message("cerberus")  # in the words of ansible-core, which differ by version
    assert ran.rc == 2 and "2" in said and ("imed out" in said or "time frame" in said), said
    own = tasks({"name": "slow", "sunset.ws2008.command": {"command": slow, "timeout": 2}})
    ran = run(machines, tmp_path, own)
    assert ran.rc == 2 and "did not end within 2 seconds" in ran.message("cerberus")
    assert machines.shells_open() == 0
    assert [row for row in machines["cerberus"].machine.processes.list() if "ping" in row.name.lower()] == []


def test_a_frozen_connection_is_a_time_out_that_names_its_option(fleet: Fleets, tmp_path: Path) -> None:
    frozen_receive = Knobs(troubles=(Trouble("freeze", verb="Command", times=99, seconds=30.0),))
    machines = fleet("cerberus", knobs={"cerberus": frozen_receive})
    times = {"ansible_winrm_operation_timeout_sec": 1, "ansible_winrm_read_timeout_sec": 2}
    ran = run(machines, tmp_path, tasks({"name": "say", "ansible.builtin.raw": "ver"}), **times)
    assert "ansible_winrm_read_timeout_sec" in ran.message("cerberus"), ran.output
    assert "may have been carried out" in ran.message("cerberus")


# -- winrs: variables ---------------------------------------------------------------------------------------------


def variables_of(machines: Fleet, tmp_path: Path, **variables: Any) -> Path:
    """Write an inventory with exactly these variables for cerberus."""
    path = tmp_path / "inventory.yml"
    common = {"ansible_connection": "sunset.ws2008.winrs"}
    path.write_text(yaml.safe_dump({"all": {"hosts": {"cerberus": common | variables}}}), encoding="utf-8")
    return path


def test_the_variables_of_the_stock_winrm_connection_work(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet("cerberus")
    inventory = variables_of(
        machines,
        tmp_path,
        ansible_winrm_host="127.0.0.1",
        ansible_winrm_port=machines["cerberus"].port,
        ansible_winrm_user="CERBERUS\\Administrator",
        ansible_winrm_password=machines.passwords["cerberus"],
        ansible_winrm_scheme="http",
        ansible_winrm_path="/wsman",
        ansible_winrm_transport="ntlm",
        ansible_winrm_operation_timeout_sec=10,
        ansible_winrm_read_timeout_sec=20,
        ansible_winrm_message_encryption="always",
    )
    ran = play(task("sunset.ws2008.command", command="whoami", read_only=True), inventory)
    assert ran.rc == 0 and ran.of("command")[0]["stdout"].strip() == "cerberus\\administrator", ran.output


def test_a_password_that_is_looked_up_works_and_stays_secret(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet("cerberus")
    inventory = variables_of(
        machines,
        tmp_path,
        ansible_host="127.0.0.1",
        ansible_port=machines["cerberus"].port,
        ansible_user="Administrator",
        ansible_password=f"{{{{ lookup('ansible.builtin.file', '{tmp_path / 'secret.txt'}') }}}}",
    )
    (tmp_path / "secret.txt").write_text(machines.passwords["cerberus"] + "\n", encoding="utf-8")
    ran = play(task("sunset.ws2008.command", command="ver", read_only=True), inventory, "-vvvv")
    assert ran.rc == 0 and machines.passwords["cerberus"] not in ran.output, ran.output


def test_a_transport_that_the_target_does_not_offer_is_named(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet("cerberus")
    plain = tasks({"name": "say", "ansible.builtin.raw": "ver"})
    basic = run(machines, tmp_path, plain, ansible_winrm_transport="basic", ansible_winrm_scheme="http")
    wrong = run(machines, tmp_path, plain, ansible_winrm_transport="smtp")
    assert "basic" in basic.message("cerberus") and "http" in basic.message("cerberus"), basic.output
    assert "smtp" in wrong.output and "ntlm" in wrong.output and wrong.rc != 0


# -- winrs: https -------------------------------------------------------------------------------------------------


def own_certificate(machines: Fleet, tmp_path: Path) -> str:
    """Keep the certificate that cerberus signed for itself in a file, and return its path."""
    path = tmp_path / "cerberus.pem"
    path.write_text(ssl.get_server_certificate(("127.0.0.1", machines["cerberus"].port)), encoding="ascii")
    return str(path)


SAY = {"name": "say", "ansible.builtin.raw": "ver"}
HTTPS = {"ansible_winrm_scheme": "https"}
OLD_TLS = {"ansible_winrs_tls_minimum": "1.0", "ansible_winrs_legacy_ciphers": True}
MODERN = {"cerberus": Knobs(tls_versions="modern")}  # as behind a listener that somebody put before the machine


@pytest.mark.parametrize("transport", ["ntlm", "basic"])
def test_https_with_a_checked_certificate(fleet: Fleets, tmp_path: Path, transport: str) -> None:
    machines = fleet("cerberus", tls=True, allow_basic=True, knobs=MODERN)
    trust = own_certificate(machines, tmp_path)
    ran = run(
        machines,
        tmp_path,
        tasks(SAY),
        ansible_winrm_ca_trust_path=trust,
        ansible_winrm_transport=transport,
        **HTTPS,
    )
    assert ran.rc == 0 and "6.0.6002" in ran.of("raw")[0]["stdout"], ran.output
    assert "WARNING" not in ran.output, "nothing was given up"


def test_https_with_an_unknown_certificate_is_refused_until_the_check_is_given_up(
    fleet: Fleets, tmp_path: Path
) -> None:
    machines = fleet("cerberus", tls=True, knobs=MODERN)
    ran = run(machines, tmp_path, tasks(SAY), **HTTPS)
    assert ran.rc == 4 and "its certificate is not trusted here" in ran.message("cerberus"), ran.output
    assert "ansible_winrm_ca_trust_path" in ran.message("cerberus")
    assert machines["cerberus"].logins == 0, "no password went to a stranger"
    ran = run(machines, tmp_path, tasks(SAY), ansible_winrm_server_cert_validation="ignore", **HTTPS)
    assert ran.rc == 0 and "WARNING" in ran.output, ran.output


def test_a_listener_with_tls_1_0_needs_the_legacy_options(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet("cerberus", tls=True)
    ignore = {"ansible_winrm_server_cert_validation": "ignore"}
    ran = run(machines, tmp_path, tasks(SAY), **HTTPS, **ignore)
    for word in ("it speaks no TLS as new as asked for", "ansible_winrs_tls_minimum", "ansible_winrs_legacy_ciphers"):
        assert word in ran.message("cerberus"), ran.output
    ran = run(machines, tmp_path, tasks(SAY), **HTTPS, **ignore, **OLD_TLS)
    assert ran.rc == 0, ran.output


# -- evidence -------------------------------------------------------------------------------------------------------


def carried_away(machines: Fleet, tmp_path: Path) -> Path:
    """Let the doctor keep the answers of cerberus, and return an inventory that reads them."""
    ran = run(machines, tmp_path, task("sunset.ws2008.doctor", evidence=str(tmp_path / "kept")))
    assert ran.rc == 0, ran.output
    path = tmp_path / "evidence.yml"
    host = {"ansible_connection": "sunset.ws2008.evidence", "ansible_evidence_path": ran.of("doctor")[0]["evidence"]}
    path.write_text(yaml.safe_dump({"all": {"hosts": {"cerberus": host}}}), encoding="utf-8")
    return path


def test_evidence_is_judged_as_the_machine_is_and_nothing_can_be_changed_through_it(
    fleet: Fleets, media: Media, tmp_path: Path
) -> None:
    machines = fleet("cerberus")
    live = run(machines, tmp_path, task("sunset.ws2008.facts")).of("facts")[0]["host"]
    inventory = carried_away(machines, tmp_path)
    machines["cerberus"].reset_counters()
    updates = {"target": "sha2", "media": str(media.folder), "catalog_extra": media.records}
    refused = {
        "updates": {"sunset.ws2008.updates": updates},
        "baseline": {"sunset.ws2008.baseline": {"state": "enforced", "journal": str(tmp_path / "journal")}},
        "reboot": {"sunset.ws2008.reboot": {}},
        "command": {"sunset.ws2008.command": {"command": "ver"}},
        "raw": {"ansible.builtin.raw": "del C:\\x.txt"},
        "module": {"ansible.builtin.ping": {}},
    }
    steps = [{"name": name, **step, "ignore_errors": True} for name, step in refused.items()]
    facts = {"name": "facts", "sunset.ws2008.facts": {}}
    plan = {"name": "plan", "sunset.ws2008.updates": updates, "check_mode": True}
    evaluated = {"name": "evaluate", "sunset.ws2008.baseline": {"state": "evaluated"}}
    ran = play(tasks(facts, plan, evaluated, *steps), inventory)
    assert ran.rc == 0 and ran.clean, ran.output
    captured = ran.of("facts")[0]["host"]
    assert captured["door"] == "evidence" and captured["build"]["verdict"] == "clean_6002"
    for part in ("build", "servicing"):
        assert captured[part] == live[part]
    pairs = zip(captured["findings"], live["findings"], strict=True)
    differ = {one["id"]: (one, other) for one, other in pairs if one != other}
    assert differ.pop("winrm-no-compat-listeners")[0]["status"] == "notchecked", (
        "only WS-Man tells the version of WinRM"
    )
    for one, other in differ.values():
        assert "HKU\\Default\\" in " ".join(other["evidence"]), (
            "the doctor loads no hive, so that of new users is not captured"
        )
        assert one["status"] in (other["status"], "notchecked")
    steps_planned = ran.of("updates")[0]["plan"]["steps"]
    assert [step.get("package", "restart") for step in steps_planned] == ["KB4493730", "KB4474419", "restart"]
    said = {one["task"]: str(one["result"].get("msg", "")) for one in ran.results if one["status"] == "failed"}
    assert set(said) == set(refused), said
    for name in ("updates", "baseline", "reboot", "command"):
        assert "connection" in said[name] and "\n" not in said[name], said[name]
    assert INSTEAD in said["module"]
    assert "the evidence holds answers to the probes only" in said["raw"]
    assert machines["cerberus"].http_requests == 0


# -- twin -----------------------------------------------------------------------------------------------------------


def rehearsal(tmp_path: Path, media: Media, **hosts: dict[str, Any]) -> Path:
    """Write the inventory of a rehearsal on cerberus, and of other hosts."""
    model = {
        "ansible_connection": "sunset.ws2008.twin",
        "ansible_twin_snapshot": str(SNAPSHOTS / "cerberus.yml"),
        "ansible_twin_state": str(tmp_path / "cerberus.json"),
    }
    path = tmp_path / "rehearsal.yml"
    every = {"hosts": {"model": model, **hosts}, "vars": media.variables(tmp_path)}
    path.write_text(yaml.safe_dump({"all": every}), encoding="utf-8")
    return path


def test_a_rehearsal_ends_where_the_main_job_does_and_a_second_one_changes_nothing(
    media: Media, tmp_path: Path
) -> None:
    inventory = rehearsal(tmp_path, media)
    arguments = ("-e", f"report_path={tmp_path / 'report'}")
    first = play("sunset.ws2008.rehearse", inventory, *arguments)
    assert first.rc == 0 and first.clean, first.output
    last = first.of("facts", "model")[-1]["host"]
    assert (last["door"], last["build"]["verdict"], last["build"]["month"]) == ("twin", "clean_6003", "2020-01")
    assert not_met(last) == held(first, "model")
    second = play("sunset.ws2008.rehearse", inventory, *arguments)
    assert second.rc == 0 and second.changed("model") == 0, second.output


def test_a_rehearsal_refuses_a_real_machine_in_its_inventory(fleet: Fleets, media: Media, tmp_path: Path) -> None:
    machines = fleet("cerberus")
    real = {
        "ansible_connection": "sunset.ws2008.winrs",
        "ansible_host": "127.0.0.1",
        "ansible_port": machines["cerberus"].port,
        "ansible_user": "Administrator",
        "ansible_password": machines.passwords["cerberus"],
    }
    inventory = rehearsal(tmp_path, media, real=real)
    ran = play("sunset.ws2008.rehearse", inventory, "--check", "-l", "real", "-e", f"report_path={tmp_path / 'report'}")
    assert ran.rc == 2 and ran.clean
    assert "real uses the connection sunset.ws2008.winrs; a rehearsal needs" in ran.message("real")
    assert machines["cerberus"].http_requests == 0


@pytest.mark.parametrize("kind", ["absent", "not-yaml", "other", "torn-state"])
def test_a_rehearsal_that_cannot_begin_says_why(media: Media, tmp_path: Path, kind: str) -> None:
    inventory = rehearsal(tmp_path, media)
    place = tmp_path / ("cerberus.json" if kind == "torn-state" else "snapshot.yml")
    if kind != "absent":
        place.write_text({"not-yaml": "a: [", "other": "just: this\nanswers: 5\n"}.get(kind, '{"sch'), encoding="ascii")
    arguments = [] if kind == "torn-state" else ["-e", f"ansible_twin_snapshot={place}"]
    ran = play(task("sunset.ws2008.facts"), inventory, *arguments)
    assert ran.rc == 2 and ran.clean, ran.output
    assert str(place) in ran.message("model") and "\n" not in ran.message("model")
