# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How all tests look for counterexamples."""

from __future__ import annotations

import gc
import os

from hypothesis import settings

# No time limit per example: a busy machine is no defect. On a build server the same cases come again on every run, so
# that a change is judged by what it changed; a person's own run looks for new ones, and what it finds becomes a case.
settings.register_profile("ours", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("ours")


def pytest_collection_finish() -> None:
    """Let what the imports made be; looking through all of it again and again took a tenth of the run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
