# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Dotted version numbers, compared as numbers (private to this collection)."""

from __future__ import annotations

Version = tuple[int, ...]


def parse(text: str) -> Version:
    """Return ``6.0.6003.20705`` as a tuple; raises `ValueError` that names the text.

    A branch in brackets, as Explorer shows it (``6.0.6002.18005 (lh_sp2rtm.090410-1830)``), is left out.
    """
    try:
        return tuple(int(part) for part in text.split(None, 1)[0].split("."))
    except (IndexError, ValueError):
        raise ValueError(f"{text!r} is not a dotted version number") from None


def reaches(text: str, least: str) -> bool:
    """Say whether a version is `least` or later."""
    return parse(text) >= parse(least)
