# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rehearsal packages, and the catalog records without which no client would accept them.

The catalog knows the digests of the vendor's files, so a package made here is refused, as it should be. A rehearsal
says so openly: it hands in corrected records, by the same variable with which a user corrects a record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.catalog import load

from . import packages


def build(folder: Path) -> list[dict[str, Any]]:
    """Build the whole ladder into a folder and return the records for `updates_catalog_extra`."""
    return records(packages.build_ladder(folder))


def records(built: Mapping[tuple[str, str], Path]) -> list[dict[str, Any]]:
    """Return catalog records that name these files and their digests, for the packages that the catalog holds."""
    known = {package.id for package in load()}
    found: dict[str, dict[str, Any]] = {}
    for (kb, arch), path in built.items():
        name = kb if kb.upper().startswith("KB") else f"KB{kb}"
        if name not in known:
            continue
        content = path.read_bytes()
        record = found.setdefault(name, {"id": name, "architectures": {}})
        record["architectures"][arch] = {
            "file": path.name,
            "sha1": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
            "sha256": hashlib.sha256(content).hexdigest(),
            "size": len(content),
        }
    return list(found.values())
