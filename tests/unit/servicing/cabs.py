# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small cabinet writer after [MS-CAB], apart from the reader under test and the twin's: no two agree by chance."""

from __future__ import annotations

import functools
import json
import struct
import zlib
from collections.abc import Mapping

STORED, MSZIP, LZX = 0, 1, 0x0F03


def checksum(data: bytes, seed: int) -> int:
    words = struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])
    rest = data[len(data) // 4 * 4 :]
    return functools.reduce(lambda one, other: one ^ other, words, seed) ^ int.from_bytes(rest, "big")


def cab(files: Mapping[str, bytes], method: int = MSZIP, reserve: bytes = b"", damage: bool = False) -> bytes:
    """Return a cabinet with one folder; LZX blocks hold noise, which is enough for a reader that only lists them."""
    stream = b"".join(files.values())
    chunks = [stream[start : start + 32768] for start in range(0, len(stream), 32768)] or [b""]
    blocks, window = [], b""
    for chunk in chunks:
        packed = chunk
        if method == MSZIP:
            packer = (
                zlib.compressobj(9, zlib.DEFLATED, -15, zdict=window)
                if window
                else zlib.compressobj(9, zlib.DEFLATED, -15)
            )
            packed = b"CK" + packer.compress(chunk) + packer.flush()
            window = chunk
        sizes = struct.pack("<HH", len(packed), len(chunk))
        blocks.append(struct.pack("<I", checksum(sizes, checksum(packed, 0))) + sizes + packed)
    entries, offset = b"", 0
    for name, data in files.items():
        entries += struct.pack("<IIHHHH", len(data), offset, 0, 0, 0, 0x20) + name.encode() + b"\0"
        offset += len(data)
    extra = struct.pack("<HBB", len(reserve), 0, 0) + reserve if reserve else b""
    files_at = 36 + len(extra) + 8
    data_at = files_at + len(entries)
    body = b"".join(blocks)
    if damage:
        middle = len(body) // 2
        body = body[:middle] + bytes([body[middle] ^ 0xFF]) + body[middle + 1 :]
    header = struct.pack(
        "<4sIIIIIBBHHHHH",
        b"MSCF",
        0,
        data_at + len(body),
        0,
        files_at,
        0,
        3,
        1,
        1,
        len(files),
        4 if reserve else 0,
        1,
        0,
    )
    return header + extra + struct.pack("<IHH", data_at, len(blocks), method) + entries + body


ANSWER = """<?xml version="1.0" encoding="utf-8"?>
<unattend xmlns="urn:schemas-microsoft-com:unattend">
  <servicing>
    <package action="install">
      <assemblyIdentity name="{name}" version="{version}" language="neutral" processorArchitecture="{arch}"
        publicKeyToken="31bf3856ad364e35"/>
      <source location="%configsetroot%\\{base}.cab" />
    </package>
  </servicing>
</unattend>
"""


MUM = """<?xml version="1.0" encoding="utf-8"?>
<assembly xmlns="urn:schemas-microsoft-com:asm.v3" manifestVersion="1.0">
  <assemblyIdentity name="{name}" version="{version}" language="neutral" processorArchitecture="{arch}"
    publicKeyToken="31bf3856ad364e35"/>
</assembly>
"""


def msu(
    kb: str = "KB4493730",
    arch: str = "x64",
    version: str = "6.0.1.3",
    system: str = "Windows6.0",
    identity: str | None = None,
    cbs_arch: str | None = None,
    answer: str | None = None,
    method: int = MSZIP,
    damage: bool = False,
    payload: bytes = b"payload" * 9000,
    effects: Mapping[str, object] | None = None,
) -> bytes:
    """Return an update package whose parts can be made to lie."""
    base = f"{system}-{kb}-{arch}"
    name, word = identity or f"Package_for_{kb}", cbs_arch or {"x64": "amd64"}.get(arch, arch)
    words = ANSWER.format(name=name, version=version, base=base, arch=word)
    inner = {"update.mum": MUM.format(name=name, version=version, arch=word).encode(), "payload": payload}
    if effects is not None:
        inner["twin.json"] = json.dumps({"kb": kb, **effects}).encode()
    return cab(
        {
            f"{base}.xml": (words if answer is None else answer).encode(),
            f"{base}.cab": cab(inner),
            f"{base}-pkgProperties.txt": b"",
            "WSUSSCAN.cab": cab({"package.xml": b"<x/>"}),
        },
        method,
        reserve=b"signature" * 2,
        damage=damage,
    )
