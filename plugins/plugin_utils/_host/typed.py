# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Typed values out of WMI text (private to this collection).

WS-Man carries ``true`` and xs:dateTime, wmic prints ``TRUE`` and CIM datetimes; a missing value is None in
both. Whatever does not fit raises `ConsoleError` with the property and the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

from .._console.text import ConsoleError

Row = Mapping[str, "str | list[str] | None"]
_CIM = re.compile(r"^(\d{14})(?:\.(\d{1,6}))?([+-]\d{3})?$")


def text(row: Row, name: str) -> str | None:
    """Return a text property without blanks around it; None where it is missing or empty."""
    value = row.get(name)
    if isinstance(value, list):
        raise ConsoleError(f"WMI answered a list for {name}: {value!r}")
    return (value.strip(" \t\r\n") or None) if value is not None else None


def required(row: Row, name: str) -> str:
    """Return a text property that an answer is worthless without."""
    value = text(row, name)
    if value is None:
        raise ConsoleError(f"WMI answered without {name}")
    return value


def number(row: Row, name: str) -> int | None:
    """Return a number property."""
    value = text(row, name)
    if value is None:
        return None
    try:
        return int(value)
    except ValueError:
        raise ConsoleError(f"WMI answered {value[:80]!r} for {name}, which is not a number") from None


def flag(row: Row, name: str) -> bool | None:
    """Return a boolean property."""
    value = text(row, name)
    if value is None:
        return None
    if value.lower() not in ("true", "false"):
        raise ConsoleError(f"WMI answered {value[:80]!r} for {name}, which is neither true nor false")
    return value.lower() == "true"


def moment(row: Row, name: str) -> str | None:
    """Return a date property as UTC text, ``2026-11-20T18:00:00Z``."""
    value = text(row, name)
    if value is None:
        return None
    parsed = _cim(value) or _iso(value)
    if parsed is None:
        raise ConsoleError(f"WMI answered {value[:80]!r} for {name}, which is not a date")
    return stamp(parsed)


def stamp(when: datetime) -> str:
    """Write a moment the way snapshots do: UTC, whole seconds."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _cim(value: str) -> datetime | None:
    match = _CIM.match(value)
    if match is None:
        return None
    offset = timedelta(minutes=int(match[3] or 0))
    try:
        return datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=timezone(offset))
    except ValueError:
        return None


def _iso(value: str) -> datetime | None:
    cleaned = re.sub(r"\.\d+", "", value.replace("Z", "+00:00"))
    try:
        parsed = datetime.fromisoformat(cleaned)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
