# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings that do nothing on NT 6.0, and stand in many a baseline all the same (private to this collection).

Found on a machine they are reported, with what to do instead; a user who asks for one is refused. Their layout is
`data/do_nothing.schema.json`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._change.values import BadValue, Value, canonical
from .answers import Answers, Unknown
from .findings import Finding, Status
from .records import DATA, read

AREA = "do_nothing"
_CONTROL_SET = re.compile(r"^(HKLM\\SYSTEM\\)ControlSet\d{3}(?=\\|$)", re.IGNORECASE)
_EXPECTED = "nothing; it may stay, and counts for nothing"
_HARMLESS = "without it: it does harm here"


@dataclass(frozen=True)
class Trace:
    """Where a setting shows: a key, or a value of it, with any data, one of these, or some that match."""

    key: str
    name: str | None
    data: tuple[Any, ...] | None
    matches: str

    def seen(self, answers: Answers) -> str:
        """Return what is there, in words, or ""; raises `Unknown` where it was not asked."""
        if self.name is None:
            return f"{self.key} exists" if answers.key(self.key) is not None else ""
        value = answers.value(self.key, self.name)
        if value is None or not self._meant(value):
            return ""
        return f"{self.key} {self.name} = {value}"

    def written(self, key: str, name: str, data: Any) -> bool:
        """Tell whether these data at this place are what the setting is about."""
        if self.name is None:
            return f"{canonical(key)}\\".startswith(f"{canonical(self.key)}\\")
        same = canonical(self.key) == canonical(key) and self.name.casefold() == name.casefold()
        return same and (self._is_meant(data) or self.data is not None and str(data) in map(str, self.data))

    def _meant(self, value: Value) -> bool:
        return self._is_meant(value.data)

    def _is_meant(self, data: Any) -> bool:
        if self.data is not None:
            return data in self.data
        text = ",".join(data) if isinstance(data, tuple) else str(data)
        return not self.matches or bool(re.search(self.matches, text))


@dataclass(frozen=True)
class DoNothing:
    """One setting. `names` are those by which a user may ask for it; `instead` may be empty.

    `harmful`: what does something elsewhere does harm here, so it is no matter of taste whether it stays.
    """

    id: str
    setting: str
    why: str
    instead: str
    names: tuple[str, ...]
    traces: tuple[Trace, ...]
    source: str
    confidence: str
    harmful: bool = False

    def sentence(self) -> str:
        """Return why it is refused, and what to do instead."""
        instead = f" Instead: {self.instead}." if self.instead else " Nothing takes its place."
        does = "it does harm on NT 6.0" if self.harmful else "it does nothing on NT 6.0"
        return f"{self.setting}: {does}. {self.why}{instead}"


@functools.cache
def shipped() -> tuple[DoNothing, ...]:
    """Return all of them."""
    return tuple(_one(plain) for plain in read(DATA / "do_nothing.yml")["settings"])


def asked_for(word: str) -> DoNothing | None:
    """Return the setting that a user means by an id or a name."""
    wanted = word.strip().casefold()
    return next(
        (one for one in shipped() if wanted == one.id or wanted in (name.casefold() for name in one.names)), None
    )


def written_by(key: str, name: str, data: Any) -> DoNothing | None:
    """Return the setting that a record of a user's own would write: the value itself, or anything below its key."""
    return next(
        (one for one in shipped() if any(trace.written(current(key), name, data) for trace in one.traces)), None
    )


def current(key: str) -> str:
    """Return a key as the records spell it: a numbered control set is the current one, or will be."""
    return _CONTROL_SET.sub(lambda match: match[1] + "CurrentControlSet", key)


def registry_keys() -> tuple[str, ...]:
    """Return every key that is looked at, each once."""
    keys: dict[str, str] = {}
    for one in shipped():
        for trace in one.traces:
            keys.setdefault(canonical(trace.key), trace.key)
    return tuple(keys.values())


def findings(answers: Answers, settings: Iterable[DoNothing] | None = None) -> list[Finding]:
    """Return one finding for each setting that is there; what was not asked is not reported."""
    found = ((one, _seen(one, answers)) for one in (shipped() if settings is None else settings))
    return [_finding(one, seen) for one, seen in found if seen]


def _seen(one: DoNothing, answers: Answers) -> tuple[str, ...]:
    seen = []
    for trace in one.traces:
        try:
            words = trace.seen(answers)
        except (Unknown, BadValue):
            continue
        if words:
            seen.append(words)
    return tuple(seen)


def _finding(one: DoNothing, seen: tuple[str, ...]) -> Finding:
    instead = (f"instead: {one.instead}",) if one.instead else ()
    return Finding(
        id=one.id,
        title=f"{one.setting}: set, and {'harmful' if one.harmful else 'without effect'} here",
        area=AREA,
        level="report",
        status=Status.FAIL if one.harmful else Status.NOTAPPLICABLE,
        observed="; ".join(seen),
        expected=_HARMLESS if one.harmful else _EXPECTED,
        evidence=(*seen, one.why, *instead),
        source=(one.source,),
        confidence=one.confidence,
        restart="no",
    )


def _one(plain: Mapping[str, Any]) -> DoNothing:
    return DoNothing(
        id=plain["id"],
        setting=plain["setting"],
        why=plain["why"],
        instead=plain.get("instead", ""),
        names=tuple(plain.get("names", ())),
        traces=tuple(
            Trace(
                key=one["key"],
                name=one.get("name"),
                data=tuple(one["data"]) if "data" in one else None,
                matches=one.get("matches", ""),
            )
            for one in plain.get("traces", ())
        ),
        source=plain["source"],
        confidence=plain["confidence"],
        harmful=plain.get("harmful", False),
    )
