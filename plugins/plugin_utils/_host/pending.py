# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a restart is outstanding (private to this collection)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .probes import UPDATE_RESTART
from .readers import CBS
from .snapshot import Snapshot, why_unknown
from .verdict import Verdict, updates

_IDLE = (0, 0xFFFFFFFF)
_STRONG = {
    "cbs_reboot_pending": f"{CBS}\\RebootPending exists",
    "cbs_packages_pending": f"{CBS}\\PackagesPending is not empty",
    "cbs_reboot_in_progress": f"{CBS}\\RebootInProgress exists",
    "update_reboot_required": f"{UPDATE_RESTART} exists",
    "pending_xml": r"%windir%\WinSxS\pending.xml exists",
}


@dataclass(frozen=True)
class Restart(Verdict):
    """A restart that servicing waits for. `pending` is None when the markers were not captured.

    `renames_only` means that nothing but PendingFileRenameOperations is set, which other software leaves behind as
    well (facts: servicing.md section 4): advisable, not owed.
    """

    pending: bool | None
    renames_only: bool


def judge_restart(snapshot: Snapshot) -> Restart:
    """Judge the pending restart from every marker, each named in the evidence."""
    answers: Mapping[str, Any] = snapshot.get("answers", {})
    waiting = sorted((one.kb, one.leaving) for one in updates(answers) if one.pending or one.leaving)
    store = [f"{CBS}\\Packages: {kb} is in state {'un' * leaving}install pending" for kb, leaving in waiting]
    markers = answers.get("markers")
    if markers is None and not store:
        reason = why_unknown(snapshot, "markers")
        return Restart(f"Whether a restart is outstanding is not known: {reason}.", (), (reason,), None, False)
    markers = markers or {}
    seen = [text for name, text in _STRONG.items() if markers.get(name)] + store
    state = markers.get("execute_state")
    if state is not None and state not in _IDLE:
        seen.append(f"{CBS}: ExecuteState is {state:#x}, which is not idle")
    renames = bool(markers.get("file_renames"))
    if renames:
        seen.append("Session Manager: PendingFileRenameOperations exists")
    pending = len(seen) > int(renames)
    if pending:
        sentence = "A restart is outstanding."
    elif renames:
        sentence = "No restart is owed to servicing; some software wants to replace files at the next one."
    else:
        sentence = "No restart is outstanding."
    evidence = tuple(seen) or ("none of the pending markers is set",)
    return Restart(sentence, evidence, (), pending, renames and not pending)
