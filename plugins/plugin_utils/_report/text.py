# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report for a terminal: one line a machine (private to this collection)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .html import VERDICT_WORDS, met, patched


def lines(report: Mapping[str, Any]) -> list[str]:
    """Return one line per host: state, build, month and controls, each as ``before -> after`` where both are known;
    and one for each host that was never reached."""
    width = max((len(host["name"]) for host in report["hosts"]), default=0)
    known = [f"{host['name']:<{width}}  {_line(host)}" for host in report["hosts"]]
    return known + [f"{name:<{width}}  NOT REACHED, and so not judged" for name in report["summary"]["unreached"]]


def _line(host: Mapping[str, Any]) -> str:
    before = host["before"]
    build = _step(
        VERDICT_WORDS[before["build"]["verdict"]] if before else None, VERDICT_WORDS[host["build"]["verdict"]]
    )
    month = _step(patched(before["build"]) if before else None, patched(host["build"]))
    was, is_now = (one["summary"]["findings"]["pass"] if one else None for one in (before, host))
    controls = met(host) if was in (None, is_now) else f"{was} -> {met(host)}"
    lost = "; NOT REACHED AGAIN after the changes" if host["lost"] else ""
    return (
        f"{host['summary']['state']:<11} build {build}, patched to {month}, controls met {controls}"
        f"; {host['summary']['sentence']}{lost}"
    )


def _step(before: str | None, after: str) -> str:
    return after if before is None or before == after else f"{before} -> {after}"
