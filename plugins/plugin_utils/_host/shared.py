# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Questions about who may use what a machine shares (private to this collection).

An answer says with ``any`` whether something was listed, and has in ``lists`` the ``name`` and the ``dacl`` of each
that is judged, or ``unread`` with the reason why its list is not known.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._console import shared_access
from .._console.command import Question
from .._console.shared_access import Shared
from .probes import LinesProbe, Replies

FOLDERS, PRINTERS = "share_acls", "printer_acls"
_SHARES, _SHARE_LISTS = (
    Question("shares:listed", shared_access.SHARES),
    Question("shares:told", shared_access.SHARE_LISTS),
)
_PRINTERS, _PRINTER_LISTS = (
    Question("printers:listed", shared_access.PRINTERS),
    Question("printers:told", shared_access.PRINTER_LISTS),
)


def _folders(replies: Replies) -> dict[str, Any]:
    found = shared_access.folders(replies[_SHARES.key], replies[_SHARE_LISTS.key])
    return {"any": found is not None, "lists": _plain(found or ())}


def _printers(replies: Replies) -> dict[str, Any]:
    found = shared_access.printers(replies[_PRINTERS.key], replies[_PRINTER_LISTS.key])
    return {"any": bool(found), "lists": _plain(found)}


def _plain(found: Iterable[Shared]) -> list[dict[str, str]]:
    return [
        {"name": one.name, "unread": one.reason} if one.sddl is None else {"name": one.name, "dacl": one.sddl}
        for one in found
    ]


OF_FOLDERS = LinesProbe(FOLDERS, (_SHARES, _SHARE_LISTS), _folders)
OF_PRINTERS = LinesProbe(PRINTERS, (_PRINTERS, _PRINTER_LISTS), _printers)
