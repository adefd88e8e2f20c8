# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Do what locks out to a twin that minds it: with everything switched off, with guards, on trial.

Each act is a control of a site's own file, so that no guard of a shipped control stands before the one that is meant.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import select
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import confirm

from .hardening import Ward, differences, essence, scene, unreachable
from .lockout_acts import ACTS, Act, ByHand
from .transcripts import Yard

__all__ = ["ACTS", "Act", "is_held", "is_not_ours", "is_taken_back", "locks_out", "ward_of", "yard_of"]
# What a file of a site may hold: some of the acts are refused there already. The act takes its place afterwards.
_HARMLESS = {"kind": "registry", "key": "HKLM\\SOFTWARE\\Vendor", "name": "Mode", "type": "REG_DWORD", "operator": "eq",
             "value": 1}  # fmt: skip


def ward_of(act: Act, yard: Yard, folder: Path, minutes: int = 0, force: bool = False) -> Ward:
    """Return the machine of an act, with the control that does it."""
    control = {
        "id": f"own-{act.id}", "title": "What locks out", "why": "A rehearsal.", "area": "winrm", "level": "baseline",
        "roles": ["standalone", "member", "dc"], "group": "winrm", "mechanism": _HARMLESS, "default": "Off.",
        "restart": "yes" if act.at_restart else "no", "breaks": "The way in.", "look_first": "Twice.",
        "lockout": {"risk": "high"}, "references": ["a rehearsal"], "confidence": "high",
    }  # fmt: skip
    file = folder / "own.yml"
    file.write_text(yaml.safe_dump({"controls": [control]}), encoding="utf-8")
    selection = select(ids=[str(control["id"])], baseline_file=str(file))
    settings = {name: one for name, one in act.mechanism.items() if name != "kind"}
    (harmless,) = selection.controls
    meant = dataclasses.replace(harmless, mechanism=act.mechanism["kind"], settings=settings)
    library = dataclasses.replace(selection.library, controls={**selection.library.controls, meant.id: meant})
    selection = dataclasses.replace(selection, controls=(meant,), library=library)
    options = {"force": [act.guard, *act.also]} if force else {}
    return Ward(yard, folder / "journal", selection, minutes, options, broken=True)


def yard_of(act: Act | ByHand) -> Yard:
    """Return a machine on which the act does harm, reached in the way that it cuts off."""
    with Yard(scene()) as seed:
        act.prepare(seed.machine)
        state = seed.machine.to_state()
    return Yard(scene(), state, act.way if isinstance(act, Act) else None)


def locks_out(act: Act, folder: Path) -> list[str]:
    """Do the act with its guard overruled and nothing on trial; return what is wrong, nothing when it locks out."""
    with yard_of(act) as yard:
        ward = ward_of(act, yard, folder, force=True)
        before = act.seen(ward)
        ended = ward.harden(yard.controller("one"))
        if act.at_restart:
            yard.machine.restart("the change wants it")
        yard.settle()
        wrong = ["it was locked out before"] if before else []
        return wrong + ([] if act.seen(ward) else [f"nothing happened: {ended}"])


def is_held(act: Act, folder: Path) -> list[str]:
    """Do the act with the guards on; return what is wrong, nothing when it is held and all is as it was."""
    with yard_of(act) as yard:
        ward = ward_of(act, yard, folder)
        start = essence(yard)
        ended = ward.harden(yard.controller("one"))
        held = [guard for one in ward.outcome.held for guard in one.guards] if ward.outcome else []
        yard.settle()
        wrong = [] if act.guard in held else [f"held by {held}, ended in {ended}"]
        return wrong + differences(start, essence(yard)) + (["it is locked out"] if act.seen(ward) else [])


def is_taken_back(act: Act, folder: Path) -> list[str]:
    """Do the act with its guard overruled, and on trial; return what is wrong, nothing when the machine takes it back.

    What acts at a restart is on trial when the machine restarts, as the module ``reboot`` does it. Where a login still
    comes in, a trial ends well, and a person takes the run back.
    """
    with yard_of(act) as yard:
        ward = ward_of(act, yard, folder, minutes=2, force=True)
        start = essence(yard)
        one = yard.controller("one")
        ended = ward.harden(one)
        if act.at_restart and not act.confirmed:
            undo = f'@call "{ward.outcome.kept.target}\\{confirm.UNDO}"\r\n'.encode()
            confirm.arm(one.session, "run.restart", {confirm.UNDO: undo}, 2, acts_at_restart=True)
        if act.at_restart:
            yard.machine.restart("the change wants it")
        ward.wait()
        if act.confirmed:
            seen = act.seen(ward)
            yard.rest(60.0 * act.patience)
            force = [f"own-{act.id}"] if act.forced else []
            ended = ward.take_back(yard.controller("two"), force) if seen else "nothing happened"
            yard.machine.restart("the way back wants it")
            yard.settle()
        wrong = ["it is still locked out"] if act.seen(ward) else []
        return [f"{one} ({ended})" for one in (*wrong, *differences(start, essence(yard)), *unreachable(ward))]


def is_not_ours(act: ByHand, folder: Path) -> list[str]:
    """Do by hand what breaks something, and with a shipped control what it was meant for; return what is wrong."""
    with yard_of(act) as yard:
        act.hand(yard.machine)
        wrong = [] if act.seen(yard.machine) else ["nothing happened by hand"]
    with yard_of(act) as yard:
        ward = Ward(yard, folder / "journal", select(ids=[act.control]))
        ended = ward.harden(yard.controller("one"))
        wrong += [] if act.works(yard.machine) else [f"our way ended in {ended}"]
        return wrong + (["ours broke it, too"] if act.seen(yard.machine) else [])
