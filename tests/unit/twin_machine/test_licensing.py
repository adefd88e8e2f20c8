# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keys and activation: what the licensing service of the twin takes, refuses and shows."""

from __future__ import annotations

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin import wmi
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wmi_errors import WmiError

from .test_servicing import climb, install

KEY = "-".join(["TWIN1"] * 5)  # as no product key can look: keys have no letter I and no digit 1
YEAR_1 = "553673ed-6ddf-419c-a153-b760283472fd"


@pytest.fixture
def ready(make):
    """Return a machine with the licensing preparation in it."""

    def build(**twin):
        machine = make(esu_keys={KEY: 1}, **twin)
        climb(machine, "KB4493730", "KB4474419", "KB4538484")
        return machine

    return build


def call(machine, method, on="SoftwareLicensingProduct", **arguments):
    selectors = {"ID": YEAR_1} if on.endswith("Product") else {"Version": machine.template.version}
    account = machine.accounts.token("Administrator")
    try:
        return wmi.invoke(machine, account, "root/cimv2", on, method, arguments, selectors)["ReturnValue"]
    except WmiError as error:
        return error.code


def row(machine):
    wql = f"SELECT * FROM SoftwareLicensingProduct WHERE ID='{YEAR_1}' OR PartialProductKey IS NOT NULL AND ID='x'"
    rows = wmi.query(machine, "root/cimv2", wql).rows
    return rows[0] if rows else None


def test_products_and_keys_come_with_the_preparation(make):
    machine = make(esu_keys={KEY: 1})
    assert row(machine) is None
    assert call(machine, "InstallProductKey", "SoftwareLicensingService", ProductKey=KEY) == 0xC004F050
    climb(machine, "KB4493730", "KB4474419", "KB4538484")
    assert (row(machine)["LicenseStatus"], row(machine)["PartialProductKey"]) == (0, None)


def test_the_way_of_a_key(ready):
    machine = ready()
    assert call(machine, "Activate") == 0xC004F014
    assert call(machine, "InstallProductKey", "SoftwareLicensingService", ProductKey="WRONG") == 0xC004F050
    assert call(machine, "InstallProductKey", "SoftwareLicensingService", ProductKey=KEY) == 0
    assert row(machine)["PartialProductKey"] == "TWIN1"
    assert call(machine, "RefreshLicenseStatus", "SoftwareLicensingService") == 0
    assert call(machine, "Activate") == 0
    assert (row(machine)["LicenseStatus"], machine.store.entitled("esu-1"), machine.store.entitled("esu-2")) == (
        1,
        True,
        False,
    )
    assert call(machine, "UninstallProductKey") == 0
    assert (row(machine)["LicenseStatus"], row(machine)["PartialProductKey"]) == (0, None)
    assert call(machine, "UninstallProductKey") == 0xC004F014


@pytest.mark.parametrize(
    ("knob", "code"),
    [(False, 0xC004C003), ("offline", 0x80072EE7), (0xC004F074, 0xC004F074), ("0xC004C020", 0xC004C020)],
)
def test_an_activation_that_fails_says_which_way(ready, knob, code):
    machine = ready(activation=knob)
    call(machine, "InstallProductKey", "SoftwareLicensingService", ProductKey=KEY)
    assert call(machine, "Activate") == code
    assert row(machine)["LicenseStatus"] == 0
    machine.knobs["licensing_errors"] = "return"
    assert call(machine, "Activate") == code


def test_activation_by_telephone(ready):
    machine = ready(activation="offline", confirmation_ids=["123456789"])
    assert row(machine)["OfflineInstallationId"] is None
    call(machine, "InstallProductKey", "SoftwareLicensingService", ProductKey=KEY)
    digits = row(machine)["OfflineInstallationId"]
    assert digits.isdigit() and 50 <= len(digits) <= 63
    deposit = "DepositOfflineConfirmationId"
    assert call(machine, deposit, InstallationId=digits, ConfirmationId="987") == 0xC004F04D
    assert call(machine, deposit, InstallationId="1" * 54, ConfirmationId="123456789") == 0xC004F04D
    assert call(machine, deposit, InstallationId=digits, ConfirmationId="123456789") == 0
    assert row(machine)["LicenseStatus"] == 1


def test_the_script_shows_what_the_service_knows(ready):
    machine = ready()
    slmgr = "cscript //nologo %windir%\\system32\\slmgr.vbs"
    assert machine.run(f"{slmgr} /ipk {KEY}")[0] == 0
    assert machine.run(f"{slmgr} /ato {YEAR_1}")[0] == 0
    shown = machine.run(f"{slmgr} /dlv {YEAR_1}")[1]
    assert "License Status: Licensed" in shown and YEAR_1 in shown
    assert machine.run(f"{slmgr} /dti {YEAR_1}")[1].startswith("Installation ID: ")
    assert machine.run(f"{slmgr} /upk {YEAR_1}")[0] == 0
    assert row(machine)["PartialProductKey"] is None


def test_a_package_of_the_extended_time_stays_only_with_an_active_licence(ready):
    machine = ready()
    climb(machine, "KB4565353")
    install(machine, "KB4537810")
    call(machine, "InstallProductKey", "SoftwareLicensingService", ProductKey=KEY)
    call(machine, "Activate")
    machine.restart()
    machine.wait_until_up()
    assert machine.store.installed("KB4537810")


def test_products_of_a_snapshot_are_completed_by_those_of_the_preparation():
    from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import VirtualClock
    from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine

    packages = [{"identity": "Package_for_KB4538484~31bf3856ad364e35~amd64~~6.0.1.0", "state": 7}]
    licences = [{"id": YEAR_1, "name": "x", "status": 1, "partial_key": "TWIN1"}]
    seed = {"answers": {"os": {"build": 6002, "arch": "x64"}, "packages": packages, "licences": licences}}
    machine = Machine.from_snapshot(seed, VirtualClock())
    assert [held["status"] for held in machine.licences] == [1, 0, 0, 0, 0]
