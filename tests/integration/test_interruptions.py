# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The main job is disturbed in the middle; the next run goes on and ends where an undisturbed one does."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_knobs import Trouble
from support.fleet import Fleet

from .conftest import Media
from .test_main_job import report, site


def outcome(machine: Any) -> dict[str, Any]:
    """Return what both runs have to agree on: build, packages with their states, and the hardened values."""
    return {
        "build": machine.build,
        "packages": sorted(
            (identity, machine.registry.get(f"{STORE}\\{identity}", "CurrentState").data)
            for identity in machine.registry.subkeys(STORE) or []
        ),
        "schannel": _values(machine, "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL"),
        "smb": _values(machine, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\LanmanServer\\Parameters"),
        "ntlm": _values(machine, "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa"),
        "restart_pending": machine.store.restart_pending(),
    }


STORE = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages"


def _values(machine: Any, key: str) -> dict[str, Any]:
    found = {key: {name: value.data for name, value in (machine.registry.values(key) or {}).items()}}
    for name in machine.registry.subkeys(key) or []:
        found |= _values(machine, f"{key}\\{name}")
    return found


@pytest.fixture(scope="module")
def undisturbed(media: Media, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the outcome of a run that nothing disturbs."""
    from .conftest import demo_snapshot

    work = tmp_path_factory.mktemp("undisturbed")
    with Fleet([demo_snapshot("cerberus")]) as fleet:
        ran = site(fleet, media, work)
        assert ran.rc == 0, ran.output
        return outcome(fleet["cerberus"].machine)


@pytest.mark.long
@pytest.mark.parametrize("after", [False, True], ids=["unheard", "done"])
@pytest.mark.parametrize("at", [30, 75, 120, 165, 210, 255, 300, 345, 390, 435])
def test_a_connection_lost_at_any_message_costs_at_most_a_second_run(
    fleet: Callable[..., Fleet], media: Media, tmp_path: Path, undisturbed: dict[str, Any], at: int, after: bool
) -> None:
    machines = fleet("cerberus")
    machines["cerberus"].troubles.add(Trouble(kind="drop", at=at, after=after))
    first = site(machines, media, tmp_path)
    assert first.clean, first.output
    second = site(machines, media, tmp_path)
    assert second.rc == 0 and second.clean, second.output
    assert outcome(machines["cerberus"].machine) == undisturbed
    assert report(tmp_path)["hosts"][0]["build"]["month"] == "2020-01"


def _installing(machine: Any, _said: str) -> bool:
    """Look at the machine itself: the controller may not come to look while a short installation runs."""
    return any("KB4493730" in identity for identity in machine.registry.subkeys(STORE) or [])


def _said(phrase: str) -> Callable[[Any, str], bool]:
    return lambda _machine, said: phrase in said


PHASES = {
    "installing": _installing,
    "sending": _said("KB4474419: sending"),
    "restarting": _said("restarting"),
    "hardening": _said("SMBv1 off"),
}


def _end(folder: Path) -> None:
    """Kill every process whose command line names a folder: a controller, and its workers in sessions of their own."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if str(folder).encode() in path.read_bytes():
                os.kill(int(path.parent.name), signal.SIGKILL)


@pytest.fixture
def orphans(tmp_path: Path) -> Iterator[None]:
    """Afterwards none is left: a worker without a parent waits for ever to tell it how its task went."""
    yield
    _end(tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("alone", [False, True], ids=["all of it", "but not its worker"])
@pytest.mark.parametrize("phase", PHASES)
def test_a_controller_killed_in_any_phase_is_taken_over_by_the_next_run(
    fleet: Callable[..., Fleet],
    media: Media,
    tmp_path: Path,
    undisturbed: dict[str, Any],
    orphans: None,
    phase: str,
    alone: bool,
) -> None:
    """A worker that nobody killed does its task to the end, beside the next run."""
    machines = fleet("cerberus")
    inventory = machines.write_inventory(tmp_path / "inventory.yml", **media.variables(tmp_path))
    command = [Path(sys.executable).with_name("ansible-playbook"), "-i", inventory, "sunset.ws2008.site"]
    command += ["-e", f"report_path={tmp_path / 'report'}"]
    output = tmp_path / "first-run.txt"
    with (
        output.open("wb") as terminal,
        subprocess.Popen(
            [str(part) for part in command],
            stdout=terminal,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=os.environ | {"ANSIBLE_NOCOLOR": "true"},
            cwd=tmp_path,
        ) as process,
    ):
        while not PHASES[phase](machines["cerberus"].machine, output.read_text(errors="replace")):
            if process.poll() is not None:
                pytest.fail(f"the run ended without {phase}:\n{output.read_text(errors='replace')[-3000:]}")
            time.sleep(0.005)
        if alone:
            process.kill()
        else:
            _end(tmp_path)
    time.sleep(2)  # the machine goes on by itself: an installation or a restart that was begun is carried out
    second = site(machines, media, tmp_path)
    assert second.clean, second.output
    if second.rc != 0:
        # What the killed controller claimed is not taken away from it at once; the sentence says for how long.
        assert re.search(r"another|claim|busy", second.output), second.output
        second = site(machines, media, tmp_path)
    assert second.rc == 0, second.output
    assert outcome(machines["cerberus"].machine) == undisturbed
    _clean_up_shells(machines)


def _clean_up_shells(machines: Fleet) -> None:
    """A killed controller cannot delete its shell; what the next runs did not need to clear away ends here."""
    for endpoint in machines.endpoints.values():
        endpoint.service.shells.clear()
