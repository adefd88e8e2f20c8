# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a machine left unanswered, for people (private to this collection).

A lone text leaves hundreds of questions open, and a collection by somebody without rights does so for hundreds of
reasons that differ in a name only. So the questions are put together by reason, and registry keys are counted. Every
single one, with its own words, is in ``unknown`` of the record.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

KEY = "registry:"
_MANY_KEYS = 4
_MOST_NAMES = 6
_MOST_REASONS = 5
_FILE = re.compile(r"\bq\d{3}\.txt\b")  # of a folder of collect.cmd: one for each question


def gaps(host: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (questions, reason) for each reason, as far as it is the same for several of them."""
    return [(_named(probes), why) for probes, why in _by_reason(host)]


def lines(host: Mapping[str, Any]) -> list[str]:
    """Return a few lines for a terminal: of each reason how many questions it keeps open, the most first."""
    found = sorted(_by_reason(host), key=lambda one: -len(one[0]))
    rest = found[_MOST_REASONS:]
    told = [f"{_counted(probes)}: {why}" for probes, why in found[:_MOST_REASONS]]
    if rest:
        told.append(f"{_questions(sum(len(probes) for probes, _why in rest))} more, for {len(rest)} other reasons")
    return told


def _by_reason(host: Mapping[str, Any]) -> list[tuple[list[str], str]]:
    alike: dict[str, list[str]] = {}
    for probe, why in host["unknown"].items():
        alike.setdefault(_common(probe, why), []).append(probe)
    return [(probes, why if len(probes) > 1 else host["unknown"][probes[0]]) for why, probes in alike.items()]


def _common(probe: str, why: str) -> str:
    """Return a reason without what is in it of this one question."""
    words = why.replace(probe.removeprefix(KEY), "<key>") if probe.startswith(KEY) else why
    return _FILE.sub("<file>", words)


def _named(probes: Sequence[str]) -> str:
    """Return the names of questions; registry keys are only counted where there are many of them."""
    keys = [probe for probe in probes if probe.startswith(KEY)]
    if len(keys) < _MANY_KEYS:
        return ", ".join(probes)
    return ", ".join([*(probe for probe in probes if probe not in keys), f"{len(keys)} registry keys"])


def _counted(probes: Sequence[str]) -> str:
    """Return how many questions there are of each kind, and the names of a few."""
    keys = [probe for probe in probes if probe.startswith(KEY)]
    others = [probe for probe in probes if not probe.startswith(KEY)]
    parts = []
    if others:
        more = len(others) - _MOST_NAMES
        names = others if more <= 1 else [*others[:_MOST_NAMES], f"{more} more"]
        parts.append(f"{_questions(len(others))} ({', '.join(names)})" if len(others) > 1 else others[0])
    if keys:
        parts.append(f"{len(keys)} registry keys" if len(keys) > 1 else keys[0].removeprefix(KEY))
    return " and ".join(parts)


def _questions(count: int) -> str:
    return f"{count} question{'s' if count > 1 else ''}"
