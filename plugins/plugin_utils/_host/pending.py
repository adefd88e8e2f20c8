# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a restart is outstanding (private to this collection)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .probes import UPDATE_EXE, UPDATE_RESTART
from .readers import CBS
from .snapshot import Snapshot, why_unknown
from .verdict import Verdict, updates

_IDLE = (0, 0xFFFFFFFF)
_STORE, _UPDATE = "the component store", "Windows Update"
_STRONG = {
    "cbs_reboot_pending": (_STORE, f"{CBS}\\RebootPending exists"),
    "cbs_packages_pending": (_STORE, f"{CBS}\\PackagesPending is not empty"),
    "cbs_reboot_in_progress": (_STORE, f"{CBS}\\RebootInProgress exists"),
    "update_reboot_required": (_UPDATE, f"{UPDATE_RESTART} exists"),
    "pending_xml": (_STORE, r"%windir%\WinSxS\pending.xml exists"),
}
# The program that finishes what servicing could not do while Windows ran (memory: poqexec.exe on NT 6.0).
_FINISHER = "poqexec"
_RENAMES = "some software, which wants to replace or delete files"


@dataclass(frozen=True)
class Restart(Verdict):
    """A restart that something waits for. `pending` is None when the markers were not captured.

    `servicing` says whether the component store or Windows Update waits, `by` names everybody who does, and `others`
    those of them who are not servicing. `renames_only` means that nothing but PendingFileRenameOperations is set,
    which other software leaves behind as well (facts: servicing.md section 4): advisable, not owed.
    """

    pending: bool | None
    renames_only: bool
    servicing: bool | None = None
    by: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Seen:
    """One marker: who left it, how it reads, whether servicing is who waits, and whether a restart is owed to it."""

    who: str
    text: str
    servicing: bool = True
    owed: bool = True


def judge_restart(snapshot: Snapshot) -> Restart:
    """Judge the pending restart from every marker, each named in the evidence."""
    answers: Mapping[str, Any] = snapshot.get("answers", {})
    seen = list(_packages(answers))
    markers = answers.get("markers")
    if markers is None and not seen:
        reason = why_unknown(snapshot, "markers")
        return Restart(f"Whether a restart is outstanding is not known: {reason}.", (), (reason,), None, False)
    seen = [*_servicing(markers or {}), *seen, *_foreign(markers or {})]
    owed = [one for one in seen if one.owed]
    return Restart(
        _sentence(owed, seen),
        tuple(one.text for one in seen) or ("none of the pending markers is set",),
        (),
        bool(owed),
        bool(seen) and not owed,
        any(one.servicing for one in owed),
        tuple(dict.fromkeys(one.who for one in seen)),
        tuple(dict.fromkeys(one.who for one in seen if not one.servicing)),
    )


def _packages(answers: Mapping[str, Any]) -> Iterator[_Seen]:
    for kb, leaving in sorted((one.kb, one.leaving) for one in updates(answers) if one.pending or one.leaving):
        yield _Seen(_STORE, f"{CBS}\\Packages: {kb} is in state {'un' * leaving}install pending")


def _servicing(markers: Mapping[str, Any]) -> Iterator[_Seen]:
    for name, (who, text) in _STRONG.items():
        if markers.get(name):
            yield _Seen(who, text)
    state = markers.get("execute_state")
    if state is not None and state not in _IDLE:
        yield _Seen(_STORE, f"{CBS}: ExecuteState is {state:#x}, which is not idle")
    if any(_FINISHER in line.lower() for line in markers.get("setup_execute") or ()):
        yield _Seen(_STORE, f"Session Manager: SetupExecute starts {_FINISHER}")


def _foreign(markers: Mapping[str, Any]) -> Iterator[_Seen]:
    """Markers that servicing does not set. UpdateExeVolatile belongs to the installers of older updates (memory)."""
    if markers.get("new_name"):
        yield _Seen(
            f"the new computer name {markers['new_name']}",
            "ComputerName differs from ActiveComputerName",
            servicing=False,
        )
    if markers.get("update_exe"):
        yield _Seen(
            "an update with an installer of its own",
            f"{UPDATE_EXE}: UpdateExeVolatile is {markers['update_exe']}",
            servicing=False,
        )
    for name, value in (
        ("file_renames", "PendingFileRenameOperations"),
        ("file_renames_2", "PendingFileRenameOperations2"),
    ):
        if markers.get(name):
            yield _Seen(_RENAMES, f"Session Manager: {value} exists", servicing=False, owed=False)
    renamed = list(markers.get("renamed") or ())
    if renamed:
        more = int(markers.get("renamed_count") or 0) - len(renamed)
        files = ", ".join(renamed) + (f" and {more} more" if more > 0 else "")
        yield _Seen(_RENAMES, f"waiting to be replaced or deleted: {files}", servicing=False, owed=False)


def _sentence(owed: list[_Seen], seen: list[_Seen]) -> str:
    if any(one.servicing for one in owed):
        return "A restart is outstanding."
    if owed:
        names = " and ".join(dict.fromkeys(one.who for one in owed))
        return f"A restart is outstanding, and it is not servicing that waits for it but {names}."
    if seen:
        return "No restart is owed to servicing; some software wants to replace files at the next one."
    return "No restart is outstanding."
