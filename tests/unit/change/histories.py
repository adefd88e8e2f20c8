# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Journals of made-up runs: each setting belongs to a control of its own name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.journal import Journal, JournalGroup
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.runs import Place, Run, written
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.values import Change, Value

A, B, C = "A", "B", "C"
KEY = "HKLM\\SOFTWARE\\T"


def value(text: str | None) -> Value | None:
    """Return a value; ``A#`` has the data of ``A`` and another type."""
    if text is None:
        return None
    return Value("REG_EXPAND_SZ", text[:-1]) if text.endswith("#") else Value("REG_SZ", text)


def change(name: str, before: str | None, after: str | None, control: str = "") -> Change:
    return Change(control or name, KEY, name, value(before), value(after))


def place(name: str) -> Place:
    return change(name, None, None).place


def journal(number: int, changes: Collection[Change], undoes: str = "", second: int | None = None) -> Journal:
    moment = number if second is None else second
    started = f"2026-11-{1 + moment // 86400:02}T{moment // 3600 % 24:02}:{moment // 60 % 60:02}:{moment % 60:02}Z"
    return Journal(str(number), "host", started, (JournalGroup("g", "G", tuple(changes)),), (), undoes=undoes)


def run(
    number: int,
    settings: Mapping[str, tuple[str | None, str | None]],
    *,
    outcome: bool = True,
    settled: Collection[str] = (),
    second: int | None = None,
    **more: Any,
) -> Run:
    """Return a run that set each name from the first to the second of its values."""
    changes = [change(name, *values) for name, values in settings.items()]
    return Run(
        str(number),
        ("controller",),
        journal(number, changes, second=second),
        outcome={"groups": []} if outcome else None,
        settled={"places": written(place(one) for one in settled)} if settled else None,
        **more,
    )


def back(
    number: int, target: Run, names: Collection[str], *, outcome: bool = True, now: str = "", second: int | None = None
) -> Run:
    """Return the run that took these settings of another one back; `now` is what somebody else had put there."""
    changes = [
        Change(one.control, one.key, one.name, value(now) if now else one.after, one.before)
        for one in target.changes()
        if one.name in names
    ]
    places = written(place(one) for one in names)
    kept = journal(number, changes, target.name, second)
    return Run(str(number), ("controller",), kept, outcome={"places": places} if outcome else None)
