# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services: dependencies, codes, and what the restart makes of a bad configuration."""

from __future__ import annotations

import pytest

SERVICES = "HKLM\\SYSTEM\\CurrentControlSet\\Services"


def restart(machine):
    machine.restart()
    machine.wait_until_up()


def test_a_fresh_machine_restarts_into_the_same_services(machine):
    before = {service.name for service in machine.services.list() if service.running}
    restart(machine)
    assert {service.name for service in machine.services.list() if service.running} == before
    assert len([service for service in machine.services.list() if not service.is_driver]) >= 90


def test_smb1_client_off_without_the_dependency_written_first_breaks_workstation_and_domain_logon(make):
    machine = make(domain_users=[{"name": "ops", "password": "Pass-1", "administrator": True}])
    machine.hardware.part_of_domain, machine.hardware.domain = True, "corp.example"
    machine.services.get("Netlogon").start = 2
    restart(machine)
    assert machine.accounts.authenticate("ops", "CORP", "Pass-1").administrator
    machine.services.get("mrxsmb10").start = 4
    restart(machine)
    assert machine.services.get("LanmanWorkstation").exit_code == 1068
    assert machine.services.get("Netlogon").exit_code == 1068
    assert machine.accounts.authenticate("ops", "CORP", "Pass-1") is None
    assert machine.services.start("LanmanWorkstation") == 1068


def test_smb1_client_off_with_the_dependency_written_first_is_harmless(machine):
    machine.registry.set(
        f"{SERVICES}\\LanmanWorkstation", "DependOnService", "REG_MULTI_SZ", ["Bowser", "MRxSmb20", "NSI"]
    )
    machine.services.get("mrxsmb10").start = 4
    restart(machine)
    assert machine.services.get("LanmanWorkstation").running
    assert not machine.services.get("mrxsmb10").running


@pytest.mark.parametrize(
    ("act", "name", "code"),
    [
        ("start", "nosuch", 1060),
        ("start", "Spooler", 1056),
        ("start", "Browser", 1058),
        ("stop", "ALG", 1062),
        ("stop", "LanmanServer", 0),
        ("stop", "RpcSs", 1052),
        ("stop", "http", 1051),
    ],
)
def test_codes_of_the_control_manager(machine, act, name, code):
    assert getattr(machine.services, act)(name) == code


def test_a_dependency_that_does_not_exist_is_1075(machine):
    machine.registry.set(f"{SERVICES}\\ALG", "DependOnService", "REG_MULTI_SZ", ["nosuch"])
    assert machine.services.start("ALG") == 1075


def test_a_never_started_service_says_1077(machine):
    assert machine.services.get("ALG").exit_code == 1077
    assert machine.services.start("ALG") == 0
    assert machine.services.get("alg").pid and machine.services.get("ALG").exit_code == 0
    assert machine.services.stop("ALG") == 0 and machine.services.get("ALG").exit_code == 0


def test_services_of_one_group_share_a_process(machine):
    by_name = machine.services.get
    assert by_name("Schedule").pid == by_name("Winmgmt").pid != by_name("Spooler").pid
    assert machine.processes.get(by_name("SamSs").pid).name == "lsass.exe"


def test_a_circle_of_dependencies_ends(machine):
    for one, other in (("ALG", "MMCSS"), ("MMCSS", "ALG")):
        machine.registry.set(f"{SERVICES}\\{one}", "DependOnService", "REG_MULTI_SZ", [other])
    assert machine.services.start("ALG") == 1068
