# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The servicing part of a machine's record (private to this collection): what is in, what is missing, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._host.ladder import judge_ladder
from .._host.pending import judge_restart
from .catalog import Catalog
from .errors import NotServiceable
from .esu import entitlement_of
from .media import look
from .plan import plan
from .records import Kind
from .standing import Judge, State, architecture_of


def overview(
    snapshot: Mapping[str, Any], catalog: Catalog, target: str, media: Path | None = None
) -> dict[str, object]:
    """Return rung, installed and missing packages and the plan to `target`, as the report's schema wants them.

    A machine that no plan can be made for (another Windows, an unknown architecture) gets its sentence under
    ``unreachable``. Raises `ServicingError` for an unknown target or an unreadable media folder.
    """
    ladder, restart, judge = judge_ladder(dict(snapshot)), judge_restart(dict(snapshot)), Judge(snapshot, catalog)
    standings = [judge.standing(one) for one in catalog if one.kind is not Kind.SECURITY_ONLY]
    record: dict[str, object] = {
        "rung": ladder.as_dict().get("rung"),
        "installed": [one.package for one in standings if one.state is State.INSTALLED],
        "missing": [],
        "plan": [],
        "omitted": [],
        "pending_restart": restart.pending,
        "unreachable": None,
        "evidence": [*restart.evidence],
    }
    architecture = architecture_of(snapshot)
    files = look(media, catalog, architecture) if media and architecture else {}
    at_hand = {name: path.name for name, path in files.items()} if media else None
    try:
        way = plan(snapshot, catalog, target, at_hand, entitlement_of(snapshot))
    except NotServiceable as error:
        return {**record, "installed": [], "unreachable": str(error), "sentence": str(error)}
    return {
        **record,
        "missing": way.packages,
        "plan": [step.to_json() for step in way.steps],
        "omitted": [one.to_json() for one in way.omitted],
        "unreachable": way.unreachable,
        "sentence": way.sentence,
        "evidence": [*(f"{one.package}: {one.evidence}" for one in way.already), *restart.evidence],
    }
