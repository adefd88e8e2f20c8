# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the engine sends for a registry control does on Wine what it should do on the target.

Three voices per area: Wine's ``reg add`` makes the failing machine, the engine's own lines read, set and take back, and
Wine's ``reg query``, read by a few lines here and not by the collection's parser, says what is there.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.answers import Answers
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.enforce import carry_out
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.evaluate import evaluate
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.findings import Status
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.library import shipped
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.mechanisms import mechanism_of
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.records import Control
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.reread import look, read_registry, refreshed
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import select
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import journal as journals
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.journal import Journal, JournalGroup
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.orders import assign, runs
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.rollback import roll_back
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.values import WITHHELD, Change, Kind
from support.baseline_breaks import broken
from support.baseline_cases import machine

from .wine import Wine

TODAY = dt.date(2026, 11, 20)
REGISTRY_KINDS = ("registry", "registry_set")
HIVES = {"HKLM": "HKEY_LOCAL_MACHINE", "HKU": "HKEY_USERS"}
Values = dict[str, dict[str, tuple[str, str]]]


def rows_of(control: Control) -> list[dict[str, Any]]:
    """Return the values of a control as its record has them."""
    settings: Any = control.settings
    return list(settings["values"]) if control.mechanism == "registry_set" else [settings]


def by_area() -> dict[str, list[Control]]:
    """Return every control that is set in the registry, by area."""
    areas: dict[str, list[Control]] = defaultdict(list)
    for control in shipped().controls.values():
        if control.mechanism in REGISTRY_KINDS and not control.settings.get("check_only"):
            areas[control.area].append(control)
    return areas


def said_by_wine(wine: Wine, keys: Iterable[str]) -> Values:
    """Read keys with Wine's reg.exe and with nothing of the collection; a key that is not there is left out."""
    found: Values = {}
    lines = "".join(f'@reg query "{key.replace("%", "%%")}"\r\n' for key in keys)
    current = ""
    for line in wine.script("read.cmd", lines).stdout.splitlines():
        if line.startswith("HKEY_"):
            current = line.casefold()
            found.setdefault(current, {})
        elif match := re.fullmatch(r" {4}(.+?) {4}(REG_\w+)(?: {4}(.*))?", line):
            name = "" if match[1] == "(Default)" else match[1].casefold()
            found[current][name] = (match[2], match[3] or "")
    return found


def added(key: str, name: str, kind: str, data: Any) -> str:
    """Return the reg.exe line that a person would type for one value."""
    text = data.hex() if isinstance(data, bytes) else "\\0".join(data) if isinstance(data, list) else str(data)
    words = ["@reg add", f'"{key}"', f'/v "{name}"' if name else "/ve", f"/t {kind}", f'/d "{text}"', "/f"]
    return " ".join(words).replace("%", "%%") + "\r\n"


def long(key: str) -> str:
    """Return a key as reg.exe prints it, in lower case."""
    hive, _backslash, rest = key.partition("\\")
    return f"{HIVES[hive]}\\{rest}".casefold()


def here(wine: Wine, key: str) -> str:
    """Return where a key of a record is: one below HKCU stands for that of every user, and Wine has one."""
    return key.replace("HKCU\\", f"HKU\\{wine.user}\\", 1) if key.startswith("HKCU\\") else key


@pytest.mark.parametrize("area", sorted(by_area()))
def test_an_area_is_read_set_and_taken_back(wine: Wine, area: str, tmp_path: Path) -> None:
    controls = by_area()[area]
    selection = select(ids=[one.id for one in controls])
    rows = [(one, row) for one in controls for row in rows_of(one)]
    keys = sorted({here(wine, row["key"]) for _one, row in rows})
    bad = [(row, broken(row, rows_of(one))) for one, row in rows]
    wine.script("break.cmd", "".join(added(here(wine, row["key"]), row["name"], *one) for row, one in bad if one))
    start = said_by_wine(wine, keys)

    asked = sorted(
        {here(wine, key) for one in selection.every() for key in mechanism_of(one.mechanism).reads(one).keys}
    )
    profiles = [{"sid": wine.user, "path": "C:\\users\\witness", "loaded": True}]
    snapshot = refreshed(machine(profiles=profiles), asked, read_registry(wine, asked))
    before = {one.id: one for one in evaluate(snapshot, selection, TODAY)}
    breakable = {one.id for one in controls if any(broken(row, rows_of(one)) for row in rows_of(one))}
    judged = [one for one in controls if before[one.id].status is Status.FAIL]
    answers = Answers(snapshot)
    changes: list[Change] = []
    for control in judged:
        mechanism = mechanism_of(control.mechanism)
        changes += [] if mechanism.obstacle(control, answers) else mechanism.changes(control, answers)
    # What was not read because it is a secret could not be put back; the plan holds such a control.
    secret = {one.control for one in changes if one.before is not None and one.before.data == WITHHELD}
    changes = [one for one in changes if one.control not in secret]
    if breakable and not changes:
        excused = {one.id for one in controls if before[one.id].status in (Status.NOTAPPLICABLE, Status.NOTCHECKED)}
        assert breakable <= excused | secret, f"{sorted(breakable - excused)} pass on a machine that breaks them"
        return

    own = [one for one in changes if not one.profile]
    theirs = [one for one in changes if one.profile]
    above = read_registry(wine, [*journals.parents(change.key for change in own), *keys])
    created = journals.created_keys(own, above)
    plan = Journal(f"run-{area}", "wine", "2026-11-20T00:00:00Z", (JournalGroup(area, area, tuple(own)),), created)
    kept = journals.keep(plan, wine, tmp_path)
    for number, (kind, some) in enumerate(runs(own)):
        carry_out(wine, kind, some, kept.target, f"{number}-{area}")
    import_for_users(wine, theirs)

    now = said_by_wine(wine, keys)
    for change in changes:
        there = now.get(long(change.key), {}).get(change.name.casefold())
        assert (there is None) == (change.after is None), f"{change.control}: {change.key} {change.name} is {there}"
        if there is not None and change.after is not None:
            assert there == (change.after.type, printed(change.after.data)), change.control
    snapshot = refreshed(snapshot, asked, read_registry(wine, asked))
    after = {one.id: one for one in evaluate(snapshot, selection, TODAY)}
    set_here = {change.control for change in changes}
    wrong = {
        name: after[name].observed for name in set_here if after[name].status not in (Status.PASS, Status.NOTCHECKED)
    }
    assert wrong == {}

    roll_back(wine, plan, kept, look)
    import_for_users(wine, theirs, back=True)
    after_all = said_by_wine(wine, keys)
    assert {key: after_all[key] for key in start} == start, (
        "keys of users that came into being are undo.cmd's to remove"
    )


def import_for_users(wine: Wine, changes: list[Change], back: bool = False) -> None:
    """Import the file for a user who is logged on.

    The line that chooses between a loaded hive and one to load has two branches in parentheses, and Wine 8 runs both;
    the documentation of cmd.exe says that one runs. So Wine witnesses the files of users, and the twin the line.
    """
    if not changes:
        return
    for name, data in assign(Kind.REGISTRY, changes, "users", back).files.items():
        if not name.endswith(".unloaded.reg"):
            wine.upload(data, f"C:\\w\\{name}")
            assert wine.run(f'reg import "C:\\w\\{name}"').rc == 0


def printed(data: Any) -> str:
    """Return data as Wine's reg.exe prints it."""
    if isinstance(data, int):
        return hex(data)
    return "\\0".join(data) if isinstance(data, tuple) else str(data)
