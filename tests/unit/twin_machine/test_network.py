# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shares, mirrors and download jobs: who may reach what, and with which code it ends otherwise."""

from __future__ import annotations

import pytest

SHARE = "\\\\nas\\ws2008"
MIRROR = "http://mirror.example/ws2008"
JOB = '"a job"'


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "One.msu").write_bytes(b"package")
    return tmp_path


@pytest.fixture
def near(make, folder):
    """Return a machine with a share and a mirror of the folder."""

    def build(**about):
        share = {"folder": str(folder), **about.pop("share", {})}
        web = {"folder": str(folder), **about.pop("web", {})}
        return make(network={"shares": {SHARE: share}, "http": {MIRROR: web}}, **about)

    return build


def system(machine, line):
    return machine.run(line, machine.accounts.system())


def test_system_copies_from_a_share_as_the_machine(near):
    machine = near(share={"seconds": 30})
    began = machine.clock.now()
    code, out, _err = system(machine, f'copy /y "{SHARE}\\sub\\one.msu" C:\\here.msu')
    assert (code, out.strip()) == (0, "1 file(s) copied.")
    assert machine.files.read("C:\\here.msu") == b"package"
    assert (machine.clock.now() - began).total_seconds() == 30


def test_a_network_logon_has_no_credentials_for_a_second_computer(near):
    from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.process import Logon

    machine = near()
    account = machine.accounts.token("Administrator")
    assert account.logon is Logon.NETWORK
    code, _out, err = machine.run(f"copy {SHARE}\\sub\\one.msu C:\\here.msu", account)
    assert (code, err.strip()) == (1, "Access is denied.")


@pytest.mark.parametrize(
    ("path", "about", "sentence"),
    [
        ("\\\\other\\ws2008\\one.msu", {}, "The network path was not found."),
        ("\\\\nas\\other\\one.msu", {}, "The network name cannot be found."),
        (f"{SHARE}\\sub\\two.msu", {}, "The system cannot find the file specified."),
        (f"{SHARE}\\sub\\one.msu", {"access": "nobody"}, "Access is denied."),
        (f"{SHARE}\\sub\\one.msu", {"down": True}, "The network path was not found."),
    ],
)
def test_a_share_that_does_not_serve_says_why(near, path, about, sentence):
    machine = near(share=about)
    code, _out, err = system(machine, f'copy /y "{path}" C:\\here.msu')
    assert (code, err.strip()) == (1, sentence)
    assert not machine.files.exists("C:\\here.msu")


def test_a_share_is_asked_like_a_disk(near):
    machine = near()
    assert system(machine, f"if exist {SHARE}\\sub\\one.msu echo yes")[1].strip() == "yes"
    assert system(machine, f"if not exist {SHARE}\\..\\..\\etc echo no")[1].strip() == "no"


def test_certutil_fetches(near):
    machine = near()
    line = f"certutil -urlcache -split -f {MIRROR}/sub/One.msu C:\\one.msu"
    code, out, _err = machine.run(line)
    assert (code, out.splitlines()[0]) == (0, "****  Online  ****")
    assert machine.files.read("C:\\one.msu") == b"package"


@pytest.mark.parametrize(
    ("url", "about", "code"),
    [
        (f"{MIRROR}/two.msu", {}, 0x80190194),
        ("http://nowhere.example/one.msu", {}, 0x80072EE7),
        (f"{MIRROR}/sub/One.msu", {"down": True}, 0x80072EFD),
        (f"{MIRROR}/sub/One.msu", {"status": 403}, 0x80190193),
    ],
)
def test_certutil_ends_in_what_the_network_said(near, url, about, code):
    assert near(web=about).run(f"certutil -urlcache -split -f {url} C:\\one.msu")[0] == code - (1 << 32)


def raw(machine, verb):
    return system(machine, f"bitsadmin /rawreturn /{verb} {JOB}")[1]


