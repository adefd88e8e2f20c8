# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the directory of a cabinet file, and what is stored or MSZIP-packed in it (private to this collection).

An .msu is a cabinet. Its own listing tells what it is for before anything is sent anywhere. The layout is that of
[MS-CAB]: a header, folders (each one compressed stream, cut into data blocks with a checksum each), files as slices
of a folder. LZX and Quantum folders are listed and their block checksums verified, but not unpacked. Memory use is
one block.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_HEADER = struct.Struct("<4sIIIIIBBHHHHH")
_RESERVE = struct.Struct("<HBB")
_FOLDER = struct.Struct("<IHH")
_FILE = struct.Struct("<IIHHHH")
_BLOCK = struct.Struct("<IHH")
_PREVIOUS, _NEXT, _RESERVED = 1, 2, 4
_UTF8_NAME = 0x80
_STORED, _MSZIP = 0, 1
_WINDOW = 32768
_MOST_IN_MEMORY = 16 * 1024 * 1024  # what is read out of a package is a few kilobytes of XML; a bomb is not


class BadCabinet(ValueError):
    """The file is no cabinet, or not a whole one; the text finishes a sentence that begins with the file's name."""


class Truncated(BadCabinet):
    """The file ends before the cabinet does."""


class Packed(BadCabinet):
    """The wanted file is in a folder whose compression is not read here."""


@dataclass(frozen=True)
class Folder:
    """One compressed stream: where its blocks start, how many there are, how they are packed."""

    start: int
    blocks: int
    compression: int


@dataclass(frozen=True)
class Entry:
    """One file of the cabinet: a slice of a folder's unpacked stream."""

    name: str
    size: int
    offset: int
    folder: int


@dataclass(frozen=True)
class Cabinet:
    """A cabinet's directory. `size` is the length that the header gives; a signature may follow it in the file."""

    path: Path
    size: int
    folders: tuple[Folder, ...]
    entries: tuple[Entry, ...]
    block_reserve: int

    @property
    def names(self) -> list[str]:
        """The names of the files in it."""
        return [entry.name for entry in self.entries]

    def read(self, name: str) -> bytes:
        """Unpack one file; raises `Packed` where the compression is not read here, `BadCabinet` where it is broken."""
        entry = next(one for one in self.entries if one.name == name)
        if entry.folder >= len(self.folders):
            raise Packed(f"keeps {name} in another cabinet of a set")
        folder = self.folders[entry.folder]
        end = entry.offset + entry.size
        if end > _MOST_IN_MEMORY:
            raise Packed(f"keeps {name} too far into its data to be read")
        stream = b""
        with self.path.open("rb") as file:
            for block in _unpacked(_blocks(file, folder, self.block_reserve), folder.compression):
                stream += block
                if len(stream) >= end:
                    return stream[entry.offset : end]
        raise Truncated(f"ends before {name} does")

    def verify(self) -> None:
        """Check every block's checksum; raises `BadCabinet` for the first that is wrong."""
        with self.path.open("rb") as file:
            for folder in self.folders:
                for _data, _size in _blocks(file, folder, self.block_reserve):
                    pass


def open_cabinet(path: Path) -> Cabinet:
    """Read a cabinet's directory; raises `BadCabinet` or `Truncated`."""
    length = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEADER.size)
        if head[:4] != b"MSCF":
            raise BadCabinet("is not a cabinet file, and every .msu is one")
        if len(head) < _HEADER.size:
            raise Truncated("ends inside the cabinet header")
        fields = _HEADER.unpack(head)
        size, files_at, major, folders, files, flags = (fields[index] for index in (2, 4, 7, 8, 9, 10))
        if major != 1:
            raise BadCabinet(f"claims cabinet format {major}, and only format 1 exists")
        if size > length:
            raise Truncated(f"is cut short: {length} bytes are there, and its header says {size}")
        if flags & (_PREVIOUS | _NEXT):
            raise BadCabinet("is one part of a cabinet set, which a package never is")
        reserve = _RESERVE.unpack(_exactly(file, _RESERVE.size)) if flags & _RESERVED else (0, 0, 0)
        file.seek(reserve[0], 1)
        return Cabinet(
            path,
            size,
            folders=tuple(_folder(file, reserve[1]) for _turn in range(folders)),
            entries=_entries(file, files_at, files),
            block_reserve=reserve[2],
        )


def checksum(data: bytes, seed: int = 0) -> int:
    """Return the [MS-CAB] checksum: the exclusive or of all 32-bit words, the odd bytes at the end in reverse order.

    The data is folded in halves as one large number, which is some fifty times faster than a loop over words.
    """
    whole = len(data) & ~3
    number = int.from_bytes(data[:whole], "little")
    width = max(4, 1 << (whole - 1).bit_length()) * 8 if whole else 32
    while width > 32:
        width //= 2
        number = (number >> width) ^ (number & ((1 << width) - 1))
    return seed ^ number ^ int.from_bytes(data[whole:], "big")


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise Truncated("ends inside the cabinet's directory")
    return data


def _folder(file: BinaryIO, reserve: int) -> Folder:
    start, blocks, compression = _FOLDER.unpack(_exactly(file, _FOLDER.size))
    file.seek(reserve, 1)
    return Folder(start, blocks, compression & 0x0F)


def _entries(file: BinaryIO, start: int, count: int) -> tuple[Entry, ...]:
    file.seek(start)
    return tuple(_entry(file) for _turn in range(count))


def _entry(file: BinaryIO) -> Entry:
    size, offset, folder, _date, _time, attributes = _FILE.unpack(_exactly(file, _FILE.size))
    name = b""
    while not name.endswith(b"\0"):
        name += _exactly(file, 1)
        if len(name) > 257:
            raise BadCabinet("has a file name longer than the format allows")
    text = name[:-1].decode("utf-8" if attributes & _UTF8_NAME else "latin-1", "replace")
    return Entry(text, size, offset, folder)


def _blocks(file: BinaryIO, folder: Folder, reserve: int) -> Iterator[tuple[bytes, int]]:
    """Yield each data block of a folder and its unpacked length, its checksum verified."""
    file.seek(folder.start)
    for number in range(folder.blocks):
        head = file.read(_BLOCK.size + reserve)
        if len(head) < _BLOCK.size + reserve:
            raise Truncated(f"ends inside data block {number + 1}")
        stated, packed, unpacked = _BLOCK.unpack(head[: _BLOCK.size])
        data = file.read(packed)
        if len(data) < packed:
            raise Truncated(f"ends inside data block {number + 1}")
        if stated and checksum(head[4:], checksum(data)) != stated:
            raise BadCabinet(f"is damaged: the checksum of data block {number + 1} is wrong")
        yield data, unpacked


def _unpacked(blocks: Iterator[tuple[bytes, int]], compression: int) -> Iterator[bytes]:
    if compression not in (_STORED, _MSZIP):
        raise Packed("is packed with a compression that is only listed here")
    window = b""
    for data, unpacked in blocks:
        if compression == _MSZIP:
            if data[:2] != b"CK":
                raise BadCabinet("is damaged: an MSZIP block does not begin like one")
            try:
                unpacker = zlib.decompressobj(-15, zdict=window) if window else zlib.decompressobj(-15)
                data = unpacker.decompress(data[2:], unpacked or _WINDOW)
            except zlib.error as error:
                raise BadCabinet(f"is damaged: a block cannot be unpacked ({error})") from None
            window = data
        yield data
