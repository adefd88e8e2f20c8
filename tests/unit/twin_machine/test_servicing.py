# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Servicing: the order of the ladder, what breaks when it is violated, and what the restart makes of it.

Expected codes and states are those of the facts (servicing.md sections 1, 2 and 4), not of our client.
"""

from __future__ import annotations

import json

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import VirtualClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.packages import Identity, described, known_packages
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.process import Killed
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.servicing import Refused

CBS = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing"
VERSION = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
KERNEL = "C:\\Windows\\system32\\ntoskrnl.exe"
PENDING_XML = "C:\\Windows\\winsxs\\pending.xml"
VERSIONS = {"KB4474419": "6.0.4.0"}


def package(kb, arch="amd64", version=None, **effects):
    name = f"VistaSP2-{kb}" if kb == "KB948465" else f"Package_for_{kb}"
    identity = Identity(name, version or VERSIONS.get(kb, "6.0.1.0"), arch)
    return described(identity, {**known_packages().get(kb, {}), **effects})


def install(machine, *kbs, **effects):
    """Install and return the last code, refusals included."""
    code = None
    for kb in kbs:
        try:
            code = machine.store.install(package(kb, **effects), machine.clock.sleep)
        except Refused as refused:
            code = refused.code
    return code


def restart(machine):
    machine.restart()
    machine.wait_until_up()


def climb(machine, *kbs):
    for kb in kbs:
        if install(machine, kb) == 3010:
            restart(machine)


def test_the_whole_ladder_ends_at_the_last_public_rollup(machine):
    assert install(machine, "KB4493730") == 0, "a servicing stack needs no restart"
    assert machine.store.stacks()[-1] == "6.0.6003.20484" and machine.version == "6.0.6002"
    assert install(machine, "KB4474419") == 3010
    assert not machine.store.sha2_supported(), "not before the restart"
    restart(machine)
    assert machine.store.sha2_supported()
    assert install(machine, "KB4534303") == 3010
    assert machine.version == "6.0.6002" and machine.files.version(KERNEL) == "6.0.6003.20706"
    assert machine.registry.data(VERSION, "CurrentBuildNumber") == "6002"
    restart(machine)
    assert machine.version == "6.0.6003" and machine.registry.data(VERSION, "CurrentBuildNumber") == "6003"
    assert machine.files.version("C:\\Windows\\system32\\crypt32.dll") == "6.0.6003.20705"
    assert {kb for kb, _when in machine.store.hotfixes()} == {"KB955430", "KB4493730", "KB4474419", "KB4534303"}


@pytest.mark.parametrize(
    ("before", "kb", "code"),
    [
        ([], "KB4534303", 0x80092004),  # SHA-2 only, and nothing to check it with
        (["KB4493730"], "KB4534303", 0x80092004),
        ([], "KB4474419", 0x80240017),  # the servicing stack is missing
        ([], "KB948465", 0x00240006),  # the machine has SP2
        (["KB4493730"], "KB4493730", 0x00240006),
        (["KB4493730", "KB4474419", "KB4534303"], "KB4499149", 0x80240017),  # superseded
        (["KB4493730", "KB4474419", "KB4565353"], "KB4493730", 0x00240006),
    ],
)
def test_the_order_is_kept(machine, before, kb, code):
    climb(machine, *before)
    assert install(machine, kb) == code


def test_nothing_but_the_service_pack_goes_onto_6001(make):
    machine = make(6001)
    assert install(machine, "KB4493730") == install(machine, "KB4019276") == 0x80240017
    assert install(machine, "KB948465") == 3010
    restart(machine)
    assert machine.version == "6.0.6002" and machine.files.version(KERNEL) == "6.0.6002.18005"
    assert machine.registry.data(VERSION, "CSDVersion") == "Service Pack 2"
    assert any(name.startswith("VistaSP2-KB948465") for name in machine.store.names())
    assert install(machine, "KB4493730") == 0


def test_wrong_architecture(make):
    assert install(make(arch="x86"), "KB4493730") == 0x80070661
    assert install(make(arch="x86"), "KB4493730", arch="x86") == 0


@pytest.mark.parametrize(("knob", "codes"), [("auto", (6, 7)), ("old", (6, 7)), ("new", (0x60, 0x70))])
def test_states_are_numbered_as_the_stack_does_or_the_knob_says(make, knob, codes):
    machine = make(cbs_numbering=knob)
    item = package("KB4019276")
    install(machine, "KB4019276")
    assert machine.store.state(item.identity) == codes[0]
    restart(machine)
    assert machine.store.state(item.identity) == codes[1]


def test_a_stack_of_the_6003_era_writes_the_newer_numbers(machine):
    install(machine, "KB4493730", "KB4019276")
    assert machine.store.state(package("KB4019276").identity) == 0x60
    assert machine.store.state("Package_for_KB955430~31bf3856ad364e35~amd64~~6.0.1.0") == 7, "old entries stay"


def test_marks_of_a_pending_restart_come_and_go(machine):
    identity = package("KB4019276").identity
    assert not machine.files.exists(PENDING_XML)
    install(machine, "KB4019276")
    assert machine.registry.key_exists(f"{CBS}\\RebootPending") and machine.files.exists(PENDING_XML)
    assert identity in machine.registry.subkeys(f"{CBS}\\PackagesPending")
    assert len(machine.registry.subkeys(f"{CBS}\\SessionsPending")) == 1
    assert machine.files.exists(f"C:\\Windows\\servicing\\Packages\\{identity}.mum")
    assert "KB4019276" not in {kb for kb, _when in machine.store.hotfixes()}
    restart(machine)
    for key in ("RebootPending", "PackagesPending", "SessionsPending"):
        assert not machine.registry.key_exists(f"{CBS}\\{key}")
    assert not machine.files.exists(PENDING_XML) and machine.store.installed("KB4019276")


def test_a_mandatory_restart_stops_everything_else(machine):
    install(machine, "KB4493730", "KB4474419")
    assert install(machine, "KB4019276") == 0x80240016
    restart(machine)
    assert install(machine, "KB4019276") == 3010
    assert install(machine, "KB4012598") == 3010, "plain updates may wait together"
    assert install(machine, "KB4565353") == 0x80240016, "a servicing stack may not join them"
    restart(machine)
    assert machine.store.installed("KB4019276") and machine.store.installed("KB4012598")


def test_configuring_updates_takes_time(machine):
    before = machine.clock.now()
    restart(machine)
    plain = machine.clock.now() - before
    install(machine, "KB4019276")
    before = machine.clock.now()
    restart(machine)
    assert machine.clock.now() - before > plain


def licence(machine, year, status=1):
    machine.store.offer_licences()
    ids = {"esu-1": "553673ed-6ddf-419c-a153-b760283472fd", "pa": "8e7bfb1e-acc1-4f56-abae-b80fce56cd4b"}
    next(row for row in machine.licences if row["id"] == ids[year])["status"] = status


@pytest.mark.parametrize(
    ("year", "status", "stays"), [(None, 0, False), ("esu-1", 0, False), ("esu-1", 1, True), ("pa", 1, True)]
)
def test_an_esu_rollup_reverts_without_entitlement(machine, year, status, stays):
    climb(machine, "KB4493730", "KB4474419", "KB4534303", "KB4538484")
    if year:
        licence(machine, year, status)
    assert install(machine, "KB4537810") == 3010
    restart(machine)
    kernel = "6.0.6003.20731" if stays else "6.0.6003.20706"
    assert machine.files.version(KERNEL) == kernel and machine.store.installed("KB4537810") == stays
    assert machine.store.installed("KB4534303") != stays, "superseded by what stays"
    assert not machine.store.restart_pending()
    state = machine.store.state(package("KB4537810").identity)
    assert state == (0x70 if stays else 0x40), "a reverted package stays staged, its .mum with it"


def test_a_revert_takes_longer(machine):
    climb(machine, "KB4493730", "KB4474419")
    install(machine, "KB4537810")
    assert machine.store.configuring_seconds() == 2 * known_packages()["KB4537810"]["boot_seconds"]


def test_a_full_disk_stops_before_anything_changes(machine):
    machine.files.used = machine.files.size - 50_000_000
    assert install(machine, "KB4499149") == 0x80070070
    assert machine.store.state(package("KB4499149").identity) is None and not machine.store.restart_pending()


def test_an_interrupted_installation_can_be_done_again(machine):
    def killed(seconds):
        machine.restart()
        raise Killed

    with pytest.raises(Killed):
        machine.store.install(package("KB4019276"), killed)
    machine.wait_until_up()
    assert machine.store.state(package("KB4019276").identity) == 4 and not machine.store.busy
    assert install(machine, "KB4019276") == 3010


def test_two_installers_at_once_do_not_work(machine):
    seen = []

    def meanwhile(seconds):
        if not seen:
            seen.append(install(machine, "KB4012598"))

    assert machine.store.install(package("KB4019276"), meanwhile) == 3010
    assert seen == [0x80240016]
    assert not machine.services.get("TrustedInstaller").running


def test_a_disabled_trusted_installer_installs_nothing(machine):
    machine.services.get("TrustedInstaller").start = 4
    assert install(machine, "KB4493730") == 0x80070422


def test_a_newer_issue_supersedes_the_older(machine):
    install(machine, "KB4493730")
    assert install(machine, "KB4474419", version="6.0.1.0") == 3010
    restart(machine)
    assert install(machine, "KB4474419") == 3010
    restart(machine)
    old = package("KB4474419", version="6.0.1.0").identity
    assert (machine.store.state(old), machine.store.state(package("KB4474419").identity)) == (0x50, 0x70)


def test_updates_can_be_removed_and_stacks_cannot(machine):
    climb(machine, "KB4019276")
    identity = package("KB4019276").identity
    schannel = "C:\\Windows\\system32\\schannel.dll"
    assert machine.files.version(schannel) == "6.0.6002.24129"
    assert machine.store.uninstall(identity, machine.clock.sleep) == 3010
    assert machine.store.state(identity) == 5
    restart(machine)
    assert machine.files.version(schannel) == "6.0.6002.18005" and machine.store.state(identity) is None
    install(machine, "KB4493730")
    for wanted, code in ((package("KB4493730").identity, 0x800F0825), (identity, 0x800F080E)):
        with pytest.raises(Refused) as caught:
            machine.store.uninstall(wanted, machine.clock.sleep)
        assert caught.value.code == code


def test_the_log_is_written_as_cbs_writes_it(machine):
    install(machine, "KB4534303", "KB4493730")
    lines = machine.files.read("C:\\Windows\\Logs\\CBS\\CBS.log").decode().splitlines()
    assert any("[HRESULT = 0x80092004]" in line and ", Error                 CBS    " in line for line in lines)
    assert any(line.endswith("installed [HRESULT = 0x00000000 - S_OK]") for line in lines)


def test_a_saved_state_goes_on_through_its_restart(machine):
    climb(machine, "KB4493730", "KB4474419")
    install(machine, "KB4534303")
    other = Machine.from_state(json.loads(json.dumps(machine.to_state())), VirtualClock())
    restart(other)
    assert other.version == "6.0.6003" and other.store.installed("KB4534303")
    assert machine.version == "6.0.6002"
