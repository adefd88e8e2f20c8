# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Builds rehearsal packages: genuine cabinet files, named and laid out like the vendor's, without vendor content.

An .msu is a cabinet that holds the package cabinet, an answer file for pkgmgr, a properties file and ``WSUSSCAN.cab``.
The package cabinet holds ``update.mum``, a catalog stand-in, a little payload and ``twin.json``, which tells the twin
what the package does to a machine. The writer shares no code with the readers of the collection.

    build(folder, "KB4493730", "x64")               one package, returns its path
    build(folder, "KB4534303", "x86", seconds=5)    with other effects (any key of twin.json)
    build_ladder(folder)                            everything from SP2 to the first ESU rollup, for x86 and x64
    truncated(path), wrong_arch(path), renamed(path, "KB4534303")   what must be refused
"""

from __future__ import annotations

import hashlib
import json
import struct
import sys
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

_TABLE = Path(__file__).parents[2] / "plugins" / "plugin_utils" / "_twin" / "data" / "known_packages.yml"
_TOKEN = "31bf3856ad364e35"
_CPU = {"x64": "amd64", "x86": "x86", "ia64": "ia64"}
_PE_MACHINE = {"x64": 0x8664, "x86": 0x014C, "ia64": 0x0200}
_BLOCK = 32768

# KB -> (issue in the file name, version of the package identity); everything else is the first issue, 6.0.1.0
_ISSUES = {"KB4474419": ("v4", "6.0.4.0"), "KB4039648": ("v2", "6.0.2.0")}
LADDER = (
    "KB948465",
    "KB4493730",
    "KB4474419",
    "KB4534303",
    "KB4565353",
    "KB4538484",
    "KB5016891",
    "KB4537810",
    "KB4019276",
    "KB4499149",
)


# -- cabinets ------------------------------------------------------------------------------------------------


def _checksum(data: bytes, seed: int = 0) -> int:
    whole = len(data) - len(data) % 4
    total = seed
    for (word,) in struct.iter_unpack("<I", data[:whole]):
        total ^= word
    rest = data[whole:]
    return total ^ (int.from_bytes(rest, "big") if rest else 0)


def _blocks(content: bytes, method: int) -> Iterable[bytes]:
    history = b""
    for start in range(0, len(content), _BLOCK):
        plain = content[start : start + _BLOCK]
        packed = plain
        if method == 1:
            packer = (
                zlib.compressobj(9, zlib.DEFLATED, -15, zdict=history)
                if history
                else zlib.compressobj(9, zlib.DEFLATED, -15)
            )
            packed = b"CK" + packer.compress(plain) + packer.flush()
            history = plain  # a block may look back one window, which is exactly the block before
        sizes = struct.pack("<HH", len(packed), len(plain))
        yield struct.pack("<I", _checksum(sizes, _checksum(packed))) + sizes + packed


def write_cab(files: Mapping[str, bytes], compress: bool = True) -> bytes:
    """Return a cabinet with one folder, MSZIP or stored; names are taken as they are, in this order."""
    method = 1 if compress else 0
    content = b"".join(files.values())
    blocks = list(_blocks(content, method))
    entries, offset = [], 0
    for name, data in files.items():
        attributes = 0x20 if name.isascii() else 0xA0
        # 2020-01-14 10:00 in DOS date and time
        entries.append(
            struct.pack("<IIHHHH", len(data), offset, 0, 0x502E, 0x5000, attributes) + name.encode("utf-8") + b"\0"
        )
        offset += len(data)
    table = b"".join(entries)
    files_at = 36 + 8
    data_at = files_at + len(table)
    size = data_at + sum(map(len, blocks))
    header = struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, size, 0, files_at, 0, 3, 1, 1, len(files), 0, 0x2008, 0)
    folder = struct.pack("<IHH", data_at, len(blocks), method)
    return header + folder + table + b"".join(blocks)


def _stub(arch: str) -> bytes:
    """Return the head of a program for this processor: DOS header, PE signature, COFF header; nothing that runs."""
    dos = b"MZ" + bytes(58) + struct.pack("<I", 0x80)
    coff = b"PE\0\0" + struct.pack("<HHIIIHH", _PE_MACHINE[arch], 0, 0, 0, 0, 0, 0x0102)
    return dos.ljust(0x80, b"\0") + coff.ljust(0x180, b"\0")


# -- packages -------------------------------------------------------------------------------------------------


def effects_of(kb: str) -> dict[str, Any]:
    """Return what the table says a package does; nothing for a KB that it does not list."""
    table = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))["packages"]
    return dict(table.get(kb, {}))


def _identity(name: str, arch: str, version: str) -> str:
    return (
        f'<assemblyIdentity name="{name}" version="{version}" language="neutral" processorArchitecture="{_CPU[arch]}"'
        f' publicKeyToken="{_TOKEN}"/>'
    )


def _lines(*lines: str) -> bytes:
    return "".join(line + "\r\n" for line in lines).encode()


def _mum(name: str, arch: str, version: str, kb: str, restart: bool) -> bytes:
    return _lines(
        '<?xml version="1.0" encoding="utf-8" standalone="yes"?>',
        '<assembly xmlns="urn:schemas-microsoft-com:asm.v3" manifestVersion="1.0" description="Rehearsal package"',
        f' company="sunset.ws2008" supportInformation="http://support.microsoft.com/?kbid={kb[2:]}">',
        f"  {_identity(name, arch, version)}",
        f'  <package identifier="{kb}" applicabilityEvaluation="deep" releaseType="Update"',
        f'   restart="{"required" if restart else "possible"}"/>',
        "</assembly>",
    )


def _answer(name: str, arch: str, version: str, cabinet: str) -> bytes:
    return _lines(
        '<?xml version="1.0" encoding="utf-8" standalone="yes"?>',
        '<unattend xmlns="urn:schemas-microsoft-com:unattend">',
        "    <servicing>",
        '        <package action="install">',
        f"            {_identity(name, arch, version)}",
        f'            <source location="%configsetroot%\\{cabinet}" />',
        "        </package>",
        "    </servicing>",
        "</unattend>",
    )


def _properties(kb: str, arch: str, title: str) -> bytes:
    return _lines(
        'ApplicabilityInfo="Windows Server 2008;"',
        'Applies to="Windows Server 2008"',
        'Build Date="2020/01/14"',
        'Company="sunset.ws2008 (rehearsal)"',
        'File Version="1"',
        'Installation Type="FULL"',
        'Installer Engine="Component Based Servicing - WUSA"',
        f'KB Article Number="{kb[2:]}"',
        'Language="ALL"',
        f'Package Type="{title}"',
        f'Processor Architecture="{_CPU[arch]}"',
        'Product Name="Windows Server 2008"',
        f'Support Link="http://support.microsoft.com?kbid={kb[2:]}"',
    )


def _payload(kb: str, arch: str, length: int) -> bytes:
    """Return bytes that differ by package, pack a little, and are the same in every run."""
    line = hashlib.sha256(f"{kb} {arch}".encode()).hexdigest().encode() + b"\r\n"
    return (line * (length // len(line) + 1))[:length]


def build(target_dir: Path | str, kb: str, arch: str, **overrides: Any) -> Path:
    """Build one package and return its path.

    Overrides: `version` (of the identity), `issue` (in the file name), `file_name`, `compress` (False stores),
    `payload` (octets of content in the cabinet), `twin` (False leaves twin.json out); every other name is a key of
    twin.json.
    """
    target = Path(target_dir)
    target.mkdir(parents=True, exist_ok=True)
    kb = kb.upper() if kb.upper().startswith("KB") else f"KB{kb}"
    issue, version = _ISSUES.get(kb, ("", "6.0.1.0"))
    issue, version = overrides.pop("issue", issue), overrides.pop("version", version)
    compress, length = overrides.pop("compress", True), overrides.pop("payload", 40000)
    file_name, with_twin = overrides.pop("file_name", None), overrides.pop("twin", True)
    effects = {**effects_of(kb), **overrides, "kb": kb, "arch": arch}
    pack = effects.get("kind") == "service_pack"
    name = f"VistaSP2-{kb}" if pack else f"Package_for_{kb}"
    version = "6.0.1.18005" if pack else version
    base = f"Windows6.0-{kb}{'-' + issue if issue else ''}-{arch}"
    inner = {
        "update.mum": _mum(name, arch, version, kb, bool(effects.get("restart"))),
        "update.cat": b"rehearsal catalog, not signed\r\n",
        f"payload_{_CPU[arch]}.bin": _payload(kb, arch, length),
    }
    if with_twin:
        inner["twin.json"] = json.dumps(effects, indent=1, sort_keys=True).encode()
    cabinet = write_cab(inner, compress)
    if pack:
        data, ending = _stub(arch) + cabinet, "exe"
    else:
        scan = write_cab({"package.xml": f"<package kb='{kb}'/>".encode()})
        outer = {
            "WSUSSCAN.cab": scan,
            f"{base}.cab": cabinet,
            f"{base}.xml": _answer(name, arch, version, f"{base}.cab"),
            f"{base}-pkgProperties.txt": _properties(kb, arch, str(effects.get("kind", "update"))),
        }
        data, ending = write_cab(outer, compress), "msu"
    path = target / (file_name or f"{base.lower()}_{hashlib.sha1(data, usedforsecurity=False).hexdigest()}.{ending}")
    path.write_bytes(data)
    return path


def build_ladder(target_dir: Path | str, architectures: Iterable[str] = ("x86", "x64")) -> dict[tuple[str, str], Path]:
    """Build every package of the ladder; the result is keyed by KB and architecture."""
    return {(kb, arch): build(target_dir, kb, arch) for arch in architectures for kb in LADDER}


# -- what must be refused ---------------------------------------------------------------------------------------


def truncated(path: Path, keep: float = 0.5) -> Path:
    """Cut a package short in place, as a broken download does."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    return path


def corrupted(path: Path) -> Path:
    """Change one octet in the middle of the last data block, in place."""
    data = bytearray(path.read_bytes())
    data[-20] ^= 0xFF
    path.write_bytes(bytes(data))
    return path


def wrong_arch(path: Path) -> Path:
    """Rename a package so that it claims the other architecture; what is in it stays."""
    swap = ("-x64", "-x86") if "-x64" in path.name else ("-x86", "-x64")
    return path.rename(path.with_name(path.name.replace(*swap)))


def renamed(path: Path, kb: str) -> Path:
    """Rename a package so that it claims to be another KB; what is in it stays."""
    stem = path.name.split("-")
    stem[1] = kb.lower()
    return path.rename(path.with_name("-".join(stem)))


if __name__ == "__main__":
    for built in build_ladder(sys.argv[1] if len(sys.argv) > 1 else "media").values():
        print(built)
