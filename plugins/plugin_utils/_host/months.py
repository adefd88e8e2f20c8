# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which monthly rollup the files of a machine prove (private to this collection).

A month is proved by its marker file, or by a kernel that reached its number. Numbers from CVE records can lie a few
revisions above the kernel of the same month (facts: servicing.md section 1, notes), so they get a small allowance; a
kernel further below one is an out-of-band build of the month before, and is never counted for the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .verdict import Version, data, file_version, parts

KERNEL = "ntoskrnl.exe"
_ALLOWANCE = 5
"""Largest known distance between a fixed build and the kernel of the same month is 4 (2021-07)."""


@dataclass(frozen=True)
class Month:
    """The newest month that is proved; `rollup` and `security_only` are the two updates that can have brought it."""

    month: str | None
    rollup: str | None
    security_only: str | None
    sentence: str
    evidence: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


NONE = Month(None, None, None, "")


def judge(answers: Mapping[str, Any]) -> Month:
    """Find the newest month whose marker or kernel number the files of a snapshot reach."""
    kernel_asked, kernel_text = file_version(answers, KERNEL)
    if not kernel_asked or not kernel_text:
        return Month(None, None, None, "", (), ("the month: the version of ntoskrnl.exe is not known",))
    kernel = parts(kernel_text)
    best: Month | None = None
    for record, lowest in zip(records(), lowest_kernels(), strict=True):
        proof = _proof(record, lowest, kernel, kernel_text, answers)
        if proof:
            name = record["month"] + (" (out of band)" if record.get("out_of_band") else "")
            best = Month(
                record["month"], record["rollup"], record["security_only"], f"Its files are those of {name}.", (proof,)
            )
    if best is None:
        return Month(None, None, None, _before_the_first(kernel), (f"{KERNEL} {kernel_text}",))
    return best


def records() -> list[dict[str, Any]]:
    """Return the records of ``months.yml``, oldest first."""
    return list(data("months.yml")["months"])


def lowest_kernels() -> list[Version]:
    """Return for each record the lowest kernel version that counts for it, and for none before it."""
    floors: list[Version] = []
    highest: Version = ()
    for record in records():
        numbers = [parts(build) for build in record.get("builds", ())]
        marker = parts(record["marker"]["version"]) if record.get("marker") else None
        if marker and record["marker"]["file"] == KERNEL:
            floor = marker
        elif numbers:
            lowest = min(numbers)
            floor = (*lowest[:3], lowest[3] - _ALLOWANCE)
            if highest[:3] == lowest[:3]:
                floor = max(floor, (*highest[:3], highest[3] + 1))
        else:
            floor = marker or highest
        floors.append(floor)
        highest = max([*numbers, *([marker] if marker else [])])
    return floors


def _proof(
    record: Mapping[str, Any], lowest: Version, kernel: Version, text: str, answers: Mapping[str, Any]
) -> str | None:
    marker = record.get("marker")
    if marker:
        _path, version = file_version(answers, marker["file"])
        if version and parts(version) >= parts(marker["version"]):
            return f"{marker['file']} {version} reaches {marker['version']} of {record['month']}"
        if marker["file"] == KERNEL:
            return None
    if kernel >= lowest:
        return f"{KERNEL} {text} reaches that of {record['month']} ({'.'.join(map(str, lowest))} or later)"
    return None


def _before_the_first(kernel: Version) -> str:
    if kernel[:3] == (6, 0, 6002) and kernel[3] == 18005:
        return "The kernel is the original one of Service Pack 2: no kernel update was ever installed."
    if kernel[:3] == (6, 0, 6003):
        return "The kernel is older than that of the first monthly rollup at 6003 (2019-04): a preview."
    return "The kernel is older than that of the first monthly rollup (2018-09)."
