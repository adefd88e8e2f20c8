# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One access entry of the twin's file system, as icacls.exe speaks of it (private to this collection)."""

from __future__ import annotations

from dataclasses import dataclass, replace

SIMPLE = ("N", "F", "M", "RX", "R", "W", "D")
_CREATOR_OWNER = "S-1-3-0"
# What the generic rights of an entry become on a file that inherits it (generic mapping of files, winnt.h).
_GENERIC = {"GA": "F", "GR,GE": "RX", "GR": "R", "GW": "W", "GE": "RX"}


@dataclass(frozen=True)
class Ace:
    """One access entry; `flags` are of OI, CI, IO, NP in this order."""

    sid: str
    flags: tuple[str, ...]
    rights: str
    deny: bool = False
    inherited: bool = False

    def text(self) -> str:
        """As kept on the file."""
        return f"{self.sid}|{','.join(self.flags)}|{'N' if self.deny else ''}:{self.rights}"

    @classmethod
    def parse(cls, text: str) -> Ace:
        """From what is kept on the file."""
        sid, flags, rights = text.split("|")
        kind, _separator, letters = rights.partition(":")
        return cls(sid, tuple(part for part in flags.split(",") if part), letters, kind == "N")

    def passed_on(self, to_folder: bool) -> list[Ace]:
        """What a child gets of this entry; an inherit-only one falls into an effective and an inherit-only part."""
        if "NP" in self.flags:
            return []
        inheritable = tuple(flag for flag in self.flags if flag in ("OI", "CI"))
        applied = replace(self, flags=(), rights=_GENERIC.get(self.rights, self.rights), inherited=True)
        effective = [] if self.sid == _CREATOR_OWNER else [applied]
        if not to_folder:
            return effective if "OI" in self.flags else []
        if "CI" not in self.flags:
            return [replace(self, flags=("OI", "IO"), inherited=True)] if "OI" in self.flags else []
        if self.rights in _GENERIC or ("IO" in self.flags and self.rights in SIMPLE):
            return [*effective, replace(self, flags=(*inheritable, "IO"), inherited=True)]
        return [replace(self, flags=inheritable, inherited=True)]
