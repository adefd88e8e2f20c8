# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of a journal, each with its own digest (private to this collection).

A seal tells a file that a power loss has torn, or that somebody has edited, from one that is as it was written. It is
no signature: who may write the folder may seal as well, which is why the folder is closed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

SEAL = "seal"
# What findstr on the target looks for; a key of the top level stands behind two blanks, and the seal is the last one.
PATTERN = f"^  .{SEAL}.: "


class Broken(ValueError):
    """The content of a file is not what its seal stands for; the text says what is wrong."""


def sealed(content: Mapping[str, Any]) -> bytes:
    """Return the file that holds `content`, a JSON object, and its seal."""
    plain = {name: value for name, value in content.items() if name != SEAL}
    whole = {**plain, SEAL: _digest(plain)}
    return (json.dumps(whole, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def opened(data: bytes) -> dict[str, Any]:
    """Return the content of a sealed file, seal included; raises `Broken`."""
    try:
        content = json.loads(data.decode("utf-8"))
    except ValueError as error:
        raise Broken(f"it is torn: {error}") from error
    if not isinstance(content, dict):
        raise Broken("it holds no object")
    if not isinstance(content.get(SEAL), str):
        raise Broken("it has no seal")
    if content[SEAL] != _digest({name: value for name, value in content.items() if name != SEAL}):
        raise Broken("its seal does not fit: somebody has edited it, or it is damaged")
    return content


def digest(data: bytes) -> str:
    """Return how a journal names the content of a file: SHA-256 as lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _digest(plain: Mapping[str, Any]) -> str:
    return digest(json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8"))
