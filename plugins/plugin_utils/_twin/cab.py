# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Cabinet files as expand.exe and pkgmgr.exe read them (private to this collection).

Layout after [MS-CAB]: header, folders, files, data blocks with checksums. Folders that are stored or
MSZIP are unpacked; LZX and Quantum are listed only.
"""

from __future__ import annotations

import functools
import operator
import struct
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

STORED, MSZIP, QUANTUM, LZX = 0, 1, 2, 3
_WINDOW = 32768


class CabError(Exception):
    """The file is no cabinet, or a damaged one."""


class Unsupported(CabError):
    """The cabinet is sound and compressed in a way that this reader lists only."""


@dataclass(frozen=True)
class Member:
    """One file of a cabinet."""

    name: str
    size: int
    folder: int
    offset: int


@dataclass(frozen=True)
class _Folder:
    start: int
    blocks: int
    method: int


def checksum(data: bytes, seed: int = 0) -> int:
    """Return the checksum of [MS-CAB] 3.1: little-endian words combined by exclusive or, the rest big-endian."""
    whole = len(data) & ~3
    words = array("I", data[:whole]) if array("I").itemsize == 4 else array("L", data[:whole])
    result = functools.reduce(operator.xor, words, seed)
    return result ^ int.from_bytes(data[whole:], "big")


class Cabinet:
    """A cabinet in memory; `offset` skips the program in front of it (self-extracting packages)."""

    def __init__(self, data: bytes, offset: int = 0) -> None:
        self._data = data
        self._base = offset
        self._folders: list[_Folder] = []
        self.members: list[Member] = []
        try:
            self._read_tables()
        except (struct.error, ValueError) as error:  # a name without its end is a ValueError
            raise CabError(f"the cabinet ends in the middle of its tables: {error}") from None

    def _read_tables(self) -> None:
        head = struct.unpack_from("<4s5I2B5H", self._data, self._base)
        signature, _r1, size, _r2, files_at, _r3, _minor, major, folders, files, flags, _set, _number = head
        if signature != b"MSCF" or major != 1:
            raise CabError("the file does not begin like a cabinet")
        if len(self._data) - self._base < size:
            raise CabError(f"the cabinet should have {size} bytes and has {len(self._data) - self._base}")
        position = self._base + 36
        folder_reserve = self._data_reserve = 0
        if flags & 4:
            header_reserve, folder_reserve, self._data_reserve = struct.unpack_from("<HBB", self._data, position)
            position += 4 + header_reserve
        if flags & 3:
            raise Unsupported("the cabinet is one of a set")
        for _turn in range(folders):
            self._folders.append(_Folder(*struct.unpack_from("<IHH", self._data, position)))
            position += 8 + folder_reserve
        position = self._base + files_at
        for _turn in range(files):
            length, offset, folder, _date, _time, attributes = struct.unpack_from("<IIHHHH", self._data, position)
            end = self._data.index(b"\0", position + 16)
            raw = self._data[position + 16 : end]
            name = raw.decode("utf-8" if attributes & 0x80 else "cp1252", "replace").replace("/", "\\")
            if folder >= len(self._folders):
                raise CabError(f"{name} lies in a folder that the cabinet does not have")
            self.members.append(Member(name, length, folder, offset))
            position = end + 1

    @property
    def methods(self) -> set[int]:
        """The compression methods of all folders."""
        return {folder.method & 0x0F for folder in self._folders}

    def names(self) -> list[str]:
        """Return the names of all files, in the cabinet's order."""
        return [member.name for member in self.members]

    def find(self, name: str) -> Member | None:
        """Return a file by name, ignoring case."""
        return next((member for member in self.members if member.name.lower() == name.lower()), None)

    def read(self, member: Member) -> bytes:
        """Return one file's bytes; raises `CabError` for damage and `Unsupported` for LZX."""
        content = self._unpacked(member.folder)
        if len(content) < member.offset + member.size:
            raise CabError(f"{member.name} is cut short")
        return content[member.offset : member.offset + member.size]

    def extract(self) -> Iterator[tuple[Member, bytes]]:
        """Yield every file with its bytes."""
        for member in self.members:
            yield member, self.read(member)

    @functools.lru_cache(maxsize=4)  # noqa: B019 (a cabinet lives as long as one tool runs)
    def _unpacked(self, index: int) -> bytes:
        folder = self._folders[index]
        method = folder.method & 0x0F
        if method not in (STORED, MSZIP):
            raise Unsupported("the cabinet is compressed with LZX, which the twin lists and does not unpack")
        try:
            return b"".join(self._blocks(folder, method))
        except (struct.error, zlib.error) as error:
            raise CabError(f"a data block is damaged: {error}") from None

    def _blocks(self, folder: _Folder, method: int) -> Iterator[bytes]:
        position = self._base + folder.start
        window = b""
        for _turn in range(folder.blocks):
            stored_sum, packed, plain = struct.unpack_from("<IHH", self._data, position)
            sums_from = position + 4
            position += 8 + self._data_reserve
            block = self._data[position : position + packed]
            if len(block) != packed:
                raise CabError("the cabinet ends in the middle of a data block")
            if (
                stored_sum
                and checksum(self._data[sums_from : sums_from + 4 + self._data_reserve], checksum(block)) != stored_sum
            ):
                raise CabError("the checksum of a data block is wrong")
            position += packed
            if method == MSZIP:
                if block[:2] != b"CK":
                    raise CabError("a data block is not MSZIP")
                unpacker = (
                    zlib.decompressobj(-zlib.MAX_WBITS, zdict=window) if window else zlib.decompressobj(-zlib.MAX_WBITS)
                )
                block = unpacker.decompress(block[2:]) + unpacker.flush()
                window = (window + block)[-_WINDOW:]
            if len(block) != plain:
                raise CabError(f"a data block has {len(block)} bytes and should have {plain}")
            yield block


def find_cabinet(data: bytes) -> Cabinet | None:
    """Return the cabinet that a self-extracting program carries, None when it has none."""
    position = data.find(b"MSCF\0\0\0\0")
    while position >= 0:
        try:
            return Cabinet(data, position)
        except CabError:
            position = data.find(b"MSCF\0\0\0\0", position + 4)
    return None
