# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds the package files and checks that each is what it claims to be (private to this collection).

All of it happens on the control node before anything is sent. The vendor's names carry much already
(``windows6.0-kb4474419-v4-x64_<sha1>.msu``); people rename files, so the KB number and the architecture are enough, and
the file's own listing and answer file have the last word.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from . import languages, lock, versions
from .cabinet import BadCabinet, Cabinet, Packed, open_cabinet
from .catalog import Catalog
from .errors import BadMedia
from .records import Architecture, File, Package

_SUFFIXES = (".msu", ".exe")
_KB = re.compile(r"(?<![a-z0-9])kb(\d{5,8})(?!\d)", re.I)
_ARCHITECTURE = re.compile(r"(?<![a-z0-9])(x86|i386|x64|amd64|ia64)(?![a-z0-9])", re.I)
_SYSTEM = re.compile(r"(?<![a-z0-9])windows(\d+\.\d+)", re.I)
_ISSUE = re.compile(r"(?<![a-z0-9])(v\d+)(?![a-z0-9])", re.I)
_SHA1 = re.compile(r"_([0-9a-f]{40})(?![0-9a-f])", re.I)
_WORDS = {"i386": Architecture.X86, "amd64": Architecture.X64}
_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Name:
    """What a file name says; None where it says nothing."""

    package: str
    architecture: Architecture | None
    system: str | None
    issue: str | None
    sha1: str | None


@dataclass(frozen=True)
class MediaFile:
    """A checked package file. `answer` is the name of the pkgmgr answer file inside an .msu, None for an executable.

    Of a file that was not seen here (the target fetches it, and the catalog knows its SHA-1), `answer` is ``""``, and
    `size` and `sha256` may be None. `root` is the folder in whose order a share or mirror holds the same files.
    """

    package: str
    architecture: Architecture
    path: Path
    size: int | None
    sha1: str
    sha256: str | None
    answer: str | None
    root: Path | None = None

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def relative(self) -> str:
        """Where the file lies below the media folder, with ``/`` between the parts."""
        return self.path.relative_to(self.root).as_posix() if self.root else self.path.name


def from_records(packages: Iterable[Package], architecture: Architecture) -> dict[str, MediaFile]:
    """Return the files as the catalog knows them, for a target that fetches them and a controller that has none.

    A name and a SHA-1 are needed: the target compares the digest before it unpacks anything, and so only the very file
    that the record means can go in. Raises `BadMedia` that names every package whose record lacks them.
    """
    files: dict[str, MediaFile] = {}
    lacking = []
    for one in packages:
        known = one.architectures.get(architecture) or File(None)
        if known.name is None or known.sha1 is None:
            lacking.append(one.id)
            continue
        program = Path(known.name).suffix.lower() == ".exe"
        answer = None if program else ""
        files[one.id] = MediaFile(one.id, architecture, Path(known.name), known.size, known.sha1, known.sha256, answer)
    if lacking:
        raise BadMedia(
            f"the catalog has no file name or no SHA-1 of {', '.join(lacking)} for {architecture.value}, so what the "
            "machine fetches could not be checked; name a media folder on the control node with the same files, or "
            "complete the records with catalog_extra. Nothing was sent to the machine",
            {"missing_digests": lacking},
        )
    return files


def read_name(name: str) -> Name | None:
    """Read a package file's name; None when it is none (another suffix, or no KB number)."""
    stem, suffix = os.path.splitext(name)
    kb = _KB.search(stem)
    if suffix.lower() not in _SUFFIXES or not kb:
        return None
    word = _ARCHITECTURE.search(stem)
    system, issue = _SYSTEM.search(stem), _ISSUE.search(stem)
    return Name(
        package=f"KB{kb[1]}",
        architecture=_architecture(word[1]) if word else None,
        system=system[1] if system else None,
        issue=issue[1].lower() if issue else None,
        sha1=_sha1_in(stem),
    )


def _sha1_in(stem: str) -> str | None:
    found = _SHA1.search(stem)
    return found[1].lower() if found else None


def _architecture(word: str) -> Architecture:
    return _WORDS.get(word.lower()) or Architecture(word.lower())


