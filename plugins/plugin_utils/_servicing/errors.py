# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can go wrong in servicing (private to this collection): every message is a sentence for the operator."""

from __future__ import annotations

from collections.abc import Mapping


class ServicingError(Exception):
    """A servicing task cannot go on; `details` holds plain facts for the result beside the sentence."""

    def __init__(self, message: str, details: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.details: dict[str, object] = dict(details or {})


class CatalogError(ServicingError):
    """A catalog record is not one: file, record and field are named."""


class UnknownPackage(ServicingError):
    """Somebody asked for a package that no record describes."""


class NotServiceable(ServicingError):
    """The machine is none that this catalog may be applied to."""


class BadMedia(ServicingError):
    """A package file is missing or is not what it claims to be; nothing has been sent."""


class InstallFailed(ServicingError):
    """A package did not go in; the sentence says what was seen, why that may be, and what to do."""
