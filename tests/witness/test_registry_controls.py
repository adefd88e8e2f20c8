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
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.evaluate import evaluate, required_registry_keys
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.findings import Status
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.library import shipped
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.mechanisms import MECHANISMS
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.records import Control
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.reread import read_registry, refreshed
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import select
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import journal as journals
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.journal import Journal, JournalGroup
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.rollback import roll_back
from support.baseline_cases import failing_values, machine

from .wine import Wine

TODAY = dt.date(2026, 11, 20)
REGISTRY_KINDS = ("registry", "registry_set")
Values = dict[str, dict[str, tuple[str, str]]]


def by_area() -> dict[str, list[Control]]:
    """Return every control that the engine sets in the registry of the machine, by area."""
    areas: dict[str, list[Control]] = defaultdict(list)
    for control in shipped().controls.values():
        if control.mechanism in REGISTRY_KINDS:
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
        elif match := re.fullmatch(r" {4}(.+?) {4}(REG_\w+) {4}(.*)", line):
            found[current][match[1].casefold()] = (match[2], match[3])
    return found


def added(key: str, name: str, kind: str, data: Any) -> str:
    """Return the reg.exe line that a person would type for one value."""
    text = "\\0".join(data) if isinstance(data, (list, tuple)) else str(data)
    words = ["@reg add", f'"{key}"', f'/v "{name}"', f"/t {kind}", f'/d "{text}"', "/f"]
    return " ".join(words).replace("%", "%%") + "\r\n"


def long(key: str) -> str:
    return key.replace("HKLM\\", "HKEY_LOCAL_MACHINE\\").casefold()


@pytest.mark.parametrize("area", sorted(by_area()))
def test_an_area_is_read_set_and_taken_back(wine: Wine, area: str, tmp_path: Path) -> None:
    controls = by_area()[area]
    selection = select(ids=[one.id for one in controls])
    keys = sorted({key for one in controls for key in MECHANISMS[one.mechanism].registry_keys(one)})
    asked = required_registry_keys(selection.every())
    broken = {control.id: failing_values(control) for control in controls}
    lines = [
        added(key, name, value["type"], value["data"])
        for values in broken.values() for key, rows in values.items() for name, value in rows.items()
    ]  # fmt: skip
    wine.script("break.cmd", "".join(lines))
    start = said_by_wine(wine, keys)

    snapshot = refreshed(machine(), asked, read_registry(wine, list(asked)))
    before = {one.id: one for one in evaluate(snapshot, selection, TODAY)}
    judged = [one for one in controls if before[one.id].status is Status.FAIL]
    assert judged, f"no control of {area} fails on a machine that breaks all of them"

    changes = []
    for control in judged:
        changes += MECHANISMS[control.mechanism].changes(control, Answers(snapshot))
    above = read_registry(wine, [*journals.parents(keys), *keys])
    created = journals.created_keys(changes, above)
    plan = Journal(f"run-{area}", "wine", "2026-11-20T00:00:00Z", (JournalGroup(area, area, tuple(changes)),), created)
    kept = journals.keep(plan, wine, tmp_path)
    for name in {MECHANISMS[one.mechanism].name for one in judged}:
        mechanism = next(one for one in MECHANISMS.values() if one.name == name)
        mechanism.apply(wine, changes, kept.target, f"1-{area}")

    now = said_by_wine(wine, keys)
    for change in changes:
        there = now.get(long(change.key), {}).get(change.name.casefold())
        assert (there is None) == (change.after is None), f"{change.control}: {change.key} {change.name} is {there}"
        if there is not None and change.after is not None:
            assert there == (change.after.type, printed(change.after.data)), change.control
    snapshot = refreshed(snapshot, asked, read_registry(wine, list(asked)))
    after = {one.id: one for one in evaluate(snapshot, selection, TODAY)}
    assert {one.id: after[one.id].observed for one in judged if after[one.id].status is not Status.PASS} == {}

    roll_back(wine, plan, kept, read_registry)
    assert said_by_wine(wine, keys) == start


def printed(data: Any) -> str:
    """Return data as Wine's reg.exe prints it."""
    if isinstance(data, int):
        return hex(data)
    return "\\0".join(data) if isinstance(data, tuple) else str(data)
