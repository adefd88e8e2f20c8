# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A package of any size, written without holding it: a small one with a filler of many megabytes behind its files."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.cab import Cabinet

from . import packages

BLOCK = 32768
FILLER = "filler.bin"


def build(folder: Path, kb: str, arch: str, size: int, **effects: Any) -> Path:
    """Build a package whose file is about `size` bytes: its members, stored, and a filler after them."""
    small = packages.build(folder, kb, arch, compress=False, **effects)
    members = {member.name: content for member, content in Cabinet(small.read_bytes()).extract()}
    filler = size - sum(map(len, members.values()))
    big = folder / (small.name.rpartition("_")[0] + ".msu")
    with big.open("wb") as file:
        for piece in _cabinet(members, filler):
            file.write(piece)
    small.unlink()
    return big


def digests(path: Path) -> dict[str, Any]:
    """Return what a catalog record says of a file."""
    sha1, sha256 = hashlib.sha1(usedforsecurity=False), hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            sha1.update(piece)
            sha256.update(piece)
    return {"file": path.name, "sha1": sha1.hexdigest(), "sha256": sha256.hexdigest(), "size": path.stat().st_size}


def _cabinet(members: dict[str, bytes], filler: int) -> Iterator[bytes]:
    """Yield a cabinet with one stored folder; its blocks carry no checksum, which [MS-CAB] allows."""
    sizes = {**{name: len(content) for name, content in members.items()}, FILLER: filler}
    table, offset = b"", 0
    for name, size in sizes.items():
        table += struct.pack("<IIHHHH", size, offset, 0, 0x502E, 0x5000, 0x20) + name.encode("ascii") + b"\0"
        offset += size
    blocks = -(-offset // BLOCK)
    data_at = 36 + 8 + len(table)
    total = data_at + offset + 8 * blocks
    yield struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, total, 0, 44, 0, 3, 1, 1, len(sizes), 0, 0x2008, 0)
    yield struct.pack("<IHH", data_at, blocks, 0) + table
    held = b"".join(members.values())
    left = offset
    while left:
        take = min(BLOCK, left)
        piece, held = held[:take], held[take:]
        # a filler that neither packs nor repeats within a block of base64
        piece += hashlib.shake_128(left.to_bytes(8, "big")).digest(take - len(piece)) if len(piece) < take else b""
        yield struct.pack("<IHH", 0, take, take) + piece
        left -= take
