# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The runs of a machine as a result shows them (private to this collection); pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .runs import Run, State, irreversible, state_of, undone
from .values import shown


def listing(history: Sequence[Run]) -> list[dict[str, Any]]:
    """Return the runs, oldest first."""
    gone = undone(history)
    return [_listed(run, state_of(run, gone[run.name])) for run in history]


def lines(listed: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return runs for people, one line each."""
    return [f"{one['run']}  {one['state']}  {one['what']}: {_sum(one)}" for one in listed]


def _listed(run: Run, state: State) -> dict[str, Any]:
    journal = run.journal
    return {
        "run": run.name,
        "started": run.started,
        "host": str(journal.host if journal else (run.servicing or {}).get("host") or ""),
        "what": _what(run),
        "state": state.value,
        "undoes": run.undoes or None,
        "groups": [{"id": group.id, "title": group.title} for group in (journal.groups if journal else ())],
        "controls": list(dict.fromkeys(change.control for change in run.changes())),
        "values": [f"{one.key} {one.name}: {shown(one.before)} -> {shown(one.after)}" for one in run.changes()],
        "restart_for": list(journal.restart) if journal else [],
        "forced": [dict(one) for one in journal.forced] if journal else [],
        "kept_on": list(run.where),
        "cannot_be_undone": irreversible(run),
        "notes": [*run.notes, *([run.refusal] if run.refusal else [])],
    }


def _what(run: Run) -> str:
    if run.undoes:
        return f"rollback of {run.undoes}"
    if run.journal is not None:
        return "settings"
    return "updates" if run.servicing is not None else "nothing"


def _sum(one: Mapping[str, Any]) -> str:
    packages = one["cannot_be_undone"]
    return f"{len(packages)} packages" if packages else f"{len(one['controls'])} controls"
