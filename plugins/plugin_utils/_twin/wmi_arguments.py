# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Arguments of a WMI method call (private to this collection): by name, case ignored, typed on demand."""

from __future__ import annotations

from collections.abc import Mapping

from .wmi_errors import INVALID_PARAMETER, TYPE_MISMATCH, WmiError


class Arguments:
    """What the caller passed: the wire carries text, a list where an element repeats, None for nil."""

    def __init__(self, given: Mapping[str, object]) -> None:
        self._given = {name.lower(): value for name, value in given.items()}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._given

    def text(self, name: str) -> str | None:
        """Return an argument as text, None when it is absent or nil."""
        value = self._given.get(name.lower())
        if isinstance(value, list):
            raise WmiError(INVALID_PARAMETER, f"Invalid parameter: {name} is given more than once")
        if isinstance(value, bool):
            return "true" if value else "false"
        return None if value is None else str(value)

    def number(self, name: str) -> int | None:
        """Return an argument as a number, None when it is absent; raises a type mismatch for other text."""
        text = self.text(name)
        if text is None or not text.strip():
            return None
        try:
            return int(text.strip(), 0)
        except ValueError:
            raise WmiError(TYPE_MISMATCH, f"Type mismatch: {name} is no number") from None

    def texts(self, name: str) -> list[str] | None:
        """Return an array argument; one element alone is an array of one, absent is None."""
        if name not in self:
            return None
        value = self._given[name.lower()]
        if value is None:
            return []
        return [("" if item is None else str(item)) for item in value] if isinstance(value, list) else [str(value)]

    def numbers(self, name: str) -> list[int] | None:
        """Return an array of numbers, None when it is absent."""
        texts = self.texts(name)
        try:
            return None if texts is None else [int(text.strip(), 0) for text in texts]
        except ValueError:
            raise WmiError(TYPE_MISMATCH, f"Type mismatch: {name} is no array of numbers") from None
