# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the peers' own tests come from. Nothing of theirs is kept in this repository."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def pypsrp_tests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of pypsrp's tests, unpacked from its source distribution (the wheel has none)."""
    sources = Path(os.environ.get("PEER_SOURCES", "build/peers"))
    archives = sorted(sources.glob("pypsrp-*.tar.gz"))
    if not archives:
        pytest.skip(f"pypsrp's source distribution is not in {sources}; the nox session `peers` downloads it")
    home = tmp_path_factory.mktemp("pypsrp")
    with tarfile.open(archives[-1]) as archive:
        # Python 3.11 has the filter since 3.11.4; the archive is the one that the session downloaded for this.
        archive.extractall(home, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    return next(home.glob("pypsrp-*/tests/tests_pypsrp"))