def began(machine, url=f"{MIRROR}/sub/One.msu"):
    assert system(machine, f"bitsadmin /create /download {JOB}")[0] in (0, -2145386495)
    assert system(machine, f"bitsadmin /addfile {JOB} {url} C:\\one.msu")[0] == 0
    assert system(machine, f"bitsadmin /resume {JOB}")[0] == 0


def test_a_download_job_lives_in_the_service(near):
    machine = near(web={"seconds": 100})
    assert system(machine, f"bitsadmin /create {JOB}")[0] == 0
    assert system(machine, f"bitsadmin /addfile {JOB} {MIRROR}/sub/One.msu C:\\one.msu")[0] == 0
    assert raw(machine, "getstate") == "SUSPENDED"
    system(machine, f"bitsadmin /resume {JOB}")
    assert raw(machine, "getstate") == "CONNECTING"
    machine.clock.sleep(50)
    assert raw(machine, "getstate") == "TRANSFERRING"
    machine.restart("in the middle")
    machine.wait_until_up()
    machine.clock.sleep(100)
    assert raw(machine, "getstate") == "TRANSFERRED"
    assert not machine.files.exists("C:\\one.msu")
    assert system(machine, f"bitsadmin /complete {JOB}")[0] == 0
    assert machine.files.read("C:\\one.msu") == b"package"
    assert system(machine, f"bitsadmin /getstate {JOB}")[0] == 0x80200001 - (1 << 32)


def test_a_connection_that_is_cut_goes_on_by_itself(near):
    machine = near(web={"seconds": 100}, mishaps=[{"kind": "cut"}])
    system(machine, f"bitsadmin /create {JOB}")
    system(machine, f"bitsadmin /setminretrydelay {JOB} 10")
    system(machine, f"bitsadmin /addfile {JOB} {MIRROR}/sub/One.msu C:\\one.msu")
    system(machine, f"bitsadmin /resume {JOB}")
    seen = []
    for _turn in range(24):
        machine.clock.sleep(5)
        seen.append(raw(machine, "getstate"))
    assert list(dict.fromkeys(seen)) == ["TRANSFERRING", "TRANSIENT_ERROR", "TRANSFERRED"]


def test_a_server_that_is_away_is_waited_for_and_a_missing_file_is_not(near):
    machine = near(web={"down": True})
    system(machine, f"bitsadmin /create {JOB}")
    system(machine, f"bitsadmin /setnoprogresstimeout {JOB} 120")
    system(machine, f"bitsadmin /addfile {JOB} {MIRROR}/sub/One.msu C:\\one.msu")
    system(machine, f"bitsadmin /resume {JOB}")
    machine.clock.sleep(60)
    assert raw(machine, "getstate") == "TRANSIENT_ERROR"
    machine.clock.sleep(100)
    assert (raw(machine, "getstate"), raw(machine, "geterror")) == ("ERROR", "0x80072efd")
    other = near()
    system(other, f"bitsadmin /create {JOB}")
    system(other, f"bitsadmin /addfile {JOB} {MIRROR}/two.msu C:\\two.msu")
    system(other, f"bitsadmin /resume {JOB}")
    other.clock.sleep(5)
    assert (raw(other, "getstate"), raw(other, "geterror")) == ("ERROR", "0x80190194")


def test_bits_refuses_a_network_logon_and_a_disabled_service(near):
    machine = near()
    assert machine.run(f"bitsadmin /create {JOB}")[0] == 0x800704DD - (1 << 32)
    machine.run("sc config BITS start= disabled")
    assert system(machine, f"bitsadmin /create {JOB}")[0] == 0x80070422 - (1 << 32)


def test_a_transfer_in_the_foreground_waits_for_its_end(near):
    machine = near(web={"seconds": 40})
    code, out, _err = system(machine, f"bitsadmin /transfer x /priority high {MIRROR}/sub/One.msu C:\\one.msu")
    assert (code, out.strip().splitlines()[-1]) == (0, "Transfer complete.")
    assert machine.files.read("C:\\one.msu") == b"package"
    assert system(machine, f"bitsadmin /transfer x {MIRROR}/no.msu C:\\no.msu")[0] == 0x80190194 - (1 << 32)
    assert machine.bits.jobs == []
