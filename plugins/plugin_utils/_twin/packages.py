# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an update package is to the twin (private to this collection): its identity and its effects.

A synthetic package says what it does in ``twin.json``; a real one is looked up in the twin's own table by
its KB number, and changes nothing but the store when it is not in there.
"""

from __future__ import annotations

import functools
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .data_files import read_data

ASM = "urn:schemas-microsoft-com:asm.v3"
TOKEN = "31bf3856ad364e35"
STAND_IN = b"TWIN-STAND-IN\n"  # what expand.exe of the twin writes for a cabinet it can list and not unpack

# Kinds that take the machine for themselves: nothing else may be pending, and nothing goes on top before the restart.
EXCLUSIVE = frozenset({"service_pack", "ssu", "sha2"})


class BadPackage(Exception):
    """The package cannot be read as one."""


@dataclass(frozen=True)
class Identity:
    """A component identity; `arch` is x86, amd64 or ia64; its text is what CBS uses as name."""

    name: str
    version: str
    arch: str
    token: str = TOKEN
    language: str = ""

    def __str__(self) -> str:
        return f"{self.name}~{self.token}~{self.arch}~{self.language}~{self.version}"

    @property
    def kb(self) -> str:
        """``KBnnnnnnn``, empty for a package that names none."""
        match = re.search(r"KB\d{6,7}", self.name, re.IGNORECASE)
        return match[0].upper() if match else ""

    @classmethod
    def parse(cls, text: str) -> Identity:
        """Return the identity of a CBS name; raises `BadPackage`."""
        parts = text.split("~")
        if len(parts) != 5:
            raise BadPackage(f"{text!r} is no package name")
        return cls(parts[0], parts[4], parts[2], parts[1], parts[3])


@dataclass(frozen=True)
class Package:
    """A package and its effects: `files` are versions by path below %SystemRoot%, times are machine seconds."""

    identity: str
    kb: str
    kind: str = "update"
    files: dict[str, str] = field(default_factory=dict)
    requires: list[str] = field(default_factory=list)
    sha2_only: bool = False
    entitlement: str | None = None
    restart: bool = False
    stack: str | None = None
    build: int | None = None
    supersedes: list[str] = field(default_factory=list)
    registry: dict[str, dict[str, Any]] = field(default_factory=dict)
    parts: int = 1
    size: int = 0
    seconds: float = 60.0
    boot_seconds: float = 20.0
    signed: str = ""  # date from which its signature is valid; a machine whose clock is before it does not trust it

    def to_state(self) -> dict[str, Any]:
        """Return the package as JSON."""
        return asdict(self)

    @property
    def name(self) -> Identity:
        """The identity in its parts."""
        return Identity.parse(self.identity)


_FIELDS = {name for name in Package.__dataclass_fields__ if name not in ("identity", "kb")}


def described(identity: Identity, effects: Mapping[str, Any]) -> Package:
    """Return the package of an identity with these effects; unknown effects are a `BadPackage`."""
    known = {name: value for name, value in effects.items() if name in _FIELDS}
    strange = sorted(set(effects) - _FIELDS - {"kb", "arch", "identity", "title", "month"})
    if strange:
        raise BadPackage(f"twin.json of {identity} says {strange[0]!r}, which the twin does not know")
    return Package(str(identity), identity.kb or str(effects.get("kb", "")), **known)


@functools.cache
def known_packages() -> dict[str, dict[str, Any]]:
    """Return the twin's own table of real packages: KB -> effects."""
    table: dict[str, dict[str, Any]] = read_data("known_packages.yml")["packages"]
    return table


def read_identity(mum: bytes) -> Identity:
    """Return the identity that an ``update.mum`` declares; raises `BadPackage`."""
    try:
        root = ET.fromstring(mum)
    except ET.ParseError as error:
        raise BadPackage(f"update.mum is no XML: {error}") from None
    found = root.find(f"{{{ASM}}}assemblyIdentity")
    if root.tag != f"{{{ASM}}}assembly" or found is None:
        raise BadPackage("update.mum declares no assembly identity")
    return identity_of(found)


def identity_of(element: ET.Element) -> Identity:
    """Return the identity of an assemblyIdentity element; raises `BadPackage` when an attribute is missing."""
    try:
        language = element.get("language") or "neutral"
        return Identity(
            element.attrib["name"],
            element.attrib["version"],
            element.attrib["processorArchitecture"].lower(),
            element.get("publicKeyToken", TOKEN),
            "" if language.lower() == "neutral" else language,
        )
    except KeyError as error:
        raise BadPackage(f"an assembly identity has no {error.args[0]}") from None


def from_folder(read: Mapping[str, bytes]) -> Package:
    """Return the package whose expanded files are given by lower-case name; raises `BadPackage`."""
    mum = read.get("update.mum")
    if mum is None:
        raise BadPackage("the package has no update.mum")
    identity = read_identity(mum)
    if "twin.json" in read:
        try:
            effects = json.loads(read["twin.json"])
        except ValueError as error:
            raise BadPackage(f"twin.json of {identity} is no JSON: {error}") from None
        return described(identity, effects)
    return described(identity, known_packages().get(identity.kb, {}))


def stand_in(kb: str, arch: str) -> bytes:
    """Return the placeholder of a real package's cabinet whose compression the twin does not unpack."""
    identity = Identity(f"Package_for_{kb.upper()}", "6.0.1.0", arch)
    return STAND_IN + json.dumps({"identity": str(identity)}).encode("ascii")


def stand_in_for(name: str, source: str = "") -> bytes | None:
    """Return the placeholder for a member of a real .msu by its name (and the .msu's), None for other files."""
    kb = re.search(r"kb\d{6,7}", name, re.IGNORECASE) or re.search(r"kb\d{6,7}", source, re.IGNORECASE)
    processor = re.search(r"-(x86|x64|ia64)(?![a-z0-9])", name, re.IGNORECASE)
    if kb is None or processor is None or name.lower() == "wsusscan.cab":
        return None
    arch = "amd64" if processor[1].lower() == "x64" else processor[1].lower()
    if name.lower().endswith(".cab"):
        return stand_in(kb[0], arch)
    if name.lower().endswith(".xml"):
        return answer_file(Identity(f"Package_for_{kb[0].upper()}", "6.0.1.0", arch), name[:-4] + ".cab")
    return None


def answer_file(identity: Identity, cabinet: str) -> bytes:
    """Return the pkgmgr answer file that installs this package from a cabinet beside it."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<unattend xmlns="urn:schemas-microsoft-com:unattend">',
        "  <servicing>",
        '    <package action="install">',
        f'      <assemblyIdentity name="{identity.name}" version="{identity.version}" language="neutral"',
        f'       processorArchitecture="{identity.arch}" publicKeyToken="{identity.token}" versionScope="nonSxS"/>',
        f'      <source location="%configsetroot%\\{cabinet}"/>',
        "    </package>",
        "  </servicing>",
        "</unattend>",
        "",
    ]
    return "\r\n".join(lines).encode()


def from_stand_in(data: bytes) -> Package:
    """Return the package that a placeholder stands for."""
    identity = Identity.parse(str(json.loads(data[len(STAND_IN) :])["identity"]))
    return described(identity, known_packages().get(identity.kb, {}))
