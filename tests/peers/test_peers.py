# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""pywinrm's and pypsrp's own tests judge the endpoint.

Every test of theirs is in one of the three lists below or has to pass as it is; one that appears,
vanishes or changes its outcome fails here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from support.endpoint import Endpoint, credentials, serving

from . import standin

HERE = Path(__file__).parent

# These use PowerShell to print, wait or read; they run against the stand-in of standin.py.
NEED_POWERSHELL = {
    "test_run_command_taking_more_than_operation_timeout_sec",  # waits ten seconds: two Receives time out on the way
    "test_winrs_no_cmd_shell",  # WINRS_SKIP_CMD_SHELL: a bare name is not found, a full path is
    "test_winrs_send",  # stdin in two pieces
    "test_winrs_extra_opts",  # WorkingDirectory, IdleTimeOut, Lifetime
}
# These cannot pass on this system, stand-in or not: with code page 65001 the cmd.exe of NT 6.0 starts nothing.
NEED_UTF8 = {"test_unicode_roundtrip", "test_winrs_unicode"}
# The same wait as pywinrm's above, thirty seconds long.
TOO_LONG = {"test_winrs_operation_timeout"}
# pywinrm's reminders to itself.
EMPTY = {"test_set_timeout", "test_set_max_env_size", "test_set_locale"}


def outcomes(folder: Path, arguments: list[str], environment: dict[str, str], home: Path) -> dict[str, str]:
    """Run a peer's tests in their own process; return outcome by test name."""
    report, config = home / "report.xml", home / "pytest.ini"
    config.write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-c", str(config), "-p", "peer_plugin", "-p", "no:cacheprovider", "-q"]
    run = subprocess.run(
        [*command, f"--junitxml={report}", *arguments],
        cwd=folder,
        env={
            **os.environ,
            **environment,
            "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert report.exists(), run.stdout + run.stderr
    found = {}
    for case in ET.parse(report).iter("testcase"):
        kinds = {child.tag for child in case}
        bad = kinds & {"failure", "error"}
        name = str(case.get("name")).partition("[")[0]
        found[name] = "failed" if bad else "skipped" if "skipped" in kinds else "passed"
        if bad:
            found[name] += ": " + " ".join((child.get("message") or "")[:300] for child in case if child.tag in bad)
    return found


def judge(found: dict[str, str], standing_in: bool) -> None:
    """Fail with every outcome that the lists do not foresee."""
    excused = NEED_UTF8 | EMPTY | TOO_LONG | (set() if standing_in else NEED_POWERSHELL)
    assert len(found) >= 10, f"the peer's tests were not found: {found}"
    assert {name: outcome for name, outcome in found.items() if name not in excused and outcome != "passed"} == {}
    surprises = {name for name in excused & set(found) if found[name] == "passed"}
    assert surprises == set(), "these pass now and should leave the lists"


def without(names: set[str]) -> list[str]:
    """Return the arguments that leave tests out."""
    return ["-k", " and ".join(f"not {name}" for name in sorted(names))] if names else []


def ask_pywinrm(endpoint: Endpoint, home: Path) -> dict[str, str]:
    """Run pywinrm's integration tests against an endpoint."""
    user, password = credentials(endpoint)
    return outcomes(
        home,
        ["--pyargs", "winrm.tests.test_integration_protocol"],
        {
            "WINRM_ENDPOINT": endpoint.url,
            "WINRM_TRANSPORT": "ntlm",
            "WINRM_USERNAME": user,
            "WINRM_PASSWORD": password,
        },
        home,
    )


def ask_pypsrp(endpoint: Endpoint, auth: str, tests: Path, home: Path) -> dict[str, str]:
    """Run pypsrp's WinRS tests against an endpoint."""
    user, password = credentials(endpoint)
    return outcomes(
        tests,
        ["test_shell.py", *without(TOO_LONG)],
        {
            "PYPSRP_SERVER": endpoint.address,
            "PYPSRP_PORT": str(endpoint.port),
            "PYPSRP_USERNAME": user,
            "PYPSRP_PASSWORD": password,
            "PYPSRP_AUTH": auth,
            "PEER_SCHEME": "https" if endpoint.tls else "http",
        },
        home,
    )


def test_pywinrm_against_a_host_without_powershell(tmp_path: Path) -> None:
    with serving(winrm="2.0", speed=1.0, may_leave_shells=True) as endpoint:
        judge(ask_pywinrm(endpoint, tmp_path), standing_in=False)


@pytest.mark.parametrize("winrm", ["1.1", "2.0"])
def test_pywinrm_against_each_version(tmp_path: Path, winrm: str) -> None:
    with (
        # its unicode test leaves its shell behind when the assertion fails
        serving(winrm=winrm, speed=1.0, may_leave_shells=True) as endpoint,
        standin.installed(endpoint.machine),
    ):
        judge(ask_pywinrm(endpoint, tmp_path), standing_in=True)


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("auth", ["ntlm", "negotiate"])
def test_pypsrp(tmp_path: Path, pypsrp_tests: Path, auth: str, tls: bool) -> None:
    with (
        serving(winrm="2.0", speed=1.0, tls=tls) as endpoint,
        standin.installed(endpoint.machine),
    ):
        judge(ask_pypsrp(endpoint, auth, pypsrp_tests, tmp_path), standing_in=True)
        assert endpoint.logins > 0