def look(folder: Path, catalog: Catalog, architecture: Architecture) -> dict[str, Path]:
    """Return the files at hand for an architecture, by package id; the folder is searched with all below it.

    Judged by name alone, so cheap: by the KB number, or by the vendor's whole name where that has none.
    Files of another Windows, of another architecture or of an earlier issue are passed
    over. Raises `BadMedia` for an unreadable folder and for two files of one package.
    """
    found: dict[str, Path] = {}
    vendors = {_vendor_name(one, architecture): one for one in catalog}
    for path in _walk(folder):
        package = vendors.get(path.name.lower()) or _by_number(path.name, catalog, architecture)
        if package is None:
            continue
        if package.id in found:
            first, second = sorted((found[package.id], path))
            raise BadMedia(
                f"two files are at hand for {package.id} ({architecture.value}): {first} and {second}; "
                "take one of them out of the media folder"
            )
        found[package.id] = path
    return found


def _vendor_name(package: Package, architecture: Architecture) -> str | None:
    known = package.architectures.get(architecture)
    return known.name.lower() if known and known.name else None


def _by_number(text: str, catalog: Catalog, architecture: Architecture) -> Package | None:
    name = read_name(text)
    if name is None or name.package not in catalog:
        return None
    package = catalog.get(name.package)
    return None if _reason_against(name, package, architecture) else package


def refuse_missing(
    packages: Iterable[Package], folder: Path, found: Mapping[str, Path], architecture: Architecture
) -> None:
    """Raise `BadMedia` that names every package of which no file is at hand."""
    missing = [one for one in packages if one.id not in found]
    if missing:
        raise BadMedia(
            "; ".join(_missing(one, folder, architecture) for one in missing) + ". Nothing was sent to the machine",
            {"missing_media": [one.id for one in missing]},
        )


def require(
    packages: Iterable[Package],
    folder: Path,
    found: Mapping[str, Path],
    architecture: Architecture,
    language: int | None = None,
) -> dict[str, MediaFile]:
    """Check the files of all `packages`; raises `BadMedia` that names every missing file, or the first bad one.

    `language` is the number of the machine's language (1033 for en-US), None when it is not known.
    """
    wanted = list(packages)
    refuse_missing(wanted, folder, found, architecture)
    return {one.id: check(found[one.id], one, architecture, language) for one in wanted}


def check(path: Path, package: Package, architecture: Architecture, language: int | None = None) -> MediaFile:
    """Check one file against its name, its record and its own contents; raises `BadMedia` with one sentence."""
    name = read_name(path.name)
    if path.name.lower() != _vendor_name(package, architecture):
        if name is None or name.package != package.id:
            raise BadMedia(f"{path} is not a file of {package.id}, judging by its name")
        against = _reason_against(name, package, architecture)
        if against:
            raise BadMedia(f"{path} {against}")
    foreign = languages.foreign_name(path.stem, language)
    if foreign:
        raise BadMedia(f"{path} {foreign}")
    known = package.architectures.get(architecture) or File(None)
    try:
        size = path.stat().st_size
        answer = None
        if path.suffix.lower() == ".msu":
            answer = _answer(path, package, architecture, language)
        else:
            _refuse_no_program(path)
        sha1, sha256 = _digests(path)
    except OSError as error:
        raise BadMedia(f"{path} cannot be read: {error.strerror}") from None
    except BadCabinet as error:
        raise BadMedia(f"{path} {error}; fetch it again") from None
    _compare(path, "size", known.size, size, "the catalog")
    _compare(path, "SHA-1", _sha1_in(path.stem), sha1, "its own name")
    _compare(path, "SHA-1", known.sha1, sha1, "the catalog")
    _compare(path, "SHA-256", known.sha256, sha256, "the catalog")
    lock.read(path.parent).check(path, package.id, architecture, size, sha1, sha256)
    return MediaFile(package.id, architecture, path, size, sha1, sha256, answer)


def _compare(path: Path, what: str, stated: object, found: object, by: str) -> None:
    if stated is not None and stated != found:
        raise BadMedia(
            f"{path} is not the file it should be: its {what} is {found}, and {by} says {stated}; fetch it again"
        )


