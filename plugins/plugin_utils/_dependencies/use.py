# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who depends on a machine, for people (private to this collection): pure, from a snapshot and what earlier runs saw.

It concludes nothing. What is in use now, what was before, what could not be told and why; the guards of the baseline
judge by the same answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._host import in_use
from .questions import ALL

TITLES = {
    "smb": "file sharing",
    "smb1": "file sharing with SMB 1",
    "ntlm_v1": "logon with NTLMv1",
    "tls10": "TLS 1.0 or older",
    "rdp": "Remote Desktop",
    "admin_shares": "administrative shares",
}
_SHOWN = 20
_SYSTEM = (
    *("localsystem", "nt authority\\", "system", "local service", "network service"),
    *("s-1-5-18", "s-1-5-19", "s-1-5-20"),
)


def summary(
    snapshot: Mapping[str, Any],
    observed: Mapping[str, Any] | None = None,
    listeners: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any] | None:
    """Return what depends on a machine, in the form of a host record; None where nobody asked.

    ``uses``: each kind with ``now`` (null: not known, and ``unknown`` says why) and ``earlier`` (the latest first);
    ``listeners``: which TLS each port spoke with the control node (`listeners.offered`); ``accounts``: what services
    and tasks run as, Windows' own left out; ``shares``: those that people made.
    """
    if not _asked(snapshot):
        return None
    uses = [_use(kind, snapshot, observed or {}) for kind in TITLES]
    answers = snapshot.get("answers") or {}
    return {
        "sentence": _sentence(uses, observed),
        "since": (observed or {}).get("since"),
        "runs": (observed or {}).get("runs", 1),
        "uses": uses,
        "listeners": [dict(one) for one in listeners],
        "accounts": _accounts(answers),
        "shares": sorted(str(one["name"]) for one in answers.get("shares") or () if not one.get("administrative")),
    }


def _asked(snapshot: Mapping[str, Any]) -> bool:
    known = {*(snapshot.get("answers") or {}), *(snapshot.get("unknown") or {})}
    return any(probe.id in known for probe in ALL)


def _use(kind: str, snapshot: Mapping[str, Any], observed: Mapping[str, Any]) -> dict[str, Any]:
    now: list[str] | None = None
    why: str | None = None
    try:
        now = in_use.SEEN[kind](snapshot)[:_SHOWN]
    except in_use.NotKnown as error:
        why = str(error)
    rows = ((observed.get("seen") or {}).get(kind) or [])[:_SHOWN]
    return {"kind": kind, "title": TITLES[kind], "now": now, "unknown": why, "earlier": [dict(row) for row in rows]}


def _sentence(uses: list[dict[str, Any]], observed: Mapping[str, Any] | None) -> str:
    used = [one["title"] for one in uses if one["now"]]
    before = [one["title"] for one in uses if not one["now"] and one["earlier"]]
    unknown = [one["title"] for one in uses if one["now"] is None]
    parts = [f"in use now: {', '.join(used) or 'nothing that was asked about'}"]
    if before and observed:
        parts.append(f"seen since {str(observed['since'])[:10]}: {', '.join(before)}")
    if unknown:
        parts.append(f"not known: {', '.join(unknown)}")
    return "; ".join(parts)


def _accounts(answers: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: dict[str, list[str]] = {}
    for name, about in (answers.get("services") or {}).items():
        if about.get("account") and about.get("start") != "disabled":
            found.setdefault(str(about["account"]), []).append(f"service {name}")
    for one in answers.get("tasks") or ():
        if one.get("user"):
            found.setdefault(str(one["user"]), []).append(f"task {one.get('task') or '?'}")
    people = {account: by for account, by in found.items() if not account.casefold().startswith(_SYSTEM)}
    return [{"account": account, "by": by[:_SHOWN]} for account, by in sorted(people.items())]
