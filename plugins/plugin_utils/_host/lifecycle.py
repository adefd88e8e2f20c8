# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which Windows this is and how long it was cared for (private to this collection).

The product follows from version numbers and ProductType, never from a caption, with one exception: a text that
has no ProductType (`systeminfo`) is judged by the product name in its caption, which no language translates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from .snapshot import Snapshot, why_unknown
from .verdict import Verdict, data, parts

_SERVICE_PACKS = {6001: 1, 6002: 2, 6003: 2}
_NOT_SERVICED_BEFORE = "This one lacks Service Pack 2 (KB948465); without it updates ended in 2011 (from memory)"


@dataclass(frozen=True)
class Family(Verdict):
    """Which product. `key` names a record of ``lifecycle.yml``; `changes_allowed` is true for Server 2008 only."""

    key: str | None
    name: str
    version: str | None
    server: bool | None
    changes_allowed: bool


@dataclass(frozen=True)
class Lifecycle(Verdict):
    """How long there were updates. Days are ISO texts; `phase` is the one that is on, None after the last."""

    product: str
    phase: str | None
    entitlement: str | None
    public_updates_until: str | None
    last_update_until: str | None
    ended: bool | None
    confidence: str


def judge_family(snapshot: Snapshot) -> Family:
    """Tell which product a snapshot is of, and whether this collection may change it."""
    answers: Mapping[str, Any] = snapshot.get("answers", {})
    found = answers.get("os") or {}
    identity = snapshot.get("identity") or {}
    version = found.get("version") or identity.get("os")
    if not version:
        reason = why_unknown(snapshot, "os")
        return Family(
            f"Which Windows this is, is not known: {reason}.", (), (reason,), None, "unknown", None, None, False
        )
    evidence = [f"version {version} ({'Win32_OperatingSystem' if found.get('version') else 'WS-Man Identify'})"]
    server, why = _is_server(found)
    evidence.extend(why)
    key, record = _product(version, server)
    name = record["name"] if record else f"Windows {version}"
    allowed = key == "server_2008" and server is True
    unknown = () if server is not None else ("whether this is a server: ProductType was not captured",)
    return Family(
        _family_sentence(name, version, server, allowed), tuple(evidence), unknown, key, name, version, server, allowed
    )


def judge_lifecycle(snapshot: Snapshot, today: date | None = None) -> Lifecycle:
    """Tell until when the product got updates. `today` is the day of the snapshot unless it is given."""
    family = judge_family(snapshot)
    record = data("lifecycle.yml")["products"].get(family.key) if family.key else None
    if not record or not record["phases"]:
        sentence = _without_dates(family)
        return Lifecycle(sentence, family.evidence, family.unknown, family.name, None, None, None, None, None, "none")
    day = today or datetime.fromisoformat(snapshot["taken"].replace("Z", "+00:00")).date()
    phases = record["phases"]
    free = [phase for phase in phases if "paid" not in phase]
    now = next((phase for phase in phases if day <= phase["until"]), None)
    public, last = free[-1]["until"], phases[-1]["until"]
    weak = any(phase["confidence"] == "memory" for phase in (free[-1], phases[-1]))
    evidence = (*family.evidence, *(f"{each['phase']} until {each['until']} ({each['confidence']})" for each in phases))
    return Lifecycle(
        _lifecycle_sentence(family, day, now, public, phases[-1])
        + (f" {record['note']}" if "note" in record else "")
        + (" These dates are from memory." if weak else ""),
        evidence,
        family.unknown,
        family.name,
        now["phase"] if now else None,
        now.get("paid") if now else None,
        public.isoformat(),
        last.isoformat(),
        now is None,
        "memory" if weak else str(phases[-1]["confidence"]),
    )


def _is_server(found: Mapping[str, Any]) -> tuple[bool | None, list[str]]:
    kind = found.get("product_type")
    if kind is not None:
        return kind != 1, [f"ProductType {kind}"]
    caption = found.get("caption") or ""
    if re.search(r"server", caption, re.IGNORECASE):
        return True, [f"product name {caption!r}"]
    if re.search(r"windows.{0,3}\W(vista|xp|[7-9]|1[01])(?!\d)|windows.{0,4}vista", caption, re.IGNORECASE):
        return False, [f"product name {caption!r}"]
    return None, []


def _product(version: str, server: bool | None) -> tuple[str | None, dict[str, Any] | None]:
    """Return the record of a version; where client and server share it and the kind is unknown, none."""
    fitting = _fitting(version, server)
    return next(iter(fitting.items())) if len(fitting) == 1 else (None, None)


def _fitting(version: str, server: bool | None) -> dict[str, dict[str, Any]]:
    """Return every record that a version and, where it is known, the kind of machine allow."""
    major, minor, build = (*parts(version), 0, 0)[:3]
    return {
        key: record
        for key, record in data("lifecycle.yml")["products"].items()
        if record["version"] == f"{major}.{minor}"
        and record["builds"][0] <= build <= record["builds"][1]
        and server in (None, record["server"])
    }


def _without_dates(family: Family) -> str:
    """Say why there is no date: the version is unknown, two products have it, or none is on file."""
    if family.version is None:
        return "How long it was supported is not known, because its version is not."
    either = [record for record in _fitting(family.version, family.server).values() if record["phases"]]
    if len(either) > 1:
        dates = " or ".join(f"{each['name']} (last updates {each['phases'][-1]['until']})" for each in either)
        return f"How long it was supported depends on which it is: {dates}."
    return f"No support dates are on file for {family.name}."


def _family_sentence(name: str, version: str, server: bool | None, allowed: bool) -> str:
    if allowed:
        return f"{name} ({version})."
    if server is None and version.startswith("6.0."):
        return f"Version {version} is Windows Server 2008 or Windows Vista, and nothing tells which: it is not changed."
    return f"{name} ({version}) is not Windows Server 2008: it is judged, and nothing is changed on it."


def _lifecycle_sentence(
    family: Family, day: date, now: dict[str, Any] | None, public: date, last: dict[str, Any]
) -> str:
    name = family.name
    build = parts(family.version or "0")[-1]
    if now is None:
        paid = f", and the last paid ones ({last['phase']}) on {last['until']}" if "paid" in last else ""
        sentence = f"{name} is out of support: public updates ended on {public}{paid}."
    elif "paid" in now:
        sentence = f"{name} gets updates until {now['until']} with {now['paid']} only; public ones ended on {public}."
    else:
        sentence = f"{name} is in {now['phase']} until {now['until']}."
    if family.key == "server_2008" and _SERVICE_PACKS.get(build) == 1:
        sentence += f" {_NOT_SERVICED_BEFORE}."
    return sentence
