# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is in use holds a control back, through ansible-playbook; force is loud; what was seen is remembered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from support.fleet import Fleet
from support.playing import task

from .conftest import demo_snapshot
from .test_bad_input import lone, sentence, untouched
from .test_modules import run

SCANNER = {"client": "10.0.0.9", "user": "scanner", "client_type": "Windows 2002 5.1", "share": "scans"}
SAW = "SMB 1 session of scanner from 10.0.0.9 (Windows 2002 5.1)"


def test_somebody_in_use_is_found_held_remembered_and_forced_aloud(fleet: Callable[..., Fleet], tmp_path: Path) -> None:
    machines = fleet(demo_snapshot("cerberus", smb_sessions=[SCANNER]))
    machine = machines["cerberus"].machine
    seen, journal = tmp_path / "seen", tmp_path / "journal"
    common = {"observations": str(seen)}
    found = run(machines, tmp_path, task("sunset.ws2008.facts", dependencies=True, **common)).of("facts")[0]["host"]
    assert SAW in next(one for one in found["dependencies"]["uses"] if one["kind"] == "smb1")["now"]
    kept = json.loads((seen / "cerberus.json").read_text(encoding="utf-8"))
    assert kept["runs"] == 1 and kept["seen"]["smb1"][0]["what"] == SAW
    wanted = {"state": "enforced", "controls": ["smb1-server-off"], "journal": str(journal), **common}
    (held,) = run(machines, tmp_path, task("sunset.ws2008.baseline", **wanted)).of("baseline")[0]["held"]
    assert held["guards"] == ["smb1-in-use"] and SAW in held["reasons"][0] and not journal.exists()
    machine.knobs["smb_sessions"] = []
    (held,) = run(machines, tmp_path, task("sunset.ws2008.baseline", **wanted)).of("baseline")[0]["held"]
    assert "last seen" in held["reasons"][0], "it left, and was there a moment ago"
    machine.knobs["smb_sessions"] = [SCANNER]
    ran = run(machines, tmp_path, task("sunset.ws2008.baseline", **wanted, force=["smb1-in-use"]))
    done = ran.of("baseline")[0]
    assert done["forced"][0]["saw"].startswith(f"in use: {SAW}") and done["held"] == []
    assert any(line.startswith("FORCED: smb1-server-off") for line in done["warnings"])
    assert "FORCED: smb1-server-off" in " ".join(ran.output.split())
    written = json.loads((Path(done["journal"]["controller"]) / "journal.json").read_text(encoding="utf-8"))
    assert written["forced"] == done["forced"]


def test_a_guard_that_does_not_exist_is_refused_before_the_first_packet(
    fleet: Callable[..., Fleet], tmp_path: Path
) -> None:
    machines = fleet("cerberus")
    with untouched(machines):
        ran = lone(machines, tmp_path, "baseline", state="enforced", force=["smb1-inuse"])
    sentence(ran, "cerberus", "there is no guard 'smb1-inuse'", "did you mean smb1-in-use?")
