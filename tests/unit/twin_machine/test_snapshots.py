# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From snapshot to machine and back; the demo's machines; what a hundred machines weigh."""

from __future__ import annotations

import gc
import json
import resource
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin import wmi
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import VirtualClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine

SNAPSHOTS = Path(__file__).parents[3] / "extensions" / "demo" / "snapshots"
NAMES = ("cerberus", "minos", "charon")


def load(name):
    return yaml.safe_load((SNAPSHOTS / f"{name}.yml").read_text(encoding="utf-8"))


def build(name):
    return Machine.from_snapshot(load(name), VirtualClock(datetime(2026, 11, 20, 18, tzinfo=UTC)))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cerberus", ("6.0.6002", "x64", "en-US", "1.1", False, False, "6.0.6002.18005")),
        ("minos", ("6.0.6003", "x64", "de-DE", "2.0", True, False, "6.0.6003.20484")),
        ("charon", ("6.0.6002", "x86", "ru-RU", "1.1", False, True, "6.0.6002.18005")),
    ],
)
def test_the_demo_machines_are_what_the_demo_says(name, expected):
    machine = build(name)
    found = (
        machine.version,
        machine.arch,
        machine.locale,
        machine.winrm,
        machine.store.sha2_supported(),
        machine.store.restart_pending(),
        machine.store.stacks()[-1],
    )
    assert found == expected
    twin = load(name)["twin"]
    assert machine.accounts.authenticate(twin["user"], "", twin["password"]).administrator


def test_minos_is_the_may_2019_rollup_half_hardened():
    machine = build("minos")
    version = machine.files.version
    assert version("C:\\Windows\\system32\\ntoskrnl.exe") == "6.0.6003.20512"
    assert version("C:\\Windows\\system32\\drivers\\termdd.sys") == "6.0.6003.20514"
    assert machine.registry.data("HKLM\\SYSTEM\\CurrentControlSet\\Services\\LanmanServer\\Parameters", "SMB1") == 0
    assert (
        machine.registry.data("HKLM\\SYSTEM\\CurrentControlSet\\Services\\LanmanServer\\Parameters", "autodisconnect")
        == 15
    )
    assert machine.registry.data("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", "BuildLabEx").startswith(
        "6003.20512.amd64fre"
    )


def test_charon_finishes_what_it_waits_for():
    machine = build("charon")
    machine.restart()
    machine.wait_until_up()
    assert machine.store.installed("KB4012598") and not machine.store.restart_pending()
    assert machine.files.version("C:\\Windows\\system32\\drivers\\srv.sys") == "6.0.6002.24067"


@pytest.mark.parametrize("name", NAMES)
def test_a_state_is_json_and_loses_nothing(name):
    machine = build(name)
    machine.files.write("C:\\ProgramData\\note.bin", bytes(range(256)))
    machine.registry.set("HKLM\\SOFTWARE\\Sunset", "b", "REG_BINARY", b"\0\1")
    machine.services.stop("Spooler")
    state = json.loads(json.dumps(machine.to_state()))
    again = Machine.from_state(state, VirtualClock())
    assert json.loads(json.dumps(again.to_state())) == state
    assert not again.services.get("Spooler").running and again.files.free == machine.files.free


def test_answers_of_a_snapshot_come_back():
    key = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa\\FipsAlgorithmPolicy"
    answers = {
        "os": {
            "version": "6.0.6002",
            "build": 6002,
            "arch": "x64",
            "language": 1033,
            "last_boot": "2026-11-01T06:00:00Z",
        },
        "registry": {
            key: None,
            "HKLM\\SOFTWARE\\Some\\Key": {
                "": {"type": "REG_SZ", "data": "unnamed"},
                "h": {"type": "REG_BINARY", "data": "00ff"},
            },
        },
        "services": {
            "Spooler": {"state": "stopped", "start": "disabled", "account": "LocalSystem"},
            "Backup": {"state": "running", "start": "auto", "path": "C:\\bk\\bk.exe"},
        },
        "files": {
            "C:\\Windows\\system32\\schannel.dll": "6.0.6002.24129",
            "C:\\Windows\\system32\\drivers\\srv2.sys": None,
        },
        "disk": {"drive": "C:", "free": 1000000, "size": 2000000000},
        "markers": {"cbs_reboot_pending": True, "pending_xml": True},
        "listeners": [{"port": 3389, "address": "0.0.0.0", "pid": 1208}],
    }
    machine = Machine.from_snapshot({"answers": answers}, VirtualClock())
    assert not machine.registry.key_exists(key)
    assert machine.registry.data("HKLM\\SOFTWARE\\Some\\Key", "") == "unnamed"
    assert machine.registry.data("HKLM\\SOFTWARE\\Some\\Key", "h") == b"\0\xff"
    assert not machine.services.get("Spooler").running and machine.services.get("Backup").running
    assert machine.files.version("C:\\Windows\\system32\\schannel.dll") == "6.0.6002.24129"
    assert not machine.files.exists("C:\\Windows\\system32\\drivers\\srv2.sys")
    assert (machine.files.free, machine.store.restart_pending()) == (1000000, True)
    assert [listener.port for listener in machine.listeners] == [3389]
    (row,) = wmi.query(machine, "root/cimv2", "select LastBootUpTime from Win32_OperatingSystem").rows
    assert row["LastBootUpTime"] == datetime(2026, 11, 1, 6, tzinfo=UTC)


def test_a_kernel_that_waits_is_booted_even_when_nobody_knows_its_package():
    answers = {
        "os": {"build": 6002, "arch": "x64"},
        "files": {"C:\\Windows\\system32\\ntoskrnl.exe": "6.0.6003.23717"},
        "markers": {"cbs_reboot_pending": True},
    }
    machine = Machine.from_snapshot({"answers": answers}, VirtualClock())
    assert machine.version == "6.0.6002"
    machine.restart()
    machine.wait_until_up()
    assert machine.version == "6.0.6003"


@pytest.mark.parametrize("system", [{"build": 7601}, {"build": 6002, "arch": "alpha"}])
def test_what_no_twin_can_be_is_refused_with_a_sentence(system):
    with pytest.raises(ValueError, match="a twin is a Windows Server 2008"):
        Machine.from_snapshot({"answers": {"os": system}}, VirtualClock())


def resident():
    """Return the resident memory of this process in octets (Linux)."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="resident memory is read from /proc")
def test_a_hundred_machines_weigh_little(capsys):
    for name in NAMES:
        build(name)  # the templates are shared, and counted once by whoever loads them
    gc.collect()
    before = resident()
    machines = [build(NAMES[index % 3]) for index in range(100)]
    for machine in machines:
        machine.registry.set("HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa", "LmCompatibilityLevel", "REG_DWORD", 5)
        machine.files.write("C:\\ProgramData\\x.txt", b"x")
    weight = resident() - before
    with capsys.disabled():
        print(f"\n100 machines weigh {weight / 1_000_000:.1f} MB of resident memory")
    assert len(machines) == 100 and weight < 60_000_000
