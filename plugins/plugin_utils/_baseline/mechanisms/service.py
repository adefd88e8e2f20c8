# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Controls about services and drivers: how they start and whether they run (private to this collection).

The start type is read from the registry, which also knows drivers and delayed start, and set by sc.exe, which tells the
service manager at once. Where a control is about the state as well, the service is started or stopped; one that others
need is not stopped, and the control says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..._change.values import Change, Kind, Value
from ..answers import SERVICES, Answers
from ..findings import Judged, Status
from ..records import Control
from .reads import Reads


class ServiceMechanism:
    """`service` and `service_set`: every service named must start and run as wanted. See `mechanisms.Mechanism`."""

    def check_record(self, control: Control) -> None:
        """The schema says it all."""

    def reads(self, control: Control) -> Reads:
        """Return the keys of the services."""
        return Reads(keys=tuple(SERVICES + one["name"] for one in _rows(control)))

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Compare each service; one that is not installed matters only where the record does not say `if_present`."""
        seen: list[str] = []
        wanted: list[str] = []
        bad = False
        for one in _rows_here(control, answers):
            start = answers.start(one["name"])
            if start is None and one.get("if_present"):
                continue
            wanted.append(f"{one['name']}: {_wants(one)}")
            state = answers.state(one["name"]) if "state" in one else None
            words = " ".join(str(word) for word in (start or "not installed", state) if word)
            seen.append(f"{one['name']}: {words}")
            bad = bad or start is None or not _starts(one, start) or ("state" in one and state != one["state"])
        if not seen:
            return Judged(Status.NOTAPPLICABLE, "not installed", "nothing to set", ("no such service is here",))
        return Judged(Status.FAIL if bad else Status.PASS, "; ".join(seen), "; ".join(wanted), tuple(seen))

    def changes(self, control: Control, answers: Answers) -> tuple[Change, ...]:
        """Return a new start type, and a new state, for each installed service that has another one."""
        found: list[Change] = []
        for one in _rows_here(control, answers):
            start = answers.start(one["name"])
            if start is None:
                continue
            place = SERVICES + one["name"]
            if not _starts(one, start):
                after = Value("TEXT", one["start"][0])
                found.append(Change(control.id, place, "start", start, after, Kind.SERVICE))
            state = answers.state(one["name"]) if "state" in one else None
            if state is not None and state != one["state"]:
                change = Change(
                    control.id, place, "state", Value("TEXT", state), Value("TEXT", one["state"]), Kind.STATE
                )
                found.insert(0 if one["state"] == "stopped" else len(found), change)
        return tuple(found)

    def obstacle(self, control: Control, answers: Answers) -> str:
        """Say what is missing."""
        missing = [one["name"] for one in _rows_here(control, answers) if answers.start(one["name"]) is None]
        missing = [name for name in missing if not _row(control, name).get("if_present")]
        if missing:
            return f"{', '.join(missing)} is not installed, and nothing here installs it"
        return ""


class AnyServiceMechanism:
    """`any_service`: check only, at least one of them is there and in that state."""

    def check_record(self, control: Control) -> None:
        """The schema says it all."""

    def reads(self, control: Control) -> Reads:
        """Services are asked anyway."""
        return Reads()

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Look for the services by name."""
        names: Sequence[str] = control.settings["services"]
        wanted = control.settings["state"]
        states = {name: state for name in names if (state := answers.state(name)) is not None}
        seen = "; ".join(f"{name}: {state}" for name, state in states.items()) or "none of them is installed"
        status = Status.PASS if wanted in states.values() else Status.FAIL
        return Judged(status, seen, f"one of {', '.join(names)} {wanted}", (seen,))

    def changes(self, control: Control, answers: Answers) -> tuple[Change, ...]:
        """Nothing here installs a product."""
        return ()

    def obstacle(self, control: Control, answers: Answers) -> str:
        """Say so."""
        return "a product is installed by its own means, not from here"


def _rows(control: Control) -> Sequence[Mapping[str, Any]]:
    rows: Sequence[Mapping[str, Any]] = control.settings.get("services") or [control.settings]
    return rows


def _rows_here(control: Control, answers: Answers) -> list[Mapping[str, Any]]:
    """Leave out what is only asked of machines with another role."""
    return [one for one in _rows(control) if "roles" not in one or answers.role() in one["roles"]]


def _row(control: Control, name: str) -> Mapping[str, Any]:
    return next(one for one in _rows(control) if one["name"] == name)


def _starts(row: Mapping[str, Any], start: Value) -> bool:
    """Delayed counts as automatic."""
    word = "auto" if start.data == "delayed" else start.data
    return "start" not in row or word in row["start"]


def _wants(row: Mapping[str, Any]) -> str:
    starts = " or ".join(row.get("start", ()))
    return ", ".join(filter(None, (starts, row.get("state", ""))))