def _walk(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise BadMedia(
            f"the media folder {folder} does not exist on the control node; name the folder that holds the packages"
        )

    def refuse(error: OSError) -> None:
        raise BadMedia(f"{error.filename} cannot be read: {error.strerror}")

    return sorted(Path(place, name) for place, _dirs, names in os.walk(folder, onerror=refuse) for name in names)


def _reason_against(name: Name, package: Package, architecture: Architecture) -> str | None:
    """Return why a file of this name is not the one wanted, None when it may be."""
    if name.system not in (None, "6.0"):
        return f"is for Windows {name.system}, and this machine runs 6.0"
    if name.architecture is not None and name.architecture is not architecture:
        return f"is for {name.architecture.value}, and this machine is {architecture.value}"
    if package.version and name.issue and name.issue != package.version:
        return f"is issue {name.issue} of {package.id}, and {package.version} is wanted"
    return None


def _missing(package: Package, folder: Path, architecture: Architecture) -> str:
    expected = (package.architectures.get(architecture) or File(None)).name
    others = []
    for path in _walk(folder):
        name = read_name(path.name)
        if name and name.package == package.id:
            others.append(f"{path.name} {_reason_against(name, package, architecture)}")
    called = f" (the vendor calls it {expected})" if expected else ""
    hint = f"; {', '.join(others)}" if others else ""
    return f"no file of {package.id} for {architecture.value} is in {folder}{called}{hint}"


def _refuse_no_program(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(2) != b"MZ":
            raise BadCabinet("is not a program, and its name says that it is one")


def _digests(path: Path) -> tuple[str, str]:
    sha1, sha256 = hashlib.sha1(usedforsecurity=False), hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sha1.update(chunk)
            sha256.update(chunk)
    return sha1.hexdigest(), sha256.hexdigest()


def _answer(path: Path, package: Package, architecture: Architecture, language: int | None) -> str:
    """Check what the package file says of itself and return the name of its answer file."""
    cabinet = open_cabinet(path)
    answers = [name for name in cabinet.names if name.lower().endswith(".xml")]
    inner = [name for name in cabinet.names if name.lower().endswith(".cab") and name.lower() != "wsusscan.cab"]
    if len(answers) != 1 or not inner:
        raise BadCabinet(
            "is a cabinet but no update package: it holds "
            f"{len(inner)} package cabinets and {len(answers)} answer files ({', '.join(cabinet.names[:6])})"
        )
    for name in (*inner, *answers):
        if re.search(r"[\\/:]", name):
            raise BadCabinet(f"holds a file with a path in its name, {name!r}, which no vendor package has")
    _check_names([*inner, *answers], package, architecture)
    _check_answer(cabinet, answers[0], package, architecture, language)
    cabinet.verify()
    return answers[0]


def _check_names(names: Iterable[str], package: Package, architecture: Architecture) -> None:
    for name in names:
        kb, word, system = _KB.search(name), _ARCHITECTURE.search(name), _SYSTEM.search(name)
        if kb and f"KB{kb[1]}" != package.id:
            raise BadCabinet(f"is not {package.id}: it holds {name}")
        if word and _architecture(word[1]) is not architecture:
            raise BadCabinet(f"is not for {architecture.value}: it holds {name}")
        if system and system[1] != "6.0":
            raise BadCabinet(f"is for Windows {system[1]}, not for 6.0: it holds {name}")


def _check_answer(
    cabinet: Cabinet, name: str, package: Package, architecture: Architecture, language: int | None
) -> None:
    """Compare the answer file with what is wanted; where it is packed with LZX, the listing has to do."""
    try:
        data = cabinet.read(name)
    except Packed:
        return
    identity = _identity(data, name)
    stated = identity.get("name", "")
    if not re.fullmatch(rf"Package_(\d+_)?for_{package.id}", stated, re.I):
        raise BadCabinet(f"is not {package.id}: its answer file {name} installs {stated or 'nothing'}")
    word = identity.get("processorArchitecture", "")
    if word.lower() != architecture.cbs:
        raise BadCabinet(f"is not for {architecture.value}: its answer file {name} says {word or 'no architecture'}")
    foreign = languages.foreign_tag(identity.get("language", "neutral"), language)
    if foreign:
        raise BadCabinet(f"{foreign}: its answer file {name} says so")
    version, least = identity.get("version", ""), package.package_version
    if least and version and not versions.reaches(version, least):
        raise BadCabinet(f"is an earlier issue of {package.id}: its version is {version}, and {least} is wanted")


def _identity(data: bytes, name: str) -> dict[str, str]:
    """Return the attributes of the answer file's one package identity; XML with a document type is refused."""
    if b"<!" in data.replace(b"\0", b"").replace(b"<!--", b""):
        raise BadCabinet(f"holds an answer file {name} with declarations, which no vendor package has")
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise BadCabinet(f"holds an answer file {name} that is not XML ({error})") from None
    for element in root.iter():
        if element.tag.rpartition("}")[2] == "assemblyIdentity":
            return dict(element.attrib)
    raise BadCabinet(f"holds an answer file {name} that installs no package")
